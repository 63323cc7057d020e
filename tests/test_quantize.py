import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from pipeline import histogram as histograms
from pipeline import quantize
from pipeline.color import to_linear
from pipeline.dithers import DitherOptions, dither
from pipeline.grid import GRIDS, RGB, Grid, shown, word
from pipeline.histogram import cells, features, histogram, merge, split
from pipeline.image import Image
from pipeline.palette import Palette, grid_colors, grid_words
from pipeline.quantize import FRACTION, LearnOptions, learn

RGB888 = GRIDS["rgb888"]
Srgb = NDArray[np.uint8]


def snap(grid: Grid, color: RGB) -> RGB:
    return shown(grid, word(grid, color))


def picture(srgb: Srgb, alpha: Srgb | None = None) -> Image:
    opaque = np.full(srgb.shape[:2], 255, np.uint8)
    return Image(to_linear(srgb), opaque if alpha is None else alpha)


def noise(side: int = 40, seed: int = 7) -> Srgb:
    """A smooth gradient with noise: many colors, unevenly spread."""
    ramp = np.linspace(0, 200, side)
    plane = np.stack(
        [ramp[:, None] + 0 * ramp, 0 * ramp[:, None] + ramp, ramp[:, None] / 2 + ramp / 3], -1
    )
    return (plane + np.random.default_rng(seed).integers(0, 50, (side, side, 3))).astype(np.uint8)


def colors_of(palette: Palette) -> list[RGB]:
    return [(int(r), int(g), int(b)) for r, g, b in palette.seen]


def same(a: Palette, b: Palette) -> bool:
    return a.codes.tobytes() == b.codes.tobytes() and a.seen.tobytes() == b.seen.tobytes()


small_pictures = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 5), st.just(3))
) | hnp.arrays(np.uint8, (4, 4, 3), elements=st.sampled_from([0, 8, 120, 255]))


@st.composite
def options(draw: st.DrawFn) -> LearnOptions:
    colors = draw(st.integers(1, 12))
    places = draw(st.lists(st.integers(0, colors - 1), unique=True, max_size=min(colors, 4)))
    transparent = places.pop() if places and colors > 1 and draw(st.booleans()) else None
    color = st.tuples(*[st.sampled_from([0, 8, 100, 255])] * 3)
    fixed = tuple((place, draw(color)) for place in places)
    return LearnOptions(colors, draw(st.sampled_from(histograms.METRICS)), fixed, transparent)


@given(
    st.lists(small_pictures, min_size=1, max_size=3),
    st.sampled_from(list(GRIDS.values())),
    options(),
)
@settings(max_examples=80, deadline=None)
def test_every_palette_keeps_its_promises(srgb: list[Srgb], grid: Grid, opts: LearnOptions) -> None:
    pictures = [picture(part) for part in srgb]
    palette = learn(pictures, grid, opts)
    colors = colors_of(palette)
    assert len(palette) <= opts.colors
    assert palette.learned
    assert palette.transparent == opts.transparent
    assert len(palette.opaque) > 0
    assert colors == [shown(grid, int(code)) for code in palette.codes]
    assert palette.codes.tolist() == grid_words(grid, palette.seen).tolist()
    assert palette.nominal.tobytes() == palette.seen.tobytes()
    for place, color in opts.fixed:
        assert colors[place] == snap(grid, color)
    if opts.transparent is not None:
        own = colors[opts.transparent]
        drawn = [colors[place] for place in palette.opaque.tolist()]
        assert own not in drawn or len(set(drawn)) == grid.size
        assert own == (0, 0, 0) or (0, 0, 0) in drawn
    assert same(palette, learn(pictures[::-1], grid, opts))


@given(small_pictures, st.sampled_from(list(GRIDS.values())), options())
@settings(max_examples=60, deadline=None)
def test_learned_colors_differ_and_fill_the_room(
    srgb: Srgb, grid: Grid, opts: LearnOptions
) -> None:
    palette = learn([picture(srgb)], grid, opts)
    taken = {place for place, _ in opts.fixed} | {opts.transparent}
    free = [color for place, color in enumerate(colors_of(palette)) if place not in taken]
    pinned = {snap(grid, color) for _, color in opts.fixed}
    gray = histogram([picture(srgb)], 1, gray=grid.gray).colors
    found = set(map(tuple, grid_colors(grid, grid_words(grid, gray)).tolist())) - pinned
    room = opts.colors - len(opts.fixed) - (opts.transparent is not None)
    if len(found) <= room:
        assert found <= set(free)
    else:
        assert len(set(free) - pinned) == len(free) == room


