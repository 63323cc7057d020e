/* Wrappers of the kernels that learn palettes: sizes and places are checked, memory is held here. */
#include "wrap_learn.h"

#include "learn.h"

enum { MOST_BUFFERS = 6, MOST_CENTERS = 65536 };

typedef struct {
    Py_buffer buffers[MOST_BUFFERS];
    int count, failed;
    void *memory;
} held;

static void *refuse(held *h, const char *words)
{
    if (!h->failed)
        PyErr_SetString(PyExc_ValueError, words);
    h->failed = 1;
    return NULL;
}

/* The items of a buffer, `size` bytes each; there must be `count`. */
static void *take(held *h, PyObject *object, int flags, size_t size, size_t count)
{
    Py_buffer *view = &h->buffers[h->count];
    if (h->failed)
        return NULL;
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | flags) < 0) {
        h->failed = 1;
        return NULL;
    }
    h->count++;
    if ((size_t)view->itemsize != size || (size_t)view->len / size != count)
        return refuse(h, "a buffer has the wrong size");
    return view->buf;
}

/* The same for however many items there are, which must be a multiple of `each`. */
static void *take_all(held *h, PyObject *object, int flags, size_t size, size_t each, size_t *count)
{
    Py_buffer probe;
    *count = 0;
    if (h->failed)
        return NULL;
    if (PyObject_GetBuffer(object, &probe, PyBUF_C_CONTIGUOUS) < 0) {
        h->failed = 1;
        return NULL;
    }
    size_t items = (size_t)probe.len / size;
    PyBuffer_Release(&probe);
    *count = items / each;
    return take(h, object, flags, size, *count * each);
}

static void *borrow(held *h, size_t bytes)
{
    if (h->failed)
        return NULL;
    h->memory = PyMem_Malloc(bytes);
    if (!h->memory) {
        PyErr_NoMemory();
        h->failed = 1;
    }
    return h->memory;
}

/* Lets go of everything; gives a number, or nothing after a failure. */
static PyObject *finish(held *h, size_t result)
{
    for (int i = 0; i < h->count; i++)
        PyBuffer_Release(&h->buffers[i]);
    PyMem_Free(h->memory);
    return h->failed ? NULL : PyLong_FromSize_t(result);
}

static void check_places(held *h, const int32_t *places, size_t n, size_t limit)
{
    for (size_t i = 0; i < n && !h->failed; i++)
        if (places[i] < 0 || (size_t)places[i] >= limit)
            refuse(h, "a place is out of range");
}

PyObject *bp_py_count(PyObject *self, PyObject *args)
{
    PyObject *given[6];
    held h = {0};
    bp_pixels in = {0};
    size_t found = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOiOO", &given[0], &given[1], &given[2], &given[3],
                          &in.threshold, &given[4], &given[5]))
        return NULL;
    in.alpha = take_all(&h, given[1], 0, 1, 1, &in.n);
    in.linear = take(&h, given[0], 0, sizeof(uint16_t), 3 * in.n);
    in.mask = given[2] == Py_None ? NULL : take(&h, given[2], 0, 1, in.n);
    in.srgb = take(&h, given[3], 0, 1, 65536);
    uint32_t *keys = take(&h, given[4], PyBUF_WRITABLE, sizeof *keys, in.n);
    int64_t *weights = take(&h, given[5], PyBUF_WRITABLE, sizeof *weights, in.n);
    uint32_t *scratch = borrow(&h, in.n * sizeof *scratch);
    if (!h.failed) {
        Py_BEGIN_ALLOW_THREADS
        found = bp_count(&in, keys, scratch, weights);
        Py_END_ALLOW_THREADS
    }
    return finish(&h, found);
}

PyObject *bp_py_features(PyObject *self, PyObject *args)
{
    PyObject *given[4];
    held h = {0};
    size_t n;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOO", &given[0], &given[1], &given[2], &given[3]))
        return NULL;
    const uint32_t *keys = take_all(&h, given[0], 0, sizeof *keys, 1, &n);
    const uint16_t *linear = take(&h, given[1], 0, sizeof *linear, 256);
    const uint16_t *root = take(&h, given[2], 0, sizeof *root, 65536);
    int32_t *out = take(&h, given[3], PyBUF_WRITABLE, sizeof *out, 3 * n);
    if (!h.failed) {
        Py_BEGIN_ALLOW_THREADS
        bp_features(keys, n, linear, root, out);
        Py_END_ALLOW_THREADS
    }
    return finish(&h, 0);
}

