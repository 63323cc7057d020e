"""Scenes: assets put together on a screen are what the panel shows of each."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import panel
from pipeline.cli import main
from pipeline.disk import RealDisk
from pipeline.manifest import load
from pipeline.palette import MAX_COLORS, Indexed, Palette
from pipeline.planner import make
from pipeline.screen import Layer, compose, of_colors, seen_as
from pipeline.showing import Pictures
from pipeline.target_file import shipped

MANIFEST = """\
target: [waveshare-2in9b, gc9a01-240x240]
output: out
palettes:
  art: {colors: 4, fixed: {0: transparent}}
assets:
  photo: {source: photo.png, size: 40x30, dither: atkinson}
  hole: {source: hole.png, palette: art}
scenes:
  home:
    background: "#f00000"
    place:
      - {asset: photo, at: [0, 0]}
      - asset: hole
        at: 20,10
  small: {target: gc9a01, place: [{asset: hole}]}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    y, x = np.mgrid[:30, :40]
    colors = np.stack([x * 6, y * 8, (x + y) * 3], -1).astype(np.uint8)
    PIL.Image.fromarray(colors).save(tmp_path / "photo.png")
    hole = np.zeros((12, 12, 4), np.uint8)
    hole[3:9, 3:9] = (0, 0, 255, 255)
    PIL.Image.fromarray(hole).save(tmp_path / "hole.png")
    (tmp_path / "build.yaml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pictures() -> Pictures:
    plan = make(load(Path("build.yaml")), RealDisk("."))
    return Pictures(plan, RealDisk("."), "", {})


@pytest.mark.usefixtures("project")
def test_a_scene_shows_each_asset_in_its_place_and_what_is_below_through_its_holes() -> None:
    every = pictures()
    scene = next(s for s in every.plan.scenes if (s.name, s.target) == ("home", "gc9a01-240x240"))
    rules = {r.name: r for r in every.plan.assets if r.target == scene.target}
    photo, hole = (every.asset(rules[name]).indexed for name in ("photo", "hole"))
    screen = every.scene(scene).indexed.seen
    assert screen.shape == (240, 240, 3)
    assert np.array_equal(screen[:10, :40], photo.seen[:10])
    drawn = hole.indices != 0
    part = screen[10:22, 20:32]
    assert drawn.sum() == 36
    assert np.array_equal(part[drawn], hole.seen[drawn])
    assert np.array_equal(part[~drawn], photo.seen[10:22, 20:32][~drawn])
    assert (screen[100:] == seen_as((0xF0, 0, 0), shipped("gc9a01-240x240"))).all()


def test_the_file_of_a_scene_is_the_panel_model_of_it(project: Path) -> None:
    assert main(["build", "-q"]) == 0
    assert main(["scene", "--scale", "2"]) == 0
    for target, names in (("waveshare-2in9b", ["home"]), ("gc9a01-240x240", ["home", "small"])):
        folder = project / "scenes" / target
        assert sorted(path.stem for path in folder.iterdir()) == names
        every = pictures()
        for scene in (s for s in every.plan.scenes if s.target == target):
            indexed, profile = every.scene(scene).indexed, every.plan.targets[target]
            view = panel.View(2)
            wanted = panel.look(indexed, profile, view)
            wanted[~panel.glass(indexed, profile, view)] = 0
            file = PIL.Image.open(folder / f"{scene.name}.png").convert("RGB")
            assert np.array_equal(np.asarray(file), wanted)


def test_what_is_built_and_what_would_be_built_make_the_same_scene(project: Path) -> None:
    assert main(["scene", "-o", "before"]) == 0
    assert main(["build", "-q"]) == 0
    assert main(["scene", "-o", "after"]) == 0
    for path in (project / "before").rglob("*.png"):
        other = project / "after" / path.relative_to(project / "before")
        assert path.read_bytes() == other.read_bytes()


@pytest.mark.usefixtures("project")
def test_a_scene_is_written_again_only_when_it_changes(capsys: pytest.CaptureFixture[str]) -> None:
    for end in ("", ", unchanged"):
        assert main(["scene", "small"]) == 0
        assert capsys.readouterr().err == f"scenes/gc9a01-240x240/small.png: 240x240{end}\n"


def test_a_scene_is_named_as_seen_from_here(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.parent)
    assert main(["scene", "small", "-f", f"{project.name}/build.yaml"]) == 0
    said = capsys.readouterr().err.split(":")[0]
    assert said == f"{project.name}/scenes/gc9a01-240x240/small.png"
    assert Path(said).is_file()


def test_a_manifest_with_scenes_builds_the_same_files(project: Path) -> None:
    assert main(["build", "-q"]) == 0
    without, _, _ = MANIFEST.partition("scenes:")
    (project / "build.yaml").write_text(without)
    assert main(["build", "--check"]) == 0


@given(st.data())
def test_a_composed_screen_has_the_pixels_of_the_topmost_layer(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    layers = []
    wanted = np.full((9, 12, 3), (1, 2, 3), np.uint8)
    for _ in range(data.draw(st.integers(0, 4))):
        height, width = rng.integers(1, 6, 2)
        left, top = rng.integers(0, 12 - width + 1), rng.integers(0, 9 - height + 1)
        seen = rng.integers(0, 256, (4, 3)).astype(np.uint8)
        clear = data.draw(st.sampled_from([None, 0, 3]))
        palette = Palette(seen, seen, np.arange(4, dtype=np.uint32), clear)
        indexed = Indexed(rng.integers(0, 4, (height, width)).astype(np.uint16), palette)
        layers.append(Layer(indexed, int(left), int(top)))
        for y, x in np.ndindex(height, width):
            if indexed.indices[y, x] != clear:
                wanted[top + y, left + x] = seen[indexed.indices[y, x]]
    assert np.array_equal(compose((12, 9), (1, 2, 3), layers).seen, wanted)


def test_a_picture_of_too_many_colors_is_refused() -> None:
    y, x = np.mgrid[:257, :256]
    many = np.stack([x, y % 256, y // 256], -1).astype(np.uint8)
    assert len(of_colors(many[:256]).palette) == MAX_COLORS
    with pytest.raises(ValueError, match="65792 colors"):
        of_colors(many)


def test_a_background_is_what_the_panel_can_show() -> None:
    spectra = shipped("waveshare-7in3e")
    inks = {ink.name: ink for ink in spectra.inks}
    assert seen_as((255, 0, 0), spectra) == inks["red"].seen
    assert seen_as((250, 5, 0), spectra) == inks["red"].seen
    assert seen_as((255, 255, 255), shipped("st7789-240x240")) == (255, 255, 255)
    assert seen_as((255, 3, 0), shipped("st7789-240x240")) == (255, 4, 0)
