"""Methods: the ways to send pictures, by name."""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from pipeline.upload import repl, session, xmodem
from pipeline.upload.bar import Bar
from pipeline.upload.board import put
from pipeline.upload.drive import drive
from pipeline.upload.link import Limits
from pipeline.upload.payload import Payload
from pipeline.upload.stream import stream
from pipeline.upload.transport import Transport


class Wishes(NamedTuple):
    """What the user asked of a method.

    Attributes:
        slots: Where a device of our own protocol keeps each of the pictures.
        show: Whether such a device is to show the last picture.
        chunk: For `raw`, rest after so many bytes; 0 for never.
        pause_s: For `raw`, how long.
        timeout_s: How long to wait for an answer, or None for what is usual.
        retries: How often one block is sent again, or None for what is usual.
    """

    slots: tuple[int, ...] = (0,)
    show: bool = True
    chunk: int = 0
    pause_s: float = 0.0
    timeout_s: float | None = None
    retries: int | None = None


Send: TypeAlias = Callable[[Transport, Sequence[Payload], Wishes, Bar], None]


class Method(NamedTuple):
    """One way to send.

    Attributes:
        send: Sends pictures, and tells of them.
        sentence: When to use it.
        sized: Whether what is sent says how large the picture is; else it has to fill the panel.
    """

    send: Send
    sentence: str
    sized: bool = True


def _bitplane(line: Transport, payloads: Sequence[Payload], wishes: Wishes, bar: Bar) -> None:
    waits = wishes.timeout_s
    limits = Limits()
    limits = limits._replace(hello_s=waits, answer_s=waits) if waits else limits
    device = session.connect(line, limits)
    for slot, payload in zip(wishes.slots, payloads, strict=True):
        session.check_slot(slot, device.panel)
        session.check_fits(payload, device.panel)
    for slot, payload in zip(wishes.slots, payloads, strict=True):
        bar.start(payload.name, len(payload.data))
        result = session.send(device, payload, slot, lambda done, _: bar.arrived(done))
        had = "had it already" if result.kept == result.size else "has it"
        bar.done(f"the device {had}, by its own SHA-256")
    if wishes.show:
        session.show(device, wishes.slots[-1])


def _xmodem(line: Transport, payloads: Sequence[Payload], wishes: Wishes, bar: Bar) -> None:
    for payload in payloads:
        bar.start(payload.name, len(payload.data))
        exchange = xmodem.xmodem(payload.data, _xmodem_limits(wishes))
        bar.done(_acknowledged(confirmed=drive(exchange, line, bar.arrived)))


def _ymodem(line: Transport, payloads: Sequence[Payload], wishes: Wishes, bar: Bar) -> None:
    names = ", ".join(payload.name for payload in payloads)
    bar.start(names, sum(len(payload.data) for payload in payloads))
    files = [xmodem.File(payload.file_name, payload.data) for payload in payloads]
    exchange = xmodem.ymodem(files, _xmodem_limits(wishes))
    bar.done(_acknowledged(confirmed=drive(exchange, line, bar.arrived)))


def _xmodem_limits(wishes: Wishes) -> xmodem.Limits:
    limits = xmodem.Limits()
    if wishes.timeout_s is not None:
        limits = limits._replace(start_s=wishes.timeout_s, answer_s=wishes.timeout_s)
    return limits if wishes.retries is None else limits._replace(retries=wishes.retries)


def _acknowledged(*, confirmed: bool) -> str:
    words = "every block was acknowledged"
    return words if confirmed else f"{words}, but not the end: look whether it is there"


def _raw(line: Transport, payloads: Sequence[Payload], wishes: Wishes, bar: Bar) -> None:
    for payload in payloads:
        bar.start(payload.name, len(payload.data))
        drive(stream(payload.data, wishes.chunk, wishes.pause_s), line, bar.arrived)
        bar.done("sent, and nobody knows whether it arrived")


def _repl(line: Transport, payloads: Sequence[Payload], wishes: Wishes, bar: Bar) -> None:
    limits = repl.Limits()
    limits = limits if wishes.timeout_s is None else limits._replace(answer_s=wishes.timeout_s)
    for payload in payloads:
        bar.start(payload.file_name, len(payload.data))
        kind = drive(put(payload.file_name, payload.data, limits), line, bar.arrived)
        bar.done(f"the board has it, by its own {_HASHES[kind]}")
    bar.say("the board's program is stopped; reset the board to start it again")


_HASHES = MappingProxyType({"sha256": "SHA-256", "crc32": "CRC-32"})

METHODS: MappingProxyType[str, Method] = MappingProxyType(
    {
        "bitplane": Method(_bitplane, "firmware with bitplane's receiver: verified, resumed"),
        "xmodem": Method(_xmodem, "XMODEM-1K receivers: `rx`, U-Boot's `loadx`"),
        "ymodem": Method(_ymodem, "YMODEM receivers, many bootloaders: `rb`, U-Boot's `loady`"),
        "raw": Method(_raw, "simple sketches: the panel's bytes and nothing else", sized=False),
        "repl": Method(_repl, "MicroPython and CircuitPython boards: a file on the board"),
    }
)
