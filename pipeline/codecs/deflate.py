"""Raw deflate (RFC 1951) of few bits, with matches within a window.

A text is cut into blocks where its symbols change, by estimate; each block's way is then found
again and again by the prices that the last one's symbols had, and the shortest one stays.
"""

import zlib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.codecs import Codec, Parameters
from pipeline.codecs import deflate_block as block
from pipeline.codecs.bits import packed
from pipeline.codecs.deflate_block import Code, Part, Symbols, Told
from pipeline.codecs.matches import Matches, find
from pipeline.codecs.parse import Prices, Way, parse
from pipeline.decoders import DECODERS

_SEGMENT = 1 << 18
"""Bytes that are looked at together; a whole number of windows."""

_MATCHES = 8
_FIRST_ROUNDS, _ROUNDS = 3, 12
_PATIENCE = 3
"""Rounds in a row that may bring nothing."""

_UNIT = 16
"""Parts of a bit in which prices are counted."""

_CELLS = 40
"""In so many parts a segment is looked at to find where blocks begin."""

_TOLD_BLOCK, _TOLD_SYMBOL = 32, 4
"""About so many bits tell a code, beside so many for each of its symbols."""

_STORED_MOST = 65535


class Block(NamedTuple):
    """A block that may be written.

    Attributes:
        way: Its steps.
        symbols: The same as symbols.
        code: Its code.
        told: How it tells the code; None for the fixed one.
        bits: What it takes, with its 3 bits of kind.
    """

    way: Way
    symbols: Symbols
    code: Code
    told: Told | None
    bits: int


def compress(data: bytes, parameters: Parameters) -> bytes:
    """The stream; no distance in it is over the window."""
    return packed(_aligned(data, parameters.window), high_first=False)


def _aligned(data: bytes, window: int) -> Iterator[Part]:
    """The parts of the stream; stored blocks begin at whole bytes, so bits are counted."""
    text, place = np.frombuffer(data, np.uint8), 0
    made = [each for segment in _segments(text, window) for each in segment]
    for number, (size, found) in enumerate(made):
        last = int(number == len(made) - 1)
        parts = list(_written(size, found, last, place % 8))
        place += sum(int(bits.astype(np.int64).sum()) for _, bits in parts)
        yield from parts
    if not made:
        yield block.numbered([(1, 1), (1, 2), (0, 7)])


def _written(text: NDArray[np.uint8], found: Block, last: int, place: int) -> Iterator[Part]:
    if found.bits > _stored_bits(len(text)):
        yield from _stored(text, last, place)
        return
    yield block.numbered([(last, 1), (1 if found.told is None else 2, 2)])
    if found.told is not None:
        yield block.header(found.told)
    yield block.body(found.symbols, found.code)


