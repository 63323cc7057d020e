"""Threshold maps: in which order the pixels of a tile light up."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dithers.blue_noise import blue_noise

Ints = NDArray[np.int64]


class Map(NamedTuple):
    """A kind of map: `make(size)` gives int64 (size, size), each of 0..size*size-1 once."""

    make: Callable[[int], Ints]
    size: int

    def ranks(self) -> Ints:
        """The map itself."""
        return self.make(self.size)


def bayer(size: int) -> Ints:
    """The threshold map of a power of two: int64 (size, size), each of 0..size*size-1 once.

    Bayer: An Optimum Method for Two-Level Rendition of Continuous-Tone Pictures. IEEE
    International Conference on Communications, 1973. Each doubling puts the four quarters of a
    threshold at places of the 2x2 map, so every scale of the map is as even as it can be.
    """
    if size == 1:
        return np.zeros((1, 1), np.int64)
    coarse = 4 * bayer(size // 2)
    return np.block([[coarse, coarse + 2], [coarse + 3, coarse + 1]])


def clustered(size: int) -> Ints:
    """A halftone screen at 45 degrees: int64 (size, size), each of 0..size*size-1 once.

    Two dots a tile grow in turn, from their centers until they meet, and then the gaps between
    them close toward their own centers. Dots lie `size / sqrt(2)` pixels apart. Pixels are
    ordered by how much nearer they are to a dot's center than to a gap's, on a torus; the
    centers lie a little off the pixels' axes of symmetry, so that a dot grows round its center
    and not to one side.

    Args:
        size: Pixels on a side of the tile, even.
    """
    unit, half = 32 * size, 16 * size
    y, x = np.mgrid[0:size, 0:size] * 32 + 16
    y, x = y + 1, x + 3  # odd parts of a pixel break ties of distance
    dots = [_apart(y, x, center, unit) for center in ((0, 0), (half, half))]
    gaps = [_apart(y, x, center, unit) for center in ((0, half), (half, 0))]
    worth = np.minimum(*dots) - np.minimum(*gaps)
    second = dots[1] < dots[0]
    ranks = np.empty((size, size), np.int64)
    for number, own in enumerate((~second, second)):
        order = np.argsort(worth[own], kind="stable")
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        ranks[own] = 2 * places + number
    return ranks


def _apart(y: Ints, x: Ints, center: tuple[int, int], unit: int) -> Ints:
    """Squared distances to a center on a torus of `unit` steps."""
    down, right = (y - center[0]) % unit, (x - center[1]) % unit
    total: Ints = np.minimum(down, unit - down) ** 2 + np.minimum(right, unit - right) ** 2
    return total


MAPS: Mapping[str, Map] = MappingProxyType(
    {f"bayer-{size}": Map(bayer, size) for size in (2, 4, 8, 16, 32, 64)}
    | {f"clustered-{size}": Map(clustered, size) for size in (4, 6, 8)}
    | {"blue-noise": Map(lambda _: blue_noise(), 64)}
)
