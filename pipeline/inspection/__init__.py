"""Inspection: a file cut into ranges, each with its name and what it means in words."""

import struct
from collections.abc import Iterable, Mapping
from typing import NamedTuple

FOLD = 16
"""Entries of a palette that are told one by one, unless all are asked for."""

ROWS = 4
"""Rows of pixels that are told one by one, unless all are asked for."""

REST = "text"
"""What ranges of a text are that no part names."""


class Part(NamedTuple):
    """A range of bytes.

    Attributes:
        start: Its first byte.
        end: The byte behind its last.
        field: Its name, or "" for what has none.
        meaning: Its value in words.
        fault: What is wrong with it, or "".
    """

    start: int
    end: int
    field: str
    meaning: str = ""
    fault: str = ""


class Section(NamedTuple):
    """Bytes and their parts, which cover them without gap or overlap.

    Attributes:
        title: What the bytes are.
        data: The bytes themselves.
        parts: Ascending.
        text: They are text and are shown as such, not in hex.
    """

    title: str
    data: bytes
    parts: tuple[Part, ...]
    text: bool = False


class Inspection(NamedTuple):
    """What is known of a file.

    Attributes:
        kind: What sort of file it is, in words.
        facts: What its picture is: name and words.
        sections: The file first; then what it holds in another form, such as an array's bytes.
        problems: What is wrong with the whole of it; a fault that has a place stands there too.
    """

    kind: str
    facts: dict[str, str]
    sections: tuple[Section, ...]
    problems: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        """Something is wrong somewhere."""
        return bool(self.problems) or any(p.fault for s in self.sections for p in s.parts)


def section(
    title: str, data: bytes, parts: Iterable[Part], rest: str = "padding", *, text: bool = False
) -> Section:
    """A section whose parts need not cover everything, nor lie within it.

    Args:
        title: What the bytes are.
        data: The bytes.
        parts: In any order; of two that overlap the later one loses its beginning.
        rest: What ranges are that no part names.
        text: They are text.
    """
    whole: list[Part] = []
    at = 0
    for part in sorted(parts, key=lambda part: part.start):
        start, end = max(part.start, at), min(part.end, len(data))
        if start >= end:
            continue
        if text and whole and data[at:start].isspace():
            whole[-1] = whole[-1]._replace(end=start)
        elif start > at:
            whole.append(Part(at, start, rest))
        whole.append(part._replace(start=start, end=end))
        at = end
    if at < len(data):
        whole.append(Part(at, len(data), rest))
    return Section(title, data, tuple(whole), text)


def numbers(form: struct.Struct, names: Iterable[str], data: bytes, at: int = 0) -> dict[str, int]:
    """The fields of a fixed table by name, as far as the data reaches; texts count as numbers."""
    found = {}
    for name, (start, end, code) in zip(names, _places(form), strict=True):
        raw = data[at + start : at + end]
        if len(raw) == end - start:
            found[name] = _number(form, code, raw)
    return found


def _number(form: struct.Struct, code: str, raw: bytes) -> int:
    if code == "s":
        return int.from_bytes(raw, "big")
    value: int = struct.unpack(form.format[0] + code, raw)[0]
    return value


def fields(
    form: struct.Struct,
    names: Iterable[str],
    meanings: Mapping[str, str],
    faults: Mapping[str, str],
    at: int = 0,
) -> list[Part]:
    """A part for each field of a fixed table.

    Args:
        form: The table, with its byte order and without pad bytes.
        names: Of its fields.
        meanings: By name; a field without one has no meaning.
        faults: By name.
        at: Where the table starts.
    """
    return [
        Part(at + start, at + end, name, meanings.get(name, ""), faults.get(name, ""))
        for name, (start, end, _) in zip(names, _places(form), strict=True)
    ]


def _places(form: struct.Struct) -> list[tuple[int, int, str]]:
    """Start, end and code of each field of a struct."""
    places, at, digits = [], 0, ""
    for char in form.format[1:]:
        if char.isdigit():
            digits += char
            continue
        count, digits = int(digits or 1), ""
        codes = [f"{count}s"] if char == "s" else [char] * count
        for code in codes:
            size = struct.calcsize(form.format[0] + code)
            places.append((at, at + size, code[-1]))
            at += size
    return places


def joined(words: Iterable[str]) -> str:
    """Words with commas between them, without empty ones."""
    return ", ".join(word for word in words if word)
