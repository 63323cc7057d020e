"""Cells: groups of near colors as weighted points in the space where error is measured."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.color import cube_root_table, linear_table, oklab, to_linear
from pipeline.histogram import Histogram, colors_of, keys_of

METRICS = ("perceptual", "mse")
"""The names of the spaces in which color error can be measured."""

STEPS = 4
"""Points and centers are multiples of 1/4 of a feature unit, which is 1/64 of an sRGB level.

Coordinates lie within -16384..16384 and differ by 18,800 at most on an axis, so that a squared
distance fits 32 bits, and with a weight of 2^30 int64.
"""

FINEST = 1 << 18
"""Up to so many colors are cells of their own; more are grouped, which bounds the memory."""


class Cells(NamedTuple):
    """Groups of near colors, each with the exact sums of its members.

    Attributes:
        keys: uint32 (n,): the mean of the members' sRGB values, rounded, as 0xRRGGBB.
        points: int32 (n, 3): the mean of the members' features, in 1/`STEPS`, rounded.
        weights: int64 (n,): the members' weight.
        sums: int64 (n, 3): the members' features times their weights.
    """

    keys: NDArray[np.uint32]
    points: NDArray[np.int32]
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
    return _points(keys_of(srgb).ravel(), metric).reshape(srgb.shape).astype(np.int64)


def _points(keys: NDArray[np.uint32], metric: str) -> NDArray[np.int32]:
    """int32 (n, 3): the features of colors."""
    if metric == "mse":
        return colors_of(keys).astype(np.int32) * 16
    native = kernels.load()
    if native is None:
        return oklab(to_linear(colors_of(keys)))
    out = np.empty((len(keys), 3), np.int32)
    native.features(keys, linear_table(), cube_root_table().astype(np.uint16), out)
    return out


def mean(sums: NDArray[np.int64], weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """`sums / weights`, halves up: int64 (n, 3) by positive int64 (n,)."""
    return (2 * sums + weights[:, None]) // (2 * weights[:, None])


def cells(pixels: Histogram, metric: str) -> Cells:
    """Each color as a cell of its own.

    Args:
        pixels: The colors and weights.
        metric: The space of the features, one of `METRICS`.

    Returns:
        The cells, in the order of the colors.
    """
    points = _points(pixels.keys, metric)
    sums = points * pixels.weights[:, None]
    points *= STEPS
    return Cells(pixels.keys, points, pixels.weights, sums)


def finest(pixels: Histogram, metric: str) -> Cells:
    """Each color as a cell of its own, or the finest groups when there are very many."""
    if len(pixels.keys) <= FINEST:
        return cells(pixels, metric)
    fine = _group(pixels, metric, 7)
    return fine if len(fine.keys) <= FINEST else _group(pixels, metric, 6)


def _group(pixels: Histogram, metric: str, bits: int) -> Cells:
    """The cells that `merge` would make, from some colors at a time."""
    places, count = number(pixels.keys, bits)
    totals = np.zeros((count, 7), np.int64)
    for first in range(0, len(places), FINEST):
        part = slice(first, first + FINEST)
        some = Histogram(pixels.keys[part], pixels.weights[part])
        gather(cells(some, metric), places[part], totals)
    return _cells_of(totals)


def merge(fine: Cells, bits: int) -> tuple[Cells, NDArray[np.int32]]:
    """Join the cells that share the top `bits` (1..7) bits of every sRGB channel.

    Args:
        fine: The cells.
        bits: How many bits of a channel tell cells apart.

    Returns:
        The joined cells, ascending by color, and int32 (n,): where each fine one went.
    """
    places, count = number(fine.keys, bits)
    totals = np.zeros((count, 7), np.int64)
    gather(fine, places, totals)
    return _cells_of(totals), places


def number(keys: NDArray[np.uint32], bits: int) -> tuple[NDArray[np.int32], int]:
    """Number the groups of colors with the same top bits, ascending.

    Args:
        keys: uint32 (n,) 0xRRGGBB.
        bits: 1..7, how many bits of a channel count.

    Returns:
        int32 (n,) the group of each color, and how many groups there are.
    """
    native = kernels.load()
    if native is not None:
        out = np.empty(len(keys), np.int32)
        return out, native.number(keys, bits, out)
    top = keys & np.uint32(0x10101 * (256 - (256 >> bits)))
    groups, places = np.unique(top, return_inverse=True)
    return places.astype(np.int32), len(groups)


def gather(group: Cells, places: NDArray[np.int32], totals: NDArray[np.int64]) -> None:
    """Add each cell to the totals of its place.

    Args:
        group: The cells.
        places: int32 (n,), each below m.
        totals: int64 (m, 7), gets added weights, sums, and sRGB values times weights.
    """
    native = kernels.load()
    if native is not None:
        native.gather(group.keys, group.weights, group.sums, places, totals)
        return
    tones = colors_of(group.keys) * group.weights[:, None]
    columns = (group.weights, *group.sums.T, *tones.T)
    for column, part in enumerate(columns):  # floats, but of integers below 2^53
        totals[:, column] += np.bincount(places, part, len(totals)).astype(np.int64)


def _cells_of(totals: NDArray[np.int64]) -> Cells:
    weights, sums = totals[:, 0].copy(), totals[:, 1:4].copy()
    points = mean(sums * STEPS, weights).astype(np.int32)
    return Cells(keys_of(mean(totals[:, 4:], weights).astype(np.uint8)), points, weights, sums)
