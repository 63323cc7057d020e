"""Texts for the tests of LZ codecs, and others that write and read the same streams."""

import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import strategies as st
from PIL import Image

BLOCKS = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.builds(
            lambda unit, times: unit * times, st.binary(min_size=1, max_size=5), st.integers(1, 400)
        ),
    ),
    max_size=12,
).map(b"".join)
"""Bytes with runs, repeats and noise, as packed pictures have them."""


class Peer(NamedTuple):
    """Somebody else's codec.

    Attributes:
        write: (data, window) to its smallest stream.
        read: (stream, size of the data, window) to the data.
        windows: Those that it knows.
    """

    write: Callable[[bytes, int], bytes]
    read: Callable[[bytes, int, int], bytes]
    windows: tuple[int, ...]


@cache
def peer(name: str) -> Peer:
    """The peer of a codec; skips where its package is missing."""
    return {"lz4": _lz4, "heatshrink": _heatshrink, "deflate": _zlib}[name]()


def _lz4() -> Peer:
    block = pytest.importorskip("lz4.block")

    def write(data: bytes, window: int) -> bytes:
        del window
        stream: bytes = block.compress(
            data, mode="high_compression", compression=12, store_size=False
        )
        return stream

    def read(stream: bytes, size: int, window: int) -> bytes:
        del window
        data: bytes = block.decompress(stream, uncompressed_size=size)
        return data

    return Peer(write, read, (65535,))


def _heatshrink() -> Peer:
    theirs = pytest.importorskip("heatshrink2")

    def write(data: bytes, window: int) -> bytes:
        stream: bytes = theirs.compress(data, window_sz2=window.bit_length() - 1, lookahead_sz2=4)
        return stream

    def read(stream: bytes, size: int, window: int) -> bytes:
        del size
        data: bytes = theirs.decompress(stream, window_sz2=window.bit_length() - 1, lookahead_sz2=4)
        return data

    return Peer(write, read, (256, 2048))


def _zlib() -> Peer:
    def write(data: bytes, window: int) -> bytes:
        maker = zlib.compressobj(9, zlib.DEFLATED, 1 - window.bit_length(), 9)
        return maker.compress(data) + maker.flush()

    def read(stream: bytes, size: int, window: int) -> bytes:
        del size
        reader = zlib.decompressobj(1 - window.bit_length())
        parts = []
        while not reader.eof:  # byte by byte, or it would look back into what it has just given
            parts.append(reader.decompress(reader.unconsumed_tail or stream, 1))
            stream = b""
            if not parts[-1]:
                break
        return b"".join(parts)

    return Peer(write, read, (512, 2048, 32768))


@cache
def samples() -> tuple[bytes, ...]:
    """Packed pictures: drawn, dithered, in words and in bits."""
    return tuple(_samples())


def _samples() -> Iterator[bytes]:
    folder = Path(__file__).parent.parent / "assets"
    for name in ("ui", "landscape", "logo"):
        with Image.open(folder / f"{name}.png") as file:
            small = file.convert("RGB").resize((160, 120))
        yield small.convert("1").tobytes()
        yield np.asarray(small.quantize(16, dither=Image.Dither.NONE)).tobytes()
        yield (np.asarray(small).astype(np.uint16)[..., 1] >> 2 << 5).astype("<u2").tobytes()
