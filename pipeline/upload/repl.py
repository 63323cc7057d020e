"""The raw REPL of MicroPython and CircuitPython: runs code on a board and gives what it prints.

https://docs.micropython.org/en/latest/reference/repl.html describes raw mode and raw paste.
"""

from typing import NamedTuple

from pipeline.upload.error import UploadError
from pipeline.upload.exchange import Exchange, Inbox, Pause, Read, Write, now

INTERRUPT, RAW, FRIENDLY, RUN = b"\x03", b"\x01", b"\x02", b"\x04"
PASTE = b"\x05A\x01"
MORE, ENOUGH = b"\x01", b"\x04"
BANNER = b"raw REPL; CTRL-B to exit\r\n>"
LONGEST = 65536
"""Most bytes that a board may print in answer to one piece of our code."""

SLOWER = 4
"""By how much pauses grow where a board lost bytes."""

_PROBE = "print('bit'+'plane')"


class Limits(NamedTuple):
    """How long to wait, and how to spare a board without flow control.

    Attributes:
        enter_s: For the prompt of the raw REPL, each of `tries` times.
        tries: How often the raw REPL is asked for.
        answer_s: For a board to run one piece of code.
        chunk: Bytes of code sent at once where there is no flow control; the micro:bit buffers 64.
        rest_s: The pause after them.
    """

    enter_s: float = 2
    tries: int = 4
    answer_s: float = 15
    chunk: int = 32
    rest_s: float = 0.01


class BoardError(UploadError):
    """Code raised an exception on the board; `last` is the last line of its traceback."""

    def __init__(self, last: str, hint: str = "") -> None:
        self.last = last
        super().__init__(f"the board says: {last}", hint)


class Repl:
    """A board whose REPL is in raw mode, between `enter` and `leave`."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.inbox = Inbox()
        self.paste = False

    def enter(self) -> Exchange[None]:
        """Stop what runs, go to raw mode, and see whether raw paste works.

        Raises:
            UploadError: No board with a REPL answers.
        """
        for _ in range(self.limits.tries):
            if (yield from self._to_raw()):
                break
        else:
            hint = "is it a MicroPython or CircuitPython board, and the port its REPL?"
            raise UploadError("no answer from a Python prompt", hint)
        self.paste = yield from self._can_paste()
        if not self.paste and not (yield from self._to_raw()):
            raise UploadError("the board's prompt is lost", "reset the board and try again")

    def leave(self) -> Exchange[None]:
        """Back to the prompt that people use; safe from wherever the board is."""
        yield Write(b"\r" + INTERRUPT + INTERRUPT)
        yield Pause(self.limits.rest_s)
        yield Write(FRIENDLY)

    def run(self, code: str, within_s: float = 0) -> Exchange[str]:
        """Run code and give what it prints.

        What we send is no invalid syntax, so a board that finds some has lost bytes and run
        nothing. Then it is sent again, more slowly from here on.

        Raises:
            BoardError: It raised an exception.
            UploadError: The board did not take it, or did not answer in time.
        """
        for _ in range(self.limits.tries - 1):
            try:
                return (yield from self._run(code, within_s))
            except BoardError as error:
                if self.paste or not error.last.startswith("SyntaxError"):
                    raise
            self.limits = self.limits._replace(rest_s=self.limits.rest_s * SLOWER)
        return (yield from self._run(code, within_s))

    def _run(self, code: str, within_s: float) -> Exchange[str]:
        """Run code once; raises as `run`."""
        data = code.encode("ascii")
        within_s = within_s or self.limits.answer_s
        taken = (yield from self._paste(data)) if self.paste else (yield from self._plain(data))
        if not taken:
            raise UploadError("the board takes no code", "reset the board and try again")
        printed = yield from self.inbox.until(RUN, within_s, LONGEST)
        raised = yield from self.inbox.until(RUN, self.limits.answer_s, LONGEST)
        prompt = yield from self.inbox.exactly(1, self.limits.answer_s)
        if printed is None or raised is None or prompt != b">":
            words = f"the board did not answer within {within_s:g} s"
            raise UploadError(words, "reset the board and try again")
        if raised != RUN:
            raise BoardError(_last_line(raised))
        return printed[:-1].decode("ascii", "replace")

    def _to_raw(self) -> Exchange[bool]:
        """Stop what runs and ask for raw mode; also leads back from the middle of anything."""
        yield Write(b"\r" + INTERRUPT + INTERRUPT)
        yield Pause(0.1)
        yield from self.inbox.drop()
        yield Write(b"\r" + RAW)
        found = yield from self.inbox.until(BANNER, self.limits.enter_s, LONGEST)
        return found is not None

    def _can_paste(self) -> Exchange[bool]:
        """Whether raw paste works: some boards offer it and end it at once."""
        self.paste = True
        try:
            return (yield from self.run(_PROBE, self.limits.enter_s)).strip() == "bitplane"
        except UploadError:
            return False

    def _plain(self, data: bytes) -> Exchange[bool]:
        """Code without flow control: with pauses, in which slow boards read it."""
        for place in range(0, len(data), self.limits.chunk):
            yield Write(data[place : place + self.limits.chunk])
            yield Pause(self.limits.rest_s)
        yield Write(RUN)
        return (yield from self.inbox.exactly(2, self.limits.answer_s)) == b"OK"

    def _paste(self, data: bytes) -> Exchange[bool]:
        """Code with flow control: no more than the board has room for."""
        yield Write(PASTE)
        if (yield from self.inbox.exactly(2, self.limits.enter_s)) != b"R\x01":
            return False
        size = yield from self.inbox.exactly(2, self.limits.enter_s)
        window = room = int.from_bytes(size or b"", "little")
        deadline = (yield from now()) + self.limits.answer_s
        while data and window:
            news = yield from self._news(wait=not room)
            if news == ENOUGH:
                break
            room += window if news == MORE else 0
            if not room and (yield from now()) > deadline:
                return False
            yield Write(data[:room])
            data, room = data[room:], max(0, room - len(data))
        yield Write(RUN)
        end = yield from self.inbox.until(ENOUGH, self.limits.answer_s, 256)
        return not data and end is not None

    def _news(self, *, wait: bool) -> Exchange[bytes]:
        """What the board says of its room, if anything; waits for it where there is none."""
        if not self.inbox.held:
            self.inbox.held = (yield Read(4096, self.limits.enter_s if wait else 0)).data
        return (yield from self.inbox.exactly(1, 0)) or b"" if self.inbox.held else b""


def _last_line(raised: bytes) -> str:
    lines = raised[:-1].decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:200] if lines else "an exception"
