"""Streams of heatshrink by Atomic Object, of the fewest bits.

Bits follow each other from the highest of a byte to the lowest. A 1 and 8 bits are a literal. A 0
is a match: its distance less 1 in as many bits as the window has (8 for 256 bytes, `-w 8`), then
its length less 1 in 4 (`-l 4`). Zero bits fill the last byte.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.codecs import Codec, Parameters
from pipeline.codecs.bits import Numbers, packed
from pipeline.codecs.matches import find
from pipeline.codecs.parse import Prices, Way, parse
from pipeline.decoders import DECODERS

LOOKAHEAD = 4
"""Bits of a length; what most firmware that has heatshrink is built for."""

_LONGEST = 1 << LOOKAHEAD
_LITERAL = 9
_PART = 1 << 18


def compress(data: bytes, parameters: Parameters) -> bytes:
    """The stream of the fewest bits."""
    if not data:
        return b""
    text, reach = np.frombuffer(data, np.uint8), _reach(parameters.window)
    match = 1 + reach + LOOKAHEAD
    prices = Prices(
        literals=np.full(256, _LITERAL, np.uint32),
        lengths=np.full(_LONGEST + 1, match, np.uint32),
        distances=np.zeros(parameters.window + 1, np.uint32),
        tried=np.arange(2, _LONGEST + 1).astype(np.uint16),
    )
    way = parse(text, find(text, parameters.window, _LONGEST, 1), prices)
    return packed(_tokens(text, way, match), high_first=True)


def _reach(window: int) -> int:
    """Bits of a distance."""
    return window.bit_length() - 1


def _tokens(
    text: NDArray[np.uint8], way: Way, match: int
) -> Iterator[tuple[Numbers, NDArray[np.uint8]]]:
    places = way.places
    for start in range(0, len(places), _PART):
        part = slice(start, start + _PART)
        length = way.lengths[part].astype(np.uint32)
        literal = text[places[part]].astype(np.uint32) | np.uint32(256)
        distance = way.distances[part].astype(np.uint32) - np.uint32(1)
        number = distance << np.uint32(LOOKAHEAD) | length - np.uint32(1)
        widths = np.where(length == 0, _LITERAL, match).astype(np.uint8)
        yield np.where(length == 0, literal, number).astype(np.uint32), widths


def decompress(stream: bytes, size: int, parameters: Parameters) -> bytes:
    """The data."""
    reach, out, place = _reach(parameters.window), bytearray(), 0
    while len(out) < size:
        token, place = _number(stream, place, 1)
        if token:
            byte, place = _number(stream, place, 8)
            out.append(byte)
        else:
            number, place = _number(stream, place, reach + LOOKAHEAD)
            _repeat(out, (number >> LOOKAHEAD) + 1, (number & _LONGEST - 1) + 1)
    if len(out) != size or len(stream) != (place + 7) // 8:
        raise ValueError("the heatshrink stream does not give the size of its picture")
    return bytes(out)


def _number(stream: bytes, place: int, width: int) -> tuple[int, int]:
    """So many bits, and the place behind them."""
    end = place + width
    if end > 8 * len(stream):
        raise ValueError("the heatshrink stream is cut short")
    last = (end + 7) // 8
    word = int.from_bytes(stream[place // 8 : last], "big") >> (8 * last - end)
    return word & (1 << width) - 1, end


def _repeat(out: bytearray, distance: int, length: int) -> None:
    if distance > len(out):
        raise ValueError("the heatshrink stream looks back too far")
    part = out[len(out) - distance :]
    out += (part * (length // distance + 1))[:length]


CODEC = Codec(compress, decompress, DECODERS["heatshrink"], narrow=True)
