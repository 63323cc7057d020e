"""Font: a bitmap font of our own, five by seven pixels, and its enlargement."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Bitmap = NDArray[np.bool_]

# Each sheet: its characters, then seven rows in which blanks part the glyphs.
_SHEETS = (
    (
        "ABCDEFGHIJKLM",
        ".###. ####. .###. ####. ##### ##### .###. #...# ### ...## #...# #.... #...#",
        "#...# #...# #...# #...# #.... #.... #...# #...# .#. ....# #..#. #.... ##.##",
        "#...# #...# #.... #...# #.... #.... #.... #...# .#. ....# #.#.. #.... #.#.#",
        "##### ####. #.... #...# ####. ####. #.### ##### .#. ....# ##... #.... #.#.#",
        "#...# #...# #.... #...# #.... #.... #...# #...# .#. #...# #.#.. #.... #...#",
        "#...# #...# #...# #...# #.... #.... #...# #...# .#. #...# #..#. #.... #...#",
        "#...# ####. .###. ####. ##### #.... .###. #...# ### .###. #...# ##### #...#",
    ),
    (
        "NOPQRSTUVWXYZ",
        "#...# .###. ####. .###. ####. .#### ##### #...# #...# #...# #...# #...# #####",
        "##..# #...# #...# #...# #...# #.... ..#.. #...# #...# #...# #...# #...# ....#",
        "##..# #...# #...# #...# #...# #.... ..#.. #...# #...# #...# .#.#. .#.#. ...#.",
        "#.#.# #...# ####. #...# ####. .###. ..#.. #...# #...# #.#.# ..#.. ..#.. ..#..",
        "#..## #...# #.... #.#.# #.#.. ....# ..#.. #...# .#.#. #.#.# .#.#. ..#.. .#...",
        "#..## #...# #.... #..#. #..#. ....# ..#.. #...# .#.#. ##.## #...# ..#.. #....",
        "#...# .###. #.... .##.# #...# ####. ..#.. .###. ..#.. #...# #...# ..#.. #####",
    ),
    (
        "0123456789.:%-/°",
        ".###. ..#. .###. ##### ...#. ##### ..##. ##### .###. .###. .. .. ##..# ... ....# .#.",
        "#...# .##. #...# ...#. ..##. #.... .#... ....# #...# #...# .. .. ##.#. ... ....# #.#",
        "#..## ..#. ....# ..#.. .#.#. ####. #.... ...#. #...# #...# .. ## ...#. ... ...#. .#.",
        "#.#.# ..#. ...#. ...#. #..#. ....# ####. ..#.. .###. .#### .. ## ..#.. ### ..#.. ...",
        "##..# ..#. ..#.. ....# ##### ....# #...# ..#.. #...# ....# .. .. .#... ... .#... ...",
        "#...# ..#. .#... #...# ...#. #...# #...# ..#.. #...# ...#. ## ## .#.## ... #.... ...",
        ".###. .### ##### .###. ...#. .###. .###. ..#.. .###. .##.. ## ## #..## ... #.... ...",
    ),
)


@cache
def _glyphs() -> dict[str, Bitmap]:
    glyphs = {" ": np.zeros((7, 3), np.bool_)}
    for characters, *rows in _SHEETS:
        columns = zip(*(row.split() for row in rows), strict=True)
        for character, lines in zip(characters, columns, strict=True):
            glyphs[character] = np.array([[dot == "#" for dot in line] for line in lines])
    return glyphs


def doubled(bitmap: Bitmap) -> Bitmap:
    """Twice as large, with corners rounded by the Scale2x rule of Andrea Mazzoleni (2001)."""
    p = np.pad(bitmap, 1)
    up, down, left, right = p[:-2, 1:-1], p[2:, 1:-1], p[1:-1, :-2], p[1:-1, 2:]
    out = bitmap.repeat(2, 0).repeat(2, 1)
    for row, column, side, near, far, other in (
        (0, 0, left, up, right, down),
        (0, 1, right, up, left, down),
        (1, 0, left, down, right, up),
        (1, 1, right, down, left, up),
    ):
        corner = (side == near) & (side != other) & (near != far)
        out[row::2, column::2] = np.where(corner, side, bitmap)
    return out


def text(line: str, doublings: int = 0) -> Bitmap:
    """One line as a bitmap of height 7, 14 or 28: capitals, digits and some signs."""
    parts: list[Bitmap] = []
    for character in line:
        glyph = np.pad(_glyphs()[character], 1)
        for _ in range(doublings):
            glyph = doubled(glyph)
        parts.append(glyph[:, : glyph.shape[1] - (1 << doublings)])
    edge = 1 << doublings
    return np.concatenate(parts, 1)[edge:-edge, edge:]
