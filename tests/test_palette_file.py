"""Palette files are read exactly, written back the same, and refused with a place."""

import io
import struct

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.palette_file import PaletteFile, read, write

CODE = st.integers(0, 255)
COLORS = st.lists(st.tuples(CODE, CODE, CODE), min_size=1, max_size=256).map(tuple)
NAMES = st.text(st.characters(categories=("L", "N", "P"), codec="utf-8"), max_size=8)


def saved(image: PIL.Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@given(COLORS, st.data())
@settings(max_examples=60, deadline=None)
def test_gpl_gives_back_colors_and_names(
    colors: tuple[tuple[int, int, int], ...], data: st.DataObject
) -> None:
    names = data.draw(st.tuples(*[NAMES] * len(colors)))
    palette = PaletteFile(colors, names)
    assert read(write(palette, ".gpl"), "x.gpl") == palette


@given(COLORS)
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("suffix", [".gpl", ".pal", ".hex", ".act"])
def test_every_written_palette_is_read_back(
    suffix: str, colors: tuple[tuple[int, int, int], ...]
) -> None:
    palette = PaletteFile(colors, ("",) * len(colors))
    assert read(write(palette, suffix), "ui" + suffix) == palette


@given(COLORS, st.data())
@settings(max_examples=40, deadline=None)
def test_act_keeps_the_transparent_index(
    colors: tuple[tuple[int, int, int], ...], data: st.DataObject
) -> None:
    hidden = data.draw(st.integers(0, len(colors) - 1))
    palette = PaletteFile(colors, ("",) * len(colors), hidden)
    encoded = write(palette, ".act")
    assert len(encoded) == 772
    assert read(encoded, "x.act") == palette


@given(st.binary(max_size=900), st.sampled_from(["x.gpl", "x.pal", "x.hex", "x.act", "x.png", "x"]))
@settings(max_examples=200, deadline=None)
@pytest.mark.parametrize("head", [b"", b"GIMP Palette\n", b"JASC-PAL\n0100\n2\n"])
def test_hostile_bytes_raise_only_value_errors(head: bytes, tail: bytes, name: str) -> None:
    try:
        palette = read(head + tail, name)
    except ValueError as error:
        assert str(error).startswith(name)
    else:
        assert 1 <= len(palette.colors) == len(palette.names) <= 256


def test_written_bytes_are_what_the_formats_ask_for() -> None:
    palette = PaletteFile(((0, 0, 0), (255, 128, 7)), ("ink", ""))
    assert write(palette, ".gpl") == b"GIMP Palette\n#\n  0   0   0\tink\n255 128   7\n"
    assert write(palette, ".pal") == b"JASC-PAL\r\n0100\r\n2\r\n0 0 0\r\n255 128 7\r\n"
    assert write(palette, ".hex") == b"000000\nff8007\n"
    assert write(palette, ".act") == b"\0\0\0\xff\x80\x07" + bytes(762) + b"\0\2\xff\xff"


def test_gpl_headings_comments_and_line_ends_are_understood() -> None:
    heading = b"\xef\xbb\xbfGIMP Palette\r\nName: UI\r\nColumns: 4\r\n# sea\r\n\r\n"
    text = heading + b" 1 2 3 deep  sea\r\n4\t5\t6"
    assert read(text, "a.gpl") == PaletteFile(((1, 2, 3), (4, 5, 6)), ("deep  sea", ""))


def test_a_number_after_the_third_is_part_of_the_name() -> None:
    assert read(b"GIMP Palette\n1 2 3 4 of hearts\n", "a.gpl").names == ("4 of hearts",)


def test_gpl_with_alpha_names_the_first_clear_entry() -> None:
    text = b"GIMP Palette\nChannels: RGBA\n#\n9 9 9 255 Solid\n0 0 0 0 Clear\n1 1 1 0 Also\n"
    expected = PaletteFile(((9, 9, 9), (0, 0, 0), (1, 1, 1)), ("Solid", "Clear", "Also"), 1)
    assert read(text, "a.gpl") == expected


def test_jasc_with_alpha_names_the_clear_entry() -> None:
    palette = read(b"JASC-PAL\n0100\n2\n1 2 3 255\n4 5 6 0\n", "a.pal")
    assert palette == PaletteFile(((1, 2, 3), (4, 5, 6)), ("", ""), 1)


def test_content_decides_before_the_suffix() -> None:
    assert read(b"GIMP Palette\n1 2 3\n", "wrong.pal").colors == ((1, 2, 3),)
    assert read(b"JASC-PAL\n0100\n1\n1 2 3\n", "wrong.hex").colors == ((1, 2, 3),)


def test_hex_takes_a_sign_and_both_cases() -> None:
    assert read(b"#FF00aa\n\n0a0B0c\n", "x.hex").colors == ((255, 0, 170), (10, 11, 12))


def test_act_without_a_count_has_256_entries() -> None:
    palette = read(bytes(range(256)) * 3, "x.act")
    assert len(palette.colors) == 256
    assert palette.transparent is None


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (
            b"GIMP Palette\nName: x\n1 2 3\n1 2\n",
            "ui.gpl",
            "ui.gpl:4: expected three numbers 0..255",
        ),
        (b"GIMP Palette\n1 2 256\n", "ui.gpl", "ui.gpl:2: expected three"),
        (b"GIMP Palette\n1 -2 3\n", "ui.gpl", "ui.gpl:2: expected three"),
        (b"GIMP Palette\nChannels: RGBA\n1 2 3\n", "ui.gpl", "ui.gpl:3: expected four"),
        (b"1 2 3\n", "ui.gpl", "ui.gpl:1: expected `GIMP Palette`"),
        (b"GIMP Palette\n", "ui.gpl", "ui.gpl: the palette has no colors"),
        (b"GIMP Palette\n" + b"1 2 3\n" * 257, "ui.gpl", "ui.gpl:258: more than 256"),
        (b"JASC-PAL\n0200\n1\n1 2 3\n", "a.pal", "a.pal:2: expected `0100`"),
        (b"JASC-PAL\n0100\nmany\n1 2 3\n", "a.pal", "a.pal:3: expected the number"),
        (b"JASC-PAL\n0100\n3\n1 2 3\n", "a.pal", "a.pal:3: says 3 colors, but 1 follow"),
        (b"JASC-PAL\n0100\n1\n1 2 x\n", "a.pal", "a.pal:4: expected three"),
        (b"RIFF\x10\0\0\0PAL data", "a.pal", "Microsoft RIFF"),
        (b"ff0000\nff00\n", "a.hex", "a.hex:2: expected six"),
        (b"ff0000ff\n", "a.hex", "a.hex:1: expected six"),
        (bytes(770), "a.act", "a.act: an .act file has 768 or 772 bytes, not 770"),
        (bytes(768) + b"\1\1\xff\xff", "a.act", "says 257 colors"),
        (bytes(768) + b"\0\4\0\4", "a.act", "transparent index 4 is outside 0..3"),
        (b"a,b,c", "a.csv", "a.csv: not a palette"),
        (b"GIMP Palette\n" + b"#" * (1 << 20), "a.gpl", "too many for a palette"),
    ],
)
def test_mistakes_are_named_with_their_place(data: bytes, name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        read(data, name)


def test_lossy_pictures_are_refused() -> None:
    data = saved(PIL.Image.new("RGB", (4, 1)), "JPEG")
    with pytest.raises(ValueError, match="JPEG changes colors"):
        read(data, "x.jpg")


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP"])
def test_an_indexed_picture_gives_its_palette_in_order(kind: str) -> None:
    image = PIL.Image.new("P", (40, 40), 1)  # more pixels than a strip may have
    image.putpalette([255, 0, 0, 0, 0, 9, 0, 255, 0, 0, 0, 9])
    palette = read(saved(image, kind, optimize=False), "x")
    assert palette.colors == ((255, 0, 0), (0, 0, 9), (0, 255, 0), (0, 0, 9))


def test_an_animated_gif_gives_the_palette_of_its_first_frame() -> None:
    frames = [PIL.Image.new("RGB", (2, 2), color) for color in ((7, 8, 9), (1, 1, 1))]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert read(data, "x.gif").colors[0] == (7, 8, 9)


def test_an_indexed_picture_names_its_transparent_entry() -> None:
    image = PIL.Image.new("P", (2, 2))
    image.putpalette([1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert read(saved(image, transparency=2), "x.png").transparent == 2


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_a_strip_gives_an_entry_for_each_pixel_in_reading_order(kind: str) -> None:
    pixels = np.array([[[1, 2, 3], [1, 2, 3]], [[9, 8, 7], [0, 0, 0]]], np.uint8)
    palette = read(saved(PIL.Image.fromarray(pixels), kind), "x")
    assert palette == PaletteFile(((1, 2, 3), (1, 2, 3), (9, 8, 7), (0, 0, 0)), ("",) * 4)


def test_gray_strips_are_strips_not_indices() -> None:
    data = saved(PIL.Image.fromarray(np.array([[255, 0, 128]], np.uint8)))
    assert read(data, "x.png").colors == ((255, 255, 255), (0, 0, 0), (128, 128, 128))


def test_a_clear_pixel_of_a_strip_is_the_transparent_entry() -> None:
    pixels = np.array([[[1, 2, 3, 255], [4, 5, 6, 0]]], np.uint8)
    palette = read(saved(PIL.Image.fromarray(pixels)), "x.png")
    assert palette == PaletteFile(((1, 2, 3), (4, 5, 6)), ("", ""), 1)


def test_a_strip_has_at_most_256_pixels() -> None:
    assert len(read(saved(PIL.Image.new("RGB", (256, 1))), "x.png").colors) == 256
    with pytest.raises(ValueError, match=r"x\.png: 257x1 pixels; a strip has one pixel"):
        read(saved(PIL.Image.new("RGB", (257, 1))), "x.png")


def test_damaged_pictures_carry_the_file_name() -> None:
    with pytest.raises(ValueError, match=r"x\.png: this PNG file cannot be decoded"):
        read(saved(PIL.Image.new("RGB", (4, 4)))[:40], "x.png")


@pytest.mark.parametrize(
    ("palette", "suffix", "message"),
    [
        (PaletteFile(((0, 0, 0),), ("",)), ".txt", "not '.txt'"),
        (PaletteFile((), ()), ".gpl", "not 0"),
        (PaletteFile(((0, 0, 0),) * 257, ("",) * 257), ".hex", "not 257"),
        (PaletteFile(((0, 0, 0),), ("",), 0), ".pal", ".pal cannot hold a transparent entry"),
        (PaletteFile(((0, 0, 0),), ("",), 1), ".act", "transparent index 1 is outside"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(
    palette: PaletteFile, suffix: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        write(palette, suffix)


def test_names_cannot_break_lines() -> None:
    data = write(PaletteFile(((1, 2, 3),), ("a\n9 9 9\tb",)), ".gpl")
    assert read(data, "x.gpl") == PaletteFile(((1, 2, 3),), ("a 9 9 9 b",))


def test_act_fields_are_big_endian() -> None:
    data = bytes(range(6)) + bytes(762) + struct.pack(">HH", 2, 1)
    assert read(data, "x.act") == PaletteFile(((0, 1, 2), (3, 4, 5)), ("", ""), 1)
