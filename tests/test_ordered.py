"""Threshold maps, and the dithers that lay them over a picture."""

import numpy as np
import pytest
import test_dithers as common
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.color import linear_table
from pipeline.dithers import DitherOptions, dither
from pipeline.dithers.maps import MAPS, bayer, clustered
from pipeline.dithers.void_and_cluster import void_and_cluster
from pipeline.image import Image
from pipeline.palette import Palette
from pipeline.registry import DITHERS

NAMES = sorted(MAPS)
BAYER = [name for name in NAMES if name.startswith("bayer")]
CLUSTERED = [name for name in NAMES if name.startswith("clustered")]
Ranks = NDArray[np.int64]

methods = st.sampled_from(NAMES)


# --- maps ---


@pytest.mark.parametrize("name", NAMES)
def test_map_holds_each_threshold_once(name: str) -> None:
    size = MAPS[name].size
    assert sorted(MAPS[name].ranks().ravel().tolist()) == list(range(size * size))


def test_every_map_is_a_stable_dither() -> None:
    assert all(DITHERS[name].stable for name in NAMES)


def test_bayer_map_is_the_published_one() -> None:
    assert bayer(2).tolist() == [[0, 2], [3, 1]]
    assert bayer(4)[0].tolist() == [0, 8, 2, 10]
    assert bayer(8)[7].tolist() == [63, 31, 55, 23, 61, 29, 53, 21]


