"""A board in memory: the raw REPL of MicroPython, run by this Python, with files of its own."""

import binascii
import builtins
import contextlib
import errno
import hashlib
import io
import types
from collections.abc import Callable
from typing import Any

BANNER = b"raw REPL; CTRL-B to exit\r\n>"
WINDOW = 32


class _File(io.BytesIO):
    """A file that stands on the board once it is closed."""

    def __init__(self, board: "Board", name: str, mode: str) -> None:
        super().__init__(b"" if "w" in mode else board.files[name])
        self.board, self.name, self.writing = board, name, "w" in mode
        if self.writing:
            self.board.files[name] = b""

    def write(self, data: Any) -> int:
        if len(self.board.files[self.name]) + len(data) > self.board.room:
            raise OSError(errno.ENOSPC, "")
        count = super().write(data)
        self.board.files[self.name] = self.board.spoil(self.getvalue())
        return count


class Board:
    """What a MicroPython board does with bytes.

    Attributes:
        files: Its file system.
        paste: What it says to a request for raw paste: `yes`, `no`, `unknown` as old ones do, or
            `broken`.
        lacks: Modules that it does not have.
        mode: `friendly`, `raw` or `paste`.
    """

    def __init__(self, paste: str = "yes", lacks: tuple[str, ...] = ()) -> None:
        self.files: dict[str, bytes] = {}
        self.paste = paste
        self.lacks = lacks
        self.room = 1 << 20
        self.read_only = False
        self.can_rename = True
        self.spoil: Callable[[bytes], bytes] = lambda data: data
        self.mode = "friendly"
        self.line = b""
        self.credit = 0
        self.resets = 0
        self.scope: dict[str, Any] = {}

    def take(self, data: bytes) -> bytes:
        return b"".join(self._byte(bytes([byte])) for byte in data)

    def _byte(self, byte: bytes) -> bytes:
        if self.mode == "friendly":
            return self._friendly(byte)
        if byte == b"\x03":
            was, self.line, self.mode = self.mode, b"", "raw"
            return b"\x04KeyboardInterrupt\x04>" if was == "paste" else b""
        return self._paste(byte) if self.mode == "paste" else self._raw(byte)

    def _friendly(self, byte: bytes) -> bytes:
        if byte == b"\x01":
            self.mode, self.line = "raw", b""
            return b"\r\n" + BANNER
        if byte == b"\x04":
            self.resets += 1
        return b"\r\n>>> " if byte in b"\r\x03" else byte

    def _raw(self, byte: bytes) -> bytes:
        if byte == b"\x02":
            self.mode = "friendly"
            return b"\r\n>>> "
        if byte == b"\x01" and self.line == b"\x05A":
            return self._asked_to_paste()
        if byte == b"\x01":
            self.line = b""
            return b"\r\n" + BANNER
        if byte == b"\x04":
            code, self.line = self.line, b""
            if not code.strip():
                self.resets += 1
            return b"OK" + self._run(code)
        self.line += byte
        return b""

    def _asked_to_paste(self) -> bytes:
        self.line = b""
        if self.paste == "no":
            return b"R\x00"
        if self.paste == "unknown":
            return b"\r\n" + BANNER
        self.mode, self.credit = "paste", WINDOW
        start = b"R\x01" + WINDOW.to_bytes(2, "little") + b"\x01"
        self.credit += WINDOW
        if self.paste == "broken":
            self.mode = "raw"
            return start + b"\x04"
        return start

    def _paste(self, byte: bytes) -> bytes:
        if byte == b"\x04":
            code, self.line, self.mode = self.line, b"", "raw"
            return b"\x04" + self._run(code)
        self.line += byte
        self.credit -= 1
        assert self.credit >= 0, "more was sent than there is room for"
        if self.credit % WINDOW:
            return b""
        self.credit += WINDOW
        return b"\x01"

    def _run(self, code: bytes) -> bytes:
        out, raised = io.StringIO(), b""
        own = {"open": self._open, "__import__": self._import}
        self.scope["__builtins__"] = {**vars(builtins), **own}
        with contextlib.redirect_stdout(out):
            try:
                exec(code.decode(), self.scope)  # noqa: S102 (what the uploader has the board run)
            except Exception as error:  # noqa: BLE001 (as the board does)
                raised = f"Traceback:\r\n{type(error).__name__}: {error}\r\n".encode()
        return out.getvalue().replace("\n", "\r\n").encode() + b"\x04" + raised + b"\x04>"

    def _open(self, name: str, mode: str) -> _File:
        if self.read_only and "w" in mode:
            raise OSError(errno.EROFS, "")
        return _File(self, name, mode)

    def _import(self, name: str, *_: Any) -> Any:
        if name in self.lacks or name.startswith("u"):
            raise ImportError(name)
        known = {"os": self._os(), "hashlib": hashlib, "binascii": binascii}
        return known[name]

    def _os(self) -> types.SimpleNamespace:
        def rename(old: str, new: str) -> None:
            if new in self.files:  # as on FAT
                raise OSError(errno.EEXIST, "")
            self.files[new] = self.files.pop(old)

        with_rename = {"rename": rename} if self.can_rename else {}
        return types.SimpleNamespace(remove=self.files.pop, **with_rename)
