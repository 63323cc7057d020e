"""Indexed BMP files: another program sees the same, rows are where CircuitPython wants them."""

import io
import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import Kind, checker, pictures, whole
from PIL import Image

from pipeline.decode import decode
from pipeline.emitters import Picture, emit, picture
from pipeline.layout import Layout
from pipeline.palette import Indexed


def _file(made: Picture) -> bytes:
    (artifact,) = emit("bmp", made)
    return artifact.data


def _made(colors: int) -> Picture:
    return picture("a", "p", checker(7, 5, colors), Layout(bits=8), "index", "rgb565")


SMALL = pictures().filter(lambda made: len(made.indexed.palette) <= 256)


@given(made=SMALL)
@settings(max_examples=80, deadline=None)
def test_another_program_sees_the_same(made: Picture) -> None:
    image = Image.open(io.BytesIO(_file(made)), formats=["BMP"])
    nominal = made.indexed.palette.nominal[made.indexed.indices]
    np.testing.assert_array_equal(np.asarray(image.convert("RGB")), nominal)


@given(made=SMALL)
@settings(max_examples=80, deadline=None)
def test_every_file_turns_back_into_its_indices(made: Picture) -> None:
    back = decode({"a.bmp": _file(made)}, "a.bmp")
    palette = made.indexed.palette
    np.testing.assert_array_equal(back.indices, made.indexed.indices)
    np.testing.assert_array_equal(back.palette.nominal[: len(palette)], palette.nominal)


@pytest.mark.parametrize(
    ("colors", "bits", "entries"),
    [(1, 1, 2), (2, 1, 2), (3, 4, 3), (16, 4, 16), (17, 8, 17), (256, 8, 256)],
)
def test_rows_go_up_and_the_palette_is_as_short_as_it_is(
    colors: int, bits: int, entries: int
) -> None:
    made = _made(colors)
    data = _file(made)
    height, _, told = struct.unpack_from("<iHH", data, 22)
    (used,) = struct.unpack_from("<I", data, 46)
    (start,) = struct.unpack_from("<I", data, 10)
    assert (height, told, used, start) == (5, bits, entries, 54 + 4 * entries)
    bottom = np.unpackbits(np.frombuffer(data[start:], np.uint8))[:bits]
    assert int("".join(map(str, bottom)), 2) == made.indexed.indices[-1, 0]
    (size,) = struct.unpack_from("<I", data, 34)
    assert size == 5 * (4 if bits < 8 else 8)
    assert len(data) == max(138, start + size)


def test_more_than_256_colors_are_refused() -> None:
    kind: Kind = whole("rgb444", "code", "rgb444")
    indexed = Indexed(np.zeros((1, 1), np.uint16), kind.palette)
    made = picture("a", "p", indexed, Layout(bits=16), "code", "rgb444")
    with pytest.raises(ValueError, match="4096 colors do not fit an indexed BMP"):
        emit("bmp", made)


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        (2, b"\x01", "should be"),
        (18, b"\0\0\0\0", "1 to 65535 pixels"),
        (18, b"\xff\xff\0\0", r"bytes, not"),
        (22, b"\xfb\xff\xff\xff", "1 to 65535 pixels"),
        (28, b"\x18", "open it with an image viewer"),
        (46, b"\x11", "open it with an image viewer"),
        (46, b"\x03", "should be"),
        (34, b"\x10\0\0\0", "20 bytes, not 16"),
    ],
)
def test_a_false_header_says_so(place: int, value: bytes, problem: str) -> None:
    data = bytearray(_file(_made(16)))
    data[place : place + len(value)] = value
    with pytest.raises(ValueError, match=problem):
        decode({"a.bmp": bytes(data)}, "a.bmp")


@given(
    made=SMALL,
    edits=st.lists(st.tuples(st.integers(0, 80), st.integers(0, 255)), min_size=1, max_size=4),
    end=st.integers(0, 200),
)
@settings(max_examples=100, deadline=None)
def test_damage_never_crashes(made: Picture, edits: list[tuple[int, int]], end: int) -> None:
    data = bytearray(_file(made))
    for place, value in edits:
        data[place % len(data)] = value
    for damaged in (bytes(data), bytes(data[:end])):
        with suppress(ValueError):
            assert decode({"a.bmp": damaged}, "a.bmp").indices.size
