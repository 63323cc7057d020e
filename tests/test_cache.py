import argparse
import errno
import hashlib
import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.cache import OFF, Cache, Usage, clear, locate, open_default, pack, unpack, usage
from pipeline.cache import verify as verify_entries
from pipeline.commands import cache as command
from pipeline.report import Failure

ROOT = Path(__file__).parent.parent
HEADER = 84
ROOMY = 1 << 20
NEVER, ALWAYS = "f" * 64, "0" * 64
"""Keys whose put never looks for something to evict, and always does."""


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def place(opened: Cache, name: str) -> Path:
    return opened.folder / name[:2] / f"{name}.bp"


def temporaries(opened: Cache) -> list[Path]:
    return list(opened.folder.rglob("*-tmp"))


@pytest.fixture
def opened(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "deep" / "cache", ROOMY)


@pytest.fixture
def filled(opened: Cache) -> tuple[Cache, str, bytes]:
    """A cache with one entry, its key and its data."""
    data = bytes(range(256)) * 3
    assert opened.put(key(0), data) == ""
    return opened, key(0), data


Filled = tuple[Cache, str, bytes]


# What is put comes back


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=5000), number=st.integers())
def test_what_was_put_comes_back(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, number: int
) -> None:
    opened = Cache(tmp_path_factory.getbasetemp() / "roundtrip", ROOMY)
    assert opened.put(key(number), data) == ""
    assert opened.get(key(number)) == data


def test_a_second_put_replaces_the_first(filled: Filled) -> None:
    opened, name, _ = filled
    assert opened.put(name, b"other") == ""
    assert opened.get(name) == b"other"
    assert usage(opened) == Usage(1, 4096)


