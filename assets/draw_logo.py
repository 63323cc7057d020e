"""Logo: three bit planes of a ramp, stacked over the name, in black and white."""

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 128, 64

Bitmap = NDArray[np.bool_]

_PLANES, _RISE, _HALF = 3, 9, 12
_LOWEST = 30
_STROKE, _BODY, _ASCENDER, _DESCENDER = 3, 12, 4, 4
_HEIGHT = _ASCENDER + _BODY + _DESCENDER


def _diamond(middle: int, grow: int) -> Bitmap:
    """A square plane seen from above one corner; its edges fall one row in three columns."""
    y, x = np.ogrid[:HEIGHT, :WIDTH]
    shape: Bitmap = np.abs(2 * x - WIDTH + 1) < 6 * (_HALF + grow - np.abs(y - middle))
    return shape


def _ramp_bit(middle: int, bit: int) -> Bitmap:
    """Where a ramp along one edge of the plane, 0 to 7, has this bit set."""
    y, x = np.ogrid[:HEIGHT, :WIDTH]
    way = x - WIDTH // 2 + 3 * (y - middle + _HALF)
    lit: Bitmap = (way * 8 // (6 * _HALF) >> bit) & 1 == 1
    return lit


def _stack(canvas: Bitmap) -> None:
    """The lowest bit at the bottom; each plane leaves a dark gap over the one below."""
    for bit in range(_PLANES):
        middle = _LOWEST - _RISE * bit
        canvas &= ~_diamond(middle, 2)
        canvas |= _diamond(middle, 0) & (_ramp_bit(middle, bit) | ~_diamond(middle, -1))


def _bowl() -> Bitmap:
    """The round part that most letters share."""
    bowl = np.ones((_BODY, _BODY), np.bool_)
    bowl[_STROKE:-_STROKE, _STROKE:-_STROKE] = False
    for inset, row in ((3, 0), (2, 1), (1, 2)):
        for edge in (row, -1 - row):
            bowl[edge, :inset] = bowl[edge, _BODY - inset :] = False
    return bowl


def _letter(name: str) -> Bitmap:
    """One letter of the name; its foot stands `_DESCENDER` rows above the bitmap's end."""
    box = np.zeros((_HEIGHT, {"i": 3, "l": 3, "t": 7}.get(name, _BODY)), np.bool_)
    body = box[_ASCENDER : _ASCENDER + _BODY]
    if name in "bpaen":
        body |= _bowl()
    if name in "bl":
        box[: _ASCENDER + _BODY, :_STROKE] = True
    if name == "t":
        box[1 : _ASCENDER + _BODY, 2:5] = body[:_STROKE] = True
    if name == "p":
        box[_ASCENDER:, :_STROKE] = True
    if name == "a":
        body[:, -_STROKE:] = True
    if name == "i":
        body[:] = box[:_STROKE] = True
    if name == "n":
        body[-_STROKE:] = False
        body[:, :_STROKE] = body[_STROKE:, -_STROKE:] = True
        body[_STROKE:, _STROKE:-_STROKE] = False
    if name == "e":
        body[5:7] = True
        body[7:9, -_STROKE:] = False
    return box


def _name() -> Bitmap:
    gap = np.zeros((_HEIGHT, 2), np.bool_)
    parts = [part for letter in "bitplane" for part in (_letter(letter), gap)]
    return np.concatenate(parts[:-1], 1)


def logo() -> Bitmap:
    """The logo as bool (64, 128), True is white."""
    canvas = np.zeros((HEIGHT, WIDTH), np.bool_)
    _stack(canvas)
    name = _name()
    left = (WIDTH - name.shape[1]) // 2
    canvas[-_HEIGHT:, left : left + name.shape[1]] |= name
    return canvas
