"""Portrait: a softly lit bust, traced through its distance field."""

from typing import NamedTuple

import numpy as np
from draw_figure import Parts, distance, head_frame, lips, parts
from draw_light import Field, color, film, halved, mix, smoothstep, to_srgb
from draw_noise import hashed, in_blocks
from draw_solid import Point, Triple, along, dot, length, mirrored
from numpy.typing import NDArray

WIDTH, HEIGHT = 400, 480
_ZOOM = 205.0
_NEAR, _FAR = 1.2, -1.2
_COARSE = 4


def _unit(x: float, y: float, z: float) -> Triple:
    size = float(np.sqrt(x * x + y * y + z * z))
    return (x / size, y / size, z / size)


_KEY = _unit(-0.66, 0.50, 0.56)
_RIM = _unit(0.85, 0.25, -0.45)
_FILL = _unit(0.45, 0.05, 0.90)
_HALF = _unit(_KEY[0], _KEY[1], _KEY[2] + 1)

_SKIN, _PEARL = Parts._fields.index("skin"), Parts._fields.index("pearl")
# Of each of the parts, in linear light.
_ALBEDO = np.array(
    [
        (0.600, 0.335, 0.225),
        (0.035, 0.100, 0.300),
        (0.760, 0.500, 0.075),
        (0.220, 0.105, 0.045),
        (0.800, 0.780, 0.720),
        (0.600, 0.600, 0.620),
    ],
    np.float32,
)


class Surface(NamedTuple):
    """Points of the figure that are seen.

    Attributes:
        at: Where they are.
        normal: The unit normal there.
        part: Index into `draw_figure.Parts`.
        sun: Share of the key light that arrives, 0..1.
        open: Share of the surroundings that is not hidden by the figure itself.
    """

    at: Point
    normal: Point
    part: NDArray[np.int64]
    sun: Field
    open: Field


def _distance(p: Point) -> Field:
    return in_blocks(distance, *p)


def _plane(step: int) -> tuple[Field, Field]:
    """Right and up coordinates of every `step`th point of the double-sized picture."""
    columns, rows = np.arange(step / 2, 2 * WIDTH, step), np.arange(step / 2, 2 * HEIGHT, step)
    x = (columns / 2 - WIDTH / 2) / _ZOOM + 0.02
    y = (232 - rows / 2) / _ZOOM + 0.12
    right, up = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    return right, up


def _traced(x: Field, y: Field, z: Field) -> Field:
    """Depth at which rays that start at z and go away from the viewer meet the figure."""
    z, going = z.copy(), np.flatnonzero(z > _FAR)
    for _ in range(56):
        d = _distance(_picked(Point(x, y, z), going))
        z[going] -= np.maximum(0.9 * d, np.float32(2e-4))
        going = going[(d > 4e-4) & (z[going] > _FAR)]
    return z


def _spread(field: Field) -> Field:
    """The largest of each value's 3 x 3 neighbors."""
    padded = np.pad(field, 1, "edge")
    tall = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
    return np.maximum(np.maximum(tall[:, :-2], tall[:, 1:-1]), tall[:, 2:])


def _depths(x: Field, y: Field) -> Field:
    """Depth of the figure; a coarse pass tells the fine one where to start."""
    cx, cy = _plane(_COARSE)
    coarse = _traced(cx.ravel(), cy.ravel(), np.full(cx.size, _NEAR, np.float32))
    start = _spread(coarse.reshape(cx.shape))
    start = np.where(start > _FAR, start + 0.03, start).repeat(_COARSE, 0).repeat(_COARSE, 1)
    return _traced(x.ravel(), y.ravel(), start.ravel()).reshape(x.shape)


def _normal(p: Point) -> Point:
    """Gradient of the distance, from four points of a tetrahedron."""
    total = Point(*np.zeros((3, p.x.size), np.float32))
    for corner in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
        total = along(total, corner, _distance(along(p, corner, 2.5e-3)))
    size = length(total)
    return Point(total.x / size, total.y / size, total.z / size)


def _picked(p: Point, mask: NDArray[np.bool_] | NDArray[np.int64]) -> Point:
    return Point(p.x[mask], p.y[mask], p.z[mask])


def _free_way(start: Point) -> Field:
    """The narrowest cone past the figure on the way to the key light, as distance over way."""
    free, t = np.ones_like(start.x), np.full_like(start.x, 0.03)
    going = np.arange(start.x.size)
    for _ in range(18):
        d = _distance(along(_picked(start, going), _KEY, t[going]))
        free[going] = np.minimum(free[going], 4.0 * d / t[going])
        t[going] += np.clip(d, 0.025, 0.12)
        going = going[(free[going] > -0.1) & (d < 0.6)]
    return free


def _sunlit(p: Point, normal: Point) -> Field:
    """Soft shadow of the key light."""
    out = smoothstep(-0.45, -0.25, dot(normal, _KEY))
    facing = out > 0
    start = along(_picked(p, facing), _picked(normal, facing), 0.012)
    out[facing] *= smoothstep(-0.1, 1, _free_way(start))
    return out


