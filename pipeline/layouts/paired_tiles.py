"""Paired tiles: 8x8 tiles whose planes come two by two, a whole tile of each pair after another.

With four and eight bits this is the tile format of the Super Nintendo: planes 0 and 1 of all
eight rows, a byte each in turn, then planes 2 and 3 (SNESdev Wiki, "Tiles").
"""

import numpy as np

from pipeline.layout import Layout
from pipeline.layouts import Packer, Values
from pipeline.layouts.rows import Bytes, pack_lines, unpack_lines
from pipeline.layouts.tiles import SIDE, WholeTiles, from_tiles, require_tiles, to_tiles


class PairedTiles(WholeTiles):
    """Packer of `scan: paired-tiles`: `first: msb` puts the left pixel into bit 7."""

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) to bytes; raises ValueError where it is not made of whole tiles."""
        height, width = values.shape
        require_tiles(layout, width, height)
        tiles = to_tiles(values)[:, np.newaxis, :, np.newaxis, :]
        planes = tiles >> _shifts(layout.bits) & np.uint32(1)
        return pack_lines(planes.reshape(-1, SIDE), layout._replace(bits=1)).tobytes()

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes of the right length to uint32 (height, width)."""
        require_tiles(layout, width, height)
        lines: Bytes = np.frombuffer(data, np.uint8).reshape(-1, 1)
        planes = unpack_lines(lines, layout._replace(bits=1), SIDE)
        shifted = planes.reshape(-1, layout.bits // 2, SIDE, 2, SIDE) << _shifts(layout.bits)
        return from_tiles(np.bitwise_or.reduce(shifted, axis=(1, 3)), width, height)


def _shifts(bits: int) -> Values:
    """uint32 (pairs, 1, 2, 1): where each byte of a tile row sits in the values."""
    return np.arange(bits, dtype=np.uint32).reshape(-1, 1, 2, 1)


PACKER: Packer = PairedTiles()
