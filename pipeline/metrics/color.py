"""Color: how far apart two colors look, and two pictures pixel by pixel (float64)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

# IEC 61966-2-1: linear sRGB to CIE XYZ. White is what the matrix gives for (1, 1, 1), so
# that grays have no chroma.
_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float64
)

_BAND = 1 << 18
"""Pixels that are looked at together; bounds the memory that a large picture takes."""


def linear(srgb: Bytes) -> Floats:
    """uint8 sRGB to linear light, 0..1, of the same shape (IEC 61966-2-1)."""
    code = np.arange(256) / 255
    return np.asarray(
        np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)[srgb]
    )


def to_xyz(light: Floats) -> Floats:
    """Linear light (..., 3) to CIE XYZ, in which white has Y = 1."""
    return np.asarray(light @ _TO_XYZ.T)


def lab_of_xyz(xyz: Floats) -> Floats:
    """CIE 1976 L*a*b* relative to D65 of CIE XYZ (..., 3)."""
    ratio = xyz / _TO_XYZ.sum(axis=1)
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def lab(srgb: Bytes) -> Floats:
    """CIE 1976 L*a*b* relative to D65: uint8 (..., 3) sRGB to float64 (..., 3)."""
    return lab_of_xyz(to_xyz(linear(srgb)))


def ciede2000_lab(a: Floats, b: Floats) -> Floats:
    """CIEDE2000 difference of L*a*b* colors, with the weights kL = kC = kH = 1.

    Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula: implementation notes,
    supplementary test data, and mathematical observations", Color Research and Application
    30 (1), 2005.

    Args:
        a: float64 (..., 3) L*a*b*.
        b: float64 (..., 3) L*a*b*.

    Returns:
        float64 (...): 0 for the same color, about 1 for a difference that is just seen.
    """
    boost = 1.5 - 0.5 * _saturation((np.hypot(*_ab(a)) + np.hypot(*_ab(b))) / 2)
    l1, c1, h1 = _polar(a, boost)
    l2, c2, h2 = _polar(b, boost)
    turn, hue = _hues(h1, h2, c1 * c2 > 0)
    light, chroma = (l1 + l2) / 2 - 50, (c1 + c2) / 2
    dl = (l2 - l1) / (1 + 0.015 * light**2 / np.sqrt(20 + light**2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * np.sqrt(c1 * c2) * _sin(turn / 2) / (1 + 0.015 * chroma * _hue_weight(hue))
    rotation = -2 * _saturation(chroma) * _sin(60 * np.exp(-(((hue - 275) / 25) ** 2)))
    return np.asarray(np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 + rotation * dc * dh, 0)))


def _ab(color: Floats) -> tuple[Floats, Floats]:
    return color[..., 1], color[..., 2]


def _saturation(chroma: Floats) -> Floats:
    return np.asarray(np.sqrt(chroma**7 / (chroma**7 + 25.0**7)))


def _polar(color: Floats, boost: Floats) -> tuple[Floats, Floats, Floats]:
    """Lightness, chroma and hue in degrees 0..360, with a* stretched near the gray axis."""
    a, b = color[..., 1] * boost, color[..., 2]
    return color[..., 0], np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def _hues(h1: Floats, h2: Floats, colored: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The signed turn from one hue to the other (-180..180) and the hue between them."""
    turn = h2 - h1
    far = np.abs(turn) > 180
    between = (h1 + h2 + np.where(far, np.where(h1 + h2 < 360, 360, -360), 0)) / 2
    turn = turn - np.where(far, np.copysign(360, turn), 0)
    return np.where(colored, turn, 0), np.where(colored, between, h1 + h2)


def _hue_weight(hue: Floats) -> Floats:
    return np.asarray(
        1
        - 0.17 * _cos(hue - 30)
        + 0.24 * _cos(2 * hue)
        + 0.32 * _cos(3 * hue + 6)
        - 0.20 * _cos(4 * hue - 63)
    )


