"""Packs: one binary file of many pictures, with an index; writer and reader.

`docs/pack.md` describes the format, and `share/runtime/bitplane_pack.h` reads it in C.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.bundles import Bundle, Object
from pipeline.bundles.numbers import header
from pipeline.emitters import binary
from pipeline.emitters.binary import Compression, Fields, Header

MAGIC = b"BPPK"
VERSION = 1
HEADER = struct.Struct("<4s2H3I2H4I")
CHECKED_FROM = 12
"""The CRC-32 in the header covers the file from this byte to the end of the index."""

ENTRY = struct.Struct("<I2BH2I2BH4B10I")
FOUND = struct.Struct("<2I")
"""The CRC-32 of a name, and the number of the asset."""

MAX_BYTES = 0xFFFFFFFF


class Head(NamedTuple):
    """The header from `CHECKED_FROM` on, in file order."""

    file_bytes: int
    assets: int
    entry_bytes: int
    align: int
    lookup_offset: int
    entries_offset: int
    names_offset: int
    index_bytes: int


class Entry(NamedTuple):
    """One asset, in file order."""

    name_offset: int
    codec: int
    unit: int
    window: int
    width: int
    height: int
    scan: int
    bits: int
    align: int
    flags: int
    holds: int
    grid: int
    entry_bytes: int
    colors: int
    transparent: int
    stride: int
    palette_offset: int
    palette_bytes: int
    palette_crc32: int
    pixels_offset: int
    pixels_bytes: int
    pixels_crc32: int
    plain_bytes: int


def write(bundle: Bundle) -> tuple[bytes, bytes]:
    """NAME.pack and NAME.pack.h.

    Raises:
        ValueError: A member is no binary of ours, or the pack would be over 4 GiB.
    """
    words = f"{bundle.symbol}.pack for {bundle.target}: the numbers of its pictures."
    return _pack(bundle), header(bundle, "pack", [words], [])


def _pack(bundle: Bundle) -> bytes:
    names = [_encoded(each.name) for each in bundle.objects]
    head = _laid_out(names, bundle.align)
    payloads = _Payloads(head.index_bytes, bundle.align)
    entries = []
    at = head.names_offset
    for name, each in zip(names, bundle.objects, strict=True):
        entries.append(ENTRY.pack(*_entry(each, at, payloads)))
        at += len(name) + 1
    if payloads.end > MAX_BYTES:
        raise ValueError(f"it would have {payloads.end:,} bytes, and a pack is 4 GiB at most")
    index = b"".join([_lookup(names), *entries, *(name + b"\0" for name in names)])
    head = head._replace(file_bytes=payloads.end)
    checked = HEADER.pack(MAGIC, VERSION, HEADER.size, 0, *head)[CHECKED_FROM:] + index
    start = HEADER.pack(MAGIC, VERSION, HEADER.size, zlib.crc32(checked), *head)[:CHECKED_FROM]
    return b"".join([start, checked, *payloads.parts])


def _laid_out(names: list[bytes], align: int) -> Head:
    """Where the parts of an index lie."""
    entries_offset = HEADER.size + FOUND.size * len(names)
    names_offset = entries_offset + ENTRY.size * len(names)
    return Head(
        file_bytes=0,
        assets=len(names),
        entry_bytes=ENTRY.size,
        align=align,
        lookup_offset=HEADER.size,
        entries_offset=entries_offset,
        names_offset=names_offset,
        index_bytes=names_offset + sum(len(name) + 1 for name in names),
    )


def _lookup(names: list[bytes]) -> bytes:
    """The table in which names are found: their checksums, ascending, and their numbers."""
    found = sorted((zlib.crc32(name), name, place) for place, name in enumerate(names))
    return b"".join(FOUND.pack(crc32, place) for crc32, _, place in found)


def _encoded(name: str) -> bytes:
    """A name as the file has it; one that is not UTF-8 keeps its bytes."""
    return name.encode("utf-8", "surrogateescape")


class _Payloads:
    """Palettes and pixels behind the index; equal ones stand once."""

    def __init__(self, start: int, align: int) -> None:
        self.end = start
        self.align = align
        self.places: dict[bytes, int] = {}
        self.parts: list[bytes] = []

    def place(self, data: bytes) -> int:
        """Where some bytes stand; 0 for none."""
        if not data:
            return 0
        if data not in self.places:
            gap = -self.end % self.align
            self.places[data] = self.end + gap
            self.parts += [bytes(gap), data]
            self.end += gap + len(data)
        return self.places[data]


def _entry(each: Object, name_offset: int, payloads: _Payloads) -> Entry:
    data = each.files[f"{each.symbol}.bin"]
    fields, compression = binary.header_of(data)
    palette = data[fields.palette_offset :][: fields.palette_bytes]
    pixels = data[fields.pixels_offset :][: fields.pixels_bytes]
    stored = compression or _uncompressed(len(pixels))
    known = {**fields._asdict(), **stored._asdict()}
    known |= {
        "name_offset": name_offset,
        "palette_offset": payloads.place(palette),
        "pixels_offset": payloads.place(pixels),
        "pixels_crc32": zlib.crc32(pixels),
    }
    return Entry(**{name: known[name] for name in Entry._fields})


def _uncompressed(size: int) -> Compression:
    return Compression(codec=0, unit=0, zero=0, window=0, plain_bytes=size)


class Packed(NamedTuple):
    """One picture of a pack: its name and its facts."""

    name: str
    entry: Entry


def contents(data: bytes) -> tuple[Packed, ...]:
    """What is in a pack, by number.

    Raises:
        ValueError: It is no pack, or its index is damaged.
    """
    head = _head(data)
    table = _within(data, head.entries_offset, head.assets * ENTRY.size)
    entries = [Entry(*numbers) for numbers in ENTRY.iter_unpack(table)]
    names = list(_names(data, head, entries))
    if _within(data, head.lookup_offset, head.assets * FOUND.size) != _lookup(names):
        raise ValueError("the pack's table of names is not that of its pictures")
    decoded = (name.decode("utf-8", "surrogateescape") for name in names)
    return tuple(map(Packed, decoded, entries))


def _head(data: bytes) -> Head:
    if len(data) < HEADER.size or not data.startswith(MAGIC):
        raise ValueError(f"not a pack: {len(data)} bytes, no header '{MAGIC.decode()}'")
    _, version, header_bytes, crc32, *numbers = HEADER.unpack_from(data)
    head = Head(*numbers)
    if (version, header_bytes, head.entry_bytes) != (VERSION, HEADER.size, ENTRY.size):
        raise ValueError(f"version {version} of packs is not one this bitplane reads")
    if head.file_bytes != len(data):
        raise ValueError(f"the pack is {len(data)} bytes, and should be {head.file_bytes}")
    if zlib.crc32(_within(data, 0, head.index_bytes)[CHECKED_FROM:]) != crc32:
        raise ValueError("the checksum of the pack's index is wrong: it is damaged")
    return head


def _names(data: bytes, head: Head, entries: list[Entry]) -> Iterator[bytes]:
    """The names of entries; names that shared bytes could be longer than the memory."""
    room = head.index_bytes - head.names_offset
    for entry in entries:
        name = _name(data, head, entry.name_offset)
        room -= len(name) + 1
        if room < 0:
            raise ValueError("names of the pack share bytes")
        yield name


def _name(data: bytes, head: Head, offset: int) -> bytes:
    end = data.find(b"\0", offset, head.index_bytes)
    if offset < head.names_offset or end < 0:
        raise ValueError(f"the pack has no name at {offset}")
    return data[offset:end]


def extract(data: bytes, entry: Entry) -> bytes:
    """The file NAME.bin that an entry of a pack was made of.

    Raises:
        ValueError: The pack is damaged.
    """
    block = _within(data, entry.palette_offset, entry.palette_bytes)
    pixels = _within(data, entry.pixels_offset, entry.pixels_bytes)
    if zlib.crc32(pixels) != entry.pixels_crc32:
        raise ValueError("the checksum of the pixels is wrong: they are damaged")
    own = {name: value for name, value in entry._asdict().items() if name in Fields._fields}
    stored = Compression(entry.codec, entry.unit, 0, entry.window, entry.plain_bytes)
    header = Header(Fields(file_bytes=0, **own), stored if entry.codec else None)
    return binary.sealed(header, block, pixels)


def _within(data: bytes, offset: int, size: int) -> bytes:
    if offset + size > len(data):
        raise ValueError(f"the pack has no {size} bytes at {offset}")
    return data[offset : offset + size]
