"""Geometry on pictures: rotate, flip, scale, crop, pad, and do away with alpha; all in integers.

Scaling is separable and works on linear light that is weighted by alpha. Weights, sums and
roundings are integers, so the same picture gives the same pixels on every machine.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.color import to_linear
from pipeline.grid import RGB
from pipeline.image import Image, Scalar
from pipeline.layout import MAX_AREA

MAX_SIDE = 65535
"""Longest side of a picture in pixels, before and after; it keeps every sum inside int64."""

_PREMULTIPLIED_SHIFT = 6
_STRIP_VALUES = 1 << 21  # int64 values that are filtered at once: 16 MiB
_BAND_PIXELS = 1 << 20
_T_BITS = 15
_WEIGHT_BITS = 14


class Geometry(NamedTuple):
    """What a manifest can say about the shape of a picture; applied in this order.

    Attributes:
        rotate: Degrees clockwise: 0, 90, 180 or 270.
        flip: `none`, `horizontal` (left becomes right), `vertical` or `both`.
        size: Final (width, height), or None to keep the size.
        fit: `contain` scales the whole picture to fit inside, centered, the rest is
            transparent; `cover` fills the size and cuts off what sticks out on both sides;
            `stretch` ignores the proportions; `none` does not scale, it crops or pads
            around the center. An odd pixel goes to the right or to the bottom.
        resample: `smooth` (antialiased cubic) or `nearest` (pixel art).
    """

    rotate: int = 0
    flip: str = "none"
    size: tuple[int, int] | None = None
    fit: str = "contain"
    resample: str = "smooth"


class _Axis(NamedTuple):
    """How one direction of the picture meets the canvas.

    Covered pixel i looks at the source coordinate (2 (i + skip) + 1) step / (2 over), where
    source pixel j spans j..j+1; step / over is the size of one canvas pixel in the source.
    """

    source: int
    canvas: int
    lead: int
    covered: int
    skip: int
    step: int
    over: int

    @property
    def plain(self) -> bool:
        """Source pixels are copied, not scaled."""
        return self.step == self.over

    @property
    def copied(self) -> slice:
        """Which source pixels a plain axis keeps."""
        return slice(self.skip, self.skip + self.covered)

    @property
    def place(self) -> slice:
        """Where the covered pixels stand on the canvas."""
        return slice(self.lead, self.lead + self.covered)


def arrange(image: Image, geometry: Geometry) -> Image:
    """Rotate, flip and fit a picture.

    Args:
        image: The picture; each side at most `MAX_SIDE`.
        geometry: What to do.

    Returns:
        The picture in its new shape. What `contain` and `none` leave uncovered is
        transparent. Opaque pictures stay exactly opaque and flat ones exactly flat; at
        the picture's own size the pixels do not change.

    Raises:
        ValueError: The geometry has an unknown word or an impossible size.
    """
    turned = Image(_turn(image.linear, geometry), _turn(image.alpha, geometry))
    if geometry.size is None:
        return turned
    x, y = _axes(turned.width, turned.height, geometry)
    if x.plain and y.plain:
        part = Image(turned.linear[y.copied, x.copied], turned.alpha[y.copied, x.copied])
    elif geometry.resample == "nearest":
        picked = np.ix_(_nearest(y), _nearest(x))
        part = Image(turned.linear[picked], turned.alpha[picked])
    else:
        part = _smooth(turned, x, y)
    return Image(_placed(part.linear, x, y, 0), _placed(part.alpha, x, y, 0))


def arrange_indices(indices: NDArray[Scalar], geometry: Geometry, pad: int) -> NDArray[Scalar]:
    """Rotate, flip and fit palette indices, which cannot be blended.

    Args:
        indices: (h, w) of any unsigned type; each side at most `MAX_SIDE`.
        geometry: What to do; a change of scale needs `resample: nearest`.
        pad: Index of what `contain` and `none` leave uncovered.

    Returns:
        The indices in their new shape, of the same type, agreeing with `arrange`.

    Raises:
        ValueError: Smooth scaling would be needed, or the geometry is impossible.
    """
    turned = _turn(indices, geometry)
    if geometry.size is None:
        return turned
    height, width = turned.shape
    x, y = _axes(width, height, geometry)
    if geometry.resample != "nearest" and not (x.plain and y.plain):
        raise ValueError(
            f"palette indices of {width}x{height} pixels cannot be scaled smoothly to "
            f"{x.canvas}x{y.canvas}; use `resample: nearest` or `fit: none`"
        )
    return _placed(turned[np.ix_(_nearest(y), _nearest(x))], x, y, pad)


def flatten(image: Image, background: RGB) -> Image:
    """Lay the picture over one color, in linear light, rounded to nearest.

    Args:
        image: The picture.
        background: sRGB, 0..255 each.

    Returns:
        The opaque picture: alpha is 255 everywhere.
    """
    if int(image.alpha.min()) == 255:
        return image
    below = to_linear(np.array(background, np.uint8)).astype(np.uint32)
    linear = np.empty_like(image.linear)
    rows = max(1, _BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        band = slice(top, top + rows)
        alpha = image.alpha[band, :, None].astype(np.uint32)
        linear[band] = (image.linear[band] * alpha + below * (255 - alpha) + 127) // 255
    return Image(linear, np.full_like(image.alpha, 255))


def cut_alpha(image: Image, threshold: int, background: RGB) -> Image:
    """Make every pixel either opaque or gone, for panels with one transparent index.

    A pixel at or above the threshold keeps its own color, unblended: the soft edge of an
    icon gets no fringe of the background. The others get the background's color, so that
    a hidden color can leak neither into a palette nor into a dither.

    Args:
        image: The picture.
        threshold: 1..255, the lowest alpha that is drawn.
        background: sRGB, 0..255 each.

    Raises:
        ValueError: The threshold is out of range.
    """
    if not 1 <= threshold <= 255:
        raise ValueError(f"the alpha threshold is 1 to 255, not {threshold}")
    if int(image.alpha.min()) == 255:
        return image
    drawn = image.alpha >= threshold
    below = to_linear(np.array(background, np.uint8))
    alpha = np.where(drawn, np.uint8(255), np.uint8(0))
    return Image(np.where(drawn[..., None], image.linear, below), alpha)


def _turn(pixels: NDArray[Scalar], geometry: Geometry) -> NDArray[Scalar]:
    """Rotate clockwise, then flip: a view."""
    if geometry.rotate not in {0, 90, 180, 270}:
        raise ValueError(f"a picture rotates by 0, 90, 180 or 270 degrees, not {geometry.rotate}")
    if geometry.flip not in {"none", "horizontal", "vertical", "both"}:
        raise ValueError(f"flip is none, horizontal, vertical or both, not {geometry.flip!r}")
    turned = np.rot90(pixels, -geometry.rotate // 90)
    if geometry.flip in {"horizontal", "both"}:
        turned = turned[:, ::-1]
    return turned[::-1] if geometry.flip in {"vertical", "both"} else turned


def _placed(part: NDArray[Scalar], x: _Axis, y: _Axis, pad: int) -> NDArray[Scalar]:
    """The covered pixels on their canvas."""
    if part.shape[:2] == (y.canvas, x.canvas):
        return part
    canvas = np.full((y.canvas, x.canvas, *part.shape[2:]), pad, part.dtype)
    canvas[y.place, x.place] = part
    return canvas


def _axes(width: int, height: int, geometry: Geometry) -> tuple[_Axis, _Axis]:
    """Both directions of a fit."""
    out_width, out_height = _checked_size(width, height, geometry)
    if geometry.resample not in {"smooth", "nearest"}:
        raise ValueError(f"resample is smooth or nearest, not {geometry.resample!r}")
    if geometry.fit == "none":
        return _kept(width, out_width), _kept(height, out_height)
    if geometry.fit == "stretch":
        return _scaled(width, out_width, out_width), _scaled(height, out_height, out_height)
    wider = width * out_height >= height * out_width
    if geometry.fit == "contain":
        inner_width = out_width if wider else _rounded(width * out_height, height)
        inner_height = _rounded(height * out_width, width) if wider else out_height
        return _scaled(width, out_width, inner_width), _scaled(height, out_height, inner_height)
    if geometry.fit == "cover":
        step, over = (height, out_height) if wider else (width, out_width)
        return _cropped(width, out_width, step, over), _cropped(height, out_height, step, over)
    raise ValueError(f"fit is contain, cover, stretch or none, not {geometry.fit!r}")


def _checked_size(width: int, height: int, geometry: Geometry) -> tuple[int, int]:
    out_width, out_height = geometry.size or (width, height)
    if max(width, height) > MAX_SIDE:
        raise ValueError(f"a picture of {width}x{height} pixels is too long: {MAX_SIDE} a side")
    if not (1 <= out_width <= MAX_SIDE and 1 <= out_height <= MAX_SIDE):
        raise ValueError(f"size {out_width}x{out_height}: each side is 1 to {MAX_SIDE} pixels")
    if out_width * out_height > MAX_AREA:
        raise ValueError(f"{out_width}x{out_height} is more than {MAX_AREA} pixels: set `size:`")
    return out_width, out_height


def _rounded(numerator: int, denominator: int) -> int:
    """The quotient rounded half up, at least 1."""
    return max(1, (2 * numerator + denominator) // (2 * denominator))


def _kept(source: int, canvas: int) -> _Axis:
    covered = min(source, canvas)
    return _Axis(source, canvas, (canvas - covered) // 2, covered, (source - covered) // 2, 1, 1)


def _scaled(source: int, canvas: int, covered: int) -> _Axis:
    return _Axis(source, canvas, (canvas - covered) // 2, covered, 0, source, covered)


def _cropped(source: int, canvas: int, step: int, over: int) -> _Axis:
    """Scaled as step / over asks, then cut on both sides by whole canvas pixels."""
    skip = (source * over - canvas * step) // (2 * step)
    return _Axis(source, canvas, 0, canvas, skip, step, over)


def _centers(axis: _Axis) -> NDArray[np.int64]:
    """int64 (covered,): source coordinates of the pixel centers, in 1 / (2 over)."""
    return (2 * (np.arange(axis.covered, dtype=np.int64) + axis.skip) + 1) * axis.step


def _nearest(axis: _Axis) -> NDArray[np.int64]:
    """int64 (covered,): the source pixel under each center; on an edge the later one."""
    return _centers(axis) // (2 * axis.over)


def _smooth(image: Image, x: _Axis, y: _Axis) -> Image:
    """Filter one direction after the other, in the order that keeps the middle small."""
    upright = y.covered * image.width <= image.height * x.covered
    first, second = (y, x) if upright else (x, y)
    linear, alpha = image.linear, image.alpha
    if not upright:
        linear, alpha = linear.swapaxes(0, 1), alpha.T
    strips = _strips(second.source, first.source + first.covered)
    middle = np.concatenate(
        [_along(_premultiplied(linear[:, part], alpha[:, part]), first) for part in strips], axis=1
    ).swapaxes(0, 1)
    strips = _strips(first.covered, second.source + second.covered)
    parts = [_unpremultiplied(_along(middle[:, part], second)) for part in strips]
    linear = np.concatenate([part[0] for part in parts], axis=1)
    alpha = np.concatenate([part[1] for part in parts], axis=1)
    return Image(linear.swapaxes(0, 1), alpha.T) if upright else Image(linear, alpha)


def _strips(columns: int, height: int) -> list[slice]:
    """The columns in slices that bound how much is held in int64 at once."""
    width = max(1, _STRIP_VALUES // (4 * height))
    return [slice(left, left + width) for left in range(0, columns, width)]


def _premultiplied(linear: NDArray[np.uint16], alpha: NDArray[np.uint8]) -> NDArray[np.int64]:
    """int64 (h, w, 4): linear light times alpha, and alpha, both exact and shifted up.

    The shift leaves room for fractions of alpha, so that faint pixels keep their color.
    """
    planes = np.empty((*alpha.shape, 4), np.int64)
    planes[..., 3] = alpha
    np.multiply(linear, planes[..., 3:], out=planes[..., :3])
    planes <<= _PREMULTIPLIED_SHIFT
    return planes


def _unpremultiplied(planes: NDArray[np.int64]) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Back to color and alpha, rounded half up; overshoot of the filter is cut off."""
    alpha = planes[..., 3]
    divisor = np.maximum(alpha, 1)[..., None]
    linear = np.where(alpha[..., None] > 0, (2 * planes[..., :3] + divisor) // (2 * divisor), 0)
    half = 1 << _PREMULTIPLIED_SHIFT - 1
    whole = np.clip(alpha + half >> _PREMULTIPLIED_SHIFT, 0, 255)
    return np.clip(linear, 0, 65535).astype(np.uint16), whole.astype(np.uint8)


def _along(planes: NDArray[np.int64], axis: _Axis) -> NDArray[np.int64]:
    """Filter the first dimension: (source, m, 4) to (covered, m, 4).

    Each output is the weighted sum divided by the sum of its weights and rounded half up:
    a constant stays exactly constant, and a mirrored picture gives the mirrored result.
    The largest sum is 65535 * 255 << 6 (30 bits) times 1.25 * 2**14 * 65535, below 2**62.
    """
    if axis.plain:
        return planes[axis.copied]
    flat = planes.reshape(len(planes), -1)
    out = np.empty((axis.covered, flat.shape[1]), np.int64)
    starts, weights = _taps(axis)
    for i, (start, taps) in enumerate(zip(starts, weights, strict=True)):
        total = int(taps.sum())
        np.einsum("k,km->m", taps, flat[start : start + len(taps)], out=out[i])
        out[i] = (out[i] + total // 2) // total
    return out.reshape(axis.covered, *planes.shape[1:])


def _taps(axis: _Axis) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First source pixel (covered,) and weights (covered, taps) of each output pixel.

    Where the picture shrinks, the kernel is stretched over the source (antialiasing). Taps
    outside the picture are left out.
    """
    reach = 2 * max(axis.step, axis.over)  # half the kernel's width is 2 reach / (2 over)
    count = min(axis.source, 2 * reach // axis.over + 1)
    centers = _centers(axis)
    starts = (centers - 2 * reach - axis.over) // (2 * axis.over) + 1
    starts = np.clip(starts, 0, axis.source - count)
    pixels = starts[:, None] + np.arange(count)
    away = np.abs((2 * pixels + 1) * axis.over - centers[:, None])
    return starts, _cubic((away * 2 << _T_BITS) // reach + 1 >> 1)


def _cubic(t: NDArray[np.int64]) -> NDArray[np.int64]:
    """Catmull-Rom weights in 2**-14 at distances t in 2**-15, zero from 2 on.

    Keys, "Cubic convolution interpolation for digital image processing" (1981), a = -1/2:
    (3 t^3 - 5 t^2 + 2) / 2 below 1, (-t^3 + 5 t^2 - 8 t + 4) / 2 below 2.
    """
    one = 1 << _T_BITS
    near = 3 * t**3 - 5 * one * t**2 + 2 * one**3
    far = -(t**3) + 5 * one * t**2 - 8 * one**2 * t + 4 * one**3
    doubled = np.where(t < one, near, np.where(t < 2 * one, far, 0))
    shift = 3 * _T_BITS + 1 - _WEIGHT_BITS
    return doubled + (1 << shift - 1) >> shift
