"""Keep: a picture whose stored palette indices are used as they are."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline import fit
from pipeline.grid import GRIDS, RGB, shown, word
from pipeline.image import Image
from pipeline.palette import Indexed, Palette, from_colors, of_target
from pipeline.recipe import Recipe, layout_of
from pipeline.source import Source, StoredIndices
from pipeline.target import Target

_UNCOVERED = 65535
"""Marks pixels that `contain` and `none` leave free; stored indices are below 256."""


def keep(decoded: Source, recipe: Recipe, target: Target) -> Indexed:
    """The indices as the source stores them, turned and sized as the recipe says.

    Raises:
        ValueError: The source has no palette, or one that does not fit the target.
    """
    stored = decoded.indexed
    if stored is None:
        raise ValueError("`palette: keep` needs an image that stores palette indices")
    _check_alpha(decoded.image, stored)
    geometry = fit.Geometry(recipe.rotate, recipe.flip, recipe.size, recipe.fit, recipe.resample)
    indices = fit.arrange_indices(stored.indices.astype(np.uint16), geometry, _UNCOVERED)
    palette = _palette(stored, target)
    indices = _covered(indices, palette, recipe.background, target)
    if target.inks:
        _check_inks(stored, indices, target)
    layout, holds = layout_of(recipe.format, len(palette), target)
    if holds == "index" and len(palette) > 1 << layout.bits:
        raise ValueError(f"it has {len(palette)} colors, too many for {layout.bits}-bit indices")
    return Indexed(indices, palette)


def _check_alpha(image: Image, stored: StoredIndices) -> None:
    """Besides the transparent entry, every entry that is used must be opaque."""
    clear = image.alpha < 255
    if stored.transparent is not None:
        clear &= stored.indices != stored.transparent
    if clear.any():
        index = int(stored.indices[clear][0])
        raise ValueError(f"its index {index} is partly transparent, and indices have no alpha")


def _palette(stored: StoredIndices, target: Target) -> Palette:
    if target.inks:
        inks = of_target(target)
        clear = stored.transparent
        return replace(inks, transparent=clear if clear is None or clear < len(inks) else None)
    colors = [(int(red), int(green), int(blue)) for red, green, blue in stored.colors]
    return from_colors(colors, GRIDS[target.grid], stored.transparent)


def _covered(
    indices: NDArray[np.uint16], palette: Palette, background: RGB, target: Target
) -> NDArray[np.uint16]:
    """Free pixels get the transparent entry, or the one that has the background's color."""
    free = indices == _UNCOVERED
    if not free.any():
        return indices
    entry = palette.transparent
    if entry is None:
        color = (
            shown(GRIDS[target.grid], word(GRIDS[target.grid], background))
            if target.grid
            else background
        )
        same = (palette.seen == np.array(color)).all(1) | (palette.nominal == np.array(color)).all(
            1
        )
        if not same.any():
            red, green, blue = background
            words = f"no palette entry is the background #{red:02x}{green:02x}{blue:02x}"
            raise ValueError(f"{words}, which its edges would show; set `background`")
        entry = int(same.argmax())
    return np.where(free, np.uint16(entry), indices)


def _check_inks(stored: StoredIndices, indices: NDArray[np.uint16], target: Target) -> None:
    """Each index that is used must mean, in the file, the ink with the same index."""
    for used in np.unique(indices).tolist():
        if used >= len(target.inks):
            raise ValueError(
                f"it uses index {used}, and '{target.name}' has {len(target.inks)} inks"
            )
        if used == stored.transparent or used >= len(stored.colors):
            continue
        color = stored.colors[used].astype(int)
        gaps = [min(_gap(color, ink.seen), _gap(color, ink.nominal)) for ink in target.inks]
        if gaps[used] > min(gaps):
            nearest = target.inks[gaps.index(min(gaps))].name
            red, green, blue = color
            words = f"its index {used} is #{red:02x}{green:02x}{blue:02x}, nearest to {nearest}"
            raise ValueError(f"{words}; on '{target.name}' it means {target.inks[used].name}")


def _gap(color: NDArray[np.int_], ink: RGB) -> int:
    return int(((color - np.array(ink)) ** 2).sum())
