"""`bitplane watch`: builds when something changed, and sends what became different."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.cli import main, parser_for
from pipeline.commands import upload, watch
from pipeline.commands.watch import Rounds
from pipeline.disk import Stamp
from pipeline.report import fail
from pipeline.watching import Stamps, wait

INPUTS = Path(__file__).parent / "corpus" / "inputs"
MANIFEST = """\
target: ssd1306-128x64
defaults: {size: screen, dither: bayer-4, emit: raw}
assets: {a: ramp.png, b: four.png}
"""


def stamp(number: int) -> Stamp:
    return Stamp(number, number, number, number)


class World:
    """Files that look different after so many rests."""

    def __init__(self, *looks: Stamps) -> None:
        self.looks = looks
        self.rests = 0

    def look(self) -> Stamps:
        return self.looks[min(self.rests, len(self.looks) - 1)]

    def rest(self) -> None:
        self.rests += 1
        assert self.rests < 99


def test_it_waits_for_a_change_and_then_until_all_is_at_rest() -> None:
    old: Stamps = {"a": stamp(1)}
    half: Stamps = {"a": stamp(2)}
    whole: Stamps = {"a": stamp(3)}
    world = World(old, old, half, whole, whole, whole)
    assert wait(world.look, old, world.rest) == whole
    assert world.rests == 4


def test_a_file_that_came_or_went_is_a_change() -> None:
    assert wait(World({"a": None}).look, {"a": stamp(1)}, lambda: None) == {"a": None}
    assert wait(World({"a": stamp(1)}).look, {"a": None}, lambda: None) == {"a": stamp(1)}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ramp.png", "four.png", "dot.png"):
        shutil.copy(INPUTS / name, tmp_path)
    (tmp_path / "build.yaml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Sent:
    """What was sent in each round, by slot; a round may fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rounds: list[dict[int, str]] = []
        self.broken = False
        monkeypatch.setattr(upload, "send", self.send)

    def send(self, _args: Any, _port: str, payloads: list[Any], slots: tuple[int, ...]) -> int:
        if self.broken:
            raise fail("the line is gone", status=3)
        names = (payload.name for payload in payloads)
        self.rounds.append(dict(zip(slots, names, strict=True)))
        return 0


def rounds(*arguments: str) -> Rounds:
    args = parser_for("watch").parse_args(["-q", "--upload", "--port", "any", *arguments])
    upload.begin(args)
    return Rounds(args)


def edit(path: Path, source: str) -> None:
    """Another picture in place of one, with another look for sure."""
    shutil.copy(INPUTS / source, path)
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))


def test_only_what_became_different_is_sent(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent, watching = Sent(monkeypatch), rounds("--slot", "4")
    watching.once()
    assert sent.rounds == [{4: "a", 5: "b"}]
    watching.once()
    assert len(sent.rounds) == 1
    edit(project / "four.png", "dot.png")
    assert watching.look() != watching.before
    watching.once()
    assert sent.rounds[1:] == [{5: "b"}]
    assert watching.look() == watching.before


def test_what_could_not_be_sent_is_sent_next_time(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent, watching = Sent(monkeypatch), rounds("a")
    sent.broken = True
    watching.once()
    assert "the line is gone" in capsys.readouterr().err
    sent.broken = False
    (project / "four.png").touch()
    watching.once()
    assert sent.rounds == [{0: "a"}]


def test_a_broken_manifest_or_picture_is_told_and_waited_for(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent, watching = Sent(monkeypatch), rounds()
    watching.once()
    (project / "build.yaml").write_text("target: nonsense\n")
    assert watching.look() != watching.before
    watching.once()
    assert "'assets' is missing" in capsys.readouterr().err
    (project / "build.yaml").write_text(MANIFEST.replace("b: four", "b: dot"))
    (project / "ramp.png").write_bytes(b"no picture")
    watching.once()
    assert "ramp.png" in capsys.readouterr().err
    assert len(sent.rounds) == 1
    shutil.copy(INPUTS / "ramp.png", project)
    watching.once()
    assert sent.rounds[1:] == [{1: "b"}]


def test_without_upload_it_builds_and_ends_by_ctrl_c(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rests: list[float] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 1:
            edit(project / "ramp.png", "dot.png")
        if len(rests) > 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(watch, "time", SimpleNamespace(sleep=rest))
    assert main(["watch"]) == 130
    err = capsys.readouterr().err
    assert "built 2 assets" in err
    assert "built 1 asset, 1 file changed; 1 asset up to date" in err
    assert err.endswith("interrupted\n")


def test_the_folder_is_changed_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = project / "inner"
    inner.mkdir()
    for name in ("build.yaml", "ramp.png", "four.png"):
        shutil.move(project / name, inner)
    sent, watching = Sent(monkeypatch), rounds("-C", "inner")
    watching.once()
    watching.once()
    assert sent.rounds == [{0: "a", 1: "b"}]
