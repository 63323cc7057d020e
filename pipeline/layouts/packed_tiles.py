"""Packed tiles: 8x8 tiles in reading order, the pixels of a tile's row side by side.

With four bits this is the tile format of the Game Boy Advance (`first: lsb`) and of the Mega Drive
(`first: msb`), as SuperFamiconv writes them for its modes `gba` and `md`. With two bits and
`byte_order: little` it is that of the Neo Geo Pocket, whose tile row is a word of 16 bits with
the left pixel on top and the low byte first in memory (its mode `ngp`).
"""

import numpy as np

from pipeline.layout import Layout
from pipeline.layouts import Packer, Values
from pipeline.layouts.rows import Bytes, pack_lines, unpack_lines
from pipeline.layouts.tiles import SIDE, WholeTiles, from_tiles, require_tiles, to_tiles


class PackedTiles(WholeTiles):
    """Packer of `scan: packed-tiles`: `first` is the end of a byte with the left pixel.

    `byte_order: little` puts the bytes of a tile row the other way round.
    """

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) to bytes; raises ValueError where it is not made of whole tiles."""
        height, width = values.shape
        require_tiles(layout, width, height)
        lines = pack_lines(to_tiles(values).reshape(-1, SIDE), layout)
        return _ordered(lines, layout).tobytes()

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes of the right length to uint32 (height, width)."""
        require_tiles(layout, width, height)
        lines = np.frombuffer(data, np.uint8).reshape(-1, layout.bits)
        return from_tiles(unpack_lines(_ordered(lines, layout), layout, SIDE), width, height)


def _ordered(lines: Bytes, layout: Layout) -> Bytes:
    """The bytes of each tile row from the other end where the layout wants the low one first."""
    return lines[:, ::-1] if layout.byte_order == "little" else lines


PACKER: Packer = PackedTiles()
