"""Quick: sees that there is nothing to build, without reading the manifest.

After a whole build an index lists every file that decides anything, with its look. When all
looks are the same, nothing changed. The index is only a shortcut: without it, or with a damaged
one, the build looks closely. This module and `entry` are all that a no-op loads, so they import
nothing that takes longer than the looks: no `re`, `json`, `hashlib`, `typing` or `pathlib`.

An index is a CRC-32 in hex, a newline, the number of paths, a newline; then texts, each ended by
a newline: the facts, separated by NUL, and the paths, absolute ones first; then four signed
64-bit numbers for each path, as the machine writes them.
"""

import os
import sys
from zlib import crc32

FILE_NAME = ".bitplane.quick"
DEFAULT_FILE = "build.yaml"
DEFAULT_OUTPUT = "build/assets"
GRAIN_NS = 2_000_000_000
"""As `state.GRAIN_NS`: younger files may change without a trace."""

_HEAD = 9  # CRC-32 in hex and a newline
_MOST = 1 << 26  # bytes of a manifest in which the output folder is looked for
_INT64 = (1 << 63) - 1  # some file systems number files beyond it


MOST_JOBS, MOST_TIMEOUT_S = 1024, 86_400
"""What `--jobs` and `--timeout` may be at most."""


def is_number(text: str, most: int) -> bool:
    """Whether a text is a whole number from 1 to `most`."""
    return text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= most


class Call:
    """A plain build or check of everything, which is all that can be answered at a glance."""

    def __init__(self) -> None:
        self.directory: str | None = None
        self.file = DEFAULT_FILE
        self.quiet = False
        self.check = False
        self.stamp: str | None = None
        self.depfile: str | None = None
        self.depfile_target: str | None = None


class Facts:
    """What an index knows beside the looks of files.

    Attributes:
        manifest: Name of the manifest that was built.
        absent: The palette lock, which must not be there, or "" when it is.
        traces: `traces` of the depfile.
        summary: What to say when nothing changed.
    """

    def __init__(
        self, manifest: str, absent: str = "", traces: str = "", summary: str = ""
    ) -> None:
        self.manifest = manifest
        self.absent = absent
        self.traces = traces
        self.summary = summary


def output_root(template: str) -> str:
    """The part of the output folder that all targets share."""
    head, found, _ = template.partition("{target}")
    if not found:
        return template.rstrip("/") or "/"
    return head.rpartition("/")[0] or ("/" if head.startswith("/") else ".")


def guess_root(manifest: bytes, default: str) -> str:
    """The output folder, read off the line `output: ...`; a wrong guess costs only time."""
    _, found, rest = (b"\n" + manifest).partition(b"\noutput:")
    if not found:
        return output_root(default)
    line = rest.partition(b"\n")[0].partition(b"#")[0]
    return output_root(line.strip().strip(b"\"'").decode("utf-8", "replace"))


