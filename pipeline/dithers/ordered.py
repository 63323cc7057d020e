"""Ordered dither: threshold maps whose local mean is right in linear light.

Each color gets a darker and a lighter entry and the share of the lighter one that makes their
mean, as light adds up, nearest to the color. The threshold map spreads that share evenly. A
pixel depends on its color and place alone, so a picture that moves or changes in part keeps its
pattern.

On a separable palette (see `pick`) the two entries are the neighboring levels of the axis and
the share is exact. On a learned one they are the pair, among a color's nearest entries, whose
mixture comes nearest to the color in OKLab; a pair costs more the farther its entries lie apart,
since a coarse pattern is seen as noise. An entry's own color is never mixed. Fixed inks lie too
far apart for pairs: hues would break where the pair changes, so there `pattern` mixes more.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.color import luminance, oklab, srgb_table, to_linear
from pipeline.dithers import DitherOptions, Pinned
from pipeline.dithers.maps import MAPS
from pipeline.dithers.pick import Axis, Ints, axes, distances, exact, planes
from pipeline.image import Image
from pipeline.palette import Palette

CANDIDATES = 16
"""Pairs are sought among this many entries nearest to the color."""

NOISE = 16
"""How many times less the variance of a mixture weighs than the squared error of its mean."""

_SHARES = 64  # mixtures are compared at this many steps from one entry to the other
_CHUNK = 1 << 17  # mixtures held in memory at a time
_BAND = 1 << 18  # pixels

Linear = NDArray[np.uint16]
"""(h, w, 3) linear light."""


def ordered(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None
) -> NDArray[np.uint16]:
    """Dither with one of `MAPS`, two entries a color.

    Args:
        image: The picture. Alpha is ignored.
        palette: Learned or separable colors; its transparent entry is never chosen.
        options: `method` names the map; `strength` below 256 moves each threshold
            toward one half, where every color takes the nearer entry of its two.
        pinned: Not used: pixels do not depend on each other.

    Returns:
        uint16 (h, w) indices, each in `palette.opaque`.
    """
    del pinned
    lay = layer(MAPS[options.method].ranks(), options.strength)
    separate = axes(palette)
    if separate:
        return by_bands(image, lambda linear, rows: between(linear, separate, lay(linear, rows)))
    pairs = _pairs(image, palette)
    return by_bands(image, lambda linear, rows: _mixed(linear, palette, pairs, lay(linear, rows)))


class Cuts(NamedTuple):
    """From which share of the lighter entry on each pixel takes it.

    Attributes:
        shares: int64 (h, w).
        whole: The share one, below 2^22.
    """

    shares: Ints
    whole: int


Band = Callable[[Linear, slice], NDArray[np.uint16]]
"""Chooses for some rows: their linear light and where they lie, to their indices."""


def by_bands(image: Image, choose: Band) -> NDArray[np.uint16]:
    """What `choose` gives for each band of rows; bounds the memory that a large picture takes."""
    out = np.empty((image.height, image.width), np.uint16)
    for rows in bands(image):
        out[rows] = choose(image.linear[rows], rows)
    return out


def bands(image: Image) -> Iterator[slice]:
    """Rows of a picture, some at a time."""
    step = max(1, _BAND // image.width)
    return (slice(top, min(top + step, image.height)) for top in range(0, image.height, step))


def laid_over(tile: Ints, linear: Linear, rows: slice) -> Ints:
    """The part of a repeated tile (size, size) that lies over some rows (h, w, 3): (h, w)."""
    down = np.arange(rows.start, rows.stop) % len(tile)
    right = np.arange(linear.shape[1]) % len(tile)
    part: Ints = tile[down[:, None], right]
    return part


def layer(ranks: Ints, strength: int) -> Callable[[Linear, slice], Cuts]:
    """The cuts of a map, for any rows.

    Full strength puts them midway between the shares that the map's pixels can show; less moves
    them toward one half, where every color takes the nearer entry.

    Args:
        ranks: int64 (size, size), each of 0..size*size-1 once.
        strength: In 1/256.
    """
    cells = ranks.size
    cut = 256 * cells + (2 * ranks + 1 - cells) * strength
    return lambda linear, rows: Cuts(laid_over(cut, linear, rows), 512 * cells)


def between(linear: Linear, separate: tuple[Axis, ...], cuts: Cuts) -> NDArray[np.uint16]:
    """Each value takes the level of its axis below or above it."""
    indices = np.zeros_like(cuts.shares)
    for plane, axis in zip(planes(linear, len(separate)), separate, strict=True):
        indices += _level(plane, axis, cuts)
    return indices.astype(np.uint16)


def _level(plane: Ints, axis: Axis, cuts: Cuts) -> Ints:
    """What each value of a channel adds to the index."""
    last = len(axis.levels) - 1
    below = (np.searchsorted(axis.levels, plane, side="right") - 1).clip(0, max(last - 1, 0))
    above = np.minimum(below + 1, last)
    low, high = axis.levels[below], axis.levels[above]
    lit = (plane - low) * cuts.whole >= (high - low) * cuts.shares
    return axis.shares[np.where(lit, above, below)]


def _mixed(linear: Linear, palette: Palette, pairs: Ints, cuts: Cuts) -> NDArray[np.uint16]:
    """Each pixel takes one entry of its color's pair."""
    chosen = pairs[_cells(linear)]
    dark, light = chosen[..., 0], chosen[..., 1]
    shown = to_linear(palette.seen).astype(np.int64)
    first = shown[dark]
    step = shown[light] - first
    along = ((linear - first) * step).sum(axis=2)
    lit = along * cuts.whole >= (step * step).sum(axis=2) * cuts.shares
    found, own = exact(linear, palette)
    return np.where(found, own, np.where(lit, light, dark)).astype(np.uint16)


