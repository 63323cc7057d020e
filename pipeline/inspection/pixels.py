"""Pixels and palettes of an inspected file: ranges with values, and a summary in words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline import layouts
from pipeline.emitters.describe import Description, read_palette, stride
from pipeline.emitters.stored import plain
from pipeline.grid import GRIDS, shown
from pipeline.inspection import FOLD, ROWS, Part, Section, section
from pipeline.layout import TILED, Layout
from pipeline.palette import Palette
from pipeline.placement import NOBODY, Placement, place

VALUES = 16
"""Pixels that are told of a row."""

PLACED = 1 << 22
"""Pixels of the largest picture of which it is worked out where each of them is."""

_MOST = 4  # values that the summary counts
_LINE = 16  # bytes, where a layout has no rows

_HOLDS = {"index": "an index into the palette", "code": "the code of its color"}

Values = NDArray[np.uint32]


def pixels(
    data: bytes, at: int, layout: Layout, size: tuple[int, int], *, every: bool
) -> list[Part]:
    """A part for each of the first rows (pages, columns, tiles) of packed pixels, one for the rest.

    Args:
        data: The packed pixels.
        at: Where they start.
        layout: How they are packed; `check_layout` has passed it.
        size: Width and height; `check_size` has passed it.
        every: No rest.
    """
    try:
        values = layouts.unpack(data, layout, *size)
    except ValueError as error:
        return [Part(at, at + len(data), "pixels", "", str(error))]
    step = _step(layout, *size)
    count = -(-len(data) // step)
    told = count if every else min(count, ROWS)
    placed = place(layout, *size, told * step) if values.size <= PLACED else None
    parts = [_line(number, at, step, values, layout, placed) for number in range(told)]
    if told < count:
        parts.append(Part(at + told * step, at + len(data), "pixels", f"{count - told} more alike"))
    return parts


def stored(
    data: bytes, at: int, description: Description, *, every: bool
) -> tuple[list[Part], list[Section]]:
    """Pixels as they lie in a file, and where they are compressed what they stand for."""
    size = description.width, description.height
    if description.codec == "none":
        return pixels(data, at, description.layout, size, every=every), []
    try:
        packed = plain(description, data)
    except ValueError as error:
        return [Part(at, at + len(data), "pixels", description.codec, str(error))], []
    words = f"{description.codec}, {len(data):,} of {len(packed):,} bytes; see below"
    inside = pixels(packed, 0, description.layout, size, every=every)
    return [Part(at, at + len(data), "pixels", words)], [
        section("pixels, decompressed", packed, inside)
    ]


def _step(layout: Layout, width: int, height: int) -> int:
    """Bytes that are told together."""
    if layout.scan in TILED:
        return 8 * layout.bits
    return stride(layout, width, height) or _LINE


def _line(
    number: int, at: int, step: int, values: Values, layout: Layout, placed: Placement | None
) -> Part:
    start = number * step
    where = at + start, at + start + step
    if placed is None:
        return Part(*where, f"line {number}")
    owners = placed.pixel[start : start + step]
    owned = owners != NOBODY
    if not owned.any():
        return Part(*where, "padding")
    some = np.unique(owners[owned])
    bits = np.unique(placed.bit[start : start + step][owned])
    words = _place(some, values.shape[1])
    if len(bits) < layout.bits:
        words += f", bit{'s' * (len(bits) > 1)} {' '.join(map(str, bits.tolist()))}"
    chosen = values.ravel()[some]
    if len(bits) == 1:
        chosen = chosen >> np.uint32(bits[0]) & np.uint32(1)
    return Part(*where, words, listed(chosen, layout.bits if len(bits) > 1 else 1))


def _place(pixels: NDArray[np.int32], width: int) -> str:
    """Rows and columns of pixels, given by their numbers in reading order."""
    rows, columns = pixels // width, pixels % width
    words = _range("row", int(rows.min()), int(rows.max()))
    first, last = int(columns.min()), int(columns.max())
    return words if (first, last) == (0, width - 1) else f"{words}, {_range('column', first, last)}"


def _range(noun: str, first: int, last: int) -> str:
    return f"{noun} {first}" if first == last else f"{noun}s {first} to {last}"


def listed(values: Values, bits: int) -> str:
    """The first values: indices and levels as numbers, color words in hex."""
    texts = [valued(value, bits) for value in values[:VALUES].tolist()]
    return " ".join([*texts, "..."][: len(texts) + (len(values) > VALUES)])


def valued(value: int, bits: int) -> str:
    """One pixel value as people read it."""
    return str(value) if bits <= 8 else f"{value:0{-(-bits // 4)}x}"


def summary(values: Values, bits: int, holds: str, palette: Palette | None) -> str:
    """How many values occur, and the most frequent ones with their share."""
    found, counts = np.unique(values, return_counts=True)
    order = np.lexsort((found, -counts))[:_MOST]
    shares = [
        f"{_named(int(found[i]), bits, holds, palette)} {100 * counts[i] / values.size:.1f} %"
        for i in order
    ]
    more = ", ..." if len(found) > _MOST else ""
    return f"{len(found)} values; {', '.join(shares)}{more}"


def _named(value: int, bits: int, holds: str, palette: Palette | None) -> str:
    """A value and the color it shows, where that is known."""
    text = valued(value, bits)
    if palette is None:
        return text
    places = [value] if holds == "index" else np.flatnonzero(palette.codes == value).tolist()
    known = bool(places) and places[0] < len(palette)
    return f"{text} {hexed(palette.seen[places[0]])}" if known else text


def hexed(color: Sequence[int] | NDArray[np.uint8]) -> str:
    """`#rrggbb`."""
    return f"#{bytes(bytearray(int(value) for value in color)).hex()}"


def entries(at: int, size: int, meanings: list[str], *, every: bool) -> list[Part]:
    """A part for each of the first palette entries of `size` bytes, one for the rest."""
    told = len(meanings) if every or len(meanings) <= FOLD + 1 else FOLD
    parts = [
        Part(at + i * size, at + (i + 1) * size, f"color {i}", meanings[i]) for i in range(told)
    ]
    if told < len(meanings):
        rest = at + told * size, at + len(meanings) * size
        parts.append(Part(*rest, f"colors {told} to {len(meanings) - 1}"))
    return parts


def block(data: bytes, at: int, description: Description, *, every: bool) -> list[Part]:
    """The entries of a palette block; the description has passed `check`."""
    try:
        palette = read_palette(data, description)
    except ValueError as error:
        return [Part(at, at + len(data), "palette", "", str(error))]
    return entries(at, description.entry_bytes, colors(palette, description.grid), every=every)


def colors(palette: Palette, grid: str) -> list[str]:
    """What each entry of a palette means."""
    return [_entry(palette, index, grid) for index in range(len(palette))]


def _entry(palette: Palette, index: int, grid: str) -> str:
    code = int(palette.codes[index])
    if grid:
        words = grid_word(code, grid)
    else:
        seen, nominal = hexed(palette.seen[index]), hexed(palette.nominal[index])
        words = f"code {code}, seen {seen}, nominal {nominal}"
    return f"{words}, transparent" if index == palette.transparent else words


def grid_word(code: int, grid: str) -> str:
    """A color word and what it shows."""
    digits = -(-GRIDS[grid].word_bits // 4)
    return f"{hexed(shown(GRIDS[grid], code))}, {grid} {code:0{digits}x}"


def about(description: Description) -> dict[str, str]:
    """The facts of a description in words."""
    words = {
        "size": f"{description.width}x{description.height}",
        "layout": description.layout.describe(),
        "a pixel is": _HOLDS[description.holds],
        "colors": str(description.colors) + (f", all of {description.grid}" * description.whole),
        "grid": "" if description.whole else description.grid or "none: codes mean themselves",
        "transparent": "" if description.transparent is None else f"{description.transparent}",
        "learned": "from the picture" * description.learned,
        "compressed": "" if description.codec == "none" else _codec(description),
    }
    return {name: word for name, word in words.items() if word}


def _codec(description: Description) -> str:
    window = f", looks back {description.window:,} bytes" * (description.window > 0)
    return f"{description.codec}{window}"
