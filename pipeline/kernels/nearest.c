/* Nearest entry: the least squared distance, the first of equals. */
#include "cells.h"

enum { LIMIT = 1 << 24, FEW = 12, SPLIT = 32 };

/* Cells between the least and the greatest coordinate, at most SPLIT on an axis; -1 if too far. */
static int enclose(bp_cells *cells, int32_t low[3], int shift[3], const int64_t *points, size_t n)
{
    for (int axis = 0; axis < 3; axis++) {
        int64_t least = LIMIT + 1, most = -LIMIT - 1;
        for (size_t i = 0; i < n; i++) {
            int64_t value = points[3 * i + (size_t)axis];
            least = value < least ? value : least;
            most = value > most ? value : most;
        }
        if (n > 0 && (least < -LIMIT || most > LIMIT))
            return -1;
        if (n == 0)
            least = most = 0;
        low[axis] = (int32_t)least;
        shift[axis] = 0;
        while ((most - least) >> shift[axis] >= SPLIT)
            shift[axis]++;
        cells->cells[axis] = (unsigned)((most - least) >> shift[axis]) + 1;
        for (unsigned i = 0; i <= cells->cells[axis]; i++)
            cells->edges[axis][i] = (int32_t)(least + ((int64_t)i << shift[axis]));
    }
    return 0;
}

/* The entries themselves, before any list is made of them; -1 if one is too far. */
static int narrowed(const int64_t *centers, size_t k, int32_t *out)
{
    for (size_t i = 0; i < 3 * k; i++) {
        if (centers[i] < -LIMIT || centers[i] > LIMIT)
            return -1;
        out[i] = (int32_t)centers[i];
    }
    return 0;
}

int bp_nearest(
    const int64_t *points, size_t n, const int64_t *centers, size_t k, int64_t *out,
    bp_scratch scratch
)
{
    bp_cells cells;
    int32_t low[3];
    int shift[3];
    int64_t apart;
    /* bp_cells_open reads them front to back and writes the longer list: leave it room. */
    int32_t *copy = scratch.pool + scratch.size - 3 * k;
    if (narrowed(centers, k, copy) < 0 || enclose(&cells, low, shift, points, n) < 0)
        return -1;
    cells.scratch = scratch;
    bp_cells_open(&cells, copy, k);
    for (size_t i = 0; i < n; i++) {
        const int64_t *p = points + 3 * i;
        bp_list list = bp_cells_all(&cells);
        if (k > FEW)
            list = bp_cells_at(
                &cells, (unsigned)((p[0] - low[0]) >> shift[0]),
                (unsigned)((p[1] - low[1]) >> shift[1]), (unsigned)((p[2] - low[2]) >> shift[2])
            );
        out[i] = bp_closest(list, p[0], p[1], p[2], &apart)[3];
    }
    return 0;
}
