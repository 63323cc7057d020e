"""Steps: the one bridge from the plan to pixels. Runs inside workers."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline import emitters, files, fit, metrics, quantize, source
from pipeline.dithers import DitherOptions, dither
from pipeline.emitters import Artifact, Picture, picture
from pipeline.emitters.describe import flash_bytes
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.palette import Indexed, Palette, from_colors, whole_grid
from pipeline.palette_file import read as read_palette_file
from pipeline.plan import AssetRule, PaletteRule
from pipeline.recipe import FULL_STRENGTH, LEARNED_STRENGTH, PaletteChoice, Recipe, layout_of
from pipeline.report import Failure, Problem, Span
from pipeline.summary import Row
from pipeline.target import Target

Result = TypeVar("Result")


class Job(NamedTuple):
    """One asset to build, with all that a worker needs."""

    rule: AssetRule
    target: Target
    folder: Path
    palette: Palette | None = None


class Built(NamedTuple):
    """What a worker gives back: files and a report row, or problems."""

    artifacts: tuple[Artifact, ...] = ()
    row: Row | None = None
    problems: tuple[Problem, ...] = ()


def build(job: Job) -> Built:
    """Everything for one asset: decode, fit, palette, dither, pack, emit."""
    try:
        decoded, image = prepare(job.rule, job.folder)
        indexed, image = index(job, decoded, image)
        return finish(job, indexed, image, decoded.warnings)
    except Failure as failure:
        return Built(problems=failure.problems)


def prepare(rule: AssetRule, folder: Path) -> tuple[source.Source, Image]:
    """The decoded source, and its picture arranged to the final size.

    Raises:
        Failure: At the place of `source` or `size`.
    """
    recipe = rule.recipe
    at_source = rule.place_of("source")
    data = _at(at_source, lambda: files.read(folder / rule.source, rule.source))
    options = source.SourceOptions(recipe.frame, recipe.max_pixels)
    decoded = _at(at_source, lambda: source.decode(data, options), f"{rule.source}: ")
    image = _at(rule.place_of("size"), lambda: fit.arrange(decoded.image, geometry(recipe)))
    return decoded, image


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


def index(job: Job, decoded: source.Source, image: Image) -> tuple[Indexed, Image]:
    """The picture in palette entries, and the picture it was made from."""
    rule, recipe = job.rule, job.rule.recipe
    if recipe.palette.kind == "keep":
        kept = _at(rule.place_of("palette"), lambda: keep(job, decoded), f"{rule.source}: ")
        return kept, settle_alpha(image, recipe, kept.palette.transparent)
    palette, image = choose(job, image)
    options = dither_options(recipe, palette)
    indices = _at(rule.place_of("dither"), lambda: dither(image, palette, options))
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
            return job.palette, image
        return _at(rule.place_of("palette"), lambda: learn([image], choice, job.target)), image
    if choice.kind == "file":
        palette = _at(rule.place_of("palette"), lambda: palette_from_file(job))
    else:
        palette = target_palette(job.target)
    return palette, settle_alpha(image, recipe, palette.transparent)


def target_palette(target: Target) -> Palette:
    """The palette that a target has of its own."""
    if not target.inks:
        return whole_grid(GRIDS[target.grid])
    seen = np.array([ink.seen for ink in target.inks], np.uint8)
    nominal = np.array([ink.nominal for ink in target.inks], np.uint8)
    return Palette(seen, nominal, np.array([ink.code for ink in target.inks], np.uint32))


def learn(images: list[Image], choice: PaletteChoice, target: Target) -> Palette:
    """A learned palette on the target's grid."""
    options = quantize.LearnOptions(choice.colors, choice.metric, choice.fixed, choice.transparent)
    return quantize.learn(images, GRIDS[target.grid], options)


def learn_shared(rule: PaletteRule, target: Target, folder: Path) -> Palette:
    """The palette that all members of a rule share.

    Raises:
        Failure: A member cannot be read.
    """
    images = [
        settle_alpha(prepare(m, folder)[1], m.recipe, rule.choice.transparent) for m in rule.members
    ]
    return learn(images, rule.choice, target)


