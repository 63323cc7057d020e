"""The CIEDE2000 by which choices are made: the formula's values, in fixed whole numbers."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_metrics import PAIRS

from pipeline import metrics
from pipeline.metrics import exact
from pipeline.metrics.exact import mean_thousandths, micro_ciede2000

COLORS = st.tuples(*[st.integers(0, 255)] * 3)


def test_the_formula_gives_the_published_figures() -> None:
    one, two = PAIRS[:, :3].T, PAIRS[:, 3:6].T
    np.testing.assert_allclose(exact._ciede2000(tuple(one), tuple(two)), PAIRS[:, 6], atol=5e-5)


@given(pairs=st.lists(st.tuples(COLORS, COLORS), min_size=1, max_size=50))
def test_it_is_the_metric_of_the_reports_to_a_millionth(
    pairs: list[tuple[tuple[int, int, int], tuple[int, int, int]]],
) -> None:
    one, two = (np.array([pair[i] for pair in pairs], np.uint8) for i in (0, 1))
    gap = np.abs(micro_ciede2000(one, two) / 1e6 - metrics.ciede2000(one, two))
    assert gap.max() < 1.1e-6


def test_the_same_color_is_no_distance() -> None:
    every = np.arange(256, dtype=np.uint8).repeat(3).reshape(-1, 3)
    assert not micro_ciede2000(every, every).any()


def test_its_numbers_are_the_same_on_every_machine() -> None:
    words = np.arange(0, 1 << 24, 977, dtype=np.uint32)
    colors = np.stack([words >> 16, words >> 8 & 255, words & 255], -1).astype(np.uint8)
    found = micro_ciede2000(colors, colors[::-1])
    digest = hashlib.sha256(found.astype("<i8").tobytes()).hexdigest()
    assert digest[:32] == "5b9d03ffc28852e24b320459e6748d07"


def test_a_mean_counts_the_pixels_of_its_mask_and_rounds_half_upward() -> None:
    one = np.zeros((2, 3, 3), np.uint8)
    two = one.copy()
    two[0, 0] = 255, 255, 255
    assert mean_thousandths(one, two) == 16_667
    mask = np.zeros((2, 3), bool)
    assert mean_thousandths(one, two, mask) == 0
    mask[0, 0] = True
    assert mean_thousandths(one, two, mask) == 100_000
    with pytest.raises(ValueError, match="differ"):
        mean_thousandths(one, two[:1])
