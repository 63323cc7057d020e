"""Inks are read back from photographs of the test card, or refused with a reason."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from photographs import Camera, jpeg, take

from pipeline import cli
from pipeline.calibrate import Measurement, measure
from pipeline.card import Card, draw, plan
from pipeline.disk import RealDisk
from pipeline.emitters import png
from pipeline.image import Image
from pipeline.metrics import ciede2000
from pipeline.palette import Palette, of_target
from pipeline.target import builtin_names
from pipeline.target_file import load, shipped

SPECTRA = "waveshare-7in3e"
WITH_INKS = [name for name in builtin_names() if shipped(name).inks]
PORTRAIT = ((480.0, 150.0), (690.0, 160.0), (680.0, 720.0), (470.0, 700.0))


def shown(name: str) -> tuple[Card, Palette, NDArray[np.uint8], tuple[str, ...]]:
    """The card of a target, its palette, what its panel shows, and the inks' names."""
    target = shipped(name)
    assert target.size is not None
    palette = of_target(target)
    card = plan(*target.size, len(palette))
    return card, palette, palette.seen[draw(card, palette).indices], names(name)


def names(name: str) -> tuple[str, ...]:
    return tuple(ink.name for ink in shipped(name).inks)


def error(name: str, camera: Camera) -> float:
    card, palette, seen, inks = shown(name)
    found = measure(take(seen, camera), card, inks)
    return float(ciede2000(np.array(found.colors, np.uint8), palette.seen).max())


CAMERAS = {
    "even": Camera(),
    "warm light": Camera(cast=(1, 0.85, 0.6)),
    "fall-off": Camera(fall_off=0.5, slope=0.3),
    "noise": Camera(noise=0.08),
    "jpeg": Camera(noise=0.05, jpeg=75),
    "blur": Camera(blur=2),
    "on its side": Camera(corners=((850, 200), (900, 700), (560, 720), (540, 180))),
    "upside down": Camera(corners=((900, 640), (300, 630), (310, 260), (890, 250))),
    "steep": Camera(corners=((380, 250), (820, 280), (980, 700), (220, 650))),
    "no bezel": Camera(bezel=0),
    "large": Camera(size=(1800, 1350)),
    "all at once": Camera(
        cast=(1, 0.9, 0.7), fall_off=0.4, slope=0.25, noise=0.06, blur=1.5, jpeg=80
    ),
}


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
def test_inks_are_read_under_any_light_and_angle(camera: Camera) -> None:
    assert error(SPECTRA, camera) < 2


@pytest.mark.parametrize("name", ["inky-impression-7", "epd-4gray-400x300", "sharp-ls027b7dh01"])
def test_other_panels_are_read_as_well(name: str) -> None:
    assert error(name, CAMERAS["all at once"]) < 3


def test_a_portrait_panel_is_read() -> None:
    assert error("waveshare-2in9b", replace(CAMERAS["all at once"], corners=PORTRAIT)) < 2


def test_the_light_s_unevenness_is_told() -> None:
    card, _, seen, inks = shown(SPECTRA)
    assert measure(take(seen, Camera()), card, inks).uneven < 1.02
    assert 1.15 < measure(take(seen, Camera(slope=0.4)), card, inks).uneven < 1.4


def assert_refused(words: str, camera: Camera, seen: NDArray[np.uint8] | None = None) -> None:
    card, _, plain, inks = shown(SPECTRA)
    photo = take(plain if seen is None else seen, camera)
    with pytest.raises(ValueError, match=words):
        measure(photo, card, inks)


def test_a_photograph_without_the_card_is_refused() -> None:
    assert_refused("markers were not found", Camera(), np.full((480, 800, 3), 90, np.uint8))


def test_a_hidden_marker_is_told() -> None:
    _, _, seen, _ = shown(SPECTRA)
    hidden = seen.copy()
    hidden[330:, 640:] = 90
    assert_refused("3 of 4", Camera(), hidden)


def test_a_card_that_is_cut_off_is_refused() -> None:
    cut = Camera(corners=((-90, 250), (510, 270), (490, 640), (-70, 620)))
    assert_refused("markers were not found", cut)


def test_a_photograph_out_of_focus_is_refused() -> None:
    assert_refused("markers were not found", Camera(blur=9))


def test_an_overexposed_paper_is_refused() -> None:
    assert_refused("the paper is overexposed", Camera(exposure=1.3))


def test_a_dark_photograph_is_refused() -> None:
    assert_refused("the paper is too dark", Camera(exposure=0.05))


def test_uneven_light_is_refused_with_its_measure() -> None:
    assert_refused("the light is too uneven: ", Camera(slope=0.93))


def test_paper_on_three_sides_is_not_enough() -> None:
    three = Camera(corners=((3, 250), (620, 270), (600, 640), (5, 620)))
    assert_refused("no white paper was found on all sides", three)


@pytest.mark.parametrize("camera", [Camera(paper=0), Camera(white=0.3)])
def test_a_panel_on_something_gray_is_refused(camera: Camera) -> None:
    assert_refused("the patch of 'white' is lighter than the paper", camera)


