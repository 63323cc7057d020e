"""EVE: data that their header explains, a palette and pixels, perhaps in a zlib stream."""

import zlib

from pipeline import layouts
from pipeline.emitters import eve
from pipeline.emitters.describe import Description, from_marked
from pipeline.inspection import Inspection, Part, Section, section
from pipeline.inspection import pixels as shown
from pipeline.inspection.foreign import about
from pipeline.layout import MAX_INDEXED

KIND = "EVE bitmap"
_ENTRY = 4  # bytes of a palette's widest entry


def inspect(data: bytes, header: bytes, *, deflated: bool, every: bool) -> Inspection:
    """Palette and pixels; also of data that are damaged.

    Args:
        data: NAME.eve.bin or NAME.eve.zlib.
        header: NAME.eve.h.
        deflated: The data are a zlib stream.
        every: Tell all rows.
    """
    kind = f"{KIND}, a zlib stream" if deflated else KIND
    try:
        description, _ = from_marked(header.decode("latin-1"))
        indexed = eve.read(header, data, deflated=deflated)
    except ValueError as error:
        return Inspection(kind, {}, (section("file", data, [], "data"),), (str(error),))
    facts = {**about(indexed), **shown.about(description)}
    if not deflated:
        return Inspection(
            kind, facts, (section("file", data, body(data, description, every=every)),)
        )
    inside = _inflated(data, description)
    stream = Part(0, len(data), "stream", f"{len(inside):,} bytes; see below")
    more = section("inflated", inside, body(inside, description, every=every))
    return Inspection(kind, facts, (section("file", data, [stream]), more))


def _inflated(data: bytes, description: Description) -> bytes:
    """What `eve.read` has passed, so it is not large."""
    most = layouts.size(description.layout, description.width, description.height)
    return zlib.decompressobj().decompress(data, most + MAX_INDEXED * _ENTRY + 1)


def body(data: bytes, description: Description, *, every: bool) -> list[Part]:
    """The palette, as long as what is before the pixels, and the rows."""
    size = description.width, description.height
    start = len(data) - layouts.size(description.layout, *size)
    rows = shown.pixels(data[start:], start, description.layout, size, every=every)
    words = "RGB565, ARGB4 or ARGB8, as NAME_EVE_FORMAT says, filled up to 4 bytes"
    return [Part(0, start, "palette", words), *rows] if start else rows


def array(data: bytes, description: Description, *, every: bool) -> Section:
    """The same for the array of a header."""
    return section("array eve", data, body(data, description, every=every))
