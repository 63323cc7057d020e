"""Palette and Indexed: the colors of a panel and a picture made of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.color import luminance, srgb_table, to_linear
from pipeline.grid import GRIDS, RGB, Grid, expand, has_gaps, nearest_level, shown, word
from pipeline.image import freeze
from pipeline.target import Target

MAX_COLORS = 65536
"""A full 16-bit grid; every other palette has at most 256 entries."""


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """n colors, each in three readings; the order is meaning and is never changed.

    Attributes:
        seen: uint8 (n, 3) sRGB: what the panel shows. Error is measured against it.
        nominal: uint8 (n, 3) sRGB: the entry's plain name, what a color table stores.
        codes: uint32 (n,): what the driver wants (ink code or color word).
        transparent: Index that stands for "not drawn", or None. No opaque pixel gets it.
        learned: The colors were made for the picture, so they lie densely in it.
        grid: Set when the palette is every color of this grid: entry i has the code
            `i | grid.fixed`.
        names: A name for each entry as people wrote it, "" where it has none; or none at all.
    """

    seen: NDArray[np.uint8]
    nominal: NDArray[np.uint8]
    codes: NDArray[np.uint32]
    transparent: int | None = None
    learned: bool = False
    grid: Grid | None = None
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.codes)
        if not 1 <= count <= MAX_COLORS:
            raise ValueError(f"a palette has 1 to {MAX_COLORS} entries, not {count}")
        if self.seen.shape != (count, 3) or self.nominal.shape != (count, 3):
            raise ValueError("seen, nominal and codes differ in length")
        if self.names and len(self.names) != count:
            raise ValueError("a palette has a name for each entry, or none")
        if self.transparent is not None and not 0 <= self.transparent < count:
            raise ValueError(f"transparent index {self.transparent} is outside 0..{count - 1}")
        if self.transparent is not None and count == 1:
            raise ValueError("the only palette entry is transparent; a picture needs another one")
        object.__setattr__(self, "seen", freeze(self.seen.astype(np.uint8, copy=False)))
        object.__setattr__(self, "nominal", freeze(self.nominal.astype(np.uint8, copy=False)))
        object.__setattr__(self, "codes", freeze(self.codes.astype(np.uint32, copy=False)))

    def __len__(self) -> int:
        return len(self.codes)

    def __reduce__(self) -> tuple[Any, ...]:
        # Unpickled arrays are writable; going through the constructor freezes them again.
        known = (self.transparent, self.learned, self.grid, self.names)
        return Palette, (self.seen, self.nominal, self.codes, *known)

    @property
    def opaque(self) -> NDArray[np.intp]:
        """The indices that a drawn pixel may have, ascending."""
        every = np.arange(len(self))
        return every if self.transparent is None else every[every != self.transparent]


@dataclass(frozen=True, slots=True, eq=False)
class Indexed:
    """A picture made of palette entries.

    Attributes:
        indices: uint16 (h, w), each below `len(palette)`.
        palette: The colors.
    """

    indices: NDArray[np.uint16]
    palette: Palette

    def __post_init__(self) -> None:
        if self.indices.ndim != 2 or self.indices.size == 0:
            raise ValueError("indices are a (height, width) array with at least one pixel")
        if int(self.indices.max()) >= len(self.palette):
            raise ValueError(f"index {self.indices.max()} in a palette of {len(self.palette)}")
        object.__setattr__(self, "indices", freeze(self.indices.astype(np.uint16, copy=False)))

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return int(self.indices.shape[1])

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.indices.shape[0])

    @property
    def seen(self) -> NDArray[np.uint8]:
        """uint8 (h, w, 3) sRGB: what the panel shows; the transparent entry in its own color."""
        return self.palette.seen[self.indices]


def from_colors(colors: list[RGB], grid: Grid, transparent: int | None = None) -> Palette:
    """A palette of colors snapped to a grid; `seen` and `nominal` are what the grid shows."""
    codes = [word(grid, color) for color in colors]
    seen = np.array([shown(grid, code) for code in codes], np.uint8)
    return Palette(seen, seen, np.array(codes, np.uint32), transparent)


def of_target(target: Target) -> Palette:
    """The palette that a target has of its own: its inks, or every color of its grid."""
    if not target.inks:
        return whole_grid(GRIDS[target.grid])
    seen = np.array([ink.seen for ink in target.inks], np.uint8)
    nominal = np.array([ink.nominal for ink in target.inks], np.uint8)
    return Palette(seen, nominal, np.array([ink.code for ink in target.inks], np.uint32))


def to_plain(palette: Palette, grid: Grid) -> dict[str, Any]:
    """A learned palette as plain values: its words say all."""
    return {
        "grid": grid.name,
        "codes": palette.codes.tolist(),
        "transparent": palette.transparent,
        "learned": palette.learned,
    }


def from_plain(plain: dict[str, Any]) -> Palette:
    """The reverse of `to_plain`; raises KeyError or ValueError for anything else."""
    codes = np.array(plain["codes"], np.uint32)
    seen = grid_colors(GRIDS[plain["grid"]], codes)
    return Palette(seen, seen, codes, plain["transparent"], bool(plain["learned"]))


def grid_words(grid: Grid, srgb: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The word of the grid color nearest to each pixel: uint8 (..., 3) sRGB to uint32 (...)."""
    if grid.gray:
        gray = srgb_table()[luminance(to_linear(srgb))]
        levels = [nearest_level(code, grid.red.bits) << grid.red.shift for code in range(256)]
        return np.array(levels, np.uint32)[gray] | np.uint32(grid.fixed)
    shares = _level_words(grid, srgb)
    fixed = np.uint32(grid.fixed)
    return np.asarray(shares[..., 0] | shares[..., 1] | shares[..., 2] | fixed, np.uint32)


