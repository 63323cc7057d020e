/* Picker: nearest entry in linear light or in integer OKLab. */
#include "picker.h"

#include <string.h>

enum {
    PLACE = 1 << 16,                  /* more than any place */
    FULL = 65535,
    LOWEST = -32768, HIGHEST = 98303, /* of what error diffusion asks for */
    ROOTS = 32,                       /* cells of 0..FULL: cell i begins at 64 * i * i */
    OUTER = 4,                        /* cells below and above those */
    LIGHT = 34, TINT = 40,            /* cells of the OKLab rule, 1 << CELL wide */
    CELL = 7,
    BLACK = -128, GREEN = -2304, BLUE = -3072, /* the least L, a and b lie above these */
    BIAS = 1 << 14,                   /* keeps what is divided positive */
};

static void oklab_edges(bp_cells *cells, int axis, unsigned count, int32_t low)
{
    cells->cells[axis] = count;
    for (unsigned i = 0; i <= count; i++)
        cells->edges[axis][i] = low + (int32_t)(i << CELL);
}

/* Cells that are about as wide as steps in lightness, and some for what lies outside. */
static void linear_edges(bp_picker *picker)
{
    int32_t *edges = picker->cells.edges[0];
    for (int32_t i = 0; i <= ROOTS; i++)
        edges[OUTER + i] = 64 * i * i;
    for (int32_t i = 1; i <= OUTER; i++) {
        edges[OUTER - i] = -(-LOWEST >> (OUTER - i));
        edges[OUTER + ROOTS + i] = FULL + 1 + (-LOWEST >> (OUTER - i));
    }
    for (int axis = 0; axis < 3; axis++) {
        picker->cells.cells[axis] = ROOTS + 2 * OUTER;
        if (axis > 0)
            memcpy(picker->cells.edges[axis], edges, sizeof picker->cells.edges[0]);
    }
    for (int32_t i = 0, cell = 0; i < 2048; i++) {
        while (LOWEST + 64 * i >= edges[cell + 1])
            cell++;
        picker->place[i] = (uint8_t)cell;
    }
}

/* The square of a distance but for the part that all entries share, over the place: as one number,
 * so that the least one names the first of the nearest. */
static void set_keys(bp_picker *picker, const bp_entries *entries)
{
    picker->few = entries->k <= BP_FEW ? entries->k : 0;
    for (size_t i = 0; i < picker->few; i++) {
        int64_t length = 0, *key = picker->key[i];
        for (size_t c = 0; c < 3; c++) {
            int64_t value = entries->points[3 * i + c];
            length += value * value;
            key[c + 1] = 2 * value * PLACE;
        }
        key[0] = length * PLACE + (int64_t)i;
    }
}

static inline size_t nearest_of_few(const bp_picker *picker, const int32_t at[3])
{
    int64_t least = INT64_MAX, x = at[0], y = at[1], z = at[2];
    for (size_t i = 0; i < picker->few; i++) {
        const int64_t *key = picker->key[i];
        int64_t here = key[0] - (key[1] * x + key[2] * y + key[3] * z);
        least = here < least ? here : least;
    }
    return (size_t)((uint64_t)least % PLACE);
}

void bp_picker_open(bp_picker *picker, const bp_entries *entries, bp_scratch scratch)
{
    picker->entries = entries;
    set_keys(picker, entries);
    picker->cells.scratch = scratch;
    if (entries->roots) {
        oklab_edges(&picker->cells, 0, LIGHT, BLACK);
        oklab_edges(&picker->cells, 1, TINT, GREEN);
        oklab_edges(&picker->cells, 2, TINT, BLUE);
    } else {
        linear_edges(picker);
    }
    bp_cells_open(&picker->cells, entries->points, entries->k);
}

static inline int32_t inside(int32_t value)
{
    return value < 0 ? 0 : value > FULL ? FULL : value;
}

static inline unsigned linear_place(const bp_picker *picker, int32_t value)
{
    return picker->place[(value - LOWEST) >> 6];
}

