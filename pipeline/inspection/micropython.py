"""MicroPython modules: the comment that says what the picture is, names, and bytes."""

import re
import struct

from pipeline.emitters import micropython
from pipeline.emitters.describe import MARK, from_marked
from pipeline.inspection import REST, Inspection, Part, Section, section
from pipeline.inspection import pixels as shown
from pipeline.inspection.foreign import about

KIND = "MicroPython module"
_WORD = 2
_MARKED = re.compile(r"^#/\*" + re.escape(MARK) + r"[^\n]*\n", re.MULTILINE)
_COMMENT = re.compile(r"^#[^\n]*\n", re.MULTILINE)
_BYTES = re.compile(r'^([A-Z]{1,20}) = \(\s*((?:b"(?:\\x[0-9a-f]{2})+"\s*)+)\)\n', re.MULTILINE)
_NAME = re.compile(r"^([A-Z]{1,20}) = ([^\n]*)\n", re.MULTILINE)


def is_theirs(data: bytes) -> bool:
    """It is a module as `micropython` writes it."""
    return micropython.IMPORT in data


def inspect(data: bytes, *, every: bool) -> Inspection:
    """Names and bytes; also of a module that is damaged."""
    text = data.decode("latin-1")
    found = {match[1]: match for match in _BYTES.finditer(text)}
    parts = [Part(*m.span(), m[1], f"{len(_raw(m))} bytes; see below") for m in found.values()]
    parts += [Part(*m.span(), "picture", "see the facts") for m in _MARKED.finditer(text)]
    marks = {part.start for part in parts}
    comments = (m for m in _COMMENT.finditer(text) if m.start() not in marks)
    parts += [Part(*m.span(), "comment") for m in comments]
    names = (m for m in _NAME.finditer(text) if m.start() not in marks)
    parts += [Part(*m.span(), m[1], m[2]) for m in names]
    file = section("file", data, parts, REST, text=True)
    try:
        indexed = micropython.read(data)
        facts = {**about(indexed), **shown.about(from_marked(text)[0])}
    except ValueError as error:
        return Inspection(KIND, {}, (file,), (str(error),))
    inside = [_bytes(name, _raw(match), text, every=every) for name, match in found.items()]
    return Inspection(KIND, facts, (file, *inside))


def _raw(found: re.Match[str]) -> bytes:
    return bytes.fromhex("".join(re.findall(r"\\x(..)", found[2])))


def _bytes(name: str, raw: bytes, text: str, *, every: bool) -> Section:
    if name == "COLORS":
        order = ">" if "high byte first" in text else "<"
        values = struct.unpack(f"{order}{len(raw) // _WORD}H", raw[: len(raw) // _WORD * _WORD])
        words = [shown.grid_word(value, "rgb565") for value in values]
        return section(name, raw, shown.entries(0, _WORD, words, every=every))
    description, _ = from_marked(text)
    size = description.width, description.height
    return section(name, raw, shown.pixels(raw, 0, description.layout, size, every=every))
