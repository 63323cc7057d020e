"""Space: pictures as seen from afar, and the separable filters that make them so (float64).

Filters mirror the picture at its edges, the edge pixel included.
"""

from collections.abc import Iterable

import numpy as np

from pipeline.metrics.color import Bytes, Floats, ciede2000_lab, lab_of_xyz, linear, to_xyz

VIEWING_BLUR = 1.5
"""Pixels: about what the eye blurs at 35 pixels per degree, 130 ppi at 40 cm."""

# Opponents black-white, red-green, blue-yellow of XYZ for the 2 degree observer, and the Gaussians
# that the eye spreads each by: weight, and width at half height in degrees. Poirson and Wandell's
# measurements as used by Zhang and Wandell, see `scielab`.
_OPPONENTS = np.array([[0.279, 0.72, -0.107], [-0.449, 0.29, -0.077], [0.086, -0.59, 0.501]])
_SPREADS = (
    ((1.00327, 0.05), (0.114416, 0.225), (-0.117686, 7.0)),
    ((0.616725, 0.0685), (0.383275, 0.826)),
    ((0.567885, 0.092), (0.432115, 0.6451)),
)
_FINE = 224  # samples per degree at which those are drawn

_WINDOW, _REACH = 1.5, 5  # of SSIM
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def gaussian(deviation: float, reach: int) -> Floats:
    """Samples of a Gaussian, float64 (2 * reach + 1,), that sum to 1; one for a deviation of 0."""
    if deviation <= 0:
        return np.ones(1)
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    return np.asarray(taps / taps.sum())


def filtered(plane: Floats, taps: Floats) -> Floats:
    """A picture (h, w) or (h, w, c) filtered by the same taps along its rows and columns."""
    return _along(_along(plane, taps, 0), taps, 1)


def _along(plane: Floats, taps: Floats, axis: int) -> Floats:
    reach, size = len(taps) // 2, plane.shape[axis]
    edges = [(reach, reach) if place == axis else (0, 0) for place in range(plane.ndim)]
    padded = np.moveaxis(np.pad(plane, edges, mode="symmetric"), axis, 0)
    total = taps[0] * padded[:size]
    for start in range(1, len(taps)):
        total += taps[start] * padded[start : start + size]
    return np.moveaxis(total, 0, axis)


def blurred_ciede2000(reference: Bytes, shown: Bytes, deviation: float = VIEWING_BLUR) -> float:
    """Mean CIEDE2000 difference of two pictures after the eye's blur, which light adds up in.

    Args:
        reference: uint8 (h, w, 3) sRGB.
        shown: uint8 (h, w, 3) sRGB.
        deviation: Of the Gaussian, in pixels; 0 for none.

    Returns:
        The mean over all pixels.

    Raises:
        ValueError: The shapes differ.
    """
    _check(reference, shown)
    taps = gaussian(deviation, int(np.ceil(4 * deviation)))
    first, second = (lab_of_xyz(to_xyz(filtered(linear(p), taps))) for p in (reference, shown))
    return float(ciede2000_lab(first, second).mean())


def scielab(reference: Bytes, shown: Bytes, pixels_per_degree: int = 35) -> float:
    """Mean S-CIELAB difference: CIE 1976 L*a*b* after the eye's blur of light and of color.

    Zhang and Wandell, "A spatial extension of CIELAB for digital color image reproduction", Journal
    of the SID 5 (1), 1997, with the filters as the authors' program samples them.

    Args:
        reference: uint8 (h, w, 3) sRGB.
        shown: uint8 (h, w, 3) sRGB.
        pixels_per_degree: Of the viewer's sight.

    Returns:
        The mean over all pixels of the Euclidean distance.

    Raises:
        ValueError: The shapes differ.
    """
    _check(reference, shown)
    seen = [_spatial(picture, pixels_per_degree) for picture in (reference, shown)]
    return float(np.sqrt(((seen[0] - seen[1]) ** 2).sum(axis=-1)).mean())


def _spatial(picture: Bytes, pixels_per_degree: int) -> Floats:
    """L*a*b* of what is seen of a picture, (h, w, 3)."""
    planes = np.moveaxis(to_xyz(linear(picture)) @ _OPPONENTS.T, -1, 0)
    filters = opponent_filters(pixels_per_degree)
    seen = [_summed(plane, parts) for plane, parts in zip(planes, filters, strict=True)]
    return lab_of_xyz(np.stack(seen, axis=-1) @ np.linalg.inv(_OPPONENTS).T)


def _summed(plane: Floats, parts: Iterable[tuple[float, Floats]]) -> Floats:
    return np.asarray(sum(weight * filtered(plane, taps) for weight, taps in parts))


def opponent_filters(pixels_per_degree: int) -> list[list[tuple[float, Floats]]]:
    """For each opponent its Gaussians as weights, which sum to 1, and taps, which do too."""
    return [
        [(weight, _sampled(width, pixels_per_degree)) for weight, width in spreads]
        for spreads in _SPREADS
    ]


def _sampled(width: float, pixels_per_degree: int) -> Floats:
    """A Gaussian drawn finely, over one degree, for pixels that blend into their neighbors."""
    times = -(-_FINE // pixels_per_degree)
    reach = (pixels_per_degree * times - 1) // 2
    deviation = (width * pixels_per_degree * times - 1) / np.sqrt(8 * np.log(2))
    blend = np.bartlett(2 * times + 1)[1:-1]
    fine = np.convolve(gaussian(deviation, reach), blend, "same" if reach >= times else "full")
    middle = len(fine) // 2
    taps = fine[middle % times :: times]
    return np.asarray(taps / taps.sum())


def ssim(reference: Bytes, shown: Bytes) -> float:
    """Mean structural similarity of the luma of two pictures.

    Wang, Bovik, Sheikh and Simoncelli, "Image Quality Assessment: From Error Visibility to
    Structural Similarity", IEEE Transactions on Image Processing 13 (4), 2004: a Gaussian window
    of 11 x 11 pixels, deviation 1.5, K1 = 0.01, K2 = 0.03. The mean is over the pixels whose window
    lies within the picture; one with no such pixel is mirrored at its edges. Luma is BT.709's.

    Args:
        reference: uint8 (h, w, 3) sRGB.
        shown: uint8 (h, w, 3) sRGB.

    Returns:
        1.0 for the same picture, at least -1.

    Raises:
        ValueError: The shapes differ.
    """
    _check(reference, shown)
    x, y = (picture @ np.array([0.2126, 0.7152, 0.0722]) for picture in (reference, shown))
    taps = gaussian(_WINDOW, _REACH)
    mx, my = filtered(x, taps), filtered(y, taps)
    vx, vy = filtered(x * x, taps) - mx * mx, filtered(y * y, taps) - my * my
    shared = filtered(x * y, taps) - mx * my
    alike = (2 * mx * my + _C1) * (2 * shared + _C2)
    each = alike / ((mx * mx + my * my + _C1) * (vx + vy + _C2))
    edge = slice(_REACH, -_REACH) if min(each.shape) > 2 * _REACH else slice(None)
    return float(each[edge, edge].mean())


def _check(reference: Bytes, shown: Bytes) -> None:
    same = reference.shape == shown.shape
    if not same or reference.ndim != 3 or reference.shape[2] != 3 or not reference.size:
        raise ValueError(f"pictures to compare differ: {reference.shape} and {shown.shape}")
