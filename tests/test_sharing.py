import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.color import to_linear
from pipeline.grid import GRIDS
from pipeline.histogram import Picture
from pipeline.image import Image
from pipeline.quantize import LearnOptions, learn
from pipeline.sharing import group, losses

RGB888 = GRIDS["rgb888"]


def picture(base: tuple[int, int, int], seed: int = 0, side: int = 24) -> Image:
    """Colors scattered around one."""
    noise = np.random.default_rng(seed).integers(-25, 26, (side, side, 3))
    srgb: NDArray[np.uint8] = (np.array(base) + noise).clip(0, 255).astype(np.uint8)
    return Image(to_linear(srgb), np.full((side, side), 255, np.uint8))


def pictures(images: list[Image], weights: list[int] | None = None) -> list[Picture]:
    return [Picture(*row) for row in zip(images, weights or [1] * len(images), strict=True)]


REDS = [picture((200, 40, 40), seed) for seed in range(3)]
BLUES = [picture((40, 60, 210), seed) for seed in range(3)]
GRAYS = [picture((128, 128, 128), seed) for seed in range(3)]
CLEAR = Image(np.zeros((2, 2, 3), np.uint16), np.zeros((2, 2), np.uint8))


@pytest.mark.parametrize("metric", ["perceptual", "mse"])
def test_pictures_of_like_colors_share_a_group(metric: str) -> None:
    mixed = [REDS[0], BLUES[0], REDS[1], GRAYS[0], BLUES[1], GRAYS[1], REDS[2]]
    found = group(pictures(mixed), 3, RGB888, LearnOptions(8, metric))
    assert found == (0, 1, 0, 2, 1, 2, 0)


def test_one_group_takes_everything_and_many_leave_each_picture_its_own() -> None:
    images = [REDS[0], BLUES[0], GRAYS[0]]
    assert group(pictures(images), 1, RGB888, LearnOptions(4)) == (0, 0, 0)
    assert group(pictures(images), 9, RGB888, LearnOptions(4)) == (0, 1, 2)


def test_weighing_twice_is_the_same_as_being_there_twice() -> None:
    images = [REDS[0], BLUES[0], GRAYS[0], picture((90, 60, 170)), picture((170, 60, 60))]
    for heavy in range(5):
        weights = [1 + (place == heavy) for place in range(5)]
        found = group(pictures(images, weights), 3, RGB888, LearnOptions(4))
        twice = group(pictures([*images, images[heavy]]), 3, RGB888, LearnOptions(4))
        assert twice == (*found, found[heavy])


@given(st.permutations(range(9)), st.integers(1, 4))
@settings(max_examples=10, deadline=None)
def test_groups_are_numbered_as_they_appear_at_most_as_many_as_asked(
    order: list[int], count: int
) -> None:
    images = [[*REDS, *BLUES, *GRAYS][place] for place in order]
    found = group(pictures(images), count, RGB888, LearnOptions(4))
    firsts = list(dict.fromkeys(found))
    assert firsts == list(range(len(firsts)))
    assert len(firsts) <= count


def test_groups_lose_no_more_than_one_palette_for_all() -> None:
    images = [*REDS[:2], *BLUES[:2], *GRAYS[:2]]
    options = LearnOptions(6)
    found = group(pictures(images), 3, RGB888, options)
    one = losses(images, learn(images, RGB888, options), RGB888, options)
    parts = [[image for image, g in zip(images, found, strict=True) if g == n] for n in range(3)]
    many = [
        loss
        for part in parts
        for loss in losses(part, learn(part, RGB888, options), RGB888, options)
    ]
    assert sum(loss.shared**2 for loss in many) < sum(loss.shared**2 for loss in one) / 2


def test_pins_and_transparent_entries_take_part_in_groups() -> None:
    options = LearnOptions(3, fixed=((0, (0, 0, 0)),), transparent=1)
    assert group(pictures([REDS[0], BLUES[0], REDS[1]]), 2, RGB888, options) == (0, 1, 0)
    full = LearnOptions(2, fixed=((0, (255, 0, 0)), (1, (0, 0, 255))))
    assert group(pictures([REDS[0], BLUES[0]]), 1, RGB888, full) == (0, 0)


def test_groups_are_the_same_without_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    images = [*GRAYS, *REDS, *BLUES]
    options = LearnOptions(5, "mse", fixed=((0, (255, 255, 255)),))
    found = group(pictures(images), 2, RGB888, options)
    monkeypatch.setenv(kernels.SWITCH, "0")
    assert group(pictures(images), 2, RGB888, options) == found
    assert group(pictures(images), 2, RGB888, options._replace(engine="scikit-learn")) == found


def test_a_picture_of_nothing_costs_nothing() -> None:
    options = LearnOptions(4, transparent=0)
    assert len(set(group(pictures([CLEAR, REDS[0], BLUES[0]]), 2, RGB888, options)[1:])) == 2
    alone = [CLEAR, CLEAR]
    assert len(group(pictures(alone), 2, RGB888, options)) == 2
    palette = learn([CLEAR, REDS[0]], RGB888, options)
    assert losses([CLEAR], palette, RGB888, options) == ((0.0, 0.0),)


def test_loss_is_the_root_mean_squared_distance() -> None:
    srgb = np.array([[(10, 10, 10), (13, 14, 10), (10, 10, 10), (13, 14, 10)]], np.uint8)
    image = Image(to_linear(srgb), np.full((1, 4), 255, np.uint8))
    options = LearnOptions(1, "mse", fixed=((0, (10, 10, 10)),))
    palette = learn([image], RGB888, options)
    loss = losses([image], palette, RGB888, options)[0]
    assert loss.shared == loss.own == pytest.approx(np.sqrt(25 / 2))
    alone = losses([image], palette, RGB888, LearnOptions(2, "mse"))[0]
    assert (alone.own, alone.shared) == (0.0, loss.shared)


def test_loss_of_lightness_is_in_hundredths() -> None:
    srgb = np.array([[(255, 255, 255)]], np.uint8)
    image = Image(to_linear(srgb), np.full((1, 1), 255, np.uint8))
    black = learn([image], RGB888, LearnOptions(1, fixed=((0, (0, 0, 0)),)))
    assert losses([image], black, RGB888, LearnOptions(1))[0].shared == pytest.approx(100)


def test_what_cannot_be_grouped_is_refused() -> None:
    with pytest.raises(ValueError, match="0 groups"):
        group(pictures(REDS), 0, RGB888, LearnOptions(4))
    with pytest.raises(ValueError, match="no picture"):
        group([], 2, RGB888, LearnOptions(4))
    with pytest.raises(ValueError, match="weight is 0"):
        group(pictures(REDS, [1, 2, 0]), 2, RGB888, LearnOptions(4))
