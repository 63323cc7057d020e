"""Rust: a module with a picture for `embedded-graphics`, and its reader.

Format: `ImageRaw` of embedded-graphics 0.8: rows begin with a byte, the left pixel in its high
bits, 16-bit colors high byte first. It knows no palettes, so an indexed picture brings a color
type of its own, which turns into the display's by looking it up.
"""

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.emitters import Picture, ctext, direct, literal
from pipeline.emitters import picture as packed
from pipeline.emitters.bitmap import bits, drawn_entry
from pipeline.emitters.describe import mark
from pipeline.grid import GRIDS, Field
from pipeline.layout import MAX_INDEXED, Layout, indexed_layout
from pipeline.palette import Indexed, Palette, grid_colors

MARK = b"use embedded_graphics::"
_LINE_BYTES = 16


class _Form(NamedTuple):
    """The picture as one kind of `ImageRaw`.

    Attributes:
        made: The picture, packed so.
        color: Type of a pixel.
        uses: What is imported beside `ImageRaw`.
        items: Constants, types and their meaning.
    """

    made: Picture
    color: str
    uses: tuple[str, ...]
    items: tuple[str, ...] = ()


def module(picture: Picture) -> tuple[bytes]:
    """NAME.rs with `IMAGE`."""
    ctext.check_symbol(picture.symbol)
    form = _form(picture)
    indexed = form.made.indexed
    uses = sorted(["embedded_graphics::image::ImageRaw", *form.uses])
    size = f"pub const WIDTH: u32 = {indexed.width};\npub const HEIGHT: u32 = {indexed.height};"
    image = f"pub const IMAGE: ImageRaw<'static, {form.color}> = ImageRaw::new(PIXELS, WIDTH);"
    parts = [
        "\n".join(f"// {line}" for line in _words(form)),
        "#![allow(dead_code)]",
        mark(form.made),
        "\n".join(f"use {name};" for name in uses),
        size,
        *form.items,
        _pixels(form.made.data),
        image,
    ]
    return (ctext.text(parts),)


def _form(picture: Picture) -> _Form:
    palette = picture.indexed.palette
    if len(palette) <= 2:
        return _two_colors(picture)
    if len(palette) > MAX_INDEXED:
        return _direct(picture)
    layout = indexed_layout(len(palette))
    if palette.transparent is None and direct.is_gray(palette):
        depth, levels = direct.opacity(palette)
        if 1 < depth <= layout.bits:
            return _gray(picture, levels, depth)
    made = _packed(picture, picture.indexed, layout, "index", picture.grid)
    return _indexed(made)


def _packed(picture: Picture, indexed: Indexed, layout: Layout, holds: str, grid: str) -> Picture:
    return packed(picture.symbol, picture.target, indexed, layout, holds, grid)


def _pixelcolor(name: str) -> str:
    return f"embedded_graphics::pixelcolor::{name}"


def _two_colors(picture: Picture) -> _Form:
    made, drawn = bits(picture, "msb"), drawn_entry(picture)
    color, values = _colors(made.indexed.palette)
    items = [f"/// The color of pixels that are on.\npub const ON: {color} = {values[drawn]};"]
    if made.indexed.palette.transparent is None:
        off = f"pub const OFF: {color} = {values[drawn - 1]};"
        items.append(f"/// The color of pixels that are off.\n{off}")
    uses = _pixelcolor("BinaryColor"), _pixelcolor(color)
    return _Form(made, "BinaryColor", uses, tuple(items))


def _gray(picture: Picture, levels: NDArray[np.uint32], depth: int) -> _Form:
    grid = f"gray{depth}"
    seen = grid_colors(GRIDS[grid], levels)
    indexed = Indexed(picture.indexed.indices, Palette(seen, seen, levels))
    color = f"Gray{depth}"
    return _Form(
        _packed(picture, indexed, Layout(bits=depth), "code", grid), color, (_pixelcolor(color),)
    )


