"""Programs and boards at the other end of a pseudo terminal."""

import os
import select
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


def needed(program: str) -> None:
    """Skip the test where a program is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


class Peer:
    """The far end of a pseudo terminal; `path` is the near end's.

    Attributes:
        seen: How many bytes came from the near end.
        tamper: Changes what goes to the far end.
    """

    def __init__(self) -> None:
        import pty
        import tty

        self.ours, self.near = pty.openpty()
        tty.setraw(self.near)
        self.path = os.ttyname(self.near)
        self.seen = 0
        self.tamper: Callable[[bytes], bytes] = lambda data: data
        self.stop, self.stopped = os.pipe()
        self.threads: list[threading.Thread] = []

    def serve(self, answer: Callable[[bytes], bytes]) -> None:
        """Answer with a function."""

        def loop() -> None:
            while self.stop not in (ready := select.select([self.ours, self.stop], [], [])[0]):
                if self.ours in ready:
                    os.write(self.ours, answer(self._read()))

        self._start(loop)

    def join(self, other: socket.socket) -> None:
        """Carry bytes to a socket and back."""

        def loop() -> None:
            ends = [self.ours, other.fileno(), self.stop]
            while self.stop not in (ready := select.select(ends, [], [])[0]):
                if self.ours in ready:
                    other.sendall(self.tamper(self._read()))
                if other.fileno() in ready:
                    data = other.recv(65536)
                    if not data:
                        return
                    os.write(self.ours, data)

        self._start(loop)

    def _read(self) -> bytes:
        data = os.read(self.ours, 65536)
        self.seen += len(data)
        return data

    def _start(self, loop: Callable[[], None]) -> None:
        def run() -> None:
            with suppress(OSError):  # the far end is gone
                loop()

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def close(self) -> None:
        os.write(self.stopped, b"x")
        for thread in self.threads:
            thread.join()
        for each in (self.ours, self.near, self.stop, self.stopped):
            os.close(each)


@contextmanager
def peer() -> Iterator[Peer]:
    made = Peer()
    try:
        yield made
    finally:
        made.close()


@contextmanager
def program(at: Peer, command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that talks over its standard streams, at the far end.

    They are a socket: lrzsz flushes a terminal after its answers and would lose ours.
    """
    near, far = socket.socketpair()
    with near, far, (folder / "peer.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdin=far.fileno(), stdout=far.fileno(), stderr=log
        )
        far.close()
        at.join(near)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            at.threads[-1].join()
