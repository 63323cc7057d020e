"""Tiles: 8x8 tiles in reading order, each row of a tile one byte a plane, the low plane first.

With two bits this is the Game Boy's tile format (Pan Docs, "VRAM Tile Data").
"""

import numpy as np

from pipeline.layout import Layout
from pipeline.layouts import Packer, Values
from pipeline.layouts.rows import Bytes, aligned, pack_lines, require_bits, unpack_lines

SIDE = 8
"""Pixels on a tile's side."""


class Tiles:
    """Packer of `scan: tiles`: `first: msb` puts the left pixel of a tile row into bit 7."""

    def size(self, layout: Layout, width: int, height: int) -> int:
        """Bytes of a picture; raises ValueError where it is not made of whole tiles."""
        _require_tiles(layout, width, height)
        return width * height * layout.bits // 8

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) to bytes; raises ValueError where it is not made of whole tiles."""
        height, width = values.shape
        _require_tiles(layout, width, height)
        tiles = values.reshape(-1, SIDE, width // SIDE, SIDE).swapaxes(1, 2).reshape(-1, 1, SIDE)
        planes = tiles >> _shifts(layout.bits) & np.uint32(1)
        return pack_lines(planes.reshape(-1, SIDE), layout._replace(bits=1)).tobytes()

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes of the right length to uint32 (height, width)."""
        _require_tiles(layout, width, height)
        lines: Bytes = np.frombuffer(data, np.uint8).reshape(-1, 1)
        planes = unpack_lines(lines, layout._replace(bits=1), SIDE)
        shifted = planes.reshape(-1, layout.bits, SIDE) << _shifts(layout.bits)
        tiles: Values = np.bitwise_or.reduce(shifted, axis=1)
        strips = tiles.reshape(-1, width // SIDE, SIDE, SIDE)
        return strips.swapaxes(1, 2).reshape(height, width)


def _shifts(bits: int) -> Values:
    """uint32 (bits, 1): where each byte of a tile row sits in the values."""
    return np.arange(bits, dtype=np.uint32)[:, np.newaxis]


def _require_tiles(layout: Layout, width: int, height: int) -> None:
    require_bits(layout)
    if layout.align != 1:
        raise ValueError("`tiles` has no rows to pad: remove `align`")
    if width % SIDE or height % SIDE:
        need = f"{aligned(width, SIDE)}x{aligned(height, SIDE)}"
        raise ValueError(f"{width}x{height} is not made of 8x8 tiles: set `size: {need}`")


PACKER: Packer = Tiles()
