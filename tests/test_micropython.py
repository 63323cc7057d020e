"""Modules for MicroPython's framebuf: what a frame buffer shows of them, and their way back."""

from contextlib import suppress
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import Kind, assert_same, checker, inks, listed, pictures, tiny, whole

from pipeline.decode import decode
from pipeline.emitters import Picture, emit, picture
from pipeline.layout import Layout
from pipeline.palette import Indexed, Palette

# The numbers and the places of pixels that MicroPython 1.27 gives.
NUMBERS = {
    "MONO_VLSB": 0,
    "RGB565": 1,
    "GS4_HMSB": 2,
    "MONO_HLSB": 3,
    "MONO_HMSB": 4,
    "GS2_HMSB": 5,
    "GS8": 6,
}


def pixel(image: tuple[bytes, int, int, int], x: int, y: int) -> int:
    """`framebuf.FrameBuffer(*image).pixel(x, y)` on a little-endian machine."""
    data, width, height, number = image
    assert 0 <= x < width
    assert 0 <= y < height
    match number:
        case 0:
            return data[y // 8 * width + x] >> y % 8 & 1
        case 1:
            return int.from_bytes(data[2 * (y * width + x) :][:2], "little")
        case 2:
            return data[y * ((width + 1) // 2) + x // 2] >> (0 if x % 2 else 4) & 15
        case 3:
            return data[y * ((width + 7) // 8) + x // 8] >> (7 - x % 8) & 1
        case 5:
            return data[y * ((width + 3) // 4) + x // 4] >> 2 * (x % 4) & 3
    assert number == 6
    return data[y * width + x]


def run(source: bytes) -> dict[str, Any]:
    """The names that a module defines."""
    framebuf = ModuleType("framebuf")
    vars(framebuf).update(NUMBERS)
    code = source.decode().replace("import framebuf\n", "")
    names: dict[str, Any] = {"framebuf": framebuf}
    exec(compile(code, "module", "exec"), names)  # noqa: S102 -- the module is what is tested
    return names


def blit(names: dict[str, Any]) -> list[list[int | None]]:
    """What `frame.blit(IMAGE, 0, 0, KEY, PALETTE)` writes; None where it writes nothing."""
    _, width, height, _ = names["IMAGE"]
    palette = names.get("PALETTE")
    rows: list[list[int | None]] = []
    for y in range(height):
        values = [pixel(names["IMAGE"], x, y) for x in range(width)]
        drawn = [pixel(palette, value, 0) for value in values] if palette else values
        rows.append([None if value == names["KEY"] else value for value in drawn])
    return rows


def _file(made: Picture) -> bytes:
    (artifact,) = emit("micropython", made)
    return artifact.data


def _sample(kind: Kind, layout: Layout) -> Picture:
    rng = np.random.default_rng(5)
    indices = rng.integers(0, len(kind.palette), (11, 13)).astype(np.uint16)
    return picture("a", "p", Indexed(indices, kind.palette), layout, kind.holds, kind.grid)


@pytest.mark.parametrize(
    ("kind", "layout", "name"),
    [
        (inks([0, 1]), Layout("pages", 1, "lsb"), "MONO_VLSB"),
        (inks([1, 0]), Layout("rows", 1, "lsb", invert=True), "MONO_HLSB"),
        (whole("gray2", "code", ""), Layout("rows", 2), "GS2_HMSB"),
        (inks([0, 1, 2, 3, 5, 6], transparent=3), Layout("rows", 4), "GS4_HMSB"),
        (whole("gray4", "code", ""), Layout("rows", 4), "GS4_HMSB"),
        (whole("rgb332", "code", "rgb332"), Layout("rows", 8), "GS8"),
    ],
)
def test_a_frame_buffer_shows_the_pixel_values_of_the_panel(
    kind: Kind, layout: Layout, name: str
) -> None:
    made = _sample(kind, layout)
    names = run(_file(made))
    assert names["FORMAT"] == NUMBERS[name]
    assert "PALETTE" not in names
    codes = made.indexed.palette.codes[made.indexed.indices].tolist()
    clear = made.indexed.palette.transparent
    gone = None if clear is None else made.indexed.palette.codes[clear]
    assert blit(names) == [[None if code == gone else code for code in row] for row in codes]


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("colors", [2, 4, 16, 200])
def test_indices_become_words_in_the_panel_s_byte_order(colors: int, order: str) -> None:
    kind = listed("rgb565", colors, 8, holds="index", clear=True, learned=True)
    made = _sample(kind, Layout(bits=8, byte_order=order))
    clear = made.indexed.palette.transparent
    codes = made.indexed.palette.codes
    for row, told in zip(made.indexed.indices.tolist(), blit(run(_file(made))), strict=True):
        for index, word in zip(row, told, strict=True):
            expected = int(codes[index]).to_bytes(2, order)  # type: ignore[arg-type]
            assert word == (None if index == clear else int.from_bytes(expected, "little"))


@pytest.mark.parametrize(("order", "red"), [("big", 0x00F8), ("little", 0xF800)])
def test_direct_color_is_what_the_panel_reads(order: str, red: int) -> None:
    kind = whole("rgb565", "code", "rgb565")
    indexed = Indexed(np.array([[0xF800, 0xFFFF]], np.uint16), kind.palette)
    made = picture("a", "p", indexed, Layout(bits=16, byte_order=order), "code", "rgb565")
    assert blit(run(_file(made))) == [[red, 0xFFFF]]


def test_a_transparent_entry_has_a_word_of_its_own() -> None:
    plain = tiny().indexed.palette
    colors = plain.seen.copy()
    colors[3] = colors[0]
    codes = plain.codes.copy()
    codes[3] = codes[0]
    palette = Palette(colors, colors, codes, 3)
    indexed = Indexed(tiny().indexed.indices, palette)
    made = picture("a", "p", indexed, Layout(bits=2), "index", "rgb565")
    told = blit(run(_file(made)))
    assert told == [[0, 0xFFFF, 0x00F8, None], [None, 0x00F8, 0xFFFF, 0]]


@given(made=pictures())
@settings(max_examples=80, deadline=None)
def test_every_module_turns_back(made: Picture) -> None:
    try:
        data = _file(made)
    except ValueError as error:
        assert "does not fit a frame buffer" in str(error)
        return
    run(data)
    back = decode({"sample_fb.py": data}, "sample_fb.py")
    if b"FORMAT = framebuf.RGB565" not in data:
        assert_same(back, made.indexed)
    else:
        assert (
            np.abs(back.seen.astype(int) - made.indexed.palette.nominal[made.indexed.indices]).max()
            <= 8
        )


def test_values_over_8_bits_that_are_no_words_are_refused() -> None:
    made = _sample(inks([0, 300]), Layout(bits=16))
    with pytest.raises(ValueError, match="pixel value 300 does not fit a frame buffer"):
        emit("micropython", made)


@pytest.mark.parametrize("symbol", ["a b", "a'", 'a"', "1", "a\n"])
def test_a_symbol_that_is_none_is_refused(symbol: str) -> None:
    made = picture(symbol, "p", checker(2, 2, 2), Layout(), "index", "rgb565")
    with pytest.raises(ValueError, match="is no C symbol"):
        emit("micropython", made)


@given(edits=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 127)), min_size=1))
@settings(max_examples=100, deadline=None)
def test_damage_never_crashes(edits: list[tuple[int, int]]) -> None:
    data = bytearray(_file(tiny()))
    for place, value in edits:
        data[place % len(data)] = value
    with suppress(ValueError):
        assert decode({"a_fb.py": bytes(data)}, "a_fb.py").indices.size
