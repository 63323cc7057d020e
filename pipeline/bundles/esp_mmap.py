"""ESP mmap: the partition image of Espressif's component esp_mmap_assets; writer and reader.

All numbers are little-endian: the number of files, the sum of all bytes behind the header modulo
65536, and their count; for each file its name in a field of fixed length, its size, where it
begins behind the table, width and height (0 where the file is no picture that the tool knows);
then the files, each behind two bytes 0x5A. Source: `esp_mmap_assets.c` and
`spiffs_assets_gen.py` of the component's version 1. Its later images begin with `MMAP`; their
readers know this form as well.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from pipeline import chunks
from pipeline.bundles import Bundle, Object
from pipeline.emitters import binary, bmp, ctext, lvgl

HEADER = struct.Struct("<3I")
FACTS = struct.Struct("<2I2H")
MARK = b"\x5a\x5a"

MOST_NAME_BYTES = 255
_USUAL_LENGTHS = (16, 32, 64, 24, 48, 128)


class _File(NamedTuple):
    name: str
    data: bytes


def write(bundle: Bundle) -> tuple[bytes, bytes]:
    """NAME.mmap and NAME.mmap.h; what the component gives out begins at multiples of `align`."""
    files = [file for each in bundle.objects for file in _files(bundle, each)]
    length = bundle.name_length
    start = HEADER.size + len(files) * (length + FACTS.size)
    table, payload = bytearray(), bytearray()
    for name, data in files:
        payload += bytes(-(start + len(payload) + len(MARK)) % bundle.align)
        table += name.encode("ascii").ljust(length, b"\0")
        table += FACTS.pack(len(data), len(payload), *_size(name, data))
        payload += MARK + data
    body = bytes(table + payload)
    checksum = sum(body) & 0xFFFF
    image = HEADER.pack(len(files), checksum, len(body)) + body
    return image, _header(bundle, [file.name for file in files], checksum)


def _files(bundle: Bundle, each: Object) -> Iterator[_File]:
    for template in bundle.files:
        name = template.format(symbol=each.symbol)
        yield _File(name, each.files[name])


def _size(name: str, data: bytes) -> tuple[int, int]:
    """Width and height of a picture in a file that says so at its start, else 0, 0."""
    for ending, start, at, form in _SIZES:
        is_one = name.endswith(ending) and data.startswith(start)
        if is_one and len(data) >= at + struct.calcsize(form):
            width, height = (abs(side) for side in struct.unpack_from(form, data, at))
            return (width, height) if max(width, height) <= 0xFFFF else (0, 0)
    return 0, 0


_SIZES = (
    (".bin", binary.MAGIC, 16, "<2I"),
    (".png", chunks.SIGNATURE, 16, ">2I"),
    (".bmp", bmp.MAGIC, 18, "<2i"),
    (".lvgl.bin", bytes([lvgl.MAGIC]), 4, "<2H"),
)
"""How a file ends in its name and begins, and where width and height are."""


def _header(bundle: Bundle, names: list[str], checksum: int) -> bytes:
    """The header as the component's own tool writes it."""
    prefix = f"MMAP_{bundle.symbol.upper()}"
    guard = f"BITPLANE_{bundle.symbol.upper()}_MMAP_INCLUDED"
    constants = [f"{prefix}_{name.upper().replace('.', '_')}" for name in names]
    numbers = ",\n".join(f"  {name} = {place}" for place, name in enumerate(constants))
    about = f"{bundle.symbol}.mmap for {bundle.target}: the files in it, for esp_mmap_assets."
    return ctext.text(
        [
            ctext.comment([about, ctext.NOTICE]),
            f"#ifndef {guard}\n#define {guard}",
            f"#define {prefix}_FILES {len(names)}\n#define {prefix}_CHECKSUM 0x{checksum:04X}",
            f"enum {prefix}_LISTS {{\n{numbers}\n}};",
            "#endif",
        ]
    )


def read(data: bytes) -> dict[str, bytes]:
    """The files of an image, by name.

    Raises:
        ValueError: It is no such image, or is damaged.
    """
    return {name: data[start:end] for name, (start, end) in located(data).files.items()}


class Located(NamedTuple):
    """Where things are in an image.

    Attributes:
        name_length: Bytes of a name in the table.
        files: Where each file begins and ends, by name.
    """

    name_length: int
    files: dict[str, tuple[int, int]]


def located(data: bytes) -> Located:
    """Where each file of an image is.

    The length of names stands nowhere in it; it is the first one with which all fits.

    Raises:
        ValueError: It is no such image, or is damaged.
    """
    if len(data) < HEADER.size:
        raise ValueError("not an image of esp_mmap_assets: it is too short")
    count, checksum, size = HEADER.unpack_from(data)
    body = data[HEADER.size :]
    if size != len(body) or sum(body) & 0xFFFF != checksum:
        raise ValueError("not an image of esp_mmap_assets, or damaged: its checksum is wrong")
    for length in dict.fromkeys((*_USUAL_LENGTHS, *range(1, MOST_NAME_BYTES + 1))):
        found = _with_names_of(length, count, body)
        if found is not None:
            return Located(length, found)
    raise ValueError("the image's table is not one of esp_mmap_assets")


def _with_names_of(length: int, count: int, body: bytes) -> dict[str, tuple[int, int]] | None:
    stride = length + FACTS.size
    start = count * stride
    if start > len(body):
        return None
    files: dict[str, tuple[int, int]] = {}
    left = len(body) - start
    for place in range(count):
        entry = place * stride
        name = body[entry : entry + length].rstrip(b"\0")
        size, offset, _, _ = FACTS.unpack_from(body, entry + length)
        at, left = start + offset, left - len(MARK) - size
        if left < 0 or not name.isascii():
            return None  # files that shared bytes could be without end
        if body[at : at + 2] != MARK or at + 2 + size > len(body):
            return None
        first = HEADER.size + at + len(MARK)
        files[name.decode("ascii")] = first, first + size
    return files
