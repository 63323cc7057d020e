"""Pack: the panel's bytes of built assets, without the headers and tables that files carry."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pipeline import keys, locked, palette_lock, tool, work
from pipeline.disk import Disk
from pipeline.known import Known, Palette
from pipeline.plan import AssetRule, Job, Plan, share_of
from pipeline.recipe import CompressChoice
from pipeline.report import Failure, Problem
from pipeline.stale import inputs_of, pair, survey
from pipeline.upload.payload import Payload
from pipeline.world import Entry, Store

BUILD = "pipeline.steps:build"


class _Task(NamedTuple):
    """An asset to pack: the job, and the key that decides its bytes."""

    job: Job
    key: str


def payloads(plan: Plan, disk: Disk, store: Store, manifest: str) -> list[Payload]:
    """The pictures of a plan as their panels read them, whatever files the manifest asks for.

    They are made as the build makes them, but packed as the panel reads them (`format: native`).
    The store keeps them, so only what changed is computed.

    Args:
        plan: What to pack; it has been built, so that its shared palettes are known.
        disk: Where the plan's paths start.
        store: The content cache.
        manifest: The manifest's file name, which the palette lock is named after.

    Raises:
        Failure: An asset cannot be packed for its panel.
    """
    tasks = _tasks(plan, disk, store, manifest)
    entries = {task.key: entry for task in tasks if (entry := _kept(store.get(task.key)))}
    missing = [task for task in tasks if task.key not in entries]
    problems: list[Problem] = []
    for place, built in work.here(BUILD, [task.job for task in missing]):
        if built.row is None:
            problems += built.problems
            continue
        entry = ({"row": built.row}, tuple(artifact.data for artifact in built.artifacts))
        entries[missing[place].key] = entry
        store.put(missing[place].key, entry)
    if problems:
        raise Failure(problems, 1)
    return [_payload(task.job, entries[task.key]) for task in tasks]


def _tasks(plan: Plan, disk: Disk, store: Store, manifest: str) -> list[_Task]:
    found, version = survey(plan, disk), tool.version_digest()
    lock = locked.read(disk, palette_lock.file_name(manifest))
    known = Known(plan, found, version, lock, store)
    shared = {pair(rule): known.shared(rule) for rule in plan.palettes}
    tasks = []
    for rule in map(_as_panel_reads, plan.assets):
        learned = _learned(rule, shared)
        palette = share_of(learned, rule).palette if learned else known.own(rule)
        digest = keys.digest(palette) if palette else ""
        job = Job(rule, plan.targets[rule.target], disk.real("."), palette)
        tasks.append(_Task(job, inputs_of(rule, found, version, digest).key))
    return tasks


def _learned(rule: AssetRule, shared: dict[tuple[str, Any], Palette | None]) -> Palette | None:
    """What was learned for all who share the asset's palette; None if it shares none."""
    learned = shared.get(pair(rule))
    if learned is None and rule.recipe.palette.shared:
        words = f"{rule.name}: its shared palette is not known"
        raise Failure([Problem(words, rule.place, "is the output folder writable?")], 1)
    return learned


def _as_panel_reads(rule: AssetRule) -> AssetRule:
    recipe = rule.recipe._replace(format="native", emit=("raw",), compress=CompressChoice())
    return rule._replace(recipe=recipe, outputs=(f"{rule.symbol}.raw",))


def _kept(entry: Entry | None) -> Entry | None:
    """An entry of the store, if it is what we put there."""
    if entry is None or len(entry[1]) != 1 or len(_row(entry)) < 4:
        return None
    return entry


def _row(entry: Entry) -> Sequence[Any]:
    row = entry[0].get("row")
    return row if isinstance(row, list | tuple) else ()


def _payload(job: Job, entry: Entry) -> Payload:
    _, _, width, height = _row(entry)[:4]
    layout = job.target.layout.describe()
    return Payload(job.rule.symbol, job.target.name, width, height, layout, entry[1][0])
