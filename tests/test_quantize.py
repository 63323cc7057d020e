import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from pipeline import cells as cells_module
from pipeline import histogram as histograms
from pipeline.cells import METRICS, STEPS, cells, features, finest, merge
from pipeline.color import to_linear
from pipeline.dithers import DitherOptions, dither
from pipeline.grid import GRIDS, RGB, Grid, shown, word
from pipeline.histogram import Picture, colors_of, histogram, keys_of
from pipeline.image import Image
from pipeline.palette import Palette, grid_colors, grid_words
from pipeline.quantize import EFFORTS, LearnOptions, learn
from pipeline.search import engine, start
from pipeline.settle import Task, nearest_on_grid

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


def colors_of_palette(palette: Palette) -> list[RGB]:
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
    return LearnOptions(colors, draw(st.sampled_from(METRICS)), fixed, transparent)


@given(
    st.lists(small_pictures, min_size=1, max_size=3),
    st.sampled_from(list(GRIDS.values())),
    options(),
)
@settings(max_examples=80, deadline=None)
def test_every_palette_keeps_its_promises(srgb: list[Srgb], grid: Grid, opts: LearnOptions) -> None:
    pictures = [picture(part) for part in srgb]
    palette = learn(pictures, grid, opts)
    colors = colors_of_palette(palette)
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
    free = [color for place, color in enumerate(colors_of_palette(palette)) if place not in taken]
    pinned = {snap(grid, color) for _, color in opts.fixed}
    gray = histogram([Picture(picture(srgb))], 1, gray=grid.gray).colors
    found = set(map(tuple, grid_colors(grid, grid_words(grid, gray)).tolist())) - pinned
    room = opts.colors - len(opts.fixed) - (opts.transparent is not None)
    if len(found) <= room:
        assert found <= set(free)
    else:
        assert len(set(free) - pinned) == len(free) == room


@pytest.mark.parametrize("count", [1, 2, 3, 15, 16, 17, 32, 33, 255, 256])
@pytest.mark.parametrize("metric", METRICS)
def test_palettes_have_the_size_that_was_asked_for(count: int, metric: str) -> None:
    palette = learn([picture(noise())], RGB888, LearnOptions(count, metric))
    assert len(set(colors_of_palette(palette))) == len(palette) == count


@pytest.mark.parametrize("name", ["rgb565", "rgb444", "rgb332", "argb2222", "gray4", "grgb1555"])
def test_no_slot_is_wasted_on_a_coarse_grid(name: str) -> None:
    grid = GRIDS[name]
    image = picture(noise(64))
    there = len(np.unique(grid_words(grid, histogram([Picture(image)], 1, gray=grid.gray).colors)))
    count = there * 3 // 4
    palette = learn([image], grid, LearnOptions(min(count, 256)))
    assert len(set(colors_of_palette(palette))) == len(palette) == min(count, 256)
    assert all(snap(grid, color) == color for color in colors_of_palette(palette))


def test_colors_go_from_dark_to_light() -> None:
    palette = learn([picture(noise())], RGB888, LearnOptions(32))
    lightness = features(palette.seen, "perceptual")[:, 0]
    assert (np.diff(lightness) >= 0).all()


def test_few_colors_come_back_exact() -> None:
    colors = np.array([[[255, 0, 0], [1, 2, 3], [250, 251, 252], [1, 2, 3]]], np.uint8)
    palette = learn([picture(colors)], RGB888, LearnOptions(16))
    assert colors_of_palette(palette) == [(1, 2, 3), (255, 0, 0), (250, 251, 252)]


@pytest.mark.parametrize("native", ["0", "1"])
def test_scikit_learn_is_imported_for_its_own_engine_only(native: str) -> None:
    code = """
import sys
import numpy as np
from pipeline.color import to_linear
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.quantize import LearnOptions, learn
colors = np.arange(600, dtype=np.uint8).reshape(10, 20, 3) * np.uint8(7)
image = Image(to_linear(colors), np.full((10, 20), 255, np.uint8))
learn([image], GRIDS["rgb888"], LearnOptions(16))
print(sorted({"sklearn", "scipy", "threadpoolctl"} & set(sys.modules)))
learn([image], GRIDS["rgb888"], LearnOptions(16, engine="scikit-learn"))
print("sklearn" in sys.modules)
"""
    env = os.environ | {"BITPLANE_NATIVE": native}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    assert run.stdout == "[]\nTrue\n"


