"""Geometry keeps what it must keep, and scales as the cubic filter's definition says."""

import hashlib
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.color import to_linear
from pipeline.fit import Geometry, arrange, arrange_indices, cut_alpha, flatten
from pipeline.image import Image

SIDES = st.integers(1, 24)
SIZES = st.tuples(SIDES, SIDES)
FITS = st.sampled_from(["contain", "cover", "stretch", "none"])
TURNS = st.sampled_from([0, 90, 180, 270])
FLIPS = st.sampled_from(["none", "horizontal", "vertical", "both"])


@st.composite
def images(draw: st.DrawFn, *, opaque: bool = False) -> Image:
    width, height = draw(SIZES)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    linear = rng.integers(0, 65536, (height, width, 3), dtype=np.uint16)
    linear[rng.random((height, width)) < 0.3] = draw(st.sampled_from([0, 65535]))
    alpha = rng.choice(np.array([0, 1, 77, 254, 255], np.uint8), (height, width))
    return Image(linear, np.full_like(alpha, 255) if opaque else alpha)


def flat(width: int, height: int, alpha: int = 255, level: int = 1000) -> Image:
    linear = np.full((height, width, 3), level, np.uint16)
    linear[..., 1] = 65535
    return Image(linear, np.full((height, width), alpha, np.uint8))


def gray(levels: list[list[int]]) -> Image:
    plane = np.array(levels, np.uint16)
    return Image(np.stack([plane] * 3, -1), np.full(plane.shape, 255, np.uint8))


def same(one: Image, other: Image) -> bool:
    return np.array_equal(one.linear, other.linear) and np.array_equal(one.alpha, other.alpha)


@given(images(), FLIPS)
@settings(max_examples=50, deadline=None)
def test_four_quarter_turns_and_two_flips_change_nothing(image: Image, flip: str) -> None:
    turned = image
    for _ in range(4):
        turned = arrange(turned, Geometry(rotate=90))
    assert same(turned, image)
    assert same(arrange(arrange(image, Geometry(flip=flip)), Geometry(flip=flip)), image)


def test_rotation_is_clockwise_and_the_flip_comes_after_it() -> None:
    indices = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    quarter = arrange_indices(indices, Geometry(rotate=90), 0)
    assert quarter.tolist() == [[4, 1], [5, 2], [6, 3]]
    assert arrange_indices(indices, Geometry(rotate=270), 0).tolist() == [[3, 6], [2, 5], [1, 4]]
    flipped = arrange_indices(indices, Geometry(rotate=90, flip="horizontal"), 0)
    assert flipped.tolist() == [[1, 4], [2, 5], [3, 6]]
    upside = arrange_indices(indices, Geometry(flip="vertical"), 0)
    assert upside.tolist() == [[4, 5, 6], [1, 2, 3]]
    both = arrange_indices(indices, Geometry(flip="both"), 0)
    assert both.tolist() == arrange_indices(indices, Geometry(rotate=180), 0).tolist()


@given(images(), FITS, st.sampled_from(["smooth", "nearest"]))
@settings(max_examples=50, deadline=None)
def test_its_own_size_keeps_every_pixel(image: Image, fit: str, resample: str) -> None:
    geometry = Geometry(size=(image.width, image.height), fit=fit, resample=resample)
    assert same(arrange(image, geometry), image)


@given(images(), SIZES, FITS, TURNS, FLIPS)
@settings(max_examples=150, deadline=None)
def test_indices_go_where_pixels_go(
    image: Image, size: tuple[int, int], fit: str, rotate: int, flip: str
) -> None:
    geometry = Geometry(rotate, flip, size, fit, "nearest")
    count = image.width * image.height
    indices = np.arange(count, dtype=np.uint16).reshape(image.height, image.width)
    out = arrange(image, geometry)
    moved = arrange_indices(indices, geometry, count)
    assert moved.dtype == np.uint16
    colors = np.vstack([image.linear.reshape(-1, 3), np.zeros((1, 3), np.uint16)])
    alphas = np.append(image.alpha.reshape(-1), np.uint8(0))
    assert np.array_equal(colors[moved], out.linear)
    assert np.array_equal(alphas[moved], out.alpha)


