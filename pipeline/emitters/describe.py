"""Description: what the bytes of a picture mean, and their way back to a picture."""

import json
import re
from types import NoneType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import layouts
from pipeline.decoders import WINDOWS
from pipeline.emitters import Picture, from_values
from pipeline.grid import GRIDS, Grid
from pipeline.layout import MAX_AREA, SCAN_BITS, TILED, Layout, size_unit
from pipeline.palette import MAX_COLORS, Indexed, Palette, grid_colors, whole_grid
from pipeline.registry import CODECS

VERSION, VERSION_COMPRESSED = 1, 2
"""Of the description, in text and in binary, by what it says; a reader refuses any other."""

MAX_SIDE = 65535
"""Most pixels in a row or column: what a device's 16-bit arithmetic can count."""

INK = np.dtype([("code", "<u4"), ("seen", "u1", 3), ("nominal", "u1", 3), ("zero", "u1", 2)])
"""One entry of a palette block whose codes mean nothing but themselves."""


class Description(NamedTuple):
    """A picture but for its palette block and its pixels.

    Attributes:
        width, height: Pixels.
        layout: How the pixels are packed.
        holds: What a pixel value is: `index` or `code`.
        grid: Name in `grid.GRIDS` of the palette's words; "" where codes mean only themselves.
        whole: The palette is every color of `grid`, so nothing about it needs writing down.
        colors: Number of palette entries.
        transparent: Palette index that stands for "not drawn", or None.
        learned: `Palette.learned`.
        codec: How the pixels are compressed, a name in `registry.CODECS`; `none`.
        window: `codecs.Parameters.window`, 0 for codecs without one.
    """

    width: int
    height: int
    layout: Layout
    holds: str
    grid: str
    whole: bool
    colors: int
    transparent: int | None
    learned: bool
    codec: str = "none"
    window: int = 0

    @property
    def version(self) -> int:
        """That of the format that can say it."""
        return VERSION if self.codec == "none" else VERSION_COMPRESSED

    @property
    def entry_bytes(self) -> int:
        """Size of one entry of the palette block; 0 where there is no block."""
        if self.whole:
            return 0
        return word_bytes(GRIDS[self.grid]) if self.grid else INK.itemsize


def word_bytes(grid: Grid) -> int:
    """Size of the smallest C integer that holds a word of the grid: 1, 2 or 4."""
    return next(size for size in (1, 2, 4) if grid.word_bits <= 8 * size)


def describe(picture: Picture) -> Description:
    """The description of a picture.

    Raises:
        ValueError: The palette's colors are not what its words show on the picture's grid, or
            the picture is out of all bounds.
    """
    palette = picture.indexed.palette
    grid = palette.grid.name if palette.grid else picture.grid
    if grid:
        _check_words(palette, GRIDS[grid])
    description = Description(
        width=picture.indexed.width,
        height=picture.indexed.height,
        layout=picture.layout,
        holds=picture.holds,
        grid=grid,
        whole=palette.grid is not None,
        colors=len(palette),
        transparent=palette.transparent,
        learned=palette.learned,
        codec=picture.codec,
        window=0 if picture.codec == "none" else picture.parameters.window,
    )
    check(description)
    return description


def _check_words(palette: Palette, grid: Grid) -> None:
    """A block holds only the words, so the colors must follow from them."""
    wrong = (grid_colors(grid, palette.codes) != palette.seen).any(-1)
    wrong |= palette.codes >> np.uint32(grid.word_bits - 1) > 1
    if wrong.any():
        raise ValueError(f"palette entry {wrong.argmax()} is not on the grid {grid.name}")


def flash_bytes(picture: Picture) -> int:
    """Bytes that the picture takes in a device: its pixels and the palette table they need."""
    table = (
        len(picture.indexed.palette) * word_bytes(GRIDS[picture.grid]) if picture.has_table else 0
    )
    return len(picture.stored) + table


def stride(layout: Layout, width: int, height: int) -> int:
    """Bytes from one row, page or column (as scanned) to the next; 0 for tiles, which have none."""
    if layout.scan in TILED:
        return 0
    if layout.scan == "halves":
        return layouts.size(layout, width, 1) // 2
    one = (1, height) if layout.scan == "columns" else (width, size_unit(layout.scan)[1])
    planes = layout.bits if layout.scan == "planes" else 1
    return layouts.size(layout, *one) // planes


