"""MicroPython: a module with a picture for `framebuf`, and its reader.

Formats: MicroPython `extmod/modframebuf.c`. MONO_HLSB has the left pixel in bit 7, MONO_VLSB the
top one in bit 0, GS2_HMSB the left one in the low bits, GS4_HMSB in the high ones. RGB565 words
are moved as they are, so they stand here in the byte order in which the panel reads them.
"""

import re
from typing import NamedTuple

import numpy as np

from pipeline.emitters import Picture, ctext, direct, literal
from pipeline.emitters import picture as packed
from pipeline.emitters.describe import mark
from pipeline.grid import GRIDS
from pipeline.layout import Layout
from pipeline.palette import Indexed, Palette, grid_words

IMPORT = b"\nimport framebuf\n"
_WORD_BITS = 16
_FORMATS = {1: "MONO_HLSB", 2: "GS2_HMSB", 4: "GS4_HMSB", 8: "GS8", _WORD_BITS: "RGB565"}
_LINE_BYTES = 16


class _Colors(NamedTuple):
    """RGB565 words of a palette, as bytes, and the one that is not drawn."""

    data: bytes
    key: int | None


def module(picture: Picture) -> tuple[bytes]:
    """NAME_fb.py with `IMAGE` and `KEY`, and with `PALETTE` for indices into color words.

    Raises:
        ValueError: A pixel value has over 8 bits and is no color word.
    """
    ctext.check_symbol(picture.symbol)
    made = _buffer(picture)
    order = "little" if made.layout.byte_order == "little" else "big"
    colors = _colors(made.indexed.palette, order) if made.has_table else None
    key = _key(made) if colors is None else colors.key
    indexed = made.indexed
    parts = [
        "\n".join(f"# {line}" for line in _words(made, colors)),
        "#" + mark(made),
        "import framebuf",
        f"WIDTH = {indexed.width}\nHEIGHT = {indexed.height}\nFORMAT = framebuf.{_format(made)}",
        f"KEY = {-1 if key is None else key}",
        _bytes("PIXELS", made.data) + "IMAGE = (PIXELS, WIDTH, HEIGHT, FORMAT)",
    ]
    if colors is not None:
        size = f"{len(indexed.palette)}, 1, framebuf.RGB565"
        parts.append(_bytes("COLORS", colors.data) + f"PALETTE = (COLORS, {size})")
    return (ctext.text(parts),)


def _buffer(picture: Picture) -> Picture:
    """The picture packed as a frame buffer of the smallest format."""
    indexed, symbol, target = picture.indexed, picture.symbol, picture.target
    grid = indexed.palette.grid.name if indexed.palette.grid else picture.grid
    top = len(indexed.palette) - 1 if picture.holds == "index" else int(indexed.palette.codes.max())
    order = picture.layout.byte_order
    if top > 0xFF:
        if picture.holds != "code" or not grid:
            raise ValueError(
                f"pixel value {top} does not fit a frame buffer; choose a `palette` of 256 colors"
            )
        words = Layout(bits=_WORD_BITS, byte_order=order)
        made = indexed if grid == "rgb565" else direct.as_words(indexed, "rgb565")
        return packed(symbol, target, made, words, "code", "rgb565")
    bits = next(bits for bits in _FORMATS if top < 1 << bits)
    layout = Layout(bits=bits, first="lsb" if bits == 2 else "msb", byte_order=order)
    if bits == 1 and picture.layout.scan == "pages":
        layout = Layout("pages", 1, "lsb", order)
    return packed(symbol, target, indexed, layout, picture.holds, picture.grid)


def _format(made: Picture) -> str:
    return "MONO_VLSB" if made.layout.scan == "pages" else _FORMATS[made.layout.bits]


def _colors(palette: Palette, order: str) -> _Colors:
    """`blit` compares `key` after the palette, so the transparent entry's word is its own."""
    words = grid_words(GRIDS["rgb565"], palette.nominal)
    if palette.transparent is not None:
        others = set(np.delete(words, palette.transparent).tolist())
        own = int(words[palette.transparent])
        free = (word for word in (own, *range(len(others) + 1)) if word not in others)
        words[palette.transparent] = next(free)
    stored = words.astype(">u2" if order == "big" else "<u2")
    key = None if palette.transparent is None else int(stored.view("<u2")[palette.transparent])
    return _Colors(stored.tobytes(), key)


def _key(made: Picture) -> int | None:
    """The pixel value that is not drawn, as a frame buffer of a little-endian CPU reads it."""
    index = made.indexed.palette.transparent
    if index is None:
        return None
    value = index if made.holds == "index" else int(made.indexed.palette.codes[index])
    if made.layout.bits == _WORD_BITS and made.layout.byte_order == "big":
        return int.from_bytes(value.to_bytes(2, "big"), "little")
    return value


def _words(made: Picture, colors: _Colors | None) -> list[str]:
    indexed = made.indexed
    name = f"{made.symbol}_fb"
    palette = f", {name}.PALETTE" * (colors is not None)
    size = f"{indexed.width} x {indexed.height} pixels, {len(indexed.palette)} colors"
    lines = [
        f"{made.symbol} for {made.target}: {size}.",
        f"Draw it with frame.blit({name}.IMAGE, x, y, {name}.KEY{palette}).",
    ]
    if colors is not None or made.layout.bits == _WORD_BITS:
        first = "low" if made.layout.byte_order == "little" else "high"
        lines.append(f"Color words are RGB565, {first} byte first.")
    return [*lines, ctext.NOTICE]


def _bytes(name: str, data: bytes) -> str:
    rows = (data[start : start + _LINE_BYTES] for start in range(0, len(data), _LINE_BYTES))
    lines = "".join(f'    b"{literal.escaped(row)}"\n' for row in rows)
    return f"{name} = (\n{lines})\n"


_PIXELS = re.compile(r'^PIXELS = \(\s*((?:b"(?:\\x[0-9a-f]{2})+"\s*)+)\)', re.MULTILINE)


def read(data: bytes) -> Indexed:
    """The picture in a file of `module`.

    Raises:
        ValueError: The text is damaged, or is not bitplane's.
    """
    return literal.read(data, _PIXELS)
