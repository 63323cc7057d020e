"""A device, a line and a clock in memory: uploads in virtual time, with every fault of a cable.

A `Line` is a transport. Nothing on it waits: a read moves the clock to when the bytes arrive.
"""

import ctypes
import heapq
import os
import random
import select
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest

from pipeline.upload.payload import Payload
from pipeline.upload.protocol import Panel
from pipeline.upload.receiver import Receiver, storage

ROOT = Path(__file__).parent.parent
RECEIVER = ROOT / "pipeline" / "share" / "receiver"
HOST = ROOT / "tests" / "receiver_host.c"
SOURCES = [str(HOST), str(RECEIVER / "bitplane_receiver.c")]
INCLUDE = f"-I{RECEIVER}"
PANEL = Panel("lab-64x48", "rows bits=4", 64, 48, 1536, 512, 4, 2)


def panel(capacity: int, page: int = 1, window: int = 4, frame: int = 512) -> Panel:
    return PANEL._replace(capacity=capacity, page=page, window=window, frame=frame)


def payload(size: int, seed: int = 1) -> Payload:
    data = random.Random(seed).randbytes(size)  # noqa: S311 (the same each time)
    return Payload("picture", PANEL.name, PANEL.width, PANEL.height, PANEL.layout, data)


class Clock:
    """Seconds that pass when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Device(Protocol):
    """What a line ends at."""

    @property
    def shown(self) -> int:
        """How often the panel was written."""

    def feed(self, data: bytes) -> bytes:
        """Answer bytes."""

    def reset(self) -> None:
        """Lose everything but the storage."""

    def picture(self, slot: int, size: int) -> bytes:
        """What is stored."""


class PythonDevice:
    def __init__(self, panel: Panel) -> None:
        self.panel, self.slots, self.shown = panel, storage(panel), 0
        self.reset()

    def reset(self) -> None:
        self._receiver = Receiver(self.panel, self.slots, self._show)

    def _show(self, _picture: bytes) -> None:
        self.shown += 1

    def feed(self, data: bytes) -> bytes:
        return self._receiver.feed(data)

    def picture(self, slot: int, size: int) -> bytes:
        return bytes(self.slots[slot][:size])

    def spoil(self, slot: int, place: int) -> None:
        self.slots[slot][place] ^= 4


class CDevice:
    """The C receiver, loaded into this process."""

    def __init__(self, library: ctypes.CDLL, panel: Panel) -> None:
        self._library = library
        self._room = ctypes.create_string_buffer(1 << 20)
        self._record = 48
        self.panel = panel
        texts = panel.name.encode(), panel.layout.encode()
        sizes = panel.width, panel.height, panel.capacity, panel.page, panel.slots, panel.window
        self._host = ctypes.c_void_p(library.host_new(*texts, *sizes))

    @property
    def shown(self) -> int:
        return int(self._library.host_shows(self._host))

    def reset(self) -> None:
        self._library.host_reset(self._host)

    def feed(self, data: bytes) -> bytes:
        room = self._room
        said = self._library.host_feed(self._host, data, len(data), room, len(room))
        return room.raw[:said] if said else b""

    def picture(self, slot: int, size: int) -> bytes:
        start = self._library.host_memory(self._host) + slot * (self.panel.capacity + self._record)
        return ctypes.string_at(start, size)

    def spoil(self, slot: int, place: int) -> None:
        """Flip a bit of what is stored."""
        start = self._library.host_memory(self._host) + slot * (self.panel.capacity + self._record)
        byte = ctypes.c_ubyte.from_address(start + place)
        byte.value ^= 4

    def fail(self, *, on: bool) -> None:
        self._library.host_fail(self._host, int(on))


def library(folder: Path, frame: int = 512) -> ctypes.CDLL:
    """The receiver's C, compiled for this machine."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    out = folder / f"receiver{frame}.so"
    command = ["gcc", "-std=c99", "-O2", "-shared", "-fPIC", f"-DBITPLANE_FRAME={frame}u"]
    subprocess.run([*command, INCLUDE, *SOURCES, "-o", str(out)], check=True, timeout=120)
    loaded = ctypes.CDLL(str(out))
    loaded.host_new.restype = loaded.host_memory.restype = ctypes.c_void_p
    loaded.host_feed.restype = ctypes.c_size_t
    return loaded


class Faults(NamedTuple):
    """How often things go wrong; `byte` to a byte, the others to a frame.

    Attributes:
        byte: A bit flips, or the byte is lost or doubled.
        flip, drop, double, swap, cut: What happens to a whole frame.
        stall: The line is silent for up to 2 s.
        reset: The device starts anew when it gets the frame.
        talker: Somebody else's frame comes between.
    """

    byte: float = 0.0
    flip: float = 0.0
    drop: float = 0.0
    double: float = 0.0
    swap: float = 0.0
    cut: float = 0.0
    stall: float = 0.0
    reset: float = 0.0
    talker: float = 0.0


NONE = Faults()


class Unplugged(OSError):
    """The adapter is gone."""


