"""What a build shows while it works: a live line on a terminal, plain lines in a pipe."""

import os
import re
import select
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from PIL import Image

from pipeline.cli import main
from pipeline.teller import cut

if sys.platform == "win32":
    pytest.skip("a terminal of one's own is a POSIX matter", allow_module_level=True)

import fcntl
import pty
import struct
import termios

INPUTS = Path(__file__).parent / "corpus" / "inputs"
COMMAND = [sys.executable, "-P", "-m", "pipeline", "build"]
CLEAR = "\r\x1b[K"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b.")
LINE = re.compile(r"\[(\d+)/(\d+)\] (.*)")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Three assets; one has a name that is no good for a terminal."""
    for name in ("ramp.png", "dot.png", "four.png"):
        shutil.copy(INPUTS / name, tmp_path)
    names = '"b\\e]0;owned\\a\\e[31m\\r\\u202e": dot.png'
    manifest = f"target: ssd1306-128x64\nassets: {{a: ramp.png, {names}, c: four.png}}\n"
    (tmp_path / "build.yaml").write_text(manifest)
    return tmp_path


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """That of a person at a terminal, wherever the tests run."""
    unset = {"CI", "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "COLUMNS", "LINES", "MAKEFLAGS"}
    base = {name: value for name, value in os.environ.items() if name not in unset}
    return {**base, "TERM": "xterm-256color", **extra}


def on_terminal(
    project: Path, *options: str, columns: int = 80, extra: Mapping[str, str] = MappingProxyType({})
) -> str:
    """What standard error, a terminal, gets from a build; carriage returns as they were sent."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    modes = termios.tcgetattr(theirs)
    modes[1] &= ~termios.OPOST  # "\n" stays what it is
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    with subprocess.Popen(
        [*COMMAND, *options],
        cwd=project,
        env=environment(extra),
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = drained(ours)
        assert process.wait() == 0
    return shown.decode("utf-8")


def drained(terminal: int) -> bytes:
    """All that is written to a terminal until its other end is closed."""
    shown = b""
    with os.fdopen(terminal, "rb", buffering=0) as stream:
        while select.select([stream], [], [], 120)[0]:
            try:
                shown += stream.read(65536) or b""
            except OSError:  # Linux says so when the last writer is gone
                return shown
    pytest.fail(f"the build hangs after {shown!r}")


def in_pipe(project: Path, *options: str, extra: Mapping[str, str] = MappingProxyType({})) -> str:
    """What standard error, a pipe, gets from a build."""
    done = subprocess.run(
        [*COMMAND, *options],
        cwd=project,
        env=environment(extra),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
    return done.stderr.decode("utf-8")


def on_screen(shown: str) -> list[str]:
    """The lines that are left, as a terminal shows them; knows what we send and no more."""
    lines = [""]
    for part in re.split(r"(\r\x1b\[K|\n)", shown):
        if part == "\n":
            lines.append("")
        elif part == CLEAR:
            lines[-1] = ""
        else:
            lines[-1] += part
    return [line for line in lines if line]


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def test_a_terminal_has_one_live_line_that_goes_away(project: Path) -> None:
    shown = on_terminal(project, "--no-cache")
    lives = [part for part in shown.split(CLEAR) if LINE.match(part)]
    assert [LINE.match(part)[1] for part in lives] == ["1", "2", "3"]  # type: ignore[index]
    assert not any("\n" in part for part in lives)
    assert on_screen(shown) == ["built 3 assets, 6 files changed"]


def test_a_pipe_has_a_plain_line_for_each_asset_in_their_order(project: Path) -> None:
    shown = in_pipe(project, "--no-cache")
    lines = [LINE.fullmatch(line) for line in shown.splitlines()[:-1]]
    assert [(line[1], line[2]) for line in lines if line] == [("1", "3"), ("2", "3"), ("3", "3")]
    assert lines[0] is not None
    assert lines[0][3] == "ssd1306-128x64: a"
    assert "\r" not in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("extra", [{"TERM": "dumb"}, {"CI": "true"}])
def test_a_terminal_that_cannot_rewrite_lines_is_as_a_pipe(
    project: Path, extra: dict[str, str]
) -> None:
    shown = on_terminal(project, "--no-cache", extra=extra)
    shutil.rmtree(project / "build")
    assert shown == in_pipe(project, "--no-cache")


def test_quiet_is_silent_everywhere(project: Path) -> None:
    assert not on_terminal(project, "-q", "--no-cache")
    shutil.rmtree(project / "build")
    assert not in_pipe(project, "-q", "--no-cache")


def test_quiet_still_tells_problems(project: Path) -> None:
    Image.new("RGB", (200, 8)).save(project / "ramp.png")
    for run in (on_terminal, in_pipe):
        shown = run(project, "-q")
        assert "warning: ramp.png: 200x8 is larger than the screen" in shown
        assert "[1/3]" not in shown
        shutil.rmtree(project / "build")


@pytest.mark.parametrize("extra", [{"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}, {}])
def test_nothing_is_ever_colored(project: Path, extra: dict[str, str]) -> None:
    """So NO_COLOR is honored; the live line stays, because it is no color."""
    shown = on_terminal(project, "--no-cache", extra=extra)
    assert set(ESCAPES.findall(shown)) == {"\x1b[K"}
    assert "[3/3]" in shown
    shutil.rmtree(project / "build")
    assert "\x1b" not in in_pipe(project, "--no-cache", extra=extra)


@pytest.mark.parametrize("options", [(), ("-v",), ("--explain",), ("-v", "--explain")])
def test_names_cannot_steer_the_terminal(project: Path, options: tuple[str, ...]) -> None:
    name = r"b\x1b]0;owned\x07\x1b[31m\r\u202e"
    shown = on_terminal(project, "--no-cache", *options, columns=200)
    assert name in shown
    assert "\u202e" not in shown
    assert set(ESCAPES.findall(shown)) == {"\x1b[K"}
    assert shown.replace(CLEAR, "").count("\r") == 0
    shutil.rmtree(project / "build")
    plain = in_pipe(project, "--no-cache", *options)
    assert name in plain
    assert not {"\x1b", "\r", "\x07", "\u202e"} & set(plain)


def test_reasons_stand_on_lines_of_their_own_beside_the_live_line(project: Path) -> None:
    with (project / "build.yaml").open("a") as manifest:
        manifest.write("bundles: {all: pack}\n")
    # The live line of the last asset stands when the bundle's reason is said.
    shown = on_terminal(project, "--explain")
    *reasons, last = on_screen(shown)
    assert len(reasons) == 4
    assert all(line.startswith("ssd1306-128x64: ") for line in reasons)
    assert last == "built 3 assets and 1 bundle, 11 files changed"


@pytest.mark.parametrize("cached", [False, True])
def test_numbers_add_up_from_the_first_line_on(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    cached: bool,
) -> None:
    with (project / "build.yaml").open("a") as manifest:
        manifest.write("bundles: {all: pack, some: {emit: index, assets: a}}\n")
    monkeypatch.chdir(project)
    if cached:
        assert main(["build", "-q"]) == 0
        shutil.rmtree(project / "build")
    assert main(["build"]) == 0
    found = map(LINE.match, capsys.readouterr().err.splitlines())
    numbers = [(line[1], line[2]) for line in found if line]
    assert numbers == [("1", "3"), ("2", "3"), ("3", "3"), ("1", "2"), ("2", "2")]


def test_bundles_that_lack_an_asset_are_counted_too(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with (project / "build.yaml").open("a") as manifest:
        manifest.write("bundles: {all: pack, some: {emit: pack, assets: a}}\n")
    (project / "four.png").write_bytes(b"broken")
    monkeypatch.chdir(project)
    assert main(["build"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[2:5] == [
        "[3/3] ssd1306-128x64: c failed",
        "[1/2] ssd1306-128x64: bundle some",
        "[2/2] ssd1306-128x64: bundle all failed",
    ]


def test_assets_without_their_palette_are_counted_as_failed(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "build.yaml").write_text(
        "target: ili9341-240x320\npalettes: {ui: {colors: 4}}\n"
        "assets: {a: {source: ramp.png, palette: ui}, c: four.png}\n"
    )
    (project / "ramp.png").write_bytes(b"broken")
    monkeypatch.chdir(project)
    assert main(["build"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["[1/2] ili9341-240x320: c", "[2/2] ili9341-240x320: a failed"]


@pytest.mark.parametrize("columns", [1, 12, 40, 300])
def test_the_live_line_never_wraps(project: Path, columns: int) -> None:
    shown = on_terminal(project, "-v", "--no-cache", columns=columns)
    lives = [part for part in shown.split(CLEAR)[1:-1] if part]
    assert all(width(part) < columns for part in lives)
    assert any("[3/3]" in part for part in lives) == (columns > 10)


def test_wide_characters_count_twice() -> None:
    assert cut("[1/2] 名前", 80) == "[1/2] 名前"
    assert cut("[1/2] 名前", 9) == "[1/2] 名"
    assert cut("abc", 0) == ""
