"""Which palette entry a color takes: the exact rules, and quick ways to follow them.

Every rule is a pure function of one color and the palette's opaque entries, read by what the
panel shows (`seen`), so the order in which colors are asked for never matters. Tables, cells
and chunks below only save work; a brute-force search gives the same entries.

*Separable palettes.* When all opaque entries are gray, a color first becomes its luminance; when
the palette is a whole grid, its three channels are independent. Either way a value takes the
nearest level of its axis, the darker one on a tie. Nearest is meant in linear light, or in
OKLab lightness for a learned palette.

*Other palettes* have one of two rules:

- linear: least squared distance in linear light, the lowest index on a tie. The color may lie
  outside 0..65535.
- OKLab: each channel is clamped to 0..65535. An entry of exactly that linear color is taken if
  there is one (OKLab merges a few neighbors in saturated corners); otherwise least squared
  distance in `color.oklab`, the lowest index on a tie.

Error diffusion uses the linear rule for fixed palettes, whose entries lie far apart and whose
mixtures the eye sums in linear light, and the OKLab rule for learned ones.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.color import TO_LAB, TO_LMS, cube_root_table, luminance, oklab, srgb_table, to_linear
from pipeline.grid import LINEAR_MAX, Grid
from pipeline.image import freeze
from pipeline.palette import Palette, grid_words

Ints = NDArray[np.int64]
Pick = Callable[[int, int, int], int]
"""From a color in linear light, which may lie outside 0..65535, to a palette index."""

LOWEST, HIGHEST = -32768, 98303
"""Bounds of an accumulated value: half of full scale beyond 0..65535 on either side."""

CHUNK = 1 << 18
"""How many distances are held in memory at a time."""

_CELL = 7  # cells of the OKLab rule are cubes of 1 << 7 steps
_ORIGIN = 8192  # keeps their places positive: every coordinate lies in -8192..8191


class Axis(NamedTuple):
    """The levels of one independent channel.

    Attributes:
        levels: int64 (m,) linear light, strictly ascending.
        shares: int64 (m,): what each level adds to the palette index.
        edges: int64 (m - 1,) linear light: a value takes the level whose place is the number
            of edges below it.
    """

    levels: Ints
    shares: Ints
    edges: Ints


def axes(palette: Palette) -> tuple[Axis, ...]:
    """One axis for a palette of grays, three for a whole grid, none for any other palette."""
    gray = palette.seen[palette.opaque]
    if (gray == gray[:, :1]).all():
        codes, first = np.unique(gray[:, 0], return_index=True)
        return (_axis(codes, palette.opaque[first], learned=palette.learned),)
    grid = whole_grid(palette)
    return () if grid is None else _channels(palette, grid)


def whole_grid(palette: Palette) -> Grid | None:
    """The grid when every one of its colors may be chosen."""
    return palette.grid if palette.transparent is None else None


def planes(linear: NDArray[np.uint16], count: int) -> Ints:
    """int64 (count, h, w): the luminance for one axis, the channels for three."""
    if count == 1:
        return luminance(linear)[None]
    return np.ascontiguousarray(np.moveaxis(linear, 2, 0)).astype(np.int64)


def _channels(palette: Palette, grid: Grid) -> tuple[Axis, ...]:
    alone = np.zeros((3, 256, 3), np.uint8)  # every code of a channel while the others are dark
    alone[range(3), :, range(3)] = np.arange(256)
    shares = grid_words(grid._replace(fixed=0), alone)
    codes = [np.unique(palette.seen[:, channel]) for channel in range(3)]
    return tuple(
        _axis(code, share[code], learned=False) for code, share in zip(codes, shares, strict=True)
    )


def _axis(codes: NDArray[np.uint8], shares: NDArray[np.generic], *, learned: bool) -> Axis:
    levels = to_linear(codes).astype(np.int64)
    edges = _lightness_edges(levels) if learned else (levels[:-1] + levels[1:]) // 2
    return Axis(levels, shares.astype(np.int64), edges)


def _lightness_edges(levels: Ints) -> Ints:
    """For each level but the first, the last value that the level below it keeps."""
    grays = np.repeat(np.arange(LINEAR_MAX + 1, dtype=np.uint16)[:, None], 3, axis=1)
    lightness = oklab(grays)[:, 0].astype(np.int64)
    marks = lightness[levels]
    return np.searchsorted(2 * lightness, marks[:-1] + marks[1:], side="right") - 1


def exact(linear: NDArray[np.uint16], palette: Palette) -> tuple[NDArray[np.bool_], Ints]:
    """Which colors are those of an opaque entry, and the lowest such index (else any).

    Args:
        linear: uint16 (..., 3) linear light.
        palette: The colors.

    Returns:
        bool (...) and int64 (...) arrays.
    """
    own, first = np.unique(_packed(to_linear(palette.seen[palette.opaque])), return_index=True)
    wanted = _packed(linear)
    place = np.minimum(np.searchsorted(own, wanted), len(own) - 1)
    return own[place] == wanted, palette.opaque[first[place]].astype(np.int64)


def unique_colors(linear: NDArray[np.uint16]) -> tuple[NDArray[np.uint16], NDArray[np.intp]]:
    """The different colors (n, 3) of a picture (..., 3), and each pixel's place among them."""
    packed, place = np.unique(_packed(linear), return_inverse=True)
    colors = np.stack([packed >> 32, packed >> 16 & LINEAR_MAX, packed & LINEAR_MAX], -1)
    return colors.astype(np.uint16), place.reshape(linear.shape[:-1])


