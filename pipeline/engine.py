"""Engine: which rules are stale and why; runs those, writes what comes out, remembers it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pipeline import keys, state, summary
from pipeline.disk import Disk
from pipeline.keys import Inputs
from pipeline.plan import AssetRule, Job, PaletteJob, PaletteRule, Plan
from pipeline.report import Problem
from pipeline.state import Output, PaletteRecord, Record, State

if TYPE_CHECKING:  # steps imports numpy, which a build that finds nothing to do never needs
    from pipeline.steps import Built

_TEMPORARY = re.compile(r"\..+\.[0-9]+\.tmp")
"""Names that `files.write` gives while it writes; under the lock none of them is in use."""

BUILD = "pipeline.steps:build"
LEARN = "pipeline.steps:learn"


Execute = Callable[[str, Sequence[Any]], Iterator[tuple[int, Any]]]
"""Runs `module:function` on each argument; gives (place, result) as they finish, in any order.
A result is what the function returned, or a `Problem` for an argument that cost its worker."""


Entry = tuple[dict[str, Any], tuple[bytes, ...]]
"""What a cache keeps of a finished rule: plain facts, and the files it wrote."""


class Store(Protocol):
    """A content cache: finished rules by key."""

    def get(self, key: str) -> Entry | None:
        """What a rule of that key gave, or None."""

    def put(self, key: str, entry: Entry) -> None:
        """Remember it; never fails."""


class NoStore:
    """No cache: never knows anything."""

    def get(self, key: str) -> Entry | None:
        """Nothing."""
        del key
        return None

    def put(self, key: str, entry: Entry) -> None:
        """Forget it."""


class Reason(NamedTuple):
    """Why a rule runs."""

    rule: AssetRule
    text: str


class Event(NamedTuple):
    """Something that happened, for those who watch.

    Attributes:
        kind: `stale`, `built`, `cached` or `failed`.
        rule: The asset.
        text: For `stale` the reason.
        changed: How many of its files got other bytes.
    """

    kind: str
    rule: AssetRule
    text: str = ""
    changed: int = 0


class World(NamedTuple):
    """What a build works with.

    Attributes:
        disk: Where the plan's paths start.
        tool: `tool.version_digest()`.
        execute: Runs the work.
        store: The cache.
        tell: Gets each event.
    """

    disk: Disk
    tool: str
    execute: Execute
    store: Store
    tell: Callable[[Event], None]


class Outcome(NamedTuple):
    """What a build did.

    Attributes:
        rows: The report of every asset that is up to date now, in plan order.
        problems: What went wrong.
        ran: Rules that were stale.
        changed: Files that got other bytes.
        removed: Files of assets that left the manifest.
    """

    rows: tuple[summary.Row, ...]
    problems: tuple[Problem, ...]
    ran: int = 0
    changed: int = 0
    removed: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Some asset was not built, or the budget is exceeded."""
        return any(problem.severity == "error" for problem in self.problems)


def rule_id(rule: AssetRule) -> str:
    """The name of a rule in the state."""
    return f"{rule.target}/{rule.symbol}"


def palette_id(rule: PaletteRule) -> str:
    """The name of a palette rule in the state."""
    return f"{rule.target}/{rule.choice.name}/{rule.choice.colors}"


def state_path(plan: Plan) -> str:
    """Where the state of a plan's output folder lies."""
    return f"{plan.output}/{state.FILE_NAME}" if plan.output != "." else state.FILE_NAME


class Looker:
    """Digests of files, read only when a file may have changed since it was last read.

    A file that is younger than the clock's grain when it is looked at may change again
    without a trace, so its digest is not remembered.
    """

    def __init__(self, disk: Disk, seen: Mapping[str, state.Seen]) -> None:
        self.disk = disk
        self.old = seen
        self.seen: dict[str, state.Seen] = {}
        self.known: dict[str, str] = {}
        self.young_from = disk.now() - state.GRAIN_NS

    def digest(self, path: str) -> str:
        """SHA-256 of a file, or "" when it cannot be read."""
        if path not in self.known:
            self.known[path] = self._digest(path)
        return self.known[path]

    def _digest(self, path: str) -> str:
        stamp = self.disk.stamp(path)
        if stamp is None:
            return ""
        last = self.old.get(path)
        old = max(stamp.mtime_ns, stamp.ctime_ns) < self.young_from
        if last is not None and last.stamp == stamp and old:
            self.seen[path] = last
            return last.digest
        try:
            found = keys.content(self.disk.read(path))
        except OSError:
            return ""
        if old:
            self.seen[path] = state.Seen(stamp, found)
        return found


