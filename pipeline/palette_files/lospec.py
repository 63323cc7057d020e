"""Lospec palettes: the JSON of https://lospec.com/palette-list/NAME.json.

An object with `name`, `author` and `colors`, a list of RRGGBB texts. There is no specification;
the shape is what the site gives and what programs that fetch it expect.
"""

import json
from typing import Any

from pipeline.palette_files import Format, PaletteFile, label
from pipeline.palette_files.rows import Entry, code, collected


def read(data: bytes, name: str) -> PaletteFile:
    """The colors, the title and the author."""
    found = _parsed(data, name)
    codes = _codes(found)
    if codes is None:
        raise ValueError(f"{name}: expected an object with a list of `colors`, as lospec.com gives")
    entries = []
    for place, text in enumerate(codes):
        color = code(text) if isinstance(text, str) else None
        if color is None:
            raise ValueError(f"{name}: color {place} is not six hexadecimal digits, RRGGBB")
        entries.append(Entry(1, color))
    title, author = _text(found, "name"), _text(found, "author")
    return collected(entries, name)._replace(title=title, author=author)


def _codes(found: Any) -> list[Any] | None:
    codes = found.get("colors") if isinstance(found, dict) else None
    return codes if isinstance(codes, list) else None


def _parsed(data: bytes, name: str) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{name}:{error.lineno}: not JSON: {error.msg}") from None
    except (ValueError, RecursionError):  # no UTF-8, a number of thousands of digits, a deep nest
        raise ValueError(f"{name}: not JSON of a palette") from None


def _text(found: dict[str, Any], key: str) -> str:
    value = found.get(key)
    return label(value) if isinstance(value, str) else ""


def write(palette: PaletteFile) -> bytes:
    """The same shape; a title that is not known is empty."""
    colors = [bytes(color).hex() for color in palette.colors]
    shape = {"name": label(palette.title), "author": label(palette.author), "colors": colors}
    return (json.dumps(shape, ensure_ascii=False, indent=2) + "\n").encode()


FORMAT = Format(read, write)
