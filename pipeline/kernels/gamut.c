/* Gamut mapping: what pipeline/gamut.py and pipeline/surface.py describe. */
#include "kernels.h"

/* --- moving the pixels of a picture --- */

static int64_t beyond(const bp_gamut *g, size_t face, const uint16_t *color)
{
    const int32_t *normal = g->normals + 3 * face;
    int32_t dot = normal[0] * color[0] + normal[1] * color[1] + normal[2] * color[2];
    return (int64_t)dot - g->offsets[face];
}

/* How much of its move a color makes, 0..256. The face that settled the last one is asked first. */
static int32_t share_of(const bp_gamut *g, const uint16_t *color, size_t *likely)
{
    int64_t most = 0;
    if (beyond(g, *likely, color) >= g->fade)
        return 256;
    for (size_t face = 0; face < g->faces; face++) {
        int64_t gap = beyond(g, face, color);
        if (gap >= g->fade) {
            *likely = face;
            return 256;
        }
        most = gap > most ? gap : most;
    }
    return (int32_t)(most * 256 / g->fade);
}

static void swap(int32_t *a, int32_t *b)
{
    int32_t kept = *a;
    *a = *b;
    *b = kept;
}

/* Brings fractions into falling order, equal ones in the order of the channels, and the steps
 * along their axes with them. */
static void sort(int32_t *fraction, int32_t *step)
{
    static const int pairs[3] = {0, 1, 0};
    for (int i = 0; i < 3; i++) {
        int at = pairs[i];
        if (fraction[at] < fraction[at + 1]) {
            swap(&fraction[at], &fraction[at + 1]);
            swap(&step[at], &step[at + 1]);
        }
    }
}

/* value / 256, rounded down; the value lies in -2^25..2^25. */
static int32_t floor_256(int32_t value)
{
    return ((value + (1 << 25)) >> 8) - (1 << 17);
}

static uint16_t bounded(int32_t value)
{
    return (uint16_t)(value < 0 ? 0 : value > 65535 ? 65535 : value);
}

/* Tetrahedral interpolation between the moves of a cell's corners. */
static void move(const bp_gamut *g, const uint16_t *color, int32_t share, uint16_t *out)
{
    int32_t step[3] = {3 * BP_NODES * BP_NODES, 3 * BP_NODES, 3};
    int32_t fraction[3], base = 0;
    for (int i = 0; i < 3; i++) {
        int32_t place = g->places[color[i]];
        fraction[i] = place & 511;
        base += (place >> 9) * step[i];
    }
    sort(fraction, step);
    const int32_t *first = g->moves + base, *second = first + step[0];
    const int32_t *third = second + step[1], *last = third + step[2];
    for (int i = 0; i < 3; i++) {
        int32_t total = first[i] * (256 - fraction[0]) + second[i] * (fraction[0] - fraction[1]) +
                        third[i] * (fraction[1] - fraction[2]) + last[i] * fraction[2];
        total = floor_256(total + 128);
        out[i] = bounded(color[i] + floor_256(total * share + 128));
    }
}

void bp_project(const bp_gamut *g, const uint16_t *linear, size_t n, uint16_t *out)
{
    size_t likely = 0;
    for (; n > 0; n--, linear += 3, out += 3) {
        int32_t share = share_of(g, linear, &likely);
        if (share > 0)
            move(g, linear, share, out);
        else
            for (int i = 0; i < 3; i++)
                out[i] = linear[i];
    }
}

/* --- the nearest points of a surface --- */

typedef struct {
    bp_look aim;
    int64_t radial, across; /* weights of differences of chroma and of hue */
} eye;

/* The root of a^2 + b^2, rounded up, so that products of two never fall below the inner one. */
static int32_t length_of(int32_t a, int32_t b)
{
    uint32_t x = (uint32_t)(a < 0 ? -a : a), y = (uint32_t)(b < 0 ? -b : b);
    uint32_t square = x * x + y * y, root = x > y ? x + (y + 1) / 2 : y + (x + 1) / 2;
    for (;;) { /* Newton's steps fall to the root from above */
        uint32_t next = root ? (root + square / root) / 2 : 0;
        if (next >= root)
            return (int32_t)(root * root < square ? root + 1 : root);
        root = next;
    }
}

