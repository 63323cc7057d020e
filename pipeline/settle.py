"""Settle: centers become different colors of the panel's grid, none of them pinned."""

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.cells import STEPS, Cells, features, gather, mean
from pipeline.grid import Grid, expand
from pipeline.histogram import Histogram, colors_of, keys_of
from pipeline.kmeans import Ints, squared
from pipeline.search import Engine, Plan, refine

GRID_ROUNDS = 2
"""Rounds on the grid; a third gains less than 0.1 %."""

Srgb = NDArray[np.uint8]


class Task(NamedTuple):
    """What stays the same while the free entries move.

    Attributes:
        grid: The colors that entries may have.
        metric: The space in which error is measured.
        found: The pictures' colors on the grid, without the pinned ones.
        pinned: uint8 (p, 3) colors of entries that never move.
        who: Finds nearest centers.
    """

    grid: Grid
    metric: str
    found: Histogram
    pinned: Srgb
    who: Engine

    def centers(self, colors: Srgb) -> Ints:
        """int32 (..., 3): colors as centers."""
        return (features(colors, self.metric) * STEPS).astype(np.int32)


def settle(group: Cells, centers: Ints, labels: Ints, task: Task) -> Srgb:
    """Lloyd's rounds in which every center is snapped to the grid, all to different colors.

    Args:
        group: The cells, fine ones.
        centers: int32 (k, 3), with k below the number of `task.found`.
        labels: int32 (n,): a center of each cell, a near one at best.
        task: Grid, pinned entries and the search for the nearest center.

    Returns:
        uint8 (k, 3) sRGB: different grid colors, none of them pinned.
    """
    colors, pinned = np.empty((0, 3), np.uint8), task.centers(task.pinned)
    for _ in range(GRID_ROUNDS):
        _, labels = refine(group, centers, labels, Plan(), task.who, pinned)
        means, tones, used = _means(group, labels, centers, len(pinned))
        snapped = nearest_on_grid(means, tones, task)
        before, colors = colors, _refill(snapped, ~used, task)
        if np.array_equal(colors, before):
            break
        centers = task.centers(colors)
    return colors


def _means(
    group: Cells, labels: Ints, old: Ints, pinned: int
) -> tuple[Ints, Srgb, NDArray[np.bool_]]:
    """The mean of each center's cells, their mean sRGB, and whether it has any; if not it stays."""
    totals = np.zeros((len(old) + pinned, 7), np.int64)
    gather(group, labels, totals)
    used = totals[: len(old), 0] > 0
    weights = np.maximum(totals[: len(old), 0], 1)
    centers = mean(totals[: len(old), 1:4] * STEPS, weights)
    tones = mean(totals[: len(old), 4:], weights)
    return np.where(used[:, None], centers, old).astype(np.int32), tones.astype(np.uint8), used


def nearest_on_grid(centers: Ints, guess: Srgb, task: Task) -> Srgb:
    """The grid color at the least distance from each center.

    A walk over neighboring levels, downhill from a guess that is near.

    Args:
        centers: int32 (k, 3).
        guess: uint8 (k, 3) sRGB.
        task: Grid and metric.

    Returns:
        uint8 (k, 3) sRGB colors of the grid.
    """
    ladders = _ladders(task.grid)
    tops = np.array([len(ladder) - 1 for ladder in ladders])
    found = [np.searchsorted(ladder, guess[:, axis]) for axis, ladder in enumerate(ladders)]
    levels = np.minimum(np.stack(found, axis=1), tops)
    steps = np.array(list(product((0, -1, 1), repeat=len(ladders))))
    left = np.arange(len(levels))
    while len(left):
        near = np.clip(levels[left, None] + steps, 0, tops)
        best = squared(task.centers(_seen(ladders, near)) - centers[left, None]).argmin(axis=1)
        levels[left] = near[np.arange(len(left)), best]
        left = left[best > 0]
    return _seen(ladders, levels)


def _ladders(grid: Grid) -> list[Srgb]:
    """What each level of each channel shows; one channel for gray."""
    bits = [field.bits for field in (grid.red, grid.green, grid.blue)]
    return [
        np.array([expand(level, n) for level in range(1 << n)], np.uint8)
        for n in (bits[:1] if grid.gray else bits)
    ]


def _seen(ladders: list[Srgb], levels: NDArray[np.intp]) -> Srgb:
    """uint8 (..., 3) sRGB of levels (..., 1 or 3)."""
    shown = [ladder[levels[..., axis]] for axis, ladder in enumerate(ladders)]
    return np.stack(shown if len(shown) == 3 else shown * 3, axis=-1)


def _refill(colors: Srgb, unused: NDArray[np.bool_], task: Task) -> Srgb:
    """Replace unused, double and pinned colors by the found ones whose error weighs most."""
    packed = keys_of(colors)
    vacant = unused | np.isin(packed, keys_of(task.pinned))
    vacant |= ~np.isin(np.arange(len(packed)), np.unique(packed, return_index=True)[1])
    if not vacant.any():
        return colors
    out = colors.copy()
    out[vacant] = _worst(colors[~vacant], int(vacant.sum()), task)
    return out


def _worst(kept: Srgb, count: int, task: Task) -> Srgb:
    """`count` found colors outside the palette, each the worst served when it is chosen."""
    keys, weights = task.found
    points = task.centers(colors_of(keys))
    error = weights * _far(points, task.centers(np.concatenate([kept, task.pinned])), task)
    error[np.isin(keys, keys_of(kept))] = -1
    chosen = np.empty(count, np.intp)
    for slot in range(count):
        chosen[slot] = worst = int(error.argmax())
        np.minimum(error, weights * squared(points - points[worst]), out=error)
        error[worst] = -1
    return colors_of(keys[chosen])


def _far(points: Ints, centers: Ints, task: Task) -> NDArray[np.int64]:
    """int64 (n,): the squared distance of each point to the nearest center; all alike without."""
    if len(centers) == 0:
        return np.ones(len(points), np.int64)
    labels = np.zeros(len(points), np.int32)
    every = np.ones(len(centers), bool)
    if task.who.native is None:
        labels = task.who.assign(points, centers, labels, every)
    else:
        ones = np.ones(len(points), np.int64)
        bare = Cells(task.found.keys, points, ones, np.zeros(points.shape, np.int64))
        _, labels = refine(bare, centers, labels, Plan(), task.who)
    return squared(points - centers[labels])
