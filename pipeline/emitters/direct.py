"""Direct: palettes as the color words of a library, and pictures whose pixels are such words."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.grid import GRIDS
from pipeline.palette import Indexed, Palette, grid_colors, grid_words


def is_exact(palette: Palette, grid: str) -> bool:
    """Whether words of a grid hold every drawn nominal color without a change."""
    drawn = palette.nominal[palette.opaque]
    return bool((grid_colors(GRIDS[grid], grid_words(GRIDS[grid], drawn)) == drawn).all())


def words(palette: Palette, grid: str) -> NDArray[np.uint32]:
    """uint32 (n,): the word of each nominal color; no other has that of the transparent entry.

    Raises:
        ValueError: The drawn colors leave no word to the transparent entry.
    """
    codes = grid_words(GRIDS[grid], palette.nominal)
    clear = palette.transparent
    if clear is None:
        return codes
    drawn = set(codes[palette.opaque].tolist())
    every = (word | GRIDS[grid].fixed for word in range(GRIDS[grid].size))
    free = (int(word) for word in (codes[clear], *every) if int(word) not in drawn)
    codes = codes.copy()
    try:
        codes[clear] = next(free)
    except StopIteration:
        raise ValueError(f"all words of {grid} are colors, and none is left to be clear") from None
    return codes


def as_words(indexed: Indexed, grid: str) -> Indexed:
    """The picture in colors of a grid, whose words are the palette's codes.

    Raises:
        ValueError: As `words`.
    """
    palette = indexed.palette
    if palette.grid is GRIDS[grid] and palette.transparent is None:
        return indexed
    codes = words(palette, grid)
    seen = grid_colors(GRIDS[grid], codes)
    return Indexed(
        indexed.indices, replace(palette, seen=seen, nominal=seen, codes=codes, grid=None)
    )
