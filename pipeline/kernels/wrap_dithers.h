/* Methods of the Python module that wrap_dithers.c defines; include after Python.h. */
#ifndef BITPLANE_WRAP_DITHERS_H
#define BITPLANE_WRAP_DITHERS_H

PyObject *bp_py_plan(PyObject *self, PyObject *args);
PyObject *bp_py_riemersma_axis(PyObject *self, PyObject *args);
PyObject *bp_py_riemersma_colors(PyObject *self, PyObject *args);

#endif
