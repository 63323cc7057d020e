"""Landscape: a mountain lake in low sun, ray cast over a height map column by column."""

from typing import NamedTuple

import draw_ground
import draw_terrain
import numpy as np
from draw_light import Field, color, film, halved, mix, smoothstep, to_srgb
from draw_noise import fbm, hashed
from draw_sky import glow, sky
from draw_terrain import Terrain, look_up
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 400
_FOCAL = 620.0
_HORIZON = 226.0
_EYE = 0.042
_MIRROR_ROWS = 320


class View(NamedTuple):
    """Rays of a picture: slopes east (columns) and up (rows) for one unit north."""

    east: Field
    up: Field


class Hits(NamedTuple):
    """What each ray meets, in kilometers; `north` is 0 where it meets the sky."""

    north: Field
    east: Field
    height: Field


def _view(scale: int) -> View:
    columns = (np.arange(WIDTH * scale) + 0.5) / scale - WIDTH / 2
    rows = _HORIZON - (np.arange(HEIGHT * scale) + 0.5) / scale
    return View((columns / _FOCAL).astype(np.float32), (rows / _FOCAL).astype(np.float32))


def _distances() -> Field:
    steps = np.full(1850, 1.003)
    steps[0] = 0.05
    return np.cumprod(steps).astype(np.float32)


def _march(slopes: Field, distances: Field, up: Field) -> Field:
    """Distance north of the first surface each ray of one column meets, 0 for none."""
    top = np.maximum.accumulate(slopes)
    at = np.searchsorted(top, up)
    k = np.clip(at, 1, len(top) - 1)
    rise = np.maximum(slopes[k] - slopes[k - 1], np.float32(1e-9))
    t = np.clip((up - slopes[k - 1]) / rise, 0, 1)
    north = distances[k - 1] + t * (distances[k] - distances[k - 1])
    found: Field = np.where(at < len(top), north, np.float32(0))
    return found


def _cast(view: View, eye: float, surface: Field, distances: Field) -> Hits:
    slopes = np.ascontiguousarray(((surface - eye) / distances[:, None]).T)
    north = np.stack([_march(column, distances, view.up) for column in slopes], 1)
    return Hits(north, north * view.east, eye + north * view.up[:, None])


def _hazed(light: Field, east: Field, up: Field, hit: Hits) -> Field:
    """Light after its way through the air, which is thicker low down."""
    far = hit.north * np.sqrt(1 + east * east)
    thick = far * (0.22 + 0.78 * np.exp(-3.2 * np.maximum(hit.height, 0)))
    keep = np.exp(-thick[..., None] * color(0.050, 0.060, 0.082))
    halo = glow(east, np.maximum(up, 0))[..., None]
    veil: Field = color(0.36, 0.44, 0.60) + halo * color(2.1, 1.05, 0.42)
    return veil + keep * (light - veil)


def _seen(land: Terrain, view: View, hits: Hits) -> Field:
    """Linear light of every ray, sky where nothing is met."""
    east, up = np.broadcast_arrays(view.east, view.up[:, None])
    out = np.zeros((*hits.north.shape, 3), np.float32)
    met = hits.north > 0
    hit = Hits(hits.north[met], hits.east[met], hits.height[met])
    out[met] = _hazed(draw_ground.shade(land, hit.east, hit.north), east[met], up[met], hit)
    out[~met] = sky(east[~met], up[~met])
    return out


def _sampled(picture: Field, row: Field, column: Field) -> Field:
    """A picture's values between its pixels."""
    r = np.clip(row, 0, picture.shape[0] - 1.001)
    c = np.clip(column, 0, picture.shape[1] - 1.001)
    i, j = r.astype(np.int64), c.astype(np.int64)
    upper = mix(picture[i, j], picture[i, j + 1], c - j)
    lower = mix(picture[i + 1, j], picture[i + 1, j + 1], c - j)
    return mix(upper, lower, r - i)


def _water(mirror: Field, x: Field, z: Field) -> Field:
    """Light from the lake: the mirrored picture, bent by ripples, over the water's own color."""
    wind = smoothstep(0.0, 0.45, fbm(x * 1.3 + 2, z * 4.0, 4, 400))
    size = 0.010 + 0.05 * wind
    ripple = fbm(x * 70, z * 130, 6, 410, 0.66) * size
    sway = fbm(x * 70 + 9, z * 130, 6, 420, 0.66) * size * 0.35
    up = _EYE / z + np.abs(ripple) + 0.6 * ripple
    seen = _sampled(mirror, up * _FOCAL, (x / z + sway) * _FOCAL + (WIDTH - 1) / 2)
    steep = np.clip(up / np.sqrt(1 + up * up), 0, 1)
    fresnel = 0.02 + 0.98 * (1 - steep) ** 5
    return mix(color(0.012, 0.05, 0.06), 0.95 * seen, fresnel)


def _light() -> Field:
    """The scene's linear light at twice the size."""
    land = draw_terrain.build(draw_ground.SUN)
    view, distances = _view(2), _distances()
    x = distances[:, None] * view.east
    surface = draw_ground.surface(land, x, np.broadcast_to(distances[:, None], x.shape))
    hits = _cast(view, _EYE, surface, distances)
    wet = (hits.north > 0) & (look_up(land.height, hits.east, hits.north) <= 0)
    light = _seen(land, view, hits._replace(north=np.where(wet, np.float32(0), hits.north)))
    upward = View(_view(1).east, np.arange(_MIRROR_ROWS, dtype=np.float32) / np.float32(_FOCAL))
    dry = np.where(surface[:, ::2] > 0, surface[:, ::2], np.float32(-1))
    mirror = _seen(land, upward, _cast(upward, -_EYE, dry, distances))
    light[wet] = _water(mirror, hits.east[wet], hits.north[wet])
    return light


def landscape() -> NDArray[np.uint8]:
    """The picture: uint8 (400, 640, 3) sRGB."""
    grain = hashed(WIDTH * HEIGHT * 2, 999).reshape(HEIGHT, WIDTH, 2).sum(-1, keepdims=True)
    return to_srgb(halved(film(_light(), 0.80, 1.20, 0.022)), 1.5 * grain)
