"""Sharing: what a shared palette costs each picture, and pictures in groups that share well."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np

from pipeline.cells import STEPS, Cells, cells, features, finest, merge
from pipeline.grid import Grid
from pipeline.histogram import TOTAL_WEIGHT, Histogram, Picture, histogram
from pipeline.image import Image
from pipeline.kmeans import Ints, squared
from pipeline.palette import Palette
from pipeline.quantize import LearnOptions, check, learn
from pipeline.search import Engine, Plan, engine, refine, start

UNITS = {"perceptual": 40.96, "mse": 16.0}
"""Feature units in one unit of a report: a hundredth of OKLab's lightness; one sRGB level."""

_SKETCH_BITS = 5  # pictures are grouped by cells of so many bits a channel
_LEARN = Plan(rounds=4)
_NO_COLORS = 1 << 128  # the error with no palette at all, above any other
_MOVES = 10  # rounds in which pictures change groups; it ends by itself after a few


class Loss(NamedTuple):
    """Root mean squared color error of a picture without dither, by metric.

    For `perceptual` 1 is a hundredth of the range of lightness, near 1 of CIE delta E; for `mse`
    it is one sRGB level, over the three channels together.

    Attributes:
        own: With the palette that would be learned for this picture alone.
        shared: With the shared palette.
    """

    own: float
    shared: float


def losses(
    images: Sequence[Image],
    palette: Palette,
    grid: Grid,
    options: LearnOptions,
    alpha_threshold: int = 128,
) -> tuple[Loss, ...]:
    """What each picture loses by a palette that it does not have for itself.

    Args:
        images: The pictures.
        palette: The shared palette.
        grid: The colors that the panel can show.
        options: Those by which `palette` was learned.
        alpha_threshold: Pixels with alpha below this do not count.

    Returns:
        A `Loss` for each picture, in order; zeros for one of which nothing is drawn.
    """
    found = []
    for image in images:
        own = learn([image], grid, options, alpha_threshold)
        pixels = histogram([Picture(image)], alpha_threshold, gray=grid.gray)
        group = finest(pixels, options.metric)
        pair = [_rms(group, one, options) for one in (own, palette)]
        found.append(Loss(*pair))
    return tuple(found)


def best_of(
    image: Image,
    palettes: Sequence[Palette],
    grid: Grid,
    options: LearnOptions,
    alpha_threshold: int = 128,
) -> Palette:
    """The palette at which a picture loses least; the first one of equals.

    Args:
        image: The picture.
        palettes: At least one.
        grid: The colors that the panel can show.
        options: Those by which the palettes were learned.
        alpha_threshold: Pixels with alpha below this do not count.
    """
    pixels = histogram([Picture(image)], alpha_threshold, gray=grid.gray)
    group, who = finest(pixels, options.metric), engine(options.engine)
    return min(palettes, key=lambda palette: _error(group, _sites(palette, options.metric), who))


def _sites(palette: Palette, metric: str) -> Ints:
    return (features(palette.seen[palette.opaque], metric) * STEPS).astype(np.int32)


def _rms(group: Cells, palette: Palette, options: LearnOptions) -> float:
    error = _error(group, _sites(palette, options.metric), engine(options.engine))
    scale = (STEPS * UNITS[options.metric]) ** 2
    return sqrt(error / max(int(group.weights.sum()), 1) / scale)


def group(
    pictures: Sequence[Picture],
    count: int,
    grid: Grid,
    options: LearnOptions,
    alpha_threshold: int = 128,
) -> tuple[int, ...]:
    """Put pictures into groups so that each group shares a palette at little loss.

    First each picture has a palette, and those are kept one by one that lower the error of all
    pictures most. Then, as in KMeans, each group learns its palette and each picture moves to
    the group whose palette serves it best, until the sum of errors falls no more.

    Args:
        pictures: The pictures with their weights and masks, at least one.
        count: How many groups at most, at least 1.
        grid: The colors that the panel can show.
        options: Those by which palettes will be learned.
        alpha_threshold: Pixels with alpha below this do not count.

    Returns:
        The group of each picture, numbered from 0 in order of first appearance.

    Raises:
        ValueError: The options contradict each other, `count` is below 1, there is no picture,
            or a weight or mask does not fit.
    """
    check(options)
    if count < 1:
        raise ValueError(f"{count} groups of pictures: use at least 1")
    if not pictures:
        raise ValueError("no picture to put into a group: name at least one")
    task = _Sharing(
        [_sketch(picture, grid, alpha_threshold) for picture in pictures],
        [picture.weight for picture in pictures],
        options,
        engine(options.engine),
    )
    return _renumbered(_move(task, _first_groups(task, min(count, len(pictures)))))


