"""Ordered dither: Bayer patterns whose local mean is right in linear light.

Each color gets a darker and a lighter entry and the share of the lighter one that makes their
mean, as light adds up, nearest to the color. The threshold map spreads that share evenly. A
pixel depends on its color and place alone, so a picture that moves or changes in part keeps its
pattern.

On a separable palette (see `pick`) the two entries are the neighboring levels of the axis and
the share is exact. Otherwise they are the pair, among a color's nearest entries, whose mixture
comes nearest to the color in OKLab; a pair costs more the farther its entries lie apart, since
a coarse pattern is seen as noise. An entry's own color is never mixed.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from pipeline.color import luminance, oklab, srgb_table, to_linear
from pipeline.dithers import DitherOptions, Pinned
from pipeline.dithers.pick import Axis, Ints, axes, distances, exact, planes
from pipeline.image import Image
from pipeline.palette import Palette

SIZES: Mapping[str, int] = MappingProxyType({"bayer-2": 2, "bayer-4": 4, "bayer-8": 8})

CANDIDATES = 16
"""Pairs are sought among this many entries nearest to the color."""

NOISE_FIXED, NOISE_LEARNED = 1024, 16
"""How many times less the variance of a mixture weighs than the squared error of its mean.

On a sparse fixed palette noise is there anyway and tone matters more; on a learned one a quieter
pair is at hand, at a small error.
"""

_WHOLE = 1 << 15  # the share one; 512 * 8 * 8, so that all cuts are whole
_SHARES = 64  # mixtures are compared at this many steps from one entry to the other
_CHUNK = 1 << 17  # mixtures held in memory at a time


def bayer(size: int) -> Ints:
    """The threshold map of a power of two: int64 (size, size), each of 0..size*size-1 once.

    Bayer: An Optimum Method for Two-Level Rendition of Continuous-Tone Pictures. IEEE
    International Conference on Communications, 1973. Each doubling puts the four quarters of a
    threshold at places of the 2x2 map, so every scale of the map is as even as it can be.
    """
    if size == 1:
        return np.zeros((1, 1), np.int64)
    coarse = 4 * bayer(size // 2)
    return np.block([[coarse, coarse + 2], [coarse + 3, coarse + 1]])


def ordered(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None
) -> NDArray[np.uint16]:
    """Dither with a Bayer pattern.

    Args:
        image: The picture. Alpha is ignored.
        palette: The colors; its transparent entry is never chosen.
        options: `method` names the size of the map; `strength` below 256 moves each threshold
            toward one half, where every color takes the nearer entry of its two.
        pinned: Not used: pixels do not depend on each other.

    Returns:
        uint16 (h, w) indices, each in `palette.opaque`.
    """
    del pinned
    cuts = _cuts(image, SIZES[options.method], options.strength)
    separate = axes(palette)
    if not separate:
        return _mixed(image, palette, cuts)
    indices = np.zeros_like(cuts)
    for plane, axis in zip(planes(image.linear, len(separate)), separate, strict=True):
        indices += _between(plane, axis, cuts)
    return indices.astype(np.uint16)


def _cuts(image: Image, size: int, strength: int) -> Ints:
    """int64 (h, w): the share in 1/_WHOLE from which on a pixel takes the lighter entry.

    Full strength puts the cuts midway between the shares that `size * size` pixels can show.
    """
    cells = size * size
    cut = (256 * cells + (2 * bayer(size) + 1 - cells) * strength) * (_WHOLE // (512 * cells))
    rows, columns = np.arange(image.height) % size, np.arange(image.width) % size
    return cut[rows[:, None], columns]


def _between(plane: Ints, axis: Axis, cuts: Ints) -> Ints:
    """What each value adds to the index: the level below or above it."""
    last = len(axis.levels) - 1
    below = (np.searchsorted(axis.levels, plane, side="right") - 1).clip(0, max(last - 1, 0))
    above = np.minimum(below + 1, last)
    low, high = axis.levels[below], axis.levels[above]
    return axis.shares[np.where((plane - low) * _WHOLE >= (high - low) * cuts, above, below)]


def _mixed(image: Image, palette: Palette, cuts: Ints) -> NDArray[np.uint16]:
    """Each pixel takes one entry of its color's pair."""
    dark, light = _pairs(image, palette)
    shown = to_linear(palette.seen).astype(np.int64)
    first = shown[dark]
    step = shown[light] - first
    along = ((image.linear - first) * step).sum(axis=2)
    chosen = np.where(along * _WHOLE >= (step * step).sum(axis=2) * cuts, light, dark)
    found, own = exact(image.linear, palette)
    return np.where(found, own, chosen).astype(np.uint16)


def _pairs(image: Image, palette: Palette) -> tuple[Ints, Ints]:
    """Each pixel's darker and lighter entry, int64 (h, w) palette indices.

    One pair serves all colors that share the upper six bits of their sRGB codes: it is sought
    for the middle of that cell, whatever else is in the picture.
    """
    codes = srgb_table()[image.linear].astype(np.int64) >> 2
    packed = codes[..., 0] << 12 | codes[..., 1] << 6 | codes[..., 2]
    cells, place = np.unique(packed, return_inverse=True)
    middles = np.stack([cells >> 12, cells >> 6 & 63, cells & 63], -1) * 4 + 2
    pairs = _best_pairs(to_linear(middles.astype(np.uint8)), palette)
    chosen = pairs[place.reshape(packed.shape)]
    return chosen[..., 0], chosen[..., 1]


def _best_pairs(colors: NDArray[np.uint16], palette: Palette) -> Ints:
    """int64 (n, 2): the pair of palette indices for each of n colors in linear light."""
    linear = to_linear(palette.seen[palette.opaque])
    order = np.argsort(luminance(linear), kind="stable")
    count = min(CANDIDATES, len(order))
    step = max(1, _CHUNK // max(count * count, len(order)))
    noise = NOISE_LEARNED if palette.learned else NOISE_FIXED
    chunks = [
        _chunk_pairs(colors[start : start + step], linear[order], count, noise)
        for start in range(0, len(colors), step)
    ]
    return palette.opaque[order][np.concatenate(chunks)].astype(np.int64)


def _chunk_pairs(
    colors: NDArray[np.uint16], entries: NDArray[np.uint16], count: int, noise: int
) -> Ints:
    """int64 (n, 2): places in `entries`, which are sorted from dark to light."""
    wanted, points = oklab(colors), oklab(entries)
    near = _nearest_places(distances(wanted, points), count)
    one, two = np.triu_indices(count)  # an entry with itself is a pair too
    dark, light = near[:, one], near[:, two]
    share = _best_share(colors.astype(np.int64), entries[dark], entries[light])
    mean = _mixture(entries[dark], entries[light], share)
    error = _squared(oklab(mean) - wanted[:, None])
    spread = _squared(points[light] - points[dark])
    cost = error + spread * share * (_SHARES - share) // (_SHARES * _SHARES * noise)
    best = cost.argmin(axis=1)
    rows = np.arange(len(colors))
    return np.stack([dark[rows, best], light[rows, best]], axis=1)


def _nearest_places(apart: NDArray[np.int32], count: int) -> Ints:
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
