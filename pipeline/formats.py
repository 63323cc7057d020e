"""Formats: one picture in every format that it may have, and the smallest that is near enough."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from pipeline.color import to_srgb
from pipeline.depths import candidates
from pipeline.drawing import Drawn, drawn, packed
from pipeline.emitters import Picture
from pipeline.emitters.describe import flash_bytes
from pipeline.layout import MAX_INDEXED
from pipeline.metrics.exact import mean_thousandths
from pipeline.palette import Indexed
from pipeline.plan import Job
from pipeline.prepare import Prepared
from pipeline.recipe import AUTO, Recipe
from pipeline.report import Failure


class Attempt(NamedTuple):
    """A picture in one format.

    Attributes:
        drawn: The picture in palette entries.
        packed: The same as it lies in flash.
        error: Mean CIEDE2000 of the drawn pixels in thousandths, the same on every machine.
    """

    drawn: Drawn
    packed: Picture
    error: int

    @property
    def cost(self) -> int:
        """Bytes in flash."""
        return flash_bytes(self.packed)

    @property
    def name(self) -> str:
        """`native`, or `i1` to `i8`."""
        own = self.drawn.recipe.format == "native"
        return "native" if own else f"i{self.packed.layout.bits}"


def index(job: Job, prepared: Prepared) -> Drawn:
    """The picture in palette entries, in the format that was asked for or chosen."""
    recipe = job.rule.recipe
    if recipe.format != AUTO:
        return drawn(job, prepared)
    trials = list(_trials(job, prepared))
    most = max(recipe.most_error, min(one.error for one in trials))
    near = [one for one in trials if one.error <= most]
    found = best(_any_packed(job, near, trials), recipe.most_error)
    words = f"format auto: {found.name}, {len(found.drawn.indexed.palette)} colors"
    if found.error > recipe.most_error:
        words += f", the nearest: none is within delta E {recipe.most_error / 1000:g}"
    note = "; ".join(filter(None, (words, found.drawn.note)))
    return found.drawn._replace(note=note)


def settled(job: Job, indexed: Indexed) -> Recipe:
    """The recipe by which a picture of a job was stored, as far as that can differ in bytes."""
    recipe, target = job.rule.recipe, job.target
    if recipe.format != AUTO:
        return recipe
    every = candidates(recipe, target)
    if indexed.palette.grid is not None or len(indexed.palette) > MAX_INDEXED:
        every = [one for one in every if one.format == "native"]
    elif target.whole and recipe.palette.kind == "target":
        every = [one for one in every if one.format != "native"] or every
    return min(every, key=lambda one: flash_bytes(packed(job, indexed, one)))


def best(attempts: Iterable[Attempt], most_error: int) -> Attempt:
    """The fewest bytes within the error, the nearest picture of those; else the least error.

    Args:
        attempts: At least one; of equals the first is taken.
        most_error: In thousandths.
    """
    every = list(attempts)
    within = [one for one in every if one.error <= most_error]
    if within:
        return min(within, key=lambda one: (one.cost, one.error))
    return min(every, key=lambda one: (one.error, one.cost))


def attempts(job: Job, prepared: Prepared) -> list[Attempt]:
    """The picture in every format that can hold it, the fewest bits first.

    Raises:
        Failure: No format can; it is that of the last.
    """
    trials = list(_trials(job, prepared))
    return _any_packed(job, trials, trials)


class _Trial(NamedTuple):
    """A picture whose bytes are not known yet; compressing them takes longer than all else."""

    drawn: Drawn
    error: int


def _trials(job: Job, prepared: Prepared) -> Iterator[_Trial]:
    """The picture drawn for every format, each only once; raises a Failure where none can be."""
    failure: Failure | None = None
    last: Drawn | None = None
    for recipe in candidates(job.rule.recipe, job.target):
        try:
            made = drawn(job._replace(rule=job.rule._replace(recipe=recipe)), prepared)
        except Failure as problem:
            failure = problem
            continue
        if last is None or not _same(made, last):
            yield _Trial(made, error_of(made))
        last = made
    if failure is not None and last is None:
        raise failure


def _same(one: Drawn, other: Drawn) -> bool:
    """Stored alike from the same pixels: a picture of few colors needs no larger palette."""
    a, b = one.indexed, other.indexed
    return (
        one.recipe.format == other.recipe.format
        and np.array_equal(a.palette.codes, b.palette.codes)
        and np.array_equal(a.indices, b.indices)
    )


def _any_packed(job: Job, some: list[_Trial], every: list[_Trial]) -> list[Attempt]:
    """Those of `some` that can be packed, or else those of `every`.

    Raises:
        Failure: None can.
    """
    found: list[Attempt] = []
    failure: Failure | None = None
    for made, error in some:
        try:
            found.append(Attempt(made, packed(job, made.indexed, made.recipe), error))
        except Failure as problem:
            failure = problem
    if found or failure is None:
        return found
    if len(some) < len(every):
        return _any_packed(job, every, every)
    raise failure


def error_of(made: Drawn) -> int:
    """Mean CIEDE2000 of the drawn pixels, in thousandths."""
    wanted = to_srgb(made.image.linear)
    return mean_thousandths(wanted, made.indexed.seen, made.image.alpha > 0)
