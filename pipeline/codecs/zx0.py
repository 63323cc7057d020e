"""ZX0, version 2, compressed forwards, as Einar Saukas describes it.

Bits come from the highest of a byte on; a byte of them stands where its first bit is needed, bytes
between. Numbers are in Elias' gamma code, its two halves interlaced: for each bit of the number
below its highest a 0 and that bit, then a 1. Blocks:

- literals: bit 0 (not before the first block), their number, the bytes;
- a match at the offset of the last match, only after literals: bit 0, its length;
- a match at another offset: bit 1, (offset - 1) / 128 + 1 with its bits turned over; a byte whose
  upper 7 bits are 127 - (offset - 1) % 128 and whose lowest is the first of the length's code;
  length - 1, without that bit;
- the end: bit 1, and 256 in place of the offset's upper part.

The first match may take offset 1 as that of the last one.
"""

from pipeline.codecs import Codec, Parameters
from pipeline.decoders import DECODERS

_END = 256
_FURTHEST = 255 * 128


class _Writer:
    """Bytes, with bits between."""

    def __init__(self) -> None:
        self.out = bytearray()
        self._place, self._free = 0, 0  # the byte that bits go to, and how many it still takes

    def bit(self, bit: int) -> None:
        if self._free == 0:
            self._place, self._free = len(self.out), 8
            self.out.append(0)
        self._free -= 1
        self.out[self._place] |= bit << self._free

    def number(self, value: int, flip: int = 0) -> None:
        for bit in gamma(value, flip):
            self.bit(bit)

    def far(self, offset: int, length: int) -> None:
        self.bit(1)
        self.number((offset - 1) // 128 + 1, 1)
        first, *others = gamma(length - 1)
        self.out.append((127 - (offset - 1) % 128) << 1 | first)
        for bit in others:
            self.bit(bit)


def gamma(value: int, flip: int = 0) -> list[int]:
    """The bits of a number of at least 1."""
    bits = []
    for place in reversed(range(value.bit_length() - 1)):
        bits += [0, value >> place & 1 ^ flip]
    return [*bits, 1]


def compress(data: bytes, parameters: Parameters) -> bytes:
    """The shortest stream that `zx0_parse` finds; none for no data."""
    from pipeline.codecs.zx0_parse import parse

    if not data:
        return b""
    out, place, last = _Writer(), 0, 1
    for literals, offset, length in parse(data, min(parameters.window, _FURTHEST)):
        if literals:
            if place > 0:
                out.bit(0)
            out.number(literals)
            out.out += data[place : place + literals]
        if length and literals and offset == last:
            out.bit(0)
            out.number(length)
        elif length:
            out.far(offset, length)
            last = offset
        place += literals + length
    out.bit(1)
    out.number(_END, 1)
    return bytes(out.out)


class _Reader:
    """Bits and bytes of a stream."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self.place = 0
        self._held, self._left = 0, 0

    def byte(self) -> int:
        if self.place == len(self._stream):
            raise ValueError("the ZX0 stream is cut short")
        self.place += 1
        return self._stream[self.place - 1]

    def bytes(self, count: int) -> bytes:
        if count > len(self._stream) - self.place:
            raise ValueError("the ZX0 stream is cut short")
        self.place += count
        return self._stream[self.place - count : self.place]

    def bit(self) -> int:
        if self._left == 0:
            self._held, self._left = self.byte(), 8
        self._left -= 1
        return self._held >> self._left & 1

    def number(self, first: int, flip: int = 0) -> int:
        """A number whose first bit is known."""
        value = 1
        while not first and value <= 1 << 32:
            value = value << 1 | self.bit() ^ flip
            first = self.bit()
        return value


def decompress(stream: bytes, size: int, parameters: Parameters) -> bytes:
    """The data."""
    del parameters
    source, out = _Reader(stream), bytearray()
    offset, after_literals = 1, False
    while stream:
        if out and source.bit():
            high = source.number(source.bit(), 1)
            if high >= _END:
                break
            low = source.byte()
            offset = (high << 7) - (low >> 1)
            _again(out, offset, source.number(low & 1) + 1, size)
            after_literals = False
            continue
        length = source.number(source.bit())
        if after_literals:
            _again(out, offset, length, size)
        else:
            out += source.bytes(length)
        after_literals = not after_literals
    if len(out) != size or source.place != len(stream):
        raise ValueError("the ZX0 stream does not give the size of its picture")
    return bytes(out)


def _again(out: bytearray, offset: int, length: int, size: int) -> None:
    if offset > len(out) or length > size - len(out):
        raise ValueError("the ZX0 stream is damaged")
    start = len(out) - offset
    while length > 0:  # a match may reach into what it gives itself
        part = out[start : start + length]
        out += part
        length -= len(part)


CODEC = Codec(compress, decompress, DECODERS["zx0"])
