import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.metrics import ciede2000, ciede2000_lab, lab, mean_ciede2000, mse

# Table 1 of Sharma, Wu and Dalal (2005): L1 a1 b1, L2 a2 b2, CIEDE2000.
SHARMA = """
50.0000 2.6772 -79.7751 50.0000 0.0000 -82.7485 2.0425
50.0000 3.1571 -77.2803 50.0000 0.0000 -82.7485 2.8615
50.0000 2.8361 -74.0200 50.0000 0.0000 -82.7485 3.4412
50.0000 -1.3802 -84.2814 50.0000 0.0000 -82.7485 1.0000
50.0000 -1.1848 -84.8006 50.0000 0.0000 -82.7485 1.0000
50.0000 -0.9009 -85.5211 50.0000 0.0000 -82.7485 1.0000
50.0000 0.0000 0.0000 50.0000 -1.0000 2.0000 2.3669
50.0000 -1.0000 2.0000 50.0000 0.0000 0.0000 2.3669
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0009 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0010 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0011 7.2195
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0012 7.2195
50.0000 -0.0010 2.4900 50.0000 0.0009 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0010 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0011 -2.4900 4.7461
50.0000 2.5000 0.0000 50.0000 0.0000 -2.5000 4.3065
50.0000 2.5000 0.0000 73.0000 25.0000 -18.0000 27.1492
50.0000 2.5000 0.0000 61.0000 -5.0000 29.0000 22.8977
50.0000 2.5000 0.0000 56.0000 -27.0000 -3.0000 31.9030
50.0000 2.5000 0.0000 58.0000 24.0000 15.0000 19.4535
50.0000 2.5000 0.0000 50.0000 3.1736 0.5854 1.0000
50.0000 2.5000 0.0000 50.0000 3.2972 0.0000 1.0000
50.0000 2.5000 0.0000 50.0000 1.8634 0.5757 1.0000
50.0000 2.5000 0.0000 50.0000 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""

PAIRS = np.array(SHARMA.split(), float).reshape(-1, 7)


def pictures(side: int = 6) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.uint8, (side, side, 3), elements=st.sampled_from([0, 1, 90, 200, 255]))


def test_difference_gives_the_published_figures_in_both_directions() -> None:
    assert len(PAIRS) == 34
    forth = ciede2000_lab(PAIRS[:, 0:3], PAIRS[:, 3:6])
    back = ciede2000_lab(PAIRS[:, 3:6], PAIRS[:, 0:3])
    np.testing.assert_allclose(forth, PAIRS[:, 6], atol=5e-5)
    np.testing.assert_allclose(back, PAIRS[:, 6], atol=5e-5)


# CIE 1976 L*a*b* of sRGB primaries under D65, to two places.
@pytest.mark.parametrize(
    ("srgb", "expected"),
    [
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_of_the_primaries(srgb: tuple[int, ...], expected: tuple[float, ...]) -> None:
    np.testing.assert_allclose(lab(np.array(srgb, np.uint8)), expected, atol=0.05)


def test_grays_have_no_chroma() -> None:
    gray = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    assert np.abs(lab(gray)[:, 1:]).max() < 1e-9


def test_black_to_white_is_a_hundred() -> None:
    black, white = np.zeros((1, 3), np.uint8), np.full((1, 3), 255, np.uint8)
    np.testing.assert_allclose(ciede2000(black, white), [100.0])


@given(pictures(), pictures(), hnp.arrays(np.bool_, (6, 6)))
@settings(max_examples=40, deadline=None)
def test_means_equal_the_plain_mean_over_the_masked_pixels(
    a: np.ndarray, b: np.ndarray, mask: np.ndarray
) -> None:
    plain = ciede2000(a, b)[mask]
    square = ((a.astype(int) - b) ** 2).sum(axis=2)[mask]
    assert mean_ciede2000(a, b, mask) == pytest.approx(plain.mean() if mask.any() else 0.0)
    assert mse(a, b, mask) == pytest.approx(square.mean() if mask.any() else 0.0)


@given(pictures())
@settings(max_examples=20, deadline=None)
def test_a_picture_does_not_differ_from_itself(a: np.ndarray) -> None:
    assert mean_ciede2000(a, a) == 0.0
    assert mse(a, a) == 0.0


def test_bands_add_up() -> None:
    random = np.random.default_rng(1)
    a, b = random.integers(0, 256, (2, 700, 1024, 3), np.uint8)
    assert mse(a, b) == pytest.approx(((a.astype(int) - b) ** 2).sum(axis=2).mean())


def test_a_large_flat_picture_takes_little_memory() -> None:
    flat = np.zeros((2048, 2048, 3), np.uint8)
    tracemalloc.start()
    try:
        assert mean_ciede2000(flat, flat) == 0.0
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_pictures_of_different_size_are_refused() -> None:
    small, large = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 3, 3), np.uint8)
    with pytest.raises(ValueError, match="differ"):
        mean_ciede2000(small, large)
    with pytest.raises(ValueError, match="mask"):
        mse(small, small, np.ones((1, 2), bool))
