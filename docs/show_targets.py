"""The lines of C that put a picture on each kind of panel, for docs/targets.

`tests/test_target_pages.py` compiles each and, where it sends the picture as it is, runs it. In the
texts `$left`, `$right`, `$top` and `$bottom` are the window of the panel's memory.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from string import Template
from types import MappingProxyType
from typing import NamedTuple

from pipeline.target import Target

DRIVER = """\
#include <stddef.h>
#include <stdint.h>
#include "card.h"

void command(uint8_t code);  /* D/C low, one byte */
void data(const uint8_t *bytes, size_t count);  /* D/C high */
void chip(unsigned mask);  /* which chip selects are active */
void wait(void);  /* until BUSY says ready */
"""
"""What a snippet may call: functions of the reader's own driver."""

Window = tuple[int, int]


class Snippet(NamedTuple):
    """C for some targets.

    Attributes:
        names: Patterns of their names.
        code: The body of a function.
        corner: Where the glass begins in the memory, by target; 0, 0 for others.
        more: Other words of the code, by target.
        before: What stands before the function.
        whole: Each byte of the picture goes through `data` once.
    """

    names: tuple[str, ...]
    code: str
    corner: Mapping[str, Window] = MappingProxyType({})
    more: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    before: str = ""
    whole: bool = True


_DCS = """\
static const uint8_t columns[] = {$left_high, $left_low, $right_high, $right_low};
static const uint8_t rows[] = {$top_high, $top_low, $bottom_high, $bottom_low};
static const uint8_t format = $format;
command(0x3A); data(&format, 1);
command(0x2A); data(columns, 4);
command(0x2B); data(rows, 4);
command(0x2C); data(card_pixels, CARD_BYTES);
"""

_TILES = """\
${palette}load_tiles(card_pixels, CARD_BYTES);  /* to tile memory, from tile 0 */
for (unsigned row = 0; row < CARD_HEIGHT / 8; row++)
    for (unsigned column = 0; column < CARD_WIDTH / 8; column++)
        set_map(column, row, row * (CARD_WIDTH / 8) + column);
"""
_CONSOLE = """\
void load_tiles(const uint8_t *tiles, size_t bytes);  /* your SDK's */
void set_map(unsigned column, unsigned row, unsigned tile);
"""
_REFRESH = """\
command(0x04); wait();  /* power on */
command(0x12); data(&zero, 1); wait();  /* refresh */
command(0x02); data(&zero, 1); wait();  /* power off */
"""
_SHOW_SSD = "command(0x22); data(&update, 1); command(0x20); wait();\n"

