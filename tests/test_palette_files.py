"""Palette files are read exactly, written back the same, and refused with a place."""

import io
import re
import struct
import tracemalloc

import numpy as np
import PIL.Image
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.palette_files import PaletteFile, read, writable, write
from pipeline.palette_files.picture import extract
from pipeline.registry import PALETTE_FILES

CODE = st.integers(0, 255)
COLORS = st.lists(st.tuples(CODE, CODE, CODE), min_size=1, max_size=256).map(tuple)
NAMES = st.text(st.characters(categories=("L", "N", "P"), codec="utf-8"), max_size=8)


def saved(image: PIL.Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


KEEPS = {".gpl": {"names", "title"}, ".ase": {"names", "title"}, ".aco": {"names"}}
KEEPS[".json"] = {"title", "author"}


def test_the_formats_that_are_written() -> None:
    assert writable() == (".gpl", ".pal", ".hex", ".json", ".act", ".aco", ".ase", ".png")


@given(COLORS, st.data())
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("suffix", writable())
def test_what_is_written_is_read_back_as_far_as_the_format_holds_it(
    suffix: str, colors: tuple[tuple[int, int, int], ...], data: st.DataObject
) -> None:
    names = data.draw(st.tuples(*[NAMES] * len(colors)))
    whole = PaletteFile(colors, names, None, data.draw(NAMES), data.draw(NAMES))
    kept = KEEPS.get(suffix, set())
    expected = PaletteFile(
        colors,
        names if "names" in kept else ("",) * len(colors),
        title=whole.title if "title" in kept else "",
        author=whole.author if "author" in kept else "",
    )
    assert read(write(whole, suffix), "ui" + suffix) == expected


@given(COLORS, st.data())
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("suffix", [".act", ".png"])
def test_the_transparent_index_is_kept(
    suffix: str, colors: tuple[tuple[int, int, int], ...], data: st.DataObject
) -> None:
    hidden = data.draw(st.integers(0, len(colors) - 1))
    palette = PaletteFile(colors, ("",) * len(colors), hidden)
    assume(suffix == ".act" or len(colors) > 1)  # a picture needs a color to draw
    assert read(write(palette, suffix), "x" + suffix) == palette


def tried(data: bytes, name: str) -> None:
    """Read; anything but a palette or a ValueError that names the file fails the test."""
    try:
        palette = read(data, name)
    except ValueError as error:
        assert str(error).startswith(name)
    else:
        assert 1 <= len(palette.colors) == len(palette.names) <= 256


HEADS = [b"", b"GIMP Palette\n", b"JASC-PAL\n0100\n2\n", b'{"colors": [', b"\0\1\0\2", b"\0\2\0\1"]
HEADS += [b"ASEF\0\1\0\0\0\0\0\2", b"ASEF\0\1\0\0\0\0\0\1\0\1\0\0\0\x16\0\1\0\0"]


@given(st.binary(max_size=900), st.sampled_from(["x", *("x" + suffix for suffix in PALETTE_FILES)]))
@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("head", HEADS)
def test_hostile_bytes_raise_only_value_errors(head: bytes, tail: bytes, name: str) -> None:
    tried(head + tail, name)


SAMPLE = PaletteFile(((0, 0, 0), (255, 128, 7), (1, 2, 3)), ("ink", "", "sea"), None, "T", "A")


@given(st.data())
@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("suffix", writable())
def test_damaged_files_raise_only_value_errors(suffix: str, data: st.DataObject) -> None:
    whole = bytearray(write(SAMPLE, suffix))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(CODE)
    end = data.draw(st.one_of(st.none(), st.integers(0, len(whole))))
    tried(bytes(whole[:end]), "x" + suffix)


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"ASEF\0\1\0\0\xff\xff\xff\xff", "x.ase", "ends before its 4294967295 blocks"),
        (b"ASEF\0\1\0\0\0\0\0\1\0\1\xff\xff\xff\xff", "x.ase", "middle of a block"),
        (b"\0\2\0\1" + bytes(10) + b"\xff" * 4, "x.aco", "middle of a name"),
        (b"\0\1\0\2" + bytes(10), "x.aco", "middle of a color"),
        (b"[" * 100_000, "x.json", "not JSON of a palette"),
        (b'{"colors": [' + b"9" * 5000 + b"]}", "x.json", "not JSON of a palette"),
    ],
)
def test_a_size_that_a_file_only_claims_is_refused(data: bytes, name: str, message: str) -> None:
    tracemalloc.start()
    with pytest.raises(ValueError, match=message):
        read(data, name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_written_bytes_are_what_the_formats_ask_for() -> None:
    palette = PaletteFile(((0, 0, 0), (255, 128, 7)), ("ink", ""))
    assert write(palette, ".gpl") == b"GIMP Palette\n#\n  0   0   0\tink\n255 128   7\n"
    assert write(palette, ".pal") == b"JASC-PAL\r\n0100\r\n2\r\n0 0 0\r\n255 128 7\r\n"
    assert write(palette, ".hex") == b"000000\nff8007\n"
    lospec = (
        b'{\n  "name": "",\n  "author": "",\n  "colors": [\n    "000000",\n    "ff8007"\n  ]\n}\n'
    )
    assert write(palette, ".json") == lospec
    assert write(palette, ".act") == b"\0\0\0\xff\x80\x07" + bytes(762) + b"\0\2\xff\xff"


def test_gpl_headings_comments_and_line_ends_are_understood() -> None:
    heading = b"\xef\xbb\xbfGIMP Palette\r\nName: UI\r\nColumns: 4\r\n# sea\r\n\r\n"
    text = heading + b" 1 2 3 deep  sea\r\n4\t5\t6"
    expected = PaletteFile(((1, 2, 3), (4, 5, 6)), ("deep  sea", ""), title="UI")
    assert read(text, "a.gpl") == expected


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
        (b"{}", "a.json", "a.json: expected an object with a list of `colors`"),
        (b'{"colors": {}}', "a.json", "a.json: expected an object with a list of `colors`"),
        (b'{"colors": ["00ff00", 7]}', "a.json", "a.json: color 1 is not six"),
        (b'{"colors": []}', "a.json", "a.json: the palette has no colors"),
        (b'{\n"colors": [,]}', "a.json", "a.json:2: not JSON"),
        (b"GIMP Palette\n" + b"#" * (1 << 20), "a.gpl", "too many for a palette"),
    ],
)
def test_mistakes_are_named_with_their_place(data: bytes, name: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
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
        (
            PaletteFile(((0, 0, 0),), ("",), 0),
            ".pal",
            ".pal cannot hold a transparent entry; write .act or .png",
        ),
        (PaletteFile(((0, 0, 0),), ("",), 1), ".act", "transparent index 1 is outside"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(
    palette: PaletteFile, suffix: str, message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        write(palette, suffix)


def test_names_cannot_break_lines() -> None:
    data = write(PaletteFile(((1, 2, 3),), ("a\n9 9 9\tb",)), ".gpl")
    assert read(data, "x.gpl") == PaletteFile(((1, 2, 3),), ("a 9 9 9 b",))


def test_act_fields_are_big_endian() -> None:
    data = bytes(range(6)) + bytes(762) + struct.pack(">HH", 2, 1)
    assert read(data, "x.act") == PaletteFile(((0, 1, 2), (3, 4, 5)), ("", ""), 1)


def test_lospec_json_has_a_title_and_an_author() -> None:
    text = b'{"name": "Sweetie", "author": "GrafxKid", "colors": ["1a1c2c", "#5D275D"], "slug": 1}'
    expected = PaletteFile(((26, 28, 44), (93, 39, 93)), ("", ""), None, "Sweetie", "GrafxKid")
    assert read(text, "sweetie-16.json") == expected
    assert read(text, "download") == expected


def test_half_a_character_in_a_name_is_dropped() -> None:
    palette = read(b'{"name": "a\\ud800b", "colors": ["000000"]}', "x.json")
    assert palette.title == "ab"
    assert [read(write(palette, s), "x" + s).colors for s in writable()] == [((0, 0, 0),)] * 8


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_colors_of_a_picture_come_in_the_order_of_their_first_pixels(mode: str) -> None:
    image = PIL.Image.new(mode, (20, 20), (9, 9, 9))
    image.putpixel((3, 0), (1, 2, 3))
    image.putpixel((0, 5), (255, 0, 0))
    assert extract(saved(image), "x.png").colors == ((9, 9, 9), (1, 2, 3), (255, 0, 0))


def test_clear_pixels_of_a_picture_are_one_transparent_entry_at_the_end() -> None:
    image = PIL.Image.new("RGBA", (20, 20), (9, 9, 9, 255))
    image.paste((1, 2, 3, 0), (0, 0, 5, 5))
    image.paste((4, 5, 6, 0), (5, 5, 9, 9))
    assert extract(saved(image), "x.png") == PaletteFile(((9, 9, 9), (0, 0, 0)), ("", ""), 1)


def test_a_small_picture_and_an_indexed_one_are_the_palettes_that_a_build_reads() -> None:
    strip = saved(PIL.Image.new("RGB", (16, 16), (1, 2, 3)))
    indexed = PIL.Image.new("P", (40, 40), 1)
    indexed.putpalette([9, 9, 9, 1, 1, 1, 9, 9, 9])
    for data in (strip, saved(indexed)):
        assert extract(data, "x.png") == read(data, "x.png")


def test_a_picture_of_too_many_colors_is_no_palette() -> None:
    pixels = np.zeros((2, 200, 3), np.uint8)
    pixels[..., 0] = np.arange(400).reshape(2, 200) % 256
    pixels[1, :, 1] = 1
    message = r"x\.png: 400 colors, more than 256; reduce it first"
    with pytest.raises(ValueError, match=message):
        extract(saved(PIL.Image.fromarray(pixels)), "x.png")
