"""Raster: pictures of the preview as PNG, and back.

Unlike the PNG that a build emits these are no result: zlib may make other bytes elsewhere.
Format: PNG (ISO/IEC 15948), sections 5 and 11.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

from pipeline import layouts
from pipeline.chunks import INDEXED, TRUECOLOR, Header, file_of, parts_of
from pipeline.layout import MAX_INDEXED, Layout, indexed_layout

Bytes = NDArray[np.uint8]

MAX_SIDE = 65535
MAX_PIXELS = 1 << 28
_LEVEL = 1
"""A tenth larger than the usual 6, and made in a fraction of the time: a page shows edits live."""


def encode(srgb: Bytes) -> bytes:
    """A PNG of a picture: indexed where it has at most 256 colors, else truecolor.

    Args:
        srgb: uint8 (h, w, 3).
    """
    height, width = srgb.shape[:2]
    wide = srgb.astype(np.uint32)
    keys = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    colors, places = np.unique(keys, return_inverse=True)
    if len(colors) > MAX_INDEXED:
        rows = _differences(srgb.reshape(height, -1))
        return file_of(Header(width, height, 8, TRUECOLOR), [], _deflated(rows))
    layout = indexed_layout(len(colors))
    values = places.reshape(height, width).astype(np.uint32)
    rows = np.frombuffer(layouts.pack(values, layout), np.uint8).reshape(height, -1)
    table = (colors[:, np.newaxis] >> np.array([16, 8, 0], np.uint32)).astype(np.uint8)
    header = Header(width, height, layout.bits, INDEXED)
    chunks = [(b"PLTE", table.tobytes())]
    return file_of(header, chunks, _deflated(np.pad(rows, ((0, 0), (1, 0)))))


def _differences(rows: Bytes) -> Bytes:
    """Each row as its difference to the one above, behind the byte that says so (filter 2)."""
    above = np.vstack([np.zeros_like(rows[:1]), rows[:-1]])
    return np.pad(rows - above, ((0, 0), (1, 0)), constant_values=2)


def _deflated(rows: Bytes) -> bytes:
    return zlib.compress(rows.tobytes(), _LEVEL)


def decode(data: bytes) -> Bytes:
    """The picture in a PNG of this module, uint8 (h, w, 3).

    Raises:
        ValueError: It is damaged, or no PNG of this module.
    """
    header, chunks = parts_of(data)
    if not (1 <= header.width <= MAX_SIDE and 1 <= header.height <= MAX_SIDE):
        raise ValueError("the PNG's size is impossible")
    if header.width * header.height > MAX_PIXELS or header[4:] != (0, 0, 0):
        raise ValueError("the PNG is none of a preview")
    if header.color == TRUECOLOR and header.bits == 8:
        rows = _rows(header, 3 * header.width, chunks[b"IDAT"], 2)
        return np.cumsum(rows, axis=0, dtype=np.uint8).reshape(header.height, header.width, 3)
    if header.color == INDEXED and header.bits in (1, 2, 4, 8):
        return _colors(header, chunks)
    raise ValueError("the PNG is none of a preview")


def _colors(header: Header, chunks: dict[bytes, bytes]) -> Bytes:
    table = np.frombuffer(chunks.get(b"PLTE", b"")[: 3 * MAX_INDEXED], np.uint8)
    layout = Layout(bits=header.bits)
    rows = _rows(header, layouts.size(layout, header.width, 1), chunks[b"IDAT"], 0)
    values = layouts.unpack(rows.tobytes(), layout, header.width, header.height)
    if int(values.max()) >= len(table) // 3:
        raise ValueError("the PNG is damaged")
    return table[: len(table) // 3 * 3].reshape(-1, 3)[values]


def _rows(header: Header, row_bytes: int, stream: bytes, kind: int) -> Bytes:
    """The rows behind their filter bytes, all of which are `kind`."""
    size = header.height * (1 + row_bytes)
    try:
        raw = zlib.decompressobj().decompress(stream, size + 1)
    except zlib.error:
        raise ValueError("the PNG is damaged") from None
    if len(raw) != size:
        raise ValueError("the PNG is damaged")
    rows = np.frombuffer(raw, np.uint8).reshape(header.height, -1)
    if (rows[:, 0] != kind).any():
        raise ValueError("the PNG is none of a preview")
    return rows[:, 1:]
