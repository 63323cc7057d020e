"""The kernels, numpy and scikit-learn learn the same palettes."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn.datasets import load_sample_images

from pipeline import cells as cells_module
from pipeline import histogram as histograms
from pipeline import kernels
from pipeline.cells import METRICS, STEPS, Cells, features, merge
from pipeline.color import srgb_table, to_linear
from pipeline.grid import GRIDS
from pipeline.histogram import Histogram, Picture, count_plain, histogram
from pipeline.image import Image
from pipeline.kmeans import Assign, nearest, plain_assign, sklearn_assign
from pipeline.palette import Palette
from pipeline.quantize import EFFORTS, LearnOptions, learn
from pipeline.search import Engine, Plan, engine, refine, start

Srgb = NDArray[np.uint8]
PLAIN = Engine(None, plain_assign)


@pytest.fixture
def native() -> Engine:
    return compiled()


def compiled() -> Engine:
    found = engine("native")
    if found.native is None:
        pytest.skip("the kernels are not compiled")
    return found


@cache
def scikit_learn() -> Assign:
    return sklearn_assign()


def cells_at(points: NDArray[np.int32], weights: NDArray[np.int64]) -> Cells:
    """Cells at given points, whose sums are near what these mean."""
    sums = points.astype(np.int64) * weights[:, None] // STEPS
    return Cells(np.arange(len(points), dtype=np.uint32), points, weights, sums)


@st.composite
def groups(draw: st.DrawFn) -> Cells:
    """Cells anywhere, or few enough apart that distances tie and cells coincide."""
    count, reach = draw(st.integers(1, 60)), draw(st.sampled_from([2, 40, 9000]))
    points = draw(hnp.arrays(np.int32, (count, 3), elements=st.integers(-reach, reach)))
    weights = draw(hnp.arrays(np.int64, count, elements=st.integers(1, draw(heaviest))))
    return cells_at(points, weights)


heaviest = st.sampled_from([1, 7, 1 << 24])


@st.composite
def tasks(draw: st.DrawFn) -> tuple[Cells, NDArray[np.int32], int, NDArray[np.int32], Plan]:
    """Cells, centers of which some are pinned, labels, and a plan."""
    group = draw(groups())
    count, reach = draw(st.integers(1, 12)), draw(st.sampled_from([2, 40, 9000]))
    centers = draw(hnp.arrays(np.int32, (count, 3), elements=st.integers(-reach, reach)))
    places = hnp.arrays(np.int32, len(group.keys), elements=st.integers(0, count - 1))
    plan = Plan(*(draw(st.integers(0, most)) for most in (3, 9, 3, 3)))
    return group, centers, draw(st.integers(0, count)), draw(places), plan


def refined(
    task: tuple[Cells, NDArray[np.int32], int, NDArray[np.int32], Plan], who: Engine
) -> tuple[list[list[int]], list[int]]:
    group, centers, moving, labels, plan = task
    moved, found = refine(group, centers[:moving], labels, plan, who, centers[moving:])
    return moved.tolist(), found.tolist()


@given(tasks())
@settings(max_examples=200, deadline=None)
def test_numpy_refines_as_scikit_learn_does(
    task: tuple[Cells, NDArray[np.int32], int, NDArray[np.int32], Plan],
) -> None:
    assert refined(task, PLAIN) == refined(task, Engine(None, scikit_learn()))


@given(tasks())
@settings(max_examples=300, deadline=None)
def test_the_kernel_refines_as_numpy_does(
    task: tuple[Cells, NDArray[np.int32], int, NDArray[np.int32], Plan],
) -> None:
    assert refined(task, compiled()) == refined(task, PLAIN)


@given(groups(), st.integers(1, 20))
@settings(max_examples=150, deadline=None)
def test_the_kernel_starts_as_numpy_does(group: Cells, count: int) -> None:
    found, wanted = start(group, count, compiled()), start(group, count, PLAIN)
    assert [part.tolist() for part in found] == [part.tolist() for part in wanted]


@given(tasks())
@settings(max_examples=100, deadline=None)
def test_labels_are_the_first_of_the_nearest_centers(
    task: tuple[Cells, NDArray[np.int32], int, NDArray[np.int32], Plan],
) -> None:
    group, centers, _, labels, _ = task
    apart = ((group.points[:, None].astype(np.int64) - centers) ** 2).sum(axis=2)
    wanted = apart.argmin(axis=1).tolist()
    assert nearest(group.points, centers).tolist() == wanted
    for who in (PLAIN, compiled()):
        assert refine(group, centers, labels, Plan(), who)[1].tolist() == wanted


@given(tasks())
@settings(max_examples=60, deadline=None)
def test_swaps_never_raise_the_error(
    task: tuple[Cells, NDArray[np.int32], int, NDArray[np.int32], Plan],
) -> None:
    group, centers, moving, labels, _ = task
    errors = []
    for plan in (Plan(), Plan(trials=20, steps=2)):
        moved, found = refine(group, centers[:moving], labels, plan, PLAIN, centers[moving:])
        every = np.concatenate([moved, centers[moving:]]).astype(np.int64)
        errors.append(int((group.weights * ((group.points - every[found]) ** 2).sum(1)).sum()))
    assert errors[1] <= errors[0]


def test_a_swap_finds_what_rounds_cannot() -> None:
    # Two centers share one cluster and one serves two far ones: Lloyd's rounds are stuck.
    at = [[0, 0, 0], [40, 0, 0], [8000, 0, 0], [8040, 0, 0], [9000, 0, 0], [9040, 0, 0]]
    group = cells_at(np.array(at, np.int32), np.ones(6, np.int64))
    first = np.array([[0, 0, 0], [40, 0, 0], [8500, 0, 0]], np.int32)
    stuck, _ = refine(group, first, np.zeros(6, np.int32), Plan(rounds=50), PLAIN)
    assert stuck[:, 0].tolist() == [0, 40, 8520]
    freed, _ = refine(group, first, np.zeros(6, np.int32), Plan(trials=5, steps=3), PLAIN)
    assert sorted(freed[:, 0].tolist()) == [20, 8020, 9020]


pixels = hnp.arrays(np.uint16, st.tuples(st.integers(1, 80), st.just(3)))


@given(pixels, st.integers(0, 255), st.integers(0, 1000), st.integers(0, 1))
@settings(max_examples=100, deadline=None)
def test_the_kernel_counts_as_numpy_does(
    linear: NDArray[np.uint16], threshold: int, seed: int, masks: int
) -> None:
    linear = np.concatenate([linear, linear[::2]])
    random = np.random.default_rng(seed)
    alpha = random.integers(0, 256, len(linear)).astype(np.uint8)
    mask = random.integers(0, 256, len(linear)).astype(np.uint8) if masks else None
    kernel = compiled().native
    assert kernel is not None
    keys, weights = np.empty(len(alpha), np.uint32), np.empty(len(alpha), np.int64)
    count = kernel.count(linear, alpha, mask, srgb_table(), threshold, keys, weights)
    wanted = count_plain(linear, alpha, mask, threshold)
    assert keys[:count].tolist() == wanted.keys.tolist()
    assert weights[:count].tolist() == wanted.weights.tolist()


@given(hnp.arrays(np.uint8, st.tuples(st.integers(0, 60), st.just(3))), st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_the_kernels_make_the_same_cells_as_numpy(srgb: Srgb, bits: int) -> None:
    compiled()
    keys = np.unique(histograms.keys_of(srgb))
    colors = Histogram(keys, np.arange(1, len(keys) + 1, dtype=np.int64) << 20)
    both = []
    for switch in ("1", "0"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(kernels.SWITCH, switch)
            fine = cells_module.cells(colors, "perceptual")
            coarse, places = merge(fine, bits)
            both.append([part.tolist() for part in (*fine, *coarse, places)])
    assert both[0] == both[1]


def test_features_of_every_level_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    ramp = np.arange(0, 256, 5, dtype=np.uint8)
    every = np.stack(np.meshgrid(ramp, ramp, ramp), axis=-1)
    compiled()
    found = features(every, "perceptual")
    monkeypatch.setenv(kernels.SWITCH, "0")
    assert found.tobytes() == features(every, "perceptual").tobytes()


@cache
def photo(name: str, step: int) -> Image:
    pictures = load_sample_images()
    srgb = pictures.images[("china", "flower").index(name)][::step, ::step]
    return Image(to_linear(np.ascontiguousarray(srgb)), np.full(srgb.shape[:2], 255, np.uint8))


def three_ways(
    images: list[Image], grid: str, options: LearnOptions, patch: pytest.MonkeyPatch
) -> list[Palette]:
    compiled()
    palettes = [learn(images, GRIDS[grid], options)]
    palettes.append(learn(images, GRIDS[grid], options._replace(engine="scikit-learn")))
    patch.setenv(kernels.SWITCH, "0")
    palettes.append(learn(images, GRIDS[grid], options))
    return palettes


PINS = ((0, (255, 255, 255)), (3, (200, 30, 30)))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("grid", "count", "pins", "effort"),
    [
        ("rgb888", 2, (), "normal"),
        ("rgb888", 16, (), "fast"),
        ("rgb888", 16, PINS, "best"),
        ("rgb565", 64, PINS, "normal"),
        ("rgb888", 256, (), "fast"),
        ("rgb444", 100, (), "normal"),
        ("gray4", 7, (), "normal"),
        ("gray8", 32, PINS, "normal"),
    ],
)
def test_three_engines_learn_one_palette(
    metric: str,
    grid: str,
    count: int,
    pins: tuple[tuple[int, tuple[int, int, int]], ...],
    effort: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = LearnOptions(count, metric, pins, effort=effort)
    images = [photo("china", 9), photo("flower", 9)][: 1 + (count == 64)]
    found = three_ways(images, grid, options, monkeypatch)
    assert len({palette.codes.tobytes() for palette in found}) == 1


small_pictures = hnp.arrays(np.uint8, st.tuples(*[st.integers(3, 9)] * 2, st.just(3)))


@given(small_pictures, st.integers(2, 12), st.sampled_from(METRICS), st.sampled_from(list(EFFORTS)))
@settings(max_examples=25, deadline=None)
def test_three_engines_learn_one_palette_from_any_picture(
    srgb: Srgb, count: int, metric: str, effort: str
) -> None:
    image = Image(to_linear(srgb), np.full(srgb.shape[:2], 255, np.uint8))
    with pytest.MonkeyPatch.context() as patch:
        options = LearnOptions(count, metric, PINS[: count // 5], effort=effort)
        found = three_ways([image], "rgb565", options, patch)
    assert len({palette.codes.tobytes() for palette in found}) == 1


def test_kernels_refuse_wrong_sizes_and_places(native: Engine) -> None:
    kernel = native.native
    assert kernel is not None
    group = cells_at(np.zeros((4, 3), np.int32), np.ones(4, np.int64))
    _, points, weights, sums = group
    centers, labels = np.zeros((2, 3), np.int32), np.zeros(4, np.int32)
    plan = (2, 1, 1, 1, 1)
    kernel.refine(points, weights, sums, centers, labels, *plan)
    bad = [
        (points[:3], weights, sums, centers, labels, *plan),
        (points, weights, sums[:3], centers, labels, *plan),
        (points.astype(np.int64), weights, sums, centers, labels, *plan),
        (points, weights - 1, sums, centers, labels, *plan),
        (points, weights, sums, centers[:0], labels, *plan),
        (points, weights, sums, centers, labels[:3], *plan),
        (points, weights, sums, centers, labels + 2, *plan),
        (points, weights, sums, centers, labels - 1, *plan),
        (points, weights, sums, centers, labels, 3, 1, 1, 1, 1),
        (points, weights, sums, centers, labels, 2, -1, 1, 1, 1),
    ]
    for arguments in bad:
        with pytest.raises(ValueError, match=r"wrong size|out of range|not positive|1 to 65536"):
            kernel.refine(*arguments)
    with pytest.raises(ValueError, match="no cell"):
        kernel.start(points[:0], weights[:0], sums[:0], centers, labels[:0])
    with pytest.raises(ValueError, match="wrong size"):
        kernel.start(points, weights, sums, centers, labels[:3])
    with pytest.raises((ValueError, BufferError)):
        kernel.start(points, weights, sums, centers.T, labels)


def test_counting_kernels_refuse_wrong_sizes_and_places(native: Engine) -> None:
    kernel = native.native
    assert kernel is not None
    linear, alpha = np.zeros((4, 3), np.uint16), np.zeros(4, np.uint8)
    keys, weights, table = np.zeros(4, np.uint32), np.zeros(4, np.int64), srgb_table()
    places, totals = np.zeros(4, np.int32), np.zeros((2, 7), np.int64)
    sums, out = np.zeros((4, 3), np.int64), np.zeros((4, 3), np.int32)
    roots, curve = np.zeros(65536, np.uint16), np.zeros(256, np.uint16)
    calls: list[Callable[[], int]] = [
        lambda: kernel.count(linear[:3], alpha, None, table, 0, keys, weights),
        lambda: kernel.count(linear, alpha, alpha[:3], table, 0, keys, weights),
        lambda: kernel.count(linear, alpha, None, table[:9], 0, keys, weights),
        lambda: kernel.count(linear, alpha, None, table, 0, keys[:3], weights),
        lambda: kernel.count(linear, alpha, None, table, 0, keys, weights[:3]),
        lambda: kernel.features(keys, curve[:9], roots, out),
        lambda: kernel.features(keys, curve, roots[:9], out),
        lambda: kernel.features(keys, curve, roots, out[:3]),
        lambda: kernel.number(keys, 8, places),
        lambda: kernel.number(keys, 0, places),
        lambda: kernel.number(keys, 5, places[:3]),
        lambda: kernel.gather(keys, weights[:3], sums, places, totals),
        lambda: kernel.gather(keys, weights, sums[:3], places, totals),
        lambda: kernel.gather(keys, weights, sums, places + 2, totals),
        lambda: kernel.gather(keys, weights, sums, places - 1, totals),
        lambda: kernel.gather(keys, weights, sums, places, totals.ravel()[:9]),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"wrong size|out of range|1 to 7 bits"):
            call()


def test_a_histogram_without_kernels_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histograms, "_BAND", 700)
    image = photo("china", 9)
    mask = np.arange(image.alpha.size, dtype=np.uint32).astype(np.uint8).reshape(image.alpha.shape)
    pictures = [Picture(image, 3, mask), Picture(photo("flower", 9))]
    found = histogram(pictures, 128)
    monkeypatch.setenv(kernels.SWITCH, "0")
    wanted = histogram(pictures[::-1], 128)
    assert [part.tolist() for part in found] == [part.tolist() for part in wanted]
