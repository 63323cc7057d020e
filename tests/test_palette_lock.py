"""With a lock the palettes stay, whatever the pictures become; without it they follow."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from pipeline import decode, palette_lock
from pipeline.cli import main
from pipeline.palette_lock import Locked
from pipeline.report import Failure

MANIFEST = """target: [ili9341-240x320, ssd1306-128x64]
defaults: {emit: [bin]}
palettes:
  ui: {colors: 4, fixed: {1: transparent, 3: "#ff0000"}}
assets:
  a: {source: a.png, palette: ui}
  b: {source: b.png, palette: ui}
  own: {source: a.png, palette: {colors: 3}}
"""


def paint(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    Pillow.fromarray(rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)).save(path)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "build.yaml").write_text(MANIFEST)
    for seed, name in enumerate(["a.png", "b.png"]):
        paint(tmp_path / name, seed)
    assert main(["build", "-q"]) == 0
    return tmp_path


def palette(name: str) -> list[list[int]]:
    path = Path("build/assets/ili9341-240x320") / f"{name}.bin"
    colors: list[list[int]] = decode.decode(
        {"x.bin": path.read_bytes()}, "x.bin"
    ).palette.seen.tolist()
    return colors


def test_a_locked_build_is_the_build_that_was_locked(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*.bin")}
    assert main(["lock"]) == 0
    assert capsys.readouterr().err == "wrote build.lock: 2 palettes\n"
    assert main(["lock", "--check"]) == 0
    assert main(["clean"]) == 0
    assert main(["build", "-q", "--no-cache"]) == 0
    assert {path: path.read_bytes() for path in project.rglob("*.bin")} == before
    assert main(["build", "--check"]) == 0


def test_that_a_palette_was_locked_is_why_its_picture_is_built_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lock"]) == 0
    assert main(["build", "--check"]) == 1
    assert capsys.readouterr().out == "ili9341-240x320: own: its palette was locked\n"
    assert main(["build", "-q"]) == 0
    (project / "build.lock").unlink()
    assert main(["build", "--check"]) == 1
    assert capsys.readouterr().out == "ili9341-240x320: own: its palette is not locked any more\n"


@pytest.mark.parametrize("name", ["a", "own"])
def test_a_locked_palette_stays_when_its_pictures_change(project: Path, name: str) -> None:
    assert main(["lock"]) == 0
    before = palette(name)
    paint(project / "a.png", 9)
    assert main(["build", "-q"]) == 0
    assert palette(name) == before
    (project / "build.lock").unlink()
    assert main(["build", "-q"]) == 0
    assert palette(name) != before


def test_an_asset_that_joins_a_group_does_not_reshuffle_it(project: Path) -> None:
    assert main(["lock"]) == 0
    before = palette("a")
    paint(project / "c.png", 5)
    (project / "build.yaml").write_text(MANIFEST + "  c: {source: c.png, palette: ui}\n")
    assert main(["build", "-q"]) == 0
    assert palette("a") == palette("c") == before


def test_a_lock_that_is_out_of_date_is_named(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lock"]) == 0
    paint(project / "b.png", 7)
    assert main(["build", "-q"]) == 0
    capsys.readouterr()
    assert main(["build", "--check"]) == 1
    expected = "build.lock: the palette 'ili9341-240x320/ui' was learned from something else"
    assert capsys.readouterr().err == f"error: {expected}\n"
    assert main(["lock", "--check"]) == 1
    assert expected in capsys.readouterr().err
    assert main(["lock"]) == 0
    assert main(["lock", "--check"]) == 0


def test_other_options_do_not_get_the_locked_palette(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lock"]) == 0
    (project / "build.yaml").write_text(MANIFEST.replace("colors: 3", "colors: 2"))
    assert main(["build", "-q"]) == 0
    assert len(palette("own")) == 2
    assert main(["lock", "--check"]) == 1
    assert "asset:own" in capsys.readouterr().err


def test_a_palette_that_left_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lock"]) == 0
    (project / "build.yaml").write_text(MANIFEST.replace("palette: {colors: 3}", "dither: none"))
    assert main(["lock", "--check"]) == 1
    assert "no palette is called 'ili9341-240x320/asset:own'" in capsys.readouterr().err


def test_the_text_is_read_back_as_it_was() -> None:
    plain = {"grid": "rgb565", "codes": [0, 0xF81F, 0xFFFF], "transparent": 1, "learned": True}
    made = {"t/ui": Locked(plain, "abc", "def")}
    assert palette_lock.load(palette_lock.render(made).encode(), "build.lock") == made
    assert palette_lock.load(palette_lock.render({}).encode(), "build.lock") == {}


@pytest.mark.parametrize(
    "text",
    [
        "version: 2\n",
        "version: 1\npalettes: {x: {options: a, learned-from: b, grid: rgb565, colors: []}}\n",
        "version: 1\npalettes: {x: {options: a, learned-from: b, grid: rgb5, colors: ['#fff']}}\n",
        "version: 1\npalettes: {x: {options: a, learned-from: b, grid: rgb565, colors: [red]}}\n",
        "<<<<<<< ours\n",
    ],
)
def test_a_faulty_lock_stops_the_build_with_its_place(project: Path, text: str) -> None:
    (project / "build.lock").write_text(text)
    with pytest.raises(Failure) as caught:
        palette_lock.load(text.encode(), "build.lock")
    assert all(p.span is not None and p.span.file == "build.lock" for p in caught.value.problems)
    assert main(["build", "-q"]) == 2


def test_a_lock_is_named_as_its_manifest_is(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.parent)
    manifest = f"{project.name}/build.yaml"
    capsys.readouterr()
    assert main(["lock", "-f", manifest]) == 0
    assert capsys.readouterr().err == f"wrote {project.name}/build.lock: 2 palettes\n"
    paint(project / "a.png", 7)
    for words in (["lock", "--check"], ["build", "--check"]):
        assert main([*words, "-f", manifest]) == 1
        assert f"{project.name}/build.lock: the palette" in capsys.readouterr().err
    (project / "build.lock").write_text("version: 1\npalettes: [\n")
    for words in (["lock", "--check"], ["build"], ["show", "a"]):
        assert main([*words, "-f", manifest]) == 2
        assert f"{project.name}/build.lock:3:1: error" in capsys.readouterr().err
