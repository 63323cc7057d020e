"""Detect: which pictures a terminal can show, by its environment and by asking it."""

import contextlib
import os
import re
import select
import sys
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TextIO

PROTOCOLS = ("kitty", "iterm", "sixel", "blocks", "none")
PATIENCE_S = 0.4
"""How long an answer is waited for; a terminal on the same machine needs a few milliseconds."""

_MOST_ANSWER = 4096
_USUAL_CELL = (10, 20)
_USUAL_COLUMNS = 80
# May a picture of one pixel be shown? Then: what are you? Every terminal answers the second.
_QUESTION = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"
_SIXEL_TERMS = ("foot", "mlterm", "contour", "yaft")
_TRUE_TERMS = ("kitty", "ghostty", "alacritty", "foot", "direct", "truecolor")


class Terminal(NamedTuple):
    """What is known of a terminal.

    Attributes:
        protocol: One of `PROTOCOLS`.
        deep: It shows 24-bit colors.
        columns: Characters in a row.
        cell: Pixels of a character, (width, height).
    """

    protocol: str
    deep: bool = True
    columns: int = _USUAL_COLUMNS
    cell: tuple[int, int] = _USUAL_CELL


def detect(stream: TextIO, environ: Mapping[str, str], forced: str = "") -> Terminal:
    """What a stream can show.

    Args:
        stream: Standard output.
        environ: The environment.
        forced: A protocol that is wanted whatever the terminal says.
    """
    columns, cell = _size(stream)
    deep = is_deep(environ)
    if forced:
        return Terminal(forced, deep, columns, cell)
    if not stream.isatty() or environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return Terminal("none", deep, columns, cell)
    protocol = by_environment(environ) or by_answer(_ask(stream))
    if not protocol:
        protocol = "blocks" if _can_write_blocks(stream) else "none"
    return Terminal(protocol, deep, columns, cell)


def by_environment(environ: Mapping[str, str]) -> str:
    """The protocol that the environment promises, or ""."""
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if environ.get("TMUX") or term.startswith(("screen", "tmux")):
        return ""  # what stands there is of the terminal around it
    if environ.get("KITTY_WINDOW_ID") or "kitty" in term or "ghostty" in term:
        return "kitty"
    if program in ("iTerm.app", "WezTerm") or environ.get("LC_TERMINAL") == "iTerm2":
        return "iterm"
    return "sixel" if term.startswith(_SIXEL_TERMS) or "sixel" in term else ""


def by_answer(answer: bytes) -> str:
    """The protocol that an answer to our question admits, or ""."""
    if b"\x1b_Gi=31;OK" in answer:
        return "kitty"
    attributes = re.search(rb"\x1b\[\?([0-9;]{1,200})c", answer)
    return "sixel" if attributes and b"4" in attributes[1].split(b";")[1:] else ""


def is_deep(environ: Mapping[str, str]) -> bool:
    """Whether 24-bit colors are shown: what does not say so has 256."""
    if environ.get("COLORTERM") in ("truecolor", "24bit") or sys.platform == "win32":
        return True
    return any(name in environ.get("TERM", "") for name in _TRUE_TERMS)


def _can_write_blocks(stream: TextIO) -> bool:
    try:
        "\N{UPPER HALF BLOCK}".encode(stream.encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True


def _size(stream: TextIO) -> tuple[int, tuple[int, int]]:
    """Columns, and the pixels of a character where the terminal tells them."""
    if sys.platform != "win32":
        import fcntl
        import struct
        import termios

        with contextlib.suppress(OSError, ValueError):
            told = fcntl.ioctl(stream.fileno(), termios.TIOCGWINSZ, bytes(8))
            rows, columns, width, height = struct.unpack("4H", told)
            known = rows and columns and width >= columns and height >= rows
            cell = (width // columns, height // rows) if known else _USUAL_CELL
            return columns or _USUAL_COLUMNS, cell
    with contextlib.suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or _USUAL_COLUMNS, _USUAL_CELL
    return _USUAL_COLUMNS, _USUAL_CELL


def _ask(stream: TextIO) -> bytes:
    """What the terminal answers, or b"" where it cannot be asked."""
    if sys.platform == "win32" or sys.stdin is None or not sys.stdin.isatty():
        return b""
    try:
        with _unechoed(sys.stdin.fileno()) as source:
            stream.flush()
            os.write(stream.fileno(), _QUESTION)
            return _answer(source)
    except OSError:
        return b""


@contextlib.contextmanager
def _unechoed(source: int) -> Iterator[int]:
    """A terminal whose answer is neither shown nor held back until a line ends."""
    if sys.platform == "win32":
        raise OSError("a console is not asked")
    import termios
    import tty

    before = termios.tcgetattr(source)
    try:
        tty.setcbreak(source, termios.TCSANOW)
        yield source
    except termios.error as error:
        raise OSError(str(error)) from None
    finally:
        termios.tcsetattr(source, termios.TCSANOW, before)


def _answer(source: int) -> bytes:
    """All up to the end of the answer that every terminal gives."""
    answer, until = b"", time.monotonic() + PATIENCE_S
    while not re.search(rb"\x1b\[\?[0-9;]*c", answer) and len(answer) < _MOST_ANSWER:
        ready, _, _ = select.select([source], [], [], max(until - time.monotonic(), 0))
        if not ready:
            break
        answer += os.read(source, _MOST_ANSWER)
    return answer
