"""Files on disk: each is written whole or not at all, and not touched when nothing changed."""

import contextlib
import os
import sys
import time
from pathlib import Path

from pipeline.report import fail

_WINDOWS_RETRIES_S = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Scanners hold a fresh file open for a moment; Windows then refuses a rename."""


MAX_BYTES = 1 << 30
"""Largest file that is read."""


def read(path: Path, shown: str) -> bytes:
    """The bytes of a file.

    Raises:
        Failure: It cannot be read; names it as `shown`, with the cause.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise fail(f"{shown} is larger than {MAX_BYTES >> 20} MiB", status=1)
        return path.read_bytes()
    except OSError as error:
        raise fail(f"cannot read {shown}: {error.strerror}", status=1) from None


def write(path: Path, data: bytes) -> bool:
    """Make `path` hold `data`: through a temporary file beside it and a rename.

    Returns:
        False when the file already held these bytes; it is not touched then.

    Raises:
        OSError: Nothing was changed.
    """
    if _holds(path, data):
        return False
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            temporary.write_bytes(data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
        replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return True


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def replace(temporary: Path, path: Path) -> None:
    """Rename a file over another; raises OSError, on Windows after some patience."""
    for pause in _WINDOWS_RETRIES_S if sys.platform == "win32" else ():
        with contextlib.suppress(PermissionError):
            temporary.replace(path)
            return
        time.sleep(pause)
    temporary.replace(path)
