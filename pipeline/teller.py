"""Teller: says what a build does: a live line, plain lines, JSON, or nothing."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple, TextIO

from pipeline.engine import Event, Outcome
from pipeline.plan import AssetRule
from pipeline.report import Problem, printable
from pipeline.stale import rule_id


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


class Teller:
    """Hears the engine's events; one for each build."""

    def __init__(self, wishes: Wishes, out: TextIO, err: TextIO) -> None:
        self.wishes = wishes
        self.out = out
        self.err = err
        self.stale: list[str] = []
        self.ended: dict[str, str] = {}
        self.shown = 0

    def tell(self, event: Event) -> None:
        """One event."""
        if self.wishes.as_json:
            self._json({"event": event.kind, **_facts(event)})
        if event.kind == "stale":
            self.stale.append(rule_id(event.rule))
            if self.wishes.explain:
                self._say(f"{_name(event.rule)}: {event.text}")
            return
        self.ended[rule_id(event.rule)] = self._words(event)
        if not self.wishes.quiet and not self.wishes.as_json:
            self._live(event) if self.wishes.live else self._plain()

    def _words(self, event: Event) -> str:
        failed = " failed" if event.kind == "failed" else ""
        files = f" -> {' '.join(event.rule.outputs)}" if self.wishes.verbose else ""
        return f"{_name(event.rule)}{failed}{files}"

    def _plain(self) -> None:
        """Lines in the order of the plan, so that a log of two builds can be compared."""
        while self.shown < len(self.stale) and self.stale[self.shown] in self.ended:
            words = self.ended[self.stale[self.shown]]
            self.shown += 1
            self._say(f"[{self.shown}/{len(self.stale)}] {words}")

    def _live(self, event: Event) -> None:
        text = f"[{len(self.ended)}/{len(self.stale)}] {self._words(event)}"
        self.err.write(f"\r\x1b[K{printable(text)[:78]}")
        self.err.flush()

    def finish(self) -> None:
        """Clear the live line."""
        if self.wishes.live and self.ended:
            self.err.write("\r\x1b[K")
            self.err.flush()

    def end(self, outcome: Outcome) -> None:
        """The last JSON object."""
        if self.wishes.as_json:
            for problem in outcome.problems:
                self._json({"event": "problem", **problem_facts(problem)})
            total = sum(row.flash_bytes for row in outcome.rows)
            self._json(
                {
                    "event": "end",
                    "failed": outcome.failed,
                    "built": outcome.ran,
                    "changed": outcome.changed,
                    "removed": list(outcome.removed),
                    "flash_bytes": total,
                }
            )

    def _json(self, fact: dict[str, Any]) -> None:
        self.out.write(json.dumps(fact) + "\n")
        self.out.flush()

    def _say(self, text: str) -> None:
        self.err.write(f"{printable(text)}\n")


def _name(rule: AssetRule) -> str:
    return f"{rule.target}: {rule.name}"


def _facts(event: Event) -> dict[str, Any]:
    rule = event.rule
    facts: dict[str, Any] = {"asset": rule.name, "target": rule.target}
    if event.text:
        facts["reason"] = event.text
    if event.kind in ("built", "cached"):
        facts |= {"outputs": list(rule.outputs), "changed": event.changed}
    return facts


def problem_facts(problem: Problem) -> dict[str, Any]:
    """A problem as plain facts, for JSON."""
    place = problem.span
    where = {"file": place.file, "line": place.line, "column": place.column} if place else {}
    hint = {"hint": problem.hint} if problem.hint else {}
    return {"severity": problem.severity, "message": problem.message, **where, **hint}


def is_live(stream: TextIO, environ: "Callable[[str], str | None]") -> bool:
    """Whether a live line can be shown: a terminal that is not dumb."""
    return stream.isatty() and environ("TERM") != "dumb" and environ("CI") is None
