"""Uploads over a bad line, in virtual time: never a false success, always an end."""

import ctypes
import random
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upload_lab import (
    PANEL,
    CDevice,
    Clock,
    Device,
    Faults,
    Line,
    PythonDevice,
    library,
    panel,
    payload,
)

from pipeline.report import render
from pipeline.upload.error import UploadError
from pipeline.upload.frames import OVERHEAD, Frame, encode
from pipeline.upload.link import Limits, digest
from pipeline.upload.payload import Payload
from pipeline.upload.protocol import DIGEST, WANT, Kind, Panel, hello_body
from pipeline.upload.session import connect, erase, list_slots, send, show

EVERYTHING = Faults(
    flip=0.05, drop=0.04, double=0.04, swap=0.04, cut=0.03, stall=0.004, reset=0.001, talker=0.02
)
SIZE = 12_000


@pytest.fixture(scope="session")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return library(tmp_path_factory.mktemp("receiver"))


@pytest.fixture(params=["python", "c"])
def make(request: pytest.FixtureRequest) -> Iterator[type]:
    """Either receiver."""
    if request.param == "python":
        return PythonDevice  # type: ignore[return-value]
    loaded = request.getfixturevalue("receiver")
    return lambda panel: CDevice(loaded, panel)  # type: ignore[return-value]


def upload(line: Line, clock: Clock, image: Payload, limits: Limits | None = None) -> bool:
    """Connect and send; whether it succeeded. Success has to be true, and failure in time."""
    limits = limits or Limits()
    start = clock.now
    try:
        device = connect(line, limits, clock)
        result = send(device, image)
    except UploadError:
        assert clock.now - start <= most_s(limits, len(image.data))
        return False
    assert line.device.picture(0, len(image.data)) == image.data
    assert result.size == len(image.data)
    return True


def most_s(limits: Limits, size: int) -> float:
    """What the limits say: hello, then all of the upload."""
    return limits.hello_s + limits.upload_s(size)


def test_ten_thousand_faulty_frames_and_no_false_success(receiver: ctypes.CDLL) -> None:
    faulty = done = tried = 0
    while faulty < 10_000:
        clock = Clock()
        device: Device = PythonDevice(panel(SIZE))
        if tried % 2:
            device = CDevice(receiver, panel(SIZE, page=256))
        line = Line(device, clock, EVERYTHING, seed=tried)
        done += upload(line, clock, payload(SIZE, tried))
        faulty += line.faulty
        tried += 1
    assert done / tried > 0.9


@pytest.mark.parametrize("share", [1e-4, 1e-3])
def test_99_of_100_complete_when_bytes_are_damaged(make: type, share: float) -> None:
    done = 0
    for seed in range(100):
        clock = Clock()
        line = Line(make(panel(SIZE)), clock, Faults(byte=share), seed=seed)
        done += upload(line, clock, payload(SIZE, seed))
    assert done >= 99


def test_a_device_that_comes_back_is_sent_at_most_one_window_again(make: type) -> None:
    image = payload(SIZE)
    for kill in range(100, SIZE, 901):
        clock = Clock()
        line = Line(make(panel(SIZE)), clock)
        line.unplug_after = kill
        assert not upload(line, clock, image)
        line.unplug_after = float("inf")
        line.read(1, 5.0)  # what was under way arrives
        result = send(connect(line, None, clock), image)
        assert result.sent == SIZE - result.kept
        assert kill - result.kept <= (512 + OVERHEAD + 8) * 4 + 200


def test_a_reset_costs_no_more_than_a_page_and_a_window(make: type) -> None:
    made, image, clock = panel(SIZE, page=256), payload(SIZE), Clock()
    device = make(made)
    line = Line(device, clock)
    line.unplug_after = 7000
    assert not upload(line, clock, image)
    line.unplug_after = float("inf")
    line.read(1, 5.0)
    device.reset()
    result = send(connect(line, None, clock), image)
    assert result.kept % 256 == 0
    assert 7000 - result.kept <= 2 * 512 + (512 + OVERHEAD + 8) * 4 + 200
    assert device.picture(0, SIZE) == image.data


def test_a_device_that_is_reset_in_the_middle_is_given_the_rest(make: type) -> None:
    clock = Clock()
    line = Line(make(panel(SIZE)), clock, Faults(reset=0.02), seed=3)
    assert all(upload(line, clock, payload(SIZE, seed)) for seed in range(20))
    assert line.faulty > 5


