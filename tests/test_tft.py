"""TFT_eSPI headers: a C++ program reads them as `pushImage` does, and all decode."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from compilers import run_program
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import Kind, assert_comes_back, checker, listed, pictures, tiny, whole

from pipeline.decode import decode
from pipeline.emitters import Picture, direct, emit, picture
from pipeline.grid import GRIDS
from pipeline.layout import Layout
from pipeline.palette import Indexed, from_colors

# How the library reads each form, after what its header and its documentation say: a screen of
# RGB565 numbers, on which a pixel that nothing drew is 0x10000.
LIBRARY = """
#include <stdint.h>
#include <stdio.h>
static struct Screen {
    uint32_t pixels[64 * 64];
    uint16_t front, back;
    bool swap;
    Screen() : front(0), back(0), swap(false) {
        for (int i = 0; i < 64 * 64; i++)
            pixels[i] = 0x10000;
    }
    void put(int x, int y, uint16_t color) { pixels[64 * y + x] = color; }
    void setSwapBytes(bool on) { swap = on; }
    void setBitmapColor(uint16_t one, uint16_t zero) { front = one; back = zero; }
    void words(int w, int h, const uint16_t *data, int32_t clear) {
        for (int i = 0; i < w * h; i++)
            if (data[i] != clear) {
                const int swapped = (data[i] & 255) << 8 | data[i] >> 8;
                put(i % w, i / w, static_cast<uint16_t>(swap ? data[i] : swapped));
            }
    }
    void pushImage(int, int, int w, int h, const uint16_t *data) { words(w, h, data, -1); }
    void pushImage(int, int, int w, int h, const uint16_t *data, uint16_t clear) {
        words(w, h, data, clear);
    }
    void bytes(int w, int h, const uint8_t *data, int clear, bool bpp8, uint16_t *map) {
        static const int blue[4] = {0, 11, 21, 31};
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                int value = data[w * y + x], color;
                if (bpp8) {
                    color = (value & 0xE0) << 8 | (value & 0xC0) << 5 | (value & 0x1C) << 6
                        | (value & 0x1C) << 3 | blue[value & 3];
                } else if (map) {
                    value = data[(w + 1) / 2 * y + x / 2] >> (x % 2 ? 0 : 4) & 15;
                    color = map[value];
                } else {
                    value = data[(w + 7) / 8 * y + x / 8] >> (7 - x % 8) & 1;
                    color = value ? front : back;
                }
                if (value != clear)
                    put(x, y, static_cast<uint16_t>(color));
            }
    }
    void pushImage(int, int, int w, int h, const uint8_t *data, bool bpp8, uint16_t *map = 0) {
        bytes(w, h, data, -1, bpp8, map);
    }
    void pushImage(int, int, int w, int h, uint8_t *data, uint8_t clear, bool bpp8 = true,
                   uint16_t *map = 0) {
        bytes(w, h, data, clear, bpp8, map);
    }
    void drawBitmap(int, int, const uint8_t *data, int w, int h, uint16_t color) {
        front = color;
        bytes(w, h, data, 0, false, 0);
    }
} tft;
"""


def _kind(colors: int, *, clear: bool = False, name: str = "rgb565") -> Kind:
    return listed(name, colors, 5, holds="index", clear=clear, learned=True)


def _two(clear: int | None) -> Kind:
    palette = from_colors([(255, 0, 0), (0, 255, 0)], GRIDS["rgb565"], clear)
    return Kind(palette, "index", "rgb565")


KINDS: dict[str, tuple[Kind, int]] = {
    "two": (_two(None), 1),
    "first_clear": (_two(0), 1),
    "last_clear": (_two(1), 1),
    "map": (_kind(13), 4),
    "map_clear": (_kind(13, clear=True), 4),
    "map_of_24_bits": (_kind(13, clear=True, name="rgb888"), 4),
    "bytes": (_kind(200, name="rgb332"), 8),
    "bytes_clear": (_kind(200, clear=True, name="rgb332"), 8),
    "words": (_kind(200), 16),
    "words_clear": (_kind(200, clear=True), 16),
    "all": (whole("rgb565", "code", "rgb565"), 16),
}


def _made(symbol: str) -> Picture:
    kind, _ = KINDS[symbol]
    indices = np.random.default_rng(3).integers(0, len(kind.palette), (9, 29)).astype(np.uint16)
    indexed = Indexed(indices, kind.palette)
    return picture(symbol, "p", indexed, Layout(bits=32), kind.holds, kind.grid)


def _file(made: Picture) -> bytes:
    (file,) = emit("tft-espi", made)
    assert file.name == f"{made.symbol}.tft.h"
    return file.data


def _shown(made: Picture) -> str:
    palette = made.indexed.palette
    exact = direct.is_exact(palette, "rgb332") and 16 < len(palette) <= 256
    colors = direct.words(palette, "rgb565").astype(int)
    if exact:  # the library widens RGB332 in its own way
        words = direct.words(palette, "rgb332").astype(int)
        red, green, blue = words >> 5, words >> 2 & 7, np.array([0, 11, 21, 31])[words & 3]
        colors = (red << 2 | red >> 1) << 11 | (green << 3 | green) << 5 | blue
    if palette.transparent is not None:
        colors[palette.transparent] = 0x10000
    return " ".join(f"{color:x}" for color in colors[made.indexed.indices].ravel().tolist())


@pytest.mark.parametrize("symbol", KINDS)
def test_the_library_shows_the_picture(symbol: str, tmp_path: Path) -> None:
    made = _made(symbol)
    text = _file(made).decode()
    (tmp_path / f"{symbol}.tft.h").write_text(text)
    call = text[: text.index("*/")].replace("\n *  ", "").split("each.\n * ")[1].split(";\n")[0]
    size = f"{symbol.upper()}_WIDTH", f"{symbol.upper()}_HEIGHT"
    lines = [LIBRARY, f'#include "{symbol}.tft.h"', f'#include "{symbol}.tft.h"']
    lines += ["int main(void)", "{", "    const int x = 0, y = 0;", f"    {call};"]
    lines += [f"    for (int i = 0; i < {size[0]} * {size[1]}; i++)"]
    lines += [f'        printf("%x ", tft.pixels[64 * (i / {size[0]}) + i % {size[0]}]);']
    (tmp_path / "main.c").write_text("\n".join([*lines, "    return 0 * (x + y);", "}", ""]))
    assert run_program("c++11", ["-I.", "main.c"], tmp_path).strip() == _shown(made)


@pytest.mark.parametrize("symbol", KINDS)
def test_the_form_is_the_smallest_that_holds_the_picture(symbol: str) -> None:
    made, (kind, bits) = _made(symbol), KINDS[symbol]
    text = _file(made).decode()
    assert f" pixels, {bits} bits each." in text
    # Only words, and what drawBitmap takes, can be left out of flash that has to be read so.
    assert ("PROGMEM" in text) == (kind.palette.transparent is None or bits in (1, 16))


@given(made=pictures())
@settings(max_examples=60, deadline=None)
def test_every_header_turns_back_into_its_picture(made: Picture) -> None:
    back = decode({"a.tft.h": _file(made)}, "a.tft.h")
    assert_comes_back(back, made, exact=16)


def test_a_symbol_that_is_none_is_refused() -> None:
    made = picture("a b", "p", checker(2, 2, 2), Layout(), "index", "rgb565")
    with pytest.raises(ValueError, match="is no C symbol"):
        emit("tft-espi", made)


def test_a_clear_entry_gets_a_word_that_nothing_drawn_has() -> None:
    palette = from_colors([(0, 0, 0), (255, 0, 0), (0, 0, 0)], GRIDS["rgb565"], 2)
    assert direct.words(palette, "rgb565").tolist() == [0, 0xF800, 1]


def test_words_that_are_all_colors_leave_none_to_be_clear() -> None:
    kind = whole("rgb332", "code", "rgb332")
    colors = [*kind.palette.nominal.tolist(), (0, 0, 0)]
    palette = from_colors([(r, g, b) for r, g, b in colors], GRIDS["rgb332"], 256)
    with pytest.raises(ValueError, match="none is left to be clear"):
        direct.words(palette, "rgb332")


@given(edits=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), min_size=1))
@settings(max_examples=100, deadline=None)
def test_damage_never_crashes(edits: list[tuple[int, int]]) -> None:
    for symbol in ("two", "map", "words_clear"):
        data = bytearray(_file(_made(symbol)))
        for place, value in edits:
            data[place % len(data)] = value
        with suppress(ValueError):
            assert decode({"a.tft.h": bytes(data)}, "a.tft.h").indices.size


def test_words_of_another_size_are_refused() -> None:
    text = _file(_made("words")).replace(b"uint16_t", b"uint32_t")
    with pytest.raises(ValueError, match="no uint8_t array"):
        decode({"a.tft.h": text}, "a.tft.h")
    assert decode({"a.tft.h": _file(tiny())}, "a.tft.h").indices.size