def _cells(linear: Linear) -> Ints:
    """The upper six bits of each sRGB code, (h, w, 3) to (h, w)."""
    codes = srgb_table()[linear].astype(np.int64) >> 2
    packed: Ints = codes[..., 0] << 12 | codes[..., 1] << 6 | codes[..., 2]
    return packed


def _pairs(image: Image, palette: Palette) -> Ints:
    """The darker and the lighter entry of each cell that the picture has: int64 (2^18, 2).

    One pair serves all colors of a cell: it is sought for the cell's middle, whatever else is in
    the picture.
    """
    present = np.zeros(1 << 18, np.bool_)
    for rows in bands(image):
        present[_cells(image.linear[rows])] = True
    cells = np.flatnonzero(present)
    middles = np.stack([cells >> 12, cells >> 6 & 63, cells & 63], -1) * 4 + 2
    pairs = np.zeros((1 << 18, 2), np.int64)
    pairs[cells] = _best_pairs(to_linear(middles.astype(np.uint8)), palette)
    return pairs


def _best_pairs(colors: NDArray[np.uint16], palette: Palette) -> Ints:
    """int64 (n, 2): the pair of palette indices for each of n colors in linear light."""
    linear = to_linear(palette.seen[palette.opaque])
    order = np.argsort(luminance(linear), kind="stable")
    count = min(CANDIDATES, len(order))
    step = max(1, _CHUNK // max(count * count, len(order)))
    chunks = [
        _chunk_pairs(colors[start : start + step], linear[order], count)
        for start in range(0, len(colors), step)
    ]
    return palette.opaque[order][np.concatenate(chunks)].astype(np.int64)


def _chunk_pairs(colors: NDArray[np.uint16], entries: NDArray[np.uint16], count: int) -> Ints:
    """int64 (n, 2): places in `entries`, which are sorted from dark to light."""
    wanted, points = oklab(colors), oklab(entries)
    near = nearest_places(distances(wanted, points), count)
    one, two = np.triu_indices(count)  # an entry with itself is a pair too
    dark, light = near[:, one], near[:, two]
    share = _best_share(colors.astype(np.int64), entries[dark], entries[light])
    mean = _mixture(entries[dark], entries[light], share)
    error = _squared(oklab(mean) - wanted[:, None])
    spread = _squared(points[light] - points[dark])
    cost = error + spread * share * (_SHARES - share) // (_SHARES * _SHARES * NOISE)
    best = cost.argmin(axis=1)
    rows = np.arange(len(colors))
    return np.stack([dark[rows, best], light[rows, best]], axis=1)


def nearest_places(apart: NDArray[np.int32], count: int) -> Ints:
    """The `count` least places of each row, ascending; lower places win ties."""
    ranked = apart.astype(np.int64) << 16 | np.arange(apart.shape[1])
    least = np.partition(ranked, count - 1, axis=1)[:, :count] & 65535
    return np.sort(least, axis=1)


def _best_share(colors: Ints, dark: NDArray[np.uint16], light: NDArray[np.uint16]) -> Ints:
    """Share of the lighter entry, in 1/_SHARES, whose mixture is nearest in linear light."""
    step = light.astype(np.int64) - dark
    along = ((colors[:, None] - dark) * step).sum(axis=2)
    length = (step * step).sum(axis=2).clip(1)
    share: Ints = (along * 2 * _SHARES + length) // (2 * length)
    return share.clip(0, _SHARES)


def _mixture(
    dark: NDArray[np.uint16], light: NDArray[np.uint16], share: Ints
) -> NDArray[np.uint16]:
    step = light.astype(np.int64) - dark
    mean = dark + (step * share[..., None] + _SHARES // 2) // _SHARES
    return mean.astype(np.uint16)


def _squared(apart: NDArray[np.int32]) -> Ints:
    wide = apart.astype(np.int64)
    total: Ints = (wide * wide).sum(axis=-1)
    return total
