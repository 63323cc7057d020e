"""Frames: COBS and CRC-32 round short messages, so that any damage is noticed.

COBS: S. Cheshire and M. Baker, Consistent Overhead Byte Stuffing, IEEE/ACM Transactions on
Networking 7(2), 1999. The CRC is that of zlib. `docs/protocol.md` shows the bytes.
"""

import zlib
from typing import NamedTuple

SMALLEST = 6
"""Type, tag and CRC of a frame without a body."""

OVERHEAD = 14
"""Bytes that a WRITE has beside its data: type, tag, key, offset, CRC."""

_RUN = 254
"""Longest run of bytes without a zero that one COBS code covers."""


class Frame(NamedTuple):
    """One message.

    Attributes:
        kind: A number of `protocol.Kind`, or any byte that came.
        tag: Chosen by who asks and repeated in the answer; 0 when nobody asked.
        body: The rest.
    """

    kind: int
    tag: int
    body: bytes


def stuff(data: bytes) -> bytes:
    """The bytes without zeros, by COBS; the result of n bytes has at most n + n // 254 + 1."""
    out = bytearray()
    for part in data.split(b"\0"):
        start = 0
        while len(part) - start >= _RUN:
            out.append(_RUN + 1)
            out += part[start : start + _RUN]
            start += _RUN
        out.append(len(part) - start + 1)
        out += part[start:]
    return bytes(out)


def unstuff(data: bytes) -> bytes | None:
    """The reverse of `stuff`; None when no bytes can have given `data`."""
    out = bytearray()
    place = 0
    while place < len(data):
        code = data[place]
        part = data[place + 1 : place + code]
        if code == 0 or len(part) != code - 1 or 0 in part:
            return None
        out += part
        place += code
        if code <= _RUN and place < len(data):
            out.append(0)
    return bytes(out)


def encode(frame: Frame) -> bytes:
    """The frame as it goes over the line, with a delimiter before and after it."""
    plain = bytes((frame.kind, frame.tag)) + frame.body
    return b"\0" + stuff(plain + zlib.crc32(plain).to_bytes(4, "little")) + b"\0"


def decode(stuffed: bytes) -> Frame | None:
    """The frame between two delimiters; None when it is damaged."""
    data = unstuff(stuffed)
    if data is None or len(data) < SMALLEST:
        return None
    plain, check = data[:-4], data[-4:]
    if zlib.crc32(plain) != int.from_bytes(check, "little"):
        return None
    return Frame(plain[0], plain[1], plain[2:])


class Parser:
    """Frames out of a stream that may hold anything; keeps no more than one frame."""

    def __init__(self, largest: int) -> None:
        """`largest` is the most bytes between two delimiters that can be a frame."""
        self._largest = largest
        self._held = bytearray()
        self._long = False

    def feed(self, data: bytes) -> list[Frame | None]:
        """The frames that `data` completes, in order; None stands for a damaged one."""
        *ended, rest = data.split(b"\0")
        frames: list[Frame | None] = []
        for part in ended:
            self._keep(part)
            if self._held or self._long:
                frames.append(None if self._long else decode(bytes(self._held)))
            self._held.clear()
            self._long = False
        self._keep(rest)
        return frames

    def _keep(self, part: bytes) -> None:
        self._long = self._long or len(self._held) + len(part) > self._largest
        if self._long:
            self._held.clear()
        else:
            self._held += part
