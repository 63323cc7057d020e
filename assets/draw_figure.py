"""Figure: the bust of the portrait as solids, a sleeping face under a turban."""

from typing import NamedTuple

import numpy as np
from draw_light import Field
from draw_solid import Point, ball, blend, cut, egg, limb, mirrored, wave


class Parts(NamedTuple):
    """Distance of points to each material of the figure."""

    skin: Field
    turban: Field
    scarf: Field
    coat: Field
    collar: Field
    pearl: Field


def head_frame(p: Point) -> Point:
    """Points as the head has them, which looks to the left and a little down."""
    x, z = 0.835 * p.x + 0.55 * p.z, 0.835 * p.z - 0.55 * p.x
    lifted = p.y + 0.1
    return Point(x, 0.99 * lifted + 0.141 * z - 0.1, 0.99 * z - 0.141 * lifted)


def _body_frame(p: Point) -> Point:
    return Point(0.93 * p.x + 0.3676 * p.z, p.y, 0.93 * p.z - 0.3676 * p.x)


def lips(p: Point) -> Field:
    """Distance to the lips alone, in the head's frame."""
    m = mirrored(p)
    bow = egg(m, (0.022, 0.084, 0.474), (0.036, 0.020, 0.036))
    corner = egg(m, (0.048, 0.076, 0.455), (0.042, 0.014, 0.032))
    lower = egg(p, (0, 0.036, 0.464), (0.058, 0.026, 0.036))
    return np.minimum(blend(bow, corner, 0.02), lower)


def _skull(p: Point, m: Point) -> Field:
    d = egg(p, (0, 0.60, -0.10), (0.43, 0.46, 0.53))
    d = blend(d, egg(p, (0, 0.25, 0.10), (0.315, 0.45, 0.365)), 0.15)
    d = blend(d, egg(p, (0, -0.105, 0.30), (0.10, 0.095, 0.105)), 0.17)
    d = blend(d, egg(m, (0.19, 0.25, 0.26), (0.14, 0.14, 0.14)), 0.14)
    return blend(d, egg(p, (0, 0.06, 0.375), (0.10, 0.085, 0.07)), 0.10)


def _eyes(d: Field, m: Point) -> Field:
    d = cut(d, -egg(m, (0.16, 0.425, 0.565), (0.12, 0.065, 0.13)), 0.15)
    d = blend(d, egg(m, (0.155, 0.405, 0.365), (0.09, 0.068, 0.085)), 0.03)
    return blend(d, limb(m, (0, 0.522, 0.455), (0.25, 0.535, 0.35), (0.024, 0.020)), 0.13)


def _nose(d: Field, p: Point, m: Point) -> Field:
    d = blend(d, limb(p, (0, 0.50, 0.445), (0, 0.275, 0.560), (0.020, 0.028)), 0.085)
    d = blend(d, egg(p, (0, 0.262, 0.555), (0.042, 0.040, 0.045)), 0.04)
    d = blend(d, egg(m, (0.043, 0.243, 0.510), (0.030, 0.030, 0.042)), 0.035)
    d = cut(d, -egg(m, (0.024, 0.214, 0.535), (0.014, 0.014, 0.022)), 0.02)
    return cut(d, -limb(p, (0, 0.195, 0.500), (0, 0.125, 0.49), (0.010, 0.014)), 0.035)


def _mouth(d: Field, p: Point, m: Point) -> Field:
    d = blend(d, lips(p), 0.03)
    return cut(d, -limb(m, (0, 0.059, 0.510), (0.060, 0.063, 0.468), (0.003, 0.002)), 0.016)


def _ear(m: Point) -> Field:
    shell = egg(m, (0.40, 0.30, -0.05), (0.040, 0.135, 0.085))
    return cut(shell, -egg(m, (0.45, 0.32, -0.035), (0.030, 0.075, 0.045)), 0.03)


def _head(p: Point) -> Field:
    m = mirrored(p)
    d = _nose(_eyes(_skull(p, m), m), p, m)
    return blend(_mouth(d, p, m), _ear(m), 0.04)


def _body(p: Point) -> Field:
    m = mirrored(p)
    d = limb(p, (0, 0.1, -0.12), (0, -0.70, -0.20), (0.180, 0.200))
    d = blend(d, limb(m, (0.05, -0.76, -0.20), (0.66, -1.06, -0.22), (0.18, 0.19)), 0.28)
    d = blend(d, egg(p, (0, -1.37, -0.15), (0.70, 0.62, 0.38)), 0.25)
    return blend(d, limb(m, (0.24, 0.16, -0.1), (0.05, -0.78, 0.04), (0.050, 0.045)), 0.11)


def _turban(p: Point) -> Field:
    x, y, z = p
    broad = wave(2.3 * y + 1.5 * z + 0.9 * x * x + 0.35 * wave(0.6 * x + 0.3 * y))
    fine = wave(5.3 * y + 3.0 * z - 0.8 * x + 0.4 * wave(0.9 * x))
    wrapped = egg(p, (0, 0.655, -0.11), (0.48, 0.42, 0.57)) - 0.020 * broad - 0.007 * fine
    hem = 0.85 * (0.595 - y + 0.62 * (z - 0.40) + 0.18 * x * x)
    return cut(wrapped, hem, 0.05)


def _scarf(p: Point) -> Field:
    """Knotted on top of the turban, then falling behind the shoulder in pleats."""
    x, y, z = p
    pleats = wave(7.0 * x + 3.0 * z - 0.5 * y + 0.25 * wave(0.7 * y + 0.2))
    creases = wave(13.0 * x + 7.0 * z + 1.3 * y)
    knot = egg(p, (0.03, 0.98, -0.42), (0.16, 0.13, 0.16))
    fall = limb(p, (0.06, 0.96, -0.50), (0.25, 0.50, -0.62), (0.070, 0.080))
    fall = blend(fall, limb(p, (0.25, 0.50, -0.62), (0.30, -0.62, -0.42), (0.080, 0.15)), 0.2)
    end = -(y + 0.50 + 0.25 * x + 0.04 * pleats)
    fall = cut(fall - 0.016 * pleats - 0.003 * creases, end, 0.03)
    return 0.8 * blend(knot - 0.010 * wave(3.1 * x + 2.2 * y - 1.7 * z), fall, 0.1)


def _coat(q: Point, body: Field, neckline: Field) -> Field:
    broad = wave(1.7 * q.x + 1.9 * q.y + 0.5 * wave(0.9 * q.y - 0.5 * q.x))
    fine = wave(3.9 * q.x - 1.9 * q.y + 0.7 * wave(1.1 * q.x))
    return cut(body - 0.035 - 0.016 * broad - 0.006 * fine, neckline + 0.59, 0.03)


def parts(p: Point) -> Parts:
    """Distances to all parts of the figure."""
    h, q = head_frame(p), _body_frame(p)
    body = _body(q)
    neckline = q.y + 0.28 * (q.z - 0.1) - 0.20 * np.abs(q.x)
    collar = cut(np.abs(body - 0.035) - 0.022, np.abs(neckline + 0.55) - 0.055, 0.03)
    pearl = ball(h, (0.418, 0.085, -0.015), 0.056)
    skin = blend(_head(h), body, 0.09)
    return Parts(skin, _turban(h), _scarf(h), _coat(q, body, neckline), collar, pearl)


def distance(x: Field, y: Field, z: Field) -> Field:
    """Distance of points to the figure."""
    out: Field = np.minimum.reduce(parts(Point(x, y, z)))
    return out
