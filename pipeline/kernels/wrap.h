/* Functions of the Python module that stand in files of their own. */
#ifndef BITPLANE_WRAP_H
#define BITPLANE_WRAP_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

PyObject *bp_py_nearest(PyObject *self, PyObject *args);
PyObject *bp_py_pick(PyObject *self, PyObject *args);
PyObject *bp_py_diffuse_colors(PyObject *self, PyObject *args);
PyObject *bp_py_diffuse_axis(PyObject *self, PyObject *args);
PyObject *bp_py_dbs(PyObject *self, PyObject *args);
PyObject *bp_py_project(PyObject *self, PyObject *args);
PyObject *bp_py_nearest_mixture(PyObject *self, PyObject *args);
PyObject *bp_py_parse_zx0(PyObject *self, PyObject *args);

#endif
