"""Depths: the recipes among which `format: auto` chooses."""

from collections.abc import Iterator

from pipeline.conflicts import Conflict, conflicts
from pipeline.layout import MAX_INDEXED
from pipeline.recipe import AUTO, PaletteChoice, Recipe
from pipeline.target import Target

SIZES = (2, 4, 16, 256)
"""Palettes that fill indices of 1, 2, 4 and 8 bits."""


def candidates(recipe: Recipe, target: Target) -> list[Recipe]:
    """Every depth that a recipe may be built in, the fewest bits first; itself if it says one.

    Fixed inks have one depth. Elsewhere the palette's own options are its largest size; a palette
    that is shared, listed, read or kept stays as it is, and only how it is stored is open.
    """
    if recipe.format != AUTO:
        return [recipe]
    every = list(dict.fromkeys(_every(recipe, target)))
    return [one for one in every if not conflicts(one, target)] or every


def faults(recipe: Recipe, target: Target) -> list[Conflict]:
    """What is wrong in a recipe, in every depth that it may be built in."""
    found = [conflicts(one, target) for one in candidates(recipe, target)]
    return [] if not all(found) else found[-1]


def _every(recipe: Recipe, target: Target) -> Iterator[Recipe]:
    palette = recipe.palette
    native = recipe._replace(format="native")
    # Rows of indices take the place of words, or of rows of more bits, but never that of tiles.
    rows = target.holds == "code" or target.layout.scan == "rows"
    form = "indexed" if rows else "native"
    if target.inks:
        sizes = []
    elif palette.kind in ("keep", "file", "list") or palette.shared:
        sizes = [palette.colors]
    else:
        sizes = _sizes(palette, target)
        palette = palette._replace(kind="learn")
    for size in sizes:
        yield recipe._replace(palette=palette._replace(colors=size), format=form)
    yield native


def _sizes(palette: PaletteChoice, target: Target) -> list[int]:
    """Sizes of a learned palette that has room for its fixed entries and a color to draw."""
    most = min(palette.colors, target.max_colors, MAX_INDEXED)
    taken = [index for index, _ in palette.fixed]
    if palette.transparent is not None:
        taken.append(max(palette.transparent, 1))
    least = max(taken, default=0) + 1
    return [size for size in sorted({*SIZES, most}) if least <= size <= most]
