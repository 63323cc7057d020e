"""Paint: a picture in palette entries: settled pixels, regions, and a dither for each."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.color import to_linear
from pipeline.dithers import DitherOptions, Pinned, dither
from pipeline.grid import RGB
from pipeline.image import Image
from pipeline.palette import Palette


class Part(NamedTuple):
    """Pixels with a dither of their own.

    Attributes:
        image: What is dithered, (h, w). Alpha is ignored.
        options: Its dither.
        inside: bool (h, w), the pixels that are meant; None for all.
    """

    image: Image
    options: DitherOptions
    inside: NDArray[np.bool_] | None = None


def recolor(image: Image, pairs: Sequence[tuple[RGB, RGB]]) -> Image:
    """The picture with some exact sRGB colors replaced by others; alpha stays."""
    if not pairs:
        return image
    srgb, linear = image.srgb, image.linear.copy()
    for old, new in pairs:
        linear[(srgb == np.array(old, np.uint8)).all(-1)] = to_linear(np.array(new, np.uint8))
    return replace(image, linear=linear)


def pins(
    srgb: NDArray[np.uint8], palette: Palette, named: Sequence[tuple[RGB, int]], *, exact: bool
) -> Pinned | None:
    """The pixels whose entry is settled by their exact color.

    Art for a panel of inks is drawn in their nominal colors, and an ink may look more like
    another nominal color than like its own: the green of Spectra 6 is nearest to yellow. Text
    in such a color beside a photograph stays crisp.

    Args:
        srgb: uint8 (h, w, 3), the picture before its tones are adjusted.
        palette: The colors.
        named: Colors and the index that each stands for; of two that are the same the later counts.
        exact: Each opaque entry's nominal color stands for it; of equal ones the first counts.

    Returns:
        int32 (h, w), -1 where nothing is settled; None when nothing is anywhere.
    """
    every = palette.opaque[::-1].tolist() if exact else []
    pairs = [(palette.nominal[index], index) for index in every]
    pairs += [(np.array(color, np.uint8), index) for color, index in named]
    packed = _packed(srgb)
    out: Pinned | None = None
    for color, index in pairs:
        own = packed == _packed(color)
        if own.any():
            out = np.full(packed.shape, -1, np.int32) if out is None else out
            out[own] = index
    return out


def _packed(srgb: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """uint8 (..., 3) to uint32 (...): a number for each color."""
    red, green, blue = (srgb[..., channel].astype(np.uint32) for channel in range(3))
    return np.asarray(red << 16 | green << 8 | blue)


def paint(palette: Palette, parts: Sequence[Part], pinned: Pinned | None) -> NDArray[np.uint16]:
    """Choose an entry for each pixel; no error passes from one part to another.

    Args:
        palette: The colors.
        parts: The first one covers everything; where others overlap, the last counts.
        pinned: Settled entries, or None.

    Returns:
        uint16 (h, w) indices.

    Raises:
        ValueError: The palette does not suit a method.
    """
    first = parts[0]
    if len(parts) == 1:
        return dither(first.image, palette, first.options, pinned)
    owner = np.zeros((first.image.height, first.image.width), np.intp)
    for place, part in enumerate(parts):
        owner[slice(None) if part.inside is None else part.inside] = place
    indices = np.zeros(owner.shape, np.uint16)
    for place, part in enumerate(parts):
        inside = owner == place
        if inside.any():
            settled = _outside(inside, indices, pinned)
            painted = dither(part.image, palette, part.options, settled)
            indices = np.where(inside, painted, indices)
    return indices


def _outside(
    inside: NDArray[np.bool_], indices: NDArray[np.uint16], pinned: Pinned | None
) -> Pinned:
    """Everything outside counts as settled, so that no error comes from there."""
    free = np.int32(-1) if pinned is None else pinned
    return np.where(inside, free, indices.astype(np.int32)).astype(np.int32)