def palette_block(palette: Palette, description: Description) -> bytes:
    """The palette as bytes, all numbers little-endian.

    Returns:
        One word of `entry_bytes` for each entry where there is a grid, an `INK` record
        (code, seen, nominal) where there is none, nothing for a whole grid.
    """
    if description.whole:
        return b""
    if description.grid:
        return palette.codes.astype(f"<u{description.entry_bytes}").tobytes()
    block = np.zeros(len(palette), INK)
    block["code"] = palette.codes
    block["seen"] = palette.seen
    block["nominal"] = palette.nominal
    return block.tobytes()


def read_palette(block: bytes, description: Description) -> Palette:
    """The reverse of `palette_block`, for a description that `check` has passed.

    Raises:
        ValueError: The block has the wrong length.
    """
    count, size = description.colors, description.entry_bytes
    if len(block) != count * size:
        raise ValueError(f"{count} palette entries are {count * size} bytes, not {len(block)}")
    extra = (description.transparent, description.learned)
    if description.whole:
        whole = whole_grid(GRIDS[description.grid])
        return Palette(whole.seen, whole.nominal, whole.codes, *extra, whole.grid)
    if description.grid:
        codes = np.frombuffer(block, f"<u{size}").astype(np.uint32)
        seen = grid_colors(GRIDS[description.grid], codes)
        return Palette(seen, seen, codes, *extra)
    inks = np.frombuffer(block, INK)
    return Palette(inks["seen"], inks["nominal"], inks["code"], *extra)


def restore(description: Description, block: bytes, data: bytes) -> Indexed:
    """The picture from all its parts.

    Args:
        description: What the bytes mean; need not be valid.
        block: As `palette_block` gives it.
        data: As `layouts.pack` gives it.

    Raises:
        ValueError: The parts are impossible or do not fit each other.
    """
    check(description)
    palette = read_palette(block, description)
    size = description.width, description.height
    return unpacked(data, description.layout, size, palette, description.holds)


def unpacked(
    data: bytes, layout: Layout, size: tuple[int, int], palette: Palette, holds: str
) -> Indexed:
    """The picture of that width and height whose packed pixel values are `data`.

    Raises:
        ValueError: `data` has the wrong length, or a value stands for no palette entry.
    """
    values: NDArray[np.uint32] = layouts.unpack(data, layout, *size)
    return from_values(values, palette, holds)


def check(description: Description) -> None:
    """Refuse a description that no picture can have, before anything is allocated for it.

    Raises:
        ValueError: Says which fact is impossible.
    """
    check_size(description.width, description.height)
    check_layout(description.layout)
    if description.holds not in {"index", "code"}:
        raise ValueError(f"pixels cannot hold '{description.holds}'")
    if not 1 <= description.colors <= MAX_COLORS:
        raise ValueError(f"a palette cannot have {description.colors} colors")
    if (
        description.transparent is not None
        and not 0 <= description.transparent < description.colors
    ):
        raise ValueError(f"no palette entry {description.transparent} to be transparent")
    _check_grid(description)
    _check_codec(description)


def _check_grid(description: Description) -> None:
    if description.grid not in GRIDS and (description.grid or description.whole):
        raise ValueError(f"no grid '{description.grid}'")
    if description.whole and GRIDS[description.grid].size != description.colors:
        raise ValueError(f"all of {description.grid} is not {description.colors} colors")


def _check_codec(description: Description) -> None:
    if description.codec not in {"none", *CODECS}:
        raise ValueError(f"no codec '{description.codec}'")
    if description.window not in {0, *WINDOWS} or (description.window and description.version == 1):
        raise ValueError(f"no codec looks back {description.window} bytes")
    if description.version > 1:
        check_area(description.width, description.height)


def check_area(width: int, height: int) -> None:
    """Refuse a compressed picture of more pixels than any source has.

    Its file can be small whatever it says, so nothing else bounds what reading it takes.

    Raises:
        ValueError: It has over `MAX_AREA` pixels.
    """
    if width * height > MAX_AREA:
        size = f"{width}x{height}"
        raise ValueError(
            f"{size} is more than {MAX_AREA} pixels, too many for a compressed picture"
        )


def check_size(width: int, height: int) -> None:
    """Refuse a size out of all bounds.

    Raises:
        ValueError: A side is not 1 to 65535 pixels.
    """
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise ValueError(f"a picture is 1 to {MAX_SIDE} pixels wide and high, not {width}x{height}")


