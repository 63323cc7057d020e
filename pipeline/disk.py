"""Disk: what the plan and the engine need of a file system, so that tests can give them another.

Paths are text with forward slashes, relative to one folder (the manifest's) or absolute.
"""

import contextlib
import os
import time
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple, Protocol

from pipeline import files


class Stamp(NamedTuple):
    """What a file looked like, as far as can be seen without reading it.

    Equal stamps mean equal content, but for files written within the clock's grain of the
    look; the engine does not trust those.
    """

    size: int
    mtime_ns: int
    inode: int
    ctime_ns: int


class Entry(NamedTuple):
    """One name in a folder."""

    name: str
    is_folder: bool
    is_link: bool = False


class Disk(Protocol):
    """A file system below one folder."""

    def stamp(self, path: str) -> Stamp | None:
        """The look of a file or folder; None when there is none."""

    def is_file(self, path: str) -> bool:
        """Whether there is a regular file."""

    def is_link(self, path: str) -> bool:
        """Whether the last name of a path is a symbolic link."""

    def real(self, path: str) -> str:
        """The one name that all paths to the same file share."""

    def entries(self, path: str) -> list[Entry]:
        """What a folder holds, in no particular order; empty when it cannot be read."""

    def read(self, path: str) -> bytes:
        """The bytes of a file; raises OSError."""

    def write(self, path: str, data: bytes) -> bool:
        """Replace a file in one step; False when it held these bytes already. Raises OSError."""

    def remove(self, path: str) -> None:
        """Remove a file, and the folders that it leaves empty; raises OSError."""

    def now(self) -> int:
        """The time in nanoseconds, as the stamps of files tell it."""


class RealDisk(NamedTuple):
    """The real file system, below `root`."""

    root: str

    def path(self, path: str) -> str:
        """Where a path really is."""
        return os.path.join(self.root, path) if self.root not in ("", ".") else path  # noqa: PTH118 (on the no-op path pathlib costs more than all stats)

    def stamp(self, path: str) -> Stamp | None:
        """The look of a file or folder."""
        try:
            seen = os.stat(self.path(path))  # noqa: PTH116 (as above)
        except (OSError, ValueError):
            return None
        return Stamp(seen.st_size, seen.st_mtime_ns, seen.st_ino, seen.st_ctime_ns)

    def is_file(self, path: str) -> bool:
        """Whether there is a regular file."""
        return os.path.isfile(self.path(path))  # noqa: PTH113 (as above)

    def is_link(self, path: str) -> bool:
        """Whether the last name of a path is a symbolic link."""
        return os.path.islink(self.path(path))  # noqa: PTH114 (as above)

    def real(self, path: str) -> str:
        """The one name that all paths to the same file share."""
        return os.path.realpath(self.path(path))

    def entries(self, path: str) -> list[Entry]:
        """What a folder holds."""
        with contextlib.suppress(OSError, ValueError), os.scandir(self.path(path) or ".") as found:
            return [Entry(e.name, e.is_dir(), e.is_symlink()) for e in found]
        return []

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        return Path(self.path(path)).read_bytes()

    def write(self, path: str, data: bytes) -> bool:
        """Replace a file in one step."""
        return files.write(Path(self.path(path)), data)

    def now(self) -> int:
        """The time in nanoseconds."""
        return time.time_ns()

    def remove(self, path: str) -> None:
        """Remove a file, and the folders that it leaves empty."""
        real = Path(self.path(path))
        real.unlink(missing_ok=True)
        for folder in real.parents:
            try:
                folder.rmdir()
            except OSError:
                return


def expand(disk: Disk, pattern: str) -> tuple[list[str], list[str]]:
    """The files that a pattern matches, and the folders that were looked into.

    `*`, `?` and `[...]` match within a name, `**` any number of folders; names that begin with
    a dot are matched only by a part that begins with one. Case counts on every system.

    Returns:
        Paths sorted by name, and every folder whose listing decided the result.
    """
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    start = "/" if pattern.startswith("/") else ""
    folders: dict[str, None] = {}
    found = _walk(disk, start, parts, folders)
    return sorted(dict.fromkeys(found)), sorted(folders)


def _walk(disk: Disk, base: str, parts: list[str], folders: dict[str, None]) -> Iterable[str]:
    part, rest = parts[0], parts[1:]
    if any(char in part for char in "*?["):
        folders[base or "."] = None
        yield from _descend(disk, base, parts, folders)
        return
    path = _join(base, part)
    if rest:
        yield from _walk(disk, path, rest, folders)
    elif disk.is_file(path):
        yield path


def _descend(disk: Disk, base: str, parts: list[str], folders: dict[str, None]) -> Iterable[str]:
    """Matches whose first part is a pattern."""
    part, rest = parts[0], parts[1:]
    for entry in disk.entries(base or "."):
        path = _join(base, entry.name)
        if part == "**":
            # Links are not followed: they may lead round in circles.
            if entry.is_folder and not entry.is_link and not entry.name.startswith("."):
                yield from _walk(disk, path, parts, folders)
        elif _matches(entry.name, part) and entry.is_folder == bool(rest):
            yield from _walk(disk, path, rest, folders) if rest else [path]
    if part == "**" and rest:
        yield from _walk(disk, base, rest, folders)


def _join(base: str, name: str) -> str:
    if not base or base.endswith("/"):
        return base + name
    return f"{base}/{name}"


def _matches(name: str, part: str) -> bool:
    return fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))
