"""Ground: how rock, snow, grass and conifers look in the sun. All lengths are kilometers."""

from functools import cache
from typing import NamedTuple

import numpy as np
from draw_light import Field, color, mix, smoothstep
from draw_noise import fbm, hashed, noise
from draw_terrain import CELL, Terrain, look_up

SUN = (-0.90, 0.30, 0.31)
"""Direction to the sun: east, up, north."""

_TREE_CELL = 0.0006
_TILE = 1024
_ROWS = 118
_CROWN = 7


class Conifers(NamedTuple):
    """A square of forest that repeats without a seam: (1024, 1024), 0.6 m a cell.

    Attributes:
        height: Above the ground.
        tint: One value for each tree, -1..1.
        side: How much of the light from the west a crown's side gets, 0..1.
    """

    height: Field
    tint: Field
    side: Field


class Site(NamedTuple):
    """Points of the ground (n,), with what the map says of them.

    Attributes:
        x: To the east.
        z: To the north.
        ground: Height above the lake.
        normal: East, up and north parts of the unit normal.
        grain: Fine noise, -1..1.
    """

    x: Field
    z: Field
    ground: Field
    normal: tuple[Field, Field, Field]
    grain: Field


@cache
def conifers() -> Conifers:
    """Plants one tree in each cell of a jittered grid; where crowns meet, the higher one shows."""
    count, pitch = _ROWS * _ROWS, _TILE / _ROWS
    east, north, size, tint = hashed(4 * count, 77).reshape(4, count, 1)
    column, row = np.arange(count)[:, None] % _ROWS, np.arange(count)[:, None] // _ROWS
    dy, dx = (axis.ravel() for axis in np.mgrid[-_CROWN : _CROWN + 1, -_CROWN : _CROWN + 1])
    ragged = 0.6 * (np.sqrt(dx * dx + dy * dy) + hashed(dx.size, 5))
    tall = np.maximum(1 - ragged / (3.2 + 0.8 * size), 0) * (0.018 + 0.006 * size)
    at_y = ((row + 0.5 + 0.45 * north) * pitch).astype(np.int64) + dy
    at_x = ((column + 0.5 + 0.45 * east) * pitch).astype(np.int64) + dx
    best = np.zeros((_TILE, _TILE), np.int64)
    ranked = (tall * 1e7).astype(np.int64) * count + np.arange(count)[:, None]
    np.maximum.at(best, (at_y % _TILE, at_x % _TILE), ranked)
    height = (best // count).astype(np.float32) * 1e-7
    fall = np.roll(height, -1, 1) - np.roll(height, 1, 1)
    return Conifers(height, tint[best % count, 0], np.clip(0.5 + fall * 83, 0, 1))


def _tiled(field: Field, x: Field, z: Field) -> Field:
    i = np.floor(x * (1 / _TREE_CELL)).astype(np.int32) & (_TILE - 1)
    j = np.floor(z * (1 / _TREE_CELL)).astype(np.int32) & (_TILE - 1)
    values: Field = field.reshape(-1)[j * _TILE + i]
    return values


def surface(land: Terrain, x: Field, z: Field) -> Field:
    """Height of what is seen: water, ground or tree tops."""
    ground = look_up(land.height, x, z)
    rough = 0.004 * noise(x * 60, z * 60, 300) * smoothstep(0.0, 0.1, ground)
    trees = _tiled(conifers().height, x, z) * look_up(land.woods, x, z)
    return np.where(ground > 0, ground + rough + trees, np.float32(0))


def _site(land: Terrain, x: Field, z: Field) -> Site:
    gx = look_up(land.height, x + CELL, z) - look_up(land.height, x - CELL, z)
    gz = look_up(land.height, x, z + CELL) - look_up(land.height, x, z - CELL)
    gx = gx * (0.5 / CELL) + 0.5 * fbm(x * 32, z * 32, 4, 310, 0.6)
    gz = gz * (0.5 / CELL) + 0.5 * fbm(x * 32, z * 32, 4, 320, 0.6)
    size = np.sqrt(gx * gx + gz * gz + 1)
    grain = fbm(x * 18, z * 18, 5, 330, 0.6)
    return Site(x, z, look_up(land.height, x, z), (-gx / size, 1 / size, -gz / size), grain)


def _soil(site: Site) -> Field:
    """Albedo of sand, grass and layered rock."""
    layers = noise(site.ground * 38 + site.grain * 1.2, site.x * 1.5, 340)
    gray = smoothstep(-0.7, 0.7, site.grain + 0.5 * layers)
    dry = smoothstep(-0.4, 0.5, site.grain)
    rocky = smoothstep(0.86, 0.72, site.normal[1] + 0.1 * site.grain - 0.35 * (site.ground - 0.5))
    stone = mix(color(0.15, 0.135, 0.135), color(0.36, 0.30, 0.255), gray)
    grass = mix(color(0.07, 0.105, 0.025), color(0.24, 0.20, 0.055), dry)
    sand = mix(color(0.11, 0.095, 0.07), color(0.24, 0.20, 0.15), dry)
    return mix(sand, mix(grass, stone, rocky), smoothstep(0.0015, 0.004, site.ground))


def _snowed(soil: Field, site: Site, openness: Field) -> Field:
    """Snow lies high up, where it is not too steep, and longest in the gullies."""
    hold = site.normal[1] + 0.12 * site.grain + 0.35 * (1 - openness)
    snow = smoothstep(0.86, 1.12, site.ground + 0.22 * site.grain) * smoothstep(0.50, 0.68, hold)
    return mix(soil, color(0.88, 0.90, 0.93), snow)


def _needles(site: Site) -> Field:
    """Albedo of trees: dark spruce, and golden larch in some places."""
    tint = _tiled(conifers().tint, site.x, site.z)
    light = 0.5 + 0.5 * tint
    spruce = mix(color(0.018, 0.052, 0.022), color(0.085, 0.130, 0.026), light)
    larch = mix(color(0.10, 0.065, 0.012), color(0.24, 0.14, 0.016), light)
    stand = fbm(site.x * 2.6, site.z * 2.6, 4, 350)
    return mix(spruce, larch, smoothstep(0.75, 0.95, tint * 0.25 + 1.3 * stand + 0.35))


def _sunshine(land: Terrain, site: Site) -> Field:
    """0 in the shadow of mountains, less than 1 in the shadow of clouds."""
    clouds = smoothstep(-0.22, 0.12, fbm(site.x * 0.7, site.z * 0.7, 4, 360))
    return look_up(land.sun, site.x, site.z) * (0.25 + 0.75 * clouds)


def shade(land: Terrain, x: Field, z: Field) -> Field:
    """Linear light (n, 3) that the points send out, before the air between."""
    site = _site(land, x, z)
    facing: Field = np.maximum(sum(n * s for n, s in zip(site.normal, SUN, strict=True)), 0)
    openness, woods = look_up(land.openness, x, z), look_up(land.woods, x, z)
    woods = smoothstep(0.3, 0.7, woods)
    top = np.clip(_tiled(conifers().height, x, z) * 56, 0, 1)
    crown = top * _tiled(conifers().side, x, z) * (0.6 + 0.9 * facing)
    direct = _sunshine(land, site) * (facing + woods * (crown - facing))
    ambient: Field = openness * (0.6 + 0.4 * site.normal[1]) * (1 - woods * 0.85 * (1 - top))
    albedo = mix(_snowed(_soil(site), site, openness), _needles(site), woods)
    warm, cool = color(4.9, 3.1, 1.7), color(0.32, 0.43, 0.68)
    return albedo * (direct[..., None] * warm + ambient[..., None] * cool)
