"""Tiles: 8x8 tiles in reading order, each row of a tile one byte a plane, the low plane first.

With two bits this is the Game Boy's tile format (Pan Docs, "VRAM Tile Data").
"""

import numpy as np

from pipeline.layout import Layout, aligned
from pipeline.layouts import Packer, Values
from pipeline.layouts.rows import Bytes, pack_lines, require_bits, unpack_lines

SIDE = 8
"""Pixels on a tile's side."""


class WholeTiles:
    """What packers of tiles have in common."""

    def size(self, layout: Layout, width: int, height: int) -> int:
        """Bytes of a picture; raises ValueError where it is not made of whole tiles."""
        require_tiles(layout, width, height)
        return width * height * layout.bits // 8


class Tiles(WholeTiles):
    """Packer of `scan: tiles`: `first: msb` puts the left pixel of a tile row into bit 7."""

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) to bytes; raises ValueError where it is not made of whole tiles."""
        height, width = values.shape
        require_tiles(layout, width, height)
        planes = to_tiles(values).reshape(-1, 1, SIDE) >> _shifts(layout.bits) & np.uint32(1)
        return pack_lines(planes.reshape(-1, SIDE), layout._replace(bits=1)).tobytes()

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes of the right length to uint32 (height, width)."""
        require_tiles(layout, width, height)
        lines: Bytes = np.frombuffer(data, np.uint8).reshape(-1, 1)
        planes = unpack_lines(lines, layout._replace(bits=1), SIDE)
        shifted = planes.reshape(-1, layout.bits, SIDE) << _shifts(layout.bits)
        return from_tiles(np.bitwise_or.reduce(shifted, axis=1), width, height)


def _shifts(bits: int) -> Values:
    """uint32 (bits, 1): where each byte of a tile row sits in the values."""
    return np.arange(bits, dtype=np.uint32)[:, np.newaxis]


def to_tiles(values: Values) -> Values:
    """uint32 (h, w) to (tiles, 8, 8) in reading order; both sides are multiples of 8."""
    width = values.shape[1]
    strips = values.reshape(-1, SIDE, width // SIDE, SIDE)
    return strips.swapaxes(1, 2).reshape(-1, SIDE, SIDE)


def from_tiles(tiles: Values, width: int, height: int) -> Values:
    """The reverse of `to_tiles`: any shape that holds tiles row by row, to (height, width)."""
    strips = tiles.reshape(-1, width // SIDE, SIDE, SIDE)
    return strips.swapaxes(1, 2).reshape(height, width)


def require_tiles(layout: Layout, width: int, height: int) -> None:
    """Refuse what cannot be cut into tiles.

    Raises:
        ValueError: With what to do.
    """
    require_bits(layout)
    if layout.align != 1:
        raise ValueError(f"`{layout.scan}` has no rows to pad: remove `align`")
    if width % SIDE or height % SIDE:
        need = f"{aligned(width, SIDE)}x{aligned(height, SIDE)}"
        raise ValueError(f"{width}x{height} is not made of 8x8 tiles: set `size: {need}`")


PACKER: Packer = Tiles()
