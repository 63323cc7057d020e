"""Adjustments: exposure, contrast, saturation, shadows, highlights; tone compression to a panel.

All in integers. Exposure, shadows, highlights and contrast are one rising curve that each channel
goes through, so grays stay gray. Black stays black, and a setting of its neutral value changes
no bit. Settings are in 1/256; t is lightness, the cube root of linear light, 0..1.

- exposure e: linear light times 2^e, cut off at white.
- shadows s: t + s t (1 - t)^3, most at t = 1/4; white stays.
- highlights h: t + h t^3 (1 - t), most at t = 3/4; white stays.
- contrast c: m + c (t - m), where m is the lightness of an 18 % gray.
- saturation k: Y + k (x - Y) in linear light, Y the luminance, cut off at 0 and white.

They are applied in this order.
"""

from functools import lru_cache
from math import isqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.color import cube_root_table, luminance, to_linear
from pipeline.grid import LINEAR_MAX
from pipeline.image import Image, freeze
from pipeline.palette import Palette

Ints = NDArray[np.int64]

ONE = 256
"""The neutral contrast and saturation, a whole stop, the full effect of the others."""

MAX_STOPS = 8 * ONE
MAX_FACTOR = 4 * ONE

_MIDDLE = 37002  # lightness of an 18 % gray: round(65535 * cbrt(0.18))
_BAND = 1 << 16
_WIDE = 49152  # three quarters of all light
_CLIPPED = 500  # one pixel in this many may be darker or lighter than the range of a picture


class Adjustments(NamedTuple):
    """What to change; every value in 1/256.

    Attributes:
        exposure: Stops, -2048..2048; 0 changes nothing.
        contrast: Factor, 0..1024; 256 changes nothing.
        saturation: Factor, 0..1024; 256 changes nothing, 0 leaves grays.
        shadows: -256 darkens them, 256 lightens them; 0 changes nothing.
        highlights: Likewise.
    """

    exposure: int = 0
    contrast: int = ONE
    saturation: int = ONE
    shadows: int = 0
    highlights: int = 0


NEUTRAL = Adjustments()


def adjust(image: Image, adjustments: Adjustments) -> Image:
    """Apply adjustments; the module's docstring has the formulas.

    Returns:
        A picture of the same size and alpha; the picture itself when all are neutral.

    Raises:
        ValueError: A value is outside its range.
    """
    _check(adjustments)
    if adjustments == NEUTRAL:
        return image
    linear = image.linear
    if adjustments._replace(saturation=ONE) != NEUTRAL:
        linear = curve(adjustments)[linear]
    if adjustments.saturation != ONE:
        linear = _saturated(linear, adjustments.saturation)
    return Image(linear, image.alpha)


def _check(adjustments: Adjustments) -> None:
    exposure, contrast, saturation, shadows, highlights = adjustments
    if abs(exposure) > MAX_STOPS:
        raise ValueError(f"an exposure is -8 to 8 stops, not {exposure / ONE:g}")
    for name, factor in (("contrast", contrast), ("saturation", saturation)):
        if not 0 <= factor <= MAX_FACTOR:
            raise ValueError(f"{name} is a factor from 0 to 4, not {factor / ONE:g}")
    for name, share in (("shadows", shadows), ("highlights", highlights)):
        if abs(share) > ONE:
            raise ValueError(f"{name} are -1 to 1, not {share / ONE:g}")


