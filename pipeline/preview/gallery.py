"""Gallery: every asset of a build that was just made, as a preview shows it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pipeline import keys, locked, tool
from pipeline.disk import RealDisk
from pipeline.known import Known
from pipeline.manifest import Manifest
from pipeline.plan import Job, Plan
from pipeline.preview import facts
from pipeline.preview.album import Earlier
from pipeline.report import Problem
from pipeline.stale import pair, rule_id, survey
from pipeline.summary import Row
from pipeline.target import Target
from pipeline.world import Execute, NoStore, Outcome

TAKE = "pipeline.preview.shot:take"
GLANCE = "pipeline.preview.shot:glance"


class Task(NamedTuple):
    """An asset to show, the digest of all that decides how, and its line of the report."""

    job: Job
    key: str
    row: Row


class Gallery(NamedTuple):
    """What a page shows, the pictures that no earlier page has, and what the assets come from."""

    data: dict[str, Any]
    pictures: dict[str, bytes]
    tasks: Sequence[Task] = ()


def jobs_of(read: Manifest, plan: Plan, done: set[tuple[str, str]]) -> list[Task]:
    """The assets that are up to date, each with the shared palette that it was built with.

    Args:
        read: The manifest.
        plan: What was built.
        done: Target and name of what is up to date.
    """
    disk = RealDisk(str(read.folder))
    found = survey(plan, disk)
    locks = locked.read(disk, read.document.file)
    known = Known(plan, found, tool.version_digest(), locks, NoStore())
    palettes = {pair(rule): known.shared(rule) for rule in plan.palettes}
    digests = {name: keys.digest(target) for name, target in plan.targets.items()}
    tasks = []
    for rule in plan.assets:
        record = found.state.records.get(rule_id(rule))
        if record is None or (rule.target, rule.name) not in done:
            continue
        palette = palettes.get(pair(rule)) or known.own(rule)
        job = Job(rule, plan.targets[rule.target], disk.real("."), palette)
        key = keys.digest(record.inputs.key, digests[rule.target])
        tasks.append(Task(job, key, record.row))
    return tasks


def gather(
    read: Manifest,
    plan: Plan,
    outcome: Outcome,
    execute: Execute,
    earlier: Earlier | None,
    *,
    afar: bool = True,
) -> Gallery:
    """What the page of a build shows.

    What an earlier preview shows of the same bytes is taken from there.

    Args:
        read: The manifest.
        plan: What was built.
        outcome: What came of it.
        execute: Runs the work.
        earlier: The last preview, or None.
        afar: Also find the errors from afar that are not known yet.
    """
    tasks = jobs_of(read, plan, {(row.target, row.name) for row in outcome.rows})
    before = None if earlier is None else earlier.assets
    shots, pictures, problems = _shots(
        tasks, execute, _known(earlier, before or {}, afar=afar), afar=afar
    )
    assets = [_asset(task, shots[task.key]) for task in tasks if task.key in shots]
    facts.flag_budget(assets, plan.budget)
    facts.compare(assets, before)
    targets = _targets(plan, earlier)
    title = read.folder.resolve().name or "Preview"
    data = facts.page(title, plan, targets, assets, [*outcome.problems, *problems])
    return Gallery(data, pictures, tasks)


def _asset(task: Task, shot: dict[str, Any]) -> dict[str, Any]:
    rule, row = task.job.rule, task.row
    found = {**shot, "delta_e": round(row.delta_e, 2)}
    return facts.asset(rule, task.job.target, found, task.key, row.note)


_SHOT = (
    *("size", "bytes", "pixel_bytes", "stored", "deflated", "layout", "entries", "used"),
    *("transparent", "afar", "palette", "pictures"),
)
"""What `shot.develop` finds."""


def _known(
    earlier: Earlier | None, assets: Mapping[str, Mapping[str, Any]], *, afar: bool
) -> dict[str, Any]:
    """By key what an earlier preview says of its assets, where all their pictures are there."""
    known = {}
    for asset in assets.values():
        complete = all(name in asset for name in _SHOT) and not (afar and asset["afar"] is None)
        if earlier and complete and all(map(earlier.has, asset["pictures"].values())):
            known[asset["key"]] = {name: asset[name] for name in _SHOT}
    return known


def _shots(
    tasks: list[Task], execute: Execute, known: dict[str, Any], *, afar: bool
) -> tuple[dict[str, Any], dict[str, bytes], list[Problem]]:
    """By key what is known of each asset; new pictures; what went wrong."""
    missing = [task for task in tasks if task.key not in known]
    pictures: dict[str, bytes] = {}
    problems: list[Problem] = []
    answers = execute(TAKE if afar else GLANCE, [task.job for task in missing]) if missing else ()
    for place, shot in answers:
        task = missing[place]
        found = (shot,) if isinstance(shot, Problem) else shot.problems
        problems += found
        if not found:
            known[task.key] = shot.facts
            pictures |= shot.pictures
    return known, pictures, problems


def _targets(plan: Plan, earlier: Earlier | None) -> list[dict[str, Any]]:
    """The targets; the words about a panel need numpy, so they are kept while it is the same."""
    told = {one["digest"]: one for one in earlier.data["targets"]} if earlier else {}
    targets = []
    for place, target in enumerate(plan.targets.values()):
        digest = keys.digest(target, tool.version_digest())
        same = told.get(digest)
        model = same["model"] if same else describe(target)
        targets.append({**facts.target(target, model, place), "digest": digest})
    return targets


def describe(target: Target) -> str:
    """What the pictures of a target are."""
    from pipeline import panel  # imports numpy, which a preview of what is known never needs

    return panel.describe(target)