def why(rule: AssetRule, inputs: Inputs, record: Record | None, look: Looker) -> str:
    """One sentence that says why a rule must run, or "" when it need not."""
    if record is None:
        return "it has not been built before"
    words = {
        "source": f"{rule.source} changed",
        "options": "its options changed",
        "palette": "its palette changed",
        "target": f"the target '{rule.target}' changed",
        "tool": "bitplane or one of its libraries changed",
    }
    for name, before, now in zip(Inputs._fields, record.inputs, inputs, strict=True):
        if before != now:
            return words[name]
    for output in record.outputs:
        found = look.digest(output.path)
        if found != output.digest:
            return f"{output.path} {'was changed since' if found else 'is missing'}"
    return ""


class Survey(NamedTuple):
    """What a look at everything found, before anything runs.

    Attributes:
        state: What earlier builds left.
        look: Digests of files.
        targets: Digest of each target.
    """

    state: State
    look: Looker
    targets: dict[str, str]


def survey(plan: Plan, disk: Disk) -> Survey:
    """Read the state, and get ready to compare."""
    before = state.load(disk, state_path(plan))
    targets = {name: keys.target(value) for name, value in plan.targets.items()}
    return Survey(before, Looker(disk, before.seen), targets)


def stale(plan: Plan, disk: Disk, tool: str) -> list[Reason]:
    """The rules that a build would run, without running them.

    A shared palette that has to be learned again makes all its members stale here; the build
    itself runs them only if the palette comes out different.
    """
    found = survey(plan, disk)
    palettes = {_pair(rule): _known_palette(rule, found, tool) for rule in plan.palettes}
    reasons = []
    for rule in plan.assets:
        known = palettes.get((rule.target, rule.recipe.palette), {})
        palette = keys.digest(known) if known else "to be learned" if known is None else ""
        inputs = _inputs(rule, found, tool, palette)
        text = why(rule, inputs, found.state.records.get(rule_id(rule)), found.look)
        reasons += [Reason(rule, text)] if text else []
    return reasons


def orphans(plan: Plan, before: State) -> list[Output]:
    """Files that builds made and that no rule writes any more; case does not count."""
    kept = {path.casefold() for rule in plan.assets for path in rule.outputs}
    made = before.made().items()
    return [Output(path, found) for path, found in made if path.casefold() not in kept]


def _pair(rule: PaletteRule) -> tuple[str, Any]:
    return rule.target, rule.choice


def _palette_key(rule: PaletteRule, found: Survey, tool: str) -> str:
    sources = [found.look.digest(member.source) for member in rule.members]
    return keys.palette(rule, sources, found.targets[rule.target], tool)


def _known_palette(rule: PaletteRule, found: Survey, tool: str) -> dict[str, Any] | None:
    """The palette as an earlier build learned it from the same things, or None."""
    record = found.state.palettes.get(palette_id(rule))
    same = record is not None and record.key == _palette_key(rule, found, tool)
    return record.palette if record is not None and same else None


def _inputs(rule: AssetRule, found: Survey, tool: str, palette: str) -> Inputs:
    file = rule.recipe.palette.file
    return Inputs(
        source=found.look.digest(rule.source),
        options=keys.options(rule),
        palette=found.look.digest(file) if file else palette,
        target=found.targets[rule.target],
        tool=tool,
    )


class _Finished(NamedTuple):
    """A rule's result: what it came from, its line of the report, the bytes of its files."""

    inputs: Inputs
    row: summary.Row
    blobs: tuple[bytes, ...]


