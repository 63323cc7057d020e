"""XMODEM and YMODEM: against receivers that check everything, on lines that spoil it."""

import random
from binascii import crc_hqx

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual import Line, Silent

from pipeline.report import Problem, render
from pipeline.upload.error import UploadError
from pipeline.upload.stream import stream
from pipeline.upload.xmodem import (
    ACK,
    CAN,
    CANCEL,
    CRC,
    EOT,
    NAK,
    SOH,
    STX,
    File,
    Limits,
    block,
    header,
    xmodem,
    ymodem,
)

LIMITS = Limits()


class Receiver:
    """A receiver of XMODEM or YMODEM that takes a block only when all of it is right.

    Attributes:
        files: What it has got: name and content, or one without a name.
        again: What it asks for a block again with; U-Boot does it with `C`.
    """

    def __init__(self, *, batch: bool = False, with_crc: bool = True, again: bytes = NAK) -> None:
        self.batch = batch
        self.with_crc = with_crc
        self.again = again
        self.expected = 0 if batch else 1
        self.content = b""
        self.name: bytes | None = None
        self.size = 0
        self.files: list[tuple[bytes, bytes]] = []
        self.cancelled = False
        self.ended = False
        self.refusals = 0
        self.ends_to_refuse = 0

    def begin(self) -> bytes:
        return CRC if self.with_crc else NAK

    def take(self, data: bytes) -> bytes:
        if data.startswith(CAN * 2):
            self.cancelled = True
            return b""
        if data == EOT:
            return self._end()
        if self.refusals:
            self.refusals -= 1
            return self.again
        return self._block(data)

    def _block(self, data: bytes) -> bytes:
        size = {SOH: 128, STX: 1024}.get(data[:1], -1)
        tail = 2 if self.with_crc else 1
        if len(data) != 3 + size + tail or data[1] ^ data[2] != 0xFF:
            return self.again
        content, check = data[3 : 3 + size], int.from_bytes(data[3 + size :], "big")
        if check != (crc_hqx(content, 0) if self.with_crc else sum(content) % 256):
            return self.again
        if data[1] == (self.expected - 1) & 0xFF:
            return ACK  # it has that one already
        if data[1] != self.expected & 0xFF:
            return CAN * 2
        return self._taken(content)

    def _taken(self, content: bytes) -> bytes:
        self.expected += 1
        if not self.batch or self.name is not None:
            self.content += content
            return ACK
        name, _, rest = content.partition(b"\0")
        if not name:
            self.ended = True
            return ACK
        self.name, self.size = name, int(rest.partition(b"\0")[0])
        return ACK + CRC

    def _end(self) -> bytes:
        if self.ends_to_refuse:
            self.ends_to_refuse -= 1
            return NAK
        content = self.content[: self.size] if self.batch else self.content
        self.files.append((self.name or b"", content))
        self.content, self.name, self.expected = b"", None, 0 if self.batch else 1
        return ACK + (CRC if self.batch else b"")


def line_to(receiver: Receiver) -> Line:
    return Line(receiver, [(0.5, receiver.begin())])


@given(data=st.binary(min_size=1, max_size=5000), with_crc=st.booleans())
def test_xmodem_brings_every_byte_and_pads_the_last_block(data: bytes, *, with_crc: bool) -> None:
    receiver = Receiver(with_crc=with_crc)
    line = line_to(receiver)
    assert line.run(xmodem(data, LIMITS)) is True
    ((_, got),) = receiver.files
    assert got[: len(data)] == data
    assert set(got[len(data) :]) <= {0x1A}
    assert len(got) - len(data) < 1024
    assert line.arrived[-1] == len(data)
    assert line.arrived == sorted(line.arrived)


@given(st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=4))
def test_ymodem_brings_every_file_with_its_name_and_length(contents: list[bytes]) -> None:
    receiver = Receiver(batch=True)
    files = [File(f"f{place}.raw", data) for place, data in enumerate(contents)]
    assert line_to(receiver).run(ymodem(files, LIMITS)) is True
    assert receiver.files == [(file.name.encode(), file.data) for file in files]
    assert receiver.ended


@pytest.mark.parametrize("again", [NAK, CRC])
def test_a_block_is_sent_again_whether_nak_or_c_asks_for_it(again: bytes) -> None:
    receiver = Receiver(again=again)
    receiver.refusals = LIMITS.retries
    assert line_to(receiver).run(xmodem(b"x" * 3000, LIMITS)) is True
    assert receiver.files[0][1][:3000] == b"x" * 3000


def test_a_storm_of_naks_ends_and_cancels() -> None:
    receiver = Receiver()
    receiver.refusals = 10**9
    with pytest.raises(UploadError, match="refused block 1 11 times"):
        line_to(receiver).run(xmodem(b"x", LIMITS))
    assert receiver.cancelled


def test_an_end_that_is_refused_once_is_sent_again() -> None:
    receiver = Receiver()
    receiver.ends_to_refuse = 1
    assert line_to(receiver).run(xmodem(b"x", LIMITS)) is True


def test_an_end_that_stays_unanswered_is_told_but_no_failure() -> None:
    receiver = Receiver()
    receiver.ends_to_refuse = 10**9
    assert line_to(receiver).run(xmodem(b"x", LIMITS)) is False


