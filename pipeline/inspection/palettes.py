"""Palette files: texts line by line, binary ones color by color."""

import re
import struct
from pathlib import PurePath

from pipeline import palette_files
from pipeline.inspection import FOLD, REST, Inspection, Part, section
from pipeline.inspection import pixels as shown
from pipeline.palette_files import PaletteFile
from pipeline.registry import PALETTE_FILES

_BINARY = (".act", ".aco", ".ase")
_ACT = 3 * palette_files.MAX_ENTRIES


def is_theirs(name: str) -> bool:
    """A palette by its suffix, other than pictures; those are pictures here."""
    suffix = PurePath(name).suffix.lower()
    return suffix in PALETTE_FILES and suffix not in (".png", ".gif", ".bmp")


def inspect(data: bytes, name: str, *, every: bool) -> Inspection:
    """The colors and where they stand; also of a file that is damaged."""
    suffix = PurePath(name).suffix.lower()
    kind = f"palette file, {PALETTE_FILES[suffix].sentence.split(':')[0]}"
    text = suffix not in _BINARY
    try:
        palette = palette_files.read(data, name)
    except ValueError as error:
        file = section("file", data, [], REST if text else "data", text=text)
        return Inspection(kind, {}, (file,), (str(error).removeprefix(f"{name}:").strip(),))
    parts = _lines(data, suffix) if text else _BINARIES[suffix](data, palette)
    file = section("file", data, _folded(parts, every=every), REST, text=text)
    return Inspection(kind, _facts(palette), (file,))


def _facts(palette: PaletteFile) -> dict[str, str]:
    clear = "" if palette.transparent is None else str(palette.transparent)
    facts = {"title": palette.title, "author": palette.author, "transparent": clear}
    return {"colors": str(len(palette.colors)), **{k: v for k, v in facts.items() if v}}


_NUMBERS = re.compile(rb"\s*(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})(?!\d)")
_CODE = re.compile(rb"\s*#?([0-9A-Fa-f]{6})\s*$")


def _lines(data: bytes, suffix: str) -> list[Part]:
    """Each line of a text, and the color that it names."""
    parts: list[Part] = []
    at = colors = 0
    for line in data.splitlines(keepends=True):
        found = (_CODE if suffix == ".hex" else _NUMBERS).match(line)
        if found is not None and suffix != ".json":
            rgb = bytes.fromhex(found[1].decode()) if suffix == ".hex" else _rgb(found)
            parts.append(Part(at, at + len(line), f"color {colors}", shown.hexed(rgb)))
            colors += 1
        elif line.strip():
            parts.append(Part(at, at + len(line), "line"))
        at += len(line)
    return parts


def _rgb(found: re.Match[bytes]) -> bytes:
    return bytes(min(255, int(text)) for text in found.groups())


def _act(data: bytes, palette: PaletteFile) -> list[Part]:
    parts = [
        Part(3 * index, 3 * index + 3, f"color {index}", shown.hexed(color))
        for index, color in enumerate(palette.colors)
    ]
    parts.append(Part(3 * len(parts), _ACT, "unused"))
    if len(data) > _ACT:
        hidden = "none" if palette.transparent is None else str(palette.transparent)
        parts.append(Part(_ACT, _ACT + 2, "count", str(len(palette.colors))))
        parts.append(Part(_ACT + 2, _ACT + 4, "transparent", hidden))
    return parts


def _aco(data: bytes, palette: PaletteFile) -> list[Part]:
    """The lists of both versions; what is read is the second one, where it is there."""
    parts: list[Part] = []
    at = 0
    while len(data) - at >= 4 and data[at : at + 2] in (b"\0\1", b"\0\2"):
        version, count = struct.unpack_from(">HH", data, at)
        parts = [part._replace(meaning="") if part.field != "version" else part for part in parts]
        parts.append(Part(at, at + 2, "version", str(version)))
        parts.append(Part(at + 2, at + 4, "count", str(count)))
        at += 4
        for index in range(min(count, len(palette.colors))):
            parts.append(Part(at, at + 10, f"color {index}", shown.hexed(palette.colors[index])))
            at += 10
            if version == 2:
                size = 4 + 2 * int.from_bytes(data[at : at + 4], "big")
                parts.append(Part(at, at + size, "name", palette.names[index]))
                at += size
    return parts


_BLOCKS = {0xC001: "group", 0xC002: "end of group"}


def _ase(data: bytes, palette: PaletteFile) -> list[Part]:
    count = int.from_bytes(data[8:12], "big")
    parts = [Part(0, 8, "signature", "ASEF, version 1.0"), Part(8, 12, "blocks", str(count))]
    at, colors = 12, 0
    for _ in range(count):
        kind, size = struct.unpack_from(">HI", data, at)
        end = at + 6 + size
        if kind == 1:
            words = f"{shown.hexed(palette.colors[colors])} {palette.names[colors]}".strip()
            parts.append(Part(at, end, f"color {colors}", words))
            colors += 1
        else:
            parts.append(Part(at, end, _BLOCKS.get(kind, "block")))
        at = end
    return parts


_BINARIES = {".act": _act, ".aco": _aco, ".ase": _ase}


def _folded(parts: list[Part], *, every: bool) -> list[Part]:
    """Colors above the first ones as one part, unless all are asked for."""
    folded: list[Part] = []
    for part in parts:
        number = part.field.partition("color ")[2]
        more = not every and number.isdigit() and int(number) >= FOLD
        if more and folded and folded[-1].field == "more colors":
            folded[-1] = folded[-1]._replace(end=part.end)
        else:
            folded.append(part._replace(field="more colors", meaning="") if more else part)
    return folded
