"""Metrics of pictures seen from afar, beside figures of other programs.

The two pictures are made here in integers, so that they are the same everywhere. `SSIM` is what
scikit-image 0.26.0 gives for their BT.709 luma:

    structural_similarity(x, y, data_range=255, gaussian_weights=True, sigma=1.5,
                          use_sample_covariance=False)

`TAPS` and `SCIELAB` follow the authors' Matlab program (`separableFilters.m`, `gauss.m`,
`scielab.m`), worked out apart from our code with numpy and scipy's `convolve1d`; the program itself
was not run. It does not bring its filters, cut off at one degree, back to the sum one, as ours do
so that white stays white: hence the tolerance.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.metrics import blurred_ciede2000, mean_ciede2000, scielab, ssim
from pipeline.metrics.space import filtered, gaussian, opponent_filters

Picture = NDArray[np.uint8]

SSIM = 0.022505698686244073
SCIELAB = 30.165544565303676
TAPS = {  # at 35 pixels per degree: the middle ones of the narrow Gaussians
    0: (1.00327, [0.000318, 0.020665, 0.228992, 0.500049]),
    1: (0.616725, [0.005866, 0.060445, 0.241895, 0.383150]),
    2: (0.567885, [0.026332, 0.100250, 0.223264, 0.291489]),
}


def smooth() -> Picture:
    y, x = np.mgrid[:64, :96]
    planes = [(x * 5 + y) % 512, (y * 7 + x // 3) % 512, (x * y // 9) % 512]
    return np.stack([np.minimum(p, 511 - p) for p in planes], axis=-1).astype(np.uint8)


def coarse() -> Picture:
    """The same in two levels a channel, by a pattern."""
    y, x = np.mgrid[:64, :96]
    threshold = (x * 37 + y * 89) % 256
    return np.where(smooth() > threshold[..., None], 255, 0).astype(np.uint8)


def test_similarity_is_that_of_scikit_image() -> None:
    assert ssim(smooth(), coarse()) == pytest.approx(SSIM, abs=1e-9)


def test_spatial_filters_are_those_of_the_published_program() -> None:
    filters = opponent_filters(35)
    for opponent, (weight, taps) in TAPS.items():
        found, values = filters[opponent][0]
        assert found == weight
        np.testing.assert_allclose(values[14:18], taps, atol=1e-6)
        assert all(len(values) == 35 for _, values in filters[opponent])


@pytest.mark.parametrize("pixels_per_degree", [1, 2, 35, 90, 224, 300])
def test_spatial_filters_keep_even_colors(pixels_per_degree: int) -> None:
    for parts in opponent_filters(pixels_per_degree):
        total = sum(weight * taps.sum() for weight, taps in parts)
        assert total == pytest.approx(1, abs=2e-5)
        for _, taps in parts:
            np.testing.assert_allclose(taps, taps[::-1], atol=1e-15)


def test_spatial_difference_is_near_the_published_program() -> None:
    assert scielab(smooth(), coarse()) == pytest.approx(SCIELAB, rel=0.01)


def test_filters_equal_a_sum_over_mirrored_neighbors() -> None:
    plane, taps = np.random.default_rng(5).random((4, 7)), gaussian(1.2, 3)
    mirrored = np.pad(plane, 3, mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(mirrored, (7, 7))
    expected = (windows * np.outer(taps, taps)).sum(axis=(2, 3))
    np.testing.assert_allclose(filtered(plane, taps), expected, atol=1e-12)


def test_blur_of_a_checkerboard_is_the_gray_of_half_the_light() -> None:
    board = np.indices((24, 24)).sum(axis=0) % 2 * np.uint8(255)
    checks = np.repeat(board[..., None], 3, axis=2).astype(np.uint8)
    half = np.full((24, 24, 3), 188, np.uint8)  # 0.5029 of the light of 255
    assert blurred_ciede2000(half, checks) < 0.3
    assert blurred_ciede2000(np.full_like(half, 128), checks) > 15


def test_no_blur_is_the_plain_difference() -> None:
    expected = mean_ciede2000(smooth(), coarse())
    assert blurred_ciede2000(smooth(), coarse(), 0) == pytest.approx(expected)


def test_a_picture_is_like_itself() -> None:
    assert blurred_ciede2000(coarse(), coarse()) == 0
    assert scielab(coarse(), coarse()) == 0
    assert ssim(coarse(), coarse()) == pytest.approx(1)


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (3, 2)])
def test_small_pictures_have_figures_too(size: tuple[int, int]) -> None:
    light, dark = np.full((*size, 3), 250, np.uint8), np.full((*size, 3), 20, np.uint8)
    assert blurred_ciede2000(light, dark) == pytest.approx(mean_ciede2000(light, dark))
    assert scielab(light, dark) > 80
    assert -1 <= ssim(light, dark) < 0.2


@pytest.mark.parametrize("measure", [blurred_ciede2000, scielab, ssim])
def test_pictures_of_different_size_are_refused(measure: object) -> None:
    assert callable(measure)
    with pytest.raises(ValueError, match="differ"):
        measure(smooth(), coarse()[1:])
