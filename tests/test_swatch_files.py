"""Photoshop's and Adobe's swatch files: color models, names, groups, and what is refused."""

import colorsys
import re
import struct
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.palette_files import PaletteFile, read, write
from pipeline.palette_files.models import gray, hsb, lab

WORD = st.integers(0, 65535)


def aco(*colors: tuple[int, int, int, int], version: int = 1, names: tuple[str, ...] = ()) -> bytes:
    """One list of Photoshop swatches; each color is its space and three values."""
    out = struct.pack(">HH", version, len(colors))
    for place, (space, *values) in enumerate(colors):
        out += struct.pack(">H4H", space, *(value & 0xFFFF for value in values), 0)
        if version == 2:
            text = names[place].encode("utf-16-be") + b"\0\0"
            out += struct.pack(">I", len(text) // 2) + text
    return out


def block(kind: int, name: str, rest: bytes = b"") -> bytes:
    """One block of Adobe Swatch Exchange."""
    text = name.encode("utf-16-be") + b"\0\0"
    body = struct.pack(">H", len(text) // 2) + text + rest
    return struct.pack(">HI", kind, len(body)) + body


def ase(*blocks: bytes) -> bytes:
    return b"ASEF\0\1\0\0" + struct.pack(">I", len(blocks)) + b"".join(blocks)


def swatch(name: str, model: bytes, *values: float) -> bytes:
    return block(1, name, model + struct.pack(f">{len(values)}fH", *values, 2))


def test_written_swatches_are_what_the_formats_ask_for() -> None:
    palette = PaletteFile(((255, 128, 0),), ("ink",))
    color = bytes.fromhex("0000 ffff 8080 0000 0000")
    name = bytes.fromhex("00000004 0069 006e 006b 0000")
    assert write(palette, ".aco") == b"\0\1\0\1" + color + b"\0\2\0\1" + color + name
    body = bytes.fromhex("0004 0069 006e 006b 0000 52474220 3f800000 3f008081 00000000 0002")
    head = bytes.fromhex("41534546 0001 0000 00000001 0001 0000001c")
    assert write(palette, ".ase") == head + body


def test_a_title_is_a_group() -> None:
    data = write(PaletteFile(((1, 2, 3),), ("a",), title="Sea"), ".ase")
    assert data == ase(
        block(0xC001, "Sea"),
        swatch("a", b"RGB ", 1 / 255, 2 / 255, 3 / 255),
        struct.pack(">HI", 0xC002, 0),
    )


def test_the_names_of_version_2_go_before_version_1() -> None:
    old = aco((0, 0x0100, 0x0200, 0x0300))
    new = aco((0, 0x0400, 0x0500, 0x0600), version=2, names=("sky",))
    assert read(old, "x.aco") == PaletteFile(((1, 2, 3),), ("",))
    assert read(new, "x.aco") == PaletteFile(((4, 5, 6),), ("sky",))
    assert read(old + new, "x.aco") == PaletteFile(((4, 5, 6),), ("sky",))


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255])
def test_both_ways_to_write_8_bits_in_16_are_read(value: int) -> None:
    for word in (value * 257, value * 256):
        assert read(aco((0, word, 0, 0)), "x.aco").colors == ((value, 0, 0),)


# CIE L*a*b* of the sRGB primaries relative to D50, as color pickers show them.
D50_PRIMARIES = [
    ((54.29, 80.81, 69.89), (255, 0, 0)),
    ((87.82, -79.29, 80.99), (0, 255, 0)),
    ((29.57, 68.30, -112.03), (0, 0, 255)),
    ((100, 0, 0), (255, 255, 255)),
    ((0, 0, 0), (0, 0, 0)),
]


@pytest.mark.parametrize(("values", "color"), D50_PRIMARIES)
def test_lab_is_relative_to_d50(
    values: tuple[float, float, float], color: tuple[int, int, int]
) -> None:
    light, a, b = (round(100 * value) for value in values)
    assert read(aco((7, light, a, b)), "x.aco").colors == (color,)
    exchange = ase(swatch("a", b"LAB ", values[0] / 100, *values[1:]))
    assert read(exchange, "x.ase").colors == (color,)


