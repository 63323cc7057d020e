"""Parse: the cheapest way to write a text in literals and matches, by exact prices."""

from bisect import bisect_left
from collections.abc import Callable
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
        tried: uint16, ascending: lengths that are tried wherever a match is as long; the first
            is that of the shortest match, 1 at least. The longest of a match always is.
    """

    literals: NDArray[np.uint32]
    lengths: NDArray[np.uint32]
    distances: NDArray[np.uint32]
    tried: NDArray[np.uint16]

    @property
    def following(self) -> NDArray[np.uint16]:
        """uint16, by length: the next one to try."""
        lengths = np.arange(len(self.lengths))
        beyond = np.append(self.tried, np.uint16(65535))
        return beyond[np.searchsorted(self.tried, lengths, side="right")].astype(np.uint16)


class Way(NamedTuple):
    """The cheapest way, step by step.

    Attributes:
        lengths: uint16 (n,): of matches, 0 for a literal.
        distances: uint16 (n,): of matches.
    """

    lengths: NDArray[np.uint16]
    distances: NDArray[np.uint16]

    @property
    def places(self) -> NDArray[np.int64]:
        """int64 (n,): where each step begins."""
        taken = np.maximum(self.lengths, 1).astype(np.int64)
        return np.cumsum(taken) - taken


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
    lengths, distances = np.empty(len(data), np.uint16), np.empty(len(data), np.uint16)
    costs = np.empty(len(data) + 1, np.uint32)
    arrays = (*prices[:3], prices.following, *matches, costs)
    count = native.parse(data, *arrays, lengths, distances)
    return Way(lengths[:count].copy(), distances[:count].copy())


def parse_plain(data: NDArray[np.uint8], matches: Matches, prices: Prices) -> Way:
    """What `parse` gives."""
    chosen = [(0, 0)] * len(data)
    costs = [0] * (len(data) + 1)
    literals = prices.literals[data].tolist()
    lengths, distances = prices.lengths.tolist(), prices.distances.tolist()
    tries = _tries(prices.tried.tolist(), len(lengths))
    found = zip(matches.lengths.tolist(), matches.distances.tolist(), strict=True)
    for place, row in reversed(list(enumerate(found))):
        best, last = costs[place + 1] + literals[place], 0
        for longest, distance in zip(*row, strict=True):
            if not longest:
                break
            for length in tries(last, longest):
                cost = costs[place + length] + lengths[length] + distances[distance]
                if cost < best:
                    best, chosen[place] = cost, (length, distance)
            last = longest
        costs[place] = best
    return _way(chosen)


def _tries(tried: list[int], size: int) -> Callable[[int, int], list[int]]:
    """What gives the lengths to try above one and up to another, the longest of a match."""
    place = [bisect_left(tried, length) for length in range(size + 1)]

    def between(last: int, longest: int) -> list[int]:
        if longest <= last or longest < tried[0]:  # where a text was cut, matches may be equal
            return []
        return [*tried[place[last + 1] : place[longest]], longest]

    return between


def _way(chosen: list[tuple[int, int]]) -> Way:
    """The way through the best steps of all places."""
    steps, place = [], 0
    while place < len(chosen):
        steps.append(chosen[place])
        place += chosen[place][0] or 1
    lengths, distances = np.array(steps, np.uint16).T
    return Way(lengths, distances)
