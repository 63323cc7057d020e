"""Surface: the points of a hull's surface that look nearest to given colors, in integers.

How near a color looks depends on the color that is asked for. Differences of lightness L, of
chroma C and of hue H count as

    dL^2 + (3 dC / (1 + 4 C))^2 + (3 dH / (1 + 1.5 C))^2

in OKLab, with C the chroma of the color asked for and dH^2 = da^2 + db^2 - dC^2: the more
saturated a color is, the less a change of its chroma shows, and less so of its hue, as in
CIEDE2000. Here L is in 1/4096 and a, b and C in 1/12288, C rounded up, and the sum is

    1024 dL^2 + floor(9 * 2^30 / (3072 + C)^2) dC^2 + floor(2^36 / (8192 + C)^2) dH^2

A rough search over all triangles comes first, then ever smaller steps around the best place.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.color import cube_root_table, oklab
from pipeline.grid import LINEAR_MAX
from pipeline.image import freeze

Ints = NDArray[np.int64]

CHROMA = (3, 1)
"""Factor of a and b."""

_COARSE, _FINE = 6, 256  # steps along a triangle's side, at first and at last
_STEPS = (32, 16, 8, 4, 2, 1)  # how far the search looks around the best place
_CHUNK = 1 << 11


def nearest(points: Ints, triangles: Ints) -> Ints:
    """The points of a surface that look nearest to given colors.

    Args:
        points: int64 (n, 3) linear light, 0..65535.
        triangles: int64 (t, 3, 3) linear light, t corners of three channels.

    Returns:
        int64 (n, 3): points on the triangles, to within 1/256 of their sides.
    """
    native = kernels.load()
    if native is None:
        return _nearest(points, triangles)
    local, roots = _rough_steps().astype(np.uint16), cube_root_table().astype(np.uint16)
    narrow = np.ascontiguousarray(points, np.uint16), np.ascontiguousarray(triangles, np.uint16)
    out = np.empty(points.shape, np.uint16)
    scratch = np.empty((len(triangles) * len(local), 4), np.int32)
    native.nearest_mixture(*narrow, local, roots, scratch, out)
    return out.astype(np.int64)


class _Aim(NamedTuple):
    """What is asked for, (n, 4), and what its differences of chroma and of hue count, (n,)."""

    looks: Ints
    radial: Ints
    across: Ints


def _nearest(points: Ints, triangles: Ints) -> Ints:
    looks = _looks(points)
    chroma = looks[:, 3]
    aim = _Aim(looks, (9 << 30) // (3072 + chroma) ** 2, (1 << 36) // (8192 + chroma) ** 2)
    place = _rough(aim, triangles)
    found = (*_distance(aim, triangles, place), place)
    for step in _STEPS:
        found = _closer(aim, triangles, found, step)
    return found[0]


Found = tuple[Ints, Ints, Ints]
"""Points, their squared distances, and their places (triangle, steps to its 2nd and 3rd corner)."""


def _closer(aim: _Aim, triangles: Ints, found: Found, step: int) -> Found:
    best, distance, place = found
    middle = place
    for right, up in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)):
        tried = middle + np.array([0, right * step, up * step])
        point, far = _distance(aim, triangles, tried)
        _, second, third = tried.T
        better = (far < distance) & (second >= 0) & (third >= 0) & (second + third <= _FINE)
        best = np.where(better[:, None], point, best)
        place = np.where(better[:, None], tried, place)
        distance = np.where(better, far, distance)
    return best, distance, place


def _rough(aim: _Aim, triangles: Ints) -> Ints:
    """The nearest of a few points of each triangle, as places; the first one on a tie."""
    local = _rough_steps()
    number = np.arange(len(triangles)).repeat(len(local))
    places = np.column_stack([number, np.tile(local, (len(triangles), 1))])
    # Products and sums of these integers stay below 2^53, so any order of adding is exact.
    tried = _looks(_at(triangles, places)).astype(np.float64)
    terms = np.column_stack([tried, tried[:, 0] ** 2, tried[:, 3] ** 2]).T
    factors = _factors(aim)
    chosen = np.empty(len(factors), np.int64)
    for start in range(0, len(factors), _CHUNK):
        part = slice(start, start + _CHUNK)
        chosen[part] = (factors[part] @ terms).argmin(1)
    return np.asarray(places[chosen])


def _factors(aim: _Aim) -> NDArray[np.float64]:
    """float64 (n, 6): of L, a, b, C, L^2 and C^2 in the sum that is least at the nearest."""
    light, a, b, chroma = aim.looks.T
    columns = (
        -2048 * light,
        -2 * aim.across * a,
        -2 * aim.across * b,
        2 * (aim.across - aim.radial) * chroma,
        np.full_like(light, 1024),
        aim.radial,
    )
    return np.column_stack(columns).astype(np.float64)


@cache
def _rough_steps() -> Ints:
    """int64 (n, 2): places in a triangle, denser at its sides.

    In the dark OKLab is steep, and the sides of a face are where its darkest and its most
    saturated colors are. Squares of evenly spaced weights, of sum 1 again, do that.
    """
    every = range(_COARSE + 1)
    weights = [(_COARSE - i - j, i, j) for i in every for j in every if i + j <= _COARSE]
    square = np.array(weights, np.int64) ** 2
    return freeze(square[:, 1:] * _FINE // square.sum(1, keepdims=True))


def _at(triangles: Ints, places: Ints) -> Ints:
    """int64 (n, 3): the points at places."""
    number, second, third = places.T
    total = triangles[:, 0].take(number, axis=0) * (_FINE - second - third)[:, None]
    total += triangles[:, 1].take(number, axis=0) * second[:, None]
    total += triangles[:, 2].take(number, axis=0) * third[:, None]
    return np.asarray((total + _FINE // 2) >> 8)


def _distance(aim: _Aim, triangles: Ints, places: Ints) -> tuple[Ints, Ints]:
    points = _at(triangles, places)
    return points, _apart(aim, _looks(points))


def _apart(aim: _Aim, seen: Ints) -> Ints:
    light, _, _, radial = (aim.looks - seen).T
    inner = (aim.looks[:, 1:3] * seen[:, 1:3]).sum(1)
    across = aim.looks[:, 3] * seen[:, 3] - inner  # half of dH^2
    return np.asarray(1024 * light**2 + aim.radial * radial**2 + 2 * aim.across * across)


def _looks(points: Ints) -> Ints:
    """int64 (n, 4): L, a, b and C; outside the cube is no color and counts as its border."""
    lab = oklab(points.clip(0, LINEAR_MAX).astype(np.uint16), CHROMA).astype(np.int64)
    square = lab[:, 1] ** 2 + lab[:, 2] ** 2
    # IEEE square roots of integers below 2^52 never round to or past the next integer.
    chroma = np.ceil(np.sqrt(square.astype(np.float64))).astype(np.int64)
    return np.column_stack([lab, chroma])
