"""The graphics protocol of kitty: raw pixels, deflated, in base64 and in pieces.

Format: sw.kovidgoyal.net/kitty/graphics-protocol.
"""

import base64
import zlib

import numpy as np
from numpy.typing import NDArray

_PIECE = 4096
"""Most characters of base64 that one escape code carries; a multiple of 4."""


def encode(srgb: NDArray[np.uint8]) -> bytes:
    """A picture, uint8 (h, w, 3) sRGB, at the cursor, which then stands below it."""
    height, width, _ = srgb.shape
    data = base64.b64encode(zlib.compress(srgb.tobytes()))
    pieces = [data[at : at + _PIECE] for at in range(0, len(data), _PIECE)]
    first = f"a=T,f=24,s={width},v={height},o=z,q=2,".encode()  # q=2: no answer
    codes = [
        b"\x1b_G%sm=%d;%s\x1b\\" % (b"" if place else first, place + 1 < len(pieces), piece)
        for place, piece in enumerate(pieces)
    ]
    return b"".join(codes) + b"\n"
