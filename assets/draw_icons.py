"""Icons: eight small pictures with soft alpha edges.

Shapes are tested in whole numbers at 8 x 8 points of each pixel, so the edges are exact.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SIZE = 32
_SAMPLES = 8
_UNIT = 16
"""Units of length in a pixel; sample points stand at odd ones."""

Mask = NDArray[np.bool_]
_BLUE, _NIGHT, _GREEN, _AMBER, _ORANGE = "2f8fff", "33415c", "27b35f", "ffb81c", "f2780c"
_RED, _ROSE, _SILVER, _STEEL, _WHITE = "e8304a", "ff8c9a", "c9d6e8", "7d8ca6", "ffffff"


class Layer(NamedTuple):
    """A shape and its color in RGB hex."""

    shape: Mask
    color: str


def _points() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sample points right and down of the icon's middle."""
    half = SIZE * _UNIT // 2
    steps = np.arange(-half + 1, half, _UNIT // _SAMPLES, dtype=np.int64)
    x, y = np.meshgrid(steps, steps)
    return x, y


def _units(*pixels: float) -> list[int]:
    return [round(value * _UNIT) for value in pixels]


def _disc(x: float, y: float, radius: float) -> Mask:
    (px, py), (cx, cy, r) = _points(), _units(x, y, radius)
    return np.square(px - cx) + np.square(py - cy) <= r * r


def _box(left: float, top: float, right: float, bottom: float) -> Mask:
    (px, py), (x0, y0, x1, y1) = _points(), _units(left, top, right, bottom)
    return (px > x0) & (px < x1) & (py > y0) & (py < y1)


def _line(x0: float, y0: float, x1: float, y1: float, radius: float) -> Mask:
    """A stroke with round ends."""
    (px, py), (ax, ay, bx, by, r) = _points(), _units(x0, y0, x1, y1, radius)
    dx, dy = bx - ax, by - ay
    way = (px - ax) * dx + (py - ay) * dy
    aside = (px - ax) * dy - (py - ay) * dx
    square = dx * dx + dy * dy
    body = (way >= 0) & (way <= square) & (aside * aside <= r * r * square)
    return body | _disc(x0, y0, radius) | _disc(x1, y1, radius)


def _card(left: float, top: float, right: float, bottom: float, radius: float) -> Mask:
    """A box with round corners."""
    r = radius
    shape = _box(left + r, top, right - r, bottom) | _box(left, top + r, right, bottom - r)
    for x in (left + r, right - r):
        for y in (top + r, bottom - r):
            shape |= _disc(x, y, r)
    return shape


def _spokes(near: float, far: float, radius: float) -> Mask:
    """Eight strokes round the middle."""
    shape = _disc(0, 0, 0)
    for x, y in ((1, 0), (0.707, 0.707), (0, 1), (-0.707, 0.707)):
        shape |= _line(near * x, near * y, far * x, far * y, radius)
        shape |= _line(-near * x, -near * y, -far * x, -far * y, radius)
    return shape


def _wifi() -> list[Layer]:
    x, y = _points()
    wedge = np.abs(x) < 9 * _UNIT - y
    layers = [Layer(_disc(0, 9, 2.7), _BLUE)]
    for radius in (9.0, 15.3, 21.6):
        ring = _disc(0, 9, radius) & ~_disc(0, 9, radius - 3.4)
        end = 0.7071 * (radius - 1.7)
        tips = _disc(-end, 9 - end, 1.7) | _disc(end, 9 - end, 1.7)
        layers.append(Layer(ring & wedge | tips, _BLUE))
    return layers


def _battery() -> list[Layer]:
    cells = [Layer(_card(x, -4, x + 5, 4, 0.8), _GREEN) for x in (-10, -4.0, 2.0)]
    return [
        Layer(_card(12.5, -3.5, 15.5, 3.5, 1.2), _NIGHT),
        Layer(_card(-15, -8.5, 13, 8.5, 3.5), _NIGHT),
        Layer(_card(-12.4, -5.9, 10.4, 5.9, 1.4), _SILVER),
        *cells,
    ]


def _bell() -> list[Layer]:
    dome = _disc(0, -3, 8.5) | _box(-8.5, -3, 8.5, 6)
    return [
        Layer(_disc(0, 11, 3.4), _ORANGE),
        Layer(_disc(0, -12, 2.4), _ORANGE),
        Layer(dome, _AMBER),
        Layer(_line(-10.5, 8, 10.5, 8, 2.5), _AMBER),
        Layer(_line(-10.5, 8.9, 10.5, 8.9, 1.6), _ORANGE),
        Layer(_line(-4.6, -3, -4.6, 2, 1.2), _WHITE),
    ]


def _gear() -> list[Layer]:
    body = (_disc(0, 0, 10.8) | _spokes(9, 12.4, 2.6)) & ~_disc(0, 0, 4.6)
    return [Layer(body, _STEEL), Layer(_disc(0, 0, 7.4) & ~_disc(0, 0, 4.6), _NIGHT)]


def _sun() -> list[Layer]:
    return [
        Layer(_spokes(11.6, 14.0, 1.5), _ORANGE),
        Layer(_disc(0, 0, 8.2), _ORANGE),
        Layer(_disc(0, 0, 7.0), _AMBER),
    ]


def _cloud() -> list[Layer]:
    def puffs(grow: float, lift: float) -> Mask:
        round_ = _disc(-1.5, -2 + lift, 8.2 + grow) | _disc(7.6, 2.4 + lift, 6.2 + grow)
        base = _card(-15 - grow, 1 + lift - grow, 13.8 + grow, 9 + lift + grow, 4 + grow)
        return round_ | _disc(-9.2, 2.4 + lift, 5.6 + grow) | base

    whole = puffs(0, 0.5)
    return [Layer(whole, _STEEL), Layer(whole & puffs(-1.0, -1.2), _SILVER)]


def _heart() -> list[Layer]:
    x, y = _points()
    side = 10 * _UNIT
    diamond = np.abs(x) + np.abs(y - 2 * _UNIT) <= side
    lobes = [np.square(x - c) + np.square(y + 3 * _UNIT) <= side * side // 2 for c in (-80, 80)]
    shine = _disc(-6, -4.6, 4.3) & ~_disc(-4.6, -3.0, 4.6)
    return [Layer(diamond | lobes[0] | lobes[1], _RED), Layer(shine, _ROSE)]


def _arrow() -> list[Layer]:
    head = _line(7.5, 0, 1.5, -6, 1.7) | _line(7.5, 0, 1.5, 6, 1.7)
    return [Layer(_disc(0, 0, 14.8), _BLUE), Layer(_line(-7.5, 0, 7.5, 0, 1.7) | head, _WHITE)]


def _rendered(layers: Iterable[Layer]) -> NDArray[np.uint8]:
    """The icon: alpha from how many samples are covered, color from their mean."""
    side = SIZE * _SAMPLES
    color, covered = np.zeros((side, side, 3), np.int64), np.zeros((side, side, 1), np.int64)
    for layer in layers:
        color[layer.shape], covered[layer.shape] = list(bytes.fromhex(layer.color)), 1
    blocks = np.concatenate([color, covered], 2).reshape(SIZE, _SAMPLES, SIZE, _SAMPLES, 4)
    total = blocks.sum((1, 3))
    count, full = np.maximum(total[..., 3:], 1), _SAMPLES * _SAMPLES
    mean = (2 * total[..., :3] + count) // (2 * count)
    alpha = (2 * 255 * total[..., 3:] + full) // (2 * full)
    return np.concatenate([mean, alpha], 2).astype(np.uint8)


def icons() -> dict[str, NDArray[np.uint8]]:
    """Each icon by name: uint8 (32, 32, 4), RGBA with straight alpha."""
    drawn = {
        "wifi": _wifi(),
        "battery": _battery(),
        "bell": _bell(),
        "gear": _gear(),
        "sun": _sun(),
        "cloud": _cloud(),
        "heart": _heart(),
        "arrow": _arrow(),
    }
    return {name: _rendered(layers) for name, layers in drawn.items()}
