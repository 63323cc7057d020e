"""Error diffusion in C against plain Python; pinned pixels, custom kernels, variable weights."""

from fractions import Fraction

import numpy as np
import pytest
from dither_cases import (
    METHODS,
    PALETTES,
    SIZES,
    case,
    differences,
    image_of,
    palette_of,
    pick_differences,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import kernels
from pipeline.color import luminance, oklab, to_linear
from pipeline.diffusion_kernel import Kernel, checked, kernel_of
from pipeline.dithers import DitherOptions, dither
from pipeline.dithers.diffusion import KERNELS, _noise
from pipeline.dithers.weights import OSTROMOUKHOV, VARIABLE, ZHOU_FANG, fixed, variable

MONO = PALETTES["mono"]
seeds = st.integers(0, 2**32 - 1)
names = st.sampled_from(sorted(PALETTES))
small_names = st.sampled_from(sorted(n for n in PALETTES if len(PALETTES[n]) <= 256))


@pytest.fixture
def native() -> kernels.Native:
    found = kernels.load()
    if found is None:
        pytest.skip("the kernels are not compiled")
    return found


def needed() -> kernels.Native:
    found = kernels.load()
    if found is None:
        pytest.skip("the kernels are not compiled")
    return found


def flat(value: int, height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), value)


# --- the kernels give what the specification gives ---


@given(seeds, names, st.sampled_from(METHODS), st.sampled_from([None, *SIZES]))
@settings(max_examples=200, deadline=None)
def test_compiled_diffusion_equals_plain_python(
    seed: int, name: str, method: str, size: tuple[int, int] | None
) -> None:
    assert differences(needed(), case(seed, name, method, size)) == 0


@pytest.mark.parametrize("name", sorted(PALETTES))
def test_every_method_gives_the_same_on_a_larger_picture(native: kernels.Native, name: str) -> None:
    for place, method in enumerate(METHODS):
        assert differences(native, case(place, name, method, (24, 37))) == 0, method


@given(seeds, small_names, st.integers(0, 65535), st.integers(0, 65535))
@settings(max_examples=60, deadline=None)
def test_the_compiled_pick_equals_a_search_through_all_entries(
    seed: int, name: str, one: int, two: int
) -> None:
    random = np.random.default_rng(seed)
    own = to_linear(PALETTES[name].seen)
    between = random.integers(min(one, two), max(one, two), (60, 3), endpoint=True)
    near = own[random.integers(0, len(own), 30)] + random.integers(-3, 4, (30, 3))
    linear = np.concatenate([own[:60], between, near.clip(0, 65535)]).astype(np.uint16)
    assert pick_differences(needed(), linear, name) == 0


def test_no_color_lies_outside_the_cells_of_the_oklab_rule() -> None:
    # picker.c: L in -128..4223, a in -2304..2815, b in -3072..2047.
    steps = np.unique(np.linspace(0, 65535, 60).astype(int).tolist() + list(range(0, 400, 9)))
    cube = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3).astype(np.uint16)
    found = oklab(cube)
    assert (found.min(axis=0) > [-128, -2304, -3072]).all()
    assert (found.max(axis=0) < [4223, 2815, 2047]).all()


@pytest.mark.parametrize("method", ["none", "floyd-steinberg", "zhou-fang"])
@pytest.mark.parametrize("name", ["mono", "inks", "full-learned"])
def test_the_switch_changes_no_byte(
    monkeypatch: pytest.MonkeyPatch, name: str, method: str
) -> None:
    image = image_of(np.random.default_rng(7).integers(0, 65536, (20, 30, 3)))
    before = dither(image, PALETTES[name], DitherOptions(method))
    monkeypatch.setenv(kernels.SWITCH, "0")
    assert (dither(image, PALETTES[name], DitherOptions(method)) == before).all()


# --- pinned pixels ---


