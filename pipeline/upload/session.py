"""A session with a device: the conversations of `sender` over a transport."""

import secrets
import time
from collections.abc import Callable
from typing import NamedTuple

from pipeline.upload.error import UploadError
from pipeline.upload.link import Event, Limits, Link, T, Talk, request
from pipeline.upload.payload import Payload
from pipeline.upload.protocol import INFO, Kind, Panel
from pipeline.upload.sender import Progress, Result, Sender, hello
from pipeline.upload.transport import Transport

READ_BYTES = 4096
EMPTY, WHOLE = 0, 1


class Slot(NamedTuple):
    """What a slot of a device holds.

    Attributes:
        number: From 0.
        size: Bytes of the picture; 0 when there is no whole one.
        digest: SHA-256 of those bytes, as the device noted it when it had checked them.
    """

    number: int
    size: int
    digest: bytes


class Device:
    """A device that has said what it is: `panel`."""

    def __init__(self, transport: Transport, limits: Limits, clock: Callable[[], float]) -> None:
        self.transport = transport
        self.limits = limits
        self._clock = clock
        self._link = Link(limits, clock())
        self.panel = self.run(lambda link: hello(link, secrets.randbits(32)))

    def run(self, talk: Callable[[Link], Talk[T]]) -> T:
        """Have a conversation over the transport.

        Raises:
            UploadError: It failed, or the line did.
        """
        self._link.now = self._clock()
        steps = talk(self._link)
        try:
            need = next(steps)
            while True:
                need = steps.send(self._event(need.send, need.until))
        except StopIteration as stop:
            result: T = stop.value
            return result
        except OSError as error:
            hint = "is the device still connected?"
            raise UploadError(f"the line broke: {error.strerror or error}", hint) from None

    def _event(self, send: bytes, until: float) -> Event:
        if send:
            self.transport.write(send)
        data = self.transport.read(READ_BYTES, max(0.0, until - self._clock()))
        return Event(self._clock(), data)


def connect(
    transport: Transport, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic
) -> Device:
    """Say hello.

    Args:
        transport: An open line; stays the caller's to close.
        limits: Times and sizes, else the default ones.
        clock: Seconds from anywhere; the transport waits by the same clock.

    Raises:
        UploadError: No device answered in `limits.hello_s`.
    """
    return Device(transport, limits or Limits(), clock)


def send(device: Device, image: Payload, slot: int = 0, progress: Progress | None = None) -> Result:
    """Have the device store a picture, and make sure that it did.

    What the device already has is not sent again.

    Raises:
        UploadError: The picture is for another panel (found before a byte of it is sent), or
            the device does not have it whole and right.
    """
    check_fits(image, device.panel)
    check_slot(slot, device.panel)

    def talk(link: Link) -> Talk[Result]:
        sender = Sender(link, device.panel, image.data, slot, secrets.randbits(32))
        sender.progress = progress or sender.progress
        return (yield from sender.run())

    return device.run(talk)


def check_fits(image: Payload, panel: Panel) -> None:
    """Refuse a picture that was made for another panel.

    Raises:
        UploadError: Says what differs.
    """
    pairs = (
        ("target", image.target, panel.name),
        ("size", f"{image.width}x{image.height}", f"{panel.width}x{panel.height}"),
        ("layout", image.layout, panel.layout),
    )
    for what, ours, theirs in pairs:
        if ours != theirs:
            words = f"the picture was made for another panel: {what} '{ours}', not '{theirs}'"
            raise UploadError(words, f"build it for the target '{panel.name}'")
    if not 0 < len(image.data) <= panel.capacity:
        words = f"the picture has {len(image.data)} bytes, the device takes 1 to {panel.capacity}"
        raise UploadError(words, f"build it for the target '{panel.name}'")


def check_slot(slot: int, panel: Panel) -> None:
    """Refuse a slot that the device does not have.

    Raises:
        UploadError: Says which it has.
    """
    if not 0 <= slot < panel.slots:
        raise UploadError(f"the device has no slot {slot}", f"it has 0 to {panel.slots - 1}")


def show(device: Device, slot: int = 0) -> None:
    """Put a slot's picture on the panel; returns when the device says that it is there.

    Raises:
        UploadError: The slot is empty, or the panel did not show it in `limits.show_s`.
    """
    _command(device, Kind.SHOW, Kind.SHOWN, slot, device.limits.show_s)


def erase(device: Device, slot: int) -> None:
    """Have the device forget a slot's picture.

    Raises:
        UploadError: It could not.
    """
    _command(device, Kind.ERASE, Kind.ERASED, slot, device.limits.answer_s)


def list_slots(device: Device) -> list[Slot]:
    """What each slot holds.

    Raises:
        UploadError: The device did not say.
    """
    return [_slot(device, number) for number in range(device.panel.slots)]


def _slot(device: Device, number: int) -> Slot:
    body = _command(device, Kind.INFO, Kind.HOLDS, number, device.limits.answer_s)
    if len(body) != INFO.size:
        raise UploadError(f"the device's answer about slot {number} makes no sense")
    _, state, size, digest = INFO.unpack(body)
    return Slot(number, size, digest) if state == WHOLE else Slot(number, 0, b"")


def _command(device: Device, kind: Kind, answer: Kind, slot: int, most_s: float) -> bytes:
    """Ask something about a slot; the answer's body."""
    check_slot(slot, device.panel)
    frame = device.run(lambda link: request(link, kind, bytes([slot]), (answer,), most_s))
    if frame.body[:1] != bytes([slot]):
        raise UploadError(f"the device's answer about slot {slot} makes no sense")
    return frame.body
