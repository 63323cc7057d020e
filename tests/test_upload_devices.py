"""Uploads to processes: the C receiver at a terminal, `bitplane simulate`, a board in QEMU."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from compilers import run
from PIL import Image
from qemu import Board
from upload_lab import INCLUDE, SOURCES, Wire, open_terminal

from pipeline.cli import main
from pipeline.decode import decode
from pipeline.disk import RealDisk
from pipeline.layouts import pack
from pipeline.palette import of_target
from pipeline.panel import look
from pipeline.target import Target
from pipeline.target_file import load
from pipeline.upload.link import Limits
from pipeline.upload.payload import Payload
from pipeline.upload.session import connect, list_slots, send, show

INPUTS = Path(__file__).parent / "corpus" / "inputs"
ROOT = Path(__file__).parent.parent
PATIENT = Limits(hello_s=60, answer_s=60, stall_s=60, hash_s=60)
OLED = """\
title: OLED of the LM3S6965 board, as QEMU emulates it
size: 128x64
background: "#000000"
grid: gray4
palette: whole
layout: {scan: rows, bits: 4}
sources: ["QEMU, hw/display/ssd0323.c"]
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo terminals")


def picture(target: Target, shift: int = 0) -> tuple[np.ndarray, Payload]:
    """A lop-sided picture with every color of the target: what it looks like, and its bytes."""
    assert target.size is not None
    palette = of_target(target)
    width, height = target.size
    y, x = np.indices((height, width))
    indices = (x * 3 + y * 7 + (x * y) // 16 + shift) % len(palette)
    indices[: height // 4, : width // 8] = 0
    data = pack(palette.codes[indices], target.layout)
    name = target.name
    payload = Payload("picture", name, width, height, target.layout.describe(), data)
    return palette.seen[indices], payload


@contextlib.contextmanager
def process(command: list[str], line: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    """A program whose standard input and output is `line`; ended with the block."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    quiet = subprocess.DEVNULL
    started = subprocess.Popen(
        command, env=environment, text=True, stdin=line, stdout=line, stderr=quiet
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()
        for stream in (started.stdin, started.stdout):
            if stream is not None:
                stream.close()


def test_the_c_receiver_at_a_terminal_takes_shows_and_keeps_pictures(tmp_path: Path) -> None:
    import pty

    run(["gcc", "-std=gnu99", "-O2", "-DHOST_MAIN", INCLUDE, *SOURCES, "-o", "d"], tmp_path)
    target = load("waveshare-2in9b", RealDisk("."))
    _, image = picture(target)
    ours, theirs = pty.openpty()
    line = open_terminal(os.ttyname(theirs))
    sizes = [str(n) for n in (image.width, image.height, len(image.data), 3)]
    command = [str(tmp_path / "d"), image.target, image.layout, *sizes, str(tmp_path / "panel")]
    with process(command, ours):
        os.write(line._number, b"half a frame")
        device = connect(line, PATIENT)
        result = send(device, image, 2)
        assert result.sent >= len(image.data)
        assert [slot.size for slot in list_slots(device)] == [0, 0, len(image.data)]
        assert send(device, image, 2).sent == 0
        send(device, image, 0)
        show(device, 0)
        assert (tmp_path / "panel").read_bytes() == image.data
    line.close()
    os.close(ours)
    os.close(theirs)


@contextlib.contextmanager
def simulated(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A simulator, and where it says that it is."""
    command = [sys.executable, "-m", "pipeline", "simulate", "--png", str(folder / "panel.png")]
    with process([*command, *arguments]) as started:
        assert started.stdout is not None
        yield started, started.stdout.readline().strip()


def shown(folder: Path) -> np.ndarray:
    with Image.open(folder / "panel.png") as opened:
        return np.asarray(opened.convert("RGB"))


@pytest.mark.parametrize("name", ["ssd1306-128x64", "st7789-240x240", "waveshare-7in3e"])
def test_the_simulator_shows_what_was_sent(tmp_path: Path, name: str) -> None:
    expected, image = picture(load(name, RealDisk(".")))
    with simulated(tmp_path, "--target", name, "--slots", "2") as (_, terminal):
        line = open_terminal(terminal)
        device = connect(line, PATIENT)
        assert device.panel.slots == 2
        send(device, image, 1)
        show(device, 1)
        line.close()
        again = open_terminal(terminal)  # opened anew, it still holds the picture
        assert [slot.size for slot in list_slots(connect(again, PATIENT))] == [0, len(image.data)]
        again.close()
    assert np.array_equal(shown(tmp_path), expected)


def test_the_simulator_serves_one_connection_after_the_other(tmp_path: Path) -> None:
    target = load("ssd1327-128x128", RealDisk("."))
    with simulated(tmp_path, "--target", target.name, "--tcp", "0") as (started, where):
        assert where.startswith("socket://127.0.0.1:")
        for shift in range(2):
            expected, image = picture(target, shift)
            port = int(where.rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port)) as connection:
                device = connect(Wire(connection.fileno()), PATIENT)
                send(device, image)
                show(device)
            assert np.array_equal(shown(tmp_path), expected)
        started.send_signal(signal.SIGINT)
        assert started.wait(60) == 130


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--target", "generic"], "the pixels of 'generic' alone do not say their colors"),
        (["--target", "ssd1306-128x64", "--tcp", "65536"], "a port of 0 to 65535, not '65536'"),
        (["--target", "ssd1306-128x64", "--slots", "0"], "a number of 1 to 255, not '0'"),
    ],
)
def test_a_wrong_call_of_the_simulator_says_so(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *arguments]) == 2
    assert words in capsys.readouterr().err


