"""The sender of a picture, with no I/O: it writes what the device asks for until that has it all.

The device always says which byte it wants next. A lost frame, a doubled one, a new start after
an interruption and a device that was reset are one case: go on from there.
"""

from collections.abc import Callable
from typing import NamedTuple

from pipeline.upload.error import Refused, UploadError
from pipeline.upload.frames import Frame
from pipeline.upload.link import Link, Talk, digest, is_damage, request, silence
from pipeline.upload.protocol import (
    ANYWHERE,
    BEGIN,
    DIGEST,
    PROBE,
    STORED,
    WANT,
    Code,
    Kind,
    Panel,
    read_hello,
    refusal,
)

_LEAST = 32
"""Fewest bytes in a frame on a line that loses most of the larger ones."""

_TRY = "run it again: it goes on where it stopped; if it keeps stopping, check cable and baud rate"

Progress = Callable[[int, int], None]
"""Told how many bytes the device has, and how many there are."""


class Result(NamedTuple):
    """What an upload came to.

    Attributes:
        size: Bytes of the picture.
        kept: How many of them the device already had at the start.
        sent: How many went over the line, repeats included.
        digest: SHA-256 of what is stored, as the device computed it.
    """

    size: int
    kept: int
    sent: int
    digest: bytes


def hello(link: Link, nonce: int) -> Talk[Panel]:
    """Find out what is at the other end; whatever came before the answer is dropped.

    Raises:
        UploadError: Nothing that speaks this protocol answered in `limits.hello_s`.
    """
    deadline = link.now + link.limits.hello_s
    while link.now < deadline:
        _, out = link.frame(Kind.HELLO, nonce.to_bytes(4, "little") + bytes([1]))
        again = min(deadline, link.now + link.limits.resend_s)
        while link.now < again:
            frames = yield from link.wait(out, again)
            out = b""
            for frame in frames:
                panel = read_hello(frame.body, nonce) if frame.kind == Kind.IS else None
                if panel is not None:
                    return panel
    raise silence(Kind.HELLO, link.limits.hello_s)


