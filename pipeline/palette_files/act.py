"""Adobe color tables: 256 RGB triples, then perhaps a count and a transparent index.

Adobe Photoshop File Formats Specification, "Color Table": both are big-endian 16 bits; 65535
means that no entry is transparent.
"""

import struct

from pipeline.palette_files import MAX_ENTRIES, Format, PaletteFile, plain

_TABLE = 3 * MAX_ENTRIES
_NO_TRANSPARENT = 0xFFFF


def read(data: bytes, name: str) -> PaletteFile:
    """The colors that the count names, and the transparent entry."""
    if len(data) not in {_TABLE, _TABLE + 4}:
        raise ValueError(
            f"{name}: an .act file has {_TABLE} or {_TABLE + 4} bytes, not {len(data)}"
        )
    tail = data[_TABLE:] or struct.pack(">HH", MAX_ENTRIES, _NO_TRANSPARENT)
    count, transparent = struct.unpack(">HH", tail)
    if not 1 <= count <= MAX_ENTRIES:
        raise ValueError(f"{name}: says {count} colors; 1 to {MAX_ENTRIES} are possible")
    if transparent != _NO_TRANSPARENT and transparent >= count:
        raise ValueError(f"{name}: transparent index {transparent} is outside 0..{count - 1}")
    table = data[: 3 * count]
    colors = list(zip(table[::3], table[1::3], table[2::3], strict=True))
    return plain(colors, None if transparent == _NO_TRANSPARENT else transparent)


def write(palette: PaletteFile) -> bytes:
    """The table, filled up with black, the count and the transparent index."""
    table = b"".join(bytes(color) for color in palette.colors).ljust(_TABLE, b"\0")
    hidden = _NO_TRANSPARENT if palette.transparent is None else palette.transparent
    return table + struct.pack(">HH", len(palette.colors), hidden)


FORMAT = Format(read, write, transparent=True)
