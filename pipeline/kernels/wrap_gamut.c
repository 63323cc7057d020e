/* The Python side of gamut.c: checks sizes and values, lets other threads run. */
#include "wrap.h"

#include "kernels.h"

#define MOST_BUFFERS 6

/* Buffers of one call, released together. */
typedef struct {
    Py_buffer views[MOST_BUFFERS];
    size_t count[MOST_BUFFERS];
    int taken;
} held;

/* Takes buffers of items of the given sizes; the last `written` are written to. */
static int take(held *all, PyObject *const *given, const size_t *sizes, int buffers, int written)
{
    for (all->taken = 0; all->taken < buffers; all->taken++) {
        int i = all->taken, flags = i >= buffers - written ? PyBUF_WRITABLE : 0;
        if (PyObject_GetBuffer(given[i], &all->views[i], PyBUF_C_CONTIGUOUS | flags) < 0)
            return 0;
        all->count[i] = (size_t)all->views[i].len / sizes[i];
        if ((size_t)all->views[i].itemsize != sizes[i]) {
            all->taken++;
            return 0;
        }
    }
    return 1;
}

static PyObject *finish(held *all, int fine)
{
    while (all->taken > 0)
        PyBuffer_Release(&all->views[--all->taken]);
    if (fine)
        Py_RETURN_NONE;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "buffers do not fit each other");
    return NULL;
}

/* Products of normals with colors, and sums of these, fit an int32_t. */
static int short_normals(const int32_t *normals, size_t faces)
{
    for (size_t i = 0; i < faces; i++) {
        int64_t sum = 0;
        for (size_t c = 0; c < 3; c++)
            sum += normals[3 * i + c] < 0 ? -(int64_t)normals[3 * i + c] : normals[3 * i + c];
        if (sum > 32767)
            return 0;
    }
    return 1;
}

static int within(const int32_t *values, size_t n, int32_t most)
{
    int32_t outside = 0;
    for (size_t i = 0; i < n; i++)
        outside |= (values[i] > most) | (values[i] < -most);
    return !outside;
}

static int are_places(const uint16_t *places, size_t n)
{
    int outside = 0;
    for (size_t i = 0; i < n; i++)
        outside |= (places[i] >> 9 > BP_NODES - 2) | ((places[i] & 511) > 256);
    return !outside;
}

PyObject *bp_py_project(PyObject *self, PyObject *args)
{
    enum { LINEAR, NORMALS, OFFSETS, PLACES, MOVES, OUT, BUFFERS };
    static const size_t sizes[BUFFERS] = {2, 4, 4, 2, 4, 2};
    PyObject *given[BUFFERS];
    held all = {.taken = 0};
    bp_gamut g;
    long long fade;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOOLO", &given[LINEAR], &given[NORMALS], &given[OFFSETS],
                          &given[PLACES], &given[MOVES], &fade, &given[OUT]))
        return NULL;
    if (!take(&all, given, sizes, BUFFERS, 1))
        return finish(&all, 0);
    g.normals = all.views[NORMALS].buf;
    g.offsets = all.views[OFFSETS].buf;
    g.faces = all.count[OFFSETS];
    g.places = all.views[PLACES].buf;
    g.moves = all.views[MOVES].buf;
    g.fade = fade;
    size_t nodes = (size_t)BP_NODES * BP_NODES * BP_NODES;
    int fine = g.faces > 0 && all.count[NORMALS] == 3 * g.faces && all.count[PLACES] == 65536;
    fine = fine && all.count[MOVES] == 3 * nodes && all.count[LINEAR] == all.count[OUT];
    fine = fine && all.count[OUT] % 3 == 0 && fade > 0 && fade <= (long long)1 << 32;
    fine = fine && short_normals(g.normals, g.faces) && are_places(g.places, 65536);
    fine = fine && within(g.moves, 3 * nodes, 65535);
    if (fine) {
        Py_BEGIN_ALLOW_THREADS
        bp_project(&g, all.views[LINEAR].buf, all.count[OUT] / 3, all.views[OUT].buf);
        Py_END_ALLOW_THREADS
    }
    return finish(&all, fine);
}

static int are_local(const uint16_t *local, size_t pairs)
{
    for (size_t i = 0; i < pairs; i++)
        if (local[2 * i] + local[2 * i + 1] > 256)
            return 0;
    return 1;
}

PyObject *bp_py_nearest_mixture(PyObject *self, PyObject *args)
{
    enum { POINTS, TRIANGLES, LOCAL, ROOTS, SCRATCH, OUT, BUFFERS };
    static const size_t sizes[BUFFERS] = {2, 2, 2, 2, 4, 2};
    PyObject *given[BUFFERS];
    held all = {.taken = 0};
    bp_surface s;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOOO", &given[POINTS], &given[TRIANGLES], &given[LOCAL],
                          &given[ROOTS], &given[SCRATCH], &given[OUT]))
        return NULL;
    if (!take(&all, given, sizes, BUFFERS, 2))
        return finish(&all, 0);
    s.triangles = all.views[TRIANGLES].buf;
    s.count = all.count[TRIANGLES] / 9;
    s.local = all.views[LOCAL].buf;
    s.rough = all.count[LOCAL] / 2;
    s.roots = all.views[ROOTS].buf;
    s.scratch = all.views[SCRATCH].buf;
    int fine = s.count > 0 && s.count < 1024 && s.count * 9 == all.count[TRIANGLES];
    fine = fine && s.rough > 0 && s.rough < 1024 && s.rough * 2 == all.count[LOCAL];
    fine = fine && all.count[ROOTS] == 65536 && all.count[SCRATCH] == 4 * s.count * s.rough;
    fine = fine && all.count[POINTS] == all.count[OUT] && all.count[OUT] % 3 == 0;
    fine = fine && are_local(s.local, s.rough);
    if (fine) {
        Py_BEGIN_ALLOW_THREADS
        bp_nearest_mixture(&s, all.views[POINTS].buf, all.count[OUT] / 3, all.views[OUT].buf);
        Py_END_ALLOW_THREADS
    }
    return finish(&all, fine);
}
