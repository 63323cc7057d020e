"""Packs: the header and index of `bundles.pack`, and the payloads of each picture."""

from collections.abc import Iterator

from pipeline.bundles import pack
from pipeline.bundles.pack import ENTRY, FOUND, HEADER, MAGIC, Head, Packed
from pipeline.emitters import binary
from pipeline.emitters.binary import Fields
from pipeline.inspection import FOLD, Inspection, Part, fields, numbers, section

KIND = "pack of pictures"
MOST_PIXELS = 1 << 26
"""That are unpacked to see whether they can be: a pack may name one large picture many times."""

NAMES = ("magic", "version", "header_bytes", "crc32", *Head._fields)


def is_theirs(data: bytes) -> bool:
    """It begins as packs do."""
    return data.startswith(MAGIC)


def inspect(data: bytes, *, every: bool) -> Inspection:
    """Header, index and payloads; also of a pack that is damaged."""
    found = numbers(HEADER, NAMES, data)
    words = {name: str(value) for name, value in found.items()} | {"magic": "'BPPK'"}
    if "crc32" in found:
        words["crc32"] = f"{found['crc32']:#010x}"
    wrong = found.get("file_bytes", len(data)) != len(data)
    faults = {"file_bytes": f"the file is {len(data)} bytes"} if wrong else {}
    parts = fields(HEADER, NAMES, words, faults)
    try:
        assets = pack.contents(data)
    except ValueError as error:
        return Inspection(KIND, {}, (section("file", data, parts),), (str(error),))
    told = assets if every or len(assets) <= FOLD + 1 else assets[:FOLD]
    parts += _index(data, found, told, len(assets))
    parts += _all_payloads(data, assets)
    facts = {"pictures": str(len(assets))}
    return Inspection(KIND, facts, (section("file", data, parts),))


def _index(
    data: bytes, found: dict[str, int], told: tuple[Packed, ...], count: int
) -> Iterator[Part]:
    """The table for finding names, the entries and the names."""
    at, table = found["entries_offset"], found["lookup_offset"]
    end = table + count * FOUND.size
    yield Part(table, end, "lookup", f"CRC-32 of each name and its number, {count} of them")
    for number, one in enumerate(told):
        start = at + number * ENTRY.size
        yield Part(start, start + ENTRY.size, f"entry {number}", _words(one))
        offset = one.entry.name_offset
        yield Part(offset, data.find(b"\0", offset) + 1, f"name {number}", one.name)
    if len(told) < count:
        rest = at + len(told) * ENTRY.size, at + count * ENTRY.size
        yield Part(*rest, f"entries {len(told)} to {count - 1}")
        yield Part(found["names_offset"], found["index_bytes"], "names")


def _words(one: Packed) -> str:
    entry = one.entry
    try:
        own = {name: value for name, value in entry._asdict().items() if name in Fields._fields}
        layout = binary.described(Fields(file_bytes=0, **own)).layout.describe()
    except ValueError:
        layout = "of a kind that this bitplane lacks"
    return f"{entry.width}x{entry.height}, {layout}, {entry.colors} colors"


def _all_payloads(data: bytes, assets: tuple[Packed, ...]) -> Iterator[Part]:
    """The payloads of all; pictures are tried while there are not too many pixels in them."""
    left = MOST_PIXELS
    for one in assets:
        left -= one.entry.width * one.entry.height
        yield from _payloads(data, one, tried=left >= 0)


def _payloads(data: bytes, one: Packed, *, tried: bool) -> Iterator[Part]:
    """Palette and pixels; what several pictures share is told with the first."""
    entry = one.entry
    if entry.palette_offset:
        start = entry.palette_offset
        yield Part(start, start + entry.palette_bytes, "palette", f"of {one.name}")
    if entry.pixels_offset:
        start = entry.pixels_offset
        codec = f", compressed from {entry.plain_bytes:,} bytes" * (entry.codec > 0)
        words = f"of {one.name}{codec}" + ("" if tried else "; not tried: too many before it")
        fault = _fault(data, one) if tried else ""
        yield Part(start, start + entry.pixels_bytes, "pixels", words, fault)


def _fault(data: bytes, one: Packed) -> str:
    """What keeps a picture from being read."""
    try:
        binary.read(pack.extract(data, one.entry))
    except ValueError as error:
        return str(error)
    return ""
