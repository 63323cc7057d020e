/* The Python module; wrap*.c check sizes, let other threads run and call the kernels. */
#include "wrap.h"

#include "wrap_dithers.h"
#include "wrap_learn.h"
#include "wrap_lz.h"

#define VERSION 9

static PyMethodDef methods[] = {
    {"nearest", bp_py_nearest, METH_VARARGS, NULL},
    {"pick", bp_py_pick, METH_VARARGS, NULL},
    {"diffuse_colors", bp_py_diffuse_colors, METH_VARARGS, NULL},
    {"diffuse_axis", bp_py_diffuse_axis, METH_VARARGS, NULL},
    {"dbs", bp_py_dbs, METH_VARARGS, NULL},
    {"project", bp_py_project, METH_VARARGS, NULL},
    {"nearest_mixture", bp_py_nearest_mixture, METH_VARARGS, NULL},
    {"plan", bp_py_plan, METH_VARARGS, NULL},
    {"riemersma_axis", bp_py_riemersma_axis, METH_VARARGS, NULL},
    {"riemersma_colors", bp_py_riemersma_colors, METH_VARARGS, NULL},
    {"count", bp_py_count, METH_VARARGS, NULL},
    {"features", bp_py_features, METH_VARARGS, NULL},
    {"number", bp_py_number, METH_VARARGS, NULL},
    {"gather", bp_py_gather, METH_VARARGS, NULL},
    {"start", bp_py_start, METH_VARARGS, NULL},
    {"refine", bp_py_refine, METH_VARARGS, NULL},
    {"matches", bp_py_matches, METH_VARARGS, NULL},
    {"parse", bp_py_parse, METH_VARARGS, NULL},
    {"parse_lz4", bp_py_parse_lz4, METH_VARARGS, NULL},
    {"parse_zx0", bp_py_parse_zx0, METH_VARARGS, NULL},
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
