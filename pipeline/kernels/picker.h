/* Picker: which color a color in linear light takes, by the rules of pipeline/dithers/pick.py. */
#ifndef BITPLANE_PICKER_H
#define BITPLANE_PICKER_H

#include "cells.h"

enum { BP_FEW = 8 };

typedef struct {
    bp_cells cells;
    const bp_entries *entries;
    size_t few;                /* how many entries, if looking at all of them is quickest; else 0 */
    int64_t key[BP_FEW][4];    /* then of each: its squared length, and its coordinates twice */
    uint8_t place[2048]; /* for the linear rule: the cell of every 64 values from -32768 on */
} bp_picker;

void bp_picker_open(bp_picker *picker, const bp_entries *entries, bp_scratch scratch);

/* The place of the entry; each channel lies in -32768..98303. */
size_t bp_picker_pick(bp_picker *picker, const int32_t color[3]);

#endif