@pytest.mark.parametrize("count", [1, 2, 3, 15, 16, 17, 32, 33, 255, 256])
@pytest.mark.parametrize("metric", histograms.METRICS)
def test_palettes_have_the_size_that_was_asked_for(count: int, metric: str) -> None:
    palette = learn([picture(noise())], RGB888, LearnOptions(count, metric))
    assert len(set(colors_of(palette))) == len(palette) == count


@pytest.mark.parametrize("name", ["rgb565", "rgb444", "rgb332", "argb2222", "gray4", "grgb1555"])
def test_no_slot_is_wasted_on_a_coarse_grid(name: str) -> None:
    grid = GRIDS[name]
    image = picture(noise(64))
    there = len(np.unique(grid_words(grid, histogram([image], 1, gray=grid.gray).colors)))
    count = there * 3 // 4
    palette = learn([image], grid, LearnOptions(min(count, 256)))
    assert len(set(colors_of(palette))) == len(palette) == min(count, 256)
    assert all(snap(grid, color) == color for color in colors_of(palette))


def test_colors_go_from_dark_to_light() -> None:
    palette = learn([picture(noise())], RGB888, LearnOptions(32))
    lightness = features(palette.seen, "perceptual")[:, 0]
    assert (np.diff(lightness) >= 0).all()