SNIPPETS = (
    Snippet(
        ("ssd1305-*", "ssd1306-*", "ssd1309-*"),
        """\
command(0x20); command(0x00);  /* horizontal addressing */
command(0x21); command($left); command($right);  /* columns */
command(0x22); command(0); command(CARD_HEIGHT / 8 - 1);
data(card_pixels, CARD_BYTES);
""",
        corner=MappingProxyType(
            {"ssd1306-64x32": (32, 0), "ssd1306-64x48": (32, 0), "ssd1306-72x40": (28, 0)}
        ),
    ),
    Snippet(
        ("sh1106-*", "sh1107-*", "st7567-*", "uc1701-*"),
        """\
for (uint8_t page = 0; page < CARD_HEIGHT / 8; page++) {
    command(0xB0 + page);
    command(0x00 | ($left & 15));  /* column, low half */
    command(0x10 | ($left >> 4));  /* and high half */
    data(card_pixels + page * CARD_STRIDE, CARD_WIDTH);
}
""",
        corner=MappingProxyType({"sh1106-128x64": (2, 0)}),
    ),
    Snippet(
        ("pcd8544",),
        """\
command(0x20);  /* horizontal addressing */
command(0x80); command(0x40);  /* X and Y at 0 */
data(card_pixels, CARD_BYTES);
""",
    ),
    Snippet(
        ("st7920-gdram-*",),
        """\
command(0x34); command(0x36);  /* extended commands, graphics on */
for (uint8_t y = 0; y < 32; y++) {
    command(0x80 | y); command(0x80);
    data(card_pixels + y * 32, 32);
}
""",
    ),
    Snippet(
        ("st7920-*",),
        """\
command(0x34); command(0x36);  /* extended commands, graphics on */
for (uint8_t y = 0; y < CARD_HEIGHT; y++) {
    command(0x80 | (y & 31)); command(y < 32 ? 0x80 : 0x88);
    data(card_pixels + y * CARD_STRIDE, CARD_STRIDE);
}
""",
    ),
    Snippet(
        ("sharp-*-lines", "jdi-*", "banglejs2"),
        """\
static const uint8_t write = $write, zero = 0;$vcom
chip(1);  /* active high */
data(&write, 1);
data(card_pixels, CARD_BYTES);
data(&zero, 1);
chip(0);
""",
        more=MappingProxyType(
            {
                "sharp-*": {"write": "0x80", "vcom": "  /* 0xC0 while VCOM is 1 */"},
                "jdi-*": {"write": "0x90", "vcom": ""},
                "banglejs2": {"write": "0x80", "vcom": ""},
            }
        ),
    ),
    Snippet(
        ("sharp-*",),
        """\
static const uint8_t write = 0x80, zero = 0;  /* 0xC0 while VCOM is 1 */
chip(1);  /* active high */
data(&write, 1);
for (unsigned line = 1; line <= CARD_HEIGHT; line++) {
    uint8_t number = 0;  /* low bit first */
    for (unsigned bit = 0; bit < 8; bit++)
        number |= (uint8_t)((line >> bit & 1) << (7 - bit));
    data(&number, 1); data(card_pixels + (line - 1) * CARD_STRIDE, CARD_STRIDE); data(&zero, 1);
}
data(&zero, 1); chip(0);
""",
    ),
    Snippet(
        ("ssd1322-*",),
        """\
static const uint8_t columns[] = {0x1C, 0x5B}, rows[] = {0, CARD_HEIGHT - 1};
command(0x15); data(columns, 2);  /* units of four pixels */
command(0x75); data(rows, 2);
command(0x5C); data(card_pixels, CARD_BYTES);
""",
    ),
    Snippet(
        ("ssd1325-*", "ssd1327-*"),
        """\
${remap}command(0x15); command(0); command(CARD_WIDTH / 2 - 1);  /* bytes of two pixels */
command(0x75); command(0); command(CARD_HEIGHT - 1);
data(card_pixels, CARD_BYTES);
""",
        more=MappingProxyType(
            {
                "ssd1325-*": {"remap": ""},
                "ssd1327-*": {
                    "remap": "command(0xA0); command(0x51);  /* even x in the high nibble */\n"
                },
            }
        ),
    ),
    Snippet(
        ("sh1122-*",),
        """\
for (uint8_t row = 0; row < CARD_HEIGHT; row++) {
    command(0xB0); command(row);
    command(0x00); command(0x10);  /* column 0 */
    data(card_pixels + row * CARD_STRIDE, CARD_STRIDE);
}
""",
    ),
    Snippet(
        ("ssd1331-*",),
        """\
command(0xA0); command($remap);  /* depth and order of colors */
command(0x15); command(0); command(CARD_WIDTH - 1);
command(0x75); command(0); command(CARD_HEIGHT - 1);
data(card_pixels, CARD_BYTES);
""",
        more=MappingProxyType(
            {"ssd1331-*-332": {"remap": "0x32"}, "ssd1331-96x64": {"remap": "0x72"}}
        ),
    ),
    Snippet(
        ("ssd1351-*",),
        """\
static const uint8_t columns[] = {0, CARD_WIDTH - 1}, rows[] = {0, CARD_HEIGHT - 1};
command(0x15); data(columns, 2);
command(0x75); data(rows, 2);
command(0x5C); data(card_pixels, CARD_BYTES);
""",
    ),
    Snippet(
        ("co5300-4*",),
        """\
static const uint8_t columns[] = {$left_high, $left_low, $right_high, $right_low};
static const uint8_t rows[] = {$top_high, $top_low, $bottom_high, $bottom_low};
for (uint8_t i = 0; i < CARD_COLORS; i++) {
    const uint32_t color = card_palette[i];
    const uint8_t rgb[] = {(uint8_t)(color >> 16), (uint8_t)(color >> 8), (uint8_t)color};
    command(0x70 + i); data(rgb, 3);
}
command(0x2A); data(columns, 4); command(0x2B); data(rows, 4);
command(0x2C); data(card_pixels, CARD_BYTES);
""",
        corner=MappingProxyType({"co5300-410x502": (22, 0)}),
    ),
    Snippet(
        ("ili9488-spi-*",),
        """\
static const uint8_t columns[] = {$left_high, $left_low, $right_high, $right_low};
static const uint8_t rows[] = {$top_high, $top_low, $bottom_high, $bottom_low};
command(0x2A); data(columns, 4); command(0x2B); data(rows, 4);
command(0x2C);
for (size_t i = 0; i < CARD_BYTES; i++) {
    const uint32_t color = card_palette[card_pixels[i]];
    const uint8_t rgb[] = {(uint8_t)(color >> 16), (uint8_t)(color >> 8), (uint8_t)color};
    data(rgb, 3);
}
""",
        whole=False,
    ),
    Snippet(
        ("st7735-*", "pygamer", "st7789-*", "ili934*", "ili9488-3*", "gc9a01-*", "co5300-565-*"),
        _DCS,
        corner=MappingProxyType(
            {
                "st7735-128x128": (2, 1),
                "st7735-80x160": (26, 1),
                "st7789-135x240": (52, 40),
                "st7789-170x320": (35, 0),
                "st7789-172x320": (34, 0),
                "st7789-240x280": (0, 20),
                "co5300-565-410x502": (22, 0),
            }
        ),
        more=MappingProxyType(
            {
                "st7735-*": {"format": "0x05"},
                "pygamer": {"format": "0x05"},
                "*-444": {"format": "0x53"},
                "*": {"format": "0x55"},
            }
        ),
    ),
    Snippet(
        ("st7302-*", "st7305-*"),
        """\
static const uint8_t columns[] = {$columns}, rows[] = {0, $last};
command(0x2A); data(columns, 2);  /* units of twelve pixels */
command(0x2B); data(rows, 2);  /* units of two rows */
command(0x2C); data(card_pixels, CARD_BYTES);
""",
        more=MappingProxyType(
            {
                "*-122x250": {"columns": "0x19, 0x23", "last": "0x7C"},
                "*-168x384": {"columns": "0x17, 0x24", "last": "0xBF"},
                "*-200x200": {"columns": "0x16, 0x26", "last": "0x63"},
                "*-300x400": {"columns": "0x12, 0x2A", "last": "0xC7"},
            }
        ),
    ),
    Snippet(
        ("ssd1683-792x272",),
        """\
static const uint8_t update = 0xF7;
command(0x24);  /* the left half */
for (unsigned y = 0; y < CARD_HEIGHT; y++)
    data(card_pixels + y * CARD_STRIDE, 50);
command(0xA4);  /* the right half, of the other controller */
for (unsigned y = 0; y < CARD_HEIGHT; y++)
    data(card_pixels + y * CARD_STRIDE + 49, 50);
"""
        + _SHOW_SSD,
        whole=False,
    ),
    Snippet(
        ("ssd1677-bwr-*", "ssd168?-bwr-*", "waveshare-2in9b"),
        """\
static const uint8_t update = 0xF7, zero[2];
command(0x4E); data(zero, $counter); command(0x4F); data(zero, 2);
command(0x24); data(card_pixels, CARD_BYTES / 2);  /* black */
command(0x4E); data(zero, $counter); command(0x4F); data(zero, 2);
command(0x26); data(card_pixels + CARD_BYTES / 2, CARD_BYTES / 2);  /* red */
"""
        + _SHOW_SSD,
        more=MappingProxyType({"ssd1677-*": {"counter": "2"}, "*": {"counter": "1"}}),
    ),
    Snippet(
        (
            *("ssd1677-4gray-*", "ssd1680-4gray-*"),
            *("epd-4gray-128x296", "epd-4gray-176x264", "epd-4gray-400x300"),
        ),
        """\
static const uint8_t update = $update;  /* with the waveform for grays loaded */
command(0x24); data(card_pixels, CARD_BYTES / 2);
command(0x26); data(card_pixels + CARD_BYTES / 2, CARD_BYTES / 2);
"""
        + _SHOW_SSD,
        more=MappingProxyType({"epd-4gray-400x300": {"update": "0xCF"}, "*": {"update": "0xC7"}}),
    ),
    Snippet(
        ("ssd1677-*", "ssd168?-*"),
        """\
static const uint8_t update = 0xF7, zero[2];
command(0x4E); data(zero, $counter); command(0x4F); data(zero, 2);
command(0x24); data(card_pixels, CARD_BYTES);
"""
        + _SHOW_SSD,
        more=MappingProxyType({"ssd1677-*": {"counter": "2"}, "*": {"counter": "1"}}),
    ),
    Snippet(
        ("epd-4gray-800x480",),
        """\
command(0x10); data(card_pixels, CARD_BYTES / 2);  /* with the waveform for grays loaded */
command(0x13); data(card_pixels + CARD_BYTES / 2, CARD_BYTES / 2);
command(0x12); wait();
""",
    ),
    Snippet(
        ("uc81??-4gray-*", "epd-4gray-792x528"),
        """\
enum { PLANE_0 = 0x13, PLANE_1 = 0x10 };  /* 0x24 and 0x26 on SSD16xx */
command(PLANE_0); data(card_pixels, CARD_BYTES / 2);  /* with the waveform for grays loaded */
command(PLANE_1); data(card_pixels + CARD_BYTES / 2, CARD_BYTES / 2);
command(0x12); wait();  /* 0x22, 0x20 on SSD16xx */
""",
    ),
    Snippet(
        ("uc81??-bwr-*",),
        """\
command(0x04); wait();  /* power on */
command(0x10); data(card_pixels, CARD_BYTES / 2);  /* black */
command(0x13); data(card_pixels + CARD_BYTES / 2, CARD_BYTES / 2);  /* red */
command(0x12); wait();
""",
    ),
    Snippet(
        ("el133uf1-*", "spectra6-1024x576"),
        """\
static const uint8_t zero;
for (unsigned half = 0; half < 2; half++) {
    chip(1u << half);
    command(0x10); data(card_pixels + half * (CARD_BYTES / 2), CARD_BYTES / 2);
}
chip(3);
"""
        + _REFRESH,
    ),
    Snippet(
        (
            *("epd-bwry-*", "uc8159-*", "uc81xx-4bpp-*", "inky-impression-*"),
            *("waveshare-4in0e", "waveshare-7in3e"),
        ),
        "static const uint8_t zero;\ncommand(0x10); data(card_pixels, CARD_BYTES);\n" + _REFRESH,
    ),
    Snippet(
        ("uc8???-*",),
        """\
command(0x04); wait();  /* power on */
command(0x13); data(card_pixels, CARD_BYTES);
command(0x12); wait();  /* refresh */
""",
    ),
    Snippet(
        ("it8951-*", "m5paper"),
        """\
static const uint16_t load[] = {0x0120, 0, 0, CARD_WIDTH, CARD_HEIGHT};
static const uint16_t show[] = {0, 0, CARD_WIDTH, CARD_HEIGHT, 2};  /* waveform GC16 */
host_command(0x0021); host_words(load, 5);  /* big-endian, 4 bits a pixel */
data(card_pixels, CARD_BYTES);
host_command(0x0022);
host_command(0x0034); host_words(show, 5);
""",
        before="""\
void host_command(uint16_t code);  /* the preamble 0x6000, then the code */
void host_words(const uint16_t *words, size_t count);  /* each after the preamble 0x0000 */
""",
    ),
    Snippet(
        ("hub75-*",),
        """\
uint32_t words[256];
for (unsigned i = 0; i < CARD_COLORS; i++) {
    const uint32_t color = card_palette[i];
    words[i] = (uint32_t)gamma_of[color >> 16 & 255] | (uint32_t)gamma_of[color >> 8 & 255] << 10
        | (uint32_t)gamma_of[color & 255] << 20;
}
for (size_t i = 0; i < CARD_BYTES; i++)
    back_buffer[i] = words[card_pixels[i]];
""",
        before="""\
extern const uint16_t gamma_of[256];  /* 8 bits to the lamps' 10 */
extern uint32_t back_buffer[];  /* the driver's */
""",
        whole=False,
    ),
    Snippet(
        ("gameboy",),
        _TILES,
        more=MappingProxyType({"*": {"palette": ""}}),
        before=_CONSOLE,
        whole=False,
    ),
    Snippet(
        (
            *("gameboy-color", "gamegear", "gba", "megadrive", "ngpc", "pce", "sms", "snes"),
            "wonderswan-color",
        ),
        _TILES,
        more=MappingProxyType({"*": {"palette": "load_colors(card_palette, CARD_COLORS);\n"}}),
        before=_CONSOLE + "void load_colors(const uint${word}_t *words, unsigned count);\n",
        whole=False,
    ),
    Snippet(
        ("eve-ft81x",),
        """\
enum { PALETTE = 0, PIXELS = 512 };  /* addresses in RAM_G */
eve_write(PALETTE, (const uint8_t *)card_palette, sizeof card_palette);  /* a little-endian CPU */
eve_write(PIXELS, card_pixels, CARD_BYTES);
eve_display(0x01000000u | PIXELS);  /* BITMAP_SOURCE */
eve_display(0x07000000u | 14u << 19 | CARD_WIDTH << 9 | CARD_HEIGHT);  /* BITMAP_LAYOUT */
eve_display(0x08000000u | CARD_WIDTH << 9 | CARD_HEIGHT);  /* BITMAP_SIZE */
eve_display(0x2A000000u | PALETTE);  /* PALETTE_SOURCE */
eve_display(0x1F000001u);  /* BEGIN(BITMAPS) */
eve_display(0x80000000u);  /* VERTEX2II(0, 0) */
""",
        before="""\
void eve_write(uint32_t address, const uint8_t *bytes, size_t count);
void eve_display(uint32_t word);  /* adds to the display list */
""",
        whole=False,
    ),
    Snippet(
        ("32blit", "generic", "ti84ce"),
        """\
set_palette(card_palette, CARD_COLORS);
for (size_t i = 0; i < CARD_BYTES; i++)
    frame[i] = card_pixels[i];
""",
        more=MappingProxyType(
            {
                "ti84ce": {"frame": "0xD40000, the LCD's memory; the palette is at 0xE30200"},
                "32blit": {"frame": "of a Surface of PixelFormat::P"},
                "*": {"frame": "your display's"},
            }
        ),
        before="""\
void set_palette(const uint${word}_t *words, unsigned count);
extern uint8_t *frame;  /* $frame */
""",
        whole=False,
    ),
    Snippet(
        (
            *("badger2040", "inky-frame-*", "inkplate10*", "m5paper-s3", "pebble-*"),
            *("picosystem", "playdate"),
        ),
        """\
for (size_t i = 0; i < CARD_BYTES; i++)
    frame[i] = card_pixels[i];
show_frame();
""",
        more=MappingProxyType(
            {
                "badger2040": {"frame": "of Pico Graphics, PEN_1BIT"},
                "inky-frame-*": {"frame": "of Pico Graphics, PEN_3BIT"},
                "inkplate10-mono": {"frame": "of the Inkplate library, mode of 1 bit"},
                "inkplate10": {"frame": "of the Inkplate library, mode of 3 bits"},
                "m5paper-s3": {"frame": "epd_hl_get_framebuffer() of epdiy"},
                "pebble-*": {"frame": "gbitmap_get_data() of a captured frame buffer"},
                "picosystem": {"frame": "the data of its screen buffer"},
                "playdate": {"frame": "playdate->graphics->getFrame()"},
            }
        ),
        before="""\
extern uint8_t *frame;  /* $frame */
void show_frame(void);
""",
        whole=False,
    ),
)

