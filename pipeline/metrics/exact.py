"""Exact: CIEDE2000 in whole millionths that are the same on every machine, to decide by.

`metrics.color` is the definition; this differs from it by less than a millionth or two. It is made
of additions, multiplications, divisions and square roots alone, which IEEE 754 rounds correctly
everywhere, in an order that is written down; sines, exponentials and roots of a math library are
not that. Hues are unit vectors here, so that most trigonometry is algebra.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.color import Bytes, Floats, colors_of, pairs

MICRO = 1_000_000
"""One unit of delta E in the values of `micro_ciede2000`."""

_SCALE = 1 << 48

# IEC 61966-2-1, as in metrics.color: linear sRGB to CIE XYZ.
_TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
_WHITE = (0.9505, 1.0, 1.089)

_DEGREES = 57.29577951308232  # in a radian
_COS_30, _SIN_30 = 0.8660254037844387, 0.5
_COS_6, _SIN_6 = 0.9945218953682733, 0.10452846326765347
_COS_63, _SIN_63 = 0.4539904997395468, 0.8910065241883679
_COS_275, _SIN_275 = 0.08715574274765817, -0.9961946980917455
_POWER = 6103515625.0  # 25 to the seventh


def mean_thousandths(reference: Bytes, shown: Bytes, mask: NDArray[np.bool_] | None = None) -> int:
    """Mean CIEDE2000 difference of two pictures in thousandths, rounded to nearest, half upward.

    Args:
        reference: uint8 (h, w, 3) sRGB.
        shown: uint8 (h, w, 3) sRGB.
        mask: bool (h, w), the pixels that count; all when None.

    Returns:
        0 when no pixel counts.

    Raises:
        ValueError: The shapes differ.
    """
    total = pixels = 0
    for keys, counts in pairs(reference, shown, mask):
        total += int(micro_ciede2000(colors_of(keys >> 24), colors_of(keys)) @ counts)
        pixels += int(counts.sum())
    unit = pixels * (MICRO // 1000)
    return (2 * total + unit) // (2 * unit) if pixels else 0


def micro_ciede2000(a: Bytes, b: Bytes) -> NDArray[np.int64]:
    """CIEDE2000 difference of sRGB colors in millionths: two uint8 (n, 3) to int64 (n,)."""
    return np.rint(_ciede2000(_lab(a), _lab(b)) * MICRO).astype(np.int64)


@cache
def _linear() -> Floats:
    """float64 (256,): linear light of each sRGB code: x ** 2.4 is the fifth root of x ** 12."""
    low = [code / 255 / 12.92 for code in range(11)]
    shares = [(1000 * code + 14_025, 269_025) for code in range(11, 256)]
    roots = [_fifth_root(_SCALE**5 * top**12 // bottom**12) for top, bottom in shares]
    return np.array([*low, *(root / _SCALE for root in roots)])


def _fifth_root(value: int) -> int:
    """The whole number below it, by Newton's method from above."""
    root = 1 << -(-value.bit_length() // 5)
    while True:
        better = (4 * root + value // root**4) // 5
        if better >= root:
            return root
        root = better


def _lab(srgb: Bytes) -> tuple[Floats, Floats, Floats]:
    red, green, blue = (_linear()[srgb[..., channel]] for channel in range(3))
    x, y, z = (
        _lab_root((r * red + g * green + b * blue) / white)
        for (r, g, b), white in zip(_TO_XYZ, _WHITE, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _lab_root(ratio: Floats) -> Floats:
    """Lab's f for ratios of 0 to 1; the cube root by Newton's method."""
    root = (ratio + 2) / 3
    for _ in range(9):
        root = (root + root + ratio / (root * root)) / 3
    return np.where(ratio > 216 / 24389, root, ratio * (841 / 108) + 4 / 29)


Lab = tuple[Floats, Floats, Floats]


def _ciede2000(one: Lab, two: Lab) -> Floats:
    boost = 1.5 - 0.5 * _saturation((_length(*one[1:]) + _length(*two[1:])) / 2)
    a1, a2, b1, b2 = one[1] * boost, two[1] * boost, one[2], two[2]
    c1, c2 = _length(a1, b1), _length(a2, b2)
    x1, y1, x2, y2 = *_unit(a1, b1, c1), *_unit(a2, b2, c2)
    light, chroma = (one[0] + two[0]) / 2 - 50, (c1 + c2) / 2
    bright = light * light
    cosine, sine = _between(x1, y1, x2, y2)
    dl = (two[0] - one[0]) / (1 + 0.015 * bright / np.sqrt(20 + bright))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    turn = np.where(x1 * y2 - y1 * x2 < 0, -1.0, 1.0) * _length(x2 - x1, y2 - y1)
    dh = np.sqrt(c1 * c2) * turn / (1 + 0.015 * chroma * _hue_weight(cosine, sine))
    rotation = -2 * _saturation(chroma) * _sine(60 / _DEGREES * _blueness(cosine, sine))
    return np.sqrt(np.maximum(dl * dl + dc * dc + dh * dh + rotation * dc * dh, 0))


def _length(x: Floats, y: Floats) -> Floats:
    return np.sqrt(x * x + y * y)


def _unit(x: Floats, y: Floats, length: Floats) -> tuple[Floats, Floats]:
    """The direction; nothing for gray, which has none."""
    safe = np.where(length > 0, length, 1)
    return x / safe, y / safe


def _saturation(chroma: Floats) -> Floats:
    fourth = chroma * chroma * chroma * chroma
    seventh = fourth * chroma * chroma * chroma
    return np.sqrt(seventh / (seventh + _POWER))


def _between(x1: Floats, y1: Floats, x2: Floats, y2: Floats) -> tuple[Floats, Floats]:
    """The direction halfway, on the side of the smaller turn; from opposite ones a quarter on."""
    x, y = x1 + x2, y1 + y2
    length = _length(x, y)
    first = (y1 > 0) | ((y1 == 0) & (x1 > 0))  # its hue is below 180 degrees
    across = np.where(first, -y1, -y2), np.where(first, x1, x2)
    opposite = length < 1e-9
    safe = np.where(opposite, 1, length)
    return np.where(opposite, across[0], x / safe), np.where(opposite, across[1], y / safe)


def _hue_weight(c: Floats, s: Floats) -> Floats:
    """T of the formula: cosines of sums of angles."""
    c2, s2 = c * c - s * s, 2 * s * c
    c3, s3 = c2 * c - s2 * s, s2 * c + c2 * s
    c4, s4 = c2 * c2 - s2 * s2, 2 * s2 * c2
    return np.asarray(
        1
        - 0.17 * (c * _COS_30 + s * _SIN_30)
        + 0.24 * c2
        + 0.32 * (c3 * _COS_6 - s3 * _SIN_6)
        - 0.20 * (c4 * _COS_63 + s4 * _SIN_63)
    )


def _blueness(c: Floats, s: Floats) -> Floats:
    """exp(-((hue - 275) / 25) ** 2) of a direction whose hue is 0 to 360 degrees."""
    away = _degrees(c * _COS_275 + s * _SIN_275, s * _COS_275 - c * _SIN_275) / 25
    return np.where(away * 25 < 85, _falling(away * away), 0)


def _degrees(x: Floats, y: Floats) -> Floats:
    """The angle of a unit vector, -180 to 180: the tangent halved four times, then its series."""
    tangent = y / np.maximum(1 + x, 1e-12)
    for _ in range(3):
        tangent = tangent / (1 + np.sqrt(1 + tangent * tangent))
    square = tangent * tangent
    total = np.zeros_like(square)
    for odd in range(23, 0, -2):
        total = 1 / odd - square * total
    return 16 * _DEGREES * tangent * total


def _falling(z: Floats) -> Floats:
    """exp(-z) for 0 to 130, by its series at z / 256, squared eight times."""
    part = z / 256
    total = np.ones_like(part)
    for term in range(14, 0, -1):
        total = 1 - part / term * total
    for _ in range(8):
        total = total * total
    return total


def _sine(angle: Floats) -> Floats:
    """Of -1.1 to 1.1 radians, by its series."""
    square = angle * angle
    total = np.ones_like(square)
    for even in range(18, 0, -2):
        total = 1 - square / (even * (even + 1)) * total
    return angle * total
