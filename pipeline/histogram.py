"""Histogram: the different colors of pictures and their weights."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.color import luminance, srgb_table, to_srgb
from pipeline.grid import Grid
from pipeline.image import Image
from pipeline.palette import grid_colors, grid_words

TOTAL_WEIGHT = 1 << 30
"""What all pictures weigh together. Times a squared feature distance it still fits int64."""

MOST_WEIGHT = 1 << 20
"""The largest weight of a picture beside others."""

MASK_WEIGHTS = 16
"""A pixel whose mask is 255 counts as much as so many whose mask is 0."""

_BAND = 1 << 19  # pixels that are sorted at a time; bounds the memory that a large picture takes

Mask = NDArray[np.uint8] | None


class Histogram(NamedTuple):
    """Different colors and their weights.

    Attributes:
        keys: uint32 (n,) 0xRRGGBB, no two the same.
        weights: int64 (n,), each at least 1.
    """

    keys: NDArray[np.uint32]
    weights: NDArray[np.int64]

    @property
    def colors(self) -> NDArray[np.uint8]:
        """uint8 (n, 3) sRGB."""
        return colors_of(self.keys)


class Picture(NamedTuple):
    """A picture and what it and its parts matter.

    Attributes:
        image: The picture.
        weight: 1..`MOST_WEIGHT`, beside other pictures.
        mask: uint8 (h, w) or None: 0 where a pixel counts once, up to 255 where it counts
            `MASK_WEIGHTS` times; `1 + round(mask * 15 / 255)`.
    """

    image: Image
    weight: int = 1
    mask: Mask = None


def keys_of(colors: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Colors as one number each: uint8 (..., 3) to uint32 (...) 0xRRGGBB."""
    red, green, blue = np.moveaxis(colors, -1, 0).astype(np.uint32)
    return np.asarray(red << 16 | green << 8 | blue, np.uint32)


