"""Adjustments are exact where neutral, never fall, keep grays gray; tone fits the panel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adjust import (
    MAX_FACTOR,
    MAX_STOPS,
    NEUTRAL,
    ONE,
    Adjustments,
    adjust,
    automatic_amount,
    compress_tone,
    curve,
    ends,
)
from pipeline.color import luminance
from pipeline.image import Image
from pipeline.palette import Palette, of_target
from pipeline.target_file import shipped

SPECTRA = of_target(shipped("waveshare-7in3e"))
FACTOR, SHARE = st.integers(0, MAX_FACTOR), st.integers(-ONE, ONE)
ANY = st.builds(Adjustments, st.integers(-MAX_STOPS, MAX_STOPS), FACTOR, FACTOR, SHARE, SHARE)


def picture(seed: int = 0, low: int = 0, high: int = 65535) -> Image:
    linear = np.random.default_rng(seed).integers(low, high + 1, (30, 40, 3)).astype(np.uint16)
    return Image(linear, np.full((30, 40), 255, np.uint8))


def grays() -> Image:
    linear = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1).repeat(3, 2)
    return Image(linear, np.full((256, 256), 255, np.uint8))


def panel(*levels: tuple[int, int, int]) -> Palette:
    seen = np.array(levels, np.uint8)
    return Palette(seen, seen, np.arange(len(seen), dtype=np.uint32))


def test_neutral_settings_give_the_picture_itself() -> None:
    image = picture()
    assert adjust(image, NEUTRAL) is image
    assert (curve(NEUTRAL) == np.arange(65536)).all()


@settings(deadline=None, max_examples=30)
@given(ANY)
def test_a_curve_never_falls_and_keeps_black(adjustments: Adjustments) -> None:
    table = curve(adjustments).astype(int)
    assert (np.diff(table) >= 0).all()
    assert table[0] == 0 or adjustments.contrast < ONE


@settings(deadline=None, max_examples=30)
@given(ANY)
def test_grays_stay_gray(adjustments: Adjustments) -> None:
    linear = adjust(grays(), adjustments).linear
    assert (linear == linear[..., :1]).all()


@settings(deadline=None, max_examples=30)
@given(st.integers(-ONE, ONE), st.integers(-ONE, ONE))
def test_shadows_and_highlights_keep_black_and_white(shadows: int, highlights: int) -> None:
    table = curve(Adjustments(shadows=shadows, highlights=highlights))
    assert (table[0], table[-1]) == (0, 65535)


def test_exposure_is_a_power_of_two() -> None:
    values = np.arange(0, 16000)
    assert (curve(Adjustments(exposure=2 * ONE))[values] == 4 * values).all()
    assert (curve(Adjustments(exposure=-ONE)) == (np.arange(65536) + 1) // 2).all()
    half = curve(Adjustments(exposure=ONE // 2))
    assert half[10000] == 14142
    assert half[65535] == 65535


@pytest.mark.parametrize(("change", "sign"), [({"shadows": ONE}, 1), ({"shadows": -ONE}, -1)])
def test_shadows_work_on_the_dark_and_highlights_on_the_light(
    change: dict[str, int], sign: int
) -> None:
    dark, light = 1000, 45000
    plain = np.arange(65536)
    shadows = curve(Adjustments(**change)).astype(int) - plain
    assert np.sign(shadows[dark]) == sign
    assert abs(shadows[dark]) / dark > 5 * abs(shadows[light]) / light
    lights = curve(Adjustments(highlights=change["shadows"])).astype(int) - plain
    assert np.sign(lights[light]) == sign
    assert abs(lights[light]) > 5 * abs(lights[dark])


def test_contrast_turns_about_middle_gray() -> None:
    more, less = curve(Adjustments(contrast=384)), curve(Adjustments(contrast=128))
    middle = round(0.18 * 65535)
    assert abs(int(more[middle]) - middle) <= 2
    assert more[2000] < 2000 < less[2000]
    assert less[60000] < 60000 < more[60000]


def test_saturation_zero_leaves_the_luminance() -> None:
    image = picture()
    gray = adjust(image, Adjustments(saturation=0)).linear
    assert (gray == luminance(image.linear)[..., None]).all()


def test_saturation_widens_the_distance_to_gray() -> None:
    image = picture(low=25000, high=35000)
    more = adjust(image, Adjustments(saturation=2 * ONE)).linear.astype(int)
    plain, gray = image.linear.astype(int), luminance(image.linear)[..., None]
    assert (more - gray == 2 * (plain - gray)).all()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Adjustments(exposure=MAX_STOPS + 1), "an exposure is -8 to 8 stops"),
        (Adjustments(contrast=-1), "contrast is a factor from 0 to 4"),
        (Adjustments(saturation=MAX_FACTOR + 1), "saturation is a factor from 0 to 4"),
        (Adjustments(shadows=ONE + 1), "shadows are -1 to 1"),
        (Adjustments(highlights=-ONE - 1), "highlights are -1 to 1"),
    ],
)
def test_values_out_of_range_are_refused(wrong: Adjustments, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        adjust(picture(), wrong)


def test_compression_takes_black_to_black_and_white_to_white() -> None:
    black, white = ends(SPECTRA)
    out = compress_tone(grays(), SPECTRA).linear.reshape(-1, 3).astype(int)
    assert abs(out[65535 // 500] - black).max() < 200
    assert abs(out[-1 - 65535 // 500] - white).max() < 200
    assert (np.diff(out, axis=0) >= 0).all()


def test_highlights_stay_apart_that_the_panel_would_clip() -> None:
    _, white = ends(SPECTRA)
    sky = np.arange(40000, 65536, 500)
    assert (sky > int(luminance(white))).all()
    out = compress_tone(grays(), SPECTRA).linear.reshape(-1, 3)[sky].astype(int)
    assert (np.diff(out, axis=0) > 20).all()


def test_compressed_grays_need_black_and_white_ink_only() -> None:
    black, white = (end.astype(float) for end in ends(SPECTRA))
    out = compress_tone(grays(), SPECTRA).linear.reshape(-1, 3)[200:-200]
    share = (out - black) / (white - black)
    assert np.ptp(share, axis=1).max() < 1e-4


def test_a_picture_in_the_panels_range_gains_no_contrast() -> None:
    dim = picture(low=3000, high=20000)
    out = compress_tone(dim, SPECTRA).linear
    assert np.ptp(luminance(out)) <= np.ptp(luminance(dim.linear)) + 2


def test_transparent_pixels_do_not_count() -> None:
    base = picture(low=2000, high=20000)
    linear, alpha = base.linear.copy(), base.alpha.copy()
    linear[:10], alpha[:10] = 65535, 0
    shown = compress_tone(Image(linear, alpha), SPECTRA).linear[10:]
    alone = compress_tone(Image(base.linear[10:], base.alpha[10:]), SPECTRA).linear
    assert (shown == alone).all()


def test_nothing_drawn_is_no_error() -> None:
    empty = Image(np.zeros((1, 2, 3), np.uint16), np.zeros((1, 2), np.uint8))
    assert compress_tone(empty, SPECTRA).linear.shape == (1, 2, 3)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, ONE))
def test_amounts_go_all_the_way_from_the_picture(amount: int) -> None:
    image = grays()
    whole = compress_tone(image, SPECTRA).linear.astype(int)
    part = compress_tone(image, SPECTRA, amount).linear.astype(int)
    assert (abs(part - image.linear) <= abs(whole - image.linear) + 1).all()
    assert (np.diff(part.reshape(-1, 3), axis=0) >= 0).all()
    if amount == 0:
        assert (part == image.linear).all()


def test_full_range_and_single_color_panels_are_left_alone() -> None:
    image = picture()
    assert compress_tone(image, panel((0, 0, 0), (255, 255, 255))) is image
    assert compress_tone(image, panel((90, 90, 90))) is image


def test_automatic_compression_is_for_small_contrast() -> None:
    assert automatic_amount(SPECTRA) == ONE
    assert automatic_amount(panel((0, 0, 0), (255, 255, 255), (255, 0, 0))) == 0
    assert automatic_amount(panel((25, 30, 33), (241, 241, 241))) == 0
    assert automatic_amount(panel((9, 9, 9))) == 0


def test_an_amount_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="tone compression is 0 to 1, not 2"):
        compress_tone(picture(), SPECTRA, 2 * ONE)
