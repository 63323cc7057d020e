"""The test card for bytes: a lop-sided picture that each wrong setting spoils in its own way.

A border of one pixel shows offsets and strides. The corners hold a full square, a hollow one, a
staircase and a single dot, in reading order, and the middle the letter F, which no turn or mirror
leaves as it is. To its right are the colors, the first at the upper left in rows from the top: an
exchanged pair of codes shows there. Above is a ramp from dark to light; below a checkerboard of
single pixels shows exchanged bits and nibbles. On round glass this is in a square that is seen.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.grid import GRIDS, RGB
from pipeline.palette import Indexed, Palette, from_colors, of_target
from pipeline.target import Target

SMALLEST = 16
"""Pixels on a side that a card needs."""

_ROUND_SMALLEST = 24
_MOST_PATCHES = 32
_RAMP_STEPS = 16
_LETTER = ("1111", "1000", "1110", "1000", "1000")
_PRIMARIES: tuple[RGB, ...] = (
    (0, 0, 0),
    (255, 255, 255),
    (255, 0, 0),
    (0, 0, 255),
    (0, 255, 0),
    (255, 255, 0),
    (0, 255, 255),
    (255, 0, 255),
)
_GRAYS: tuple[RGB, ...] = tuple(
    (gray, gray, gray) for gray in (28, 56, 85, 113, 141, 170, 198, 226)
)

Canvas = NDArray[np.uint16]


class _Ends(NamedTuple):
    """Indices of the darkest and of the lightest color."""

    dark: int
    light: int


def colors_for(target: Target) -> Palette:
    """The palette of a target's card: its own, or primaries and grays where it can be chosen."""
    if target.inks or target.whole:
        return of_target(target)
    colors = [*_PRIMARIES, *_GRAYS][: target.max_colors]
    return from_colors(colors, GRIDS[target.grid])


def draw(width: int, height: int, palette: Palette, *, is_round: bool = False) -> Indexed:
    """The card in the colors of a palette.

    Args:
        width: In pixels, at least 16; 24 on round glass.
        height: The same.
        palette: At least a dark and a light color.
        is_round: Keep to the square inside the circle.

    Raises:
        ValueError: It is too small, or all colors are equally light.
    """
    least = _ROUND_SMALLEST if is_round else SMALLEST
    if min(width, height) < least:
        raise ValueError(f"a test card needs {least}x{least} pixels, not {width}x{height}")
    ends = _ends(palette)
    canvas = np.full((height, width), ends.light, np.uint16)
    _frame(canvas, ends)
    margin = [side * 3 // 20 if is_round else 0 for side in (width, height)]
    inner = canvas[margin[1] : height - margin[1], margin[0] : width - margin[0]]
    _frame(inner, ends)
    _fill(inner, palette, ends)
    return Indexed(canvas, palette)


def _ends(palette: Palette) -> _Ends:
    light = _lightness(palette)
    if light.min() == light.max():
        raise ValueError("a test card needs a dark and a light color")
    return _Ends(int(light.argmin()), int(light.argmax()))


def _lightness(palette: Palette) -> NDArray[np.int64]:
    weighted: NDArray[np.int64] = palette.nominal.astype(np.int64) @ np.array([2, 7, 1])
    return weighted


def _frame(canvas: Canvas, ends: _Ends) -> None:
    canvas[0, :] = canvas[-1, :] = canvas[:, 0] = canvas[:, -1] = ends.dark


def _fill(canvas: Canvas, palette: Palette, ends: _Ends) -> None:
    """All that stands inside the border; at 16x16 every part still has its pixels."""
    height, width = canvas.shape
    unit = max(1, min(width, height) // 24)
    mark, edge = 3 * unit, 2
    top, bottom = edge + mark + 1, height - edge - mark - 1
    left, right = top, width - edge - mark - 1
    _corners(canvas, edge, unit, ends)
    _ramp(canvas[edge : edge + mark, left:right], palette)
    checker = canvas[height - edge - mark : height - edge, left:right]
    checker[...] = np.where(np.indices(checker.shape).sum(axis=0) % 2, ends.light, ends.dark)
    middle = width // 2
    _letter(canvas[top : bottom + 1, edge + 2 * unit : middle], ends)
    _patches(canvas[top:bottom, middle + 1 : width - edge], palette)


def _corners(canvas: Canvas, edge: int, unit: int, ends: _Ends) -> None:
    side = 3 * unit
    low, high = slice(edge, edge + side), slice(-edge - side, -edge)
    canvas[low, low] = ends.dark
    canvas[low, high] = ends.dark
    hollow = slice(unit, 2 * unit)
    canvas[low, high][hollow, hollow] = ends.light
    rows, columns = np.indices((side, side))
    canvas[high, low] = np.where(columns <= rows, ends.dark, ends.light)
    canvas[high, high][hollow, hollow] = ends.dark


def _ramp(box: Canvas, palette: Palette) -> None:
    """Dark to light from the left, in the colors nearest to grays."""
    width = box.shape[1]
    steps = min(_RAMP_STEPS, width)
    grays = (step * 255 // max(1, steps - 1) for step in range(steps))
    shades = [_nearest(palette, (gray, gray, gray)) for gray in grays]
    box[...] = np.array(shades, np.uint16)[np.arange(width) * steps // width]


def _nearest(palette: Palette, color: RGB) -> int:
    apart = palette.nominal.astype(np.int64) - np.array(color)
    return int((apart * apart).sum(axis=1).argmin())


def _letter(box: Canvas, ends: _Ends) -> None:
    """The F, as large as it fits, at the upper left of the box."""
    pattern = np.array([[int(dot) for dot in row] for row in _LETTER], np.bool_)
    size = min(box.shape[0] // pattern.shape[0], box.shape[1] // pattern.shape[1])
    large = pattern.repeat(size, axis=0).repeat(size, axis=1)
    box[: large.shape[0], : large.shape[1]][large] = ends.dark


def _patches(box: Canvas, palette: Palette) -> None:
    """The colors side by side: all of a small palette, the primaries of a large one."""
    height, width = box.shape
    shown = _shown(palette)[: width * height]
    columns = _columns(width, height, len(shown))
    rows = -(-len(shown) // columns)
    wide, high = width // columns, height // rows
    for place, index in enumerate(shown):
        left, top = place % columns * wide, place // columns * high
        box[top : top + high, left : left + wide] = index


def _shown(palette: Palette) -> list[int]:
    if len(palette) <= _MOST_PATCHES:
        return list(range(len(palette)))
    return [_nearest(palette, color) for color in _PRIMARIES]


def _columns(width: int, height: int, count: int) -> int:
    """How many patches stand side by side so that their shorter side is longest."""
    return max(range(1, count + 1), key=lambda n: min(width // n, height // -(-count // n)))