def _sin(degrees: Floats) -> Floats:
    return np.asarray(np.sin(np.radians(degrees)))


def _cos(degrees: Floats) -> Floats:
    return np.asarray(np.cos(np.radians(degrees)))


def ciede2000(a: Bytes, b: Bytes) -> Floats:
    """CIEDE2000 difference of sRGB colors: two uint8 (..., 3) to float64 (...)."""
    return ciede2000_lab(lab(a), lab(b))


def mean_ciede2000(reference: Bytes, shown: Bytes, mask: NDArray[np.bool_] | None = None) -> float:
    """Mean CIEDE2000 difference of two pictures.

    Each band of pixels is reduced to its different pairs of colors, so flat pictures are
    cheap and a large one takes little memory.

    Args:
        reference: uint8 (h, w, 3) sRGB.
        shown: uint8 (h, w, 3) sRGB.
        mask: bool (h, w), the pixels that count; all when None.

    Returns:
        The mean over the pixels that count, 0.0 when none does.

    Raises:
        ValueError: The shapes differ.
    """
    total, pixels = 0.0, 0
    for keys, counts in pairs(reference, shown, mask):
        total += float(ciede2000(colors_of(keys >> 24), colors_of(keys)) @ counts)
        pixels += int(counts.sum())
    return total / max(pixels, 1)


def mse(reference: Bytes, shown: Bytes, mask: NDArray[np.bool_] | None = None) -> float:
    """Mean over the pixels of the squared sRGB error summed over red, green and blue.

    Args:
        reference: uint8 (h, w, 3) sRGB.
        shown: uint8 (h, w, 3) sRGB.
        mask: bool (h, w), the pixels that count; all when None.

    Returns:
        The mean over the pixels that count, 0.0 when none does.

    Raises:
        ValueError: The shapes differ.
    """
    total, pixels = 0, 0
    for wanted, got in _bands(reference, shown, mask):
        total += int(((wanted.astype(np.int64) - got) ** 2).sum())
        pixels += len(wanted)
    return total / max(pixels, 1)


def pairs(
    reference: Bytes, shown: Bytes, mask: NDArray[np.bool_] | None
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The different pairs of colors of two pictures and how often each occurs, band by band.

    Yields:
        int64 (n,): the first color's code shifted by 24 bits, and the second's; int64 (n,) counts.

    Raises:
        ValueError: The shapes differ.
    """
    for wanted, got in _bands(reference, shown, mask):
        yield np.unique(_keys(wanted) << 24 | _keys(got), return_counts=True)


def _bands(
    reference: Bytes, shown: Bytes, mask: NDArray[np.bool_] | None
) -> Iterator[tuple[Bytes, Bytes]]:
    """The counting pixels of both pictures, uint8 (n, 3) each, some rows at a time."""
    if reference.shape != shown.shape or reference.ndim != 3 or reference.shape[2] != 3:
        raise ValueError(f"pictures to compare differ: {reference.shape} and {shown.shape}")
    if mask is not None and mask.shape != reference.shape[:2]:
        raise ValueError(f"the mask is {mask.shape}, the pictures are {reference.shape[:2]}")
    rows = max(_BAND // max(reference.shape[1], 1), 1)
    for top in range(0, len(reference), rows):
        part = slice(top, top + rows)
        counts = slice(None) if mask is None else mask[part].ravel()
        yield reference[part].reshape(-1, 3)[counts], shown[part].reshape(-1, 3)[counts]


def _keys(colors: Bytes) -> NDArray[np.int64]:
    wide = colors.astype(np.int64)
    keys: NDArray[np.int64] = wide[:, 0] << 16 | wide[:, 1] << 8 | wide[:, 2]
    return keys


def colors_of(keys: NDArray[np.int64]) -> Bytes:
    """Codes of 24 bits as colors: int64 (n,) to uint8 (n, 3); higher bits do not matter."""
    return np.stack([keys >> 16 & 255, keys >> 8 & 255, keys & 255], axis=-1).astype(np.uint8)