def check_layout(layout: Layout) -> None:
    """Refuse a layout that no packer knows.

    Raises:
        ValueError: Says which fact is impossible.
    """
    if layout.bits not in SCAN_BITS.get(layout.scan, ()):
        raise ValueError(f"no layout '{layout.scan}' with {layout.bits} bits a pixel")
    if layout.first not in {"msb", "lsb"} or layout.byte_order not in {"big", "little"}:
        raise ValueError(f"no bit or byte order '{layout.first}', '{layout.byte_order}'")
    if not 1 <= layout.align <= 0xFFFF:
        raise ValueError(f"rows cannot be aligned to {layout.align} bytes")


def to_json(description: Description, target: str, block: bytes) -> str:
    """One line of canonical JSON: keys sorted, no space, one flat object.

    Args:
        description: The facts.
        target: Name of the target, `[A-Za-z0-9._-]` only.
        block: The palette block, or nothing where it stands elsewhere.

    Returns:
        ASCII of letters, digits and `{}:,".-_`: it can end no comment and continue no line.

    Raises:
        ValueError: The target's name has other characters.
    """
    if not re.fullmatch(r"[A-Za-z0-9._-]*", target):
        raise ValueError(f"target name {target!a} has characters other than A-Z a-z 0-9 . _ -")
    facts = {**description._asdict(), **description.layout._asdict()}
    del facts["layout"]
    if description.codec == "none":
        del facts["codec"], facts["window"]
    facts |= {"palette": block.hex(), "target": target, "version": description.version}
    return json.dumps(facts, sort_keys=True, separators=(",", ":"))


MARK = "bitplane-picture:"
"""Stands before the JSON. No blank is in the whole comment, so formatters cannot break it."""

_MARKED = re.compile(re.escape(MARK) + r"(\{[^][{}\s]*\})")


def marked(description: Description, target: str, block: bytes) -> str:
    """The C comment that holds what `to_json` gives of the same arguments."""
    return f"/*{MARK}{to_json(description, target, block)}*/"


def mark(picture: Picture) -> str:
    """The C comment of a picture, with its palette in it."""
    description = describe(picture)
    block = palette_block(picture.indexed.palette, description)
    return marked(description, picture.target, block)


def from_marked(text: str) -> tuple[Description, bytes]:
    """The reverse of `marked`, for a whole source file; the description has passed `check`.

    Raises:
        ValueError: The text has no such comment or several, or a damaged one.
    """
    marks = _MARKED.findall(text)
    if len(marks) != 1:
        raise ValueError(f"the C source has {len(marks)} comments '{MARK}{{...}}', not one")
    description, block = from_json(marks[0])
    check(description)
    return description, block


_FACTS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("width", "height", "bits", "align", "colors"), (int,)),
    **dict.fromkeys(("scan", "first", "byte_order", "holds", "grid", "palette", "target"), (str,)),
    **dict.fromkeys(("invert", "whole", "learned"), (bool,)),
    "transparent": (int, NoneType),
}
_COMPRESSED = {**_FACTS, "codec": (str,), "window": (int,)}


def from_json(text: str) -> tuple[Description, bytes]:
    """The reverse of `to_json`: the facts (not yet checked against each other) and the block.

    Args:
        text: One flat JSON object; the caller has seen to that, so nesting cannot run deep.

    Raises:
        ValueError: It is not such a line, or a newer one.
    """
    try:
        facts = json.loads(text)
    except ValueError:
        raise ValueError("the description is damaged: it is no JSON") from None
    known = {VERSION: _FACTS, VERSION_COMPRESSED: _COMPRESSED}.get(facts.pop("version", None))
    if known is None:
        raise ValueError("the description is not of a version that this bitplane reads")
    if facts.keys() != known.keys():
        odd = sorted(facts.keys() ^ known.keys())
        raise ValueError(f"the description lacks or should not have: {', '.join(odd)}")
    for name, types in known.items():
        if type(facts[name]) not in types:
            raise ValueError(f"the description's {name} cannot be {facts[name]!a}")
    block = bytes.fromhex(facts.pop("palette"))
    del facts["target"]
    facts["layout"] = Layout(**{name: facts.pop(name) for name in Layout._fields})
    return Description(**facts), block
