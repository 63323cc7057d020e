"""Sweep: removes what builds made and nobody needs any more, and nothing else."""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from pipeline import state
from pipeline.disk import Disk
from pipeline.plan import Plan
from pipeline.report import Problem
from pipeline.stale import Looker, Survey, orphans, state_path
from pipeline.state import Output

_TEMPORARY = re.compile(r"\..+\.[0-9]+\.tmp")
"""Names that `files.write` gives while it writes; under the lock none of them is in use."""


class Swept(NamedTuple):
    """What became of files of assets that left the manifest.

    Attributes:
        removed: Their paths.
        stuck: Files that could not be removed, to be tried again.
        problems: What could not be removed, and warnings about files that were changed since.
    """

    removed: tuple[str, ...]
    stuck: tuple[Output, ...]
    problems: tuple[Problem, ...]


def sweep(plan: Plan, found: Survey, disk: Disk) -> Swept:
    """Remove the files of assets that left the manifest."""
    removed: list[str] = []
    stuck: list[Output] = []
    problems: list[Problem] = []
    for output in orphans(plan, found.state):
        now = found.look.digest(output.path)
        if not now:
            continue
        if now != output.digest:
            words = f"{output.path} is built no more, but was changed since: it is kept"
            problems.append(Problem(words, severity="warning"))
            continue
        try:
            disk.remove(output.path)
            removed.append(output.path)
        except OSError as error:
            stuck.append(output)
            problems.append(Problem(f"cannot remove {output.path}: {error.strerror or error}"))
    return Swept(tuple(removed), tuple(stuck), tuple(problems))


def tidy(made: Iterable[str], plan: Plan, disk: Disk) -> None:
    """Remove temporary files that a killed build left beside files that builds made."""
    for folder in {path.rpartition("/")[0] for path in (*made, state_path(plan))}:
        for entry in disk.entries(folder or "."):
            if _TEMPORARY.fullmatch(entry.name) and not entry.is_folder:
                with suppress(OSError):
                    disk.remove(f"{folder}/{entry.name}" if folder else entry.name)


def clean(disk: Disk, path: str) -> tuple[list[str], list[str]]:
    """Remove what builds made.

    Args:
        disk: Where paths start.
        path: The state file.

    Returns:
        The removed files, and those kept because somebody changed them since.

    Raises:
        OSError: A file cannot be removed.
    """
    removed, kept = [], []
    look = Looker(disk, {})
    for name, digest in sorted(state.load(disk, path).made().items()):
        now = look.digest(name)
        if now == digest:
            disk.remove(name)
            removed.append(name)
        elif now:
            kept.append(name)
    disk.remove(path)
    return removed, kept
