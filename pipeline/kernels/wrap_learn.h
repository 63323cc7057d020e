/* Functions of the Python module that learn palettes. */
#ifndef BITPLANE_WRAP_LEARN_H
#define BITPLANE_WRAP_LEARN_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

PyObject *bp_py_count(PyObject *self, PyObject *args);
PyObject *bp_py_features(PyObject *self, PyObject *args);
PyObject *bp_py_number(PyObject *self, PyObject *args);
PyObject *bp_py_gather(PyObject *self, PyObject *args);
PyObject *bp_py_start(PyObject *self, PyObject *args);
PyObject *bp_py_refine(PyObject *self, PyObject *args);

#endif
