"""Placement: which pixel each bit of packed pixels belongs to, found out by packing."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import layouts
from pipeline.layout import Layout

NOBODY = -1
"""In place of a pixel: padding, or bytes that are the same for every picture."""


class Placement(NamedTuple):
    """The owners of the first bytes of a packed picture; bit 7 of a byte comes first.

    Attributes:
        pixel: int32 (n, 8): the pixel's number in reading order, or `NOBODY`.
        bit: uint8 (n, 8): which bit of its value, 0 for the lowest; 0 where there is no pixel.
    """

    pixel: NDArray[np.int32]
    bit: NDArray[np.uint8]


def place(layout: Layout, width: int, height: int, count: int | None = None) -> Placement:
    """Ask the packer itself: pixels are told apart by pictures that spell their numbers in binary.

    Args:
        layout: How pixels are packed.
        width: Pixels in a row.
        height: Number of rows.
        count: How many bytes to look at, from the first; None for all.

    Raises:
        ValueError: The layout cannot hold this size.
    """
    pixels = width * height
    numbers = np.arange(pixels, dtype=np.uint32).reshape(height, width)
    top = np.uint32((1 << layout.bits) - 1)
    empty = _bits(np.zeros_like(numbers), layout, count)
    owned = _bits(np.full_like(numbers, top), layout, count) != empty
    pixel = np.zeros(owned.shape, np.int32)
    for digit in range((pixels - 1).bit_length()):
        has_digit = numbers >> np.uint32(digit) & np.uint32(1)
        pixel |= (_bits(has_digit * top, layout, count) != empty).astype(np.int32) << digit
    bit = np.zeros(owned.shape, np.uint8)
    for digit in range((layout.bits - 1).bit_length()):
        value = sum(1 << place for place in range(layout.bits) if place >> digit & 1)
        spelled = _bits(np.full_like(numbers, value), layout, count) != empty
        bit |= spelled.astype(np.uint8) << digit
    return Placement(np.where(owned, pixel, NOBODY).astype(np.int32), np.where(owned, bit, 0))


def _bits(values: NDArray[np.uint32], layout: Layout, count: int | None) -> NDArray[np.uint8]:
    """uint8 (n, 8): the bits of the packed values, bit 7 first."""
    packed = np.frombuffer(layouts.pack(values, layout)[:count], np.uint8)
    return np.unpackbits(packed).reshape(-1, 8)
