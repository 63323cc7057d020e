"""LVGL 8 image files: the word that is their header, the palette and the rows."""

from pipeline.emitters import lvgl8
from pipeline.emitters.lvgl8 import HEADER
from pipeline.inspection import Inspection, Part, section
from pipeline.inspection.foreign import about
from pipeline.inspection.lvgl import body

KIND = "LVGL 8 image"


def is_theirs(data: bytes) -> bool:
    """It could be one: its header has no magic number, so all of it has to fit."""
    return lvgl8.is_file(data)


def inspect(data: bytes, *, every: bool, swapped: bool = False) -> Inspection:
    """Header, palette and rows; also of a file that is damaged.

    Args:
        data: The file.
        every: Tell all entries and rows.
        swapped: It is one whose words have their high byte first.
    """
    try:
        image = lvgl8.file_image(data, swapped=swapped)
        indexed = lvgl8.read(data, swapped=swapped)
    except ValueError as error:
        return Inspection(KIND, {}, (section("file", data, [], "data"),), (str(error),))
    size = f"{image.width}x{image.height}"
    header = Part(0, HEADER.size, "header", f"{image.format}, {size}: bits 0, 10 and 21 up")
    stored = image._replace(data=data[HEADER.size :])
    parts = [header, *body(stored, HEADER.size, every=every, swapped=swapped)]
    facts = {"format": image.format, **about(indexed)}
    return Inspection(KIND, facts, (section("file", data, parts),))
