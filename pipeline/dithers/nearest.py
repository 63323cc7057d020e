"""Dithers without a pattern: each pixel by itself, by nearest entry or by lightness."""

import numpy as np
from numpy.typing import NDArray

from pipeline.color import linear_table, luminance, to_linear
from pipeline.dithers import DitherOptions, Pinned
from pipeline.dithers.pick import nearest_oklab, whole_grid
from pipeline.image import Image
from pipeline.palette import Palette, grid_words


def nearest(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None
) -> NDArray[np.uint16]:
    """Each pixel takes the entry that looks most like it; dither `none`.

    The rule is the OKLab rule of `pick`, or `grid_words` for a whole grid.

    Args:
        image: The picture. Alpha is ignored.
        palette: The colors; its transparent entry is never chosen.
        options: Not used: there is nothing to set.
        pinned: Not used: pixels do not depend on each other.

    Returns:
        uint16 (h, w) indices, each in `palette.opaque`.
    """
    del options, pinned
    grid = whole_grid(palette)
    if grid is not None:
        return grid_words(grid._replace(fixed=0), image.srgb).astype(np.uint16)
    chosen = nearest_oklab(image.linear.reshape(-1, 3), palette)
    return chosen.reshape(image.height, image.width)


def threshold(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None
) -> NDArray[np.uint16]:
    """Pixels at least as light as a gray take the lighter of two entries.

    Args:
        image: The picture. Alpha is ignored.
        palette: Colors of which exactly two are opaque. Lighter is the one with the greater
            luminance; the later one when both have the same.
        options: `threshold` is the sRGB gray, compared by BT.709 luminance in linear light.
        pinned: Not used: pixels do not depend on each other.

    Returns:
        uint16 (h, w) indices, each in `palette.opaque`.

    Raises:
        ValueError: The palette has not exactly two opaque entries.
    """
    del pinned
    opaque = palette.opaque
    if len(opaque) != 2:
        raise ValueError(
            f"dither threshold needs a palette of exactly two colors, this one has {len(opaque)}: "
            "use dither none or another method"
        )
    first, second = luminance(to_linear(palette.seen[opaque])).tolist()
    dark, light = opaque[::-1] if first > second else opaque
    lit = luminance(image.linear) >= int(linear_table()[options.threshold])
    chosen: NDArray[np.intp] = np.where(lit, light, dark)
    return chosen.astype(np.uint16)
