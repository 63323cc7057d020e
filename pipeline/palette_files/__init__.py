"""Palette files: read by content and suffix, and written; a small module for each format."""

import re
import unicodedata
from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

from pipeline.filetype import picture_type
from pipeline.grid import RGB
from pipeline.layout import MAX_INDEXED
from pipeline.registry import PALETTE_FILES, Row

MAX_ENTRIES = MAX_INDEXED
MAX_BYTES = 1 << 20
"""No palette of 256 colors needs more; pictures have limits of their own."""

MAX_LABEL = 256
"""Longest name of a color or palette, in characters; more is cut off."""


class PaletteFile(NamedTuple):
    """The colors of a palette file, in its order.

    Attributes:
        colors: 1 to 256 sRGB colors.
        names: A name for each color, empty where the file has none.
        transparent: Index of the entry that stands for "not drawn", or None.
        title: What the palette is called, or "".
        author: Who made it, or "".
    """

    colors: tuple[RGB, ...]
    names: tuple[str, ...]
    transparent: int | None = None
    title: str = ""
    author: str = ""


class Format(NamedTuple):
    """One kind of palette file.

    Attributes:
        read: From a file's bytes and its name for messages; raises ValueError that names the file.
        write: The bytes of a file with 1 to 256 colors; None where it is only read.
        transparent: It can hold a transparent entry.
    """

    read: Callable[[bytes, str], PaletteFile]
    write: Callable[[PaletteFile], bytes] | None
    transparent: bool = False


def plain(colors: list[RGB], transparent: int | None = None) -> PaletteFile:
    """Colors without names."""
    return PaletteFile(tuple(colors), ("",) * len(colors), transparent)


def label(text: str) -> str:
    """A name on one line: control characters are spaces, half characters are dropped."""
    parts = (" " if unicodedata.category(c) in _BREAKS else c for c in text[:MAX_LABEL])
    return "".join(c for c in parts if not "\ud800" <= c <= "\udfff").strip()


_BREAKS = {"Cc", "Zl", "Zp"}


def read(data: bytes, name: str) -> PaletteFile:
    """Read a palette, choosing the format by content first and then by suffix.

    An indexed PNG, GIF or BMP gives its own palette in its own order; any other PNG, GIF or
    BMP is a strip whose pixels, in reading order, are one entry each. Entries of alpha 0
    are transparent; where several are, the first one is named.

    Args:
        data: The whole file.
        name: The file's name, for its suffix and for messages.

    Raises:
        ValueError: `name` or `name:line`, and what is wrong there.
    """
    row = _row(data, name)
    if row is None:
        known = ", ".join(PALETTE_FILES)
        raise ValueError(f"{name}: not a palette: {known} are read")
    if len(data) > MAX_BYTES and not picture_type(data):
        raise ValueError(f"{name}: {len(data)} bytes are too many for a palette")
    reader: Format = row.load()
    return reader.read(data, name)


def _row(data: bytes, name: str) -> Row | None:
    """Which format it is; ValueError for those that look like palettes and cannot be read."""
    suffix = PurePath(name).suffix.lower()
    if suffix in (".act", ".aco"):  # they begin with any bytes
        return PALETTE_FILES[suffix]
    kind = picture_type(data)
    if kind in ("JPEG", "WEBP"):
        raise ValueError(f"{name}: {kind} changes colors; save the palette as PNG")
    if re.match(rb"RIFF.{4}PAL ", data, re.DOTALL):
        raise ValueError(
            f"{name}: this is a Microsoft RIFF palette; save it as JASC or GIMP palette"
        )
    head = data.removeprefix(b"\xef\xbb\xbf")
    begun = (row for row in PALETTE_FILES.values() if row.magic and head.startswith(row.magic))
    return next(begun, PALETTE_FILES.get(suffix))


def write(palette: PaletteFile, suffix: str) -> bytes:
    """The bytes of a palette file.

    Args:
        palette: What to write. What the format has no place for is left out: names, title.
        suffix: One of `writable()`.

    Raises:
        ValueError: Another suffix, not 1 to 256 colors, or a transparent entry that the format
            cannot hold.
    """
    chosen: Format | None = PALETTE_FILES[suffix].load() if suffix in PALETTE_FILES else None
    if chosen is None or chosen.write is None:
        raise ValueError(f"palettes are written as {', '.join(writable())}, not {suffix!r}")
    if not 1 <= len(palette.colors) <= MAX_ENTRIES:
        raise ValueError(f"a palette file has 1 to {MAX_ENTRIES} colors, not {len(palette.colors)}")
    hidden = palette.transparent
    if hidden is not None and not chosen.transparent:
        able = " or ".join(s for s in writable() if PALETTE_FILES[s].load().transparent)
        raise ValueError(f"{suffix} cannot hold a transparent entry; write {able} or leave it out")
    if hidden is not None and not 0 <= hidden < len(palette.colors):
        raise ValueError(f"transparent index {hidden} is outside the palette")
    return chosen.write(palette)


def writable() -> tuple[str, ...]:
    """The suffixes that `write` takes."""
    return tuple(s for s, row in PALETTE_FILES.items() if row.load().write is not None)