class _Run:
    """One build; collects what happens until it is remembered."""

    def __init__(self, plan: Plan, world: World) -> None:
        self.plan = plan
        self.world = world
        self.found = survey(plan, world.disk)
        self.records: dict[str, Record] = dict(self.found.state.records)
        self.palettes: dict[str, PaletteRecord] = dict(self.found.state.palettes)
        self.problems: list[Problem] = []
        self.current: set[str] = set()
        self.ran = 0
        self.changed = 0

    def learn(self) -> dict[tuple[str, Any], dict[str, Any]]:
        """Every shared palette, from the state where it is still right."""
        tool = self.world.tool
        known = {_pair(rule): self._known(rule) for rule in self.plan.palettes}
        missing = [rule for rule in self.plan.palettes if known[_pair(rule)] is None]
        jobs = [
            PaletteJob(rule, self.plan.targets[rule.target], _root(self.world)) for rule in missing
        ]
        for place, result in self.world.execute(LEARN, jobs) if jobs else ():
            rule = missing[place]
            problems = (result,) if isinstance(result, Problem) else result.problems
            self.problems += problems
            if problems:
                continue
            known[_pair(rule)] = result.palette
            key = keys.palette(rule, list(result.sources), self.found.targets[rule.target], tool)
            self.palettes[palette_id(rule)] = PaletteRecord(key, result.palette)
            self.world.store.put(key, (result.palette, ()))
        return {pair: palette for pair, palette in known.items() if palette is not None}

    def _known(self, rule: PaletteRule) -> dict[str, Any] | None:
        """A palette that is in the state or in the cache."""
        palette = _known_palette(rule, self.found, self.world.tool)
        if palette is not None:
            return palette
        key = _palette_key(rule, self.found, self.world.tool)
        entry = self.world.store.get(key)
        if entry is None or "codes" not in entry[0]:
            return None
        self.palettes[palette_id(rule)] = PaletteRecord(key, entry[0])
        return entry[0]

    def build(self, palettes: dict[tuple[str, Any], dict[str, Any]]) -> None:
        """Run every stale rule, from the cache where it is known."""
        jobs: list[Job] = []
        keyed: list[Inputs] = []
        for rule in self.plan.assets:
            palette = palettes.get((rule.target, rule.recipe.palette))
            if palette is None and rule.recipe.palette.shared:
                continue  # it could not be learned, and that has been reported
            digest = keys.digest(palette) if palette else ""
            inputs = _inputs(rule, self.found, self.world.tool, digest)
            if not self._is_stale(rule, inputs) or self._from_store(rule, inputs):
                continue
            jobs.append(Job(rule, self.plan.targets[rule.target], _root(self.world), palette))
            keyed.append(inputs)
        for place, result in self.world.execute(BUILD, jobs) if jobs else ():
            self._finish(jobs[place].rule, keyed[place], result)

    def _is_stale(self, rule: AssetRule, inputs: Inputs) -> bool:
        record = self.found.state.records.get(rule_id(rule))
        text = why(rule, inputs, record, self.found.look)
        if text:
            self.ran += 1
            self.world.tell(Event("stale", rule, text))
        else:
            self.current.add(rule_id(rule))
        return bool(text)

    def _from_store(self, rule: AssetRule, inputs: Inputs) -> bool:
        entry = self.world.store.get(inputs.key)
        if entry is None or len(entry[1]) != len(rule.outputs):
            return False
        try:
            row = summary.Row(*entry[0]["row"])
        except (KeyError, TypeError):
            return False
        self._write(rule, _Finished(inputs, row, entry[1]), "cached")
        return True

    def _finish(self, rule: AssetRule, inputs: Inputs, result: "Built | Problem") -> None:
        if isinstance(result, Problem):
            place = result.span or rule.place_of("source")
            self.problems.append(result._replace(span=place))
            self.world.tell(Event("failed", rule, result.message))
            return
        self.problems += result.problems
        if result.row is None:
            self.world.tell(Event("failed", rule, result.problems[0].message))
            return
        # The source may have changed since it was looked at; what counts is what was read.
        inputs = inputs._replace(source=result.source)
        blobs = tuple(artifact.data for artifact in result.artifacts)
        if not result.problems:  # a warning should be heard in the next project too
            self.world.store.put(inputs.key, ({"row": result.row}, blobs))
        self._write(rule, _Finished(inputs, result.row, blobs), "built")

    def _write(self, rule: AssetRule, finished: "_Finished", kind: str) -> None:
        """Write the files of one asset; it is remembered only when all of them stand."""
        changed = 0
        outputs = []
        for path, data in zip(rule.outputs, finished.blobs, strict=True):
            try:
                changed += self.world.disk.write(path, data)
            except OSError as error:
                cause = error.strerror or str(error)
                self.problems.append(Problem(f"cannot write {path}: {cause}", rule.place))
                self.world.tell(Event("failed", rule, cause))
                return
            outputs.append(Output(path, keys.content(data)))
        self.changed += changed
        row = finished.row._replace(name=rule.name)
        self.records[rule_id(rule)] = Record(finished.inputs, tuple(outputs), row)
        self.current.add(rule_id(rule))
        self.world.tell(Event(kind, rule, changed=changed))

    def sweep(self) -> tuple[list[str], tuple[Output, ...]]:
        """Remove the files of assets that left the manifest; what cannot go is remembered."""
        removed: list[str] = []
        stuck: list[Output] = []
        for output in orphans(self.plan, self.found.state):
            now = self.found.look.digest(output.path)
            if not now:
                continue
            if now != output.digest:
                words = f"{output.path} is built no more, but was changed since: it is kept"
                self.problems.append(Problem(words, severity="warning"))
                continue
            try:
                self.world.disk.remove(output.path)
                removed.append(output.path)
            except OSError:
                stuck.append(output)
        return removed, tuple(stuck)

    def tidy(self) -> None:
        """Remove temporary files that a killed build left beside our outputs."""
        ours = {path for rule in self.plan.assets for path in rule.outputs}
        for folder in {path.rpartition("/")[0] for path in [*ours, state_path(self.plan)]}:
            for entry in self.world.disk.entries(folder or "."):
                if _TEMPORARY.fullmatch(entry.name) and not entry.is_folder:
                    with suppress(OSError):
                        self.world.disk.remove(f"{folder}/{entry.name}" if folder else entry.name)

    def remember(self, stuck: tuple[Output, ...], *, whole: bool) -> None:
        """Write the state; of a whole build without the rules that are gone."""
        names = {rule_id(rule) for rule in self.plan.assets}
        shared = {palette_id(rule) for rule in self.plan.palettes}
        if whole:
            self.records = {name: self.records[name] for name in self.records if name in names}
            self.palettes = {name: self.palettes[name] for name in self.palettes if name in shared}
        seen = (
            {**self.found.state.seen, **self.found.look.seen} if not whole else self.found.look.seen
        )
        after = State(self.records, self.palettes, seen, stuck)
        if after == self.found.state:
            return
        try:
            state.save(self.world.disk, state_path(self.plan), after)
        except OSError as error:
            path = state_path(self.plan)
            self.problems.append(Problem(f"cannot write {path}: {error.strerror or error}"))


def run(plan: Plan, world: World, *, whole: bool) -> Outcome:
    """Build what is stale.

    Args:
        plan: What there is to build.
        world: What to work with.
        whole: The plan is all of the manifest, so files that it does not name can go.
    """
    build = _Run(plan, world)
    removed: list[str] = []
    stuck = build.found.state.orphans
    clean = False
    try:
        build.build(build.learn())
        clean = whole and not Outcome((), tuple(build.problems)).failed
        if clean:
            removed, stuck = build.sweep()
            build.tidy()
    finally:
        # Also when interrupted: what was finished stays known.
        build.remember(stuck, whole=clean)
    rows = _rows(build)
    problems = tuple(dict.fromkeys(build.problems)) + _budget(plan, rows)
    return Outcome(rows, problems, build.ran, build.changed, tuple(removed))


def _root(world: World) -> str:
    return world.disk.real(".")


def _rows(build: _Run) -> tuple[summary.Row, ...]:
    names = [rule_id(rule) for rule in build.plan.assets]
    return tuple(build.records[name].row for name in names if name in build.current)


def _budget(plan: Plan, rows: Sequence[summary.Row]) -> tuple[Problem, ...]:
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
