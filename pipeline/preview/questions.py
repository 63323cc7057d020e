"""Questions: what a live page may ask of the studio, checked before it is answered."""

from collections.abc import Callable
from typing import Any

from pipeline.light import LIGHTS, MAX_MM, MAX_SCALE
from pipeline.panel import View
from pipeline.preview import facts
from pipeline.preview.entry import Changes
from pipeline.preview.studio import Studio
from pipeline.registry import DITHERS
from pipeline.report import Failure, Problem
from pipeline.scalars import FITS

Answer = dict[str, Any]
Question = Callable[[Studio, Any], Callable[[], Answer]]
"""Checks what a page says, which raises ValueError, and gives what answers it."""


def attempt(studio: Studio, given: Any) -> Callable[[], Answer]:
    """An asset with other options."""
    name, changes = _text(_table(given), "id"), _changes(given)

    def answer() -> Answer:
        try:
            tried = studio.attempt(name, changes)
        except Failure as failure:
            return _refused(*failure.problems)
        if tried is None:
            return _refused(Problem("this asset is not built"))
        return {"asset": tried.asset, "lines": tried.lines, "problems": []}

    return answer


def look(studio: Studio, given: Any) -> Callable[[], Answer]:
    """An asset's picture in another light, with the lines between pixels, or from a distance."""
    name, seen, view = _text(_table(given), "id"), _text(given, "seen"), _view(given)

    def answer() -> Answer:
        try:
            picture = studio.look(name, seen, view)
        except Failure as failure:
            return _refused(*failure.problems)
        except ValueError as error:
            return _refused(Problem(str(error)))
        return {"picture": picture, "problems": []}

    return answer


def errors(studio: Studio, _: Any) -> Callable[[], Answer]:
    """How far the last trial is from its source."""
    return studio.errors


def _refused(*problems: Problem) -> Answer:
    return {"problems": [facts.problem(one) for one in problems]}


def _changes(given: dict[str, Any]) -> Changes:
    dither, fit = given.get("dither"), given.get("fit")
    if dither is not None and dither not in DITHERS:
        raise ValueError("unknown dither")
    if fit is not None and fit not in FITS:
        raise ValueError("unknown fit")
    strength, colors = given.get("strength"), given.get("colors")
    return Changes(
        dither,
        None if strength is None else _whole(strength, 0, 100),
        None if colors is None else _whole(colors, 1, 256),
        fit,
    )


def _view(given: dict[str, Any]) -> View:
    light = _text(given, "light")
    if light not in LIGHTS:
        raise ValueError("unknown light")
    scale, away = _whole(given.get("scale"), 1, MAX_SCALE), _whole(given.get("away"), 0, MAX_MM)
    return View(scale, light, given.get("gap") is True, away)


def _table(given: Any) -> dict[str, Any]:
    if isinstance(given, dict):
        return given
    raise ValueError("expected a table")


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if isinstance(value, str):
        return value
    raise ValueError(f"`{name}` is no text")


def _whole(value: Any, low: int, high: int) -> int:
    if type(value) is int and low <= value <= high:
        return value
    raise ValueError(f"expected a whole number, {low} to {high}")
