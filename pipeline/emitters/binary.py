"""Binary files: header, palette and pixels, in one file or two, and their reader.

`docs/binary.md` describes the format for those who write the receiving end.
"""

import struct
import zlib
from typing import NamedTuple

from pipeline import layouts
from pipeline.codecs import CODEC_NUMBERS
from pipeline.emitters import Picture
from pipeline.emitters.describe import (
    VERSION,
    VERSION_COMPRESSED,
    Description,
    check,
    describe,
    palette_block,
    stride,
)
from pipeline.emitters.stored import parameters_of, restored
from pipeline.layout import Layout
from pipeline.palette import Indexed

MAGIC = b"BPLN"
HEADER = struct.Struct("<4s2H4I2BH4B8I")
COMPRESSION = struct.Struct("<2BH2I")
"""What follows the header in files of compressed pictures."""

HEADER_BYTES = {VERSION: HEADER.size, VERSION_COMPRESSED: HEADER.size + COMPRESSION.size}
"""Length of the whole header, by version."""

CHECKED_FROM = 12
"""The CRC-32 in the header covers the file from this byte to its end."""

NONE = 0xFFFFFFFF
"""In place of the transparent index: there is none."""

# Numbers in files. They are never given anew; a new grid or scan takes the next.
SCANS = (
    "rows",
    "pages",
    "columns",
    "planes",
    "tiles",
    "packed-tiles",
    "paired-tiles",
    "halves",
    "folded",
    "interleaved",
    "blocks",
    "sharp-lines",
    "jdi-lines",
)
GRID_NUMBERS = {
    "": 0,
    "rgb888": 1,
    "bgr888": 2,
    "rgb565": 3,
    "bgr565": 4,
    "rgb555": 5,
    "bgr555": 6,
    "rgb444": 7,
    "rgb332": 8,
    "argb2222": 9,
    "grgb1555": 10,
    "gray1": 11,
    "gray2": 12,
    "gray4": 13,
    "gray8": 14,
    "rgb666": 15,
    "bgr444": 16,
    "bgr333": 17,
    "bgr222": 18,
    "bgr666": 19,
    "grb333": 20,
    "rgb222": 21,
    "bgr233": 22,
    "argb4444": 23,
    "gray3": 24,
}
_CODEC_NAMES = {number: name for name, number in CODEC_NUMBERS.items()}
_GRID_NAMES = {number: name for name, number in GRID_NUMBERS.items()}
_HOLDS = ("index", "code")
LSB, LITTLE, INVERT, LEARNED = 1, 2, 4, 8
"""Bits of `flags`."""


class Fields(NamedTuple):
    """The header from `CHECKED_FROM` on, in file order."""

    file_bytes: int
    width: int
    height: int
    scan: int
    bits: int
    align: int
    flags: int
    holds: int
    grid: int
    entry_bytes: int
    colors: int
    transparent: int
    palette_offset: int
    palette_bytes: int
    palette_crc32: int
    pixels_offset: int
    pixels_bytes: int
    stride: int


class Compression(NamedTuple):
    """The end of the header of a compressed picture, in file order."""

    codec: int
    unit: int
    zero: int
    window: int
    plain_bytes: int


class Header(NamedTuple):
    """What a file says of itself; `compression` is None where pixels are stored as they are."""

    fields: Fields
    compression: Compression | None

    @property
    def size(self) -> int:
        """Bytes before the palette."""
        return HEADER_BYTES[VERSION if self.compression is None else VERSION_COMPRESSED]


class Part(NamedTuple):
    """What one file holds; `block` or `data` is None where the other file has it."""

    description: Description
    palette_crc32: int
    block: bytes | None
    data: bytes | None


def single(picture: Picture) -> tuple[bytes]:
    """NAME.bin: header, palette and pixels."""
    block = palette_block(picture.indexed.palette, describe(picture))
    return (_file(picture, block, block, picture.stored),)


