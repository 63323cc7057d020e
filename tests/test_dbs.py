"""Direct binary search: it finds what its specification says, by either of its two makes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.color import to_linear
from pipeline.dithers import DitherOptions, dither, eye
from pipeline.dithers.dbs import (
    BLOCK,
    NEIGHBORS,
    SWEEPS,
    TONE,
    Scene,
    candidates,
    scene,
    scratch,
    search,
)
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.metrics import blurred_ciede2000
from pipeline.palette import Palette, whole_grid

Indices = NDArray[np.uint16]

MEASURED = [[25, 30, 33], [232] * 3, [239, 222, 68], [178, 19, 24], [33, 87, 186], [18, 95, 32]]


def _palette(colors: Any, *, transparent: int | None = None, learned: bool = False) -> Palette:
    seen = np.array(colors, np.uint8).reshape(-1, 3)
    return Palette(seen, seen, np.arange(len(seen), dtype=np.uint32), transparent, learned)


PALETTES = {
    "mono": _palette([[0] * 3, [255] * 3]),
    "grays": _palette([[153] * 3, [51] * 3, [255] * 3, [0] * 3, [204] * 3]),
    "red": _palette([[0] * 3, [255] * 3, [255, 0, 0]]),
    "inks": _palette(MEASURED),
    "inks-transparent": _palette([*MEASURED, [0, 255, 0]], transparent=6),
    "twins": _palette([[200, 10, 10], [5, 5, 90], [200, 10, 10], [5, 5, 90], [240] * 3]),
    "learned": _palette(np.random.default_rng(40).integers(0, 256, (40, 3)), learned=True),
    "rgb332": whole_grid(GRIDS["rgb332"]),
    "gray4": whole_grid(GRIDS["gray4"]),
    "single": _palette([[90, 20, 30]]),
}
INKS = PALETTES["inks"]

names = st.sampled_from(sorted(PALETTES))
distances = st.sampled_from([1, 12, 35, 60, 88, 200])


def _image(linear: Any) -> Image:
    pixels = np.array(linear, np.uint16)
    return Image(pixels, np.full(pixels.shape[:2], 255, np.uint8))


def _ramp(height: int, width: int) -> Image:
    y, x = np.mgrid[:height, :width]
    planes = [x * 45000 // width + 9000, y * 45000 // height + 9000, (x + y) * 300 + 12000]
    return _image(np.stack(planes, axis=-1))


@st.composite
def pictures(draw: st.DrawFn, largest: int = 9) -> tuple[Image, NDArray[np.int32]]:
    """A picture and pins for it: entry 0 here and there, or none at all."""
    height, width = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    low, high = sorted([draw(st.integers(0, 65535)), draw(st.integers(0, 65535))])
    pins = random.random((height, width)) < draw(st.sampled_from([0.0, 0.3]))
    linear = random.integers(low, high, (height, width, 3), endpoint=True)
    return _image(linear), np.where(pins, 0, -1).astype(np.int32)


def _start(image: Image, palette: Palette, pinned: NDArray[np.int32]) -> Indices:
    return dither(image, palette, DitherOptions("floyd-steinberg"), pinned)


def _error(given: Scene, indices: Indices) -> int:
    """What the docstring of `dbs` calls the error that is seen, read literally."""
    shown = np.moveaxis(given.colors[indices], -1, 0).astype(np.int64)
    missed = ((shown - given.target) * given.weight + (1 << 14)) >> 15
    _, height, width = missed.shape
    reach = len(given.blur) // 2
    padded = np.pad(missed, ((0, 0), (reach, reach), (reach, reach)))
    total = 0
    for top in range(0, height, BLOCK):
        for left in range(0, width, BLOCK):
            sums = missed[:, top : top + BLOCK, left : left + BLOCK].sum(axis=(1, 2))
            total += TONE * int((sums**2).sum())
    for (dy, dx), tap in np.ndenumerate(given.blur):
        total += int(tap) * int((missed * padded[:, dy : dy + height, dx : dx + width]).sum())
    return total


def _steps(given: Scene, indices: Indices) -> Iterator[Indices]:
    """The picture after every single change that a search may make."""
    for y, x in np.argwhere(given.free):
        for entry in given.candidates[indices[y, x]]:
            changed = indices.copy()
            changed[y, x] = entry
            yield changed
        for v, u in np.argwhere(given.free):
            if abs(v - y) <= 1 and abs(u - x) <= 1:
                changed = indices.copy()
                changed[y, x], changed[v, u] = indices[v, u], indices[y, x]
                yield changed


# --- the search ---


@given(pictures(), names, distances)
@settings(max_examples=40, deadline=None)
def test_the_error_never_grows(
    picture: tuple[Image, NDArray[np.int32]], name: str, distance: int
) -> None:
    image, pinned = picture
    begin = _start(image, PALETTES[name], pinned)
    given_ = scene(image, PALETTES[name], distance, pinned)
    found = search(given_, begin)
    before, after = _error(given_, begin), _error(given_, found)
    assert after < before or (found == begin).all()
    assert (found[pinned >= 0] == begin[pinned >= 0]).all()


@pytest.mark.parametrize("name", ["mono", "inks", "learned", "rgb332"])
def test_no_single_change_is_left_that_lowers_the_error(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.dithers.dbs.SWEEPS", 1000)
    image = _ramp(4, 18)
    pinned = np.full((4, 18), -1, np.int32)
    pinned[2, 3] = 0
    given = scene(image, PALETTES[name], 20, pinned)
    found = search(given, _start(image, PALETTES[name], pinned))
    least = _error(given, found)
    assert all(_error(given, changed) >= least for changed in _steps(given, found))


@given(pictures(19), names, distances)
@settings(max_examples=60, deadline=None)
def test_the_native_search_finds_the_same(
    picture: tuple[Image, NDArray[np.int32]], name: str, distance: int
) -> None:
    native = kernels.load()
    if native is None:
        pytest.skip("the kernels are not compiled")
    image, pinned = picture
    given = scene(image, PALETTES[name], distance, pinned)
    begin = _start(image, PALETTES[name], pinned)
    found = begin.copy()
    _native(native, given, found)
    assert (found == search(given, begin)).all()


def _native(native: kernels.Native, given: Scene, indices: Indices) -> None:
    native.dbs(given, SWEEPS, *scratch(given), indices)


def test_without_kernels_the_bytes_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    image, options = _ramp(16, 20), DitherOptions("dbs")
    expected = dither(image, INKS, options)
    monkeypatch.setenv(kernels.SWITCH, "0")
    assert (dither(image, INKS, options) == expected).all()


def test_a_known_picture_stays_as_it_is() -> None:
    rows = dither(_ramp(6, 24), INKS, DitherOptions("dbs")).tolist()
    assert ["".join(map(str, row)) for row in rows] == [
        "554554533433433133333333",
        "555142451515313331313131",
        "151525515242424133133313",
        "552551525525242231212131",
        "225252251215125122423223",
        "521522522522212242221212",
    ]


@pytest.mark.parametrize("name", ["mono", "red", "inks"])
def test_it_looks_nearer_than_error_diffusion(name: str) -> None:
    palette = PALETTES[name]
    # Mixtures of the palette, so that nothing is out of reach.
    y, x = np.mgrid[:40, :48]
    shares = np.stack([x + 4, y + 6, x + y + 9, 60 - x, 50 - y, x * 0 + 30], -1)[
        ..., : len(palette)
    ]
    linear = to_linear(palette.seen).astype(np.int64)
    image = _image(shares @ linear // shares.sum(axis=-1, keepdims=True))
    errors = [
        blurred_ciede2000(image.srgb, palette.seen[dither(image, palette, DitherOptions(method))])
        for method in ("dbs", "floyd-steinberg")
    ]
    assert errors[0] < 0.9 * errors[1]


def test_neighbors_make_up_for_a_pinned_pixel() -> None:
    gray, mono = _image(np.full((15, 15, 3), 20000)), PALETTES["mono"]
    lit = []
    for entry in (0, 1):
        pinned = np.full((15, 15), -1, np.int32)
        pinned[6:9, 6:9] = entry
        found = dither(gray, mono, DitherOptions("dbs"), pinned)
        assert (found[6:9, 6:9] == entry).all()
        lit.append(int(found.sum() - found[6:9, 6:9].sum()))
    assert lit[0] > lit[1]


def test_what_shows_through_a_transparent_pixel_does_not_matter() -> None:
    gray = _image(np.full((15, 15, 3), 20000))
    pinned = np.full((15, 15), -1, np.int32)
    pinned[6:9, 6:9] = 2
    found = [
        dither(
            gray,
            _palette([[0] * 3, [255] * 3, [code] * 3], transparent=2),
            DitherOptions("dbs"),
            pinned,
        )
        for code in (0, 255)
    ]
    assert (found[0] == found[1]).all()


def test_seen_from_near_each_pixel_is_for_itself() -> None:
    # A dark gray is black near by; from afar its light has to be there.
    gray, mono = _image(np.full((12, 12, 3), 9000)), PALETTES["mono"]
    assert dither(gray, mono, DitherOptions("dbs", pixels_per_degree=1)).sum() == 0
    assert dither(gray, mono, DitherOptions("dbs", pixels_per_degree=35)).sum() > 10


@pytest.mark.parametrize("distance", [-5, 0, 201])
def test_a_sight_that_cannot_be_is_refused(distance: int) -> None:
    with pytest.raises(ValueError, match=r"pixels_per_degree is .*1 to 200"):
        dither(_ramp(2, 2), INKS, DitherOptions("dbs", pixels_per_degree=distance))


def test_farther_than_the_farthest_is_the_same() -> None:
    assert (eye.blur(88) == eye.blur(200)).all()


# --- candidates ---


@pytest.mark.parametrize("name", sorted(PALETTES))
def test_candidates_are_opaque_and_of_different_colors(name: str) -> None:
    palette = PALETTES[name]
    for own, row in enumerate(candidates(palette).tolist()):
        others = [entry for entry in row if entry != own]
        colors = {tuple(palette.seen[entry].tolist()) for entry in others}
        assert len(colors) == len(set(others)) <= max(NEIGHBORS, 26)
        assert set(others) <= set(palette.opaque.tolist())


def test_all_entries_of_a_small_palette_are_candidates() -> None:
    assert (np.sort(candidates(INKS), axis=1) == np.arange(6)).all()


def test_candidates_on_a_grid_are_one_level_away() -> None:
    palette = whole_grid(GRIDS["rgb565"])
    table = candidates(palette)
    own = 10 << 11 | 31 << 5 | 0
    reds, greens, blues = table[own] >> 11, table[own] >> 5 & 63, table[own] & 31
    assert set(zip(reds.tolist(), greens.tolist(), blues.tolist(), strict=True)) == {
        (red, green, blue) for red in (9, 10, 11) for green in (30, 31, 32) for blue in (0, 1)
    }


def test_a_grid_with_a_transparent_color_does_not_try_it() -> None:
    whole = PALETTES["rgb332"]
    palette = Palette(whole.seen, whole.nominal, whole.codes, 255, grid=whole.grid)
    table = candidates(palette)
    assert 255 in table[255]
    assert 255 not in table[:255]


# --- the eye ---


@pytest.mark.parametrize("distance", [1, 5, 12, 35, 60, 88])
def test_the_blur_is_that_of_the_two_gaussians(distance: int) -> None:
    taps = eye.blur(distance)
    reach = len(taps) // 2
    assert reach <= 16
    assert (taps >= 0).all()
    assert (taps == taps.T).all()
    assert (taps == taps[::-1]).all()
    axis = np.arange(-reach, reach + 1)
    squared = axis[:, None] ** 2 + axis**2
    parts = [np.exp(-squared / (2 * (width * distance) ** 2)) for width in (0.0598, 0.0219)]
    expected = sum(w * p / p.sum() for w, p in zip((15 / 16, 1 / 16), parts, strict=True))
    np.testing.assert_allclose(taps, eye.WHOLE * expected, atol=2)
    assert int(taps.sum()) <= eye.WHOLE


def test_grays_have_no_opponents_but_luminance() -> None:
    grays = np.arange(65536)[:, None].repeat(3, axis=1)
    found = eye.opponents(grays, 3)
    assert (found[0] == np.arange(65536)).all()
    assert not found[1:].any()


def test_opponents_stay_within_the_bounds_that_the_kernel_relies_on() -> None:
    corners = np.array(np.meshgrid([0, 65535], [0, 65535], [0, 65535])).reshape(3, -1).T
    assert np.abs(eye.opponents(corners, 3)).max() <= 66646


@pytest.mark.parametrize("distance", [1, 35, 88])
def test_weights_grow_toward_black(distance: int) -> None:
    flat = [eye.weights(np.full((3, 4), level), distance) for level in (0, 9000, 65535)]
    assert [int(weight.max()) for weight in flat] == [int(weight.min()) for weight in flat]
    assert int(flat[0][0, 0]) == 5517
    assert int(flat[2][0, 0]) == eye.UNIT
    assert 5517 > flat[1][0, 0] > eye.UNIT
    assert 66646 * 2 * 5517 + (1 << 14) < 1 << 30  # what the kernel's int32 can hold


# --- what the extension refuses ---


def _given() -> tuple[Scene, Indices]:
    image, pinned = _ramp(4, 5), np.full((4, 5), -1, np.int32)
    return scene(image, INKS, 35, pinned), _start(image, INKS, pinned)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("target", np.zeros((3, 4, 6), np.int32), "wrong size"),
        ("target", np.zeros((4, 4, 5), np.int32), "wrong shape"),
        ("weight", np.zeros((4, 4), np.int32), "wrong size"),
        ("free", np.zeros((4, 4), np.uint8), "wrong size"),
        ("colors", np.zeros((5, 3), np.int32), "wrong size"),
        ("candidates", np.zeros((6, 0), np.uint16), "wrong shape"),
        ("candidates", np.full((6, 2), 6, np.uint16), "not in the palette"),
        ("blur", np.zeros((4, 4), np.int32), "wrong shape"),
        ("blur", np.zeros((3, 5), np.int32), "wrong shape"),
        ("tone", -1, "out of range"),
        ("block", 65, "out of range"),
    ],
)
def test_the_extension_refuses_what_does_not_fit(field: str, value: Any, message: str) -> None:
    native = kernels.load()
    if native is None:
        pytest.skip("the kernels are not compiled")
    whole, indices = _given()
    with pytest.raises(ValueError, match=message):
        native.dbs(whole._replace(**{field: value}), SWEEPS, *scratch(whole), indices)


def test_the_extension_refuses_a_start_outside_the_palette() -> None:
    native = kernels.load()
    if native is None:
        pytest.skip("the kernels are not compiled")
    whole, indices = _given()
    with pytest.raises(ValueError, match="not in the palette"):
        _native(native, whole, indices + 6)
