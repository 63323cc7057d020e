"""Color arithmetic in integers: sRGB, linear light and scaled OKLab.

Everything that decides a byte of output is integer arithmetic on tables that are exact
by construction, so results do not depend on the machine's math library or SIMD width.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.grid import BT709, LINEAR_MAX, linear_of

OKLAB_SCALE = 4096
"""One unit of OKLab L is 4096 steps in the integer tables."""

CHROMA_SCALE = (9, 4)
"""a and b are multiplied by 9/4 = 2.25, which brings Euclidean distance near CIEDE2000."""


@cache
def linear_table() -> NDArray[np.uint16]:
    """uint16 (256,): sRGB code to linear light. Strictly increasing."""
    table = np.array([linear_of(code) for code in range(256)], np.uint16)
    table.flags.writeable = False
    return table


@cache
def srgb_table() -> NDArray[np.uint8]:
    """uint8 (65536,): linear light to the nearest sRGB code, the lower one on a tie."""
    lut = linear_table().astype(np.int64)
    edges = (lut[:-1] + lut[1:]) // 2
    table = np.searchsorted(edges, np.arange(LINEAR_MAX + 1), side="left").astype(np.uint8)
    table.flags.writeable = False
    return table


def to_linear(srgb: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """uint8 sRGB of any shape to uint16 linear light of the same shape."""
    return linear_table()[srgb]


def to_srgb(linear: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """uint16 linear light of any shape to uint8 sRGB of the same shape; inverts `to_linear`."""
    return srgb_table()[linear]


def luminance(linear: NDArray[np.uint16]) -> NDArray[np.int64]:
    """BT.709 luminance, rounded to nearest: uint16 (..., 3) to int64 (...), 0..65535.

    A gray keeps its value: the weights sum to 65536.
    """
    total = linear.astype(np.int64) @ np.array(BT709, np.int64)
    return np.asarray((total + 32768) >> 16, np.int64)


@cache
def cube_root_table() -> NDArray[np.int64]:
    """int64 (65536,): `round(65535 * cbrt(i / 65535))`, exact on every machine.

    The float cube root is only a first guess; integers decide: r is the answer when
    (2r-1)^3 <= 8 i * 65535^2 < (2r+1)^3. The largest product, 131071^3, fits 53 bits.
    """
    target = 8 * np.arange(LINEAR_MAX + 1, dtype=np.int64) * LINEAR_MAX**2
    root = np.rint(np.cbrt(target / 8.0)).astype(np.int64)
    root -= ((2 * root - 1) ** 3 > target) & (root > 0)
    root += (2 * root + 1) ** 3 <= target
    root.flags.writeable = False
    return root


# Björn Ottosson, "A perceptual color space for image processing" (2020), linear sRGB to LMS
# and LMS' to Lab, in 1/65536. Each LMS row is rounded so that it sums to 65536 (white stays white).
TO_LMS = np.array(
    [[27015, 35149, 3372], [13887, 44610, 7039], [5787, 18463, 41286]],
    np.int64,
)
TO_LAB = np.array(
    [[13792, 52011, -267], [129630, -159160, 29530], [1698, 51300, -52998]],
    np.int64,
)


def oklab(linear: NDArray[np.uint16], chroma: tuple[int, int] = CHROMA_SCALE) -> NDArray[np.int32]:
    """Linear light to integer OKLab with a and b scaled.

    Args:
        linear: uint16 (..., 3) linear light, sRGB primaries.
        chroma: Rational factor for a and b.

    Returns:
        int32 (..., 3): L in 0..4096, a and b scaled by 4096 times the factor.
    """
    lms = (linear.astype(np.int64) @ TO_LMS.T + 32768) >> 16
    root = cube_root_table()[lms]
    lab = root @ TO_LAB.T  # L is scaled by 65535 * 65536
    up, down = chroma
    scale = np.array([down, up, up], np.int64) * OKLAB_SCALE
    half = down * LINEAR_MAX << 15
    return np.asarray((lab * scale + half) // (2 * half), np.int32)
