"""Bar: how far an upload is: a live line with rate and time left, plain lines, or nothing."""

import time
from collections.abc import Callable
from typing import TextIO

from pipeline.report import printable
from pipeline.teller import columns, cut

CLEAR = "\r\x1b[K"
WIDTH = 24
EVERY_S = 0.1


class Bar:
    """Tells of uploads, one after the other."""

    def __init__(
        self,
        stream: TextIO,
        *,
        live: bool,
        quiet: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stream = stream
        self.live = live and not quiet
        self.quiet = quiet
        self.clock = clock
        self.stands = False
        self.start("", 0)

    def start(self, name: str, total: int) -> None:
        """The next upload: what it is called, and how many bytes it has."""
        self.name, self.total = name, total
        self.begun = self.shown = self.clock()

    def arrived(self, count: int) -> None:
        """So many of the bytes have arrived."""
        if self.live and self.clock() - self.shown >= EVERY_S:
            self.shown = self.clock()
            text = line(self.name, count, self.total, self.shown - self.begun)
            self.stream.write(f"{CLEAR}{cut(printable(text), columns(self.stream) - 1)}")
            self.stream.flush()
            self.stands = True

    def done(self, words: str) -> None:
        """It has come to its end; `words` say how that is known."""
        took = self.clock() - self.begun
        self.say(
            f"{self.name}: {self.total:,} bytes in {took:.1f} s{_rate(self.total, took)}; {words}"
        )

    def say(self, text: str) -> None:
        """A line of its own."""
        self.clear()
        if not self.quiet:
            self.stream.write(f"{printable(text)}\n")
            self.stream.flush()

    def clear(self) -> None:
        """Take the live line away."""
        if self.stands:
            self.stream.write(CLEAR)
            self.stream.flush()
            self.stands = False


def line(name: str, count: int, total: int, took: float) -> str:
    """The live line.

    Args:
        name: What is sent.
        count: Bytes that have arrived.
        total: All bytes.
        took: Seconds so far.
    """
    share = min(count / total, 1.0) if total else 1.0
    full = int(share * WIDTH)
    left = _clock_time(took / share - took) if share and took else "-:--"
    drawn = "#" * full + "." * (WIDTH - full)
    return f"[{drawn}] {int(share * 100):3} %{_rate(count, took)}, {left} left  {name}"


def _rate(count: int, took: float) -> str:
    return f", {count / took / 1024:.1f} KiB/s" if took > 0 else ""


def _clock_time(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}" if whole < 6000 else "long"
