"""Quick: sees that there is nothing to build, without reading the manifest.

After a whole build an index lists every file that decides anything, with its look. When all
looks are the same, nothing changed. The index is only a shortcut: without it, or with a damaged
one, the build looks closely. This module imports nothing that takes long.
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import sys
from array import array
from collections.abc import Mapping

FILE_NAME = ".bitplane.quick"
GRAIN_NS = 2_000_000_000
"""As `state.GRAIN_NS`: younger files may change without a trace."""

_HEAD = 65  # SHA-256 in hex and a newline
_OUTPUT = re.compile(rb"^output:[ \t]*[\"']?([^\"'#\r\n]*?)[\"']?[ \t]*(?:#.*)?\r?$", re.MULTILINE)


def output_root(template: str) -> str:
    """The part of the output folder that all targets share."""
    head, found, _ = template.partition("{target}")
    if not found:
        return template.rstrip("/") or "/"
    return head.rpartition("/")[0] or ("/" if head.startswith("/") else ".")


def guess_root(manifest: bytes, default: str) -> str:
    """The output folder, read off the line `output: ...`; a wrong guess costs only time."""
    found = _OUTPUT.search(manifest)
    return output_root(found[1].decode("utf-8", "replace") if found else default)


def identity() -> list[str]:
    """Which Python, which bitplane and which libraries; the index lists the files of just these."""
    sites = {path for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
    return [sys.version, os.path.realpath(__file__), *sorted(sites)]


def stamp(path: str) -> tuple[int, int, int, int] | None:
    """Size, mtime, inode and ctime of a file or folder."""
    try:
        seen = os.stat(path)  # noqa: PTH116 (pathlib takes longer than all stats together)
    except (OSError, ValueError):
        return None
    return seen.st_size, seen.st_mtime_ns, seen.st_ino, seen.st_ctime_ns


def load(path: str) -> "tuple[dict[str, object], list[str], array[int]] | None":
    """An index: its facts, its paths, and four numbers for each; None for anything odd."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (as above)
            data = file.read()
        if hashlib.sha256(data[_HEAD:]).hexdigest().encode() + b"\n" != data[:_HEAD]:
            return None
        facts_end = data.index(b"\n", _HEAD)
        facts = json.loads(data[_HEAD:facts_end])
        paths_end = facts_end + 1 + facts["path_bytes"]
        paths = data[facts_end + 1 : paths_end].decode("utf-8", "surrogateescape").split("\n")
        numbers = array("q")
        numbers.frombytes(data[paths_end:])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return (facts, paths, numbers) if len(numbers) == 4 * len(paths) else None


def is_current(folder: str, path: str, manifest: str) -> dict[str, object] | None:
    """The facts of an index whose files all look as they did, or None.

    Args:
        folder: Where its relative paths start.
        path: The index.
        manifest: The manifest that is to be built; an index of another one does not count.
    """
    found = load(path)
    if found is None:
        return None
    facts, paths, numbers = found
    if facts.get("tool") != identity() or facts.get("manifest") != manifest:
        return None
    prefix = folder if folder in ("", "/") else f"{folder}/"
    absent = facts.get("absent")
    for name in absent if isinstance(absent, list) else []:
        if stamp(prefix + name) is not None:
            return None
    sizes, mtimes, inodes, ctimes = numbers[0::4], numbers[1::4], numbers[2::4], numbers[3::4]
    for name, *last in zip(paths, sizes, mtimes, inodes, ctimes, strict=True):
        now = stamp(name if name.startswith("/") else prefix + name)
        if now is None or list(now) != last:
            return None
    return facts


def traces(path: str, args: argparse.Namespace, folder: str) -> str:
    """A digest of a depfile and of what decides its text beside the plan; "" without one.

    Args:
        path: The depfile.
        args: The options of `build`.
        folder: Where the command was given.
    """
    options = [args.depfile_target, args.stamp, args.directory, args.file, folder]
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (as above)
            return hashlib.sha256(json.dumps(options).encode() + file.read()).hexdigest()
    except OSError:
        return ""


def save(
    folder: str, path: str, facts: Mapping[str, object], names: list[str], start_ns: int
) -> bool:
    """Write an index, if every file is old enough to be trusted by its look.

    Args:
        folder: Where relative paths start.
        path: The index.
        facts: What to remember beside, `manifest` among it.
        names: Every file and folder that decides anything.
        start_ns: When the build began to look.

    Returns:
        False when some file is too young; a later build will write the index.
    """
    numbers = array("q")
    paths = sorted(set(names))
    for name in paths:
        seen = stamp(name if name.startswith("/") else f"{folder}/{name}")
        if seen is None or max(seen[1], seen[3]) >= start_ns - GRAIN_NS or "\n" in name:
            return False
        numbers.extend(seen)
    text = "\n".join(paths).encode("utf-8", "surrogateescape")
    head = json.dumps({**facts, "tool": identity(), "path_bytes": len(text)}).encode()
    body = head + b"\n" + text + numbers.tobytes()
    data = hashlib.sha256(body).hexdigest().encode() + b"\n" + body
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:  # noqa: PTH123 (as above)
            file.write(data)
        os.replace(temporary, path)  # noqa: PTH105 (as above)
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 (as above)
    return True
