"""Planes: one 1-bit picture for each bit of the pixel value, the highest bit first."""

import numpy as np

from pipeline.layout import Layout, line_stride
from pipeline.layouts import Packer, Values
from pipeline.layouts.rows import pack_lines, require_bits, unpack_lines


class Planes:
    """Packer of `scan: planes`; `first` and `align` count in each plane as in rows."""

    def size(self, layout: Layout, width: int, height: int) -> int:
        """Bytes of a picture; raises ValueError for bits that are not possible."""
        require_bits(layout)
        return line_stride(layout._replace(bits=1), width) * height * layout.bits

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) to bytes; raises ValueError for bits that are not possible."""
        require_bits(layout)
        planes = values >> _shifts(layout.bits) & np.uint32(1)
        lines = planes.reshape(-1, values.shape[1])
        return pack_lines(lines, layout._replace(bits=1)).tobytes()

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes of the right length to uint32 (height, width)."""
        require_bits(layout)
        lines = np.frombuffer(data, np.uint8).reshape(layout.bits * height, -1)
        planes = unpack_lines(lines, layout._replace(bits=1), width)
        shifted = planes.reshape(layout.bits, height, width) << _shifts(layout.bits)
        values: Values = np.bitwise_or.reduce(shifted, axis=0)
        return values


def _shifts(bits: int) -> Values:
    """uint32 (bits, 1, 1): where each plane's bit sits in the value."""
    return np.arange(bits, dtype=np.uint32)[::-1, np.newaxis, np.newaxis]


PACKER: Packer = Planes()
