"""EVE: bitmaps for the graphics controllers FT81x and BT81x, and their reader.

Format: BITMAP_LAYOUT, PALETTE_SOURCE and CMD_INFLATE of Bridgetek's FT81x and BT81x programming
guides. Low byte first; the left pixel in the high bits; a palette's entries are RGB565, ARGB4
or ARGB8. L1 to L8 hold opacity, and the color comes from COLOR_RGB. The palette stands before
the pixels, so that one transfer, or one inflation, takes both into RAM_G.
"""

import zlib
from typing import NamedTuple

from pipeline import layouts
from pipeline.codecs import Parameters, codec
from pipeline.decoders import WINDOWS
from pipeline.emitters import Picture, ctext, direct
from pipeline.emitters import picture as packed
from pipeline.emitters.describe import Description, from_marked, mark, restore
from pipeline.grid import GRIDS
from pipeline.layout import MAX_INDEXED, Layout
from pipeline.palette import Indexed, Palette, grid_colors

MARK = b"_EVE_FORMAT "
BINARY, DEFLATED = ".eve.bin", ".eve.zlib"
_MAX_SIDE = 2047
_ALIGN = 4
_ZLIB = b"\x78\xda"
"""Begins a zlib stream (RFC 1950) with a window of 32 KiB; behind it stands raw deflate."""

# Values of BITMAP_LAYOUT's format.
_FORMATS = {
    "L1": 1,
    "L4": 2,
    "L8": 3,
    "RGB332": 4,
    "RGB565": 7,
    "PALETTED565": 14,
    "PALETTED4444": 15,
    "PALETTED8": 16,
    "L2": 17,
}


class _Bitmap(NamedTuple):
    """A picture as a bitmap of one format.

    Attributes:
        format: Key of `_FORMATS`.
        made: The picture, packed so.
        table: Its palette, as long as a multiple of 4 bytes; nothing where it has none.
    """

    format: str
    made: Picture
    table: bytes = b""

    @property
    def data(self) -> bytes:
        """What goes into RAM_G."""
        return self.table + self.made.data


def header(picture: Picture) -> tuple[bytes]:
    """NAME.eve.h with `NAME_eve`, in the format that `_colors` chooses."""
    return (_header(_colors(picture), array=True),)


def alpha(picture: Picture) -> tuple[bytes]:
    """NAME.eve.h with `NAME_eve`, grays as opacity in L1 to L8."""
    return (_header(_mask(picture), array=True),)


def binary(picture: Picture) -> tuple[bytes, bytes]:
    """NAME.eve.h and NAME.eve.bin."""
    bitmap = _colors(picture)
    return _header(bitmap, array=False), bitmap.data


def inflatable(picture: Picture) -> tuple[bytes, bytes]:
    """NAME.eve.h and NAME.eve.zlib, for CMD_INFLATE."""
    bitmap = _colors(picture)
    stream = codec("deflate").compress(bitmap.data, Parameters(1, WINDOWS[-1]))
    sum_ = zlib.adler32(bitmap.data).to_bytes(4, "big")
    return _header(bitmap, array=False), _ZLIB + stream + sum_


def _colors(picture: Picture) -> _Bitmap:
    """RGB565 above 256 colors; else the smallest format that holds all colors exactly."""
    palette = picture.indexed.palette
    if len(palette) > MAX_INDEXED:
        if palette.transparent is not None:
            raise ValueError(
                f"EVE's RGB565 has no transparent color; choose a `palette` of {MAX_INDEXED} colors"
            )
        return _words(picture, "rgb565")
    if palette.transparent is None and direct.is_exact(palette, "rgb332"):
        return _words(picture, "rgb332")
    made = _packed(picture, picture.indexed, Layout(bits=8), "index", picture.grid)
    format_, table = _table(palette)
    return _Bitmap(format_, made, table)


def _packed(picture: Picture, indexed: Indexed, layout: Layout, holds: str, grid: str) -> Picture:
    ctext.check_symbol(picture.symbol)
    _check_sides(indexed.width, indexed.height)
    return packed(picture.symbol, picture.target, indexed, layout, holds, grid)


def _check_sides(width: int, height: int) -> None:
    if max(width, height) > _MAX_SIDE:
        raise ValueError(
            f"an EVE bitmap is {_MAX_SIDE} pixels wide and high at most, not {width}x{height};"
            " make the picture smaller"
        )


def _words(picture: Picture, grid: str) -> _Bitmap:
    indexed = direct.as_words(picture.indexed, grid)
    layout = Layout(bits=GRIDS[grid].word_bits, byte_order="little")
    return _Bitmap(grid.upper(), _packed(picture, indexed, layout, "code", grid))


