"""Real builds under strace: each of their system calls is counted, then killed or made to fail."""

import ctypes
import errno
import os
import re
import select
import shutil
import signal
import subprocess
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest
from crash_lab import (
    SCENARIOS,
    Lab,
    Ran,
    Scenario,
    Tree,
    contents,
    here,
    repaired,
    temporaries,
    torn,
    tree,
)

from pipeline import lock
from pipeline.cache import Cache, verify
from pipeline.cli import INTERRUPTED

FAULTS = {
    "openat": ("EMFILE", "ENOSPC", "EROFS", "EACCES", "EIO"),
    "read": ("EIO",),
    "write": ("ENOSPC", "EIO", "EDQUOT"),
    "close": ("EIO",),
    "fsync": ("EIO",),
    "rename": ("EACCES", "EIO", "EROFS", "ENOSPC"),
    "mkdir": ("EACCES", "EROFS", "ENOSPC"),
    "rmdir": ("EACCES", "EROFS"),
    "unlink": ("EACCES", "EIO", "EROFS"),
    "ftruncate": ("EIO",),
    "flock": ("ENOLCK",),
}
"""Calls of a build that touch files, and with what each may fail."""

SAME_CALL = {"renameat": "rename", "renameat2": "rename", "mkdirat": "mkdir", "unlinkat": "unlink"}
"""What other C libraries make of a call."""

READING = {"openat": ("EMFILE", "EACCES", "EIO"), "read": ("EIO",)}
"""What of this can happen to a file that is only read."""

KILL, INTERRUPT = "KILL", "INT"
"""Signals, which may come in place of an error."""

Place = tuple[Scenario, "Call"]
ATTEMPTS = 4
"""A call counts anew in each process; where a worker was first, a trial is worth nothing."""


class Call(NamedTuple):
    """A system call of the build's main process: the `number`-th of that name, touching `path`.

    Attributes:
        writes: The file is written, or the folder changed.
    """

    name: str
    number: int
    path: str
    writes: bool

    def __str__(self) -> str:
        return f"{self.name} {self.number} of {self.path}"


class Point(NamedTuple):
    """A build to disturb, the call to do it at, and `KILL` or the error that the call gives.

    Attributes:
        then: Where the next build, which repairs what is left, is killed too.
    """

    scenario: Scenario
    call: Call
    fault: str = KILL
    jobs: int = 1
    then: Call | None = None

    def __str__(self) -> str:
        more = f", then at {self.then}" if self.then else ""
        return f"{self.scenario.name} -j{self.jobs}: {self.fault} at {self.call}{more}"


def traced(options: Sequence[str], folder: Path, cache: Path, jobs: int = 1) -> Ran:
    """A build in a fork of this process under strace, which sees nothing of its start-up."""
    said = folder.parent / "said"
    waits, goes = os.pipe()
    build = os.fork()
    if not build:
        _build_traced(waits, said, folder, cache, jobs)
    follow = ["-f"] if jobs > 1 else []  # else a worker that comes to a number first is hit too
    words = ["strace", *follow, "-p", str(build), *options]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        attached = strace.stderr.readline()
        os.write(goes, b"go")
        _, status = os.waitpid(build, 0)
        strace.communicate()
    os.close(waits)
    os.close(goes)
    assert attached.endswith(" attached\n"), attached
    return Ran(os.waitstatus_to_exitcode(status), said.read_text() if said.exists() else "")


def _build_traced(waits: int, said: Path, folder: Path, cache: Path, jobs: int) -> NoReturn:
    """In the fork: let anybody trace it, wait until somebody does, build."""
    pr_set_ptracer, anybody = 0x59616D61, -1
    ctypes.CDLL(None).prctl(pr_set_ptracer, anybody, 0, 0, 0)
    select.select([waits], [], [])  # not a read: those are counted
    status = 70
    try:
        status, errors = here(folder, cache, jobs)
        if errors:
            said.write_text(errors)
    except BaseException:  # noqa: BLE001 - what a plain Python would print
        said.write_text(traceback.format_exc())
    finally:
        os._exit(status)


