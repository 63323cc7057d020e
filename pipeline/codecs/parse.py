"""Parse: the cheapest way to write a text in literals and matches, by exact prices."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.codecs.matches import Matches


class Prices(NamedTuple):
    """What things cost; none costs more than 65536, and a text no more than 2^31.

    Attributes:
        literals: uint32 (256,).
        lengths: uint32, by length, to the longest.
        distances: uint32, by distance, to the farthest; not less for farther ones, or what is
            found is only nearly the cheapest.
        shortest: The shortest match, 1 at least.
    """

    literals: NDArray[np.uint32]
    lengths: NDArray[np.uint32]
    distances: NDArray[np.uint32]
    shortest: int


class Way(NamedTuple):
    """The cheapest way, from every place on.

    Attributes:
        lengths: uint16 (n,): of the match that is next, 0 for a literal.
        distances: uint16 (n,).
    """

    lengths: NDArray[np.uint16]
    distances: NDArray[np.uint16]


def parse(data: NDArray[np.uint8], matches: Matches, prices: Prices) -> Way:
    """The cheapest way through a text; of equals literals, then the first of `matches`.

    Args:
        data: uint8 (n,), at least one.
        matches: Those of `matches.find`, no length beyond the end of `data`.
        prices: What counts.
    """
    native = kernels.load()
    if native is None:
        return parse_plain(data, matches, prices)
    way = Way(np.empty(len(data), np.uint16), np.empty(len(data), np.uint16))
    costs = np.empty(len(data) + 1, np.uint32)
    native.parse(data, prices.shortest, *prices[:3], *matches, costs, *way)
    return way


def parse_plain(data: NDArray[np.uint8], matches: Matches, prices: Prices) -> Way:
    """What `parse` gives."""
    way = Way(np.zeros(len(data), np.uint16), np.zeros(len(data), np.uint16))
    costs = np.zeros(len(data) + 1, np.int64)
    literals = prices.literals.astype(np.int64)[data].tolist()
    lengths, distances = prices.lengths.astype(np.int64), prices.distances.tolist()
    found = (matches.lengths.tolist(), matches.distances.tolist())
    for place in range(len(data) - 1, -1, -1):
        best = int(costs[place + 1]) + literals[place]
        start = prices.shortest
        for length, distance in zip(found[0][place], found[1][place], strict=True):
            if length < start:
                continue
            every = costs[place + start : place + length + 1] + lengths[start : length + 1]
            least = int(every.argmin())
            if int(every[least]) + distances[distance] < best:
                best = int(every[least]) + distances[distance]
                way.lengths[place], way.distances[place] = start + least, distance
            start = length + 1
        costs[place] = best
    return way


def steps(way: Way) -> Iterator[tuple[int, int, int]]:
    """Place, length and distance of each step from the start; length 0 is a literal."""
    lengths, distances = way.lengths.tolist(), way.distances.tolist()
    place = 0
    while place < len(lengths):
        yield place, lengths[place], distances[place]
        place += lengths[place] or 1
