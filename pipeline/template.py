"""Templates: text files of one's own, with places where values of a picture go.

`@width@` is a value, `@@` an at sign. What stands between `@each color@` and `@end@` is there
once for each palette entry, and for each row of pixels with `row`. A text in quotes behind it
stands between the items, at the end of a line where an item is one. A line with nothing but one
of these two vanishes. There are no conditions, no calculation and no code.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import NamedTuple

from pipeline.report import Failure, Problem, Span, did_you_mean, fail

MAX_BYTES = 1 << 20

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "symbol": "C identifier of the asset",
        "SYMBOL": "the same in capitals",
        "target": "name of the target",
        "width": "pixels in a row",
        "height": "rows",
        "bits": "bits a pixel",
        "scan": "name of the layout",
        "first": "end of a byte that holds the first pixel: `msb` or `lsb`",
        "byte-order": "`big` or `little`, of pixels of 16 bits and more",
        "stride": "bytes from one row, page or column to the next; 0 for tiles",
        "holds": "what a pixel is: `index` or `code`",
        "bytes": "of the packed pixels",
        "colors": "entries of the palette",
        "transparent": "index of the transparent entry, or -1",
        "pixels.hex": "the packed pixels, like `0x1b, 0xe4`, 16 on a line",
        "pixels.dec": "the same like `27, 228`",
        "pixels.digits": "the same like `1be4`, on one line",
        "pixels.base64": "the same in Base64, on one line",
        "codes.hex": "the code or color word of each entry, like `0xf800`",
        "codes.dec": "the same like `63488`",
        "mark": "the comment for C by which `bitplane decode` knows the picture",
    }
)
"""Names of values and what they are."""

ITEMS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "color": MappingProxyType(
            {
                "color.index": "its place in the palette",
                "color.rgb": "its nominal color, like `ff8000`",
                "color.red": "0 to 255",
                "color.green": "0 to 255",
                "color.blue": "0 to 255",
                "color.code": "its code or color word",
                "color.value": "what pixels of this color hold",
                "color.constant": "its name for C, like `INK_BLACK` or `COLOR_3`",
                "color.name": "its name, all but letters, digits and ` ._-` replaced by `_`",
                "color.json": "its name as a string of JSON, in quotes",
            }
        ),
        "row": MappingProxyType(
            {
                "row.index": "its number, the upper one is 0",
                "row.hex": "the values of its pixels, like `0x1, 0x0`",
                "row.dec": "the same like `1, 0`",
            }
        ),
    }
)
"""What can be gone through, with the names and values of each item."""


class Hole(NamedTuple):
    """Where a value goes; lists that need more lines begin them with `indent`."""

    name: str
    indent: str


class Each(NamedTuple):
    """What is there for each item."""

    of: str
    between: str
    parts: "tuple[str | Hole, ...]"


class Template(NamedTuple):
    """A template that has been read.

    Attributes:
        suffix: Ending of the files that are made of it.
        parts: Text and what goes in between.
    """

    suffix: str
    parts: "tuple[str | Hole | Each, ...]"


def suffix_of(path: str) -> str:
    """The ending of what is made of a template: `.tab.h` of `parts/lcd.tab.h.template`.

    Raises:
        ValueError: Its name has no ending, or one that is not fit for file names.
    """
    name = PurePosixPath(path.replace("\\", "/")).name.removesuffix(".template")
    suffix = "".join(name.lstrip(".").partition(".")[1:])
    if not re.fullmatch(r"(\.[A-Za-z0-9_-]+)+", suffix):
        raise ValueError(f"the template '{path}' has no ending to name files by")
    return suffix


class _Token(NamedTuple):
    """What stands between two at signs."""

    text: str
    start: int
    end: int


_AT = re.compile(r"@(?:([^@\n]*)@)?")
_EACH = re.compile(r'each +([a-z]+)(?: +"([^"]*)")?')


def parse(raw: bytes, path: str) -> Template:
    """A template from its bytes.

    Raises:
        Failure: With every fault, at its place in the template.
        ValueError: As `suffix_of`.
    """
    suffix = suffix_of(path)
    if len(raw) > MAX_BYTES:
        raise fail(f"the template is larger than {MAX_BYTES >> 20} MiB", Span(path, 1, 1))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise fail("the template is no UTF-8 text", Span(path, 1, 1)) from None
    reader = _Reader(text, path)
    parts = reader.read()
    if reader.problems:
        raise Failure(reader.problems)
    return Template(suffix, tuple(parts))


class _Reader:
    """Reads one template; lives for one `parse`."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.problems: list[Problem] = []
        self.parts: list[str | Hole | Each] = []
        self.opened: tuple[Each, _Token] | None = None
        self.inside: list[str | Hole] = []

    def read(self) -> list[str | Hole | Each]:
        at = 0
        for token in self._tokens():
            start, end = self._bounds(token)
            self._add(self.text[at:start])
            self._take(token)
            at = end
        self._add(self.text[at:])
        if self.opened is not None:
            self._fault("`@each@` has no `@end@`", self.opened[1])
        return self.parts

    def _tokens(self) -> Iterator[_Token]:
        for found in _AT.finditer(self.text):
            if found[1] is None:
                self._fault("a lone at sign", _Token("", *found.span()), "write `@@`")
            else:
                yield _Token(found[1], *found.span())

    def _bounds(self, token: _Token) -> tuple[int, int]:
        """What a token takes away: its whole line where it only opens or closes."""
        if token.text != "end" and not token.text.startswith("each "):
            return token.start, token.end
        start = self.text.rfind("\n", 0, token.start) + 1
        stop = self.text.find("\n", token.end)
        end = len(self.text) if stop < 0 else stop + 1
        alone = not (self.text[start : token.start] + self.text[token.end : end]).strip()
        return (start, end) if alone else (token.start, token.end)

    def _add(self, part: str | Hole) -> None:
        if part and self.opened is None:
            self.parts.append(part)
        elif part:
            self.inside.append(part)

    def _take(self, token: _Token) -> None:
        if token.text == "":
            self._add("@")
        elif token.text == "end":
            self._close(token)
        elif token.text.startswith("each "):
            self._open(token)
        else:
            self._hole(token)

    def _open(self, token: _Token) -> None:
        found = _EACH.fullmatch(token.text)
        if found is None or found[1] not in ITEMS:
            hint = 'like `@each color@` or `@each row ","@`'
            self._fault(f"unknown `@{token.text}@`", token, hint)
        elif self.opened is not None:
            self._fault("an `@each@` within another", token, "close the first one with `@end@`")
        else:
            self.opened = Each(found[1], found[2] or "", ()), token

    def _close(self, token: _Token) -> None:
        if self.opened is None:
            self._fault("`@end@` without an `@each@`", token)
            return
        each, _ = self.opened
        self.parts.append(each._replace(parts=tuple(self.inside)))
        self.opened, self.inside = None, []

    def _hole(self, token: _Token) -> None:
        names = {**FIELDS, **(ITEMS[self.opened[0].of] if self.opened else {})}
        if token.text in names:
            line = self.text[self.text.rfind("\n", 0, token.start) + 1 : token.start]
            self._add(Hole(token.text, line[: len(line) - len(line.lstrip())]))
            return
        kind = token.text.partition(".")[0]
        hint = did_you_mean(token.text, list(names))
        if kind in ITEMS and token.text in ITEMS[kind]:
            hint = f"it has a value between `@each {kind}@` and `@end@`"
        self._fault(f"unknown `@{token.text}@`", token, hint)

    def _fault(self, message: str, token: _Token, hint: str = "") -> None:
        start = self.text.rfind("\n", 0, token.start) + 1
        line = self.text.count("\n", 0, token.start) + 1
        stop = self.text.find("\n", start)
        shown = self.text[start : len(self.text) if stop < 0 else stop].rstrip("\r")
        width = max(1, token.end - token.start)
        span = Span(self.path, line, token.start - start + 1, width, shown)
        self.problems.append(Problem(message, span, hint))
