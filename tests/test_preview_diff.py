"""What `preview --diff` finds between two builds, whatever the earlier one is kept in."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.cli import main
from pipeline.metrics import ciede2000
from pipeline.preview import album, changes, raster

INPUTS = Path(__file__).parent / "corpus" / "inputs"
MANIFEST = """\
target: gameboy
defaults: {size: 24x16, fit: stretch, dither: bayer-4}
assets:
  same: art/ramp.png
  edited: art/dot.png
"""


def git(*arguments: str) -> None:
    base = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*base, *arguments], check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in git, one folder below its top, with one commit."""
    folder = tmp_path / "sub"
    (folder / "art").mkdir(parents=True)
    for name in ("ramp.png", "dot.png"):
        (folder / "art" / name).write_bytes((INPUTS / name).read_bytes())
    (folder / "build.yaml").write_text(f"{MANIFEST}  gone: art/ramp.png\n")
    monkeypatch.chdir(folder)
    git("init", "-q", "-b", "main", str(tmp_path))
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    return folder


def edit(project: Path) -> None:
    (project / "build.yaml").write_text(f"{MANIFEST}  fresh: art/ramp.png\n")
    shutil.copy(INPUTS / "ramp.png", project / "art" / "dot.png")


def found(where: str) -> tuple[album.Album, dict[str, Any]]:
    made = album.load(Path(where))
    assert made is not None
    return made, {asset["name"]: asset for asset in made.data["assets"]}


def picture(made: album.Album, asset: dict[str, Any], kind: str) -> Any:
    png = made.picture(asset["pictures"][kind])
    assert png is not None
    return raster.decode(png)


def kept(kind: str, project: Path) -> str:
    """The first build, kept in some way."""
    if kind == "revision":
        return "HEAD"
    if kind == "outputs":
        assert main(["build", "-q"]) == 0
        shutil.copytree(project / "build" / "assets", project / "then")
        return "then"
    assert main(["preview", "-o", kind]) == 0
    return kind


@pytest.mark.parametrize("kind", ["revision", "outputs", "then", "then.html"])
def test_all_ways_to_keep_a_build_give_the_same_differences(
    kind: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    then = kept(kind, project)
    assert main(["preview", "-o", "old"]) == 0
    old, before = found("old")
    edit(project)
    capsys.readouterr()
    assert main(["preview", "--diff", then, "-o", "out"]) == 0
    made, assets = found("out")
    # An output folder alone does not tell which assets it was built from.
    names = {"edited", "fresh"} if kind == "outputs" else {"edited", "fresh", "gone"}
    assert set(assets) == names
    assert {name: assets[name]["change"] for name in assets} == {
        name: {"edited": "changed", "fresh": "new", "gone": "gone"}[name] for name in assets
    }
    one = assets["edited"]
    was, now = picture(made, one, "before"), picture(made, one, "seen")
    assert (was == picture(old, before["edited"], "seen")).all()
    count = int((was != now).any(-1).sum())
    assert picture(made, one, "difference").shape == now.shape
    assert one["notes"][0] == ["changed pixels", f"{count:,} of 384"]
    captured = capsys.readouterr()
    rows = [line.split() for line in captured.out.splitlines()]
    assert rows[0] == ["target", "asset", "change", "pixels", "%", "delta", "E", "bytes", "now"]
    assert rows[1][:4] == ["gameboy", "edited", "changed", str(count)]
    assert rows[1][6:] == [str(before["edited"]["bytes"]), str(one["bytes"])]
    assert len(rows) == len(names) + 1
    gone = ", 1 gone" if "gone" in names else ""
    assert captured.err.endswith(f"out/index.html: 1 changed, 1 new{gone}\n")


def test_the_working_tree_and_its_outputs_are_left_alone(project: Path) -> None:
    edit(project)
    assert main(["build", "-q"]) == 0
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    assert main(["preview", "--diff", "HEAD", "-o", "../out"]) == 0
    after = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    state = project / "build/assets/.bitplane.state"
    assert {**after, state: b""} == {**before, state: b""}


def test_nothing_changed_is_said_and_the_page_is_empty(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preview", "--diff", "HEAD", "-o", "out"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("out/index.html: nothing changed\n")
    assert found("out")[1] == {}
    assert project.is_dir()


@pytest.mark.parametrize("revision", ["no-such", "--output=x", "HEAD:build.yaml", "", "art"])
def test_what_is_no_revision_is_an_error(
    revision: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preview", f"--diff={revision}", "-o", "out"]) == 2
    assert "hint: give --diff a revision" in capsys.readouterr().err
    assert not (project / "out").exists()
    assert not (project / "x").exists()


def test_a_revision_without_the_manifest_is_an_error(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "other.yaml").write_text(MANIFEST)
    assert main(["preview", "-f", "other.yaml", "--diff", "HEAD"]) == 2
    assert "HEAD has no sub/other.yaml" in capsys.readouterr().err


PICTURES = arrays(np.uint8, st.just((5, 4, 3)))


@given(PICTURES, PICTURES)
def test_changes_are_counted_and_measured(before: Any, after: Any) -> None:
    change = changes.compare(before, after)
    assert change.pixels == (before != after).any(-1).sum()
    assert change.delta_e == pytest.approx(ciede2000(before, after).mean())
    assert change.drawn is not None
    same = (before == after).all(-1)
    assert (np.ptp(change.drawn[same], axis=-1) == 0).all()
    assert (change.drawn[~same][..., 2] == 0).all()


def test_pictures_of_other_sizes_changed_everywhere() -> None:
    change = changes.compare(np.zeros((2, 3, 3), np.uint8), np.zeros((3, 3, 3), np.uint8))
    assert change == changes.Change(9, 9, None, None, None)
