"""Transport: a line of bytes to a device: serial port, pseudo terminal, or network."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pipeline.upload.error import UploadError
from pipeline.upload.faults import opening

if TYPE_CHECKING:
    import serial

POLL_S = 0.02
"""How long one look at the line takes when nothing comes. Timeouts are multiples of it, because
to set another one anew for each read makes RFC 2217 negotiate with the server each time."""

PIECE = 4096
"""Most bytes handed to the system at once, so that Ctrl-C and progress need not wait long."""

WRITE_S = 10.0
DRAIN_S = 5.0
SCHEMES = ("socket", "rfc2217", "loop")


class Transport(Protocol):
    """A line of bytes; each method raises `UploadError` when the line is gone."""

    def read(self, most: int, timeout_s: float) -> bytes:
        """1 to `most` bytes as soon as some are there; b"" when none came in time."""

    def write(self, data: bytes) -> None:
        """Send all of `data`."""

    def close(self) -> None:
        """Give the line back; never raises."""


class Settings(NamedTuple):
    """How a serial port is opened.

    Attributes:
        baud: Symbols a second.
        dtr, rts: What the modem lines are to be from the opening on. Both asserted is how
            systems open a port, resets none of the usual boards twice, and is what USB devices
            take for "somebody listens".
        reset: Pulse the lines so that boards with the usual circuits start anew.
        settle_s: Rest after opening; boards that the opening itself resets need 2 s.
    """

    baud: int = 115200
    dtr: bool = True
    rts: bool = True
    reset: bool = False
    settle_s: float = 0.0


def open_transport(url: str, settings: Settings) -> Transport:
    """Open a line.

    Args:
        url: A port as the system calls it (`/dev/ttyUSB0`, `COM3`), the path of a pseudo
            terminal, `socket://HOST:PORT`, `rfc2217://HOST:PORT` or `loop://`.
        settings: For serial ports and RFC 2217.

    Raises:
        UploadError: It cannot be opened; says why and what to do.
    """
    _check_url(url)
    line = _SerialLine(url, settings)
    try:
        line.begin(settings)
    except BaseException:
        line.close()
        raise
    return line


def _check_url(url: str) -> None:
    """Refuse what pyserial would take for something else, or answer with a puzzle."""
    scheme = re.match(r"([A-Za-z0-9+.-]+)://(.*)", url)
    if scheme is None:
        return
    if scheme[1] not in SCHEMES:
        known = ", ".join(f"{name}://" for name in SCHEMES)
        raise UploadError(f"unknown kind of port '{url}'", f"use a port's name, {known}")
    address = re.match(r"(?:\[[0-9A-Fa-f:.]+\]|[^:/?#\[\]]+):([0-9]{1,5})(?:[/?#]|$)", scheme[2])
    if scheme[1] != "loop" and not (address and 0 < int(address[1]) < 65536):
        hint = f"write {scheme[1]}://HOST:PORT"
        raise UploadError(f"'{url}' does not say which host and port", hint)


class _SerialLine:
    """A `Transport` by pyserial."""

    def __init__(self, url: str, settings: Settings) -> None:
        import serial

        self.name = url
        is_rfc2217 = url.startswith("rfc2217:")  # refuses a limit for writes; its socket has one
        self.write_s = WRITE_S + 2 * PIECE * 10 / settings.baud
        try:
            # Exclusive, so that no serial monitor takes half of the answers. Modem lines are set
            # before the port is opened, so that they do not move at the opening.
            self.port: serial.Serial = serial.serial_for_url(
                url,
                do_not_open=True,
                baudrate=settings.baud,
                timeout=POLL_S,
                write_timeout=None if is_rfc2217 else self.write_s,
                exclusive=True,
            )
            self.port.dtr, self.port.rts = settings.dtr, settings.rts
            self.port.open()
        except _gone(ValueError, OverflowError) as error:
            raise opening(url, error) from None

    def begin(self, settings: Settings) -> None:
        """What is to happen before the first byte."""
        if settings.reset:
            with self._guarded():
                _pulse(self.port)
        if settings.settle_s:
            time.sleep(settings.settle_s)

    def read(self, most: int, timeout_s: float) -> bytes:
        deadline = time.monotonic() + timeout_s
        with self._guarded():
            if not timeout_s and not self.port.in_waiting:
                return b""
            first = bytes(self.port.read(1))
            while not first and time.monotonic() < deadline:
                first = bytes(self.port.read(1))
            more = min(self.port.in_waiting, most - 1) if first else 0
            return first + bytes(self.port.read(more)) if more else first

    def write(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            with self._guarded():
                if self.port.write(piece) != len(piece):
                    raise UploadError(f"{self.name} takes no more bytes")

    def close(self) -> None:
        with suppress(*_gone(AttributeError, TypeError)):  # no such count, or already closed
            deadline = time.monotonic() + DRAIN_S
            while self.port.out_waiting and time.monotonic() < deadline:
                time.sleep(POLL_S)
        with suppress(*_gone()):
            self.port.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Faults of the line as `UploadError`."""
        import serial

        try:
            yield
        except serial.SerialTimeoutException:
            words = f"{self.name} takes no bytes: nothing was sent for {self.write_s:.0f} s"
            raise UploadError(words, "is the device reading, and flow control off?") from None
        except _gone(TypeError):  # pyserial's own, when the port closes under it
            words = f"{self.name} is gone"
            raise UploadError(words, "was the cable pulled, or the board reset?") from None


def _gone(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """What a port that went away raises, and more; pyserial's own exception is an OSError."""
    if sys.platform == "win32":
        return (OSError, *more)
    import termios

    return (OSError, termios.error, *more)  # no OSError, and not caught by pyserial


def _pulse(port: "serial.Serial") -> None:
    """Reset a board by its modem lines.

    Boards of Espressif's circuit are held in reset while RTS is asserted and DTR is not; boards of
    Arduino's are reset by the edge when DTR is asserted again.
    """
    port.dtr, port.rts = False, True
    time.sleep(0.1)
    port.rts = False
    time.sleep(0.05)
    port.dtr = True
    port.rts = True
