"""Look: what a build would do, without doing it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline import keys, summary
from pipeline.disk import Disk
from pipeline.known import Known
from pipeline.palette_lock import Locked
from pipeline.plan import AssetRule, BundleRule, Plan, share_of
from pipeline.report import Problem
from pipeline.stale import (
    Survey,
    inputs_of,
    link_inputs,
    orphans,
    pair,
    rule_id,
    survey,
    why,
)
from pipeline.state import Output
from pipeline.world import NoStore


class Reason(NamedTuple):
    """Why a rule runs."""

    rule: AssetRule | BundleRule
    text: str


class Findings(NamedTuple):
    """What is out of date.

    Attributes:
        stale: The rules that a build would run.
        orphans: Files that no rule writes any more.
        over: What the last build is over budget by.
    """

    stale: tuple[Reason, ...]
    orphans: tuple[Output, ...]
    over: tuple[Problem, ...]


def look(plan: Plan, disk: Disk, tool: str, locked: Mapping[str, Locked]) -> Findings:
    """Everything in which the outputs differ from what a build would leave.

    A shared palette that has to be learned again makes all its members stale here, and an asset
    its bundles; the build itself runs them only if the palette or the files come out different.
    """
    found = survey(plan, disk)
    records = found.state.records
    rows = [records[name].row for name in map(rule_id, plan.assets) if name in records]
    stale = _stale(plan, found, tool, Known(plan, found, tool, locked, NoStore()))
    return Findings(
        (*stale, *_unlinked(plan, found, tool, {rule_id(reason.rule) for reason in stale})),
        tuple(orphans(plan, found.state)),
        over_budget(plan, rows),
    )


def _stale(plan: Plan, found: Survey, tool: str, known: Known) -> list[Reason]:
    palettes = {pair(rule): known.shared(rule) for rule in plan.palettes}
    reasons = []
    for rule in plan.assets:
        learned = palettes.get(pair(rule))
        palette = share_of(learned, rule).palette if learned else known.own(rule)
        digest = keys.digest(palette) if palette else ""
        if palette is None and rule.recipe.palette.shared:
            digest = "to be learned"
        inputs = inputs_of(rule, found, tool, digest)
        text = why(rule, inputs, found.state.records.get(rule_id(rule)), found.look)
        reasons += [Reason(rule, text)] if text else []
    return reasons


def _unlinked(plan: Plan, found: Survey, tool: str, stale: set[str]) -> list[Reason]:
    reasons = []
    for rule in plan.bundles:
        late = [m.name for m in rule.members if f"{rule.target}/{m.symbol}" in stale]
        inputs = link_inputs(rule, map(found.look.digest, rule.reads), tool)
        link = found.state.links.get(rule_id(rule))
        text = f"'{late[0]}' is out of date" if late else why(rule, inputs, link, found.look)
        reasons += [Reason(rule, text)] if text else []
    return reasons


def over_budget(plan: Plan, rows: Sequence[summary.Row]) -> tuple[Problem, ...]:
    """What the rows of a report are over the plan's budget by, one problem a target."""
    if plan.budget is None:
        return ()
    over = summary.over_budget(rows, plan.budget)
    return tuple(
        Problem(
            f"'{target}' needs {total:,} bytes of flash, {total - plan.budget:,} over budget",
            plan.budget_place,
        )
        for target, total in over.items()
    )
