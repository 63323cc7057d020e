"""Model of the engine: what a build has to do, told from results alone."""

from typing import Any, NamedTuple

from fakes import FakeDisk, Project

from pipeline.plan import AssetRule, Job, PaletteJob, PaletteRule, Plan
from pipeline.recipe import Recipe
from pipeline.report import Problem
from pipeline.stale import palette_id, rule_id
from pipeline.steps import Built, Learned
from pipeline.summary import Row
from pipeline.target import Target
from pipeline.world import Outcome


class Stopped(BaseException):
    """The process is killed or interrupted here; nothing catches it."""


class Disk(FakeDisk):
    """A disk that stops its user before a change."""

    def __init__(self) -> None:
        super().__init__()
        self.changes_left: int | None = None
        self.kills = False
        self.stopped_at = ""

    def stop_after(self, changes: int, *, kill: bool) -> None:
        """Stop once, or as a killed process at every change from then on."""
        self.changes_left, self.kills = changes, kill

    def go_on(self) -> None:
        self.changes_left = None

    def write(self, path: str, data: bytes) -> bool:
        self._change(path)
        return super().write(path, data)

    def remove(self, path: str) -> None:
        self._change(path)
        super().remove(path)

    def _change(self, path: str) -> None:
        if self.changes_left == 0:
            self.stopped_at = path
            self.changes_left = 0 if self.kills else None
            raise Stopped
        if self.changes_left is not None:
            self.changes_left -= 1


class Workshop(Project):
    """A project whose results show all that they depend on, and that notes what is learned."""

    def __init__(self) -> None:
        super().__init__("")
        self.disk: Disk = Disk()
        self.learned: list[str] = []

    def work(self, job: Job) -> Built | Problem:
        built = super().work(job)
        if isinstance(built, Problem):
            return built
        shown = repr(decisive(job.target)).encode()
        artifacts = [made._replace(data=made.data + shown) for made in built.artifacts]
        return built._replace(artifacts=tuple(artifacts))

    def learn(self, job: PaletteJob) -> Learned:
        self.learned.append(palette_id(job.rule))
        learned = super().learn(job)
        if learned.palette is None:
            return learned
        facts = {"colors": job.rule.choice.colors, "grid": job.target.grid}
        return learned._replace(palette=dict(sorted({**learned.palette, **facts}.items())))

    def events_of(self, kind: str) -> set[str]:
        """The rules that something happened to in the last build."""
        return {rule_id(event.rule) for event in self.events if event.kind == kind}


def decisive(target: Target) -> tuple[Any, ...]:
    """What of the targets here can change a byte."""
    return target.name, target.background, target.grid, target.layout, target.holds


def target_file(notes: str, background: str, *, msb: bool) -> str:
    """A display of one's own, as text."""
    return (
        f"title: mine\nsize: 8x8\nbackground: '{background}'\nnotes: {notes}\ngrid: rgb332\n"
        f"layout: {{scan: rows, bits: 8, first: {'msb' if msb else 'lsb'}}}\npixels: index\n"
        "sources: [myself]\n"
    )


class Clean(NamedTuple):
    """What a build from nothing gives: files by asset and bundle, and the report by asset.

    Those that fail have none.
    """

    made: dict[str, dict[str, bytes]]
    rows: dict[str, Row]

    def files(self) -> dict[str, bytes]:
        return {path: data for files in self.made.values() for path, data in files.items()}


def clean_build(project: Workshop) -> Clean:
    """Build the same manifest from the same inputs in an empty folder."""
    fresh = Workshop()
    fresh.manifest, fresh.tool = project.manifest, project.tool
    inputs = project.disk.files.items()
    fresh.disk.files = {path: file for path, file in inputs if not path.startswith("build/")}
    rows = fresh.run().rows
    plan, files = fresh.plan(), fresh.disk.files
    ids = [rule_id(rule) for rule in plan.assets if rule.outputs[0] in files]
    made = {
        rule_id(rule): {path: files[path].data for path in rule.outputs}
        for rule in plan.rules
        if rule.outputs[0] in files
    }
    clean = Clean(made, dict(zip(ids, rows, strict=True)))
    assert fresh.outputs() == clean.files()
    return clean


class Memory(NamedTuple):
    """What the engine can know from its state.

    Attributes:
        made: Files of each rule as it last wrote them.
        learned: What each shared palette was last learned from.
        files: Every file that it wrote and that may still be there.
    """

    made: dict[str, dict[str, bytes]]
    learned: dict[str, Any]
    files: dict[str, bytes]

    def after(self, expected: "Expected", clean: Clean) -> "Memory":
        """What it knows after a build of a part, or one that failed somewhere."""
        done = {name: clean.made[name] for name in expected.done}
        files = {path: data for files in done.values() for path, data in files.items()}
        return Memory(
            {**self.made, **done},
            {**self.learned, **expected.learned},
            {**self.files, **files},
        )


