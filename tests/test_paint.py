import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.color import to_linear
from pipeline.dithers import DitherOptions, dither
from pipeline.image import Image
from pipeline.paint import Part, paint, pins, recolor
from pipeline.palette import Palette, of_target
from pipeline.registry import DITHERS
from pipeline.target_file import shipped

NONE = DitherOptions("none")
GREEN, BLUE, ORANGE = (0, 255, 0), (0, 0, 255), (255, 128, 0)


def inks() -> Palette:
    return of_target(shipped("waveshare-7in3e"))


def picture(srgb: np.ndarray) -> Image:
    return Image(to_linear(srgb.astype(np.uint8)), np.full(srgb.shape[:2], 255, np.uint8))


def noise(seed: int, width: int = 24, height: int = 16) -> Image:
    return picture(np.random.default_rng(seed).integers(0, 256, (height, width, 3)))


def test_recolor_changes_exact_colors_only_and_keeps_alpha() -> None:
    srgb = np.array([[ORANGE, (255, 129, 0), GREEN]])
    image = Image(to_linear(srgb.astype(np.uint8)), np.array([[9, 255, 255]], np.uint8))
    out = recolor(image, [(ORANGE, BLUE), (GREEN, ORANGE)])
    assert out.srgb.tolist() == [[list(BLUE), [255, 129, 0], list(ORANGE)]]
    assert out.alpha.tolist() == [[9, 255, 255]]


def test_colors_are_exchanged_not_changed_in_turn() -> None:
    out = recolor(picture(np.array([[GREEN, BLUE]])), [(GREEN, BLUE), (BLUE, GREEN)])
    assert out.srgb.tolist() == [[list(BLUE), list(GREEN)]]


def test_an_exact_nominal_color_settles_its_ink() -> None:
    palette = inks()
    settled = pins(palette.nominal[None], palette, [], exact=True)
    assert settled is not None
    assert settled.tolist() == [list(range(len(palette)))]


def test_without_exact_only_named_colors_are_settled() -> None:
    srgb = np.array([[GREEN, ORANGE, BLUE]], np.uint8)
    assert pins(srgb, inks(), [], exact=False) is None
    settled = pins(srgb, inks(), [(ORANGE, 3)], exact=False)
    assert settled is not None
    assert settled.tolist() == [[-1, 3, -1]]


def test_a_named_color_goes_before_a_nominal_one() -> None:
    settled = pins(np.array([[GREEN]], np.uint8), inks(), [(GREEN, 2)], exact=True)
    assert settled is not None
    assert settled.tolist() == [[2]]


METHODS = [name for name in DITHERS if name not in ("threshold", "custom")]


@pytest.mark.parametrize("method", METHODS)
def test_settled_pixels_stay_whatever_the_dither(method: str) -> None:
    palette, image = inks(), noise(1)
    settled = np.full((image.height, image.width), -1, np.int32)
    settled[4:9, 3:17] = 2
    got = dither(image, palette, DitherOptions(method), settled)
    assert (got[4:9, 3:17] == 2).all()


@pytest.mark.parametrize("method", [name for name in METHODS if name != "dbs"])
def test_what_a_part_holds_does_not_change_anything_outside(method: str) -> None:
    palette = inks()
    inside = np.zeros((16, 24), bool)
    inside[3:12, 5:20] = True
    one, other = noise(1), noise(2)
    srgb = np.where(inside[..., None], other.srgb, one.srgb)
    before, after = (
        paint(palette, [Part(image, DitherOptions(method)), Part(image, NONE, inside)], None)
        for image in (one, picture(srgb))
    )
    assert (before[~inside] == after[~inside]).all()
    assert (before[inside] != after[inside]).any()


def test_of_overlapping_parts_the_last_counts() -> None:
    palette, image = inks(), noise(3)
    names = ("bayer-4", "floyd-steinberg", "none")
    got = paint(palette, [Part(image, DitherOptions(name)) for name in names], None)
    assert (got == dither(image, palette, NONE)).all()


@given(seed=st.integers(0, 99), cut=st.integers(1, 23))
@settings(max_examples=20, deadline=None)
def test_a_part_is_painted_as_if_the_rest_were_settled(seed: int, cut: int) -> None:
    palette, image = inks(), noise(seed)
    right = np.arange(24) >= cut
    inside = np.broadcast_to(right, (16, 24))
    options = DitherOptions("floyd-steinberg")
    got = paint(palette, [Part(image, options), Part(image, options, inside)], None)
    alone = Image(image.linear[:, cut:], image.alpha[:, cut:])
    assert (got[:, cut:] == dither(alone, palette, options)).all()
