"""Out-of-gamut colors move to the hull of the inks; what the inks can show stays as it is."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline import gamut, kernels
from pipeline.color import luminance, oklab, to_linear
from pipeline.gamut import FADE, MAX_INKS, applies, project
from pipeline.grid import GRIDS
from pipeline.hull import UNIT, Hull, hull_of
from pipeline.image import Image
from pipeline.palette import Palette, of_target, whole_grid
from pipeline.surface import nearest
from pipeline.target import builtin_names
from pipeline.target_file import shipped

COLOR = st.tuples(*[st.integers(0, 255)] * 3)
INKS = {name: of_target(target) for name in builtin_names() if (target := shipped(name)).inks}


def inks(*colors: tuple[int, int, int], transparent: int | None = None) -> Palette:
    seen = np.array(colors, np.uint8)
    return Palette(seen, seen, np.arange(len(seen), dtype=np.uint32), transparent)


def image_of(linear: NDArray[np.integer]) -> Image:
    pixels = linear.astype(np.uint16).reshape(1, -1, 3)
    return Image(pixels, np.full(pixels.shape[:2], 255, np.uint8))


def moved(colors: NDArray[np.integer], palette: Palette) -> NDArray[np.int64]:
    return np.asarray(project(image_of(colors), palette).linear[0], np.int64)


def mixtures(palette: Palette, count: int, seed: int) -> NDArray[np.int64]:
    """Linear light of random mixtures of the inks."""
    shares = np.random.default_rng(seed).multinomial(60, [1 / len(palette)] * len(palette), count)
    return np.asarray(shares @ to_linear(palette.seen).astype(np.int64) // 60)


def noise(count: int, seed: int = 0) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, 65536, (count, 3))


def hull(palette: Palette) -> Hull:
    return hull_of(to_linear(palette.seen[palette.opaque]))


@pytest.mark.parametrize("name", INKS)
def test_the_inks_themselves_stay_exactly(name: str) -> None:
    colors = to_linear(INKS[name].seen).astype(np.int64)
    assert (moved(colors, INKS[name]) == colors).all()


@pytest.mark.parametrize("name", INKS)
def test_mixtures_of_inks_stay(name: str) -> None:
    colors = mixtures(INKS[name], 500, 1)
    assert abs(moved(colors, INKS[name]) - colors).max() <= 2  # mixtures are rounded themselves


@pytest.mark.parametrize("name", INKS)
def test_every_color_ends_in_reach_of_the_inks(name: str) -> None:
    outside = hull(INKS[name]).outside(moved(noise(4000), INKS[name])) / UNIT
    assert np.percentile(outside, 99) < FADE
    assert outside.max() < 2 * FADE


@settings(deadline=None, max_examples=15)
@given(st.lists(COLOR, min_size=1, max_size=9, unique=True), st.integers(0, 99))
def test_any_inks_have_a_hull_that_holds_them_and_their_mixtures(
    colors: list[tuple[int, int, int]], seed: int
) -> None:
    palette = inks(*colors)
    made = hull(palette)
    assert (made.outside(to_linear(palette.seen)) <= 0).all()
    assert made.outside(mixtures(palette, 50, seed)).max() <= 3 * UNIT
    assert (made.outside(made.triangles.reshape(-1, 3)) <= 0).all()


def test_the_cube_of_all_colors_moves_nothing() -> None:
    corners = [(r, g, b) for r in (0, 255) for g in (0, 255) for b in (0, 255)]
    made = hull(inks(*corners))
    assert made.triangles.shape == (12, 3, 3)
    assert sorted(map(tuple, (made.normals // UNIT).tolist())) == sorted(
        [(1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 0, 0), (0, -1, 0), (0, 0, -1)]
    )
    colors = noise(500)
    assert (moved(colors, inks(*corners)) == colors).all()


def test_points_inside_and_on_edges_make_no_face() -> None:
    corners = [(0, 0, 0), (8, 0, 0), (0, 8, 0), (0, 0, 8), (4, 0, 0), (1, 1, 1), (4, 4, 0)]
    made = hull_of(np.array(corners))
    assert len(made.triangles) == len(made.normals) == 4


@pytest.mark.parametrize(
    ("colors", "triangles"),
    [
        ([(9, 9, 9)], 1),
        ([(0, 0, 0), (5, 5, 5), (9, 9, 9)], 1),
        ([(0, 0, 0), (9, 0, 0), (0, 9, 0)], 1),
        ([(0, 0, 0), (9, 0, 0), (0, 9, 0), (9, 9, 0), (4, 4, 0)], 2),
    ],
)
def test_flat_hulls_are_points_lines_and_polygons(
    colors: list[tuple[int, int, int]], triangles: int
) -> None:
    made = hull_of(np.array(colors))
    assert len(made.triangles) == triangles
    assert (made.outside(np.array(colors)) <= 0).all()
    assert made.outside(np.array([[4, 4, 20]]))[0] > 10 * UNIT


def test_grays_stay_on_a_panel_of_black_and_white() -> None:
    grays = np.arange(0, 65536, 97)[:, None].repeat(3, 1)
    assert (moved(grays, inks((0, 0, 0), (255, 255, 255))) == grays).all()


def test_the_nearest_point_is_as_near_as_any_found_by_brute_force() -> None:
    palette = INKS["waveshare-7in3e"]
    made, points = hull(palette), noise(60)
    found = nearest(points, made.triangles)
    steps = np.array([(i, j) for i in range(65) for j in range(65 - i)])
    weights = np.column_stack([64 - steps.sum(1), steps])
    every = np.concatenate([weights @ triangle // 64 for triangle in made.triangles])
    best = distance(points[:, None], every[None]).min(1)
    gap = distance(points, found) - best
    assert gap.max() <= 30  # of 4096, the lightness of white
    assert np.median(gap) <= 0


def distance(asked: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float64]:
    """The rule of `surface` as its docstring has it, in floats, in 1/4096."""
    first, second = (
        oklab(points.clip(0, 65535).astype(np.uint16), (1000, 1)) / [4096, 4096000, 4096000]
        for points in (asked, other)
    )
    chroma, there = (np.hypot(lab[..., 1], lab[..., 2]) for lab in (first, second))
    apart = ((first - second) ** 2)[..., 1:].sum(-1) - (chroma - there) ** 2
    far = (first - second)[..., 0] ** 2 + (3 * (chroma - there) / (1 + 4 * chroma)) ** 2
    return np.asarray(4096 * np.sqrt(far + 9 * apart.clip(0) / (1 + 1.5 * chroma) ** 2))


@pytest.fixture(scope="module")
def native() -> kernels.Native:
    found = kernels.load()
    if found is None:
        pytest.skip("the C kernels are not built")
    return found


def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kernels.SWITCH, "0")


@pytest.mark.usefixtures("native")
@settings(deadline=None, max_examples=25)
@given(st.lists(COLOR, min_size=1, max_size=9, unique=True), st.integers(0, 99))
def test_native_and_plain_find_the_same_points(
    colors: list[tuple[int, int, int]], seed: int
) -> None:
    triangles = hull(inks(*colors)).triangles
    points = np.concatenate([noise(60, seed), EDGES])
    found = nearest(points, triangles)
    with pytest.MonkeyPatch.context() as patch:
        plain(patch)
        assert (nearest(points, triangles) == found).all()


@pytest.mark.usefixtures("native")
@settings(deadline=None, max_examples=25)
@given(st.lists(COLOR, min_size=1, max_size=9, unique=True), st.integers(0, 99))
def test_native_and_plain_move_alike(colors: list[tuple[int, int, int]], seed: int) -> None:
    palette = inks(*colors)
    pixels = np.concatenate([noise(200, seed), mixtures(palette, 40, seed), EDGES])
    found = moved(pixels, palette)
    with pytest.MonkeyPatch.context() as patch:
        plain(patch)
        assert (moved(pixels, palette) == found).all()


EDGES = np.array(np.meshgrid(*[[0, 1, 65534, 65535]] * 3)).T.reshape(-1, 3)


def test_a_ramp_through_the_border_has_no_seam() -> None:
    palette = INKS["waveshare-7in3e"]
    inner, outer = mixtures(palette, 1, 3)[0], np.array([65535, 30000, 0])
    ramp = inner + (outer - inner) * np.arange(2001)[:, None] // 2000
    steps = abs(np.diff(moved(ramp, palette), axis=0)).max(1)
    assert steps.max() <= 6 * abs(np.diff(ramp, axis=0)).max()


def test_colors_on_a_panel_of_grays_keep_their_luminance() -> None:
    pixels = noise(300)
    found = moved(pixels, inks((20, 20, 20), (90, 90, 90), (230, 230, 230)))
    low, high = to_linear(np.array([20, 230], np.uint8))
    light = luminance(pixels.astype(np.uint16)).clip(low, high)
    assert (found == light[:, None]).all()


def test_bands_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    plain(monkeypatch)
    palette, pixels = INKS["waveshare-2in9b"], noise(70_000)
    whole = moved(pixels, palette)
    assert (whole[-300:] == moved(pixels[-300:], palette)).all()


def test_a_transparent_entry_is_no_ink() -> None:
    palette = inks((0, 0, 0), (255, 255, 255), (255, 0, 0), transparent=2)
    red = np.array([[65535, 0, 0]])
    assert np.ptp(moved(red, palette)) == 0
    assert np.ptp(moved(red, inks((0, 0, 0), (255, 255, 255), (255, 0, 0)))) == 65535


def test_learned_dense_and_whole_palettes_are_left_alone() -> None:
    picture = image_of(noise(20))
    few = inks((0, 0, 0), (90, 90, 90))
    learned = Palette(few.seen, few.nominal, few.codes, learned=True)
    many = inks(*[(i, i, i) for i in range(MAX_INKS + 1)])
    for palette in (learned, many, whole_grid(GRIDS["rgb565"])):
        assert not applies(palette)
        assert project(picture, palette) is picture


def test_alpha_is_kept() -> None:
    alpha = np.array([[0, 7]], np.uint8)
    picture = Image(np.full((1, 2, 3), 60000, np.uint16), alpha)
    assert (project(picture, inks((0, 0, 0), (9, 9, 9))).alpha == alpha).all()


def test_bytes_are_the_same_on_every_machine() -> None:
    data = moved(noise(2000), INKS["waveshare-7in3e"]).astype("<u2").tobytes()
    assert hashlib.sha256(data).hexdigest()[:16] == "d972831043fd7073"


def test_the_kernels_refuse_what_does_not_fit(native: kernels.Native) -> None:
    pixels, out = np.zeros((2, 3), np.uint16), np.zeros((2, 3), np.uint16)
    faces = np.array([[1 << 14, 0, 0]], np.int32), np.zeros(1, np.int32)
    places, moves = np.zeros(1 << 16, np.uint16), np.zeros((gamut.NODES**3, 3), np.int32)
    native.project(pixels, *faces, places, moves, 1, out)
    long, far = np.array([[1 << 14] * 3], np.int32), np.full_like(places, gamut.NODES - 1 << 9)
    for wrong in (
        (pixels[:1], *faces, places, moves, 1, out),
        (pixels, long, faces[1], places, moves, 1, out),
        (pixels, faces[0], faces[1][:0], places, moves, 1, out),
        (pixels, *faces, far, moves, 1, out),
        (pixels, *faces, places + np.uint16(257), moves, 1, out),
        (pixels, *faces, places, moves + np.int32(65536), 1, out),
        (pixels, *faces, places, moves, 0, out),
    ):
        with pytest.raises(ValueError, match="do not fit"):
            native.project(*wrong)
    triangles, local = np.zeros((1, 3, 3), np.uint16), np.zeros((1, 2), np.uint16)
    scratch = np.zeros((1, 4), np.int32)
    native.nearest_mixture(pixels, triangles, local, places, scratch, out)
    for unfit in (
        (pixels, triangles, local + np.uint16(129), places, scratch, out),
        (pixels, triangles, local, places[1:], scratch, out),
        (pixels, triangles, local, places, scratch[:0], out),
        (pixels, triangles[:0], local, places, scratch[:0], out),
        (pixels, triangles, local, places, scratch, out[:1]),
    ):
        with pytest.raises(ValueError, match="do not fit"):
            native.nearest_mixture(*unfit)
