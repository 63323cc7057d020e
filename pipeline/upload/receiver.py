"""The device's side of the protocol in Python, as the simulator runs it; twin of the C receiver."""

import zlib
from collections.abc import Callable, Sequence

from pipeline.upload.frames import OVERHEAD, SMALLEST, Frame, Parser, encode
from pipeline.upload.link import digest
from pipeline.upload.protocol import (
    ANYWHERE,
    BEGIN,
    DIGEST,
    INFO,
    PROBE,
    STORED,
    WANT,
    Code,
    Kind,
    Panel,
    hello_body,
)

RECORD = 48
"""Bytes behind the picture in each slot: which whole picture it holds."""

_MAGIC = b"BPR1"
_NOTED = 40  # magic, size and digest; their CRC-32 follows
_EXACT = {
    Kind.HELLO: 5,
    Kind.BEGIN: BEGIN.size,
    Kind.END: 4,
    Kind.PROBE: PROBE.size,
    Kind.SHOW: 1,
    Kind.INFO: 1,
    Kind.ERASE: 1,
}
_NOTHING = (Frame(0, 0, b""), b"")


def storage(panel: Panel) -> list[bytearray]:
    """Empty slots for a panel; they outlive the receiver as flash outlives a reset."""
    return [bytearray(panel.capacity + RECORD) for _ in range(panel.slots)]


class _No(Exception):
    def __init__(self, code: Code) -> None:
        self.code = code


