"""Examine: tell what a file is, and let the module of its kind take it apart."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

from pipeline import layouts
from pipeline.decode import companion, decode
from pipeline.emitters import eve, large
from pipeline.emitters.describe import MARK, check_size, from_marked
from pipeline.emitters.lvgl8 import SWAPPED
from pipeline.filetype import describe_foreign
from pipeline.inspection import (
    Inspection,
    Part,
    Section,
    appvar,
    binary,
    bmp,
    esp_mmap,
    lvgl,
    lvgl8,
    micropython,
    pack,
    palettes,
    png,
    rust,
    section,
    source,
)
from pipeline.inspection import eve as eve_parts
from pipeline.inspection import pixels as shown
from pipeline.inspection.foreign import about
from pipeline.palette import of_target
from pipeline.target import Target

UNKNOWN = "not a file that bitplane writes"

_BY_CONTENT = (binary, pack, appvar, png, bmp, lvgl, micropython, rust)


def inspect(files: Mapping[str, bytes], name: str, *, every: bool = False) -> Inspection:
    """What a file is and what its bytes mean; never raises on any content.

    Args:
        files: Contents by file name: of `name`, and of its `companion` if that exists.
        name: The file to inspect.
        every: Tell all palette entries and rows, and not the first ones only.
    """
    data = files[name]
    beside = files.get(companion(name) or "")
    if name.endswith(".pixels"):
        return _beside(data, beside, every=every)
    if name.endswith((eve.BINARY, eve.DEFLATED)) and beside is not None:
        deflated = name.endswith(eve.DEFLATED)
        return eve_parts.inspect(data, beside, deflated=deflated, every=every)
    found = _member(data, name)(every=every)
    return found if found.kind != "unknown" else _decoded(files, name, found)


def _decoded(files: Mapping[str, bytes], name: str, otherwise: Inspection) -> Inspection:
    """A file of ours that has no module of its own here: what picture it holds."""
    try:
        indexed = decode(files, name)
    except ValueError:
        return otherwise
    return Inspection("file with a picture", about(indexed), otherwise.sections)


def _member(data: bytes, name: str) -> Callable[..., Inspection]:
    """The first that knows the file: by its name, by its content, and last by all of it."""
    tried: tuple[tuple[Callable[[], bool], Callable[..., Inspection]], ...] = (
        (lambda: esp_mmap.is_theirs(name), partial(esp_mmap.inspect, data)),
        (lambda: palettes.is_theirs(name), partial(palettes.inspect, data, name)),
        (lambda: name.endswith(SWAPPED), partial(lvgl8.inspect, data, swapped=True)),
        *((partial(m.is_theirs, data), partial(m.inspect, data)) for m in _BY_CONTENT),
        (lambda: source.is_theirs(data, name), partial(source.inspect, data, name)),
        (lambda: lvgl8.is_theirs(data), partial(lvgl8.inspect, data)),
    )
    found = (inspect for is_theirs, inspect in tried if is_theirs())
    return next(found, partial(_unknown, data, name))


def _unknown(data: bytes, name: str, *, every: bool) -> Inspection:
    """One part; `every` means nothing here."""
    del every
    if name.endswith(".raw"):
        what = "pixels only: `--target` says what they are"
        return Inspection("raw file", {}, (section("file", data, [], "pixels"),), (what,))
    words = f"{UNKNOWN}: {describe_foreign(data)}"
    return Inspection("unknown", {}, (section("file", data, [], "data"),), (words,))


def _beside(data: bytes, header: bytes | None, *, every: bool) -> Inspection:
    """The pixels of `c-incbin` and `c-embed`, whose header says what they are."""
    kind = "pixels of a C picture"
    if header is None or MARK.encode() not in header:
        words = "pixels only: the .h file that was built with it has to be beside it"
        return Inspection(kind, {}, (section("file", data, [], "pixels"),), (words,))
    facts: dict[str, str] = {}
    damage = []
    parts: list[Part] = []
    more: list[Section] = []
    try:
        description, _ = from_marked(header.decode("latin-1"))
        facts = shown.about(description)
        parts, more = shown.stored(data, 0, description, every=every)
        large.read(header, data)
    except ValueError as error:
        damage = [str(error)]
    return Inspection(kind, facts, (section("file", data, parts, "pixels"), *more), tuple(damage))


def inspect_raw(
    data: bytes, target: Target, size: tuple[int, int], *, every: bool = False
) -> Inspection:
    """A `.raw` file whose target and size the caller knows.

    Raises:
        ValueError: The size is impossible.
    """
    check_size(*size)
    layout = target.layout
    facts = {"size": f"{size[0]}x{size[1]}", "layout": layout.describe()}
    parts = shown.pixels(data, 0, layout, size, every=every)
    with suppress(ValueError):  # the part says so
        values = layouts.unpack(data, layout, *size)
        palette = of_target(target) if target.inks or target.whole else None
        facts |= {"pixels": shown.summary(values, layout.bits, target.holds, palette)}
    return Inspection("raw file, pixels only", facts, (section("file", data, parts),))
