"""A device that is a process: the Python receiver at a pseudo terminal or a TCP port."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

from pipeline.upload.protocol import Panel
from pipeline.upload.receiver import Receiver, storage

PIECE = 4096
Feed = Callable[[bytes], bytes]


class Board:
    """A device whose slots outlive a reset."""

    def __init__(self, panel: Panel, show: Callable[[bytes], None]) -> None:
        """`show` is given the bytes of a picture; an OSError from it means that it failed."""
        self._panel, self._show = panel, show
        self._slots = storage(panel)
        self.reset()

    def reset(self) -> None:
        """Switch off and on."""
        self._receiver = Receiver(self._panel, self._slots, self._show)

    def feed(self, data: bytes) -> bytes:
        """What the device answers to bytes from the line."""
        return self._receiver.feed(data)


@contextmanager
def terminal() -> Iterator[tuple[int, str]]:
    """A pseudo terminal: the device's end, and the name by which the other end is opened."""
    import pty
    import tty

    ours, theirs = pty.openpty()
    try:
        tty.setraw(theirs)  # held open, so that the line does not hang up between two uploads
        yield ours, os.ttyname(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


def serve_terminal(ours: int, feed: Feed) -> NoReturn:
    """Answer what comes over a terminal, for ever."""
    while True:
        answer = feed(os.read(ours, PIECE))
        while answer:
            answer = answer[os.write(ours, answer) :]


def serve_tcp(listening: socket.socket, feed: Feed) -> NoReturn:
    """Answer one connection after the other, for ever."""
    while True:
        connection, _ = listening.accept()
        with connection, suppress(ConnectionError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := connection.recv(PIECE):
                connection.sendall(feed(data))
