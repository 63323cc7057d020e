"""The upload protocol's messages: numbers, bodies and words; `docs/protocol.md` defines them."""

import struct
from enum import IntEnum
from typing import NamedTuple

from pipeline.upload.error import Refused, UploadError

VERSION = 1

ANYWHERE = 0xFFFFFFFF
"""In BEGIN: go on wherever the device is."""

MAX_TEXT = 40
"""Longest name or format of a panel."""

LARGEST_ANSWER = 160
"""More than any answer has on the line."""

BEGIN = struct.Struct("<IBII32s")
HELLO = struct.Struct("<IBBBHHHII")
WANT = struct.Struct("<II")
STORED = struct.Struct("<I32s")
PROBE = struct.Struct("<BI")
DIGEST = struct.Struct("<BI32s")
INFO = struct.Struct("<BBI32s")
MIN_FRAME = 128


class Kind(IntEnum):
    """Types of frames; an answer's is above 0x80."""

    HELLO = 0x01
    BEGIN = 0x02
    WRITE = 0x03
    END = 0x04
    PROBE = 0x05
    SHOW = 0x06
    INFO = 0x07
    ERASE = 0x08
    IS = 0x81
    WANT = 0x82
    STORED = 0x84
    DIGEST = 0x85
    SHOWN = 0x86
    HOLDS = 0x87
    ERASED = 0x88
    WAIT = 0xFE
    ERROR = 0xFF


class Code(IntEnum):
    """Why a device refuses."""

    DAMAGED = 1
    UNKNOWN = 2
    BODY = 3
    SLOT = 4
    SIZE = 5
    KEY = 6
    OFFSET = 7
    HASH = 8
    STORE = 9
    EMPTY = 10
    SHOW = 11


WORDS = {
    Code.DAMAGED: ("a frame arrived damaged", "check the cable and the baud rate"),
    Code.UNKNOWN: ("does not know the request", "update the receiver in its firmware"),
    Code.BODY: ("finds the request too short or too long", "update the receiver in its firmware"),
    Code.SLOT: ("has no such slot", "`--list` shows its slots"),
    Code.SIZE: ("has no room for a picture of this size", "build it for this panel"),
    Code.KEY: ("knows nothing of this upload", "is another program talking to it?"),
    Code.OFFSET: ("cannot go on from there", "update the receiver in its firmware"),
    Code.HASH: (
        "stored other bytes than were sent",
        "its memory or the driver that writes it is at fault",
    ),
    Code.STORE: ("could not store or read the picture", "is its memory full or worn out?"),
    Code.EMPTY: ("has no whole picture in this slot", "upload one first"),
    Code.SHOW: ("could not show the picture", "is the panel connected?"),
}
"""What a code says about the device, and what to do."""


class Panel(NamedTuple):
    """What a device says of itself.

    Attributes:
        name: Name of its target.
        layout: `Layout.describe()` of the bytes it wants.
        width, height: Pixels.
        capacity: Most bytes of a picture.
        frame: Most bytes of a picture in one frame.
        window: Frames that it can take before it has answered the first.
        slots: Pictures that it can keep.
        page: An upload can be resumed after a reset at multiples of this.
        version: Of the protocol.
    """

    name: str
    layout: str
    width: int
    height: int
    capacity: int
    frame: int
    window: int = 1
    slots: int = 1
    page: int = 1
    version: int = VERSION


def hello_body(nonce: int, panel: Panel) -> bytes:
    """What a device answers to HELLO."""
    fixed = HELLO.pack(nonce, panel.version, panel.window, panel.slots, *_sizes(panel))
    texts = [text.encode("ascii") for text in (panel.name, panel.layout)]
    return fixed + b"".join(bytes([len(text)]) + text for text in texts)


def _sizes(panel: Panel) -> tuple[int, int, int, int, int]:
    return panel.frame, panel.width, panel.height, panel.page, panel.capacity


def read_hello(body: bytes, nonce: int) -> Panel | None:
    """The panel that answered HELLO with this nonce; None when it is no such answer.

    Raises:
        UploadError: The device speaks another version.
    """
    if len(body) < HELLO.size or HELLO.unpack_from(body)[0] != nonce:
        return None
    _, version, window, slots, frame, width, height, page, capacity = HELLO.unpack_from(body)
    if version != VERSION:
        hint = "update bitplane" if version > VERSION else "update the receiver in its firmware"
        raise UploadError(f"the device speaks version {version} of the protocol", hint)
    texts = _texts(body[HELLO.size :])
    if texts is None or not all((window, slots, page, capacity)) or frame < MIN_FRAME:
        return None
    return Panel(*texts, width, height, capacity, frame, window, slots, page)


def _texts(rest: bytes) -> tuple[str, str] | None:
    """Two texts, each after its length, and nothing more."""
    first = rest[1 : 1 + rest[0]] if rest else b""
    second = rest[1 + len(first) :]
    if not rest or len(first) != rest[0] or not second or len(second) != 1 + second[0]:
        return None
    texts = first, second[1:]
    if any(len(text) > MAX_TEXT or not all(32 <= b < 127 for b in text) for text in texts):
        return None
    return texts[0].decode("ascii"), texts[1].decode("ascii")


def refusal(code: int) -> Refused:
    """The error that a device's code stands for."""
    if code not in WORDS:
        return Refused(code, f"the device refuses, with code {code}", "update bitplane")
    words, hint = WORDS[Code(code)]
    return Refused(code, f"the device {words}" if code != Code.DAMAGED else words, hint)