@lru_cache(maxsize=8)
def curve(adjustments: Adjustments) -> NDArray[np.uint16]:
    """uint16 (65536,): linear light to linear light, never falling. Saturation plays no part."""
    exposure, contrast, _, shadows, highlights = adjustments
    values = _exposed(np.arange(LINEAR_MAX + 1), exposure)
    if (contrast, shadows, highlights) != (ONE, 0, 0):
        light = cube_root_table()[values]
        light = light + _share(light * _cubed(LINEAR_MAX - light) // LINEAR_MAX, shadows)
        light = light + _share((LINEAR_MAX - light) * _cubed(light) // LINEAR_MAX, highlights)
        light = _MIDDLE + _share(light - _MIDDLE, contrast)
        values = _cubed(light.clip(0, LINEAR_MAX))
    return freeze(values.astype(np.uint16))


def _exposed(values: Ints, exposure: int) -> Ints:
    """Values times 2 ** (exposure / 256), rounded to nearest, at most 65535.

    The factor is floor(2^24 * 2^(exposure / 256)): eight integer square roots in a row are the
    exact 256th root.
    """
    factor = 1 << (24 * ONE + exposure)
    for _ in range(8):
        factor = isqrt(factor)
    return np.asarray(np.minimum((values * factor + (1 << 23)) >> 24, LINEAR_MAX))


def _share(values: Ints, share: int) -> Ints:
    """Values times share / 256, to nearest."""
    return np.asarray((values * share + ONE // 2) // ONE)


def _cubed(light: Ints) -> Ints:
    """Lightness to linear light: light^3 / 65535^2, to nearest."""
    square = LINEAR_MAX * LINEAR_MAX
    return np.asarray((light * light * light + square // 2) // square)


def _saturated(linear: NDArray[np.uint16], factor: int) -> NDArray[np.uint16]:
    pixels = linear.reshape(-1, 3)
    out = np.empty_like(pixels)
    for start in range(0, len(pixels), _BAND):
        band = pixels[start : start + _BAND]
        gray = luminance(band)[:, None]
        out[start : start + _BAND] = (gray + _share(band - gray, factor)).clip(0, LINEAR_MAX)
    return out.reshape(linear.shape)


def compress_tone(image: Image, palette: Palette, amount: int = ONE) -> Image:
    """Fit a picture's range of light between the panel's black and white, keeping all detail.

    The panel's black B and white W are its darkest and lightest opaque entry, by luminance of
    `seen`. The picture's range runs from `low`, the luminance that one pixel in 500 is darker
    than, to `high`, likewise, but takes in at least the range of the panel: no picture gains
    contrast. With x = (v - low) / (high - low), at least 0, each channel v becomes

        B + (W - B) x (1 + q) / (1 + q x)

    with B and W of that channel, and q = ((high - low) / (W - B) - 1) / 2 by their luminance.
    So the dark half loses half as much light as it would on a straight line, and the bright
    half keeps its detail. Grays lie on the line from the panel's black to its white: these two
    inks show them, whatever tint the white has.

    Args:
        image: The picture. What is transparent does not count towards its range.
        palette: The panel's colors.
        amount: 0 leaves the picture as it is, 256 is the whole way.

    Returns:
        The picture compressed; itself where the panel reaches from black to white, or has no
        two entries of different lightness.

    Raises:
        ValueError: The amount is outside 0..256.
    """
    if not 0 <= amount <= ONE:
        raise ValueError(f"tone compression is 0 to 1, not {amount / ONE:g}")
    black, white = ends(palette)
    if amount == 0 or _reach(palette) in (0, LINEAR_MAX):
        return image
    table = _compressed(black, white, _range(image), amount)
    return Image(np.stack([table[image.linear[..., c], c] for c in range(3)], -1), image.alpha)


def automatic_amount(palette: Palette) -> int:
    """The amount for `compress_tone` that suits a palette: 256 for small contrast, else 0.

    Measured on photographs: compression pays on Spectra 6 and its like, whose white is at half
    the light of paper. Where white is above `_WIDE` it only takes away.
    """
    return ONE if 0 < _reach(palette) < _WIDE else 0


def _reach(palette: Palette) -> int:
    black, white = ends(palette)
    return int(luminance(white)) - int(luminance(black))


def _compressed(
    black: NDArray[np.uint16], white: NDArray[np.uint16], span: tuple[int, int], amount: int
) -> NDArray[np.uint16]:
    """uint16 (65536, 3): the curve of each channel. All products stay below 2^52."""
    least, most = int(luminance(black)), int(luminance(white))
    low, high = min(span[0], least), max(span[1], most)
    whole, half = 2 * (most - least), high - low - (most - least)  # q = half / whole
    values = np.arange(LINEAR_MAX + 1, dtype=np.int64)[:, None]
    over = (values - low).clip(0)
    rise = white.astype(np.int64) - black
    under = (high - low) * whole + half * over
    moved = black + (over * (whole + half) * rise + under // 2) // under
    blend = (values + _share(moved - values, amount)).clip(0, LINEAR_MAX)
    return blend.astype(np.uint16)


def ends(palette: Palette) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Linear light, uint16 (3,), of the darkest and of the lightest opaque entry."""
    linear = to_linear(palette.seen[palette.opaque])
    light = luminance(linear)
    return linear[light.argmin()], linear[light.argmax()]


def _range(image: Image) -> tuple[int, int]:
    """The luminances between which all but one pixel in `_CLIPPED` lie, at either end."""
    pixels, drawn = image.linear.reshape(-1, 3), image.alpha.reshape(-1) > 0
    counts = np.zeros(LINEAR_MAX + 1, np.int64)
    for start in range(0, len(pixels), _BAND):
        band = slice(start, start + _BAND)
        counts += np.bincount(luminance(pixels[band])[drawn[band]], minlength=LINEAR_MAX + 1)
    below, total = counts.cumsum(), int(counts.sum())
    low = int(np.searchsorted(below, total // _CLIPPED, side="right"))
    high = int(np.searchsorted(below, total - total // _CLIPPED, side="left"))
    return min(low, LINEAR_MAX), min(high, LINEAR_MAX)
