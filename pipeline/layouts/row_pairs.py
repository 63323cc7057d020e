"""Row pairs: a row of the upper half and the one as far down in the lower half make one line.

They alternate pixel by pixel for LED panels, whose halves are clocked in together (HUB75, as
pimoroni/pimoroni-pico keeps it, drivers/hub75/hub75.cpp, set_color). They stand side by side in
the memory of the ST7920, which is 256x32 for a glass of 128x64 (olikraus/u8g2,
csrc/u8x8_d_st7920.c).
"""

import numpy as np

from pipeline.layout import Layout, line_stride
from pipeline.layouts import Packer, Values
from pipeline.layouts.rows import pack_lines, require_bits, unpack_lines


class RowPairs:
    """Packer of `scan: interleaved` and `scan: folded`; a line is packed as in rows."""

    def __init__(self, *, alternating: bool) -> None:
        """`alternating`: pixel by pixel; else the whole upper row stands before the lower."""
        self._alternating = alternating

    def size(self, layout: Layout, width: int, height: int) -> int:
        """Bytes of a picture; raises ValueError where it has no two equal halves."""
        _require_halves(layout, height)
        return line_stride(layout, 2 * width) * (height // 2)

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) to bytes; raises ValueError where it has no two equal halves."""
        height, width = values.shape
        _require_halves(layout, height)
        pairs = values.reshape(2, height // 2, width).transpose(self._order())
        return pack_lines(pairs.reshape(height // 2, -1), layout).tobytes()

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes of the right length to uint32 (height, width)."""
        _require_halves(layout, height)
        lines = np.frombuffer(data, np.uint8).reshape(height // 2, -1)
        shape = (width, 2) if self._alternating else (2, width)
        pairs = unpack_lines(lines, layout, 2 * width).reshape(-1, *shape)
        halves = pairs.transpose(np.argsort(self._order()))
        return np.ascontiguousarray(halves).reshape(height, width)

    def _order(self) -> tuple[int, int, int]:
        """Axes (half, row, column) in the order in which a line has them."""
        return (1, 2, 0) if self._alternating else (1, 0, 2)


def _require_halves(layout: Layout, height: int) -> None:
    require_bits(layout)
    if height % 2:
        raise ValueError(f"a height of {height} has no two halves: make it {height + 1}")


INTERLEAVED: Packer = RowPairs(alternating=True)
FOLDED: Packer = RowPairs(alternating=False)
