"""What every dither promises, checked over the whole registry and a range of palettes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.color import linear_table, luminance, oklab, to_linear
from pipeline.dithers import DitherOptions, dither
from pipeline.dithers.diffusion import KERNELS
from pipeline.dithers.pick import HIGHEST, LOWEST, axes, picker
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.palette import Palette, grid_words, whole_grid
from pipeline.registry import DITHERS

METHODS = sorted(set(DITHERS) - {"threshold", "custom"})
STABLE = sorted(name for name, row in DITHERS.items() if row.stable and name != "threshold")
MEAN_KEEPING = sorted(set(KERNELS) - {"atkinson"})  # which drops a quarter of the error


def _palette(colors: Any, *, transparent: int | None = None, learned: bool = False) -> Palette:
    seen = np.array(colors, np.uint8).reshape(-1, 3)
    return Palette(seen, seen, np.arange(len(seen), dtype=np.uint32), transparent, learned)


def _close(*, learned: bool) -> Palette:
    """256 entries one code apart, in a corner where OKLab merges some of them."""
    red, blue = np.meshgrid(np.arange(16), np.arange(16))
    colors = np.stack([red, np.full((16, 16), 200), blue], -1)
    return _palette(colors, learned=learned)


def _random(count: int) -> Palette:
    return _palette(np.random.default_rng(count).integers(0, 256, (count, 3)), learned=True)


MONO = _palette([[0] * 3, [255] * 3])
GRAYS = _palette([[level * 17] * 3 for level in (9, 3, 15, 0, 12, 6)])
INKS = _palette(
    [
        [0, 0, 0],
        [255, 255, 255],
        [0, 255, 0],
        [0, 0, 255],
        [255, 0, 0],
        [255, 255, 0],
        [255, 128, 0],
    ]
)
MEASURED = _palette(
    [[25, 30, 33], [232, 232, 232], [239, 222, 68], [178, 19, 24], [33, 87, 186], [18, 95, 32]]
)
PALETTES = {
    "mono": MONO,
    "grays": GRAYS,
    "learned-grays": _palette([[code] * 3 for code in (3, 40, 41, 200, 255)], learned=True),
    "inks": INKS,
    "measured": MEASURED,
    "single": _palette([[90, 20, 30]]),
    "learned-16": _random(16),
    "close": _close(learned=False),
    "close-learned": _close(learned=True),
    "rgb332": whole_grid(GRIDS["rgb332"]),
    "argb2222": whole_grid(GRIDS["argb2222"]),
    "gray4": whole_grid(GRIDS["gray4"]),
    "mono-transparent": _palette([[0] * 3, [255] * 3, [128] * 3], transparent=2),
    "inks-transparent": _palette(INKS.seen, transparent=0),
    "learned-transparent": _palette(_random(16).seen, transparent=5, learned=True),
}

methods = st.sampled_from(METHODS)
kernels = st.sampled_from(sorted(KERNELS))
palettes = st.sampled_from(sorted(PALETTES)).map(PALETTES.__getitem__)
strengths = st.sampled_from([0, 1, 100, 218, 256])
seeds = st.integers(0, 2**32 - 1)


def _options(
    names: st.SearchStrategy[str], shares: st.SearchStrategy[int] = strengths
) -> st.SearchStrategy[DitherOptions]:
    return st.builds(
        DitherOptions,
        names,
        shares,
        serpentine=st.booleans(),
        threshold=st.integers(0, 255),
        pixels_per_degree=st.sampled_from([1, 35, 60]),
    )


def _image(linear: Any) -> Image:
    pixels = np.array(linear, np.uint16)
    return Image(pixels, np.full(pixels.shape[:2], 255, np.uint8))


def _flat(value: int, height: int, width: int) -> Image:
    return _image(np.full((height, width, 3), value))


@st.composite
def images(draw: st.DrawFn, largest: int = 12) -> Image:
    height, width = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    random = np.random.default_rng(draw(seeds))
    low, high = sorted([draw(st.integers(0, 65535)), draw(st.integers(0, 65535))])
    return _image(random.integers(low, high, (height, width, 3), endpoint=True))


def _linear(palette: Palette) -> NDArray[np.int64]:
    return to_linear(palette.seen).astype(np.int64)


def _own_colors(palette: Palette) -> tuple[Image, NDArray[np.intp]]:
    """A picture of 16 columns that holds each opaque entry, and their indices."""
    count = -(-len(palette.opaque) // 16) * 16
    indices = np.resize(palette.opaque, count).reshape(-1, 16)
    return _image(to_linear(palette.seen)[indices]), indices


# --- what holds for every dither ---


@given(images(), palettes, _options(methods))
@settings(max_examples=120, deadline=None)
def test_indices_are_opaque_entries_and_repeatable(
    image: Image, palette: Palette, options: DitherOptions
) -> None:
    indices = dither(image, palette, options)
    assert indices.dtype == np.uint16
    assert indices.shape == (image.height, image.width)
    assert np.isin(indices, palette.opaque).all()
    assert indices.tobytes() == dither(image, palette, options).tobytes()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", sorted(PALETTES))
def test_colors_of_the_palette_stay_as_they_are(name: str, method: str) -> None:
    palette = PALETTES[name]
    image, indices = _own_colors(palette)
    for strength in (0, 218, 256):
        assert (dither(image, palette, DitherOptions(method, strength)) == indices).all()


@given(methods, strengths, st.integers(0, 65535))
@settings(max_examples=30, deadline=None)
def test_flat_color_of_rgb565_stays_flat(method: str, strength: int, index: int) -> None:
    palette = _RGB565
    image = _image(np.broadcast_to(to_linear(palette.seen)[index], (3, 5, 3)))
    assert (dither(image, palette, DitherOptions(method, strength)) == index).all()


_RGB565 = whole_grid(GRIDS["rgb565"])


@pytest.mark.parametrize("method", METHODS)
def test_equal_entries_give_the_first_opaque_one(method: str) -> None:
    for learned in (False, True):
        twins = [[200, 10, 10], [5, 5, 90], [200, 10, 10], [5, 5, 90]]
        palette = _palette(twins, transparent=1, learned=learned)
        image, _ = _own_colors(_palette(twins[:2]))
        assert set(dither(image, palette, DitherOptions(method)).ravel().tolist()) == {0, 3}


@pytest.mark.parametrize("method", METHODS)
def test_transparent_entry_is_not_picked_even_for_its_own_color(method: str) -> None:
    for learned in (False, True):
        palette = _palette(INKS.seen, transparent=4, learned=learned)
        image = _image(np.broadcast_to(to_linear(INKS.seen)[4], (6, 6, 3)))
        assert 4 not in dither(image, palette, DitherOptions(method))


def test_alpha_does_not_matter() -> None:
    linear = np.random.default_rng(0).integers(0, 65536, (6, 6, 3)).astype(np.uint16)
    clear = Image(linear, np.zeros((6, 6), np.uint8))
    for method in METHODS:
        expected = dither(_image(linear), INKS, DitherOptions(method))
        assert (dither(clear, INKS, DitherOptions(method)) == expected).all()


@given(images(), palettes, st.sampled_from(STABLE), strengths, st.data())
@settings(max_examples=100, deadline=None)
def test_stable_dithers_keep_the_pixels_of_what_did_not_change(
    image: Image, palette: Palette, method: str, strength: int, data: st.DataObject
) -> None:
    top, left = data.draw(st.integers(0, image.height)), data.draw(st.integers(0, image.width))
    changed = image.linear.copy()
    changed[top:, left:] = data.draw(st.integers(0, 65535))
    before, after = (
        dither(_image(pixels), palette, DitherOptions(method, strength))
        for pixels in (image.linear, changed)
    )
    same = (changed == image.linear).all(axis=2)
    assert (before == after)[same].all()


# --- none and threshold ---


@given(images(), st.sampled_from(["mono", "inks", "learned-16", "inks-transparent"]))
@settings(max_examples=40, deadline=None)
def test_none_takes_the_nearest_entry_in_oklab(image: Image, name: str) -> None:
    palette = PALETTES[name]
    points = oklab(to_linear(palette.seen[palette.opaque])).astype(int)
    apart = oklab(image.linear).astype(int)[:, :, None] - points
    expected = palette.opaque[(apart**2).sum(axis=3).argmin(axis=2)]
    assert (dither(image, palette, DitherOptions("none")) == expected).all()


def test_none_tells_entries_apart_that_oklab_merges() -> None:
    seen = np.array([[0, 200, 17], [1, 200, 17]], np.uint8)
    merged = oklab(to_linear(seen))
    assert (merged[0] == merged[1]).all(), "the case needs two colors with one OKLab value"
    image = _image(to_linear(seen)[None])
    assert dither(image, _palette(seen), DitherOptions("none")).tolist() == [[0, 1]]


def test_none_works_in_bounded_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    image, palette = _image(np.random.default_rng(1).integers(0, 65536, (9, 9, 3))), _random(16)
    expected = dither(image, palette, DitherOptions("none"))
    monkeypatch.setenv("BITPLANE_NATIVE", "0")
    monkeypatch.setattr("pipeline.dithers.pick.CHUNK", 40)
    assert (dither(image, palette, DitherOptions("none")) == expected).all()


@given(images())
@settings(max_examples=10, deadline=None)
def test_none_on_a_whole_grid_is_the_nearest_word(image: Image) -> None:
    palette = PALETTES["argb2222"]
    indices = dither(image, palette, DitherOptions("none"))
    assert (palette.codes[indices] == grid_words(GRIDS["argb2222"], image.srgb)).all()


def test_a_grid_with_a_transparent_color_avoids_it() -> None:
    whole = PALETTES["rgb332"]
    palette = Palette(whole.seen, whole.nominal, whole.codes, 255, grid=whole.grid)
    for method in ("none", "floyd-steinberg", "bayer-4"):
        assert 255 not in dither(_flat(65535, 4, 4), palette, DitherOptions(method))


@pytest.mark.parametrize("order", [[0, 255], [255, 0]])
def test_threshold_splits_at_its_gray(order: list[int]) -> None:
    palette = _palette([[code] * 3 for code in order])
    image = _image(linear_table()[[[127, 128, 129]]][..., None].repeat(3, axis=2))
    indices = dither(image, palette, DitherOptions("threshold", threshold=128))
    assert palette.seen[indices][0, :, 0].tolist() == [0, 255, 255]


def test_threshold_measures_luminance_not_channels() -> None:
    green_and_blue = _image([[[0, 65535, 0], [0, 0, 65535]]])
    assert dither(green_and_blue, MONO, DitherOptions("threshold")).tolist() == [[1, 0]]


def test_threshold_ignores_a_transparent_entry() -> None:
    palette = _palette([[9, 9, 9], [255] * 3, [0] * 3], transparent=0)
    assert dither(_flat(65535, 1, 1), palette, DitherOptions("threshold")).tolist() == [[1]]
    assert dither(_flat(0, 1, 1), palette, DitherOptions("threshold")).tolist() == [[2]]


@pytest.mark.parametrize("name", ["inks", "single", "inks-transparent"])
def test_threshold_refuses_other_palettes(name: str) -> None:
    with pytest.raises(ValueError, match=r"exactly two colors.*use dither none or another"):
        dither(_flat(0, 1, 1), PALETTES[name], DitherOptions("threshold"))


# --- the picks of error diffusion ---

channel_values = st.integers(LOWEST, HIGHEST)


def _brute_pick(palette: Palette, color: tuple[int, ...]) -> int:
    """The rules of `pick` read literally."""
    linear, opaque = to_linear(palette.seen), palette.opaque.tolist()
    if not palette.learned:
        apart = (linear[opaque].astype(int) - color) ** 2
        return int(opaque[apart.sum(axis=1).argmin()])
    inside = np.array(color).clip(0, 65535).astype(np.uint16)
    for index in opaque:
        if (linear[index] == inside).all():
            return int(index)
    apart = (oklab(linear[opaque]).astype(int) - oklab(inside)) ** 2
    return int(opaque[apart.sum(axis=1).argmin()])


@pytest.mark.parametrize(
    "name", ["inks", "measured", "close", "learned-16", "close-learned", "learned-transparent"]
)
def test_picker_equals_a_search_through_all_entries(name: str) -> None:
    palette = PALETTES[name]
    pick = picker(palette)

    @given(st.tuples(channel_values, channel_values, channel_values))
    @settings(max_examples=150, deadline=None)
    def check(color: tuple[int, int, int]) -> None:
        assert pick(*color) == _brute_pick(palette, color)

    check()


def test_picker_is_exact_between_entries_that_lie_close() -> None:
    for palette in (PALETTES["close"], PALETTES["close-learned"]):
        pick = picker(palette)
        near = _linear(palette)[::3] + np.random.default_rng(2).integers(-30, 30, (86, 3))
        for color in near.tolist():
            assert pick(*color) == _brute_pick(palette, tuple(color))


def _gray_scale(palette: Palette) -> NDArray[np.int64]:
    """What is compared for each linear gray: itself, or its OKLab lightness."""
    grays = np.arange(65536, dtype=np.uint16)
    scale = oklab(np.stack([grays] * 3, -1))[:, 0] if palette.learned else grays
    return scale.astype(np.int64)


@pytest.mark.parametrize("name", ["mono", "grays", "learned-grays", "gray4"])
def test_axis_takes_the_nearest_level(name: str) -> None:
    palette = PALETTES[name]
    (axis,) = axes(palette)
    scale = _gray_scale(palette)
    expected = abs(scale[:, None] - scale[axis.levels]).argmin(axis=1)
    assert (np.searchsorted(axis.edges, np.arange(65536)) == expected).all()
    assert (_linear(palette)[axis.shares, 0] == axis.levels).all()


# --- error diffusion ---


def test_weights_sum_to_the_divisor_but_for_atkinson() -> None:
    for name, kernel in KERNELS.items():
        total = sum(kernel.ahead) + sum(map(sum, kernel.below))
        assert total == (6 if name == "atkinson" else kernel.divisor), name


def test_floyd_steinberg_golden_by_hand() -> None:
    # Linear 16384 everywhere. Row 0 from the left: errors 16384, 23552, 26688, 28060, all black.
    # Row 1 from the right: 26821 black, 43191 white, 19997 black, 34669 white;
    # from the left: 25920 black, 41112 white, 20772 black, 35909 white.
    image = _flat(16384, 2, 4)
    turned = dither(image, MONO, DitherOptions("floyd-steinberg"))
    assert turned.tolist() == [[0, 0, 0, 0], [1, 0, 1, 0]]
    straight = dither(image, MONO, DitherOptions("floyd-steinberg", serpentine=False))
    assert straight.tolist() == [[0, 0, 0, 0], [0, 1, 0, 1]]


Values = NDArray[np.int64]


def _literal(
    values: Values, shown: Values, choose: Callable[[Values], int], options: DitherOptions
) -> Values:
    """The docstring of `diffusion` pixel by pixel.

    (h, w, c) linear values and (n, c) linear values of what can be chosen, to what is chosen.
    """
    kernel = KERNELS[options.method]
    low, high = shown.min(axis=0), shown.max(axis=0)
    reach = (high - low + 1) // 2
    height, width, channels = values.shape
    owed = np.zeros((height + 2, width + 4, channels), np.int64)
    out = np.zeros((height, width), np.int64)
    for y in range(height):
        turn = -1 if options.serpentine and y % 2 else 1
        for x in range(width)[::turn]:
            share = options.strength * owed[y, x + 2] + 128 * kernel.divisor
            v = values[y, x].clip(low, high) + share // (256 * kernel.divisor)
            v = np.minimum(np.maximum(v, low - reach), high + reach)
            out[y, x] = choose(v)
            error = v - shown[out[y, x]]
            for step, weight in enumerate(kernel.ahead, 1):
                owed[y, x + 2 + step * turn] += weight * error
            for down, weights in enumerate(kernel.below, 1):
                for dx, weight in zip(range(-2, 3), weights, strict=True):
                    owed[y + down, x + 2 + dx * turn] += weight * error
    return out


def _literal_colors(image: Image, palette: Palette, options: DitherOptions) -> Values:
    def choose(v: Values) -> int:
        return _brute_pick(palette, tuple(v.tolist()))

    return _literal(image.linear.astype(np.int64), _linear(palette), choose, options)


def _literal_grays(image: Image, palette: Palette, options: DitherOptions) -> Values:
    shown, scale = _linear(palette)[:, :1], _gray_scale(palette)

    def choose(v: Values) -> int:
        apart = abs(scale[v.clip(0, 65535)] - scale[shown[:, 0]])
        return int(np.lexsort([shown[:, 0], apart])[0])

    return _literal(luminance(image.linear)[..., None], shown, choose, options)


@given(
    images(largest=8),
    st.sampled_from(["inks", "measured", "single", "learned-16", "close-learned"]),
    _options(kernels),
)
@settings(max_examples=40, deadline=None)
def test_diffusion_of_colors_follows_its_specification(
    image: Image, name: str, options: DitherOptions
) -> None:
    expected = _literal_colors(image, PALETTES[name], options)
    assert (dither(image, PALETTES[name], options) == expected).all()


@given(
    images(largest=8),
    st.sampled_from([[0, 255], [40, 90, 200], [255, 0, 128, 3]]),
    st.booleans(),
    _options(kernels),
)
@settings(max_examples=40, deadline=None)
def test_diffusion_of_grays_follows_its_specification(
    image: Image, codes: list[int], learned: Any, options: DitherOptions
) -> None:
    palette = _palette([[code] * 3 for code in codes], learned=learned)
    expected = _literal_grays(image, palette, options)
    assert (dither(image, palette, options) == expected).all()


@pytest.mark.parametrize("method", sorted(KERNELS))
@pytest.mark.parametrize("serpentine", [False, True])
def test_every_tap_and_rounding_follows_the_specification(method: str, serpentine: Any) -> None:
    # Colors so dark that a step of linear light is a good part of their distance.
    palette = _palette([[0, 0, 0], [2, 1, 0], [0, 2, 2], [1, 0, 3], [2, 2, 1]])
    image = _image(np.random.default_rng(3).integers(0, 50, (16, 20, 3)))
    for strength in (200, 256):
        options = DitherOptions(method, strength, serpentine)
        expected = _literal_colors(image, palette, options)
        assert (dither(image, palette, options) == expected).all()


@pytest.mark.parametrize("method", sorted(KERNELS))
def test_bounds_on_grays_are_those_of_the_specification(method: str) -> None:
    # OKLab splits black and white at an eighth of the light, so middle grays owe much;
    # the second palette can show neither black nor white.
    learned = _palette([[0] * 3, [255] * 3], learned=True)
    grays = np.array([[1, 0, 2], [0, 1, 0], [2, 1, 0]]) * 32767
    image = _image(np.kron(grays[..., None].repeat(3, axis=2), np.ones((6, 6, 1), int)))
    options = DitherOptions(method)
    for palette in (learned, _palette([[60] * 3, [200] * 3])):
        assert (dither(image, palette, options) == _literal_grays(image, palette, options)).all()


@given(images(), _options(kernels, st.just(0)))
@settings(max_examples=25, deadline=None)
def test_strength_zero_leaves_only_the_pick(image: Image, options: DitherOptions) -> None:
    learned = PALETTES["learned-16"]
    low, high = _linear(learned).min(axis=0), _linear(learned).max(axis=0)
    expected = dither(_image(image.linear.clip(low, high)), learned, DitherOptions("none"))
    assert (dither(image, learned, options) == expected).all()
    apart = luminance(image.linear)[..., None] - _linear(MONO)[:, 0]
    assert (dither(image, MONO, options) == abs(apart).argmin(axis=2)).all()


@given(images(), kernels)
@settings(max_examples=25, deadline=None)
def test_whole_grid_channels_are_dithered_alone(image: Image, method: str) -> None:
    palette = PALETTES["rgb332"]
    both = palette.seen[dither(image, palette, DitherOptions(method))]
    blank = image.linear.copy()
    blank[..., 0] = 0
    only = palette.seen[dither(_image(blank), palette, DitherOptions(method))]
    assert (both[..., 1:] == only[..., 1:]).all()
    assert (only[..., 0] == 0).all()


@given(_options(st.sampled_from(MEAN_KEEPING), st.just(256)), st.integers(0, 65535))
@settings(max_examples=30, deadline=None)
def test_diffusion_keeps_the_mean_light_of_a_gray(options: DitherOptions, gray: int) -> None:
    # What leaves a 32x32 picture at its edges is below 3.5 % of the widest step between levels.
    for palette in (MONO, GRAYS, PALETTES["rgb332"]):
        light = _linear(palette)
        step = np.diff(np.unique(light[:, 2])).max()
        wanted = np.clip(gray, light.min(), light.max())
        shown = light[dither(_flat(gray, 32, 32), palette, options)]
        assert abs(shown.mean(axis=(0, 1)) - wanted).max() <= step * 0.035


def test_diffusion_keeps_the_mean_light_of_a_ramp_in_colored_inks() -> None:
    ramp = np.linspace(0, 65535, 48).astype(int)
    image = _image(np.broadcast_to(ramp[None, :, None], (48, 48, 3)))
    shown = _linear(INKS)[dither(image, INKS, DitherOptions("floyd-steinberg"))]
    assert abs(shown.mean(axis=(0, 1)) - image.linear.mean(axis=(0, 1))).max() < 0.03 * 65535


def test_error_that_no_entry_can_pay_does_not_run_away() -> None:
    # Left half: a blue that these inks cannot show. Right half: their own white.
    pixels = np.zeros((12, 64, 3), np.uint16)
    pixels[:, :32] = (0, 0, 65535)
    pixels[:, 32:] = to_linear(MEASURED.seen)[1]
    for method in KERNELS:
        indices = dither(_image(pixels), MEASURED, DitherOptions(method))
        assert (indices[:, 40:] == 1).all(), method