def disturbance(call: Call, fault: str, log: Path) -> list[str]:
    """Options of strace by which a call fails, or a signal comes there."""
    action = f"signal={fault}" if fault in (KILL, INTERRUPT) else f"error={fault}"
    inject = f"inject={call.name}:{action}:when={call.number}"
    return ["-y", "-o", str(log), "-e", f"trace={call.name}", "-e", inject]


_LINE = re.compile(r"(\d+ +)?(\w+)\((.*)")
_RESUMED = re.compile(r"(\d+ +)<\.\.\. \w+ resumed>(.*)")
_NAMED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_OPENED = re.compile(r"\d+<([^>]*)>")
_BY_NAME = ("openat", "mkdir", "rmdir", "unlink", "rename")


def calls(log: str, folder: Path, cache: Path) -> list[Call]:
    """The calls of the main process, in a log of `strace -y`, that touch project or cache."""
    counts: Counter[str] = Counter()
    written: set[Path] = set()
    found = []
    for match in filter(None, map(_LINE.match, log.splitlines())):
        _, name, rest = match.groups()
        counts[name] += 1
        path = _path(SAME_CALL.get(name, name), rest, folder)
        if "O_CREAT" in rest:
            written.add(path)
        writes = path in written if name in ("openat", "read", "close") else True
        if any(path.is_relative_to(start) and path != start for start in (folder, cache)):
            found.append(Call(name, counts[name], str(path.relative_to(folder.parent)), writes))
    return found


def _path(name: str, rest: str, folder: Path) -> Path:
    """What a call touches; of a rename, what it replaces."""
    if name in _BY_NAME:
        return Path(folder, _NAMED.findall(rest)[-1])
    opened = _OPENED.match(rest)
    return Path(opened[1]) if opened else Path("/")


def faults(call: Call) -> tuple[str, ...]:
    """With what a call may fail."""
    name = SAME_CALL.get(call.name, call.name)
    return FAULTS[name] if call.writes else READING.get(name, ())


def hit(log: str, folder: Path) -> list[str]:
    """The files, seen from `folder`, at which strace's log says that a call was made to fail."""
    begun: dict[str, tuple[str, str]] = {}
    found = []
    for line in log.splitlines():
        if match := _LINE.match(line):
            begun[match[1]] = match[2], match[3]
        process = match or _RESUMED.match(line)
        if process and line.endswith("(INJECTED)"):
            name, rest = begun[process[1]]
            found.append(_path(SAME_CALL.get(name, name), rest, folder / "project"))
    return [str(path.relative_to(folder)) for path in found if path.is_relative_to(folder)]


def calls_of(lab: Lab, scenario: Scenario) -> list[Call]:
    """What a build of a scenario does to its project and its cache, by name and number."""
    folder = lab.ready(scenario)
    log, project, cache = (folder / name for name in ("log", "project", "cache"))
    names = ",".join(f"?{name}" for name in [*FAULTS, *SAME_CALL])  # if this system has it
    ran = traced(["-y", "-o", str(log), "-e", f"trace={names}"], project, cache)
    assert ran == (0, ""), ran
    assert tree(project) == lab.golden[scenario.name]
    return sorted(calls(log.read_text(), project, cache))


def trial(lab: Lab, point: Point) -> list[str]:
    """Disturb one build, then build again; everything that is wrong."""
    for _ in range(ATTEMPTS):
        folder = lab.ready(point.scenario)
        wrong = _try(lab, point, folder)
        shutil.rmtree(folder.parent)
        if wrong is not None:
            return [f"{point}: {text}" for text in wrong]
    return [f"{point}: that call was never reached"]


