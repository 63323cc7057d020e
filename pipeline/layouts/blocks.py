"""Blocks: bytes of 4 pixels in a row and the 4 below them, bands of 2 rows (ST7305, ST7302).

Two bits stand for a column of such a byte, the upper pixel at the end that `first` names. The
controllers address three bytes at a time, so a line is 12 pixels wide in steps: `align: 3`
(osptek's st7305.cc for its 168x384 panel, u8g2's u8x8_d_st7305.c, zhcong's ST7302SPI.cpp).
"""

import numpy as np

from pipeline.layout import Layout, line_stride
from pipeline.layouts import Packer, Values
from pipeline.layouts.rows import pack_lines, require_bits, unpack_lines

ROWS = 2
"""Rows in a band."""


class Blocks:
    """Packer of `scan: blocks`; a band is a line of twice as many pixels, two and two of them.

    The last band is filled with zero bits where the height is odd, and `align` pads each band.
    """

    def size(self, layout: Layout, width: int, height: int) -> int:
        """Bytes of a picture; raises ValueError for bits that are not possible."""
        require_bits(layout)
        return line_stride(layout, ROWS * width) * _bands(height)

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) to bytes; raises ValueError for bits that are not possible."""
        require_bits(layout)
        height, width = values.shape
        filled = np.pad(values, ((0, _bands(height) * ROWS - height), (0, 0)))
        bands = filled.reshape(-1, ROWS, width).swapaxes(1, 2).reshape(-1, ROWS * width)
        return pack_lines(bands, layout).tobytes()

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes of the right length to uint32 (height, width)."""
        require_bits(layout)
        lines = np.frombuffer(data, np.uint8).reshape(_bands(height), -1)
        bands = unpack_lines(lines, layout, ROWS * width).reshape(-1, width, ROWS)
        return np.ascontiguousarray(bands.swapaxes(1, 2).reshape(-1, width)[:height])


def _bands(height: int) -> int:
    return -(-height // ROWS)


PACKER: Packer = Blocks()
