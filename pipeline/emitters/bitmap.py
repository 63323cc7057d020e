"""Bitmaps of two colors: XBM, and headers for u8g2 and Adafruit GFX.

Formats: X BitMap (X11, `XReadBitmapFile`: low bit left, rows to a byte); u8g2 `drawXBMP`, which
reads the same; Adafruit GFX `drawBitmap` (high bit left, rows to a byte).
"""

from typing import NamedTuple

from pipeline.emitters import Picture, ctext
from pipeline.emitters import picture as packed
from pipeline.emitters.describe import mark
from pipeline.layout import Layout


class Library(NamedTuple):
    """What a library's bitmaps look like.

    Attributes:
        name: For people.
        ending: Of the array's name.
        first: End of a byte that holds the left pixel.
        call: How to draw it, with `{symbol}` and `{upper}`.
    """

    name: str
    ending: str
    first: str
    call: str


_U8G2 = Library(
    "u8g2",
    "bits",
    "lsb",
    "u8g2.drawXBMP(x, y, {upper}_WIDTH, {upper}_HEIGHT, {symbol}_bits);",
)
_GFX = Library(
    "Adafruit GFX",
    "bitmap",
    "msb",
    "gfx.drawBitmap(x, y, {symbol}_bitmap, {upper}_WIDTH, {upper}_HEIGHT, color);",
)


def xbm(picture: Picture) -> tuple[bytes]:
    """NAME.xbm. The picture's comment comes last, because readers expect the size first."""
    made = bits(picture, "lsb")
    symbol, indexed = made.symbol, made.indexed
    size = f"#define {symbol}_width {indexed.width}\n#define {symbol}_height {indexed.height}"
    array = f"static unsigned char {symbol}_bits[] = {{\n{ctext.elements(made.data, 1)}\n}};"
    return (f"{size}\n{array}\n{mark(made)}\n".encode("ascii"),)


def u8g2(picture: Picture) -> tuple[bytes]:
    """NAME.u8g2.h with `NAME_bits`."""
    return (_header(picture, _U8G2),)


def gfx(picture: Picture) -> tuple[bytes]:
    """NAME.gfx.h with `NAME_bitmap`."""
    return (_header(picture, _GFX),)


def drawn_entry(picture: Picture) -> int:
    """Index of the color of set bits: not the transparent one, or of the greater pixel value.

    Raises:
        ValueError: The palette has more than two colors.
    """
    palette = picture.indexed.palette
    if len(palette) > 2:
        raise ValueError(
            f"{len(palette)} colors do not fit a bitmap of 1 bit a pixel; choose a `palette` of 2"
        )
    if palette.transparent is not None:
        return 1 - palette.transparent
    if picture.holds == "code":
        return int(palette.codes.argmax())
    return len(palette) - 1


def bits(picture: Picture, first: str) -> Picture:
    """The picture in 1 bit a pixel; bits are turned over where entry 0 is the one to draw."""
    ctext.check_symbol(picture.symbol)
    layout = Layout(bits=1, first=first, invert=drawn_entry(picture) == 0)
    return packed(picture.symbol, picture.target, picture.indexed, layout, "index", picture.grid)


def _header(picture: Picture, library: Library) -> bytes:
    made = bits(picture, library.first)
    symbol, upper = made.symbol, made.symbol.upper()
    width, height = made.indexed.width, made.indexed.height
    array = f"{symbol}_{library.ending}"
    ctext.check_avr(array, len(made.data))
    color = bytes(made.indexed.palette.nominal[drawn_entry(picture)]).hex()
    words = [
        f"{symbol} for {made.target} and {library.name}: {width} x {height} pixels.",
        f"Set bits are #{color}. {library.call.format(symbol=symbol, upper=upper)}",
        ctext.NOTICE,
    ]
    # No `c` header has this guard: those begin with BITPLANE_.
    guard = f"{library.ending.upper()}_BITPLANE_{upper}_H"
    parts = [
        ctext.comment(words),
        f"#ifndef {guard}\n#define {guard}",
        "#include <stdint.h>",
        ctext.PROGMEM,
        f"#define {upper}_WIDTH {width}\n#define {upper}_HEIGHT {height}",
        mark(made),
        f"static const uint8_t {array}[] BITPLANE_PROGMEM = {{\n"
        + ctext.elements(made.data, 1)
        + "\n};",
        "#endif",
    ]
    return ctext.text(parts)
