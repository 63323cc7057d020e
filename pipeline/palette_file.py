"""Palette files: GIMP `.gpl`, JASC `.pal`, `.hex`, Adobe `.act`, and pictures of palettes."""

import re
import struct
from collections.abc import Callable, Iterable
from pathlib import PurePath
from typing import NamedTuple

import numpy as np

from pipeline.filetype import picture_type
from pipeline.grid import RGB
from pipeline.source import Source, SourceOptions, decode

MAX_ENTRIES = 256

_MAX_TEXT = 1 << 20
_ACT_TABLE = 3 * MAX_ENTRIES
_NO_TRANSPARENT = 0xFFFF


class PaletteFile(NamedTuple):
    """The colors of a palette file, in its order.

    Attributes:
        colors: 1 to 256 sRGB colors.
        names: A name for each color, empty where the file has none.
        transparent: Index of the entry that stands for "not drawn", or None.
    """

    colors: tuple[RGB, ...]
    names: tuple[str, ...]
    transparent: int | None = None


class _Row(NamedTuple):
    """One color as a text file lists it, with its line number."""

    line: int
    color: RGB
    alpha: int = 255
    name: str = ""


def read(data: bytes, name: str) -> PaletteFile:
    """Read a palette, choosing the format by content first and then by suffix.

    An indexed PNG, GIF or BMP gives its own palette in its own order; any other PNG, GIF or
    BMP is a strip whose pixels, in reading order, are one entry each. Entries of alpha 0
    are transparent; where several are, the first one is named.

    Args:
        data: The whole file.
        name: The file's name, for its suffix and for messages.

    Raises:
        ValueError: `name` or `name:line`, and what is wrong there.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix == ".act":
        return _read_act(data, name)
    kind = picture_type(data)
    if kind in {"PNG", "GIF", "BMP"}:
        return _read_picture(data, name)
    if kind:
        raise ValueError(f"{name}: {kind} changes colors; save the palette as PNG")
    if re.match(rb"RIFF.{4}PAL ", data, re.DOTALL):
        raise ValueError(
            f"{name}: this is a Microsoft RIFF palette; save it as JASC or GIMP palette"
        )
    reader = _text_reader(data, suffix)
    if reader is None:
        raise ValueError(f"{name}: not a palette: .gpl, .pal, .hex, .act, PNG, GIF or BMP are read")
    if len(data) > _MAX_TEXT:
        raise ValueError(f"{name}: {len(data)} bytes are too many for a palette")
    text = data.decode("utf-8-sig", errors="replace")
    return reader(re.split(r"\r\n|\n|\r", text), name)


def write(palette: PaletteFile, suffix: str) -> bytes:
    """The bytes of a palette file.

    Args:
        palette: What to write. Names are kept by `.gpl` only.
        suffix: `.gpl`, `.pal`, `.hex` or `.act`.

    Raises:
        ValueError: Another suffix, not 1 to 256 colors, or a transparent entry, which only
            `.act` can hold.
    """
    if suffix not in _WRITERS:
        raise ValueError(f"palettes are written as {', '.join(_WRITERS)}, not {suffix!r}")
    if not 1 <= len(palette.colors) <= MAX_ENTRIES:
        raise ValueError(f"a palette file has 1 to {MAX_ENTRIES} colors, not {len(palette.colors)}")
    if palette.transparent is not None and suffix != ".act":
        raise ValueError(f"{suffix} cannot hold a transparent entry; write .act or leave it out")
    if palette.transparent is not None and not 0 <= palette.transparent < len(palette.colors):
        raise ValueError(f"transparent index {palette.transparent} is outside the palette")
    return _WRITERS[suffix](palette)


def _text_reader(data: bytes, suffix: str) -> Callable[[list[str], str], PaletteFile] | None:
    """Which text format it is."""
    head = data.removeprefix(b"\xef\xbb\xbf")
    if head.startswith(b"GIMP Palette"):
        return _read_gpl
    if head.startswith(b"JASC-PAL"):
        return _read_jasc
    return {".gpl": _read_gpl, ".pal": _read_jasc, ".hex": _read_hex}.get(suffix)


def _read_gpl(lines: list[str], name: str) -> PaletteFile:
    """GIMP palette: numbers and a name on each line.

    Aseprite's `Channels: RGBA` adds a fourth number (its docs/gpl-palette-extension.md).
    """
    if lines[0].strip() != "GIMP Palette":
        raise ValueError(f"{name}:1: expected `GIMP Palette`")
    channels = 3
    rows: list[_Row] = []
    for line, text in enumerate(lines[1:], 2):
        entry = text.strip()
        if not entry or entry.startswith("#"):
            continue
        heading = re.fullmatch("(Name|Columns|Channels):(.*)", entry)
        if heading is None:
            rows.append(_numbers(entry, channels, line, name))
        elif heading[1] == "Channels" and heading[2].strip() == "RGBA":
            channels = 4
    return _collected(rows, name)


def _read_jasc(lines: list[str], name: str) -> PaletteFile:
    """JASC palette of Paint Shop Pro: three heading lines, then three or four numbers a line."""
    heading = [line.strip() for line in lines[:3]] + [""] * 3
    for number, word in enumerate(("JASC-PAL", "0100")):
        if heading[number] != word:
            raise ValueError(f"{name}:{number + 1}: expected `{word}`")
    if not re.fullmatch("[0-9]{1,9}", heading[2]):
        raise ValueError(f"{name}:3: expected the number of colors")
    rows = [
        _numbers(text, 4 if len(text.split()) == 4 else 3, line, name)
        for line, text in enumerate(lines[3:], 4)
        if text.strip()
    ]
    if int(heading[2]) != len(rows):
        raise ValueError(f"{name}:3: says {heading[2]} colors, but {len(rows)} follow")
    return _collected([row._replace(name="") for row in rows], name)


def _read_hex(lines: list[str], name: str) -> PaletteFile:
    """One RRGGBB a line, with or without `#`, as lospec.com exports it."""
    rows = []
    for line, text in enumerate(lines, 1):
        code = text.strip()
        if not code:
            continue
        if not re.fullmatch("#?[0-9A-Fa-f]{6}", code):
            raise ValueError(f"{name}:{line}: expected six hexadecimal digits, RRGGBB")
        red, green, blue = bytes.fromhex(code[-6:])
        rows.append(_Row(line, (red, green, blue)))
    return _collected(rows, name)


def _numbers(text: str, channels: int, line: int, name: str) -> _Row:
    """Numbers of 0..255, then perhaps a name."""
    words = text.split(None, channels)
    values = [int(word) for word in words[:channels] if re.fullmatch("[0-9]{1,3}", word)]
    if len(values) < channels or max(values) > 255:
        wanted = "three" if channels == 3 else "four"
        raise ValueError(f"{name}:{line}: expected {wanted} numbers 0..255")
    alpha = values[3] if channels == 4 else 255
    label = words[channels].strip() if len(words) > channels else ""
    return _Row(line, (values[0], values[1], values[2]), alpha, label)


def _collected(rows: list[_Row], name: str) -> PaletteFile:
    if not rows:
        raise ValueError(f"{name}: the palette has no colors")
    if len(rows) > MAX_ENTRIES:
        raise ValueError(f"{name}:{rows[MAX_ENTRIES].line}: more than {MAX_ENTRIES} colors")
    clear = _first(row.alpha == 0 for row in rows)
    return PaletteFile(tuple(row.color for row in rows), tuple(row.name for row in rows), clear)


def _first(flags: Iterable[bool]) -> int | None:
    return next((index for index, flag in enumerate(flags) if flag), None)


def _read_act(data: bytes, name: str) -> PaletteFile:
    """Adobe color table: 256 RGB triples, then perhaps a count and a transparent index.

    Adobe Photoshop File Formats Specification, "Color Table": both are big-endian 16 bits;
    65535 means that no entry is transparent.
    """
    if len(data) not in {_ACT_TABLE, _ACT_TABLE + 4}:
        raise ValueError(
            f"{name}: an .act file has {_ACT_TABLE} or {_ACT_TABLE + 4} bytes, not {len(data)}"
        )
    tail = data[_ACT_TABLE:] or struct.pack(">HH", MAX_ENTRIES, _NO_TRANSPARENT)
    count, transparent = struct.unpack(">HH", tail)
    if not 1 <= count <= MAX_ENTRIES:
        raise ValueError(f"{name}: says {count} colors; 1 to {MAX_ENTRIES} are possible")
    if transparent != _NO_TRANSPARENT and transparent >= count:
        raise ValueError(f"{name}: transparent index {transparent} is outside 0..{count - 1}")
    table = data[: 3 * count]
    colors = tuple(zip(table[::3], table[1::3], table[2::3], strict=True))
    hidden = None if transparent == _NO_TRANSPARENT else transparent
    return PaletteFile(colors, ("",) * count, hidden)


def _read_picture(data: bytes, name: str) -> PaletteFile:
    try:
        source = decode(data, SourceOptions(frame=0))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    stored = source.indexed
    if stored is None or not stored.listed:
        return _read_strip(source, name)
    colors = tuple((int(red), int(green), int(blue)) for red, green, blue in stored.colors)
    return PaletteFile(colors, ("",) * len(colors), stored.transparent)


def _read_strip(source: Source, name: str) -> PaletteFile:
    image = source.image
    count = image.width * image.height
    if count > MAX_ENTRIES:
        raise ValueError(
            f"{name}: {image.width}x{image.height} pixels; a strip has one pixel for each color, "
            f"at most {MAX_ENTRIES}; an indexed picture may have any size"
        )
    colors = tuple(
        (int(red), int(green), int(blue)) for red, green, blue in image.srgb.reshape(-1, 3)
    )
    clear = np.flatnonzero(image.alpha == 0)
    return PaletteFile(colors, ("",) * count, int(clear[0]) if len(clear) else None)


def _write_gpl(palette: PaletteFile) -> bytes:
    lines = ["GIMP Palette", "#"]
    for (red, green, blue), name in zip(palette.colors, palette.names, strict=True):
        label = " ".join(name.split())
        lines.append(f"{red:3} {green:3} {blue:3}" + (f"\t{label}" if label else ""))
    return ("\n".join(lines) + "\n").encode()


def _write_jasc(palette: PaletteFile) -> bytes:
    rows = [f"{red} {green} {blue}" for red, green, blue in palette.colors]
    return "".join(f"{row}\r\n" for row in ["JASC-PAL", "0100", str(len(rows)), *rows]).encode()


def _write_hex(palette: PaletteFile) -> bytes:
    return "".join(f"{bytes(color).hex()}\n" for color in palette.colors).encode()


def _write_act(palette: PaletteFile) -> bytes:
    table = b"".join(bytes(color) for color in palette.colors).ljust(_ACT_TABLE, b"\0")
    hidden = _NO_TRANSPARENT if palette.transparent is None else palette.transparent
    return table + struct.pack(">HH", len(palette.colors), hidden)


_WRITERS: dict[str, Callable[[PaletteFile], bytes]] = {
    ".gpl": _write_gpl,
    ".pal": _write_jasc,
    ".hex": _write_hex,
    ".act": _write_act,
}