def _try(lab: Lab, point: Point, folder: Path) -> list[str] | None:
    """What is wrong; None when the disturbance did not come about."""
    project, cache, log = (folder / name for name in ("project", "cache", "log"))
    old, new = tree(project), lab.golden[point.scenario.name]
    wrong = []
    for call in [point.call, point.then] if point.then else [point.call]:
        ran = traced(disturbance(call, point.fault, log), project, cache, point.jobs)
        if call == point.call and not _came_about(ran, point, log, folder):
            return None
        wrong += torn(tree(project), old, new)
        wrong += [f"cache: {path} is torn" for path in verify(Cache(cache, 1 << 30))]
        if point.fault == INTERRUPT:
            wrong += interrupted(ran, tree(project))
        elif point.fault != KILL:
            wrong += told(ran, point.fault, hit(log.read_text(), folder), tree(project), new)
    return wrong + repaired(project, cache, new)


def _came_about(ran: Ran, point: Point, log: Path, folder: Path) -> bool:
    if point.fault == KILL:
        # With several workers strace counts the calls of each process, and one of them may come
        # to that number first: it dies, and the build has to tell so and leave whole files.
        lost = ran.status == 1 and "the worker was killed by SIGKILL" in ran.errors
        return lost or ran.status == -signal.SIGKILL
    return point.fault == INTERRUPT or bool(hit(log.read_text(), folder))


def interrupted(ran: Ran, now: Tree) -> list[str]:
    """What is wrong after Ctrl-C."""
    left = [name for name in temporaries(now) if Path(name).name != lock.FILE_NAME]
    wrong = [f"left {name}" for name in left]
    return wrong if ran == (INTERRUPTED, "interrupted\n") else [*wrong, f"ended with {ran}"]


def told(ran: Ran, fault: str, paths: Sequence[str], now: Tree, new: Tree) -> list[str]:
    """After a fault: either the build is right, or it says what went wrong with which file."""
    left = [name for name in temporaries(now) if f"project/{name}" not in paths]
    wrong = [f"left {name}" for name in left]
    if ran.status not in (0, 1, 2) or "Traceback" in ran.errors:
        wrong.append(f"ended with {ran}")
    if ran.status == 0:
        right = contents(now) == contents(new)
        return wrong + ([] if right else [f"says that all is well: {ran}"])
    if not any(_known_as(path) in ran.errors for path in paths):
        wrong.append(f"does not name {paths}: {ran.errors}")
    cause = os.strerror(getattr(errno, fault))
    return wrong + ([] if cause in ran.errors else [f"does not say '{cause}': {ran.errors}"])


def _known_as(path: str) -> str:
    """A file as its user knows it, who knows no temporary ones."""
    return re.sub(r"/\.([^/]+)\.[0-9]+\.tmp$", r"/\1", path.removeprefix("project/"))


def spread(points: Sequence[Point], count: int) -> list[Point]:
    """So many of the points, evenly spaced."""
    count = min(count, len(points))
    return [points[place * len(points) // count] for place in range(count)]


class Sweeper:
    """As many processes as there are processors, in which trials run."""

    def __init__(self, lab: Lab, pool: ProcessPoolExecutor) -> None:
        self.lab, self.pool = lab, pool
        found = pool.map(partial(calls_of, lab), SCENARIOS)
        pairs = zip(SCENARIOS, found, strict=True)
        self.places: list[Place] = [(scenario, call) for scenario, made in pairs for call in made]
        """Every call of every scenario that touches the project or the cache."""

    def wrong(self, points: Sequence[Point]) -> list[str]:
        """Everything that is wrong at some points."""
        return [text for wrong in self.pool.map(partial(trial, self.lab), points) for text in wrong]


@contextmanager
def sweeping(lab: Lab) -> Iterator[Sweeper]:
    """A sweeper; skips the test where nothing can be traced."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    if subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], check=False).returncode:
        pytest.skip("strace may not trace here")
    workers, context = len(os.sched_getaffinity(0)), get_context("spawn")
    with ProcessPoolExecutor(workers, context, _warm_up, (lab,)) as pool:
        yield Sweeper(lab, pool)


def _warm_up(lab: Lab) -> None:
    """Have everything loaded, so that each fork of this process makes the same calls."""
    for scenario in SCENARIOS:
        folder = lab.ready(scenario)
        here(folder / "project", folder / "cache")
