"""Events: what `bitplane build --json` prints, one object a line; the one place that defines it.

Each class is a kind of event, and each of its attributes a key of the object, with what it means.
`docs/reference.md` is made from them.
"""

import json
from types import MappingProxyType
from typing import Annotated, NamedTuple

from pipeline.report import Problem


class Stale(NamedTuple):
    """An asset is out of date; with `--check` and `-n` nothing more follows for it."""

    asset: Annotated[str, "its name"]
    target: Annotated[str, "the target that it is built for"]
    reason: Annotated[str, "why, in words as `--explain` prints them"]


class Built(NamedTuple):
    """An asset was built, and all of its files stand."""

    asset: Annotated[str, "its name"]
    target: Annotated[str, "the target that it is built for"]
    outputs: Annotated[list[str], "all of its files"]
    changed: Annotated[int, "how many of them got other bytes"]


class Cached(NamedTuple):
    """As `built`, but the content cache knew the result."""

    asset: Annotated[str, "its name"]
    target: Annotated[str, "the target that it is built for"]
    outputs: Annotated[list[str], "all of its files"]
    changed: Annotated[int, "how many of them got other bytes"]


class Failed(NamedTuple):
    """An asset could not be built, or its shared palette not be learned; a `problem` tells more."""

    asset: Annotated[str, "its name"]
    target: Annotated[str, "the target that it is built for"]
    reason: Annotated[str, "what went wrong"]


class BundleStale(NamedTuple):
    """A bundle is out of date; with `--check` and `-n` nothing more follows for it."""

    bundle: Annotated[str, "its name"]
    target: Annotated[str, "the target whose assets it holds"]
    reason: Annotated[str, "why, in words as `--explain` prints them"]


class Bundled(NamedTuple):
    """A bundle was put together, and all of its files stand."""

    bundle: Annotated[str, "its name"]
    target: Annotated[str, "the target whose assets it holds"]
    outputs: Annotated[list[str], "all of its files"]
    changed: Annotated[int, "how many of them got other bytes"]


class BundleFailed(NamedTuple):
    """A bundle could not be put together, perhaps for want of an asset."""

    bundle: Annotated[str, "its name"]
    target: Annotated[str, "the target whose assets it holds"]
    reason: Annotated[str, "what went wrong"]


class Removed(NamedTuple):
    """A file of an asset or bundle that left the manifest was removed."""

    output: Annotated[str, "the file"]


class Leftover(NamedTuple):
    """With `--check`: a file that no asset names any more, which a build would remove."""

    output: Annotated[str, "the file"]


class Problematic(NamedTuple):
    """An error or a warning, as it is also printed on standard error."""

    severity: Annotated[str, "`error` or `warning`"]
    message: Annotated[str, "what is wrong"]
    file: Annotated[str | None, "where: the manifest as it was named, or a target file"]
    line: Annotated[int | None, "from 1"]
    column: Annotated[int | None, "from 1, in characters"]
    hint: Annotated[str | None, "what to do"]


class End(NamedTuple):
    """Always the last one; a stream without it was cut off."""

    failed: Annotated[bool, "whether the exit status is other than 0"]
    built: Annotated[int, "assets that were built, or that the cache knew"]
    up_to_date: Annotated[int, "assets that were up to date before"]
    changed: Annotated[int, "files that got other bytes"]
    flash_bytes: Annotated[
        int | None, "flash that all of those assets need; `null` if none was built"
    ]


Event = (
    Stale
    | Built
    | Cached
    | Failed
    | BundleStale
    | Bundled
    | BundleFailed
    | Removed
    | Leftover
    | Problematic
    | End
)

KINDS: MappingProxyType[str, type[Event]] = MappingProxyType(
    {
        "stale": Stale,
        "built": Built,
        "cached": Cached,
        "failed": Failed,
        "bundle-stale": BundleStale,
        "bundled": Bundled,
        "bundle-failed": BundleFailed,
        "removed": Removed,
        "leftover": Leftover,
        "problem": Problematic,
        "end": End,
    }
)
"""Every event, by the name that its key `event` holds."""

_NAMES = MappingProxyType({kind: name for name, kind in KINDS.items()})


def line(event: Event) -> str:
    """An event as one line of JSON, in ASCII."""
    return json.dumps({"event": _NAMES[type(event)], **event._asdict()}) + "\n"


def of_problem(problem: Problem) -> Problematic:
    """The event that tells a problem."""
    file, row, column = problem.span[:3] if problem.span else (None, None, None)
    return Problematic(problem.severity, problem.message, file, row, column, problem.hint or None)
