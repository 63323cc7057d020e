/* Cells: which entries can be the nearest one somewhere in a box. */
#include "cells.h"

#include <string.h>

enum { WIDE = 4 }; /* cells of an axis that share a wide cell, from whose list theirs is made */

typedef struct {
    int64_t low[3], high[3];
} box;

static unsigned wide_cells(unsigned cells)
{
    return (cells + WIDE - 1) / WIDE;
}

void bp_cells_open(bp_cells *cells, const int32_t *points, size_t k)
{
    int32_t *item = cells->scratch.pool;
    *item++ = (int32_t)k;
    for (size_t i = 0; i < k; i++) {
        for (int axis = 0; axis < 3; axis++)
            *item++ = points[3 * i + (size_t)axis];
        *item++ = (int32_t)i;
    }
    cells->used = 4 * k + 1;
    memset(cells->scratch.starts, 0, BP_STARTS * sizeof(uint32_t));
}

static box box_of(const bp_cells *cells, const unsigned place[3], unsigned size)
{
    box found;
    for (int axis = 0; axis < 3; axis++) {
        unsigned first = place[axis] * size, last = first + size;
        last = last > cells->cells[axis] ? cells->cells[axis] : last;
        found.low[axis] = cells->edges[axis][first];
        found.high[axis] = (int64_t)cells->edges[axis][last] - 1;
    }
    return found;
}

/* The entry nearest to the middle of a box. */
static const int32_t *central(bp_list from, const box *in)
{
    const int32_t *item = from + 1, *best = item, *end = item + 4 * (ptrdiff_t)from[0];
    int64_t least = INT64_MAX;
    for (; item != end; item += 4) {
        int64_t apart = 0;
        for (int axis = 0; axis < 3; axis++) {
            int64_t twice = 2 * (int64_t)item[axis] - in->low[axis] - in->high[axis];
            apart += twice * twice;
        }
        best = apart < least ? item : best;
        least = apart < least ? apart : least;
    }
    return best;
}

/* Whether `other` is as near as `one` somewhere in a box. The difference of squared distances is
 * linear in the point, so its greatest value is found on each axis alone. */
static int matters(const int32_t *other, const int32_t *one, const box *in)
{
    int64_t most = 0;
    for (int axis = 0; axis < 3; axis++) {
        int64_t step = (int64_t)one[axis] - other[axis], sum = (int64_t)one[axis] + other[axis];
        most += step * (sum - 2 * (step > 0 ? in->low[axis] : in->high[axis]));
    }
    return most >= 0;
}

static bp_list narrow(bp_cells *cells, bp_list from, const box *in, uint32_t *start)
{
    const int32_t *end = from + 1 + 4 * (ptrdiff_t)from[0], *one = central(from, in);
    if (cells->scratch.size - cells->used < 1 + 4 * (size_t)from[0])
        return from;
    int32_t *list = cells->scratch.pool + cells->used, *out = list + 1;
    for (const int32_t *item = from + 1; item != end; item += 4) {
        memcpy(out, item, 4 * sizeof(int32_t));
        out += matters(item, one, in) ? 4 : 0;
    }
    *list = (int32_t)((out - list) / 4);
    *start = (uint32_t)cells->used;
    cells->used += (size_t)(out - list);
    return list;
}

bp_list bp_cells_make(bp_cells *cells, unsigned x, unsigned y, unsigned z)
{
    const unsigned *count = cells->cells;
    unsigned place[3] = {x, y, z}, wide[3] = {x / WIDE, y / WIDE, z / WIDE};
    uint32_t *starts = cells->scratch.starts, *shared = starts + BP_CELLS * BP_CELLS * BP_CELLS;
    shared += (wide[0] * wide_cells(count[1]) + wide[1]) * wide_cells(count[2]) + wide[2];
    bp_list parent = cells->scratch.pool + *shared;
    if (*shared == 0) {
        box all = box_of(cells, wide, WIDE);
        parent = narrow(cells, bp_cells_all(cells), &all, shared);
    }
    box own = box_of(cells, place, 1);
    return narrow(cells, parent, &own, starts + (x * count[1] + y) * count[2] + z);
}
