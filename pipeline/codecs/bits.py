"""Bits: numbers of few bits one after another, in bytes."""

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint32]


def packed(parts: Iterable[tuple[Numbers, NDArray[np.uint8]]], *, high_first: bool) -> bytes:
    """The numbers in bytes, the last one filled up with zero bits.

    Args:
        parts: Numbers, uint32 (n,), and the bits of each, uint8 (n,), 0..32.
        high_first: The highest bit of a number comes first, and fills the highest bit of a byte
            that is free; else the lowest does both.
    """
    out, rest = bytearray(), np.zeros(0, np.uint8)
    order: Literal["big", "little"] = "big" if high_first else "little"
    for numbers, widths in parts:
        every = np.concatenate([rest, _bits(numbers, widths, high_first=high_first)])
        whole = len(every) // 8 * 8
        out += np.packbits(every[:whole], bitorder=order).tobytes()
        rest = every[whole:]
    return bytes(out + np.packbits(rest, bitorder=order).tobytes())


def _bits(numbers: Numbers, widths: NDArray[np.uint8], *, high_first: bool) -> NDArray[np.uint8]:
    """uint8, one item a bit."""
    width = widths.astype(np.int64)
    number = np.repeat(numbers, width)
    place = np.arange(len(number)) - np.repeat(np.cumsum(width) - width, width)
    shift = np.repeat(width, width) - 1 - place if high_first else place
    return (number >> shift.astype(np.uint32) & np.uint32(1)).astype(np.uint8)
