"""Terminal: a picture as the bytes that make a terminal show it, in its width."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.average import shrunk
from pipeline.terminal import blocks, iterm, kitty, sixel
from pipeline.terminal.detect import Terminal

Encode = Callable[[NDArray[np.uint8]], bytes]


def room(terminal: Terminal) -> int:
    """How many picture pixels fit side by side."""
    return terminal.columns * (1 if terminal.protocol == "blocks" else terminal.cell[0])


def fitted(srgb: NDArray[np.uint8], terminal: Terminal) -> NDArray[np.uint8]:
    """A picture, uint8 (h, w, 3) sRGB, no wider than a terminal.

    For half blocks it has the terminal's width; elsewhere it is divided by a whole number.
    """
    height, width, _ = srgb.shape
    most = room(terminal)
    if width <= most:
        return srgb
    if terminal.protocol == "blocks":
        return shrunk(srgb, most, max(height * most // width, 1))
    times = -(-width // most)
    return shrunk(srgb, max(width // times, 1), max(height // times, 1))


def encode(srgb: NDArray[np.uint8], terminal: Terminal) -> bytes:
    """What to write so that a terminal shows a picture, uint8 (h, w, 3) sRGB, as wide as it is.

    Raises:
        KeyError: The terminal shows no pictures.
    """
    shallow = blocks.encode if terminal.deep else blocks.encode_256
    encoders: dict[str, Encode] = {
        "kitty": kitty.encode,
        "iterm": iterm.encode,
        "sixel": sixel.encode,
        "blocks": shallow,
    }
    return encoders[terminal.protocol](srgb)
