"""Gamut: colors that no mixture of a panel's inks can show move to the nearest mixture.

Dots of ink add up in linear light, so what a panel can show by dithering is the convex hull of
its inks there. A color inside stays; one outside moves to the point of the hull that is nearest
by the rule of `surface`. Without this, error diffusion carries error that no ink can ever
pay, and a color that is out of reach takes its neighbors along.

Everything is integers. The nearest points are found for a lattice of `NODES` per channel, and a
pixel takes the move that lies between those of its cell's corners. The lattice is dense where
the eye is: its nodes are equal steps of sRGB code. Moves fade in over `FADE` steps from the hull
outwards, so that inside nothing moves at all and nowhere is a seam.

With inks that are all gray a color becomes the gray of its luminance, as in CIELAB; OKLab makes
saturated colors lighter or darker.
"""

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.color import linear_table, luminance, to_linear
from pipeline.grid import LINEAR_MAX
from pipeline.hull import UNIT, Hull, hull_of
from pipeline.image import Image, freeze
from pipeline.palette import Palette
from pipeline.surface import nearest

Ints = NDArray[np.int64]

MAX_INKS = 32
"""Palettes with more entries are dense enough to do without."""

NODES = 25
FADE = 256
"""Linear-light steps outside the hull at which a color makes its whole move."""

_WEIGHT = 256
_RED, _GREEN, _BLUE = NODES * NODES, NODES, 1
_ACROSS = _RED + _GREEN + _BLUE
_WAYS = freeze(
    np.array(
        [
            (_RED, _ACROSS - _BLUE),  # cannot be
            (_BLUE, _ACROSS - _RED),  # r < g < b
            (_GREEN, _ACROSS - _BLUE),  # b < r < g
            (_GREEN, _ACROSS - _RED),  # r <= b <= g
            (_RED, _ACROSS - _GREEN),  # g < b < r
            (_BLUE, _ACROSS - _GREEN),  # b >= r >= g
            (_RED, _ACROSS - _BLUE),  # r >= g >= b
            (_RED, _ACROSS - _BLUE),  # all equal
        ],
        np.int32,
    )
)
"""First and second corner after the dark one, by `r >= g`, `g >= b`, `b >= r` as bits 4, 2, 1."""

_BAND = 1 << 16


class _Cells(NamedTuple):
    """Where each linear value 0..65535 lies: its cell, and how far in it in 1/256."""

    cell: NDArray[np.int32]
    fraction: NDArray[np.int32]


def applies(palette: Palette) -> bool:
    """Whether `project` does anything: few fixed inks, not learned and no whole grid."""
    return not palette.learned and palette.grid is None and len(palette.opaque) <= MAX_INKS


def project(image: Image, palette: Palette) -> Image:
    """Move what no mixture of the inks can show to the nearest color that one can.

    Args:
        image: The picture. Alpha is kept.
        palette: The inks, by what the panel shows (`seen`); the transparent one is no ink.

    Returns:
        The picture with every color in or near the hull of the inks. Colors inside the hull,
        the inks among them, are unchanged. With a learned palette, a whole grid or more than
        `MAX_INKS` inks it is the picture itself.
    """
    if not applies(palette):
        return image
    colors = np.unique(palette.seen[palette.opaque], axis=0)
    if (colors == colors[:, :1]).all():
        return Image(_gray(image.linear, to_linear(colors[:, 0])), image.alpha)
    hull, moves = _lattice(colors.tobytes())
    out = mapped(image.linear.reshape(-1, 3), hull, moves)
    return Image(out.reshape(image.linear.shape), image.alpha)


