/* The Python module: checks sizes, lets other threads run, calls the kernels. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kernels.h"

#define VERSION 1

/* A buffer of `count` items of `size` bytes; a count of -1 takes any whole number of triples. */
static int take(PyObject *object, Py_buffer *view, int flags, size_t size, Py_ssize_t count)
{
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | flags) < 0)
        return -1;
    size_t items = (size_t)view->len / size;
    int fits = (size_t)view->len % size == 0 && (count < 0 ? items % 3 == 0 : items == (size_t)count);
    if (fits)
        return 0;
    PyBuffer_Release(view);
    PyErr_SetString(PyExc_ValueError, "a buffer has the wrong size");
    return -1;
}

static PyObject *nearest(PyObject *self, PyObject *args)
{
    PyObject *given[3];
    Py_buffer points, centers, out;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOO", &given[0], &given[1], &given[2]))
        return NULL;
    if (take(given[0], &points, 0, sizeof(int64_t), -1) < 0)
        return NULL;
    if (take(given[1], &centers, 0, sizeof(int64_t), -1) < 0) {
        PyBuffer_Release(&points);
        return NULL;
    }
    size_t n = (size_t)points.len / 24, k = (size_t)centers.len / 24;
    if (take(given[2], &out, PyBUF_WRITABLE, sizeof(int64_t), (Py_ssize_t)n) < 0) {
        PyBuffer_Release(&points);
        PyBuffer_Release(&centers);
        return NULL;
    }
    if (k > 0) {
        Py_BEGIN_ALLOW_THREADS
        bp_nearest(points.buf, n, centers.buf, k, out.buf);
        Py_END_ALLOW_THREADS
    } else {
        PyErr_SetString(PyExc_ValueError, "there is no center");
    }
    PyBuffer_Release(&points);
    PyBuffer_Release(&centers);
    PyBuffer_Release(&out);
    if (k == 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"nearest", nearest, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int fill(PyObject *module)
{
    return PyModule_AddIntConstant(module, "VERSION", VERSION);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, fill},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_native", NULL, 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
