"""Riemersma's dither and the curve that it follows."""

import numpy as np
import pytest
import test_dithers as common
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.color import luminance
from pipeline.dithers import DitherOptions, Pinned, dither
from pipeline.dithers.curve import curve
from pipeline.dithers.riemersma import WEIGHTS
from pipeline.image import Image
from pipeline.palette import Palette

SIDES = st.integers(1, 70)
CASES = ["mono", "grays", "learned-grays", "inks", "measured", "single", "learned-16", "rgb332"]
CASES += ["close", "close-learned", "inks-transparent", "learned-transparent"]
RIEMERSMA = DitherOptions("riemersma")


def _steps(height: int, width: int) -> NDArray[np.int64]:
    """How far each step of the curve goes, down and right: (2, n - 1)."""
    places = curve(height, width)
    assert np.array_equal(np.sort(places), np.arange(height * width))
    apart: NDArray[np.int64] = np.abs(np.diff(np.divmod(places.astype(np.int64), width), axis=1))
    return apart


@given(SIDES, SIDES)
@settings(max_examples=200, deadline=None)
def test_the_curve_visits_each_pixel_once_from_neighbor_to_neighbor(
    height: int, width: int
) -> None:
    steps = _steps(height, width)
    assert steps.max(initial=1) == 1
    assert int((steps.sum(axis=0) == 2).sum()) <= 1


@given(SIDES, SIDES)
@settings(max_examples=100, deadline=None)
def test_the_curve_has_unit_steps_unless_only_its_long_side_is_odd(height: int, width: int) -> None:
    if max(height, width) % 2 == 0 or min(height, width) % 2 == 1:
        assert (_steps(height, width).sum(axis=0) == 1).all()


def test_the_curve_stays_near() -> None:
    # A run of 256 pixels of a row by row scan is 256 wide; here it fits a small square.
    rows, columns = np.divmod(curve(480, 800)[: 256 * 1500].reshape(-1, 256), 800)
    spread = np.ptp(rows, axis=1) + np.ptp(columns, axis=1)
    assert spread.mean() < 60


def test_weights_sum_to_one() -> None:
    assert sum(WEIGHTS) == 1024
    assert list(WEIGHTS) == sorted(WEIGHTS, reverse=True)


@st.composite
def pictures(draw: st.DrawFn) -> tuple[Image, Palette, DitherOptions, Pinned | None]:
    image = draw(common.images())
    palette = common.PALETTES[draw(st.sampled_from(CASES))]
    options = RIEMERSMA._replace(strength=draw(common.strengths))
    random = np.random.default_rng(draw(common.seeds))
    free = random.random(image.alpha.shape) < draw(st.sampled_from([0.5, 0.9]))
    pinned = np.where(free, -1, random.choice(palette.opaque, free.shape)).astype(np.int32)
    return image, palette, options, draw(st.sampled_from([pinned, None]))


def _brute(palette: Palette, value: list[int]) -> int:
    if len(value) == 3:
        return common._brute_pick(palette, tuple(value))
    scale, levels = common._gray_scale(palette), common._linear(palette)[:, 0]
    inside = min(max(value[0], 0), 65535)
    apart = abs(scale[inside] - scale[levels]).tolist()
    ranked = [(apart[i], int(levels[i]), i) for i in palette.opaque.tolist()]
    return int(min(ranked)[2])


def _literal(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None
) -> NDArray[np.int64]:
    """The docstring of `riemersma` pixel by pixel."""
    gray = (palette.seen[palette.opaque] == palette.seen[palette.opaque][:, :1]).all()
    shown = common._linear(palette)[:, :1] if gray else common._linear(palette)
    light = luminance(image.linear)[..., None] if gray else image.linear
    low, high = shown[palette.opaque].min(axis=0), shown[palette.opaque].max(axis=0)
    reach = (high - low + 1) // 2
    out = np.zeros(image.alpha.shape, np.int64)
    missed = [np.zeros_like(low)] * 16
    for place in curve(image.height, image.width).tolist():
        y, x = divmod(place, image.width)
        if pinned is not None and pinned[y, x] >= 0:
            out[y, x] = pinned[y, x]
            missed = [np.zeros_like(low), *missed[:-1]]
            continue
        owed = sum(weight * error for weight, error in zip(WEIGHTS, missed, strict=True))
        share = (options.strength * owed + 128 * 1024) // (256 * 1024)
        v = (light[y, x].astype(np.int64).clip(low, high) + share).clip(low - reach, high + reach)
        out[y, x] = _brute(palette, v.tolist())
        missed = [v - shown[out[y, x]], *missed[:-1]]
    return out