def _table(palette: Palette) -> tuple[str, bytes]:
    """The smallest format of a palette that holds it, and the palette in it."""
    clear = palette.transparent
    if clear is None and direct.is_exact(palette, "rgb565"):
        name, entries = "PALETTED565", direct.words(palette, "rgb565").astype("<u2")
    elif direct.is_exact(palette, "rgb444"):
        name, entries = "PALETTED4444", (direct.words(palette, "rgb444") | 0xF000).astype("<u2")
    else:
        name, entries = "PALETTED8", (direct.words(palette, "rgb888") | 0xFF000000).astype("<u4")
    if clear is not None:
        entries[clear] = 0
    table = entries.tobytes()
    return name, table + bytes(-len(table) % _ALIGN)


def _mask(picture: Picture) -> _Bitmap:
    palette = picture.indexed.palette
    if not direct.is_gray(palette):
        raise ValueError("an EVE alpha bitmap is made of grays; use `eve` for colors")
    bits, levels = direct.opacity(palette)
    grid = f"gray{bits}"
    seen = grid_colors(GRIDS[grid], levels)
    indexed = Indexed(picture.indexed.indices, Palette(seen, seen, levels))
    return _Bitmap(f"L{bits}", _packed(picture, indexed, Layout(bits=bits), "code", grid))


def _header(bitmap: _Bitmap, *, array: bool) -> bytes:
    made = bitmap.made
    symbol, upper = made.symbol, made.symbol.upper()
    guard = f"EVE_BITPLANE_{upper}_H"
    defines = (f"#define {upper}_EVE_{name} {value}" for name, value in _constants(bitmap))
    elements = ctext.elements(bitmap.data, 1)
    declared = f"static const uint8_t {symbol}_eve[{upper}_EVE_BYTES] BITPLANE_PROGMEM"
    include = ["#include <stdint.h>", ctext.PROGMEM] if array else []
    size = f"{made.indexed.width} x {made.indexed.height} pixels, {bitmap.format}"
    parts = [
        ctext.comment([f"{symbol} for {made.target} and EVE: {size}.", ctext.NOTICE]),
        f"#ifndef {guard}\n#define {guard}",
        *include,
        "\n".join(defines),
        mark(made),
        *([f"{declared} = {{\n{elements}\n}};"] if array else []),
        "#endif",
    ]
    return ctext.text(parts)


def _constants(bitmap: _Bitmap) -> list[tuple[str, int]]:
    """What BITMAP_LAYOUT and BITMAP_SIZE take, and where in the data things are."""
    indexed, layout = bitmap.made.indexed, bitmap.made.layout
    offsets = [("PALETTE", 0)] if bitmap.table else []
    return [
        ("FORMAT", _FORMATS[bitmap.format]),
        ("STRIDE", layouts.size(layout, indexed.width, 1)),
        ("WIDTH", indexed.width),
        ("HEIGHT", indexed.height),
        ("BYTES", len(bitmap.data)),
        *offsets,
        ("PIXELS", len(bitmap.table)),
    ]


def read_header(data: bytes) -> Indexed:
    """The picture in a header of `header` or `alpha`; an `eve-alpha` one as grays.

    Raises:
        ValueError: The text is damaged, or its data are in a file of their own.
    """
    text = ctext.decoded(data)
    size, elements = ctext.read_arrays(ctext.code_of(text)).get("eve", (0, []))
    if size != 1:
        raise ValueError("no data are in this header: decode the .eve.bin or .eve.zlib beside it")
    return _read(*from_marked(text), bytes(elements))


def read(header: bytes, data: bytes, *, deflated: bool) -> Indexed:
    """The picture in NAME.eve.bin or NAME.eve.zlib.

    Args:
        header: NAME.eve.h, which says what the data mean.
        data: The file.
        deflated: It is a zlib stream.

    Raises:
        ValueError: They are damaged, or do not fit each other.
    """
    description, block = from_marked(ctext.decoded(header))
    _check_sides(description.width, description.height)
    if deflated:
        most = MAX_INDEXED * _ALIGN + _pixel_bytes(description)
        try:
            data = zlib.decompressobj().decompress(data, most + 1)
        except zlib.error:
            raise ValueError("the zlib stream is damaged") from None
    return _read(description, block, data)


def _pixel_bytes(description: Description) -> int:
    return layouts.size(description.layout, description.width, description.height)


def _read(description: Description, block: bytes, data: bytes) -> Indexed:
    pixels = _pixel_bytes(description)
    if not pixels <= len(data) <= pixels + MAX_INDEXED * _ALIGN:
        raise ValueError(f"the EVE bitmap is {len(data)} bytes, and its pixels alone are {pixels}")
    return restore(description, block, data[len(data) - pixels :])
