"""Rows of text palettes: lines, numbers and codes with their places."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from pipeline.grid import RGB
from pipeline.palette_files import MAX_ENTRIES, PaletteFile


class Entry(NamedTuple):
    """One color as a file lists it.

    Attributes:
        line: Its line number, from 1.
        color: sRGB.
        alpha: 0 for an entry that is not drawn.
        name: What it is called, or "".
    """

    line: int
    color: RGB
    alpha: int = 255
    name: str = ""


def lines(data: bytes) -> list[str]:
    """The lines of a text, whichever way they end."""
    text = data.decode("utf-8-sig", errors="replace")
    return re.split(r"\r\n|\n|\r", text)


def numbers(text: str, channels: int, line: int, name: str) -> Entry:
    """Numbers of 0..255, then perhaps a name.

    Raises:
        ValueError: `name:line` and what was expected.
    """
    words = text.split(None, channels)
    values = [int(word) for word in words[:channels] if re.fullmatch("[0-9]{1,3}", word)]
    if len(values) < channels or max(values) > 255:
        wanted = "three" if channels == 3 else "four"
        raise ValueError(f"{name}:{line}: expected {wanted} numbers 0..255")
    alpha = values[3] if channels == 4 else 255
    label = words[channels].strip() if len(words) > channels else ""
    return Entry(line, (values[0], values[1], values[2]), alpha, label)


def code(text: str) -> RGB | None:
    """`RRGGBB`, with or without `#`; None for anything else."""
    if not re.fullmatch("#?[0-9A-Fa-f]{6}", text):
        return None
    red, green, blue = bytes.fromhex(text[-6:])
    return red, green, blue


def collected(entries: list[Entry], name: str) -> PaletteFile:
    """A palette of entries; raises ValueError for none, or more than 256."""
    if not entries:
        raise ValueError(f"{name}: the palette has no colors")
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"{name}:{entries[MAX_ENTRIES].line}: more than {MAX_ENTRIES} colors")
    clear = _first(entry.alpha == 0 for entry in entries)
    colors = tuple(entry.color for entry in entries)
    return PaletteFile(colors, tuple(entry.name for entry in entries), clear)


def _first(flags: Iterable[bool]) -> int | None:
    return next((index for index, flag in enumerate(flags) if flag), None)
