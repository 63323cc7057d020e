/* Wrappers: sizes and values are checked here, and memory that kernels need is held here. */
#include "wrap.h"

#include <string.h>

#include "kernels.h"

enum { MOST_BUFFERS = 10, MOST_MEMORY = 3, ANY = -1 };

/* What a call holds until it ends. */
typedef struct {
    Py_buffer buffers[MOST_BUFFERS];
    int count;
    void *memory[MOST_MEMORY];
    int failed;
} held;

static PyObject *release(held *h)
{
    for (int i = 0; i < h->count; i++)
        PyBuffer_Release(&h->buffers[i]);
    for (int i = 0; i < MOST_MEMORY; i++)
        PyMem_Free(h->memory[i]);
    if (h->failed)
        return NULL;
    Py_RETURN_NONE;
}

static void *refuse(held *h, const char *words)
{
    if (!h->failed)
        PyErr_SetString(PyExc_ValueError, words);
    h->failed = 1;
    return NULL;
}

/* The items of a buffer, `size` bytes each; `count` is how many there must be, or ANY. */
static void *take(held *h, PyObject *object, int flags, size_t size, Py_ssize_t *count)
{
    if (h->failed)
        return NULL;
    Py_buffer *view = &h->buffers[h->count];
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | flags) < 0) {
        h->failed = 1;
        return NULL;
    }
    h->count++;
    Py_ssize_t items = view->len / (Py_ssize_t)size;
    if ((size_t)view->itemsize != size || (*count != ANY && *count != items))
        return refuse(h, "a buffer has the wrong size");
    *count = items;
    return view->buf;
}

static void *take_exactly(held *h, PyObject *object, int flags, size_t size, Py_ssize_t count)
{
    return take(h, object, flags, size, &count);
}

/* The same, where None stands for nothing. */
static void *take_perhaps(held *h, PyObject *object, size_t size, Py_ssize_t count)
{
    return object == Py_None ? NULL : take(h, object, 0, size, &count);
}

/* How many triples a buffer holds. */
static Py_ssize_t thirds(held *h, Py_ssize_t count)
{
    if (count % 3)
        refuse(h, "a buffer has the wrong size");
    return count / 3;
}

static void *memory(held *h, int place, size_t count, size_t size)
{
    if (h->failed)
        return NULL;
    if (count < PY_SSIZE_T_MAX / size)
        h->memory[place] = PyMem_Malloc(count * size);
    if (!h->memory[place]) {
        PyErr_NoMemory();
        h->failed = 1;
    }
    return h->memory[place];
}

static bp_scratch scratch(held *h, Py_ssize_t k)
{
    bp_scratch found;
    found.size = BP_POOL + 8 * (size_t)k;
    found.starts = memory(h, 0, BP_STARTS, sizeof(uint32_t));
    found.pool = memory(h, 1, found.size, sizeof(int32_t));
    return found;
}

/* --- what kernels rely on --- */

static void check_range(held *h, const int32_t *values, Py_ssize_t count, int32_t low, int32_t high)
{
    for (Py_ssize_t i = 0; i < count && !h->failed; i++)
        if (values[i] < low || values[i] > high)
            refuse(h, "a value is out of range");
}

static void check_ascending(held *h, const int32_t *values, Py_ssize_t count)
{
    check_range(h, values, count, 0, 65535);
    for (Py_ssize_t i = 1; i < count && !h->failed; i++)
        if (values[i] < values[i - 1])
            refuse(h, "values do not ascend");
}

static void check_sum(held *h, const int32_t *weights, int count, int32_t most)
{
    int64_t sum = 0;
    check_range(h, weights, count, 0, 65536);
    for (int i = 0; i < count && !h->failed; i++)
        sum += weights[i];
    if (sum > most)
        refuse(h, "weights sum to more than the divisor");
}

static void check_diffusion(held *h, const bp_diffusion *how)
{
    if (h->failed)
        return;
    if (how->divisor < 1 || how->divisor > 65536 || how->strength < 0 || how->strength > 256)
        refuse(h, "a value is out of range");
    check_sum(h, how->weights, BP_WEIGHTS, how->divisor);
    for (int i = 0; how->tones && i < BP_TONES && !h->failed; i++) {
        check_sum(h, how->tones + 4 * i, 3, how->divisor);
        check_range(h, how->tones + 4 * i + 3, 1, 0, 100);
    }
    if (how->noisy && !how->tones)
        refuse(h, "noise needs tones");
}

/* --- arguments --- */

