"""GIMP palettes: numbers and a name on each line.

GIMP's app/core/gimppalette-load.c and gimppalette-save.c: `GIMP Palette`, then `Name:`, then
`Columns:`, then colors. Aseprite's `Channels: RGBA` adds a fourth number (its
docs/gpl-palette-extension.md).
"""

import re

from pipeline.palette_files import Format, PaletteFile, label
from pipeline.palette_files.rows import Entry, collected, lines, numbers


def read(data: bytes, name: str) -> PaletteFile:
    """Colors with their names, and the title."""
    first, *rest = lines(data)
    if first.strip() != "GIMP Palette":
        raise ValueError(f"{name}:1: expected `GIMP Palette`")
    channels, title = 3, ""
    rows: list[Entry] = []
    for line, text in enumerate(rest, 2):
        entry = text.strip()
        if not entry or entry.startswith("#"):
            continue
        heading = re.fullmatch("(Name|Columns|Channels):(.*)", entry)
        if heading is None:
            row = numbers(entry, channels, line, name)
            rows.append(row._replace(name=label(row.name)))
        elif heading[1] == "Name":
            title = label(heading[2])
        elif heading[1] == "Channels" and heading[2].strip() == "RGBA":
            channels = 4
    return collected(rows, name)._replace(title=title)


def write(palette: PaletteFile) -> bytes:
    """Colors with their names, and the title where there is one."""
    heading = [f"Name: {title}"] if (title := label(palette.title)) else []
    rows = ["GIMP Palette", *heading, "#"]
    for (red, green, blue), name in zip(palette.colors, palette.names, strict=True):
        called = label(name)
        rows.append(f"{red:3} {green:3} {blue:3}" + (f"\t{called}" if called else ""))
    return ("\n".join(rows) + "\n").encode()


FORMAT = Format(read, write)
