"""Auto: what it chooses for our pictures and for drawn ones, and that it does what it says."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import test_dithers as common
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.color import to_linear
from pipeline.dithers import DitherOptions, dither
from pipeline.dithers.auto import choose
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.palette import Palette, whole_grid
from pipeline.quantize import LearnOptions, learn
from pipeline.registry import DITHERS

ASSETS = Path(__file__).parents[1] / "assets"
PHOTOS = ["landscape", "portrait"]
FLAT = ["ui", "logo", "sprites", *(f"icons/{path.stem}" for path in ASSETS.glob("icons/*.png"))]
FEW = ["mono", "grays", "inks", "measured", "rgb332", "argb2222", "gray4"]


def _picture(name: str, scale: float = 1) -> Image:
    with PIL.Image.open(ASSETS / f"{name}.png") as file:
        color = file.convert("RGBA")
    ground = PIL.Image.new("RGBA", color.size, "white")
    ground.alpha_composite(color)
    size = round(color.width * scale), round(color.height * scale)
    return _image(np.asarray(ground.convert("RGB").resize(size, PIL.Image.Resampling.LANCZOS)))


def _image(srgb: NDArray[np.uint8]) -> Image:
    return common._image(to_linear(srgb))


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("palette", FEW)
@pytest.mark.parametrize("scale", [1, 0.3])
def test_photographs_on_few_colors_are_diffused(name: str, palette: str, scale: float) -> None:
    chosen = choose(_picture(name, scale), common.PALETTES[palette])
    assert chosen.method == "floyd-steinberg"
    assert chosen.reason.startswith("a photograph on ")


@pytest.mark.parametrize("name", FLAT)
@pytest.mark.parametrize("palette", ["grays", "inks", "measured", "rgb332", "learned-16"])
def test_flat_art_is_not_dithered(name: str, palette: str) -> None:
    assert choose(_picture(name), common.PALETTES[palette]).method == "none"


@pytest.mark.parametrize("name", [name for name in FLAT if name != "logo"])
def test_flat_art_in_two_colors_is_split_by_lightness(name: str) -> None:
    assert choose(_picture(name), common.MONO).method == "threshold"


def test_scaled_flat_art_is_still_flat() -> None:
    for name in ("ui", "logo", "icons/cloud", "icons/heart", "icons/sun"):
        assert choose(_picture(name, 0.75), common.INKS).method == "none"


def test_art_in_the_palettes_colors_stays() -> None:
    chosen = choose(_picture("logo"), common.MONO)
    assert chosen.method == "none"
    assert "own colors, 2 grays" in chosen.reason


@pytest.mark.parametrize("colors", [4, 16, 64])
def test_photographs_on_learned_colors_are_diffused(colors: int) -> None:
    image = _picture("landscape")
    palette = learn([image], GRIDS["rgb565"], LearnOptions(colors))
    chosen = choose(image, palette)
    assert chosen == (
        "floyd-steinberg",
        f"a photograph on {colors} learned colors: floyd-steinberg",
    )


def test_where_colors_abound_nothing_is_dithered() -> None:
    assert choose(_picture("landscape"), whole_grid(GRIDS["rgb565"])).method == "none"
    image = _picture("portrait")
    palette = learn([image], GRIDS["rgb565"], LearnOptions(256))
    chosen = choose(image, palette)
    assert chosen.method == "none"
    assert "near enough in 256 learned colors" in chosen.reason


@pytest.mark.parametrize("down", [False, True])
def test_gradients_are_dithered(*, down: bool) -> None:
    ramp = np.linspace(10, 240, 400).astype(np.uint8)
    gray = np.broadcast_to(ramp[:, None] if down else ramp, (400, 400))
    image = _image(np.stack([gray] * 3, -1))
    for name in ("mono", "inks", "gray4"):
        assert choose(image, common.PALETTES[name]).method == "floyd-steinberg"


def test_a_photograph_on_a_plain_ground_is_a_photograph() -> None:
    srgb = np.full((480, 500, 3), 255, np.uint8)
    photo = _picture("portrait", 0.5).srgb
    srgb[100 : 100 + len(photo), 100 : 100 + photo.shape[1]] = photo
    assert choose(_image(srgb), common.INKS).method == "floyd-steinberg"


@pytest.mark.parametrize("palette", [*FEW, "learned-16"])
def test_what_has_to_be_stable_is(palette: str) -> None:
    chosen = choose(_picture("landscape"), common.PALETTES[palette], stable=True)
    assert chosen.method in {"blue-noise", "knoll"}
    assert DITHERS[chosen.method].stable
    assert "stable" in chosen.reason


@given(common.images(), common.palettes, st.booleans())
@settings(max_examples=80, deadline=None)
def test_the_choice_is_a_dither_that_the_reason_names(
    image: Image,
    palette: Palette,
    stable: bool,  # noqa: FBT001  (hypothesis gives it by place)
) -> None:
    chosen = choose(image, palette, stable=stable)
    assert chosen.method in set(DITHERS) - {"auto"}
    assert chosen.reason.endswith(f": {chosen.method}")
    assert chosen == choose(image, palette, stable=stable)
    assert DITHERS[chosen.method].stable or not stable


@given(common.images(), common.palettes, common.strengths)
@settings(max_examples=40, deadline=None)
def test_auto_is_the_dither_that_it_chooses(image: Image, palette: Palette, strength: int) -> None:
    options = DitherOptions("auto", strength, serpentine=False, threshold=99)
    chosen = options._replace(method=choose(image, palette).method)
    assert (dither(image, palette, options) == dither(image, palette, chosen)).all()


def test_settled_pixels_reach_the_chosen_dither() -> None:
    image = _picture("portrait", 0.2)
    pinned = np.full(image.alpha.shape, -1, np.int32)
    pinned[::3] = 1
    options = DitherOptions("floyd-steinberg")
    expected = dither(image, common.INKS, options, pinned)
    found = dither(image, common.INKS, options._replace(method="auto"), pinned)
    assert (found == expected).all()


def test_a_long_strip_is_judged_by_a_part_of_it() -> None:
    strip = np.random.default_rng(0).integers(0, 256, (1, 70_000, 3)).astype(np.uint8)
    assert choose(_image(strip), common.INKS).method == "floyd-steinberg"