static bp_entries take_entries(held *h, PyObject **given)
{
    bp_entries found;
    Py_ssize_t k = ANY;
    memset(&found, 0, sizeof found);
    found.values = take(h, given[2], 0, sizeof(uint16_t), &k);
    if (k < 1 || k > 65536)
        refuse(h, "there must be 1 to 65536 entries");
    found.k = (size_t)k;
    found.shown = take_exactly(h, given[0], 0, sizeof(int32_t), 3 * k);
    found.points = take_exactly(h, given[1], 0, sizeof(int32_t), 3 * k);
    found.roots = take_perhaps(h, given[3], sizeof(uint16_t), 65536);
    check_range(h, found.shown, 3 * k, 0, 65535);
    check_range(h, found.points, 3 * k, found.roots ? -16384 : 0, 65535);
    return found;
}

/* linear, pinned, out, weights, tones */
static bp_diffusion take_diffusion(held *h, PyObject **given, Py_ssize_t width, size_t channels)
{
    bp_diffusion how;
    Py_ssize_t count = ANY;
    memset(&how, 0, sizeof how);
    how.out = take(h, given[2], PyBUF_WRITABLE, sizeof(uint16_t), &count);
    if (width < 1 || count % width || count < 1)
        refuse(h, "a buffer has the wrong size");
    how.linear = take_exactly(h, given[0], 0, sizeof(uint16_t), 3 * count);
    how.pinned = take_perhaps(h, given[1], sizeof(int32_t), count);
    how.weights = take_exactly(h, given[3], 0, sizeof(int32_t), BP_WEIGHTS);
    how.tones = take_perhaps(h, given[4], sizeof(int32_t), 4 * BP_TONES);
    how.width = h->failed ? 0 : (size_t)width;
    how.height = h->failed ? 0 : (size_t)(count / width);
    how.carry = memory(h, 2, channels * BP_ROWS * (how.width + 2 * BP_MARGIN), sizeof(int64_t));
    return how;
}

/* --- the functions --- */

PyObject *bp_py_nearest(PyObject *self, PyObject *args)
{
    PyObject *given[3];
    held h = {0};
    int fits = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOO", &given[0], &given[1], &given[2]))
        return NULL;
    Py_ssize_t n = ANY, k = ANY;
    const int64_t *points = take(&h, given[0], 0, sizeof(int64_t), &n);
    const int64_t *centers = take(&h, given[1], 0, sizeof(int64_t), &k);
    n = thirds(&h, n);
    k = thirds(&h, k);
    int64_t *out = take_exactly(&h, given[2], PyBUF_WRITABLE, sizeof(int64_t), n);
    if (k < 1 || k > 65536)
        refuse(&h, "there must be 1 to 65536 centers");
    bp_scratch with = scratch(&h, k);
    if (!h.failed) {
        Py_BEGIN_ALLOW_THREADS
        fits = bp_nearest(points, (size_t)n, centers, (size_t)k, out, with) == 0;
        Py_END_ALLOW_THREADS
        if (!fits)
            refuse(&h, "a coordinate is out of range");
    }
    return release(&h);
}

PyObject *bp_py_pick(PyObject *self, PyObject *args)
{
    PyObject *given[6];
    held h = {0};
    (void)self;
    if (!PyArg_ParseTuple(
            args, "OOOOOO", &given[0], &given[1], &given[2], &given[3], &given[4], &given[5]
        ))
        return NULL;
    Py_ssize_t n = ANY;
    uint16_t *out = take(&h, given[1], PyBUF_WRITABLE, sizeof(uint16_t), &n);
    const uint16_t *linear = take_exactly(&h, given[0], 0, sizeof(uint16_t), 3 * n);
    bp_entries entries = take_entries(&h, given + 2);
    bp_scratch with = scratch(&h, (Py_ssize_t)entries.k);
    if (!h.failed) {
        Py_BEGIN_ALLOW_THREADS
        bp_pick(linear, (size_t)n, &entries, out, with);
        Py_END_ALLOW_THREADS
    }
    return release(&h);
}

PyObject *bp_py_diffuse_colors(PyObject *self, PyObject *args)
{
    PyObject *given[9];
    Py_ssize_t width;
    int divisor, strength, serpentine, noisy;
    held h = {0};
    (void)self;
    if (!PyArg_ParseTuple(
            args, "OOOOOniippOOOO", &given[0], &given[1], &given[2], &given[3], &given[4], &width,
            &divisor, &strength, &serpentine, &noisy, &given[5], &given[6], &given[7], &given[8]
        ))
        return NULL;
    bp_diffusion how = take_diffusion(&h, given, width, 3);
    how.divisor = divisor;
    how.strength = strength;
    how.serpentine = serpentine;
    how.noisy = noisy;
    check_diffusion(&h, &how);
    bp_entries entries = take_entries(&h, given + 5);
    bp_scratch with = scratch(&h, (Py_ssize_t)entries.k);
    if (!h.failed) {
        Py_BEGIN_ALLOW_THREADS
        bp_diffuse_colors(&how, &entries, with);
        Py_END_ALLOW_THREADS
    }
    return release(&h);
}