def bare_metal(folder: Path) -> Path:
    """The example for the LM3S6965 board, written out and compiled in the current folder."""
    Path("oled.yaml").write_text(OLED)
    call = ["receiver", "--target", "oled.yaml", "--example", "bare-metal", "--slots", "2"]
    assert main([*call, "-o", "device"]) == 0
    build = ["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-O2", "-std=c99", "-Wall"]
    build += ["-Wextra", "-Werror", "-ffreestanding", "-nostdlib", "-T", "main.ld"]
    run([*build, "main.c", "bitplane_receiver.c", "-o", "d.elf", "-lgcc"], folder / "device")
    return folder / "device" / "d.elf"


def test_a_board_shows_the_picture_pixel_by_pixel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bare-metal example as it is written out, on QEMU's LM3S6965 board and its OLED."""
    monkeypatch.chdir(tmp_path)
    program = bare_metal(tmp_path)
    target = load("oled.yaml", RealDisk("."))
    with Board("lm3s6965evb", program, tmp_path) as board:
        device = connect(Wire(board.line.fileno()), PATIENT)
        for shift in range(2):
            expected, image = picture(target, shift)
            send(device, image, shift)
            assert not np.array_equal(board.screen()[::4, ::4], expected)
            show(device, shift)
            screen = board.screen()  # each pixel is drawn as 4x4
            assert np.array_equal(screen, expected.repeat(4, 0).repeat(4, 1))
        wrong = image._replace(
            data=image.data[:99] + bytes([image.data[99] ^ 1]) + image.data[100:]
        )
        send(device, wrong, 0)
        show(device, 0)
        assert (board.screen()[::4, ::4] != expected).any(-1).sum() == 1


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Pass bytes on until either end is gone."""
    with contextlib.suppress(OSError):
        while data := source.recv(4096):
            sink.sendall(data)


@contextlib.contextmanager
def port_of(line: socket.socket) -> Iterator[str]:
    """A URL that leads to a line, for one caller."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            caller, _ = listening.accept()
            with caller:
                threading.Thread(target=pump, args=(line, caller), daemon=True).start()
                pump(caller, line)

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield f"socket://127.0.0.1:{listening.getsockname()[1]}"
        server.join()


def test_what_the_command_uploads_is_on_the_screen_as_it_is_previewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program = bare_metal(tmp_path)
    Path("ramp.png").write_bytes((INPUTS / "ramp.png").read_bytes())
    text = "target: oled.yaml\noutput: out\ndefaults: {size: screen, emit: [bin]}\n"
    text += "assets: {a: ramp.png}\n"
    Path("build.yaml").write_text(text)
    with Board("lm3s6965evb", program, tmp_path) as board:
        with port_of(board.line) as url:
            assert main(["upload", "a", "--port", url]) == 0
        built = decode({"a.bin": Path("out/a.bin").read_bytes()}, "a.bin")
        previewed = look(built, load("oled.yaml", RealDisk(".")))
        assert np.array_equal(board.screen(), previewed.repeat(4, 0).repeat(4, 1))
        assert len(np.unique(previewed)) > 4
