/* The wrapper of dbs: sizes and values are checked here. */
#include "wrap.h"

#include "kernels.h"

/* A buffer of `count` items of `size` bytes. */
static int take(PyObject *object, Py_buffer *view, int flags, size_t size, Py_ssize_t count)
{
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | flags) < 0)
        return -1;
    if ((size_t)view->itemsize == size && (size_t)view->len == size * (size_t)count)
        return 0;
    PyBuffer_Release(view);
    PyErr_SetString(PyExc_ValueError, "a buffer has the wrong size");
    return -1;
}

static void release(Py_buffer *views, size_t count)
{
    while (count > 0)
        PyBuffer_Release(&views[--count]);
}

static int below(const uint16_t *values, size_t count, size_t bound)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] >= bound)
            return 0;
    return 1;
}

/* What dbs takes, in the order of its arguments; the number of sweeps stands before SEEN. */
enum { TARGET, WEIGHT, FREE, COLORS, CANDIDATES, BLUR, SEEN, SUMS, OUT, BUFFERS };

/* Sizes follow from the shapes of target, candidates and blur; all else has to agree. */
static int shape(PyObject *const *given, bp_scene *scene, size_t *colors)
{
    PyObject *shapes[3];
    Py_ssize_t planes = 0, height = 0, width = 0, known = 0, count = 0, side = 0, across = 0;
    static const int from[3] = {TARGET, CANDIDATES, BLUR};
    for (size_t i = 0; i < 3; i++)
        shapes[i] = PyObject_GetAttrString(given[from[i]], "shape");
    int fits = shapes[0] && shapes[1] && shapes[2] &&
               PyArg_ParseTuple(shapes[0], "nnn", &planes, &height, &width) &&
               PyArg_ParseTuple(shapes[1], "nn", &known, &count) &&
               PyArg_ParseTuple(shapes[2], "nn", &side, &across);
    for (size_t i = 0; i < 3; i++)
        Py_XDECREF(shapes[i]);
    if (!fits)
        return -1;
    Py_ssize_t most = 1 << 20;
    fits = planes > 0 && planes < 4 && height > 0 && height < most && width > 0 && width < most;
    fits = fits && known > 0 && known <= 65536 && count > 0 && count < 1024;
    if (!fits || side != across || side % 2 == 0 || side > 1023) {
        PyErr_SetString(PyExc_ValueError, "an array has the wrong shape");
        return -1;
    }
    scene->planes = (size_t)planes;
    scene->height = (size_t)height;
    scene->width = (size_t)width;
    scene->count = (size_t)count;
    scene->side = (size_t)side;
    *colors = (size_t)known;
    return 0;
}

/* Takes all buffers of a scene, or none. */
static int take_scene(PyObject *const *given, Py_buffer *views, const bp_scene *s, size_t colors)
{
    size_t pixels = s->height * s->width, edge = s->side - 1;
    size_t seen = s->planes * (s->height + edge) * (s->width + edge);
    size_t blocks = ((s->height - 1) / s->block + 1) * ((s->width - 1) / s->block + 1);
    size_t counts[BUFFERS] = {s->planes * pixels, pixels, pixels, colors * s->planes,
                              colors * s->count, s->side * s->side, seen, s->planes * blocks,
                              pixels};
    static const size_t sizes[BUFFERS] = {4, 4, 1, 4, 2, 4, 4, 8, 2};
    for (size_t i = 0; i < BUFFERS; i++) {
        int flags = i >= SEEN ? PyBUF_WRITABLE : 0;
        if (take(given[i], &views[i], flags, sizes[i], (Py_ssize_t)counts[i]) < 0) {
            release(views, i);
            return -1;
        }
    }
    int valid = below(views[CANDIDATES].buf, counts[CANDIDATES], colors) &&
                below(views[OUT].buf, pixels, colors);
    if (valid)
        return 0;
    release(views, BUFFERS);
    PyErr_SetString(PyExc_ValueError, "an entry is not in the palette");
    return -1;
}

static void attach(bp_scene *scene, const Py_buffer *views)
{
    scene->target = views[TARGET].buf;
    scene->weight = views[WEIGHT].buf;
    scene->free = views[FREE].buf;
    scene->colors = views[COLORS].buf;
    scene->candidates = views[CANDIDATES].buf;
    scene->blur = views[BLUR].buf;
    scene->seen = views[SEEN].buf;
    scene->sums = views[SUMS].buf;
    scene->out = views[OUT].buf;
}

PyObject *bp_py_dbs(PyObject *self, PyObject *args)
{
    PyObject *given[BUFFERS];
    Py_buffer views[BUFFERS];
    Py_ssize_t sweeps, block, tone;
    size_t colors;
    bp_scene scene;
    (void)self;
    if (!PyArg_ParseTuple(args, "(OOOOOOnn)nOOO", &given[TARGET], &given[WEIGHT], &given[FREE],
                          &given[COLORS], &given[CANDIDATES], &given[BLUR], &block, &tone, &sweeps,
                          &given[SEEN], &given[SUMS], &given[OUT]))
        return NULL;
    if (block < 1 || block > 64 || tone < 0 || tone > 32768) {
        PyErr_SetString(PyExc_ValueError, "a block or the tone's weight is out of range");
        return NULL;
    }
    scene.block = (size_t)block;
    scene.tone = tone;
    if (shape(given, &scene, &colors) < 0 || take_scene(given, views, &scene, colors) < 0)
        return NULL;
    attach(&scene, views);
    Py_BEGIN_ALLOW_THREADS
    bp_dbs(&scene, sweeps > 0 ? (size_t)sweeps : 0);
    Py_END_ALLOW_THREADS
    release(views, BUFFERS);
    Py_RETURN_NONE;
}