class _Sharing(NamedTuple):
    """The pictures in few colors, their weights, and how palettes are learned."""

    sketches: list[Histogram]
    weights: list[int]
    options: LearnOptions
    who: Engine

    def palette(self, members: list[int]) -> Ints | None:
        """int32 (k, 3): centers for some pictures together, pinned ones last; None of nothing."""
        every = sum(self.weights[m] for m in members)
        parts = [_scaled(self.sketches[m], self.weights[m], every) for m in members]
        keys, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
        if len(keys) == 0:
            return None
        joint = cells(Histogram(keys, weights), self.options.metric)
        return self._centers(joint)

    def _centers(self, joint: Cells) -> Ints | None:
        fixed = np.array([color for _, color in self.options.fixed], np.uint8).reshape(-1, 3)
        pinned = (features(fixed, self.options.metric) * STEPS).astype(np.int32)
        room = self.options.colors - len(fixed) - (self.options.transparent is not None)
        if room == 0:
            return pinned
        centers, labels = start(joint, room, self.who)
        centers, _ = refine(joint, centers, labels, _LEARN, self.who, pinned)
        return np.concatenate([centers, pinned])

    def error(self, picture: int, centers: Ints | None) -> int:
        """What a picture's colors miss by, with its weight."""
        sketch = self.sketches[picture]
        if len(sketch.keys) == 0:
            return 0
        if centers is None:
            return _NO_COLORS
        group = cells(sketch, self.options.metric)
        return _error(group, centers, self.who) * self.weights[picture]


def _error(group: Cells, centers: Ints, who: Engine) -> int:
    if len(group.weights) == 0:
        return 0
    labels = np.zeros(len(group.weights), np.int32)
    _, labels = refine(group, centers, labels, Plan(), who)
    return int((group.weights * squared(group.points - centers[labels])).sum())


def _sketch(picture: Picture, grid: Grid, alpha_threshold: int) -> Histogram:
    pixels = histogram([picture], alpha_threshold, gray=grid.gray)
    coarse, _ = merge(finest(pixels, "mse"), _SKETCH_BITS)
    return Histogram(coarse.keys, coarse.weights)


def _scaled(sketch: Histogram, weight: int, every: int) -> Histogram:
    """Its share of `TOTAL_WEIGHT`; a color stays at 1 at least."""
    share = TOTAL_WEIGHT * weight // every
    return Histogram(sketch.keys, np.maximum(sketch.weights * share // TOTAL_WEIGHT, 1))


def _first_groups(task: _Sharing, count: int) -> list[int]:
    """Each picture's group when those `count` pictures lead whose own palettes serve all best."""
    every = range(len(task.sketches))
    palettes = [task.palette([picture]) for picture in every]
    errors = [[task.error(picture, palette) for palette in palettes] for picture in every]
    leaders: list[int] = []
    for _ in range(count):
        rest = [one for one in every if one not in leaders]
        leaders.append(min(rest, key=lambda one: _sum_of_least(errors, [*leaders, one])))
    return [min(range(count), key=lambda g: row[leaders[g]]) for row in errors]


def _sum_of_least(errors: list[list[int]], leaders: list[int]) -> int:
    return sum(min(row[leader] for leader in leaders) for row in errors)


def _move(task: _Sharing, groups: list[int]) -> list[int]:
    """Groups after pictures moved to the palettes that serve them best."""
    least = None
    for _ in range(_MOVES):
        names = sorted(set(groups))
        palettes = [task.palette([p for p, g in enumerate(groups) if g == name]) for name in names]
        rows = [[task.error(p, palette) for palette in palettes] for p in range(len(groups))]
        total = sum(rows[p][names.index(g)] for p, g in enumerate(groups))
        if least is not None and total >= least[0]:
            return least[1]
        least = total, groups
        groups = [names[row.index(min(row))] for row in rows]
    return groups if least is None else least[1]


def _renumbered(groups: list[int]) -> tuple[int, ...]:
    order = list(dict.fromkeys(groups))
    return tuple(order.index(name) for name in groups)
