"""Histogram: the different colors of pictures, their weights, and cells of near colors."""

import heapq
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.color import luminance, oklab, to_linear, to_srgb
from pipeline.grid import Grid
from pipeline.image import Image
from pipeline.palette import grid_colors, grid_words

TOTAL_WEIGHT = 1 << 30
"""What all pictures weigh together. Times a squared feature distance it still fits int64."""

METRICS = ("perceptual", "mse")
"""The names of the spaces in which color error can be measured."""

_BAND = 1 << 20  # pixels that are sorted at a time; bounds the memory that a large picture takes


class Histogram(NamedTuple):
    """Different colors and their weights.

    Attributes:
        colors: uint8 (n, 3) sRGB, no two the same.
        weights: int64 (n,), each at least 1.
    """

    colors: NDArray[np.uint8]
    weights: NDArray[np.int64]


class Cells(NamedTuple):
    """Groups of near colors, each with the exact sums of its members.

    Attributes:
        points: int64 (n, 3): the mean of the members' features, rounded.
        colors: uint8 (n, 3): the mean of the members' sRGB values, rounded.
        weights: int64 (n,): the members' weight.
        sums: int64 (n, 3): the members' features times their weights.
    """

    points: NDArray[np.int64]
    colors: NDArray[np.uint8]
    weights: NDArray[np.int64]
    sums: NDArray[np.int64]


def features(srgb: NDArray[np.uint8], metric: str) -> NDArray[np.int64]:
    """Integer coordinates in which squared distance is the error that a metric counts.

    Args:
        srgb: uint8 (..., 3) colors.
        metric: `perceptual` for OKLab with widened chroma, `mse` for sRGB times 16.

    Returns:
        int64 (..., 3), each within -4096..4096.
    """
    if metric == "mse":
        return srgb.astype(np.int64) * 16
    return oklab(to_linear(srgb)).astype(np.int64)