def _gray(linear: NDArray[np.uint16], levels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Grays of the same luminance, within ascending levels."""
    gray = luminance(linear).clip(levels[0], levels[-1]).astype(np.uint16)
    return np.broadcast_to(gray[..., None], linear.shape)


def mapped(pixels: NDArray[np.uint16], hull: Hull, moves: NDArray[np.int32]) -> NDArray[np.uint16]:
    """Colors, uint16 (n, 3) linear light, with the moves int32 (NODES ** 3, 3) of a hull."""
    out = np.empty_like(pixels)
    native = kernels.load()
    if native is not None:
        faces = hull.normals.astype(np.int32), hull.offsets.astype(np.int32)
        native.project(pixels, *faces, _places(), moves, FADE * UNIT, out)
        return out
    for start in range(0, len(pixels), _BAND):
        band = slice(start, start + _BAND)
        out[band] = _moved(pixels[band], hull, moves)
    return out


def _moved(linear: NDArray[np.uint16], hull: Hull, moves: NDArray[np.int32]) -> NDArray[np.uint16]:
    out = linear.copy()
    outside = hull.outside(linear)
    beyond = np.flatnonzero(outside > 0)
    share = np.minimum(outside[beyond] * _WEIGHT // (FADE * UNIT), _WEIGHT).astype(np.int32)
    move = _interpolated(linear[beyond], moves)
    move = (move * share[:, None] + _WEIGHT // 2) >> 8
    out[beyond] = (out[beyond] + move).clip(0, LINEAR_MAX)
    return out


def _interpolated(linear: NDArray[np.uint16], moves: NDArray[np.int32]) -> NDArray[np.int32]:
    """Tetrahedral interpolation: uint16 (n, 3) and the lattice's moves to int32 (n, 3).

    From a cell's dark corner the way leads along the axes in order of their fractions to the
    bright one; grays only ever meet gray nodes.
    """
    cells = _cells()
    r, g, b = (cells.fraction[linear[:, channel]] for channel in range(3))
    cell_r, cell_g, cell_b = (cells.cell[linear[:, channel]] for channel in range(3))
    base = (cell_r * NODES + cell_g) * NODES + cell_b
    high = np.maximum(np.maximum(r, g), b)
    low = np.minimum(np.minimum(r, g), b)
    middle = r + g + b - high - low
    first, second = _WAYS.take((r >= g) * 4 + (g >= b) * 2 + (b >= r), axis=0).T
    total = moves.take(base, axis=0) * (_WEIGHT - high)[:, None]
    total += moves.take(base + first, axis=0) * (high - middle)[:, None]
    total += moves.take(base + second, axis=0) * (middle - low)[:, None]
    total += moves.take(base + _ACROSS, axis=0) * low[:, None]
    return np.asarray((total + _WEIGHT // 2) >> 8, np.int32)


@cache
def _nodes() -> Ints:
    """int64 (NODES,): linear light of the lattice's nodes, ascending from 0 to 65535."""
    codes = (np.arange(NODES) * 255 + (NODES - 1) // 2) // (NODES - 1)
    return freeze(linear_table()[codes].astype(np.int64))


@cache
def _cells() -> _Cells:
    nodes, values = _nodes(), np.arange(LINEAR_MAX + 1)
    cell = np.minimum(np.searchsorted(nodes, values, side="right") - 1, NODES - 2)
    fraction = (values - nodes[cell]) * _WEIGHT // (nodes[cell + 1] - nodes[cell])
    return _Cells(freeze(cell.astype(np.int32)), freeze(fraction.astype(np.int32)))


@cache
def _places() -> NDArray[np.uint16]:
    """uint16 (65536,): where each linear value lies, cell times 512 plus fraction."""
    cells = _cells()
    return freeze((cells.cell << 9 | cells.fraction).astype(np.uint16))


@lru_cache(maxsize=8)
def _lattice(seen: bytes) -> tuple[Hull, NDArray[np.int32]]:
    """The hull of sRGB colors, and int32 (NODES ** 3, 3): how far each node moves."""
    hull = hull_of(to_linear(np.frombuffer(seen, np.uint8).reshape(-1, 3)))
    axis = _nodes()
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    beyond = np.flatnonzero(hull.outside(grid) > 0)
    moves = np.zeros(grid.shape, np.int32)
    moves[beyond] = nearest(grid[beyond], hull.triangles) - grid[beyond]
    return hull, freeze(moves)