@given(images(opaque=True), SIZES, st.sampled_from(["cover", "stretch"]))
@settings(max_examples=100, deadline=None)
def test_opaque_pictures_stay_exactly_opaque(image: Image, size: tuple[int, int], fit: str) -> None:
    assert np.all(arrange(image, Geometry(size=size, fit=fit)).alpha == 255)


@given(SIZES, SIZES, st.integers(1, 255), st.integers(0, 65535))
@settings(max_examples=100, deadline=None)
def test_flat_pictures_stay_exactly_flat(
    source: tuple[int, int], size: tuple[int, int], alpha: int, level: int
) -> None:
    out = arrange(flat(*source, alpha, level), Geometry(size=size, fit="stretch"))
    assert same(out, flat(*size, alpha, level))


@given(images(), SIZES, FLIPS)
@settings(max_examples=100, deadline=None)
def test_scaling_a_mirrored_picture_gives_the_mirrored_result(
    image: Image, size: tuple[int, int], flip: str
) -> None:
    scale, mirror = Geometry(size=size, fit="stretch"), Geometry(flip=flip)
    assert same(arrange(arrange(image, mirror), scale), arrange(arrange(image, scale), mirror))


@given(images(), SIZES)
@settings(max_examples=60, deadline=None)
def test_hidden_colors_do_not_bleed(image: Image, size: tuple[int, int]) -> None:
    hidden = image.alpha == 0
    other = Image(np.where(hidden[..., None], np.uint16(54321), image.linear), image.alpha)
    geometry = Geometry(size=size, fit="stretch")
    assume(size != (image.width, image.height))
    assert same(arrange(image, geometry), arrange(other, geometry))


def test_a_faint_edge_keeps_the_color_of_the_opaque_side() -> None:
    image = flat(8, 8)
    alpha = np.zeros((8, 8), np.uint8)
    alpha[:, :4] = 255
    out = arrange(Image(image.linear, alpha), Geometry(size=(5, 5)))
    assert set(np.unique(out.alpha)) > {0, 255}
    # Sums keep alpha in 1/64, so the color is as exact as alpha allows.
    drawn = out.alpha > 0
    off = np.abs(out.linear[drawn] - np.array([1000.0, 65535.0, 1000.0]))
    assert np.all(off <= 1 + 65535 * 2 / 64 / (out.alpha[drawn, None] - 0.5))


def cubic(t: Fraction) -> Fraction:
    t = abs(t)
    if t >= 2:
        return Fraction(0)
    if t >= 1:
        return (-(t**3) + 5 * t**2 - 8 * t + 4) / 2
    return (3 * t**3 - 5 * t**2 + 2) / 2


def exact_row(row: list[int], width: int) -> list[Fraction]:
    """The definition: a cubic around each center, stretched when shrinking, normalized."""
    scale = Fraction(len(row), width)
    stretch = max(Fraction(1), scale)
    out = []
    for i in range(width):
        center = (i + Fraction(1, 2)) * scale
        weights = [cubic((j + Fraction(1, 2) - center) / stretch) for j in range(len(row))]
        total = sum((w * v for w, v in zip(weights, row, strict=True)), Fraction(0))
        mean = total / sum(weights, Fraction(0))
        out.append(min(max(mean, Fraction(0)), Fraction(65535)))
    return out