def test_nobody_asking_ends_in_the_stated_time() -> None:
    line = Line(Silent())
    with pytest.raises(UploadError, match="no receiver asked"):
        line.run(xmodem(b"x", LIMITS))
    assert line.now == pytest.approx(LIMITS.start_s)


def test_a_receiver_that_goes_silent_ends_in_the_stated_time() -> None:
    line = Line(Silent(), [(0.0, CRC)])
    with pytest.raises(UploadError, match="does not answer block 1"):
        line.run(xmodem(b"x", LIMITS))
    assert line.now == pytest.approx(LIMITS.silences * LIMITS.answer_s)


def test_a_receiver_that_cancels_is_believed() -> None:
    with pytest.raises(UploadError, match="cancelled"):
        Line(Silent(), [(0.0, CRC), (1.0, CAN * 2)]).run(xmodem(b"x", LIMITS))


def test_one_can_alone_is_noise() -> None:
    receiver = Receiver()
    line = Line(receiver, [(0.0, CAN + b"?" + CAN), (0.1, CRC)])
    assert line.run(xmodem(b"x", LIMITS)) is True


def test_old_requests_are_no_answer_to_a_block() -> None:
    receiver = Receiver()
    line = Line(receiver, [(0.0, CRC * 9)])  # it has been waiting for a while
    assert line.run(xmodem(b"x" * 5000, LIMITS)) is True
    assert len(line.arrived) == 5


def test_a_receiver_of_xmodem_is_no_receiver_of_ymodem() -> None:
    with pytest.raises(UploadError, match="not YMODEM"):
        line_to(Receiver(with_crc=False)).run(ymodem([File("a", b"x")], LIMITS))


@pytest.mark.parametrize("seed", range(40))
def test_noise_on_the_way_there_never_makes_a_false_success(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 (no secret)
    data = dice.randbytes(6000)
    receiver = Receiver()
    line = line_to(receiver)
    rate = 10 ** dice.uniform(-5, -2.5)

    def noise(sent: bytes) -> bytes:
        return bytes(
            byte ^ 1 << dice.randrange(8) if dice.random() < rate else byte for byte in sent
        )

    line.noise = noise
    try:
        line.run(xmodem(data, LIMITS))
    except UploadError:
        return
    assert receiver.files[0][1][: len(data)] == data


@pytest.mark.parametrize("batch", [False, True])
def test_ctrl_c_at_any_step_cancels(*, batch: bool) -> None:
    data = b"x" * 2100
    for place in range(1, 200):
        receiver = Receiver(batch=batch)
        line = line_to(receiver)
        exchange = ymodem([File("a", data)], LIMITS) if batch else xmodem(data, LIMITS)
        try:
            line.run(exchange, interrupt_at=place)
        except KeyboardInterrupt:
            assert receiver.cancelled
            continue
        assert place > 10, "it was interrupted at no step"
        return
    pytest.fail("it never ends")


@settings(max_examples=300)
@given(
    answers=st.lists(st.tuples(st.floats(0, 100), st.binary(min_size=1, max_size=40)), max_size=30),
    batch=st.booleans(),
)
def test_arbitrary_answers_neither_hang_nor_break_it(
    answers: list[tuple[float, bytes]], *, batch: bool
) -> None:
    line = Line(Silent(), sorted(answers))
    exchange = ymodem([File("a", b"x" * 300)], LIMITS) if batch else xmodem(b"x" * 300, LIMITS)
    try:
        line.run(exchange)
    except UploadError as error:
        assert render(Problem(error.words, hint=error.hint)).replace("\n", "").isprintable()
    tries = 4 * (LIMITS.retries + LIMITS.silences) * LIMITS.answer_s
    assert line.now <= 5 * LIMITS.start_s + tries + 2 * LIMITS.ends * LIMITS.end_s


def test_blocks_are_those_of_the_reference() -> None:
    assert block(1, bytes(128), with_crc=True) == b"\x01\x01\xfe" + bytes(130)
    assert block(256, b"\xff" * 128, with_crc=False) == b"\x01\x00\xff" + b"\xff" * 128 + b"\x80"
    assert block(2, b"123456789".ljust(1024, b"\0"), with_crc=True)[:3] == b"\x02\x02\xfd"
    assert header(File("a.raw", b"12345")) == b"a.raw\0005".ljust(128, b"\0")
    assert len(header(File("n" * 200, b""))) == 1024
    with pytest.raises(ValueError, match="too long"):
        header(File("n" * 1024, b""))
    assert CANCEL.count(CAN) >= 2


@given(st.binary(max_size=9000), st.integers(0, 3000), st.floats(0, 1))
def test_a_stream_is_the_bytes_with_rests(data: bytes, chunk: int, pause_s: float) -> None:
    class Keeper:
        got: list[bytes]

        def take(self, piece: bytes) -> bytes:
            self.got.append(piece)
            return b""

    keeper = Keeper()
    keeper.got = []
    line = Line(keeper)
    line.run(stream(data, chunk, pause_s))
    assert b"".join(keeper.got) == data
    assert line.now == pytest.approx(pause_s * max(0, len(keeper.got) - 1) if chunk else 0)
    assert all(len(piece) <= (chunk or 1024) for piece in keeper.got)
