"""Sixel graphics: bands of six rows, each color of a band drawn on its own.

A color is a register of its own, given in hundredths, as the format has it: nothing is dithered.
Format: DEC, VT330/VT340 Programmer Reference Manual, volume 2, chapter 14.
"""

from itertools import groupby

import numpy as np
from numpy.typing import NDArray

MOST_COLORS = 256
_BAND = 6
_ZERO = 63  # the character that stands for six rows without the color
_WORTH = 4  # so many equal characters are shorter as a count


def encode(srgb: NDArray[np.uint8]) -> bytes:
    """A picture, uint8 (h, w, 3) sRGB, at the cursor, which then stands below it.

    More than `MOST_COLORS` colors are brought together, see `registers`.
    """
    colors, indices = registers(srgb)
    height, width = indices.shape
    out = [f'\x1bP0;1q"1;1;{width};{height}'.encode()]  # 1: what is not drawn stays as it is
    out += [b"#%d;2;%d;%d;%d" % (place, *color) for place, color in enumerate(colors)]
    out += [_band(indices[top : top + _BAND]) for top in range(0, height, _BAND)]
    return b"".join(out) + b"\x1b\\\n"


def registers(srgb: NDArray[np.uint8]) -> tuple[list[list[int]], NDArray[np.int64]]:
    """At most `MOST_COLORS` colors in hundredths, and for each pixel, int64 (h, w), which.

    When there are more, those that share the upper bits of all channels become their mean.
    """
    flat = srgb.reshape(-1, 3).astype(np.int64)
    for bits in range(8, 0, -1):
        keys = (flat >> (8 - bits)) @ np.array([1 << 16, 1 << 8, 1])
        found, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
        if len(found) <= MOST_COLORS:
            break
    sums = np.stack([np.bincount(places, flat[:, c]) for c in range(3)], -1).astype(np.int64)
    hundredths = (200 * sums + 255 * counts[:, None]) // (510 * counts[:, None])
    return hundredths.tolist(), places.reshape(srgb.shape[:2])


def _band(rows: NDArray[np.int64]) -> bytes:
    """Up to six rows: for each of their colors a line of characters over the same place."""
    weights = 1 << np.arange(len(rows))
    lines = []
    for color in np.unique(rows):
        sixels = weights @ (rows == color) + _ZERO
        lines.append(b"#%d%s" % (color, _runs(sixels.astype(np.uint8).tobytes())))
    return b"$".join(lines) + b"-"


def _runs(line: bytes) -> bytes:
    """Equal characters as a count and one of them."""
    out = []
    for char, run in groupby(line.rstrip(bytes([_ZERO]))):
        count = len(list(run))
        out.append(b"!%d%c" % (count, char) if count >= _WORTH else bytes([char]) * count)
    return b"".join(out)