PyObject *bp_py_diffuse_axis(PyObject *self, PyObject *args)
{
    PyObject *given[8];
    Py_ssize_t width, k = ANY;
    int divisor, strength, serpentine, noisy;
    bp_axis axis;
    held h = {0};
    (void)self;
    memset(&axis, 0, sizeof axis);
    if (!PyArg_ParseTuple(
            args, "OOOOOniippOOOi", &given[0], &given[1], &given[2], &given[3], &given[4], &width,
            &divisor, &strength, &serpentine, &noisy, &given[5], &given[6], &given[7], &axis.channel
        ))
        return NULL;
    bp_diffusion how = take_diffusion(&h, given, width, 1);
    how.divisor = divisor;
    how.strength = strength;
    how.serpentine = serpentine;
    how.noisy = noisy;
    check_diffusion(&h, &how);
    axis.levels = take(&h, given[5], 0, sizeof(int32_t), &k);
    if (k < 1 || k > 65535 || axis.channel < -1 || axis.channel > 2)
        refuse(&h, "a value is out of range");
    axis.k = (size_t)k;
    axis.edges = take_exactly(&h, given[6], 0, sizeof(int32_t), k - 1);
    axis.shares = take_exactly(&h, given[7], 0, sizeof(uint16_t), k);
    check_ascending(&h, axis.levels, k);
    check_ascending(&h, axis.edges, k - 1);
    if (!h.failed) {
        Py_BEGIN_ALLOW_THREADS
        bp_diffuse_axis(&how, &axis);
        Py_END_ALLOW_THREADS
    }
    return release(&h);
}

/* data, bits, costs, nodes, reach */
static bp_zx0 take_zx0(held *h, PyObject **given)
{
    bp_zx0 z;
    Py_ssize_t n = ANY, bits = ANY, nodes = ANY, reach = ANY;
    memset(&z, 0, sizeof z);
    z.data = take(h, given[0], 0, 1, &n);
    z.bits = take(h, given[1], 0, 1, &bits);
    z.costs = take_exactly(h, given[2], PyBUF_WRITABLE, sizeof(int32_t), n + 1);
    z.nodes = take(h, given[3], PyBUF_WRITABLE, sizeof(int32_t), &nodes);
    z.run = take(h, given[4], PyBUF_WRITABLE, sizeof(int32_t), &reach);
    if (h->failed)
        return z;
    z.count = (size_t)n;
    z.window = (size_t)reach / 9 - 1;
    z.used = z.count + 1;
    z.size = (size_t)nodes / 4;
    int32_t **rows[] = {&z.node,       &z.paid, &z.end,    &z.node_before,
                        &z.node_start, &z.cost, &z.before, &z.start};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        *rows[i] = z.run + (i + 1) * (z.window + 1);
    if (n < 1 || n > 1 << 26 || reach < 18 || reach % 9 || nodes % 4 ||
        z.size < z.used + z.count || z.size > 1u << 30 || bits <= n || (size_t)bits <= z.window / 128 + 1)
        refuse(h, "a buffer has the wrong size");
    return z;
}

/* What the search goes by before it has found anything. */
static void check_zx0(held *h, const bp_zx0 *z)
{
    for (size_t i = 0; i <= z->window && !h->failed; i++)
        if (z->run[i] != 0 || z->cost[i] != 1 << 30 || z->end[i] != 0 || z->node[i] != 0 ||
            z->paid[i] != (i == 1 ? -1 : 1 << 30))
            refuse(h, "a value is out of range");
    if (!h->failed && (z->costs[0] != -1 || z->nodes[3] != 1))
        refuse(h, "a value is out of range");
    for (size_t i = 0; i <= z->count && !h->failed; i++)
        if (z->bits[i] > 63)
            refuse(h, "a value is out of range");
}

PyObject *bp_py_parse_zx0(PyObject *self, PyObject *args)
{
    PyObject *given[5];
    held h = {0};
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOO", &given[0], &given[1], &given[2], &given[3], &given[4]))
        return NULL;
    bp_zx0 z = take_zx0(&h, given);
    if (!h.failed)
        check_zx0(&h, &z);
    if (!h.failed) {
        Py_BEGIN_ALLOW_THREADS
        bp_parse_zx0(&z);
        Py_END_ALLOW_THREADS
    }
    return release(&h);
}
