"""Teller: says what a build does: a live line, plain lines, JSON, or nothing."""

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TextIO

from pipeline import events
from pipeline.look import Reason
from pipeline.plan import AssetRule, BundleRule
from pipeline.report import Problem, printable
from pipeline.stale import rule_id
from pipeline.world import Event, Outcome

_CLEAR = "\r\x1b[K"
_USUAL = 80


class Wishes(NamedTuple):
    """What the user asked to hear.

    Attributes:
        quiet: Nothing.
        verbose: The files of each asset too.
        explain: Why each asset is built.
        as_json: One JSON object a line on standard output, nothing else.
        live: The stream is a terminal that can rewrite a line.
    """

    quiet: bool = False
    verbose: bool = False
    explain: bool = False
    as_json: bool = False
    live: bool = False


class Look(NamedTuple):
    """What a build would do.

    Attributes:
        reasons: The rules that would run, and why.
        left: Files that no asset names any more.
        problems: Over budget, or an old lock.
        up_to_date: How many rules would not run.
        failed: The look was a check, and found something.
    """

    reasons: tuple[Reason, ...]
    left: tuple[str, ...]
    problems: tuple[Problem, ...]
    up_to_date: int
    failed: bool


class _Count:
    """Of the assets, or of the bundles, which are made when all assets stand.

    Each is counted by itself: which bundles have to be made is known when their assets stand.
    """

    def __init__(self) -> None:
        self.due: list[str] = []
        self.known: set[str] = set()
        self.ended: dict[str, str] = {}
        self.shown = 0

    def add(self, name: str) -> None:
        """Note a rule; what fails early is never stale."""
        if name not in self.known:
            self.known.add(name)
            self.due.append(name)

    def in_order(self) -> Iterator[str]:
        """Words that can be said in the order in which all was due, each once, with numbers."""
        while self.shown < len(self.due) and self.due[self.shown] in self.ended:
            words = self.ended[self.due[self.shown]]
            self.shown += 1
            yield f"[{self.shown}/{len(self.due)}] {words}"


class Teller:
    """Hears the engine's events; one for each build."""

    def __init__(self, wishes: Wishes, out: TextIO, err: TextIO) -> None:
        self.wishes = wishes
        self.out = out
        self.err = err
        self.assets = _Count()
        self.bundles = _Count()
        self.line_stands = False
        self.outcome: Outcome | None = None

    def tell(self, event: Event) -> None:
        """One event."""
        self._json(_of(event))
        name = rule_id(event.rule)
        count = self.bundles if isinstance(event.rule, BundleRule) else self.assets
        count.add(name)
        if event.kind == "stale":
            if self.wishes.explain:
                self._say(f"{named(event.rule)}: {event.text}")
            return
        count.ended[name] = self._words(event)
        if not self.wishes.quiet and not self.wishes.as_json:
            self._live(event, count) if self.wishes.live else self._plain(count)

    def _words(self, event: Event) -> str:
        failed = " failed" if event.kind == "failed" else ""
        files = f" -> {' '.join(event.rule.outputs)}" if self.wishes.verbose else ""
        return f"{named(event.rule)}{failed}{files}"

    def _plain(self, count: _Count) -> None:
        """Lines in the order in which all was due, so that a log of two builds can be compared."""
        for text in count.in_order():
            self._say(text)

    def _live(self, event: Event, count: _Count) -> None:
        text = f"[{len(count.ended)}/{len(count.due)}] {self._words(event)}"
        self.err.write(f"{_CLEAR}{cut(printable(text), columns(self.err) - 1)}")
        self.err.flush()
        self.line_stands = True

    def note(self, text: str) -> None:
        """A line about the build as a whole; none where nothing is wanted."""
        if not self.wishes.quiet:
            self.finish()
            self._say(f"note: {text}")

    def finish(self) -> None:
        """Clear the live line."""
        if self.line_stands:
            self.err.write(_CLEAR)
            self.err.flush()
            self.line_stands = False

    def hear(self, outcome: Outcome) -> None:
        """What the build came to."""
        self.outcome = outcome
        for path in outcome.removed:
            self._json(events.Removed(path))
        self._problems(outcome.problems)

    def see(self, look: Look) -> None:
        """What a build would do."""
        for rule, reason in look.reasons:
            self._json(_of(Event("stale", rule, reason)))
        for path in look.left:
            self._json(events.Leftover(path))
        self._problems(look.problems)
        self._json(events.End(look.failed, 0, look.up_to_date, 0, None))

    def give_up(self, problems: Iterable[Problem]) -> None:
        """The last words of a call that could not begin, or had to stop."""
        self._problems(problems)
        self.end(failed=True)

    def end(self, *, failed: bool) -> None:
        """The last words of a build."""
        done = self.outcome
        if done is None:
            self._json(events.End(failed, 0, 0, 0, None))
            return
        built, total = len(done.rows) - done.idle, sum(row.flash_bytes for row in done.rows)
        self._json(events.End(failed, built, done.idle, done.changed, total))

    def _problems(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self._json(events.of_problem(problem))

    def _json(self, event: events.Event) -> None:
        if self.wishes.as_json:
            self.out.write(events.line(event))
            self.out.flush()

    def _say(self, text: str) -> None:
        self.finish()
        self.err.write(f"{printable(text)}\n")


def _of(event: Event) -> events.Event:
    """An event of the engine, as JSON tells it."""
    asset, target = event.rule.name, event.rule.target
    if isinstance(event.rule, BundleRule):
        return _of_bundle(event)
    if event.kind in ("stale", "failed"):
        kind = events.Stale if event.kind == "stale" else events.Failed
        return kind(asset, target, event.text)
    done = events.Built if event.kind == "built" else events.Cached
    return done(asset, target, list(event.rule.outputs), event.changed)


def _of_bundle(event: Event) -> events.Event:
    bundle, target = event.rule.name, event.rule.target
    if event.kind in ("stale", "failed"):
        kind = events.BundleStale if event.kind == "stale" else events.BundleFailed
        return kind(bundle, target, event.text)
    return events.Bundled(bundle, target, list(event.rule.outputs), event.changed)


def named(rule: AssetRule | BundleRule) -> str:
    """A rule's name for people, with its target's."""
    kind = "bundle " if isinstance(rule, BundleRule) else ""
    return f"{rule.target}: {kind}{rule.name}"


def cut(text: str, columns: int) -> str:
    """The start of a text that is at most so many columns wide on a terminal."""
    used = 0
    for place, char in enumerate(text):
        used += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if used > columns:
            return text[:place]
    return text


def columns(stream: TextIO) -> int:
    """How wide a terminal is; 80 where it does not say."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except (OSError, ValueError):
        return _USUAL


def is_live(stream: TextIO, environ: "Callable[[str], str | None]") -> bool:
    """Whether a live line can be shown: a terminal that is not dumb."""
    return stream.isatty() and environ("TERM") != "dumb" and environ("CI") is None
