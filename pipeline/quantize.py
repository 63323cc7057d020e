"""Quantize: learn a palette on the panel's color grid from pictures.

The way is histogram -> cells -> variance-split start -> Lloyd -> Lloyd on the grid.
scikit-learn's KMeans finds the nearest center of each cell. Features are integers and centers
lie on a grid of 1/64, so each product and sum it makes is exact in float64 (below 2^53): the
labels do not depend on the processor, its BLAS or the number of threads. All else is int64.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.grid import RGB, Grid, expand, word
from pipeline.histogram import (
    METRICS,
    Cells,
    Histogram,
    cells,
    features,
    histogram,
    keys,
    mean,
    merge,
    on_grid,
    split,
    without,
)
from pipeline.image import Image
from pipeline.palette import Palette, grid_colors, grid_words

FRACTION = 64
"""Centers are multiples of 1/64 of a feature unit."""

LLOYD_ROUNDS = 15
"""Rounds on the cells; as many again gain at most 0.4 % of the squared error."""

GRID_ROUNDS = 2
"""Rounds on the grid; a third gains less than 0.1 %."""

COARSE_COLORS = 64
"""Up to so many entries are learned from cells of 5 bits a channel, more from 6 bits."""

MAX_WORK = 1 << 25
"""Colors times entries above which the rounds on the grid use cells in place of colors."""

Assign = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.intp]]
"""From points (n, 3) and centers (k, 3) in 1/`FRACTION` to each point's nearest center (n,)."""


class LearnOptions(NamedTuple):
    """What a manifest can set for a learned palette.

    Attributes:
        colors: Entries in all, 1..256, with the pinned ones and the transparent one.
        metric: `perceptual` (scaled OKLab) or `mse` (sRGB).
        fixed: (index, sRGB color) of each pinned entry; the color is snapped to the grid.
        transparent: Index reserved for pixels that are not drawn, or None.
    """

    colors: int
    metric: str = "perceptual"
    fixed: tuple[tuple[int, RGB], ...] = ()
    transparent: int | None = None


def learn(
    images: Sequence[Image], grid: Grid, options: LearnOptions, alpha_threshold: int = 128
) -> Palette:
    """Learn one palette for all pictures, each of which weighs the same.

    The learned colors go to the free indices from the lowest up, dark to light (by OKLab L,
    then a, then b). Pictures with no more colors on the grid than there is room for get just
    those, without scikit-learn, and the palette ends at its last needed entry. Indices that
    then stay free below a pinned one repeat the lightest learned color.

    Args:
        images: The pictures, at least one. Their order does not matter.
        grid: The colors that the panel can show; every entry is one of them.
        options: Size, metric, pinned and transparent entries.
        alpha_threshold: Pixels with alpha below this do not count (0..255).

    Returns:
        The palette, `learned`, with at most `options.colors` entries. No learned color equals
        a pinned one or another learned one. The transparent entry is
        black, or another color where black is drawn.

    Raises:
        ValueError: The options contradict each other, or there is no picture.
    """
    _check(options)
    if not images:
        raise ValueError("no picture to learn a palette from: name at least one")
    pinned = {index: word(grid, color) for index, color in options.fixed}
    room = options.colors - len(pinned) - (options.transparent is not None)
    pixels = histogram(images, alpha_threshold, gray=grid.gray)
    fixed = grid_colors(grid, np.array(list(pinned.values()), np.uint32))
    found = without(on_grid(pixels, grid), fixed)
    if room == 0 or len(found.weights) <= room:
        learned = found.colors[:room]
    else:
        task = _Task(grid, options.metric, found, fixed, _assigner())
        learned = _fit(pixels, room, task)
    return _arrange(grid_words(grid, _dark_to_light(learned)), pinned, grid, options)


