"""Direct binary search: pixels are changed and swapped until the eye can see no gain.

After Analoui and Allebach, "Model-based halftoning using direct binary search", Proc. SPIE 1666,
1992, for any palette. With the model of `eye`, let u(p) be what pixel p misses,

    u(p) = ((entry's opponents - picture's opponents) * weight(p) + 2^14) >> 15

for each of the planes. The error that is seen is the sum over the planes and over all pairs of
pixels of u(p) * blur(p - q) * u(q); nothing lies outside the picture. To it is added, for each
plane and each block of `BLOCK` by `BLOCK` pixels, `TONE` times the squared sum of u: a blur alone
finds single dots on black worse than no dots, and shadows would lose their tone.

The search starts from error diffusion. A sweep looks at each pixel that is not pinned, row by row,
and tries

- each entry in the row of `candidates` that belongs to the pixel's own,
- then to swap its entry with that of each of its eight neighbors that is not pinned: row by row,

and does what lowers the error most, the first of equals, if anything does. Sweeps end when one
changes nothing, at the latest after `SWEEPS`. As each change lowers a whole number, the result is
never worse than the start.

`search` is the specification in plain Python; the native kernel does the same.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.color import oklab, to_linear
from pipeline.dithers import DitherOptions, Pinned, dither, eye
from pipeline.dithers.pick import Axis, Ints, axes, distances
from pipeline.image import Image
from pipeline.palette import Palette

SWEEPS = 10
"""Later sweeps would change few pixels in a thousand."""

BLOCK = 16
TONE = 100
"""A third of a percent of what `eye.blur` sums to."""

NEIGHBORS = 16
"""So many other entries, those nearest to the pixel's own, are tried."""


class Scene(NamedTuple):
    """What a search needs to know; nothing here changes.

    Attributes:
        target: int32 (planes, h, w), the picture's opponents.
        weight: int32 (h, w), 0..5517.
        free: uint8 (h, w), 0 where a pixel is pinned.
        colors: int32 (k, planes), the entries' opponents.
        candidates: uint16 (k, n), entries to try for each entry; its own stands for none.
        blur: int32 (2 r + 1, 2 r + 1).
        block: Side of the blocks whose tone is kept.
        tone: What an error of their tone weighs.
    """

    target: NDArray[np.int32]
    weight: NDArray[np.int32]
    free: NDArray[np.uint8]
    colors: NDArray[np.int32]
    candidates: NDArray[np.uint16]
    blur: NDArray[np.int32]
    block: int = BLOCK
    tone: int = TONE


def dbs(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None
) -> NDArray[np.uint16]:
    """Dither by direct binary search; see the module's docstring.

    Args:
        image: The picture, best projected on what the palette can mix. Alpha is ignored.
        palette: The colors; its transparent entry is never chosen.
        options: `pixels_per_degree` sets the blur; `strength` and `serpentine` are those of
            the error diffusion that it starts from.
        pinned: Settled entries. They stay, and their error counts for their neighbors.

    Returns:
        uint16 (h, w) indices, each pinned or in `palette.opaque`.

    Raises:
        ValueError: `pixels_per_degree` is outside 1..200.
    """
    if not 1 <= options.pixels_per_degree <= 200:
        raise ValueError(
            f"pixels_per_degree is {options.pixels_per_degree}, and has to be 1 to 200"
        )
    begin = dither(image, palette, options._replace(method="floyd-steinberg"), pinned)
    settled = np.full(begin.shape, -1, np.int32) if pinned is None else pinned
    given = scene(image, palette, options.pixels_per_degree, settled)
    native = kernels.load()
    if native is None:
        return search(given, begin)
    indices = begin.copy()
    native.dbs(given, SWEEPS, *scratch(given), indices)
    return indices


