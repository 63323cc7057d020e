"""World: what a build works with, what it tells, and what comes of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from pipeline import summary
from pipeline.disk import Disk
from pipeline.palette_lock import Locked
from pipeline.plan import AssetRule, BundleRule
from pipeline.report import Problem

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


class Event(NamedTuple):
    """Something that happened, for those who watch.

    Attributes:
        kind: `stale`, `built`, `cached` or `failed`.
        rule: The asset or bundle.
        text: For `stale` the reason.
        changed: How many of its files got other bytes.
    """

    kind: str
    rule: AssetRule | BundleRule
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
        locked: Palettes that are not to be learned, by their names in the lock.
    """

    disk: Disk
    tool: str
    execute: Execute
    store: Store
    tell: Callable[[Event], None]
    locked: Mapping[str, Locked]


class Outcome(NamedTuple):
    """What a build did.

    Attributes:
        rows: The report of every asset that is up to date now, in plan order.
        problems: What went wrong.
        ran: Assets and bundles that were stale.
        changed: Files that got other bytes.
        removed: Files of assets that left the manifest.
        idle: Assets that were up to date.
        bundled: Bundles that were put together.
    """

    rows: tuple[summary.Row, ...]
    problems: tuple[Problem, ...]
    ran: int = 0
    changed: int = 0
    removed: tuple[str, ...] = ()
    idle: int = 0
    bundled: int = 0

    @property
    def failed(self) -> bool:
        """Some asset was not built, or the budget is exceeded."""
        return any(problem.severity == "error" for problem in self.problems)
