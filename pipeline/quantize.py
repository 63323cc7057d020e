"""Quantize: learn a palette on the panel's color grid from pictures.

The way is histogram -> cells -> split start -> Lloyd and swaps -> Lloyd on the colors themselves
-> Lloyd on the grid. Everything that decides a byte is integer arithmetic (`cells`, `kmeans` and
`search` say why it is exact), so the compiled kernels, numpy and scikit-learn give the same palette
on every machine.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.cells import METRICS, STEPS, Cells, features, finest, merge
from pipeline.grid import RGB, Grid, word
from pipeline.histogram import Histogram, Mask, Picture, histogram, keys_of, on_grid, without
from pipeline.image import Image
from pipeline.kmeans import Ints, squared
from pipeline.palette import Palette, grid_colors, grid_words
from pipeline.search import ENGINES, Plan, engine, refine, start
from pipeline.settle import Task, settle


class Effort(NamedTuple):
    """How hard to search.

    Attributes:
        share: The search uses cells that are at least so many times the entries, if there are.
        plan: Rounds and swaps on those cells.
        passes: How often `PASS_ROUNDS` of Lloyd's rounds follow on the finest cells, beside
            those that come first.
    """

    share: int
    plan: Plan
    passes: int


_NORMAL = Effort(64, Plan(4, 64, 4, 4), 2)

EFFORTS = {
    "fast": (Effort(32, Plan(2, 16, 2, 2), 0),),
    "normal": (_NORMAL,),
    "best": (_NORMAL, Effort(64, Plan(5, 1000, 2, 20), 10), Effort(128, Plan(5, 2000, 8, 20), 10)),
}
"""By name, from quick to slow; of several searches the one that ends best counts."""

PASS_ROUNDS = Plan(rounds=2)
"""Lloyd's rounds on the finest cells in one pass."""

NOT_SEEN = 64
"""Distances below this, in 1/`STEPS`, are all alike to `_eased`: 0.4 hundredths of lightness."""

COARSEST = 5
"""The search begins with cells of at least so many bits a channel."""


class LearnOptions(NamedTuple):
    """What a manifest can set for a learned palette.

    Attributes:
        colors: Entries in all, 1..256, with the pinned ones and the transparent one.
        metric: `perceptual` (scaled OKLab) or `mse` (sRGB).
        fixed: (index, sRGB color) of each pinned entry; the color is snapped to the grid.
        transparent: Index reserved for pixels that are not drawn, or None.
        effort: `fast`, `normal` or `best`: how long to search for a better palette.
        engine: `native` (the compiled kernels, or numpy where there are none) or
            `scikit-learn`; both give the same palette.
    """

    colors: int
    metric: str = "perceptual"
    fixed: tuple[tuple[int, RGB], ...] = ()
    transparent: int | None = None
    effort: str = "normal"
    engine: str = "native"


def learn(
    images: Sequence[Image],
    grid: Grid,
    options: LearnOptions,
    alpha_threshold: int = 128,
    *,
    weights: Sequence[int] | None = None,
    masks: Sequence[Mask] | None = None,
) -> Palette:
    """Learn one palette for all pictures.

    The learned colors go to the free indices from the lowest up, dark to light (by OKLab L,
    then a, then b). Pictures with no more colors on the grid than there is room for get just
    those, and the palette ends at its last needed entry. Indices that then stay free below a
    pinned one repeat the lightest learned color.

    Args:
        images: The pictures, at least one. Their order does not matter.
        grid: The colors that the panel can show; every entry is one of them.
        options: Size, metric, pinned and transparent entries, effort.
        alpha_threshold: Pixels with alpha below this do not count (0..255).
        weights: What each picture weighs, 1..2^20; all the same when None.
        masks: uint8 (h, w) for each picture, or None: where its pixels matter more, as
            `histogram.Picture` says.

    Returns:
        The palette, `learned`, with at most `options.colors` entries. No learned color equals
        a pinned one or another learned one. The transparent entry is
        black, or another color where black is drawn.

    Raises:
        ValueError: The options contradict each other, there is no picture, or weights or masks
            do not fit the pictures.
    """
    check(options)
    pixels = histogram(pictures_of(images, weights, masks), alpha_threshold, gray=grid.gray)
    pinned = {index: word(grid, color) for index, color in options.fixed}
    room = options.colors - len(pinned) - (options.transparent is not None)
    fixed = grid_colors(grid, np.array(list(pinned.values()), np.uint32))
    found = without(on_grid(pixels, grid), fixed)
    if room == 0 or len(found.weights) <= room:
        learned = found.colors[:room]
    else:
        task = Task(grid, options.metric, found, fixed, engine(options.engine))
        learned = _fit(pixels, room, task, EFFORTS[options.effort])
    return _arrange(grid_words(grid, _dark_to_light(learned)), pinned, grid, options)