def scratch(given: Scene) -> tuple[NDArray[np.int32], Ints]:
    """The arrays that the native search works in."""
    planes, height, width = given.target.shape
    edge, block = len(given.blur) - 1, given.block
    seen = np.empty((planes, height + edge, width + edge), np.int32)
    return seen, np.empty((planes, -(-height // block), -(-width // block)), np.int64)


def scene(image: Image, palette: Palette, pixels_per_degree: int, pinned: Pinned) -> Scene:
    """What `search` needs; a palette of grays has the plane of luminance alone.

    Where the transparent entry is pinned nothing is missed: what is seen there is not known.
    """
    linear = to_linear(palette.seen)
    planes = 1 if len(axes(palette)) == 1 else 3
    reachable = linear[palette.opaque]
    inside = image.linear.clip(reachable.min(axis=0), reachable.max(axis=0))
    target = eye.opponents(image.linear if planes == 1 else inside, planes)
    colors = np.ascontiguousarray(eye.opponents(linear, planes).T)
    if planes == 1:
        levels = colors[palette.opaque]
        target = target.clip(levels.min(), levels.max())
    free = np.ascontiguousarray(pinned < 0, np.uint8)
    weight = eye.weights(target[0], pixels_per_degree)
    if palette.transparent is not None:
        weight = weight * (pinned != palette.transparent)
    return Scene(target, weight, free, colors, candidates(palette), eye.blur(pixels_per_degree))


def candidates(palette: Palette) -> NDArray[np.uint16]:
    """For each entry those to try in its place: uint16 (k, n), itself where there are fewer.

    On a grid they are its neighbors by one level a channel; otherwise the nearest in OKLab.
    """
    if palette.grid is not None:
        whole = replace(palette, transparent=None)
        return _drop(_grid_neighbors(axes(whole), len(palette)), palette)
    _, first = np.unique(palette.seen[palette.opaque], axis=0, return_index=True)
    different = np.sort(palette.opaque[first])
    points = oklab(to_linear(palette.seen))
    apart = distances(points, points[different])
    apart[different, np.arange(len(different))] = -1  # itself first
    nearest = different[apart.argsort(axis=1, kind="stable")[:, : NEIGHBORS + 1]]
    return nearest.astype(np.uint16)


def _grid_neighbors(separate: tuple[Axis, ...], count: int) -> NDArray[np.uint16]:
    """For each color of a grid the 3 or 27 within one level, itself among them."""
    places = np.indices([len(axis.levels) for axis in separate]).reshape(len(separate), -1)
    steps = np.indices([3] * len(separate)).reshape(len(separate), -1) - 1
    near = np.zeros((places.shape[1], steps.shape[1]), np.int64)
    for axis, place, step in zip(separate, places, steps, strict=True):
        near += axis.shares[(place[:, None] + step).clip(0, len(axis.levels) - 1)]
    table = np.repeat(np.arange(count)[:, None], steps.shape[1], axis=1)
    table[near[:, steps.shape[1] // 2]] = near
    return table.astype(np.uint16)


def _drop(table: NDArray[np.uint16], palette: Palette) -> NDArray[np.uint16]:
    """The same without the transparent entry."""
    if palette.transparent is None:
        return table
    own = np.arange(len(table), dtype=np.uint16)[:, None]
    return np.where(table == palette.transparent, own, table)


def search(given: Scene, begin: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """The search itself.

    Args:
        given: What it needs to know.
        begin: uint16 (h, w) entries to start from.

    Returns:
        uint16 (h, w) entries; those that are not free are as in `begin`.
    """
    state = _State(given, begin)
    for _ in range(SWEEPS):
        if not sum([state.improve(y, x) for y, x in np.argwhere(given.free).tolist()]):
            break
    return np.array(state.indices, np.uint16)


Change = tuple[tuple[int, int, int], ...]
"""What a step does: rows, columns and new entries."""


class _State:
    """The picture as it stands, and the error as the eye sees it."""

    def __init__(self, given: Scene, begin: NDArray[np.uint16]) -> None:
        self.indices: list[list[int]] = begin.tolist()
        self._given = given
        self._target, self._weight = given.target.tolist(), given.weight.tolist()
        self._colors, self._candidates = given.colors.tolist(), given.candidates.tolist()
        self._free = given.free.tolist()
        self._blur = given.blur.astype(np.int64)
        self._reach = len(given.blur) // 2
        self._doubtful = np.ones(begin.shape, np.bool_)  # may have a change that helps
        self._sum_up(begin)

    def _sum_up(self, begin: NDArray[np.uint16]) -> None:
        """The error through the blur, with a margin around the picture, and that of blocks."""
        given, reach = self._given, self._reach
        height, width = begin.shape
        shown = np.moveaxis(given.colors[begin], -1, 0).astype(np.int64)
        missed = ((shown - given.target) * given.weight + (1 << 14)) >> 15
        self._seen = np.zeros((len(missed), height + 2 * reach, width + 2 * reach), np.int64)
        for (dy, dx), tap in np.ndenumerate(self._blur):
            self._seen[:, dy : dy + height, dx : dx + width] += tap * missed
        rows, columns = (np.arange(0, side, given.block) for side in begin.shape)
        sums = np.add.reduceat(np.add.reduceat(missed, rows, axis=1), columns, axis=2)
        self._sums: list[list[list[int]]] = sums.tolist()

    def improve(self, y: int, x: int) -> bool:
        """Make the best change at a pixel, if one lowers the error."""
        if not self._doubtful[y, x]:
            return False
        self._doubtful[y, x] = False
        change = self._best(y, x)
        for row, column, entry in change:
            self._set(row, column, entry)
        return bool(change)

    def _best(self, y: int, x: int) -> Change:
        """The change at a pixel that lowers the error most; empty when none does."""
        own, here = self.indices[y][x], self._slopes(y, x)
        least = 0
        change: Change = ()
        for entry in self._candidates[own]:
            gain = self._alone(self._step(y, x, entry), here)
            if gain < least:
                least, change = gain, ((y, x, entry),)
        for y2, x2 in self._around(y, x):
            entry = self.indices[y2][x2]
            gain = self._swap(self._step(y, x, entry), here, (y, x), (y2, x2))
            if gain < least:
                least, change = gain, ((y, x, entry), (y2, x2, own))
        return change

    def _around(self, y: int, x: int) -> list[tuple[int, int]]:
        """Free neighbors of another entry."""
        _, height, width = self._given.target.shape
        own, free, indices = self.indices[y][x], self._free, self.indices
        rows = range(max(y - 1, 0), min(y + 2, height))
        columns = range(max(x - 1, 0), min(x + 2, width))
        return [(v, u) for v in rows for u in columns if free[v][u] and indices[v][u] != own]

    def _step(self, y: int, x: int, entry: int) -> list[int]:
        """By how much u changes in each plane when a pixel gets an entry."""
        weight, old, new = self._weight[y][x], self._colors[self.indices[y][x]], self._colors[entry]
        return [
            ((after - plane[y][x]) * weight + 16384 >> 15)
            - ((before - plane[y][x]) * weight + 16384 >> 15)
            for plane, before, after in zip(self._target, old, new, strict=True)
        ]

    def _slopes(self, y: int, x: int) -> list[int]:
        """For each plane half of how steeply the error grows with u."""
        seen = self._seen[:, y + self._reach, x + self._reach].tolist()
        row, column = self._block(y, x)
        tone = self._given.tone
        return [s + tone * sums[row][column] for s, sums in zip(seen, self._sums, strict=True)]

    def _block(self, y: int, x: int) -> tuple[int, int]:
        return y // self._given.block, x // self._given.block

    def _alone(self, step: list[int], slopes: list[int]) -> int:
        """By how much the error grows when u of one pixel changes by `step`."""
        own = int(self._blur[self._reach, self._reach]) + self._given.tone
        return sum([d * (2 * slope + d * own) for d, slope in zip(step, slopes, strict=True)])

    def _swap(
        self, here: list[int], slopes: list[int], at: tuple[int, int], mate: tuple[int, int]
    ) -> int:
        """The same when two pixels swap their entries."""
        (y, x), (y2, x2) = at, mate
        there = self._step(y2, x2, self.indices[y][x])
        shared = int(self._blur[self._reach + y2 - y, self._reach + x2 - x])
        shared += self._given.tone * (self._block(y, x) == self._block(y2, x2))
        alone = self._alone(here, slopes) + self._alone(there, self._slopes(y2, x2))
        return alone + 2 * shared * sum([d * e for d, e in zip(here, there, strict=True)])

    def _set(self, y: int, x: int, entry: int) -> None:
        step, side = self._step(y, x, entry), len(self._blur)
        change = np.multiply.outer(np.array(step, np.int64), self._blur)
        self._seen[:, y : y + side, x : x + side] += change
        row, column = self._block(y, x)
        for d, sums in zip(step, self._sums, strict=True):
            sums[row][column] += d
        self.indices[y][x] = entry
        self._doubt(y, x)

    def _doubt(self, y: int, x: int) -> None:
        """All pixels that look at this one, at what it is blurred into, or at its block."""
        reach, block = self._reach + 1, self._given.block
        top, left = y - y % block - 1, x - x % block - 1
        self._doubtful[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1] = True
        self._doubtful[max(top, 0) : top + block + 2, max(left, 0) : left + block + 2] = True