def keys(colors: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Colors as one number each: uint8 (n, 3) to uint32 (n,) 0xRRGGBB."""
    red, green, blue = colors.astype(np.uint32).T
    return np.asarray(red << 16 | green << 8 | blue, np.uint32)


def histogram(images: Sequence[Image], alpha_threshold: int, *, gray: bool = False) -> Histogram:
    """Count the colors of the pixels that are drawn; every picture weighs the same.

    A picture's counts are scaled, with rounding, to an equal share of `TOTAL_WEIGHT`, so an
    icon counts as much as a splash screen. A color that occurs weighs at least 1.

    Args:
        images: The pictures. Their order does not matter.
        alpha_threshold: Pixels whose alpha is below this do not count.
        gray: Count the gray of each pixel's luminance, which is what a gray panel shows.

    Returns:
        The histogram of all pictures; empty when no pixel is drawn.
    """
    counted = [_count(image, alpha_threshold, gray=gray) for image in images]
    drawn = [part for part in counted if len(part.weights)]
    share = TOTAL_WEIGHT // max(len(drawn), 1)
    rgb, weights = _join([_Runs(part.keys, _scale(part.weights, share)) for part in drawn])
    colors = np.stack([rgb >> 16, rgb >> 8 & 255, rgb & 255], axis=-1).astype(np.uint8)
    return Histogram(colors, weights)


class _Runs(NamedTuple):
    """Different keys, ascending, and the weight of each."""

    keys: NDArray[np.uint32]
    weights: NDArray[np.int64]


def _scale(counts: NDArray[np.int64], share: int) -> NDArray[np.int64]:
    total = int(counts.sum())
    return np.maximum((counts * share + total // 2) // total, 1)


def _count(image: Image, threshold: int, *, gray: bool) -> _Runs:
    """How often each drawn color of a picture occurs."""
    return _join([_runs(band) for band in _bands(image, threshold, gray=gray)])


def _bands(image: Image, threshold: int, *, gray: bool) -> Iterator[NDArray[np.uint32]]:
    """The keys of the drawn pixels, some rows at a time."""
    rows = max(_BAND // image.width, 1)
    for top in range(0, image.height, rows):
        part = slice(top, top + rows)
        linear = image.linear[part].reshape(-1, 3)
        drawn = image.alpha[part].ravel() >= threshold
        linear = linear if drawn.all() else linear[drawn]
        if gray:
            linear = np.repeat(luminance(linear)[:, None].astype(np.uint16), 3, axis=1)
        yield keys(to_srgb(linear))


def _runs(unordered: NDArray[np.uint32]) -> _Runs:
    ordered = np.sort(unordered)
    starts = _run_starts(ordered)
    return _Runs(ordered[starts], np.diff(starts, append=len(ordered)).astype(np.int64))


def _run_starts(ordered: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Where each run of equal values begins in a sorted array."""
    new = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return np.flatnonzero(new)


def _run_sums(values: NDArray[np.int64], starts: NDArray[np.intp]) -> NDArray[np.int64]:
    return np.add.reduceat(values, starts, axis=0) if len(starts) else values[:0]


def _join(parts: list[_Runs]) -> _Runs:
    """One list of keys from several, the weights of equal keys added."""
    if len(parts) == 1:
        return parts[0]
    merged = np.concatenate([np.empty(0, np.uint32), *(part.keys for part in parts)])
    weights = np.concatenate([np.empty(0, np.int64), *(part.weights for part in parts)])
    order = np.argsort(merged, kind="stable")
    starts = _run_starts(merged[order])
    return _Runs(merged[order][starts], _run_sums(weights[order], starts))


def on_grid(pixels: Histogram, grid: Grid) -> Histogram:
    """The histogram after each color is snapped to a grid, in the order of the grid's words."""
    words, place = np.unique(grid_words(grid, pixels.colors), return_inverse=True)
    weights = np.bincount(place, pixels.weights, len(words)).astype(np.int64)
    return Histogram(grid_colors(grid, words), weights)


def without(pixels: Histogram, colors: NDArray[np.uint8]) -> Histogram:
    """The histogram less the colors uint8 (n, 3)."""
    if len(colors) == 0:
        return pixels
    rest = ~np.isin(keys(pixels.colors), keys(colors))
    return Histogram(pixels.colors[rest], pixels.weights[rest])


def cells(pixels: Histogram, metric: str) -> Cells:
    """Each color as a cell of its own.

    Args:
        pixels: The colors and weights.
        metric: The space of the features, one of `METRICS`.

    Returns:
        The cells, in the order of the colors.
    """
    points = features(pixels.colors, metric)
    return Cells(points, pixels.colors, pixels.weights, points * pixels.weights[:, None])


def merge(fine: Cells, bits: int) -> Cells:
    """Join the cells that share the top `bits` (1..7) bits of every sRGB channel.

    Args:
        fine: Cells of single colors.
        bits: How many bits of a channel tell cells apart.

    Returns:
        The joined cells, ascending by color.
    """
    top = keys(fine.colors) & np.uint32(0x10101 * (256 - (256 >> bits)))
    order = np.argsort(top, kind="stable")
    starts = _run_starts(top[order])
    weights = _run_sums(fine.weights[order], starts)
    sums = _run_sums(fine.sums[order], starts)
    tones = _run_sums((fine.colors * fine.weights[:, None])[order], starts)
    return Cells(mean(sums, weights), mean(tones, weights).astype(np.uint8), weights, sums)


def mean(sums: NDArray[np.int64], weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """`sums / weights`, halves up: int64 (n, 3) by positive int64 (n,)."""
    return (2 * sums + weights[:, None]) // (2 * weights[:, None])


class _Box(NamedTuple):
    """Cells that stay together, ordered along the axis on which they vary most.

    Attributes:
        members: The cells' places.
        cut: How many members come before the best cut.
        gain: The variance that the cut removes; 0 when there is nothing to cut.
    """

    members: NDArray[np.intp]
    cut: int
    gain: int


def split(group: Cells, count: int) -> NDArray[np.intp]:
    """Divide cells into boxes: cut the box that loses the most variance by it, again and again.

    The criterion is that of Wu, "Efficient statistical computations for optimal color
    quantization" (Graphics Gems II, 1991), here on a list of cells and only along the axis
    of the largest variance.

    Args:
        group: The cells, at least one.
        count: How many boxes at most, at least 1.

    Returns:
        intp (n,): each cell's box. No box is empty; there are fewer than `count` when every
        box holds a single point.
    """
    boxes = [_box(group, np.arange(len(group.weights)))]
    queue = [(-boxes[0].gain, 0)]
    while len(boxes) < count and queue[0][0] < 0:
        _, place = heapq.heappop(queue)
        members, cut, _ = boxes[place]
        boxes[place] = _box(group, members[:cut])
        boxes.append(_box(group, members[cut:]))
        for new in (place, len(boxes) - 1):
            heapq.heappush(queue, (-boxes[new].gain, new))
    labels = np.empty(len(group.weights), np.intp)
    for place, box in enumerate(boxes):
        labels[box.members] = place
    return labels


def _box(group: Cells, members: NDArray[np.intp]) -> _Box:
    if len(members) < 2:
        return _Box(members, 0, 0)
    points, weights = group.points[members], group.weights[members]
    along = points[:, _widest_axis(points, weights)]
    order = np.argsort(along, kind="stable")
    gains = _gains(np.cumsum(weights[order]), np.cumsum(group.sums[members[order]], axis=0))
    best = int(gains.argmax())
    return _Box(members[order], best + 1, int(gains[best]))


def _widest_axis(points: NDArray[np.int64], weights: NDArray[np.int64]) -> int:
    middle = weights @ points // weights.sum()
    return int((weights @ (points - middle) ** 2).argmax())


def _gains(weights: NDArray[np.int64], sums: NDArray[np.int64]) -> NDArray[np.int64]:
    """The variance that each cut removes, in 1/16, from running totals along an axis."""
    low, high = weights[:-1], weights[-1] - weights[:-1]
    gap = 4 * sums[:-1] // low[:, None] - 4 * (sums[-1] - sums[:-1]) // high[:, None]
    return np.asarray(low * high // weights[-1] * (gap * gap).sum(axis=1))
