"""Formats: one picture in every format that it may have, and the smallest that is near enough."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline import layouts
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
from pipeline.recipe import AUTO, Recipe, layout_of
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
    found = best(_enough(job, prepared), recipe.most_error)
    words = f"format auto: {found.name}, {len(found.drawn.indexed.palette)} colors"
    if found.error > recipe.most_error:
        words += f", and none keeps delta E {recipe.most_error / 1000:g}"
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


def attempts(job: Job, prepared: Prepared) -> Iterator[Attempt]:
    """The picture in every format that can hold it, the fewest bits first.

    Raises:
        Failure: No format can; it is that of the last.
    """
    yield from _attempts(job, prepared, candidates(job.rule.recipe, job.target))


def _enough(job: Job, prepared: Prepared) -> Iterator[Attempt]:
    """Those of `attempts` that could be the best: not color words that alone take more than it."""
    recipe = job.rule.recipe
    size = prepared.image.width, prepared.image.height
    words = layouts.size(layout_of("native", 1, job.target)[0], *size)
    least: int | None = None

    def worth() -> Iterator[Recipe]:
        for one in candidates(recipe, job.target):
            known = one.format == "native" and one.compress.codec == "none"
            if not known or least is None or words <= least:
                yield one

    for attempt in _attempts(job, prepared, worth()):
        yield attempt
        if attempt.error <= recipe.most_error:
            least = attempt.cost if least is None else min(least, attempt.cost)


def _attempts(job: Job, prepared: Prepared, recipes: Iterable[Recipe]) -> Iterator[Attempt]:
    failure: Failure | None = None
    done = False
    for recipe in recipes:
        one = job._replace(rule=job.rule._replace(recipe=recipe))
        try:
            made = drawn(one, prepared)
            picture = packed(one, made.indexed, recipe)
        except Failure as problem:
            failure = problem
            continue
        done = True
        yield Attempt(made, picture, error_of(made))
    if failure is not None and not done:
        raise failure


def error_of(made: Drawn) -> int:
    """Mean CIEDE2000 of the drawn pixels, in thousandths."""
    wanted = to_srgb(made.image.linear)
    return mean_thousandths(wanted, made.indexed.seen, made.image.alpha > 0)
