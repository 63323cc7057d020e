"""TFT_eSPI: headers for `pushImage` in the smallest of its forms.

Format: TFT_eSPI's `pushImage`. Of 16 bits: RGB565 numbers in the CPU's byte order, which
`setSwapBytes(true)` turns into the panel's. Of 8: RGB332, not a palette. Of 4: the left pixel in
the high bits, rows of an even width, and a map of 16 RGB565 numbers in RAM. Of 1: the left pixel
in bit 7, two colors that `setBitmapColor` sets. Of arrays in flash it leaves out a transparent
color in the form of 16 bits only; the others have to be where plain pointers reach.
"""

from typing import NamedTuple

import numpy as np

from pipeline.emitters import Picture, ctext, direct
from pipeline.emitters import picture as packed
from pipeline.emitters.bitmap import bits, drawn_entry
from pipeline.emitters.describe import mark
from pipeline.layout import MAX_INDEXED, Layout

_MAP = 16
_SIZE = "{upper}_WIDTH, {upper}_HEIGHT"
_PLAIN = "const_cast<uint8_t *>({symbol}_tft), {upper}_TFT_TRANSPARENT"


class _Form(NamedTuple):
    """The picture as one form of `pushImage` takes it.

    Attributes:
        made: The picture, packed so.
        call: How to draw it, with `{symbol}` and `{upper}`.
        constants: Names and values beside width and height.
        plain: It is read through a plain pointer.
    """

    made: Picture
    call: str
    constants: tuple[tuple[str, int], ...] = ()
    plain: bool = False


def header(picture: Picture) -> tuple[bytes]:
    """NAME.tft.h with `NAME_tft`, and `NAME_tft_map` for 3 to 16 colors."""
    ctext.check_symbol(picture.symbol)
    form = _form(picture)
    made = form.made
    upper = made.symbol.upper()
    guard = f"TFT_BITPLANE_{upper}_H"
    constants = [("WIDTH", made.indexed.width), ("HEIGHT", made.indexed.height)]
    defines = [f"#define {upper}_{name} {value}" for name, value in constants]
    defines += [f"#define {upper}_{name} 0x{value:x}u" for name, value in form.constants]
    parts = [
        ctext.comment(_words(form)),
        f"#ifndef {guard}\n#define {guard}",
        "#include <stdint.h>",
        *([] if form.plain else [ctext.PROGMEM]),
        "\n".join(defines),
        mark(made),
        *([_map(made)] if made.layout.bits == 4 else []),
        _pixels(form),
        "#endif",
    ]
    return (ctext.text(parts),)


def _form(picture: Picture) -> _Form:
    palette = picture.indexed.palette
    colors = len(palette)
    if colors <= 2:
        return _two_colors(picture)
    if colors <= _MAP:
        return _mapped(picture)
    if colors <= MAX_INDEXED and direct.is_exact(palette, "rgb332"):
        return _direct(picture, "rgb332", f"{_SIZE}, {{symbol}}_tft, true")
    return _direct(picture, "rgb565", f"{_SIZE}, {{symbol}}_tft")


def _two_colors(picture: Picture) -> _Form:
    """1 bit a pixel; what is transparent is for `drawBitmap`, which draws set bits."""
    made = bits(picture, "msb")
    palette, drawn = made.indexed.palette, drawn_entry(picture)
    colors = direct.words(palette, "rgb565").tolist()
    named = (("FOREGROUND", colors[drawn]), ("BACKGROUND", colors[drawn - 1]))
    if palette.transparent is not None:
        call = f"tft.drawBitmap(x, y, {{symbol}}_tft, {_SIZE}, {{upper}}_FOREGROUND);"
        return _Form(made, call, named[:1])
    first = "tft.setBitmapColor({upper}_FOREGROUND, {upper}_BACKGROUND);"
    return _Form(made, f"{first} tft.pushImage(x, y, {_SIZE}, {{symbol}}_tft, false);", named)


def _mapped(picture: Picture) -> _Form:
    symbol, target, grid = picture.symbol, picture.target, picture.grid
    made = packed(symbol, target, picture.indexed, Layout(bits=4), "index", grid)
    clear = made.indexed.palette.transparent
    if clear is None:
        call = f"tft.pushImage(x, y, {_SIZE}, {{symbol}}_tft, false, {{symbol}}_tft_map);"
        return _Form(made, call)
    call = f"tft.pushImage(x, y, {_SIZE}, {_PLAIN}, false, {{symbol}}_tft_map);"
    return _Form(made, call, (("TFT_TRANSPARENT", clear),), plain=True)


def _direct(picture: Picture, grid: str, call: str) -> _Form:
    """8 or 16 bits a pixel that are a color word."""
    indexed = direct.as_words(picture.indexed, grid)
    layout = Layout(bits=8 if grid == "rgb332" else 16)
    made = packed(picture.symbol, picture.target, indexed, layout, "code", grid)
    clear = indexed.palette.transparent
    before = "tft.setSwapBytes(true); " * (layout.bits == 16)
    if clear is None:
        return _Form(made, f"{before}tft.pushImage(x, y, {call});")
    named = (("TFT_TRANSPARENT", int(indexed.palette.codes[clear])),)
    if layout.bits == 16:
        return _Form(
            made, f"{before}tft.pushImage(x, y, {call}, {{upper}}_TFT_TRANSPARENT);", named
        )
    return _Form(made, f"tft.pushImage(x, y, {_SIZE}, {_PLAIN}, true);", named, plain=True)


def _words(form: _Form) -> list[str]:
    made = form.made
    symbol, indexed = made.symbol, made.indexed
    size = f"{indexed.width} x {indexed.height} pixels, {made.layout.bits} bits each"
    return [
        f"{symbol} for {made.target} and TFT_eSPI: {size}.",
        form.call.format(symbol=symbol, upper=symbol.upper()),
        ctext.NOTICE,
    ]


def _map(made: Picture) -> str:
    """The color map, which `pushImage` wants as a pointer to what is not constant."""
    colors = np.zeros(_MAP, ">u2")
    colors[: len(made.indexed.palette)] = direct.words(made.indexed.palette, "rgb565")
    elements = ctext.elements(colors.tobytes(), 2)
    return f"static uint16_t {made.symbol}_tft_map[{_MAP}] = {{\n{elements}\n}};"


def _pixels(form: _Form) -> str:
    made = form.made
    size = 2 if made.layout.bits == 16 else 1
    where = "" if form.plain else " BITPLANE_PROGMEM"
    declared = f"static const uint{8 * size}_t {made.symbol}_tft[]{where}"
    return f"{declared} = {{\n{ctext.elements(made.data, size)}\n}};"
