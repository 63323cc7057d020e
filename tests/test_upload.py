"""`bitplane upload`: which port, what is sent, what is said."""

import errno
import hashlib
import io
import os
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import serial
from serial import rfc2217
from serial.tools import list_ports

from pipeline.cli import main
from pipeline.commands import upload
from pipeline.report import Failure
from pipeline.target_file import shipped
from pipeline.upload import faults, ports, session, simulator, transport
from pipeline.upload.bar import Bar, line
from pipeline.upload.error import UploadError
from pipeline.upload.panel import panel_of
from pipeline.upload.payload import Payload
from pipeline.upload.ports import Port
from pipeline.upload.transport import Settings, open_transport

INPUTS = Path(__file__).parent / "corpus" / "inputs"
HOSTILE = "board\x1b]0;owned\x07\x9b31m\u202e"
MANIFEST = """\
target: ssd1306-128x64
defaults: {size: screen, dither: bayer-4, emit: raw}
assets: {a: ramp.png, b: four.png}
"""
SHARED = """\
target: ili9341-240x320
palettes: {p: {colors: 4}}
defaults: {palette: p}
assets: {a: ramp.png, b: four.png}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ramp.png", "four.png", "dot.png"):
        shutil.copy(INPUTS / name, tmp_path)
    (tmp_path / "build.yaml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def has_ports(monkeypatch: pytest.MonkeyPatch, *known: tuple[str, int | None, str]) -> None:
    found = [
        SimpleNamespace(device=name, vid=vid, pid=0x1234, description=text)
        for name, vid, text in known
    ]
    monkeypatch.setattr(list_ports, "comports", lambda: found)


@contextmanager
def server() -> Iterator[tuple[str, list[bytes]]]:
    """A TCP port that keeps what it gets; the list is whole when the context ends."""
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connected, _ = listening.accept()
            with connected:
                while data := connected.recv(65536):
                    got.append(data)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"socket://127.0.0.1:{listening.getsockname()[1]}", got
        thread.join()


def built(name: str) -> bytes:
    return (Path("build") / "assets" / name).read_bytes()


def test_raw_sends_the_panels_bytes_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    with server() as (url, got):
        assert main(["upload", "--raw", "--port", url]) == 0
    assert b"".join(got) == built("a.raw") + built("b.raw")
    assert "nobody knows whether it arrived" in capsys.readouterr().err


def test_only_what_is_named_is_sent_and_quiet_says_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with server() as (url, got):
        assert main(["upload", "-q", "b", "--raw", "--port", url]) == 0
    assert b"".join(got) == built("b.raw")
    assert capsys.readouterr() == ("", "")


def test_a_picture_that_does_not_fill_the_panel_is_not_sent_raw(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "build.yaml").write_text("target: ssd1306-128x64\nassets: {a: four.png}\n")
    assert main(["upload", "--raw", "--port", "loop://"]) == 2
    assert "raw bytes do not tell their size" in capsys.readouterr().err


@pytest.mark.parametrize(
    "manifest",
    [
        "target: ssd1306-128x64\nassets: {a: ramp.png}\n",
        "target: waveshare-7in3e\nassets: {a: {source: ramp.png, emit: [bin, png]}}\n",
        "target: ili9341-240x320\nassets: {a: {source: ramp.png, palette: {colors: 5}, emit: c}}\n",
        SHARED,
        SHARED.replace("colors: 4", "colors: 4, groups: 2"),
    ],
)
def test_payloads_are_what_raw_files_in_native_format_hold(
    manifest: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Payload] = []

    def keep(_args: Any, _port: str, payloads: list[Payload], _slots: Any) -> int:
        sent.extend(payloads)
        return 0

    monkeypatch.setattr(upload, "send", keep)
    (project / "build.yaml").write_text(manifest)
    assert main(["upload", "-q", "--port", "loop://"]) == 0
    again = [each.data for each in sent]
    assert main(["upload", "-q", "--port", "loop://"]) == 0
    assert [each.data for each in sent[len(again) :]] == again
    native = manifest.replace("emit: [bin, png]", "emit: raw").replace("emit: c", "emit: raw")
    native = native.replace("assets:", "\nassets:").replace("defaults: {", "defaults: {emit: raw, ")
    if "defaults" not in native and "emit: raw" not in native:
        native += "defaults: {emit: raw}\n"
    extra = "format: native, " if "palette" in manifest else ""
    native = native.replace("emit: raw", f"{extra}emit: raw")
    (project / "build.yaml").write_text(native)
    assert main(["build", "-q"]) == 0
    assert again == [built(each.file_name) for each in sent[: len(again)]]
    assert {each.target for each in sent} == {manifest.split()[1]}


def test_two_displays_have_to_be_told_apart(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "target: [ssd1306-128x64, ili9341-240x320]\nassets: {a: ramp.png}\n"
    (project / "build.yaml").write_text(text)
    assert main(["upload", "--raw", "--port", "loop://"]) == 2
    assert "--target ssd1306-128x64 or --target ili9341" in capsys.readouterr().err


def test_a_failed_build_sends_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "ramp.png").write_bytes(b"no picture")
    assert main(["upload", "--raw", "--port", "loop://"]) == 1
    assert "bytes in" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--raw", "--protocol", "xmodem"],
        ["--raw", "--chunk", "8"],
        ["--baud", "0"],
        ["--baud", "9" * 30],
        ["--pause", "nan"],
        ["--timeout", "-1"],
        ["--protocol", "zmodem"],
        ["--slot", "256"],
    ],
)
def test_calls_that_make_no_sense_are_refused(arguments: list[str]) -> None:
    assert main(["upload", "--port", "loop://", *arguments]) == 2


def test_the_only_board_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    has_ports(monkeypatch, ("/dev/ttyS0", None, "n/a"), ("/dev/ttyACM7", 0x2E8A, "Pico"))
    with pytest.raises(UploadError, match="there is no port '/dev/ttyACM7'") as caught:
        main_raising(["upload", "--raw"])
    assert caught.value.hint == "there are: /dev/ttyACM7 2e8a:1234 Pico; /dev/ttyS0"
    assert caught.value.status == 3


def main_raising(arguments: list[str]) -> None:
    """A command without the handler that prints what it raises."""
    from pipeline.cli import parser_for

    command, *rest = arguments
    assert command == "upload"
    upload.run(parser_for(command).parse_args(rest))


def test_of_two_boards_none_is_guessed_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    has_ports(monkeypatch, ("/dev/ttyACM0", 0x2E8A, "Pico"), ("/dev/ttyUSB0", 0x10C4, HOSTILE))
    monkeypatch.setattr(sys, "stdin", io.StringIO("1\n"))
    assert main(["upload", "--raw"]) == 3
    err = capsys.readouterr().err
    assert "2 boards are there" in err
    assert "/dev/ttyACM0 2e8a:1234 Pico; /dev/ttyUSB0 10c4:1234 board\\x1b]0;owned" in err
    assert err.replace("\n", "").isprintable()


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "picked"), [("2\n", "/dev/ttyUSB0"), ("1", "/dev/ttyACM0")])
def test_of_two_boards_the_user_picks_one_on_a_terminal(
    answer: str, picked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_ports(monkeypatch, ("/dev/ttyACM0", 0x2E8A, "Pico"), ("/dev/ttyUSB0", 0x10C4, HOSTILE))
    shown = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", shown)
    assert upload.port_of(SimpleNamespace(port=None)) == picked  # type: ignore[arg-type]
    assert shown.getvalue().replace("\n", "").isprintable()


@pytest.mark.parametrize("answer", ["", "0\n", "3\n", "x\n", "²\n", "1" * 99])
def test_no_answer_and_nonsense_pick_none(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    has_ports(monkeypatch, ("/dev/ttyACM0", 0x2E8A, "Pico"), ("/dev/ttyUSB0", 0x10C4, "CP2102"))
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(UploadError, match="2 boards are there"):
        upload.port_of(SimpleNamespace(port=None))  # type: ignore[arg-type]


def test_no_board_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    has_ports(monkeypatch)
    assert main(["upload", "--raw"]) == 3
    assert "is the board plugged in?" in capsys.readouterr().err


def test_list_shows_ports_escaped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    has_ports(monkeypatch, ("/dev/ttyS0", None, "n/a"), ("COM3", 0x10C4, HOSTILE))
    assert main(["upload", "--list"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[1] == "/dev/ttyS0"
    assert out.startswith("COM3 10c4:1234 board\\x1b]0;owned\\x07\\x9b31m\\u202e\n")


@pytest.mark.parametrize(
    ("error", "words", "hint"),
    [
        (serial.SerialException(errno.ENOENT, "x"), "there is no port", "there are: COM3"),
        (serial.SerialException(errno.EBUSY, "x"), "in use by another program", "serial monitor"),
        (serial.SerialException(errno.EAGAIN, "lock"), "in use by another", "serial monitor"),
        (serial.SerialException(errno.EACCES, "x"), "no permission to open", "usermod -aG"),
        (serial.SerialException(errno.EIO, "x"), "Input/output error", "there are: COM3"),
        (ValueError("Not a valid baudrate: 0"), "Not a valid baudrate", "--baud"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="there pyserial gives no numbers")
def test_why_a_port_cannot_be_opened(
    error: Exception, words: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "listed", lambda: [Port("COM3", "10c4:ea60", "CP2102")])
    found = faults.opening("/dev/ttyUSB0", error)
    assert words in found.words
    assert hint in found.hint


@pytest.mark.skipif(sys.platform == "win32", reason="device files are a POSIX matter")
def test_the_group_of_the_device_file_is_named(tmp_path: Path) -> None:
    import grp

    port = tmp_path / "ttyUSB0"
    port.touch()
    group = grp.getgrgid(port.stat().st_gid).gr_name
    refused = serial.SerialException(errno.EACCES, "x")
    assert f"usermod -aG {group} " in faults.opening(str(port), refused).hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("could not open port 'COM3': FileNotFoundError(2, ...)", "there is no port"),
        ("could not open port 'COM3': PermissionError(13, 'Access is denied.')", "in use"),
    ],
)
def test_what_windows_quotes_is_understood(
    text: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(faults, "listed", list)
    assert words in faults.opening("COM3", serial.SerialException(text)).words


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://x:1", "unknown kind of port"),
        ("spy:///dev/ttyS0", "unknown kind of port"),
        ("socket://", "does not say which host and port"),
        ("socket://host", "does not say which host and port"),
        ("socket://host:0", "does not say which host and port"),
        ("rfc2217://host:99999", "does not say which host and port"),
        ("/dev/null", "no serial port"),
        ("/no/such/port", "there is no port"),
        ("\x1b[31m", "there is no port"),
        ("socket://127.0.0.1:1", "cannot open"),
    ],
)
def test_ports_that_are_none(url: str, words: str) -> None:
    with pytest.raises(UploadError, match=words):
        open_transport(url, Settings())


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are a POSIX matter")
def test_a_port_is_held_alone_and_given_back() -> None:
    import pty

    ours, near = pty.openpty()
    path = os.ttyname(near)
    held = open_transport(path, Settings())
    with pytest.raises(UploadError, match="in use by another program"):
        open_transport(path, Settings())
    held.close()
    held.close()
    again = open_transport(path, Settings(reset=False, dtr=False, rts=False))
    os.write(ours, b"hello")
    assert again.read(3, 5) == b"hel"
    assert again.read(9, 5) == b"lo"
    assert again.read(9, 0) == b""
    again.write(b"x" * 5000)
    assert len(os.read(ours, 9000)) > 0
    again.close()
    os.close(near)
    os.close(ours)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are a POSIX matter")
def test_a_port_that_goes_away_is_told() -> None:
    import pty

    ours, near = pty.openpty()
    held = open_transport(os.ttyname(near), Settings())
    os.close(near)
    os.close(ours)
    with pytest.raises(UploadError, match="is gone"):
        held.read(1, 5)
    with pytest.raises(UploadError, match="is gone"):
        held.write(b"x")
    held.close()


def test_a_device_behind_a_socket_that_hangs_up_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held = open_transport(f"socket://127.0.0.1:{listening.getsockname()[1]}", Settings())
        listening.accept()[0].close()
        with pytest.raises(UploadError, match="is gone"):
            held.read(1, 5)
        held.close()


def test_modem_lines_are_set_before_the_port_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []

    class Lines(serial.Serial):
        def open(self) -> None:
            done.append(("open", self.dtr, self.rts))

        def close(self) -> None:
            done.append("close")

    def opened(url: str, **options: Any) -> Lines:
        assert options.pop("do_not_open")
        assert options["exclusive"]
        made = Lines(**options)
        made.port = url
        return made

    monkeypatch.setattr(serial, "serial_for_url", opened)
    open_transport("COM3", Settings(dtr=False, rts=True)).close()
    assert done[0] == ("open", False, True)


class Recording:
    """A port that notes how its modem lines move."""

    moves: list[tuple[str, object]]

    def __init__(self) -> None:
        object.__setattr__(self, "moves", [])

    def __setattr__(self, name: str, value: object) -> None:
        self.moves.append((name, value))


def test_a_reset_goes_by_way_of_rts_alone_and_ends_with_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "time", SimpleNamespace(sleep=lambda _: None))
    port = Recording()
    transport._pulse(port)  # type: ignore[arg-type]
    assert port.moves == [
        *(("dtr", False), ("rts", True)),  # Espressif's boards are held in reset
        *(("rts", False), ("dtr", True)),  # and run; Arduino's restart by the second edge
        ("rts", True),
    ]


@pytest.mark.filterwarnings("ignore:set.*:DeprecationWarning")  # pyserial 3.5 calls them
def test_rfc2217_carries_every_byte() -> None:
    """To pyserial's own server, which is a port of another machine."""
    far: Any = serial.serial_for_url("loop://", timeout=0.01)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connected, _ = listening.accept()
            connected.settimeout(0.01)
            answer: Any = SimpleNamespace(write=connected.sendall)
            manager = rfc2217.PortManager(far, answer)
            with connected:
                while True:
                    with suppress(TimeoutError):
                        data = connected.recv(1024)
                        if not data:
                            return
                        far.write(b"".join(manager.filter(data)))
                    connected.sendall(b"".join(manager.escape(far.read(1024))))

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"rfc2217://127.0.0.1:{listening.getsockname()[1]}"
        held = open_transport(url, Settings())
        data = bytes(range(256)) * 2
        held.write(data)
        got = b""
        while len(got) < len(data) and (piece := held.read(4096, 20)):
            got += piece
        held.close()
        thread.join()
    assert got == data