/* color.oklab with a and b times 3, and their length; offsets keep what is divided positive. */
static bp_look look_of(const uint16_t *color, const uint16_t *roots)
{
    const int64_t unit = 65535 * 16, far = 1 << 18;
    uint32_t r = color[0], g = color[1], b = color[2];
    int64_t l = roots[(r * 27015u + g * 35149u + b * 3372u + 32768u) >> 16];
    int64_t m = roots[(r * 13887u + g * 44610u + b * 7039u + 32768u) >> 16];
    int64_t s = roots[(r * 5787u + g * 18463u + b * 41286u + 32768u) >> 16];
    int64_t red = 3 * (l * 129630 - m * 159160 + s * 29530);
    int64_t yellow = 3 * (l * 1698 + m * 51300 - s * 52998);
    int64_t light = l * 13792 + m * 52011 - s * 267;
    bp_look seen;
    seen.lightness = (int32_t)((light + unit / 2 + unit * far) / unit - far);
    seen.a = (int32_t)((red + unit / 2 + unit * far) / unit - far);
    seen.b = (int32_t)((yellow + unit / 2 + unit * far) / unit - far);
    seen.chroma = length_of(seen.a, seen.b);
    return seen;
}

static eye eye_of(bp_look aim)
{
    int64_t radial = 3072 + aim.chroma, across = 8192 + aim.chroma;
    eye found = {aim, ((int64_t)9 << 30) / (radial * radial),
                 ((int64_t)1 << 36) / (across * across)};
    return found;
}

/* How far apart two colors look, or a part of that which is no less than `enough`. */
static int64_t apart(const eye *e, const bp_look *seen, int64_t enough)
{
    int64_t light = e->aim.lightness - seen->lightness;
    int64_t far = 1024 * light * light;
    if (far >= enough)
        return far;
    int64_t radial = e->aim.chroma - seen->chroma;
    int64_t across = e->aim.chroma * seen->chroma - e->aim.a * seen->a - e->aim.b * seen->b;
    return far + e->radial * radial * radial + 2 * e->across * across;
}

/* The point at a place: steps of 256 to the second and the third corner. */
static void point_at(const uint16_t *triangle, int second, int third, uint16_t *out)
{
    int first = 256 - second - third;
    for (int i = 0; i < 3; i++)
        out[i] = (uint16_t)((triangle[i] * first + triangle[3 + i] * second +
                             triangle[6 + i] * third + 128) >> 8);
}

/* The best place, in ever smaller steps from a first one. */
static void refine(const bp_surface *s, const eye *e, size_t chosen, int64_t least, uint16_t *out)
{
    static const int ways[6][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, -1}, {-1, 1}};
    const uint16_t *triangle = s->triangles + 9 * (chosen / s->rough);
    int second = s->local[2 * (chosen % s->rough)], third = s->local[2 * (chosen % s->rough) + 1];
    point_at(triangle, second, third, out);
    for (int step = BP_FIRST_STEP; step > 0; step /= 2) {
        int middle[2] = {second, third};
        for (int way = 0; way < 6; way++) {
            int to = middle[0] + ways[way][0] * step, up = middle[1] + ways[way][1] * step;
            uint16_t tried[3];
            if (to < 0 || up < 0 || to + up > 256)
                continue;
            point_at(triangle, to, up, tried);
            bp_look seen = look_of(tried, s->roots);
            int64_t far = apart(e, &seen, least);
            if (far < least) {
                least = far, second = to, third = up;
                out[0] = tried[0], out[1] = tried[1], out[2] = tried[2];
            }
        }
    }
}

/* The first of the rough places that look nearest. */
static size_t rough_place(const bp_surface *s, const eye *e, int64_t *least)
{
    size_t count = s->count * s->rough, best = 0;
    *least = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        const bp_look *known = s->scratch + i;
        int64_t far = apart(e, known, *least);
        if (far < *least) {
            *least = far;
            best = i;
        }
    }
    return best;
}

void bp_nearest_mixture(const bp_surface *s, const uint16_t *points, size_t n, uint16_t *out)
{
    size_t count = s->count * s->rough;
    for (size_t i = 0; i < count; i++) {
        const uint16_t *local = s->local + 2 * (i % s->rough);
        uint16_t point[3];
        point_at(s->triangles + 9 * (i / s->rough), local[0], local[1], point);
        s->scratch[i] = look_of(point, s->roots);
    }
    for (; n > 0; n--, points += 3, out += 3) {
        eye e = eye_of(look_of(points, s->roots));
        int64_t least;
        size_t chosen = rough_place(s, &e, &least);
        refine(s, &e, chosen, least, out);
    }
}
