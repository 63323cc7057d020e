"""Sheet: pictures side by side with captions, as one PNG for people to look at."""

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from numpy.typing import NDArray

MARGIN = 8
CAPTION = 34
"""Pixels below each picture, for two lines of text."""

MAX_PIXELS = 1 << 27
"""A sheet may have so many pixels; it is written once and looked at."""

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


def sheet(tiles: Sequence[Tile]) -> bytes:
    """A PNG with all pictures, row by row, each as large as the largest.

    Raises:
        ValueError: The sheet would be too large.
    """
    height, width = (max(tile.rgb.shape[axis] for tile in tiles) for axis in (0, 1))
    cell = max(width, 180) + MARGIN, height + CAPTION + MARGIN
    columns = columns_for(len(tiles), cell)
    rows = -(-len(tiles) // columns)
    size = columns * cell[0] + MARGIN, rows * cell[1] + MARGIN
    if size[0] * size[1] > MAX_PIXELS:
        words = f"{len(tiles)} pictures of {width}x{height} are too much for one sheet"
        raise ValueError(f"{words}; give a smaller --size or fewer methods")
    canvas = PIL.Image.new("RGB", size, _PAPER)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        _draw(canvas, tile, MARGIN + column * cell[0], MARGIN + row * cell[1])
    out = io.BytesIO()
    canvas.save(out, "PNG", optimize=True)
    return out.getvalue()


def columns_for(count: int, cell: tuple[int, int]) -> int:
    """How many columns bring the sheet nearest to the shape of a screen, 4 to 3."""
    shapes = {n: n * cell[0] * 3 / (-(-count // n) * cell[1] * 4) for n in range(1, count + 1)}
    return min(shapes, key=lambda n: max(shapes[n], 1 / shapes[n]))


def _draw(canvas: PIL.Image.Image, tile: Tile, left: int, top: int) -> None:
    canvas.paste(PIL.Image.fromarray(tile.rgb), (left, top))
    draw, font = PIL.ImageDraw.Draw(canvas), PIL.ImageFont.load_default(12)
    below = top + tile.rgb.shape[0] + 2
    draw.text((left, below), tile.title, _INK, font)
    draw.text((left, below + 15), tile.figures, _DIM, font)
