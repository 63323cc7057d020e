"""Packed tiles: 8x8 tiles in reading order, the pixels of a tile's row side by side.

With four bits this is the tile format of the Game Boy Advance (`first: lsb`) and of the Mega Drive
(`first: msb`), as SuperFamiconv writes them for its modes `gba` and `md`.
"""

import numpy as np

from pipeline.layout import Layout
from pipeline.layouts import Packer, Values
from pipeline.layouts.rows import pack_lines, unpack_lines
from pipeline.layouts.tiles import SIDE, from_tiles, require_tiles, to_tiles


class PackedTiles:
    """Packer of `scan: packed-tiles`: `first` is the end of a byte with the left pixel."""

    def size(self, layout: Layout, width: int, height: int) -> int:
        """Bytes of a picture; raises ValueError where it is not made of whole tiles."""
        require_tiles(layout, width, height)
        return width * height * layout.bits // 8

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) to bytes; raises ValueError where it is not made of whole tiles."""
        height, width = values.shape
        require_tiles(layout, width, height)
        return pack_lines(to_tiles(values).reshape(-1, SIDE), layout).tobytes()

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes of the right length to uint32 (height, width)."""
        require_tiles(layout, width, height)
        lines = np.frombuffer(data, np.uint8).reshape(-1, layout.bits)
        return from_tiles(unpack_lines(lines, layout, SIDE), width, height)


PACKER: Packer = PackedTiles()
