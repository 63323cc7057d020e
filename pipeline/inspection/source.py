"""C text: the comment that says what the picture is, macros, and arrays with their bytes."""

import re
from collections.abc import Callable
from typing import NamedTuple

from pipeline.emitters import c, ctext, eve, lvgl, lvgl8
from pipeline.emitters.describe import MARK, from_marked
from pipeline.inspection import REST, Inspection, Part, Section, section
from pipeline.inspection import eve as eve_parts
from pipeline.inspection import lvgl as lvgl_parts
from pipeline.inspection import pixels as shown
from pipeline.inspection.foreign import about
from pipeline.palette import Indexed

_PIECES = (
    (
        re.compile(r"/\*\s*" + re.escape(MARK) + r".*?(?:\*/|\Z)", re.DOTALL),
        "picture",
        "see the facts",
    ),
    (re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL), "comment", ""),
    (re.compile(r"^#[ \t]{0,9}define[ \t]{1,9}(\w+)[ \t]{1,9}([^\n]*)\n", re.MULTILINE), "", ""),
    (re.compile(r"^[ \t]*(\.incbin|#embed)[ \t]{1,9}([^\n]*)\n", re.MULTILINE), "", ""),
    (re.compile(r"^#include[^\n]*\n", re.MULTILINE), "include", ""),
)
"""Patterns, and the name and meaning of what they find; where empty its two groups say them."""


class _Kind(NamedTuple):
    """What sort of source it is, and who reads it; nobody where it holds no picture.

    `image` finds what the array of an LVGL image means.
    """

    words: str
    read: Callable[[bytes], Indexed] | None
    image: Callable[[bytes], lvgl.Image] | None = None


def is_theirs(data: bytes, name: str) -> bool:
    """A text as our C emitters write them."""
    endings = (".c", ".h", ".S", ".xbm")
    return name.endswith(endings) or MARK.encode() in data or b"lv_image_dsc_t" in data


def inspect(data: bytes, name: str, *, every: bool) -> Inspection:
    """Comment, macros and arrays; also of a text that is damaged."""
    text = data.decode("latin-1")
    damage = []
    arrays: list[ctext.Place] = []
    indexed = None
    facts: dict[str, str] = {}
    try:
        arrays = ctext.places(text)
        kind = _kind(data, name, arrays)
        if MARK in text:
            facts = {**_target(text), **shown.about(from_marked(text)[0])}
        indexed = kind.read(data) if kind.read else None
    except ValueError as error:
        kind = _kind(data, name, arrays)
        damage = [str(error)]
    parts = [*_arrays(arrays), *_pieces(text)]
    sections = [section("file", data, parts, REST, text=True)]
    if indexed is not None and kind.image is not None:
        sections += _maps(arrays, kind.image(data), every=every)
        facts = about(indexed)
    elif indexed is not None:
        sections += [s for array in arrays for s in _array(array, text, every=every)]
        facts = {**about(indexed), **facts}
    return Inspection(kind.words, facts, tuple(sections), tuple(damage))


def _kind(data: bytes, name: str, arrays: list[ctext.Place]) -> _Kind:
    marked = MARK.encode() in data
    if b"lv_image_dsc_t" in data:
        return _Kind("C source of an LVGL 9 image", lvgl.read_source, lvgl.source_image)
    if b"lv_img_dsc_t" in data:
        return _Kind("C source of an LVGL 8 image", lvgl8.read_source, lvgl8.source_image)
    if eve.MARK in data and arrays:
        return _Kind("C source of an EVE bitmap", eve.read_header)
    for words, is_it in (
        ("C header of an EVE bitmap in a file of its own", eve.MARK in data),
        ("C header with the numbers of pictures", b"_COUNT = " in data and not marked),
        ("C header with names of colors", name.endswith(".palette.h")),
        ("assembler source that takes in NAME.pixels", name.endswith(".S")),
        ("C source that takes in NAME.pixels", b"#embed" in data),
        ("C header of a picture in NAME.pixels", marked and not arrays and b"extern" in data),
        ("C header; the arrays are in the .c file", name.endswith(".h") and not (marked or arrays)),
    ):
        if is_it:
            return _Kind(words, None)
    return _Kind("X bitmap" if name.endswith(".xbm") else "C source of a picture", c.read)


def _target(text: str) -> dict[str, str]:
    found = re.search(r'"target":"([A-Za-z0-9._-]{1,99})"', text)
    return {"target": found[1]} if found else {}


def _arrays(arrays: list[ctext.Place]) -> list[Part]:
    return [
        Part(array.start, array.end, f"array {array.ending}", _count(array)) for array in arrays
    ]


def _count(array: ctext.Place) -> str:
    bits = f"{8 * array.size} bits"
    return f"{len(array.elements)} elements of {bits}; see below"


def _pieces(text: str) -> list[Part]:
    """What patterns find; an array or an earlier find that covers a piece wins in `section`."""
    parts: list[Part] = []
    for pattern, name, meaning in _PIECES:
        for found in pattern.finditer(text):
            words = (name, meaning) if name else (found[1], found[2].strip())
            parts.append(Part(*found.span(), *words))
    return parts


def _maps(arrays: list[ctext.Place], image: lvgl.Image, *, every: bool) -> list[Section]:
    """The array of an LVGL image; of two the first one has the high byte of its words first."""
    if image.stream:
        parts = lvgl_parts.compressed(image.stream, 0)
        first = section(_title(arrays[0]), image.stream, parts)
        return [first, lvgl_parts.unpacked(image, every=every)]
    sections = []
    for array in arrays:
        raw = bytes(array.elements)
        swapped = len(arrays) > 1 and array is arrays[0]
        parts = lvgl_parts.body(image._replace(data=raw), 0, every=every, swapped=swapped)
        sections.append(section(_title(array, swapped=swapped), raw, parts))
    return sections


def _title(array: ctext.Place, *, swapped: bool = False) -> str:
    return f"array {array.ending}" + ", for LV_COLOR_16_SWAP" * swapped


def _array(array: ctext.Place, text: str, *, every: bool) -> list[Section]:
    """What an array of a marked source holds; a stream also as what it stands for."""
    raw = b"".join(value.to_bytes(array.size, "big") for value in array.elements)
    description, _ = from_marked(text)
    if array.ending == "eve":
        return [eve_parts.array(raw, description, every=every)]
    if array.ending in ("palette", "map"):
        grid = "rgb565" if array.ending == "map" else description.grid
        words = [shown.grid_word(value, grid) for value in array.elements]
        parts, more = shown.entries(0, array.size, words, every=every), list[Section]()
    else:
        parts, more = shown.stored(raw, 0, description, every=every)
    return [section(_title(array), raw, parts), *more]
