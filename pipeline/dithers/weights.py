"""Weights: where error diffusion passes error, for one kernel or for each tone its own."""

from bisect import bisect_right
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.diffusion_kernel import Kernel, checked
from pipeline.image import freeze

TONES = 128
"""Tables hold the darker half of the tones 0..255; the lighter half mirrors it."""

VARIABLE_DIVISOR = 4096
"""What coefficients that depend on the tone are rounded to."""

REACH = 3
"""How far a kernel reaches: pixels ahead, rows below, and to either side."""


class Weights(NamedTuple):
    """What error diffusion works with.

    Attributes:
        divisor: What one whole error is.
        fixed: int32 (24,): the weights of the next three pixels in scan direction, then for each
            of the three rows below those from three pixels behind to three ahead.
        tones: int32 (128, 4), by tone: the weights of the next pixel, of the one below and
            behind, and of the one below; then the strength of the noise in percent. Where these
            are given `fixed` is not used.
        noisy: The threshold is modulated by noise.
    """

    divisor: int
    fixed: NDArray[np.int32]
    tones: NDArray[np.int32] | None = None
    noisy: bool = False


Key = tuple[int, tuple[int, int, int]]  # a tone, and its coefficients as parts of their sum

# V. Ostromoukhov: A Simple and Efficient Error-Diffusion Algorithm. SIGGRAPH 2001. The table of
# 256 rows that comes with the article's program (varcoeffED.c, 2001) is exactly linear between
# these; order: next pixel, below and behind, below.
OSTROMOUKHOV: tuple[Key, ...] = (
    (0, (13, 0, 5)),
    (1, (13, 0, 5)),
    (2, (21, 0, 10)),
    (3, (7, 0, 4)),
    (4, (8, 0, 5)),
    (10, (7, 3, 3)),
    (22, (3, 2, 1)),
    (36, (5, 3, 3)),
    (64, (1, 1, 0)),
    (72, (5, 7, 1)),
    (77, (4, 1, 1)),
    (85, (4, 1, 1)),
    (95, (5, 3, 2)),
    (107, (5, 3, 2)),
    (127, (4, 1, 1)),
)

# B. Zhou, X. Fang: Improving Mid-Tone Quality of Variable-Coefficient Error Diffusion Using
# Threshold Modulation. SIGGRAPH 2003. These are where the table of the authors' program (tmed.cpp,
# 2003) bends. Other programs agree but for tone 40, which they do not have as a key, and for
# slightly other values at 2 and 102.
ZHOU_FANG: tuple[Key, ...] = (
    (0, (13, 0, 5)),
    (1, (1300249, 0, 499250)),
    (2, (214114, 287, 99357)),
    (3, (351854, 0, 199965)),
    (4, (801100, 0, 490999)),
    (10, (704075, 297466, 303694)),
    (22, (46613, 31917, 21469)),
    (32, (47482, 30617, 21900)),
    (40, (45959, 24089, 29950)),
    (44, (43024, 42131, 14826)),
    (64, (36411, 43219, 20369)),
    (72, (38477, 53843, 7678)),
    (77, (40503, 51547, 7948)),
    (85, (35865, 34108, 30026)),
    (95, (34117, 36899, 28983)),
    (102, (35132, 36059, 28807)),
    (107, (16477, 18810, 14712)),
    (112, (33360, 37954, 28685)),
    (127, (35269, 36066, 28664)),
)

# From the same program: strength of the modulation in percent, linear between these.
ZHOU_FANG_NOISE: tuple[tuple[int, int], ...] = (
    *((0, 0), (40, 30), (44, 34), (64, 50), (80, 100), (85, 100)),
    *((95, 17), (102, 50), (107, 70), (112, 79), (127, 100)),
)

VARIABLE: Mapping[str, tuple[tuple[Key, ...], tuple[tuple[int, int], ...]]] = MappingProxyType(
    {
        "ostromoukhov": (OSTROMOUKHOV, ((0, 0), (127, 0))),
        "zhou-fang": (ZHOU_FANG, ZHOU_FANG_NOISE),
    }
)


def fixed(kernel: Kernel) -> Weights:
    """The weights of a kernel.

    Raises:
        ValueError: See `dithers.checked`.
    """
    checked(kernel)
    table = np.zeros((REACH, 2 * REACH + 1), np.int32)
    for row, weights in enumerate(kernel.below):
        start = REACH - len(weights) // 2
        table[row, start : start + len(weights)] = weights
    ahead = np.zeros(REACH, np.int32)
    ahead[: len(kernel.ahead)] = kernel.ahead
    return Weights(kernel.divisor, freeze(np.concatenate([ahead, table.ravel()])))


@cache
def variable(method: str) -> Weights:
    """The weights of a method in `VARIABLE`."""
    keys, noise = VARIABLE[method]
    parts = [(tone, [Fraction(part, sum(row)) for part in row]) for tone, row in keys]
    strengths = [(tone, [Fraction(percent)]) for tone, percent in noise]
    table = np.zeros((TONES, 4), np.int32)
    for tone in range(TONES):
        near, behind, _ = (_rounded(part * VARIABLE_DIVISOR) for part in _between(parts, tone))
        percent = int(_between(strengths, tone)[0])
        table[tone] = near, behind, VARIABLE_DIVISOR - near - behind, percent
    unused = freeze(np.zeros(REACH + REACH * (2 * REACH + 1), np.int32))
    return Weights(VARIABLE_DIVISOR, unused, freeze(table), noisy=bool(table[:, 3].any()))


def _rounded(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


def _between(keys: list[tuple[int, list[Fraction]]], tone: int) -> list[Fraction]:
    """Linear interpolation."""
    after = min(bisect_right([key for key, _ in keys], tone), len(keys) - 1)
    (start, low), (end, high) = keys[after - 1], keys[after]
    along = Fraction(tone - start, end - start)
    return [one + (two - one) * along for one, two in zip(low, high, strict=True)]
