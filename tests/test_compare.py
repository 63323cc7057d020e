"""`bitplane compare`: the sheet holds what each dither gives, and the table its figures."""

import re
import sys
from pathlib import Path
from typing import NamedTuple
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageFont

from pipeline import canvas, metrics, sheet
from pipeline.cli import main
from pipeline.plan import AssetRule, Job
from pipeline.prepare import prepare
from pipeline.recipe import DitherChoice, PaletteChoice, Recipe
from pipeline.registry import DITHERS
from pipeline.target_file import shipped

WIDTH, HEIGHT = 48, 30
PLAIN = Recipe()
ALL = set(DITHERS) - {"auto", "custom"}


class Row(NamedTuple):
    """A line of the table."""

    method: str
    blurred: float
    plain: float
    rest: str


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a picture of many colors, which is the current one."""
    monkeypatch.chdir(tmp_path)
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[..., 0] = np.linspace(0, 255, WIDTH)
    picture[..., 1] = np.linspace(255, 0, HEIGHT)[:, None]
    picture[..., 2] = 90
    Pillow.fromarray(picture).save("a.png")
    return tmp_path


def rows(text: str) -> list[Row]:
    head, *lines = text.splitlines()
    assert head.split()[:5] == ["dither", "from", "afar", "by", "pixel"]
    return [
        Row(name, float(blurred), float(plain), rest)
        for name, blurred, plain, rest in (line.split(None, 3) for line in lines)
    ]


def drawn(path: str, count: int, width: int = WIDTH, height: int = HEIGHT) -> list[np.ndarray]:
    """The pictures of a sheet, their pixels no longer enlarged."""
    where = sheet.frame(count, width, height)
    page = np.asarray(Pillow.open(path))
    assert page.shape == (where.size[1], where.size[0], 3)
    tiles = []
    for left, top in map(where.corner, range(count)):
        large = page[top : top + height * where.zoom, left : left + width * where.zoom]
        small = large[:: where.zoom, :: where.zoom]
        assert np.array_equal(large, small.repeat(where.zoom, 0).repeat(where.zoom, 1))
        tiles.append(small)
    return tiles


def seen(method: str, name: str, recipe: Recipe = PLAIN) -> np.ndarray:
    """What a target shows of the picture with a dither, by the way that a build takes."""
    target = shipped(name)
    recipe = recipe._replace(dither=DitherChoice(method), background=target.background)
    rule = AssetRule("a", "a", "a", "a.png", name, recipe, (), None, {})
    ready = canvas.canvas(Job(rule, target, "."), prepare(rule, "."))
    return canvas.draw(ready, recipe, ()).seen


def test_each_tile_is_what_the_panel_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "a.png", "--target", "waveshare-7in3e"]) == 0
    table = rows(capsys.readouterr().out)
    source, *tiles = drawn("a.compare.png", len(table) + 1)
    assert np.array_equal(source, np.asarray(Pillow.open("a.png")))
    for row, tile in zip(table, tiles, strict=True):
        assert np.array_equal(tile, seen(row.method, "waveshare-7in3e")), row.method


def test_a_learned_palette_is_the_same_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    named = "bayer-4,none,floyd-steinberg"
    assert main(["compare", "a.png", "--colors", "5", "--dithers", named, "-o", "out.png"]) == 0
    table = rows(capsys.readouterr().out)
    recipe = Recipe(palette=PaletteChoice("learn", colors=5))
    for row, tile in zip(table, drawn("out.png", 4)[1:], strict=True):
        assert np.array_equal(tile, seen(row.method, "generic", recipe)), row.method
    palettes = [np.unique(tile.reshape(-1, 3), axis=0) for tile in drawn("out.png", 4)[1:]]
    assert all(np.array_equal(palettes[0], each) for each in palettes)


def test_the_palette_is_learned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    learn = Mock(wraps=canvas.learned)
    monkeypatch.setattr(canvas, "learned", learn)
    assert main(["compare", "a.png", "--colors", "5", "--dithers", "none,bayer-2,dbs"]) == 0
    learn.assert_called_once()


def test_the_table_is_sorted_by_what_is_seen_from_afar(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["compare", "a.png", "--target", "gameboy"]) == 0
    table = rows(capsys.readouterr().out)
    assert [row.blurred for row in table] == sorted(row.blurred for row in table)
    source = np.asarray(Pillow.open("a.png"))
    first: dict[bytes, str] = {}
    for row in table:
        picture = seen(row.method, "gameboy")
        other = first.setdefault(picture.tobytes(), row.method)
        assert row.blurred == round(metrics.blurred_ciede2000(source, picture), 2)
        assert row.plain == round(metrics.mean_ciede2000(source, picture), 2)
        alike = f"the same picture as by {other}"
        assert row.rest == (DITHERS[row.method].sentence if other == row.method else alike)
    assert len(first) < len(table)


def test_what_does_not_suit_the_palette_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "a.png", "--target", "waveshare-7in3e"]) == 0
    assert {row.method for row in rows(capsys.readouterr().out)} == ALL - {"threshold"}
    assert main(["compare", "a.png", "--target", "ssd1306-128x64"]) == 0
    assert {row.method for row in rows(capsys.readouterr().out)} == ALL


def test_auto_is_tried_when_asked_for_and_explained_always(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call = ["compare", "a.png", "--target", "waveshare-7in3e", "--dithers"]
    assert main([*call, "auto,floyd-steinberg,auto"]) == 0
    out, err = capsys.readouterr()
    auto, named = rows(out)
    assert {auto.method, named.method} == {"auto", "floyd-steinberg"}
    assert auto[1:3] == named[1:3]
    assert "auto: a photograph on 6 inks: floyd-steinberg\n" in err
    assert main([*call, "none"]) == 0
    assert "auto: a photograph on 6 inks" in capsys.readouterr().err


def test_costs_are_shown_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "a.png", "--dithers", "none", "--costs"]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[5:] == ["seconds", "deflated", "when"]
    assert re.match(r"none +\d+\.\d\d +\d+\.\d\d +\d+\.\d\d +\d+  each pixel", line)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--dithers", "none,floyd"], "unknown dither 'floyd'"),
        (["--dithers", ","], "unknown dither ''"),
        (["--dithers", "custom"], "`custom` needs a kernel"),
        (["--target", "gameboy", "--dithers", "threshold"], "threshold"),
        (["-o", "a.png"], "'a.png' would overwrite the image itself"),
        (["-o", "./sub/../a.png"], "would overwrite the image itself"),
        (["--palette", "p.png", "-o", "p.png"], "'p.png' would overwrite the palette itself"),
        (["-o", "a.jpg"], "'a.jpg' does not end in .png"),
        (["-o", "folder.png"], "cannot write folder.png"),
    ],
)
def test_a_wrong_call_writes_nothing(
    options: list[str], words: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "sub").mkdir()
    (work / "folder.png").mkdir()
    before = {path: path.read_bytes() for path in work.iterdir() if path.is_file()}
    assert main(["compare", "a.png", *options]) != 0
    assert words in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in work.iterdir() if path.is_file()}


@pytest.mark.parametrize("name", ["", ".", "..", "none.png"])
def test_what_is_no_image_is_an_error(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", name]) != 0
    assert capsys.readouterr().err.startswith("error: ")


def test_a_sheet_that_is_too_large_is_refused_before_anything_is_dithered(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline.trial.draw", lambda *_: pytest.fail("it was dithered"))
    assert main(["compare", "a.png", "--size", "2400x2400"]) == 1
    assert "27 pictures of 2400x2400 are too much for one sheet" in capsys.readouterr().err
    assert not list(work.glob("*.compare.png"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_names_cannot_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\x1b[31m\u202e.png"
    Path("a.png").rename(name)
    assert main(["compare", name, "--dithers", "none"]) == 0
    out, err = capsys.readouterr()
    assert r"a\x1b[31m\u202e.compare.png: 1 dither" in err
    assert main(["compare", name, "-o", name]) == 2
    assert main(["compare", name, "--dithers", "\x1b[2J"]) == 2
    assert main(["compare", name, "-o", "\x1b[2J/\x1b.png/x.png"]) == 0
    assert not set(out + err + "".join(capsys.readouterr())) & {"\x1b", "\u202e"}


def test_what_is_transparent_counts_for_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    picture = np.zeros((8, 8, 4), np.uint8)
    picture[:, 4:] = 255
    Pillow.fromarray(picture).save("a.png")
    Path("p.act").write_bytes(
        bytes([255, 0, 255, 255, 255, 255, 0, 0, 0]).ljust(768, b"\0") + b"\0\3\0\0"
    )
    assert main(["compare", "a.png", "--palette", "p.act", "--dithers", "none"]) == 0
    (row,) = rows(capsys.readouterr().out)
    assert row[1:3] == (0, 0)
    source, tile = drawn("a.compare.png", 2, 8, 8)
    assert np.array_equal(source, tile)


def test_every_caption_fits() -> None:
    font = ImageFont.load_default(12)
    for line in ("delta E 99.99 from afar, 99.99 by pixel", *DITHERS):
        assert font.getlength(line) <= sheet.NARROWEST


@pytest.mark.parametrize("count", [1, 2, 5, 26])
@pytest.mark.parametrize("size", [(1, 1), (16, 200), (128, 64), (800, 480)])
def test_pictures_of_a_sheet_lie_apart_and_within(count: int, size: tuple[int, int]) -> None:
    where = sheet.frame(count, *size)
    width, height = (where.zoom * side for side in size)
    taken = np.zeros(where.size[::-1], bool)
    for left, top in map(where.corner, range(count)):
        own = taken[top : top + height + sheet.CAPTION, left : left + max(width, sheet.NARROWEST)]
        assert own.shape == (height + sheet.CAPTION, max(width, sheet.NARROWEST))
        assert not own.any()
        own[:] = True
