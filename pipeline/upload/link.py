"""The sender's end of a line, with no I/O: bytes and time in, bytes and deadlines out.

Each step of a conversation is a generator. It yields a `Need` (bytes to send, and until when to
wait) and is sent an `Event` (what came, and what time it is); `session` joins it to a transport.
"""

import hashlib
from collections.abc import Collection, Generator
from typing import NamedTuple, TypeVar

from pipeline.upload.error import UploadError
from pipeline.upload.frames import Frame, Parser, encode
from pipeline.upload.protocol import LARGEST_ANSWER, Code, Kind, refusal

MIB = 1 << 20


class Limits(NamedTuple):
    """How long to wait and how much to send at once; times in seconds.

    Attributes:
        hello_s: Until a device has to have said what it is.
        answer_s: Until it has to have answered any other request.
        stall_s: An upload that has not come further for so long has failed.
        show_s: Until the panel has to show the picture; e-paper is slow.
        hash_s, hash_s_per_mib: Until it has to have hashed what it stored.
        slowest: Bytes a second; all in all an upload may take `stall_s`, the time at this rate, and
            the hash's.
        resend_s: A request without an answer is sent again.
        wait_s: The same after the device has asked for patience.
        window: Most frames that are under way, if the device takes as many.
        frame: Most bytes of a picture in one frame, if the device takes as many.
        rounds: How often a device may ask for bytes again after it had all, or lose its upload,
            without coming further.
    """

    hello_s: float = 5.0
    answer_s: float = 10.0
    stall_s: float = 10.0
    show_s: float = 60.0
    hash_s: float = 5.0
    hash_s_per_mib: float = 20.0
    slowest: int = 100
    resend_s: float = 0.25
    wait_s: float = 2.0
    window: int = 16
    frame: int = 1024
    rounds: int = 8

    def hashing_s(self, size: int) -> float:
        """How long a device may take to hash so many bytes."""
        return self.hash_s + self.hash_s_per_mib * size / MIB

    def upload_s(self, size: int) -> float:
        """How long an upload of so many bytes may take, all in all."""
        return self.stall_s + size / self.slowest + self.hashing_s(size)


class Need(NamedTuple):
    """What a conversation wants: `send` these bytes, then wait for some until the time `until`."""

    send: bytes
    until: float


class Event(NamedTuple):
    """What came (b"" when nothing did in time), and the time now."""

    now: float
    data: bytes


T = TypeVar("T")
Talk = Generator[Need, Event, T]


class Link:
    """Tags, frames and the time, shared by the steps of a conversation."""

    def __init__(self, limits: Limits, now: float) -> None:
        self.limits = limits
        self.now = now
        self._parser = Parser(LARGEST_ANSWER)
        self._tag = 0

    def frame(self, kind: Kind, body: bytes) -> tuple[int, bytes]:
        """A fresh tag, and the frame that carries it."""
        self._tag = self._tag % 255 + 1
        return self._tag, encode(Frame(kind, self._tag, body))

    def wait(self, send: bytes, until: float) -> Talk[list[Frame]]:
        """Send, wait, and give the whole frames that came."""
        event = yield Need(send, until)
        self.now = event.now
        return [frame for frame in self._parser.feed(event.data) if frame is not None]


def is_damage(frame: Frame) -> bool:
    """Whether the device says that something arrived damaged."""
    return frame.kind == Kind.ERROR and frame.tag == 0 and frame.body == bytes([Code.DAMAGED])


def request(
    link: Link, kind: Kind, body: bytes, answers: Collection[Kind], most_s: float
) -> Talk[Frame]:
    """Ask until there is an answer.

    Raises:
        Refused: The device says why not.
        UploadError: There was no answer in `most_s` seconds.
    """
    tag, out = link.frame(kind, body)
    deadline, again, send = link.now + most_s, link.now + link.limits.resend_s, out
    while link.now < deadline:
        frames = yield from link.wait(send, min(deadline, again))
        for frame in frames:
            if frame.tag == tag and frame.kind in answers:
                return frame
            if frame.tag == tag and frame.kind == Kind.ERROR and len(frame.body) == 1:
                raise refusal(frame.body[0])
            if frame.tag == tag and frame.kind == Kind.WAIT:
                again = link.now + link.limits.wait_s
        send = out if link.now >= again else b""
        if send:
            again = link.now + link.limits.resend_s
    raise silence(kind, most_s)


def silence(kind: Kind, most_s: float) -> UploadError:
    """That a device did not answer."""
    if kind == Kind.HELLO:
        hint = "is it the right port and baud rate, and does its firmware run the receiver?"
        return UploadError(f"no device answered in {most_s:g} s", hint)
    words = f"the device did not answer {kind.name} in {most_s:g} s"
    return UploadError(words, "is it still connected and powered?")


def digest(data: bytes) -> bytes:
    """What a device computes of the bytes that it stored."""
    return hashlib.sha256(data).digest()
