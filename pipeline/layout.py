"""Layout: how pixel values become bytes (a plain value, no numpy)."""

from typing import NamedTuple


class Layout(NamedTuple):
    """Where each pixel sits in the bytes that the panel reads.

    Every fact is a field of its own, described by where pixel 0 sits; no field means
    "as library X does it".

    Attributes:
        scan: Name of the packer in `registry.LAYOUTS`.
        bits: Bits per pixel value, 1 to 32. Values are below `2**bits`.
        first: Which end of a byte holds the first pixel: `msb` or `lsb`. For pixels
            wider than 8 bits that do not fill whole bytes (12 bpp) it is the end of
            the bit stream that is written first.
        byte_order: `big` or `little`, for values of 16, 24 or 32 bits, and for the words that
            the rows of packed tiles are.
        align: Each row (page, column) is padded with zero bits to a multiple of this many
            bytes.
        invert: Every bit, padding included, is written as its complement.
    """

    scan: str = "rows"
    bits: int = 1
    first: str = "msb"
    byte_order: str = "big"
    align: int = 1
    invert: bool = False

    def describe(self) -> str:
        """One line for people and for file metadata, for example `rows bits=4 first=msb`."""
        plain = Layout()
        parts = [f"bits={self.bits}"]
        parts += [
            f"{name}={getattr(self, name)}"
            for name in ("first", "byte_order", "align", "invert")
            if getattr(self, name) != getattr(plain, name)
        ]
        return " ".join([self.scan, *parts])


INDEXED_BITS = (1, 2, 4, 8)
MAX_INDEXED = 256
"""Most colors that 8-bit indices can name."""

MAX_AREA = 1 << 24
"""Most pixels of a finished picture; a step may need 100 bytes for each."""

SCAN_BITS: dict[str, tuple[int, ...]] = {
    "rows": (1, 2, 4, 8, 12, 16, 24, 32),
    "pages": (1,),
    "columns": (1, 2, 4, 8, 12, 16, 24, 32),
    "planes": tuple(range(1, 9)),
    "tiles": tuple(range(1, 9)),
    "packed-tiles": (1, 2, 4, 8),
    "paired-tiles": (2, 4, 6, 8),
    "halves": (1, 2, 4, 8, 12, 16, 24, 32),
    "folded": (1, 2, 4, 8, 12, 16, 24, 32),
    "interleaved": (1, 2, 4, 8, 12, 16, 24, 32),
    "blocks": (1,),
    "sharp-lines": (1,),
    "jdi-lines": (1, 3, 4),
}
"""Bits per pixel that each scan can hold."""

NUMBERED = ("sharp-lines", "jdi-lines")
"""Scans whose lines carry their number in a byte."""

MAX_LINES = 255
"""Rows that such a scan can hold."""

AROUND = 2
"""Bytes of such a line that are not pixels: its number, and a zero byte behind."""

TILED = ("tiles", "packed-tiles", "paired-tiles")
"""Scans of 8x8 tiles: they have no rows that go from edge to edge."""


def size_unit(scan: str) -> tuple[int, int]:
    """What width and height have to be multiples of."""
    if scan in TILED:
        return 8, 8
    return _UNITS.get(scan, (1, 1))


def too_high(scan: str, height: int) -> bool:
    """Whether a scan has no numbers for so many rows."""
    return scan in NUMBERED and height > MAX_LINES


_UNITS = {"halves": (2, 1), "folded": (1, 2), "interleaved": (1, 2)}


def aligned(length: int, align: int) -> int:
    """`length` bytes rounded up to a multiple of `align`."""
    return -(-length // align) * align


def line_bytes(bits: int, pixels: int) -> int:
    """Bytes that so many pixels of so many bits take, side by side."""
    return -(-bits * pixels // 8)


def line_stride(layout: Layout, pixels: int) -> int:
    """Bytes that a line of so many pixels takes, padding included."""
    return aligned(line_bytes(layout.bits, pixels), layout.align)


def indexed_layout(colors: int) -> Layout:
    """The row layout with the fewest bits that can index `colors` entries (at most 256)."""
    bits = next(b for b in INDEXED_BITS if colors <= 1 << b)
    return Layout(scan="rows", bits=bits)