def _packed(linear: NDArray[np.uint16]) -> Ints:
    wide = linear.astype(np.int64)
    packed: Ints = wide[..., 0] << 32 | wide[..., 1] << 16 | wide[..., 2]
    return packed


class Entries(NamedTuple):
    """The opaque entries as `kernels.Native` takes them.

    Attributes:
        shown: int32 (k, 3): linear light.
        points: int32 (k, 3): what is compared, linear light or OKLab.
        values: uint16 (k,): palette indices.
        roots: uint16 (65536,): cube roots for the OKLab rule, or None for the linear one.
    """

    shown: NDArray[np.int32]
    points: NDArray[np.int32]
    values: NDArray[np.uint16]
    roots: NDArray[np.uint16] | None


def entries(palette: Palette, *, linear: bool) -> Entries:
    """What a compiled kernel needs to follow the linear or the OKLab rule."""
    light = to_linear(palette.seen[palette.opaque])
    values = palette.opaque.astype(np.uint16)
    shown = light.astype(np.int32)
    return (
        Entries(shown, shown, values, None)
        if linear
        else Entries(shown, oklab(light), values, _roots())
    )


@cache
def _roots() -> NDArray[np.uint16]:
    return freeze(cube_root_table().astype(np.uint16))


def nearest_oklab(linear: NDArray[np.uint16], palette: Palette) -> NDArray[np.uint16]:
    """The OKLab rule for many colors: uint16 (n, 3) linear light to uint16 (n,) indices."""
    native = kernels.load()
    if native is None:
        return _nearest_oklab(linear, palette)
    out = np.empty(len(linear), np.uint16)
    native.pick(np.ascontiguousarray(linear), out, *entries(palette, linear=False))
    return out


