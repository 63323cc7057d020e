"""Bitmaps of two colors: Pillow reads the XBM, C holds the bits, and all decode."""

import io
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from compilers import LANGUAGES, run_program
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pictures import BLACK, RED, WHITE, Kind, assert_same, checker, inks, tiny
from PIL import Image

from pipeline.decode import decode
from pipeline.emitters import Picture, emit, picture
from pipeline.grid import GRIDS
from pipeline.layout import Layout
from pipeline.palette import Indexed, from_colors

FILES = {"xbm": "a.xbm", "u8g2": "a.u8g2.h", "gfx": "a.gfx.h"}


@st.composite
def two_colors(draw: st.DrawFn) -> Picture:
    """Small pictures of one or two inks or words."""
    codes = draw(st.lists(st.integers(0, 3), min_size=1, max_size=2, unique=True))
    clear = draw(st.sampled_from((None, *range(len(codes))))) if len(codes) > 1 else None
    kind = inks(codes, clear, draw(st.sampled_from(("code", "index"))))
    if draw(st.booleans()):
        kind = Kind(from_colors([BLACK, RED], GRIDS["rgb565"], clear), "index", "rgb565")
    shape = draw(st.integers(1, 5)), draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    indices = rng.integers(0, len(kind.palette), shape).astype(np.uint16)
    indexed = Indexed(indices, kind.palette)
    return picture("a", "p", indexed, Layout(bits=24), kind.holds, kind.grid)


def _file(emitter: str, made: Picture) -> bytes:
    (artifact,) = emit(emitter, made)
    return artifact.data


def _set(made: Picture) -> NDArray[np.bool_]:
    """Which pixels are to be drawn."""
    palette = made.indexed.palette
    if palette.transparent is not None:
        return np.not_equal(made.indexed.indices, palette.transparent)
    values = palette.codes if made.holds == "code" else np.arange(len(palette))
    drawn: NDArray[np.bool_] = values[made.indexed.indices] == values.max()
    return drawn


@given(made=two_colors())
@settings(max_examples=80, deadline=None)
def test_pillow_sees_the_same_xbm(made: Picture) -> None:
    image = Image.open(io.BytesIO(_file("xbm", made)), formats=["XBM"])
    drawn = np.asarray(image.convert("L")) == 255  # what Pillow makes of a set bit
    np.testing.assert_array_equal(drawn, _set(made))


@pytest.mark.parametrize("emitter", FILES)
@given(made=two_colors())
@settings(max_examples=60, deadline=None)
def test_every_bitmap_turns_back_into_its_picture(emitter: str, made: Picture) -> None:
    name = FILES[emitter]
    assert_same(decode({name: _file(emitter, made)}, name), made.indexed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_c_holds_the_bits_in_the_order_of_each_library(language: str, tmp_path: Path) -> None:
    palette = from_colors([WHITE, BLACK], GRIDS["rgb565"], 1)
    indices = np.array([[0, 1, 1, 1, 1, 1, 0, 0, 0, 1]], np.uint16)
    made = picture("a", "p", Indexed(indices, palette), Layout(bits=8), "index", "rgb565")
    for emitter, name in FILES.items():
        (tmp_path / name).write_bytes(_file(emitter, made))
    # As the libraries read: bit x % 8 from the low end, or from the high end.
    (tmp_path / "main.c").write_text(
        """
        #include <stdio.h>
        #include "a.u8g2.h"
        #include "a.u8g2.h"
        #include "a.gfx.h"
        namespace_xbm
        int main(void)
        {
            int x;
            for (x = 0; x < A_WIDTH; x++)
                printf("%d%d%d ", a_bits[x / 8] >> x % 8 & 1, xbm_bits[x / 8] >> x % 8 & 1,
                       a_bitmap[x / 8] >> (7 - x % 8) & 1);
            return 0;
        }
        """.replace("namespace_xbm", (tmp_path / "a.xbm").read_text().replace("a_bits", "xbm_bits"))
    )
    told = run_program(language, ["-I.", "main.c"], tmp_path)
    assert told.split() == [f"{1 - bit}" * 3 for bit in indices[0]]


@pytest.mark.parametrize("emitter", FILES)
def test_the_page_has_the_bytes_of_its_example(emitter: str) -> None:
    page = (Path(__file__).parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
    bits = re.findall(r"whose bits are `([01]+)`", page)[0]
    (block,) = re.findall(r"```bitmaps\n(.*?)```", page, re.DOTALL)
    told = re.findall(rf"^{emitter} +(.*)$", block, re.MULTILINE)[0]
    palette = from_colors([BLACK, WHITE], GRIDS["rgb565"])
    indexed = Indexed(np.array([[int(bit) for bit in bits]], np.uint16), palette)
    data = _file(emitter, picture("a", "p", indexed, Layout(), "index", "rgb565")).decode()
    assert re.findall(r"\b0x(\w\w)\b", data) == told.split()


@pytest.mark.parametrize("emitter", FILES)
def test_more_than_two_colors_are_refused(emitter: str) -> None:
    with pytest.raises(ValueError, match="4 colors do not fit a bitmap of 1 bit"):
        emit(emitter, tiny())


@pytest.mark.parametrize("emitter", FILES)
def test_a_symbol_that_is_none_is_refused(emitter: str) -> None:
    made = picture("a b", "p", checker(2, 2, 2), Layout(), "index", "rgb565")
    with pytest.raises(ValueError, match="is no C symbol"):
        emit(emitter, made)


def test_the_comment_names_the_color_to_draw() -> None:
    made = picture("a", "p", checker(2, 2, 2), Layout(), "index", "rgb565")
    assert b"Set bits are #080808. gfx.drawBitmap(x, y, a_bitmap, A_WIDTH" in _file("gfx", made)


@given(made=two_colors(), edits=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255))))
@settings(max_examples=100, deadline=None)
def test_damage_never_crashes(made: Picture, edits: list[tuple[int, int]]) -> None:
    for emitter, name in FILES.items():
        data = bytearray(_file(emitter, made))
        for place, value in edits:
            data[place % len(data)] = value
        with suppress(ValueError):
            assert decode({name: bytes(data)}, name).indices.size