def pictures_of(
    images: Sequence[Image], weights: Sequence[int] | None, masks: Sequence[Mask] | None
) -> list[Picture]:
    """Pictures with their weights and masks; ValueError when the counts differ or are 0."""
    if not images:
        raise ValueError("no picture to learn a palette from: name at least one")
    for name, given in (("weights", weights), ("masks", masks)):
        if given is not None and len(given) != len(images):
            raise ValueError(f"{len(given)} {name} for {len(images)} pictures: give one for each")
    sizes = weights if weights is not None else [1] * len(images)
    parts = masks if masks is not None else [None] * len(images)
    return [Picture(*row) for row in zip(images, sizes, parts, strict=True)]


def check(options: LearnOptions) -> None:
    """Raise ValueError when options are unknown or contradict each other."""
    if not 1 <= options.colors <= 256:
        raise ValueError(f"colors is {options.colors}: a learned palette has 1 to 256 entries")
    _check_name("metric", options.metric, METRICS)
    _check_name("effort", options.effort, tuple(EFFORTS))
    _check_name("engine", options.engine, ENGINES)
    taken = [index for index, _ in options.fixed]
    if options.transparent is not None:
        taken.append(options.transparent)
    if options.colors == 1 and options.transparent is not None:
        raise ValueError("the only entry is transparent: give the palette at least 2 colors")
    for index in taken:
        if not 0 <= index < options.colors:
            raise ValueError(f"index {index} is outside the palette's 0..{options.colors - 1}")
        if taken.count(index) > 1:
            raise ValueError(f"index {index} is fixed twice: give each entry an index of its own")


