"""Watching: sees that files changed, by looking at them again and again.

Looking costs microseconds a file, works on every file system and needs no library.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from pipeline.disk import Disk, Stamp
from pipeline.plan import Plan

Stamps: TypeAlias = dict[str, Stamp | None]


def watched(plan: Plan, manifest: str) -> tuple[str, ...]:
    """Every file and folder that decides what a plan builds.

    Args:
        plan: The plan.
        manifest: The file name of the manifest.
    """
    sources = [path for rule in plan.assets for path in rule.reads]
    return tuple(dict.fromkeys([manifest, *plan.inputs, *plan.folders, *sources]))


def stamps(disk: Disk, names: Iterable[str]) -> Stamps:
    """How files look now; None for those that are not there."""
    return {name: disk.stamp(name) for name in names}


def wait(look: Callable[[], Stamps], before: Stamps, rest: Callable[[], None]) -> Stamps:
    """Wait until something looks different, and then until nothing changes for one rest.

    Programs write a file in several steps; a build in between would see half of it.

    Args:
        look: Looks at the files.
        before: How they looked.
        rest: Lets some time pass.

    Returns:
        How they look now.
    """
    seen = look()
    while seen == before:
        rest()
        seen = look()
    while True:
        rest()
        again = look()
        if again == seen:
            return seen
        seen = again
