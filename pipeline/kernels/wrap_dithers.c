/* The Python side of pattern.c and riemersma.c: checks sizes and places, lets other threads run. */
#include "wrap.h"

#include "kernels.h"
#include "wrap_dithers.h"

#define MOST_BUFFERS 8

/* Buffers of one call, released together. */
typedef struct {
    Py_buffer views[MOST_BUFFERS];
    int count;
} held;

static void release(held *all)
{
    while (all->count > 0)
        PyBuffer_Release(&all->views[--all->count]);
}

/* The next buffer and how many items of `size` bytes it has; NULL, with an error, when it is none. */
static void *next(held *all, PyObject *object, int flags, size_t size, size_t *items)
{
    Py_buffer *view = &all->views[all->count];
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | flags) < 0)
        return NULL;
    all->count++;
    *items = (size_t)view->len / size;
    if ((size_t)view->len % size == 0)
        return view->buf ? view->buf : view; /* an empty one may point nowhere */
    PyErr_SetString(PyExc_ValueError, "a buffer has the wrong size");
    return NULL;
}

static PyObject *finish(held *all, int fine)
{
    release(all);
    if (fine)
        Py_RETURN_NONE;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "buffers do not fit each other");
    return NULL;
}

static int in_range(const int32_t *values, size_t n, int32_t low, int32_t high)
{
    for (size_t i = 0; i < n; i++)
        if (values[i] < low || values[i] > high)
            return 0;
    return 1;
}

static int near_zero(const int64_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (values[i] < -(1 << 20) || values[i] > 1 << 20)
            return 0;
    return 1;
}

static int all_below(const int64_t *places, size_t n, size_t limit)
{
    for (size_t i = 0; i < n; i++)
        if (places[i] < 0 || (size_t)places[i] >= limit)
            return 0;
    return 1;
}

PyObject *bp_py_plan(PyObject *self, PyObject *args)
{
    PyObject *colors, *entries, *near, *counts;
    held all = {.count = 0};
    bp_plans p;
    size_t triples, k, nm, out_size;
    int fine = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOiipO", &colors, &entries, &near, &p.length, &p.strength,
                          &p.growing, &counts))
        return NULL;
    uint8_t *out = NULL;
    if ((p.colors = next(&all, colors, 0, sizeof(int64_t), &triples)) &&
        (p.entries = next(&all, entries, 0, sizeof(int64_t), &k)) &&
        (p.near = next(&all, near, 0, sizeof(int64_t), &nm)) &&
        (out = next(&all, counts, PyBUF_WRITABLE, 1, &out_size))) {
        p.n = triples / 3;
        p.m = p.n ? nm / p.n : 0;
        fine = triples % 3 == 0 && k % 3 == 0 && p.n * p.m == nm && out_size == nm;
        fine = fine && (p.n == 0 || p.m > 0) && p.m <= BP_PLAN_MOST && p.length > 0;
        fine = fine && p.length <= 255 && p.strength >= 0 && p.strength <= 256;
        fine = fine && all_below(p.near, nm, k / 3);
        fine = fine && near_zero(p.colors, triples) && near_zero(p.entries, k);
    }
    if (fine) {
        Py_BEGIN_ALLOW_THREADS
        bp_plan(&p, out);
        Py_END_ALLOW_THREADS
    }
    return finish(&all, fine);
}

/* The buffers of a walk with `channels` values a pixel, and the result's. */
static int take_walk(held *all, PyObject *const *given, size_t channels, bp_walk *walk, uint16_t **out)
{
    size_t values, settled, out_size;
    if (!(walk->pixels = next(all, given[0], 0, sizeof(uint16_t), &values)) ||
        !(walk->places = next(all, given[1], 0, sizeof(int32_t), &walk->n)) ||
        !(walk->settled = next(all, given[2], 0, sizeof(int32_t), &settled)) ||
        !(*out = next(all, given[3], PyBUF_WRITABLE, sizeof(uint16_t), &out_size)))
        return 0;
    if (settled == 0)
        walk->settled = NULL;
    else if (settled != walk->n)
        return 0;
    if (values != channels * walk->n || out_size != walk->n || walk->strength < 0 || walk->strength > 256)
        return 0;
    return walk->n <= INT32_MAX && in_range(walk->places, walk->n, 0, (int32_t)walk->n - 1);
}

PyObject *bp_py_riemersma_axis(PyObject *self, PyObject *args)
{
    PyObject *given[4], *levels_given, *edges_given;
    held all = {.count = 0};
    bp_walk walk;
    uint16_t *out = NULL;
    size_t k, between;
    int fine = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOOiO", &given[0], &given[1], &given[2], &levels_given,
                          &edges_given, &walk.strength, &given[3]))
        return NULL;
    if (take_walk(&all, given, 1, &walk, &out)) {
        const int32_t *levels = next(&all, levels_given, 0, sizeof(int32_t), &k);
        const int32_t *edges = levels ? next(&all, edges_given, 0, sizeof(int32_t), &between) : NULL;
        fine = edges && k > 0 && k <= 65536 && between == k - 1;
        fine = fine && in_range(levels, k, 0, 65535) && levels[0] <= levels[k - 1];
        if (fine) {
            Py_BEGIN_ALLOW_THREADS
            bp_riemersma_axis(&walk, levels, edges, k, out);
            Py_END_ALLOW_THREADS
        }
    }
    return finish(&all, fine);
}

PyObject *bp_py_riemersma_colors(PyObject *self, PyObject *args)
{
    PyObject *given[4], *shown, *points, *roots;
    held all = {.count = 0};
    bp_walk walk;
    bp_inks e;
    uint16_t *out = NULL;
    size_t shown_size, point_size, root_size;
    int fine = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOOOiO", &given[0], &given[1], &given[2], &shown, &points, &roots,
                          &walk.strength, &given[3]))
        return NULL;
    if (take_walk(&all, given, 3, &walk, &out) &&
        (e.shown = next(&all, shown, 0, sizeof(uint16_t), &shown_size)) &&
        (e.points = next(&all, points, 0, sizeof(int32_t), &point_size)) &&
        (e.roots = next(&all, roots, 0, sizeof(uint16_t), &root_size))) {
        e.k = shown_size / 3;
        fine = e.k > 0 && e.k <= 65536 && shown_size % 3 == 0 && root_size == 65536;
        fine = fine && (point_size == 0 || point_size == shown_size);
        fine = fine && in_range(e.points, point_size, -8192, 8192);
        if (point_size == 0)
            e.points = NULL;
    }
    if (fine) {
        Py_BEGIN_ALLOW_THREADS
        bp_riemersma_colors(&walk, &e, out);
        Py_END_ALLOW_THREADS
    }
    return finish(&all, fine);
}
