/* The Python side of lz.c: checks sizes and values, lets other threads run. */
#include "wrap_lz.h"

#include "kernels.h"

#define MOST_BUFFERS 10
#define MOST_SIZE ((size_t)1 << 27)
#define MOST_PRICE ((uint32_t)1 << 16)

/* Buffers of one call, released together. */
typedef struct {
    Py_buffer views[MOST_BUFFERS];
    size_t count[MOST_BUFFERS];
    int taken;
} held;

/* Takes buffers of items of the given sizes; those from `written` on are written to. */
static int take(held *all, PyObject *const *given, const size_t *sizes, int buffers, int written)
{
    for (all->taken = 0; all->taken < buffers; all->taken++) {
        int i = all->taken, flags = i >= written ? PyBUF_WRITABLE : 0;
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

/* What all functions here begin with: text, lengths and distances of its matches. */
static int take_text(held *all, bp_text *text, int data, int lengths, int distances)
{
    text->data = all->views[data].buf;
    text->size = all->count[data];
    text->lengths = all->views[lengths].buf;
    text->distances = all->views[distances].buf;
    text->most = text->size ? all->count[lengths] / text->size : 0;
    return text->size > 0 && text->size <= MOST_SIZE && text->most > 0 &&
           text->most * text->size == all->count[lengths] &&
           all->count[lengths] == all->count[distances];
}

PyObject *bp_py_matches(PyObject *self, PyObject *args)
{
    enum { DATA, SCRATCH, LENGTHS, DISTANCES, BUFFERS };
    static const size_t sizes[BUFFERS] = {1, 4, 2, 2};
    PyObject *given[BUFFERS];
    held all = {.taken = 0};
    bp_text text;
    Py_ssize_t window, longest;
    (void)self;
    if (!PyArg_ParseTuple(args, "OnnOOO", &given[DATA], &window, &longest, &given[SCRATCH],
                          &given[LENGTHS], &given[DISTANCES]))
        return NULL;
    if (!take(&all, given, sizes, BUFFERS, SCRATCH))
        return finish(&all, 0);
    int fine = take_text(&all, &text, DATA, LENGTHS, DISTANCES) && window > 0 && window <= 65535;
    fine = fine && longest > 1 && longest <= 65535;
    fine = fine && all.count[SCRATCH] == BP_PAIRS + 2 * text.size;
    text.window = (size_t)window;
    text.longest = (size_t)longest;
    if (fine) {
        Py_BEGIN_ALLOW_THREADS
        bp_matches(&text, all.views[SCRATCH].buf);
        Py_END_ALLOW_THREADS
    }
    return finish(&all, fine);
}

static int are_prices(const uint32_t *prices, size_t count)
{
    int outside = 0;
    for (size_t i = 0; i < count; i++)
        outside |= prices[i] > MOST_PRICE;
    return !outside;
}

/* No way costs more than literals alone. */
static int sums_fit(const uint32_t *literals, size_t size)
{
    uint32_t most = 0;
    for (size_t i = 0; i < 256; i++)
        most = literals[i] > most ? literals[i] : most;
    return most < ((uint32_t)1 << 31) / size;
}

/* After each length a longer one is tried. */
static int ascends(const uint16_t *next, size_t count)
{
    int outside = count == 0;
    for (size_t i = 0; i < count; i++)
        outside |= next[i] <= i;
    return !outside;
}

static int are_matches(const bp_text *text, size_t lengths, size_t distances)
{
    int outside = 0;
    for (size_t i = 0; i < text->size; i++)
        for (size_t k = i * text->most; k < (i + 1) * text->most; k++)
            outside |= text->lengths[k] > text->size - i || text->lengths[k] >= lengths ||
                       text->distances[k] >= distances;
    return !outside;
}

PyObject *bp_py_parse(PyObject *self, PyObject *args)
{
    enum { DATA, LITERALS, LONG, FAR, NEXT, LENGTHS, DISTANCES, COSTS, CHOSEN, BACK, BUFFERS };
    static const size_t sizes[BUFFERS] = {1, 4, 4, 4, 2, 2, 2, 4, 2, 2};
    PyObject *given[BUFFERS];
    held all = {.taken = 0};
    bp_text text;
    size_t steps = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOOOOOOO", &given[DATA], &given[LITERALS], &given[LONG],
                          &given[FAR], &given[NEXT], &given[LENGTHS], &given[DISTANCES], &given[COSTS],
                          &given[CHOSEN], &given[BACK]))
        return NULL;
    if (!take(&all, given, sizes, BUFFERS, COSTS))
        return finish(&all, 0);
    int fine = take_text(&all, &text, DATA, LENGTHS, DISTANCES);
    fine = fine && all.count[NEXT] == all.count[LONG] && ascends(all.views[NEXT].buf, all.count[NEXT]);
    fine = fine && all.count[LITERALS] == 256 && all.count[COSTS] == text.size + 1;
    fine = fine && all.count[CHOSEN] == text.size && all.count[BACK] == text.size;
    for (int i = LITERALS; i <= FAR; i++)
        fine = fine && are_prices(all.views[i].buf, all.count[i]);
    fine = fine && all.count[FAR] > 0 && sums_fit(all.views[LITERALS].buf, text.size);
    fine = fine && are_matches(&text, all.count[LONG], all.count[FAR]);
    if (fine) {
        bp_prices prices = {all.views[LITERALS].buf, all.views[LONG].buf, all.views[FAR].buf,
                            all.views[NEXT].buf, all.views[CHOSEN].buf, all.views[BACK].buf};
        Py_BEGIN_ALLOW_THREADS
        steps = bp_parse(&text, &prices, all.views[COSTS].buf);
        Py_END_ALLOW_THREADS
    }
    PyObject *nothing = finish(&all, fine);
    Py_XDECREF(nothing);
    return nothing ? PyLong_FromSize_t(steps) : NULL;
}

