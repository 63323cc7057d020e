"""The raw REPL: files onto boards in memory, with and without what boards may lack."""

import itertools

import pytest
from boards import Board
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual import Line, Silent

from pipeline.report import Problem, render
from pipeline.upload.board import HASH_S_PER_KIB, put
from pipeline.upload.error import UploadError
from pipeline.upload.repl import Limits, Repl

LIMITS = Limits()
DATA = bytes(range(256)) * 3
PASTES = ("yes", "no", "unknown", "broken")


@pytest.mark.parametrize("paste", PASTES)
@pytest.mark.parametrize("lacks", [(), ("hashlib",), ("hashlib", "binascii")])
@pytest.mark.parametrize("can_rename", [True, False])
def test_a_file_arrives_whatever_the_board_lacks(
    paste: str, lacks: tuple[str, ...], *, can_rename: bool
) -> None:
    board = Board(paste, lacks)
    board.can_rename = can_rename
    board.files["a.raw"] = b"old"
    line = Line(board)
    kind = line.run(put("a.raw", DATA, LIMITS))
    assert kind == ("crc32" if "hashlib" in lacks else "sha256")
    assert board.files == {"a.raw": DATA}
    assert board.mode == "friendly"
    assert board.resets == 0
    assert line.arrived[-1] == len(DATA)


@given(st.binary(max_size=600), st.sampled_from(PASTES), st.booleans())
@settings(deadline=None)
def test_any_bytes_arrive(data: bytes, paste: str, bare: object) -> None:
    board = Board(paste, ("binascii",) if bare else ())
    Line(board).run(put("x.raw", data, LIMITS))
    assert board.files == {"x.raw": data}


@pytest.mark.parametrize("can_rename", [True, False])
def test_a_board_that_stores_something_else_is_found_out(*, can_rename: bool) -> None:
    board = Board()
    board.can_rename = can_rename
    board.spoil = lambda data: data[:-1] + b"?" if data else data
    board.files["a.raw"] = b"old"
    with pytest.raises(UploadError, match="not what was sent"):
        Line(board).run(put("a.raw", DATA, LIMITS))
    assert board.files == ({"a.raw": b"old"} if can_rename else {})
    assert board.mode == "friendly"


def test_a_full_board_says_so_and_is_left_usable() -> None:
    board = Board()
    board.room = 300
    with pytest.raises(UploadError) as caught:
        Line(board).run(put("a.raw", DATA, LIMITS))
    assert "Errno 28" in caught.value.words
    assert "delete files" in caught.value.hint
    assert board.mode == "friendly"


def test_a_drive_that_the_computer_holds_is_explained() -> None:
    board = Board()
    board.read_only = True
    with pytest.raises(UploadError) as caught:
        Line(board).run(put("a.raw", DATA, LIMITS))
    assert "CircuitPython" in caught.value.hint
    assert board.mode == "friendly"


@pytest.mark.parametrize("paste", PASTES)
def test_ctrl_c_at_any_step_leaves_the_prompt_and_a_whole_file(paste: str) -> None:
    data = DATA[:400]
    for place in itertools.count(1, 3):
        board = Board(paste)
        board.files["a.raw"] = b"old"
        try:
            Line(board).run(put("a.raw", data, LIMITS), interrupt_at=place)
        except KeyboardInterrupt:
            assert board.mode == "friendly"
            assert board.files["a.raw"] in (b"old", data)
            assert board.resets == 0
            continue
        assert place > 30
        return


def test_a_line_without_a_board_ends_in_the_stated_time() -> None:
    line = Line(Silent())
    with pytest.raises(UploadError, match="no answer"):
        line.run(put("a.raw", DATA, LIMITS))
    assert line.now <= LIMITS.tries * (LIMITS.enter_s + 0.2)


def test_a_slow_board_without_flow_control_never_overflows() -> None:
    """The micro:bit keeps 64 bytes; this one reads 4,000 a second."""

    class Slow(Board):
        clock: Line
        level, last = 0.0, 0.0

        def take(self, data: bytes) -> bytes:
            self.level = max(0.0, self.level - 4000 * (self.clock.now - self.last)) + len(data)
            self.last = self.clock.now
            assert self.level <= 64
            return super().take(data)

    board = Slow("unknown")
    board.clock = Line(board)
    board.clock.run(put("a.raw", DATA, LIMITS))
    assert board.files["a.raw"] == DATA


def test_a_board_that_loses_bytes_is_sent_them_more_slowly() -> None:
    """It keeps 64 bytes and reads 1,000 a second; what finds no room is lost."""

    class Lossy(Board):
        clock: Line
        level, last, lost = 0.0, 0.0, 0

        def take(self, data: bytes) -> bytes:
            self.level = max(0.0, self.level - 1000 * (self.clock.now - self.last))
            self.last = self.clock.now
            kept = data[: int(64 - self.level)]
            self.level += len(kept)
            self.lost += len(data) - len(kept)
            return super().take(kept + data[-1:] * (data[-1:] == b"\x04" and len(kept) < len(data)))

    board = Lossy("unknown")
    board.clock = Line(board)
    board.clock.run(put("a.raw", DATA, LIMITS))
    assert board.lost > 0
    assert board.files["a.raw"] == DATA


def test_noise_before_the_prompt_does_not_matter() -> None:
    board = Board()
    line = Line(board, [(0.0, b"\x04\x04>OK raw REPL; CTRL-B to " * 40), (0.05, b"\xff" * 999)])
    line.run(put("a.raw", DATA, LIMITS))
    assert board.files["a.raw"] == DATA


def test_a_board_in_the_midst_of_anything_is_brought_back() -> None:
    for mode in ("raw", "paste"):
        board = Board()
        board.mode, board.line, board.credit = mode, b"print('half", 64
        Line(board).run(put("a.raw", DATA, LIMITS))
        assert board.files["a.raw"] == DATA


def test_a_board_that_dies_is_noticed_in_the_stated_time() -> None:
    class Dying(Board):
        def take(self, data: bytes) -> bytes:
            return b"" if "a.raw.part" in self.files else super().take(data)

    line = Line(Dying())
    with pytest.raises(UploadError, match="the board"):
        line.run(put("a.raw", DATA, LIMITS))
    assert line.now <= 10 * LIMITS.answer_s + HASH_S_PER_KIB


def test_what_the_board_prints_comes_back() -> None:
    board = Board()
    repl = Repl(LIMITS)
    line = Line(board)
    line.run(repl.enter())
    assert line.run(repl.run("print(6*7)")) == "42\r\n"
    with pytest.raises(UploadError, match="the board says: NameError"):
        line.run(repl.run("nothing"))


REPLIES = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=60),
        st.sampled_from(
            [
                b"raw REPL; CTRL-B to exit\r\n>",
                b"R\x01\x00\x00",
                b"R\x01\x20\x00",
                b"OK",
                b"True\r\n\x04\x04>",
                b"\x04\x1b[2J\x04>",
                b"bitplane\x04\x04>",
                b"\x01" * 50,
            ]
        ),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(REPLIES, st.lists(st.floats(0, 20), min_size=40, max_size=40))
def test_arbitrary_answers_neither_hang_nor_break_it(
    replies: list[bytes], gaps: list[float]
) -> None:
    times = itertools.accumulate(gaps)
    line = Line(Silent(), list(zip(times, replies, strict=False)))
    try:
        line.run(put("a.raw", DATA[:300], LIMITS))
    except UploadError as error:
        shown = render(Problem(error.words, hint=error.hint))
        assert shown.replace("\n", "").isprintable()
    assert line.now <= 2000
