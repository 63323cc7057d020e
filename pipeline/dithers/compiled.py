"""Compiled: error diffusion by the C kernels, the same indices as `diffusion`'s plain Python."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dithers import DitherOptions, Pinned
from pipeline.dithers.pick import Axis, axes, entries
from pipeline.dithers.weights import Weights
from pipeline.image import Image
from pipeline.kernels import Native
from pipeline.palette import Palette


class Common(NamedTuple):
    """The arguments that both kernels of error diffusion begin with.

    Attributes:
        linear: uint16 (h, w, 3) linear light.
        pinned: int32 (h, w), negative where free, or None.
        out: uint16 (h, w), all 0; pinned pixels stay 0.
        fixed: See `Weights`.
        tones: See `Weights`.
        width: w.
        divisor: 1..65536.
        strength: In 1/256, 0..256.
        serpentine: Odd rows run from right to left.
        noisy: See `Weights`.
    """

    linear: NDArray[np.uint16]
    pinned: Pinned | None
    out: NDArray[np.uint16]
    fixed: NDArray[np.int32]
    tones: NDArray[np.int32] | None
    width: int
    divisor: int
    strength: int
    serpentine: bool
    noisy: bool


class Diffusion(NamedTuple):
    """One call of `diffuse`."""

    image: Image
    palette: Palette
    options: DitherOptions
    weights: Weights
    pinned: Pinned | None


def diffuse(native: Native, asked: Diffusion) -> NDArray[np.uint16]:
    """uint16 (h, w) indices; those of pinned pixels are 0."""
    common = _common(asked)
    separate = axes(asked.palette)
    if not separate:
        colors = entries(asked.palette, linear=not asked.palette.learned)
        native.diffuse_colors(*common, *colors)
    for channel, axis in enumerate(separate):
        native.diffuse_axis(*common, *_levels(axis), channel if len(separate) == 3 else -1)
    return common.out


def _common(asked: Diffusion) -> Common:
    image, options, weights = asked.image, asked.options, asked.weights
    pinned = None if asked.pinned is None else np.ascontiguousarray(asked.pinned, np.int32)
    return Common(
        image.linear,
        pinned,
        np.zeros((image.height, image.width), np.uint16),
        weights.fixed,
        weights.tones,
        image.width,
        weights.divisor,
        options.strength,
        options.serpentine,
        weights.noisy,
    )


def _levels(axis: Axis) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]:
    levels, edges = axis.levels.astype(np.int32), axis.edges.astype(np.int32)
    return levels, edges, axis.shares.astype(np.uint16)