def _stored_bits(size: int) -> int:
    """What stored blocks take at most."""
    return 8 * size + (3 + 7 + 32) * max(1, -(-size // _STORED_MOST))


def _stored(text: NDArray[np.uint8], last: int, place: int) -> Iterator[Part]:
    for start in range(0, len(text), _STORED_MOST):
        part = text[start : start + _STORED_MOST]
        final = last if start + _STORED_MOST >= len(text) else 0
        size = len(part)
        yield block.numbered([(final, 1), (0, 2), (0, -(place + 3) % 8), (size, 16)])
        yield block.numbered([(size ^ 0xFFFF, 16)])
        yield part.astype(np.uint32), np.full(size, 8, np.uint8)
        place = 0


def _segments(
    text: NDArray[np.uint8], window: int
) -> Iterator[list[tuple[NDArray[np.uint8], Block]]]:
    """Each segment as blocks: their text, and how it is written."""
    for start in range(0, len(text), _SEGMENT):
        before = min(start, window)
        part = text[start - before : start + _SEGMENT]
        found = find(part, window, block.LONGEST, _MATCHES)
        yield _blocks(part[before:], Matches(found.lengths[before:], found.distances[before:]))


def _blocks(text: NDArray[np.uint8], matches: Matches) -> list[tuple[NDArray[np.uint8], Block]]:
    """The text in one block or several, whichever is shorter."""
    whole = _best(text, matches, _FIRST_ROUNDS)
    ends = _ends(whole, len(text))
    parts = [
        (text[a:b], _best(text[a:b], _within(matches, a, b), _ROUNDS))
        for a, b in zip([0, *ends[:-1]], ends, strict=True)
    ]
    return parts if sum(each.bits for _, each in parts) < whole.bits else [(text, whole)]


def _within(matches: Matches, start: int, stop: int) -> Matches:
    """Those of some places, none beyond their end."""
    room = (stop - np.arange(start, stop))[:, None]
    lengths = np.minimum(matches.lengths[start:stop], room).astype(np.uint16)
    return Matches(lengths, np.ascontiguousarray(matches.distances[start:stop]))


def _best(text: NDArray[np.uint8], matches: Matches, rounds: int) -> Block:
    """The shortest block of a text that was found: from matches wherever they are, or from none."""
    fixed = block.fixed_code()
    way = parse(text, matches, _code_prices(fixed))
    symbols = block.symbols_of(text, way)
    best = Block(way, symbols, fixed, None, 3 + fixed.bits_of(symbols))
    none = np.zeros(len(text), np.uint16)
    for start in (way, Way(none, none)):
        best = _better(best, text, matches, start, rounds)
    return best


def _better(best: Block, text: NDArray[np.uint8], matches: Matches, way: Way, rounds: int) -> Block:
    """The best one, or a shorter block that is found from a way on."""
    least, idle = best.bits, 0
    for _ in range(rounds):
        symbols = block.symbols_of(text, way)
        found = _dynamic(way, symbols)
        idle = 0 if found.bits < least else idle + 1
        least = min(least, found.bits)
        best = min(best, found, key=lambda each: each.bits)
        if idle == _PATIENCE:
            break
        way = parse(text, matches, _prices(symbols))
    return best


def _dynamic(way: Way, symbols: Symbols) -> Block:
    code = block.own_code(symbols)
    told = block.tell(code)
    return Block(way, symbols, code, told, 3 + told.bits + code.bits_of(symbols))


def _code_prices(code: Code) -> Prices:
    """Prices of the symbols in a code."""
    return _as_prices(*(np.array(lengths) * _UNIT for lengths in code))


def _prices(symbols: Symbols) -> Prices:
    """What symbols would cost in a code without whole bits, as often as they occurred."""
    return _as_prices(*(_information(np.array(counts)) for counts in symbols.counts()))


def _information(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each symbol the logarithm of its rarity; one that does not occur counts as half."""
    total = int(counts.sum())
    rarity = _logarithms(np.array([max(2 * total, 1)])) - _logarithms(np.maximum(2 * counts, 1))
    price: NDArray[np.int64] = np.maximum(rarity, _UNIT // 4)
    return price


def _logarithms(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """To base 2, in parts of a bit, rounded down from 7 digits of a number; of 1 and more."""
    bits = np.frexp(numbers)[1].astype(np.int64) - 1  # exact: they are below 2^53
    top = (numbers << np.int64(7) >> bits) - 128
    found: NDArray[np.int64] = bits * _UNIT + _fractions()[top]
    return found


@cache
def _fractions() -> NDArray[np.int64]:
    """The same of 1 and 0..127 128ths."""
    exact = (((128 + top) ** _UNIT >> 7 * _UNIT).bit_length() - 1 for top in range(128))
    return np.fromiter(exact, np.int64)


def _as_prices(literals: NDArray[np.int64], distances: NDArray[np.int64]) -> Prices:
    length, distance = block.length_buckets(), block.distance_buckets()
    return Prices(
        literals=literals[:256].astype(np.uint32),
        lengths=(literals[257 + length.symbols] + _UNIT * length.bits).astype(np.uint32),
        distances=(distances[distance.symbols] + _UNIT * distance.bits).astype(np.uint32),
        tried=block.tried(),
    )


def _ends(found: Block, size: int) -> list[int]:
    """Where blocks are likely to end best, as places of the text; the last one is its end."""
    steps = len(found.symbols.literals)
    cells = max(min(_CELLS, steps), 1)
    bounds = np.arange(cells + 1) * steps // cells
    costs = _costs(found.symbols, bounds)
    best, start = [0], [0]
    for end in range(1, len(bounds)):
        every = [best[begin] + int(costs[begin, end]) for begin in range(end)]
        best.append(min(every))
        start.append(every.index(best[-1]))
    places, ends, at = np.append(found.way.places, size), [], len(bounds) - 1
    while at:
        ends.append(int(places[bounds[at]]))
        at = start[at]
    return ends[::-1]


def _costs(symbols: Symbols, bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Estimates, in parts of a bit, of a block from one bound (row) to another (column)."""
    total = np.zeros((len(bounds), len(bounds)), np.int64)
    for numbers, kinds in (
        (symbols.literals, block.LITERALS),
        (symbols.distances, block.DISTANCES),
    ):
        sums = np.zeros((len(bounds), kinds), np.int64)
        for cell, (start, stop) in enumerate(pairwise(bounds.tolist())):
            known = numbers[start:stop]
            sums[cell + 1] = sums[cell] + np.bincount(known[known >= 0], minlength=kinds)
        for row in range(len(bounds) - 1):
            total[row, row + 1 :] += _estimates(sums[row + 1 :] - sums[row])
    return total


def _estimates(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """What symbols that occur so often (rows) take in a code of their own, and to tell it."""
    every = counts.sum(1)
    information: NDArray[np.int64] = every * _logarithms(np.maximum(every, 1))
    information -= (counts * _logarithms(np.maximum(counts, 1))).sum(1)
    information += (_TOLD_BLOCK + _TOLD_SYMBOL * (counts > 0).sum(1)) * _UNIT
    return information


def decompress(stream: bytes, size: int, parameters: Parameters) -> bytes:
    """The data."""
    del parameters
    reader = zlib.decompressobj(-15)
    try:
        data = reader.decompress(stream, size + 1)
    except zlib.error:
        raise ValueError("the deflate stream is damaged") from None
    if len(data) != size or not reader.eof or reader.unused_data:
        raise ValueError("the deflate stream does not give the size of its picture")
    return data


CODEC = Codec(compress, decompress, DECODERS["deflate"])
