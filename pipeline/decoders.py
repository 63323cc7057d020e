"""Decoders: the RAM that those in C take, and which pixels they can give; no numpy."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from pipeline.layout import AROUND, NUMBERED, Layout, line_stride

WINDOWS = tuple(1 << bits for bits in range(8, 16))
"""Bytes that a stream may look back."""

WIDEST = 65528
"""Most bits of a line, where a decoder has to know them."""

_OF_BITS = ("rows", "columns", "planes", "halves", "folded", "interleaved", "sharp-lines")
"""Scans whose lines of single bits are such lines as decoders know them."""


class Decoder(NamedTuple):
    """What the decoder of a codec needs; `tests/test_runtime.py` measures it.

    Attributes:
        state: Bytes of its state.
        looks_back: Beside it takes a window.
        lines: It gives lines of single bits alone, and beside its state takes one of them.
    """

    state: int
    looks_back: bool = False
    lines: bool = False

    def ram(self, window: int, width: int) -> int:
        """Bytes that it takes when it gives rows one after another.

        Args:
            window: One of `WINDOWS`; 0 for decoders that do not look back.
            width: Bits of a line, `line_bits`.
        """
        return self.state + (window if self.looks_back else 0) + (width // 8 if self.lines else 0)


DECODERS: Mapping[str, Decoder] = MappingProxyType(
    {
        "rle": Decoder(16),
        "packbits": Decoder(12),
        "lz4": Decoder(32, looks_back=True),
        "heatshrink": Decoder(32, looks_back=True),
        "zx0": Decoder(32, looks_back=True),
        "deflate": Decoder(480, looks_back=True),
        "g5": Decoder(24, lines=True),
    }
)
"""By the codec's name in `registry.CODECS`."""


def line_bits(layout: Layout, size: tuple[int, int] | None) -> int:
    """Bits of a line with those that fill it up to whole bytes; 0 where lines are not of bits.

    Args:
        layout: How pixels are packed.
        size: Width and height of the picture; where it is None a line has 8 bits, the fewest.
    """
    bits = 1 if layout.scan == "planes" else layout.bits
    if bits != 1 or layout.scan not in _OF_BITS:
        return 0
    if size is None:
        return 8
    width, height = size
    pixels = {
        "columns": height,
        "halves": width // 2,
        "folded": 2 * width,
        "interleaved": 2 * width,
    }.get(layout.scan, width)
    around = AROUND if layout.scan in NUMBERED else 0
    return 8 * (line_stride(layout._replace(bits=1), pixels) + around)


class Refusal(NamedTuple):
    """What a decoder cannot do, and what to do."""

    words: str
    hint: str


def refusal(name: str, ram: int, layout: Layout, size: tuple[int, int] | None) -> Refusal | None:
    """Why a decoder cannot give a picture; None where it can, as far as is known.

    Args:
        name: Of the codec.
        ram: Most bytes that it may take.
        layout: How the picture is packed.
        size: Width and height; None where they are not known yet.
    """
    decoder, width = DECODERS[name], line_bits(layout, size)
    if decoder.lines and not 0 < width <= WIDEST:
        words = f"`{name}` holds pixels of one bit in rows, up to {WIDEST:,} bits wide"
        return Refusal(words, "choose another codec, or `smallest`")
    least = decoder.ram(WINDOWS[0], width)
    if least > ram:
        words = f"the decoder of `{name}` takes {least} bytes of RAM at least, and `ram` is {ram}"
        return Refusal(words, "raise `ram`, or choose another codec")
    return None
