/* The functions of the Python module that compress. */
#ifndef BITPLANE_WRAP_LZ_H
#define BITPLANE_WRAP_LZ_H

#include "wrap.h"

PyObject *bp_py_matches(PyObject *self, PyObject *args);
PyObject *bp_py_parse(PyObject *self, PyObject *args);
PyObject *bp_py_parse_lz4(PyObject *self, PyObject *args);

#endif
