"""Steps: the one bridge from the plan to pixels. Runs inside workers."""

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from pipeline import drawing, emitters, formats, metrics, sharing
from pipeline.canvas import (
    adjusted,
    learn_options,
    learned,
    mask_of,
    recolored,
    settle_alpha,
)
from pipeline.color import to_srgb
from pipeline.drawing import Drawn
from pipeline.emitters import Artifact, Picture
from pipeline.emitters.describe import flash_bytes
from pipeline.emitters.stored import note
from pipeline.grid import GRIDS
from pipeline.histogram import Picture as Shown
from pipeline.image import Image
from pipeline.palette import Indexed, to_plain
from pipeline.plan import AssetRule, Job, PaletteJob
from pipeline.prepare import Prepared, at, prepare
from pipeline.recipe import PaletteChoice, Recipe
from pipeline.registry import EMITTERS
from pipeline.report import Failure, Problem
from pipeline.summary import Row
from pipeline.target import Target

BAND = 1 << 18
"""Pixels that are measured at a time."""

SLOW_ARRAY = 1 << 19
"""Bytes above which a C array is too large to be compiled from hex without a word.

gcc 12 takes 1.0 s and 138 MB for a MiB, and 0.5 s and 78 MB for half of it, each time.
"""


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
    """What `plan.share_of` reads, and a digest of the sources of each member; or problems."""

    palette: dict[str, Any] | None = None
    sources: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def build(job: Job) -> Built:
    """Everything for one asset: decode, fit, palette, dither, pack, emit."""
    try:
        prepared = prepare(job.rule, job.folder)
        return finish(job, formats.index(job, prepared), prepared)
    except Failure as failure:
        return Built(problems=failure.problems)
    except MemoryError:
        words = f"{job.rule.source}: not enough memory for this picture"
        return Built(problems=(Problem(words, job.rule.place_of("source"), "use a smaller one"),))


def learn(job: PaletteJob) -> Learned:
    """The palette, or the palettes, that all members of a rule share."""
    choice, members = job.rule.choice, job.rule.members
    try:
        prepared = [prepare(member, job.folder) for member in members]
        pairs = zip(prepared, members, strict=True)
        pictures = [_picture(each, member.recipe, choice) for each, member in pairs]
        plain = at(members[0].place, lambda: _learned(pictures, job))
    except Failure as failure:
        some = "1 asset" if len(members) == 1 else f"{len(members)} assets"
        hint = f"so the palette '{choice.name}' was not learned, and {some} not built"
        return Learned(problems=tuple(p._replace(hint=p.hint or hint) for p in failure.problems))
    return Learned(plain, tuple(each.digest for each in prepared))


def _picture(prepared: Prepared, recipe: Recipe, choice: PaletteChoice) -> Shown:
    image = adjusted(recolored(prepared.image, recipe), recipe)
    settled = settle_alpha(image, recipe, choice.transparent)
    return Shown(settled, recipe.weight, mask_of(recipe, prepared.regions))


def _learned(pictures: list[Shown], job: PaletteJob) -> dict[str, Any]:
    """What `plan.share_of` reads: one palette, or groups and a palette for each."""
    choice, grid = job.rule.choice, GRIDS[job.target.grid]
    names, options = [member.symbol for member in job.rule.members], learn_options(choice)
    losses: dict[str, tuple[float, ...]] = {}

    def one(places: list[int]) -> dict[str, Any]:
        some = [pictures[place] for place in places]
        palette = learned(some, choice, job.target)
        found = sharing.losses([each.image for each in some], palette, grid, options)
        for place, loss in zip(places, found, strict=True):
            losses[names[place]] = (round(loss.own, 2), round(loss.shared, 2))
        return to_plain(palette, grid)

    every = list(range(len(pictures)))
    if not choice.groups:
        return {**one(every), "losses": losses}
    groups = sharing.group(pictures, choice.groups, grid, options)
    palettes = [one([p for p in every if groups[p] == g]) for g in range(max(groups) + 1)]
    of = dict(zip(names, groups, strict=True))
    return {"groups": of, "palettes": palettes, "losses": losses}


def finish(job: Job, made: Drawn, prepared: Prepared) -> Built:
    """Pack, emit and measure."""
    rule, target, indexed = job.rule, job.target, made.indexed
    packed = replace(drawing.packed(job, indexed, made.recipe), template=prepared.template)
    artifacts = emit_all(rule, packed)
    texts = [*prepared.decoded.warnings, *_too_large(rule.recipe, indexed, target)]
    found = [("source", text) for text in texts]
    found += _slow_arrays(rule.recipe.emit, len(packed.stored))
    problems = tuple(
        Problem(f"{rule.source}: {text}", rule.place_of(option), severity="warning")
        for option, text in found
    )
    return Built(artifacts, report(rule.name, packed, made), problems, prepared.digest)


def _too_large(recipe: Recipe, indexed: Indexed, target: Target) -> list[str]:
    """A warning for a picture that nobody sized and that no screen of the target can hold."""
    if recipe.size or recipe.fit == "none" or target.size is None:
        return []
    width, height = target.size
    if indexed.width <= width and indexed.height <= height:
        return []
    size = f"{indexed.width}x{indexed.height} is larger than the screen"
    return [f"{size}, {width}x{height}; set `size: screen`, or `fit: none` to keep it so"]


def _slow_arrays(emit: tuple[str, ...], size: int) -> list[tuple[str, str]]:
    """A warning for arrays in hex that hold a compiler up, with what to emit instead."""
    if size <= SLOW_ARRAY:
        return []
    mib = f"{size / (1 << 20):.1f}"
    words = f"writes {mib} MiB in hex, which a compiler takes about {mib} s for"
    return [
        (
            f"emit {name}",
            f"`{name}` {words}; {' or '.join(f'`{other}`' for other in others)} takes none",
        )
        for name in emit
        if (others := EMITTERS[name].large)
    ]


def emit_all(rule: AssetRule, packed: Picture) -> tuple[Artifact, ...]:
    """The files of all emitters."""
    return tuple(
        artifact
        for name in rule.recipe.emit
        for artifact in at(rule.place_of(f"emit {name}"), partial(emitters.emit, name, packed))
    )


def report(name: str, packed: Picture, made: Drawn) -> Row:
    """The line of the size report."""
    indexed, image = packed.indexed, made.image
    error = color_error(image, indexed)
    used = len(np.unique(indexed.indices))
    cost = flash_bytes(packed)
    size = indexed.width, indexed.height
    notes = "; ".join(filter(None, (made.note, note(packed))))
    return Row(name, packed.target, *size, used, cost, error, notes)


def color_error(image: Image, indexed: Indexed) -> float:
    """Mean CIEDE2000 of the drawn pixels, some rows at a time: large pictures fill the memory."""
    total = drawn = 0.0
    rows = max(BAND // image.width, 1)
    for top in range(0, image.height, rows):
        part = slice(top, top + rows)
        counts = image.alpha[part] > 0
        number = int(counts.sum())
        shown = indexed.palette.seen[indexed.indices[part]]
        total += number * metrics.mean_ciede2000(to_srgb(image.linear[part]), shown, counts)
        drawn += number
    return total / max(drawn, 1)