@pytest.fixture(params=["compiled", "plain"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "plain":
        monkeypatch.setenv(kernels.SWITCH, "0")
    elif kernels.load() is None:
        pytest.skip("the kernels are not compiled")


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("method", sorted({*KERNELS, *VARIABLE}))
@pytest.mark.parametrize("name", ["mono", "inks", "rgb332", "full-learned"])
def test_no_error_passes_a_wall_of_pinned_pixels(name: str, method: str) -> None:
    random = np.random.default_rng(8)
    left, right = (random.integers(0, 65536, (9, 6, 3)) for _ in range(2))
    wall = np.zeros((9, 3, 3), int)
    pinned = np.full((9, 15), -1, np.int32)
    pinned[:, 6:9] = 1
    options = DitherOptions(method)
    whole = dither(image_of(np.hstack([left, wall, right])), PALETTES[name], options, pinned)
    changed = np.hstack([left, wall, 65535 - right])
    again = dither(image_of(changed), PALETTES[name], options, pinned)
    assert (whole[:, 6:9] == 1).all()
    assert (whole[:, :6] == again[:, :6]).all()


@pytest.mark.usefixtures("either")
def test_a_pinned_pixel_passes_no_error_on_and_takes_none() -> None:
    # Gray 16384: without the pin row 0 owes 7168 to its second pixel.
    image = image_of(flat(16384, 1, 3))
    options = DitherOptions("floyd-steinberg")
    row = np.array([[-1, 1, -1]], np.int32)
    assert dither(image, MONO, options, row).tolist() == [[0, 1, 0]]
    bright = image_of([[[16384] * 3, [65535] * 3, [30000] * 3]])
    # Pinned to black its error would push the third pixel over the middle.
    assert dither(bright, MONO, options, np.array([[-1, 0, -1]], np.int32)).tolist() == [[0, 0, 0]]


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("method", sorted({*KERNELS, *VARIABLE, "none", "bayer-4"}))
def test_where_everything_is_pinned_that_is_the_picture(method: str) -> None:
    pinned = np.random.default_rng(9).integers(0, 7, (8, 8)).astype(np.int32)
    image = image_of(np.random.default_rng(9).integers(0, 65536, (8, 8, 3)))
    assert (dither(image, PALETTES["inks"], DitherOptions(method), pinned) == pinned).all()


@pytest.mark.usefixtures("either")
def test_nothing_pinned_is_like_no_pins() -> None:
    image = image_of(np.random.default_rng(9).integers(0, 65536, (8, 8, 3)))
    free = np.full((8, 8), -1, np.int32)
    options = DitherOptions("sierra")
    expected = dither(image, MONO, options)
    assert (dither(image, MONO, options, free) == expected).all()


# --- kernels of one's own ---


def test_a_kernel_is_read_as_a_manifest_writes_it() -> None:
    assert kernel_of(16, [[7], [3, 5, 1]]) == Kernel(16, (7,), ((3, 5, 1),))


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("name", ["mono", "inks"])
@pytest.mark.parametrize(
    ("method", "kernel"),
    [
        ("floyd-steinberg", kernel_of(16, [[7], [3, 5, 1]])),
        ("floyd-steinberg", kernel_of(32, [[14, 0, 0], [0, 0, 6, 10, 2, 0, 0], [0], [0]])),
        ("atkinson", kernel_of(8, [[1, 1], [1, 1, 1], [1]])),
        ("stucki", kernel_of(42, [[8, 4], [2, 4, 8, 4, 2], [1, 2, 4, 2, 1]])),
    ],
)
def test_a_kernel_of_ones_own_does_what_the_named_one_does(
    name: str, method: str, kernel: Kernel
) -> None:
    image = image_of(np.random.default_rng(10).integers(0, 65536, (12, 12, 3)))
    expected = dither(image, PALETTES[name], DitherOptions(method))
    found = dither(image, PALETTES[name], DitherOptions("custom", kernel=kernel))
    assert (found == expected).all()


@pytest.mark.usefixtures("either")
def test_a_kernel_that_reaches_three_rows_down_and_three_pixels_aside() -> None:
    # One pixel of error 30000 lights the one pixel that it is passed to.
    linear = flat(0, 5, 9)
    linear[0, 4] = 30000
    for row, column in ((1, 1), (2, 7), (3, 4)):
        rows = [[], *([0] * 7 for _ in range(3))]
        rows[row][column - 1] = 1
        lit = linear.copy()
        lit[row, column] = 3000
        options = DitherOptions("custom", serpentine=False, kernel=kernel_of(1, rows))
        found = dither(image_of(lit), MONO, options)
        assert np.argwhere(found).tolist() == [[row, column]]


@pytest.mark.parametrize(
    ("divisor", "rows", "words"),
    [
        (16, [], "needs rows"),
        (0, [[1]], "divisor is 1 to 65536, not 0"),
        (65537, [[1]], "divisor is 1 to 65536, not 65537"),
        (16, [[1, 1, 1, 1]], "at most 3 weights ahead, not 4"),
        (16, [[1], [1], [1], [1], [1]], "at most 3 rows below, not 4"),
        (16, [[1], [1, 1]], "1, 3, 5 or 7 weights, not 2"),
        (16, [[1], [1] * 9], "1, 3, 5 or 7 weights, not 9"),
        (16, [[1], []], "1, 3, 5 or 7 weights, not 0"),
        (16, [[1], [3, -2, 1]], "not negative, and one is -2"),
        (16, [[0], [0, 0, 0]], "needs a weight above 0"),
        (16, [[]], "needs a weight above 0"),
        (16, [[7], [3, 5, 2]], "sum to 17: over 16, it passes on more error"),
    ],
)
def test_a_kernel_that_would_not_work_is_refused(
    divisor: int, rows: list[list[int]], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        kernel_of(divisor, rows)


def test_custom_without_a_kernel_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match="custom needs a kernel"):
        dither(image_of(flat(0, 1, 1)), MONO, DitherOptions("custom"))


@pytest.mark.usefixtures("either")
def test_the_largest_legal_kernel_does_not_overflow() -> None:
    image = image_of(np.random.default_rng(11).integers(0, 65536, (9, 9, 3)))
    kernel = checked(Kernel(65536, (65536,), ()))
    found = dither(image, MONO, DitherOptions("custom", kernel=kernel))
    simple = DitherOptions("custom", kernel=kernel_of(1, [[1]]))
    assert (found == dither(image, MONO, simple)).all()


def test_named_kernels_are_legal() -> None:
    for kernel in KERNELS.values():
        assert fixed(kernel).fixed.sum() <= kernel.divisor


# --- variable coefficients ---

PUBLISHED = {  # rows of the table in varcoeffED.c, most of them between our keys
    "ostromoukhov": {
        5: (47, 3, 28),
        11: (501, 224, 211),
        20: (237, 148, 83),
        27: (149, 96, 63),
        32: (108, 67, 56),
        44: (36, 26, 15),
        49: (293, 233, 90),
        63: (307, 303, 6),
        65: (101, 105, 2),
        71: (83, 111, 14),
        73: (172, 181, 37),
        76: (119, 47, 29),
        88: (185, 62, 53),
        94: (155, 86, 59),
        108: (305, 176, 119),
        120: (365, 128, 107),
        126: (395, 104, 101),
    },
    "zhou-fang": {  # rows of the interpolated table in tmed.cpp
        7: (579711, 113951, 306337),
        16: (502779, 273537, 223682),
        36: (467211, 273533, 259254),
        42: (444960, 331142, 223897),
        54: (397217, 426792, 175990),
        68: (374445, 485317, 140236),
        79: (393441, 471883, 134674),
        90: (349913, 355038, 295047),
        105: (338258, 369963, 291777),
        120: (171892, 184737, 143370),
    },
}


@pytest.mark.parametrize("method", sorted(PUBLISHED))
def test_coefficients_are_those_of_the_published_table(method: str) -> None:
    table = variable(method).tones
    assert table is not None
    for tone, row in PUBLISHED[method].items():
        for found, part in zip(table[tone, :3].tolist(), row, strict=True):
            assert abs(Fraction(found, 4096) - Fraction(part, sum(row))) <= Fraction(1, 4096)
    assert (table[:, :3].sum(axis=1) == 4096).all()
    assert (table >= 0).all()


def test_the_keys_ascend_and_cover_the_dark_half() -> None:
    for keys in (OSTROMOUKHOV, ZHOU_FANG):
        tones = [tone for tone, _ in keys]
        assert tones == sorted(set(tones))
        assert (tones[0], tones[-1]) == (0, 127)


def test_the_noise_is_as_strong_as_published() -> None:
    table = variable("zhou-fang").tones
    assert table is not None
    published = {1: 0, 2: 1, 22: 16, 43: 33, 65: 53, 72: 75, 83: 100, 86: 91, 96: 21, 119: 88}
    assert {tone: int(table[tone, 3]) for tone in published} == published
    assert not variable("ostromoukhov").noisy


def test_the_noise_is_even_and_depends_on_the_place_alone() -> None:
    drawn = np.stack([_noise(256, y) for y in range(64)])
    assert drawn[:, :100].tolist() == np.stack([_noise(100, y) for y in range(64)]).tolist()
    counts = np.bincount(drawn.ravel(), minlength=128)
    assert len(counts) == 128
    assert counts.min() > 70  # 128 expected
    assert abs(np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1]) < 0.05
    assert abs(np.corrcoef(drawn[:-1].ravel(), drawn[1:].ravel())[0, 1]) < 0.05


@pytest.mark.usefixtures("either")
def test_variable_coefficients_by_hand() -> None:
    # Gray 16384 is tone 64: half of the error goes ahead, half below and behind.
    # Row 0, from the left: 16384, 24576, 28672, 30720, all black.
    # Row 1, from the right: 16384 black, 16384 + 8192 + 15360 = 39936 white,
    # 16384 - 12800 + 14336 = 17920 black, 16384 + 8960 + 12288 = 37632 white.
    found = dither(image_of(flat(16384, 2, 4)), MONO, DitherOptions("ostromoukhov"))
    assert found.tolist() == [[0, 0, 0, 0], [1, 0, 1, 0]]


@given(st.sampled_from(sorted(VARIABLE)), st.integers(0, 65535))
@settings(max_examples=30, deadline=None)
def test_variable_coefficients_keep_the_mean_light_of_a_gray(method: str, gray: int) -> None:
    for name in ("mono", "gray", "rgb332"):
        light = to_linear(PALETTES[name].seen).astype(int)
        step = np.diff(np.unique(light[:, 2])).max()
        wanted = np.clip(gray, light.min(), light.max())
        found = light[dither(image_of(flat(gray, 48, 48)), PALETTES[name], DitherOptions(method))]
        assert abs(found.mean(axis=(0, 1)) - wanted).max() <= step * 0.04


@pytest.mark.parametrize("method", sorted(VARIABLE))
def test_variable_coefficients_keep_the_mean_light_between_inks(method: str) -> None:
    ramp = np.linspace(0, 65535, 48).astype(int)
    image = image_of(np.broadcast_to(ramp[None, :, None], (48, 48, 3)))
    light = to_linear(PALETTES["inks"].seen).astype(int)
    found = light[dither(image, PALETTES["inks"], DitherOptions(method))]
    assert abs(found.mean(axis=(0, 1)) - image.linear.mean(axis=(0, 1))).max() < 0.03 * 65535


@pytest.mark.usefixtures("either")
def test_noise_breaks_the_checkerboard_of_middle_gray() -> None:
    gray = image_of(flat(32767, 64, 64))
    board = np.indices((64, 64)).sum(axis=0) % 2

    def likeness(method: str) -> float:
        found = dither(gray, MONO, DitherOptions(method))
        return abs(float(np.corrcoef(found.ravel(), board.ravel())[0, 1]))

    assert likeness("zhou-fang") < 0.5
    assert likeness("zhou-fang") < likeness("floyd-steinberg")


def test_zhou_fang_is_deterministic_and_ostromoukhov_is_another() -> None:
    image = image_of(flat(20000, 32, 32))
    one, two = (dither(image, MONO, DitherOptions("zhou-fang")) for _ in range(2))
    assert (one == two).all()
    assert (one != dither(image, MONO, DitherOptions("ostromoukhov"))).any()


def test_the_tone_between_colors_is_luminance_between_the_extremes() -> None:
    # Two inks of one luminance step: their gray axis mirrors at the middle.
    duo = palette_of([[0, 0, 0], [255, 255, 0]])
    light = luminance(to_linear(duo.seen))
    half = int(light[1]) // 2
    image = image_of(np.broadcast_to([half, half, 0], (24, 24, 3)))
    found = dither(image, duo, DitherOptions("ostromoukhov"))
    assert abs(found.mean() - half / 65535) < 0.03
