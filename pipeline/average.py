"""Average: light added up over areas: a picture made smaller, and one seen from a distance.

All integers, so that a preview is the same on every machine.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipeline.color import to_linear, to_srgb

_PASSES = 3
_ONE = 256  # weight of a whole pixel in a box


def shrunk(srgb: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """A picture in which each pixel is the light of the area that it stands for.

    Args:
        srgb: uint8 (h, w, 3) sRGB.
        width: Pixels in a row, 1..w.
        height: Number of rows, 1..h.

    Returns:
        uint8 (height, width, 3).
    """
    if (height, width) == srgb.shape[:2]:
        return srgb
    light = to_linear(srgb).astype(np.int64)
    for axis, count in ((0, height), (1, width)):
        light = _areas(light, count, axis)
    return to_srgb(light.astype(np.uint16))


def _areas(light: NDArray[np.int64], count: int, axis: int) -> NDArray[np.int64]:
    """Means of `count` equal stretches along an axis; a cut pixel counts in part."""
    rows = np.moveaxis(light, axis, 0)
    size = len(rows)
    whole, part = np.divmod(np.arange(count + 1) * size, count)
    before = np.concatenate([np.zeros_like(rows[:1]), rows.cumsum(0)])
    cut = np.concatenate([rows, np.zeros_like(rows[:1])])[whole]
    upto = before[whole] * count + cut * part.reshape(-1, *[1] * (rows.ndim - 1))
    return np.moveaxis((np.diff(upto, axis=0) + size // 2) // size, 0, axis)


def blurred(srgb: NDArray[np.uint8], across: Fraction, down: Fraction) -> NDArray[np.uint8]:
    """A picture whose light spreads like a Gaussian, by three boxes one after the other.

    Boxes with a fraction of a pixel at both ends have any variance: Gwosdek, Grewenig, Bruhn and
    Weickert, "Theoretical Foundations of Gaussian Convolution by Extended Box Filtering", Scale
    Space and Variational Methods in Computer Vision, 2011. The picture is mirrored at its edges.

    Args:
        srgb: uint8 (h, w, 3) sRGB.
        across: Variance along rows in squared pixels, at least 0.
        down: The same along columns.

    Returns:
        uint8 (h, w, 3).
    """
    light = to_linear(srgb).astype(np.int64)
    for axis, variance in ((0, down), (1, across)):
        reach, end = _box(variance / _PASSES)
        for _ in range(_PASSES if variance > 0 else 0):
            light = _boxed(light, reach, end, axis)
    return to_srgb(light.astype(np.uint16))


def _box(variance: Fraction) -> tuple[int, int]:
    """The whole pixels on each side of a box of a variance, and the weight of the next one."""
    reach = 0
    while (reach + 1) * (reach + 2) <= 3 * variance:
        reach += 1
    missing = variance - Fraction(reach * (reach + 1), 3)
    end = (2 * reach + 1) * missing / (2 * ((reach + 1) ** 2 - variance))
    return reach, round(end * _ONE)


def _boxed(light: NDArray[np.int64], reach: int, end: int, axis: int) -> NDArray[np.int64]:
    rows = np.moveaxis(light, axis, 0)
    size, edge = len(rows), reach + 1
    wide = np.pad(rows, [(edge, edge), *[(0, 0)] * (rows.ndim - 1)], mode="symmetric")
    before = np.concatenate([np.zeros_like(wide[:1]), wide.cumsum(0)])
    inner = before[edge + reach + 1 :][:size] - before[edge - reach :][:size]
    ends = wide[:size] + wide[2 * edge :][:size]
    weight = _ONE * (2 * reach + 1) + 2 * end
    return np.moveaxis((inner * _ONE + ends * end + weight // 2) // weight, 0, axis)
