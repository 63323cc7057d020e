"""AppVars of the TI-84 Plus CE: another library reads them, and all decode."""

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tivars
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import checker, pictures, tiny, whole

from pipeline.decode import decode
from pipeline.emitters import Picture, appvar, direct, emit, picture
from pipeline.grid import GRIDS
from pipeline.layout import Layout
from pipeline.palette import Indexed, from_colors


def _file(made: Picture) -> bytes:
    (file,) = emit("ti-appvar", made)
    assert file.name == f"{made.symbol}.8xv"
    return file.data


def _made(symbol: str = "SPLASH8") -> Picture:
    colors = [(8 * i, 255 - 4 * i, 16 * i % 256) for i in range(13)]
    palette = from_colors([(r, g, b) for r, g, b in colors], GRIDS["grgb1555"])
    indices = np.random.default_rng(3).integers(0, 13, (7, 33)).astype(np.uint16)
    return picture(symbol, "p", Indexed(indices, palette), Layout(bits=4), "index", "grgb1555")


def test_another_library_finds_name_palette_and_sprite() -> None:
    made = _made()
    raw = _file(made)
    file = tivars.TIVarFile()
    file.load_bytes(raw)  # it warns of any wrong size or sum, and warnings are errors here
    assert file.bytes() == raw
    (entry,) = file.entries
    assert (type(entry), entry.name, entry.archived) == (tivars.TIAppVar, "SPLASH8", True)
    data = bytes(entry.data)
    count, palette, sprite = (int.from_bytes(data[at : at + 3], "little") for at in (0, 3, 6))
    assert (count, palette, sprite) == (2, 9, 9 + 2 * 13)
    words = np.frombuffer(data[palette:sprite], "<u2")
    np.testing.assert_array_equal(words, made.indexed.palette.codes)
    assert data[sprite : sprite + 2] == bytes((33, 7))
    assert data[sprite + 2 :] == made.indexed.indices.astype(np.uint8).tobytes()


@pytest.mark.parametrize("place", [53, 57, 70, 80, -1])
def test_another_library_would_tell_of_a_fault(place: int) -> None:
    data = bytearray(_file(_made()))
    data[place] ^= 1
    with pytest.raises((BytesWarning, ValueError, EOFError)):
        tivars.TIVarFile().load_bytes(bytes(data))
    with pytest.raises(ValueError, match="variable file"):
        decode({"a.8xv": bytes(data)}, "a.8xv")


def test_the_page_has_the_bytes_of_its_example() -> None:
    page = (Path(__file__).parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"```appvar\n(.*?)```", page, re.DOTALL)
    assert _file(replace(tiny(), symbol="TINY"))[55:] == bytes.fromhex(told)


def test_white_is_what_the_screen_calls_white() -> None:
    words = direct.words(tiny().indexed.palette, "grgb1555")
    assert words[:3].tolist() == [0, 0xFFFF, 0x7C00]


@given(made=pictures())
@settings(max_examples=50, deadline=None)
def test_every_variable_turns_back_into_its_picture(made: Picture) -> None:
    if len(made.indexed.palette) > 256:
        return
    back = decode({"a.8xv": _file(made)}, "a.8xv")
    np.testing.assert_array_equal(back.indices, made.indexed.indices)
    kept = made.indexed.palette
    drawn = kept.opaque
    moved = back.palette.nominal.astype(int) - kept.nominal
    assert np.abs(moved[drawn]).max() <= 4
    if direct.is_exact(kept, "grgb1555"):
        assert not moved[drawn].any()


def test_a_name_too_long_for_a_calculator_is_refused() -> None:
    assert _file(_made("A2345678"))
    with pytest.raises(ValueError, match=r"'A23456789' has over 8 letters.*shorter `name`"):
        emit("ti-appvar", _made("A23456789"))


@pytest.mark.parametrize("size", [(256, 1), (1, 256)])
def test_a_sprite_too_large_is_refused(size: tuple[int, int]) -> None:
    made = picture("a", "p", checker(*size, 2), Layout(), "index", "rgb565")
    with pytest.raises(ValueError, match=rf"255 pixels wide and high at most, not {size[0]}x"):
        emit("ti-appvar", made)


def test_the_largest_sprite_is_written_and_more_data_are_refused() -> None:
    fits = picture("a", "p", checker(255, 254, 200), Layout(bits=8), "index", "rgb565")
    assert decode({"a.8xv": _file(fits)}, "a.8xv").height == 254
    made = picture("a", "p", checker(255, 255, 251), Layout(bits=8), "index", "rgb565")
    with pytest.raises(ValueError, match="65,505 bytes at most, and this one 65,538"):
        emit("ti-appvar", made)


def test_too_many_colors_are_refused() -> None:
    kind = whole("rgb444", "code", "rgb444")
    indexed = Indexed(np.zeros((1, 1), np.uint16), kind.palette)
    made = picture("a", "p", indexed, Layout(bits=16), "code", "rgb444")
    with pytest.raises(ValueError, match="4096 colors do not fit a sprite"):
        emit("ti-appvar", made)


def test_variables_of_others_are_refused() -> None:
    lut = b"\2\0\0\x09\0\0"
    for data in (b"", b"PYCD" + bytes(27), lut, lut + b"\xff" * 21, lut + b"\x0b\0\0\0\0"):
        foreign = tivars.TIVarFile(name="X")
        foreign.add_entry(tivars.TIAppVar(name="X", data=data))
        with pytest.raises(ValueError, match="holds no picture"):
            decode({"a.8xv": foreign.bytes()}, "a.8xv")


def _summed(data: bytearray) -> bytes:
    """With the sum that its damage would have."""
    total = sum(data[appvar.HEADER.size : -2]) & 0xFFFF
    return bytes(data[:-2]) + total.to_bytes(2, "little")


@given(edits=st.lists(st.tuples(st.integers(50, 200), st.integers(0, 255)), min_size=1))
@settings(max_examples=150, deadline=None)
def test_damage_never_crashes(edits: list[tuple[int, int]]) -> None:
    data = bytearray(_file(tiny()))
    for place, value in edits:
        data[place % len(data)] = value
    for damaged in (bytes(data), _summed(data), _summed(data)[:-9]):
        with suppress(ValueError):
            assert decode({"a.8xv": damaged}, "a.8xv").indices.size
