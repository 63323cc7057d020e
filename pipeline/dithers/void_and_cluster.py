"""Void and cluster: makes blue-noise threshold maps, in integers and always the same.

Robert Ulichney: The void-and-cluster method for dither array generation. Proc. SPIE 1913, 1993.
Dots are spread so that no gray level clumps: a pixel's crowding is the sum of a Gaussian over
all dots, on a torus, so that copies of the map fit together without a seam. A start of a tenth
of the pixels is evened out by moving the most crowded dot to the emptiest place until that
changes nothing. Its dots, taken away from the most crowded on, get the low ranks downward; the
emptiest places, filled one after another, get the others upward. (The filter is the same for
dots and gaps, so that one rule serves both halves.)
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_ONE = 1 << 56  # the height of the Gaussian; the sum over all places stays below 2^60
_FALL = (4, 5)  # its value at distance d is (4/5)^(d*d): a standard deviation of 1.497 pixels


def void_and_cluster(size: int) -> Ints:
    """A threshold map of blue noise.

    Args:
        size: Pixels on a side, at least 4.

    Returns:
        int64 (size, size), each of 0..size*size-1 once.
    """
    crowd = _Crowd(size)
    for place in _start(size):
        crowd.put(place)
    _even_out(crowd)
    ranks = np.zeros(size * size, np.int64)
    dots = crowd.dots.copy()
    first = int(dots.sum())
    for rank in reversed(range(first)):
        place = crowd.tightest()
        crowd.take(place)
        ranks[place] = rank
    for place in np.flatnonzero(dots).tolist():
        crowd.put(place)
    for rank in range(first, size * size):
        place = crowd.emptiest()
        crowd.put(place)
        ranks[place] = rank
    return ranks.reshape(size, size)


def _start(size: int) -> list[int]:
    """A tenth of the places, in the order of a hash of their number."""
    places = np.arange(size * size, dtype=np.uint64)
    mixed = (places + np.uint64(1)) * np.uint64(2654435761) & np.uint64(0xFFFFFFFF)
    mixed ^= mixed >> np.uint64(15)
    mixed = mixed * np.uint64(2246822519) & np.uint64(0xFFFFFFFF)
    mixed ^= mixed >> np.uint64(13)
    order = np.argsort(mixed, kind="stable")
    return [int(place) for place in order[: max(1, size * size // 10)]]


def _even_out(crowd: "_Crowd") -> None:
    while True:
        clump = crowd.tightest()
        crowd.take(clump)
        gap = crowd.emptiest()
        crowd.put(gap)
        if gap == clump:
            return


class _Crowd:
    """Dots on a torus, and how crowded each place is."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.dots = np.zeros(size * size, np.bool_)
        self._crowding = np.zeros((size, size), np.int64)
        # Twice as wide, so that the table round any place is one slice of it.
        self._around = np.tile(_gaussian(size), (2, 2))

    def put(self, place: int) -> None:
        """Add a dot."""
        self.dots[place] = True
        self._crowding += self._seen_from(place)

    def take(self, place: int) -> None:
        """Remove a dot."""
        self.dots[place] = False
        self._crowding -= self._seen_from(place)

    def tightest(self) -> int:
        """The most crowded dot, the first of equals."""
        return int(np.where(self.dots, self._crowding.ravel(), -1).argmax())

    def emptiest(self) -> int:
        """The least crowded place without a dot, the first of equals."""
        most = np.iinfo(np.int64).max
        return int(np.where(self.dots, most, self._crowding.ravel()).argmin())

    def _seen_from(self, place: int) -> Ints:
        y, x = divmod(place, self.size)
        top, left = self.size - y, self.size - x
        return self._around[top : top + self.size, left : left + self.size]


def _gaussian(size: int) -> Ints:
    """int64 (size, size): the weight of a dot at the origin for each place of the torus."""
    near = [min(step, size - step) for step in range(size)]
    up, down = _FALL
    rows = [[(_ONE * up**d // down**d) for d in (y * y + x * x for x in near)] for y in near]
    return np.array(rows, np.int64)
