"""Canvas: a prepared picture with its palette, ready to be dithered in one way or another."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import files, fit, gamut, quantize, sharing
from pipeline.adjust import ONE, Adjustments, adjust, automatic_amount, compress_tone
from pipeline.diffusion_kernel import kernel_of
from pipeline.dithers import DitherOptions, Pinned, auto
from pipeline.grid import GRIDS
from pipeline.histogram import Picture
from pipeline.image import Image
from pipeline.paint import Part, paint, pins, recolor
from pipeline.palette import Indexed, Palette, from_colors, from_plain, of_target
from pipeline.palette_files import read as read_palette_file
from pipeline.plan import Job
from pipeline.prepare import Prepared, at
from pipeline.recipe import (
    FULL_STRENGTH,
    LEARNED_STRENGTH,
    DitherChoice,
    PaletteChoice,
    Recipe,
)
from pipeline.target import Target, with_seen


class Canvas(NamedTuple):
    """A picture, its palette, and what is settled before any dither.

    Attributes:
        palette: The colors.
        image: What the result is compared with, in its final size, alpha settled.
        toned: The same with its tones and colors as mixtures of the palette can show them.
        pinned: Pixels whose entry is settled, or None.
        target: For which display.
    """

    palette: Palette
    image: Image
    toned: Image
    pinned: Pinned | None
    target: Target


USUAL_PITCH_UM = 200
"""Between the pixels of a panel whose pitch is not known: 127 to the inch."""


def canvas(job: Job, prepared: Prepared) -> Canvas:
    """The picture of a job with its palette.

    Raises:
        Failure: At the place of the option to blame.
    """
    recipe = job.rule.recipe
    plain = recolored(prepared.image, recipe)
    changed = adjusted(plain, recipe)
    palette, image = choose(job, changed, prepared.regions)
    drawn = settle_alpha(plain, recipe, palette.transparent)  # as the artist meant it
    mixable = toned(changed, palette, recipe) if gamut.applies(palette) else image
    return Canvas(palette, image, mixable, settled(drawn, palette, job), job.target)


def adjusted(image: Image, recipe: Recipe) -> Image:
    """The picture with the adjustments of a recipe, which are in thousandths."""
    *values, _ = recipe.adjust
    return adjust(image, Adjustments(*((256 * value + 500) // 1000 for value in values)))


def toned(image: Image, palette: Palette, recipe: Recipe) -> Image:
    """The picture as mixtures of the palette can show it; bars and background keep their color."""
    amounts = {"auto": automatic_amount(palette), "compress": ONE, "none": 0}
    compressed = compress_tone(image, palette, amounts[recipe.adjust.tone])
    return gamut.project(settle_alpha(compressed, recipe, palette.transparent), palette)


AUTO = "auto"
UNMIXED = ("none", "threshold")
"""Dithers that mix no colors: what mixtures can show does not matter to them."""


def draw(ready: Canvas, recipe: Recipe, regions: Sequence[NDArray[np.bool_]]) -> Indexed:
    """The picture in palette entries, by the dithers of a recipe.

    Args:
        ready: The picture.
        recipe: Its dithers.
        regions: Pixels of each region of the recipe, bool (h, w).

    Raises:
        ValueError: The palette does not suit a dither.
    """
    parts = [_part(ready, recipe)]
    parts += [
        _part(ready, recipe, region.dither, inside)
        for inside, region in zip(regions, recipe.regions, strict=True)
        if region.dither is not None
    ]
    indices = paint(ready.palette, parts, ready.pinned)
    return Indexed(_masked(indices, ready.image, ready.palette), ready.palette)


def decided(
    ready: Canvas,
    recipe: Recipe,
    choice: DitherChoice | None = None,
    inside: NDArray[np.bool_] | None = None,
) -> tuple[DitherChoice, str]:
    """A dither, and why it was chosen where that was left open.

    Args:
        ready: The picture.
        recipe: Its options.
        choice: The dither of a region; None for that of the recipe.
        inside: The region's pixels, bool (h, w); None for all.
    """
    choice = choice or recipe.dither
    if choice.method != AUTO:
        return choice, ""
    image = ready.image
    if inside is not None and inside.any():
        image = Image(image.linear[inside][None], image.alpha[inside][None])
    # What moves from frame to frame must not crawl.
    found = auto.choose(image, ready.palette, stable=recipe.frame is not None)
    return choice._replace(method=found.method), found.reason


def _part(
    ready: Canvas,
    recipe: Recipe,
    choice: DitherChoice | None = None,
    inside: NDArray[np.bool_] | None = None,
) -> Part:
    choice, _ = decided(ready, recipe, choice, inside)
    image = ready.image if choice.method in UNMIXED else ready.toned
    return Part(image, dither_options(choice, ready.palette, ready.target), inside)


def _masked(indices: NDArray[np.uint16], image: Image, palette: Palette) -> NDArray[np.uint16]:
    if palette.transparent is None:
        return indices
    return np.where(image.alpha == 0, np.uint16(palette.transparent), indices)


def dither_options(choice: DitherChoice, palette: Palette, target: Target) -> DitherOptions:
    """A dither with the strength that suits the palette, unless it is given."""
    usual = LEARNED_STRENGTH if palette.learned else FULL_STRENGTH
    return DitherOptions(
        method=choice.method,
        strength=usual if choice.strength is None else choice.strength,
        serpentine=choice.serpentine,
        threshold=choice.threshold,
        kernel=kernel_of(*choice.kernel) if choice.kernel else None,
        pixels_per_degree=pixels_per_degree(choice, target),
    )


def pixels_per_degree(choice: DitherChoice, target: Target) -> int:
    """How many pixels one degree of sight spans: distance times pi / 180, through the pitch."""
    if choice.ppi is not None:
        pitch_um = 25_400 // choice.ppi
    elif target.pitch_mm is not None:
        pitch_um = round(1000 * target.pitch_mm[0])
    else:
        pitch_um = USUAL_PITCH_UM
    return min(max(choice.distance * 17_453 // (1000 * pitch_um), 1), 200)


def settle_alpha(image: Image, recipe: Recipe, transparent: int | None) -> Image:
    """Alpha as the palette can show it: cut to 0 or 255, or flattened over the background."""
    if transparent is None:
        return fit.flatten(image, recipe.background)
    return fit.cut_alpha(image, recipe.alpha_threshold, recipe.background)


def recolored(image: Image, recipe: Recipe) -> Image:
    """The picture with the colors that the manifest maps to other colors."""
    return recolor(image, [(old, new) for old, new in recipe.map if not isinstance(new, str)])


def settled(image: Image, palette: Palette, job: Job) -> Pinned | None:
    """The pixels whose ink is settled by their exact color or by the manifest."""
    names = [ink.name for ink in job.target.inks]
    if not names:
        return None
    pairs = job.rule.recipe.map
    named = [(old, names.index(ink)) for old, ink in pairs if isinstance(ink, str)]
    return pins(image.srgb, palette, named, exact=job.rule.recipe.exact)


def choose(job: Job, image: Image, regions: Sequence[NDArray[np.bool_]]) -> tuple[Palette, Image]:
    """The palette of an asset, and its picture with alpha settled for that palette."""
    rule, recipe, choice = job.rule, job.rule.recipe, job.rule.recipe.palette
    if choice.kind == "learn":
        image = settle_alpha(image, recipe, choice.transparent)
        if job.palette is not None:
            return _shared(job.palette, image, choice, job.target), image
        pictures = [Picture(image, mask=mask_of(recipe, regions))]
        return at(rule.place_of("palette"), lambda: learned(pictures, choice, job.target)), image
    if choice.kind in ("file", "list"):
        palette = at(rule.place_of("palette"), lambda: palette_as_given(job))
    else:
        palette = of_target(with_seen(job.target, recipe.seen))
    return palette, settle_alpha(image, recipe, palette.transparent)


def _shared(plain: dict[str, Any], image: Image, choice: PaletteChoice, target: Target) -> Palette:
    """The shared palette, or of several the one at which the picture loses least."""
    if "palettes" not in plain:
        return from_plain(plain)
    palettes = [from_plain(one) for one in plain["palettes"]]
    return sharing.best_of(image, palettes, GRIDS[target.grid], learn_options(choice))


def mask_of(recipe: Recipe, regions: Sequence[NDArray[np.bool_]]) -> NDArray[np.uint8] | None:
    """How much each pixel counts when a palette is learned, as `histogram.Picture` has it."""
    if all(region.weight == 1 for region in recipe.regions):
        return None
    mask = np.zeros(regions[0].shape, np.uint8)
    for inside, region in zip(regions, recipe.regions, strict=True):
        mask[inside] = (region.weight - 1) * 17
    return mask


def learn_options(choice: PaletteChoice) -> quantize.LearnOptions:
    """What a palette choice says about learning."""
    return quantize.LearnOptions(
        choice.colors,
        choice.metric,
        choice.fixed,
        choice.transparent,
        choice.effort,
        choice.engine,
    )


def learned(pictures: Sequence[Picture], choice: PaletteChoice, target: Target) -> Palette:
    """A learned palette on the target's grid."""
    images, weights, masks = zip(*pictures, strict=True)
    grid = GRIDS[target.grid]
    return quantize.learn(images, grid, learn_options(choice), weights=weights, masks=masks)


def palette_as_given(job: Job) -> Palette:
    """The colors of a list or a palette file, in its order, snapped to the target's grid."""
    choice = job.rule.recipe.palette
    if choice.kind == "list":
        return from_colors(list(choice.listed), GRIDS[job.target.grid], choice.transparent)
    read = read_palette_file(files.read(Path(job.folder) / choice.file, choice.file), choice.file)
    if len(read.colors) > choice.colors:
        raise ValueError(
            f"{choice.file} has {len(read.colors)} colors, and only {choice.colors} fit"
        )
    transparent = read.transparent if choice.transparent is None else choice.transparent
    palette = from_colors(list(read.colors), GRIDS[job.target.grid], transparent)
    return replace(palette, names=read.names)
