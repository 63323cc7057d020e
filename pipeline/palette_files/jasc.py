"""JASC palettes of Paint Shop Pro: three heading lines, then three or four numbers a line.

Facts: GIMP's app/core/gimppalette-load.c (psp) for three numbers and CRLF; Aseprite writes a
fourth for alpha.
"""

import re

from pipeline.palette_files import Format, PaletteFile
from pipeline.palette_files.rows import collected, lines, numbers


def read(data: bytes, name: str) -> PaletteFile:
    """The colors; an alpha of 0 is the transparent entry."""
    text = lines(data)
    heading = [line.strip() for line in text[:3]] + [""] * 3
    for number, word in enumerate(("JASC-PAL", "0100")):
        if heading[number] != word:
            raise ValueError(f"{name}:{number + 1}: expected `{word}`")
    if not re.fullmatch("[0-9]{1,9}", heading[2]):
        raise ValueError(f"{name}:3: expected the number of colors")
    rows = [
        numbers(row, 4 if len(row.split()) == 4 else 3, line, name)
        for line, row in enumerate(text[3:], 4)
        if row.strip()
    ]
    if int(heading[2]) != len(rows):
        raise ValueError(f"{name}:3: says {heading[2]} colors, but {len(rows)} follow")
    return collected([row._replace(name="") for row in rows], name)


def write(palette: PaletteFile) -> bytes:
    """Three numbers a line."""
    rows = [f"{red} {green} {blue}" for red, green, blue in palette.colors]
    return "".join(f"{row}\r\n" for row in ["JASC-PAL", "0100", str(len(rows)), *rows]).encode()


FORMAT = Format(read, write)
