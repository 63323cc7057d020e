/* Kernels that learn palettes; no Python, no allocation, no floating point. */
#ifndef BITPLANE_LEARN_H
#define BITPLANE_LEARN_H

#include <stddef.h>
#include <stdint.h>

/* n pixels of linear light (3 values each); those with alpha below the threshold do not count. */
typedef struct {
    const uint16_t *linear;
    const uint8_t *alpha;
    const uint8_t *mask; /* how much each matters, or NULL */
    const uint8_t *srgb; /* 65536 values */
    size_t n;
    int threshold;
} bp_pixels;

/* n colors as keys 0xRRGGBB, weights, and features times weights (3 values each). */
typedef struct {
    const uint32_t *keys;
    const int64_t *weights;
    const int64_t *sums;
    size_t n;
} bp_colors;

/* Different colors, ascending, and their weights; gives how many. All buffers hold n values. */
size_t bp_count(const bp_pixels *in, uint32_t *keys, uint32_t *scratch, int64_t *weights);

/* Scaled OKLab of colors; `linear` has 256 values, `root` 65536. */
void bp_features(const uint32_t *keys, size_t n, const uint16_t *linear, const uint16_t *root,
                 int32_t *out);

/* Each color's place among the cells of equal top bits that occur; gives how many do.
   `table` holds 1 << 3 * bits values. */
size_t bp_number(const uint32_t *keys, size_t n, int bits, int32_t *table, int32_t *places);

/* Adds each color to the seven totals of its cell: weight, features, sRGB. */
void bp_gather(const bp_colors *in, const int32_t *places, int64_t *totals);

/* n cells: points in quarter steps (3 values each), weights, sums of features (3 values each). */
typedef struct {
    const int32_t *points;
    const int64_t *weights;
    const int64_t *sums;
    size_t n;
} bp_group;

/* Rounds over all centers, then swaps with some steps each, then rounds again. */
typedef struct {
    size_t rounds, trials, steps, finish;
} bp_plan;

/* Bytes of scratch that bp_start and bp_refine need. */
size_t bp_room(size_t n, size_t k);

/* First centers, at most k, and each cell's; gives how many. n and k are above 0. */
size_t bp_start(const bp_group *in, int32_t *centers, size_t k, int32_t *labels, void *scratch);

/* Moves the first `open` of k centers; `labels` are any places in, the nearest ones out. */
void bp_refine(const bp_group *in, int32_t *centers, size_t k, size_t open, int32_t *labels,
               const bp_plan *plan, void *scratch);

#endif
