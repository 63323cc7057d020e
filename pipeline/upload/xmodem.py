"""XMODEM-1K and YMODEM batch, the sender's side.

Chuck Forsberg, "XMODEM/YMODEM Protocol Reference" (1988). Receivers differ: U-Boot asks for a block
again with `C` instead of NAK, lrzsz answers the end only after a second of silence, and some do not
answer it at all. So any of `C` and NAK asks again, and the end may stay unconfirmed.
"""

import binascii
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.upload.error import UploadError
from pipeline.upload.exchange import Arrived, Exchange, Read, Write, now, purge

SOH, STX, EOT, ACK, NAK, CAN, CRC = b"\x01", b"\x02", b"\x04", b"\x06", b"\x15", b"\x18", b"C"
SHORT, LONG = 128, 1024
PADDING = b"\x1a"
CANCEL = CAN * 8 + b"\x08" * 8
"""Eight times CAN; the backspaces wipe them from the prompt of a receiver that is a shell."""


class Limits(NamedTuple):
    """How long to wait, and how often to try.

    Attributes:
        start_s: For a receiver to ask for the first block.
        answer_s: For the answer to a block; receivers ask again after 10 s, so longer than that.
        end_s: For the answer to the end of a file.
        retries: How often one block is sent again because the receiver asked for it.
        silences: How often one block may stay without an answer.
        ends: How often the end is sent.
    """

    start_s: float = 60
    answer_s: float = 15
    end_s: float = 3
    retries: int = 10
    silences: int = 3
    ends: int = 5


class File(NamedTuple):
    """One file of a YMODEM batch."""

    name: str
    data: bytes


def xmodem(data: bytes, limits: Limits) -> Exchange[bool]:
    """Send one file by XMODEM: blocks of 1024 bytes with CRC, or of 128 where a sum is asked for.

    The last block is filled up with 0x1A, so the receiver has to know the length.

    Returns:
        Whether the receiver confirmed the end. It had acknowledged every block.

    Raises:
        UploadError: The receiver did not begin, cancelled, or did not take a block.
    """
    try:
        asked = yield from _asked(limits)
        yield from _blocks(data, limits, with_crc=asked == CRC, before=0)
        return (yield from _end(limits))
    except (KeyboardInterrupt, UploadError):
        yield Write(CANCEL)
        raise


def ymodem(files: Sequence[File], limits: Limits) -> Exchange[bool]:
    """Send files by YMODEM batch: each with its name and length.

    Returns:
        Whether the receiver confirmed the end of all files and of the batch.

    Raises:
        UploadError: The receiver did not begin, cancelled, or did not take a block.
    """
    try:
        sent, confirmed = 0, True
        for file in files:
            yield from _header(header(file), limits)
            yield from _asked(limits)
            yield from _blocks(file.data, limits, with_crc=True, before=sent)
            confirmed &= yield from _end(limits)
            sent += len(file.data)
        yield from _header(bytes(SHORT), limits)
    except (KeyboardInterrupt, UploadError):
        yield Write(CANCEL)
        raise
    return confirmed


def header(file: File) -> bytes:
    """The content of block 0: name, NUL, length in decimal digits; zeros to the end of the block.

    Raises:
        ValueError: The name is not of ASCII, or longer than the block.
    """
    content = b"%s\0%d" % (file.name.encode("ascii"), len(file.data))
    if len(content) >= LONG:
        raise ValueError(f"a name of {len(file.name)} characters is too long for YMODEM")
    return content.ljust(SHORT if len(content) < SHORT else LONG, b"\0")


def block(number: int, content: bytes, *, with_crc: bool) -> bytes:
    """A block of 128 or 1024 bytes with its number, and CRC-16/XMODEM or the sum of its bytes."""
    number &= 0xFF
    check = (
        binascii.crc_hqx(content, 0).to_bytes(2, "big")
        if with_crc
        else bytes([sum(content) & 0xFF])
    )
    start = STX if len(content) == LONG else SOH
    return start + bytes([number, 0xFF - number]) + content + check


def _header(content: bytes, limits: Limits) -> Exchange[None]:
    """Block 0, for which a receiver asks anew before each file."""
    asked = yield from _asked(limits)
    if asked != CRC:
        raise UploadError("the receiver asks for XMODEM, not YMODEM", "try --protocol xmodem")
    yield from _taken(block(0, content, with_crc=True), limits, "the name")


def _blocks(data: bytes, limits: Limits, *, with_crc: bool, before: int) -> Exchange[None]:
    """All blocks of a file; `before` bytes of other files have been sent."""
    place, number = 0, 1
    while place < len(data):
        size = LONG if with_crc and len(data) - place > SHORT else SHORT
        content = data[place : place + size].ljust(size, PADDING)
        yield from _taken(block(number, content, with_crc=with_crc), limits, f"block {number}")
        place, number = min(place + size, len(data)), number + 1
        yield Arrived(before + place)


def _asked(limits: Limits) -> Exchange[bytes]:
    """Wait until the receiver asks for the first block: with `C` for CRC, with NAK for a sum."""
    answer = yield from _answer(CRC + NAK, limits.start_s)
    if not answer:
        hint = "start the receiver first, for example `rb`, `rx FILE` or U-Boot's `loady`"
        raise UploadError(f"no receiver asked for a file within {limits.start_s:g} s", hint)
    return answer


def _taken(frame: bytes, limits: Limits, name: str) -> Exchange[None]:
    """Send a block until the receiver acknowledges it."""
    refused = silent = 0
    while refused <= limits.retries and silent < limits.silences:
        yield from purge()  # an old `C` or ACK is no answer to this block
        yield Write(frame)
        answer = yield from _answer(ACK + NAK + CRC, limits.answer_s)
        if answer == ACK:
            return
        refused, silent = (refused + 1, silent) if answer else (refused, silent + 1)
    if silent == limits.silences:
        hint = "is it still there, and receiving?"
        raise UploadError(f"the receiver does not answer {name}", hint)
    hint = "the line is noisy: try a lower --baud, a shorter cable or --retries"
    raise UploadError(f"the receiver refused {name} {refused} times", hint)


def _end(limits: Limits) -> Exchange[bool]:
    """Send the end of a file; receivers may refuse the first one, to be sure."""
    for _ in range(limits.ends):
        yield Write(EOT)
        if (yield from _answer(ACK + NAK, limits.end_s)) == ACK:
            return True
    return False


def _answer(known: bytes, within_s: float) -> Exchange[bytes]:
    """The first byte that is one of `known`, or nothing; whatever else comes is noise.

    Raises:
        UploadError: The receiver cancels: two CAN in a row.
    """
    deadline = (yield from now()) + within_s
    last = b""
    while (left := deadline - (yield from now())) > 0:
        byte = (yield Read(1, left)).data
        if byte == CAN == last:
            raise UploadError("the receiver cancelled", "is its storage full, or its time up?")
        if byte and byte in known:
            return byte
        last = byte
    return b""
