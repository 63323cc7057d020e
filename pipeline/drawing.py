"""Drawing: the picture of a job in palette entries, and packed."""

from dataclasses import replace
from typing import NamedTuple

from pipeline.canvas import canvas, decided, draw, settle_alpha
from pipeline.emitters import Picture, picture
from pipeline.emitters.stored import compressed
from pipeline.image import Image
from pipeline.keep import keep
from pipeline.palette import Indexed, Palette
from pipeline.plan import Job
from pipeline.prepare import Prepared, at
from pipeline.recipe import Recipe, layout_of
from pipeline.target import Target


class Drawn(NamedTuple):
    """A picture in palette entries.

    Attributes:
        indexed: The picture.
        image: What it was made from.
        recipe: How it is stored; the job's own, but for what was searched for.
        note: For the report.
    """

    indexed: Indexed
    image: Image
    recipe: Recipe
    note: str = ""


def drawn(job: Job, prepared: Prepared) -> Drawn:
    """The picture in palette entries, by a recipe that leaves no format open."""
    rule, recipe = job.rule, job.rule.recipe
    if recipe.palette.kind == "keep":
        place, decoded = rule.place_of("palette"), prepared.decoded
        kept = at(place, lambda: keep(decoded, recipe, job.target), f"{rule.source}: ")
        return Drawn(kept, settle_alpha(prepared.image, recipe, kept.palette.transparent), recipe)
    ready = canvas(job, prepared)
    choice, why = decided(ready, recipe)
    dithered = recipe._replace(dither=choice)
    indexed = at(rule.place_of("dither"), lambda: draw(ready, dithered, prepared.regions))
    return Drawn(indexed, ready.image, recipe, "; ".join(filter(None, (why, _loss(job)))))


def _loss(job: Job) -> str:
    """What a shared palette costs, where that can be seen."""
    if not job.loss or job.loss[1] <= job.loss[0]:
        return ""
    own, shared = job.loss
    return f"palette '{job.rule.recipe.palette.name}': error {shared:.2f}, {own:.2f} with its own"


def packed(job: Job, indexed: Indexed, recipe: Recipe) -> Picture:
    """A picture of a job packed and stored as a recipe says that leaves no format open."""
    rule, target = job.rule, job.target
    layout, holds = layout_of(recipe.format, len(indexed.palette), target)
    if holds == "code":
        at(rule.place_of("palette"), lambda: _check_transparent(indexed.palette))
    plain = at(
        rule.place_of("size"),
        lambda: picture(rule.symbol, target.name, indexed, layout, holds, target.grid),
    )
    plain = replace(plain, names=_names(indexed.palette, target))
    return at(rule.place_of("compress"), lambda: compressed(plain, recipe.compress))


def _names(palette: Palette, target: Target) -> tuple[str, ...]:
    """Those of the palette's file, or of the target's inks where the palette is those."""
    if palette.names:
        return palette.names
    own = palette.codes.tolist() == [ink.code for ink in target.inks]
    return tuple(ink.name for ink in target.inks) if own else ()


def _check_transparent(palette: Palette) -> None:
    """Where pixels hold codes, the transparent one must not be the code of a drawn color."""
    index = palette.transparent
    if index is not None and int((palette.codes == palette.codes[index]).sum()) > 1:
        words = "the transparent entry has the same code as a drawn one"
        raise ValueError(f"{words}; use `format: indexed`, or another color for it")