def _direct(picture: Picture) -> _Form:
    indexed = direct.as_words(picture.indexed, "rgb565")
    clear = indexed.palette.transparent
    items: tuple[str, ...] = ()
    if clear is not None:
        value = _value(int(indexed.palette.codes[clear]), "rgb565")
        items = (
            f"/// Pixels of this color are not drawn.\npub const TRANSPARENT: Rgb565 = {value};",
        )
    made = _packed(picture, indexed, Layout(bits=16), "code", "rgb565")
    return _Form(made, "Rgb565", (_pixelcolor("Rgb565"),), items)


_INDEX = """/// A pixel: a place in `PALETTE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index(pub u8);

impl PixelColor for Index {{
    type Raw = {raw};
}}

impl From<{raw}> for Index {{
    fn from(raw: {raw}) -> Self {{
        Self(raw.into_inner())
    }}
}}

impl From<Index> for {color} {{
    fn from(index: Index) -> Self {{
        PALETTE[usize::from(index.0)]
    }}
}}

impl From<Index> for {other} {{
    fn from(index: Index) -> Self {{
        PALETTE[usize::from(index.0)].into()
    }}
}}"""


def _indexed(made: Picture) -> _Form:
    """A color type that is an index, and turns into colors of displays."""
    palette = made.indexed.palette
    color, values = _colors(palette)
    other = "Rgb888" if color == "Rgb565" else "Rgb565"
    raw = f"RawU{made.layout.bits}"
    items = [
        _INDEX.format(raw=raw, color=color, other=other),
        f"pub const PALETTE: [{color}; {len(values)}] = [\n"
        + "".join(f"    {value},\n" for value in values)
        + "];",
    ]
    if palette.transparent is not None:
        clear = f"pub const TRANSPARENT: Index = Index({palette.transparent});"
        items.append(f"/// Pixels of this index are not drawn.\n{clear}")
    uses = [_pixelcolor(name) for name in ("PixelColor", "Rgb565", "Rgb888")]
    uses += [_pixelcolor(f"raw::{name}") for name in ("RawData", raw)]
    return _Form(made, "Index", tuple(uses), tuple(items))


def _colors(palette: Palette) -> tuple[str, list[str]]:
    """The color type that holds a palette exactly, and the value of each entry."""
    grid = "rgb565" if direct.is_exact(palette, "rgb565") else "rgb888"
    return grid.capitalize(), [_value(word, grid) for word in direct.words(palette, grid).tolist()]


def _value(word: int, grid: str) -> str:
    def level(field: Field) -> int:
        return word >> field.shift & (1 << field.bits) - 1

    fields = GRIDS[grid].red, GRIDS[grid].green, GRIDS[grid].blue
    return f"{grid.capitalize()}::new({', '.join(str(level(field)) for field in fields)})"


def _words(form: _Form) -> list[str]:
    made = form.made
    size = f"{made.indexed.width} x {made.indexed.height} pixels of {made.layout.bits} bits"
    display = "&mut display.color_converted()" if form.color == "Index" else "&mut display"
    return [
        f"{made.symbol} for {made.target} and embedded-graphics: {size}.",
        f"Image::new(&{made.symbol}::IMAGE, point).draw({display})",
        ctext.NOTICE,
    ]


def _pixels(data: bytes) -> str:
    """A literal of bytes, which takes a compiler a twentieth of the time of an array."""
    rows = (data[start : start + _LINE_BYTES] for start in range(0, len(data), _LINE_BYTES))
    lines = "".join(f"    {literal.escaped(row)}\\\n" for row in rows)
    return f'#[rustfmt::skip]\npub const PIXELS: &[u8; {len(data)}] = b"\\\n{lines}";'


PIXELS = re.compile(r'^pub const PIXELS: &\[u8; \d{1,9}\] = b"([\\x0-9a-f\s]*)"', re.MULTILINE)


def read(data: bytes) -> Indexed:
    """The picture in a file of `module`.

    Raises:
        ValueError: The text is damaged, or is not bitplane's.
    """
    return literal.read(data, PIXELS)
