"""State: what earlier builds made from what; one file, replaced in one step.

Anything odd about the file means an empty state, and that means a rebuild: never an error,
and never a stale output.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.disk import Disk, Stamp
from pipeline.keys import Inputs
from pipeline.report import fail
from pipeline.summary import Row

FILE_NAME = ".bitplane.state"
VERSION = 2
GRAIN_NS = 2_000_000_000
"""Coarsest clock of a file system (FAT): a file that young when looked at may change unseen."""


class Output(NamedTuple):
    """A file that was written, and the digest of its bytes."""

    path: str
    digest: str


class Record(NamedTuple):
    """What one rule made, and what from."""

    inputs: Inputs
    outputs: tuple[Output, ...]
    row: Row


class PaletteRecord(NamedTuple):
    """A shared palette: what decided it, and what it is, as `steps` writes it down."""

    key: str
    palette: dict[str, Any]


class Seen(NamedTuple):
    """A file whose digest is known, and its look when it was read."""

    stamp: Stamp
    digest: str


class State(NamedTuple):
    """Everything that is remembered between builds.

    Attributes:
        records: By rule, `target/name`.
        palettes: By rule, `target/palette name`.
        seen: Digests of files by path, for files that were old enough when they were read.
        orphans: Files that a build made and none names any more, but that could not be removed.
    """

    records: Mapping[str, Record] = {}
    palettes: Mapping[str, PaletteRecord] = {}
    seen: Mapping[str, Seen] = {}
    orphans: tuple[Output, ...] = ()

    def made(self) -> dict[str, str]:
        """Digest by path of every file that builds made and that may still be there."""
        records = (output for record in self.records.values() for output in record.outputs)
        return {output.path: output.digest for output in [*self.orphans, *records]}


def load(disk: Disk, path: str) -> State:
    """The state in a file; an empty one when there is none or it is damaged.

    Raises:
        Failure: It is there and cannot be read; to replace it would forget the files that only
            it knows to be ours.
    """
    try:
        first, _, body = disk.read(path).partition(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        return State()
    except OSError as error:
        raise fail(f"cannot read {path}: {error.strerror or error}", status=1) from None
    try:
        if first.decode() != f"bitplane {VERSION} {hashlib.sha256(body).hexdigest()}":
            return State()
        return _from_plain(json.loads(body))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return State()


def save(disk: Disk, path: str, state: State) -> None:
    """Replace the state; raises OSError."""
    body = json.dumps(_to_plain(state), separators=(",", ":"), sort_keys=True).encode()
    head = f"bitplane {VERSION} {hashlib.sha256(body).hexdigest()}\n".encode()
    disk.write(path, head + body)


def _to_plain(state: State) -> dict[str, Any]:
    return {
        "records": dict(state.records),
        "palettes": dict(state.palettes),
        "seen": dict(state.seen),
        "orphans": state.orphans,
    }


def _from_plain(plain: dict[str, Any]) -> State:
    return State(
        records={name: _record(*value) for name, value in plain["records"].items()},
        palettes={name: PaletteRecord(*value) for name, value in plain["palettes"].items()},
        seen={name: Seen(Stamp(*stamp), digest) for name, (stamp, digest) in plain["seen"].items()},
        orphans=tuple(Output(*output) for output in plain["orphans"]),
    )


def _record(inputs: list[str], outputs: list[list[str]], row: list[Any]) -> Record:
    return Record(Inputs(*inputs), tuple(Output(*output) for output in outputs), Row(*row))
