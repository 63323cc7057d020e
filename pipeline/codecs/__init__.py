"""Codecs: packed pixels in fewer bytes, and back without a loss."""

from collections.abc import Callable
from typing import NamedTuple

from pipeline import registry


class Parameters(NamedTuple):
    """What a stream's decoder has to know beside the stream.

    Attributes:
        unit: Bytes that belong together, 1 to 4: those of a pixel of 8 bits and more, else 1.
        window: Bytes that a codec may look back, a power of two from 256 to 32768.
        width: Pixels in a row, for codecs that know rows; packed rows fill whole bytes.
    """

    unit: int = 1
    window: int = 2048
    width: int = 0


class Codec(NamedTuple):
    """One member.

    Attributes:
        compress: (data, parameters) to a stream; the same data gives the same stream everywhere.
        decompress: (stream, size of the data, parameters) to the data; raises ValueError for a
            stream that is damaged or does not give exactly that many bytes.
        ram: parameters to the bytes of RAM that the decoder in C takes when it gives rows one
            after another: its state and its window.
    """

    compress: Callable[[bytes, Parameters], bytes]
    decompress: Callable[[bytes, int, Parameters], bytes]
    ram: Callable[[Parameters], int]


def codec(name: str) -> Codec:
    """A member by its name in `registry.CODECS`."""
    member: Codec = registry.CODECS[name].load()
    return member
