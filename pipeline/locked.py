"""Locked: the palette lock as builds use it, and whether it is out of date."""

from collections.abc import Mapping

from pipeline import keys, palette_lock
from pipeline.disk import Disk
from pipeline.palette_lock import Locked, load, names
from pipeline.plan import PaletteRule, Plan
from pipeline.stale import Looker, source_digest


def digests(rule: PaletteRule, sources: list[str], plan: Plan) -> tuple[str, str]:
    """What a locked palette is good for, and what it was learned from."""
    target = plan.targets[rule.target]
    options = keys.digest(rule.choice, target.grid)[:16]
    return options, keys.palette(rule, sources, keys.target(target), "")[:16]


def read(disk: Disk, manifest: str) -> dict[str, Locked]:
    """The palettes of a manifest's lock file; none when there is no such file.

    Raises:
        Failure: The file has faults.
    """
    name = palette_lock.file_name(manifest)
    return load(disk.read(name), palette_lock.path(manifest)) if disk.is_file(name) else {}


def faults_of(plan: Plan, disk: Disk, locked: Mapping[str, Locked], manifest: str) -> list[str]:
    """What in a lock is out of date; empty when it is as `bitplane lock` would write it."""
    look, file = Looker(disk, {}), palette_lock.path(manifest)
    faults = []
    for name, rule in names(plan).items():
        sources = [source_digest(member, look) for member in rule.members]
        found = locked.get(name)
        if found is None:
            faults.append(f"{file}: the palette '{name}' is not locked")
        elif (found.options, found.learned_from) != digests(rule, sources, plan):
            faults.append(f"{file}: the palette '{name}' was learned from something else")
    faults += [
        f"{file}: no palette is called '{name}'" for name in locked if name not in names(plan)
    ]
    return faults
