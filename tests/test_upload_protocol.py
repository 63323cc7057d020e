"""Frames and messages are what docs/protocol.md says, in Python and in C."""

import ctypes
import random
import re
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upload_lab import PANEL, CDevice, Device, PythonDevice, library, panel

from pipeline.upload.frames import Frame, Parser, decode, encode, stuff, unstuff
from pipeline.upload.link import Limits, digest
from pipeline.upload.protocol import (
    ANYWHERE,
    BEGIN,
    PROBE,
    WANT,
    WORDS,
    Code,
    Kind,
    Panel,
    hello_body,
    read_hello,
)

PAGE = (Path(__file__).parent.parent / "docs" / "protocol.md").read_text("utf-8")
SPARSE = st.lists(st.sampled_from([0, 1, 254, 255]), max_size=1500).map(bytes)
DEMO = Panel("demo", "rows bits=1", 16, 4, 8, 512, 2)


@pytest.fixture(scope="session")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return library(tmp_path_factory.mktemp("receiver"))


@given(st.one_of(st.binary(max_size=1500), SPARSE))
def test_stuffing_takes_the_zeros_out_and_comes_back(data: bytes) -> None:
    stuffed = stuff(data)
    assert 0 not in stuffed
    assert len(stuffed) <= len(data) + len(data) // 254 + 1
    assert unstuff(stuffed) == data


@given(st.binary(max_size=300))
def test_any_bytes_unstuff_or_are_refused(data: bytes) -> None:
    plain = unstuff(data)
    assert plain is None or len(plain) <= len(data)


@given(
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=600))),
    st.data(),
)
def test_frames_are_found_however_the_stream_is_cut(
    fields: list[tuple[int, int, bytes]], data: st.DataObject
) -> None:
    frames = [Frame(*each) for each in fields]
    stream = b"".join(map(encode, frames))
    parser, found = Parser(700), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += parser.feed(stream[:cut])
        stream = stream[cut:]
    assert found == frames


@given(st.binary(max_size=5000), st.binary(max_size=100))
def test_a_frame_after_any_garbage_is_found(garbage: bytes, body: bytes) -> None:
    frame = Frame(3, 7, body)
    assert Parser(200).feed(garbage + encode(frame))[-1] == frame


@given(st.binary(max_size=200), st.data())
def test_a_flipped_bit_is_noticed(body: bytes, data: st.DataObject) -> None:
    wire = bytearray(encode(Frame(3, 7, body)))
    place = data.draw(st.integers(1, len(wire) - 2))
    wire[place] ^= 1 << data.draw(st.integers(0, 7))
    assert all(frame is None for frame in Parser(300).feed(bytes(wire)))


def test_a_parser_keeps_no_more_than_a_frame() -> None:
    parser = Parser(100)
    for _ in range(100):
        assert parser.feed(b"\1" * 1000) == []
    assert len(parser._held) <= 100
    assert parser.feed(b"\0") == [None]


def test_only_a_whole_hello_with_our_nonce_is_one() -> None:
    body = hello_body(7, DEMO)
    assert read_hello(body, 7) == DEMO
    assert read_hello(body, 8) is None
    assert all(read_hello(body[:size], 7) is None for size in range(len(body)))
    assert read_hello(hello_body(7, DEMO._replace(name="a\x1bb")), 7) is None
    assert read_hello(hello_body(7, DEMO._replace(frame=64)), 7) is None


def exchanges() -> list[tuple[bytes, bytes]]:
    """What goes over the line in the page's example."""
    text = PAGE.split("```exchange\n")[1].split("```")[0].replace("\n+", "")
    pairs = re.findall(r"^> (.*)\n< (.*)$", text, re.MULTILINE)
    return [(bytes.fromhex(sent), bytes.fromhex(answer)) for sent, answer in pairs]


def test_the_example_in_the_page_is_what_both_receivers_do(receiver: ctypes.CDLL) -> None:
    assert len(exchanges()) == 11
    devices: list[Device] = [PythonDevice(DEMO._replace(slots=1)), CDevice(receiver, DEMO)]
    for device in devices:
        for sent, answer in exchanges():
            assert device.feed(sent).hex(" ") == answer.hex(" ")


def test_the_page_names_every_type_code_and_limit() -> None:
    for kind in Kind:
        assert re.search(rf"\b{kind.name}\b", PAGE), kind
        assert re.search(rf"\b{kind.value:02X}\b", PAGE), kind
    for code in Code:
        assert f"| {code.value} | {code.name} |" in PAGE
        assert code in WORDS
    for name, value in Limits()._asdict().items():
        line = next(line for line in PAGE.splitlines() if f"`{name}`" in line and "|" in line)
        assert re.search(rf"\b{value:g}\b", line), line


