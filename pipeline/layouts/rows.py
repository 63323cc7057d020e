"""Rows: pixels of a row side by side, rows from top to bottom; the line packing others share.

A line is packed in groups: the fewest pixels that fill whole bytes. 1, 2, 4 and 8 bits make
groups of one byte, 12 bits two pixels in three bytes, wider pixels are a group each. A group
is one number; `first` (or `byte_order`, for pixels of whole bytes) says whether its first
pixel is the highest and its bytes go out from the highest, or both from the lowest.
"""

from math import lcm
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.image import Scalar
from pipeline.layout import SCAN_BITS, Layout, aligned, line_bytes, line_stride
from pipeline.layouts import Packer, Values

Bytes = NDArray[np.uint8]


def require_bits(layout: Layout) -> None:
    """Refuse bits per pixel that the scan cannot hold.

    Raises:
        ValueError: With the bits that are possible.
    """
    possible = SCAN_BITS[layout.scan]
    if layout.bits not in possible:
        text = ", ".join(map(str, possible))
        raise ValueError(f"`{layout.scan}` cannot hold {layout.bits} bits a pixel, only {text}")


def pack_lines(lines: Values, layout: Layout) -> Bytes:
    """Pack each line by itself; it starts on a byte and is padded with zero bits.

    Args:
        lines: uint32 (n, pixels), each below `2**layout.bits`.
        layout: Its `bits`, `first`, `byte_order` and `align` count.

    Returns:
        uint8 (n, line_stride).
    """
    count, pixels = lines.shape
    group = _group(layout)
    grouped = _widened(lines, aligned(pixels, group.pixels)).reshape(count, -1, group.pixels)
    words = np.bitwise_or.reduce(grouped << group.pixel_shifts, axis=-1)
    split = (words[..., np.newaxis] >> group.byte_shifts).astype(np.uint8).reshape(count, -1)
    used = split[:, : line_bytes(layout.bits, pixels)]
    return _widened(used, line_stride(layout, pixels))


def unpack_lines(data: Bytes, layout: Layout, pixels: int) -> Values:
    """The reverse of `pack_lines`; padding is not looked at.

    Args:
        data: uint8 (n, line_stride).
        layout: How `data` is packed.
        pixels: Pixels in a line.

    Returns:
        uint32 (n, pixels).
    """
    count = len(data)
    group = _group(layout)
    used = data[:, : line_bytes(layout.bits, pixels)].astype(np.uint32)
    whole = _widened(used, aligned(used.shape[1], len(group.byte_shifts)))
    split = whole.reshape(count, -1, len(group.byte_shifts))
    words = np.bitwise_or.reduce(split << group.byte_shifts, axis=-1)
    mask = np.uint32((1 << layout.bits) - 1)
    values: Values = words[..., np.newaxis] >> group.pixel_shifts & mask
    return values.reshape(count, -1)[:, :pixels]


class _Group(NamedTuple):
    """How pixels and bytes sit in the number that a group is."""

    pixels: int
    pixel_shifts: NDArray[np.uint32]
    byte_shifts: NDArray[np.uint32]


def _group(layout: Layout) -> _Group:
    bits = lcm(layout.bits, 8)
    pixels = np.arange(0, bits, layout.bits, dtype=np.uint32)
    parts = np.arange(0, bits, 8, dtype=np.uint32)
    whole_bytes = layout.bits > 8 and layout.bits % 8 == 0
    from_top = layout.byte_order == "big" if whole_bytes else layout.first == "msb"
    step = -1 if from_top else 1
    return _Group(len(pixels), pixels[::step], parts[::step])


def _widened(lines: NDArray[Scalar], width: int) -> NDArray[Scalar]:
    """Zeros on the right of each line."""
    return np.pad(lines, ((0, 0), (0, width - lines.shape[1])))


class Rows:
    """Packer of `scan: rows`."""

    def size(self, layout: Layout, width: int, height: int) -> int:
        """Bytes of a picture; raises ValueError for bits that are not possible."""
        require_bits(layout)
        return line_stride(layout, width) * height

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) to bytes; raises ValueError for bits that are not possible."""
        require_bits(layout)
        return pack_lines(values, layout).tobytes()

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes of the right length to uint32 (height, width)."""
        require_bits(layout)
        lines = np.frombuffer(data, np.uint8).reshape(height, -1)
        return np.ascontiguousarray(unpack_lines(lines, layout, width))


PACKER: Packer = Rows()
