"""The model of the eye behind `dbs`: what a difference of color is worth, near and blurred.

All integers, so that the same picture gives the same bytes everywhere.

*Blur.* Näsänen's contrast sensitivity, turned into the autocorrelation of the eye's point spread,
is close to the sum of two round Gaussians, whatever the paper: Kim and Allebach, "Impact of HVS
Models on Model-Based Halftoning", IEEE Transactions on Image Processing 11 (3), 2002. The
deviations here, 0.0219 and 0.0598 degrees, have not been checked against its text; what speaks
for them are the figures of docs/benchmarks.md. Of the narrow one, which punishes single dots,
this model takes a sixteenth by volume, by trial: enough for fine grain, and the mean of the
blurred picture is served better.

*Color.* A difference of linear light is one of luminance Y and of two opponents that are zero
for grays, 3 (X - Y) and 1.2 (Y - Z), with X, Y and Z relative to white. The factors are those of
CIE L*a*b* (116, 500 and 200), with 0.7 for color, where the eye sees less detail.

*Lightness.* A difference counts as much as the cube root of CIE L* is steep where it lies: by the
power -2/3 of the luminance around it, to which a hundredth is added for stray light.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipeline.color import cube_root_table
from pipeline.dithers.pick import Ints
from pipeline.grid import BT709, LINEAR_MAX

WHOLE = 1 << 15
"""What the taps of a blur sum to, at most."""

UNIT = 256
"""The weight of a difference beside white."""

_WIDE, _NARROW = Fraction(598, 10000), Fraction(219, 10000)  # degrees
_NARROW_SHARE = 16
_FARTHEST = 88  # pixels per degree; from farther away no dot is seen any more
_STRAY = 655  # a hundredth of white
_ONE = 1 << 40

# Rows of Y, 3 (X - Y) and 1.2 (Y - Z) for linear sRGB (IEC 61966-2-1) in 1/65536.
_OPPONENTS = np.array([BT709, (43505, -66646, 23141), (15326, 47637, -62963)], np.int64)


def opponents(linear: NDArray[np.generic], count: int) -> NDArray[np.int32]:
    """Luminance and color of linear light.

    Args:
        linear: (..., 3), 0..65535.
        count: 1 for the luminance alone, 3 for all.

    Returns:
        int32 (count, ...), each within -66646..66646.
    """
    total = linear.astype(np.int64) @ _OPPONENTS[:count].T
    return np.ascontiguousarray(np.moveaxis(total + 32768 >> 16, -1, 0)).astype(np.int32)


def blur(pixels_per_degree: int) -> NDArray[np.int32]:
    """How the eye spreads an error, applied twice: the autocorrelation of its point spread.

    Args:
        pixels_per_degree: Of the viewer's sight; more is farther away.

    Returns:
        int32 (2 r + 1, 2 r + 1), r in 1..16: symmetric, not negative, sums to at most `WHOLE`.
    """
    wide, narrow = (_gaussian(width, pixels_per_degree) for width in (_WIDE, _NARROW))
    both = [(wide, _NARROW_SHARE - 1), (narrow, 1)]
    size = range(len(wide))
    taps = [[sum(_tap(g, y, x, share) for g, share in both) for x in size] for y in size]
    return np.array(taps, np.int32)


def _tap(gaussian: list[int], y: int, x: int, share: int) -> int:
    return WHOLE * share * gaussian[y] * gaussian[x] // (_NARROW_SHARE * sum(gaussian) ** 2)


def _gaussian(width: Fraction, pixels_per_degree: int) -> list[int]:
    """Samples of a Gaussian of a deviation in degrees, as far as the wide one reaches."""
    near = min(pixels_per_degree, _FARTHEST)
    reach = -(-3 * _WIDE * near // 1)
    twice = 2 * (width * near) ** 2
    return [_decay(x * x / twice) for x in range(-int(reach), int(reach) + 1)]


def _decay(power: Fraction) -> int:
    """exp(-power) in 1/2^40, by the series of exp(power) in whole numbers."""
    term = total = _ONE << 40
    step = 0
    while term:
        step += 1
        term = term * power.numerator // (power.denominator * step)
        total += term
    return (_ONE * _ONE << 40) // total


def weights(luminance: Ints, pixels_per_degree: int) -> NDArray[np.int32]:
    """What a difference is worth at each pixel.

    Args:
        luminance: int (h, w), 0..65535.
        pixels_per_degree: Of the viewer's sight.

    Returns:
        int32 (h, w), `UNIT` beside white and up to 5517 beside black.
    """
    taps = _gaussian(_WIDE, pixels_per_degree)
    scaled = [tap * WHOLE // sum(taps) for tap in taps]
    around = _average(_average(luminance.astype(np.int64), scaled).T, scaled).T
    level = around * (LINEAR_MAX - _STRAY) // LINEAR_MAX + _STRAY
    square = cube_root_table()[level] ** 2
    return np.ascontiguousarray((UNIT * LINEAR_MAX**2 + square // 2) // square, np.int32)


def _average(plane: Ints, taps: list[int]) -> Ints:
    """Each row's weighted mean over its neighbors in the column; edges are repeated."""
    reach = len(taps) // 2
    padded = np.pad(plane, ((reach, reach), (0, 0)), mode="edge")
    rows = len(plane)
    total = sum(tap * padded[start : start + rows] for start, tap in enumerate(taps))
    return np.asarray(total // sum(taps), np.int64)