def test_after_a_sender_was_killed_anywhere_the_next_upload_succeeds(make: type) -> None:
    rng = random.Random(8)  # noqa: S311 (the same each time)
    clock = Clock()
    line = Line(make(panel(SIZE)), clock)
    for kill in range(200):
        image = payload(SIZE, kill % 3)
        line.unplug_after = line.written + rng.randrange(1, SIZE + 1500)
        upload(line, clock, image)
        cut = bytes([rng.randrange(1, 256)]) * rng.randrange(1, 300)  # the half of a frame
        line.unplug_after = float("inf")
        line.garbage(cut, b"")
        assert upload(line, clock, image)


def test_a_thousand_garbage_prefixes_are_in_sync_within_two_seconds(make: type) -> None:
    rng = random.Random(5)  # noqa: S311 (the same each time)
    device = make(panel(SIZE))
    for seed in range(1000):
        clock = Clock()
        line = Line(device, clock, seed=seed, baud=115200)
        line.garbage(rng.randbytes(rng.randrange(4096)), rng.randbytes(rng.randrange(4096)))
        start = clock.now
        connect(line, None, clock)
        assert clock.now - start <= 2.0


@pytest.mark.parametrize(
    ("limits", "most"), [(Limits(), 5.0), (Limits(hello_s=1.5, resend_s=0.4), 1.5)]
)
def test_no_device_is_said_in_the_stated_time(limits: Limits, most: float) -> None:
    clock = Clock()
    line = Line(PythonDevice(panel(SIZE)), clock, Faults(drop=1.0))
    with pytest.raises(UploadError, match=f"no device answered in {most:g} s"):
        connect(line, limits, clock)
    assert clock.now - 100.0 == pytest.approx(most)


def test_a_line_that_dies_is_said_in_the_stated_time(make: type) -> None:
    clock = Clock()
    line = Line(make(panel(SIZE)), clock)
    device = connect(line, Limits(stall_s=4.0), clock)
    start = clock.now

    def dies(done: int, _total: int) -> None:
        line.faults = Faults(drop=1.0) if done > SIZE // 2 else line.faults

    with pytest.raises(UploadError, match=r"stopped after \d+ of 12000 bytes: no progress for 4 s"):
        send(device, payload(SIZE), 0, dies)
    assert 4.0 <= clock.now - start <= 4.0 + 1.0


def test_an_adapter_that_is_pulled_out_is_said_at_once() -> None:
    clock = Clock()
    line = Line(PythonDevice(panel(SIZE)), clock)
    device = connect(line, None, clock)
    line.unplug_after = 3000
    with pytest.raises(UploadError, match="the line broke: Input/output error") as caught:
        send(device, payload(SIZE))
    assert caught.value.status == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target": "other"}, "target 'other', not 'lab-64x48'"),
        ({"width": 65}, "size '65x48', not '64x48'"),
        ({"layout": "rows bits=4 first=lsb"}, "layout 'rows bits=4 first=lsb', not 'rows bits=4'"),
        ({"data": bytes(SIZE + 1)}, "12001 bytes, the device takes 1 to 12000"),
        ({"data": b""}, "0 bytes, the device takes 1 to 12000"),
    ],
)
def test_a_picture_for_another_panel_is_refused_before_a_byte_is_sent(
    changes: dict[str, object], words: str
) -> None:
    clock = Clock()
    line = Line(PythonDevice(panel(SIZE)), clock)
    device = connect(line, None, clock)
    written = line.written
    with pytest.raises(UploadError) as caught:
        send(device, payload(SIZE)._replace(**changes))  # type: ignore[arg-type]
    assert words in caught.value.words
    assert line.written == written


def test_slots_are_listed_shown_and_erased(make: type) -> None:
    clock = Clock()
    line = Line(make(panel(SIZE)), clock)
    device = connect(line, None, clock)
    image = payload(SIZE - 1)
    steps: list[tuple[int, int]] = []
    result = send(device, image, 1, lambda done, total: steps.append((done, total)))
    assert steps[-1] == (SIZE - 1, SIZE - 1)
    assert steps == sorted(steps)
    assert [(slot.size, slot.digest) for slot in list_slots(device)] == [
        (0, b""),
        (SIZE - 1, result.digest),
    ]
    show(device, 1)
    assert line.device.shown == 1
    with pytest.raises(UploadError, match="the device has no whole picture in this slot"):
        show(device, 0)
    with pytest.raises(UploadError, match="no slot 2"):
        show(device, 2)
    erase(device, 1)
    assert [slot.size for slot in list_slots(device)] == [0, 0]


