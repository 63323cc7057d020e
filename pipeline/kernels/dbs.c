/* Direct binary search; the arithmetic is that of dithers/dbs.py. */
#include <string.h>

#include "kernels.h"

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__ELF__) && \
    !defined(__SANITIZE_ADDRESS__) /* whose runtime starts after the choice of a clone */
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

/* The best change found at a pixel so far: entry is what the pixel gets, mate whom it swaps with. */
typedef struct {
    int64_t gain;
    uint16_t entry;
    size_t mate;
} bp_change;

/* Where a pixel is: its number, its place in a plane of the seen error, and its block. */
typedef struct {
    size_t pixel, seen, block;
} bp_place;

static size_t seen_width(const bp_scene *s)
{
    return s->width + s->side - 1;
}

static size_t seen_plane(const bp_scene *s)
{
    return seen_width(s) * (s->height + s->side - 1);
}

static size_t blocks_across(const bp_scene *s)
{
    return (s->width - 1) / s->block + 1;
}

static size_t block_plane(const bp_scene *s)
{
    return blocks_across(s) * ((s->height - 1) / s->block + 1);
}

static bp_place place_of(const bp_scene *s, size_t y, size_t x)
{
    size_t reach = s->side / 2;
    bp_place place = {y * s->width + x, (y + reach) * seen_width(s) + x + reach,
                      y / s->block * blocks_across(s) + x / s->block};
    return place;
}

/* u of a pixel with an entry: (difference * weight + 2^14) >> 15, shifted while positive. */
static int32_t missed(const bp_scene *s, size_t plane, size_t pixel, size_t entry)
{
    int32_t shown = s->colors[entry * s->planes + plane];
    int32_t wanted = s->target[plane * s->height * s->width + pixel];
    int32_t product = (shown - wanted) * s->weight[pixel];
    return ((product + (1 << 14) + (1 << 30)) >> 15) - (1 << 15);
}

static int32_t step(const bp_scene *s, size_t plane, size_t pixel, size_t was, size_t entry)
{
    return missed(s, plane, pixel, entry) - missed(s, plane, pixel, was);
}

/* A pixel as it is: for each plane its u, and half of how steeply the error grows with it. */
typedef struct {
    int64_t missed[3], slope[3];
} bp_state;

static int64_t slope(const bp_scene *s, size_t plane, bp_place at)
{
    int64_t seen = s->seen[plane * seen_plane(s) + at.seen];
    return seen + s->tone * s->sums[plane * block_plane(s) + at.block];
}

static bp_state state_of(const bp_scene *s, bp_place at)
{
    bp_state state = {{0, 0, 0}, {0, 0, 0}};
    for (size_t plane = 0; plane < s->planes; plane++) {
        state.missed[plane] = missed(s, plane, at.pixel, s->out[at.pixel]);
        state.slope[plane] = slope(s, plane, at);
    }
    return state;
}

/* By how much the error grows when u of one pixel changes. */
static int64_t alone(const bp_scene *s, int64_t slope, int64_t change)
{
    int64_t own = s->blur[s->side * s->side / 2] + s->tone;
    return change * (2 * slope + change * own);
}

static int64_t toggle(const bp_scene *s, bp_place at, const bp_state *is, size_t entry)
{
    int64_t total = 0;
    for (size_t plane = 0; plane < s->planes; plane++)
        total += alone(s, is->slope[plane], missed(s, plane, at.pixel, entry) - is->missed[plane]);
    return total;
}

static int64_t swap(const bp_scene *s, bp_place at, const bp_state *is, bp_place mate, int64_t tap)
{
    size_t own = s->out[at.pixel], other = s->out[mate.pixel];
    int64_t total = 0, shared = tap + (at.block == mate.block ? s->tone : 0);
    for (size_t plane = 0; plane < s->planes; plane++) {
        int64_t here = missed(s, plane, at.pixel, other) - is->missed[plane];
        int64_t there = step(s, plane, mate.pixel, other, own);
        total += alone(s, is->slope[plane], here) + alone(s, slope(s, plane, mate), there);
        total += 2 * here * there * shared;
    }
    return total;
}

