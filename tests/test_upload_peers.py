"""Uploads to programs that others wrote: lrzsz, and MicroPython on an emulated micro:bit."""

import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

if sys.platform == "win32":
    pytest.skip("pseudo terminals are a POSIX matter", allow_module_level=True)

from boards import Board
from far_ends import needed, peer, program

from pipeline.cli import main
from pipeline.upload import methods
from pipeline.upload.drive import drive
from pipeline.upload.exchange import Exchange
from pipeline.upload.repl import Limits, Repl
from pipeline.upload.transport import Settings, Transport, open_transport
from pipeline.upload.xmodem import Limits as XmodemLimits
from pipeline.upload.xmodem import xmodem

INPUTS = Path(__file__).parent / "corpus" / "inputs"
DATA = random.Random(6).randbytes(5000)  # noqa: S311 (no secret)
FIRMWARE = Path("/usr/share/firmware-microbit-micropython/firmware.hex")
MICROBIT = [
    *("qemu-system-arm", "-M", "microbit", "-display", "none", "-monitor", "none"),
    *("-serial", "stdio", "-device", f"loader,file={FIRMWARE}"),
]
MANIFEST = """\
target: ssd1306-128x64
defaults: {size: screen, dither: bayer-4, emit: raw}
assets: {a: ramp.png, b: four.png}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("ramp.png", "four.png"):
        shutil.copy(INPUTS / name, folder)
    (folder / "build.yaml").write_text(MANIFEST)
    monkeypatch.chdir(folder)
    return folder


def no_progress(count: int) -> None:
    del count


@pytest.mark.parametrize("options", [["-c"], []])
def test_rx_gets_every_byte(options: list[str], tmp_path: Path) -> None:
    needed("rx")
    with peer() as far:
        line = open_transport(far.path, Settings())
        with program(far, ["rx", *options, "got"], tmp_path):
            drive(xmodem(DATA, XmodemLimits()), line, no_progress)
        line.close()
    got = (tmp_path / "got").read_bytes()
    assert got[: len(DATA)] == DATA
    assert set(got[len(DATA) :]) <= {0x1A}


def test_rx_gets_every_byte_over_a_line_that_spoils_a_block(tmp_path: Path) -> None:
    needed("rx")
    spoiled: list[int] = []

    def tamper(data: bytes) -> bytes:
        if len(data) < 500 or spoiled:
            return data
        spoiled.append(len(data))
        return data[:300] + bytes([data[300] ^ 4]) + data[301:]

    with peer() as far:
        far.tamper = tamper
        line = open_transport(far.path, Settings())
        with program(far, ["rx", "-c", "got"], tmp_path):
            drive(xmodem(DATA, XmodemLimits()), line, no_progress)
        line.close()
    assert spoiled
    assert (tmp_path / "got").read_bytes()[: len(DATA)] == DATA


def test_rb_gets_the_pictures_that_are_built(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    needed("rb")
    with peer() as far:

        def late(exchange: Exchange[bool], line: Transport, arrived: Callable[[int], None]) -> bool:
            with program(far, ["rb"], tmp_path):  # what it asks before the port is open is lost
                return drive(exchange, line, arrived)

        monkeypatch.setattr(methods, "drive", late)
        assert main(["upload", "--protocol", "ymodem", "--port", far.path]) == 0
    assert "every block was acknowledged" in capsys.readouterr().err
    for name in ("a.raw", "b.raw"):
        built = (project / "build" / "assets" / name).read_bytes()
        assert len(built) == 1024
        assert (tmp_path / name).read_bytes() == built


def test_micropython_stores_the_picture_that_is_built(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needed("qemu-system-arm")
    if not FIRMWARE.is_file():
        pytest.skip("the firmware of Debian's firmware-microbit-micropython is not installed")
    with peer() as far, program(far, MICROBIT, tmp_path):
        assert main(["upload", "a", "--protocol", "repl", "--port", far.path]) == 0
        assert "by its own CRC-32" in capsys.readouterr().err
        line, repl = open_transport(far.path, Settings()), Repl(Limits())
        drive(repl.enter(), line, no_progress)
        shown = drive(repl.run("f=open('a.raw','rb')\nprint(f.read())"), line, no_progress)
        line.close()
    assert shown.strip() == repr((project / "build" / "assets" / "a.raw").read_bytes())


@pytest.mark.parametrize("paste", ["yes", "no"])
def test_ctrl_c_gives_130_and_leaves_the_prompt(paste: str, project: Path) -> None:
    board, started = Board(paste), threading.Event()

    def answer(data: bytes) -> bytes:
        said = board.take(data)
        if board.files.get("a.raw.part"):
            started.set()
        return b"" if board.files.get("a.raw.part") and board.mode != "friendly" else said

    with peer() as far:
        far.serve(answer)
        command = [sys.executable, "-P", "-m", "pipeline", "upload", "a", "--protocol", "repl"]
        with subprocess.Popen(
            [*command, "--port", far.path], cwd=project, stderr=subprocess.PIPE
        ) as process:
            assert started.wait(120)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=120)
        assert process.returncode == 130
        assert err.endswith(b"interrupted\n")
        assert b"Traceback" not in err
    assert board.mode == "friendly"


def test_the_next_upload_succeeds_after_one_was_killed(project: Path) -> None:
    board = Board()
    for paste in ("yes", "no"):
        board.paste = paste
        board.mode, board.line = "paste", b"f.write(d(b'AAAA"
        board.credit = 5
        with peer() as far:
            far.serve(board.take)
            assert main(["upload", "a", "-q", "--protocol", "repl", "--port", far.path]) == 0
    assert board.files == {"a.raw": (project / "build" / "assets" / "a.raw").read_bytes()}


@pytest.mark.parametrize("where", [["--pty"], ["--tcp", "0"]])
def test_the_simulated_panel_shows_what_the_build_previews(where: list[str], project: Path) -> None:
    (project / "build.yaml").write_text(MANIFEST.replace("emit: raw", "emit: [c, png]"))
    command = [sys.executable, "-P", "-m", "pipeline", "simulate", "--png", "panel.png"]
    with subprocess.Popen(
        [*command, "--target", "ssd1306-128x64", *where],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as device:
        assert device.stdout is not None
        port = device.stdout.readline().strip()
        try:
            for name in ("a", "b"):
                assert main(["upload", name, "--port", port]) == 0
                shown = Image.open(project / "panel.png").convert("RGB")
                preview = Image.open(project / "build" / "assets" / f"{name}.png").convert("RGB")
                assert shown.tobytes() == preview.tobytes()
        finally:
            device.kill()
