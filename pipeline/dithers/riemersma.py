"""Riemersma's dither: error passed along a curve that fills the picture.

Thiadmer Riemersma: A Balanced Dithering Technique. C/C++ Users Journal, December 1998. What the
last pixels on the curve missed is owed to the next one, the older the less. Here the shares sum
to one, so that the mean tone is kept.

As in `diffusion`, a channel's value x is clipped to low..high, the reach of the palette's opaque
entries, and accumulated values are bounded by half of that range beyond it:

    v = x + floor((strength * S + 128 * 1024) / (256 * 1024))
    v = min(max(v, low - reach), high + reach)
    error = v - (value of the entry that `pick` chooses for v)

where S is the sum of `WEIGHTS` times the last errors on the curve, the newest first. A settled
pixel owes nothing: its error is 0. Gray levels are chosen by luminance, the channels of a whole
grid one by one. `pick` has the rules; kernels/riemersma.c follows this text and gives the same.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from operator import mul
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.color import cube_root_table, oklab, to_linear
from pipeline.dithers import DitherOptions, Pinned
from pipeline.dithers.curve import curve
from pipeline.dithers.ordered import bands
from pipeline.dithers.pick import Axis, axes, picker, planes
from pipeline.image import Image
from pipeline.kernels import Native, load
from pipeline.palette import Palette

WEIGHTS = (183, 151, 126, 105, 87, 72, 60, 50, 41, 35, 29, 24, 20, 16, 14, 11)
"""In 1/1024, newest first; each about 16^(-1/15) of the one before. As in riemersma.c."""

_PART = 1 << 16  # pixels taken out of arrays at a time

_SEARCHED = 1024
"""The kernel compares with every entry; of more than these `pick`'s cells are faster."""


class Walk(NamedTuple):
    """The way through a picture.

    Attributes:
        places: int32 (n,): flat places in order.
        settled: int32 (n,) by flat place, -1 where free; empty when all are.
        strength: In 1/256.
    """

    places: NDArray[np.int32]
    settled: NDArray[np.int32]
    strength: int


def riemersma(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None
) -> NDArray[np.uint16]:
    """Error diffusion along a space-filling curve; see the module's docstring.

    Args:
        image: The picture. Alpha is ignored.
        palette: The colors; its transparent entry is never chosen.
        options: `strength`.
        pinned: Settled entries; what stands at their places in the result has no meaning.

    Returns:
        uint16 (h, w) indices, each in `palette.opaque`.
    """
    settled = np.empty(0, np.int32) if pinned is None else np.ascontiguousarray(pinned, np.int32)
    walk = Walk(curve(image.height, image.width), settled.ravel(), options.strength)
    separate = axes(palette)
    if not separate:
        return _colors(image.linear, palette, walk).reshape(image.alpha.shape)
    indices = np.zeros(image.alpha.shape, np.uint16)
    for channel, axis in enumerate(separate):
        places = _levels(_plane(image, channel, len(separate)), axis, walk)
        indices += axis.shares.astype(np.uint16)[places].reshape(indices.shape)
    return indices


def _plane(image: Image, channel: int, count: int) -> NDArray[np.uint16]:
    """uint16 (n,): one of the planes that are dithered alone."""
    plane = np.empty(image.alpha.shape, np.uint16)
    for rows in bands(image):
        plane[rows] = planes(image.linear[rows], count)[channel]
    return plane.ravel()


def _levels(plane: NDArray[np.uint16], axis: Axis, walk: Walk) -> NDArray[np.uint16]:
    """The place of the level that each value of one channel takes."""
    native = load()
    if native is None:
        return follow_axis(plane, axis, walk)
    out = np.zeros(len(plane), np.uint16)
    levels, edges = axis.levels.astype(np.int32), axis.edges.astype(np.int32)
    native.riemersma_axis(plane, walk.places, walk.settled, levels, edges, walk.strength, out)
    return out


def _colors(linear: NDArray[np.uint16], palette: Palette, walk: Walk) -> NDArray[np.uint16]:
    native = load()
    if native is None or len(palette) > _SEARCHED:
        return follow_colors(linear, palette, walk)
    return _natively(native, linear, palette, walk)


def _natively(
    native: Native, linear: NDArray[np.uint16], palette: Palette, walk: Walk
) -> NDArray[np.uint16]:
    shown = to_linear(palette.seen[palette.opaque])
    points = oklab(shown) if palette.learned else np.empty((0, 3), np.int32)
    roots = cube_root_table().astype(np.uint16)
    out = np.zeros(len(walk.places), np.uint16)
    native.riemersma_colors(
        *(linear, walk.places, walk.settled), *(shown, points, roots), walk.strength, out
    )
    return palette.opaque.astype(np.uint16)[out]


def follow_axis(plane: NDArray[np.uint16], axis: Axis, walk: Walk) -> NDArray[np.uint16]:
    """The reference for one channel: uint16 (n,) values to places of levels."""
    levels, edges = axis.levels.tolist(), axis.edges.tolist()
    owed = _Owed(levels[0], levels[-1], walk.strength)
    out = np.zeros(len(plane), np.uint16)
    for place, free, value in _visited(plane, walk):
        if free:
            v = owed.add(value)
            out[place] = chosen = bisect_left(edges, v)
        owed.missed(v - levels[chosen] if free else 0)
    return out


def follow_colors(linear: NDArray[np.uint16], palette: Palette, walk: Walk) -> NDArray[np.uint16]:
    """The reference for colors: uint16 (h, w, 3) linear light to uint16 (n,) indices."""
    shown, pick = to_linear(palette.seen).tolist(), picker(palette)
    opaque = to_linear(palette.seen[palette.opaque])
    bounds = zip(opaque.min(axis=0).tolist(), opaque.max(axis=0).tolist(), strict=True)
    owed = [_Owed(low, high, walk.strength) for low, high in bounds]
    out = np.zeros(len(walk.places), np.uint16)
    for place, free, color in _visited(linear.reshape(-1, 3), walk):
        errors: Iterable[int] = (0, 0, 0)
        if free:
            r, g, b = (each.add(value) for each, value in zip(owed, color, strict=True))
            out[place] = chosen = pick(r, g, b)
            errors = (v - got for v, got in zip((r, g, b), shown[chosen], strict=True))
        for each, error in zip(owed, errors, strict=True):
            each.missed(error)
    return out


def _visited(values: NDArray[np.uint16], walk: Walk) -> Iterable[tuple[int, bool, Any]]:
    """Place, whether it is free, and value, in the order of the walk; in parts."""
    for start in range(0, len(walk.places), _PART):
        places = walk.places[start : start + _PART]
        free = walk.settled[places] < 0 if len(walk.settled) else np.ones(len(places), np.bool_)
        yield from zip(places.tolist(), free.tolist(), values[places].tolist(), strict=True)


class _Owed:
    """What one channel's last pixels missed."""

    def __init__(self, low: int, high: int, strength: int) -> None:
        reach = (high - low + 1) // 2
        self._inside, self._bounds = (low, high), (low - reach, high + reach)
        self._strength = strength
        self._errors = deque([0] * len(WEIGHTS), len(WEIGHTS))

    def add(self, value: int) -> int:
        """The value with what is owed to it."""
        low, high = self._inside
        least, most = self._bounds
        total = sum(map(mul, WEIGHTS, self._errors)) * self._strength
        v: int = min(max(value, low), high) + (total + (1 << 17) >> 18)
        return min(max(v, least), most)

    def missed(self, error: int) -> None:
        """Note what a pixel missed; the oldest error is forgotten."""
        self._errors.appendleft(error)
