"""Pictures of every kind for the tests of emitters and decoding."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from pipeline.emitters import Picture, picture
from pipeline.grid import GRIDS, RGB
from pipeline.layout import SCAN_BITS, TILED, Layout, size_unit
from pipeline.palette import Indexed, Palette, from_colors, grid_colors, whole_grid
from pipeline.template import parse

BLACK, WHITE, RED, BLUE = (0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255)
TWO_GRAYS = (
    *("lvgl-alpha", "lvgl-alpha-bin", "lvgl8-alpha", "lvgl8-alpha-bin", "eve-alpha"),
    *("xbm", "u8g2", "gfx"),
)
WHOLE = ("rgb565", "grgb1555", "rgb444", "rgb332", "argb2222", "gray4", "gray1")


class Kind(NamedTuple):
    """What a palette is and how pixels name its entries."""

    palette: Palette
    holds: str
    grid: str

    @property
    def bits(self) -> int:
        """Bits that the largest pixel value needs."""
        top = len(self.palette) - 1 if self.holds == "index" else int(self.palette.codes.max())
        return max(1, top.bit_length())


def checker(width: int, height: int, colors: int) -> Indexed:
    """Indices that differ from all their neighbors, in a palette of rgb565 grays."""
    indices = np.add.outer(np.arange(height) * 3, np.arange(width)) % colors
    grays: list[RGB] = [(8 * i, 8 * i, 8 * i) for i in range(colors)]
    return Indexed(indices.astype(np.uint16), from_colors(grays, GRIDS["rgb565"]))


def tiny(holds: str = "index", grid: str = "rgb565", transparent: int | None = 3) -> Picture:
    """4 x 2 pixels, indices 0 1 2 3 and 3 2 1 0 of two bits (codes: of 16)."""
    palette = from_colors([BLACK, WHITE, RED, BLUE], GRIDS["rgb565"], transparent)
    indexed = Indexed(np.array([[0, 1, 2, 3], [3, 2, 1, 0]], np.uint16), palette)
    layout = Layout(bits=2 if holds == "index" else 16)
    return picture("tiny", "test-panel", indexed, layout, holds, grid)


def fitting(emitter: str) -> Picture:
    """A small picture called `tiny` that an emitter can hold."""
    if emitter == "template":
        return replace(tiny(), template=parse(b"@width@x@height@\n", "size.txt"))
    if emitter not in TWO_GRAYS:
        return tiny()
    indexed = Indexed(tiny().indexed.indices % 2, from_colors([BLACK, WHITE], GRIDS["rgb565"]))
    return picture("tiny", "test-panel", indexed, Layout(), "index", "rgb565")


def inks(codes: list[int], transparent: int | None = None, holds: str = "code") -> Kind:
    """Fixed inks whose seen and nominal colors differ."""
    ramp = np.arange(3 * len(codes), dtype=np.uint8).reshape(-1, 3)
    palette = Palette(ramp * 2 + 5, ramp * 3, np.array(codes, np.uint32), transparent)
    return Kind(palette, holds, "")


def listed(name: str, colors: int, seed: int, *, holds: str, clear: bool, learned: bool) -> Kind:
    """A palette of different words of a grid, in no order."""
    grid, rng = GRIDS[name], np.random.default_rng(seed)
    words = rng.permutation(np.unique(rng.integers(0, grid.size, colors))).astype(np.uint32)
    codes = words | np.uint32(grid.fixed)
    seen = grid_colors(grid, codes)
    transparent = int(rng.integers(len(codes))) if clear and len(codes) > 1 else None
    return Kind(Palette(seen, seen, codes, transparent, learned), holds, name)


def whole(name: str, holds: str, grid: str) -> Kind:
    """Every color of a grid."""
    return Kind(whole_grid(GRIDS[name]), holds, grid)


@st.composite
def kinds(draw: st.DrawFn) -> Kind:
    """Any palette that the project can make."""
    seed, clear, learned = draw(st.integers(0, 99)), draw(st.booleans()), draw(st.booleans())
    holds = draw(st.sampled_from(("index", "code")))
    match draw(st.sampled_from(("listed", "inks", "whole"))):
        case "listed":
            name = draw(st.sampled_from(sorted(GRIDS)))
            colors = draw(st.integers(1, 256))
            return listed(name, colors, seed, holds=holds, clear=clear, learned=learned)
        case "inks":
            codes = draw(st.lists(st.integers(0, 300), min_size=1, max_size=16, unique=True))
            return inks(codes, 0 if clear and len(codes) > 1 else None, holds)
        case _:
            name = draw(st.sampled_from(WHOLE))
            return whole(name, holds, draw(st.sampled_from(("", name))))


def layouts_for(bits: int) -> st.SearchStrategy[Layout]:
    """Any layout whose pixels are wide enough."""
    fitting = [(scan, b) for scan, every in SCAN_BITS.items() for b in every if b >= bits]

    def build(where: tuple[str, int], first: str, order: str, align: int, *, on: bool) -> Layout:
        return Layout(*where, first, order, 1 if where[0] in TILED else align, on)

    return st.builds(
        build,
        st.sampled_from(fitting),
        st.sampled_from(("msb", "lsb")),
        st.sampled_from(("big", "little")),
        st.sampled_from((1, 2, 4, 256)),
        on=st.booleans(),
    )


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """Small pictures over every kind of palette, every layout and odd sizes."""
    kind = draw(kinds())
    layout = draw(layouts_for(kind.bits))
    width, height = (unit * draw(st.integers(1, 24 // unit)) for unit in size_unit(layout.scan))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    indices = rng.integers(0, len(kind.palette), (height, width)).astype(np.uint16)
    indexed = Indexed(indices, kind.palette)
    return picture("sample", "test-panel", indexed, layout, kind.holds, kind.grid)


def assert_same(one: Indexed, other: Indexed) -> None:
    """Same pixels and same palette in all its readings."""
    np.testing.assert_array_equal(one.indices, other.indices)
    a, b = one.palette, other.palette
    np.testing.assert_array_equal(a.codes, b.codes)
    np.testing.assert_array_equal(a.seen, b.seen)
    np.testing.assert_array_equal(a.nominal, b.nominal)
    assert (a.transparent, a.learned, a.grid) == (b.transparent, b.learned, b.grid)


def assert_comes_back(back: Indexed, made: Picture, exact: int) -> None:
    """What was read is what was made; above `exact` colors in words of RGB565."""
    palette = made.indexed.palette
    kept = palette.nominal[made.indexed.indices].astype(int)
    shown = back.palette.nominal[back.indices].astype(int)
    drawn = np.ones(kept.shape[:2], bool)
    if palette.transparent is not None:
        drawn = made.indexed.indices != palette.transparent
        np.testing.assert_array_equal(back.indices != back.palette.transparent, drawn)
    slack = 8 if len(palette) > exact else 0
    assert np.abs(shown - kept)[drawn].max(initial=0) <= slack
