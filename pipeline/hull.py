"""Convex hulls of a few integer points in space: faces and inside test, exact, any dimension."""

from collections.abc import Sequence
from itertools import combinations, pairwise
from math import gcd, isqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.image import freeze

Ints = NDArray[np.int64]
Vector = tuple[int, int, int]

UNIT = 1 << 14
"""Length of a face's normal."""


class Hull(NamedTuple):
    """A convex hull, which may be flat, a line or a point.

    Attributes:
        triangles: int64 (t, 3, 3): corners of triangles that cover the surface. A line or a
            point is a triangle with equal corners.
        normals: int64 (f, 3), of length `UNIT` to the nearest integers, pointing outwards.
        offsets: int64 (f,): the greatest product of each normal with a point of the hull.
    """

    triangles: Ints
    normals: Ints
    offsets: Ints

    def outside(self, points: NDArray[np.integer]) -> Ints:
        """How far points are outside: (n, 3), 0..65535, to int64 (n,) in 1/`UNIT`.

        Every point of the hull gives at most 0; so may points within 3 units of it, since
        normals are rounded.
        """
        # All products and sums are integers below 2^53: exact in floats, in any order.
        dots = self.normals.astype(np.float64) @ points.T.astype(np.float64)
        return np.asarray((dots - self.offsets[:, None]).max(0).astype(np.int64))


def hull_of(points: NDArray[np.integer]) -> Hull:
    """The convex hull of 1 to 32 points: (n, 3) integers, 0..65535."""
    corners: list[Vector] = sorted({(int(x), int(y), int(z)) for x, y, z in points})
    base = _base(corners)
    if len(base) == 4:
        normals, triangles = _solid(corners)
    else:
        normals, triangles = _flat(corners, base)
    scaled = np.array([_scaled(normal) for normal in normals], np.int64)
    offsets = (np.array(corners, np.int64) @ scaled.T).max(0)
    return Hull(freeze(np.array(triangles, np.int64)), freeze(scaled), freeze(offsets))


def _base(corners: Sequence[Vector]) -> list[Vector]:
    """The first 1 to 4 points that span everything: a point, a line, a plane or space."""
    base = [corners[0]]
    for point in corners[1:]:
        if len(base) == 1 or (len(base) == 2 and any(_normal(base[0], base[1], point))):
            base.append(point)
        elif len(base) == 3 and _dot(_normal(*base), _minus(point, base[0])):
            return [*base, point]
    return base


def _solid(corners: list[Vector]) -> tuple[list[Vector], list[list[Vector]]]:
    """Outward normals of all faces, and the faces cut into triangles."""
    faces = _planes(corners)
    triangles = []
    for normal, offset in faces:
        on = [point for point in corners if _dot(normal, point) == offset]
        triangles += _fan(_outline(on, normal))
    return [normal for normal, _ in faces], triangles


def _planes(corners: list[Vector]) -> list[tuple[Vector, int]]:
    """The planes through three points that have all points on one side, each once."""
    points = np.array(corners, np.int64)
    a, b, c = points[np.array(list(combinations(range(len(points)), 3))).T]
    normals = np.cross(b - a, c - a)  # below 2^34, and products with a point below 2^52
    sides = normals @ points.T - (normals * a).sum(1, keepdims=True)
    found: dict[tuple[Vector, int], None] = {}
    for sign in (1, -1):
        outer = normals.any(1) & (sign * sides <= 0).all(1)
        for normal, point in zip(sign * normals[outer], a[outer], strict=True):
            reduced = _reduced(normal.tolist())
            found[reduced, _dot(reduced, tuple(point.tolist()))] = None
    return list(found)


def _flat(corners: list[Vector], base: list[Vector]) -> tuple[list[Vector], list[list[Vector]]]:
    """The same for points in a plane, on a line, or for one."""
    if len(base) == 3:
        normal = _reduced(_normal(*base))
        outline = _outline(corners, normal)
        ahead = [*outline[1:], outline[0]]
        sides = [
            _reduced(_cross(_minus(b, a), normal)) for a, b in zip(outline, ahead, strict=True)
        ]
        return [normal, _negative(normal), *sides], _fan(outline)
    first, last = corners[0], corners[-1]
    along = _reduced(_minus(last, first)) if first != last else (1, 0, 0)
    across = next(n for e in _AXES if any(n := _cross(along, e)))
    three = (along, across, _reduced(_cross(along, across)))
    return [*three, *map(_negative, three)], [[first, last, last]]


_AXES: tuple[Vector, ...] = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


def _outline(points: list[Vector], normal: Vector) -> list[Vector]:
    """The corners of a convex polygon, counterclockwise seen from where the normal points."""
    outline = [points[0]]  # the least of sorted points is a corner
    while True:
        here = outline[-1]
        following = points[0] if here != points[0] else points[1]
        for point in points:
            turn = _dot(normal, _normal(here, following, point))
            if turn < 0 or (turn == 0 and _span(here, point) > _span(here, following)):
                following = point
        if following == outline[0]:
            return outline
        outline.append(following)


def _fan(outline: list[Vector]) -> list[list[Vector]]:
    return [[outline[0], second, third] for second, third in pairwise(outline[1:])]


def _scaled(normal: Vector) -> Vector:
    length = isqrt(_dot(normal, normal))
    if length < UNIT:  # a longer one of the same direction has the finer root
        return _scaled(_times(normal, UNIT))
    x, y, z = ((2 * UNIT * each + length) // (2 * length) for each in normal)
    return x, y, z


def _times(a: Vector, factor: int) -> Vector:
    return a[0] * factor, a[1] * factor, a[2] * factor


def _negative(a: Vector) -> Vector:
    return _times(a, -1)


def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _dot(a: Sequence[int], b: Sequence[int]) -> int:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _normal(a: Vector, b: Vector, c: Vector) -> Vector:
    return _cross(_minus(b, a), _minus(c, a))


def _span(a: Vector, b: Vector) -> int:
    gap = _minus(b, a)
    return _dot(gap, gap)


def _reduced(a: Sequence[int]) -> Vector:
    common = gcd(*a)
    return a[0] // common, a[1] // common, a[2] // common
