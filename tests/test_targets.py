"""Every shipped profile loads, names its sources, and packs a picture that can be read back."""

import re
from pathlib import Path

import numpy as np
import pytest

from pipeline import layouts
from pipeline.disk import RealDisk
from pipeline.dithers import DitherOptions, dither
from pipeline.document import parse
from pipeline.emitters import from_values, pixel_values
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.palette import Indexed, Palette, from_colors, of_target
from pipeline.report import Failure
from pipeline.target import Target, builtin_folder, builtin_names
from pipeline.target_file import load, read_target, shipped

NAMES = builtin_names()
NEEDED = {
    "ssd1306-128x64",
    "sh1106-128x64",
    "ssd1327-128x128",
    "ssd1351-128x128",
    "st7789-240x240",
    "ili9341-240x320",
    "gc9a01-240x240",
    "sharp-ls027b7dh01",
    "pcd8544",
    "waveshare-2in9b",
    "inky-impression-7",
    "waveshare-7in3e",
    "epd-4gray-400x300",
    "pebble-time",
    "ti84ce",
    "gameboy",
    "generic",
}


def own_palette(target: Target) -> Palette:
    if target.inks or target.whole:
        return of_target(target)
    colors = [(i, 255 - i, i // 2) for i in range(256)]
    return from_colors(colors[:: 256 // target.max_colors], GRIDS[target.grid])


def test_the_promised_targets_are_there() -> None:
    assert set(NAMES) >= NEEDED


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_names_its_sources_and_the_source_of_each_measured_palette(name: str) -> None:
    target = shipped(name)
    assert all(len(source) > 10 for source in target.sources)
    assert all(len(measured.source) > 10 for measured in target.measured)


@pytest.mark.parametrize("name", NAMES)
def test_the_file_of_a_profile_is_plain_and_short(name: str) -> None:
    text = (builtin_folder() / f"{name}.yaml").read_text("utf-8")
    assert re.fullmatch(r"[a-z0-9-]+", name)
    assert max(map(len, text.splitlines())) <= 240


@pytest.mark.parametrize("name", NAMES)
def test_a_full_screen_is_packed_and_read_back(name: str) -> None:
    target = shipped(name)
    palette = own_palette(target)
    width, height = target.size or (37, 11)
    count = np.arange(width * height).reshape(height, width)
    indices = (count % len(palette)).astype(np.uint16)
    indexed = Indexed(indices, palette)
    data = layouts.pack(pixel_values(indexed, target.holds), target.layout)
    values = layouts.unpack(data, target.layout, width, height)
    assert (from_values(values, palette, target.holds).indices == indices).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_palette_color_stays_itself_on_the_panel(name: str) -> None:
    palette = own_palette(shipped(name))
    every = np.unique(np.linspace(0, len(palette) - 1, 16).astype(int))
    seen = palette.seen[every][None, :, :]
    from pipeline.color import to_linear

    picture = Image(to_linear(seen), np.full(seen.shape[:2], 255, np.uint8))
    indices = dither(picture, palette, DitherOptions())
    assert (palette.seen[indices] == seen).all()


FULL_SCREEN_BYTES = {
    "ssd1306-128x64": 1024,
    "pcd8544": 504,
    "ssd1327-128x128": 8192,
    "ssd1351-128x128": 32768,
    "ili9341-240x320": 153600,
    "sharp-ls027b7dh01": 12000,
    "waveshare-2in9b": 9472,
    "inky-impression-7": 192000,
    "waveshare-7in3e": 192000,
    "epd-4gray-400x300": 30000,
    "pebble-time": 24192,
    "ti84ce": 76800,
    "gameboy": 5760,
    "ssd1306-72x40": 360,
    "ssd1322-256x64": 8192,
    "ili9488-spi-320x480": 153600,
    "playdate": 12480,
    "pebble-aplite": 3360,
    "ssd1680-122x250": 4000,
    "badger2040": 4736,
    "epd-bwry-800x480": 96000,
    "el133uf1-1200x1600": 960000,
    "inky-frame-600x448": 100800,
    "gba": 19200,
    "snes": 28672,
    "st7305-168x384": 8064,
    "st7305-122x250": 33 * 125,
    "st7305-300x400": 15000,
    "sharp-ls027b7dh01-lines": 240 * 52,
    "jdi-lpm013m126": 176 * 90,
    "st7920-gdram-128x64": 1024,
    "hub75-64x32": 2048,
    "uc8159-bwr-640x384": 122880,
    "spectra6-1024x576": 294912,
    "inkplate10": 495000,
    "st7789-240x320-444": 115200,
    "ngpc": 6080,
    "banglejs2": 176 * 68,
}


PLACES = [
    # osptek's write_point: byte y / 2 * 42 + x / 4, bit 7 - (x % 4 * 2 + y % 2).
    ("st7305-168x384", (5, 3), 1 * 42 + 1, 0x10),
    # CircuitPython's sharpdisplay: 52 bytes a line, pixels from the second one on.
    ("sharp-ls027b7dh01-lines", (9, 2), 2 * 52 + 1 + 1, 0x40),
    # Pimoroni's set_color: ((y % half) * width + x) * 2 + 1 in the lower half.
    ("hub75-64x32", (3, 17), (1 * 64 + 3) * 2 + 1, 0xFF),
    # u8g2: the lower half as columns 128 to 255.
    ("st7920-gdram-128x64", (1, 33), 1 * 32 + 16, 0x40),
    # Espruino's lcdMemLCD_setPixel: bit x * 3 of a line that begins with two bytes, one of them
    # the one behind the line before.
    ("banglejs2", (3, 1), 68 + 1 + 1, 0x70),
    # epdiy's epd_draw_pixel: odd x in the high nibble.
    ("m5paper-s3", (3, 1), 480 + 1, 0xF0),
    # Inkplate's writePixel: even x in the high nibble, bit 0 first in its other mode.
    ("inkplate10", (2, 1), 600 + 1, 0x70),
    ("inkplate10-mono", (2, 1), 150, 0x04),
]


@pytest.mark.parametrize(("name", "at", "byte", "bits"), PLACES)
def test_a_pixel_is_where_the_driver_that_is_named_puts_it(
    name: str, at: tuple[int, int], byte: int, bits: int
) -> None:
    target = shipped(name)
    assert target.size is not None
    (width, height), (x, y) = target.size, at
    blank = np.zeros((height, width), np.uint32)
    dotted = blank.copy()
    dotted[y, x] = 255 if target.holds == "index" else own_palette(target).codes.max()
    pair = (layouts.pack(values, target.layout) for values in (blank, dotted))
    changed = np.bitwise_xor(*(np.frombuffer(data, np.uint8) for data in pair))
    assert changed.nonzero()[0].tolist() == [byte]
    assert changed[byte] == bits


@pytest.mark.parametrize(("name", "size"), FULL_SCREEN_BYTES.items())
def test_a_full_screen_is_as_long_as_the_panel_reads(name: str, size: int) -> None:
    target = shipped(name)
    assert target.size is not None
    assert layouts.size(target.layout, *target.size) == size


BASE = """
title: x
size: 8x8
background: "#000"
palette:
  - {name: black, nominal: "#000000", code: 0}
  - {name: white, nominal: "#ffffff", code: 1}
layout: {scan: rows, bits: 1}
sources: [somebody]
"""

FAULTS = [
    ("code: 1}", "code: 2}", "code 2 does not fit 1 bits"),
    ("code: 1}", "code: 0}", "code 0 is taken twice"),
    ("name: white", "name: black", "the name 'black' is taken twice"),
    ("sources: [somebody]", "sources: []", "expected at least 1 entry, got 0"),
    ("scan: rows", "scan: spiral", "unknown scan 'spiral'"),
    ("bits: 1", "bits: 3", "`rows` has 1, 2, 4, 8, 12, 16, 24, 32 bits a pixel, not 3"),
    ("scan: rows, bits: 1", "scan: pages, bits: 2", "`pages` has 1 bits a pixel, not 2"),
    ("title: x", "title: x\nseen: nobody", "no measured set 'nobody'"),
    ("title: x", "title: x\ngrid: rgb565", "a list of entries and a grid exclude each other"),
    ("title: x", "title: x\npixels: index", "fixed entries are written as codes"),
    ("title: x\n", "", "the key 'title' is missing"),
    ("size: 8x8", "size: 0x8", "a size is 1x1 to 16384x16384, not 0x8"),
    ("size: 8x8", "size: 8x8\npitch: [1, 0]", "expected more than 0.0, got '0'"),
    (
        "title: x",
        "title: x\nmeasured: {m: {source: s, colors: {black: '#111'}}}",
        "the color of 'white' is missing",
    ),
    ("palette:", "notes:", "expected text, got a list"),
]


def test_all_faults_of_a_profile_are_told_at_once() -> None:
    text = BASE.replace("size: 8x8", "size: 9x8\nkind: lamp").replace("scan: rows", "scan: tiles")
    text = text.replace("code: 1}", "code: 3}") + "seen: nobody\n"
    with pytest.raises(Failure) as caught:
        read_target(parse(text.encode(), "p.yaml"), "p")
    assert [(p.span and p.span.line, p.message.split(",")[0]) for p in caught.value.problems] == [
        (3, "`tiles` needs a size in steps of 8x8"),
        (4, "unknown kind 'lamp'"),
        (8, "code 3 does not fit 1 bits"),
        (11, "no measured set 'nobody'"),
    ]


def test_a_screen_with_more_rows_than_its_lines_have_numbers_is_refused() -> None:
    text = BASE.replace("size: 8x8", "size: 8x256").replace("scan: rows", "scan: sharp-lines")
    with pytest.raises(Failure, match="`sharp-lines` numbers 255 rows, not 256"):
        read_target(parse(text.encode(), "p.yaml"), "p")
    assert read_target(parse(text.replace("256", "255").encode(), "p.yaml"), "p").size == (8, 255)


def test_a_cut_palette_brings_no_second_fault() -> None:
    text = BASE.replace('nominal: "#000000"', "nominal: blackish")
    with pytest.raises(Failure) as caught:
        read_target(parse(text.encode(), "p.yaml"), "p")
    assert len(caught.value.problems) == 1


def test_a_grid_whose_words_have_gaps_is_no_palette() -> None:
    start = BASE[: BASE.index("palette")]
    text = f"{start}grid: bgr333\npalette: whole\nlayout: {{scan: rows, bits: 16}}\nsources: [me]\n"
    with pytest.raises(Failure, match="have unused bits"):
        read_target(parse(text.encode(), "p.yaml"), "p")


@pytest.mark.parametrize(("old", "new", "message"), FAULTS)
def test_a_faulty_profile_is_refused_with_a_reason(old: str, new: str, message: str) -> None:
    with pytest.raises(Failure) as caught:
        read_target(parse(BASE.replace(old, new).encode(), "p.yaml"), "p")
    assert message in [problem.message for problem in caught.value.problems]


def test_a_profile_file_needs_a_plain_name() -> None:
    with pytest.raises(Failure, match="cannot be called"):
        read_target(parse(BASE.encode(), "p.yaml"), "a b;c")


def test_measured_colors_become_what_is_seen() -> None:
    text = (
        BASE + "seen: m\nmeasured: {m: {source: s, colors: {black: '#111111', white: '#eeeeee'}}}\n"
    )
    inks = read_target(parse(text.encode(), "p.yaml"), "p").inks
    assert [ink.seen for ink in inks] == [(17, 17, 17), (238, 238, 238)]
    assert [ink.nominal for ink in inks] == [(0, 0, 0), (255, 255, 255)]


def test_a_path_finds_a_profile_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(BASE)
    assert load("mine.yaml", RealDisk(str(tmp_path))).name == "mine"