def test_a_reflection_on_a_patch_is_refused() -> None:
    card, _, seen, _ = shown(SPECTRA)
    left, top, right, bottom = card.patches[3]
    shiny = seen.copy()
    shiny[(top + bottom) // 2 : bottom, left:right] = 160
    assert_refused("the patch of 'red' is uneven", Camera(), shiny)


def test_a_lamp_that_is_mirrored_in_a_patch_is_refused() -> None:
    card, _, seen, inks = shown(SPECTRA)
    photo = take(seen, Camera())
    linear = photo.linear.copy()
    linear[220:354, 273:347] = 65535  # where this camera sees the white patch
    with pytest.raises(ValueError, match="the patch of 'white' is overexposed"):
        measure(Image(linear, photo.alpha), card, inks)


def test_a_tiny_photograph_is_refused() -> None:
    assert_refused("is too small", Camera(size=(90, 60)))


@pytest.mark.parametrize("name", [n for n in WITH_INKS if min(shipped(n).size or (0,)) >= 36])
def test_every_panel_of_inks_has_a_card(name: str) -> None:
    target = shipped(name)
    assert target.size is not None
    card = plan(*target.size, len(target.inks))
    drawn = draw(card, of_target(target))
    assert (drawn.width, drawn.height) == target.size
    for index, (left, top, right, bottom) in enumerate(card.patches):
        assert right - left >= 4 * card.module
        assert (drawn.indices[top:bottom, left:right] == index).all()


def test_patches_and_markers_do_not_meet() -> None:
    for size in ((36, 36), (800, 480), (122, 250), (1872, 1404)):
        card = plan(*size, 2)
        reach = 4.5 * card.module
        for left, top, right, bottom in card.patches:
            assert left >= 0 <= top
            assert right <= size[0]
            assert bottom <= size[1]
            for x, y in card.markers:
                assert not (
                    left < x + reach
                    and x - reach < right
                    and top < y + reach
                    and y - reach < bottom
                )


def test_a_panel_too_small_for_a_card_is_refused() -> None:
    with pytest.raises(ValueError, match="30x200 is too small for a test card of 2 inks"):
        plan(30, 200, 2)


def test_a_card_needs_dark_and_light() -> None:
    seen = np.full((2, 3), 80, np.uint8)
    palette = Palette(seen, seen, np.arange(2, dtype=np.uint32))
    with pytest.raises(ValueError, match="a dark and a light ink"):
        draw(plan(100, 100, 2), palette)


def test_the_card_is_written_in_nominal_colors_that_a_build_takes_as_inks(tmp_path: Path) -> None:
    card, out = tmp_path / "card.png", tmp_path / "shown.png"
    assert cli.main(["calibrate", "--target", SPECTRA, "--card", str(card)]) == 0
    assert cli.main(["convert", str(card), "-o", str(out), "--target", SPECTRA]) == 0
    _, palette, seen, _ = shown(SPECTRA)
    drawn, built = png.read(card.read_bytes()), png.read(out.read_bytes())
    assert (drawn.palette.seen == palette.nominal).all()
    assert (built.seen == seen).all()


def test_a_measured_set_goes_into_a_target_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, palette, seen, inks = shown(SPECTRA)
    photo = tmp_path / 'my "photo".jpg'
    photo.write_bytes(jpeg(seen, CAMERAS["even"]))
    out = tmp_path / "set.yaml"
    call = ["calibrate", str(photo), "--target", SPECTRA, "--name", "desk"]
    assert cli.main([*call, "-o", str(out)]) == 0
    assert "6 inks read; the light differs by 1.0" in capsys.readouterr().err
    assert cli.main(call) == 0
    assert capsys.readouterr().out == out.read_text()
    own = tmp_path / "own.yaml"
    own.write_text(f"extends: {SPECTRA}\n{out.read_text()}")
    target = load(str(own), RealDisk("."))
    assert target.seen == "desk"
    assert [ink.name for ink in target.inks] == list(inks)
    colors = np.array([ink.seen for ink in target.inks], np.uint8)
    assert ciede2000(colors, palette.seen).max() < 1


def test_odd_file_names_stay_text() -> None:
    from pipeline.commands.calibrate import as_yaml
    from pipeline.document import parse

    text = as_yaml("m", 'a"b\n: {\x1b[31m\udc80é', ("black",), Measurement(((1, 2, 3),), 1.0))
    data = parse(text.encode(), "x.yaml")
    assert "\x1b" not in text
    assert len(text.splitlines()) == 5
    assert data is not None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (["--target", SPECTRA], "give either a photograph or --card"),
        (["x.jpg", "--card", "c.png", "--target", SPECTRA], "give either a photograph or --card"),
        (["x.jpg", "--target", "st7789-240x240"], "'st7789-240x240' has no inks of its own"),
        (["x.jpg", "--target", SPECTRA], "cannot read x.jpg"),
        (["x.jpg", "--target", SPECTRA, "--name", "a b"], "a set cannot be called 'a b'"),
        (["--card", "c.png", "--target", SPECTRA, "--size", "20x20"], "20x20 is too small"),
    ],
)
def test_faulty_calls_are_refused(
    call: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["calibrate", *call]) != 0
    assert words in capsys.readouterr().err


def test_a_picture_that_is_no_photograph_of_a_card_names_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / "p.jpg"
    photo.write_bytes(jpeg(np.full((48, 80, 3), 90, np.uint8), Camera()))
    assert cli.main(["calibrate", str(photo), "--target", SPECTRA]) == 1
    assert "p.jpg: the card's corner markers were not found" in capsys.readouterr().err


def test_the_photograph_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, seen, _ = shown(SPECTRA)
    photo = tmp_path / "p.jpg"
    photo.write_bytes(data := jpeg(seen, CAMERAS["even"]))
    assert cli.main(["calibrate", str(photo), "--target", SPECTRA, "-o", str(photo)]) == 2
    assert photo.read_bytes() == data
    assert "would be overwritten" in capsys.readouterr().err


def test_a_card_does_not_overwrite_what_is_no_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "build.yaml"
    other.write_text("target: gameboy")
    assert cli.main(["calibrate", "--card", str(other), "--target", "gameboy"]) == 2
    assert "the card is a PNG file" in capsys.readouterr().err
    assert other.read_text() == "target: gameboy"