class Sender:
    """One upload: the picture, where it goes, and how far it is."""

    def __init__(self, link: Link, panel: Panel, data: bytes, slot: int, key: int) -> None:
        """`key` is a fresh random number that names this upload in every frame."""
        self._link, self._panel, self._data = link, panel, data
        self._slot, self._key = slot, key
        self._digest = digest(data)
        self._acked = 0  # the device has all before
        self._next = 0  # first byte not under way
        self._best = 0
        self._sent = 0
        self._fresh: dict[int, int] = {}  # offsets sent since the last step back, by tag
        self._sent_at: dict[int, float] = {}  # by tag
        self._patience_s = link.limits.resend_s  # grows on a slow line
        self._part = self._most = min(panel.frame, link.limits.frame)  # bytes of a frame
        self._window = 1  # frames that may be under way: as many as have come through at once
        self._answered = True  # whether one of those was answered
        self._mended = False  # a hash may differ once: what was kept from before had decayed
        self._resend_at = self._stalled_at = self._late_at = link.now
        self.progress: Progress = lambda _done, _total: None

    def run(self) -> Talk[Result]:
        """Send what the device lacks, and have it hash what it stored.

        Raises:
            UploadError: It cannot be done, or not in the time of the limits.
        """
        limits = self._link.limits
        self._late_at = self._link.now + limits.upload_s(len(self._data))
        kept = yield from self._begin()
        self._to(kept)
        rounds, before = 0, kept
        while rounds < limits.rounds:
            stored = yield from self._round()
            if stored is not None:
                return Result(len(self._data), kept, self._sent, stored)
            rounds = 0 if self._best > before else rounds + 1
            before = self._best
        raise UploadError("the device asks for the same bytes again and again", _TRY)

    def _round(self) -> Talk[bytes | None]:
        """Write to the end and ask for the hash; None when the device wants something again."""
        try:
            yield from self._write()
            return (yield from self._end())
        except Refused as refused:
            was_reset, rotten = refused.code == Code.KEY, refused.code == Code.HASH
            if not was_reset and (self._mended or not rotten):
                raise
            self._mended = self._mended or rotten
        self._to((yield from self._begin()))
        return None

    def _begin(self) -> Talk[int]:
        """Open the upload; where to go on."""
        at = yield from self._open(ANYWHERE)
        if at:
            return at
        kept = yield from self._prefix()
        return (yield from self._open(kept)) if kept else 0

    def _open(self, start: int) -> Talk[int]:
        body = BEGIN.pack(self._key, self._slot, len(self._data), start, self._digest)
        answer = yield from self._ask(Kind.BEGIN, body, Kind.WANT)
        return self._wanted(answer)

    def _wanted(self, frame: Frame) -> int:
        """The offset in a WANT of ours."""
        if len(frame.body) == WANT.size:
            key, offset = WANT.unpack(frame.body)
            if key == self._key and offset <= len(self._data):
                return int(offset)
        raise _nonsense(frame)

    def _ask(self, kind: Kind, body: bytes, *answers: Kind) -> Talk[Frame]:
        limits = self._link.limits
        hashes = kind in {Kind.END, Kind.PROBE}
        most_s = limits.hashing_s(len(self._data)) if hashes else limits.answer_s
        most_s = min(most_s, self._late_at - self._link.now)
        return (yield from request(self._link, kind, body, answers, most_s))

    def _prefix(self) -> Talk[int]:
        """How many bytes of the picture are in the slot from before a reset, in whole pages."""
        page = self._panel.page
        unit = page * -(-self._panel.frame // page)
        low, high = 0, len(self._data) // unit
        middle = min(1, high)  # nearly always the answer is "none": ask for that first
        while low < high:
            if (yield from self._holds(middle * unit)):
                low = middle
            else:
                high = middle - 1
            middle = (low + high + 1) // 2
        return low * unit

    def _holds(self, size: int) -> Talk[bool]:
        """Whether the slot begins with so many bytes of the picture."""
        try:
            body = PROBE.pack(self._slot, size)
            answer = yield from self._ask(Kind.PROBE, body, Kind.DIGEST)
        except Refused:
            return False
        return answer.body == DIGEST.pack(self._slot, size, digest(self._data[:size]))

    def _to(self, offset: int) -> None:
        """The device wants this byte next, and nothing is under way."""
        self._acked, self._best = offset, max(self._best, offset)
        self._stalled_at = self._link.now + self._link.limits.stall_s
        self._back()

    def _back(self) -> None:
        """Send again from the first byte that the device lacks."""
        self._next = self._acked
        self._fresh.clear()
        self._answered = False
        self._resend_at = self._link.now + self._patience_s

    def _write(self) -> Talk[None]:
        """Send until the device has everything."""
        while self._acked < len(self._data):
            self._check_time()
            send = self._fill()
            until = min(self._resend_at, self._stalled_at, self._late_at)
            for frame in (yield from self._link.wait(send, until)):
                self._take(frame)
            if self._link.now >= self._resend_at:
                self._be_careful()

    def _be_careful(self) -> None:
        """Nothing came back: send less, wait longer."""
        self._patience_s = min(2 * self._patience_s, self._link.limits.stall_s / 8)
        self._window = 1
        self._part = max(_LEAST, self._part // 2)
        self._back()

    def _check_time(self) -> None:
        limits = self._link.limits
        if self._link.now >= self._stalled_at:
            words = f"the upload stopped after {self._acked} of {len(self._data)} bytes"
            raise UploadError(f"{words}: no progress for {limits.stall_s:g} s", _TRY)
        if self._link.now >= self._late_at:
            limit = limits.upload_s(len(self._data))
            raise UploadError(f"the upload took longer than {limit:g} s", _TRY)

    def _fill(self) -> bytes:
        """As many frames as the window has room for."""
        out = bytearray()
        while self._next < len(self._data) and len(self._fresh) < self._window:
            part = self._data[self._next : self._next + self._chunk()]
            body = WANT.pack(self._key, self._next) + part
            tag, frame = self._link.frame(Kind.WRITE, body)
            self._fresh[tag] = self._next
            self._sent_at[tag] = self._link.now
            self._next += len(part)
            self._sent += len(part)
            out += frame
        return bytes(out)

    def _chunk(self) -> int:
        """Bytes of the next frame: no frame crosses the border of a page."""
        page = self._panel.page
        return self._part if page == 1 else min(self._part, page - self._next % page)

    def _take(self, frame: Frame) -> None:
        """Note one answer."""
        if frame.kind == Kind.WANT and frame.tag in self._sent_at:
            took_s = self._link.now - self._sent_at.pop(frame.tag)
            longest_s = self._link.limits.stall_s / 2
            self._patience_s = min(max(self._link.limits.resend_s, 2 * took_s), longest_s)
        if is_damage(frame):
            if self._answered:
                self._back()
        elif frame.tag in self._fresh:
            if frame.kind == Kind.ERROR and len(frame.body) == 1:
                raise refusal(frame.body[0])
            self._answered = True
            self._want(frame, self._fresh.pop(frame.tag))
        elif frame.kind == Kind.WANT:
            self._want_late(frame)

    def _want(self, frame: Frame, sent: int) -> None:
        """The answer to a frame under way, which held the bytes from `sent` on."""
        offset = self._wanted(frame) if frame.kind == Kind.WANT else 0
        if not self._advance(offset) and sent >= offset:
            self._back()  # a frame before this one was lost

    def _want_late(self, frame: Frame) -> None:
        """An answer from before the last step back: what it says of the device still holds."""
        if len(frame.body) == WANT.size and WANT.unpack(frame.body)[0] == self._key:
            self._advance(WANT.unpack(frame.body)[1])

    def _advance(self, offset: int) -> bool:
        """Whether the device has come further."""
        if not self._acked < offset <= min(self._best + self._ahead(), len(self._data)):
            return False
        self._acked = offset
        self._window = min(self._window + 1, self._panel.window, self._link.limits.window)
        self._part = min(2 * self._part, self._most)
        self._next = max(self._next, offset)
        self._resend_at = self._link.now + self._patience_s
        if offset > self._best:
            self._best = offset
            self._stalled_at = self._link.now + self._link.limits.stall_s
        self.progress(offset, len(self._data))
        return True

    def _ahead(self) -> int:
        """How far beyond the best answer a device can be: what was under way at most."""
        return self._panel.window * self._panel.frame

    def _end(self) -> Talk[bytes | None]:
        """The device's hash of what it stored; None when it wants more bytes first."""
        answer = yield from self._ask(
            Kind.END, self._key.to_bytes(4, "little"), Kind.STORED, Kind.WANT
        )
        if answer.kind == Kind.WANT:
            self._to(self._wanted(answer))
            return None
        if answer.body != STORED.pack(self._key, self._digest):
            raise _nonsense(answer)
        return self._digest


def _nonsense(frame: Frame) -> UploadError:
    words = f"the device's answer makes no sense (type {frame.kind:#04x})"
    return UploadError(words, "update the receiver in its firmware, or bitplane")
