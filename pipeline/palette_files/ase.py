"""Adobe Swatch Exchange: blocks of colors with names, perhaps in groups.

Adobe publishes no specification. Facts: Carl Camera, "ASE File Specification"; J. Greely's
additions (dotclue.org, 2013) for the letter case of `Gray`, the ends of names and the ranges of
Lab; the README of nsfmc/swatch for gray, where 1 is white. All numbers are big-endian.
"""

import math
import struct
from collections.abc import Iterator
from fractions import Fraction

from pipeline.grid import RGB
from pipeline.palette_files import MAX_ENTRIES, Format, PaletteFile, label
from pipeline.palette_files.models import code, gray, lab

_MAGIC = b"ASEF\0\1\0\0"
_COLOR, _GROUP, _GROUP_END = 0x0001, 0xC001, 0xC002
_NORMAL = 2  # a process color; 0 is global, 1 is spot
_CHANNELS = {b"RGB ": 3, b"LAB ": 3, b"GRAY": 1}


def read(data: bytes, name: str) -> PaletteFile:
    """The colors of all groups; the title is the first group's name."""
    if data[:6] != _MAGIC[:6] or len(data) < 12:
        raise ValueError(f"{name}: not Adobe Swatch Exchange of version 1")
    colors: list[RGB] = []
    names: list[str] = []
    title = ""
    for kind, body in _blocks(data, name):
        if kind == _GROUP:
            title = title or _name(body)[0]
        elif kind == _COLOR:
            called, rest = _name(body)
            colors.append(_color(rest, _described(len(colors), called, name)))
            names.append(called)
        if len(colors) > MAX_ENTRIES:
            raise ValueError(f"{name}: more than {MAX_ENTRIES} colors")
    if not colors:
        raise ValueError(f"{name}: the palette has no colors")
    return PaletteFile(tuple(colors), tuple(names), title=title)


def _blocks(data: bytes, name: str) -> Iterator[tuple[int, bytes]]:
    """Type and content of each block that the head counts."""
    (count,) = struct.unpack_from(">I", data, 8)
    at = len(_MAGIC) + 4
    for _ in range(count):
        if len(data) - at < 6:
            raise ValueError(f"{name}: the file ends before its {count} blocks do")
        kind, length = struct.unpack_from(">HI", data, at)
        at += 6
        if len(data) - at < length:
            raise ValueError(f"{name}: the file ends in the middle of a block")
        yield kind, data[at : at + length]
        at += length


def _name(body: bytes) -> tuple[str, bytes]:
    """The name at the start of a block, and what follows it."""
    end = 2 + 2 * int.from_bytes(body[:2], "big")
    return label(body[2:end].decode("utf-16-be", "replace")), body[end:]


def _described(place: int, called: str, name: str) -> str:
    return f"{name}: color {place}" + (f" '{called}'" if called else "")


def _color(rest: bytes, where: str) -> RGB:
    model = rest[:4].upper()
    if model == b"CMYK":
        words = "is CMYK, which means nothing without the profile of a press"
        raise ValueError(f"{where} {words}; make it RGB in the program that wrote it")
    channels = _CHANNELS.get(model)
    if channels is None or len(rest) < 4 + 4 * channels:
        raise ValueError(f"{where} is damaged: no RGB, Lab or Gray with its values")
    numbers = struct.unpack_from(f">{channels}f", rest, 4)
    limits = ((0, 1), (-128, 128), (-128, 128)) if model == b"LAB " else ((0, 1),) * channels
    values = [_within(number, *limit, where) for number, limit in zip(numbers, limits, strict=True)]
    if model == b"LAB ":
        return lab(100 * values[0], values[1], values[2])
    if model == b"GRAY":
        return gray(values[0])
    return code(values[0]), code(values[1]), code(values[2])


_SLACK = 0.001
"""Writers compute with floats: 1.0000001 is meant as 1."""


def _within(number: float, low: int, high: int, where: str) -> Fraction:
    if not math.isfinite(number) or not low - _SLACK <= number <= high + _SLACK:
        raise ValueError(f"{where} has a value of {number:g}, and {low} to {high} are possible")
    return max(Fraction(low), min(Fraction(number), Fraction(high)))


def write(palette: PaletteFile) -> bytes:
    """RGB colors, in a group where the palette has a title."""
    blocks = [
        _block(_COLOR, _encoded(name) + b"RGB " + struct.pack(">3fH", *shares, _NORMAL))
        for name, shares in zip(palette.names, _shares(palette.colors), strict=True)
    ]
    if label(palette.title):
        blocks = [_block(_GROUP, _encoded(palette.title)), *blocks, _block(_GROUP_END, b"")]
    return _MAGIC + struct.pack(">I", len(blocks)) + b"".join(blocks)


def _shares(colors: tuple[RGB, ...]) -> Iterator[list[float]]:
    return ([value / 255 for value in color] for color in colors)


def _block(kind: int, body: bytes) -> bytes:
    return struct.pack(">HI", kind, len(body)) + body


def _encoded(name: str) -> bytes:
    text = label(name).encode("utf-16-be") + b"\0\0"
    return struct.pack(">H", len(text) // 2) + text


FORMAT = Format(read, write)
