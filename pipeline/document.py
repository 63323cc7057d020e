"""YAML text to plain data in which every key and value keeps its place.

Scalars stay text: what `no`, `012345` or `12:30` mean is decided by the field that they
fill, never by YAML's guesses. The tree is built from parser events, so depth and alias
limits hold before anything grows; libyaml's own composer recurses and can be crashed.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from pipeline.report import Failure, Problem, Span, fail

MAX_DEPTH = 64
MAX_ALIASED = 1_000_000
MAX_BYTES = 64 << 20

Path = tuple[str | int, ...]
Node = str | list[Any] | dict[str, Any] | None

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOT_YAML = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NULLS = {"", "~", "null", "Null", "NULL"}


class Document(NamedTuple):
    """A parsed file.

    Attributes:
        file: Path as given.
        data: str, list, dict or None (an empty value), nested.
        values: Place of each value by its path.
        keys: Place of each mapping key by the path of its value.
    """

    file: str
    data: Node
    values: dict[Path, Span]
    keys: dict[Path, Span]

    def value_span(self, path: Path) -> Span:
        """Place of the value at `path`, or of the nearest one above it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path) or Span(self.file, 1, 1)

    def key_span(self, path: Path) -> Span:
        """Place of the key that leads to `path`; for list items the item itself."""
        return self.keys.get(path) or self.value_span(path)


class _Item(NamedTuple):
    """A value with its place and those of its children, before paths are known."""

    data: Any
    span: Span
    weight: int = 1
    height: int = 1


class _Entry(NamedTuple):
    key: Span
    item: _Item


def parse(raw: bytes, file: str) -> Document:
    """Parse a YAML file.

    Raises:
        Failure: The text is no single YAML document of plain keys and values.
    """
    text = _decode(raw, file)
    lines = text.splitlines()
    try:
        item = _Builder(text, file, lines).build()
    except yaml.MarkedYAMLError as error:
        raise _syntax_failure(error, file, lines) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # PyYAML without libyaml lets `chr` of an impossible escape fail.
        raise fail(f"not valid YAML: {error}", Span(file, 1, 1)) from None
    values: dict[Path, Span] = {}
    keys: dict[Path, Span] = {}
    data = _spread(item, (), values, keys)
    return Document(file, data, values, keys)


def _decode(raw: bytes, file: str) -> str:
    if len(raw) > MAX_BYTES:
        raise fail(f"the file is larger than {MAX_BYTES >> 20} MiB", Span(file, 1, 1))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise fail("not UTF-8 text", Span(file, line, 1), "save the file as UTF-8") from None
    bad = _NOT_YAML.search(text)
    if bad:
        span = _span_at(text, bad.start(), file)
        raise fail(f"control character U+{ord(bad.group()):04X} in the text", span, "remove it")
    return text


