"""C source: arrays that compile as C99 and C++11 without a warning, and their reader."""

from typing import NamedTuple

import numpy as np

from pipeline import registry
from pipeline.codecs import CODEC_NUMBERS
from pipeline.emitters import Picture, ctext
from pipeline.emitters.ctext import NOTICE
from pipeline.emitters.describe import (
    Description,
    describe,
    from_marked,
    marked,
    palette_block,
    stride,
    word_bytes,
)
from pipeline.emitters.stored import restored
from pipeline.grid import GRIDS
from pipeline.layout import NUMBERED, Layout
from pipeline.palette import Indexed, Palette


class Style(NamedTuple):
    """How arrays are told where to lie.

    Attributes:
        before, after: Macros before a declaration and behind its name.
        macros: What defines them.
        avr: Arrays have to fit the limit of AVR.
    """

    before: str = ""
    after: str = ""
    macros: str = ""
    avr: bool = False


_PLAIN = Style()
_PROGMEM = Style(after=" BITPLANE_PROGMEM", macros=ctext.PROGMEM, avr=True)
_ALIGNED = Style(before="BITPLANE_ALIGN ", macros=ctext.ALIGN)


def source(picture: Picture) -> tuple[bytes, bytes]:
    """NAME.h and NAME.c."""
    return _pair(picture, _PLAIN)


def progmem(picture: Picture) -> tuple[bytes, bytes]:
    """NAME.h and NAME.c with arrays in the flash of AVR.

    Raises:
        ValueError: An array is larger than AVR allows.
    """
    return _pair(picture, _PROGMEM)


def aligned(picture: Picture) -> tuple[bytes, bytes]:
    """NAME.h and NAME.c with arrays that begin at multiples of 4 bytes."""
    return _pair(picture, _ALIGNED)


def _pair(picture: Picture, style: Style) -> tuple[bytes, bytes]:
    symbol = picture.symbol
    source = [
        ctext.comment([f"{symbol}: the arrays that {symbol}.h declares.", NOTICE]),
        f'#include "{symbol}.h"',
        _mark(picture),
        *_arrays(picture, "const", style),
    ]
    declared = declarations(picture, style.after)
    return guarded(picture, declared, style.macros), ctext.text(source)


def declarations(picture: Picture, after: str = "") -> list[str]:
    """The paragraphs of a header that declare the arrays; `after` stands behind their names."""
    externs = "\n".join(f"extern const {name}{after};" for name, _, _ in tables(picture))
    return [ctext.EXTERN_C, externs, ctext.END_EXTERN_C]


def header(picture: Picture) -> tuple[bytes]:
    """NAME.h alone; every source file that includes it has arrays of its own."""
    return (guarded(picture, [_mark(picture), *_arrays(picture, "static const", _PLAIN)]),)


def guarded(picture: Picture, parts: list[str], define: str = "") -> bytes:
    """A header file: comment, include guard, macros, and what else it has."""
    guard = f"BITPLANE_{picture.symbol.upper()}_H"
    start = f"#ifndef {guard}\n#define {guard}"
    macros = "\n".join(f"#define {name} {value}" for name, value in _macros(picture))
    head = [ctext.comment(_sentences(picture)), start, "#include <stdint.h>", define, macros]
    return ctext.text([part for part in (*head, *parts, "#endif") if part])


def _sentences(picture: Picture) -> list[str]:
    """What the picture is, for people."""
    symbol, width, height = picture.symbol, picture.indexed.width, picture.indexed.height
    colors = len(picture.indexed.palette)
    return [
        f"{symbol} for {picture.target}: {width} x {height} pixels, {colors} colors.",
        *_stored_words(picture),
        _value_words(picture),
        NOTICE,
    ]


def _stored_words(picture: Picture) -> list[str]:
    """What the array of pixels holds."""
    symbol, layout = picture.symbol, _layout_words(picture.layout)
    if picture.codec == "none":
        return [f"{symbol}_pixels: {layout}."]
    codec, size = picture.codec, f"{picture.symbol.upper()}_BYTES"
    reader = f"bitplane_{codec}_read() of `bitplane runtime {codec}`"
    return [
        f"{symbol}_packed: compressed, {codec}. {reader} gives its {size} bytes of pixels.",
        f"Pixels: {layout}.",
    ]


def _layout_words(layout: Layout) -> str:
    words = [
        f"{layout.bits} bit{'s' * (layout.bits > 1)} a pixel",
        registry.LAYOUTS[layout.scan].sentence,
    ]
    low = layout.first == "lsb"
    if layout.bits > 12:
        words.append("low byte first" if layout.byte_order == "little" else "high byte first")
    elif layout.bits != 8 or layout.scan not in {"rows", "columns"}:
        words.append(f"the first pixel in the {'low' if low else 'high'} bits of a byte")
    if layout.scan == "packed-tiles" and layout.byte_order == "little":
        words.append("the bytes of a tile's row from the right")
    if layout.align > 1:
        words.append(f"each line padded to a multiple of {layout.align} bytes")
    if layout.invert:
        words.append("pixels inverted" if layout.scan in NUMBERED else "every bit inverted")
    return "; ".join(words)


