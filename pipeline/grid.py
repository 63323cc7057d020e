"""Color grids: the colors that a programmable panel can show, and their words."""

from functools import cache
from typing import NamedTuple

RGB = tuple[int, int, int]


class Field(NamedTuple):
    """One channel inside a color word: `bits` wide, its low bit at `shift`."""

    shift: int
    bits: int


class Grid(NamedTuple):
    """The colors a panel can show, as red, green and blue fields of one word.

    Attributes:
        name: Key in `GRIDS`.
        word_bits: Size of the word in bits as a driver stores it (8, 12, 16, 24 or 32).
        red, green, blue: Where the channel's level sits in the word.
        fixed: Bits that are always set in the word (for example opaque alpha).
        split_green: Bit that carries the lowest green bit away from the rest, or -1.
        gray: The word holds one gray level; all three fields are the same.
    """

    name: str
    word_bits: int
    red: Field
    green: Field
    blue: Field
    fixed: int = 0
    split_green: int = -1
    gray: bool = False

    @property
    def size(self) -> int:
        """How many different colors the grid holds."""
        if self.gray:
            return 1 << self.red.bits
        return 1 << (self.red.bits + self.green.bits + self.blue.bits)

    @property
    def word_used(self) -> int:
        """How many low bits of the word can be set."""
        fields = (self.red, self.green, self.blue)
        tops = [field.shift + field.bits for field in fields]
        return max(*tops, self.split_green + 1, self.fixed.bit_length())


def has_gaps(grid: Grid) -> bool:
    """Whether its words, without the fixed bits, are not simply all numbers below its size."""
    fields = (grid.red, grid.green, grid.blue)
    tops = [field.shift + field.bits for field in fields]
    return 1 << max(*tops, grid.split_green + 1) != grid.size


def expand(level: int, bits: int) -> int:
    """The 8-bit value that a channel level of `bits` bits shows: its bits, repeated.

    Display controllers widen so. `round(level * 255 / max)` is the same for 1, 2, 4 and 8
    bits and differs by at most one for 3, 5 and 6 bits.
    """
    if bits == 0:
        return 0
    value, have = level, bits
    while have < 8:
        value = (value << bits) | level
        have += bits
    return value >> (have - 8)


@cache
def nearest_level(value: int, bits: int) -> int:
    """The level whose shown value is nearest to the 8-bit `value`; the lower one on a tie."""
    return min(range(1 << bits), key=lambda level: (abs(expand(level, bits) - value), level))


LINEAR_MAX = 65535
"""Linear light is 0 (black) to 65535 (the display's white)."""

BT709 = (13933, 46871, 4732)
"""Luminance weights of red, green, blue (0.2126, 0.7152, 0.0722) in 1/65536; they sum to 65536."""


@cache
def linear_of(code: int) -> int:
    """IEC 61966-2-1 decoding of one 8-bit sRGB code to 0..65535, rounded to nearest."""
    value = code / 255
    linear = value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
    return round(linear * LINEAR_MAX)


def _gray_of(rgb: RGB) -> int:
    """The sRGB code of the gray that is as bright as a color: luminance in linear light."""
    total = sum(weight * linear_of(code) for weight, code in zip(BT709, rgb, strict=True))
    luminance = (total + 32768) >> 16
    return min(range(256), key=lambda code: (abs(linear_of(code) - luminance), code))


def word(grid: Grid, rgb: RGB) -> int:
    """The color word of the grid color nearest to `rgb` (0..255 each), channel by channel."""
    if grid.gray:
        level = nearest_level(_gray_of(rgb), grid.red.bits)
        return grid.fixed | level << grid.red.shift
    fields = (grid.red, grid.green, grid.blue)
    levels = [nearest_level(value, field.bits) for value, field in zip(rgb, fields, strict=True)]
    return _join(grid, levels)


def _join(grid: Grid, levels: list[int]) -> int:
    red, green, blue = levels
    out = grid.fixed | red << grid.red.shift | blue << grid.blue.shift
    if grid.split_green < 0:
        return out | green << grid.green.shift
    return out | (green >> 1) << grid.green.shift | (green & 1) << grid.split_green


def shown(grid: Grid, code: int) -> RGB:
    """The sRGB color (0..255 each) that a color word shows."""
    if grid.gray:
        value = expand(code >> grid.red.shift & (1 << grid.red.bits) - 1, grid.red.bits)
        return value, value, value
    red = code >> grid.red.shift & (1 << grid.red.bits) - 1
    blue = code >> grid.blue.shift & (1 << grid.blue.bits) - 1
    if grid.split_green < 0:
        green = code >> grid.green.shift & (1 << grid.green.bits) - 1
    else:
        high = code >> grid.green.shift & (1 << grid.green.bits - 1) - 1
        green = high << 1 | code >> grid.split_green & 1
    return expand(red, grid.red.bits), expand(green, grid.green.bits), expand(blue, grid.blue.bits)


def _rgb(name: str, word_bits: int, red: int, green: int, blue: int) -> Grid:
    return Grid(name, word_bits, Field(green + blue, red), Field(blue, green), Field(0, blue))


def _bgr(name: str, word_bits: int, red: int, green: int, blue: int) -> Grid:
    return Grid(name, word_bits, Field(0, red), Field(red, green), Field(red + green, blue))


def _gray(bits: int) -> Grid:
    field = Field(0, bits)
    return Grid(f"gray{bits}", 8, field, field, field, gray=True)


_ALL = (
    _rgb("rgb888", 24, 8, 8, 8),
    _bgr("bgr888", 24, 8, 8, 8),
    # Three bytes of which the panel takes the upper six bits (COLMOD 0x66).
    Grid("rgb666", 24, Field(18, 6), Field(10, 6), Field(2, 6)),
    Grid("bgr666", 24, Field(2, 6), Field(10, 6), Field(18, 6)),
    _rgb("rgb565", 16, 5, 6, 5),
    _bgr("bgr565", 16, 5, 6, 5),
    _rgb("rgb555", 16, 5, 5, 5),
    _bgr("bgr555", 16, 5, 5, 5),
    _rgb("rgb444", 12, 4, 4, 4),
    # Game Gear.
    _bgr("bgr444", 16, 4, 4, 4),
    # Mega Drive: 0000BBB0GGG0RRR0.
    Grid("bgr333", 16, Field(1, 3), Field(5, 3), Field(9, 3)),
    # PC Engine: 0000000GGGRRRBBB.
    Grid("grb333", 16, Field(3, 3), Field(6, 3), Field(0, 3)),
    _rgb("rgb222", 8, 2, 2, 2),
    # Master System.
    _bgr("bgr222", 8, 2, 2, 2),
    _rgb("rgb332", 8, 3, 3, 2),
    _bgr("bgr233", 8, 3, 3, 2),
    # Pebble's ARGB2222 byte: two set bits of alpha on top.
    _rgb("rgb222", 8, 2, 2, 2)._replace(name="argb2222", fixed=0xC0),
    # PicoSystem, with opaque alpha.
    _rgb("rgb444", 16, 4, 4, 4)._replace(name="argb4444", fixed=0xF000),
    # TI-84 Plus CE palette word: 1555 whose top bit is the lowest green bit.
    Grid("grgb1555", 16, Field(10, 5), Field(5, 6), Field(0, 5), split_green=15),
    _gray(1),
    _gray(2),
    _gray(3),
    _gray(4),
    _gray(8),
)

GRIDS: dict[str, Grid] = {grid.name: grid for grid in _ALL}