def _nearest_oklab(linear: NDArray[np.uint16], palette: Palette) -> NDArray[np.uint16]:
    colors, place = unique_colors(linear)
    points = oklab(to_linear(palette.seen[palette.opaque]))
    step = max(1, CHUNK // len(points))
    chunks = [colors[start : start + step] for start in range(0, len(colors), step)]
    best = np.concatenate([distances(oklab(chunk), points).argmin(axis=1) for chunk in chunks])
    found, own = exact(colors, palette)
    return np.where(found, own, palette.opaque[best]).astype(np.uint16)[place]


def distances(colors: NDArray[np.int32], points: NDArray[np.int32]) -> NDArray[np.int32]:
    """Squared distances in OKLab, (n, 3) to (m, 3): int32 (n, m), below 2^27."""
    total = np.zeros((len(colors), len(points)), np.int32)
    for channel in range(3):
        apart = colors[:, channel, None] - points[None, :, channel]
        total += apart * apart
    return total


def picker(palette: Palette) -> Pick:
    """The rule of error diffusion for one color at a time; call it with three plain ints.

    The color may lie in LOWEST..HIGHEST. Candidates are found when a cell is first visited.
    """
    return _oklab_picker(palette) if palette.learned else _linear_picker(palette)


Candidate = tuple[int, int, int, int]  # three coordinates and the palette index


class _Cells(dict[int, list[Candidate]]):
    """From a box of colors to the entries that are nearest for some color in it.

    The key has ten bits for the place on each axis. An entry is left out only when another
    one is nearer to the whole box, so the answer is that of a search through all entries.
    """

    def __init__(self, points: NDArray[np.generic], indices: NDArray[np.intp], edges: Ints) -> None:
        super().__init__()
        self._points = points.astype(np.int64)
        self._indices = indices
        self._edges = edges

    def __missing__(self, key: int) -> list[Candidate]:
        place = np.array([key >> 20, key >> 10 & 1023, key & 1023])
        low, high = self._edges[place], self._edges[place + 1] - 1
        after, before = self._points - low, high - self._points
        outside = np.minimum(np.minimum(after, before), 0)
        farthest = np.maximum(after, before)
        keep = (outside * outside).sum(axis=1) <= (farthest * farthest).sum(axis=1).min()
        rows = np.column_stack([self._points[keep], self._indices[keep]]).tolist()
        self[key] = found = [(x, y, z, index) for x, y, z, index in rows]
        return found


def _wrapped(table: NDArray[np.generic]) -> tuple[int, ...]:
    """A table for LOWEST..HIGHEST, to be indexed by the value itself.

    Values below zero find their place at the tail, where Python's negative indices point.
    """
    return tuple(np.roll(table, LOWEST).tolist())


@cache
def _linear_places() -> tuple[Ints, tuple[tuple[int, ...], ...]]:
    """Edges of the linear rule's cells, and each channel's share of a key for every value.

    An axis has 32 cells of equal width in sRGB; the outer ones reach to the bounds.
    """
    values = np.arange(LOWEST, HIGHEST + 1)
    place = srgb_table()[values.clip(0, LINEAR_MAX)].astype(np.int64) >> 3
    edges = freeze(np.searchsorted(place, np.arange(33)) + LOWEST)
    return edges, (_wrapped(place << 20), _wrapped(place << 10), _wrapped(place))


def _linear_picker(palette: Palette) -> Pick:
    edges, (red, green, blue) = _linear_places()
    cells = _Cells(to_linear(palette.seen[palette.opaque]), palette.opaque, edges)

    def pick(r: int, g: int, b: int) -> int:
        near = cells[red[r] | green[g] | blue[b]]
        return near[0][3] if len(near) == 1 else _closest(near, r, g, b)[1]

    return pick


def _closest(near: list[Candidate], x: int, y: int, z: int) -> tuple[int, int]:
    """The least squared distance and the first candidate that has it."""
    best, index = 1 << 62, 0
    for point_x, point_y, point_z, candidate in near:
        dx, dy, dz = point_x - x, point_y - y, point_z - z
        apart = dx * dx + dy * dy + dz * dz
        if apart < best:
            best, index = apart, candidate
    return best, index


def _oklab_picker(palette: Palette) -> Pick:
    linear = to_linear(palette.seen[palette.opaque])
    edges = np.arange(-_ORIGIN, _ORIGIN + 1, 1 << _CELL)
    cells = _Cells(oklab(linear), palette.opaque, edges)
    colors = [(red, green, blue) for red, green, blue in linear.tolist()]
    own = dict(reversed(list(zip(colors, palette.opaque.tolist(), strict=True))))
    transform = _oklab_transform()

    def pick(r: int, g: int, b: int) -> int:
        if not 0 <= r <= LINEAR_MAX:
            r = 0 if r < 0 else LINEAR_MAX
        if not 0 <= g <= LINEAR_MAX:
            g = 0 if g < 0 else LINEAR_MAX
        if not 0 <= b <= LINEAR_MAX:
            b = 0 if b < 0 else LINEAR_MAX
        x, y, z = transform(r, g, b)
        place = (x + _ORIGIN >> _CELL) << 20 | (y + _ORIGIN >> _CELL) << 10 | z + _ORIGIN >> _CELL
        near = cells[place]
        apart, index = _closest(near, x, y, z)
        return index if apart else own.get((r, g, b), index)

    return pick


def _oklab_transform() -> Callable[[int, int, int], tuple[int, int, int]]:
    """`color.oklab` at its standard chroma for one color in plain integers, 0..65535 each."""
    root: list[int] = cube_root_table().tolist()
    (lr, lg, lb), (mr, mg, mb), (sr, sg, sb) = TO_LMS.tolist()
    (ll, lm, ls), (al, am, as_), (bl, bm, bs) = TO_LAB.tolist()

    def transform(r: int, g: int, b: int) -> tuple[int, int, int]:
        long = root[lr * r + lg * g + lb * b + 32768 >> 16]
        medium = root[mr * r + mg * g + mb * b + 32768 >> 16]
        short = root[sr * r + sg * g + sb * b + 32768 >> 16]
        # The fractions of color.oklab, shortened by 2^14 and 2^12.
        return (
            (ll * long + lm * medium + ls * short + (LINEAR_MAX << 3)) // (LINEAR_MAX << 4),
            (9 * (al * long + am * medium + as_ * short) + (LINEAR_MAX << 5)) // (LINEAR_MAX << 6),
            (9 * (bl * long + bm * medium + bs * short) + (LINEAR_MAX << 5)) // (LINEAR_MAX << 6),
        )

    return transform
