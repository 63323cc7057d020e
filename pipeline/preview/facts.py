"""Facts: what the page says of each asset and target, as plain values."""

from collections.abc import Mapping
from typing import Any

from pipeline.light import lights_of
from pipeline.plan import AssetRule, Plan
from pipeline.recipe import Recipe
from pipeline.report import Problem, printable, snippet_of
from pipeline.target import Target

VERSION = 1
ERROR_HIGH = 20.0
"""Delta E from afar at which a picture no longer looks like its source."""

BUDGET_SHARE = 4
"""One asset that takes more than this part of the budget gets a warning."""


FIGURES = ("bytes", "deflated", "delta_e", "afar")
"""What a page compares with earlier; less is better."""


def asset_id(rule: AssetRule) -> str:
    """The name of an asset on a target, in the page and its address."""
    return f"{rule.target}/{rule.symbol}"


def asset(
    rule: AssetRule, target: Target, shot: Mapping[str, Any], key: str, note: str = ""
) -> dict[str, Any]:
    """An asset with its figures.

    Args:
        rule: The asset.
        target: Its target.
        shot: What `shot.take` found.
        key: Digest of all that decides it.
        note: What the report of the build says of it.
    """
    return {
        **shot,
        "id": asset_id(rule),
        "key": key,
        "name": printable(rule.name),
        "target": rule.target,
        "source": printable(rule.source),
        "files": [printable(name) for name in rule.outputs],
        "options": options(rule.recipe),
        "notes": [("note", printable(note))] if note else [],
        "change": "",
        "last": None,
        "badges": [*_error(shot), *_size(shot, target)],
    }


def options(recipe: Recipe) -> list[tuple[str, str]]:
    """What decides how a picture looks, in words."""
    strength = recipe.dither.strength
    share = "" if strength is None else f", strength {strength / 256:.2f}"
    palette = recipe.palette
    words = {"learn": f"{palette.colors} learned", "file": palette.file, "keep": "kept"}
    chosen = words.get(palette.kind, "the target's own")
    named = f" ({palette.name})" if palette.name else ""
    return [
        ("dither", recipe.dither.method + share),
        ("palette", printable(chosen + named)),
        ("fit", recipe.fit),
        ("format", recipe.format),
    ]


def _error(shot: Mapping[str, Any]) -> list[tuple[str, str]]:
    error = shot["afar"]
    if error is None or error <= ERROR_HIGH:
        return []
    return [("error", f"far from its source: delta E {error:.1f}")]


def _size(shot: Mapping[str, Any], target: Target) -> list[tuple[str, str]]:
    width, height = shot["size"]
    if target.size is None or (width <= target.size[0] and height <= target.size[1]):
        return []
    return [("size", f"larger than the screen, {target.size[0]}x{target.size[1]}")]


def flag_budget(assets: list[dict[str, Any]], budget: int | None) -> None:
    """A warning for every asset that takes a large part of the budget."""
    for one in assets:
        if budget is not None and one["bytes"] * BUDGET_SHARE > budget:
            share = 100 * one["bytes"] // max(budget, 1)
            one["badges"].append(("size", f"{share} % of the budget"))


def compare(assets: list[dict[str, Any]], earlier: Mapping[str, Mapping[str, Any]] | None) -> None:
    """Note what each asset was in an earlier preview, and whether it changed; None for none."""
    for one in assets:
        before = None if earlier is None else earlier.get(one["id"])
        if before is not None:
            then = {name: before.get(name) for name in FIGURES}
            same = before["pictures"].get("seen") == one["pictures"]["seen"]
            if not same or then != {name: one[name] for name in FIGURES}:
                one["change"], one["last"] = "changed", then
        elif earlier is not None:
            one["change"] = "new"


def target(value: Target, model: str, place: int) -> dict[str, Any]:
    """A target; `model` says what the pictures are."""
    return {
        "name": value.name,
        "title": printable(value.title),
        "place": place,
        "size": value.size,
        "pitch": value.pitch_mm,
        "shape": value.shape,
        "corner": value.corner,
        "gap": value.gap,
        "lights": lights_of(value.kind),
        "model": printable(model),
    }


def page(
    title: str,
    plan: Plan,
    targets: list[dict[str, Any]],
    assets: list[dict[str, Any]],
    problems: list[Problem],
) -> dict[str, Any]:
    """All that the page shows."""
    for place, one in enumerate(assets):
        one["place"] = place
    return {
        "version": VERSION,
        "title": printable(title),
        "budget": plan.budget,
        "before": "the source",
        "compared": "Changes are those since the last preview.",
        "targets": targets,
        "assets": assets,
        "problems": [problem(one) for one in problems],
    }


def problem(value: Problem) -> dict[str, str]:
    """A problem in parts, safe to show."""
    return {
        "severity": value.severity,
        "place": printable(str(value.span)) if value.span else "",
        "message": printable(value.message[:1000]),
        "snippet": snippet_of(value),
        "hint": printable(value.hint),
    }