NOTHING = Memory({}, {}, {})


class Expected(NamedTuple):
    """What a build has to do.

    Attributes:
        stale: Assets and bundles that look out of date before anything is learned.
        ran: Rules that run.
        done: Rules that are up to date afterwards.
        relearned: Shared palettes that are learned again, or that this is tried for.
        learned: What each shared palette that can be learned is learned from.
        files: Everything in the output folder afterwards.
        removed: Files that go.
    """

    stale: set[str]
    ran: set[str]
    done: set[str]
    relearned: set[str]
    learned: dict[str, Any]
    files: dict[str, bytes]
    removed: list[str]


def expect(project: Workshop, plan: Plan, memory: Memory, clean: Clean, *, whole: bool) -> Expected:
    """What a build of `plan` has to do; `whole` when that is all of the manifest."""
    before = project.outputs()
    lessons = {palette_id(rule): _lesson(rule, project, plan) for rule in plan.palettes}
    again = {name for name, facts in lessons.items() if memory.learned.get(name) != facts}
    hopeless = {palette_id(rule) for rule in plan.palettes if _is_broken(rule, project)}
    palettes = {rule_id(rule): _palette(rule) for rule in plan.assets}
    needed = {name for name in palettes if _is_needed(name, memory, clean, before)}
    refused = {name for name in needed if _is_refused(clean.made.get(name, {}), memory, before)}
    done = palettes.keys() & clean.made.keys() - refused
    stale = needed | {name for name in palettes if palettes[name] in again}
    ran = {name for name in needed if palettes[name] not in hopeless}
    for rule in plan.bundles:
        name, members = rule_id(rule), {f"{rule.target}/{m.symbol}" for m in rule.members}
        late, stands = _is_needed(name, memory, clean, before), members <= done
        stale |= {name} if late or members & stale else set()
        ran |= {name} if late and stands else set()
        blocked = late and _is_refused(clean.made.get(name, {}), memory, before)
        done |= {name} if stands and not blocked else set()
    left = whole and len(done) == len(palettes) + len(plan.bundles)
    named = set(plan.outputs)
    ours = [path for path, data in memory.files.items() if before.get(path) == data]
    removed = [path for path in ours if left and path not in named]
    new = {path: data for name in done for path, data in clean.made[name].items()}
    return Expected(
        stale=stale,
        ran=ran,
        done=done,
        relearned=again,
        learned={name: facts for name, facts in lessons.items() if name not in hopeless},
        files={path: data for path, data in {**before, **new}.items() if path not in removed},
        removed=sorted(removed),
    )


def compare_outcome(outcome: Outcome, plan: Plan, expected: Expected, clean: Clean) -> None:
    """Hold what a build says of itself against what it had to do."""
    names = [rule_id(rule) for rule in plan.assets]
    assert outcome.rows == tuple(clean.rows[name] for name in names if name in expected.done)
    assert outcome.failed == (len(expected.done) < len(names) + len(plan.bundles))
    assert outcome.ran == len(expected.ran)
    assert sorted(outcome.removed) == expected.removed


def _is_needed(name: str, memory: Memory, clean: Clean, before: dict[str, bytes]) -> bool:
    """A rule has to run unless its files stand and it is known that they are what they must be."""
    now = clean.made.get(name)
    if now is None or memory.made.get(name) != now:
        return True
    return any(before.get(path) != data for path, data in now.items())


def _is_refused(made: dict[str, bytes], memory: Memory, before: dict[str, bytes]) -> bool:
    """A file stands in the way that cannot be ours: it says so nowhere, and nobody knows it."""
    return any(
        path.endswith((".c", ".h", ".bin", ".pack"))
        and path not in memory.files
        and b"bitplane" not in before.get(path, b"bitplane")
        for path in made
    )


def _palette(rule: AssetRule) -> str:
    choice = rule.recipe.palette
    return palette_id(PaletteRule(choice, rule.target, ())) if choice.shared else ""


def _lesson(rule: PaletteRule, project: Workshop, plan: Plan) -> Any:
    """All that decides a shared palette."""
    usual = Recipe()
    recipes = [
        member.recipe._replace(dither=usual.dither, format=usual.format, emit=usual.emit)
        for member in rule.members
    ]
    sources = [project.disk.files[member.source].data for member in rule.members]
    return rule.choice, sources, recipes, decisive(plan.targets[rule.target]), project.tool


def _is_broken(rule: PaletteRule, project: Workshop) -> bool:
    return any(project.disk.files[member.source].data == b"broken" for member in rule.members)
