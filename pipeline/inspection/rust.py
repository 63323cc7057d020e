"""Rust modules: the comment that says what the picture is, constants, and bytes."""

import re

from pipeline.emitters import literal, rust
from pipeline.emitters.describe import MARK, from_marked
from pipeline.inspection import REST, Inspection, Part, section
from pipeline.inspection import pixels as shown
from pipeline.inspection.foreign import about

KIND = "Rust module"
_MARKED = re.compile(r"^/\*" + re.escape(MARK) + r"[^\n]*\n", re.MULTILINE)
_COMMENT = re.compile(r"^//[^\n]*\n", re.MULTILINE)
_NAME = re.compile(r"^pub const ([A-Z]{1,20}): [^\n=]* = ([^\n]{1,200});\n", re.MULTILINE)


def is_theirs(data: bytes) -> bool:
    """It is a module as `rust` writes it."""
    return rust.MARK in data


def inspect(data: bytes, *, every: bool) -> Inspection:
    """Constants and bytes; also of a module that is damaged."""
    text = data.decode("latin-1")
    parts = [Part(*m.span(), "picture", "see the facts") for m in _MARKED.finditer(text)]
    parts += [Part(*m.span(), "comment") for m in _COMMENT.finditer(text)]
    parts += [Part(*m.span(), m[1], m[2]) for m in _NAME.finditer(text)]
    found = rust.PIXELS.search(text)
    if found is not None:
        raw = literal.unescaped(found[1])
        parts.append(Part(*found.span(), "PIXELS", f"{len(raw)} bytes; see below"))
    file = section("file", data, parts, REST, text=True)
    try:
        indexed = rust.read(data)
        description, _ = from_marked(text)
    except ValueError as error:
        return Inspection(KIND, {}, (file,), (str(error),))
    size = description.width, description.height
    rows = shown.pixels(raw, 0, description.layout, size, every=every)
    facts = {**about(indexed), **shown.about(description)}
    return Inspection(KIND, facts, (file, section("PIXELS", raw, rows)))
