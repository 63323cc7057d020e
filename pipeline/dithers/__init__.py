"""Dithers: from a picture in linear light to palette indices."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import registry
from pipeline.diffusion_kernel import Kernel
from pipeline.image import Image
from pipeline.palette import Palette

Pinned = NDArray[np.int32]
"""int32 (h, w): the entry that a pixel has whatever its neighbors say, -1 where it is free."""


class DitherOptions(NamedTuple):
    """What a manifest can set for a dither.

    Attributes:
        method: Name in `registry.DITHERS`.
        strength: Share of the error or pattern that is applied, in 1/256 (0..256).
        serpentine: Error diffusion turns round at each row's end.
        threshold: sRGB gray (0..255) at and above which `threshold` takes the lighter color.
        kernel: The kernel of the method `custom`.
        pixels_per_degree: Of the viewer's sight, for methods with a model of the eye (1..200).
    """

    method: str = "none"
    strength: int = 256
    serpentine: bool = True
    threshold: int = 128
    kernel: Kernel | None = None
    pixels_per_degree: int = 35


def dither(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None = None
) -> NDArray[np.uint16]:
    """Choose a palette entry for each pixel.

    Args:
        image: The picture. Alpha is ignored: flatten it or mask it before.
        palette: The colors; its transparent entry is never chosen.
        options: Which method, and how.
        pinned: Entries that are settled: crisp text beside a dithered photograph, or what lies
            outside a region. No error passes through such a pixel.

    Returns:
        uint16 (h, w) indices, each pinned or in `palette.opaque`.

    Raises:
        ValueError: The palette does not suit the method; the message says what to do.
    """
    method = registry.DITHERS[options.method].load()
    indices: NDArray[np.uint16] = method(image, palette, options, pinned)
    return indices if pinned is None else np.where(pinned < 0, indices, pinned).astype(np.uint16)