@pytest.mark.parametrize("refusals", [3, 99])
def test_on_windows_a_rename_that_a_scanner_refuses_is_tried_again(
    opened: Cache, refusals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, refused, kept = Path.replace, [0], refusals < 5
    pauses: list[float] = []

    def replace(self: Path, target: Path) -> Path:
        refused[0] += 1
        if refused[0] <= refusals:
            raise PermissionError(13, "Access is denied")
        return real(self, target)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(time, "sleep", pauses.append)
    assert (opened.put(key(0), b"data") == "") == kept
    assert len(pauses) == min(refusals, 5)
    assert (opened.get(key(0)) == b"data") == kept
    assert not temporaries(opened)


def test_an_unknown_key_is_a_miss(filled: Filled) -> None:
    assert filled[0].get(key(1)) is None


def test_two_projects_share_entries(filled: Filled) -> None:
    opened, name, data = filled
    assert Cache(opened.folder, 2 * ROOMY).get(name) == data


@pytest.mark.parametrize(
    "wrong", ["", "ab", "../../etc/passwd", "A" * 64, "g" * 64, "a" * 63 + "\n", " " + "a" * 63]
)
def test_a_key_that_is_no_digest_is_refused(opened: Cache, wrong: str) -> None:
    with pytest.raises(ValueError, match="64 lower-case hex digits"):
        opened.get(wrong)
    with pytest.raises(ValueError, match="64 lower-case hex digits"):
        opened.put(wrong, b"")


@pytest.mark.skipif(os.name == "nt", reason="file modes are a POSIX matter")
def test_a_new_folder_is_private(filled: Filled) -> None:
    assert filled[0].folder.stat().st_mode & 0o777 == 0o700


# Damage


def test_10000_flipped_bytes_are_10000_misses_and_are_replaced(filled: Filled) -> None:
    opened, name, data = filled
    path = place(opened, name)
    good = path.read_bytes()
    flips = [(at, 1 << bit) for at in range(HEADER) for bit in range(8)]
    flips += [(HEADER + n * 7919 % len(data), 1 + n * 31 % 255) for n in range(10_000 - len(flips))]
    served, kept = [], []
    for n, (at, mask) in enumerate(flips):
        overwrite(path, at, good[at] ^ mask)
        served += [(at, mask)] if opened.get(name) is not None else []
        if at < HEADER or n % 10 == 0:  # a file system takes its time over a replacement
            opened.put(name, data)
            kept += [(at, mask)] if path.read_bytes() != good else []
        else:
            overwrite(path, at, good[at])
    assert (served, kept) == ([], [])


def overwrite(path: Path, at: int, byte: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(bytes([byte]))


def test_an_entry_cut_at_any_length_or_too_long_is_a_miss(filled: Filled) -> None:
    opened, name, data = filled
    path = place(opened, name)
    good = path.read_bytes()
    for length in range(len(good)):
        path.write_bytes(good[:length])
        assert opened.get(name) is None, length
    for extra in (b"\0", b"x" * 10_000, good):
        path.write_bytes(good + extra)
        assert opened.get(name) is None
    assert opened.put(name, data) == ""
    assert path.read_bytes() == good


def test_swapped_entries_are_misses(filled: Filled) -> None:
    opened, name, data = filled
    opened.put(key(1), data)
    one, two = place(opened, name), place(opened, key(1))
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    assert opened.get(name) is None
    assert opened.get(key(1)) is None


def test_an_entry_of_another_format_version_is_a_miss(filled: Filled) -> None:
    opened, name, _ = filled
    path = place(opened, name)
    good = path.read_bytes()
    assert struct.unpack_from("<I", good, 8) == (1,)
    path.write_bytes(good[:8] + struct.pack("<I", 2) + good[12:])
    assert opened.get(name) is None


def test_an_entry_larger_than_the_limit_is_a_miss_without_being_read(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, name, data = filled
    assert Cache(opened.folder, HEADER + len(data)).get(name) == data
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("it was opened"))
    assert Cache(opened.folder, HEADER + len(data) - 1).get(name) is None


def in_the_way(kind: str, path: Path, elsewhere: Path) -> None:
    """Put something that is no entry in the place of one."""
    path.unlink()
    if kind == "empty file":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(elsewhere)
    elif kind == "dangling link":
        path.symlink_to(elsewhere / "nothing")
    else:
        os.mkfifo(path)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there, and fifos do not exist")
@pytest.mark.parametrize("kind", ["empty file", "folder", "link", "dangling link", "fifo"])
def test_what_is_no_regular_file_is_a_miss_and_is_replaced(
    filled: Filled, tmp_path: Path, kind: str
) -> None:
    opened, name, data = filled
    path, elsewhere = place(opened, name), tmp_path / "elsewhere"
    good = path.read_bytes()
    elsewhere.write_bytes(good)
    in_the_way(kind, path, elsewhere)
    assert opened.get(name) is None
    assert opened.put(name, data) == ""
    assert opened.get(name) == data
    assert path.is_file()
    assert not path.is_symlink()
    assert elsewhere.read_bytes() == good


def test_a_folder_with_files_in_the_place_of_an_entry_is_kept(filled: Filled) -> None:
    opened, name, data = filled
    path = place(opened, name)
    path.unlink()
    path.mkdir()
    (path / "mine.txt").write_text("mine")
    assert opened.get(name) is None
    assert opened.put(name, data).startswith(f"cannot write to the cache {opened.folder}: ")
    assert verify_entries(opened) == []
    assert clear(opened) == Usage(0, 0)
    assert (path / "mine.txt").read_text() == "mine"
    assert not temporaries(opened)


# A disk that refuses


REFUSALS = [errno.EACCES, errno.EIO, errno.EMFILE, errno.ENOSPC, errno.EROFS]


@pytest.mark.parametrize("number", REFUSALS)
def test_an_entry_that_cannot_be_read_is_a_miss(
    filled: Filled, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    opened, name, _ = filled

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "open", refuse)
    assert opened.get(name) is None


def test_too_little_memory_is_a_miss(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, name, _ = filled

    def refuse(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Path, "open", refuse)
    assert opened.get(name) is None


@pytest.mark.parametrize("call", ["mkdir", "open", "replace"])
@pytest.mark.parametrize("number", REFUSALS)
def test_a_disk_that_refuses_costs_one_warning_and_leaves_nothing(
    opened: Cache, monkeypatch: pytest.MonkeyPatch, number: int, call: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(Path, call, refuse)
        notes = {opened.put(key(n), b"data") for n in range(5)}
    assert notes == {f"cannot write to the cache {opened.folder}: {os.strerror(number)}"}
    assert usage(opened) == Usage(0, 0)
    assert not temporaries(opened)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has /dev/full")
def test_a_disk_that_fills_up_half_way_leaves_nothing(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, name, data = filled
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda *_: real(Path("/dev/full"), "wb"))
    note = opened.put(name, b"other")
    monkeypatch.undo()
    assert note == f"cannot write to the cache {opened.folder}: {os.strerror(errno.ENOSPC)}"
    assert opened.get(name) == data
    assert not temporaries(opened)


@pytest.mark.parametrize("folder", ["a_file", "a_file/below"])
def test_a_file_where_the_folder_should_be_means_no_cache(tmp_path: Path, folder: str) -> None:
    (tmp_path / "a_file").write_text("mine")
    opened = Cache(tmp_path / folder, ROOMY)
    assert opened.put(key(0), b"data").startswith("cannot write to the cache ")
    assert opened.get(key(0)) is None
    assert (usage(opened), clear(opened), verify_entries(opened)) == (Usage(0, 0), Usage(0, 0), [])
    assert (tmp_path / "a_file").read_text() == "mine"


def test_a_cache_of_size_0_touches_nothing(tmp_path: Path) -> None:
    opened = Cache(tmp_path / "cache", 0)
    assert opened.put(key(0), b"data") == ""
    assert opened.get(key(0)) is None
    assert not opened.folder.exists()


def test_the_cache_that_is_off_is_silent() -> None:
    assert OFF.put(key(0), b"data") == ""
    assert OFF.get(key(0)) is None
    assert usage(OFF) == clear(OFF) == Usage(0, 0)


# The limit


def test_the_limit_is_kept_within_a_tenth(tmp_path: Path) -> None:
    opened = Cache(tmp_path, 1 << 19)
    largest = 0
    for n in range(600):
        assert opened.put(key(n), b"x" * (n * 37 % 9000)) == ""
        largest = max(largest, usage(opened).bytes)
    assert opened.limit_bytes * 0.8 < largest < opened.limit_bytes * 1.1


def test_eviction_goes_to_nine_tenths_and_starts_with_the_least_recently_used(
    tmp_path: Path,
) -> None:
    opened = Cache(tmp_path, 100 * 4096)
    names = [f"{n:02x}" + NEVER[2:] for n in range(104)]
    for age, name in enumerate(names):
        assert opened.put(name, b"x" * 4000) == ""
        os.utime(place(opened, name), (1e9 - age, 1e9 - age))
    assert usage(opened).entries == 104
    assert opened.get(names[-1]) is not None
    assert opened.put(ALWAYS, b"new") == ""
    assert usage(opened).bytes == 90 * 4096
    left = [name for name in [*names, ALWAYS] if opened.get(name) is not None]
    assert left == [*names[:88], names[-1], ALWAYS]


def test_a_hit_refreshes_the_time_of_use_at_most_once_an_hour(filled: Filled) -> None:
    opened, name, _ = filled
    path, now = place(opened, name), time.time()
    for set_to, refreshed in [(now - 1800, False), (now - 7200, True), (now + 7200, True)]:
        os.utime(path, (set_to, set_to))
        before = path.stat().st_mtime_ns
        opened.get(name)
        assert (path.stat().st_mtime_ns != before) is refreshed
    assert path.stat().st_mtime == pytest.approx(now, abs=60)


def test_a_hit_works_where_the_time_cannot_be_set(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, name, data = filled
    os.utime(place(opened, name), (1e9, 1e9))

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "utime", refuse)
    assert opened.get(name) == data


def test_data_of_more_than_a_quarter_of_the_limit_is_not_kept(tmp_path: Path) -> None:
    opened = Cache(tmp_path, 16 * 4096)
    assert opened.put(key(0), b"x" * (4 * 4096 - HEADER)) == ""
    assert opened.put(key(1), b"x" * (4 * 4096 - HEADER + 1)) == ""
    assert opened.get(key(0)) is not None
    assert opened.get(key(1)) is None


def test_temporary_files_older_than_an_hour_are_swept(tmp_path: Path) -> None:
    opened = Cache(tmp_path, ROOMY)
    opened.put(ALWAYS, b"data")
    old, fresh = (place(opened, ALWAYS).with_name(f"{c * 16}.bp-tmp") for c in "ab")
    for path in (old, fresh):
        path.write_bytes(b"half an ent")
    an_hour_ago = time.time() - 3700
    os.utime(old, (an_hour_ago, an_hour_ago))
    assert usage(opened) == Usage(1, 4096)
    opened.put(ALWAYS, b"data")
    assert temporaries(opened) == [fresh]


# Many processes

WORKER = """
import hashlib, sys
from pathlib import Path
from pipeline.cache import Cache, clear, usage, verify

opened, seed = Cache(Path(sys.argv[1]), int(sys.argv[2])), int(sys.argv[3])
operations, hits = int(sys.argv[4]), 0
for n in range(operations):
    draw = hashlib.sha256(f"{seed} {n}".encode()).digest()
    key = hashlib.sha256(draw[:1]).hexdigest()
    data = bytes.fromhex(key) * (1 + int(key[:2], 16))
    found = opened.get(key)
    if found is None:
        note = opened.put(key, data)
        assert note == "", note
    else:
        hits += 1
        assert found == data, key
    if n % 500 == 100 * seed:
        assert verify(opened) == []
        usage(opened)
    if (seed, n) == (0, operations // 2):
        clear(opened)
assert operations // 10 < hits < operations * 9 // 10, hits
"""


def test_processes_that_share_a_small_cache_see_whole_entries_only(tmp_path: Path) -> None:
    limit = 1 << 20
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path), str(limit), str(seed), "1500"],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(5)
    ]
    problems = [worker.communicate()[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 5, problems
    opened = Cache(tmp_path, limit)
    opened.put(ALWAYS, b"data")
    assert 0 < usage(opened).bytes <= limit
    assert verify_entries(opened) == []
    assert not temporaries(opened)


def test_a_folder_that_is_removed_under_us_comes_back(filled: Filled) -> None:
    opened, name, data = filled
    place(opened, name).unlink()
    place(opened, name).parent.rmdir()
    opened.folder.rmdir()
    assert opened.get(name) is None
    assert opened.put(name, data) == ""
    assert opened.get(name) == data


# Clear and verify


def strangers(opened: Cache) -> list[Path]:
    """Files in the folder that look almost like the cache's own."""
    inside = place(opened, key(0)).parent
    names = ["notes.txt", key(0), f"{key(0)}.bp.orig", f"{key(0)[:-1]}.bp", ".hidden", "x.bp-tmp"]
    paths = [folder / name for folder in (opened.folder, inside) for name in names]
    paths += [opened.folder / f"{key(0)}.bp", opened.folder / "zz" / f"{key(0)}.bp"]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"mine")
        os.utime(path, (1e9, 1e9))
    return paths


def test_clear_removes_only_what_is_the_caches_own(filled: Filled) -> None:
    opened, *_ = filled
    opened.put(key(1), b"x" * 5000)
    foreign = strangers(opened)
    assert clear(opened) == Usage(2, 3 * 4096)
    assert sorted(path for path in opened.folder.rglob("*") if path.is_file()) == sorted(foreign)


def test_verify_and_eviction_leave_strangers_alone(tmp_path: Path) -> None:
    opened = Cache(tmp_path, 4 * 4096)
    opened.put(key(0), b"data")
    foreign = strangers(opened)
    assert verify_entries(opened) == []
    for n in range(8):
        opened.put(f"{n:02x}" + ALWAYS[2:], b"data")
    assert usage(opened).bytes <= opened.limit_bytes
    assert all(path.is_file() for path in foreign)


def test_clear_says_what_cannot_be_removed(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, **_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(OSError, match=os.strerror(errno.EROFS)):
        clear(filled[0])


def test_verify_removes_bad_entries_and_no_others(filled: Filled) -> None:
    opened, name, data = filled
    for n in range(1, 20):
        opened.put(key(n), data)
    bad = [place(opened, key(n)) for n in (3, 7, 11)]
    bad[0].write_bytes(b"")
    bad[1].write_bytes(bad[1].read_bytes()[:-1])
    bad[2].write_bytes(place(opened, name).read_bytes())
    assert verify_entries(opened) == sorted(bad)
    assert verify_entries(opened) == []
    assert usage(opened).entries == 17


def test_an_entry_that_goes_while_verify_runs_is_not_bad(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, name, _ = filled
    monkeypatch.setattr(Path, "lstat", lambda path: path.unlink() or os.lstat(path))
    assert verify_entries(opened) == []
    assert not place(opened, name).exists()


def test_files_that_another_process_removes_first_count_as_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.unlink

    def beaten(path: Path, *, missing_ok: bool = False) -> None:
        real(path)
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", beaten)
    opened = Cache(tmp_path, 100 * 4096)
    for n in range(104):
        opened.put(f"{n:02x}" + NEVER[2:], b"data")
    opened.put(ALWAYS, b"data")
    assert usage(opened).entries == 90
    place(opened, ALWAYS).write_bytes(b"")
    assert verify_entries(opened) == [place(opened, ALWAYS)]
    assert clear(opened).entries == 89


# Several blobs in one payload

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
META = st.dictionaries(st.text(), JSON, max_size=5)
BLOBS = st.lists(st.binary(max_size=200), max_size=6)


@settings(max_examples=150, deadline=None)
@given(meta=META, blobs=BLOBS)
def test_unpack_gives_back_what_was_packed(meta: dict[str, Any], blobs: list[bytes]) -> None:
    assert unpack(pack(meta, blobs)) == (meta, tuple(blobs))


@settings(max_examples=60, deadline=None)
@given(meta=META, blobs=BLOBS, extra=st.binary(min_size=1, max_size=20))
def test_a_payload_of_another_length_is_refused(
    meta: dict[str, Any], blobs: list[bytes], extra: bytes
) -> None:
    packed = pack(meta, blobs)
    for damaged in [packed + extra, *(packed[:length] for length in range(len(packed)))]:
        with pytest.raises(ValueError, match="not a packed payload"):
            unpack(damaged)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=60))
@example(struct.pack("<II", 0, 0xFFFFFFFF) + bytes(64))
@example(struct.pack("<IIQ", 0, 1, 0xFFFFFFFFFFFFFFFF) + bytes(64))
@example(struct.pack("<IIQQ", 2, 2, 1 << 63, 1 << 63) + b"{}")
@example(struct.pack("<II", 2, 0) + b"[]")
@example(struct.pack("<II", 2, 0) + b"\xff\xfe")
@example(struct.pack("<II", 100_000, 0) + b"[" * 100_000)
@example(struct.pack("<II", 9_999, 0) + b"1" * 9_999)
def test_what_is_no_payload_is_a_value_error_and_nothing_else(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a packed payload|Expecting|codec|digits|Extra data"):
        unpack(data)


def test_numbers_that_json_does_not_know_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        pack({"delta_e": float("nan")}, [])


def test_equal_contents_make_equal_payloads() -> None:
    packed = pack({"a": 1, "é": [2]}, [b"one", b""])
    text = json.dumps({"a": 1, "é": [2]}, separators=(",", ":")).encode()
    assert packed == struct.pack("<IIQQ", len(text), 2, 3, 0) + text + b"one"


# Where it is, how large it may grow

HOME = {"HOME": "/home/u"}
LOCAL = {"LOCALAPPDATA": "C:/Users/u/AppData/Local"}


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        (HOME, "linux", "/home/u/.cache/bitplane"),
        (HOME, "freebsd14", "/home/u/.cache/bitplane"),
        ({**HOME, "XDG_CACHE_HOME": "/x"}, "linux", "/x/bitplane"),
        ({**HOME, "XDG_CACHE_HOME": ""}, "linux", "/home/u/.cache/bitplane"),
        ({**HOME, "XDG_CACHE_HOME": "relative"}, "linux", "/home/u/.cache/bitplane"),
        ({"XDG_CACHE_HOME": "/x"}, "linux", "/x/bitplane"),
        (HOME, "darwin", "/home/u/Library/Caches/bitplane"),
        ({**HOME, "XDG_CACHE_HOME": "/x"}, "darwin", "/home/u/Library/Caches/bitplane"),
        (LOCAL, "win32", "C:/Users/u/AppData/Local/bitplane/cache"),
        ({**HOME, **LOCAL}, "win32", "C:/Users/u/AppData/Local/bitplane/cache"),
        ({**HOME, "BITPLANE_CACHE": "/mine"}, "linux", "/mine"),
        ({**HOME, "BITPLANE_CACHE": "/mine", "XDG_CACHE_HOME": "/x"}, "linux", "/mine"),
        ({**HOME, "BITPLANE_CACHE": ""}, "darwin", "/home/u/Library/Caches/bitplane"),
        ({**LOCAL, "BITPLANE_CACHE": "D:/mine"}, "win32", "D:/mine"),
        ({}, "linux", None),
        ({"HOME": ""}, "darwin", None),
        (HOME, "win32", None),
    ],
)
def test_the_folder_is_where_the_system_keeps_caches(
    environ: Mapping[str, str], platform: str, expected: str | None
) -> None:
    assert locate(environ, platform) == (Path(expected) if expected else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1 << 30),
        ("  ", 1 << 30),
        ("0", 0),
        ("0 MiB", 0),
        ("4096", 4096),
        ("4096 B", 4096),
        ("512 MiB", 512 << 20),
        ("512mib", 512 << 20),
        (" 2 GiB ", 2 << 30),
        ("3 KiB", 3072),
        ("3 kB", 3000),
        ("3MB", 3_000_000),
        ("1 GB", 10**9),
    ],
)
def test_the_limit_comes_from_the_environment(text: str, expected: int) -> None:
    opened = open_default({"BITPLANE_CACHE": "/c", "BITPLANE_CACHE_SIZE": text}, "linux")
    assert opened.limit_bytes == expected