def _openness(p: Point, normal: Point) -> Field:
    closed, weight = np.zeros_like(p.x), 1.3
    for away in (0.03, 0.08, 0.16, 0.28):
        closed += weight * (away - _distance(along(p, normal, away)))
        weight *= 0.62
    return np.clip(1 - closed, 0, 1)


def _surface(x: Field, y: Field, z: Field) -> Surface:
    at = Point(x, y, z)
    normal = _normal(at)
    part = np.argmin(np.stack(parts(at)), 0)
    return Surface(at, normal, part, _sunlit(at, normal), _openness(at, normal))


def _lip_red(head: Point) -> Field:
    return smoothstep(0.010, -0.006, lips(head)) * smoothstep(0.1, 0.2, head.z)


def _made_up(albedo: Field, p: Point, skin: Field) -> Field:
    """Lips, cheeks, brows and lashes."""
    head = head_frame(p)
    m, front = mirrored(head), skin * smoothstep(0.1, 0.2, head.z)
    blush = np.exp(-38 * (np.square(m.x - 0.21) + np.square(m.y - 0.24)))
    out = mix(albedo, color(0.66, 0.25, 0.18), 0.5 * front * blush)
    arch = np.abs(m.y - 0.558 + 1.7 * np.square(m.x - 0.19))
    thick = 0.017 * np.maximum(1 - np.square((m.x - 0.165) / 0.115), 0) + np.float32(1e-4)
    out = mix(out, color(0.16, 0.085, 0.05), 0.75 * front * smoothstep(1.0, 0.1, arch / thick))
    lid = np.abs(m.y - 0.372 - 1.3 * np.square(m.x - 0.155))
    lash = smoothstep(0.010, 0.002, lid) * smoothstep(0.085, 0.075, np.abs(m.x - 0.155))
    out = mix(out, color(0.07, 0.04, 0.03), 0.8 * front * lash)
    return mix(out, color(0.46, 0.07, 0.075), 0.9 * skin * _lip_red(head))


def _diffuse(s: Surface, skin: Field) -> Field:
    """Key light; in skin the red goes round corners and into shadows, as under real skin."""
    facing, soft = dot(s.normal, _KEY), 0.1 + 0.9 * skin
    channels = []
    for round_, bleed in ((0.26, 0.30), (0.15, 0.08), (0.10, 0.0)):
        lit = np.clip((facing + round_ * soft) / (1 + round_ * soft), 0, 1)
        lit = lit * (0.65 + 0.35 * lit * (3 - 2 * lit))
        channels.append(lit * np.maximum(s.sun, np.float32(1e-6)) ** (1 - bleed * soft))
    return np.stack(channels, -1) * color(1.5, 1.28, 1.05)


def _ambient(s: Surface) -> Field:
    sky = s.open * (0.5 + 0.5 * s.normal.y)
    fill = s.open * np.maximum(dot(s.normal, _FILL), 0)
    base = s.open[..., None] * color(0.10, 0.11, 0.14) + sky[..., None] * color(0.07, 0.075, 0.10)
    return base + fill[..., None] * color(0.13, 0.10, 0.09)


def _gloss(s: Surface, skin: Field) -> Field:
    """Rim light from behind, a soft shine on skin, a sharp one on the lips and the pearl."""
    edge = np.clip(1 - s.normal.z, 0, 1) ** 3.5 * s.open
    rim = np.clip(dot(s.normal, _RIM) + 0.1, 0, 1) * edge * (0.6 + 0.4 * skin)
    shine = np.clip(dot(s.normal, _HALF), 0, 1)
    pearl, red = s.part == _PEARL, skin * _lip_red(head_frame(s.at))
    on_skin = s.sun * (skin * (0.13 * shine**26 + 0.045 * shine**8) + 0.35 * red * shine**50)
    on_pearl = pearl * (3 * shine**90 + 0.5 * shine**12 + 0.12 * np.maximum(-s.normal.y, 0))
    gloss: Field = (on_skin + on_pearl)[..., None] * color(1.0, 0.92, 0.84)
    edge_light: Field = rim[..., None] * color(0.30, 0.75, 1.2)
    return gloss + edge_light


def _shaded(s: Surface) -> Field:
    skin = (s.part == _SKIN).astype(np.float32)
    albedo = _made_up(_ALBEDO[s.part], s.at, skin)
    light: Field = albedo * (_diffuse(s, skin) + _ambient(s)) + _gloss(s, skin)
    return light


def _backdrop(x: Field, y: Field) -> Field:
    """A wall with a faint glow behind the shaded side."""
    away: Field = np.sqrt(np.square(x - 0.55) + np.square(y + 0.1))
    return mix(color(0.085, 0.15, 0.15), color(0.010, 0.017, 0.026), smoothstep(0, 1.7, away))


def portrait() -> NDArray[np.uint8]:
    """The picture: uint8 (480, 400, 3) sRGB."""
    x, y = _plane(1)
    depth, light = _depths(x, y), _backdrop(x, y)
    met = depth > _FAR
    light[met] = _shaded(_surface(x[met], y[met], depth[met]))
    grain = hashed(WIDTH * HEIGHT, 7).reshape(HEIGHT, WIDTH, 1)
    return to_srgb(halved(film(light, 0.97, 1.12, 0.003)), 0.5 * grain)
