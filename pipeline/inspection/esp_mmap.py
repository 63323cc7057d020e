"""Images of esp_mmap_assets: the header, the table and the files."""

from pipeline.bundles import esp_mmap
from pipeline.bundles.esp_mmap import FACTS, HEADER, MARK
from pipeline.inspection import FOLD, Inspection, Part, fields, numbers, section

KIND = "image of esp_mmap_assets"
NAMES = ("files", "checksum", "body_bytes")
_SUFFIX = ".mmap"


def is_theirs(name: str) -> bool:
    """By its suffix: nothing in it tells."""
    return name.endswith(_SUFFIX)


def inspect(data: bytes, *, every: bool) -> Inspection:
    """Header, table and files; also of an image that is damaged."""
    found = numbers(HEADER, NAMES, data)
    words = {name: str(value) for name, value in found.items()}
    parts = fields(HEADER, NAMES, words, {})
    try:
        length, files = esp_mmap.located(data)
    except ValueError as error:
        return Inspection(KIND, {}, (section("file", data, parts, "data"),), (str(error),))
    parts += _table(data, length, list(files), every=every)
    for name, (start, end) in files.items():
        parts.append(Part(start - len(MARK), start, "mark", "0x5a5a"))
        parts.append(Part(start, end, "file", name))
    return Inspection(KIND, {"files": str(len(files))}, (section("file", data, parts),))


def _table(data: bytes, length: int, names: list[str], *, every: bool) -> list[Part]:
    """An entry for each file: its name, size, place, width and height."""
    stride = length + FACTS.size
    told = len(names) if every or len(names) <= FOLD + 1 else FOLD
    parts = []
    for number, name in enumerate(names[:told]):
        at = HEADER.size + number * stride
        size, offset, width, height = FACTS.unpack_from(data, at + length)
        picture = f", {width}x{height}" if width else ""
        words = f"{name}: {size:,} bytes, {offset:,} behind the table{picture}"
        parts.append(Part(at, at + stride, f"entry {number}", words))
    if told < len(names):
        start, end = (HEADER.size + number * stride for number in (told, len(names)))
        parts.append(Part(start, end, f"entries {told} to {len(names) - 1}"))
    return parts
