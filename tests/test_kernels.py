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


def test_a_buffer_of_the_wrong_size_is_refused(native: kernels.Native) -> None:
    points = np.zeros((4, 3), np.int64)
    with pytest.raises(ValueError, match="wrong size"):
        native.nearest(points, points, np.empty(3, np.int64))
    with pytest.raises(ValueError, match="no center"):
        native.nearest(points, points[:0], np.empty(4, np.int64))
