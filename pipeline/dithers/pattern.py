"""Pattern dithers: each color becomes a plan of many entries, and its place picks one of them.

Thomas Knoll (US patent 6,606,166, filed 1999, expired 2019) and Joel Yliluoma (positional
dithering for arbitrary palettes, 2011) find for one color a list of entries whose mean is that
color; see `plans`. The list is sorted by luminance, and a threshold map tells which of it a pixel
takes. Where `ordered` mixes two entries, these mix as many as the color needs; so every map does
on fixed inks. A pixel depends on its color and place alone.

Colors are taken in sRGB codes, entries from the nearest ones in OKLab where a plan cannot hold
all. Gray levels and whole grids need no plan: their values lie between two levels of an axis.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.color import luminance, oklab, srgb_table, to_linear
from pipeline.dithers import DitherOptions, Pinned
from pipeline.dithers.maps import MAPS
from pipeline.dithers.ordered import (
    Linear,
    between,
    by_bands,
    laid_over,
    layer,
    nearest_places,
    ordered,
)
from pipeline.dithers.pick import CHUNK, Ints, axes, distances, exact, unique_colors
from pipeline.dithers.plans import MOST, Wanted, coordinates, plan
from pipeline.image import Image
from pipeline.palette import Palette

LONG, SHORT = 64, 16
"""Entries in a plan: many for sparse inks, few where the entries are learned and lie close."""

_COLORS = 4096  # planned for at a time


def mapped(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None
) -> NDArray[np.uint16]:
    """Dither with one of `MAPS`: two entries a color where they lie close, plans on fixed inks.

    Args:
        image: The picture. Alpha is ignored.
        palette: The colors; its transparent entry is never chosen.
        options: `method` names the map; `strength` is that of `ordered` or `knoll`.
        pinned: Not used: pixels do not depend on each other.

    Returns:
        uint16 (h, w) indices, each in `palette.opaque`.
    """
    if palette.learned or axes(palette):
        return ordered(image, palette, options, pinned)
    return _dither(image, palette, options.strength, options.method, "knoll")


def knoll(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None
) -> NDArray[np.uint16]:
    """Dither by Knoll's plans over blue noise.

    Args:
        image: The picture. Alpha is ignored.
        palette: The colors; its transparent entry is never chosen.
        options: `strength` is the share of what a plan lacks that its next entry makes up for.
        pinned: Not used: pixels do not depend on each other.

    Returns:
        uint16 (h, w) indices, each in `palette.opaque`.
    """
    del pinned
    return _dither(image, palette, options.strength, "blue-noise", "knoll")


def yliluoma(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None
) -> NDArray[np.uint16]:
    """Dither by Yliluoma's plans over an 8x8 Bayer map.

    Args:
        image: The picture. Alpha is ignored.
        palette: The colors; its transparent entry is never chosen.
        options: `strength` below 256 moves each color toward its nearest entry.
        pinned: Not used: pixels do not depend on each other.

    Returns:
        uint16 (h, w) indices, each in `palette.opaque`.
    """
    del pinned
    return _dither(image, palette, options.strength, "bayer-8", "yliluoma")


def _dither(
    image: Image, palette: Palette, strength: int, over: str, rule: str
) -> NDArray[np.uint16]:
    ranks, separate = MAPS[over].ranks(), axes(palette)
    if separate:
        lay = layer(ranks, strength)
        return by_bands(image, lambda linear, rows: between(linear, separate, lay(linear, rows)))
    slots = ranks * _length(palette) // ranks.size

    def choose(linear: Linear, rows: slice) -> NDArray[np.uint16]:
        rounded = to_linear(srgb_table()[linear])
        colors, place = unique_colors(rounded)
        lists = _lists(colors, palette, strength, rule)
        chosen = lists[place, laid_over(slots, linear, rows)]
        found, own = exact(rounded, palette)
        return np.where(found, own, chosen).astype(np.uint16)

    return by_bands(image, choose)


def _length(palette: Palette) -> int:
    return SHORT if palette.learned else LONG


def _lists(
    colors: NDArray[np.uint16], palette: Palette, strength: int, rule: str
) -> NDArray[np.uint16]:
    """uint16 (n, length): palette indices from dark to light for each color (n, 3)."""
    linear = to_linear(palette.seen[palette.opaque])
    order = np.argsort(luminance(linear), kind="stable")
    entries, length = coordinates(linear[order]), _length(palette)
    lists = np.empty((len(colors), length), np.uint16)
    step = max(1, min(_COLORS, CHUNK // len(order)))
    for start in range(0, len(colors), step):
        some = colors[start : start + step]
        near = _near(some, linear[order])
        wanted = Wanted(coordinates(some), entries, near, length, strength)
        taken = near.ravel().repeat(plan(wanted, rule).ravel())
        lists[start : start + step] = palette.opaque[order][taken].reshape(-1, length)
    return lists


def _near(colors: NDArray[np.uint16], linear: NDArray[np.uint16]) -> Ints:
    """int64 (n, m): places of the entries that each color may be made of, ascending."""
    count = len(linear)
    if count <= MOST:
        return np.broadcast_to(np.arange(count), (len(colors), count))
    return nearest_places(distances(oklab(colors), oklab(linear)), MOST)