@pytest.mark.parametrize("text", ["lots", "-1", "1.5 GiB", "1 TiB", "5 k", "MiB", "٣", "9" * 13])
def test_a_limit_that_is_no_size_is_named(text: str) -> None:
    with pytest.raises(Failure) as caught:
        open_default({**HOME, "BITPLANE_CACHE_SIZE": text}, "linux")
    assert caught.value.status == 2
    assert caught.value.problems[0].message.startswith("BITPLANE_CACHE_SIZE: expected a size")
    assert "GiB" in caught.value.problems[0].hint


def test_a_relative_folder_does_not_move_with_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_default({"BITPLANE_CACHE": "mine"}, "linux").folder == tmp_path / "mine"


def test_without_a_home_the_cache_is_off() -> None:
    assert open_default({}, sys.platform) == OFF


def test_the_cache_loads_no_third_party_module() -> None:
    code = "import sys, pipeline.cache; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not {"numpy", "PIL", "sklearn", "pydantic", "yaml"} & set(done.stdout.split())


# The command


@pytest.fixture
def at_home(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> Filled:
    """The filled cache as the one that the environment names."""
    monkeypatch.setenv("BITPLANE_CACHE", str(filled[0].folder))
    monkeypatch.setenv("BITPLANE_CACHE_SIZE", "1 MiB")
    return filled


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


@pytest.mark.parametrize("arguments", [[], ["size"]])
def test_the_command_shows_the_cache(
    at_home: Filled, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run(*arguments) == 0
    expected = f"folder   {at_home[0].folder}\nentries  1\nbytes    4096\nlimit    1048576\n"
    assert capsys.readouterr() == (expected, "")


def test_the_command_clears_the_cache(at_home: Filled, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("clear") == 0
    assert capsys.readouterr() == ("", "removed 1 file, 4,096 bytes\n")
    assert usage(at_home[0]) == Usage(0, 0)


def test_the_command_verifies_the_cache(
    at_home: Filled, capsys: pytest.CaptureFixture[str]
) -> None:
    opened, name, data = at_home
    opened.put(key(1), data)
    assert run("verify") == 0
    assert capsys.readouterr() == ("", "read 2 files, removed 0\n")
    place(opened, name).write_bytes(b"rotten")
    assert run("verify") == 1
    assert capsys.readouterr() == (f"{place(opened, name)}\n", "read 2 files, removed 1\n")
    assert run("verify") == 0


@pytest.mark.parametrize("what", ["clear", "verify"])
def test_the_command_names_what_it_cannot_remove(
    at_home: Filled, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    opened, name, _ = at_home
    place(opened, name).write_bytes(b"rotten")

    def refuse(path: Path, **_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(Failure) as caught:
        run(what)
    assert caught.value.status == 1
    assert f"cannot remove {place(opened, name)}: " in caught.value.problems[0].message


def test_the_command_refuses_an_unknown_word(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("erase")
    assert "clear" in capsys.readouterr().err
