"""Terrain: a height map of mountains round a lake, with its light and its woods.

East is x, north is z, and all lengths are kilometers.
"""

from functools import cache, partial
from typing import NamedTuple

import numpy as np
from draw_light import Field, smoothstep
from draw_noise import fbm, hashed, in_blocks

CELL = 0.0125
"""Distance between two points of the maps."""

_SIZE = 1024
_WEST = -6.4

Place = tuple[tuple[float, float], float, float]
"""(east, north), what it adds there, and how far it reaches."""

_PEAKS = (
    ((1.55, 7.4), 1.66, 1.85),
    ((4.3, 5.8), 1.3, 1.4),
    ((-4.3, 6.3), 1.45, 1.9),
    ((-0.6, 11.4), 1.3, 1.4),
    ((-3.3, 10.9), 1.0, 1.6),
    ((0.6, 9.6), 0.6, 1.2),
)
_HEADLANDS = (
    ((-0.66, 1.22), 1.3, 0.36),
    ((0.98, 1.65), 1.2, 0.40),
    ((0.25, 2.7), 0.5, 0.30),
)


class Terrain(NamedTuple):
    """Maps over the ground, rows to the north, columns to the east.

    Attributes:
        height: Above the lake; negative under water.
        sun: 1 in full sun, 0 in shadow.
        openness: Share of the sky that is seen, roughly; above 1 on ridges.
        woods: Share of trees, 0..1.
    """

    height: Field
    sun: Field
    openness: Field
    woods: Field


def _bumps(x: Field, z: Field, places: tuple[Place, ...]) -> Field:
    total = np.zeros_like(x)
    for (east, north), amount, reach in places:
        dx, dz = (x - east) * (1 / reach), (z - north) * (1 / reach)
        total += amount / np.square(1 + dx * dx + dz * dz)
    return total


def _shore(x: Field, z: Field) -> Field:
    """0 in the middle of the lake, 1 on its shore, then growing."""
    bend = 0.4 * fbm(x * 1.3, z * 1.3, 6, 20)
    dx, dz = (x + 0.1 + bend * 0.8) * 0.526, (z - 1.6 + bend) * 0.645
    away: Field = np.sqrt(dx * dx + dz * dz)
    return away + _bumps(x, z, _HEADLANDS)


def _relief(x: Field, z: Field) -> Field:
    """Height of the ground before rain has worked on it."""
    shore = _shore(x, z)
    rough = fbm(x * 0.62 + 3.64, z * 0.62, 3, 40, 0.42)
    ridged = 1 - 1.9 * np.abs(fbm(x * 0.5 + 0.27, z * 0.5, 3, 60, 0.36))
    valley = (x + 0.24 * z + 0.25 * rough) * 1.82
    hills = (rough + 0.55) * (1 - 0.85 / (1 + valley * valley))
    land: Field = _bumps(x, z, _PEAKS) * (0.62 + 0.75 * ridged) + 0.26 * hills
    bank: Field = np.clip(shore - 1, -1, 0.7)
    return smoothstep(0.95, 2.6, shore) * land + 0.07 * bank


def _wave(turns: Field) -> Field:
    """Nearly a cosine, 1 at whole turns; of products alone, so the same everywhere."""
    t: Field = 2 * np.abs(turns - np.rint(turns))
    return 1 - t * t * (6 - 4 * t)


@cache
def _jitter(seed: int) -> Field:
    return 0.4 * hashed(1 << 17, seed)


def _stripes(x: Field, z: Field, east: Field, north: Field, seed: int) -> Field:
    """Waves along (east, north), a patch of them round each of nine jittered points, blended."""
    i, j = np.floor(x).astype(np.int32), np.floor(z).astype(np.int32)
    fx, fz = x - i.astype(np.float32), z - j.astype(np.float32)
    jitter, total, weight = _jitter(seed), np.zeros_like(x), np.full_like(x, 1e-6)
    for step in range(9):
        dj, di = step // 3 - 1, step % 3 - 1
        at = ((j + dj & 255) << 8 | (i + di & 255)) << 1
        px, pz = fx - (di + 0.5) - jitter[at], fz - (dj + 0.5) - jitter[at + 1]
        near = np.maximum(1 - 0.5 * (px * px + pz * pz), 0)
        near *= near * near
        total += near * _wave(0.83 * (px * east + pz * north))
        weight += near
    return total / weight