def _check(options: LearnOptions) -> None:
    if not 1 <= options.colors <= 256:
        raise ValueError(f"colors is {options.colors}: a learned palette has 1 to 256 entries")
    if options.metric not in METRICS:
        raise ValueError(f"unknown metric `{options.metric}`: use {' or '.join(METRICS)}")
    taken = [index for index, _ in options.fixed]
    if options.transparent is not None:
        taken.append(options.transparent)
    if options.colors == 1 and options.transparent is not None:
        raise ValueError("the only entry is transparent: give the palette at least 2 colors")
    for index in taken:
        if not 0 <= index < options.colors:
            raise ValueError(f"index {index} is outside the palette's 0..{options.colors - 1}")
        if taken.count(index) > 1:
            raise ValueError(f"index {index} is fixed twice: give each entry an index of its own")


class _Task(NamedTuple):
    """What stays the same while the free entries move.

    Attributes:
        grid: The colors that entries may have.
        metric: The space in which error is measured.
        found: The pictures' colors on the grid, without the pinned ones.
        pinned: uint8 (p, 3) colors of entries that never move.
        assign: Finds nearest centers.
    """

    grid: Grid
    metric: str
    found: Histogram
    pinned: NDArray[np.uint8]
    assign: Assign

    def centers(self, colors: NDArray[np.uint8]) -> NDArray[np.int64]:
        """int64 (k, 3): colors as centers, in 1/`FRACTION`."""
        return features(colors, self.metric) * FRACTION

    def labels(self, points: NDArray[np.int64], centers: NDArray[np.int64]) -> NDArray[np.intp]:
        """Each point's nearest center; the pinned ones follow the given ones."""
        return self.assign(points, np.concatenate([centers, self.centers(self.pinned)]))


def _fit(pixels: Histogram, count: int, task: _Task) -> NDArray[np.uint8]:
    """`count` different grid colors, none pinned, for pixels with more grid colors than that."""
    exact = cells(pixels, task.metric)
    coarse = merge(exact, 5 if count <= COARSE_COLORS else 6)
    ends = [lloyd(coarse, first, task) for first in _starts(coarse, count, task)]
    centers = min(ends, key=lambda end: _error(coarse, end, task)) if len(ends) > 1 else ends[0]
    return settle(_affordable(exact, count + len(task.pinned)), centers, task)


def _affordable(exact: Cells, entries: int) -> Cells:
    """The finest cells that the rounds on the grid can use within `MAX_WORK`."""
    if len(exact.weights) * entries <= MAX_WORK:
        return exact
    finer = merge(exact, 7)
    return finer if len(finer.weights) * entries <= MAX_WORK else merge(exact, 6)


def _assigner() -> Assign:
    """The nearest-center search of scikit-learn, on one thread.

    `predict` needs a fitted KMeans; it is fitted to a placeholder and then given centers.
    One thread, because pictures are built in parallel: a second one gained a tenth on an idle
    machine, and waiting for each other made four builds on two processors twice as slow.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="openmp"):
        model: Any = KMeans(1, init=np.zeros((1, 3)), n_init=1).fit(np.zeros((1, 3)))

    def assign(points: NDArray[np.int64], centers: NDArray[np.int64]) -> NDArray[np.intp]:
        model.cluster_centers_ = centers / FRACTION
        return np.asarray(model.predict(points.astype(np.float64)), np.intp)

    return assign


def _starts(group: Cells, count: int, task: _Task) -> list[NDArray[np.int64]]:
    """Ways to begin: as if nothing were pinned, and without the centers that pins make needless.

    Which one ends better depends on the picture; it can be a tenth of the error.
    """
    plain = start(group, count)
    return [plain, _spared(group, count, task)] if len(task.pinned) else [plain]


def start(group: Cells, count: int) -> NDArray[np.int64]:
    """First centers: the means of the boxes that `split` makes.

    Returns:
        int64 (count, 3) in 1/`FRACTION`; the last repeats when there are too few boxes.
    """
    labels = split(group, count)
    boxes = int(labels.max()) + 1
    centers, _ = _means(group, labels, np.zeros((boxes, 3), np.int64))
    return centers[np.minimum(np.arange(count), boxes - 1)]


def _spared(group: Cells, count: int, task: _Task) -> NDArray[np.int64]:
    """First centers for all entries, less the one nearest to each pinned color in turn."""
    centers = start(group, count + len(task.pinned))
    for pin in task.centers(task.pinned):
        centers = np.delete(centers, _squared(centers - pin).argmin(), axis=0)
    return centers


def _error(group: Cells, centers: NDArray[np.int64], task: _Task) -> int:
    every = np.concatenate([centers, task.centers(task.pinned)]) // FRACTION
    labels = task.labels(group.points, centers)
    return int((group.weights * _squared(group.points - every[labels])).sum())


def _means(
    group: Cells, labels: NDArray[np.intp], old: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The mean of each center's cells, and their weight; a center without cells stays."""
    weights, sums = _totals(labels, group.weights, group.sums, len(old))
    centers = mean(sums * FRACTION, np.maximum(weights, 1))
    return np.where(weights[:, None] > 0, centers, old), weights


