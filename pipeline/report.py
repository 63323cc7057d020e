"""Places and problems: what went wrong, where, and what to do about it."""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

MAX_SNIPPET = 160
"""Longest source line shown; longer ones are cut round the place."""

MOST_NAMED = 40
"""Most choices that a hint names."""

MAX_MESSAGE = 1000
"""Longest message shown: it may repeat what the user wrote."""


class Span(NamedTuple):
    """A place in a text file.

    Attributes:
        file: Path as the user gave it.
        line, column: 1-based.
        width: How many characters the place covers, at least 1.
        text: The whole source line, for the snippet.
    """

    file: str
    line: int
    column: int
    width: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Problem(NamedTuple):
    """One thing the user can mend.

    Attributes:
        message: What is wrong; lower case, no full stop.
        span: Where, or None when no file is to blame.
        hint: What to do, or "".
        severity: `error` or `warning`.
        also: A second place with its own words, for example where a key was first given.
    """

    message: str
    span: Span | None = None
    hint: str = ""
    severity: str = "error"
    also: tuple[Span, str] | None = None


class Failure(Exception):
    """Problems that stop the run; `status` is the exit code."""

    def __init__(self, problems: Iterable[Problem], status: int = 2) -> None:
        self.problems = tuple(problems)
        self.status = status
        super().__init__("; ".join(problem.message for problem in self.problems))


def fail(message: str, span: Span | None = None, hint: str = "", status: int = 2) -> Failure:
    """A failure with one problem, to be raised."""
    return Failure([Problem(message, span, hint)], status)


def printable(text: str) -> str:
    """Text from outside, made safe for a terminal: control and bidi characters are escaped."""
    if text.isprintable():  # no character of those categories is; most texts end here
        return text
    return "".join(char if _harmless(char) else _escaped(char) for char in text)


def _harmless(char: str) -> bool:
    return char == " " or unicodedata.category(char) not in {
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
        "Zl",
        "Zp",
    }


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def render(problem: Problem) -> str:
    """The problem as people read it: place, message, source line with carets, hint."""
    message = printable(problem.message[:MAX_MESSAGE])
    lines = [f"{_place(problem.span)}{problem.severity}: {message}"]
    lines += _snippet(problem.span)
    if problem.also:
        span, words = problem.also
        lines += [f"{_place(span)}note: {printable(words)}", *_snippet(span)]
    if problem.hint:
        lines.append(f"  hint: {printable(problem.hint)}")
    return "\n".join(lines)


def _place(span: Span | None) -> str:
    return f"{printable(str(span))}: " if span else ""


def snippet_of(problem: Problem) -> str:
    """The source line of a problem with carets under the place, or ""."""
    return "\n".join(_snippet(problem.span))


def _snippet(span: Span | None) -> list[str]:
    if span is None or not span.text.strip():
        return []
    start = max(0, span.column - 1 - MAX_SNIPPET // 2) if len(span.text) > MAX_SNIPPET else 0
    before = _flat(span.text[start : span.column - 1])
    width = min(span.width, MAX_SNIPPET)
    marked = _flat(span.text[span.column - 1 : span.column - 1 + width])
    after = _flat(span.text[span.column - 1 + span.width : start + MAX_SNIPPET])
    carets = "^" * max(1, min(len(marked), MAX_SNIPPET - len(before)))
    return [f"  {before}{marked}{after}".rstrip(), f"  {' ' * len(before)}{carets}"]


def _flat(text: str) -> str:
    """A tab is one column wide, so that carets stand under what they mean."""
    return printable(text.replace("\t", " "))


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by file and line, each only once."""
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda p: p.span[:3] if p.span else ("", 0, 0))


def did_you_mean(word: str, choices: Iterable[str], otherwise: str | None = None) -> str:
    """A hint that names the nearest choice.

    Args:
        word: What was given.
        choices: What is known.
        otherwise: The hint when nothing is near; by default the choices, when they are few.
    """
    names = list(choices)
    from difflib import get_close_matches  # 5 ms that only a fault is worth

    begun = [name for name in names if word and name.startswith(word.lower())]
    close = begun or get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    if otherwise is not None:
        return otherwise
    return f"choose from {', '.join(names)}" if 0 < len(names) <= MOST_NAMED else ""


def annotation(problem: Problem) -> str:
    """A problem as GitHub Actions shows it beside the line (workflow command `::error`)."""
    place = problem.span
    where = f" file={_property(place.file)},line={place.line},col={place.column}" if place else ""
    message = problem.message[:MAX_MESSAGE]
    text = f"{message}{f' ({problem.hint})' if problem.hint else ''}"
    return f"::{problem.severity}{where}::{_data(printable(text))}"


def inert(text: str) -> str:
    """Text in which GitHub Actions finds no command: `::` at a line's start, `##[` anywhere."""
    return re.sub(r"^(\s*)::", r"\1\\::", text, flags=re.MULTILINE).replace("##[", r"##\[")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