@pytest.mark.parametrize("baud", [115_200, 921_600])
@pytest.mark.parametrize(("frame", "window"), [(512, 2), (1024, 4)])
def test_most_of_the_line_carries_picture(baud: int, frame: int, window: int) -> None:
    clock, size = Clock(), 100_000
    board = PythonDevice(panel(size, frame=frame, window=window))
    device = connect(Line(board, clock, baud=baud), None, clock)
    start = clock.now
    send(device, payload(size))
    assert size / (clock.now - start) >= 0.93 * baud / 10


@pytest.mark.parametrize("baud", [2400, 9600])
def test_on_a_slow_line_the_sender_learns_to_wait(baud: int) -> None:
    clock, size = Clock(), 20_000
    device = connect(Line(PythonDevice(panel(size)), clock, baud=baud), None, clock)
    start = clock.now
    result = send(device, payload(size))
    assert result.sent - size <= 6 * 512
    assert clock.now - start <= 1.3 * size * 10 / baud


def test_what_the_device_has_is_not_sent_again(make: type) -> None:
    clock = Clock()
    device = connect(Line(make(panel(SIZE)), clock), None, clock)
    image = payload(SIZE)
    assert send(device, image).sent == SIZE
    again = send(device, image)
    assert (again.kept, again.sent) == (SIZE, 0)
    device.transport.device.reset()  # type: ignore[attr-defined]
    again = send(device, image)
    assert (again.kept, again.sent) == (SIZE, 0)


def test_a_picture_that_decayed_in_the_device_is_sent_anew() -> None:
    clock, board = Clock(), PythonDevice(panel(SIZE))
    device = connect(Line(board, clock), None, clock)
    image = payload(SIZE)
    send(device, image)
    board.slots[0][6000] ^= 1
    result = send(device, image)
    assert result.sent > 0
    assert board.picture(0, SIZE) == image.data


def test_a_slot_with_a_damaged_record_is_empty(make: type) -> None:
    clock, board = Clock(), make(panel(1536))
    device = connect(Line(board, clock), None, clock)
    send(device, payload(1536))
    for place in range(1536, 1536 + 44):
        board.spoil(0, place)
        assert list_slots(device)[0].size == 0
        board.spoil(0, place)
    board.reset()
    assert list_slots(device)[0].size == 1536


class Flash(bytearray):
    """Memory of which only whole pages can be erased, and only erased bytes can be written."""

    PAGE = 256

    def __setitem__(self, place: object, value: object) -> None:
        assert isinstance(place, slice)
        assert isinstance(value, bytes)
        start = place.start
        if start % self.PAGE == 0:
            super().__setitem__(slice(start, start + self.PAGE), b"\xff" * self.PAGE)
        assert start // self.PAGE == (start + len(value) - 1) // self.PAGE
        assert self[start : start + len(value)] == b"\xff" * len(value), "written twice"
        super().__setitem__(slice(start, start + len(value)), value)


@pytest.mark.parametrize("faults", [Faults(reset=0.02), Faults(drop=0.05), EVERYTHING])
def test_flash_is_written_only_where_it_was_erased(faults: Faults) -> None:
    size = 6 * Flash.PAGE
    for seed in range(20):
        clock, board = Clock(), PythonDevice(panel(size, page=Flash.PAGE))
        board.slots = [Flash(size + Flash.PAGE) for _ in board.slots]
        board.reset()
        line = Line(board, clock, faults, seed=seed)
        for image in range(3):
            assert upload(line, clock, payload(size - 100, image))


def test_a_memory_that_stores_something_else_is_no_success() -> None:
    class Worn(bytearray):
        def __setitem__(self, place: object, value: object) -> None:
            super().__setitem__(place, value)  # type: ignore[call-overload]
            super().__setitem__(77, 0x55)

    clock, board = Clock(), PythonDevice(panel(SIZE))
    board.slots[0] = Worn(board.slots[0])
    device = connect(Line(board, clock), None, clock)
    with pytest.raises(UploadError, match="the device stored other bytes than were sent"):
        send(device, payload(SIZE))


