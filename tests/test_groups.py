"""Palettes for groups of assets: `palettes: {auto: 2}`."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from pipeline.cli import main
from pipeline.plan import AssetRule, share_of
from pipeline.recipe import Recipe

MANIFEST = """\
target: st7789-240x240
output: out
palettes:
  auto: {groups: 2, colors: 8}
defaults: {palette: auto, emit: [png]}
assets:
"""


def ramp(color: tuple[int, int, int], seed: int) -> Pillow.Image:
    """A picture in tones of one color, with many different ones."""
    noise = np.random.default_rng(seed).random((24, 24, 1))
    return Pillow.fromarray((noise * np.array(color)).astype(np.uint8))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, color, seed in (
        ("sky", (40, 120, 255), 1),
        ("sea", (30, 110, 240), 2),
        ("fire", (255, 120, 0), 3),
    ):
        ramp(color, seed).save(tmp_path / f"{name}.png")
    names = ("fire", "sea", "sky")
    (tmp_path / "build.yaml").write_text(
        MANIFEST + "".join(f"  {name}: {name}.png\n" for name in names)
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def colors(path: Path) -> bytes:
    with Pillow.open(path) as image:
        return bytes(image.getpalette() or [])[: 3 * 8]


def test_pictures_alike_share_a_palette_and_others_have_another(project: Path) -> None:
    assert main(["build", "-q"]) == 0
    out = project / "out"
    assert colors(out / "sky.png") == colors(out / "sea.png")
    assert colors(out / "sky.png") != colors(out / "fire.png")


@pytest.mark.usefixtures("project")
def test_the_report_says_what_sharing_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "-v"]) == 0
    report = capsys.readouterr().out
    (line,) = [line for line in report.splitlines() if line.startswith("  sky ")]
    assert "palette 'auto': error " in line
    assert " with its own" in line


def test_a_number_is_short_for_groups(project: Path) -> None:
    text = (project / "build.yaml").read_text().replace("{groups: 2, colors: 8}", "2")
    (project / "build.yaml").write_text(text)
    assert main(["check"]) == 0
    assert main(["build", "-q"]) == 0


def test_a_lock_keeps_groups_and_an_asset_that_is_added_joins_the_best(project: Path) -> None:
    assert main(["build", "-q"]) == 0
    before = {path.name: path.read_bytes() for path in (project / "out").glob("*.png")}
    assert main(["lock"]) == 0
    ramp((50, 130, 250), 4).save(project / "ice.png")
    with (project / "build.yaml").open("a") as file:
        file.write("  ice: ice.png\n")
    assert main(["build", "-q", "--no-cache"]) == 0
    after = {path.name: path.read_bytes() for path in (project / "out").glob("*.png")}
    assert {name: after[name] for name in before} == before
    assert colors(project / "out" / "ice.png") == colors(project / "out" / "sky.png")
    assert main(["lock", "--check"]) == 1


def test_a_damaged_lock_is_refused_at_its_line(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lock"]) == 0
    lock = project / "build.lock"
    lock.write_text(lock.read_text().replace('"sky": 1', '"sky": 7'))
    assert main(["build"]) == 2
    assert "build.lock:5:3: error: the palette 'st7789-240x240/auto'" in capsys.readouterr().err


def test_an_assets_share_of_a_palette_is_what_decides_its_files() -> None:
    def rule(symbol: str) -> AssetRule:
        return AssetRule(symbol, symbol, symbol, "x.png", "t", Recipe(), (), None, {})

    learned = {"groups": {"a": 0, "b": 1}, "palettes": [{"codes": [1]}, {"codes": [2]}]}
    learned = json.loads(json.dumps({**learned, "losses": {"a": [1.0, 2.0]}}))
    assert share_of(learned, rule("a")) == ({"codes": [1]}, (1.0, 2.0))
    assert share_of(learned, rule("b")) == ({"codes": [2]}, ())
    assert share_of(learned, rule("new")).palette == {"palettes": [{"codes": [1]}, {"codes": [2]}]}
    assert share_of({"codes": [3], "losses": {}}, rule("a")) == ({"codes": [3]}, ())