def _level_words(grid: Grid, srgb: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Each channel's share of the word, uint32 (..., 3), from tables of 256 entries."""
    plain = grid._replace(fixed=0)
    tables = (
        [word(plain, (value, 0, 0)) for value in range(256)],
        [word(plain, (0, value, 0)) for value in range(256)],
        [word(plain, (0, 0, value)) for value in range(256)],
    )
    return np.stack([np.array(tables[c], np.uint32)[srgb[..., c]] for c in range(3)], -1)


def grid_colors(grid: Grid, words: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """What color words show: uint32 (...) to uint8 (..., 3) sRGB."""
    levels = [_extract(grid, words, channel) for channel in range(3)]
    bits = (grid.red.bits, grid.green.bits, grid.blue.bits)
    tables = [np.array([expand(level, n) for level in range(1 << n)], np.uint8) for n in bits]
    return np.stack([table[level] for table, level in zip(tables, levels, strict=True)], -1)


def _extract(grid: Grid, words: NDArray[np.uint32], channel: int) -> NDArray[np.uint32]:
    field = (grid.red, grid.green, grid.blue)[channel]
    if channel != 1 or grid.split_green < 0:
        return np.asarray(
            words >> np.uint32(field.shift) & np.uint32((1 << field.bits) - 1), np.uint32
        )
    high = words >> np.uint32(field.shift) & np.uint32((1 << field.bits - 1) - 1)
    return np.asarray(
        high << np.uint32(1) | words >> np.uint32(grid.split_green) & np.uint32(1), np.uint32
    )


def whole_grid(grid: Grid) -> Palette:
    """Every color of a grid of at most 16 bits as one palette, ordered by its word.

    Raises:
        ValueError: The grid has more than 65536 colors, or words with unused bits.
    """
    if has_gaps(grid):
        raise ValueError(f"the words of {grid.name} have unused bits, so they are no list")
    if grid.size > MAX_COLORS:
        raise ValueError(f"{grid.name} has {grid.size} colors, too many to list")
    words = np.arange(grid.size, dtype=np.uint32) | np.uint32(grid.fixed)
    seen = grid_colors(grid, words)
    return Palette(seen, seen, words, grid=grid)
