"""Pattern dithers: the plans of Knoll and Yliluoma, and their C."""

import itertools

import numpy as np
import pytest
import test_dithers as common
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import kernels
from pipeline.color import to_linear
from pipeline.dithers import DitherOptions, dither
from pipeline.dithers.plans import MOST, Wanted, coordinates, knoll, plan, yliluoma
from pipeline.palette import Palette

REFERENCES = {"knoll": knoll, "yliluoma": yliluoma}
rules = st.sampled_from(sorted(REFERENCES))
INKS = ["inks", "measured", "single", "inks-transparent"]


@st.composite
def wanted(draw: st.DrawFn) -> Wanted:
    random = np.random.default_rng(draw(common.seeds))
    most = draw(st.sampled_from([3, 300, 65536]))
    count, entries = draw(st.integers(0, 9)), draw(st.integers(1, 20))
    m = draw(st.integers(1, min(MOST, entries)))
    near = np.array([np.sort(random.permutation(entries)[:m]) for _ in range(count)], np.int64)
    lights = (random.integers(0, most, (n, 3)).astype(np.uint16) for n in (count, entries))
    colors, points = map(coordinates, lights)
    length, strength = draw(st.sampled_from([1, 2, 16, 64, 255])), draw(common.strengths)
    return Wanted(colors, points, near.reshape(count, m), length, strength)


def _literal_knoll(color: list[int], points: list[list[int]], length: int, share: int) -> list[int]:
    counts, lack = [0] * len(points), [0, 0, 0]
    apart = [[e - c for e, c in zip(point, color, strict=True)] for point in points]
    for _ in range(length):
        owed = [each * share // 256 for each in lack]
        errors = [sum((b - o) ** 2 for b, o in zip(row, owed, strict=True)) for row in apart]
        best = errors.index(min(errors))
        counts[best] += 1
        lack = [each - b for each, b in zip(lack, apart[best], strict=True)]
    return counts


def _literal_yliluoma(
    color: list[int], points: list[list[int]], length: int, share: int
) -> list[int]:
    errors = [sum((e - c) ** 2 for e, c in zip(p, color, strict=True)) for p in points]
    first = errors.index(min(errors))
    color = [e + (c - e) * share // 256 for e, c in zip(points[first], color, strict=True)]
    apart = [[e - c for e, c in zip(point, color, strict=True)] for point in points]
    counts, sums, total = [0] * len(points), list(apart[first]), 1
    counts[first] = 1
    while total < length:
        choices = []
        for p in (1, 2, 4, 8, 16, 32, 64, 128):
            if p > total or total + p > length:
                break
            tried = [sum((a + p * b) ** 2 for a, b in zip(sums, row, strict=True)) for row in apart]
            choices.append((min(tried) // (total + p) ** 2, p, tried.index(min(tried))))
        _, p, entry = min(choices)
        counts[entry] += p
        total += p
        sums = [a + p * b for a, b in zip(sums, apart[entry], strict=True)]
    return counts


LITERAL = {"knoll": _literal_knoll, "yliluoma": _literal_yliluoma}


@given(wanted(), rules)
@settings(max_examples=60, deadline=None)
def test_plans_follow_their_rule(asked: Wanted, rule: str) -> None:
    found = REFERENCES[rule](asked)
    for color, near, counts in zip(asked.colors, asked.near, found, strict=True):
        points = asked.entries[near].tolist()
        expected = LITERAL[rule](color.tolist(), points, asked.length, asked.strength)
        assert counts.tolist() == expected


@given(wanted(), rules)
@settings(max_examples=150, deadline=None)
def test_the_kernel_makes_the_same_plans(asked: Wanted, rule: str) -> None:
    if kernels.load() is None:
        pytest.skip("the kernels are not compiled")
    assert (plan(asked, rule) == REFERENCES[rule](asked)).all()


@pytest.mark.parametrize("method", sorted(REFERENCES))
@pytest.mark.parametrize("name", ["inks", "measured", "learned-16", "close"])
def test_without_kernels_the_pixels_are_the_same(
    method: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(5).integers(0, 65536, (40, 30, 3))
    image, options = common._image(pixels), DitherOptions(method, 218)
    expected = dither(image, common.PALETTES[name], options)
    monkeypatch.setenv(kernels.SWITCH, "0")
    assert (dither(image, common.PALETTES[name], options) == expected).all()


def test_the_kernel_refuses_what_does_not_fit() -> None:
    native = kernels.load()
    if native is None:
        pytest.skip("the kernels are not compiled")
    ones, near, out = np.ones((2, 3), np.int64), np.zeros((2, 1), np.int64), np.zeros(2, np.uint8)
    good = [ones, ones, near, 4, 256, False, out]
    native.plan(*good)
    bad = {0: ones << 21, 1: ones[:0], 2: near + 2, 3: 0, 4: 257, 6: out[:1]}
    for place, value in [*bad.items(), (2, near[:1]), (2, np.zeros((2, 17), np.int64)), (3, 256)]:
        with pytest.raises(ValueError, match="buffer"):
            native.plan(*[value if i == place else each for i, each in enumerate(good)])


@pytest.mark.parametrize("method", sorted(REFERENCES))
def test_a_mean_of_four_inks_becomes_four_inks(method: str) -> None:
    # A quarter each of black, white, red and yellow; not on any line between two of them.
    palette = common._palette([[0] * 3, [255] * 3, [255, 0, 0], [255, 255, 0], [0, 0, 255]])
    light = common._linear(palette)
    mean = light[[0, 1, 2, 3]].mean(axis=0).astype(int)
    shown = light[
        dither(common._image(np.broadcast_to(mean, (64, 64, 3))), palette, DitherOptions(method))
    ]
    assert abs(shown.mean(axis=(0, 1)) - mean).max() < 0.02 * 65535


@given(st.sampled_from(sorted(REFERENCES)), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_a_mixture_of_inks_keeps_its_mean_light(method: str, seed: int) -> None:
    shares = np.random.default_rng(seed).dirichlet(np.ones(7))
    light = common._linear(common.INKS)
    mean = (shares @ light).astype(int)
    image = common._image(np.broadcast_to(mean, (64, 64, 3)))
    shown = light[dither(image, common.INKS, DitherOptions(method))]
    assert abs(shown.mean(axis=(0, 1)) - mean).max() < 0.03 * 65535


@pytest.mark.parametrize("method", sorted(REFERENCES))
def test_at_strength_zero_a_color_takes_one_entry(method: str) -> None:
    for name, gray in itertools.product(INKS, (0, 9000, 30000, 65535)):
        image = common._flat(gray, 16, 16)
        palette = common.PALETTES[name]
        assert len(np.unique(dither(image, palette, DitherOptions(method, 0)))) == 1


def test_entries_beyond_what_a_plan_holds_are_the_nearest() -> None:
    random = np.random.default_rng(6).integers(0, 256, (200, 3))
    palette: Palette = common._palette(random)
    gray = [[120, 130, 125]]
    image = common._image(np.broadcast_to(to_linear(np.array(gray, np.uint8)), (64, 64, 3)))
    for method in REFERENCES:
        indices = dither(image, palette, DitherOptions(method))
        assert abs(palette.seen[indices].astype(int) - gray[0]).max() < 100