def colors_of(keys: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """The reverse of `keys_of`."""
    return np.stack([keys >> 16, keys >> 8, keys], axis=-1).astype(np.uint8)


def histogram(
    pictures: Sequence[Picture], alpha_threshold: int, *, gray: bool = False
) -> Histogram:
    """Count the colors of the pixels that are drawn.

    A picture's counts are scaled, with rounding, to its share of `TOTAL_WEIGHT`, so an icon
    counts as much as a splash screen of the same weight. A color that occurs weighs at least 1.

    Args:
        pictures: The pictures. Their order does not matter.
        alpha_threshold: Pixels whose alpha is below this do not count.
        gray: Count the gray of each pixel's luminance, which is what a gray panel shows.

    Returns:
        The histogram of all pictures, ascending; empty when no pixel is drawn.

    Raises:
        ValueError: A weight is out of range, or a mask does not fit its picture.
    """
    for picture in pictures:
        _check(picture)
    counted = [_count(picture, alpha_threshold, gray=gray) for picture in pictures]
    drawn = [(part, p.weight) for part, p in zip(counted, pictures, strict=True) if len(part.keys)]
    every = sum(weight for _, weight in drawn)
    total = Histogram(np.empty(0, np.uint32), np.empty(0, np.int64))
    for part, weight in drawn:
        total = _join(total, Histogram(part.keys, _scale(part.weights, weight, every)))
    return total


def _check(picture: Picture) -> None:
    if not 1 <= picture.weight <= MOST_WEIGHT:
        raise ValueError(f"a picture's weight is {picture.weight}: use 1 to {MOST_WEIGHT}")
    mask, shape = picture.mask, picture.image.alpha.shape
    if mask is not None and (mask.shape != shape or mask.dtype != np.uint8):
        raise ValueError(f"the mask is {mask.dtype} {mask.shape}: the picture needs uint8 {shape}")


def _scale(counts: NDArray[np.int64], weight: int, every: int) -> NDArray[np.int64]:
    share, total = TOTAL_WEIGHT * weight // every, int(counts.sum())
    return np.maximum((counts * share + total // 2) // total, 1)


def _count(picture: Picture, threshold: int, *, gray: bool) -> Histogram:
    """How much each drawn color of a picture occurs."""
    total = Histogram(np.empty(0, np.uint32), np.empty(0, np.int64))
    for linear, alpha, mask in _bands(picture):
        shown = np.repeat(luminance(linear)[:, None].astype(np.uint16), 3, 1) if gray else linear
        total = _join(total, _count_band(shown, alpha, mask, threshold))
    return total


def _bands(picture: Picture) -> Iterator[tuple[NDArray[np.uint16], NDArray[np.uint8], Mask]]:
    """The pixels some rows at a time: linear light (n, 3), alpha (n,), mask (n,)."""
    image = picture.image
    rows = max(_BAND // image.width, 1)
    for top in range(0, image.height, rows):
        part = slice(top, top + rows)
        mask = None if picture.mask is None else np.ascontiguousarray(picture.mask[part]).ravel()
        yield image.linear[part].reshape(-1, 3), image.alpha[part].ravel(), mask


def _count_band(
    linear: NDArray[np.uint16], alpha: NDArray[np.uint8], mask: Mask, threshold: int
) -> Histogram:
    native = kernels.load()
    if native is None:
        return count_plain(linear, alpha, mask, threshold)
    keys, weights = np.empty(len(alpha), np.uint32), np.empty(len(alpha), np.int64)
    found = native.count(linear, alpha, mask, srgb_table(), threshold, keys, weights)
    return Histogram(keys[:found].copy(), weights[:found].copy())


def count_plain(
    linear: NDArray[np.uint16], alpha: NDArray[np.uint8], mask: Mask, threshold: int
) -> Histogram:
    """Count the drawn colors of some pixels: the reference of the kernel `count`.

    Args:
        linear: uint16 (n, 3).
        alpha: uint8 (n,).
        mask: uint8 (n,) or None.
        threshold: Pixels with alpha below this do not count.
    """
    drawn = alpha >= threshold
    keys, place, counts = np.unique(
        keys_of(to_srgb(linear[drawn])), return_inverse=True, return_counts=True
    )
    if mask is None:
        return Histogram(keys, counts.astype(np.int64))
    top = MASK_WEIGHTS - 1
    parts = 1 + (mask[drawn].astype(np.int64) * top + 127) // 255
    return Histogram(keys, np.bincount(place, parts, len(keys)).astype(np.int64))


def _join(first: Histogram, second: Histogram) -> Histogram:
    """Two ascending histograms as one, the weights of equal colors added."""
    if not len(first.keys) or not len(second.keys):
        return second if len(second.keys) else first
    merged = np.concatenate([first.keys, second.keys])
    order = np.argsort(merged, kind="stable")  # a radix or merge sort: quick on two sorted runs
    keys = merged[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    weights = np.concatenate([first.weights, second.weights])[order]
    return Histogram(keys[starts], np.add.reduceat(weights, starts))


def on_grid(pixels: Histogram, grid: Grid) -> Histogram:
    """The histogram after each color is snapped to a grid, in the order of the grid's words.

    On a grid of every sRGB color that is the histogram itself.
    """
    if grid.size == 1 << 24:
        return pixels
    words = grid_words(grid, pixels.colors)
    weights = np.bincount(words, pixels.weights, 1)  # exact: the sum is below 2^53
    used = np.flatnonzero(weights)
    return Histogram(
        keys_of(grid_colors(grid, used.astype(np.uint32))), weights[used].astype(np.int64)
    )


def without(pixels: Histogram, colors: NDArray[np.uint8]) -> Histogram:
    """The histogram less the colors uint8 (n, 3)."""
    if len(colors) == 0:
        return pixels
    rest = ~np.isin(pixels.keys, keys_of(colors))
    return Histogram(pixels.keys[rest], pixels.weights[rest])
