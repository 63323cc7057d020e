/* Error diffusion: the arithmetic of pipeline/dithers/diffusion.py. */
#include "picker.h"

#include <string.h>

enum {
    TAPS = 7 * (BP_ROWS - 1),
    BIAS = 1 << 20, /* keeps what is divided positive */
    STRENGTH = 256, /* full strength */
    RUNGS = 1024,
    TONE = 255, /* tones are 0..TONE; coefficients are the same at both ends */
    PERCENT = 100,
};

/* A pixel below that takes error. */
typedef struct {
    int row;
    ptrdiff_t along;
    int64_t weight;
} tap;

/* The bounds of a channel: of what entries show, and of what a pixel may come to. */
typedef struct {
    int32_t low, high, least, most;
} range;

/* A picture in work. Carries of a pixel's channels lie side by side. */
typedef struct {
    const bp_diffusion *how;
    size_t channels, y;
    int turn;
    int shift; /* the divisor is 1 << shift, or it is -1 */
    uint64_t divisor;
    int64_t bias;
    range range[3];
    size_t taps;
    tap tap[TAPS];
    int64_t *here, *to[TAPS]; /* carries of column 0: its own, and what each tap adds to */
    int64_t owed[BP_MARGIN][3];
} scan;

static range range_of(int32_t low, int32_t high)
{
    int32_t reach = (high - low + 1) / 2;
    range found = {low, high, low - reach, high + reach};
    return found;
}

