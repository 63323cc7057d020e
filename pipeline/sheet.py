"""Sheet: pictures side by side with captions, as one PNG for people to look at."""

import io
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from numpy.typing import NDArray

MARGIN = 8
CAPTION = 34
"""Pixels below each picture, for two lines of text."""

NARROWEST = 240
"""Width that a caption needs."""

SMALL = 256
"""Pictures are enlarged by the largest whole number that keeps both sides within this."""

MAX_PIXELS = 1 << 26
"""A sheet may have so many pixels; it is written once and looked at."""

_LINE = 15
_PAPER, _INK, _DIM = (250, 250, 248), (20, 20, 20), (100, 100, 100)


class Tile(NamedTuple):
    """One picture of a sheet.

    Attributes:
        rgb: uint8 (h, w, 3) sRGB.
        title: One line of ASCII.
        figures: A second line.
    """

    rgb: NDArray[np.uint8]
    title: str
    figures: str


class Frame(NamedTuple):
    """Where the pictures of a sheet go; all in pixels.

    Attributes:
        columns: Pictures in a row.
        cell: Width and height that one picture takes with its caption.
        size: Width and height of the sheet.
        zoom: Whole number by which pictures are enlarged.
    """

    columns: int
    cell: tuple[int, int]
    size: tuple[int, int]
    zoom: int

    def corner(self, place: int) -> tuple[int, int]:
        """Left and top of a picture, counted from 0 row by row."""
        row, column = divmod(place, self.columns)
        return MARGIN + column * self.cell[0], MARGIN + row * self.cell[1]


def frame(count: int, width: int, height: int) -> Frame:
    """The frame of a sheet of `count` pictures of one size.

    Raises:
        ValueError: The sheet would be too large.
    """
    zoom = max(SMALL // max(width, height), 1)
    cell = max(zoom * width, NARROWEST) + MARGIN, zoom * height + CAPTION + MARGIN
    columns = columns_for(count, cell)
    size = columns * cell[0] + MARGIN, -(-count // columns) * cell[1] + MARGIN
    if size[0] * size[1] > MAX_PIXELS:
        words = f"{count} pictures of {width}x{height} are too much for one sheet"
        raise ValueError(f"{words}; give a smaller --size or fewer methods")
    return Frame(columns, cell, size, zoom)


def columns_for(count: int, cell: tuple[int, int]) -> int:
    """How many columns bring the sheet nearest to the shape of a screen, 4 to 3."""
    shapes = {n: n * cell[0] * 3 / (-(-count // n) * cell[1] * 4) for n in range(1, count + 1)}
    return min(shapes, key=lambda n: max(shapes[n], 1 / shapes[n]))


def sheet(where: Frame, tiles: Iterable[Tile]) -> bytes:
    """A PNG with all pictures, row by row, their pixels hard."""
    canvas = PIL.Image.new("RGB", where.size, _PAPER)
    for place, tile in enumerate(tiles):
        _draw(canvas, tile, where.corner(place), where.zoom)
    out = io.BytesIO()
    canvas.save(out, "PNG")
    return out.getvalue()


def _draw(canvas: PIL.Image.Image, tile: Tile, corner: tuple[int, int], zoom: int) -> None:
    left, top = corner
    large = tile.rgb.repeat(zoom, axis=0).repeat(zoom, axis=1)
    canvas.paste(PIL.Image.fromarray(large), corner)
    draw, font = PIL.ImageDraw.Draw(canvas), PIL.ImageFont.load_default(12)
    below = top + len(large) + 2
    draw.text((left, below), tile.title, _INK, font)
    draw.text((left, below + _LINE), tile.figures, _DIM, font)