class Receiver:
    """A device that has just been switched on."""

    def __init__(
        self, panel: Panel, slots: Sequence[bytearray], show: Callable[[bytes], None]
    ) -> None:
        """`show` is given the bytes of a picture; an OSError from it means that it failed."""
        self._panel, self._slots, self._show = panel, slots, show
        largest = panel.frame + OVERHEAD
        self._parser = Parser(largest + largest // 254 + 1)
        self._key: int | None = None
        self._slot = self._total = self._wanted = 0
        self._digest = b""
        self._last = _NOTHING  # the last slow request and its answer
        self._slow = False  # whether the answer at hand follows a WAIT

    def feed(self, data: bytes) -> bytes:
        """What the device answers to bytes from the line."""
        return b"".join(map(self._answer, self._parser.feed(data)))

    def _answer(self, frame: Frame | None) -> bytes:
        if frame is None or len(frame.body) > self._panel.frame + OVERHEAD - SMALLEST:
            return encode(Frame(Kind.ERROR, 0, bytes([Code.DAMAGED])))
        if frame == self._last[0]:
            return self._last[1]  # asked again because the answer was lost: not done twice
        self._last, self._slow = _NOTHING, False
        try:
            kind, body = self._do(frame)
        except _No as no:
            kind, body = Kind.ERROR, bytes([no.code])
        out = encode(Frame(kind, frame.tag, body))
        if not self._slow:
            return out
        self._last = (frame, out) if kind != Kind.ERROR else _NOTHING
        return encode(Frame(Kind.WAIT, frame.tag, b"")) + out

    def _do(self, frame: Frame) -> tuple[Kind, bytes]:
        known = frame.kind in _EXACT or frame.kind == Kind.WRITE
        if not known:
            raise _No(Code.UNKNOWN)
        body = frame.body
        if len(body) != _EXACT.get(Kind(frame.kind), max(len(body), WANT.size + 1)):
            raise _No(Code.BODY)
        does = {
            Kind.HELLO: self._hello,
            Kind.BEGIN: self._begin,
            Kind.WRITE: self._write,
            Kind.END: self._end,
            Kind.PROBE: self._probe,
            Kind.SHOW: self._show_slot,
            Kind.INFO: self._info,
            Kind.ERASE: self._erase,
        }
        return does[Kind(frame.kind)](body)

    def _hello(self, body: bytes) -> tuple[Kind, bytes]:
        return Kind.IS, hello_body(int.from_bytes(body[:4], "little"), self._panel)

    def _want(self) -> tuple[Kind, bytes]:
        return Kind.WANT, WANT.pack(self._key, self._wanted)

    def _check_slot(self, slot: int) -> bytearray:
        if slot >= self._panel.slots:
            raise _No(Code.SLOT)
        return self._slots[slot]

    def _begin(self, body: bytes) -> tuple[Kind, bytes]:
        key, slot, total, start, wanted_digest = BEGIN.unpack(body)
        held = self._check_slot(slot)
        if not 0 < total <= self._panel.capacity:
            raise _No(Code.SIZE)
        if start != ANYWHERE and (start > total or start % self._panel.page):
            raise _No(Code.OFFSET)
        record = self._record(slot)
        same = (slot, total, wanted_digest) == (self._slot, self._total, self._digest)
        if self._key is None or not same:
            self._wanted = total if record == (total, wanted_digest) else 0
        self._key, self._slot, self._total, self._digest = key, slot, total, wanted_digest
        self._wanted = self._wanted if start == ANYWHERE else start
        if self._wanted < total and record is not None:
            held[self._panel.capacity :] = bytes(RECORD)
        return self._want()

    def _check_key(self, body: bytes) -> None:
        if self._key != int.from_bytes(body[:4], "little"):
            raise _No(Code.KEY)

    def _write(self, body: bytes) -> tuple[Kind, bytes]:
        self._check_key(body)
        offset, data = WANT.unpack_from(body)[1], body[WANT.size :]
        page = self._panel.page
        if len(data) > self._total - self._wanted or offset != self._wanted:
            return self._want()
        if page > 1 and offset // page != (offset + len(data) - 1) // page:
            raise _No(Code.OFFSET)
        self._slots[self._slot][offset : offset + len(data)] = data
        self._wanted += len(data)
        return self._want()

    def _end(self, body: bytes) -> tuple[Kind, bytes]:
        self._check_key(body)
        if self._wanted < self._total:
            return self._want()
        held, self._slow = self._slots[self._slot], True
        if digest(bytes(held[: self._total])) != self._digest:
            self._wanted = 0
            held[self._panel.capacity :] = bytes(RECORD)
            raise _No(Code.HASH)
        noted = _MAGIC + self._total.to_bytes(4, "little") + self._digest
        record = noted + zlib.crc32(noted).to_bytes(4, "little")
        held[self._panel.capacity :] = record.ljust(RECORD, b"\0")
        return Kind.STORED, STORED.pack(self._key, self._digest)

    def _probe(self, body: bytes) -> tuple[Kind, bytes]:
        slot, size = PROBE.unpack(body)
        held = self._check_slot(slot)
        if size > self._panel.capacity:
            raise _No(Code.SIZE)
        self._slow = True
        return Kind.DIGEST, DIGEST.pack(slot, size, digest(bytes(held[:size])))

    def _record(self, slot: int) -> tuple[int, bytes] | None:
        """Size and digest of the whole picture in a slot, or None."""
        record = bytes(self._slots[slot][self._panel.capacity :])
        total, noted = int.from_bytes(record[4:8], "little"), record[:_NOTED]
        check = int.from_bytes(record[_NOTED : _NOTED + 4], "little")
        whole = noted.startswith(_MAGIC) and 0 < total <= self._panel.capacity
        return (total, noted[8:]) if whole and check == zlib.crc32(noted) else None

    def _show_slot(self, body: bytes) -> tuple[Kind, bytes]:
        held = self._check_slot(body[0])
        record = self._record(body[0])
        if record is None:
            raise _No(Code.EMPTY)
        self._slow = True
        try:
            self._show(bytes(held[: record[0]]))
        except OSError:
            raise _No(Code.SHOW) from None
        return Kind.SHOWN, body

    def _info(self, body: bytes) -> tuple[Kind, bytes]:
        self._check_slot(body[0])
        total, known = self._record(body[0]) or (0, bytes(32))
        return Kind.HOLDS, INFO.pack(body[0], bool(total), total, known)

    def _erase(self, body: bytes) -> tuple[Kind, bytes]:
        held, self._slow = self._check_slot(body[0]), True
        held[self._panel.capacity :] = bytes(RECORD)
        if body[0] == self._slot:
            self._key = None
        return Kind.ERASED, body
