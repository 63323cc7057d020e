"""Steps: the one bridge from the plan to pixels. Runs inside workers."""

from typing import Any, NamedTuple

import numpy as np

from pipeline import emitters, metrics
from pipeline.canvas import adjusted, canvas, draw, learned, recolored, settle_alpha
from pipeline.emitters import Artifact, Picture, picture
from pipeline.emitters.describe import flash_bytes
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.keep import keep
from pipeline.palette import Indexed, Palette, to_plain
from pipeline.plan import Job, PaletteJob
from pipeline.prepare import Prepared, at, prepare
from pipeline.recipe import Recipe, layout_of
from pipeline.report import Failure, Problem
from pipeline.summary import Row
from pipeline.target import Target


class Built(NamedTuple):
    """What a worker gives back: files and a report row, or problems.

    Attributes:
        artifacts: The files, in the order of the rule's outputs.
        row: Its line of the report; None when it failed.
        problems: Errors, or warnings beside a result.
        source: SHA-256 of the source as it was read.
    """

    artifacts: tuple[Artifact, ...] = ()
    row: Row | None = None
    problems: tuple[Problem, ...] = ()
    source: str = ""


class Learned(NamedTuple):
    """A shared palette as plain values, and SHA-256 of its members' sources; or problems."""

    palette: dict[str, Any] | None = None
    sources: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def build(job: Job) -> Built:
    """Everything for one asset: decode, fit, palette, dither, pack, emit."""
    try:
        prepared = prepare(job.rule, job.folder)
        indexed, image = index(job, prepared)
        return finish(job, indexed, image, prepared)
    except Failure as failure:
        return Built(problems=failure.problems)
    except MemoryError:
        words = f"{job.rule.source}: not enough memory for this picture"
        return Built(problems=(Problem(words, job.rule.place_of("source"), "use a smaller one"),))


def learn(job: PaletteJob) -> Learned:
    """The palette that all members of a rule share."""
    choice = job.rule.choice
    try:
        prepared = [prepare(member, job.folder) for member in job.rule.members]
        recipes = [member.recipe for member in job.rule.members]
        pairs = zip(prepared, recipes, strict=True)
        images = [
            settle_alpha(
                adjusted(recolored(each.image, recipe), recipe), recipe, choice.transparent
            )
            for each, recipe in pairs
        ]
        palette = at(job.rule.members[0].place, lambda: learned(images, choice, job.target))
    except Failure as failure:
        count = len(job.rule.members)
        some = "1 asset" if count == 1 else f"{count} assets"
        hint = f"so the palette '{choice.name}' was not learned, and {some} not built"
        return Learned(problems=tuple(p._replace(hint=p.hint or hint) for p in failure.problems))
    plain = to_plain(palette, GRIDS[job.target.grid])
    return Learned(plain, tuple(each.digest for each in prepared))


def index(job: Job, prepared: Prepared) -> tuple[Indexed, Image]:
    """The picture in palette entries, and the picture it was made from."""
    rule, recipe = job.rule, job.rule.recipe
    if recipe.palette.kind == "keep":
        place, decoded = rule.place_of("palette"), prepared.decoded
        kept = at(place, lambda: keep(decoded, recipe, job.target), f"{rule.source}: ")
        return kept, settle_alpha(prepared.image, recipe, kept.palette.transparent)
    ready = canvas(job, prepared)
    indexed = at(rule.place_of("dither"), lambda: draw(ready, recipe, prepared.regions))
    return indexed, ready.image


def finish(job: Job, indexed: Indexed, image: Image, prepared: Prepared) -> Built:
    """Pack, emit and measure."""
    rule, target = job.rule, job.target
    layout, holds = layout_of(rule.recipe.format, len(indexed.palette), target)
    if holds == "code":
        at(rule.place_of("palette"), lambda: _check_transparent(indexed.palette))
    packed = at(
        rule.place_of("size"),
        lambda: picture(rule.symbol, target.name, indexed, layout, holds, target.grid),
    )
    artifacts = at(rule.place_of("emit"), lambda: emit_all(packed, rule.recipe.emit))
    texts = [*prepared.decoded.warnings, *_too_large(rule.recipe, indexed, target)]
    notes = [f"{rule.source}: {text}" for text in texts]
    place = rule.place_of("source")
    problems = tuple(Problem(note, place, severity="warning") for note in notes)
    return Built(artifacts, report(rule.name, packed, image), problems, prepared.digest)


def _check_transparent(palette: Palette) -> None:
    """Where pixels hold codes, the transparent one must not be the code of a drawn color."""
    index = palette.transparent
    if index is not None and int((palette.codes == palette.codes[index]).sum()) > 1:
        words = "the transparent entry has the same code as a drawn one"
        raise ValueError(f"{words}; use `format: indexed`, or another color for it")


def _too_large(recipe: Recipe, indexed: Indexed, target: Target) -> list[str]:
    """A warning for a picture that nobody sized and that no screen of the target can hold."""
    if recipe.size or recipe.fit == "none" or target.size is None:
        return []
    width, height = target.size
    if indexed.width <= width and indexed.height <= height:
        return []
    size = f"{indexed.width}x{indexed.height} is larger than the screen of '{target.name}'"
    return [f"{size}, {width}x{height}; set `size: screen`, or `fit: none` to keep it so"]


def emit_all(packed: Picture, names: tuple[str, ...]) -> tuple[Artifact, ...]:
    """The files of all emitters."""
    return tuple(artifact for name in names for artifact in emitters.emit(name, packed))


def report(name: str, packed: Picture, image: Image) -> Row:
    """The line of the size report."""
    indexed = packed.indexed
    error = metrics.mean_ciede2000(image.srgb, indexed.seen, image.alpha > 0)
    used = len(np.unique(indexed.indices))
    return Row(name, packed.target, indexed.width, indexed.height, used, flash_bytes(packed), error)