/* Every match lies in the text, before its place, and is no longer than was looked for. */
static int lie_before(const bp_text *text)
{
    int outside = 0;
    for (size_t i = 0; i < text->size; i++)
        outside |= text->lengths[i] > text->longest || text->lengths[i] > text->size - i ||
                   text->distances[i] > i || (text->lengths[i] && !text->distances[i]);
    return !outside;
}

PyObject *bp_py_parse_lz4(PyObject *self, PyObject *args)
{
    enum { DATA, LENGTHS, DISTANCES, SCRATCH, RUNS, CHOSEN, BUFFERS };
    static const size_t sizes[BUFFERS] = {1, 2, 2, 4, 4, 4};
    PyObject *given[BUFFERS];
    held all = {.taken = 0};
    bp_text text;
    Py_ssize_t longest;
    (void)self;
    if (!PyArg_ParseTuple(args, "OnOOOOO", &given[DATA], &longest, &given[LENGTHS],
                          &given[DISTANCES], &given[SCRATCH], &given[RUNS], &given[CHOSEN]))
        return NULL;
    if (!take(&all, given, sizes, BUFFERS, SCRATCH))
        return finish(&all, 0);
    int fine = take_text(&all, &text, DATA, LENGTHS, DISTANCES) && text.most == 1;
    size_t items = text.size + 1;
    text.longest = (size_t)longest;
    fine = fine && longest > 1 && longest <= 65535 && lie_before(&text);
    fine = fine && all.count[SCRATCH] == 6 * items && all.count[RUNS] == items;
    if (fine && all.count[CHOSEN] == items) {
        uint32_t *free = all.views[SCRATCH].buf;
        bp_sequences sequences = {all.views[RUNS].buf, all.views[CHOSEN].buf, free, free + items,
                                  free + 2 * items, free + 3 * items, free + 4 * items,
                                  free + 5 * items};
        Py_BEGIN_ALLOW_THREADS
        bp_parse_lz4(&text, &sequences);
        Py_END_ALLOW_THREADS
    }
    return finish(&all, fine && all.count[CHOSEN] == items);
}