@given(pictures().filter(lambda case: case[1].grid is None))
@settings(max_examples=60, deadline=None)
def test_riemersma_follows_its_specification(
    case: tuple[Image, Palette, DitherOptions, Pinned | None],
) -> None:
    assert (dither(*case) == _literal(*case)).all()


@given(pictures())
@settings(max_examples=120, deadline=None)
def test_the_kernel_chooses_the_same(
    case: tuple[Image, Palette, DitherOptions, Pinned | None],
) -> None:
    if kernels.load() is None:
        pytest.skip("the kernels are not compiled")
    with pytest.MonkeyPatch.context() as patch:
        compiled = dither(*case)
        patch.setenv(kernels.SWITCH, "0")
        assert (dither(*case) == compiled).all()


def test_the_kernel_refuses_what_does_not_fit() -> None:
    native = kernels.load()
    if native is None:
        pytest.skip("the kernels are not compiled")
    flat, places, free = np.zeros(4, np.uint16), np.arange(4, dtype=np.int32), np.zeros(0, np.int32)
    levels = np.array([0, 65535], np.int32)
    axis = [flat, places, free, levels, levels[:1], 256, flat.copy()]
    native.riemersma_axis(*axis)
    roots, shown, points = np.zeros(65536, np.uint16), np.zeros((2, 3), np.uint16), levels[:0]
    colors = [np.zeros((4, 3), np.uint16), places, free, shown, points, roots, 256, flat.copy()]
    native.riemersma_colors(*colors)
    common_faults = {0: flat[:3], 1: places + 1, 2: places[:2]}
    axis_faults = {**common_faults, 3: levels[:0], 4: levels, 5: 257, 6: flat[:3]}
    color_faults = {**common_faults, 3: shown[:0], 4: levels, 5: roots[:9], 6: -1, 7: flat[:3]}
    for call, good, faults in (
        (native.riemersma_axis, axis, axis_faults),
        (native.riemersma_colors, colors, color_faults),
    ):
        for place, value in faults.items():
            with pytest.raises(ValueError, match="buffer"):
                call(*[value if i == place else each for i, each in enumerate(good)])


@given(st.integers(0, 65535))
@settings(max_examples=25, deadline=None)
def test_riemersma_keeps_the_mean_light_of_a_gray(gray: int) -> None:
    for palette in (common.MONO, common.GRAYS, common.PALETTES["rgb332"]):
        light = common._linear(palette)
        step = np.diff(np.unique(light[:, 2])).max()
        wanted = np.clip(gray, light.min(), light.max())
        shown = light[dither(common._flat(gray, 32, 32), palette, RIEMERSMA)]
        assert abs(shown.mean(axis=(0, 1)) - wanted).max() <= step * 0.01


def test_settled_pixels_hold_error_back() -> None:
    # Only the pixels right of a wall of settled ones change when those left of it do.
    image = common._flat(20000, 4, 64)
    other = image.linear.copy()
    places = curve(4, 64)
    wall = places[100:120]
    other.reshape(-1, 3)[places[:100]] = 50000
    pinned = np.full((4, 64), -1, np.int32)
    pinned.ravel()[wall] = 1
    both = [
        dither(each, common.MONO, RIEMERSMA, pinned).ravel()
        for each in (image, common._image(other))
    ]
    assert (both[0][wall] == 1).all()
    assert (both[0][places[:100]] != both[1][places[:100]]).any()
    assert (both[0][places[120:]] == both[1][places[120:]]).all()