def identity() -> str:
    """Which Python, which bitplane and which libraries; the index lists the files of just these."""
    sites = {path for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
    parts = [sys.version.replace("\n", " "), os.path.realpath(__file__), *sorted(sites)]
    return os.pathsep.join(parts)


def stamp(path: str) -> tuple[int, int, int, int] | None:
    """Size, mtime, inode and ctime of a file or folder."""
    try:
        seen = os.stat(path)  # noqa: PTH116 (pathlib takes longer than all stats together)
    except (OSError, ValueError):
        return None
    return seen.st_size, seen.st_mtime_ns, seen.st_ino & _INT64, seen.st_ctime_ns


class Index:
    """What a file of `save` holds: the facts, the paths, and four numbers for each."""

    def __init__(self, data: bytes) -> None:
        """Read it; ValueError or TypeError when it is damaged."""
        if b"%08x\n" % crc32(memoryview(data)[_HEAD:]) != data[:_HEAD]:
            raise ValueError
        start = data.index(b"\n", _HEAD) + 1
        count = int(data[_HEAD:start])
        end = len(data) - 32 * count
        facts, *self.paths, _ = data[start:end].decode("utf-8", "surrogateescape").split("\n")
        self.tool, absolute, *texts = facts.split("\0")
        self.absolute = int(absolute)
        self.facts = Facts(*texts)
        self.numbers = memoryview(data)[end:].cast("q")
        if len(self.paths) != count:
            raise ValueError


def load(path: str) -> Index | None:
    """An index; None for anything odd."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (as above)
            return Index(file.read())
    except (OSError, ValueError, TypeError):
        return None


def is_current(folder: str, path: str, manifest: str) -> Facts | None:
    """The facts of an index whose files all look as they did, or None.

    Args:
        folder: Where its relative paths start.
        path: The index.
        manifest: The manifest that is to be built; an index of another one does not count.
    """
    index = load(path)
    if index is None or index.tool != identity() or index.facts.manifest != manifest:
        return None
    prefix = folder if folder in ("", "/") else f"{folder}/"
    absent = index.facts.absent
    if absent and stamp(prefix + absent) is not None:
        return None
    near = [prefix + name for name in index.paths[index.absolute :]]
    same = _look_alike(index.paths[: index.absolute] + near, index.numbers)
    return index.facts if same else None


def _look_alike(paths: list[str], numbers: "memoryview[int]") -> bool:
    """Every file looks as its four numbers say; a plain loop, since this is what a no-op does."""
    each = iter(numbers)
    stat = os.stat
    for path, size, mtime, inode, ctime in zip(paths, each, each, each, each, strict=False):
        try:
            seen = stat(path)
        except (OSError, ValueError):
            return False
        if seen.st_mtime_ns != mtime or seen.st_ctime_ns != ctime or seen.st_size != size:
            return False
        if seen.st_ino & _INT64 != inode:
            return False
    return True


def nothing_to_do(call: Call) -> bool:
    """Everything is as after the last build; a build says so, and touches the stamp."""
    manifest = os.path.join(call.directory or "", call.file)  # noqa: PTH118 (as above)
    try:
        with open(manifest, "rb") as file:  # noqa: PTH123 (as above)
            root = guess_root(file.read(_MOST), DEFAULT_OUTPUT)
    except (OSError, ValueError):
        return False
    folder, name = os.path.split(manifest)
    facts = is_current(folder, os.path.join(folder, root, FILE_NAME), name)  # noqa: PTH118 (as above)
    if facts is None:
        return False
    if call.check:
        return facts.absent != ""  # a palette lock can be out of date although nothing changed
    if not _leave_traces(call, facts):
        return False
    if not call.quiet:
        sys.stderr.write(f"{facts.summary}\n")
    return True


def _leave_traces(call: Call, facts: Facts) -> bool:
    """Touch the stamp, if the depfile is still as this very call would write it."""
    if call.depfile and facts.traces != traces(call.depfile, call, os.getcwd()):  # noqa: PTH109 (as above)
        return False
    try:
        if call.stamp:
            os.utime(call.stamp)
    except OSError:
        return False  # it is not there yet: the long way makes it
    return True


def traces(path: str, call: Call, folder: str) -> str:
    """What a depfile holds, and what decides its text beside the plan; "" without one.

    Args:
        path: The depfile.
        call: The options of `build`.
        folder: Where the command was given.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (as above)
            data = file.read()
    except OSError:
        return ""
    options = [call.depfile_target, call.stamp, call.directory, call.file, folder]
    return f"{len(data)} {crc32(data):08x} {options}"


def save(folder: str, path: str, facts: Facts, names: list[str], start_ns: int) -> bool:
    """Write an index, if every file is old enough to be trusted by its look.

    Args:
        folder: Where relative paths start.
        path: The index.
        facts: What to remember beside.
        names: Every file and folder that decides anything.
        start_ns: When the build began to look.

    Returns:
        False when some file is too young; a later build will write the index.
    """
    unique = set(names)
    far = sorted(name for name in unique if os.path.isabs(name))  # noqa: PTH117 (as above)
    near = sorted(unique.difference(far))
    numbers = _numbers([*far, *(f"{folder}/{name}" for name in near)], start_ns - GRAIN_NS)
    texts = [facts.manifest, facts.absent, facts.traces, facts.summary]
    lines = ["\0".join([identity(), str(len(far)), *texts]), *far, *near]
    if numbers is None or any("\n" in line for line in lines):
        return False
    text = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
    body = b"%d\n" % len(unique) + text + numbers
    return _replace(path, b"%08x\n" % crc32(body) + body)


def _numbers(paths: list[str], young_from: int) -> bytes | None:
    """The looks of all files; None when one is missing or too young to be known by its look."""
    from array import array

    numbers = array("q")
    for path in paths:
        seen = stamp(path)
        if seen is None or max(seen[1], seen[3]) >= young_from:
            return None
        numbers.extend(seen)
    return numbers.tobytes()


def _replace(path: str, data: bytes) -> bool:
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:  # noqa: PTH123 (as above)
            file.write(data)
        os.replace(temporary, path)  # noqa: PTH105 (as above)
    except OSError:
        return False
    finally:
        _drop(temporary)
    return True


def _drop(temporary: str) -> None:
    """Remove what could not take its place; it is gone already when all went well."""
    try:  # noqa: SIM105 (contextlib takes longer to import than a no-op's looks)
        os.unlink(temporary)  # noqa: PTH108 (as above)
    except OSError:
        pass
