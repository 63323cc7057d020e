/* Kernels as plain C99: no Python, no allocation, no floating point that could round. */
#ifndef BITPLANE_KERNELS_H
#define BITPLANE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum {
    BP_CELLS = 40,                                       /* most cells on an axis */
    BP_STARTS = BP_CELLS * BP_CELLS * BP_CELLS + 10 * 10 * 10,
    BP_POOL = 1 << 20,                                   /* a good size for lists, beside 8 * k */
    BP_MARGIN = 3,                                       /* how far a diffusion kernel reaches */
    BP_ROWS = BP_MARGIN + 1,
    BP_WEIGHTS = BP_MARGIN + 7 * BP_MARGIN,
    BP_TONES = 128,
};

/* Memory for lists of nearest entries. */
typedef struct {
    uint32_t *starts; /* BP_STARTS */
    int32_t *pool;
    size_t size; /* of the pool, at least 8 * k; with much more the lists are short */
} bp_scratch;

/* Colors to choose from, k > 0. */
typedef struct {
    const int32_t *shown;   /* 3 * k: linear light, 0..65535 */
    const int32_t *points;  /* 3 * k: the same as `shown`, or integer OKLab */
    const uint16_t *values; /* k: the palette index of each */
    size_t k;
    const uint16_t *roots; /* cube roots of 0..65535 for the OKLab rule, or NULL for the linear one */
} bp_entries;

/* Levels to choose from on one channel, k > 0, ascending, 0..65535. */
typedef struct {
    const int32_t *levels; /* k */
    const int32_t *edges;  /* k - 1, ascending: a value takes the level of as many edges below it */
    const uint16_t *shares; /* k: what each adds to the palette index */
    size_t k;
    int channel; /* 0..2, or -1 for luminance */
} bp_axis;

/* A picture and how its errors are passed on: weights that serve together sum to the divisor at
 * most, none is negative. */
typedef struct {
    const uint16_t *linear; /* 3 * width * height */
    const int32_t *pinned;  /* width * height, negative where free; or NULL */
    uint16_t *out;          /* width * height */
    size_t width, height;
    int32_t divisor, strength; /* 1..65536; 0..256 */
    int serpentine, noisy;
    const int32_t *weights; /* BP_WEIGHTS: three pixels ahead; seven of each of three rows below */
    const int32_t *tones;   /* BP_TONES times ahead, behind below, below, noise (0..100); or NULL */
    int64_t *carry; /* 3 * BP_ROWS * (width + 2 * BP_MARGIN) */
} bp_diffusion;

/* Each of n points (3 values each) gets the place of its nearest of k centers, k > 0: the first of
 * equals. Coordinates lie in -2^24..2^24; -1 is returned for others. */
int bp_nearest(
    const int64_t *points, size_t n, const int64_t *centers, size_t k, int64_t *out,
    bp_scratch scratch
);

/* Each of n colors gets the value of the entry that looks most like it. */
void bp_pick(
    const uint16_t *linear, size_t n, const bp_entries *entries, uint16_t *out, bp_scratch scratch
);

/* Error diffusion as pipeline/dithers/diffusion.py describes it. */
void bp_diffuse_colors(const bp_diffusion *how, const bp_entries *entries, bp_scratch scratch);
void bp_diffuse_axis(const bp_diffusion *how, const bp_axis *axis); /* adds to `out` */

/* A picture for direct binary search; what each array holds is said in kernels/__init__.py. */
typedef struct {
    size_t planes, height, width, count, side, block;
    int64_t tone;
    const int32_t *target, *weight;
    const uint8_t *free;
    const int32_t *colors;
    const uint16_t *candidates;
    const int32_t *blur;
    int32_t *seen;
    int64_t *sums;
    uint16_t *out;
} bp_scene;

void bp_dbs(const bp_scene *scene, size_t sweeps);
#define BP_PLAN_MOST 16

/* Plans of `length` entries (at most 255) for n colors, each out of m of the entries. */
typedef struct {
    const int64_t *colors;  /* n * 3 coordinates */
    const int64_t *entries; /* their coordinates, 3 each */
    const int64_t *near;    /* n * m places of entries, m at most BP_PLAN_MOST */
    size_t n, m;
    int length, strength, growing; /* growing: Yliluoma's rule, else Knoll's */
} bp_plans;

/* Adds to n * m zeros how often each entry stands in each plan. */
void bp_plan(const bp_plans *wanted, uint8_t *out);

