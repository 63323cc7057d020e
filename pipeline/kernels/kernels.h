/* Kernels as plain C99: no Python, no allocation, no floating point that could round. */
#ifndef BITPLANE_KERNELS_H
#define BITPLANE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Each of n points (3 values each) gets the place of its nearest of k centers, k > 0. */
void bp_nearest(const int64_t *points, size_t n, const int64_t *centers, size_t k, int64_t *out);

#endif
