"""BMP: the picture as CircuitPython and other small readers take it, and its reader.

Format: BITMAPFILEHEADER and BITMAPINFOHEADER of Windows, no compression, rows from bottom to top
and padded to 4 bytes. CircuitPython reads neither rows from the top nor a palette of one entry, and
`OnDiskBitmap` no file of less than 138 bytes (`shared-module/displayio/OnDiskBitmap.c`), so small
pictures end in zero bytes.
"""

import struct

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
    layout = _layout(next(bits for bits in BITS if count <= 1 << bits))
    pixels = layouts.pack(picture.indexed.indices[::-1].astype(np.uint32), layout)
    entries = np.zeros((max(count, _MIN_COLORS), ENTRY_BYTES), np.uint8)
    entries[:count, :3] = palette.nominal[:, ::-1]
    start = FILE.size + INFO.size + entries.size
    rest = bytes(max(0, _MIN_BYTES - start - len(pixels)))
    info = INFO.pack(
        *(INFO.size, picture.indexed.width, picture.indexed.height, 1, layout.bits, 0),
        *(len(pixels), _PIXELS_PER_METER, _PIXELS_PER_METER, len(entries), 0),
    )
    header = FILE.pack(MAGIC, start + len(pixels) + len(rest), 0, 0, start)
    return (header + info + entries.tobytes() + pixels + rest,)


def _layout(bits: int) -> Layout:
    return Layout(bits=bits, align=4)


def read(data: bytes) -> Indexed:
    """The picture in a file of `indexed`; an entry's code is its index, `seen` is `nominal`.

    Raises:
        ValueError: The file is damaged, or is a BMP of a kind that bitplane does not write.
    """
    table = FILE.size + INFO.size
    if len(data) < table:
        raise ValueError("the BMP ends too early")
    _, size, _, _, start = FILE.unpack_from(data)
    head, width, height, _, bits, compression, used, _, _, colors, _ = INFO.unpack_from(
        data, FILE.size
    )
    if head != INFO.size or bits not in BITS or compression or not 2 <= colors <= 1 << bits:
        raise ValueError("the BMP is none that bitplane writes: open it with an image viewer")
    check_size(width, height)
    if size != len(data) or start != table + colors * ENTRY_BYTES:
        raise ValueError(f"the BMP is {len(data)} bytes, and should be {size}")
    if len(data) > max(_MIN_BYTES, start + used):
        raise ValueError(f"the BMP's pixels are {used} bytes of {len(data) - start}")
    values = layouts.unpack(data[start : start + used], _layout(bits), width, height)[::-1]
    entries = np.frombuffer(data[table:start], np.uint8).reshape(-1, ENTRY_BYTES)
    nominal = entries[:, 2::-1]
    palette = Palette(nominal, nominal, np.arange(colors, dtype=np.uint32))
    return Indexed(values.astype(np.uint16), palette)
