"""The test card for calibration: a patch of each ink, with a marker in each corner.

Everything is laid out in modules, squares of a whole number of pixels. A marker is the finder
pattern of QR codes (ISO/IEC 18004, 6.3.3): a dark frame of 7 x 7 modules, a light one, and a
dark square of 3 x 3, so that a line through its center crosses dark and light as 1:1:3:1:1,
whatever the angle. A dark square right of the upper left marker tells which way is up.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.palette import Indexed, Palette

MODULES = 36
"""Modules along the shorter side of the card."""

MARKER = 7
_QUIET = 2
_UP = (12, 4, 15, 7)  # left, top, right, bottom of the square that tells which way is up
_GAP = 2 * _QUIET + MARKER

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels; right and bottom lie outside."""


class Card(NamedTuple):
    """Where things are on a test card.

    Attributes:
        width: In pixels.
        height: In pixels.
        module: Side of a module in pixels.
        patches: The inks' places, in palette order: rows from the top, each from the left.
    """

    width: int
    height: int
    module: int
    patches: tuple[Box, ...]

    @property
    def markers(self) -> tuple[tuple[float, float], ...]:
        """The markers' centers (x, y): upper left, upper right, lower right, lower left."""
        near = (_QUIET + MARKER / 2) * self.module
        right, bottom = self.width - near, self.height - near
        return ((near, near), (right, near), (right, bottom), (near, bottom))

    @property
    def up(self) -> Box:
        """The square that tells which way is up."""
        left, top, right, bottom = (each * self.module for each in _UP)
        return left, top, right, bottom


def plan(width: int, height: int, inks: int) -> Card:
    """The layout for a panel of a size with a number of inks.

    Raises:
        ValueError: The panel is too small for markers and patches.
    """
    module = min(width, height) // MODULES
    edge = _QUIET * module
    top, bottom = _GAP * module, height - _GAP * module
    columns = _columns(width - 2 * edge, bottom - top, inks)
    rows = -(-inks // columns)
    wide, high = (width - 2 * edge) // columns, (bottom - top) // rows
    if module < 1 or min(wide, high) < 4 * module:
        raise ValueError(f"{width}x{height} is too small for a test card of {inks} inks")
    corners = [(edge + i % columns * wide, top + i // columns * high) for i in range(inks)]
    boxes = tuple((left, up, left + wide, up + high) for left, up in corners)
    return Card(width, height, module, boxes)


def _columns(width: int, height: int, inks: int) -> int:
    """How many patches stand side by side so that their shorter side is longest."""
    return max(range(1, inks + 1), key=lambda n: min(width // n, height // -(-inks // n)))


def draw(card: Card, palette: Palette) -> Indexed:
    """The card in the inks of a panel, in their nominal colors.

    Args:
        card: A layout for as many patches as the palette has entries.
        palette: The inks. Markers are in the nominally darkest on the lightest.

    Raises:
        ValueError: The palette has no two inks that differ in lightness.
    """
    light = palette.nominal.astype(int) @ (2, 7, 1)
    if light.min() == light.max():
        raise ValueError("a test card needs a dark and a light ink")
    dark, paper = int(light.argmin()), int(light.argmax())
    indices = np.full((card.height, card.width), paper, np.uint16)
    for index, (left, top, right, bottom) in enumerate(card.patches):
        indices[top:bottom, left:right] = index
    for x, y in card.markers:
        _stamp(
            indices,
            round(x - MARKER * card.module / 2),
            round(y - MARKER * card.module / 2),
            np.where(marker(), dark, paper)
            .astype(np.uint16)
            .repeat(card.module, 0)
            .repeat(card.module, 1),
        )
    left, top, right, bottom = card.up
    indices[top:bottom, left:right] = dark
    named = Palette(palette.nominal, palette.nominal, palette.codes)
    return Indexed(indices, named)


def _stamp(indices: NDArray[np.uint16], x: int, y: int, stamp: NDArray[np.uint16]) -> None:
    indices[y : y + len(stamp), x : x + len(stamp)] = stamp


def marker() -> NDArray[np.bool_]:
    """Which modules of a marker are dark: bool (7, 7)."""
    steps = abs(np.arange(MARKER) - MARKER // 2)
    ring = np.maximum(steps[:, None], steps)
    return np.asarray(ring != 2)
