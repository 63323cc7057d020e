"""Noise: repeatable fractal noise of points.

It uses sums, products and integer hashes alone, which every machine computes alike:
what stands before what in a picture depends on nothing else.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from draw_light import Field

_SIZE = 256
_BLOCK = 1 << 14


def hashed(count: int, seed: int) -> Field:
    """Random numbers (count,) in -1..1: the finalizer of MurmurHash3 over seeded 0, 1, 2 ..."""
    bits = np.arange(count, dtype=np.uint32) + np.uint32(seed * 0x9E3779B1 & 0xFFFFFFFF)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        bits = (bits ^ (bits >> np.uint32(shift))) * np.uint32(factor)
    bits ^= bits >> np.uint32(16)
    return (bits >> np.uint32(8)).astype(np.float32) * 2.0**-23 - 1.0


@cache
def _lattice(seed: int) -> Field:
    table = hashed(_SIZE * _SIZE, seed)
    table.flags.writeable = False
    return table


def noise(x: Field, y: Field, seed: int) -> Field:
    """Value noise in -1..1 with one lattice point per unit."""
    left, top = np.floor(x), np.floor(y)
    i, j = left.astype(np.int32) & 255, top.astype(np.int32) & 255
    i2, j, j2 = (i + 1) & 255, j * _SIZE, ((j + 1) & 255) * _SIZE
    tx, ty, table = x - left, y - top, _lattice(seed)
    wx, wy = tx * tx * (3 - 2 * tx), ty * ty * (3 - 2 * ty)
    upper = table[j + i] + wx * (table[j + i2] - table[j + i])
    lower = table[j2 + i] + wx * (table[j2 + i2] - table[j2 + i])
    return upper + wy * (lower - upper)


def in_blocks(function: Callable[..., Field], *fields: Field) -> Field:
    """`function` of fields, so many points at a time as the processor's cache holds."""
    parts = fields[0].size // _BLOCK + 1
    blocks = zip(*(np.array_split(field.ravel(), parts) for field in fields), strict=True)
    return np.concatenate([function(*block) for block in blocks]).reshape(fields[0].shape)


def fbm(x: Field, y: Field, octaves: int, seed: int, gain: float = 0.5) -> Field:
    """Fractal sum of `noise`, about -1..1; each octave is finer by 2.02 and weaker by `gain`."""

    def total(px: Field, py: Field) -> Field:
        out, amplitude = np.zeros_like(px), 1.0 - gain
        for octave in range(octaves):
            out += amplitude * noise(px, py, seed + octave)
            # Turned by the angle of a 3-4-5 triangle, so that the lattices never line up.
            px, py = 2.02 * (0.8 * px + 0.6 * py), 2.02 * (0.8 * py - 0.6 * px)
            amplitude *= gain
        return out

    return in_blocks(total, x, y)
