"""Lines: rows with a byte for their number before them and a zero byte behind (memory LCDs).

Sharp's panels take the number's lowest bit first and JDI's the highest; pixels are sent from the
left, so that bit stands where the first pixel of a byte stands (adafruit/circuitpython,
shared-module/sharpdisplay/SharpMemoryFramebuffer.c; Sharp LS027B7DH01 specification, 6-5).
"""

import numpy as np

from pipeline.layout import AROUND, MAX_LINES, Layout, line_stride, too_high
from pipeline.layouts import Packer, Values
from pipeline.layouts.rows import Bytes, pack_lines, require_bits, unpack_lines


class Lines:
    """Packer of `scan: sharp-lines` and `scan: jdi-lines`; `first` and `align` count as in rows.

    Lines are numbered from 1. `invert` turns the pixels over and leaves number and zero byte.
    """

    def __init__(self, *, low_first: bool) -> None:
        """`low_first`: the number's lowest bit stands where the first pixel of a byte stands."""
        self._low_first = low_first

    def size(self, layout: Layout, width: int, height: int) -> int:
        """Bytes of a picture; raises ValueError where its rows have no numbers."""
        _require_lines(layout, height)
        return (line_stride(layout, width) + AROUND) * height

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) to bytes; raises ValueError where its rows have no numbers."""
        height = len(values)
        _require_lines(layout, height)
        zeros = np.zeros((height, 1), np.uint8)
        # All bytes are turned over later; what is turned over here as well comes out as it is.
        turn = np.uint8(255 if layout.invert else 0)
        parts = (self._numbers(layout, height) ^ turn, pack_lines(values, layout), zeros ^ turn)
        return np.concatenate(parts, axis=1).tobytes()

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes of the right length to uint32 (height, width); the numbers are not looked at."""
        _require_lines(layout, height)
        lines = np.frombuffer(data, np.uint8).reshape(height, -1)
        return np.ascontiguousarray(unpack_lines(lines[:, 1:-1], layout, width))

    def _numbers(self, layout: Layout, height: int) -> Bytes:
        numbers = np.arange(1, height + 1, dtype=np.uint8)[:, np.newaxis]
        if self._low_first == (layout.first == "lsb"):
            return numbers
        return np.packbits(np.unpackbits(numbers, axis=1), axis=1, bitorder="little")


def _require_lines(layout: Layout, height: int) -> None:
    require_bits(layout)
    if too_high(layout.scan, height):
        raise ValueError(f"`{layout.scan}` numbers {MAX_LINES} rows, and the picture has {height}")


SHARP: Packer = Lines(low_first=True)
JDI: Packer = Lines(low_first=False)
