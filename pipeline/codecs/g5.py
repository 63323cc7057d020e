"""Group5, as Larry Bank's library of that name writes and reads it: rows of single bits.

It is ITU-T T.6 with other horizontal codes. A row is told by where it changes color, against the
row above (the first: against white); a set bit is white. Codes, from the highest bit on:

- vertical: the next change is where that above is (1), or up to three pixels right of it (011,
  000011, 0000011) or left (010, 000010, 0000010);
- pass (0001): the row above changes twice more before this one does;
- horizontal (001): two bits, and two runs, of this color and of the other. A set bit says that its
  run takes as many bits as the width does; else it takes three. A long run comes as number.

Nothing ends a row or the stream, whose last byte is filled with zero bits. Here rows are told with
the bits that fill their last byte, so the width is a multiple of 8; what a last, shorter row lacks
is taken as white.
"""

from bisect import bisect_left
from collections.abc import Iterator

from pipeline.codecs import Codec, Parameters
from pipeline.decoders import DECODERS, WIDEST

_HORIZONTAL, _PASS = "001", "0001"
_VERTICAL = ("0000010", "000010", "010", "1", "011", "000011", "0000011")
_BY = {code: place - 3 for place, code in enumerate(_VERTICAL)}
_SHORT = 3


def _row_bytes(parameters: Parameters) -> int:
    if not 1 <= parameters.width <= WIDEST or parameters.width % 8:
        raise ValueError(f"a row of {parameters.width} bits is none for `g5`")
    return parameters.width // 8


def compress(data: bytes, parameters: Parameters) -> bytes:
    """The codes that T.6 asks for; there is one way only."""
    size, width = _row_bytes(parameters), parameters.width
    bits: list[str] = []
    above = [width] * 4
    for start in range(0, len(data), size):
        row = _changes(data[start : start + size].ljust(size, b"\xff"), width)
        bits += _codes(row, above, width)
        above = row
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return int(text or "0", 2).to_bytes(len(text) // 8, "big")


def _changes(row: bytes, width: int) -> list[int]:
    """Where a row changes color, beginning with white, and its end often enough to look ahead."""
    number = int.from_bytes(row, "big")
    edges = number ^ (number >> 1 | 1 << (width - 1))
    found = [place for place, bit in enumerate(f"{edges:0{width}b}") if bit == "1"]
    return [*found, width, width, width, width]


def _codes(row: list[int], above: list[int], width: int) -> Iterator[str]:
    at, mine, theirs = 0, 0, 0  # where we are, and the next changes in both rows
    while at < width:
        change = row[mine]
        if above[theirs + 1] < change:
            yield _PASS
            at = above[theirs + 1]
            theirs += 2
            continue
        if -3 <= change - above[theirs] <= 3:
            yield _VERTICAL[change - above[theirs] + 3]
            at = change
            mine += 1
            theirs += 1 if theirs == 0 else -1
        else:
            yield _runs(change - at, row[mine + 1] - change, width)
            at = row[mine + 1]
            mine += 2
        while above[theirs] <= at < width:
            theirs += 2


def _runs(first: int, second: int, width: int) -> str:
    runs = [(run, width.bit_length() if run >> _SHORT else _SHORT) for run in (first, second)]
    kinds = "".join(str(int(bits != _SHORT)) for _, bits in runs)
    return _HORIZONTAL + kinds + "".join(f"{run:0{bits}b}" for run, bits in runs)


class _Bits:
    """The bits of a stream, as text."""

    def __init__(self, stream: bytes) -> None:
        self._text = f"{int.from_bytes(stream, 'big'):0{8 * len(stream)}b}" if stream else ""
        self._place = 0

    def take(self, count: int) -> str:
        self._place += count
        if self._place > len(self._text):
            raise ValueError("the Group5 stream is cut short")
        return self._text[self._place - count : self._place]

    def code(self) -> str:
        code = self.take(1)
        while code not in _BY and code not in (_HORIZONTAL, _PASS):
            code += self.take(1)
            if len(code) > len(_VERTICAL[0]):
                raise ValueError("the Group5 stream is damaged")
        return code

    def left(self) -> int:
        return len(self._text) - self._place


def decompress(stream: bytes, size: int, parameters: Parameters) -> bytes:
    """The data. A byte behind the stream is let pass: the library leaves room for one."""
    row_bytes, width = _row_bytes(parameters), parameters.width
    bits, out = _Bits(stream), bytearray()
    above = [width] * 4
    while len(out) < size:
        number = (1 << width) - 1
        for change in _row(bits, above, width):
            number ^= (1 << (width - change)) - 1
        row = number.to_bytes(row_bytes, "big")
        out += row
        above = _changes(row, width)
    if bits.left() >= 16:
        raise ValueError("the Group5 stream is longer than its picture")
    return bytes(out[:size])


def _row(bits: _Bits, above: list[int], width: int) -> Iterator[int]:
    """Where a row changes color; never falling, up to the width."""
    at, first, black = 0, 0, 0
    while at < width:
        theirs = bisect_left(above, first)
        theirs += (theirs ^ black) & 1
        code = bits.code()
        if code == _PASS:
            ends = [above[theirs + 1]]
        elif code == _HORIZONTAL:
            ends = list(_ends(bits, at, width))
        else:
            ends = [above[theirs] + _BY[code]]
        if ends[0] < at or ends[-1] > width:
            raise ValueError("the Group5 stream is damaged")
        if code != _PASS:
            yield from ends
            black ^= len(ends) & 1
        at = ends[-1]
        first = at + 1


def _ends(bits: _Bits, at: int, width: int) -> Iterator[int]:
    """Where the two runs of a horizontal code end."""
    for kind in bits.take(2):
        at += int(bits.take(width.bit_length() if kind == "1" else _SHORT), 2)
        yield at


CODEC = Codec(compress, decompress, DECODERS["g5"])
