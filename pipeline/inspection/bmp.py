"""BMP: the two headers of `emitters.bmp`, the palette and the rows, which stand bottom up."""

from pipeline.emitters import bmp
from pipeline.emitters.bmp import ENTRY_BYTES, FILE, INFO, FileHeader, InfoHeader
from pipeline.inspection import Inspection, Part, fields, numbers, section
from pipeline.inspection import pixels as shown
from pipeline.inspection.foreign import about, entry_words

KIND = "BMP"


def is_theirs(data: bytes) -> bool:
    """It begins as BMP files do."""
    return data.startswith(bmp.MAGIC)


def inspect(data: bytes, *, every: bool) -> Inspection:
    """Headers, palette and rows; also of a file that is damaged."""
    file = numbers(FILE, FileHeader._fields, data)
    info = numbers(INFO, InfoHeader._fields, data, FILE.size)
    parts = fields(FILE, FileHeader._fields, _words(file), _faults(file, data))
    parts += fields(INFO, InfoHeader._fields, _words(info), {}, FILE.size)
    try:
        indexed = bmp.read(data)
    except ValueError as error:
        return Inspection(KIND, {}, (section("file", data, parts),), (str(error),))
    start, head = file["pixels_offset"], FILE.size + INFO.size
    table = data[head:start]
    words = [entry_words(table[at : at + 3][::-1]) for at in range(0, len(table), ENTRY_BYTES)]
    parts += shown.entries(head, ENTRY_BYTES, words, every=every)
    rows = shown.pixels(
        data[start : start + info["pixels_bytes"]],
        start,
        bmp.row_layout(info["bits"]),
        (indexed.width, indexed.height),
        every=every,
    )
    parts += [_turned(part, indexed.height) for part in rows]
    return Inspection(KIND, about(indexed), (section("file", data, parts),))


def _turned(part: Part, height: int) -> Part:
    """A row named by where it is in the picture: the first in the file is the lowest."""
    noun, _, number = part.field.partition(" ")
    return part if noun != "row" else part._replace(field=f"row {height - 1 - int(number)}")


def _faults(file: dict[str, int], data: bytes) -> dict[str, str]:
    wrong = file.get("file_bytes", len(data)) != len(data)
    return {"file_bytes": f"the file is {len(data)} bytes"} if wrong else {}


def _words(found: dict[str, int]) -> dict[str, str]:
    words = {name: str(value) for name, value in found.items()}
    if "magic" in found:
        words["magic"] = "'BM'"
    if "compression" in found:
        words["compression"] = "0: none" if found["compression"] == 0 else words["compression"]
    if "height" in found:
        words["height"] += ", from bottom to top" if found["height"] > 0 else ", from the top"
    return words
