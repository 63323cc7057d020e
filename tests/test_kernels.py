from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline import kernels

SIDES = st.integers(-(1 << 24), 1 << 24)


def triples(most: int) -> st.SearchStrategy[np.ndarray]:
    shapes = st.tuples(st.integers(1, most), st.just(3))
    return arrays.arrays(np.int64, shapes, elements=SIDES | st.integers(-3, 3))


@pytest.fixture
def native() -> kernels.Native:
    found = kernels.load()
    if found is None:
        pytest.skip("the kernels are not compiled")
    return found


def test_the_switch_keeps_the_kernels_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kernels.SWITCH, "0")
    assert kernels.load() is None


def test_kernels_of_another_version_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "VERSION", kernels.VERSION + 1)
    assert kernels.load() is None


@given(points=triples(40), centers=triples(20))
@settings(max_examples=60, deadline=None)
def test_the_nearest_center_is_the_first_of_the_least_distance(
    points: np.ndarray, centers: np.ndarray
) -> None:
    native = kernels.load()
    if native is None:
        pytest.skip("the kernels are not compiled")
    out = np.empty(len(points), np.int64)
    native.nearest(points, centers, out)
    apart = ((points[:, None] - centers[None]) ** 2).sum(axis=2)
    assert out.tolist() == apart.argmin(axis=1).tolist()


@pytest.mark.parametrize("count", [1, 2, 12, 13, 300])
@pytest.mark.parametrize("most", [1, 60, 5000, 1 << 24])
def test_the_nearest_of_many_centers_is_found_in_cells(
    native: kernels.Native, count: int, most: int
) -> None:
    random = np.random.default_rng(count)
    points = random.integers(-most, most, (500, 3), endpoint=True)
    centers = random.integers(-most, most, (count, 3), endpoint=True)
    out = np.empty(len(points), np.int64)
    native.nearest(points, centers, out)
    apart = ((points[:, None] - centers[None]) ** 2).sum(axis=2)
    assert out.tolist() == apart.argmin(axis=1).tolist()


def test_no_points_need_no_center(native: kernels.Native) -> None:
    native.nearest(np.zeros((0, 3), np.int64), np.zeros((1, 3), np.int64), np.zeros(0, np.int64))


# --- every wrapper refuses what its kernel could not bear ---

Arguments = dict[str, Any]
FAR = (1 << 24) + 1


def nearest_arguments() -> Arguments:
    points = np.zeros((4, 3), np.int64)
    return {"points": points, "centers": points[:2].copy(), "out": np.zeros(4, np.int64)}


def entry_arguments() -> Arguments:
    colors = np.array([[0, 0, 0], [9, 9, 65535]], np.int32)
    roots = np.zeros(65536, np.uint16)
    return {
        "shown": colors,
        "points": colors.copy(),
        "values": np.arange(2, dtype=np.uint16),
        "roots": roots,
    }


def pick_arguments() -> Arguments:
    linear = np.zeros((4, 3), np.uint16)
    return {"linear": linear, "out": np.zeros(4, np.uint16), **entry_arguments()}


def common_arguments() -> Arguments:
    fixed = np.zeros(24, np.int32)
    fixed[0] = 8
    return {
        "linear": np.zeros((2, 3, 3), np.uint16),
        "pinned": np.zeros((2, 3), np.int32),
        "out": np.zeros((2, 3), np.uint16),
        "fixed": fixed,
        "tones": np.ones((128, 4), np.int32),
        "width": 3,
        "divisor": 16,
        "strength": 256,
        "serpentine": True,
        "noisy": True,
    }


def axis_arguments() -> Arguments:
    own = {
        "levels": np.array([0, 5, 65535], np.int32),
        "edges": np.array([2, 40], np.int32),
        "shares": np.arange(3, dtype=np.uint16),
        "channel": -1,
    }
    return {**common_arguments(), **own}


CALLS: dict[str, Callable[[], Arguments]] = {
    "nearest": nearest_arguments,
    "pick": pick_arguments,
    "diffuse_colors": lambda: {**common_arguments(), **entry_arguments()},
    "diffuse_axis": axis_arguments,
}
BUFFERS = [
    (name, key)
    for name, made in CALLS.items()
    for key, value in made().items()
    if isinstance(value, np.ndarray)
]


