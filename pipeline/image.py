"""Image: a picture in linear light; `freeze`: arrays that cross modules are read-only."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.color import to_srgb

Scalar = TypeVar("Scalar", bound=np.generic)


def freeze(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """The array made C-ordered and read-only; the caller gives it away."""
    out = np.ascontiguousarray(array)
    out.flags.writeable = False
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """A picture in linear light, alpha not premultiplied.

    Attributes:
        linear: uint16 (h, w, 3), linear light with sRGB primaries, 0..65535.
        alpha: uint8 (h, w), 0 transparent .. 255 opaque.
    """

    linear: NDArray[np.uint16]
    alpha: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.linear.dtype != np.uint16 or self.alpha.dtype != np.uint8:
            raise TypeError("an Image holds uint16 linear light and uint8 alpha")
        if self.linear.ndim != 3 or self.linear.shape != (*self.alpha.shape, 3):
            raise ValueError(f"shapes disagree: {self.linear.shape} and {self.alpha.shape}")
        if self.linear.size == 0:
            raise ValueError("an Image has at least one pixel")
        object.__setattr__(self, "linear", freeze(self.linear))
        object.__setattr__(self, "alpha", freeze(self.alpha))

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return int(self.linear.shape[1])

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.linear.shape[0])

    @property
    def srgb(self) -> NDArray[np.uint8]:
        """uint8 (h, w, 3): the picture in sRGB, alpha ignored."""
        return to_srgb(self.linear)