def _check_name(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise ValueError(f"unknown {what} `{name}`: use {' or '.join(known)}")


def _fit(
    pixels: Histogram, count: int, task: Task, efforts: tuple[Effort, ...]
) -> NDArray[np.uint8]:
    """`count` different grid colors, none pinned, for pixels with more grid colors than that."""
    fine = finest(pixels, task.metric)
    found = [_search(fine, count, task, effort) for effort in efforts]
    return found[0] if len(found) == 1 else min(found, key=lambda one: _error(fine, one, task))


def _search(fine: Cells, count: int, task: Task, effort: Effort) -> NDArray[np.uint8]:
    pinned = task.centers(task.pinned)
    coarse, places = _coarse(fine, effort.share * (count + len(pinned)))
    centers, labels = _first(coarse, count, task)
    centers, labels = refine(coarse, centers, labels, effort.plan, task.who, pinned)
    labels, group = labels[places], fine
    for turn in range(effort.passes + 1):
        if turn > 0:
            group = _eased(fine, centers, labels, task)
        centers, labels = refine(group, centers, labels, PASS_ROUNDS, task.who, pinned)
    return settle(group, centers, labels, task)


def _eased(fine: Cells, centers: Ints, labels: Ints, task: Task) -> Cells:
    """Cells whose weights make the next rounds lower what the metric counts.

    `mse` counts squared distances, as Lloyd's rounds do. `perceptual` counts distances:
    a weight divided by the distance makes the squared one count as if it were the first power
    (Weiszfeld, "Sur le point pour lequel la somme des distances de n points donnés est minimum",
    Tohoku Mathematical Journal 43, 1937). The roots are whole numbers: IEEE 754 rounds the root of
    an integer below 2^52 so that its floor is right.
    """
    if task.metric == "mse":
        return fine
    apart = np.sqrt(_apart(fine, centers, labels, task)).astype(np.int64)
    weights = np.maximum(fine.weights * NOT_SEEN // np.maximum(apart, NOT_SEEN), 1)
    sums = fine.points.astype(np.int64) * weights[:, None] // STEPS
    return fine._replace(weights=weights, sums=sums)


def _apart(fine: Cells, centers: Ints, labels: Ints, task: Task) -> NDArray[np.int64]:
    """int64 (n,): each cell's squared distance to its center."""
    every = np.concatenate([centers, task.centers(task.pinned)])
    return squared(fine.points - every[labels])


def _error(fine: Cells, colors: NDArray[np.uint8], task: Task) -> int:
    """What the metric counts; for `perceptual`, with distances cut to whole numbers."""
    centers, pinned = task.centers(colors), task.centers(task.pinned)
    labels = np.zeros(len(fine.weights), np.int32)
    _, labels = refine(fine, centers, labels, Plan(), task.who, pinned)
    apart = _apart(fine, centers, labels, task)
    if task.metric == "perceptual":
        apart = np.sqrt(apart).astype(np.int64)
    return int((fine.weights * apart).sum())


def _coarse(fine: Cells, wanted: int) -> tuple[Cells, NDArray[np.int32]]:
    """The coarsest cells of which there are at least so many, and where the fine ones went."""
    for bits in range(COARSEST, 8):
        group, places = merge(fine, bits)
        if len(group.weights) >= wanted:
            return group, places
    return fine, np.arange(len(fine.weights), dtype=np.int32)


def _first(group: Cells, count: int, task: Task) -> tuple[Ints, Ints]:
    """First centers for all entries, less the one nearest to each pinned color in turn."""
    pinned = task.centers(task.pinned)
    centers, labels = start(group, count + len(pinned), task.who)
    for pin in pinned:
        centers = np.delete(centers, squared(centers - pin).argmin(), axis=0)
    return centers, labels if len(pinned) == 0 else np.zeros_like(labels)


def _dark_to_light(colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    lightness, a, b = features(colors, "perceptual").T
    return colors[np.lexsort((keys_of(colors), b, a, lightness))]


def _arrange(
    learned: NDArray[np.uint32], pinned: dict[int, int], grid: Grid, options: LearnOptions
) -> Palette:
    """The palette with every word at its index."""
    taken = dict(pinned)
    if options.transparent is not None:
        drawn_words = {*pinned.values(), *learned.tolist()}
        taken[options.transparent] = _unused_word(grid, drawn_words)
    free = [index for index in range(options.colors) if index not in taken]
    placed = dict(zip(free, learned.tolist(), strict=False))
    drawn = free[:1] if not pinned else []  # a palette can always draw something
    filler = int(learned[-1]) if len(learned) else _spare_gray(grid, set(pinned.values()))
    length = max([*taken, *placed, *drawn]) + 1
    words = np.array([{**placed, **taken}.get(i, filler) for i in range(length)], np.uint32)
    seen = grid_colors(grid, words)
    return Palette(seen, seen, words, options.transparent, learned=True)


def _unused_word(grid: Grid, drawn: set[int]) -> int:
    """A word for what is not drawn: black, else magenta, else the first that is free.

    Where pixels hold words, a driver tells the transparent ones by this word alone.
    """
    usual = (word(grid, (0, 0, 0)), word(grid, (255, 0, 255)))
    every = (grid.fixed | number for number in range(grid.size))
    return next((code for code in (*usual, *every) if code not in drawn), usual[0])


def _spare_gray(grid: Grid, pinned: set[int]) -> int:
    """The darkest gray that is not pinned, so that no pinned color has a double; or black."""
    grays = (word(grid, (level, level, level)) for level in range(256))
    return next((gray for gray in grays if gray not in pinned), word(grid, (0, 0, 0)))
