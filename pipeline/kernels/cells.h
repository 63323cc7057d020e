/* Cells: boxes of a space of three integers, each with the entries that are nearest to some point
 * of it, in their given order. Lists are made when a cell is first asked for. */
#ifndef BITPLANE_CELLS_H
#define BITPLANE_CELLS_H

#include "kernels.h"

typedef struct {
    int32_t edges[3][BP_CELLS + 1]; /* cell i holds edges[i] .. edges[i + 1] - 1 */
    unsigned cells[3];              /* on each axis, 1..BP_CELLS */
    bp_scratch scratch;
    size_t used;
} bp_cells;

/* A list is its length and then four numbers an entry: its coordinates and its place. */
typedef const int32_t *bp_list;

/* Begin with k entries; edges and cells have been set, the pool holds more than 4 * k numbers. */
void bp_cells_open(bp_cells *cells, const int32_t *points, size_t k);

/* Make the list of a cell. Where the pool is full, a longer list that is right too. */
bp_list bp_cells_make(bp_cells *cells, unsigned x, unsigned y, unsigned z);

static inline bp_list bp_cells_all(const bp_cells *cells)
{
    return cells->scratch.pool;
}

static inline bp_list bp_cells_at(bp_cells *cells, unsigned x, unsigned y, unsigned z)
{
    uint32_t start = cells->scratch.starts[(x * cells->cells[1] + y) * cells->cells[2] + z];
    return start ? cells->scratch.pool + start : bp_cells_make(cells, x, y, z);
}

/* The first entry of the least squared distance; a list is never empty. */
static inline const int32_t *bp_closest(bp_list list, int64_t x, int64_t y, int64_t z, int64_t *apart)
{
    const int32_t *item = list + 1, *best = item, *end = item + 4 * (ptrdiff_t)list[0];
    int64_t least = INT64_MAX;
    for (; item != end; item += 4) {
        int64_t dx = item[0] - x, dy = item[1] - y, dz = item[2] - z;
        int64_t here = dx * dx + dy * dy + dz * dz;
        best = here < least ? item : best;
        least = here < least ? here : least;
    }
    *apart = least;
    return best;
}

#endif