/* Adds change times the blur around the place whose upper left corner is given. */
WIDE static void spread(int32_t *seen, size_t width, const int32_t *blur, size_t side, int32_t change)
{
    for (size_t row = 0; row < side; row++)
        for (size_t column = 0; column < side; column++)
            seen[row * width + column] += change * blur[row * side + column];
}

/* Counts a change of u in the seen error and in the sum of its block. */
static void count(const bp_scene *s, size_t plane, bp_place at, int32_t change)
{
    size_t corner = at.seen - (s->side / 2) * (seen_width(s) + 1);
    if (change)
        spread(s->seen + plane * seen_plane(s) + corner, seen_width(s), s->blur, s->side, change);
    s->sums[plane * block_plane(s) + at.block] += change;
}

static void set(const bp_scene *s, size_t pixel, size_t entry)
{
    bp_place at = place_of(s, pixel / s->width, pixel % s->width);
    for (size_t plane = 0; plane < s->planes; plane++)
        count(s, plane, at, step(s, plane, pixel, s->out[pixel], entry));
    s->out[pixel] = (uint16_t)entry;
}

static void try_entries(const bp_scene *s, bp_place at, const bp_state *is, bp_change *best)
{
    size_t own = s->out[at.pixel];
    const uint16_t *tried = s->candidates + own * s->count;
    for (size_t i = 0; i < s->count; i++) {
        int64_t gain = tried[i] == own ? 0 : toggle(s, at, is, tried[i]);
        if (gain < best->gain) {
            bp_change found = {gain, tried[i], at.pixel};
            *best = found;
        }
    }
}

static void try_swaps(const bp_scene *s, size_t y, size_t x, const bp_state *is, bp_change *best)
{
    size_t middle = s->side * s->side / 2;
    bp_place at = place_of(s, y, x);
    for (size_t v = y ? y - 1 : 0; v <= y + 1 && v < s->height; v++)
        for (size_t u = x ? x - 1 : 0; u <= x + 1 && u < s->width; u++) {
            bp_place mate = place_of(s, v, u);
            if (!s->free[mate.pixel] || s->out[mate.pixel] == s->out[at.pixel])
                continue;
            int64_t gain = swap(s, at, is, mate, s->blur[middle + (v - y) * s->side + u - x]);
            if (gain < best->gain) {
                bp_change found = {gain, s->out[mate.pixel], mate.pixel};
                *best = found;
            }
        }
}

static int improve(const bp_scene *s, size_t y, size_t x)
{
    bp_place at = place_of(s, y, x);
    bp_change best = {0, 0, 0};
    uint16_t own = s->out[at.pixel];
    bp_state is = state_of(s, at);
    try_entries(s, at, &is, &best);
    try_swaps(s, y, x, &is, &best);
    if (best.gain == 0)
        return 0;
    set(s, at.pixel, best.entry);
    if (best.mate != at.pixel)
        set(s, best.mate, own);
    return 1;
}

static void begin(const bp_scene *s)
{
    memset(s->seen, 0, s->planes * seen_plane(s) * sizeof *s->seen);
    memset(s->sums, 0, s->planes * block_plane(s) * sizeof *s->sums);
    for (size_t plane = 0; plane < s->planes; plane++)
        for (size_t y = 0; y < s->height; y++)
            for (size_t x = 0; x < s->width; x++) {
                bp_place at = place_of(s, y, x);
                count(s, plane, at, missed(s, plane, at.pixel, s->out[at.pixel]));
            }
}

void bp_dbs(const bp_scene *s, size_t sweeps)
{
    begin(s);
    for (size_t sweep = 0; sweep < sweeps; sweep++) {
        size_t changes = 0;
        for (size_t y = 0; y < s->height; y++)
            for (size_t x = 0; x < s->width; x++)
                if (s->free[y * s->width + x])
                    changes += (size_t)improve(s, y, x);
        if (!changes)
            break;
    }
}
