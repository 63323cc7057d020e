/* Riemersma's dither; pipeline/dithers/riemersma.py says what it does. */
#include "kernels.h"

#define QUEUE 16
#define FULL 65535

static const int64_t WEIGHTS[QUEUE] = {183, 151, 126, 105, 87, 72, 60, 50, 41, 35, 29, 24, 20, 16, 14, 11};

/* One channel: its range, and what its last pixels missed, the newest first. */
typedef struct {
    int64_t low, high, reach;
    int64_t missed[QUEUE];
} channel;

static int64_t floor_div(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

static int64_t clip(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

static void start(channel *c, int64_t low, int64_t high)
{
    c->low = low;
    c->high = high;
    c->reach = (high - low + 1) / 2;
    for (int i = 0; i < QUEUE; i++)
        c->missed[i] = 0;
}

static int64_t owed(const channel *c, int64_t value, int64_t strength)
{
    int64_t total = 0;
    for (int i = 0; i < QUEUE; i++)
        total += WEIGHTS[i] * c->missed[i];
    value = clip(value, c->low, c->high) + floor_div(total * strength + (1 << 17), 1 << 18);
    return clip(value, c->low - c->reach, c->high + c->reach);
}

static void note(channel *c, int64_t error)
{
    for (int i = QUEUE - 1; i > 0; i--)
        c->missed[i] = c->missed[i - 1];
    c->missed[0] = error;
}

/* The number of edges below a value. */
static size_t level(const int32_t *edges, size_t count, int64_t value)
{
    size_t first = 0;
    while (count > 0) {
        size_t half = count / 2;
        if (edges[first + half] < value) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return first;
}

void bp_riemersma_axis(const bp_walk *walk, const int32_t *levels, const int32_t *edges, size_t k,
                       uint16_t *out)
{
    channel c;
    start(&c, levels[0], levels[k - 1]);
    for (size_t i = 0; i < walk->n; i++) {
        size_t place = (size_t)walk->places[i];
        if (walk->settled && walk->settled[place] >= 0) {
            note(&c, 0);
            continue;
        }
        int64_t value = owed(&c, walk->pixels[place], walk->strength);
        size_t chosen = level(edges, k - 1, value);
        out[place] = (uint16_t)chosen;
        note(&c, value - levels[chosen]);
    }
}

static size_t nearest_linear(const bp_inks *e, const int64_t *v)
{
    int64_t least = INT64_MAX;
    size_t best = 0;
    for (size_t j = 0; j < e->k; j++) {
        const uint16_t *s = e->shown + 3 * j;
        int64_t r = v[0] - s[0], g = v[1] - s[1], b = v[2] - s[2];
        int64_t apart = r * r + g * g + b * b;
        if (apart < least) {
            least = apart;
            best = j;
        }
    }
    return best;
}

/* color.oklab for one color: 0..65535 each. */
static void oklab(const uint16_t *roots, const int64_t *v, int32_t *lab)
{
    int64_t r = v[0], g = v[1], b = v[2];
    int64_t l = roots[(27015 * r + 35149 * g + 3372 * b + 32768) >> 16];
    int64_t m = roots[(13887 * r + 44610 * g + 7039 * b + 32768) >> 16];
    int64_t s = roots[(5787 * r + 18463 * g + 41286 * b + 32768) >> 16];
    int64_t light = 13792 * l + 52011 * m - 267 * s;
    int64_t red = 9 * (129630 * l - 159160 * m + 29530 * s);
    int64_t yellow = 9 * (1698 * l + 51300 * m - 52998 * s);
    lab[0] = (int32_t)floor_div(light + ((int64_t)FULL << 3), (int64_t)FULL << 4);
    lab[1] = (int32_t)floor_div(red + ((int64_t)FULL << 5), (int64_t)FULL << 6);
    lab[2] = (int32_t)floor_div(yellow + ((int64_t)FULL << 5), (int64_t)FULL << 6);
}

static size_t nearest_oklab(const bp_inks *e, const int64_t *value)
{
    int64_t v[3];
    int32_t lab[3], least = INT32_MAX;
    size_t best = 0;
    for (int c = 0; c < 3; c++)
        v[c] = clip(value[c], 0, FULL);
    oklab(e->roots, v, lab);
    for (size_t j = 0; j < e->k; j++) {
        const int32_t *p = e->points + 3 * j;
        int32_t x = lab[0] - p[0], y = lab[1] - p[1], z = lab[2] - p[2];
        int32_t apart = x * x + y * y + z * z;
        if (apart < least) {
            least = apart;
            best = j;
        }
    }
    for (size_t j = best; least == 0 && j < e->k; j++) {
        const uint16_t *s = e->shown + 3 * j;
        if (s[0] == v[0] && s[1] == v[1] && s[2] == v[2])
            return j;
    }
    return best;
}

static void bounds(const bp_inks *e, int axis, channel *c)
{
    uint16_t low = UINT16_MAX, high = 0;
    for (size_t j = 0; j < e->k; j++) {
        uint16_t value = e->shown[3 * j + (size_t)axis];
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    start(c, low, high);
}

void bp_riemersma_colors(const bp_walk *walk, const bp_inks *entries, uint16_t *out)
{
    channel c[3];
    for (int axis = 0; axis < 3; axis++)
        bounds(entries, axis, &c[axis]);
    for (size_t i = 0; i < walk->n; i++) {
        size_t place = (size_t)walk->places[i];
        if (walk->settled && walk->settled[place] >= 0) {
            for (int axis = 0; axis < 3; axis++)
                note(&c[axis], 0);
            continue;
        }
        int64_t v[3];
        for (int axis = 0; axis < 3; axis++)
            v[axis] = owed(&c[axis], walk->pixels[3 * place + (size_t)axis], walk->strength);
        size_t chosen = entries->points ? nearest_oklab(entries, v) : nearest_linear(entries, v);
        out[place] = (uint16_t)chosen;
        for (int axis = 0; axis < 3; axis++)
            note(&c[axis], v[axis] - entries->shown[3 * chosen + (size_t)axis]);
    }
}
