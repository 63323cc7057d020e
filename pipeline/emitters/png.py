"""PNG: the picture or its palette as an image file, and its reader.

The bytes are the same on every machine: no chunk but those that hold the picture, no row
filter, and a compressor of our own. Format: PNG (ISO/IEC 15948), sections 5 and 11.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

from pipeline import layouts
from pipeline.chunks import INDEXED, TRUECOLOR, Header, file_of, parts_of
from pipeline.emitters import Picture
from pipeline.emitters.deflate import MAX_RATIO, compress
from pipeline.layout import INDEXED_BITS, MAX_INDEXED, Layout, indexed_layout
from pipeline.palette import MAX_COLORS, Indexed, Palette

SWATCH = 16
"""Pixels on a side of a palette entry's square."""

PER_ROW = 16


def encode(indexed: Indexed) -> bytes:
    """A PNG file in the colors that the panel shows: indexed, or truecolor above 256 colors."""
    if len(indexed.palette) > MAX_INDEXED:
        return _truecolor(indexed)
    return _indexed(indexed.indices, indexed.palette)


def truecolor(srgb: NDArray[np.uint8]) -> bytes:
    """A PNG file of any picture, uint8 (h, w, 3) sRGB."""
    return _rgb(srgb, [])


def picture(made: Picture) -> tuple[bytes]:
    """NAME.png: what the panel shows."""
    return (encode(made.indexed),)


def swatches(made: Picture) -> tuple[bytes]:
    """Squares in palette order; the last reaches to the end of its row."""
    palette = made.indexed.palette
    count = len(palette)
    if count > MAX_INDEXED:
        raise ValueError(f"{count} colors are too many for a palette image, which has 256 at most")
    columns = min(count, PER_ROW)
    cells = np.minimum(np.arange(-(-count // columns) * columns), count - 1).reshape(-1, columns)
    return (_indexed(cells.repeat(SWATCH, 0).repeat(SWATCH, 1).astype(np.uint16), palette),)


def _indexed(indices: NDArray[np.uint16], palette: Palette) -> bytes:
    layout = indexed_layout(len(palette))
    height, width = indices.shape
    rows = np.frombuffer(layouts.pack(indices.astype(np.uint32), layout), np.uint8)
    chunks = [(b"PLTE", palette.seen.tobytes())]
    if palette.transparent is not None:
        chunks.append((b"tRNS", b"\xff" * palette.transparent + b"\x00"))
    header = Header(width, height, layout.bits, INDEXED)
    return file_of(header, chunks, _packed(rows.reshape(height, -1), 1))


def _truecolor(indexed: Indexed) -> bytes:
    palette, chunks = indexed.palette, []
    if palette.transparent is not None:
        color = palette.seen[palette.transparent]
        chunks.append((b"tRNS", color.astype(">u2").tobytes()))
    return _rgb(indexed.seen, chunks)


def _rgb(srgb: NDArray[np.uint8], chunks: list[tuple[bytes, bytes]]) -> bytes:
    height, width, _ = srgb.shape
    header = Header(width, height, 8, TRUECOLOR)
    return file_of(header, chunks, _packed(srgb.reshape(height, -1), 3))


def _packed(rows: NDArray[np.uint8], step: int) -> bytes:
    """Data of IDAT.

    Args:
        rows: uint8 (height, bytes of a row).
        step: Bytes of a pixel, at least 1.
    """
    filtered = np.pad(rows, ((0, 0), (1, 0)))  # each row starts with its filter: 0, none
    return compress(filtered.tobytes(), step)


def read(data: bytes) -> Indexed:
    """The picture in a PNG of this module; an entry's code is its index, `nominal` is `seen`.

    Of a truecolor file the palette is the colors that occur, ascending by red, green, blue.

    Raises:
        ValueError: The file is damaged, or is a PNG of a kind that bitplane does not write.
    """
    header, chunks = parts_of(data)
    if header.color == INDEXED and header.bits in INDEXED_BITS:
        return _read_indexed(header, chunks)
    if header.color == TRUECOLOR and header.bits == 8:
        return _read_truecolor(header, chunks)
    raise ValueError(f"{_FOREIGN} (color type {header.color}, {header.bits} bits)")


_FOREIGN = "the PNG is none that bitplane writes: open it with an image viewer"


def rows_of(header: Header, row_bytes: int, stream: bytes) -> bytes:
    """The rows without their filter bytes; nothing large is made that `stream` does not hold.

    Raises:
        ValueError: They are damaged, or filtered or interlaced.
    """
    size = header.height * (1 + row_bytes)
    if 0 in header[:2] or size > MAX_RATIO * len(stream):
        raise ValueError(f"a PNG of {header.width}x{header.height} is not in {len(stream)} bytes")
    try:
        raw = zlib.decompressobj().decompress(stream, size + 1)
    except zlib.error:
        raise ValueError("the PNG's pixels are damaged") from None
    if len(raw) != size:
        raise ValueError(f"the PNG has {len(raw)} bytes of pixels, and should have {size}")
    rows = np.frombuffer(raw, np.uint8).reshape(header.height, -1)
    if rows[:, 0].any() or header[4:] != (0, 0, 0):
        raise ValueError(f"{_FOREIGN} (filtered or interlaced)")
    return rows[:, 1:].tobytes()


def _read_indexed(header: Header, chunks: dict[bytes, bytes]) -> Indexed:
    colors = chunks.get(b"PLTE", b"")
    if len(colors) % 3 or not 3 <= len(colors) <= 3 * MAX_INDEXED:
        raise ValueError(f"the PNG's palette cannot be {len(colors)} bytes")
    seen = np.frombuffer(colors, np.uint8).reshape(-1, 3)
    clear = chunks.get(b"tRNS", b"").find(0)
    codes = np.arange(len(seen), dtype=np.uint32)
    palette = Palette(seen, seen, codes, None if clear < 0 else clear)
    layout = Layout(bits=header.bits)
    row_bytes = layouts.size(layout, header.width, 1)
    packed = rows_of(header, row_bytes, chunks[b"IDAT"])
    values = layouts.unpack(packed, layout, header.width, header.height)
    return Indexed(values.astype(np.uint16), palette)


def _read_truecolor(header: Header, chunks: dict[bytes, bytes]) -> Indexed:
    raw = rows_of(header, 3 * header.width, chunks[b"IDAT"])
    pixels = np.frombuffer(raw, np.uint8).reshape(-1, 3).astype(np.uint32)
    weights = np.array([1 << 16, 1 << 8, 1], np.uint32)
    colors, indices = np.unique(pixels @ weights, return_inverse=True)
    if len(colors) > MAX_COLORS:
        raise ValueError(f"{_FOREIGN} (it has {len(colors)} colors)")
    seen = (colors[:, np.newaxis] // weights % 256).astype(np.uint8)
    codes = np.arange(len(colors), dtype=np.uint32)
    clear = np.frombuffer(chunks.get(b"tRNS", b""), ">u2")
    found = (seen == clear).all(-1) if len(clear) == 3 else np.zeros(len(seen), bool)
    palette = Palette(seen, seen, codes, int(found.argmax()) if found.any() else None)
    return Indexed(indices.reshape(header.height, -1).astype(np.uint16), palette)
