"""Blocks of deflate: their symbols, what they cost, and their bits (RFC 1951, section 3.2)."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.codecs.huffman import code_lengths, codes
from pipeline.codecs.parse import Way

LONGEST, FARTHEST, SHORTEST = 258, 32768, 3
LITERALS, DISTANCES = 286, 30
_ALL_TO = 34
_END, _FIRST_LENGTH = 256, 257
_MOST_BITS, _MOST_LENGTH_BITS = 15, 7
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
"""In this order a block tells the lengths of the code of code lengths."""
_USES = (16, 17, 18)
"""The symbols of that code that stand for repeats."""

Part = tuple[NDArray[np.uint32], NDArray[np.uint8]]
"""Numbers and the bits of each."""


class Buckets(NamedTuple):
    """Numbers as a symbol and extra bits, by number.

    Attributes:
        symbols: From 0 on.
        bits: How many extra bits.
        rests: The extra bits.
    """

    symbols: NDArray[np.int64]
    bits: NDArray[np.int64]
    rests: NDArray[np.int64]


@cache
def length_buckets() -> Buckets:
    """Of lengths to 258; what stands below 3 means nothing."""
    bits = [0] * 8 + [n for n in range(1, 6) for _ in range(4)]
    found = _buckets(bits, SHORTEST, LONGEST + 1)
    found.symbols[LONGEST], found.bits[LONGEST], found.rests[LONGEST] = 28, 0, 0
    return found


@cache
def distance_buckets() -> Buckets:
    """Of distances to 32768; 0 means nothing."""
    bits = [0] * 4 + [n for n in range(1, 14) for _ in range(2)]
    return _buckets(bits, 1, FARTHEST + 1)


@cache
def tried() -> NDArray[np.uint16]:
    """Lengths that a parse tries: short ones, and the last that has each symbol."""
    symbols = length_buckets().symbols[:LONGEST]
    last = np.flatnonzero(np.diff(symbols))
    return np.unique([*range(SHORTEST, _ALL_TO + 1), *last[last >= SHORTEST]]).astype(np.uint16)


def _buckets(bits: list[int], first: int, stop: int) -> Buckets:
    sizes = np.left_shift(1, bits)
    symbols = np.repeat(np.arange(len(bits)), sizes)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    every = (symbols, np.repeat(bits, sizes), np.arange(len(symbols)) - starts)
    return Buckets(*(np.append(np.zeros(first, np.int64), each)[:stop] for each in every))


class Symbols(NamedTuple):
    """The steps of a block.

    Attributes:
        literals: int64 (n,): literals and lengths, 0..285, without the end.
        distances: int64 (n,): 0..29, -1 for a literal.
        extra: The extra bits of both, as numbers and how many.
    """

    literals: NDArray[np.int64]
    distances: NDArray[np.int64]
    extra: tuple[Part, Part]

    def counts(self) -> tuple[list[int], list[int]]:
        """How often each symbol occurs, with the end of the block."""
        literals = np.bincount(self.literals, minlength=LITERALS)
        literals[_END] += 1
        matched = self.distances[self.distances >= 0]
        return literals.tolist(), np.bincount(matched, minlength=DISTANCES).tolist()

    def extra_bits(self) -> int:
        """What the extra bits take."""
        return sum(int(bits.astype(np.int64).sum()) for _, bits in self.extra)


def symbols_of(text: NDArray[np.uint8], way: Way) -> Symbols:
    """The symbols of the steps through a text."""
    matched = way.lengths > 0
    length, distance = length_buckets(), distance_buckets()
    literals = np.where(
        matched, _FIRST_LENGTH + length.symbols[way.lengths], text[way.places].astype(np.int64)
    )
    extra = (
        _extra(length, way.lengths, matched),
        _extra(distance, way.distances, matched),
    )
    return Symbols(literals, np.where(matched, distance.symbols[way.distances], -1), extra)


def _extra(buckets: Buckets, numbers: NDArray[np.uint16], matched: NDArray[np.bool_]) -> Part:
    bits = np.where(matched, buckets.bits[numbers], 0)
    return buckets.rests[numbers].astype(np.uint32), bits.astype(np.uint8)


class Code(NamedTuple):
    """Lengths of the codes of both alphabets."""

    literals: list[int]
    distances: list[int]

    def bits_of(self, symbols: Symbols) -> int:
        """What the symbols of a block take in this code, with their extra bits and the end."""
        counted = zip(symbols.counts(), self, strict=True)
        return symbols.extra_bits() + sum(
            count * bits
            for counts, lengths in counted
            for count, bits in zip(counts, lengths, strict=False)
        )


@cache
def fixed_code() -> Code:
    """The code that needs no telling, section 3.2.6."""
    return Code([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8, [5] * 32)


def own_code(symbols: Symbols) -> Code:
    """The best code for a block."""
    return Code(*(code_lengths(counts, _MOST_BITS) for counts in symbols.counts()))


class Told(NamedTuple):
    """How a block tells its code.

    Attributes:
        items: Symbol of the code of code lengths, extra number and its bits.
        lengths: That code's lengths, as many as have to be told, in the order of the format.
        counts: How many lengths of both alphabets are told.
        code: Lengths of that code by symbol.
    """

    items: list[tuple[int, int, int]]
    lengths: list[int]
    counts: tuple[int, int]
    code: list[int]

    @property
    def bits(self) -> int:
        """What it takes."""
        items = sum(self.code[symbol] + bits for symbol, _, bits in self.items)
        return 5 + 5 + 4 + 3 * len(self.lengths) + items


def tell(code: Code) -> Told:
    """The shortest way to tell a code, of those that use repeats always or never."""
    literals = _cut(code.literals, _FIRST_LENGTH)
    distances = _cut(code.distances, 1)
    every = [*literals, *distances]
    ways = (_repeats(every, uses) for uses in (_USES, (16,), (17, 18), ()))
    told = (_told(items, (len(literals), len(distances))) for items in ways)
    return min(told, key=lambda each: each.bits)


def _cut(lengths: list[int], least: int) -> list[int]:
    used = max((place + 1 for place, length in enumerate(lengths) if length), default=0)
    return lengths[: max(used, least)]


def _told(items: list[tuple[int, int, int]], counts: tuple[int, int]) -> Told:
    often = np.bincount([symbol for symbol, _, _ in items], minlength=len(_ORDER)).tolist()
    code = code_lengths(often, _MOST_LENGTH_BITS)
    return Told(items, _cut([code[symbol] for symbol in _ORDER], 4), counts, code)


def _repeats(lengths: list[int], uses: Sequence[int]) -> list[tuple[int, int, int]]:
    """The lengths with repeats: 16 for the last one 3 to 6 times, 17 and 18 for zeros."""
    items: list[tuple[int, int, int]] = []
    for length, run in groupby(lengths):
        left = sum(1 for _ in run)
        if length == 0 and 17 in uses:
            items += _zeros(left)
            continue
        items.append((length, 0, 0))
        left -= 1
        while 16 in uses and left >= 3:
            count = 4 if left in (7, 8) else min(left, 6)
            items.append((16, count - 3, 2))
            left -= count
        items += [(length, 0, 0)] * left
    return items


def _zeros(left: int) -> Iterator[tuple[int, int, int]]:
    while left >= 11:
        count = min(left, 138)
        yield 18, count - 11, 7
        left -= count
    if left >= 3:
        yield 17, left - 3, 3
        left = 0
    yield from [(0, 0, 0)] * left


def header(told: Told) -> Part:
    """The bits of a told code."""
    numbers = [(told.counts[0] - 257, 5), (told.counts[1] - 1, 5), (len(told.lengths) - 4, 4)]
    numbers += [(length, 3) for length in told.lengths]
    own = codes(told.code).tolist()
    for symbol, extra, bits in told.items:
        numbers += [(own[symbol], told.code[symbol]), (extra, bits)]
    return numbered(numbers)


def numbered(numbers: Sequence[tuple[int, int]]) -> Part:
    """Numbers with their bits as a part of a stream."""
    values, bits = np.array(numbers, np.int64).reshape(-1, 2).T
    return values.astype(np.uint32), bits.astype(np.uint8)


def body(symbols: Symbols, code: Code) -> Part:
    """The bits of a block's symbols and its end."""
    literal_codes, distance_codes = codes(code.literals), codes(code.distances)
    literal_bits = np.array(code.literals, np.uint8)
    distance_bits = np.append(np.array(code.distances, np.uint8), np.uint8(0))
    (length, length_bits), (back, back_bits) = symbols.extra
    numbers = np.stack(
        [literal_codes[symbols.literals], length, distance_codes[symbols.distances], back], 1
    )
    bits = np.stack(
        [
            literal_bits[symbols.literals],
            length_bits,
            distance_bits[symbols.distances],
            back_bits,
        ],
        1,
    )
    end = literal_codes[_END : _END + 1], literal_bits[_END : _END + 1]
    return np.append(numbers.ravel(), end[0]), np.append(bits.ravel(), end[1])
