"""LVGL 9 image files: the header of `emitters.lvgl`, the palette and the rows."""

from pipeline import layouts
from pipeline.emitters import lvgl, lvgl_stream
from pipeline.emitters.lvgl import ENTRY_BYTES, HEADER, NAMES, Header, Image
from pipeline.emitters.lvgl_stream import HEAD
from pipeline.inspection import Inspection, Part, Section, fields, numbers, section
from pipeline.inspection import pixels as shown
from pipeline.inspection.foreign import about, entry_words

KIND = "LVGL 9 image"


def is_theirs(data: bytes) -> bool:
    """It begins as LVGL 9's images do."""
    return lvgl.is_file(data)


def inspect(data: bytes, *, every: bool) -> Inspection:
    """Header, palette and rows; also of a file that is damaged."""
    found = numbers(HEADER, Header._fields, data)
    words = {name: str(value) for name, value in found.items()}
    words |= {"magic": f"{found['magic']:#04x}", "flags": f"{found['flags']:#06x}"}
    words["format"] = f"{found['format']}: {NAMES[found['format']]}"
    faults = {"flags": "of another kind"} if found["flags"] & ~lvgl_stream.FLAG else {}
    parts = fields(HEADER, Header._fields, words, faults)
    try:
        image, indexed = lvgl.file_image(data), lvgl.read(data)
    except ValueError as error:
        return Inspection(KIND, {}, (section("file", data, parts),), (str(error),))
    facts = {"format": image.format, **about(indexed)}
    if not image.stream:
        parts += body(image, HEADER.size, every=every)
        return Inspection(KIND, facts, (section("file", data, parts),))
    parts += compressed(image.stream, HEADER.size)
    return Inspection(KIND, facts, (section("file", data, parts), unpacked(image, every=every)))


def compressed(stream: bytes, at: int) -> list[Part]:
    """The head of compressed data and the stream behind it."""
    found = numbers(HEAD, lvgl_stream.FIELDS, stream)
    words = {name: str(value) for name, value in found.items()}
    names = {number: name for name, number in lvgl_stream.METHODS.items()}
    words["method"] = f"{found['method']}: {names[found['method']]}"
    parts = fields(HEAD, lvgl_stream.FIELDS, words, {}, at)
    return [*parts, Part(at + HEAD.size, at + len(stream), "stream", "palette and rows")]


def unpacked(image: Image, *, every: bool) -> Section:
    """What the stream of an image becomes."""
    return section("unpacked", image.data, body(image, 0, every=every))


def body(image: Image, at: int, *, every: bool, swapped: bool = False) -> list[Part]:
    """Palette and rows of an image that `lvgl.restore` has passed.

    Args:
        image: The image.
        at: Where its bytes start.
        every: Tell all entries and rows.
        swapped: Words have their high byte first.
    """
    layout = lvgl.layout_of(image.format)
    layout = layout._replace(byte_order="big") if swapped else layout
    table = ENTRY_BYTES << layout.bits if image.format.startswith("I") else 0
    words = [
        entry_words(image.data[i : i + 3][::-1], image.data[i + 3])
        for i in range(0, table, ENTRY_BYTES)
    ]
    parts = shown.entries(at, ENTRY_BYTES, words, every=every)
    padded = layout._replace(align=max(1, image.stride))
    if layouts.size(padded, image.width, 1) != image.stride:
        return parts
    rows = image.data[table:]
    size = image.width, image.height
    return [*parts, *shown.pixels(rows, at + table, padded, size, every=every)]
