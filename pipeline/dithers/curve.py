"""A curve that visits every pixel of a rectangle once, from neighbor to neighbor.

Hilbert's curve needs squares of a power of two. For any rectangle the same idea works with other
cuts: a long rectangle is crossed in two halves one after the other; any other one is crossed up
its near side in one quarter, along the far half, and back down in the last quarter. Halves are
made even where that is possible, because a rectangle that is even along its way is left at the
corner next to where it was entered. Where both sides forbid it there is one diagonal step.
"""

import numpy as np
from numpy.typing import NDArray

Path = NDArray[np.signedinteger]
"""(2, n): the places along and across, from (0, 0) toward (length - 1, 0)."""


def curve(height: int, width: int) -> NDArray[np.int32]:
    """The order in which pixels are visited.

    Args:
        height: Rows, at least 1.
        width: Pixels in a row, at least 1.

    Returns:
        int32 (height * width,): each place y * width + x once. Places in a row are neighbors,
        but for at most one diagonal step.
    """
    paths = _Paths(np.int16 if max(height, width) < 1 << 15 else np.int32)
    along, across = paths[max(height, width), min(height, width)]
    paths.clear()  # parts of a large picture take as much memory as the whole
    down, right = (across, along) if width >= height else (along, across)
    places: NDArray[np.int32] = down.astype(np.int32)
    places *= width
    places += right
    return places


class _Paths(dict[tuple[int, int], Path]):
    """Paths over rectangles of a length and a breadth; those of one size are made once."""

    def __init__(self, kind: type[np.signedinteger]) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, size: tuple[int, int]) -> Path:
        length, breadth = size
        if length == 1 or breadth == 1:
            made = self._straight(length, breadth)
        elif 2 * length > 3 * breadth:
            half = _half(length)
            made = self._joined(self[half, breadth], self[length - half, breadth] + self._by(half))
        else:
            made = self._round(length, breadth)
        self[size] = made
        return made

    def _straight(self, length: int, breadth: int) -> Path:
        steps = np.arange(max(length, breadth), dtype=self._kind)
        still = np.zeros_like(steps)
        return np.stack([steps, still] if breadth == 1 else [still, steps])

    def _round(self, length: int, breadth: int) -> Path:
        half, rise = length // 2, _half(breadth)
        return self._joined(
            self[rise, half][::-1],
            self[length, breadth - rise] + self._by(0, rise),
            self._by(length - 1, rise - 1) - self[rise, length - half][::-1],
        )

    def _by(self, along: int, across: int = 0) -> Path:
        return np.array([[along], [across]], self._kind)

    @staticmethod
    def _joined(*paths: Path) -> Path:
        return np.concatenate(paths, axis=1)


def _half(side: int) -> int:
    """About a half, even where that leaves something."""
    half = side // 2
    return half + 1 if side > 2 and half % 2 else half
