"""Panel: a model of what the eye sees of a picture on a display.

All integers, so that a preview is the same on every machine.
"""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.average import blurred
from pipeline.color import linear_table, to_linear, to_srgb
from pipeline.grid import LINEAR_MAX, RGB
from pipeline.light import LIGHTS, MAX_MM, MAX_SCALE, shown_share
from pipeline.palette import Indexed
from pipeline.target import Target

MAX_PIXELS = 1 << 26

_USUAL_MM = 25.4 / 130  # where the pitch is unknown; as the metrics of blurred pictures have it
_EYE = Fraction(15, 350)  # degrees: deviation of its blur, 1.5 pixels at 35 a degree
_RADIAN = Fraction(180 * 113, 355)  # degrees


class View(NamedTuple):
    """How a panel is looked at.

    Attributes:
        scale: Picture pixels on the shorter side of a panel's pixel, 1..`MAX_SCALE`.
        light: The light around, one of `LIGHTS`.
        gap: Show the lines between pixels, where the target says how wide they are.
        mm_away: Distance of the eye in mm up to `MAX_MM`; 0 shows hard pixels.
    """

    scale: int = 1
    light: str = "day"
    gap: bool = False
    mm_away: int = 0


def look(indexed: Indexed, target: Target, view: View = View()) -> NDArray[np.uint8]:  # noqa: B008 (immutable)
    """What the eye sees of a picture on a panel.

    By daylight, at scale 1 and without distance this is `indexed.seen`, for panels of square
    pixels without a tint. The transparent entry shows in its own color; where the panel has no
    glass, as `glass` tells, the picture goes on.

    Args:
        indexed: The picture.
        target: The panel.
        view: How it is looked at.

    Returns:
        uint8 (height, width, 3) sRGB: `cell(target, view.scale)` pixels for each of the panel's.

    Raises:
        ValueError: The view is out of range, or too large.
    """
    _check(indexed, target, view)
    width, height = cell(target, view.scale)
    small = lit(indexed.palette.seen, target, view.light)[indexed.indices]
    shown = np.ascontiguousarray(small.repeat(height, 0).repeat(width, 1))
    if view.gap:
        _draw_gaps(shown, target, view)
    if view.mm_away:
        return blurred(shown, *_variances(target, view))
    return shown


def _check(indexed: Indexed, target: Target, view: View) -> None:
    if not 1 <= view.scale <= MAX_SCALE:
        raise ValueError(f"a scale is 1 to {MAX_SCALE}, not {view.scale}")
    if view.light not in LIGHTS:
        raise ValueError(f"light is one of {', '.join(LIGHTS)}, not '{view.light}'")
    if not 0 <= view.mm_away <= MAX_MM:
        raise ValueError(f"a distance is 0 to {MAX_MM} mm, not {view.mm_away}")
    width, height = cell(target, view.scale)
    if indexed.width * width * indexed.height * height > MAX_PIXELS:
        raise ValueError(f"{indexed.width}x{indexed.height} is too large at {view.scale} times")


def cell(target: Target, scale: int) -> tuple[int, int]:
    """Width and height of one pixel of a panel in picture pixels, the shorter side `scale`.

    `cellOf` in share/preview/viewer.js is the same.
    """
    across, down = target.pitch_mm or (1.0, 1.0)
    # The pitch has few decimals, and no rounding of it to a micrometer can differ.
    x, y = max(round(1000 * across), 1), max(round(1000 * down), 1)
    least = min(x, y)
    return (2 * scale * x + least) // (2 * least), (2 * scale * y + least) // (2 * least)


def lit(colors: NDArray[np.uint8], target: Target, light: str) -> NDArray[np.uint8]:
    """Colors of a panel, uint8 (..., 3) sRGB, as its glass and the light around make them."""
    tint = linear_table()[list(target.tint or (255, 255, 255))].astype(np.int64)
    around = np.array(shown_share(target.kind, light), np.int64)
    most = LINEAR_MAX * 1000
    linear = (to_linear(colors).astype(np.int64) * (tint * around) + most // 2) // most
    return to_srgb(linear.astype(np.uint16))


def _draw_gaps(shown: NDArray[np.uint8], target: Target, view: View) -> None:
    """Lines at the right and the bottom of each pixel, in the color of what is not drawn."""
    background = lit(np.array(target.background, np.uint8), target, view.light)
    for axis, side in enumerate(reversed(cell(target, view.scale))):
        whole, part = divmod(side * target.gap, 1000)
        rows = np.moveaxis(shown, axis, 0)
        for place in range(side - whole, side):
            rows[place::side] = background
        if part:
            edge = rows[side - whole - 1 :: side]
            edge[:] = _mixed(edge, background, part)


def _mixed(colors: NDArray[np.uint8], other: NDArray[np.uint8], share: int) -> NDArray[np.uint8]:
    """Light of an area of which a share, in thousandths, has another color."""
    most, light = 1000, to_linear(colors).astype(np.int64)
    total = light * (most - share) + to_linear(other).astype(np.int64) * share
    return to_srgb(((total + most // 2) // most).astype(np.uint16))


def _variances(target: Target, view: View) -> tuple[Fraction, Fraction]:
    """Of the eye's blur at a distance, along rows and columns, in squared picture pixels."""
    pitch = target.pitch_mm or (_USUAL_MM, _USUAL_MM)
    sides = cell(target, view.scale)
    blur_um = _EYE / _RADIAN * view.mm_away * 1000
    x, y = ((blur_um * side / round(1000 * mm)) ** 2 for side, mm in zip(sides, pitch, strict=True))
    return x, y


def glass(indexed: Indexed, target: Target, view: View = View()) -> NDArray[np.bool_]:  # noqa: B008 (immutable)
    """Where the panel has glass: bool (height, width) for the picture that `look` gives.

    A picture that is not as large as the screen can stand anywhere on it, so all of it counts.
    """
    width, height = cell(target, view.scale)
    size = indexed.width * width, indexed.height * height
    if target.size != (indexed.width, indexed.height):
        return np.ones(size[::-1], bool)
    if target.shape == "round":
        return _rounded(size, (size[0] / 2, size[1] / 2))
    return _rounded(size, (target.corner * width, target.corner * height))


def _rounded(size: tuple[int, int], radius: tuple[float, float]) -> NDArray[np.bool_]:
    """A rectangle with elliptic corners; twice the radius is a whole number."""
    beyond = []
    for side, round_by in zip(size, radius, strict=True):
        twice = min(int(2 * round_by), side)
        center = 2 * np.arange(side, dtype=np.int64) + 1  # of pixels, in half pixels
        inside = np.clip(center, twice, 2 * side - twice)
        beyond.append((np.abs(center - inside), max(twice, 1)))
    (x, across), (y, down) = beyond
    return np.asarray((x[None, :] * down) ** 2 + (y[:, None] * across) ** 2 <= (across * down) ** 2)


def framed(shown: NDArray[np.uint8], inside: NDArray[np.bool_], outside: RGB) -> NDArray[np.uint8]:
    """A picture of a panel, uint8 (h, w, 3), in one color where the panel has no glass."""
    return np.where(inside[..., None], shown, np.array(outside, np.uint8))


def describe(target: Target) -> str:
    """One sentence that says what the model is worth: where its colors come from."""
    model = "a model of the panel, not a photograph; its colors are"
    for measured in target.measured:
        if measured.name == target.seen:
            return f"{model} the set '{measured.name}' ({measured.source})"
    return f"{model} nominal: nobody has measured this panel"
