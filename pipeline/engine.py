"""Engine: runs a plan, in this process or in workers, and writes what comes out."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from pipeline import files, state, summary
from pipeline.plan import AssetRule, PaletteRule, Plan
from pipeline.recipe import PaletteChoice
from pipeline.report import Failure, Problem

if TYPE_CHECKING:  # steps imports numpy, which a faulty manifest should not wait for
    from pipeline.palette import Palette
    from pipeline.steps import Built, Job

POOL_WORTH = 8
"""Fewer assets than this are built before a second process has started."""

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Outcome(NamedTuple):
    """What a build did."""

    rows: tuple[summary.Row, ...]
    problems: tuple[Problem, ...]
    written: int

    @property
    def failed(self) -> bool:
        """Some asset was not built, or the budget is exceeded."""
        return any(problem.severity == "error" for problem in self.problems)


Listener = Callable[[AssetRule, "Built"], None]


def run(plan: Plan, folder: Path, jobs: int | None, listen: Listener) -> Outcome:
    """Build everything in a plan.

    Args:
        plan: What to build.
        folder: Where the plan's paths start.
        jobs: Worker processes; None means as many as there are processors.
        listen: Called in this process for each finished asset, in plan order.
    """
    from pipeline.steps import Job

    palettes, broken = _learn_palettes(plan, folder)
    work = [
        Job(
            rule,
            plan.targets[rule.target],
            folder,
            palettes.get((rule.target, rule.recipe.palette)),
        )
        for rule in plan.assets
        if (rule.target, rule.recipe.palette) not in broken
    ]
    rows: list[summary.Row] = []
    problems: list[Problem] = [problem for faults in broken.values() for problem in faults]
    made: dict[str, str] = {}
    written = 0
    for job, result in zip(work, _results(work, jobs), strict=True):
        built, count = _write(job, result, plan, made)
        written += count
        problems += built.problems
        rows += [built.row] if built.row else []
        listen(job.rule, built)
    problems += _remember(folder / plan.output, plan.output, made)
    return Outcome(tuple(rows), tuple(dict.fromkeys(problems)) + _budget(plan, rows), written)


_PaletteKey = tuple[str, PaletteChoice]


def _learn_palettes(
    plan: Plan, folder: Path
) -> "tuple[dict[_PaletteKey, Palette], dict[_PaletteKey, tuple[Problem, ...]]]":
    from pipeline import steps

    palettes: dict[_PaletteKey, Palette] = {}
    broken: dict[_PaletteKey, tuple[Problem, ...]] = {}
    for rule in plan.palettes:
        try:
            palettes[_key(rule)] = steps.learn_shared(rule, plan.targets[rule.target], folder)
        except Failure as failure:
            broken[_key(rule)] = failure.problems
    return palettes, broken


def _key(rule: PaletteRule) -> _PaletteKey:
    return rule.target, rule.choice


def _results(work: "list[Job]", jobs: int | None) -> "Iterator[Built]":
    from pipeline import steps

    workers = min(jobs or os.cpu_count() or 1, len(work))
    if workers <= 1 or (jobs is None and len(work) < POOL_WORTH):
        yield from map(steps.build, work)
        return
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(steps.build, work)


def _write(job: "Job", built: "Built", plan: Plan, made: dict[str, str]) -> "tuple[Built, int]":
    """Write the files of one asset; all of them or, when one fails, a problem."""
    written = 0
    for path, artifact in zip(job.rule.outputs, built.artifacts, strict=bool(built.artifacts)):
        try:
            written += files.write(job.folder / path, artifact.data)
        except OSError as error:
            problem = Problem(f"cannot write {path}: {error.strerror}", job.rule.place)
            return built._replace(row=None, problems=(*built.problems, problem)), written
        made[_inside(path, plan.output)] = state.digest(artifact.data)
    return built, written


def _inside(path: str, output: str) -> str:
    """An output's path relative to the output folder."""
    return PurePosixPath(path).relative_to(output).as_posix()


def _remember(folder: Path, shown: str, made: dict[str, str]) -> list[Problem]:
    """Add the files of this run to those that earlier runs made."""
    try:
        state.save(folder, {**state.load(folder), **made})
    except OSError as error:
        return [Problem(f"cannot write {shown}/{state.FILE_NAME}: {error.strerror}")]
    return []


def _budget(plan: Plan, rows: Iterable[summary.Row]) -> tuple[Problem, ...]:
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


def clean(folder: Path) -> tuple[list[str], list[str]]:
    """Remove what builds made in an output folder.

    Returns:
        The removed files, and those kept because somebody changed them since.

    Raises:
        OSError: A file cannot be removed.
    """
    removed, kept = [], []
    for name, digest in state.load(folder).items():
        path = folder / name
        if not path.is_file():
            continue
        if state.digest(path.read_bytes()) != digest:
            kept.append(name)
            continue
        path.unlink()
        removed.append(name)
    (folder / state.FILE_NAME).unlink(missing_ok=True)
    _remove_empty(folder, [*removed, *kept])
    return removed, kept


def _remove_empty(folder: Path, names: list[str]) -> None:
    """Remove folders that the files leave empty, the deepest first, then the output folder."""
    parents = {
        parent
        for name in names
        for parent in (folder / name).parents
        if folder in (parent, *parent.parents)
    }
    for parent in sorted(parents, key=lambda path: len(path.parts), reverse=True):
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()
