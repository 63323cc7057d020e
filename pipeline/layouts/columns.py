"""Columns: pixels of a column side by side, columns from left to right (UC8151 e-paper)."""

import numpy as np

from pipeline.layout import Layout, line_stride
from pipeline.layouts import Packer, Values
from pipeline.layouts.rows import pack_lines, require_bits, unpack_lines


class Columns:
    """Packer of `scan: columns`: rows of the transposed picture, so `first` is the top pixel."""

    def size(self, layout: Layout, width: int, height: int) -> int:
        """Bytes of a picture; raises ValueError for bits that are not possible."""
        require_bits(layout)
        return line_stride(layout, height) * width

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) to bytes; raises ValueError for bits that are not possible."""
        require_bits(layout)
        return pack_lines(values.T, layout).tobytes()

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes of the right length to uint32 (height, width)."""
        require_bits(layout)
        lines = np.frombuffer(data, np.uint8).reshape(width, -1)
        return np.ascontiguousarray(unpack_lines(lines, layout, height).T)


PACKER: Packer = Columns()
