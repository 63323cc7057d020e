"""Matches: where a text agrees with what stands a little before it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import kernels

_PAIRS = 1 << 16


class Matches(NamedTuple):
    """What `find` found, one row a place.

    Attributes:
        lengths: uint16 (n, m), ascending; 0 where there are no more.
        distances: uint16 (n, m), ascending: the nearest place that agrees so far.
    """

    lengths: NDArray[np.uint16]
    distances: NDArray[np.uint16]


def find(data: NDArray[np.uint8], window: int, longest: int, most: int) -> Matches:
    """For each place of a text the earlier places that agree with it further than all nearer ones.

    Args:
        data: uint8 (n,), at least one.
        window: How far back they may lie, 1..65535.
        longest: How far agreement counts, 2..65535. It is 2 at least, and ends with the text.
        most: How many are kept: the nearest ones, and the one that agrees furthest.

    Returns:
        The same on every machine, whether the kernels are there or not.
    """
    native = kernels.load()
    if native is None:
        return find_plain(data, window, longest, most)
    lengths = np.empty((len(data), most), np.uint16)
    distances = np.empty_like(lengths)
    scratch = np.empty(_PAIRS + 2 * len(data), np.int32)
    native.matches(data, window, longest, scratch, lengths, distances)
    return Matches(lengths, distances)


def find_plain(data: NDArray[np.uint8], window: int, longest: int, most: int) -> Matches:
    """What `find` gives, by trying each distance."""
    found = Matches(np.zeros((len(data), most), np.uint16), np.zeros((len(data), most), np.uint16))
    best = np.ones(len(data), np.int64)
    counts = np.zeros(len(data), np.int64)
    for distance in range(1, min(window, len(data) - 1) + 1):
        length = _agreement(data, distance, longest)
        better = np.flatnonzero(length > best)
        if better.size:
            slot = np.minimum(counts[better], most - 1)
            found.lengths[better, slot] = best[better] = length[better]
            found.distances[better, slot] = distance
            counts[better] += 1
    return found


def _agreement(data: NDArray[np.uint8], distance: int, longest: int) -> NDArray[np.int64]:
    """int64 (n,): how far each place agrees with the one a distance before it."""
    differ = np.flatnonzero(data[distance:] != data[:-distance]) + distance
    ends = np.append(differ, len(data))
    counts = np.diff(ends, prepend=distance - 1)
    counts[-1] -= 1
    length = np.zeros(len(data), np.int64)
    length[distance:] = np.repeat(ends, counts) - np.arange(distance, len(data))
    return np.minimum(length, longest, out=length)
