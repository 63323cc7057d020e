"""Chunks: what a PNG file is made of, put together and taken apart.

Format: PNG (ISO/IEC 15948), sections 5 and 11.2.2.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
INDEXED, TRUECOLOR = 3, 2
"""Color types."""

IHDR = struct.Struct(">2I5B")


class Header(NamedTuple):
    """What `IHDR` holds."""

    width: int
    height: int
    bits: int
    color: int
    compression: int = 0
    filtering: int = 0
    interlace: int = 0


def file_of(header: Header, chunks: Iterable[tuple[bytes, bytes]], pixels: bytes) -> bytes:
    """A whole file.

    Args:
        header: What IHDR holds.
        chunks: Name and data of what stands between IHDR and IDAT.
        pixels: Data of IDAT: filtered rows, deflated.
    """
    every = [(b"IHDR", IHDR.pack(*header)), *chunks, (b"IDAT", pixels), (b"IEND", b"")]
    return SIGNATURE + b"".join(chunk(name, body) for name, body in every)


def chunk(name: bytes, body: bytes) -> bytes:
    """Length, name, data and checksum."""
    crc32 = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc32)


def parts_of(data: bytes) -> tuple[Header, dict[bytes, bytes]]:
    """The header of a file, and the data of its chunks by name: of several alike the last.

    Raises:
        ValueError: It is damaged, or lacks the header or the pixels.
    """
    chunks = dict(chunks_in(data))
    if len(chunks.get(b"IHDR", b"")) != IHDR.size or b"IDAT" not in chunks:
        raise ValueError("the PNG has no header or no pixels")
    return Header(*IHDR.unpack(chunks[b"IHDR"])), chunks


def chunks_in(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and data of each chunk before IEND, checked."""
    at = len(SIGNATURE)
    if not data.startswith(SIGNATURE):
        raise ValueError("not a PNG file")
    while True:
        name, body, crc32 = _chunk_at(data, at)
        if zlib.crc32(name + body) != crc32:
            raise ValueError(f"the PNG's chunk {name!a} is damaged: its checksum is wrong")
        if name == b"IEND":
            return
        yield name, body
        at += 12 + len(body)


def _chunk_at(data: bytes, at: int) -> tuple[bytes, bytes, int]:
    if at + 12 > len(data):
        raise ValueError("the PNG ends too early")
    size = int.from_bytes(data[at : at + 4], "big")
    if at + 12 + size > len(data):
        raise ValueError("the PNG ends too early")
    end = at + 8 + size
    return data[at + 4 : at + 8], data[at + 8 : end], int.from_bytes(data[end : end + 4], "big")
