"""Layouts: from pixel values to the panel's bytes, and back."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline import registry
from pipeline.layout import Layout

Values = NDArray[np.uint32]


class Packer(Protocol):
    """A pair of functions that invert each other, registered in `registry.LAYOUTS`."""

    def pack(self, values: Values, layout: Layout) -> bytes:
        """uint32 (h, w) values below `2**layout.bits` to bytes."""

    def unpack(self, data: bytes, layout: Layout, width: int, height: int) -> Values:
        """Bytes to uint32 (h, w) values; raises ValueError when the length is not right."""

    def size(self, layout: Layout, width: int, height: int) -> int:
        """How many bytes `pack` gives for a picture of that size."""


def _packer(layout: Layout) -> Packer:
    packer: Packer = registry.LAYOUTS[layout.scan].load()
    return packer


def pack(values: Values, layout: Layout) -> bytes:
    """Pixel values to the bytes that the panel reads.

    Args:
        values: uint32 (h, w), each below `2**layout.bits`.
        layout: Where each pixel goes.

    Raises:
        ValueError: A value does not fit, or the layout cannot hold this size.
    """
    if int(values.max()) >> layout.bits:
        raise ValueError(f"value {values.max()} does not fit {layout.bits} bits")
    data = _packer(layout).pack(values, layout)
    return invert(data) if layout.invert else data


def unpack(data: bytes, layout: Layout, width: int, height: int) -> Values:
    """The panel's bytes back to uint32 (height, width) pixel values.

    Raises:
        ValueError: `data` is not exactly as long as the layout needs.
    """
    needed = size(layout, width, height)
    if len(data) != needed:
        raise ValueError(
            f"{width}x{height} as {layout.describe()} is {needed} bytes, not {len(data)}"
        )
    plain = invert(data) if layout.invert else data
    return _packer(layout).unpack(plain, layout, width, height)


def size(layout: Layout, width: int, height: int) -> int:
    """How many bytes a picture takes."""
    return _packer(layout).size(layout, width, height)


def invert(data: bytes) -> bytes:
    """Each bit complemented."""
    return (~np.frombuffer(data, np.uint8)).tobytes()
