"""Inline images of iTerm2: a PNG file in base64.

Format: iterm2.com/documentation-images.html.
"""

import base64

import numpy as np
from numpy.typing import NDArray

from pipeline.emitters.png import truecolor


def encode(srgb: NDArray[np.uint8]) -> bytes:
    """A picture, uint8 (h, w, 3) sRGB, at the cursor, which then stands below it."""
    height, width, _ = srgb.shape
    file = truecolor(srgb)
    size = f"size={len(file)};width={width}px;height={height}px".encode()
    return b"\x1b]1337;File=inline=1;%s:%s\x07\n" % (size, base64.b64encode(file))