static inline int32_t clip(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static size_t line(const scan *s)
{
    return (s->how->width + 2 * BP_MARGIN) * s->channels;
}

static void add_tap(scan *s, int row, ptrdiff_t along, int64_t weight)
{
    tap *next = &s->tap[s->taps++];
    next->row = row;
    next->along = along;
    next->weight = weight;
}

static void find_taps(scan *s)
{
    const int32_t *weight = s->how->weights + BP_MARGIN;
    s->taps = 0;
    if (s->how->tones) { /* the tone has their weights */
        add_tap(s, 1, -1, 0);
        add_tap(s, 1, 0, 0);
        return;
    }
    for (int row = 1; row < BP_ROWS; row++)
        for (ptrdiff_t along = -BP_MARGIN; along <= BP_MARGIN; along++, weight++)
            if (*weight)
                add_tap(s, row, along, *weight);
}

static void start(scan *s, const bp_diffusion *how, size_t channels)
{
    s->how = how;
    s->channels = channels;
    s->divisor = (uint64_t)how->divisor * STRENGTH;
    s->bias = (int64_t)(s->divisor * BIAS + s->divisor / 2);
    s->shift = -1;
    for (int i = 0; i < 32; i++)
        if (s->divisor == (uint64_t)1 << i)
            s->shift = i;
    find_taps(s);
    memset(how->carry, 0, BP_ROWS * line(s) * sizeof(int64_t));
}

static int64_t *carries(const scan *s, size_t y)
{
    return s->how->carry + y % BP_ROWS * line(s) + BP_MARGIN * s->channels;
}

static void start_row(scan *s, size_t y)
{
    s->y = y;
    s->turn = s->how->serpentine && y % 2 ? -1 : 1;
    s->here = carries(s, y);
    for (size_t i = 0; i < s->taps; i++) {
        ptrdiff_t along = s->tap[i].along * s->turn * (ptrdiff_t)s->channels;
        s->to[i] = carries(s, y + (size_t)s->tap[i].row) + along;
    }
    memset(s->owed, 0, sizeof s->owed);
}

/* The carries of a row have been used; its memory serves a row further down. */
static void end_row(scan *s)
{
    memset(s->here - BP_MARGIN * s->channels, 0, line(s) * sizeof(int64_t));
}

static inline size_t column(const scan *s, size_t step)
{
    return s->turn > 0 ? step : s->how->width - 1 - step;
}

static inline int is_pinned(const scan *s, size_t pixel)
{
    return s->how->pinned && s->how->pinned[pixel] >= 0;
}

/* A value with what its neighbors owe it. */
static inline int32_t moved(const scan *s, int32_t value, size_t x, size_t channel, const range *in)
{
    int64_t sum = s->here[x * s->channels + channel] + s->owed[0][channel];
    uint64_t whole = (uint64_t)(sum * s->how->strength + s->bias);
    whole = s->shift < 0 ? whole / s->divisor : whole >> s->shift;
    return clip(value + (int32_t)((int64_t)whole - BIAS), in->least, in->most);
}

/* Pass on a pixel's error; `weight` begins with the weights of three pixels ahead, or is a tone. */
static inline void pass(
    scan *s, size_t x, const int32_t *error, const int32_t *weight, size_t channels
)
{
    int64_t second = s->how->tones ? 0 : weight[1], third = s->how->tones ? 0 : weight[2];
    for (size_t c = 0; c < channels; c++) {
        s->owed[0][c] = s->owed[1][c] + (int64_t)weight[0] * error[c];
        s->owed[1][c] = s->owed[2][c] + second * error[c];
        s->owed[2][c] = third * error[c];
    }
    for (size_t i = 0; i < s->taps; i++) {
        int64_t *to = s->to[i] + x * channels, by = s->how->tones ? weight[i + 1] : s->tap[i].weight;
        to[0] += by * error[0];
        if (channels == 3) {
            to[1] += by * error[1];
            to[2] += by * error[2];
        }
    }
}

/* Seven bits that look random, from a pixel's place. */
static inline int32_t noise(size_t x, size_t y)
{
    uint32_t bits = (uint32_t)x * 2654435769u + (uint32_t)y * 2246822519u;
    bits = (bits ^ bits >> 15) * 739982445u;
    bits = (bits ^ bits >> 12) * 695872825u;
    return (int32_t)(bits >> 25);
}

/* Where a value lies between two others, 0..TONE, as the weights and noise of that tone. */
static const int32_t *tone_of(const scan *s, int32_t value, int32_t low, int32_t high)
{
    int32_t wide = high > low ? high - low : 1;
    int32_t tone = (clip(value - low, 0, wide) * TONE + wide / 2) / wide;
    return s->how->tones + 4 * (tone < BP_TONES ? tone : TONE - tone);
}

static inline int32_t luminance(const uint16_t *linear)
{
    uint32_t sum = 13933u * linear[0] + 46871u * linear[1] + 4732u * linear[2];
    return (int32_t)((sum + 32768u) >> 16);
}

/* --- colors whose channels are chosen together --- */

typedef struct {
    scan scan;
    bp_picker picker;
    int32_t dark, light; /* luminance of the darkest and of the lightest entry */
} painter;

static void find_ranges(painter *p, const bp_entries *entries)
{
    int32_t low[3] = {65535, 65535, 65535}, high[3] = {0, 0, 0};
    p->dark = 65535;
    p->light = 0;
    for (size_t i = 0; i < entries->k; i++) {
        uint16_t linear[3];
        for (int c = 0; c < 3; c++) {
            int32_t value = entries->shown[3 * i + (size_t)c];
            low[c] = value < low[c] ? value : low[c];
            high[c] = value > high[c] ? value : high[c];
            linear[c] = (uint16_t)value;
        }
        int32_t lit = luminance(linear);
        p->dark = lit < p->dark ? lit : p->dark;
        p->light = lit > p->light ? lit : p->light;
    }
    for (int c = 0; c < 3; c++)
        p->scan.range[c] = range_of(low[c], high[c]);
}

/* Draw `asked` nearer to or beyond the entry that the color itself would take. */
static void shake(painter *p, size_t x, const int32_t *color, int32_t *asked)
{
    int32_t random = noise(x, p->scan.y);
    const int32_t *own = p->picker.entries->shown + 3 * bp_picker_pick(&p->picker, color);
    for (int c = 0; c < 3; c++) {
        int32_t by = (((color[c] - own[c]) * random + (1 << 24)) >> 8) - (1 << 16);
        asked[c] = clip(asked[c] - by, p->scan.range[c].least, p->scan.range[c].most);
    }
}

static inline void paint(painter *p, size_t x, size_t pixel)
{
    scan *s = &p->scan;
    const bp_entries *entries = p->picker.entries;
    const uint16_t *linear = s->how->linear + 3 * pixel;
    const int32_t *weight = s->how->weights;
    int32_t color[3], asked[3], error[3];
    for (size_t c = 0; c < 3; c++) {
        color[c] = clip(linear[c], s->range[c].low, s->range[c].high);
        asked[c] = error[c] = moved(s, color[c], x, c, &s->range[c]);
    }
    if (s->how->noisy)
        shake(p, x, color, asked);
    size_t place = bp_picker_pick(&p->picker, asked);
    s->how->out[pixel] = entries->values[place];
    for (size_t c = 0; c < 3; c++)
        error[c] -= entries->shown[3 * place + c];
    if (s->how->tones) {
        uint16_t inside[3] = {(uint16_t)color[0], (uint16_t)color[1], (uint16_t)color[2]};
        weight = tone_of(s, luminance(inside), p->dark, p->light);
    }
    pass(s, x, error, weight, 3);
}

static const int32_t NOTHING[4];

void bp_diffuse_colors(const bp_diffusion *how, const bp_entries *entries, bp_scratch scratch)
{
    painter p;
    start(&p.scan, how, 3);
    find_ranges(&p, entries);
    bp_picker_open(&p.picker, entries, scratch);
    for (size_t y = 0; y < how->height; y++) {
        start_row(&p.scan, y);
        for (size_t step = 0; step < how->width; step++) {
            size_t x = column(&p.scan, step), pixel = y * how->width + x;
            if (is_pinned(&p.scan, pixel))
                pass(&p.scan, x, NOTHING, how->weights, 3);
            else
                paint(&p, x, pixel);
        }
        end_row(&p.scan);
    }
}

/* --- one channel of its own --- */

/* Ascending values, and how many of them lie below each of many marks of equal distance. */
typedef struct {
    const int32_t *values;
    size_t count;
    int32_t low;
    int shift;
    uint16_t first[RUNGS + 1];
} ladder;

typedef struct {
    scan scan;
    const bp_axis *axis;
    ladder edges, levels;
} grader;

static void set_ladder(ladder *l, const int32_t *values, size_t count, range in)
{
    size_t place = 0;
    l->values = values;
    l->count = count;
    l->low = in.low;
    l->shift = 0;
    while ((in.high + 1 - in.low) >> l->shift >= RUNGS)
        l->shift++;
    for (int32_t i = 0; i <= RUNGS; i++) {
        while (place < count && values[place] < in.low + ((int64_t)i << l->shift))
            place++;
        l->first[i] = (uint16_t)place;
    }
}

/* How many values lie below one that is at least `low` and at most one beyond `high`. */
static inline size_t below(const ladder *l, int32_t value)
{
    size_t place = l->first[(value - l->low) >> l->shift];
    while (place < l->count && l->values[place] < value)
        place++;
    return place;
}

static inline void grade(grader *g, size_t x, size_t pixel)
{
    scan *s = &g->scan;
    const bp_axis *axis = g->axis;
    const uint16_t *linear = s->how->linear + 3 * pixel;
    const int32_t *weight = s->how->weights;
    const range *in = &s->range[0];
    int32_t value = axis->channel < 0 ? luminance(linear) : linear[axis->channel];
    value = clip(value, in->low, in->high);
    int32_t error = moved(s, value, x, 0, in), asked = error;
    if (s->how->tones) {
        size_t under = below(&g->levels, value + 1) - 1;
        under -= under > 0 && under + 1 == axis->k;
        int32_t dark = axis->levels[under], light = axis->levels[under + (axis->k > 1)];
        weight = tone_of(s, value, dark, light);
        if (s->how->noisy)
            asked -= (light - dark) * (noise(x, s->y) * weight[3]) / (TONE * PERCENT);
    }
    size_t place = below(&g->edges, clip(asked, in->low, in->high));
    s->how->out[pixel] = (uint16_t)(s->how->out[pixel] + axis->shares[place]);
    error -= axis->levels[place];
    pass(s, x, &error, weight, 1);
}

void bp_diffuse_axis(const bp_diffusion *how, const bp_axis *axis)
{
    grader g;
    start(&g.scan, how, 1);
    g.axis = axis;
    g.scan.range[0] = range_of(axis->levels[0], axis->levels[axis->k - 1]);
    set_ladder(&g.edges, axis->edges, axis->k - 1, g.scan.range[0]);
    set_ladder(&g.levels, axis->levels, axis->k, g.scan.range[0]);
    for (size_t y = 0; y < how->height; y++) {
        start_row(&g.scan, y);
        for (size_t step = 0; step < how->width; step++) {
            size_t x = column(&g.scan, step), pixel = y * how->width + x;
            if (is_pinned(&g.scan, pixel))
                pass(&g.scan, x, NOTHING, how->weights, 1);
            else
                grade(&g, x, pixel);
        }
        end_row(&g.scan);
    }
}
