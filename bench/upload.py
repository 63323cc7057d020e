"""How much of a serial line's capacity an upload uses, beside XMODEM-1K on the same line.

Run as `python bench/upload.py` on Linux or macOS. The line is a pseudo terminal; what is read from
its device end is held back to the given baud rate, 10 bits a byte, in both directions. "payload" is
picture bytes a second, from the first request to the answer that all is stored and verified.
"""

import os
import pty
import random
import select
import threading
import time
import tty
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from machine import machine_words

from pipeline.upload.payload import Payload
from pipeline.upload.protocol import Panel
from pipeline.upload.receiver import Receiver, storage
from pipeline.upload.session import connect, send

BAUDS = (115_200, 921_600)
SECONDS, RUNS = 3, 3  # of each run, and how many: the middle one counts
PIECE = 64  # bytes read at once: less than a millisecond at the higher rate
LATE_S = 0.05  # a busy line goes on while this process is not given the processor; more is lost
WAYS = ((512, 1), (512, 2), (1024, 8))
ACK, BLOCK, BLOCK_LINE = b"\x06", 1024, 1029


class Wire:
    """The sender's end."""

    def __init__(self, number: int) -> None:
        self._number = number

    def read(self, most: int, timeout_s: float) -> bytes:
        """As `Transport` has it."""
        ready, _, _ = select.select([self._number], [], [], timeout_s)
        return os.read(self._number, most) if ready else b""

    def write(self, data: bytes) -> None:
        """As `Transport` has it."""
        while data:
            data = data[os.write(self._number, data) :]

    def close(self) -> None:
        """As `Transport` has it."""


class Paced:
    """A device at a line of so many bits a second, in a thread of its own."""

    def __init__(self, feed: Callable[[bytes], bytes], baud: int) -> None:
        self._feed, self._byte_s = feed, 10 / baud
        self._ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self._theirs, self.wire = theirs, Wire(theirs)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Wire:
        self._thread.start()
        return self.wire

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        os.close(self._ours)
        os.close(self._theirs)

    def _run(self) -> None:
        free = time.perf_counter()  # until then the line is busy
        while not self._ending.is_set():
            if not select.select([self._ours], [], [], 0)[0]:
                if not select.select([self._ours], [], [], 0.01)[0]:
                    continue
                free = max(free, time.perf_counter())  # it was idle
            data = os.read(self._ours, PIECE)
            free = max(free, time.perf_counter() - LATE_S) + len(data) * self._byte_s
            time.sleep(max(0.0, free - time.perf_counter()))
            answer = self._feed(data)
            if answer:
                os.write(self._ours, answer)


class Run(NamedTuple):
    """What one upload came to."""

    name: str
    baud: int
    payload: float

    @property
    def share(self) -> float:
        """Of the line's bytes a second."""
        return self.payload * 10 / self.baud


def ours(baud: int, frame: int, window: int) -> Run:
    """An upload with this protocol."""
    data = picture(baud)
    panel = Panel("bench", "rows bits=8", 512, len(data) // 512, len(data), frame, window)
    device = Receiver(panel, storage(panel), lambda _bytes: None)
    image = Payload("picture", panel.name, panel.width, panel.height, panel.layout, data)
    with Paced(device.feed, baud) as wire:
        connected = connect(wire)
        start = time.perf_counter()
        send(connected, image)
        seconds = time.perf_counter() - start
    return Run(f"bitplane, frame {frame}, window {window}", baud, len(data) / seconds)


def alone(baud: int) -> Run:
    """The bytes of the picture and nothing else: what the line carries in truth."""
    data = picture(baud)
    came, done = 0, threading.Event()

    def feed(piece: bytes) -> bytes:
        nonlocal came
        came += len(piece)
        if came == len(data):
            done.set()
        return b""

    with Paced(feed, baud) as wire:
        start = time.perf_counter()
        wire.write(data)
        done.wait()
        seconds = time.perf_counter() - start
    return Run("the bytes alone", baud, len(data) / seconds)


def xmodem(baud: int) -> Run:
    """The least that XMODEM-1K can do: each block waits for its answer."""
    data = picture(baud)
    come = 0

    def feed(piece: bytes) -> bytes:
        nonlocal come
        before, come = come, come + len(piece)
        return ACK * (come // BLOCK_LINE - before // BLOCK_LINE)

    with Paced(feed, baud) as wire:
        start = time.perf_counter()
        for at in range(0, len(data), BLOCK):
            wire.write(b"\x02\x01\xfe" + data[at : at + BLOCK] + b"\0\0")
            wire.read(1, 10.0)
        seconds = time.perf_counter() - start
    return Run("XMODEM-1K", baud, len(data) / seconds)


def picture(baud: int) -> bytes:
    """As many random bytes as take some seconds."""
    return random.Random(1).randbytes(baud // 10 * SECONDS // 1024 * 1024)  # noqa: S311 (a load)


def middle(run: Callable[[], Run]) -> Run:
    """The middle one of some runs."""
    return sorted((run() for _ in range(RUNS)), key=lambda each: each.payload)[RUNS // 2]


def main() -> None:
    """Print the table."""
    print(machine_words(), end="\n\n")
    print("| way | baud | payload, bytes/s | of the baud rate | of the bytes alone |")
    print("|---|---:|---:|---:|---:|")
    for baud in BAUDS:
        line = middle(partial(alone, baud))
        made = [line, *(middle(partial(ours, baud, *way)) for way in WAYS)]
        for run in [*made, middle(partial(xmodem, baud))]:
            print(f"| {run.name} | {run.baud:,} | {run.payload:,.0f} | {run.share:.1%} |", end="")
            print(f" {run.payload / line.payload:.1%} |")


if __name__ == "__main__":
    main()
