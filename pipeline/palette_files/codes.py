"""Lists of color codes: one RRGGBB a line, with or without `#`, as lospec.com exports `.hex`."""

from pipeline.palette_files import Format, PaletteFile
from pipeline.palette_files.rows import Entry, code, collected, lines


def read(data: bytes, name: str) -> PaletteFile:
    """The colors; empty lines are skipped."""
    rows = []
    for line, text in enumerate(lines(data), 1):
        if not text.strip():
            continue
        color = code(text.strip())
        if color is None:
            raise ValueError(f"{name}:{line}: expected six hexadecimal digits, RRGGBB")
        rows.append(Entry(line, color))
    return collected(rows, name)


def write(palette: PaletteFile) -> bytes:
    """One code a line, small letters, no `#`."""
    return "".join(f"{bytes(color).hex()}\n" for color in palette.colors).encode()


FORMAT = Format(read, write)