def test_few_colors_come_back_exact_and_without_scikit_learn() -> None:
    code = """
import sys
import numpy as np
from pipeline.color import to_linear
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.quantize import LearnOptions, learn
colors = np.array([[[255, 0, 0], [1, 2, 3], [250, 251, 252], [1, 2, 3]]], np.uint8)
image = Image(to_linear(colors), np.full((1, 4), 255, np.uint8))
print(learn([image], GRIDS["rgb888"], LearnOptions(16)).seen.tolist(), "sklearn" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[[1, 2, 3], [255, 0, 0], [250, 251, 252]] False\n"


def test_a_picture_with_exactly_as_many_colors_as_room_comes_back_exact() -> None:
    rows = np.arange(256, dtype=np.uint8)
    srgb = np.stack([rows, rows[::-1], rows // 2], axis=-1).reshape(16, 16, 3)
    palette = learn([picture(srgb)], RGB888, LearnOptions(256))
    assert sorted(colors_of(palette)) == sorted(map(tuple, srgb.reshape(-1, 3).tolist()))


def test_a_flat_picture_gives_one_entry() -> None:
    flat = np.full((5, 7, 3), (10, 20, 30), np.uint8)
    assert colors_of(learn([picture(flat)], RGB888, LearnOptions(8))) == [(10, 20, 30)]


def test_one_color_is_the_mean() -> None:
    half = np.zeros((2, 4, 3), np.uint8)
    half[:, 2:] = 255
    assert colors_of(learn([picture(half)], RGB888, LearnOptions(1, "mse"))) == [(128, 128, 128)]


def test_two_clusters_get_the_grid_colors_nearest_to_their_means() -> None:
    dark, light = [(10, 20, 30), (14, 20, 30)], [(200, 180, 160), (200, 180, 168)]
    srgb = np.array([[*dark, *light]], np.uint8)
    palette = learn([picture(srgb)], RGB888, LearnOptions(2, "mse"))
    assert colors_of(palette) == [(12, 20, 30), (200, 180, 164)]


def test_pinned_entries_take_part_and_only_the_rest_is_learned() -> None:
    # Of the three clusters one is pinned, so the two free entries are the other two.
    srgb = np.array([[(255, 0, 0), (254, 2, 1), (0, 0, 200), (0, 0, 204), (0, 90, 0), (0, 94, 0)]])
    opts = LearnOptions(3, "mse", fixed=((1, (255, 0, 0)),))
    palette = learn([picture(srgb.astype(np.uint8))], RGB888, opts)
    assert colors_of(palette) == [(0, 0, 202), (255, 0, 0), (0, 92, 0)]


def test_free_indices_below_a_pinned_one_repeat_the_lightest_learned_color() -> None:
    srgb = np.array([[(9, 9, 9), (80, 80, 80)]], np.uint8)
    opts = LearnOptions(8, fixed=((5, (255, 255, 255)),), transparent=0)
    palette = learn([picture(srgb)], RGB888, opts)
    assert colors_of(palette) == [(0, 0, 0), (9, 9, 9), *[(80, 80, 80)] * 3, (255, 255, 255)]


def test_a_pinned_color_has_no_double_where_nothing_is_learned() -> None:
    black = picture(np.zeros((2, 2, 3), np.uint8))
    palette = learn([black], RGB888, LearnOptions(4, fixed=((3, (0, 0, 0)),)))
    assert [place for place, color in enumerate(colors_of(palette)) if color == (0, 0, 0)] == [3]


def test_the_transparent_entry_is_never_drawn() -> None:
    srgb = noise()
    srgb[:8] = 0  # black, which is the transparent entry's own color
    for transparent in (0, 5, 7):
        opts = LearnOptions(8, transparent=transparent)
        palette = learn([picture(srgb)], GRIDS["rgb565"], opts)
        assert len(palette) == 8
        drawn = dither(picture(srgb), palette, DitherOptions())
        assert transparent not in drawn


def test_pixels_below_the_alpha_threshold_do_not_count() -> None:
    srgb = np.array([[(255, 0, 0), (0, 255, 0), (0, 0, 255)]], np.uint8)
    image = picture(srgb, np.array([[127, 128, 255]], np.uint8))
    opts = LearnOptions(4, transparent=0)
    assert colors_of(learn([image], RGB888, opts)) == [(0, 0, 0), (0, 0, 255), (0, 255, 0)]
    strict = learn([image], RGB888, opts, alpha_threshold=255)
    assert colors_of(strict) == [(0, 0, 0), (0, 0, 255)]


def test_a_picture_without_drawn_pixels_still_gives_something_to_draw_with() -> None:
    clear = picture(np.full((2, 2, 3), 99, np.uint8), np.zeros((2, 2), np.uint8))
    palette = learn([clear], RGB888, LearnOptions(4, transparent=0))
    assert palette.opaque.tolist() == [1]


def test_a_gray_grid_learns_the_luminance() -> None:
    # Linear luminance of pure red is 0.2126, which is sRGB gray 127.
    red = np.full((3, 3, 3), (255, 0, 0), np.uint8)
    assert colors_of(learn([picture(red)], GRIDS["gray8"], LearnOptions(4))) == [(127, 127, 127)]


def test_an_icon_counts_as_much_as_a_splash_screen() -> None:
    reds = np.zeros((4, 4, 3), np.uint8)
    reds[..., 0] = np.arange(200, 216).reshape(4, 4)
    blues = np.zeros((128, 128, 3), np.uint8)
    blues[..., 2] = np.arange(128)
    shared = learn([picture(reds), picture(blues)], RGB888, LearnOptions(3))
    assert any(red > 190 for red, _, _ in colors_of(shared))
    weights = histogram([picture(reds), picture(blues)], 128)
    red = weights.colors[:, 0] > 0
    assert weights.weights[red].sum() == weights.weights[~red].sum()


def test_learning_twice_gives_the_same_bytes() -> None:
    image, opts = picture(noise()), LearnOptions(40, fixed=((3, (255, 255, 255)),), transparent=7)
    assert same(learn([image], GRIDS["rgb565"], opts), learn([image], GRIDS["rgb565"], opts))


@pytest.mark.parametrize(
    ("opts", "words"),
    [
        (LearnOptions(0), "1 to 256"),
        (LearnOptions(257), "1 to 256"),
        (LearnOptions(4, "rgb"), "`rgb`: use perceptual or mse"),
        (LearnOptions(1, transparent=0), "at least 2 colors"),
        (LearnOptions(4, fixed=((4, (0, 0, 0)),)), "index 4 is outside the palette's 0..3"),
        (LearnOptions(4, transparent=-1), "index -1 is outside"),
        (LearnOptions(4, fixed=((1, (0, 0, 0)),), transparent=1), "index 1 is fixed twice"),
        (LearnOptions(4, fixed=((1, (0, 0, 0)), (1, (9, 9, 9)))), "index 1 is fixed twice"),
    ],
)
def test_contradicting_options_are_refused(opts: LearnOptions, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        learn([picture(noise(4))], RGB888, opts)


def test_learning_from_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="no picture"):
        learn([], RGB888, LearnOptions(4))


def test_histogram_counts_every_color_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    srgb = (noise(20) // 64 * 64).astype(np.uint8)
    counts = Counter(map(tuple, srgb.reshape(-1, 3).tolist()))
    whole = histogram([picture(srgb)], 128)
    assert list(map(tuple, whole.colors.tolist())) == sorted(counts)
    share = histograms.TOTAL_WEIGHT / srgb[..., 0].size
    expected = [counts[color] * share for color in sorted(counts)]
    np.testing.assert_allclose(whole.weights, expected, atol=0.5)
    monkeypatch.setattr(histograms, "_BAND", 50)
    banded = histogram([picture(srgb)], 128)
    assert banded.colors.tobytes() == whole.colors.tobytes()
    assert banded.weights.tobytes() == whole.weights.tobytes()


@given(small_pictures, st.integers(1, 7), st.sampled_from(histograms.METRICS))
@settings(max_examples=50, deadline=None)
def test_merged_cells_keep_weight_and_sums(srgb: Srgb, bits: int, metric: str) -> None:
    fine = cells(histogram([picture(srgb)], 128), metric)
    coarse = merge(fine, bits)
    assert len(coarse.weights) == len({tuple(c) for c in (fine.colors >> (8 - bits)).tolist()})
    assert coarse.weights.sum() == fine.weights.sum()
    assert coarse.sums.sum(axis=0).tolist() == fine.sums.sum(axis=0).tolist()


@given(small_pictures, st.integers(1, 30))
@settings(max_examples=50, deadline=None)
def test_split_gives_as_many_boxes_as_there_are_points_for(srgb: Srgb, count: int) -> None:
    group = cells(histogram([picture(srgb)], 128), "mse")
    labels = split(group, count)
    boxes = min(count, len(group.weights))
    assert sorted(set(labels.tolist())) == list(range(boxes))


def test_split_cuts_between_clusters() -> None:
    srgb = np.array([[(0, 0, 0), (3, 1, 0), (200, 9, 9), (204, 8, 9), (9, 250, 0)]], np.uint8)
    labels = split(cells(histogram([picture(srgb)], 128), "perceptual"), 3)
    # Colors are in ascending order, so the green one is third.
    assert labels[0] == labels[1]
    assert labels[3] == labels[4]
    assert len({int(labels[0]), int(labels[2]), int(labels[3])}) == 3


coordinates = hnp.arrays(np.int64, (40, 3), elements=st.integers(-4096, 4096))


@given(coordinates, hnp.arrays(np.int64, (9, 3), elements=st.integers(-4096, 4096)))
@settings(max_examples=50, deadline=None)
def test_assignment_is_the_exact_integer_one(
    points: NDArray[np.int64], rough: NDArray[np.int64]
) -> None:
    centers = np.concatenate([rough * FRACTION + 13, rough * FRACTION + 13, points[:3] * FRACTION])
    gap = points[:, None] * FRACTION - centers
    exact = (gap**2).sum(axis=2).argmin(axis=1)
    assert quantize._assigner()(points, centers).tolist() == exact.tolist()


@pytest.mark.parametrize("name", ["rgb565", "rgb444", "rgb332", "argb2222", "gray4", "grgb1555"])
@pytest.mark.parametrize("metric", histograms.METRICS)
def test_snapping_finds_the_nearest_color_of_the_whole_grid(name: str, metric: str) -> None:
    grid = GRIDS[name]
    every = grid_colors(grid, np.arange(grid.size, dtype=np.uint32))
    guess = np.random.default_rng(3).integers(0, 256, (60, 3)).astype(np.uint8)
    centers = features(guess, metric) * FRACTION + 5
    task = quantize._Task(grid, metric, histogram([], 1), guess[:0], quantize._assigner())
    found = quantize.nearest_on_grid(centers, guess, task)
    near = [((features(every, metric) * FRACTION - c) ** 2).sum(axis=1).min() for c in centers]
    got = ((features(found, metric) * FRACTION - centers) ** 2).sum(axis=1)
    assert got.tolist() == near
