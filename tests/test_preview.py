"""What a preview shows is what was built; it is written once, and nothing in it is markup."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from pipeline import formats, panel
from pipeline.cli import main
from pipeline.disk import RealDisk
from pipeline.manifest import load
from pipeline.plan import Job
from pipeline.planner import make
from pipeline.prepare import prepare
from pipeline.preview import album, page, raster, shot
from pipeline.target import builtin_names
from pipeline.target_file import shipped

INPUTS = Path(__file__).parent / "corpus" / "inputs"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "art").mkdir()
    for name in ("ramp.png", "dot.png"):
        (tmp_path / "art" / name).write_bytes((INPUTS / name).read_bytes())
    text = "target: gameboy\nassets: {a: art/ramp.png, b: art/dot.png}\ndefaults: {size: 16x16}\n"
    (tmp_path / "build.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(where: str) -> dict[str, Any]:
    found = album.load(Path(where))
    assert found is not None
    return dict(found.data)


def picture(where: str, asset: dict[str, Any], kind: str = "seen") -> Any:
    found = album.load(Path(where))
    assert found is not None
    png = found.picture(asset["pictures"][kind])
    assert png is not None
    return raster.decode(png)


@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9).map(lambda s: (*s, 3))))
def test_pictures_come_back_from_png(srgb: Any) -> None:
    assert (raster.decode(raster.encode(srgb)) == srgb).all()


def test_pictures_of_many_colors_come_back_from_png() -> None:
    srgb = np.random.default_rng(1).integers(0, 256, (40, 31, 3), np.uint8)
    assert (raster.decode(raster.encode(srgb)) == srgb).all()


@given(st.binary(max_size=60), st.integers(8, 200))
def test_damaged_png_files_are_refused(junk: bytes, at: int) -> None:
    good = raster.encode(np.zeros((9, 9, 3), np.uint8))
    for data in (junk, good[:at], good[:at] + junk):
        if not data.startswith(good):
            with pytest.raises(ValueError, match="PNG"):
                raster.decode(data)


@pytest.mark.parametrize("emit", ["c", "c-header", "bin", "bin-split"])
@pytest.mark.parametrize("name", builtin_names())
def test_what_is_shown_is_what_the_files_hold(
    name: str, emit: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"target: {name}\nassets: {{a: art/ramp.png}}\n"
    options = "defaults: {size: 24x16, fit: stretch, dither: floyd-steinberg, "
    (project / "build.yaml").write_text(f"{text}{options}emit: [{emit}]}}\n")
    assert main(["preview", "-o", "out"]) == 0, capsys.readouterr().err
    rule = make(load(Path("build.yaml")), RealDisk(".")).assets[0]
    held = shot.emitted(Job(rule, shipped(name), "."))
    assert held is not None
    model = panel.look(held, shipped(name))
    assert (picture("out", shown("out")["assets"][0]) == model).all()
    again = formats.index(Job(rule, shipped(name), "."), prepare(rule, "."))[0]
    assert (again.indices == held.indices).all()
    assert (again.palette.seen == held.palette.seen).all()
    assert (again.palette.codes == held.palette.codes).all()


@pytest.mark.parametrize("emit", ["png", "palette-png"])
def test_pictures_without_a_file_that_holds_all_are_made_again(emit: str, project: Path) -> None:
    text = (project / "build.yaml").read_text().replace("size:", f"emit: [{emit}], size:")
    (project / "build.yaml").write_text(text)
    assert main(["preview", "-o", "out"]) == 0
    rules = make(load(Path("build.yaml")), RealDisk(".")).assets
    for rule, asset in zip(rules, shown("out")["assets"], strict=True):
        made = formats.index(Job(rule, shipped("gameboy"), "."), prepare(rule, "."))[0]
        assert (picture("out", asset) == panel.look(made, shipped("gameboy"))).all()


def test_a_shared_palette_is_the_one_of_the_build(project: Path) -> None:
    text = "target: st7789-240x240\npalettes: {p: {colors: 5}}\n"
    options = "defaults: {palette: p, emit: [png]}\nassets: {a: art/ramp.png, b: art/dot.png}\n"
    (project / "build.yaml").write_text(text + options)
    assert main(["preview", "-o", "out"]) == 0
    first, second = shown("out")["assets"]
    assert [row[:4] for row in first["palette"]] == [row[:4] for row in second["palette"]]
    from pipeline.emitters import png

    file = png.read(Path("build/assets/a.png").read_bytes())
    assert (picture("out", first) == file.seen).all()


def test_every_index_has_a_color_of_its_own() -> None:
    colors = shot.index_colors(65536)
    assert len(np.unique(colors, axis=0)) == 65536


def test_palette_rows_count_each_pixel() -> None:
    assert main(["preview", "-o", "out"]) == 0
    for asset in shown("out")["assets"]:
        assert sum(row[4] for row in asset["palette"]) == 256
        assert asset["entries"] == 4


def test_a_preview_that_is_up_to_date_is_not_touched(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["preview", "-o", "out"]) == 0
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")}
    capsys.readouterr()

    def never(job: Job) -> None:
        raise AssertionError(job)

    monkeypatch.setattr(shot, "take", never)
    assert main(["preview", "-o", "out"]) == 0
    assert {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")} == before
    assert "new" not in capsys.readouterr().err


def test_an_edit_changes_one_asset_and_says_how(project: Path) -> None:
    assert main(["preview", "-o", "out"]) == 0
    first = shown("out")["assets"]
    (project / "art/dot.png").write_bytes((INPUTS / "ramp.png").read_bytes())
    assert main(["preview", "-o", "out"]) == 0
    same, changed = shown("out")["assets"]
    assert (same["change"], changed["change"]) == ("", "changed")
    assert changed["last"]["delta_e"] == first[1]["delta_e"]
    names = {f"{name}.png" for one in (same, changed) for name in one["pictures"].values()}
    assert {path.name for path in Path("out/pictures").iterdir()} == names


def test_a_lost_picture_is_made_again() -> None:
    assert main(["preview", "-o", "out"]) == 0
    pictures = sorted(Path("out/pictures").iterdir())
    pictures[0].unlink()
    assert main(["preview", "-o", "out"]) == 0
    assert sorted(Path("out/pictures").iterdir()) == pictures


def test_one_file_holds_the_same_pictures(project: Path) -> None:
    assert main(["preview", "-o", "out"]) == 0
    assert main(["preview", "-o", "out.html"]) == 0
    first, when = Path("out.html").read_bytes(), Path("out.html").stat().st_mtime_ns
    for asset in shown("out")["assets"]:
        for kind in asset["pictures"]:
            assert (picture("out", asset, kind) == picture("out.html", asset, kind)).all()
    assert main(["preview", "-o", "out.html"]) == 0
    assert Path("out.html").read_bytes() == first
    assert Path("out.html").stat().st_mtime_ns == when
    assert [path.name for path in project.glob("out.html*")] == ["out.html"]


def test_a_preview_lies_beside_its_manifest(project: Path) -> None:
    (project / "sub").mkdir()
    for name in ("build.yaml", "art"):
        (project / name).rename(project / "sub" / name)
    assert main(["preview", "-f", "sub/build.yaml"]) == 0
    assert main(["preview", "-f", "sub/build.yaml", "--diff", "sub/build/assets"]) == 0
    assert main(["preview", "-f", "sub/build.yaml", "-o", "here.html"]) == 0
    assert sorted(path.name for path in project.iterdir()) == ["here.html", "sub"]
    assert sorted(path.name for path in (project / "sub/build").iterdir()) == [
        "assets",
        "preview",
        "preview-diff",
    ]


def test_in_one_file_the_pictures_follow_what_shows_them(project: Path) -> None:
    assert main(["preview", "-o", "out.html"]) == 0
    (project / "art/dot.png").write_bytes((INPUTS / "ramp.png").read_bytes())
    assert main(["preview", "-o", "out.html"]) == 0
    html = Path("out.html").read_text()
    names = [name for one in shown("out.html")["assets"] for name in one["pictures"].values()]
    assert re.findall(r'id="p-(\w+)"', html) == list(dict.fromkeys(names))
    assert html.rindex("startTakingOut();") < html.index('id="p-')


def test_a_file_whose_pictures_were_cut_off_is_made_anew() -> None:
    assert main(["preview", "-o", "out.html"]) == 0
    good = Path("out.html").read_bytes()
    Path("out.html").write_bytes(good[: good.rindex(b'id="p-') + 60])
    assert main(["preview", "-o", "out.html"]) == 0
    assert Path("out.html").read_bytes() == good


def test_a_page_of_somebody_else_is_not_replaced(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("mine.html").write_text("<!doctype html><p>my page")
    assert main(["preview", "-o", "mine.html"]) == 1
    assert "not a preview of bitplane" in capsys.readouterr().err
    assert Path("mine.html").read_text() == "<!doctype html><p>my page"
    assert not Path("build").exists()


@pytest.mark.parametrize("damage", ["cut", "version", "name"])
def test_a_damaged_preview_is_made_anew(damage: str) -> None:
    assert main(["preview", "-o", "out"]) == 0
    index = Path("out/index.html")
    good = index.read_text()
    ways = {
        "cut": good[: len(good) // 2],
        "version": good.replace('"version":1', '"version":0'),
        "name": re.sub(r'"seen":"[0-9a-f]{32}"', '"seen":"../../../art/dot"', good),
    }
    index.write_text(ways[damage])
    assert main(["preview", "-o", "out"]) == 0
    fresh = shown("out")["assets"]
    assert [asset["pictures"] for asset in fresh] == [
        asset["pictures"] for asset in page.data_of(good)["assets"]
    ]
    assert Path("art/dot.png").is_file()


def test_a_failed_asset_is_told_in_the_page_and_the_others_are_shown(project: Path) -> None:
    (project / "art/dot.png").write_bytes(b"no picture")
    assert main(["preview", "-o", "out"]) == 1
    data = shown("out")
    assert [asset["name"] for asset in data["assets"]] == ["a"]
    (problem,) = data["problems"]
    assert problem["severity"] == "error"
    assert problem["place"].startswith("build.yaml:2:")
    assert "^" in problem["snippet"]


def test_the_page_says_what_the_report_of_the_build_says(project: Path) -> None:
    text = (project / "build.yaml").read_text().replace("size:", "dither: auto, size:")
    (project / "build.yaml").write_text(text)
    assert main(["preview", "-o", "out"]) == 0
    for asset in shown("out")["assets"]:
        ((name, words),) = asset["notes"]
        assert name == "note"
        assert words.startswith(("flat art", "a photograph"))


def test_names_choose_what_is_shown() -> None:
    assert main(["preview", "-o", "out", "b"]) == 0
    assert [asset["name"] for asset in shown("out")["assets"]] == ["b"]


def test_warnings_are_for_large_errors_and_large_files(project: Path) -> None:
    text = (project / "build.yaml").read_text()
    (project / "build.yaml").write_text(f"{text}budget: 200 B\n".replace("16x16", "168x160"))
    assert main(["preview", "-o", "out"]) == 1
    badges = {words for asset in shown("out")["assets"] for _, words in asset["badges"]}
    assert any("of the budget" in words for words in badges)
    assert "larger than the screen, 160x144" in badges


@given(st.text())
def test_data_in_the_page_is_no_markup(text: str) -> None:
    inert = page.inert({"name": text})
    assert not set("<>&") & set(inert)
    assert inert.isascii()
    assert json.loads(inert) == {"name": text}


def test_the_policy_allows_nothing_but_the_page_itself() -> None:
    html = page.html({"version": 1})
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy[1].split("; "))
    assert rules["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", rules["script-src"])
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", rules["style-src"])
    assert "unsafe" not in policy[1]
    assert not re.search(r"https?://", html)


def test_the_page_says_how_pixels_are_stored(project: Path) -> None:
    text = (project / "build.yaml").read_text()
    (project / "build.yaml").write_text(text.replace("size: 16x16", "size: 64x64, compress: rle"))
    assert main(["preview", "-o", "a.html"]) == 0
    first = shown("a.html")["assets"][0]
    codec, size = first["stored"]
    assert codec == "rle"
    assert size < first["pixel_bytes"]
    assert first["bytes"] == size
