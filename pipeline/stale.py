"""Stale: which rules must run, and why; compares what is with what earlier builds left."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pipeline import keys, state
from pipeline.disk import Disk, Stamp
from pipeline.keys import Inputs
from pipeline.owner import check_owner
from pipeline.plan import AssetRule, BundleRule, PaletteRule, Plan
from pipeline.recipe import Recipe
from pipeline.state import Link, Output, Record, State


def rule_id(rule: AssetRule | BundleRule) -> str:
    """The name of a rule in the state; no asset and bundle of a target share a symbol."""
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

    def remember(self, path: str, before: Stamp | None, digest: str) -> None:
        """Note the digest of a file that was read after it had looked like `before`."""
        if before is not None and self._is_old(before):
            self.seen[path] = state.Seen(before, digest)

    def _is_old(self, stamp: Stamp) -> bool:
        return max(stamp.mtime_ns, stamp.ctime_ns) < self.young_from

    def _digest(self, path: str) -> str:
        stamp = self.disk.stamp(path)
        if stamp is None:
            return ""
        last = self.old.get(path)
        if last is not None and last.stamp == stamp and self._is_old(stamp):
            self.seen[path] = last
            return last.digest
        try:
            found = keys.content(self.disk.read(path))
        except OSError:
            return ""
        self.remember(path, stamp, found)
        return found


def _palette(before: str, now: str) -> str:
    """What became of a palette; one that an asset learns for itself counts only when locked."""
    if not before:
        return "its palette was locked"
    return "its palette changed" if now else "its palette is not locked any more"


def why(
    rule: AssetRule | BundleRule, inputs: Inputs, record: Record | Link | None, look: Looker
) -> str:
    """One sentence that says why a rule must run, or "" when it need not."""
    if record is None:
        return "it has not been built before"
    words = {
        "source": _changed(rule),
        "options": "its options changed",
        "palette": _palette(record.inputs.palette, inputs.palette),
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


def _changed(rule: AssetRule | BundleRule) -> str:
    if isinstance(rule, BundleRule):
        return "an asset in it changed"
    return f"{' or '.join(dict.fromkeys(rule.reads))} changed"


class Survey(NamedTuple):
    """What a look at everything found, before anything runs.

    Attributes:
        state: What earlier builds left.
        look: Digests of files.
        targets: Digest of each target.
        recipes: Digests of the recipes seen so far.
    """

    state: State
    look: Looker
    targets: dict[str, str]
    recipes: dict[Recipe, str]


def survey(plan: Plan, disk: Disk) -> Survey:
    """Read the state, and get ready to compare.

    Raises:
        Failure: The output folder is another manifest's, or its state cannot be read.
    """
    before = state.load(disk, state_path(plan))
    check_owner(disk, plan.manifest, plan.output, before)
    targets = {name: keys.target(value) for name, value in plan.targets.items()}
    return Survey(before, Looker(disk, before.seen), targets, {})


def orphans(plan: Plan, before: State) -> list[Output]:
    """Files that builds made and that no rule writes any more; case does not count."""
    kept = {path.casefold() for path in plan.outputs}
    made = before.made().items()
    return [Output(path, found) for path, found in made if path.casefold() not in kept]


def pair(rule: PaletteRule | AssetRule) -> tuple[str, Any]:
    """What assets name a shared palette by: their target and their choice."""
    return rule.target, rule.choice if isinstance(rule, PaletteRule) else rule.recipe.palette


def source_digest(rule: AssetRule, look: Looker) -> str:
    """One digest of all files that a rule's picture is made from."""
    return keys.sources([look.digest(path) for path in rule.reads])


def palette_key(rule: PaletteRule, found: Survey, tool: str) -> str:
    """What decides a shared palette now."""
    sources = [source_digest(member, found.look) for member in rule.members]
    return keys.palette(rule, sources, found.targets[rule.target], tool)


def inputs_of(rule: AssetRule, found: Survey, tool: str, palette: str) -> Inputs:
    """What decides an asset now; `palette` is the digest of its shared palette, or ""."""
    file = rule.recipe.palette.file
    return Inputs(
        source=source_digest(rule, found.look),
        options=keys.options(rule, found.recipes),
        palette=found.look.digest(file) if file else palette,
        target=found.targets[rule.target],
        tool=tool,
    )


def link_inputs(rule: BundleRule, digests: Iterable[str], tool: str) -> Inputs:
    """What decides a bundle: the digests of the files that it reads, and its options."""
    return Inputs(
        source=keys.digest(*digests), options=keys.bundle(rule), palette="", target="", tool=tool
    )