class Ticking:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_terminal_has_a_bar_with_rate_and_time_left() -> None:
    clock, out = Ticking(), Terminal()
    bar = Bar(out, live=True, quiet=False, clock=clock)
    bar.start(HOSTILE, 102400)
    clock.now = 2.0
    bar.arrived(20480)
    assert "20 %, 10.0 KiB/s, 0:08 left  board\\x1b]0;owned" in out.getvalue()
    bar.arrived(30000)
    assert out.getvalue().count("\r") == 1  # too soon to draw again
    clock.now = 10.0
    bar.done("verified")
    assert out.getvalue().endswith("102,400 bytes in 10.0 s, 10.0 KiB/s; verified\n")
    assert set(out.getvalue()) - {"\r", "\x1b", "\n"} == set(
        "".join(char for char in out.getvalue() if char.isprintable())
    )


def test_a_pipe_has_lines_and_quiet_has_none() -> None:
    for quiet in (False, True):
        clock, out = Ticking(), io.StringIO()
        bar = Bar(out, live=False, quiet=quiet, clock=clock)
        bar.start("a", 1024)
        clock.now = 1.0
        bar.arrived(512)
        bar.done("verified")
        assert out.getvalue() == ("" if quiet else "a: 1,024 bytes in 1.0 s, 1.0 KiB/s; verified\n")


