"""Dithers: from a picture in linear light to palette indices."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import registry
from pipeline.image import Image
from pipeline.palette import Palette


class DitherOptions(NamedTuple):
    """What a manifest can set for a dither.

    Attributes:
        method: Name in `registry.DITHERS`.
        strength: Share of the error or pattern that is applied, in 1/256 (0..256).
        serpentine: Error diffusion turns round at each row's end.
        threshold: sRGB gray (0..255) at and above which `threshold` takes the lighter color.
    """

    method: str = "none"
    strength: int = 256
    serpentine: bool = True
    threshold: int = 128


def dither(image: Image, palette: Palette, options: DitherOptions) -> NDArray[np.uint16]:
    """Choose a palette entry for each pixel.

    Args:
        image: The picture. Alpha is ignored: flatten it or mask it before.
        palette: The colors; its transparent entry is never chosen.
        options: Which method, and how.

    Returns:
        uint16 (h, w) indices, each in `palette.opaque`.

    Raises:
        ValueError: The palette does not suit the method; the message says what to do.
    """
    method = registry.DITHERS[options.method].load()
    indices: NDArray[np.uint16] = method(image, palette, options)
    return indices
