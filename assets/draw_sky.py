"""Sky: gradient, sun glow, lit clouds and far ranges, for rays from the ground."""

import numpy as np
from draw_light import Field, color, mix, smoothstep
from draw_noise import fbm

SUN = (-0.215, 0.142)
"""Where the sun stands: east and up for one unit north."""


def _from_sun(east: Field, up: Field) -> Field:
    """Angle in radians, nearly, between a ray and the sun."""
    dx, dy = east - SUN[0], up - SUN[1]
    angle: Field = np.sqrt(dx * dx + dy * dy)
    return angle


def glow(east: Field, up: Field) -> Field:
    """Light scattered round the sun, 0..1, without the disc."""
    angle = _from_sun(east, up)
    wide: Field = np.exp(-7.5 * angle)
    narrow: Field = np.exp(-16 * angle)
    return 0.65 * wide + 0.35 * narrow


def _air(east: Field, up: Field) -> Field:
    """Clear sky."""
    high, halo = 1 - np.exp(-7.0 * np.maximum(up, 0)), glow(east, up)
    base = mix(color(0.74, 0.60, 0.50), color(0.10, 0.33, 0.66), smoothstep(0, 0.6, high))
    base = mix(base, color(0.020, 0.10, 0.36), smoothstep(0.4, 1.0, high))
    warm = mix(color(1.1, 0.62, 0.26), color(3.2, 1.55, 0.50), halo)
    return mix(base, warm, 1 - np.exp(-3.0 * halo))


def _disc(east: Field, up: Field) -> Field:
    angle = _from_sun(east, up)
    light = 14 * smoothstep(0.011, 0.008, angle) + 2.2 * np.exp(-48 * angle)
    return light[..., None] * color(1.0, 0.82, 0.5)


def _cirrus(x: Field, y: Field) -> Field:
    warp = fbm(x * 0.2, y * 0.2, 3, 130)
    streak = fbm(x * 0.12 + y * 0.25 + warp, y * 0.9 - x * 0.5 + 1.4 * warp, 7, 120, 0.56)
    return smoothstep(0.05, 0.8, streak)


def _cumulus(x: Field, y: Field) -> Field:
    warp = fbm(x * 0.5, y * 0.5, 3, 95)
    body = fbm(x * 0.75 + 0.8 * warp, y * 1.1 + 0.6 * warp, 8, 108, 0.52)
    return smoothstep(0.06, 0.42, body)


def _clouded(light: Field, x: Field, y: Field, near: Field, fade: Field) -> Field:
    """Clouds at points of their plane: lit where little cloud stands between them and the sun."""
    veil = mix(color(0.95, 0.86, 0.84), color(3.0, 1.5, 0.55), near)
    light = mix(light, veil, 0.42 * fade * _cirrus(x, y))
    dense = _cumulus(x, y)
    depth = 0.7 * dense + _cumulus(x - 0.11, y + 0.05) + _cumulus(x - 0.242, y + 0.11)
    bright = mix(color(1.35, 1.0, 0.80), color(3.2, 1.65, 0.65), near)
    dark = mix(color(0.22, 0.23, 0.34), color(0.75, 0.32, 0.20), near)
    cloud = mix(dark, bright, np.minimum(1.5 * np.exp(-1.1 * depth), 1))
    return mix(light, cloud, fade * (1 - np.exp(-3.2 * dense)))


def _ranges(light: Field, east: Field, up: Field) -> Field:
    """Mountains behind the map's edge, each nearer row darker and lower."""
    warm = glow(east, up)[..., None] * color(1.5, 0.75, 0.30)
    for layer, lift in enumerate((0.100, 0.086, 0.072)):
        x = east * (7.0 + layer) + layer * 3.7
        crest = lift + 0.034 * fbm(x, x * 0.3, 6, 500 + layer)
        body = color(0.40, 0.42, 0.52) - layer * color(0.07, 0.055, 0.05)
        light = mix(light, body + warm * (0.9 - 0.2 * layer), smoothstep(6e-4, -6e-4, up - crest))
    return light


def sky(east: Field, up: Field) -> Field:
    """Everything behind the map: linear light (..., 3) of rays with these slopes."""
    away = 1.1 / (np.maximum(up, 0.012) + 0.09)
    near, fade = np.exp(-4.2 * _from_sun(east, up)), smoothstep(0.0, 0.12, up)
    light = _clouded(_air(east, up) + _disc(east, up), east * away, away, near, fade)
    return _ranges(light, east, up)