@given(st.integers(0, 10000))
def test_lab_without_chroma_is_gray(lightness: int) -> None:
    red, green, blue = lab(Fraction(lightness, 100), Fraction(0), Fraction(0))
    assert red == green == blue


@given(WORD, WORD, WORD)
@settings(deadline=None)
def test_hsb_is_what_the_standard_library_computes(hue: int, strong: int, bright: int) -> None:
    exact = hsb(*(Fraction(value, 65535) for value in (hue, strong, bright)))
    floats = colorsys.hsv_to_rgb(hue / 65535, strong / 65535, bright / 65535)
    assert all(abs(c - 255 * f) < 0.501 for c, f in zip(exact, floats, strict=True))
    assert read(aco((1, hue, strong, bright)), "x.aco").colors == (exact,)


def test_gray_of_swatch_exchange_is_white_at_1() -> None:
    data = ase(swatch("w", b"Gray", 1.0), swatch("k", b"GRAY", 0.0), swatch("g", b"Gray", 0.5))
    assert read(data, "x.ase").colors == ((255,) * 3, (0,) * 3, gray(Fraction(1, 2)))


def test_groups_and_blocks_that_are_not_colors_are_passed_over() -> None:
    end = struct.pack(">HI", 0xC002, 0)
    red, blue = swatch("r", b"RGB ", 1, 0, 0), swatch("b", b"RGB ", 0, 0, 1.0000001)
    other = struct.pack(">HI", 0x7777, 3) + b"abc"
    data = ase(block(0xC001, "One"), red, end, other, block(0xC001, "Two"), blue, end)
    expected = PaletteFile(((255, 0, 0), (0, 0, 255)), ("r", "b"), title="One")
    assert read(data, "x.ase") == expected


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (aco((0, 0, 0, 0), (2, 1, 2, 3)), "a.aco", "a.aco: color 1 is CMYK"),
        (aco((9, 1, 2, 3)), "a.aco", "a.aco: color 0 is CMYK"),
        (aco((8, 0, 0, 0), version=2, names=("Black",)), "a.aco", "color 0 'Black' is gray"),
        (aco((3, 0, 0, 0)), "a.aco", "color 0 is of color space 3, a maker's own colors"),
        (aco((7, 10001, 0, 0)), "a.aco", "color 0 has a lightness of 10001"),
        (aco(), "a.aco", "a.aco: the palette has no colors"),
        (aco(*[(0, 0, 0, 0)] * 257), "a.aco", "a.aco: 257 colors, more than 256"),
        (b"\0\3\0\0", "a.aco", "a.aco: not Photoshop swatches: version 3"),
        (ase(swatch("Cyan", b"CMYK", 1, 0, 0, 0)), "a.ase", "a.ase: color 0 'Cyan' is CMYK"),
        (
            ase(swatch("x", b"RGB ", 0, 255, 0)),
            "a.ase",
            "color 0 'x' has a value of 255, and 0 to 1",
        ),
        (ase(swatch("x", b"RGB ", 0, float("nan"), 0)), "a.ase", "has a value of nan"),
        (ase(swatch("x", b"LAB ", 0.5, 300, 0)), "a.ase", "value of 300, and -128 to 128"),
        (ase(swatch("", b"XYZ ", 0, 0, 0)), "a.ase", "a.ase: color 0 is damaged"),
        (ase(block(1, "x", b"RGB \0")), "a.ase", "a.ase: color 0 'x' is damaged"),
        (ase(), "a.ase", "a.ase: the palette has no colors"),
        (ase(*[swatch("", b"Gray", 0)] * 257), "a.ase", "a.ase: more than 256"),
        (b"ASEF\0\2\0\0\0\0\0\0", "a.ase", "a.ase: not Adobe Swatch Exchange of version 1"),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, name: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        read(data, name)
