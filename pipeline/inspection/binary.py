"""bitplane's own binary: the header of `emitters.binary`, its palette and its pixels."""

import zlib
from collections.abc import Callable
from contextlib import suppress

from pipeline import layouts
from pipeline.codecs import CODEC_NUMBERS
from pipeline.emitters import binary
from pipeline.emitters.binary import (
    CHECKED_FROM,
    COMPRESSION,
    GRID_NUMBERS,
    HEADER,
    HEADER_BYTES,
    MAGIC,
    NONE,
    SCANS,
    Compression,
    Fields,
)
from pipeline.emitters.describe import VERSION, VERSION_COMPRESSED, Description, read_palette
from pipeline.emitters.stored import plain
from pipeline.inspection import Inspection, Part, Section, fields, joined, numbers, section
from pipeline.inspection import pixels as shown
from pipeline.registry import LAYOUTS

NAMES = ("magic", "version", "header_bytes", "crc32", *Fields._fields)
KIND = "bitplane binary"

_CODECS = {number: name for name, number in CODEC_NUMBERS.items()}
_GRIDS = {number: name for name, number in GRID_NUMBERS.items()}
_HOLDS = ("0: palette index", "1: code of the entry")
_FLAGS = (
    (binary.LSB, "first pixel at the low end of a byte"),
    (binary.LITTLE, "low byte first"),
    (binary.INVERT, "bits inverted"),
    (binary.LEARNED, "palette learned from the picture"),
)


def is_theirs(data: bytes) -> bool:
    """It begins as `bin` and `bin-split` do."""
    return data.startswith(MAGIC)


def inspect(data: bytes, *, every: bool) -> Inspection:
    """Header, palette and pixels; also of a file that is damaged."""
    found = numbers(HEADER, NAMES, data)
    parts = fields(HEADER, NAMES, _meanings(found), _faults(found, data))
    parts += _compression(found, data)
    facts: dict[str, str] = {}
    sections: list[Section] = []
    with suppress(KeyError, ValueError):  # the reader says below what is wrong
        description = binary.described(Fields(*(found[name] for name in Fields._fields)))
        if found["version"] == VERSION_COMPRESSED:
            description = binary.with_codec(description, binary.compression_of(data))
        facts = shown.about(description)
        block, pixels = _part(found, data, "palette"), _part(found, data, "pixels")
        if block:
            parts += shown.block(block, found["palette_offset"], description, every=every)
        if pixels:
            at = found["pixels_offset"]
            rows, sections = shown.stored(pixels, at, description, every=every)
            parts += rows
            facts |= {"pixels": _summary(block, pixels, description)}
    problems = _problems(data)
    return Inspection(_kind(found), facts, (section("file", data, parts), *sections), problems)


def _problems(data: bytes) -> tuple[str, ...]:
    """What the reader finds wrong."""
    try:
        part = binary.read_part(data)
        if part.block is not None and part.data is not None:
            binary.read(data)
    except ValueError as error:
        return (str(error),)
    return ()


def _kind(found: dict[str, int]) -> str:
    palette, pixels = found.get("palette_offset"), found.get("pixels_offset")
    if palette and not pixels:
        return f"{KIND}, the palette of a pair"
    if pixels and not palette and found.get("entry_bytes"):
        return f"{KIND}, the pixels of a pair"
    return KIND


def _part(found: dict[str, int], data: bytes, name: str) -> bytes:
    """Palette or pixels as far as the file reaches; nothing where they are not in it."""
    start = found[f"{name}_offset"]
    return data[start : start + found[f"{name}_bytes"]] if start >= HEADER.size else b""


def _compression(found: dict[str, int], data: bytes) -> list[Part]:
    """The fields that follow the header of a compressed picture."""
    if found.get("version") != VERSION_COMPRESSED:
        return []
    names = Compression._fields
    more = numbers(COMPRESSION, names, data, HEADER.size)
    words = {name: str(value) for name, value in more.items()}
    if "codec" in more:
        words["codec"] += f": {_CODECS.get(more['codec'], 'no such codec')}"
    return fields(COMPRESSION, names, words, {}, HEADER.size)


def _summary(block: bytes, pixels: bytes, description: Description) -> str:
    """Which values occur, in their colors where the palette is in this file or a whole grid.

    Raises:
        ValueError: A part has the wrong length.
    """
    palette = read_palette(block, description) if block or description.whole else None
    packed = plain(description, pixels)
    values = layouts.unpack(packed, description.layout, description.width, description.height)
    return shown.summary(values, description.layout.bits, description.holds, palette)


def _faults(found: dict[str, int], data: bytes) -> dict[str, str]:
    """What each field of the header has wrong by itself."""
    faults = {}
    length = HEADER_BYTES.get(found.get("version", VERSION))
    if length is None:
        faults["version"] = f"this bitplane reads {' and '.join(map(str, HEADER_BYTES))}"
    elif found.get("header_bytes", length) != length:
        faults["header_bytes"] = f"should be {length}"
    if found.get("file_bytes", len(data)) != len(data):
        faults["file_bytes"] = f"the file is {len(data)} bytes"
    crc = zlib.crc32(memoryview(data)[CHECKED_FROM:])
    if found.get("crc32", crc) != crc:
        faults["crc32"] = f"of the bytes from {CHECKED_FROM} on it is {crc:#010x}"
    for name, known in (("scan", range(len(SCANS))), ("holds", (0, 1)), ("grid", _GRIDS)):
        if name in found and found[name] not in known:
            faults[name] = "no such number"
    for name in ("palette", "pixels"):
        start, size = found.get(f"{name}_offset", 0), found.get(f"{name}_bytes", 0)
        if start and (start < HEADER.size or start + size > len(data)):
            faults[f"{name}_offset"] = f"no {size} bytes there"
    return faults | _palette_fault(found, data)


def _palette_fault(found: dict[str, int], data: bytes) -> dict[str, str]:
    start = found.get("palette_offset", 0)
    if not start or "palette_crc32" not in found:
        return {}
    crc = zlib.crc32(data[start : start + found["palette_bytes"]])
    return (
        {"palette_crc32": f"of the palette it is {crc:#010x}"}
        if crc != found["palette_crc32"]
        else {}
    )


_WORDS: dict[str, Callable[[int], str]] = {
    "magic": lambda value: repr(value.to_bytes(4, "big").decode("latin-1")),
    "crc32": lambda value: f"{value:#010x}",
    "scan": lambda value: f"{value}: {SCANS[value]}, {LAYOUTS[SCANS[value]].sentence}",
    "flags": lambda value: f"{value}: {joined(w for bit, w in _FLAGS if value & bit) or 'none'}",
    "holds": lambda value: _HOLDS[value],
    "grid": lambda value: f"{value}: {_GRIDS[value] or 'none'}",
    "transparent": lambda value: "none" if value == NONE else f"color {value}",
    "palette_crc32": lambda value: f"{value:#010x}",
}
"""How fields that are more than a number read."""


def _meanings(found: dict[str, int]) -> dict[str, str]:
    return {name: _meaning(name, value) for name, value in found.items()}


def _meaning(name: str, value: int) -> str:
    try:
        return _WORDS.get(name, str)(value)
    except (IndexError, KeyError):
        return str(value)
