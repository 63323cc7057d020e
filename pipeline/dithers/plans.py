"""Plans: lists of entries whose mean, as light adds up, is a color; Knoll's and Yliluoma's.

Colors are compared in coordinates that are linear in light, so that means stay means: luminance,
red against green, and both against blue, weighted as the eye sees them at a distance.

Let b(e) = e - color in these coordinates. All divisions round down.

- Knoll: `lack` begins at 0. Each time the entry with the least |b(e) - lack * strength / 256|^2
  joins the plan, the first of equals, and `lack` falls by its b(e).
- Yliluoma: the entry with the least |b(e)|^2 begins, the first of equals; below full strength the
  color then becomes the entry's plus its own distance from it times strength / 256. With a plan
  of `total` entries and the sum `a` of their b, for p = 1, 2, 4, ... while p <= total and
  total + p <= length, the first entry with the least |a + p * b(e)|^2 stands for p; that p wins
  for which this, divided by (total + p)^2, is least, the lower one of equals, and its entry joins
  p times.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dithers.pick import Ints
from pipeline.kernels import load

MOST = 16
"""Entries that a plan may be made of; as in pattern.c."""

_AXES = ((3, 6, 1), (8, -8, 0), (2, 3, -5))


class Wanted(NamedTuple):
    """What plans are made for.

    Attributes:
        colors: int64 (n, 3) coordinates.
        entries: int64 (k, 3) coordinates.
        near: int64 (n, m), m at most `MOST`: places of the entries that a color may be made of.
        length: Entries in a plan, at most 255.
        strength: In 1/256, 0..256.
    """

    colors: Ints
    entries: Ints
    near: Ints
    length: int
    strength: int


def coordinates(linear: NDArray[np.uint16]) -> Ints:
    """Linear light (n, 3) to what plans compare, int64 (n, 3), within -2^20..2^20."""
    found: Ints = linear.astype(np.int64) @ np.array(_AXES, np.int64).T
    return found


def plan(wanted: Wanted, rule: str) -> NDArray[np.uint8]:
    """How often each entry stands in each plan.

    Args:
        wanted: What the plans are made for.
        rule: `knoll` or `yliluoma`.

    Returns:
        uint8 (n, m); a row sums to the plan's length.
    """
    native = load()
    if native is None:
        return knoll(wanted) if rule == "knoll" else yliluoma(wanted)
    counts = np.zeros(wanted.near.shape, np.uint8)
    arrays = [np.ascontiguousarray(each) for each in wanted[:3]]
    native.plan(*arrays, wanted.length, wanted.strength, rule == "yliluoma", counts)
    return counts


def knoll(wanted: Wanted) -> NDArray[np.uint8]:
    """The reference of Knoll's rule."""
    apart = wanted.entries[wanted.near] - wanted.colors[:, None]
    squares = (apart * apart).sum(axis=2)
    rows = np.arange(len(apart))
    counts = np.zeros(wanted.near.shape, np.uint8)
    lack = np.zeros_like(wanted.colors)
    for _ in range(wanted.length):
        best = (squares - 2 * _dot(apart, lack * wanted.strength >> 8)).argmin(axis=1)
        counts[rows, best] += 1
        lack -= apart[rows, best]
    return counts


def _dot(apart: Ints, other: Ints) -> Ints:
    """(n, m, 3) and (n, 3) to (n, m)."""
    red, green, blue = (apart[..., axis] * other[:, None, axis] for axis in range(3))
    total: Ints = red + green + blue
    return total


def yliluoma(wanted: Wanted) -> NDArray[np.uint8]:
    """The reference of Yliluoma's rule."""
    rows = np.arange(len(wanted.colors))
    apart = wanted.entries[wanted.near] - wanted.colors[:, None]
    first = (apart * apart).sum(axis=2).argmin(axis=1)
    own = apart[rows, first]
    apart = apart - (own - (own * wanted.strength + 255 >> 8))[:, None]
    counts = np.zeros(wanted.near.shape, np.uint8)
    counts[rows, first] = 1
    growth = _Growth(apart, apart[rows, first], np.ones(len(rows), np.int64))
    while len(open_rows := np.flatnonzero(growth.total < wanted.length)):
        times, entry = growth.step(open_rows, wanted.length)
        counts[open_rows, entry] += times.astype(np.uint8)
    return counts


class _Growth:
    """Plans that grow: how far their sums and each entry lie from the colors."""

    def __init__(self, apart: Ints, sums: Ints, total: Ints) -> None:
        self.apart, self.sums, self.total = apart, sums.copy(), total
        self._squares = (apart * apart).sum(axis=2)

    def step(self, rows: Ints, length: int) -> tuple[Ints, Ints]:
        """Let the plans of some rows grow: how many times which entry joined."""
        total, sums = self.total[rows], self.sums[rows]
        along, square = _dot(self.apart[rows], sums), self._squares[rows]
        own = (sums * sums).sum(axis=1)
        least = np.full(len(rows), np.iinfo(np.int64).max)
        times, entry = np.ones_like(rows), np.zeros_like(rows)
        for p in (1 << power for power in range(length.bit_length())):
            some = np.flatnonzero((p <= total) & (total + p <= length))
            error = along[some] * (2 * p) + square[some] * (p * p)
            best = error.argmin(axis=1)
            found = own[some] + error[np.arange(len(some)), best]
            found //= (total[some] + p) ** 2
            better = found < least[some]
            some = some[better]
            least[some], times[some], entry[some] = found[better], p, best[better]
        self.sums[rows] += self.apart[rows, entry] * times[:, None]
        self.total[rows] += times
        return times, entry
