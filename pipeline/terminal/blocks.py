"""Half blocks: two pixels a character, the upper one in its foreground, the lower behind it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_UPPER = "\N{UPPER HALF BLOCK}"
_STEPS = np.array([0, 95, 135, 175, 215, 255])  # of the color cube in xterm's 256 colors
_GRAYS = 8 + 10 * np.arange(24)
_RESET = "\x1b[0m"

Paint = Callable[[NDArray[np.uint8]], list[list[str]]]


def encode(srgb: NDArray[np.uint8]) -> bytes:
    """A picture, uint8 (h, w, 3) sRGB, in characters of 24-bit colors."""
    return _encode(srgb, _true)


def encode_256(srgb: NDArray[np.uint8]) -> bytes:
    """The same in the nearest of xterm's fixed colors."""
    return _encode(srgb, _indexed)


def _encode(srgb: NDArray[np.uint8], paint: Paint) -> bytes:
    colors = paint(srgb)
    pairs = zip(colors[::2], [*colors[1::2], []], strict=False)
    return "".join(f"{_line(upper, lower)}{_RESET}\n" for upper, lower in pairs).encode()


def _line(upper: list[str], lower: list[str]) -> str:
    """One row of characters; colors are named where they change."""
    out, above, below = [], "", ""
    for place, color in enumerate(upper):
        under = lower[place] if lower else ""
        changes = [f"38;{color}"] if color != above else []
        changes += [f"48;{under}"] if under != below else []
        out.append((f"\x1b[{';'.join(changes)}m" if changes else "") + _UPPER)
        above, below = color, under
    return "".join(out)


def _true(srgb: NDArray[np.uint8]) -> list[list[str]]:
    return [[f"2;{r};{g};{b}" for r, g, b in row] for row in srgb.tolist()]


def _indexed(srgb: NDArray[np.uint8]) -> list[list[str]]:
    wide = srgb.astype(np.int64)
    steps = np.abs(wide[..., None] - _STEPS).argmin(-1)
    gray = np.abs(wide.sum(-1, keepdims=True) - 3 * _GRAYS).argmin(-1)
    cube_error = ((_STEPS[steps] - wide) ** 2).sum(-1)
    gray_error = ((_GRAYS[gray][..., None] - wide) ** 2).sum(-1)
    cube = 16 + steps @ np.array([36, 6, 1])
    names = np.where(gray_error < cube_error, 232 + gray, cube)
    return [[f"5;{name}" for name in row] for row in names.tolist()]
