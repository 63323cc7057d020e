"""Exchange: protocols as generators that ask for bytes and time, and do no I/O themselves.

A protocol yields steps and is sent what came of each. `drive` performs them on a transport; tests
perform them on a device of their own and a clock that they set.
"""

from collections.abc import Generator
from typing import NamedTuple, TypeAlias, TypeVar


class Read(NamedTuple):
    """Wait for bytes: 1 to `most` of them, or none when nothing comes for `timeout_s` seconds."""

    most: int
    timeout_s: float


class Write(NamedTuple):
    """Send all of these bytes."""

    data: bytes


class Pause(NamedTuple):
    """Do nothing for so many seconds."""

    seconds: float


class Arrived(NamedTuple):
    """Tell that so many bytes of the picture have arrived."""

    done: int


Step: TypeAlias = Read | Write | Pause | Arrived


class Got(NamedTuple):
    """What came of a step: bytes, where it read, and the time afterwards in seconds."""

    data: bytes
    at_s: float


Result = TypeVar("Result")
Exchange: TypeAlias = Generator[Step, Got, Result]


def now() -> Exchange[float]:
    """The time, in seconds from any start."""
    return (yield Pause(0)).at_s


def purge(most: int = 65536) -> Exchange[None]:
    """Drop what has come so far, but no more than `most` bytes."""
    while most > 0:
        dropped = (yield Read(4096, 0)).data
        if not dropped:
            return
        most -= len(dropped)


class Inbox:
    """Bytes that came and were not yet asked for."""

    def __init__(self) -> None:
        self.held = b""

    def until(self, mark: bytes, within_s: float, most: int) -> Exchange[bytes | None]:
        """All bytes up to and including `mark`.

        Args:
            mark: What ends them.
            within_s: How long all of them may take.
            most: How many may come before `mark`.

        Returns:
            None when time was up or too many came; they are dropped.
        """
        deadline = (yield from now()) + within_s
        while mark not in self.held:
            left = deadline - (yield from now())
            if left <= 0 or len(self.held) > most:
                self.held = b""
                return None
            self.held += (yield Read(4096, left)).data
        found, _, self.held = self.held.partition(mark)
        return found + mark

    def exactly(self, count: int, within_s: float) -> Exchange[bytes | None]:
        """So many bytes, or None when time was up; what came of them stays."""
        deadline = (yield from now()) + within_s
        while len(self.held) < count:
            left = deadline - (yield from now())
            if left <= 0:
                return None
            self.held += (yield Read(4096, left)).data
        found, self.held = self.held[:count], self.held[count:]
        return found

    def drop(self) -> Exchange[None]:
        """Forget what has come so far."""
        self.held = b""
        yield from purge()