def _span_at(text: str, offset: int, file: str) -> Span:
    start = text.rfind("\n", 0, offset) + 1
    line = text.count("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return Span(file, line, offset - start + 1, 1, text[start : len(text) if end < 0 else end])


def _syntax_failure(error: yaml.MarkedYAMLError, file: str, lines: list[str]) -> Failure:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return fail(f"not valid YAML: {error.problem}", Span(file, 1, 1))
    text = lines[mark.line] if mark.line < len(lines) else ""
    begun = error.context_mark.line if error.context_mark else mark.line
    hint = _syntax_hint(str(error.problem), text[: mark.column + 1], lines[begun : mark.line + 1])
    place = Span(file, mark.line + 1, mark.column + 1, 1, text)
    also = _opened(error, file, lines)
    return Failure([Problem(f"not valid YAML: {error.problem}", place, hint, also=also)])


def _opened(error: yaml.MarkedYAMLError, file: str, lines: list[str]) -> tuple[Span, str] | None:
    """Where a list or a table in brackets began that another line should have closed."""
    mark, found = error.context_mark, error.problem_mark
    if mark is None or found is None or "flow" not in str(error.context) or mark.line == found.line:
        return None
    text = lines[mark.line]
    bracket = text[mark.column]
    return Span(file, mark.line + 1, mark.column + 1, 1, text), f"this `{bracket}` is not closed"


def _syntax_hint(problem: str, before: str, lines: list[str]) -> str:
    if "\t" in before:
        return "YAML is indented with spaces, not tabs"
    if "mapping values are not allowed" in problem:
        return "a ': ' inside a value needs quotes, and each key its own line"
    if any(re.search(r"\s#[0-9a-fA-F]{3}", line) for line in lines):
        return "'#' starts a comment in YAML; put a color in quotes"
    return ""


class _Builder:
    """Builds one tree from the event stream; lives for one `parse`."""

    def __init__(self, text: str, file: str, lines: list[str]) -> None:
        self.events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        self.file = file
        self.lines = lines
        self.anchors: dict[str, _Item] = {}
        self.aliased = 0

    def build(self) -> _Item:
        next(self.events)  # stream start
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            return _Item(None, Span(self.file, 1, 1))
        item = self._item(next(self.events), 0)
        next(self.events)  # document end
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise fail("a second YAML document starts here", self._span(event), "keep one")
        return item

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        text = self.lines[start.line] if start.line < len(self.lines) else ""
        same = end.line == start.line
        width = end.column - start.column if same else len(text) - start.column
        return Span(self.file, start.line + 1, start.column + 1, max(1, width), text)

    def _item(self, event: Any, depth: int) -> _Item:
        span = self._span(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), span, depth)
        _check_depth(depth, span)
        if event.tag not in (None, "!"):
            raise fail(
                f"the tag {event.tag!r} is not supported", span, "remove it; write plain values"
            )
        item = self._content(event, span, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = item
        return item

    def _content(self, event: Any, span: Span, depth: int) -> _Item:
        if isinstance(event, yaml.ScalarEvent):
            _check_text(event.value, span)
            plain = event.style in (None, "")
            return _Item(None if plain and event.value in _NULLS else event.value, span)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(span, depth)
        return self._mapping(span, depth)

    def _alias(self, anchor: str, span: Span, depth: int) -> _Item:
        item = self.anchors.get(anchor)
        if item is None:
            raise fail(f"the alias *{anchor} has no anchor &{anchor} before it", span)
        _check_depth(depth + item.height - 1, span)
        self.aliased += item.weight
        if self.aliased > MAX_ALIASED:
            raise fail(f"aliases repeat more than {MAX_ALIASED} values", span, "repeat less")
        return item

    def _sequence(self, span: Span, depth: int) -> _Item:
        items: list[_Item] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._item(event, depth + 1))
        return _collection(items, items, span)

    def _mapping(self, span: Span, depth: int) -> _Item:
        entries: dict[str, _Entry] = {}
        merged: list[_Item] = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key, place = self._key(event)
            item = self._item(next(self.events), depth + 1)
            if key == "<<" and not event.style:
                merged.append(item)
                continue
            if key in entries:
                raise _duplicate(key, place, entries[key].key)
            entries[key] = _Entry(place, item)
        for item in merged:
            _merge(entries, item)
        return _collection(entries, [entry.item for entry in entries.values()], span)

    def _key(self, event: Any) -> tuple[str, Span]:
        span = self._span(event)
        if not isinstance(event, yaml.ScalarEvent):
            raise fail("a key is plain text, not a list or a mapping", span)
        return event.value, span


def _collection(data: Any, children: list[_Item], span: Span) -> _Item:
    weight = 1 + sum(child.weight for child in children)
    return _Item(data, span, weight, 1 + max((child.height for child in children), default=0))


def _check_depth(depth: int, span: Span) -> None:
    if depth > MAX_DEPTH:
        raise fail(f"nested more than {MAX_DEPTH} levels deep", span)


def _check_text(text: str, span: Span) -> None:
    """An escape can name half a character; Python holds it, but nothing can print it."""
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise fail("an escape that is no character", span, "remove it")


def _duplicate(key: str, span: Span, first: Span) -> Failure:
    also = (first, "it was first given here")
    return Failure([Problem(f"the key '{key}' stands here twice", span, "keep one", also=also)])


def _merge(entries: dict[str, _Entry], item: _Item) -> None:
    """YAML's merge key: `<<: *base` adds the keys of base that are not given here."""
    sources = item.data if isinstance(item.data, list) else [item]
    for source in sources:
        if not isinstance(source.data, dict):
            raise fail("'<<' takes a mapping, or a list of mappings", source.span)
        for key, entry in source.data.items():
            entries.setdefault(key, entry)


def _spread(item: _Item, path: Path, values: dict[Path, Span], keys: dict[Path, Span]) -> Node:
    """Plain data out of items; the places go into `values` and `keys`."""
    values[path] = item.span
    if isinstance(item.data, list):
        return [_spread(child, (*path, i), values, keys) for i, child in enumerate(item.data)]
    if isinstance(item.data, dict):
        return {
            key: _spread_entry(entry, (*path, key), values, keys)
            for key, entry in item.data.items()
        }
    data: str | None = item.data
    return data


def _spread_entry(
    entry: _Entry, path: Path, values: dict[Path, Span], keys: dict[Path, Span]
) -> Node:
    keys[path] = entry.key
    return _spread(entry.item, path, values, keys)
