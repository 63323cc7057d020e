"""Diff: what a build shows beside what an earlier one showed."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from pipeline import panel
from pipeline.keys import content
from pipeline.plan import Job, Plan
from pipeline.preview import album, changes, facts, raster, shot
from pipeline.preview.gallery import Gallery
from pipeline.report import Failure, printable


class Baseline(Protocol):
    """What an earlier build showed."""

    @property
    def assets(self) -> Mapping[str, Mapping[str, Any]]:
        """Its assets by id."""

    def picture(self, name: str) -> bytes | None:
        """The PNG of a digest."""


class Kept(NamedTuple):
    """A baseline in memory."""

    assets: Mapping[str, Mapping[str, Any]]
    pictures: Mapping[str, bytes]

    def picture(self, name: str) -> bytes | None:
        """The PNG of a digest."""
        return self.pictures.get(name)


class Line(NamedTuple):
    """One asset that differs.

    Attributes:
        asset: What the page shows of it.
        kind: `changed`, `new` or `gone`.
        pixels: Of its pixels, how many changed, and of how many.
        delta_e: Mean over all pixels, None where there is nothing to compare with.
        before, now: Bytes in flash, None where it is not there.
    """

    asset: dict[str, Any]
    kind: str
    pixels: tuple[int, int] | None
    delta_e: float | None
    before: int | None
    now: int | None


def of_gallery(made: Gallery) -> Kept:
    """A baseline from a build that was just shown."""
    return Kept({asset["id"]: asset for asset in made.data["assets"]}, made.pictures)


def of_outputs(plan: Plan, folder: Path) -> Kept:
    """A baseline from a copy of an output folder.

    Args:
        plan: The build of now, which says what the files are called.
        folder: What stood at `output` then.
    """
    found: dict[str, dict[str, Any]] = {}
    pictures: dict[str, bytes] = {}
    for rule in plan.assets:
        target = plan.targets[rule.target]
        below = [Path(name).relative_to(plan.output).as_posix() for name in rule.outputs]
        there = Job(rule._replace(outputs=tuple(below)), target, str(folder))
        indexed = shot.emitted(there)
        if indexed is None:
            continue
        png = raster.encode(panel.look(indexed, target))
        name = content(png)[:32]
        pictures[name] = png
        shown = {**shot.figures(there, indexed), "afar": None, "palette": []}
        made = facts.asset(rule, target, {**shown, "pictures": {"seen": name}}, "")
        found[made["id"]] = {**made, "delta_e": None}
    return Kept(found, pictures)


def diff(made: Gallery, baseline: Baseline) -> tuple[list[Line], dict[str, bytes]]:
    """What differs, in the order of the build; then what is gone.

    Returns:
        The lines, and the pictures that they name.
    """
    pictures = dict(made.pictures)
    lines: list[Line] = []
    now = {asset["id"]: asset for asset in made.data["assets"]}
    targets = {target["name"] for target in made.data["targets"]}
    for name, asset in now.items():
        lines += _line(asset, baseline.assets.get(name), baseline, pictures)
    for name, asset in baseline.assets.items():
        if name not in now and asset["target"] in targets:
            lines += _gone(asset, baseline, pictures)
    return lines, pictures


def _line(
    asset: dict[str, Any],
    before: Mapping[str, Any] | None,
    baseline: Baseline,
    pictures: dict[str, bytes],
) -> Iterator[Line]:
    old = None if before is None else baseline.picture(before["pictures"]["seen"])
    if before is None or old is None:
        yield Line({**asset, "change": "new"}, "new", None, None, None, asset["bytes"])
        return
    same = before["pictures"]["seen"] == asset["pictures"]["seen"]
    if same and before["bytes"] == asset["bytes"]:
        return
    found = changes.compare(_decoded(old), raster.decode(pictures[asset["pictures"]["seen"]]))
    shown = {**asset["pictures"], "before": before["pictures"]["seen"]}
    pictures[shown["before"]] = old
    if found.drawn is not None:
        png = raster.encode(found.drawn)
        shown["difference"] = content(png)[:32]
        pictures[shown["difference"]] = png
    notes = [("changed pixels", f"{found.pixels:,} of {found.total:,}")]
    if found.delta_e is not None:
        words = f"mean {found.delta_e:.2f}, at most {found.largest:.1f}"
        notes.append(("delta E of the change", words))
    last = {name: before.get(name) for name in facts.FIGURES}
    made = {
        **asset,
        "pictures": shown,
        "notes": [*notes, *asset["notes"]],
        "change": "changed",
        "last": last,
    }
    size = (found.pixels, found.total)
    yield Line(made, "changed", size, found.delta_e, before["bytes"], asset["bytes"])


def _decoded(png: bytes) -> changes.Bytes:
    """An earlier picture; an empty one when it is damaged."""
    with suppress(ValueError):
        return raster.decode(png)
    return np.zeros((0, 0, 3), np.uint8)


def _gone(
    asset: Mapping[str, Any], baseline: Baseline, pictures: dict[str, bytes]
) -> Iterator[Line]:
    name = asset["pictures"]["seen"]
    png = baseline.picture(name)
    if png is not None:
        pictures[name] = png
        made = {**asset, "pictures": {"seen": name}, "badges": [], "last": None, "change": "gone"}
        yield Line(made, "gone", None, None, asset["bytes"], None)


def page(made: Gallery, lines: list[Line], since: str) -> dict[str, Any]:
    """The page that shows them."""
    assets = [{**line.asset, "place": place} for place, line in enumerate(lines)]
    count = len(made.data["assets"])
    kept = count - sum(line.kind != "gone" for line in lines)
    return {
        **made.data,
        "title": f"{made.data['title']}: changes since {printable(since)}",
        "before": "the earlier build",
        "compared": f"Changes are those since {printable(since)}; {kept} pictures are the same.",
        "assets": assets,
    }


HEAD = ("target", "asset", "change", "pixels", "%", "delta E", "bytes", "now")


def table(lines: list[Line]) -> str:
    """The lines as text, figures to the right."""
    rows = [HEAD, *map(_cells, lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_aligned(row, widths) for row in rows)


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    cells = zip(row, widths, strict=True)
    return "  ".join(
        cell.ljust(width) if place < 3 else cell.rjust(width)
        for place, (cell, width) in enumerate(cells)
    ).rstrip()


def _cells(line: Line) -> tuple[str, ...]:
    changed, total = line.pixels or (None, 1)
    return (
        line.asset["target"],
        line.asset["name"],
        line.kind,
        "" if changed is None else f"{changed:,}",
        "" if changed is None else f"{100 * changed / total:.1f}",
        "" if line.delta_e is None else f"{line.delta_e:.2f}",
        "" if line.before is None else f"{line.before:,}",
        "" if line.now is None else f"{line.now:,}",
    )


def earlier_preview(path: Path) -> album.Album | None:
    """The preview at a path, or None when something else is there."""
    with suppress(Failure):
        return album.load(path)
    return None
