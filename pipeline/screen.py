"""Screen: pictures put together on one, as palette entries."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.color import oklab, to_linear
from pipeline.grid import GRIDS, RGB, shown, word
from pipeline.palette import MAX_COLORS, Indexed, Palette
from pipeline.target import Target


class Layer(NamedTuple):
    """A picture and where its left upper corner lies."""

    indexed: Indexed
    left: int
    top: int


def compose(size: tuple[int, int], background: RGB, layers: Sequence[Layer]) -> Indexed:
    """Pictures on a background; what is below shows through their transparent entries.

    Args:
        size: Width and height of the screen.
        background: sRGB, as the panel shows it.
        layers: Each wholly on the screen; the last lies on top.

    Returns:
        The screen in the colors that occur, ascending by red, green, blue; codes are indices.

    Raises:
        ValueError: More than `MAX_COLORS` colors occur.
    """
    width, height = size
    screen = np.full((height, width, 3), background, np.uint8)
    for indexed, left, top in layers:
        part = screen[top : top + indexed.height, left : left + indexed.width]
        drawn = np.isin(indexed.indices, indexed.palette.opaque)
        part[drawn] = indexed.seen[drawn]
    return of_colors(screen)


def of_colors(srgb: NDArray[np.uint8]) -> Indexed:
    """A picture, uint8 (h, w, 3) sRGB, in the colors that occur in it.

    Raises:
        ValueError: More than `MAX_COLORS` do.
    """
    weights = np.array([1 << 16, 1 << 8, 1], np.uint32)
    colors, indices = np.unique(srgb.astype(np.uint32) @ weights, return_inverse=True)
    if len(colors) > MAX_COLORS:
        raise ValueError(f"the picture has {len(colors)} colors; {MAX_COLORS} is the most")
    seen = (colors[:, np.newaxis] // weights % 256).astype(np.uint8)
    palette = Palette(seen, seen, np.arange(len(colors), dtype=np.uint32))
    return Indexed(indices.reshape(srgb.shape[:2]).astype(np.uint16), palette)


def seen_as(color: RGB, target: Target) -> RGB:
    """What a target shows for a color: the ink that is called so or looks most like it."""
    if not target.inks:
        grid = GRIDS[target.grid]
        return shown(grid, word(grid, color))
    for ink in target.inks:
        if ink.nominal == color:
            return ink.seen
    wanted, inks = (
        oklab(to_linear(np.array(colors, np.uint8)))
        for colors in ([color], [ink.seen for ink in target.inks])
    )
    return target.inks[int(((inks - wanted) ** 2).sum(-1).argmin())].seen