def requests(rng: random.Random, frame: int) -> bytes:
    """A plausible next thing on the line, or an implausible one."""
    kind = rng.choice([*Kind, 9, 0])
    slot, key = rng.choice([0, 1, 1, 2]), rng.choice([5, 5, 5, 6])
    offset = rng.choice([0, 0, 64, 64, 128, 192, 300])
    total, picture = rng.choice([128, 128, 256, 0, 400]), bytes(range(256))
    bodies = {
        Kind.HELLO: rng.randbytes(5),
        Kind.BEGIN: BEGIN.pack(
            key, slot, total, rng.choice([ANYWHERE, ANYWHERE, offset]), digest(picture[:total])
        ),
        Kind.WRITE: WANT.pack(key, offset)
        + picture[offset : offset + rng.choice([0, 64, 64, 100])],
        Kind.END: key.to_bytes(4, "little"),
        Kind.PROBE: PROBE.pack(slot, rng.choice([0, 55, 56, 64, 256, 257, 384, 385])),
    }
    if kind > 0x80 and rng.random() < 0.9:
        kind = rng.choice([Kind.BEGIN, Kind.WRITE, Kind.WRITE, Kind.END, Kind.END, Kind.SHOW])
    body = bodies.get(Kind(kind), bytes([slot])) if kind in set(Kind) else rng.randbytes(3)
    how = rng.random()
    body = rng.randbytes(rng.randrange(frame + 20)) if how < 0.03 else body
    wire = encode(Frame(kind, rng.choice([1, 1, 2]), body))
    if how > 0.95:
        wire = wire[: rng.randrange(len(wire))] + rng.randbytes(3)
    return wire


@pytest.mark.parametrize("page", [1, 64])
def test_both_receivers_answer_the_same_to_anything(receiver: ctypes.CDLL, page: int) -> None:
    kinds = set()
    for seed in range(60):
        rng = random.Random(seed)  # noqa: S311 (the same each time)
        made = panel(384, page=page)
        python, c = PythonDevice(made), CDevice(receiver, made)
        for _ in range(80):
            sent = requests(rng, made.frame)
            if rng.random() < 0.02:
                python.reset()
                c.reset()
            answer = c.feed(sent)
            assert answer == python.feed(sent), (seed, sent.hex(" "))
            kinds |= {frame.kind for frame in Parser(200).feed(answer) if frame}
        assert [c.picture(slot, 384) for slot in (0, 1)] == [
            python.picture(slot, 384) for slot in (0, 1)
        ]
    assert kinds >= {kind for kind in Kind if kind > 0x80}


@settings(max_examples=50)
@given(st.lists(st.integers(0, 1536), min_size=1, max_size=4))
def test_the_hash_in_c_is_sha_256(receiver: ctypes.CDLL, sizes: list[int]) -> None:
    device = CDevice(receiver, PANEL)
    for tag, size in enumerate([*sizes, 0, 55, 56, 63, 64, 65, 119, 120, 128]):
        answer = device.feed(encode(Frame(Kind.PROBE, tag + 1, PROBE.pack(1, size))))
        frame = Parser(200).feed(answer)[-1]
        assert frame is not None
        assert frame.body[5:] == digest(bytes(size))


def test_a_lost_answer_is_repeated_and_the_work_is_not(receiver: ctypes.CDLL) -> None:
    for device in (PythonDevice(DEMO), CDevice(receiver, DEMO)):
        for sent, _ in exchanges()[:7]:
            device.feed(sent)
        show = exchanges()[7][0]
        first = device.feed(show)
        again = device.feed(show)
        assert first.endswith(again)
        assert device.shown == 1
        device.feed(exchanges()[6][0])
        device.feed(show)
        assert device.shown == 2


def test_a_memory_that_fails_is_reported(receiver: ctypes.CDLL) -> None:
    device = CDevice(receiver, DEMO)
    device.feed(exchanges()[1][0])
    device.fail(on=True)
    wire = exchanges()[2][0]
    frame = Parser(200).feed(device.feed(wire))[-1]
    assert frame is not None
    assert (frame.kind, frame.body) == (Kind.ERROR, bytes([Code.STORE]))
    device.fail(on=False)
    assert Parser(200).feed(device.feed(wire))[-1] == Frame(Kind.WANT, 3, WANT.pack(0x04030201, 4))


def test_decoding_checks_the_crc() -> None:
    plain = bytes([3, 7, 1, 2])
    right = zlib.crc32(plain).to_bytes(4, "little")
    assert decode(stuff(plain + right)) == Frame(3, 7, b"\1\2")
    assert decode(stuff(plain + right[::-1])) is None
    assert decode(stuff(b"\3\7")) is None