class Line:
    """A serial line with a device at its end.

    Attributes:
        faulty: Frames to which something was done.
        written: Bytes that the sender gave.
    """

    def __init__(
        self, device: Device, clock: Clock, faults: Faults = NONE, seed: int = 0, baud: int = 921600
    ) -> None:
        self.device, self.clock, self.faults = device, clock, faults
        self.faulty = self.written = 0
        self.unplug_after: float = float("inf")
        self._random = random.Random(seed)  # noqa: S311 (the same each time)
        self._byte_s = 10 / baud
        self._events: list[tuple[float, int, bytes]] = []
        self._order = 0
        self._arrived = bytearray()
        self._free = {"out": 0.0, "in": 0.0}
        self._held: dict[str, bytes] = {}

    def close(self) -> None:
        """Nothing to give back."""

    def write(self, data: bytes) -> None:
        self.written += len(data)
        if self.written > self.unplug_after:
            raise Unplugged(5, "Input/output error")
        for part in self._spoiled("out", data):
            self._post("out", part)

    def read(self, most: int, timeout_s: float) -> bytes:
        deadline = self.clock.now + timeout_s
        while not self._arrived and self._events and self._events[0][0] <= deadline:
            when, order, part = heapq.heappop(self._events)
            self.clock.now = max(self.clock.now, when)
            if order % 2:
                self._arrived += part
            else:
                self._deliver(part)
        if not self._arrived:
            self.clock.now = max(self.clock.now, deadline)
        data = bytes(self._arrived[:most])
        del self._arrived[:most]
        return data

    def garbage(self, to_device: bytes, to_host: bytes) -> None:
        """What was on the line before anybody spoke."""
        self._post("out", to_device)
        self._post("in", to_host)

    def _deliver(self, part: bytes) -> None:
        if self._chance(self.faults.reset):
            self.device.reset()
            return
        for answer in self._spoiled("in", self.device.feed(part)):
            self._post("in", answer)

    def _post(self, way: str, part: bytes) -> None:
        """Put bytes on the line; they arrive when the line has carried them."""
        start = max(self._free[way], self.clock.now)
        if self._chance(self.faults.stall):
            start += self._random.random() * 2
        self._free[way] = start + len(part) * self._byte_s
        self._order += 2
        heapq.heappush(self._events, (self._free[way], self._order + (way == "in"), part))

    def _chance(self, share: float) -> bool:
        hit = share > 0 and self._random.random() < share
        self.faulty += hit
        return hit

    def _spoiled(self, way: str, data: bytes) -> Iterator[bytes]:
        for frame in split(data):
            damaged = self._frame(self._bytes(frame))
            if self._chance(self.faults.swap) and way not in self._held:
                self._held[way] = damaged  # comes after the next one
                continue
            yield damaged
            if way in self._held:
                yield self._held.pop(way)

    def _frame(self, frame: bytes) -> bytes:
        chance, number = self._chance, self._random.randrange
        if not frame:
            return frame
        if chance(self.faults.flip):
            place = number(len(frame))
            frame = frame[:place] + bytes([frame[place] ^ 1 << number(8)]) + frame[place + 1 :]
        if chance(self.faults.drop):
            frame = b""
        if chance(self.faults.double):
            frame *= 2
        if chance(self.faults.cut):
            frame = frame[: number(len(frame) + 1)]
        if chance(self.faults.talker):
            place = number(len(frame) + 1)
            frame = frame[:place] + self._random.randbytes(number(40)) + frame[place:]
        return frame

    def _bytes(self, frame: bytes) -> bytes:
        """Each byte is damaged with the same chance; the number of them is drawn first."""
        if not self.faults.byte:
            return frame
        out = bytearray(frame)
        before = bytes(out)
        for place in range(len(out) - 1, -1, -1):
            if self._random.random() < self.faults.byte:
                how = self._random.randrange(3)
                changed = bytes([out[place] ^ 1 << self._random.randrange(8)])
                out[place : place + 1] = (changed, b"", bytes([out[place]]) * 2)[how]
        self.faulty += before != bytes(out)
        return bytes(out)


def split(data: bytes) -> list[bytes]:
    """The frames in what was written at once, each with its delimiters."""
    parts = data.split(b"\0\0")
    if len(parts) == 1:
        return [data]
    last = len(parts) - 1
    return [
        (b"\0" if at else b"") + part + (b"\0" if at < last else b"")
        for at, part in enumerate(parts)
    ]


class Wire:
    """A transport over a file descriptor, in real time."""

    def __init__(self, number: int) -> None:
        self._number = number

    def read(self, most: int, timeout_s: float) -> bytes:
        ready, _, _ = select.select([self._number], [], [], timeout_s)
        return os.read(self._number, most) if ready else b""

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._number, data) :]

    def close(self) -> None:
        os.close(self._number)


def open_terminal(name: str) -> Wire:
    """The sender's end of a pseudo terminal."""
    import tty

    number = os.open(name, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(number)
    return Wire(number)