def call(native: kernels.Native, name: str, arguments: Arguments) -> None:
    getattr(native, name)(*arguments.values())


@pytest.mark.parametrize("name", CALLS)
def test_sound_arguments_are_taken(native: kernels.Native, name: str) -> None:
    call(native, name, CALLS[name]())


@pytest.mark.parametrize(("name", "key"), BUFFERS)
def test_a_buffer_of_the_wrong_size_is_refused(native: kernels.Native, name: str, key: str) -> None:
    right = CALLS[name]()
    flat = right[key].ravel()
    for wrong in (flat[:-1].copy(), np.append(flat, flat[:1]), flat[:0].copy()):
        with pytest.raises(ValueError, match=r"wrong size|there must be|out of range"):
            call(native, name, {**right, key: wrong})


@pytest.mark.parametrize(("name", "key"), BUFFERS)
def test_a_buffer_of_other_items_is_refused(native: kernels.Native, name: str, key: str) -> None:
    right = CALLS[name]()
    wrong = right[key].astype(np.float16 if right[key].itemsize == 8 else np.float64)
    with pytest.raises(ValueError, match=r"wrong size|there must be"):
        call(native, name, {**right, key: wrong})


@pytest.mark.parametrize(("name", "key"), BUFFERS)
def test_a_buffer_with_gaps_or_of_no_kind_is_refused(
    native: kernels.Native, name: str, key: str
) -> None:
    right = CALLS[name]()
    gaps = np.repeat(right[key].ravel(), 2)[::2]
    for wrong in (gaps, 3, "text"):
        with pytest.raises((ValueError, BufferError, TypeError)):
            call(native, name, {**right, key: wrong})


@pytest.mark.parametrize("name", CALLS)
def test_a_frozen_array_is_not_written_to(native: kernels.Native, name: str) -> None:
    arguments = CALLS[name]()
    arguments["out"].flags.writeable = False
    with pytest.raises((ValueError, BufferError)):
        call(native, name, arguments)


OUT_OF_RANGE = [
    *(("nearest", key, value) for key in ("points", "centers") for value in (FAR, -FAR)),
    *((name, "shown", value) for name in ("pick", "diffuse_colors") for value in (-1, 65536)),
    *((name, "points", value) for name in ("pick", "diffuse_colors") for value in (-20000, 65536)),
    *(("diffuse_axis", key, value) for key in ("levels", "edges") for value in (-1, 65536)),
    *(("diffuse_axis", "fixed", value) for value in (-1, 17, 1 << 30)),
    *(("diffuse_colors", "tones", value) for value in (-1, 101)),
]


@pytest.mark.parametrize(("name", "key", "value"), OUT_OF_RANGE)
def test_a_value_out_of_range_is_refused(
    native: kernels.Native, name: str, key: str, value: int
) -> None:
    arguments = CALLS[name]()
    arguments[key].flat[-1] = value
    with pytest.raises(ValueError, match=r"out of range|ascend|more than the divisor"):
        call(native, name, arguments)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"width": width} for width in (0, -3, 4, 7)),
        *({"divisor": divisor} for divisor in (0, -1, 65537, 7)),
        *({"strength": strength} for strength in (-1, 257)),
        {"tones": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["diffuse_colors", "diffuse_axis"])
def test_a_number_out_of_range_is_refused(
    native: kernels.Native, name: str, wrong: Arguments
) -> None:
    with pytest.raises(ValueError, match=r"wrong size|out of range|more than|noise needs"):
        call(native, name, {**CALLS[name](), **wrong})


@pytest.mark.parametrize("key", ["levels", "edges"])
def test_levels_that_do_not_ascend_are_refused(native: kernels.Native, key: str) -> None:
    arguments = axis_arguments()
    arguments[key] = arguments[key][::-1].copy()
    with pytest.raises(ValueError, match="ascend"):
        call(native, "diffuse_axis", arguments)


def test_a_channel_that_is_none_is_refused(native: kernels.Native) -> None:
    for channel in (-2, 3):
        with pytest.raises(ValueError, match="out of range"):
            call(native, "diffuse_axis", {**axis_arguments(), "channel": channel})