class Liar:
    """A device that answers hello, and then whatever it likes."""

    shown = 0

    def __init__(self, panel: Panel, say: list[bytes]) -> None:
        self._panel, self._say, self._at = panel, say, 0

    def reset(self) -> None:
        """It has nothing to lose."""

    def picture(self, _slot: int, _size: int) -> bytes:
        return b""

    def feed(self, data: bytes) -> bytes:
        out = bytearray()
        for part in data.split(b"\0"):
            frame = Frame(0, 0, b"") if len(part) < 6 else _read(part)
            if frame.kind == Kind.HELLO:
                out += encode(Frame(Kind.IS, frame.tag, _hello(frame.body, self._panel)))
            elif frame.kind:
                out += self._next(frame)
        return bytes(out)

    def _next(self, frame: Frame) -> bytes:
        """What it was told to say; ?T is the tag of the request, ?K the key."""
        self._at += 1
        say = self._say[self._at % len(self._say)] if self._say else b""
        if say[:1] == b"!":  # a frame that is right in form
            body = say[2:].replace(b"?K", frame.body[:4])
            return encode(Frame(say[1] if len(say) > 1 else 0, frame.tag, body))
        return say


def _read(part: bytes) -> Frame:
    from pipeline.upload.frames import decode

    return decode(part) or Frame(0, 0, b"")


def _hello(body: bytes, panel: Panel) -> bytes:
    return hello_body(int.from_bytes(body[:4], "little"), panel)


def test_another_hash_or_another_upload_s_is_no_success() -> None:
    image = payload(3000)
    known = digest(image.data)
    for body in (b"?K" + digest(b"other"), b"\0\0\0\0" + known, b"?K" + known[:31], b""):
        say = [b"!" + bytes([Kind.STORED]) + body, b"!" + bytes([Kind.WANT]) + b"?K\xb8\x0b\0\0"]
        clock = Clock()
        device = connect(Line(Liar(panel(3000), say), clock), None, clock)
        with pytest.raises(UploadError, match="the device's answer makes no sense"):
            send(device, image)


def test_a_device_that_asks_for_patience_is_asked_less_often() -> None:
    clock = Clock()
    line = Line(Liar(panel(3000), [b"!" + bytes([Kind.WAIT])]), clock)
    device = connect(line, None, clock)
    before, start = line.written, clock.now
    with pytest.raises(UploadError, match="the device did not answer SHOW in 60 s"):
        show(device, 0)
    assert clock.now - start == pytest.approx(60)
    asked = (line.written - before) / len(encode(Frame(Kind.SHOW, 7, b"\0")))
    assert 25 <= asked <= 32


KINDS = st.sampled_from([*map(int, Kind), 0, 0x99])
NUMBERS = st.sampled_from([0, 1, 511, 512, 3000, 0xFFFFFFFF]).map(lambda n: n.to_bytes(4, "little"))
BODIES = st.one_of(
    st.binary(max_size=60),
    NUMBERS.map(lambda offset: b"?K" + offset),
    st.integers(0, 255).map(lambda code: bytes([code])),
    st.just(DIGEST.pack(0, 512, bytes(32))),
    st.just(WANT.pack(0, 0)),
)
SAYINGS = st.one_of(
    st.binary(max_size=80),
    st.builds(lambda kind, body: b"!" + bytes([kind]) + body, KINDS, BODIES),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(SAYINGS, max_size=6))
def test_no_answers_make_the_sender_hang_break_or_lie(say: list[bytes]) -> None:
    clock, limits = Clock(), Limits()
    line = Line(Liar(panel(3000), say), clock, baud=115200)
    start = clock.now
    with pytest.raises(UploadError) as caught:
        send(connect(line, limits, clock), payload(3000))
    assert clock.now - start <= most_s(limits, 3000)
    text = render(caught.value.problems[0])
    assert all(unicodedata.category(char) != "Cc" or char == "\n" for char in text)


@settings(max_examples=100, deadline=None)
@given(st.lists(SAYINGS, min_size=1, max_size=6), st.sampled_from([show, list_slots, erase]))
def test_no_answers_make_other_requests_hang_or_break(say: list[bytes], ask: object) -> None:
    clock = Clock()
    line = Line(Liar(panel(3000), say), clock, baud=115200)
    device = connect(line, None, clock)
    arguments = (device,) if ask is list_slots else (device, 0)
    start = clock.now
    try:
        ask(*arguments)  # type: ignore[operator]
    except UploadError as error:
        assert render(error.problems[0]).isprintable() or error.hint
    assert clock.now - start <= 2 * Limits().show_s


def test_the_names_of_a_device_cannot_reach_the_terminal_raw() -> None:
    clock = Clock()
    line = Line(Liar(PANEL._replace(name="\x1b[31m"), []), clock)
    with pytest.raises(UploadError, match="no device answered"):
        connect(line, None, clock)
