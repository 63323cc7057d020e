"""Halves: the left half of the picture as rows, then the right half (panels of two controllers).

The 13.3 inch Spectra 6 panel has one controller for each half, behind a chip select of its own.
"""

import numpy as np

from pipeline.layout import Layout, line_stride
from pipeline.layouts import Packer, Values
from pipeline.layouts.rows import pack_lines, require_bits, unpack_lines


class Halves:
    """Packer of `scan: halves`; `first` and `align` count in each half as in rows."""

    def size(self, layout: Layout, width: int, height: int) -> int:
        """Bytes of a picture; raises ValueError where it has no two equal halves."""
        _require_halves(layout, width)
        return 2 * height * line_stride(layout, width // 2)

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) to bytes; raises ValueError where it has no two equal halves."""
        height, width = values.shape
        _require_halves(layout, width)
        halves = values.reshape(height, 2, width // 2).swapaxes(0, 1)
        return pack_lines(halves.reshape(-1, width // 2), layout).tobytes()

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes of the right length to uint32 (height, width)."""
        _require_halves(layout, width)
        lines = np.frombuffer(data, np.uint8).reshape(2 * height, -1)
        halves = unpack_lines(lines, layout, width // 2).reshape(2, height, width // 2)
        return np.ascontiguousarray(halves.swapaxes(0, 1)).reshape(height, width)


def _require_halves(layout: Layout, width: int) -> None:
    require_bits(layout)
    if width % 2:
        raise ValueError(f"a width of {width} has no two halves: make it {width + 1}")


PACKER: Packer = Halves()
