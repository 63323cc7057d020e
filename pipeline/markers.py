"""Markers: where the finder patterns of a test card are in a photograph."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]

MOST = 12
"""How many candidates are given back: the largest."""

_DARK = (0.75, 0.6, 0.88)  # share of the mean around it below which a pixel is dark
_WINDOW = 6  # the mean is over this part of the longer side, in all directions
_LEAST_MODULE = 1.5
_TOLERANCE = 0.6  # of a module
_MOST_RUNS = 20_000


class Marker(NamedTuple):
    """The center of a finder pattern and the side of its module, in pixels."""

    x: float
    y: float
    module: float


def find(light: NDArray[np.uint8]) -> list[list[Marker]]:
    """Finder patterns in a picture, for several ideas of what is dark.

    Args:
        light: uint8 (h, w), sRGB gray.

    Returns:
        For each idea at most `MOST` markers, the largest first. Some may be no markers at all.
    """
    around = _mean_around(light, max(light.shape) // _WINDOW)
    return [_in_mask(light < share * around) for share in _DARK]


def _mean_around(light: NDArray[np.uint8], reach: int) -> NDArray[np.float64]:
    """float64 (h, w): the mean over a square of 2 reach + 1, cut off at the borders."""
    height, width = light.shape
    total = np.zeros((height + 1, width + 1))
    total[1:, 1:] = light.cumsum(0, dtype=np.float64).cumsum(1)
    top, bottom = _ends(height, reach)
    left, right = _ends(width, reach)
    rows = total[bottom] - total[top]
    area = (bottom - top)[:, None] * (right - left)
    return np.asarray((rows[:, right] - rows[:, left]) / area)


def _ends(length: int, reach: int) -> tuple[Ints, Ints]:
    places = np.arange(length)
    return (places - reach).clip(0), (places + reach + 1).clip(max=length)


def _in_mask(dark: Mask) -> list[Marker]:
    centers = _crossed(dark) & _crossed(dark.T).T
    markers = [_marker(blob) for blob in _blobs(centers)]
    fit = [marker for marker in markers if marker.module >= _LEAST_MODULE]
    return sorted(fit, key=lambda marker: -marker.module)[:MOST]


def _crossed(dark: Mask) -> Mask:
    """Which pixels lie in the middle run of 1:1:3:1:1 along their row, dark at both ends."""
    rows, starts, lengths, is_dark = _runs(dark)
    if len(rows) < 5:
        return np.zeros_like(dark)
    five = np.lib.stride_tricks.sliding_window_view(lengths, 5)
    unit = five.sum(1) / 7
    off = abs(five - unit[:, None] * np.array([1, 1, 3, 1, 1]))
    fits = (off <= _TOLERANCE * unit[:, None] * np.array([1, 1, 1.6, 1, 1])).all(1)
    fits &= (rows[4:] == rows[:-4]) & is_dark[:-4] & (unit >= _LEAST_MODULE)
    at = np.flatnonzero(fits) + 2
    marks = np.zeros((dark.shape[0], dark.shape[1] + 1), np.int32)
    np.add.at(marks, (rows[at], starts[at]), 1)
    np.add.at(marks, (rows[at], starts[at] + lengths[at]), -1)
    return np.asarray(marks.cumsum(1)[:, :-1] > 0)


def _runs(dark: Mask) -> tuple[Ints, Ints, Ints, Mask]:
    """Row, first column, length and color of every run of equal pixels, in reading order."""
    changes = np.ones(dark.shape, bool)
    changes[:, 1:] = dark[:, 1:] != dark[:, :-1]
    flat = np.flatnonzero(changes)
    rows, starts = flat // dark.shape[1], flat % dark.shape[1]
    lengths = np.diff(flat, append=dark.size)
    return rows, starts, lengths, dark.reshape(-1)[flat]


Run = tuple[int, int, int]
"""Row, first column, and the column after the last."""


def _blobs(mask: Mask) -> list[list[Run]]:
    """Groups of runs that touch their neighbors above; few, as centers of markers are."""
    rows, starts, lengths, inside = (each.tolist() for each in _runs(mask))
    blobs: list[list[Run]] = []
    open_: list[list[Run]] = []
    every = zip(rows, starts, lengths, inside, strict=True)
    found = [(y, x, x + length) for y, x, length, on in every if on][:_MOST_RUNS]
    for run in found:
        open_ = [blob for blob in open_ if blob[-1][0] >= run[0] - 2]
        touched = next((blob for blob in open_ if _touch(blob[-1], run)), None)
        if touched is None:
            blobs.append([run])
            open_.append(blobs[-1])
        else:
            touched.append(run)
    return blobs


def _touch(one: Run, other: Run) -> bool:
    return one[1] < other[2] and other[1] < one[2]


def _marker(blob: list[Run]) -> Marker:
    runs = np.array(blob, np.float64)
    length = runs[:, 2] - runs[:, 1]
    area = length.sum()
    x = (length * (runs[:, 1] + runs[:, 2]) / 2).sum() / area
    y = (length * (runs[:, 0] + 0.5)).sum() / area
    return Marker(float(x), float(y), float(np.sqrt(area)) / 3)
