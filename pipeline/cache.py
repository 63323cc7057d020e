"""Content cache: results of earlier builds in one local folder, shared by projects and processes.

An entry is the file xx/KEY.bp, xx being the first two digits of its key: magic, format version,
length and SHA-256 of the payload, key, payload; integers little-endian. Reading verifies all of it;
writing goes through a temporary file and a rename. There is no index, no lock and no state in
memory: any number of processes may read, write, evict and clear at the same time.
"""

import contextlib
import hashlib
import json
import os
import re
import stat
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.files import replace
from pipeline.report import fail

DEFAULT_LIMIT_BYTES = 1 << 30
_MAGIC, _VERSION = b"bitplane", 1
_HEADER = struct.Struct("<8sIQ32s32s")
_KEY = r"[0-9a-f]{64}"
_SUBFOLDER = r"[0-9a-f]{2}"
_OWN_NAME = r"[0-9a-f]{64}\.bp|[0-9a-f]{16}\.bp-tmp"
_HOUR_S = 3600


class Cache(NamedTuple):
    """A folder of entries and how many bytes it may take on the disk; 0 keeps nothing.

    Keys are 64 lower-case hex digits, a SHA-256 of everything that decides the data; another
    form is a ValueError. The disk is never a reason to raise. Data that takes more than a quarter
    of the limit is not kept: it would displace the rest.
    """

    folder: Path
    limit_bytes: int

    def get(self, key: str) -> bytes | None:
        """What was put under a key, or None: a file that is odd in any way is a miss."""
        path = _place(self.folder, key)
        data = _read(path, self.limit_bytes)
        with contextlib.suppress(OSError):  # eviction goes by this time; spare most writes
            if data is not None and abs(time.time() - path.stat().st_mtime) > _HOUR_S:
                os.utime(path)
        return data

    def put(self, key: str, data: bytes) -> str:
        """Keep data under a key, in place of what stood there; may evict older entries.

        Returns:
            "" or, when the disk refuses, a warning, which is the same for every key.
        """
        path, size = _place(self.folder, key), _on_disk(_HEADER.size + len(data))
        if size > self.limit_bytes // 4:
            return ""
        try:
            _store(path, _header(key, data) + data)
        except OSError as error:
            return f"cannot write to the cache {self.folder}: {error.strerror}"
        # A full scan on average once every 1/64 of the limit: keys are as good as random. A count
        # in each process would never come due where every build puts one entry and ends.
        if int(key[-8:], 16) * (self.limit_bytes // 64) < size << 32:
            _evict(self)
        return ""


class Usage(NamedTuple):
    """How much a cache holds; bytes in whole blocks, as the disk counts them."""

    entries: int
    bytes: int


OFF = Cache(Path(os.devnull), 0)
"""Keeps nothing, finds nothing."""


def open_default(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Cache:
    """What the environment asks for; `OFF` without a folder, Failure if the size is no size."""
    folder, limit = locate(environ, platform), _limit(environ.get("BITPLANE_CACHE_SIZE", ""))
    return Cache(folder.absolute(), limit) if folder else OFF


def locate(environ: Mapping[str, str], platform: str) -> Path | None:
    """The cache folder: BITPLANE_CACHE, else the usual place; None when no home is known.

    Sources: XDG Base Directory Specification 0.8 (which ignores a relative path), Apple's File
    System Programming Guide, Windows' FOLDERID_LocalAppData.
    """
    if environ.get("BITPLANE_CACHE"):
        return Path(environ["BITPLANE_CACHE"])
    xdg = environ.get("XDG_CACHE_HOME", "")
    if platform not in {"darwin", "win32"} and xdg.startswith("/"):
        return Path(xdg, "bitplane")
    usual = {"darwin": "Library/Caches/bitplane", "win32": "bitplane/cache"}
    home = environ.get("LOCALAPPDATA" if platform == "win32" else "HOME")
    return Path(home, usual.get(platform, ".cache/bitplane")) if home else None


def _limit(text: str) -> int:
    if not text.strip():
        return DEFAULT_LIMIT_BYTES
    match = re.fullmatch(r"([0-9]{1,12})\s*(?:([kmg])(i?)b|b?)", text.strip().lower())
    if match:
        unit: int = (1024 if match[3] else 1000) ** " kmg".index(match[2] or " ")
        return int(match[1]) * unit
    hint = "units are B, KiB, MiB, GiB, kB, MB, GB; 0 turns the cache off"
    raise fail(f"BITPLANE_CACHE_SIZE: expected a size like 512 MiB, got '{text}'", None, hint)


def usage(cache: Cache) -> Usage:
    """Count the entries, without reading them."""
    sizes = [size for _, size, _ in _entries(cache.folder)]
    return Usage(len(sizes), sum(sizes))


def clear(cache: Cache) -> Usage:
    """Remove the entries, and no file of another name; may raise OSError; gives what it removed."""
    entries = _entries(cache.folder)
    for _, _, path in entries:
        Path(path).unlink(missing_ok=True)
    return Usage(len(entries), sum(size for _, size, _ in entries))


def verify(cache: Cache) -> list[Path]:
    """Read every entry; remove and give those that `get` would not serve; may raise OSError."""
    paths = sorted(Path(path) for _, _, path in _entries(cache.folder))
    bad = [path for path in paths if _read(path) is None and os.path.lexists(path)]
    for path in bad:
        path.unlink(missing_ok=True)
    return bad


def pack(meta: Mapping[str, Any], blobs: Sequence[bytes]) -> bytes:
    """A JSON object and blobs as one payload; ValueError for numbers that JSON does not know.

    Little-endian: uint32 length of the text, uint32 count and uint64 lengths of the blobs, all.
    """
    text = json.dumps(meta, separators=(",", ":"), allow_nan=False).encode("ascii")
    lengths = struct.pack(f"<II{len(blobs)}Q", len(text), len(blobs), *map(len, blobs))
    return b"".join([lengths, text, *blobs])


def unpack(data: bytes) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """The object and the blobs of a payload; ValueError if these bytes are not from `pack`."""
    try:
        length, count = struct.unpack_from("<II", data)
        lengths = struct.unpack_from(f"<{count}Q", data, 8)
    except struct.error:
        raise ValueError("not a packed payload: it is too short") from None
    ends = list(accumulate((length, *lengths), initial=8 + 8 * count))
    if ends[-1] != len(data):
        raise ValueError("not a packed payload: its lengths do not add up")
    text, *blobs = (data[start:end] for start, end in pairwise(ends))
    try:
        meta = json.loads(text.decode("ascii"))
    except RecursionError:
        raise ValueError("not a packed payload: its JSON text is nested too deeply") from None
    if not isinstance(meta, dict):
        raise ValueError("not a packed payload: no JSON object")  # noqa: TRY004 - damaged data
    return meta, tuple(blobs)


def _place(folder: Path, key: str) -> Path:
    if not re.fullmatch(_KEY, key):
        raise ValueError(f"a cache key is 64 lower-case hex digits, not '{key}'")
    return folder / key[:2] / f"{key}.bp"


def _header(key: str, data: bytes) -> bytes:
    digest = hashlib.sha256(data).digest()
    return _HEADER.pack(_MAGIC, _VERSION, len(data), digest, bytes.fromhex(key))


def _on_disk(size: int) -> int:
    """Disks give out space in blocks; a limit must count them."""
    return (size + 4095) // 4096 * 4096


def _read(path: Path, largest: int = sys.maxsize) -> bytes | None:
    """The payload of a file that is exactly what `put` writes there, else None."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > largest:
            return None
        with path.open("rb", buffering=0) as file:
            header, data = file.read(_HEADER.size), file.read()
    except (OSError, MemoryError):
        return None
    return data if header == _header(path.stem, data) else None


def _store(path: Path, entry: bytes) -> None:
    if not path.parent.is_dir():
        path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f"{os.urandom(8).hex()}.bp-tmp")
    try:
        with temporary.open("xb") as file:
            file.write(entry)
        with contextlib.suppress(OSError):
            path.rmdir()  # only succeeds where an empty folder is in the way
        replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _entries(folder: Path) -> list[tuple[float, int, str]]:
    """Last use, size on disk and path, oldest first; sweeps what killed processes left behind."""
    subfolders = _listed(str(folder), _SUBFOLDER)
    found = []
    for item in (item for place in subfolders for item in _listed(place.path, _OWN_NAME)):
        with contextlib.suppress(OSError):  # another process may have removed it
            status = item.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):  # not made by a cache
                continue
            if item.name.endswith(".bp"):
                found.append((status.st_mtime, _on_disk(status.st_size), item.path))
            elif status.st_mtime < time.time() - _HOUR_S:
                Path(item.path).unlink()
    return sorted(found)


def _listed(folder: str, names: str) -> list[os.DirEntry[str]]:
    with contextlib.suppress(OSError), os.scandir(folder) as items:
        return [item for item in items if re.fullmatch(names, item.name)]
    return []


def _evict(cache: Cache) -> None:
    """Bring a cache that is over its limit to 90 % of it, the least recently used first."""
    entries = _entries(cache.folder)
    total = sum(size for _, size, _ in entries)
    goal = cache.limit_bytes * 9 // 10 if total > cache.limit_bytes else total
    for _, size, path in entries:
        if total <= goal:
            return
        with contextlib.suppress(OSError):
            Path(path).unlink(missing_ok=True)
            total -= size
