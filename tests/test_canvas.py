from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from pipeline.canvas import canvas, draw
from pipeline.plan import AssetRule, Job
from pipeline.prepare import prepare
from pipeline.recipe import AdjustChoice, DitherChoice, Recipe, Region
from pipeline.target_file import shipped


def indices(folder: Path, rgba: np.ndarray, recipe: Recipe) -> np.ndarray:
    """A picture on Spectra 6: black 0, white 1, yellow 2, red 3, blue 4, green 5."""
    mode = "RGBA" if rgba.shape[-1] == 4 else "RGB"
    Pillow.fromarray(rgba.astype(np.uint8), mode).save(folder / "a.png")
    target = shipped("waveshare-7in3e")
    rule = AssetRule("a", "a", "a", "a.png", target.name, recipe, (), None, {})
    ready = prepare(rule, str(folder))
    return draw(canvas(Job(rule, target, str(folder)), ready), recipe, ready.regions).indices


FS = Recipe(dither=DitherChoice("floyd-steinberg"), background=(255, 255, 255))


def test_what_is_transparent_shows_the_background_not_the_color_below(tmp_path: Path) -> None:
    clear = np.zeros((4, 6, 4))
    assert (indices(tmp_path, clear, FS) == 1).all()


def test_exact_inks_stay_exact_though_tones_are_adjusted(tmp_path: Path) -> None:
    text = np.zeros((8, 8, 3))
    text[2:6, 2:6] = 255
    recipe = FS._replace(adjust=AdjustChoice(exposure=-1000))
    got = indices(tmp_path, text, recipe)
    assert (got == (text[..., 0] > 0)).all()


def flat(width: int, height: int, *color: int) -> np.ndarray:
    return np.full((height, width, 3), color)


def test_without_exact_a_nominal_color_is_chosen_by_look(tmp_path: Path) -> None:
    green = flat(12, 12, 0, 255, 0)
    assert (indices(tmp_path, green, FS) == 5).all()
    got = indices(tmp_path, green, FS._replace(exact=False))
    assert (got == 2).mean() > 0.5  # yellow looks nearer


def test_a_mapped_color_is_its_ink_or_its_new_color(tmp_path: Path) -> None:
    orange = flat(4, 4, 255, 152, 0)
    for new in ("red", (255, 0, 0)):
        recipe = FS._replace(map=(((255, 152, 0), new),))
        assert (indices(tmp_path, orange, recipe) == 3).all()


def test_a_box_has_a_dither_of_its_own(tmp_path: Path) -> None:
    gray = flat(16, 16, 120, 120, 120)
    region = Region(box=(4, 2, 8, 6), dither=DitherChoice("none"))
    got = indices(tmp_path, gray, FS._replace(regions=(region,)))
    assert len(np.unique(got[2:8, 4:12])) == 1
    assert len(np.unique(got)) > 1


def test_a_mask_is_turned_and_sized_with_its_picture(tmp_path: Path) -> None:
    mask = np.zeros((16, 32), np.uint8)
    mask[:, :16] = 255
    Pillow.fromarray(mask).save(tmp_path / "m.png")
    gray = flat(32, 16, 120, 120, 120)
    region = Region(mask="m.png", dither=DitherChoice("none"))
    recipe = FS._replace(regions=(region,), rotate=90, size=(16, 32))
    got = indices(tmp_path, gray, recipe)
    assert len(np.unique(got[:16])) == 1  # the left half has become the upper one
    assert len(np.unique(got[16:])) > 1


def art() -> np.ndarray:
    """Flat art in colors of its own, with a gradient below."""
    picture = np.zeros((48, 32, 3))
    picture[:12] = 30, 60, 90
    picture[2:10, 3:20] = 200, 120, 40
    picture[12:, :, 0] = np.linspace(0, 255, 32)
    picture[12:, :, 1] = np.linspace(0, 255, 36)[:, None]
    return picture


def test_auto_is_the_dither_that_it_chooses(tmp_path: Path) -> None:
    flat_art = art()[:12]
    auto = indices(tmp_path, flat_art, Recipe(dither=DitherChoice("auto")))
    assert np.array_equal(auto, indices(tmp_path, flat_art, Recipe()))


def test_auto_in_a_region_looks_at_that_region_alone(tmp_path: Path) -> None:
    photo = Region(box=(0, 12, 32, 36), dither=DitherChoice("auto"))
    plain = Region(box=(0, 12, 32, 36), dither=DitherChoice("floyd-steinberg"))
    auto, named = (
        indices(tmp_path, art(), Recipe(dither=DitherChoice("none"), regions=(region,)))
        for region in (photo, plain)
    )
    assert np.array_equal(auto, named)
    label = Region(box=(0, 0, 32, 12), dither=DitherChoice("auto"))
    got = indices(tmp_path, art(), FS._replace(regions=(label,)))
    assert np.array_equal(got[:12], indices(tmp_path, art(), Recipe())[:12])
