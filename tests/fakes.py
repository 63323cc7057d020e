"""A disk in memory with a clock that ticks, and work that is done at once."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any, NamedTuple

from pipeline import engine, keys
from pipeline.disk import Entry, Stamp
from pipeline.emitters import Artifact
from pipeline.link import Linked
from pipeline.look import look
from pipeline.manifest import read_manifest
from pipeline.plan import Job, LinkJob, PaletteJob, Plan, select
from pipeline.planner import make
from pipeline.report import Problem
from pipeline.steps import Built, Learned
from pipeline.summary import Row
from pipeline.world import Event, NoStore, Outcome, World

SECOND = 1_000_000_000


class _File(NamedTuple):
    data: bytes
    stamp: Stamp


class FakeDisk:
    """Files by path; every write happens at the clock's time, which only `tick` moves."""

    def __init__(self) -> None:
        self.files: dict[str, _File] = {}
        self.time = 1000 * SECOND
        self.inodes = 0
        self.read_paths: list[str] = []
        self.refuse: dict[str, OSError] = {}
        self.unreadable: dict[str, OSError] = {}

    def tick(self, seconds: float = 10) -> None:
        self.time += int(seconds * SECOND)

    def create(self, path: str, data: bytes | str) -> None:
        """Write as another program does: in place, the inode stays."""
        raw = data.encode() if isinstance(data, str) else data
        path = normpath(path)
        self.inodes += path not in self.files
        inode = self.files[path].stamp.inode if path in self.files else self.inodes
        self.files[path] = _File(raw, Stamp(len(raw), self.time, inode, self.time))

    def touch(self, path: str) -> None:
        self.create(path, self.files[path].data)

    def now(self) -> int:
        return self.time

    def stamp(self, path: str) -> Stamp | None:
        path = normpath(path)
        if path in self.files:
            return self.files[path].stamp
        below = [name for name in self.files if path == "." or name.startswith(f"{path}/")]
        return Stamp(0, 0, 0, 0) if below else None

    def is_file(self, path: str) -> bool:
        return normpath(path) in self.files

    def is_link(self, path: str) -> bool:
        del path
        return False

    def real(self, path: str) -> str:
        return normpath(path)

    def entries(self, path: str) -> list[Entry]:
        base = PurePosixPath(normpath(path))
        found = {}
        for name in self.files:
            parents = list(PurePosixPath(name).parents)
            if base in parents:
                rest = PurePosixPath(name).relative_to(base).parts
                found[rest[0]] = len(rest) > 1
        return [Entry(name, is_folder) for name, is_folder in found.items()]

    def read(self, path: str) -> bytes:
        if normpath(path) not in self.files:
            raise FileNotFoundError(2, "No such file or directory", path)
        if normpath(path) in self.unreadable:
            raise self.unreadable[normpath(path)]
        self.read_paths.append(normpath(path))
        return self.files[normpath(path)].data

    def write(self, path: str, data: bytes) -> bool:
        path = normpath(path)
        if path in self.refuse:
            raise self.refuse[path]
        if path in self.files and self.files[path].data == data:
            return False
        self.inodes += 1
        self.files[path] = _File(data, Stamp(len(data), self.time, self.inodes, self.time))
        return True

    def remove(self, path: str) -> None:
        if normpath(path) in self.refuse:
            raise self.refuse[normpath(path)]
        self.files.pop(normpath(path), None)


class Project:
    """A manifest on a fake disk; `build` gives the names of the rules that ran."""

    def __init__(self, manifest: str, **sources: str) -> None:
        self.disk = FakeDisk()
        self.manifest = manifest
        self.tool = "tool 1"
        self.events: list[Event] = []
        for name, text in sources.items():
            self.disk.create(f"{name}.png", text)
        self.disk.tick()

    def plan(self) -> Plan:
        return make(read_manifest(self.manifest.encode(), Path("build.yaml")), self.disk)

    def run(self, *names: str, target: str | None = None) -> Outcome:
        self.events = []
        whole = self.plan()
        chosen = select(whole, list(names), target)
        world = World(self.disk, self.tool, self.execute, NoStore(), self.events.append, {})
        return engine.run(chosen, world, whole=not names and target is None)

    def build(self, *names: str, target: str | None = None) -> list[str]:
        self.run(*names, target=target)
        self.disk.tick()
        return [event.rule.name for event in self.events if event.kind == "stale"]

    def reasons(self) -> dict[str, str]:
        """Name and reason of what would run, without running it."""
        return {r.rule.name: r.text for r in look(self.plan(), self.disk, self.tool, {}).stale}

    def outputs(self) -> dict[str, bytes]:
        made = {name: file.data for name, file in self.disk.files.items() if "build/" in name}
        return {name: data for name, data in made.items() if ".state" not in name}

    def execute(self, function: str, arguments: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        calls: dict[str, Callable[[Any], Any]] = {
            engine.BUILD: self.work,
            engine.LEARN: self.learn,
            engine.LINK: self.link,
        }
        for place, argument in reversed(list(enumerate(arguments))):
            yield place, calls[function](argument)

    def link(self, job: LinkJob) -> Linked | Problem:
        """What a real bundle depends on, and nothing else, goes into its files."""
        contents = [self.disk.read(path) for path in job.rule.reads]
        digests = tuple(map(keys.content, contents))
        facts = [digests, job.rule._replace(place=None), self.tool]
        text = b"BPPK Generated by bitplane" + json.dumps(facts).encode()
        return Linked(tuple(path.encode() + text for path in job.rule.outputs), digests)

    def work(self, job: Job) -> Built | Problem:
        """What a real job depends on, and nothing else, goes into the artifacts."""
        data = self.disk.read(job.rule.source)
        if data == b"crash":
            return Problem("the worker was killed by SIGSEGV")
        if data == b"broken":
            return Built(problems=(Problem("it is broken", job.rule.place),))
        file = job.rule.recipe.palette.file
        colors = self.disk.read(file).decode() if file else job.palette
        facts = [data.decode(), job.rule.recipe, keys.target(job.target), colors, self.tool]
        text = b"BPLN Generated by bitplane" + json.dumps(facts).encode()
        names = [PurePosixPath(path).name for path in job.rule.outputs]
        artifacts = tuple(Artifact(name, name.encode() + text) for name in names)
        row = Row(job.rule.name, job.target.name, 1, 1, 1, len(text), 0.0)
        return Built(artifacts, row, (), keys.content(data))

    def learn(self, job: PaletteJob) -> Learned:
        sources = [self.disk.read(member.source) for member in job.rule.members]
        if b"broken" in sources:
            return Learned(problems=(Problem("a member is broken"),))
        # Only the first letter of a source decides the palette, so that it can stay the same.
        letters = sorted(source[:1].decode() for source in sources)
        digests = tuple(keys.content(source) for source in sources)
        return Learned({"codes": letters, "name": job.rule.choice.name}, digests)
