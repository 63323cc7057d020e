"""State: what earlier builds made from what; one file, replaced in one step.

Anything odd about the file means an empty state, and that means a rebuild: never an error,
and never a stale output.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.disk import Disk, Stamp
from pipeline.keys import Inputs
from pipeline.report import fail
from pipeline.summary import Row

FILE_NAME = ".bitplane.state"
VERSION = 4
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


class Link(NamedTuple):
    """What one bundle was made from, and its files."""

    inputs: Inputs
    outputs: tuple[Output, ...]


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
        links: Bundles by rule, `target/name`.
        owner: The manifest that was built, as `owner.owner_name` calls it.
    """

    records: Mapping[str, Record] = {}
    palettes: Mapping[str, PaletteRecord] = {}
    seen: Mapping[str, Seen] = {}
    orphans: tuple[Output, ...] = ()
    links: Mapping[str, Link] = {}
    owner: str = ""

    def made(self) -> dict[str, str]:
        """Digest by path of every file that builds made and that may still be there."""
        made: tuple[Record | Link, ...] = (*self.records.values(), *self.links.values())
        outputs = (output for record in made for output in record.outputs)
        return {output.path: output.digest for output in [*self.orphans, *outputs]}


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
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return State()


def save(disk: Disk, path: str, state: State) -> None:
    """Replace the state; raises OSError."""
    body = json.dumps(_to_plain(state), separators=(",", ":")).encode()
    head = f"bitplane {VERSION} {hashlib.sha256(body).hexdigest()}\n".encode()
    disk.write(path, head + body)


def _to_plain(state: State) -> dict[str, Any]:
    """As JSON has it: each path and digest once, in `texts`, and its place there elsewhere."""
    places: defaultdict[str, int] = defaultdict()
    places.default_factory = places.__len__
    at = places.__getitem__

    def pairs(outputs: tuple[Output, ...]) -> list[int]:
        return [at(text) for output in outputs for text in output]

    return {
        "records": {
            name: [*map(at, record.inputs), pairs(record.outputs), record.row]
            for name, record in state.records.items()
        },
        "links": {
            name: [*map(at, link.inputs), pairs(link.outputs)] for name, link in state.links.items()
        },
        "palettes": dict(state.palettes),
        "seen": [
            number
            for path, seen in state.seen.items()
            for number in (at(path), *seen.stamp, at(seen.digest))
        ],
        "orphans": pairs(state.orphans),
        "owner": state.owner,
        "texts": list(places),  # last, when all are known
    }


def _from_plain(plain: dict[str, Any]) -> State:
    text = plain["texts"].__getitem__

    def outputs(places: list[int]) -> tuple[Output, ...]:
        each = map(text, places)
        return tuple(map(Output, each, each))

    each = iter(plain["seen"])
    return State(
        records={
            name: Record(Inputs(*map(text, inputs)), outputs(made), Row(*row))
            for name, (*inputs, made, row) in plain["records"].items()
        },
        palettes={name: PaletteRecord(*value) for name, value in plain["palettes"].items()},
        seen={
            text(path): Seen(Stamp(*stamp), text(digest))
            for path, *stamp, digest in zip(*[each] * 6, strict=True)
        },
        orphans=outputs(plain["orphans"]),
        links={
            name: Link(Inputs(*map(text, inputs)), outputs(made))
            for name, (*inputs, made) in plain["links"].items()
        },
        owner=str(plain["owner"]),
    )