@given(st.lists(st.integers(0, 65535), min_size=1, max_size=40), st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_smooth_scaling_is_the_catmull_rom_cubic(row: list[int], width: int) -> None:
    out = arrange(gray([row]), Geometry(size=(width, 1), fit="stretch")).linear[0, :, 0]
    # A weight is off by 2**-15 at most, and at most 4 taps a scale step share a sum of one.
    pairs = zip(exact_row(row, width), out.tolist(), strict=True)
    assert max(abs(wanted - have) for wanted, have in pairs) <= 1 + 65535 * 8 * 2.0**-14


def test_the_same_picture_gives_the_same_bytes_everywhere() -> None:
    y, x = np.mgrid[:48, :64]
    linear = np.stack([x * 1023, y * 1365, (x * y * 40503) % 65536], -1).astype(np.uint16)
    image = Image(linear, ((x * 7 + y * 13) % 256).astype(np.uint8))
    digest = hashlib.sha256()
    for fit, size in (("contain", (37, 29)), ("cover", (101, 90)), ("stretch", (9, 120))):
        out = arrange(image, Geometry(90, "vertical", size, fit))
        digest.update(out.linear.astype("<u2").tobytes() + out.alpha.tobytes())
    assert digest.hexdigest()[:16] == "194a6d53704fc81c"


def test_rows_and_columns_are_scaled_alike() -> None:
    rng = np.random.default_rng(3)
    image = Image(
        rng.integers(0, 65536, (9, 13, 3), dtype=np.uint16), np.full((9, 13), 255, np.uint8)
    )
    wide = arrange(image, Geometry(size=(30, 9), fit="stretch"))
    tall = arrange(arrange(image, Geometry(rotate=90)), Geometry(size=(9, 30), fit="stretch"))
    assert same(arrange(wide, Geometry(rotate=90)), tall)


def test_wide_pictures_are_filtered_in_strips_without_seams() -> None:
    rng = np.random.default_rng(4)
    linear = rng.integers(0, 65536, (700, 1500, 3), dtype=np.uint16)
    image = Image(linear, rng.integers(0, 256, (700, 1500), dtype=np.uint8))
    whole = arrange(image, Geometry(size=(1500, 7), fit="stretch"))
    part = Image(linear[:, 700:800], image.alpha[:, 700:800])
    assert np.array_equal(
        whole.linear[:, 700:800], arrange(part, Geometry(size=(100, 7), fit="stretch")).linear
    )


def test_the_strongest_contrast_cannot_overflow() -> None:
    row = np.zeros((1, 65535), np.uint16)
    row[0, ::2] = 65535
    image = Image(np.stack([row] * 3, -1), np.full(row.shape, 255, np.uint8))
    assert (
        abs(int(arrange(image, Geometry(size=(1, 1), fit="stretch")).linear[0, 0, 0]) - 32768) <= 2
    )
    edges = arrange(gray([[0, 65535, 0, 0, 65535]]), Geometry(size=(60, 1), fit="stretch")).linear
    assert edges.min() == 0
    assert edges.max() == 65535


@pytest.mark.parametrize("factor", [1, 2, 3, 7])
@pytest.mark.parametrize("fit", ["contain", "cover", "stretch"])
def test_nearest_repeats_pixels_exactly_at_whole_factors(factor: int, fit: str) -> None:
    indices = np.arange(15, dtype=np.uint8).reshape(3, 5)
    geometry = Geometry(size=(5 * factor, 3 * factor), fit=fit, resample="nearest")
    out = arrange_indices(indices, geometry, 99)
    assert np.array_equal(out, indices.repeat(factor, 0).repeat(factor, 1))


def test_nearest_takes_the_pixel_under_the_center() -> None:
    row = np.arange(9, dtype=np.uint8)[None]
    shrunk = arrange_indices(row, Geometry(size=(3, 1), fit="stretch", resample="nearest"), 0)
    assert shrunk.tolist() == [[1, 4, 7]]


def test_contain_centers_the_whole_picture_and_pads_with_nothing() -> None:
    out = arrange(flat(4, 2), Geometry(size=(8, 9)))
    assert out.alpha[:, 0].tolist() == [0, 0, 255, 255, 255, 255, 0, 0, 0]
    assert np.all(out.alpha == out.alpha[:, :1])
    tall = arrange(flat(2, 4), Geometry(size=(9, 8)))
    assert tall.alpha[0].tolist() == [0, 0, 255, 255, 255, 255, 0, 0, 0]


def test_contain_never_loses_a_thin_picture() -> None:
    out = arrange(flat(1000, 1), Geometry(size=(10, 10)))
    assert np.count_nonzero(out.alpha.max(axis=1)) == 1


def test_cover_cuts_both_sides_by_whole_pixels() -> None:
    indices = np.arange(12, dtype=np.uint8).reshape(2, 6)
    same_scale = arrange_indices(indices, Geometry(size=(3, 2), fit="cover"), 0)
    assert same_scale.tolist() == [[1, 2, 3], [7, 8, 9]]
    doubled = Geometry(size=(4, 4), fit="cover", resample="nearest")
    assert arrange_indices(indices, doubled, 0)[0].tolist() == [2, 2, 3, 3]


@given(images(opaque=True), SIZES)
@settings(max_examples=60, deadline=None)
def test_cover_keeps_the_proportions(image: Image, size: tuple[int, int]) -> None:
    width, height = size
    factor = max(Fraction(width, image.width), Fraction(height, image.height))
    ramp = np.arange(image.height, dtype=np.uint16)[:, None] * np.ones(image.width, np.uint16)
    out = arrange_indices(ramp, Geometry(size=size, fit="cover", resample="nearest"), 0)[:, 0]
    cut = (image.height * factor - height) // 2
    centers = [(i + cut + Fraction(1, 2)) / factor for i in range(height)]
    assert out.tolist() == [int(center) for center in centers]


def test_none_crops_and_pads_around_the_center() -> None:
    indices = np.array([[1, 2, 3, 4]], np.uint8)
    out = arrange_indices(indices, Geometry(size=(2, 4), fit="none"), 9)
    assert out.tolist() == [[9, 9], [2, 3], [9, 9], [9, 9]]
    image = arrange(flat(1, 1), Geometry(size=(3, 1), fit="none"))
    assert image.alpha.tolist() == [[0, 255, 0]]


def test_indices_refuse_to_be_blended() -> None:
    indices = np.zeros((4, 4), np.uint8)
    with pytest.raises(ValueError, match="4x4 pixels cannot be scaled smoothly to 6x6"):
        arrange_indices(indices, Geometry(size=(6, 6)), 0)
    assert arrange_indices(indices, Geometry(size=(6, 4)), 7).tolist()[0] == [7, 0, 0, 0, 0, 7]


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        (Geometry(rotate=45), "not 45"),
        (Geometry(flip="sideways"), "not 'sideways'"),
        (Geometry(size=(4, 4), fit="fill"), "not 'fill'"),
        (Geometry(size=(4, 4), resample="lanczos"), "not 'lanczos'"),
        (Geometry(size=(0, 4)), "size 0x4: each side is 1 to 65535"),
        (Geometry(size=(4, 65536)), "size 4x65536: each side"),
        (Geometry(size=(65535, 65535)), "is more than"),
    ],
)
def test_impossible_geometry_is_refused(geometry: Geometry, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        arrange(flat(2, 2), geometry)
    with pytest.raises(ValueError, match=message):
        arrange_indices(np.zeros((2, 2), np.uint8), geometry, 0)


def test_pictures_too_long_to_sum_up_are_refused() -> None:
    with pytest.raises(ValueError, match="65536x1 pixels is too long"):
        arrange(flat(65536, 1), Geometry(size=(4, 4)))


@given(images(), st.tuples(*[st.integers(0, 255)] * 3))
@settings(max_examples=60, deadline=None)
def test_flatten_blends_in_linear_light(image: Image, background: tuple[int, int, int]) -> None:
    out = flatten(image, background)
    assert np.all(out.alpha == 255)
    below = to_linear(np.array(background, np.uint8)).tolist()
    for y, x in np.ndindex(image.alpha.shape):
        alpha = int(image.alpha[y, x])
        for channel in range(3):
            mixed = int(image.linear[y, x, channel]) * alpha + below[channel] * (255 - alpha)
            wanted = (2 * mixed + 255) // 510
            assert int(out.linear[y, x, channel]) == wanted


@given(images(), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_cut_alpha_leaves_nothing_in_between(image: Image, threshold: int) -> None:
    out = cut_alpha(image, threshold, (10, 20, 30))
    drawn = image.alpha >= threshold
    assert np.array_equal(out.alpha == 255, drawn)
    assert np.array_equal(out.alpha == 0, ~drawn)
    assert np.array_equal(out.linear[drawn], image.linear[drawn])
    assert np.all(out.srgb[~drawn] == [10, 20, 30])


@pytest.mark.parametrize("threshold", [0, 256])
def test_cut_alpha_refuses_thresholds_that_decide_nothing(threshold: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 255, not {threshold}"):
        cut_alpha(flat(1, 1), threshold, (0, 0, 0))
