"""A terminal for tests: a pty that answers, and decoders from what it gets back to pixels."""

import base64
import contextlib
import fcntl
import io
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent
PATIENCE_S = 30


def run(
    arguments: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    *,
    size: tuple[int, int, int, int] = (24, 80, 800, 480),
    answer: bytes = b"",
) -> bytes:
    """What `bitplane` writes to a terminal of `size` (rows, columns, pixels across and down)."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", *size))
    quiet = {"PATH", "BITPLANE_CACHE", "HOME"}
    kept = {key: value for key, value in os.environ.items() if key in quiet}
    child = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environ},
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
    )
    os.close(slave)
    with child, contextlib.closing(os.fdopen(master, "r+b", 0)) as screen:
        try:
            got = _listen(screen, answer)
        except BaseException:
            child.kill()
            raise
        _, said = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 0, said.decode()
    return got.replace(b"\r\n", b"\n")


def _listen(screen: io.FileIO, answer: bytes) -> bytes:
    """All that is written; the question, when it comes, is answered."""
    got, asked, until = b"", False, time.monotonic() + PATIENCE_S
    while select.select([screen], [], [], max(until - time.monotonic(), 0))[0]:
        try:
            piece = screen.read(1 << 16)
        except OSError:  # Linux says so when the other end is closed
            break
        if not piece:
            break
        got += piece
        if not asked and b"\x1b[c" in got:
            asked = True
            screen.write(answer)
    return got


def kitty(data: bytes) -> NDArray[np.uint8]:
    """The picture in kitty's graphics codes."""
    codes = re.findall(rb"\x1b_G([^;\x1b]*);([^\x1b]*)\x1b\\", data)
    keys = dict(pair.split("=") for pair in codes[0][0].decode().split(","))
    assert all(len(piece) <= 4096 for _, piece in codes)
    assert [b"m=1" in keys for keys, _ in codes] == [True] * (len(codes) - 1) + [False]
    assert (keys["a"], keys["f"], keys["o"], keys["q"]) == ("T", "24", "z", "2")
    raw = zlib.decompress(base64.b64decode(b"".join(piece for _, piece in codes), validate=True))
    return np.frombuffer(raw, np.uint8).reshape(int(keys["v"]), int(keys["s"]), 3)


def iterm(data: bytes) -> NDArray[np.uint8]:
    """The picture in an inline image of iTerm2."""
    (code,) = re.findall(rb"\x1b\]1337;File=([^:]*):([A-Za-z0-9+/=]*)\x07", data)
    keys = dict(pair.split("=") for pair in code[0].decode().split(";"))
    file = base64.b64decode(code[1], validate=True)
    made = np.asarray(PIL.Image.open(io.BytesIO(file)).convert("RGB"))
    assert keys["inline"] == "1"
    assert int(keys["size"]) == len(file)
    assert (keys["width"], keys["height"]) == (f"{made.shape[1]}px", f"{made.shape[0]}px")
    return made


def sixel(data: bytes) -> NDArray[np.int64]:
    """The picture in a sixel string, in hundredths; -1 where nothing was drawn."""
    (body,) = re.findall(rb"\x1bP0;1q(.*?)\x1b\\", data, re.DOTALL)
    header = re.match(rb'"1;1;(\d+);(\d+)', body)
    assert header
    width, height = int(header[1]), int(header[2])
    made = np.full((height, width, 3), -1, np.int64)
    colors: dict[int, list[int]] = {}
    x = top = color = 0
    tokens = rb"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|(\$)|(-)"
    for match in re.finditer(tokens, body[header.end() :]):
        define, r, g, b, use, count, repeated, one, back, down = match.groups()
        if define:
            colors[int(define)] = [int(r), int(g), int(b)]
        elif use:
            color = int(use)
        elif back or down:
            x, top = 0, top + (6 if down else 0)
        else:
            bits = (repeated or one)[0] - 63
            times = int(count or 1)
            for row in (row for row in range(6) if bits >> row & 1):
                made[top + row, x : x + times] = colors[color]
            x += times
    return made


def blocks(data: bytes) -> NDArray[np.uint8]:
    """The picture in half blocks; the lower half of the last row is cut when it has no color."""
    rows: list[list[list[int]]] = []
    for line in data.decode().split("\n"):
        if "\N{UPPER HALF BLOCK}" not in line:
            continue
        upper, lower = _halves(line)
        rows += [upper] if None in lower else [upper, lower]  # type: ignore[list-item]
    return np.array(rows, np.uint8)


def _halves(line: str) -> tuple[list[list[int]], list[list[int] | None]]:
    colors: dict[str, list[int] | None] = {"38": None, "48": None}
    upper: list[list[int]] = []
    lower: list[list[int] | None] = []
    assert line.endswith("\x1b[0m")
    for codes, block in re.findall("\x1b\\[([0-9;]*)m|(\N{UPPER HALF BLOCK})", line):
        if block:
            assert colors["38"] is not None
            upper.append(colors["38"])
            lower.append(colors["48"])
        for ground, true, fixed in re.findall(r"([34]8);(?:2;(\d+;\d+;\d+)|5;(\d+))", codes):
            rgb = [int(part) for part in true.split(";")] if true else _xterm(int(fixed))
            colors[ground] = rgb
    return upper, lower


def _xterm(index: int) -> list[int]:
    """One of the 240 colors that do not depend on a theme."""
    if index >= 232:
        return [8 + 10 * (index - 232)] * 3
    steps = (index - 16) // 36, (index - 16) // 6 % 6, (index - 16) % 6
    return [0 if step == 0 else 55 + 40 * step for step in steps]