@pytest.mark.parametrize("size", [8, 16, 64])
def test_each_bayer_map_refines_the_one_of_half_its_size(size: int) -> None:
    assert (bayer(size) // 4 == np.tile(bayer(size // 2), (2, 2))).all()


def _clumps(lit: NDArray[np.bool_]) -> int:
    """Groups of lit pixels that touch along an edge, on a torus."""
    left = {tuple(place) for place in np.argwhere(lit).tolist()}
    count = 0
    while left:
        count += 1
        todo = [left.pop()]
        while todo:
            y, x = todo.pop()
            for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                place = (y + dy) % lit.shape[0], (x + dx) % lit.shape[1]
                if place in left:
                    left.remove(place)
                    todo.append(place)
    return count


@pytest.mark.parametrize("size", [4, 6, 8])
def test_clustered_dots_grow_from_two_centers_a_tile_in_turn(size: int) -> None:
    ranks = clustered(size)
    for lit in range(2, size * size // 2 + 1):
        assert _clumps(np.tile(ranks < lit, (2, 2))) == 8, "two dots in each of four tiles"
    for dark in range(2, size * size // 2 + 1):
        assert _clumps(np.tile(ranks >= size * size - dark, (2, 2))) == 8, "and two gaps"


@pytest.mark.parametrize("size", [4, 6, 8])
def test_half_of_a_clustered_map_is_a_checkerboard_turned_by_45_degrees(size: int) -> None:
    half = clustered(size) < size * size // 2
    shifted = np.roll(half, (size // 2, size // 2), (0, 1))
    assert (half == shifted).all()
    assert (half != np.roll(half, size // 2, 0)).all()


# --- blue noise ---


def _power(pattern: NDArray[np.generic], low: float, high: float) -> float:
    """Mean power at `low` to `high` cycles a pixel, beside that of white noise."""
    wave = np.fft.fftfreq(len(pattern))
    ring = np.hypot(wave[:, None], wave)
    values = pattern - pattern.mean()
    power = np.abs(np.fft.fft2(values)) ** 2 / (values.var() * values.size)
    return float(power[(ring >= low) & (ring < high) & (ring > 0)].mean())


def test_the_texture_is_what_the_generator_makes() -> None:
    assert (MAPS["blue-noise"].ranks() == void_and_cluster(64)).all()


@pytest.mark.parametrize("size", [4, 5, 16])
def test_void_and_cluster_ranks_each_pixel_once(size: int) -> None:
    assert sorted(void_and_cluster(size).ravel().tolist()) == list(range(size * size))


def test_the_texture_is_blue() -> None:
    ranks = MAPS["blue-noise"].ranks()
    white = np.random.default_rng(0).permutation(ranks.ravel()).reshape(64, 64)
    assert 0.7 < _power(white, 0, 0.15) < 1.3, "the measure gives 1 for white noise"
    assert _power(ranks, 0, 0.15) < 0.002
    assert _power(ranks, 0.35, 0.71) > 1


@pytest.mark.parametrize("lit", [512, 1024, 2048, 3072, 3584])
def test_every_level_of_the_texture_is_blue(lit: int) -> None:
    pattern = MAPS["blue-noise"].ranks() < lit
    assert _power(pattern, 0, 0.1) < 0.05


def test_the_texture_has_no_seam() -> None:
    # Moved by half a tile, what was the border lies in the middle of the picture.
    ranks = MAPS["blue-noise"].ranks().astype(np.float64)
    steps = [abs(np.diff(ranks, axis=axis)).mean() for axis in (0, 1)]
    seams = [abs(ranks[0] - ranks[-1]).mean(), abs(ranks[:, 0] - ranks[:, -1]).mean()]
    assert all(0.8 * step < seam for step, seam in zip(steps, seams, strict=True))


# --- the dithers ---


@pytest.mark.parametrize("method", NAMES)
def test_a_quarter_of_the_light_is_a_quarter_of_the_pixels(method: str) -> None:
    side = MAPS[method].size
    indices = dither(common._flat(16384, side, side), common.MONO, DitherOptions(method))
    pixels = side * side
    assert np.bincount(indices.ravel(), minlength=2).tolist() == [pixels * 3 // 4, pixels // 4]


@given(methods, st.integers(0, 65535))
@settings(max_examples=60, deadline=None)
def test_ordered_keeps_the_mean_light_of_a_gray(method: str, gray: int) -> None:
    side = MAPS[method].size
    share = 0.5 / side**2 + 0.0001
    for name in ("mono", "grays", "learned-grays", "gray4", "rgb332", "argb2222"):
        palette = common.PALETTES[name]
        levels = np.unique(common._linear(palette)[palette.opaque, 2])
        wanted = min(max(gray, int(levels[0])), int(levels[-1]))
        flat = common._flat(gray, side, side)
        shown = common._linear(palette)[dither(flat, palette, DitherOptions(method))]
        assert abs(shown[..., 2].mean() - wanted) <= np.diff(levels).max() * share


@given(common.palettes, methods, st.tuples(*[st.integers(0, 65535)] * 3))
@settings(max_examples=60, deadline=None)
def test_ordered_at_strength_zero_shows_no_pattern(
    palette: Palette, method: str, color: tuple[int, int, int]
) -> None:
    image = common._image(np.broadcast_to(color, (8, 8, 3)))
    assert len(np.unique(dither(image, palette, DitherOptions(method, 0)))) == 1


def test_ordered_uses_fewer_pixels_of_the_farther_entry_as_strength_falls() -> None:
    lit = [
        int(dither(common._flat(20000, 8, 8), common.MONO, DitherOptions("bayer-8", part)).sum())
        for part in (256, 192, 128, 64, 0)
    ]
    assert lit == sorted(lit, reverse=True)
    assert lit[0] == 20
    assert lit[-1] == 0


def test_a_learned_palette_prefers_the_quieter_pair() -> None:
    # Gray 120 lies between black and white, and nearly between two faintly tinted grays.
    colors = [[0] * 3, [255] * 3, [112, 108, 112], [132, 126, 132]]
    gray = common._flat(int(linear_table()[120]), 8, 8)
    palette = common._palette(colors, learned=True)
    assert set(dither(gray, palette, DitherOptions("bayer-8")).ravel().tolist()) == {2, 3}


fine = methods.filter(lambda name: MAPS[name].size > 2)  # four pixels mix few inks


@given(fine, st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_maps_on_inks_keep_the_mean_light_of_a_mixture_of_inks(method: str, seed: int) -> None:
    shares = np.random.default_rng(seed).dirichlet(np.ones(7))
    light, side = common._linear(common.INKS), MAPS[method].size
    mean = (shares @ light).astype(int)
    image = common._image(np.broadcast_to(mean, (side, side, 3)))
    shown = light[dither(image, common.INKS, DitherOptions(method))]
    assert abs(shown.mean(axis=(0, 1)) - mean).max() < (0.02 + 1 / side**2) * 65535


@pytest.mark.parametrize("method", ["bayer-64", "clustered-6", "knoll", "yliluoma"])
@pytest.mark.parametrize("name", ["mono", "inks", "learned-16"])
def test_bands_of_rows_fit_together(
    method: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(4).integers(0, 65536, (23, 9, 3))
    image, palette = common._image(pixels), common.PALETTES[name]
    expected = dither(image, palette, DitherOptions(method))
    monkeypatch.setattr("pipeline.dithers.ordered._BAND", 40)
    assert (dither(image, palette, DitherOptions(method)) == expected).all()


def test_a_row_wider_than_a_band_is_a_band_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.dithers.ordered._BAND", 4)
    image: Image = common._flat(16384, 3, 64)
    assert int(dither(image, common.MONO, DitherOptions("bayer-2")).sum()) == 64