def _totals(
    labels: NDArray[np.intp], weights: NDArray[np.int64], sums: NDArray[np.int64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Weights (count,) and sums (count, 3) by label; a label of `count` or more is left out.

    `bincount` adds floats, but integers below 2^53, so the totals are exact.
    """
    columns = [np.bincount(labels, part, count)[:count] for part in (weights, *sums.T)]
    exact = np.stack(columns, axis=1).astype(np.int64)
    return exact[:, 0], exact[:, 1:]


def lloyd(group: Cells, centers: NDArray[np.int64], task: _Task) -> NDArray[np.int64]:
    """Move each center to the mean of its cells, until nothing changes or for `LLOYD_ROUNDS`.

    Args:
        group: The cells.
        centers: int64 (k, 3) in 1/`FRACTION`.
        task: Pinned entries and the search for the nearest center.

    Returns:
        int64 (k, 3): the moved centers. One without cells stays where it is.
    """
    before = np.empty(0, np.intp)
    for _ in range(LLOYD_ROUNDS):
        labels = task.labels(group.points, centers)
        if np.array_equal(labels, before):
            break
        before = labels
        centers, _ = _means(group, labels, centers)
    return centers


def settle(group: Cells, centers: NDArray[np.int64], task: _Task) -> NDArray[np.uint8]:
    """Lloyd's rounds in which every center is snapped to the grid, all to different colors.

    Args:
        group: The cells, fine ones.
        centers: int64 (k, 3) in 1/`FRACTION`, with k below the number of `task.found`.
        task: Grid, pinned entries and the search for the nearest center.

    Returns:
        uint8 (k, 3) sRGB: different grid colors, none of them pinned.
    """
    colors = np.empty((0, 3), np.uint8)
    for _ in range(GRID_ROUNDS):
        labels = task.labels(group.points, centers)
        means, weights = _means(group, labels, centers)
        snapped = nearest_on_grid(means, _tones(group, labels, len(centers)), task)
        before, colors = colors, _refill(snapped, weights == 0, task)
        if np.array_equal(colors, before):
            break
        centers = task.centers(colors)
    return colors


def _tones(group: Cells, labels: NDArray[np.intp], count: int) -> NDArray[np.uint8]:
    """uint8 (count, 3): the mean sRGB of each center's cells, black without cells."""
    weights, sums = _totals(labels, group.weights, group.colors * group.weights[:, None], count)
    return mean(sums, np.maximum(weights, 1)).astype(np.uint8)


def nearest_on_grid(
    centers: NDArray[np.int64], guess: NDArray[np.uint8], task: _Task
) -> NDArray[np.uint8]:
    """The grid color at the least distance from each center.

    A walk over neighboring levels, downhill from a guess that is near.

    Args:
        centers: int64 (k, 3) in 1/`FRACTION`.
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
    best = np.ones(1, np.intp)
    while best.any():
        near = np.clip(levels[:, None] + steps, 0, tops)
        gap = task.centers(_seen(ladders, near)) - centers[:, None]
        best = _squared(gap).argmin(axis=1)
        levels = near[np.arange(len(near)), best]
    return _seen(ladders, levels)


def _ladders(grid: Grid) -> list[NDArray[np.uint8]]:
    """What each level of each channel shows; one channel for gray."""
    bits = [field.bits for field in (grid.red, grid.green, grid.blue)]
    return [
        np.array([expand(level, n) for level in range(1 << n)], np.uint8)
        for n in (bits[:1] if grid.gray else bits)
    ]


def _seen(ladders: list[NDArray[np.uint8]], levels: NDArray[np.intp]) -> NDArray[np.uint8]:
    """uint8 (..., 3) sRGB of levels (..., 1 or 3)."""
    shown = [ladder[levels[..., axis]] for axis, ladder in enumerate(ladders)]
    return np.stack(shown if len(shown) == 3 else shown * 3, axis=-1)


def _refill(colors: NDArray[np.uint8], unused: NDArray[np.bool_], task: _Task) -> NDArray[np.uint8]:
    """Replace unused, double and pinned colors by the found ones whose error weighs most."""
    packed = keys(colors)
    vacant = unused | np.isin(packed, keys(task.pinned))
    vacant |= ~np.isin(np.arange(len(packed)), np.unique(packed, return_index=True)[1])
    if not vacant.any():
        return colors
    out = colors.copy()
    out[vacant] = _worst(colors[~vacant], int(vacant.sum()), task)
    return out


def _worst(kept: NDArray[np.uint8], count: int, task: _Task) -> NDArray[np.uint8]:
    """`count` found colors outside the palette, each the worst served when it is chosen."""
    colors, weights = task.found
    points = features(colors, task.metric)
    palette = features(np.concatenate([kept, task.pinned]), task.metric)
    labels = task.assign(points, palette * FRACTION)
    error = weights * _squared(points - palette[labels])
    error[np.isin(keys(colors), keys(kept))] = -1
    chosen = np.empty(count, np.intp)
    for slot in range(count):
        chosen[slot] = worst = int(error.argmax())
        np.minimum(error, weights * _squared(points - points[worst]), out=error)
        error[worst] = -1
    return colors[chosen]


def _squared(gap: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray((gap * gap).sum(axis=-1), np.int64)


def _dark_to_light(colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    lightness, a, b = features(colors, "perceptual").T
    return colors[np.lexsort((keys(colors), b, a, lightness))]


def _arrange(
    learned: NDArray[np.uint32], pinned: dict[int, int], grid: Grid, options: LearnOptions
) -> Palette:
    """The palette with every word at its index."""
    taken = dict(pinned)
    if options.transparent is not None:
        drawn_words = {*pinned.values(), *learned.tolist()}
        taken[options.transparent] = _unused_word(grid, drawn_words)
    free = [index for index in range(options.colors) if index not in taken]
    placed = dict(zip(free, learned.tolist(), strict=False))
    drawn = free[:1] if not pinned else []  # a palette can always draw something
    filler = int(learned[-1]) if len(learned) else _spare_gray(grid, set(pinned.values()))
    length = max([*taken, *placed, *drawn]) + 1
    words = np.array([{**placed, **taken}.get(i, filler) for i in range(length)], np.uint32)
    seen = grid_colors(grid, words)
    return Palette(seen, seen, words, options.transparent, learned=True)


def _unused_word(grid: Grid, drawn: set[int]) -> int:
    """A word for what is not drawn: black, else magenta, else the first that is free.

    Where pixels hold words, a driver tells the transparent ones by this word alone.
    """
    usual = (word(grid, (0, 0, 0)), word(grid, (255, 0, 255)))
    every = (grid.fixed | number for number in range(grid.size))
    return next((code for code in (*usual, *every) if code not in drawn), usual[0])


def _spare_gray(grid: Grid, pinned: set[int]) -> int:
    """The darkest gray that is not pinned, so that no pinned color has a double; or black."""
    grays = (word(grid, (level, level, level)) for level in range(256))
    return next((gray for gray in grays if gray not in pinned), word(grid, (0, 0, 0)))
