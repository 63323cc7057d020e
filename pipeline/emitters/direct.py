"""Direct: palettes as the color words of a library, and pictures whose pixels are such words."""

from dataclasses import replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from pipeline.grid import GRIDS, expand
from pipeline.layout import INDEXED_BITS
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
    free = (word for word in chain([int(codes[clear])], every) if word not in drawn)
    own = next(free, None)
    if own is None:
        raise ValueError(f"all words of {grid} are colors, and none is left to be clear")
    codes[clear] = own
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


def is_gray(palette: Palette) -> bool:
    """Whether all nominal colors are grays."""
    return bool((palette.nominal == palette.nominal[:, :1]).all())


def opacity(palette: Palette) -> tuple[int, NDArray[np.uint32]]:
    """Grays as opacity: black is clear, white is opaque.

    Returns:
        The fewest bits that hold every gray, and uint32 (n,): the level of each entry.
    """
    grays = palette.nominal[:, 0].astype(np.uint32)
    if palette.transparent is not None:
        grays[palette.transparent] = 0
    bits = next(bits for bits in INDEXED_BITS if np.isin(grays, _levels(bits)).all())
    return bits, np.searchsorted(_levels(bits), grays).astype(np.uint32)


def _levels(bits: int) -> NDArray[np.uint32]:
    """The 8-bit values that levels of so many bits stand for."""
    return np.array([expand(level, bits) for level in range(1 << bits)], np.uint32)
