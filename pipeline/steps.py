"""Steps: the one bridge from the plan to pixels. Runs inside workers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline import emitters, files, fit, metrics, quantize, source
from pipeline.dithers import DitherOptions, dither
from pipeline.emitters import Artifact, Picture, picture
from pipeline.emitters.describe import flash_bytes
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.keep import keep
from pipeline.keys import content
from pipeline.palette import (
    Indexed,
    Palette,
    from_colors,
    from_plain,
    named_inks,
    of_target,
    to_plain,
)
from pipeline.palette_file import read as read_palette_file
from pipeline.plan import AssetRule, Job, PaletteJob
from pipeline.recipe import FULL_STRENGTH, LEARNED_STRENGTH, PaletteChoice, Recipe, layout_of
from pipeline.report import Failure, Problem, Span
from pipeline.summary import Row
from pipeline.target import Target

Result = TypeVar("Result")


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


class Prepared(NamedTuple):
    """A decoded source, its picture arranged to the final size, and SHA-256 of its bytes."""

    decoded: source.Source
    image: Image
    digest: str


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
        images = [settle_alpha(p.image, recipe, choice.transparent) for p, recipe in pairs]
        palette = _at(job.rule.members[0].place, lambda: learned(images, choice, job.target))
    except Failure as failure:
        count = len(job.rule.members)
        some = "1 asset" if count == 1 else f"{count} assets"
        hint = f"so the palette '{choice.name}' was not learned, and {some} not built"
        return Learned(problems=tuple(p._replace(hint=p.hint or hint) for p in failure.problems))
    plain = to_plain(palette, GRIDS[job.target.grid])
    return Learned(plain, tuple(each.digest for each in prepared))


def prepare(rule: AssetRule, folder: str) -> Prepared:
    """Read, decode and arrange a source.

    Raises:
        Failure: At the place of `source` or `size`.
    """
    recipe = rule.recipe
    at_source = rule.place_of("source")
    data = _at(at_source, lambda: files.read(Path(folder) / rule.source, rule.source))
    options = source.SourceOptions(recipe.frame, recipe.max_pixels)
    decoded = _at(at_source, lambda: source.decode(data, options), f"{rule.source}: ")
    image = _at(rule.place_of("size"), lambda: fit.arrange(decoded.image, geometry(recipe)))
    return Prepared(decoded, image, content(data))


def geometry(recipe: Recipe) -> fit.Geometry:
    """The geometric part of a recipe."""
    return fit.Geometry(recipe.rotate, recipe.flip, recipe.size, recipe.fit, recipe.resample)


def _at(place: Span | None, work: Callable[[], Result], prefix: str = "") -> Result:
    """Run pixel code; what it refuses becomes a problem at a place in the manifest."""
    try:
        return work()
    except ValueError as error:
        raise Failure([Problem(f"{prefix}{error}", place)], status=1) from None
    except Failure as failure:
        problems = [problem._replace(span=problem.span or place) for problem in failure.problems]
        raise Failure(problems, status=1) from None


def settle_alpha(image: Image, recipe: Recipe, transparent: int | None) -> Image:
    """Alpha as the palette can show it: cut to 0 or 255, or flattened over the background."""
    if transparent is None:
        return fit.flatten(image, recipe.background)
    return fit.cut_alpha(image, recipe.alpha_threshold, recipe.background)


def index(job: Job, prepared: Prepared) -> tuple[Indexed, Image]:
    """The picture in palette entries, and the picture it was made from."""
    rule, recipe = job.rule, job.rule.recipe
    if recipe.palette.kind == "keep":
        place, decoded = rule.place_of("palette"), prepared.decoded
        kept = _at(place, lambda: keep(decoded, recipe, job.target), f"{rule.source}: ")
        return kept, settle_alpha(prepared.image, recipe, kept.palette.transparent)
    palette, image = choose(job, prepared.image)
    options = dither_options(recipe, palette)
    indices = _at(rule.place_of("dither"), lambda: dither(image, palette, options))
    if options.method == "none" and job.target.inks:
        indices = named_inks(image.srgb, palette, indices)
    return Indexed(_masked(indices, image, palette), palette), image


def _masked(indices: NDArray[np.uint16], image: Image, palette: Palette) -> NDArray[np.uint16]:
    if palette.transparent is None:
        return indices
    return np.where(image.alpha == 0, np.uint16(palette.transparent), indices)


def dither_options(recipe: Recipe, palette: Palette) -> DitherOptions:
    """The recipe's dither with the strength that suits the palette, unless it is given."""
    choice = recipe.dither
    usual = LEARNED_STRENGTH if palette.learned else FULL_STRENGTH
    strength = usual if choice.strength is None else choice.strength
    return DitherOptions(choice.method, strength, choice.serpentine, choice.threshold)


def choose(job: Job, image: Image) -> tuple[Palette, Image]:
    """The palette of an asset, and its picture with alpha settled for that palette."""
    rule, recipe, choice = job.rule, job.rule.recipe, job.rule.recipe.palette
    if choice.kind == "learn":
        image = settle_alpha(image, recipe, choice.transparent)
        if job.palette is not None:
            return from_plain(job.palette), image
        return _at(rule.place_of("palette"), lambda: learned([image], choice, job.target)), image
    if choice.kind == "file":
        palette = _at(rule.place_of("palette"), lambda: palette_from_file(job))
    else:
        palette = of_target(job.target)
    return palette, settle_alpha(image, recipe, palette.transparent)


def learned(images: list[Image], choice: PaletteChoice, target: Target) -> Palette:
    """A learned palette on the target's grid."""
    options = quantize.LearnOptions(choice.colors, choice.metric, choice.fixed, choice.transparent)
    return quantize.learn(images, GRIDS[target.grid], options)


def palette_from_file(job: Job) -> Palette:
    """The colors of a palette file, in its order, snapped to the target's grid."""
    choice = job.rule.recipe.palette
    read = read_palette_file(files.read(Path(job.folder) / choice.file, choice.file), choice.file)
    if len(read.colors) > choice.colors:
        raise ValueError(
            f"{choice.file} has {len(read.colors)} colors, and only {choice.colors} fit"
        )
    transparent = read.transparent if choice.transparent is None else choice.transparent
    return from_colors(list(read.colors), GRIDS[job.target.grid], transparent)


def finish(job: Job, indexed: Indexed, image: Image, prepared: Prepared) -> Built:
    """Pack, emit and measure."""
    rule, target = job.rule, job.target
    layout, holds = layout_of(rule.recipe.format, len(indexed.palette), target)
    if holds == "code":
        _at(rule.place_of("palette"), lambda: _check_transparent(indexed.palette))
    packed = _at(
        rule.place_of("size"),
        lambda: picture(rule.symbol, target.name, indexed, layout, holds, target.grid),
    )
    artifacts = _at(rule.place_of("emit"), lambda: emit_all(packed, rule.recipe.emit))
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
