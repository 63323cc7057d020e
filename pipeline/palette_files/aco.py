"""Photoshop swatches: a list of version 1, and one of version 2 with names after it.

Adobe Photoshop File Formats Specification, "Color swatches"; Larry Tesler, "Adobe Photoshop 7
Color File Format" (nomodes.com/aco), for names, HSB and Lab; some writers leave version 1 out.
RGB is 8 bits in the high byte of 16. Gray is refused: the specification says "0...10000" and not
which end is black; GIMP takes 10000 for black, Krita and others take it for white.
"""

import struct
from fractions import Fraction
from typing import NamedTuple

from pipeline.grid import RGB
from pipeline.palette_files import MAX_ENTRIES, Format, PaletteFile, label
from pipeline.palette_files.models import hsb, lab

_FULL = 65535
_RGB, _HSB, _LAB = 0, 1, 7
_REFUSED = {
    2: "CMYK, which means nothing without the profile of a press",
    8: "gray, which programs read in both directions",
    9: "CMYK, which means nothing without the profile of a press",
}


class _Entry(NamedTuple):
    """Ten bytes of a color, and its name."""

    space: int
    values: tuple[int, int, int]
    name: str


def read(data: bytes, name: str) -> PaletteFile:
    """The colors of version 2 where it is there, else of version 1."""
    version, entries, end = _list(data, 0, name)
    if version == 1 and data[end : end + 2] == b"\0\2":
        _, entries, _ = _list(data, end, name)
    if not entries:
        raise ValueError(f"{name}: the palette has no colors")
    colors = tuple(_color(entry, place, name) for place, entry in enumerate(entries))
    return PaletteFile(colors, tuple(entry.name for entry in entries))


def _list(data: bytes, at: int, name: str) -> tuple[int, list[_Entry], int]:
    """Version, entries and end of the list that begins at an offset."""
    version, count = _unpack(">HH", data, at, name)
    if version not in (1, 2):
        raise ValueError(f"{name}: not Photoshop swatches: version {version}, and 1 and 2 are read")
    if count > MAX_ENTRIES:
        raise ValueError(f"{name}: {count} colors, more than {MAX_ENTRIES}")
    at += 4
    entries = []
    for _ in range(count):
        space, *values, _ = _unpack(">Hhhhh", data, at, name)
        called, at = _name(data, at + 10, name) if version == 2 else ("", at + 10)
        entries.append(_Entry(space, (values[0], values[1], values[2]), called))
    return version, entries, at


def _name(data: bytes, at: int, name: str) -> tuple[str, int]:
    """A name with its length in characters before it and a zero at its end."""
    (length,) = _unpack(">I", data, at, name)
    text = data[at + 4 : at + 4 + 2 * length]
    if len(text) < 2 * length:
        raise ValueError(f"{name}: the file ends in the middle of a name")
    return label(text.decode("utf-16-be", "replace")), at + 4 + 2 * length


def _unpack(form: str, data: bytes, at: int, name: str) -> tuple[int, ...]:
    try:
        return struct.unpack_from(form, data, at)
    except struct.error:
        raise ValueError(f"{name}: the file ends in the middle of a color") from None


def _color(entry: _Entry, place: int, name: str) -> RGB:
    first, second, third = entry.values
    if entry.space == _RGB:
        return first >> 8 & 255, second >> 8 & 255, third >> 8 & 255
    if entry.space == _HSB:
        hue, saturation, brightness = (Fraction(value & _FULL, _FULL) for value in entry.values)
        return hsb(hue, saturation, brightness)
    called = f"{name}: color {place}" + (f" '{entry.name}'" if entry.name else "")
    if entry.space == _LAB:
        if not 0 <= first <= 10000:
            raise ValueError(f"{called} has a lightness of {first}, and 0 to 10000 are possible")
        return lab(Fraction(first, 100), Fraction(second, 100), Fraction(third, 100))
    kind = _REFUSED.get(entry.space, f"of color space {entry.space}, a maker's own colors")
    raise ValueError(f"{called} is {kind}; make it RGB in the program that wrote it")


def write(palette: PaletteFile) -> bytes:
    """Both versions, as Photoshop does."""
    head = struct.pack(">H", len(palette.colors))
    colors = [struct.pack(">5H", _RGB, *(257 * v for v in rgb), 0) for rgb in palette.colors]
    names = map(_encoded, palette.names)
    named = [color + name for color, name in zip(colors, names, strict=True)]
    return b"".join([b"\0\1", head, *colors, b"\0\2", head, *named])


def _encoded(name: str) -> bytes:
    text = label(name).encode("utf-16-be") + b"\0\0"
    return struct.pack(">I", len(text) // 2) + text


FORMAT = Format(read, write)
