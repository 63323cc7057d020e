"""Solids: signed distances of points to simple bodies, and their smooth unions.

Products, quotients and square roots alone, so a ray meets the same body on every machine.
"""

from typing import NamedTuple

import numpy as np
from draw_light import Field

Triple = tuple[float, float, float]


class Point(NamedTuple):
    """Points: x to the right, y up, z toward the viewer."""

    x: Field
    y: Field
    z: Field


def length(p: Point) -> Field:
    """Distance from the origin."""
    out: Field = np.sqrt(p.x * p.x + p.y * p.y + p.z * p.z)
    return out


def shifted(p: Point, by: Triple) -> Point:
    """The points as seen from `by`."""
    return Point(p.x - by[0], p.y - by[1], p.z - by[2])


def along(p: Point, direction: Triple | Point, distance: float | Field) -> Point:
    """The points moved by a distance in a direction, or each in its own."""
    x, y, z = direction
    return Point(p.x + distance * x, p.y + distance * y, p.z + distance * z)


def dot(p: Point, q: Triple | Point) -> Field:
    """Scalar product with one vector, or with each point's own."""
    x, y, z = q
    out: Field = p.x * x + p.y * y + p.z * z
    return out


def mirrored(p: Point) -> Point:
    """Left and right folded onto each other."""
    return p._replace(x=np.abs(p.x))


def ball(p: Point, center: Triple, radius: float) -> Field:
    """Distance to a sphere."""
    return length(shifted(p, center)) - radius


def egg(p: Point, center: Triple, radii: Triple) -> Field:
    """Distance to an ellipsoid, to first order.

    Inigo Quilez, "Ellipsoid SDF": the implicit function over the length of its gradient.
    """
    q = shifted(p, center)
    unit = Point(*(value * (1 / r) for value, r in zip(q, radii, strict=True)))
    steep = Point(*(value * (1 / r) for value, r in zip(unit, radii, strict=True)))
    k = length(unit)
    return k * (k - 1) / (length(steep) + 1e-6)


def limb(p: Point, start: Triple, end: Triple, radii: tuple[float, float]) -> Field:
    """Distance to a rod with round ends whose thickness changes from start to end."""
    axis = (end[0] - start[0], end[1] - start[1], end[2] - start[2])
    square = axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]
    q = shifted(p, start)
    t: Field = np.clip(dot(q, axis) * (1 / square), 0, 1)
    return length(along(q, axis, -t)) - (radii[0] + (radii[1] - radii[0]) * t)


def blend(a: Field, b: Field, width: float) -> Field:
    """Union with a seam that is rounded over `width`."""
    h = np.maximum(width - np.abs(a - b), 0)
    out: Field = np.minimum(a, b) - h * h * (0.25 / width)
    return out


def cut(a: Field, b: Field, width: float) -> Field:
    """`a` where it is inside `b` too, with an edge that is rounded over `width`."""
    return -blend(-a, -b, width)


def wave(turns: Field) -> Field:
    """Nearly a cosine, 1 at whole turns."""
    t: Field = 2 * np.abs(turns - np.rint(turns))
    return 1 - t * t * (6 - 4 * t)