NONE: Mapping[str, str] = MappingProxyType(
    {"trmnl-*": "The device fetches a PNG over the network; no C is needed."}
)
"""Targets without a snippet, and why."""


def snippet_of(name: str) -> Snippet | None:
    """The first snippet for a target; None where `NONE` says why there is none."""
    return next((s for s in SNIPPETS if any(fnmatchcase(name, p) for p in s.names)), None)


def reason(name: str) -> str:
    """Why a target has no snippet, or ""."""
    return next((words for pattern, words in NONE.items() if fnmatchcase(name, pattern)), "")


def code(snippet: Snippet, target: Target, word_bits: int) -> str:
    """The function with all that is the target's own filled in.

    Args:
        snippet: Its snippet.
        target: The target.
        word_bits: Bits of an element of the palette in C: 8, 16 or 32.
    """
    words = _words(snippet, target) | {"word": f"{word_bits}"}
    body = Template(snippet.code).substitute(words)
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    before = Template(snippet.before).substitute(words)
    return f"{before}{chr(10) * bool(before)}void show_card(void)\n{{\n{lines}}}\n"


def _words(snippet: Snippet, target: Target) -> dict[str, str]:
    width, height = target.size or (0, 0)
    left, top = snippet.corner.get(target.name, (0, 0))
    edges = {"left": left, "right": left + width - 1, "top": top, "bottom": top + height - 1}
    words = {name: str(value) for name, value in edges.items()}
    words |= {f"{name}_high": str(value >> 8) for name, value in edges.items()}
    words |= {f"{name}_low": str(value & 255) for name, value in edges.items()}
    own = (more for pattern, more in snippet.more.items() if fnmatchcase(target.name, pattern))
    return words | dict(next(own, {}))