@pytest.mark.parametrize("took", [0.0, 1e-9, 1.0, 1e9])
@pytest.mark.parametrize(("count", "total"), [(0, 0), (0, 5), (5, 5), (9, 5)])
def test_the_bar_can_show_any_figures(count: int, total: int, took: float) -> None:
    assert line("a", count, total, took).isprintable()


class Wire:
    """A line to a device in memory; `shown` is what its panel has shown."""

    def __init__(self, slots: int) -> None:
        self.shown: list[bytes] = []
        panel = panel_of(shipped("ssd1306-128x64"), slots, 256, 4)
        self.board = simulator.Board(panel, self.shown.append)
        self.held = b""

    def read(self, most: int, timeout_s: float) -> bytes:
        del timeout_s
        given, self.held = self.held[:most], self.held[most:]
        return given

    def write(self, data: bytes) -> None:
        self.held += self.board.feed(data)

    def close(self) -> None:
        self.held = b""

    def digests(self) -> list[bytes]:
        return [slot.digest for slot in session.list_slots(session.connect(self))]


def digest(name: str) -> bytes:
    return hashlib.sha256(built(name)).digest()


def upload_to(wire: Wire, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(transport, "open_transport", lambda _url, _settings: wire)
    return main(["upload", "--port", "any", *arguments])


def test_our_own_protocol_puts_each_picture_in_its_slot(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wire = Wire(4)
    assert upload_to(wire, monkeypatch, "--slot", "2", "--timeout", "7") == 0
    assert "by its own SHA-256" in capsys.readouterr().err
    assert wire.shown == [built("b.raw")]
    assert wire.digests() == [b"", b"", digest("a.raw"), digest("b.raw")]
    assert upload_to(wire, monkeypatch, "--slot", "2") == 0
    assert capsys.readouterr().err.count("the device had it already") == 2


def test_no_show_stores_only(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(1)
    assert upload_to(wire, monkeypatch, "a", "--no-show") == 0
    assert (wire.shown, wire.digests()) == ([], [digest("a.raw")])


def test_more_pictures_than_slots_are_refused_before_any_is_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wire = Wire(1)
    assert upload_to(wire, monkeypatch) == 3
    assert "has no slot 1" in capsys.readouterr().err
    assert (wire.shown, wire.digests()) == ([], [b""])


def test_upload_errors_are_failures_of_status_3() -> None:
    error = UploadError("words", "hint")
    assert isinstance(error, Failure)
    assert (error.status, error.problems[0].hint) == (3, "hint")
    assert ports.chosen([Port("x", "1:2")], None) == "x"
