"""Lock: one build at a time in an output folder; the kernel frees it when its holder dies."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.report import Failure, Problem

FILE_NAME = ".bitplane.lock"
BUSY = 4
"""Exit status when another build holds the lock and we were told not to wait."""

if sys.platform == "win32":
    import msvcrt

    def _take(file: int, *, wait: bool) -> bool:
        mode = msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK
        while True:
            try:
                # Byte 1 Mi lies behind the text, so that others can read who holds the lock.
                os.lseek(file, 1 << 20, os.SEEK_SET)
                msvcrt.locking(file, mode, 1)
            except OSError:
                if not wait:  # LK_LOCK itself gives up after ten seconds
                    return False
            else:
                return True

else:
    import fcntl

    def _take(file: int, *, wait: bool) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True


@contextmanager
def held(folder: Path, *, wait: bool, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of an output folder, which is made if need be.

    Where no lock file can be written nothing else can, so the build goes on without one and
    says what it cannot write.

    Args:
        folder: The output folder.
        wait: Wait for another build; or else fail with `BUSY`.
        say: Told whom we wait for.

    Raises:
        Failure: Another build holds the lock.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _acquire(path, wait=wait, say=say)
    except OSError:
        yield
        return
    try:
        yield
    finally:
        # Removed while held: who opened it meanwhile sees that it is gone, and opens it anew.
        with suppress(OSError):
            path.unlink()
        with suppress(OSError):
            os.close(file)


def _acquire(path: Path, *, wait: bool, say: Callable[[str], None]) -> int:
    told = False
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if not _take(file, wait=False):
            holder = _holder(path)
            if not wait:
                os.close(file)
                raise Failure([Problem(f"another build is at work here: {holder}")], BUSY)
            if not told:
                say(f"waiting for another build: {holder}")
                told = True
            _take(file, wait=True)
        if _is_current(file, path):
            os.ftruncate(file, 0)
            os.write(file, f"process {os.getpid()}".encode())
            return file
        os.close(file)


def _is_current(file: int, path: Path) -> bool:
    """The file that we hold is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False


def _holder(path: Path) -> str:
    with suppress(OSError):
        return path.read_bytes()[:40].decode("ascii", "replace") or "a process just starting"
    return "a process just ending"
