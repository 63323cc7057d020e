"""The panel model: hard pixels by daylight, and what geometry, light and distance make of them."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import checker

from pipeline import average, keys
from pipeline.color import to_linear
from pipeline.document import parse
from pipeline.grid import GRIDS
from pipeline.light import LIGHTS, MAX_MM
from pipeline.palette import Indexed, from_colors, of_target
from pipeline.panel import View, cell, describe, framed, glass, lit, look
from pipeline.report import Failure
from pipeline.target import KINDS, Target, builtin_names, with_seen
from pipeline.target_file import read_target, shipped

NAMES = builtin_names()
BASE = """
title: x
size: 8x8
background: "#000"
palette:
  - {name: black, nominal: "#000", code: 0}
  - {name: white, nominal: "#fff", code: 1}
layout: {scan: rows, bits: 1}
sources: [mine]
"""


def target_of(**keys_: str) -> Target:
    text = BASE + "".join(f"{key}: {value}\n" for key, value in keys_.items())
    return read_target(parse(text.encode(), "t.yaml"), "t")


def picture(target: Target, seed: int = 0) -> Indexed:
    palette = (
        of_target(target)
        if target.inks or target.whole
        else from_colors([(i, 255 - i, i // 2) for i in range(256)], GRIDS[target.grid])
    )
    width, height = target.size or (37, 11)
    rng = np.random.default_rng(seed)
    return Indexed(rng.integers(0, len(palette), (height, width)).astype(np.uint16), palette)


@pytest.mark.parametrize("name", NAMES)
def test_by_daylight_pixel_for_pixel_a_panel_shows_the_seen_colors(name: str) -> None:
    target = shipped(name)
    for each in (target, *(with_seen(target, measured.name) for measured in target.measured)):
        indexed = picture(each)
        assert np.array_equal(look(indexed, each), indexed.seen)


@settings(deadline=None)  # the first look at a grid lists its 65536 colors
@given(st.data())
def test_enlarged_pixels_stay_hard(data: st.DataObject) -> None:
    target = shipped(data.draw(st.sampled_from(NAMES)))._replace(size=None)
    scale = data.draw(st.integers(1, 6))
    indexed = picture(target, data.draw(st.integers(0, 99)))
    width, height = cell(target, scale)
    shown = look(indexed, target, View(scale))
    assert shown.shape == (indexed.height * height, indexed.width * width, 3)
    for y in range(height):
        for x in range(width):
            assert np.array_equal(shown[y::height, x::width], indexed.seen)


def test_pixels_are_as_much_taller_than_wide_as_whole_numbers_allow() -> None:
    nokia = shipped("pcd8544")
    assert [cell(nokia, scale) for scale in (1, 2, 3, 6, 40)] == [
        (1, 1),
        (2, 2),
        (3, 4),
        (6, 7),
        (40, 47),
    ]
    wide = target_of(pitch="[0.4, 0.2]")
    assert cell(wide, 3) == (6, 3)


def test_the_round_panel_has_glass_in_its_inscribed_circle() -> None:
    target = shipped("gc9a01-240x240")
    inside = glass(picture(target), target)
    y, x = np.mgrid[:240, :240]
    assert np.array_equal(inside, (x - 119.5) ** 2 + (y - 119.5) ** 2 <= 120**2)
    large = glass(picture(target), target, View(3))
    assert large.shape == (720, 720)
    assert abs(large.mean() - np.pi / 4) < 0.001


def test_corners_are_cut_by_their_radius() -> None:
    inside = glass(checker(8, 8, 2), target_of(corner="2"))
    corner = [[False, True], [True, True]]
    assert inside[:2, :2].tolist() == corner
    assert inside.sum() == 64 - 4
    assert np.array_equal(inside, inside[::-1, ::-1])


def test_a_picture_that_is_no_full_screen_has_glass_everywhere() -> None:
    target = shipped("gc9a01-240x240")
    assert glass(checker(20, 10, 4), target).all()


def test_where_there_is_no_glass_one_color_is_shown() -> None:
    target = target_of(corner="2")
    indexed = picture(target)
    shown, inside = look(indexed, target), glass(indexed, target)
    seen = framed(shown, inside, (1, 2, 3))
    assert (seen[~inside] == (1, 2, 3)).all()
    assert np.array_equal(seen[inside], shown[inside])


WHITE = np.array([[255, 255, 255]], np.uint8)


@pytest.mark.parametrize("kind", [*KINDS, ""])
def test_light_around_changes_what_reflects_it(kind: str) -> None:
    target = target_of()._replace(kind=kind)
    warm, dark = (lit(WHITE, target, light)[0] for light in ("warm", "dark"))
    reflects = kind in ("e-paper", "reflective-lcd", "lcd")
    assert (tuple(warm) != (255, 255, 255)) == reflects
    assert tuple(dark) == ((0, 0, 0) if reflects and kind != "lcd" else (255, 255, 255))


def test_warm_light_is_redder_and_cool_light_bluer() -> None:
    target = target_of(kind="e-paper")
    warm, cool = (to_linear(lit(WHITE, target, light)[0]).tolist() for light in ("warm", "cool"))
    assert warm[0] > warm[1] > warm[2]
    assert cool[0] < cool[1] < cool[2]


def test_a_tint_is_what_white_looks_like_and_black_stays_black() -> None:
    target = target_of(kind="oled", tint='"#3060ff"')
    assert lit(WHITE, target, "day").tolist() == [[0x30, 0x60, 0xFF]]
    assert not lit(WHITE * 0, target, "day").any()


@pytest.mark.parametrize("scale", [1, 2, 3, 10, 11])
def test_lines_between_pixels_take_their_share_of_the_light(scale: int) -> None:
    target = target_of(gap="0.2", kind="oled")
    white = Indexed(np.ones((8, 8), np.uint16), of_target(target))
    shown = to_linear(look(white, target, View(scale, gap=True))) / 65535
    assert abs(shown.mean() - 0.8**2) < 0.005
    assert shown[0, 0].tolist() == ([1, 1, 1] if scale > 1 else shown[-1, -1].tolist())


def test_lines_of_ten_pixels_are_two_wide_and_have_the_background() -> None:
    target = target_of(gap="0.2")
    white = Indexed(np.ones((8, 8), np.uint16), of_target(target))
    shown = look(white, target, View(10, gap=True))
    lines = np.arange(80) % 10 >= 8
    assert not shown[lines].any()
    assert not shown[:, lines].any()
    assert (shown[~lines][:, ~lines] == 255).all()


def test_where_the_gap_is_unknown_none_is_drawn() -> None:
    indexed = picture(target_of())
    assert np.array_equal(
        look(indexed, target_of(), View(4, gap=True)), look(indexed, target_of(), View(4))
    )


def test_distance_mixes_light_and_not_codes() -> None:
    target = target_of(pitch="0.2")
    indexed = checker(40, 40, 2)
    both = Indexed(indexed.indices, of_target(target))
    far = look(both, target, View(mm_away=2000))
    assert np.ptp(far) <= 2
    assert abs(int(far[20, 20, 0]) - 188) <= 1  # half the light, not half the code


@pytest.mark.parametrize(("scale", "light", "mm"), [(0, "day", 0), (65, "day", 0), (1, "noon", 0)])
def test_a_view_out_of_range_is_refused(scale: int, light: str, mm: int) -> None:
    with pytest.raises(ValueError, match=r"scale is|light is"):
        look(checker(2, 2, 2), target_of(), View(scale, light, mm_away=mm))


def test_a_view_from_behind_or_too_far_or_too_large_is_refused() -> None:
    for view in (View(mm_away=-1), View(mm_away=MAX_MM + 1)):
        with pytest.raises(ValueError, match="distance"):
            look(checker(2, 2, 2), target_of(), view)
    with pytest.raises(ValueError, match="too large"):
        look(checker(400, 400, 2), target_of(), View(64))


@given(st.fractions(Fraction(1, 50), 60), st.sampled_from(("across", "down")))
def test_the_blur_has_the_variance_that_is_asked_for(variance: Fraction, way: str) -> None:
    light = np.zeros((1, 129, 3), np.uint8)
    light[0, 64] = 255
    across, along = (Fraction(0), variance) if way == "down" else (variance, Fraction(0))
    source = light.transpose(1, 0, 2) if way == "down" else light
    shown = to_linear(average.blurred(source, across, along))[..., 0].ravel().astype(float)
    # Faint light is less than the first code of sRGB, so the tails are cut.
    place = np.arange(129) - 64
    assert abs((shown * place).sum()) <= 1e-9 * shown.sum()
    measured = (shown * place**2).sum() / shown.sum()
    assert abs(measured - float(variance)) < 0.12 * float(variance) + 0.1


@given(st.integers(0, 255), st.fractions(0, 400))
def test_a_flat_picture_looks_the_same_from_everywhere(gray: int, variance: Fraction) -> None:
    flat = np.full((7, 5, 3), gray, np.uint8)
    assert np.array_equal(average.blurred(flat, variance, variance), flat)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 4), st.integers(0, 99))
def test_shrinking_by_a_whole_number_undoes_enlarging(
    w: int, h: int, times: int, seed: int
) -> None:
    small = np.random.default_rng(seed).integers(0, 256, (h, w, 3)).astype(np.uint8)
    large = small.repeat(times, 0).repeat(times, 1)
    assert np.array_equal(average.shrunk(large, w, h), small)


@given(st.integers(1, 20), st.integers(1, 20), st.data())
def test_shrinking_keeps_the_light(width: int, height: int, data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    source = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    size = data.draw(st.integers(1, width)), data.draw(st.integers(1, height))
    made = average.shrunk(source, *size)
    assert made.shape == (size[1], size[0], 3)
    # A code of sRGB is at most 590 units of linear light wide.
    assert abs(to_linear(made).mean() - to_linear(source).mean()) <= 300


def test_the_model_says_where_its_colors_come_from() -> None:
    measured = shipped("waveshare-7in3e")
    assert "model" in describe(measured)
    assert "epaper-dithering-v2" in describe(measured)
    assert "photograph of 2026-03-15" in describe(measured)
    assert "nobody has measured" in describe(shipped("st7789-240x240"))
    other = with_seen(measured, "openepaperlink")
    assert "set by hand" in describe(other)


def test_the_ink_sets_and_lights_are_immutable() -> None:
    with pytest.raises(TypeError):
        LIGHTS["noon"] = (1, 1, 1)  # type: ignore[index]


PREVIEW_ONLY: dict[str, Any] = {
    "title": "other",
    "shape": "round",
    "kind": "oled",
    "corner": 3,
    "gap": 90,
    "tint": (1, 2, 3),
    "notes": "other",
    "bus": ("other",),
    "sources": ("other",),
}


@pytest.mark.parametrize("field", PREVIEW_ONLY)
def test_what_only_previews_show_makes_no_file_stale(field: str) -> None:
    target = target_of()
    assert keys.target(target._replace(**{field: PREVIEW_ONLY[field]})) == keys.target(target)


def test_another_pitch_makes_files_stale_because_dbs_sees_by_it() -> None:
    assert keys.target(target_of(pitch="0.2")) != keys.target(target_of(pitch="0.3"))


def test_another_color_of_a_measured_set_makes_files_stale() -> None:
    target = shipped("waveshare-7in3e")
    first = target.measured[0]
    other = first._replace(colors=(("black", (9, 9, 9)), *first.colors[1:]))
    changed = target._replace(measured=(other, *target.measured[1:]))
    assert keys.target(changed) != keys.target(target)
    said = target._replace(measured=(first._replace(source="?"), *target.measured[1:]))
    assert keys.target(said) == keys.target(target)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("kind", "crt", "unknown kind 'crt'"),
        ("corner", "-1", "expected"),
        ("gap", "0.95", "from 0 to 0.9"),
        ("tint", "blue", "expected a color"),
    ],
)
def test_facts_about_the_glass_are_checked(key: str, value: str, words: str) -> None:
    with pytest.raises(Failure, match=words):
        target_of(**{key: value})


def test_every_shipped_panel_has_a_kind() -> None:
    no_panel = {
        "generic",
        "megadrive",
        "pce",
        "sms",
        "snes",
    }  # the consoles play on television sets
    assert {name for name in NAMES if not shipped(name).kind} == no_panel
