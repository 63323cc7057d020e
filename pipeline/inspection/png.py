"""PNG: its chunks, the fields of IHDR, the palette, and the rows behind the compression."""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from pipeline import layouts
from pipeline.chunks import IHDR, INDEXED, SIGNATURE, Header
from pipeline.emitters import png
from pipeline.inspection import Inspection, Part, Section, fields, numbers, section
from pipeline.inspection import pixels as shown
from pipeline.inspection.foreign import about, entry_words
from pipeline.layout import Layout

KIND = "PNG"
_COLOR_TYPES = {0: "gray", 2: "red, green, blue", 3: "palette index", 4: "gray, alpha", 6: "RGBA"}
_NAMES = ("compression", "filtering", "interlace")
_DATA = {b"tRNS": "what is transparent", b"IDAT": "the rows, as a zlib stream"}
_ENDS = "the file ends before it does"


class _Chunk(NamedTuple):
    """One chunk as far as the file reaches: where it starts, its name, length and data."""

    at: int
    name: bytes
    length: int
    body: bytes
    whole: bool


def is_theirs(data: bytes) -> bool:
    """It begins as PNG files do."""
    return data.startswith(SIGNATURE)


def inspect(data: bytes, *, every: bool) -> Inspection:
    """Chunks and rows; also of a file that is damaged."""
    chunks = list(_chunks(data))
    parts = [Part(0, len(SIGNATURE), "signature", "PNG")]
    for chunk in chunks:
        parts += _parts(data, chunk, every=every)
    file = section("file", data, parts, "behind the end")
    try:
        indexed = png.read(data)
    except ValueError as error:
        return Inspection(KIND, {}, (file,), (str(error),))
    return Inspection(KIND, about(indexed), (file, _rows(chunks, every=every)))


def _chunks(data: bytes) -> Iterator[_Chunk]:
    at = len(SIGNATURE)
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 8 : at + 8 + length]
        end = at + 12 + length
        yield _Chunk(at, data[at + 4 : at + 8], length, body, end <= len(data))
        if end > len(data) or data[at + 4 : at + 8] == b"IEND":
            return
        at = end


def _parts(data: bytes, chunk: _Chunk, *, every: bool) -> list[Part]:
    at, size = chunk.at, len(chunk.body)
    name = ascii(chunk.name.decode("latin-1"))[1:-1]
    fault = "" if chunk.whole else _ENDS
    parts = [
        Part(at, at + 4, "length", f"{chunk.length} of {name}", fault),
        Part(at + 4, at + 8, "chunk", name),
        *_body(chunk, every=every),
    ]
    if chunk.whole:
        parts.append(Part(at + 8 + size, at + 12 + size, "crc32", *_crc(data, chunk)))
    return parts


def _crc(data: bytes, chunk: _Chunk) -> tuple[str, str]:
    end = chunk.at + 8 + chunk.length
    told = int.from_bytes(data[end : end + 4], "big")
    true = zlib.crc32(chunk.name + chunk.body)
    return f"{told:#010x}", "" if told == true else f"of name and data it is {true:#010x}"


def _body(chunk: _Chunk, *, every: bool) -> list[Part]:
    at, body = chunk.at + 8, chunk.body
    if chunk.name == b"IHDR" and len(body) == IHDR.size:
        return fields(IHDR, Header._fields, _words(body), {}, at)
    if chunk.name == b"PLTE" and len(body) % 3 == 0:
        words = [entry_words(body[i : i + 3]) for i in range(0, len(body), 3)]
        return shown.entries(at, 3, words, every=every)
    return [Part(at, at + len(body), "data", _DATA.get(chunk.name, ""))]


def _words(body: bytes) -> dict[str, str]:
    found = numbers(IHDR, Header._fields, body)
    words = {name: str(value) for name, value in found.items()}
    words["color"] = f"{found['color']}: {_COLOR_TYPES.get(found['color'], 'no such type')}"
    return words | {name: "0: none" for name in _NAMES[1:] if found[name] == 0}


def _rows(chunks: list[_Chunk], *, every: bool) -> Section:
    """The rows of a file that `png.read` has passed."""
    bodies = {chunk.name: chunk.body for chunk in chunks}
    header = Header(*IHDR.unpack(bodies[b"IHDR"]))
    layout = Layout(bits=header.bits if header.color == INDEXED else 24)
    size = header.width, header.height
    packed = png.rows_of(header, layouts.size(layout, header.width, 1), bodies[b"IDAT"])
    title = "rows, decompressed and without the filter byte that each starts with"
    return section(title, packed, shown.pixels(packed, 0, layout, size, every=every))
