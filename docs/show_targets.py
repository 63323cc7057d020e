"""The lines of C that put a picture on each kind of panel, for docs/targets.

`tests/test_target_pages.py` compiles each and, where it sends the picture as it is, runs it. They
stand in docs/show, where `$left`, `$right`, `$top` and `$bottom` are the window in the memory.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import NamedTuple

from pipeline.target import Target

FOLDER = Path(__file__).parent / "show"

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
        file: Its name in docs/show, without the ending.
        names: Patterns of the targets' names.
        corner: Where the glass begins in the memory, by target; 0, 0 for others.
        more: Other words of the code, by pattern of targets; the first that fits counts.
        whole: Each byte of the picture goes through `data` once.
    """

    file: str
    names: tuple[str, ...]
    corner: Mapping[str, Window] = MappingProxyType({})
    more: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    whole: bool = True

    @property
    def text(self) -> str:
        """The C, with places for what is a target's own."""
        return (FOLDER / f"{self.file}.c").read_text("utf-8")


SNIPPETS = (
    Snippet(
        "ssd1306",
        ("ssd1305-*", "ssd1306-*", "ssd1309-*"),
        corner={"ssd1306-64x32": (32, 0), "ssd1306-64x48": (32, 0), "ssd1306-72x40": (28, 0)},
    ),
    Snippet(
        "sh1106", ("sh1106-*", "sh1107-*", "st7567-*", "uc1701-*"), corner={"sh1106-128x64": (2, 0)}
    ),
    Snippet("pcd8544", ("pcd8544",)),
    Snippet("st7920-gdram", ("st7920-gdram-*",)),
    Snippet("st7920", ("st7920-*",)),
    Snippet("sharp-lines", ("sharp-*-lines",)),
    Snippet(
        "jdi",
        ("jdi-*", "banglejs2"),
        more={"jdi-*": {"write": "0x90"}, "banglejs2": {"write": "0x80"}},
    ),
    Snippet("sharp", ("sharp-*",)),
    Snippet("ssd1322", ("ssd1322-*",)),
    Snippet("ssd1325", ("ssd1325-*",)),
    Snippet("ssd1327", ("ssd1327-*",)),
    Snippet("sh1122", ("sh1122-*",)),
    Snippet(
        "ssd1331",
        ("ssd1331-*",),
        more={"ssd1331-*-332": {"remap": "0x32"}, "ssd1331-96x64": {"remap": "0x72"}},
    ),
    Snippet("ssd1351", ("ssd1351-*",)),
    Snippet("co5300-palette", ("co5300-4*",), corner={"co5300-410x502": (22, 0)}),
    Snippet("ili9488-spi", ("ili9488-spi-*",), whole=False),
    Snippet(
        "dcs",
        ("st7735-*", "pygamer", "st7789-*", "ili934*", "ili9488-3*", "gc9a01-*", "co5300-565-*"),
        corner={
            "st7735-128x128": (2, 1),
            "st7735-80x160": (26, 1),
            "st7789-135x240": (52, 40),
            "st7789-170x320": (35, 0),
            "st7789-172x320": (34, 0),
            "st7789-240x280": (0, 20),
            "co5300-565-410x502": (22, 0),
        },
        more={
            "st7735-*": {"format": "0x05"},
            "pygamer": {"format": "0x05"},
            "*-444": {"format": "0x53"},
            "*": {"format": "0x55"},
        },
    ),
    Snippet(
        "st7305",
        ("st7302-*", "st7305-*"),
        more={
            "*-122x250": {"columns": "0x19, 0x23", "last": "0x7C"},
            "*-168x384": {"columns": "0x17, 0x24", "last": "0xBF"},
            "*-200x200": {"columns": "0x16, 0x26", "last": "0x63"},
            "*-300x400": {"columns": "0x12, 0x2A", "last": "0xC7"},
        },
    ),
    Snippet("ssd1683-pair", ("ssd1683-792x272",), whole=False),
    Snippet(
        "ssd168x-bwr",
        ("ssd1677-bwr-*", "ssd168?-bwr-*", "waveshare-2in9b"),
        more={"ssd1677-*": {"counter": "2"}, "*": {"counter": "1"}},
    ),
    Snippet(
        "ssd168x-gray",
        (
            "ssd1677-4gray-*",
            "ssd1680-4gray-*",
            "epd-4gray-128x296",
            "epd-4gray-176x264",
            "epd-4gray-400x300",
        ),
        more={"epd-4gray-400x300": {"update": "0xCF"}, "*": {"update": "0xC7"}},
    ),
    Snippet(
        "ssd168x",
        ("ssd1677-*", "ssd168?-*"),
        more={"ssd1677-*": {"counter": "2"}, "*": {"counter": "1"}},
    ),
    Snippet("uc8179-gray", ("epd-4gray-800x480",)),
    Snippet("uc81xx-gray", ("uc81??-4gray-*", "epd-4gray-792x528")),
    Snippet("uc81xx-bwr", ("uc81??-bwr-*",)),
    Snippet("halves", ("el133uf1-*", "spectra6-1024x576")),
    Snippet(
        "uc8159",
        (
            "epd-bwry-*",
            "uc8159-*",
            "uc81xx-4bpp-*",
            "inky-impression-*",
            "waveshare-4in0e",
            "waveshare-7in3e",
        ),
    ),
    Snippet("uc81xx", ("uc8???-*",)),
    Snippet("it8951", ("it8951-*", "m5paper")),
    Snippet("hub75", ("hub75-*",), whole=False),
    Snippet("tiles", ("gameboy",), whole=False),
    Snippet(
        "tiles-palette",
        (
            "gameboy-color",
            "gamegear",
            "gba",
            "megadrive",
            "ngpc",
            "pce",
            "sms",
            "snes",
            "wonderswan-color",
        ),
        whole=False,
    ),
    Snippet("eve", ("eve-ft81x",), whole=False),
    Snippet(
        "palette",
        ("32blit", "generic", "ti84ce"),
        more={
            "ti84ce": {"frame": "0xD40000, the LCD's memory; the palette is at 0xE30200"},
            "32blit": {"frame": "of a Surface of PixelFormat::P"},
            "*": {"frame": "your display's"},
        },
        whole=False,
    ),
    Snippet(
        "frame",
        (
            "badger2040",
            "inky-frame-*",
            "inkplate10*",
            "m5paper-s3",
            "pebble-*",
            "picosystem",
            "playdate",
        ),
        more={
            "badger2040": {"frame": "of Pico Graphics, PEN_1BIT"},
            "inky-frame-*": {"frame": "of Pico Graphics, PEN_3BIT"},
            "inkplate10-mono": {"frame": "of the Inkplate library, mode of 1 bit"},
            "inkplate10": {"frame": "of the Inkplate library, mode of 3 bits"},
            "m5paper-s3": {"frame": "epd_hl_get_framebuffer() of epdiy"},
            "pebble-*": {"frame": "gbitmap_get_data() of a captured frame buffer"},
            "picosystem": {"frame": "the data of its screen buffer"},
            "playdate": {"frame": "playdate->graphics->getFrame()"},
        },
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
    return Template(snippet.text).substitute(words)


def _words(snippet: Snippet, target: Target) -> dict[str, str]:
    width, height = target.size or (0, 0)
    left, top = snippet.corner.get(target.name, (0, 0))
    edges = {"left": left, "right": left + width - 1, "top": top, "bottom": top + height - 1}
    words = {name: str(value) for name, value in edges.items()}
    words |= {f"{name}_high": str(value >> 8) for name, value in edges.items()}
    words |= {f"{name}_low": str(value & 255) for name, value in edges.items()}
    own = (more for pattern, more in snippet.more.items() if fnmatchcase(target.name, pattern))
    return words | dict(next(own, {}))
