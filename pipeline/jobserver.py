"""Job slots: a fixed number of them, or those that GNU make lends through its jobserver."""

import os
import re
import select
import signal
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from itertools import takewhile
from typing import NamedTuple, Protocol, Self

_WORD = re.compile(r"(?:\\.|\S)+")
_AUTH = re.compile(r"--jobserver-(?:auth|fds)=(?:fifo:(?P<fifo>.+)|(?P<r>-?\d+),(?P<w>-?\d+))")
_NOT_PASSED = (
    "make did not pass its jobserver on, so this build runs one job at a time: "
    "put `+` in front of the recipe line that starts it"
)


@contextmanager
def signals_held() -> Iterator[None]:
    """Put SIGINT and SIGTERM off to the end, for steps that an exception must not part."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Slots(Protocol):
    """The right to run jobs, one slot a job. While none is held, `acquire` succeeds."""

    def acquire(self) -> bool:
        """Take one more slot if there is one now; never waits."""

    def release(self) -> None:
        """Give one slot back."""

    def fileno(self) -> int | None:
        """A descriptor that is readable when a slot may have come free elsewhere, if there is."""


class Fixed:
    """The slots of a plain `-j`: `count` of them, at least one."""

    def __init__(self, count: int) -> None:
        self._free = count

    def acquire(self) -> bool:
        """Take one more slot if there is one now."""
        if self._free == 0:
            return False
        self._free -= 1
        return True

    def release(self) -> None:
        """Give one slot back."""
        self._free += 1

    def fileno(self) -> None:
        """Nothing: slots come free only by `release`."""


class Jobserver:
    """The slots of the make above this process: one of its own, and one for each token byte.

    Protocol: GNU make manual, "POSIX Jobserver Interaction". A token is any byte, and the same
    byte goes back.

    Args:
        read: Descriptor of the pipe's reading end, not blocking, for this process alone.
        write: Descriptor of its writing end. Both belong to this object from now on.
    """

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._own_taken = False
        self._tokens = bytearray()

    def acquire(self) -> bool:
        """Take one more slot if there is one now."""
        if not self._own_taken:
            self._own_taken = True
            return True
        # macOS ignores O_NONBLOCK where a descriptor is opened again, so ask before reading.
        if not select.select([self._read], [], [], 0)[0]:
            return False
        with signals_held():
            try:
                token = os.read(self._read, 1)
            except BlockingIOError:
                return False
            self._tokens += token
        return bool(token)

    def release(self) -> None:
        """Give one slot back, make's before our own."""
        with signals_held():
            if self._tokens:
                os.write(self._write, self._tokens[-1:])
                del self._tokens[-1]
            else:
                self._own_taken = False

    def fileno(self) -> int:
        """Readable when make has a token to lend."""
        return self._read

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give every token back and let go of the pipe."""
        with signals_held():
            while self._tokens:
                self.release()
            os.close(self._read)
            os.close(self._write)


class Lent(NamedTuple):
    """What make lends: slots, or None when it leaves their number to us; and a warning or ""."""

    slots: Slots | None
    warning: str = ""


@contextmanager
def from_make(environ: Mapping[str, str]) -> Iterator[Lent]:
    """The slots that a make above this process lends; all are back with it at the end.

    Args:
        environ: The environment. Its MAKEFLAGS names the jobserver, if there is one.
    """
    words = _words(environ.get("MAKEFLAGS", ""))
    found = [match for word in words if (match := _AUTH.fullmatch(word))]
    if sys.platform == "win32" or not found:  # on Windows it is a semaphore, never a pipe
        yield Lent(Fixed(1) if "-j1" in words else None)
        return
    lent = _join(found[-1])  # the last one counts
    with lent.slots if isinstance(lent.slots, Jobserver) else nullcontext():
        yield lent


def _words(flags: str) -> list[str]:
    """The words before the variables; as make reads them, a backslash keeps what follows it."""
    words = (re.sub(r"\\(.)", r"\1", word) for word in _WORD.findall(flags))
    return list(takewhile(lambda word: word != "--", words))


def _join(auth: re.Match[str]) -> Lent:
    if fifo := auth["fifo"]:
        ends = (fifo, fifo)
        warning = f"cannot join make's jobserver {fifo}, so this build runs one job at a time"
    else:
        ends = (f"/dev/fd/{auth['r']}", f"/dev/fd/{auth['w']}")
        warning = _NOT_PASSED
    try:
        return Lent(Jobserver(*_open(*ends)))
    except OSError:
        return Lent(Fixed(1), warning)


def _open(read_path: str, write_path: str) -> tuple[int, int]:
    """Open both ends of a pipe anew: a flag set on make's own descriptor would bind make too."""
    with ExitStack() as undo:
        read = os.open(read_path, os.O_RDONLY | os.O_NONBLOCK)
        undo.callback(os.close, read)
        write = os.open(write_path, os.O_WRONLY | os.O_NONBLOCK)
        undo.callback(os.close, write)
        if not _is_one_pipe(os.fstat(read), os.fstat(write)):
            raise OSError
        undo.pop_all()
    return read, write


def _is_one_pipe(read: os.stat_result, write: os.stat_result) -> bool:
    """False for what else may have come to stand at the numbers of descriptors that make closed."""
    pipes = stat.S_ISFIFO(read.st_mode) and stat.S_ISFIFO(write.st_mode)
    return pipes and (sys.platform != "linux" or os.path.samestat(read, write))
