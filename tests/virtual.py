"""A virtual line: exchanges run against devices in memory, by a clock that only waiting moves."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from pipeline.upload.exchange import Arrived, Exchange, Got, Pause, Read, Step, Write

Result = TypeVar("Result")

MOST_STEPS = 200_000


class Device(Protocol):
    """The other end."""

    def take(self, data: bytes) -> bytes:
        """Gets bytes; gives what it answers at once."""


class Silent:
    """A device that is not there."""

    def take(self, data: bytes) -> bytes:
        del data
        return b""


class Line:
    """Performs exchanges.

    Attributes:
        now: Seconds; only waiting lets them pass.
        coming: What is on the way here, with the time when it arrives.
        arrived: What was told of progress.
    """

    def __init__(self, device: Device, coming: list[tuple[float, bytes]] | None = None) -> None:
        self.device = device
        self.now = 0.0
        self.coming = coming or []
        self.arrived: list[int] = []
        self.steps = 0
        self.noise: Callable[[bytes], bytes] = lambda data: data

    def run(self, exchange: Exchange[Result], interrupt_at: int = -1) -> Result:
        """Run an exchange to its end; Ctrl-C comes at one of its steps."""
        try:
            step = next(exchange)
            while True:
                self.steps += 1
                assert self.steps < MOST_STEPS, "it does not end"
                if self.steps == interrupt_at:
                    step = exchange.throw(KeyboardInterrupt())
                    continue
                step = exchange.send(Got(self._perform(step), self.now))
        except StopIteration as stop:
            result: Result = stop.value
            return result

    def _perform(self, step: Step) -> bytes:
        if isinstance(step, Read):
            assert step.most > 0
            assert step.timeout_s >= 0
            return self._read(step)
        if isinstance(step, Write):
            answer = self.device.take(self.noise(step.data))
            if answer:
                self.coming.insert(0, (self.now, answer))
        elif isinstance(step, Pause):
            self.now += step.seconds
        elif isinstance(step, Arrived):
            self.arrived.append(step.done)
        return b""

    def _read(self, step: Read) -> bytes:
        """What came in time, at most as much as was asked for."""
        if not self.coming or self.coming[0][0] > self.now + step.timeout_s:
            self.now += step.timeout_s
            return b""
        at, data = self.coming.pop(0)
        self.now = max(self.now, at)
        if len(data) > step.most:
            self.coming.insert(0, (at, data[step.most :]))
        return data[: step.most]