def _value_words(picture: Picture) -> str:
    grid = picture.indexed.palette.grid
    name = grid.name if grid else picture.grid
    if picture.has_table:
        return f"A pixel is an index into {picture.symbol}_palette, which holds {name} words."
    if picture.holds == "index":
        return "A pixel is the index of its color in the display's palette."
    if name:
        return f"A pixel is a color word, {name}."
    return f"A pixel is the display's code of its color: {_code_words(picture.indexed.palette)}."


def _code_words(palette: Palette) -> str:
    """Each code and the color that it names."""
    pairs = zip(palette.codes.tolist(), palette.nominal.tolist(), strict=True)
    return ", ".join(f"{code} #{bytes(color).hex()}" for code, color in pairs)


def _macros(picture: Picture) -> list[tuple[str, str]]:
    """Names, without arguments, and their values."""
    indexed, layout = picture.indexed, picture.layout
    step = stride(layout, indexed.width, indexed.height)
    values = {
        "WIDTH": str(indexed.width),
        "HEIGHT": str(indexed.height),
        "BITS": str(layout.bits),
        "STRIDE": str(step) if step else None,
        "BYTES": str(len(picture.data)),
        **_codec_macros(picture),
        "COLORS": str(len(indexed.palette)),
        "TRANSPARENT": _transparent(picture),
    }
    upper = picture.symbol.upper()
    return [(f"{upper}_{key}", value) for key, value in values.items() if value is not None]


def _codec_macros(picture: Picture) -> dict[str, str | None]:
    """What a decoder of the array has to know; nothing where the pixels are plain."""
    if picture.codec == "none":
        return {}
    return {
        "PACKED": str(len(picture.stored)),
        "CODEC": f"{CODEC_NUMBERS[picture.codec]} /* {picture.codec} */",
        "UNIT": str(picture.parameters.unit) if picture.codec == "rle" else None,
        "WINDOW": str(picture.parameters.window) if picture.parameters.window else None,
    }


def _transparent(picture: Picture) -> str | None:
    """The pixel value that is not drawn: an index or a code, as the pixels are."""
    palette = picture.indexed.palette
    if palette.transparent is None:
        return None
    index = palette.transparent
    return f"{index if picture.holds == 'index' else palette.codes[index]}u"


def tables(picture: Picture) -> list[tuple[str, bytes, int]]:
    """Each array's declaration without storage, its bytes as C reads them, bytes an element."""
    symbol, upper = picture.symbol, picture.symbol.upper()
    pixels = f"{symbol}_pixels[{upper}_BYTES]"
    if picture.codec != "none":
        pixels = f"{symbol}_packed[{upper}_PACKED]"
    tables = [(f"uint8_t {pixels}", picture.stored, 1)]
    if picture.has_table:
        size = word_bytes(GRIDS[picture.grid])
        words = picture.indexed.palette.codes.astype(f">u{size}").tobytes()
        tables.insert(0, (f"uint{8 * size}_t {symbol}_palette[{upper}_COLORS]", words, size))
    return tables


def _arrays(picture: Picture, storage: str, style: Style) -> list[str]:
    arrays = []
    for name, data, size in tables(picture):
        if style.avr:
            ctext.check_avr(name.split()[1].split("[")[0], len(data))
        opened = f"{style.before}{storage} {name}{style.after} = {{"
        arrays.append(f"{opened}\n{ctext.elements(data, size)}\n}};")
    return arrays


def _mark(picture: Picture) -> str:
    """The comment for `read`; it holds the palette where no array does."""
    ctext.check_symbol(picture.symbol)
    description = describe(picture)
    palette = picture.indexed.palette
    block = b"" if picture.has_table else palette_block(palette, description)
    return marked(description, picture.target, block)


_PIXELS = ("pixels", "packed", "bits", "bitmap", "tft")
"""How names of arrays of pixels end here and in the headers of libraries."""


def read(data: bytes) -> Indexed:
    """The picture in a source file: the marked comment says what it is, the arrays hold it.

    The text may have been reformatted. All patterns take time linear in the text.

    Args:
        data: NAME.c of `source`, NAME.h of `header`, or a file of `bitmap`.

    Raises:
        ValueError: The text is damaged, or is not bitplane's.
    """
    text = ctext.decoded(data)
    description, block = from_marked(text)
    arrays = ctext.read_arrays(ctext.code_of(text))
    if "palette" in arrays:
        block = _table_block(*arrays["palette"], description)
    size, elements = next((arrays[name] for name in _PIXELS if name in arrays), (0, []))
    return restored(description, block, _pixel_bytes(size, elements, description.layout))


def _pixel_bytes(size: int, elements: list[int], layout: Layout) -> bytes:
    """The pixels' array as `layouts.pack` gives it: bytes, or 16-bit words of one pixel each."""
    if size == 2 and layout.bits == 16:
        return np.array(elements, ">u2" if layout.byte_order == "big" else "<u2").tobytes()
    if size != 1:
        raise ValueError("the C source has no uint8_t array whose name ends in _pixels")
    return bytes(elements)


def _table_block(size: int, elements: list[int], description: Description) -> bytes:
    """The palette array as the block that it stands for."""
    words = np.array(elements, f"<u{size}")
    if not description.grid or size != word_bytes(GRIDS[description.grid]):
        raise ValueError("the C source's palette array does not fit its description")
    if not description.whole:
        return words.tobytes()
    grid = GRIDS[description.grid]
    if not np.array_equal(words, np.arange(grid.size) | grid.fixed):
        raise ValueError(f"the C source's palette array is not all of {grid.name}")
    return b""
