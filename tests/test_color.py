"""Integer color: exact tables, and constants that follow from their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.color import (
    TO_LAB,
    TO_LMS,
    cube_root_table,
    luminance,
    oklab,
    srgb_table,
    to_linear,
    to_srgb,
)
from pipeline.grid import (
    BT709,
    GRIDS,
    LINEAR_MAX,
    Grid,
    expand,
    has_gaps,
    nearest_level,
    shown,
    word,
)
from pipeline.palette import grid_colors, grid_words, whole_grid

WHITE = (255, 255, 255)
CODES = np.arange(256, dtype=np.uint8)
rgb = st.tuples(*[st.integers(0, 255)] * 3)
grids = st.sampled_from(list(GRIDS.values()))
LISTED = [grid for grid in GRIDS.values() if grid.size <= 1 << 16 and not has_gaps(grid)]


def test_srgb_survives_linear_light_and_back() -> None:
    assert (to_srgb(to_linear(CODES)) == CODES).all()
    assert to_linear(CODES)[0] == 0
    assert to_linear(CODES)[255] == LINEAR_MAX


def test_no_srgb_code_lies_near_a_rounding_edge() -> None:
    """So that a math library that is off by an ulp gives the same table."""
    value = CODES / 255
    exact = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4) * LINEAR_MAX
    assert np.abs(exact - np.floor(exact) - 0.5).min() > 1e-6


def test_srgb_table_takes_the_nearest_code() -> None:
    codes = to_linear(CODES).astype(int)
    for value in range(0, LINEAR_MAX + 1, 97):
        gaps = np.abs(codes - value)
        assert srgb_table()[value] == gaps.argmin()


def test_cube_root_is_exact() -> None:
    for value in [*range(0, LINEAR_MAX, 61), LINEAR_MAX]:
        root = int(cube_root_table()[value])
        target = 8 * value * LINEAR_MAX**2
        assert max(2 * root - 1, 0) ** 3 <= target < (2 * root + 1) ** 3


def test_matrices_are_ottossons_in_1_65536() -> None:
    lms = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    lab = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    assert np.abs(TO_LMS - np.array(lms) * 65536).max() <= 1
    assert np.abs(TO_LAB - np.array(lab) * 65536).max() <= 1
    assert TO_LMS.sum(1).tolist() == [65536] * 3
    assert TO_LAB.sum(1).tolist() == [65536, 0, 0]


def test_luminance_weights_are_bt709() -> None:
    assert np.abs(np.array(BT709) / 65536 - [0.2126, 0.7152, 0.0722]).max() < 1e-5
    assert sum(BT709) == 65536


@given(rgb)
def test_a_gray_has_no_chroma_and_keeps_its_luminance(color: tuple[int, int, int]) -> None:
    gray = to_linear(np.array([color[0]] * 3, np.uint8))
    assert abs(oklab(gray)[1:]).max() <= 1
    assert luminance(gray) == gray[0]


@given(rgb)
def test_oklab_follows_its_definition(color: tuple[int, int, int]) -> None:
    linear = to_linear(np.array(color, np.uint8))
    root = np.cbrt(TO_LMS @ (linear / LINEAR_MAX) / 65536)
    expected = TO_LAB @ root / 65536 * 4096 * [1, 2.25, 2.25]
    # One LMS step near black moves the cube root most, so the bound is loose there only.
    assert np.abs(oklab(linear) - expected).max() <= (2 if min(color) > 30 else 60)


@pytest.mark.parametrize("bits", range(1, 9))
def test_levels_reach_black_and_white_and_are_their_own_nearest(bits: int) -> None:
    values = [expand(level, bits) for level in range(1 << bits)]
    assert (values[0], values[-1]) == (0, 255)
    assert values == sorted(set(values))
    assert [nearest_level(value, bits) for value in values] == list(range(1 << bits))


@settings(max_examples=300, deadline=None)
@given(grids, rgb)
def test_arrays_and_single_colors_agree(grid: Grid, color: tuple[int, int, int]) -> None:

    code = word(grid, color)
    assert grid_words(grid, np.array([[color]], np.uint8))[0, 0] == code
    assert tuple(grid_colors(grid, np.array([code], np.uint32))[0].tolist()) == shown(grid, code)


@settings(max_examples=200, deadline=None)
@given(grids, rgb)
def test_snapping_twice_is_snapping_once(grid: Grid, color: tuple[int, int, int]) -> None:

    once = shown(grid, word(grid, color))
    assert word(grid, once) == word(grid, color)


@pytest.mark.parametrize("grid", LISTED)
def test_a_whole_grid_lists_every_word_once(grid: Grid) -> None:

    palette = whole_grid(grid)
    assert len(palette) == grid.size
    assert len(set(palette.codes.tolist())) == grid.size
    assert (grid_words(grid, palette.seen) == palette.codes).all()


def test_white_stays_white_on_every_grid() -> None:
    """A 1555 word that drops the lowest green bit would show a tinted white."""
    assert all(shown(grid, word(grid, WHITE)) == WHITE for grid in GRIDS.values())


def test_words_with_unused_bits_are_no_list() -> None:
    gaps = [name for name, grid in GRIDS.items() if has_gaps(grid)]
    assert gaps == ["rgb666", "bgr666", "bgr333"]
    with pytest.raises(ValueError, match="the words of bgr333 have unused bits"):
        whole_grid(GRIDS["bgr333"])