def split(picture: Picture) -> tuple[bytes, bytes]:
    """NAME.pal.bin and NAME.pix.bin, each with the header."""
    block = palette_block(picture.indexed.palette, describe(picture))
    return _file(picture, block, block, b""), _file(picture, block, b"", picture.stored)


def raw(picture: Picture) -> tuple[bytes]:
    """NAME.raw: what the panel reads, and nothing else."""
    return (picture.data,)


def _file(picture: Picture, palette: bytes, block: bytes, data: bytes) -> bytes:
    """A file of the parts `block` and `data` of a picture whose palette block is `palette`."""
    description = describe(picture)
    layout = description.layout
    fields = Fields(
        file_bytes=0,
        width=description.width,
        height=description.height,
        scan=SCANS.index(layout.scan),
        bits=layout.bits,
        align=layout.align,
        flags=_flags(description),
        holds=_HOLDS.index(description.holds),
        grid=GRID_NUMBERS[description.grid],
        entry_bytes=description.entry_bytes,
        colors=description.colors,
        transparent=NONE if description.transparent is None else description.transparent,
        palette_offset=0,
        palette_bytes=0,
        palette_crc32=zlib.crc32(palette) if palette else 0,
        pixels_offset=0,
        pixels_bytes=0,
        stride=stride(layout, description.width, description.height),
    )
    return sealed(Header(fields, _compression(description)), block, data)


def sealed(header: Header, block: bytes, data: bytes) -> bytes:
    """The file of a palette block and pixels; their places and the checksum are filled in."""
    version = VERSION if header.compression is None else VERSION_COMPRESSED
    start = header.size
    padded = block + bytes(-len(block) % 4)
    placed = header.fields._replace(
        file_bytes=start + len(padded) + len(data),
        palette_offset=start if block else 0,
        palette_bytes=len(block),
        pixels_offset=start + len(padded) if data else 0,
        pixels_bytes=len(data),
    )
    more = b"" if header.compression is None else COMPRESSION.pack(*header.compression)
    head = HEADER.pack(MAGIC, version, start, 0, *placed)[CHECKED_FROM:]
    checked = b"".join([head, more, padded, data])
    return struct.pack("<4s2HI", MAGIC, version, start, zlib.crc32(checked)) + checked


def _compression(description: Description) -> Compression | None:
    if description.version == VERSION:
        return None
    size = description.width, description.height
    unit = parameters_of(description.layout, *size).unit
    plain = layouts.size(description.layout, *size)
    return Compression(CODEC_NUMBERS[description.codec], unit, 0, description.window, plain)


def _flags(description: Description) -> int:
    layout = description.layout
    return (
        LSB * (layout.first == "lsb")
        | LITTLE * (layout.byte_order == "little")
        | INVERT * layout.invert
        | LEARNED * description.learned
    )


def read(*files: bytes) -> Indexed:
    """The picture in one file of `single`, or in the two of `split` in any order.

    Args:
        files: Contents of one or two files; palette and pixels are taken from where they are.

    Raises:
        ValueError: A file is damaged or not bitplane's, or the two are not of one picture.
    """
    parts = [read_part(data) for data in files]
    first = parts[0]
    if any(part[:2] != first[:2] for part in parts):
        raise ValueError("palette and pixel file are not of the same picture")
    block = next((part.block for part in parts if part.block is not None), None)
    data = next((part.data for part in parts if part.data is not None), None)
    if block is None or data is None:
        missing = "pixels are" if data is None else "palette is"
        raise ValueError(
            f"the {missing} in the other file of the pair, NAME.pal.bin and NAME.pix.bin"
        )
    if block and zlib.crc32(block) != first.palette_crc32:
        raise ValueError("the palette's checksum is wrong")
    return restored(first.description, block, data)