def _carved(height: Field, x: Field, z: Field) -> Field:
    """Gullies down every slope, each octave finer and following the ones before.

    After the idea of Clay John, "Eroded Terrain Noise" (2018).
    """
    size, depth = 0.9, 0.13
    for octave in range(7):
        gz, gx = (g * (1 / CELL) for g in np.gradient(height))
        steep = np.sqrt(gx * gx + gz * gz) + 1e-4
        stripes = partial(_stripes, seed=octave)
        wave = in_blocks(stripes, x * size, z * size, -gz / steep, gx / steep)
        strength = smoothstep(0.06, 0.5, steep) * (0.4 + 0.6 * smoothstep(0.1, 0.5, height))
        height = height + depth * strength * wave
        size, depth = size * 1.8, depth * 0.5
    return height


def _sunlit(height: Field, sun: tuple[float, float, float]) -> Field:
    """Sweep from west to east; on the way the shadow's edge sinks and drifts."""
    east, up, north = sun
    rows = np.arange(len(height), dtype=np.float32)
    edge, out = height[:, 0], np.empty_like(height)
    for column in range(height.shape[1]):
        out[:, column] = smoothstep(-0.03, 0.012, height[:, column] - edge)
        moved = np.interp(rows - north / -east, rows, edge).astype(np.float32)
        edge = np.maximum(moved, height[:, column]) - CELL * up / -east
    return out


def _blurred(field: Field, radius: int) -> Field:
    """Mean over a square of 2 * radius + 1 cells a side."""
    wide = 2 * radius + 1
    padded = np.pad(field, (radius + 1, radius), "edge").astype(np.float64)
    total = padded.cumsum(0).cumsum(1)
    box: Field = (
        total[wide:, wide:] - total[:-wide, wide:] - total[wide:, :-wide] + total[:-wide, :-wide]
    )
    return (box / wide**2).astype(np.float32)


def _openness(height: Field) -> Field:
    out = np.ones_like(height)
    for radius, weight in ((2, 12.0), (10, 3.0), (40, 0.8)):
        out += weight * (height - _blurred(height, radius))
    return np.clip(out, 0.3, 1.4)


def _woods(x: Field, z: Field, height: Field) -> Field:
    patch, fine = fbm(x * 2.1, z * 2.1, 4, 200), fbm(x * 9, z * 9, 3, 210)
    line = smoothstep(0.60, 0.42, height + 0.16 * patch + 0.05 * fine)
    glade = smoothstep(0.34, 0.24, patch + 0.35 * fine)
    return line * glade * smoothstep(0.001, 0.004, height)


def build(sun: tuple[float, float, float]) -> Terrain:
    """The whole terrain, lit by a sun in direction (east, up, north); east is negative."""
    steps = np.arange(_SIZE, dtype=np.float32) * CELL
    x, z = np.meshgrid(steps + _WEST, steps)
    height = _carved(_relief(x, z), x, z)
    lit = _sunlit(np.maximum(height, 0), sun)
    return Terrain(height, lit, _openness(height), _woods(x, z, height))


def look_up(field: Field, x: Field, z: Field) -> Field:
    """A map's values at points, bilinear, clamped at its borders."""

    def between(px: Field, pz: Field) -> Field:
        gx = np.clip((px - _WEST) * (1 / CELL), 0, _SIZE - 1.001)
        gz = np.clip(pz * (1 / CELL), 0, _SIZE - 1.001)
        i, j = gx.astype(np.int32), gz.astype(np.int32)
        tx: Field = gx - i.astype(np.float32)
        tz: Field = gz - j.astype(np.float32)
        at = j * _SIZE + i
        south: Field = flat[at] + tx * (flat[at + 1] - flat[at])
        north: Field = flat[at + _SIZE] + tx * (flat[at + _SIZE + 1] - flat[at + _SIZE])
        return south + tz * (north - south)

    flat = field.reshape(-1)
    return in_blocks(between, x, z)
