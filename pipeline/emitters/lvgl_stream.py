"""Compressed data of LVGL 9: palette and rows as one stream behind a header of its own.

Format: flag 0x08 of the image's header; then method, bytes of the stream and bytes of what it
becomes, 32 bits each, low byte first (LVGL 9 `src/libs/bin_decoder/lv_bin_decoder.c`, and its
`scripts/LVGLImage.py`, which writes it). RLE counts pixels, or bytes where these are smaller.
"""

import struct
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from pipeline.codecs import Parameters, codec
from pipeline.decoders import WINDOWS
from pipeline.recipe import CompressChoice

FLAG = 0x08
HEAD = struct.Struct("<3I")
FIELDS = ("method", "compressed", "unpacked")
METHODS: Mapping[str, int] = MappingProxyType({"rle": 1, "lz4": 2})


def smallest(data: bytes, unit: int, choice: CompressChoice) -> bytes:
    """Head and stream by the codec that was asked for; nothing where the data stay as they are.

    Args:
        data: Palette and rows.
        unit: Bytes of a pixel, at least 1.
        choice: What was asked for; codecs that LVGL has not leave the data as they are.
    """
    streams = [
        HEAD.pack(METHODS[name], len(s), len(data)) + s for name, s in _all(data, unit, choice)
    ]
    if choice.codec == "smallest":
        streams = [stream for stream in streams if len(stream) < len(data)]
    return min(streams, key=len, default=b"")


def _all(data: bytes, unit: int, choice: CompressChoice) -> Iterator[tuple[str, bytes]]:
    for name in METHODS:
        if choice.codec in (name, "smallest"):
            yield name, codec(name).compress(data, _parameters(unit))


def _parameters(unit: int) -> Parameters:
    return Parameters(unit, WINDOWS[-1])


def unpacked(data: bytes, unit: int, size: int) -> bytes:
    """Palette and rows.

    Args:
        data: Head and stream.
        unit: Bytes of a pixel, at least 1.
        size: Of what has to come out.

    Raises:
        ValueError: The data are damaged, or become something else.
    """
    if len(data) < HEAD.size:
        raise ValueError("the compressed LVGL image ends too early")
    method, packed, plain = HEAD.unpack_from(data)
    names = {number: name for name, number in METHODS.items()}
    if method not in names:
        raise ValueError(f"the LVGL image is compressed by method {method}, which is not known")
    if packed != len(data) - HEAD.size or plain != size:
        raise ValueError(
            f"the compressed LVGL image is said to be {packed} bytes that become {plain}, and is"
            f" {len(data) - HEAD.size} that should become {size}"
        )
    return codec(names[method]).decompress(data[HEAD.size :], size, _parameters(unit))
