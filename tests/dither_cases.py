"""Random cases of error diffusion, for comparing the kernels with their specification."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.diffusion_kernel import Kernel, kernel_of
from pipeline.dithers import DitherOptions, Pinned
from pipeline.dithers.compiled import Diffusion
from pipeline.dithers.compiled import diffuse as compiled
from pipeline.dithers.diffusion import KERNELS, _diffuse, _weights
from pipeline.dithers.pick import _nearest_oklab, entries
from pipeline.dithers.weights import VARIABLE
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.palette import Palette, whole_grid

METHODS = (*KERNELS, *VARIABLE, "custom")
STRENGTHS = (0, 1, 100, 218, 255, 256)
SIZES = ((1, 1), (1, 9), (9, 1), (2, 2), (1, 2), (7, 3))


def palette_of(colors: object, *, learned: bool = False, transparent: int | None = None) -> Palette:
    seen = np.array(colors, np.uint8).reshape(-1, 3)
    return Palette(seen, seen, np.arange(len(seen), dtype=np.uint32), transparent, learned)


def _colors(seed: int, count: int, most: int = 256) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, most, (count, 3))


def _grays(*codes: int) -> list[list[int]]:
    return [[code] * 3 for code in codes]


INKS = [[0, 0, 0], [255] * 3, [0, 255, 0], [0, 0, 255], [255, 0, 0], [255, 255, 0], [255, 128, 0]]

PALETTES: Mapping[str, Palette] = MappingProxyType(
    {
        "mono": palette_of(_grays(0, 255)),
        "gray": palette_of(_grays(255, 40, 90, 200)),
        "gray-learned": palette_of(_grays(3, 40, 41, 200, 255), learned=True),
        "gray-single": palette_of(_grays(90)),
        "gray8": whole_grid(GRIDS["gray8"]),
        "single": palette_of([[90, 20, 30]]),
        "single-learned": palette_of([[90, 20, 30]], learned=True),
        "inks": palette_of(INKS),
        "inks-transparent": palette_of(INKS, transparent=1),
        "sixteen": palette_of(_colors(1, 16)),
        "sixteen-learned": palette_of(_colors(2, 16), learned=True),
        "full": palette_of(_colors(3, 256)),
        "full-learned": palette_of(_colors(4, 256), learned=True),
        "dark": palette_of(_colors(5, 200, 9)),
        "dark-learned": palette_of(_colors(6, 200, 9), learned=True),
        "rgb332": whole_grid(GRIDS["rgb332"]),
        "rgb565": whole_grid(GRIDS["rgb565"]),
    }
)


def image_of(linear: object) -> Image:
    pixels = np.array(linear, np.uint16)
    return Image(pixels, np.full(pixels.shape[:2], 255, np.uint8))


def picture(random: np.random.Generator, height: int, width: int) -> Image:
    """Noise between two levels."""
    low, high = sorted(random.integers(0, 65536, 2).tolist())
    return image_of(random.integers(low, high, (height, width, 3), endpoint=True))


def kernel(random: np.random.Generator) -> Kernel:
    """Any legal kernel."""
    ahead = random.integers(0, 20, random.integers(0, 4)).tolist()
    widths = random.choice([1, 3, 5, 7], random.integers(0, 4)).tolist()
    rows = [[*ahead, 1][:3], *(random.integers(0, 20, width).tolist() for width in widths)]
    total = sum(map(sum, rows))
    spare = int(random.choice([0, 0, 1, 1000, 65536 - total]))
    return kernel_of(total + spare if total else 1, rows if total else [[1]])


def pinned(random: np.random.Generator, height: int, width: int, palette: Palette) -> Pinned:
    entry = random.choice(palette.opaque, (height, width))
    return np.where(random.random((height, width)) < 0.3, entry, -1).astype(np.int32)


def case(seed: int, name: str, method: str, size: tuple[int, int] | None = None) -> Diffusion:
    """A case that a seed and a few names decide."""
    random = np.random.default_rng(seed)
    height, width = random.integers(1, 13, 2).tolist() if size is None else size
    palette = PALETTES[name]
    own = kernel(random) if method == "custom" else None
    strength, serpentine = int(random.choice(STRENGTHS)), bool(random.integers(2))
    options = DitherOptions(method, strength, serpentine, kernel=own)
    settled = pinned(random, height, width, palette) if random.integers(2) else None
    return Diffusion(picture(random, height, width), palette, options, _weights(options), settled)


def differences(native: kernels.Native, asked: Diffusion) -> int:
    """In how many pixels the kernels and their specification disagree."""
    expected, found = _diffuse(asked), compiled(native, asked)
    free = True if asked.pinned is None else asked.pinned < 0
    return int(((expected != found) & free).sum())


def pick_differences(native: kernels.Native, linear: NDArray[np.uint16], name: str) -> int:
    """The same for the OKLab rule of many colors."""
    found = np.zeros(len(linear), np.uint16)
    native.pick(linear, found, *entries(PALETTES[name], linear=False))
    return int((found != _nearest_oklab(linear, PALETTES[name])).sum())