def test_a_picture_with_exactly_as_many_colors_as_room_comes_back_exact() -> None:
    rows = np.arange(256, dtype=np.uint8)
    srgb = np.stack([rows, rows[::-1], rows // 2], axis=-1).reshape(16, 16, 3)
    palette = learn([picture(srgb)], RGB888, LearnOptions(256))
    assert sorted(colors_of_palette(palette)) == sorted(map(tuple, srgb.reshape(-1, 3).tolist()))


def test_a_flat_picture_gives_one_entry() -> None:
    flat = np.full((5, 7, 3), (10, 20, 30), np.uint8)
    assert colors_of_palette(learn([picture(flat)], RGB888, LearnOptions(8))) == [(10, 20, 30)]


def test_one_color_is_the_mean() -> None:
    half = np.zeros((2, 4, 3), np.uint8)
    half[:, 2:] = 255
    assert colors_of_palette(learn([picture(half)], RGB888, LearnOptions(1, "mse"))) == [
        (128, 128, 128)
    ]


def test_two_clusters_get_the_grid_colors_nearest_to_their_means() -> None:
    dark, light = [(10, 20, 30), (14, 20, 30)], [(200, 180, 160), (200, 180, 168)]
    srgb = np.array([[*dark, *light]], np.uint8)
    palette = learn([picture(srgb)], RGB888, LearnOptions(2, "mse"))
    assert colors_of_palette(palette) == [(12, 20, 30), (200, 180, 164)]


def test_pinned_entries_take_part_and_only_the_rest_is_learned() -> None:
    # Of the three clusters one is pinned, so the two free entries are the other two.
    srgb = np.array([[(255, 0, 0), (254, 2, 1), (0, 0, 200), (0, 0, 204), (0, 90, 0), (0, 94, 0)]])
    opts = LearnOptions(3, "mse", fixed=((1, (255, 0, 0)),))
    palette = learn([picture(srgb.astype(np.uint8))], RGB888, opts)
    assert colors_of_palette(palette) == [(0, 0, 202), (255, 0, 0), (0, 92, 0)]


def test_free_indices_below_a_pinned_one_repeat_the_lightest_learned_color() -> None:
    srgb = np.array([[(9, 9, 9), (80, 80, 80)]], np.uint8)
    opts = LearnOptions(8, fixed=((5, (255, 255, 255)),), transparent=0)
    palette = learn([picture(srgb)], RGB888, opts)
    assert colors_of_palette(palette) == [
        (0, 0, 0),
        (9, 9, 9),
        *[(80, 80, 80)] * 3,
        (255, 255, 255),
    ]


def test_a_pinned_color_has_no_double_where_nothing_is_learned() -> None:
    black = picture(np.zeros((2, 2, 3), np.uint8))
    palette = learn([black], RGB888, LearnOptions(4, fixed=((3, (0, 0, 0)),)))
    assert [
        place for place, color in enumerate(colors_of_palette(palette)) if color == (0, 0, 0)
    ] == [3]


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
    assert colors_of_palette(learn([image], RGB888, opts)) == [(0, 0, 0), (0, 0, 255), (0, 255, 0)]
    strict = learn([image], RGB888, opts, alpha_threshold=255)
    assert colors_of_palette(strict) == [(0, 0, 0), (0, 0, 255)]


def test_a_picture_without_drawn_pixels_still_gives_something_to_draw_with() -> None:
    clear = picture(np.full((2, 2, 3), 99, np.uint8), np.zeros((2, 2), np.uint8))
    palette = learn([clear], RGB888, LearnOptions(4, transparent=0))
    assert palette.opaque.tolist() == [1]


def test_a_gray_grid_learns_the_luminance() -> None:
    # Linear luminance of pure red is 0.2126, which is sRGB gray 127.
    red = np.full((3, 3, 3), (255, 0, 0), np.uint8)
    assert colors_of_palette(learn([picture(red)], GRIDS["gray8"], LearnOptions(4))) == [
        (127, 127, 127)
    ]


def reds_and_blues() -> tuple[Image, Image]:
    """A small picture of reds, a large one of blues."""
    reds = np.zeros((4, 4, 3), np.uint8)
    reds[..., 0] = np.arange(200, 216).reshape(4, 4)
    blues = np.zeros((128, 128, 3), np.uint8)
    blues[..., 2] = np.arange(128)
    return picture(reds), picture(blues)


def test_an_icon_counts_as_much_as_a_splash_screen() -> None:
    reds, blues = reds_and_blues()
    shared = learn([reds, blues], RGB888, LearnOptions(3))
    assert any(red > 190 for red, _, _ in colors_of_palette(shared))
    found = histogram([Picture(reds), Picture(blues)], 128)
    red = found.colors[:, 0] > 0
    assert found.weights[red].sum() == found.weights[~red].sum()


@pytest.mark.parametrize(("weights", "ratio"), [((3, 1), 3), ((1, 4), 0.25), ((7, 7), 1)])
def test_pictures_count_by_their_weights(weights: tuple[int, int], ratio: float) -> None:
    pairs = zip(reds_and_blues(), weights, strict=True)
    found = histogram([Picture(image, weight) for image, weight in pairs], 128)
    red = found.colors[:, 0] > 0
    assert found.weights[red].sum() / found.weights[~red].sum() == pytest.approx(ratio, 1e-6)


def test_a_heavier_picture_gets_more_entries() -> None:
    images = list(reds_and_blues())
    counts = []
    for weights in ((1, 1000), (1, 1), (1000, 1)):
        shared = learn(images, RGB888, LearnOptions(8), weights=weights)
        counts.append(sum(red > 0 for red, _, _ in colors_of_palette(shared)))
    assert counts == sorted(counts)
    assert counts[0] < counts[2]


def test_masked_pixels_count_up_to_sixteen_times() -> None:
    srgb = np.array([[(9, 0, 0), (0, 9, 0), (0, 0, 9)]], np.uint8)
    mask = np.array([[255, 0, 17]], np.uint8)
    found = histogram([Picture(picture(srgb), mask=mask)], 128)
    by_color = dict(zip(map(tuple, found.colors.tolist()), found.weights.tolist(), strict=True))
    unit = by_color[0, 9, 0]
    assert by_color[9, 0, 0] / unit == pytest.approx(16, 1e-6)
    assert by_color[0, 0, 9] / unit == pytest.approx(2, 1e-6)


def test_a_mask_draws_entries_to_where_it_marks() -> None:
    srgb = noise()
    mask = np.zeros(srgb.shape[:2], np.uint8)
    mask[:8, :8] = 255
    plain = learn([picture(srgb)], RGB888, LearnOptions(8, "mse"))
    drawn = learn([picture(srgb)], RGB888, LearnOptions(8, "mse"), masks=[mask])
    part = srgb[:8, :8].reshape(-1, 1, 3).astype(int)
    errors = [((part - p.seen.astype(int)) ** 2).sum(2).min(1).sum() for p in (drawn, plain)]
    assert errors[0] < errors[1]
    flat = learn([picture(srgb)], RGB888, LearnOptions(8, "mse"), masks=[np.full_like(mask, 99)])
    assert same(plain, flat)


@pytest.mark.parametrize(
    ("weights", "masks", "words"),
    [
        ([1, 2], None, "2 weights for 1 pictures"),
        (None, [], "0 masks for 1 pictures"),
        ([0], None, "weight is 0: use 1 to"),
        ([1 << 21], None, "use 1 to 1048576"),
        (None, [np.zeros((3, 4), np.uint8)], r"the mask is uint8 \(3, 4\)"),
        (None, [np.zeros((4, 4), np.int64)], r"the mask is int64"),
    ],
)
def test_weights_and_masks_that_do_not_fit_are_refused(
    weights: list[int] | None, masks: list[NDArray[np.uint8]] | None, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        learn([picture(noise(4))], RGB888, LearnOptions(2), weights=weights, masks=masks)


def test_learning_twice_gives_the_same_bytes() -> None:
    image, opts = picture(noise()), LearnOptions(40, fixed=((3, (255, 255, 255)),), transparent=7)
    assert same(learn([image], GRIDS["rgb565"], opts), learn([image], GRIDS["rgb565"], opts))


@pytest.mark.parametrize(
    ("opts", "words"),
    [
        (LearnOptions(0), "1 to 256"),
        (LearnOptions(257), "1 to 256"),
        (LearnOptions(4, "rgb"), "`rgb`: use perceptual or mse"),
        (LearnOptions(4, effort="slow"), "`slow`: use fast or normal or best"),
        (LearnOptions(4, engine="gpu"), "`gpu`: use native or scikit-learn"),
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
    whole = histogram([Picture(picture(srgb))], 128)
    assert list(map(tuple, whole.colors.tolist())) == sorted(counts)
    share = histograms.TOTAL_WEIGHT / srgb[..., 0].size
    expected = [counts[color] * share for color in sorted(counts)]
    np.testing.assert_allclose(whole.weights, expected, atol=0.5)
    monkeypatch.setattr(histograms, "_BAND", 50)
    banded = histogram([Picture(picture(srgb))], 128)
    assert banded.keys.tobytes() == whole.keys.tobytes()
    assert banded.weights.tobytes() == whole.weights.tobytes()


@given(small_pictures)
def test_keys_and_colors_are_each_others_reverse(srgb: Srgb) -> None:
    assert colors_of(keys_of(srgb)).tobytes() == srgb.tobytes()


@given(small_pictures, st.integers(1, 7), st.sampled_from(METRICS))
@settings(max_examples=50, deadline=None)
def test_merged_cells_keep_weight_and_sums(srgb: Srgb, bits: int, metric: str) -> None:
    fine = cells(histogram([Picture(picture(srgb))], 128), metric)
    coarse, places = merge(fine, bits)
    tops = (colors_of(fine.keys) >> (8 - bits)).tolist()
    assert len(coarse.weights) == len({tuple(top) for top in tops})
    assert [tops[i] for i in np.unique(places, return_index=True)[1]] == sorted(
        [list(top) for top in {tuple(top) for top in tops}]
    )
    assert (colors_of(coarse.keys)[places] >> (8 - bits)).tolist() == tops
    assert coarse.weights.sum() == fine.weights.sum()
    assert coarse.sums.sum(axis=0).tolist() == fine.sums.sum(axis=0).tolist()


def test_very_many_colors_are_grouped_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = histogram([Picture(picture(noise(60)))], 128)
    assert len(cells(pixels, "mse").keys) == len(finest(pixels, "mse").keys)
    wanted, _ = merge(cells(pixels, "perceptual"), 6)
    monkeypatch.setattr(cells_module, "FINEST", 100)
    found = finest(pixels, "perceptual")
    assert len(pixels.keys) > 1000
    assert [part.tolist() for part in found] == [part.tolist() for part in wanted]


@given(small_pictures, st.integers(1, 30))
@settings(max_examples=50, deadline=None)
def test_a_start_has_as_many_centers_as_there_are_points_for(srgb: Srgb, count: int) -> None:
    group = cells(histogram([Picture(picture(srgb))], 128), "mse")
    centers, labels = start(group, count, engine("native"))
    boxes = min(count, len(group.weights))
    assert sorted(set(labels.tolist())) == list(range(boxes))
    assert len(centers) == count
    assert len({tuple(center) for center in centers.tolist()}) == boxes


def test_a_start_cuts_between_clusters() -> None:
    srgb = np.array([[(0, 0, 0), (3, 1, 0), (200, 9, 9), (204, 8, 9), (9, 250, 0)]], np.uint8)
    group = cells(histogram([Picture(picture(srgb))], 128), "perceptual")
    _, labels = start(group, 3, engine("native"))
    # Colors are in ascending order, so the green one is third.
    assert labels[0] == labels[1]
    assert labels[3] == labels[4]
    assert len({int(labels[0]), int(labels[2]), int(labels[3])}) == 3


@pytest.mark.parametrize("name", ["rgb565", "rgb444", "rgb332", "argb2222", "gray4", "grgb1555"])
@pytest.mark.parametrize("metric", METRICS)
def test_snapping_finds_the_nearest_color_of_the_whole_grid(name: str, metric: str) -> None:
    grid = GRIDS[name]
    every = grid_colors(grid, np.arange(grid.size, dtype=np.uint32))
    guess = np.random.default_rng(3).integers(0, 256, (60, 3)).astype(np.uint8)
    centers = (features(guess, metric) * STEPS + 1).astype(np.int32)
    task = Task(grid, metric, histogram([], 1), guess[:0], engine("native"))
    found = nearest_on_grid(centers, guess, task)
    near = [((features(every, metric) * STEPS - c) ** 2).sum(axis=1).min() for c in centers]
    got = ((features(found, metric) * STEPS - centers) ** 2).sum(axis=1)
    assert got.tolist() == near


@pytest.mark.parametrize("name", ["rgb888", "bgr888", "rgb565", "rgb332", "gray4", "argb2222"])
def test_colors_on_the_grid_are_those_of_its_words(name: str) -> None:
    grid = GRIDS[name]
    pixels = histogram([Picture(picture(noise(30)))], 1, gray=grid.gray)
    found = histograms.on_grid(pixels, grid)
    wanted = Counter[int]()
    for color, weight in zip(pixels.colors.tolist(), pixels.weights.tolist(), strict=True):
        wanted[int(keys_of(np.array(snap(grid, tuple(color)), np.uint8)))] += weight
    assert dict(zip(found.keys.tolist(), found.weights.tolist(), strict=True)) == dict(wanted)


@pytest.mark.parametrize("effort", EFFORTS)
def test_every_effort_gives_a_full_palette(effort: str) -> None:
    palette = learn([picture(noise())], RGB888, LearnOptions(24, effort=effort))
    assert len(set(colors_of_palette(palette))) == len(palette) == 24
