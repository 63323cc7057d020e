"""Error diffusion in linear light: what a pixel's entry misses is passed to its neighbors.

This plain Python is the specification: any faster version must give the same indices. Values
are integers in linear light (0..65535); every step of the arithmetic below fits 32 bits.

For each channel let `low` and `high` be the least and the greatest value of the palette's opaque
entries and `reach = (high - low + 1) // 2`. A pixel's value x is first clipped to low..high:
what no entry can show is not owed to the neighbors. Then, in scan order,

    v = x + floor((strength * S + 128 * divisor) / (256 * divisor))
    v = min(max(v, low - reach), high + reach)
    error = v - (value of the entry that `pick` chooses for v)

where S is the sum of weight * error over the pixels that pass error to this one: all of them
are rounded once, to nearest with halves up. The bounds cannot be met on an axis of fixed levels;
between colors they keep error that no entry can pay from running away. Error that leaves the
picture is dropped. Rows run from top to bottom and from left to right; with serpentine each odd
row runs from right to left and its kernel is mirrored.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from math import gcd
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.color import to_linear
from pipeline.dithers import DitherOptions, Kernel, Pinned
from pipeline.dithers.pick import Axis, Ints, axes, picker, planes
from pipeline.image import Image
from pipeline.palette import Palette

KERNELS: Mapping[str, Kernel] = MappingProxyType(
    {
        # Floyd, Steinberg: An Adaptive Algorithm for Spatial Greyscale. Proc. SID 17(2), 1976.
        "floyd-steinberg": Kernel(16, (7, 0), ((0, 3, 5, 1, 0),)),
        # Bill Atkinson for Apple's HyperScan and MacPaint, 1980s; six eighths are passed on.
        "atkinson": Kernel(8, (1, 1), ((0, 1, 1, 1, 0), (0, 0, 1, 0, 0))),
        # Jarvis, Judice, Ninke: A Survey of Techniques for the Display of Continuous Tone
        # Pictures on Bilevel Displays. Computer Graphics and Image Processing 5(1), 1976.
        "jarvis-judice-ninke": Kernel(48, (7, 5), ((3, 5, 7, 5, 3), (1, 3, 5, 3, 1))),
        # Stucki: MECCA, a multiple-error correcting computation algorithm for bilevel image
        # hardcopy reproduction. IBM Research Report RZ1060, 1981.
        "stucki": Kernel(42, (8, 4), ((2, 4, 8, 4, 2), (1, 2, 4, 2, 1))),
        # Daniel Burkes: Presentation of the Burkes error filter, 1988.
        "burkes": Kernel(32, (8, 4), ((2, 4, 8, 4, 2),)),
        # Frankie Sierra, 1989 (three rows) and 1990 (two rows, Filter Lite).
        "sierra": Kernel(32, (5, 3), ((2, 4, 5, 4, 2), (0, 2, 3, 2, 0))),
        "sierra-two-row": Kernel(16, (4, 3), ((1, 2, 3, 2, 1),)),
        "sierra-lite": Kernel(4, (2, 0), ((0, 1, 1, 0, 0),)),
    }
)


class _Step(NamedTuple):
    """A kernel at a strength: v = (x * divisor + share * S + divisor // 2) // divisor."""

    divisor: int
    share: int
    near: int
    far: int


Row = Callable[[list[list[int]]], tuple[Ints, Ints]]
"""A row in scan order: sums before in-row error, (channels, w), to choices (w,) and errors."""


def diffuse(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None
) -> NDArray[np.uint16]:
    """Error diffusion by one of `KERNELS`; see the module's docstring for the arithmetic.

    Args:
        image: The picture. Alpha is ignored.
        palette: The colors; its transparent entry is never chosen.
        options: The kernel's name, `strength` and `serpentine`.
        pinned: Settled entries.

    Returns:
        uint16 (h, w) indices, each in `palette.opaque`.
    """
    del pinned
    separate = axes(palette)
    if not separate:
        values, row = _inside(image, palette), _color_row(palette, _step(options))
        return _scan(values, row, options).astype(np.uint16)
    indices = np.zeros((image.height, image.width), np.int64)
    for plane, axis in zip(planes(image.linear, len(separate)), separate, strict=True):
        values = plane[None].clip(axis.levels[0], axis.levels[-1])
        indices += _scan(values, _axis_row(axis, _step(options)), options)
    return indices.astype(np.uint16)


def _step(options: DitherOptions) -> _Step:
    kernel = KERNELS[options.method]
    common = gcd(options.strength, 256)  # smaller numbers, same quotients
    share = options.strength // common
    near, far = kernel.ahead
    return _Step(kernel.divisor * 256 // common, share, near * share, far * share)


def _bounds(palette: Palette) -> tuple[Ints, Ints]:
    """The least and the greatest linear value of each channel, (3,) each."""
    linear = to_linear(palette.seen[palette.opaque]).astype(np.int64)
    return linear.min(axis=0), linear.max(axis=0)


def _inside(image: Image, palette: Palette) -> Ints:
    low, high = _bounds(palette)
    return planes(image.linear, 3).clip(low[:, None, None], high[:, None, None])


def _scan(values: Ints, row: Row, options: DitherOptions) -> Ints:
    """Let `row` choose for each row from the top, and carry errors to the rows below.

    Args:
        values: int64 (channels, h, w) linear light.
        row: Chooses for one row.
        options: As for `diffuse`.

    Returns:
        int64 (h, w): what `row` chose.
    """
    kernel, step = KERNELS[options.method], _step(options)
    channels, height, width = values.shape
    # For this row and the next two, by y modulo 3; taps reach two pixels past either side.
    carry = np.zeros((3, channels, width + 4), np.int64)
    chosen = np.empty((height, width), np.int64)
    for y in range(height):
        turn = -1 if options.serpentine and y % 2 else 1
        here = carry[y % 3]
        sums = values[:, y] * step.divisor + here[:, 2:-2] * step.share + step.divisor // 2
        here[:] = 0
        choice, error = row(sums[:, ::turn].tolist())
        chosen[y] = choice[::turn]
        _pass_down(kernel, error[:, ::turn], carry, y, turn)
    return chosen


def _pass_down(kernel: Kernel, error: Ints, carry: Ints, y: int, turn: int) -> None:
    width = error.shape[1]
    for down, weights in enumerate(kernel.below, start=1):
        for start, weight in enumerate(weights[::turn]):
            if weight:
                carry[(y + down) % 3, :, start : start + width] += weight * error


def _axis_row(axis: Axis, step: _Step) -> Row:
    """The rule for one channel of its own."""
    divisor, _, near, far = step
    levels, edges = axis.levels.tolist(), axis.edges.tolist()
    reach = (levels[-1] - levels[0] + 1) // 2
    least, most = levels[0] - reach, levels[-1] + reach

    def row(sums: list[list[int]]) -> tuple[Ints, Ints]:
        places, errors = [], []
        error = older = 0
        for value in sums[0]:
            v = (value + error * near + older * far) // divisor
            if not least <= v <= most:
                v = least if v < least else most
            place = bisect_left(edges, v)
            older, error = error, v - levels[place]
            places.append(place)
            errors.append(error)
        return axis.shares[places], np.array([errors])

    return row


def _color_row(palette: Palette, step: _Step) -> Row:
    """The rule for colors whose channels are chosen together."""
    divisor, _, near, far = step
    low, high = _bounds(palette)
    reach = (high - low + 1) // 2
    least_r, least_g, least_b = (low - reach).tolist()
    most_r, most_g, most_b = (high + reach).tolist()
    shown = to_linear(palette.seen).tolist()
    pick = picker(palette)

    def row(sums: list[list[int]]) -> tuple[Ints, Ints]:
        choice, errors = [], []
        er = eg = eb = older_r = older_g = older_b = 0
        for red, green, blue in zip(*sums, strict=True):
            r = (red + er * near + older_r * far) // divisor
            g = (green + eg * near + older_g * far) // divisor
            b = (blue + eb * near + older_b * far) // divisor
            if not least_r <= r <= most_r:
                r = least_r if r < least_r else most_r
            if not least_g <= g <= most_g:
                g = least_g if g < least_g else most_g
            if not least_b <= b <= most_b:
                b = least_b if b < least_b else most_b
            index = pick(r, g, b)
            got_r, got_g, got_b = shown[index]
            older_r, older_g, older_b = er, eg, eb
            er, eg, eb = r - got_r, g - got_g, b - got_b
            choice.append(index)
            errors.append((er, eg, eb))
        return np.array(choice), np.array(errors).T

    return row