def palette_from_file(job: Job) -> Palette:
    """The colors of a palette file, in its order, snapped to the target's grid."""
    choice = job.rule.recipe.palette
    read = read_palette_file(files.read(job.folder / choice.file, choice.file), choice.file)
    if len(read.colors) > choice.colors:
        raise ValueError(
            f"{choice.file} has {len(read.colors)} colors, and only {choice.colors} fit"
        )
    transparent = read.transparent if choice.transparent is None else choice.transparent
    return from_colors(list(read.colors), GRIDS[job.target.grid], transparent)


def keep(job: Job, decoded: source.Source) -> Indexed:
    """The indices as the source stores them.

    Raises:
        ValueError: The source has no palette, or one that does not fit the target.
    """
    stored, target = decoded.indexed, job.target
    if stored is None:
        raise ValueError("`palette: keep` needs an image that stores palette indices")
    indices = fit.arrange_indices(
        stored.indices, geometry(job.rule.recipe), stored.transparent or 0
    )
    if target.inks:
        palette = target_palette(target)
        _check_inks(stored.colors, indices, target)
    else:
        colors = [(int(r), int(g), int(b)) for r, g, b in stored.colors]
        palette = from_colors(colors, GRIDS[target.grid], stored.transparent)
    layout, holds = layout_of(job.rule.recipe.format, len(palette), target)
    if holds == "index" and len(palette) > 1 << layout.bits:
        raise ValueError(f"it has {len(palette)} colors, too many for {layout.bits}-bit indices")
    return Indexed(indices.astype(np.uint16), palette)


def _check_inks(colors: NDArray[np.uint8], indices: NDArray[np.uint8], target: Target) -> None:
    """Each index that is used must mean, in the file, the ink with the same index."""
    for used in np.unique(indices).tolist():
        if used >= len(target.inks):
            raise ValueError(
                f"it uses index {used}, and '{target.name}' has {len(target.inks)} inks"
            )
        color = colors[used].astype(int)
        gaps = [min(_gap(color, ink.seen), _gap(color, ink.nominal)) for ink in target.inks]
        if gaps[used] > min(gaps):
            nearest = target.inks[gaps.index(min(gaps))].name
            red, green, blue = color
            words = f"its index {used} is #{red:02x}{green:02x}{blue:02x}, nearest to {nearest}"
            raise ValueError(f"{words}; on '{target.name}' it means {target.inks[used].name}")


def _gap(color: NDArray[np.int_], ink: tuple[int, int, int]) -> int:
    return int(((color - np.array(ink)) ** 2).sum())


def finish(job: Job, indexed: Indexed, image: Image, warnings: tuple[str, ...]) -> Built:
    """Pack, emit and measure."""
    rule, target = job.rule, job.target
    layout, holds = layout_of(rule.recipe.format, len(indexed.palette), target)
    packed = _at(
        rule.place_of("size"),
        lambda: picture(rule.symbol, target.name, indexed, layout, holds, target.grid),
    )
    artifacts = _at(rule.place_of("emit"), lambda: emit_all(packed, rule.recipe.emit))
    notes = tuple(
        Problem(f"{rule.source}: {text}", rule.place_of("source"), severity="warning")
        for text in warnings
    )
    return Built(artifacts, report(rule.name, packed, image), notes)


def emit_all(packed: Picture, names: tuple[str, ...]) -> tuple[Artifact, ...]:
    """The files of all emitters."""
    return tuple(artifact for name in names for artifact in emitters.emit(name, packed))


def report(name: str, packed: Picture, image: Image) -> Row:
    """The line of the size report."""
    indexed = packed.indexed
    error = metrics.mean_ciede2000(image.srgb, indexed.seen, image.alpha > 0)
    used = len(np.unique(indexed.indices))
    return Row(name, packed.target, indexed.width, indexed.height, used, flash_bytes(packed), error)
