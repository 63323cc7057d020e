"""BMP: the picture as CircuitPython and other small readers take it, and its reader.

Format: BITMAPFILEHEADER and BITMAPINFOHEADER of Windows, no compression, rows from bottom to top
and padded to 4 bytes. CircuitPython reads neither rows from the top nor a palette of one entry, and
`OnDiskBitmap` no file of less than 138 bytes (`shared-module/displayio/OnDiskBitmap.c`), so small
pictures end in zero bytes.
"""

import struct
from typing import NamedTuple

import numpy as np

from pipeline import layouts
from pipeline.emitters import Picture
from pipeline.emitters.describe import check_size
from pipeline.layout import MAX_INDEXED, Layout
from pipeline.palette import Indexed, Palette

MAGIC = b"BM"
FILE = struct.Struct("<2sIHHI")
INFO = struct.Struct("<IiiHHIIiiII")
BITS = (1, 4, 8)
ENTRY_BYTES = 4
_MIN_COLORS = 2
_MIN_BYTES = 138
_PIXELS_PER_METER = 2835
"""72 a inch, as most programs write."""


class FileHeader(NamedTuple):
    """What `FILE` holds."""

    magic: bytes
    file_bytes: int
    reserved_1: int
    reserved_2: int
    pixels_offset: int


class InfoHeader(NamedTuple):
    """What `INFO` holds."""

    header_bytes: int
    width: int
    height: int
    planes: int
    bits: int
    compression: int
    pixels_bytes: int
    x_per_meter: int
    y_per_meter: int
    colors: int
    important: int


def indexed(picture: Picture) -> tuple[bytes]:
    """NAME.bmp in nominal colors.

    Raises:
        ValueError: The palette has over 256 colors.
    """
    palette = picture.indexed.palette
    count = len(palette)
    if count > MAX_INDEXED:
        raise ValueError(
            f"{count} colors do not fit an indexed BMP; choose a `palette` of {MAX_INDEXED} at most"
        )
    layout = row_layout(next(bits for bits in BITS if count <= 1 << bits))
    pixels = layouts.pack(picture.indexed.indices[::-1].astype(np.uint32), layout)
    entries = np.zeros((max(count, _MIN_COLORS), ENTRY_BYTES), np.uint8)
    entries[:count, :3] = palette.nominal[:, ::-1]
    start = FILE.size + INFO.size + entries.size
    info = InfoHeader(
        header_bytes=INFO.size,
        width=picture.indexed.width,
        height=picture.indexed.height,
        planes=1,
        bits=layout.bits,
        compression=0,
        pixels_bytes=len(pixels),
        x_per_meter=_PIXELS_PER_METER,
        y_per_meter=_PIXELS_PER_METER,
        colors=len(entries),
        important=0,
    )
    rest = bytes(max(0, _MIN_BYTES - start - len(pixels)))
    header = FileHeader(MAGIC, start + len(pixels) + len(rest), 0, 0, start)
    return (FILE.pack(*header) + INFO.pack(*info) + entries.tobytes() + pixels + rest,)


def row_layout(bits: int) -> Layout:
    """How the rows are packed, which stand from bottom to top."""
    return Layout(bits=bits, align=4)


def read(data: bytes) -> Indexed:
    """The picture in a file of `indexed`; an entry's code is its index, `seen` is `nominal`.

    Raises:
        ValueError: The file is damaged, or is a BMP of a kind that bitplane does not write.
    """
    table = FILE.size + INFO.size
    if len(data) < table:
        raise ValueError("the BMP ends too early")
    header = FileHeader(*FILE.unpack_from(data))
    info = InfoHeader(*INFO.unpack_from(data, FILE.size))
    colors, start = info.colors, header.pixels_offset
    if info.header_bytes != INFO.size or info.bits not in BITS or info.compression:
        raise ValueError(_FOREIGN)
    if not _MIN_COLORS <= colors <= 1 << info.bits:
        raise ValueError(_FOREIGN)
    check_size(info.width, info.height)
    if header.file_bytes != len(data) or start != table + colors * ENTRY_BYTES:
        raise ValueError(f"the BMP is {len(data)} bytes, and should be {header.file_bytes}")
    if len(data) > max(_MIN_BYTES, start + info.pixels_bytes):
        raise ValueError(f"the BMP's pixels are {info.pixels_bytes} bytes of {len(data) - start}")
    pixels = data[start : start + info.pixels_bytes]
    values = layouts.unpack(pixels, row_layout(info.bits), info.width, info.height)[::-1]
    entries = np.frombuffer(data[table:start], np.uint8).reshape(-1, ENTRY_BYTES)
    nominal = entries[:, 2::-1]
    palette = Palette(nominal, nominal, np.arange(colors, dtype=np.uint32))
    return Indexed(values.astype(np.uint16), palette)


_FOREIGN = "the BMP is none that bitplane writes: open it with an image viewer"
