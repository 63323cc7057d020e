"""Palettes in order: sorted, made unique, compared; and how a terminal shows them."""

import io
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.color import oklab, to_linear
from pipeline.commands.palette import SORT_KEYS, painter
from pipeline.metrics import ciede2000
from pipeline.palette_files import PaletteFile
from pipeline.swatches import ORDERS, drawn, in_order, lightness, nearest, neighbors, unique

CODE = st.integers(0, 255)
COLORS = st.lists(st.tuples(CODE, CODE, CODE), min_size=1, max_size=40).map(tuple)


@st.composite
def palettes(draw: st.DrawFn) -> PaletteFile:
    colors = draw(COLORS)
    hidden = draw(st.none() | st.integers(0, len(colors) - 1))
    names = tuple(str(place) for place in range(len(colors)))
    return PaletteFile(colors, names, hidden)


@given(palettes(), st.sampled_from(list(ORDERS)))
@settings(deadline=None)
def test_sorting_moves_entries_whole_and_sorting_again_moves_none(
    palette: PaletteFile, by: str
) -> None:
    made = in_order(palette, by)
    entries = dict(zip(palette.names, palette.colors, strict=True))
    assert dict(zip(made.names, made.colors, strict=True)) == entries
    if palette.transparent is not None:
        assert made.transparent is not None
        assert made.names[made.transparent] == palette.names[palette.transparent]
    assert in_order(made, by) == made


def test_the_command_offers_all_orders() -> None:
    assert list(SORT_KEYS) == list(ORDERS)


@given(COLORS)
def test_lightness_ascends(colors: tuple[tuple[int, int, int], ...]) -> None:
    light = lightness(in_order(PaletteFile(colors, ("",) * len(colors)), "lightness").colors)
    assert light == sorted(light)


@given(COLORS)
@settings(deadline=None)
def test_hues_go_round_the_circle_after_the_grays(
    colors: tuple[tuple[int, int, int], ...],
) -> None:
    made = in_order(PaletteFile(colors, ("",) * len(colors)), "hue").colors
    labs = oklab(to_linear(np.array(made, np.uint8)), (1, 1)).tolist()
    grays = [math.hypot(a, b) < 81 for _, a, b in labs]
    assert grays == sorted(grays, reverse=True)
    angles = [math.atan2(b, a) % math.tau for _, a, b in labs if math.hypot(a, b) >= 81]
    assert all(one <= other + 1e-9 for one, other in itertools.pairwise(angles))


def test_equal_colors_are_one_and_the_transparent_entry_stays() -> None:
    palette = PaletteFile(((0, 0, 0), (0, 0, 0), (9, 9, 9), (0, 0, 0)), ("a", "b", "c", "d"), 1)
    assert unique(palette) == PaletteFile(((0, 0, 0), (0, 0, 0), (9, 9, 9)), ("a", "b", "c"), 1)
    assert drawn(palette).names == ("a", "c", "d")


@given(palettes())
@settings(max_examples=30, deadline=None)
def test_neighbors_are_the_nearest_other_drawn_entries(palette: PaletteFile) -> None:
    places = [place for place in range(len(palette.colors)) if place != palette.transparent]
    for place, found in enumerate(neighbors(palette)):
        others = [other for other in places if other != place]
        if place == palette.transparent or not others:
            assert found is None
            continue
        assert found is not None
        one = np.array(palette.colors[place], np.uint8)
        least = min(float(ciede2000(one, np.array(palette.colors[o], np.uint8))) for o in others)
        assert found.place in others
        assert found.distance == pytest.approx(least, abs=1e-9)


def test_the_nearest_of_several_equal_colors_is_the_first() -> None:
    assert nearest(((1, 1, 1),), ((9, 9, 9), (1, 1, 1), (1, 1, 1))) == [(1, 0.0)]


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


DEEP = {"COLORTERM": "truecolor", "TERM": "xterm-256color"}


def test_a_patch_of_color_is_shown_where_a_terminal_can() -> None:
    paint = painter(Terminal(), DEEP)
    assert paint((1, 2, 3)) == "\x1b[48;2;1;2;3m    \x1b[0m "
    assert paint(None) == "     "


@pytest.mark.parametrize("environ", [{}, {**DEEP, "NO_COLOR": "1"}, {**DEEP, "TERM": "dumb"}])
def test_there_is_only_text_where_color_is_not_wanted(environ: dict[str, str]) -> None:
    assert painter(Terminal(), environ)((1, 2, 3)) == ""


def test_there_is_only_text_in_a_pipe() -> None:
    assert painter(io.StringIO(), DEEP)((1, 2, 3)) == ""


def test_an_empty_no_color_is_none() -> None:
    assert painter(Terminal(), {**DEEP, "NO_COLOR": ""})((1, 2, 3))
