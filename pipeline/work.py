"""Work: how the engine's jobs are run, here or in worker processes."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline import pool
from pipeline.jobserver import Slots
from pipeline.report import Problem

POOL_WORTH = 8
"""Where starting a process is slow, fewer jobs than this are done before a second one is up."""


def here(function: str, arguments: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Run jobs in this process, in order."""
    call = _load(function)
    yield from ((place, call(argument)) for place, argument in enumerate(arguments))


def _load(function: str) -> Callable[[Any], Any]:
    module, _, name = function.partition(":")
    loaded: Callable[[Any], Any] = getattr(import_module(module), name)
    return loaded


def in_workers(
    slots: Slots, limits: pool.Limits, *, apart: bool
) -> Callable[[str, Sequence[Any]], Iterator[tuple[int, Any]]]:
    """A way to run jobs in worker processes, each of which can be lost without the others.

    Args:
        slots: A job runs only while it holds one of these.
        limits: What a worker may use.
        apart: Also a few jobs that would be done sooner here, where no limit can be enforced.
    """

    def execute(function: str, arguments: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        for name in pool.ONE_THREAD:
            os.environ.setdefault(name, "1")
        _load(function)  # so that forked workers have it already
        if not apart and len(arguments) < POOL_WORTH and pool.start_method() == "spawn":
            yield from here(function, arguments)
            return
        for answer in pool.run(function, arguments, limits, slots):
            if isinstance(answer, pool.Done):
                yield answer.task, answer.value
            else:
                yield answer.task, Problem(f"the worker {answer.reason}", hint=_hint(answer.detail))

    return execute


def _hint(trace: str) -> str:
    """Of a traceback, which only a fault of ours leaves, the place to report."""
    places = re.findall(r'File "(.+)", (line \d+, in \S+)', trace)
    if not places:
        return ""
    file, line = places[-1]
    return f"please report this fault of bitplane, at {Path(file).name}, {line}"


def jobs_default() -> int:
    """As many workers as this process may use processors."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
