"""Pages: bands of 8 rows, one byte for each column of a band (SSD1306)."""

import numpy as np

from pipeline.layout import Layout, aligned
from pipeline.layouts import Packer, Values
from pipeline.layouts.rows import pack_lines, require_bits, unpack_lines

ROWS = 8
"""Rows in a page."""


class Pages:
    """Packer of `scan: pages`: `first: lsb` puts the top row of a page into bit 0.

    The last page is filled with zero bits where the height is no multiple of 8, and `align`
    pads the bytes of each page.
    """

    def size(self, layout: Layout, width: int, height: int) -> int:
        """Bytes of a picture; raises ValueError for bits that are not possible."""
        require_bits(layout)
        return aligned(width, layout.align) * _pages(height)

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) to bytes; raises ValueError for bits that are not possible."""
        require_bits(layout)
        height, width = values.shape
        filled = np.pad(values, ((0, _pages(height) * ROWS - height), (0, 0)))
        columns = filled.reshape(-1, ROWS, width).swapaxes(1, 2).reshape(-1, ROWS)
        pages = pack_lines(columns, layout._replace(align=1)).reshape(-1, width)
        return np.pad(pages, ((0, 0), (0, aligned(width, layout.align) - width))).tobytes()

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes of the right length to uint32 (height, width)."""
        require_bits(layout)
        pages = np.frombuffer(data, np.uint8).reshape(_pages(height), -1)[:, :width]
        columns = unpack_lines(pages.reshape(-1, 1), layout, ROWS)
        rows = columns.reshape(-1, width, ROWS).swapaxes(1, 2).reshape(-1, width)
        return np.ascontiguousarray(rows[:height])


def _pages(height: int) -> int:
    return -(-height // ROWS)


PACKER: Packer = Pages()
