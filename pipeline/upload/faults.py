"""Faults: why a port could not be opened, and what to do about it."""

import errno
import os
import sys
from pathlib import Path

from pipeline.upload.error import UploadError
from pipeline.upload.ports import listed


def opening(url: str, error: Exception) -> UploadError:
    """The fault that says why a port could not be opened.

    Args:
        url: The port as it was named.
        error: What pyserial or the system raised.
    """
    if "://" in url:
        hint = "is the other end listening, and are host and port right?"
        return UploadError(f"cannot open {url}: {_cause(error)}", hint)
    number = _number(error)
    if number == errno.ENOENT:
        return UploadError(f"there is no port '{url}'", _those_that_exist())
    if number in (errno.EBUSY, errno.EAGAIN):
        hint = "close the serial monitor, or whatever else has it open"
        return UploadError(f"{url} is in use by another program", hint)
    if number in (errno.EACCES, errno.EPERM):
        return UploadError(f"no permission to open {url}", _how_to_join(url))
    if isinstance(error, ValueError | OverflowError):
        return UploadError(f"cannot open {url}: {error}", "is --baud a speed that the port has?")
    return UploadError(f"cannot open {url}: {_cause(error)}", _those_that_exist())


def _number(error: Exception) -> int | None:
    """The system's number; on Windows pyserial only quotes the exception that has it."""
    number = getattr(error, "errno", None)
    if number is not None or sys.platform != "win32":
        return number
    text = str(error)
    if "FileNotFoundError" in text:
        return errno.ENOENT
    return errno.EBUSY if "PermissionError" in text else None  # open elsewhere: access denied


def _cause(error: Exception) -> str:
    number = _number(error)
    if number == errno.ENOTTY or "Inappropriate ioctl" in str(error):
        return "it is no serial port"
    return os.strerror(number) if number else str(error)


def _those_that_exist() -> str:
    ports = listed()
    return f"there are: {'; '.join(map(str, ports))}" if ports else "no serial port is there"


def _how_to_join(path: str) -> str:
    """How to get access: by the group of the device file, `dialout` or `uucp` on most systems."""
    if sys.platform == "win32":
        return "close whatever else has it open"
    import grp

    try:
        group = grp.getgrgid(Path(path).stat().st_gid).gr_name
    except (OSError, KeyError):
        group = "dialout"
    return f"join its group: `sudo usermod -aG {group} $USER`, then log in again"