/* The way of Riemersma's dither through n pixels. */
typedef struct {
    const uint16_t *pixels; /* one or three values each */
    const int32_t *places;  /* n, in order */
    const int32_t *settled; /* n by place, -1 where free; or NULL */
    size_t n;
    int strength;
} bp_walk;

/* The colors to choose from. */
typedef struct {
    const uint16_t *shown; /* k * 3, linear light */
    const int32_t *points; /* k * 3 of OKLab where that is compared, else NULL */
    const uint16_t *roots; /* 65536: cube roots */
    size_t k;
} bp_inks;

/* Each free pixel gets the place of a level; `edges` are the k - 1 values between levels. */
void bp_riemersma_axis(const bp_walk *walk, const int32_t *levels, const int32_t *edges, size_t k,
                       uint16_t *out);

/* Each free pixel gets the place of an entry. */
void bp_riemersma_colors(const bp_walk *walk, const bp_inks *entries, uint16_t *out);

/* How colors move into the gamut of a panel; pipeline/gamut.py says what each array holds. */
enum { BP_NODES = 25 };

typedef struct {
    const int32_t *normals; /* faces * 3, of a length at which products with a color fit */
    const int32_t *offsets; /* faces, 1 at least */
    size_t faces;
    const uint16_t *places; /* 65536: cell * 512 + 0..256 */
    const int32_t *moves;   /* BP_NODES^3 * 3, within -65535..65535 */
    int64_t fade;           /* 1..2^32 */
} bp_gamut;

void bp_project(const bp_gamut *gamut, const uint16_t *linear, size_t n, uint16_t *out);

/* A surface of triangles in linear light, for pipeline/surface.py. */
enum { BP_FIRST_STEP = 32 };

typedef struct {
    int32_t lightness, a, b, chroma; /* within 2^15 */
} bp_look;

typedef struct {
    const uint16_t *triangles; /* count * 9 */
    size_t count;
    const uint16_t *local; /* rough * 2: first places in each triangle, each pair at most 256 */
    size_t rough;
    const uint16_t *roots; /* 65536: cube roots */
    bp_look *scratch;      /* count * rough */
} bp_surface;

/* For each of n colors the point of the surface that looks nearest. */
void bp_nearest_mixture(const bp_surface *surface, const uint16_t *points, size_t n, uint16_t *out);

/* A text and what of it stands there before; pipeline/codecs/matches.py says what is found. */
enum { BP_PAIRS = 65536 };

typedef struct {
    const uint8_t *data;
    size_t size, window, longest, most; /* most: matches of a place */
    uint16_t *lengths, *distances;      /* size * most, 0 where there are no more */
} bp_text;

/* `scratch` has BP_PAIRS + 2 * size items. */
void bp_matches(const bp_text *text, int32_t *scratch);

/* Prices of what a text can be written in, none of which makes a sum overflow. */
typedef struct {
    const uint32_t *literals;            /* 256 */
    const uint32_t *lengths, *distances; /* to the longest and the farthest */
    const uint16_t *next;                /* which length is tried after each, from the shortest on */
    uint16_t *chosen, *back; /* size: steps of the cheapest way; length 0 is a literal */
} bp_prices;

/* How many steps there are; `costs` has size + 1 items. */
size_t bp_parse(const bp_text *text, const bp_prices *prices, uint32_t *costs);

/* Sequences of LZ4; all arrays have size + 1 items. */
typedef struct {
    uint32_t *runs;    /* literals of the sequence that begins here */
    uint32_t *lengths; /* of the match that begins here */
    uint32_t *rests, *matches, *fars; /* cost from here on: of a sequence, of a match, of many literals */
    uint32_t *far_runs, *wholes, *windows;
} bp_sequences;

/* For a text with one match a place. */
void bp_parse_lz4(const bp_text *text, const bp_sequences *sequences);
/* The search for a short ZX0 stream; names as in pipeline/codecs/zx0_parse.py. */
typedef struct {
    const uint8_t *data; /* count */
    const uint8_t *bits; /* more than count, and more than window / 128 + 1 */
    int32_t *costs;      /* count + 1 */
    int32_t *nodes;      /* 4 * size */
    int32_t *run, *node, *paid, *end, *node_before, *node_start; /* window + 1 each */
    int32_t *cost, *before, *start;                              /* likewise */
    size_t count, window; /* 1..2^26; at least 1 */
    size_t used, size;    /* nodes: count + 1 at first; at least 2 * count + 1 */
} bp_zx0;

void bp_parse_zx0(bp_zx0 *z);

#endif
