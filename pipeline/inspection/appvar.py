"""TI AppVars: the header and entry of `emitters.appvar`, the palette and the sprite."""

from pipeline.emitters import appvar
from pipeline.emitters.appvar import (
    CHECKSUM,
    ENTRY,
    ENTRY_FIELDS,
    GRID,
    HEADER,
    HEADER_FIELDS,
    LUT_BYTES,
    MAGIC,
)
from pipeline.inspection import Inspection, Part, fields, numbers, section
from pipeline.inspection import pixels as shown
from pipeline.inspection.foreign import about
from pipeline.layout import Layout

KIND = "TI AppVar"
_TEXTS = ("magic", "comment", "name")


def is_theirs(data: bytes) -> bool:
    """It begins as files for these calculators do."""
    return data.startswith(MAGIC)


def inspect(data: bytes, *, every: bool) -> Inspection:
    """Header, entry, palette and rows; also of a file that is damaged."""
    parts = fields(HEADER, HEADER_FIELDS, _words(data, 0), {})
    parts += fields(ENTRY, ENTRY_FIELDS, _words(data, HEADER.size), {}, HEADER.size)
    try:
        indexed = appvar.read(data)
    except ValueError as error:
        return Inspection(KIND, {}, (section("file", data, parts, "data"),), (str(error),))
    at = HEADER.size + ENTRY.size
    parts.append(Part(at, at + LUT_BYTES, "offsets", "of palette and sprite"))
    words = [shown.grid_word(int(code), GRID) for code in indexed.palette.codes]
    parts += shown.entries(at + LUT_BYTES, 2, words, every=every)
    at += LUT_BYTES + 2 * len(words)
    size = indexed.width, indexed.height
    parts += [Part(at, at + 1, "width", str(size[0])), Part(at + 1, at + 2, "height", str(size[1]))]
    end = len(data) - CHECKSUM.size
    parts += shown.pixels(data[at + 2 : end], at + 2, Layout(bits=8), size, every=every)
    parts.append(Part(end, len(data), "checksum", f"{CHECKSUM.unpack_from(data, end)[0]:#06x}"))
    return Inspection(KIND, about(indexed), (section("file", data, parts),))


def _words(data: bytes, at: int) -> dict[str, str]:
    """The fields of the table that begins at an offset."""
    form, names = (HEADER, HEADER_FIELDS) if at == 0 else (ENTRY, ENTRY_FIELDS)
    found = numbers(form, names, data, at)
    return {name: _text(value) if name in _TEXTS else str(value) for name, value in found.items()}


def _text(value: int) -> str:
    raw = value.to_bytes(-(-value.bit_length() // 8), "big").rstrip(b"\0")
    return repr(raw.decode("latin-1"))