static size_t pick_linear(bp_picker *picker, const int32_t color[3])
{
    int64_t apart;
    if (picker->few)
        return nearest_of_few(picker, color);
    bp_list list = bp_cells_at(
        &picker->cells, linear_place(picker, color[0]), linear_place(picker, color[1]),
        linear_place(picker, color[2])
    );
    return (size_t)bp_closest(list, color[0], color[1], color[2], &apart)[3];
}

/* The nearest integer to a fraction between -BIAS and BIAS, halves up. */
static inline int32_t rounded(int64_t value, int64_t divisor)
{
    return (int32_t)((uint64_t)(value + BIAS * divisor + divisor / 2) / (uint64_t)divisor) - BIAS;
}

/* `oklab` of pipeline/color.py at its standard chroma, its fractions shortened. */
static void to_oklab(const uint16_t *roots, const uint32_t in[3], int32_t out[3])
{
    uint32_t r = in[0], g = in[1], b = in[2];
    int64_t l = roots[(27015 * r + 35149 * g + 3372 * b + 32768) >> 16];
    int64_t m = roots[(13887 * r + 44610 * g + 7039 * b + 32768) >> 16];
    int64_t s = roots[(5787 * r + 18463 * g + 41286 * b + 32768) >> 16];
    int64_t light = 13792 * l + 52011 * m - 267 * s;
    int64_t green = 9 * (129630 * l - 159160 * m + 29530 * s);
    int64_t blue = 9 * (1698 * l + 51300 * m - 52998 * s);
    out[0] = rounded(light, FULL << 4);
    out[1] = rounded(green, FULL << 6);
    out[2] = rounded(blue, FULL << 6);
}

static inline unsigned oklab_place(int32_t value, int32_t low, int32_t count)
{
    int32_t place = value < low ? 0 : (value - low) >> CELL;
    return (unsigned)(place < count ? place : count - 1);
}

/* Of entries at no distance the one of exactly that color, else the first. */
static size_t same(
    const bp_entries *entries, bp_list list, const int32_t lab[3], const uint32_t color[3],
    size_t first
)
{
    const int32_t *item = list + 1, *end = item + 4 * (ptrdiff_t)list[0];
    for (; item != end; item += 4) {
        const int32_t *shown = entries->shown + 3 * (size_t)item[3];
        int here = item[0] == lab[0] && item[1] == lab[1] && item[2] == lab[2];
        if (here && shown[0] == (int32_t)color[0] && shown[1] == (int32_t)color[1]
            && shown[2] == (int32_t)color[2])
            return (size_t)item[3];
    }
    return first;
}

static size_t pick_oklab(bp_picker *picker, const int32_t color[3])
{
    uint32_t in[3];
    int32_t lab[3];
    int64_t apart;
    for (int c = 0; c < 3; c++)
        in[c] = (uint32_t)inside(color[c]);
    to_oklab(picker->entries->roots, in, lab);
    bp_list list = bp_cells_all(&picker->cells);
    if (!picker->few)
        list = bp_cells_at(
            &picker->cells, oklab_place(lab[0], BLACK, LIGHT), oklab_place(lab[1], GREEN, TINT),
            oklab_place(lab[2], BLUE, TINT)
        );
    size_t first = (size_t)bp_closest(list, lab[0], lab[1], lab[2], &apart)[3];
    return apart ? first : same(picker->entries, list, lab, in, first);
}

size_t bp_picker_pick(bp_picker *picker, const int32_t color[3])
{
    return picker->entries->roots ? pick_oklab(picker, color) : pick_linear(picker, color);
}

void bp_pick(
    const uint16_t *linear, size_t n, const bp_entries *entries, uint16_t *out, bp_scratch scratch
)
{
    bp_picker picker;
    bp_picker_open(&picker, entries, scratch);
    for (size_t i = 0; i < n; i++) {
        int32_t color[3] = {linear[3 * i], linear[3 * i + 1], linear[3 * i + 2]};
        out[i] = entries->values[bp_picker_pick(&picker, color)];
    }
}