def header_of(data: bytes) -> Header:
    """The header of a file, checked against its length and its checksum.

    Raises:
        ValueError: The file is damaged, or is not bitplane's.
    """
    if data.startswith(MAGIC) and len(data) < HEADER.size:
        raise ValueError(f"the file ends within its header: {len(data)} of {HEADER.size} bytes")
    if not data.startswith(MAGIC):
        raise ValueError(f"not a bitplane binary: {len(data)} bytes, no header '{MAGIC.decode()}'")
    _, version, header_bytes, crc32, *numbers = HEADER.unpack_from(data)
    if HEADER_BYTES.get(version) != header_bytes:
        raise ValueError(f"version {version} of the binary format is not one this bitplane reads")
    fields = Fields(*numbers)
    if fields.file_bytes != len(data):
        raise ValueError(f"the binary is {len(data)} bytes, and should be {fields.file_bytes}")
    if zlib.crc32(memoryview(data)[CHECKED_FROM:]) != crc32:
        raise ValueError("the binary's checksum is wrong: it is damaged")
    return Header(fields, None if version == VERSION else compression_of(data))


def compression_of(data: bytes) -> Compression:
    """What the longer header of a compressed picture says beyond `Fields`.

    Raises:
        ValueError: The file ends before it.
    """
    if len(data) < HEADER_BYTES[VERSION_COMPRESSED]:
        raise ValueError("the binary is shorter than its header")
    return Compression(*COMPRESSION.unpack_from(data, HEADER.size))


def read_part(data: bytes) -> Part:
    """One file, its header checked against its length and its checksum.

    Raises:
        ValueError: The file is damaged, or is not bitplane's.
    """
    header = header_of(data)
    fields, compression = header
    description = described(fields)
    if compression is not None:
        description = with_codec(description, compression)
    block = _section(data, header.size, fields.palette_offset, fields.palette_bytes)
    if block is None and description.entry_bytes == 0:
        block = b""
    pixels = _section(data, header.size, fields.pixels_offset, fields.pixels_bytes)
    return Part(description, fields.palette_crc32, block, pixels)


def with_codec(description: Description, compression: Compression) -> Description:
    """The description with what the longer header says.

    Raises:
        ValueError: It does not fit the rest.
    """
    name = _CODEC_NAMES.get(compression.codec, "")
    described = description._replace(codec=name, window=compression.window)
    check(described)
    if compression != _compression(described):
        raise ValueError("the binary's pixels are not of the size that its header says")
    return described


def _section(data: bytes, start: int, offset: int, size: int) -> bytes | None:
    """So many bytes at an offset that lies behind the header, which ends at `start`."""
    if offset == 0:
        return None
    if offset < start or offset + size > len(data):
        raise ValueError(f"the binary has no {size} bytes at {offset}")
    return data[offset : offset + size]


def described(fields: Fields) -> Description:
    """What a header says, checked in itself.

    Raises:
        ValueError: It is impossible.
    """
    if fields.scan >= len(SCANS) or fields.holds >= len(_HOLDS) or fields.grid not in _GRID_NAMES:
        raise ValueError("the binary has a scan, grid or pixel value that this bitplane lacks")
    description = Description(
        width=fields.width,
        height=fields.height,
        layout=Layout(
            scan=SCANS[fields.scan],
            bits=fields.bits,
            first="lsb" if fields.flags & LSB else "msb",
            byte_order="little" if fields.flags & LITTLE else "big",
            align=fields.align,
            invert=bool(fields.flags & INVERT),
        ),
        holds=_HOLDS[fields.holds],
        grid=_GRID_NAMES[fields.grid],
        whole=fields.entry_bytes == 0,
        colors=fields.colors,
        transparent=None if fields.transparent == NONE else fields.transparent,
        learned=bool(fields.flags & LEARNED),
    )
    check(description)
    if description.entry_bytes != fields.entry_bytes:
        raise ValueError(f"palette entries of {fields.entry_bytes} bytes do not fit the grid")
    return description
