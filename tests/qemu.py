"""QEMU without a window: a board that runs a program, its serial line and its screen."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray

PATIENCE_S = 120


class Board:
    """A running board; `line` is its first serial port. Use as a context manager.

    Without a program its processor never runs: there are only memory, registers and screen.
    """

    def __init__(
        self,
        machine: str,
        program: Path | None,
        folder: Path,
        options: Sequence[str] = (),
        emulator: str = "qemu-system-arm",
    ) -> None:
        if shutil.which(emulator) is None:
            pytest.skip(f"{emulator} is not installed")
        if not hasattr(socket, "AF_UNIX"):
            pytest.skip("this system has no sockets in the file system")
        self._folder = folder
        self._sockets = tempfile.TemporaryDirectory(prefix="qemu")  # their paths have to be short
        monitor, line = Path(self._sockets.name, "monitor"), Path(self._sockets.name, "line")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(line))
            listening.listen(1)
            listening.settimeout(PATIENCE_S)
            command = [emulator, "-M", machine, *options]
            command += ["-S"] if program is None else ["-kernel", str(program)]
            command += ["-display", "none", "-monitor", "none", "-nodefaults"]
            command += ["-qmp", f"unix:{monitor},server=on,wait=off", "-serial", f"unix:{line}"]
            silent = {**os.environ, "QEMU_AUDIO_DRV": "none"}
            self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=silent)
            self.line, _ = listening.accept()
        self.line.settimeout(PATIENCE_S)
        self._monitor = socket.socket(socket.AF_UNIX)
        self._connect(monitor)
        self._file = self._monitor.makefile("rwb")
        self._file.readline()  # a greeting
        self._tell("qmp_capabilities")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._monitor.close()
        self.line.close()
        self._process.kill()
        self._process.wait()
        self._sockets.cleanup()

    def wait(self, word: bytes) -> None:
        """Until the program has said a word on its serial line."""
        told = b""
        while word not in told:
            more = self.line.recv(4096)
            assert more, f"QEMU ended after {told!r}"
            told += more

    def screen(self) -> NDArray[np.uint8]:
        """uint8 (h, w, 3): what the emulated display shows now."""
        path = self._folder / "screen.ppm"
        self._tell("screendump", filename=os.path.abspath(path))  # noqa: PTH100 (a text)
        dump = path.read_bytes()
        head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", dump)
        assert head is not None
        width, height = map(int, head.groups())
        return np.frombuffer(dump, np.uint8, offset=head.end()).reshape(height, width, 3)

    def _connect(self, monitor: Path) -> None:
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._monitor.connect(str(monitor))
            except (FileNotFoundError, ConnectionRefusedError):
                assert time.monotonic() < end, "QEMU does not answer"
                time.sleep(0.01)
            else:
                return

    def _tell(self, command: str, **arguments: Any) -> None:
        self._file.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        self._file.flush()
        while "return" not in (answer := json.loads(self._file.readline())):
            assert "error" not in answer, answer