PyObject *bp_py_number(PyObject *self, PyObject *args)
{
    PyObject *given[2];
    held h = {0};
    size_t n, found = 0;
    int bits;
    (void)self;
    if (!PyArg_ParseTuple(args, "OiO", &given[0], &bits, &given[1]))
        return NULL;
    if (bits < 1 || bits > 7)
        refuse(&h, "cells have 1 to 7 bits a channel");
    const uint32_t *keys = take_all(&h, given[0], 0, sizeof *keys, 1, &n);
    int32_t *places = take(&h, given[1], PyBUF_WRITABLE, sizeof *places, n);
    int32_t *table = borrow(&h, h.failed ? 0 : sizeof *table << 3 * bits);
    if (!h.failed) {
        Py_BEGIN_ALLOW_THREADS
        found = bp_number(keys, n, bits, table, places);
        Py_END_ALLOW_THREADS
    }
    return finish(&h, found);
}

PyObject *bp_py_gather(PyObject *self, PyObject *args)
{
    PyObject *given[5];
    held h = {0};
    bp_colors in = {0};
    size_t cells;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOO", &given[0], &given[1], &given[2], &given[3], &given[4]))
        return NULL;
    in.keys = take_all(&h, given[0], 0, sizeof(uint32_t), 1, &in.n);
    in.weights = take(&h, given[1], 0, sizeof(int64_t), in.n);
    in.sums = take(&h, given[2], 0, sizeof(int64_t), 3 * in.n);
    const int32_t *places = take(&h, given[3], 0, sizeof *places, in.n);
    int64_t *totals = take_all(&h, given[4], PyBUF_WRITABLE, sizeof *totals, 7, &cells);
    check_places(&h, places, in.n, cells);
    if (!h.failed) {
        Py_BEGIN_ALLOW_THREADS
        bp_gather(&in, places, totals);
        Py_END_ALLOW_THREADS
    }
    return finish(&h, 0);
}

/* points, weights, sums */
static bp_group take_group(held *h, PyObject **given)
{
    bp_group in = {0};
    in.weights = take_all(h, given[1], 0, sizeof(int64_t), 1, &in.n);
    in.points = take(h, given[0], 0, sizeof(int32_t), 3 * in.n);
    in.sums = take(h, given[2], 0, sizeof(int64_t), 3 * in.n);
    for (size_t i = 0; i < in.n && !h->failed; i++)
        if (in.weights[i] < 1)
            refuse(h, "a weight is not positive");
    return in;
}

/* At least one center and, where they are wanted, one cell. */
static int32_t *take_centers(held *h, PyObject *object, size_t *k)
{
    int32_t *centers = take_all(h, object, PyBUF_WRITABLE, sizeof *centers, 3, k);
    if (*k < 1 || *k > MOST_CENTERS)
        refuse(h, "there must be 1 to 65536 centers");
    return centers;
}

PyObject *bp_py_start(PyObject *self, PyObject *args)
{
    PyObject *given[5];
    held h = {0};
    size_t k, found = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOO", &given[0], &given[1], &given[2], &given[3], &given[4]))
        return NULL;
    bp_group in = take_group(&h, given);
    int32_t *centers = take_centers(&h, given[3], &k);
    int32_t *labels = take(&h, given[4], PyBUF_WRITABLE, sizeof *labels, in.n);
    if (in.n == 0)
        refuse(&h, "there is no cell");
    void *scratch = borrow(&h, bp_room(in.n, k));
    if (!h.failed) {
        Py_BEGIN_ALLOW_THREADS
        found = bp_start(&in, centers, k, labels, scratch);
        Py_END_ALLOW_THREADS
    }
    return finish(&h, found);
}

PyObject *bp_py_refine(PyObject *self, PyObject *args)
{
    PyObject *given[5];
    held h = {0};
    Py_ssize_t open, rounds, trials, steps, end;
    size_t k;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOOnnnnn", &given[0], &given[1], &given[2], &given[3],
                          &given[4], &open, &rounds, &trials, &steps, &end))
        return NULL;
    bp_group in = take_group(&h, given);
    int32_t *centers = take_centers(&h, given[3], &k);
    int32_t *labels = take(&h, given[4], PyBUF_WRITABLE, sizeof *labels, in.n);
    if (open < 0 || (size_t)open > k || rounds < 0 || trials < 0 || steps < 0 || end < 0)
        refuse(&h, "a number is out of range");
    check_places(&h, labels, in.n, k);
    void *scratch = borrow(&h, bp_room(in.n, k));
    if (!h.failed) {
        const bp_plan plan = {(size_t)rounds, (size_t)trials, (size_t)steps, (size_t)end};
        Py_BEGIN_ALLOW_THREADS
        bp_refine(&in, centers, k, (size_t)open, labels, &plan, scratch);
        Py_END_ALLOW_THREADS
    }
    return finish(&h, 0);
}
