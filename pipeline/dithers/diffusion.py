"""Error diffusion in linear light: what a pixel's entry misses is passed to its neighbors.

This plain Python is the specification: the C kernels give the same indices. Values are integers
in linear light (0..65535); every step of the arithmetic below fits 64 bits.

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

A pinned pixel has its entry: it takes no error, what is passed to it is dropped, and it passes
none on.

*Variable coefficients.* The weights with which a pixel passes its error on are those of its tone,
0..255, a fraction rounded to nearest: on an axis where x lies from the level below it to the next
one, so that each step between levels is a halftone of its own; between colors where the luminance
of x lies from the least to the greatest of the opaque entries. Tones t and 255 - t are alike.

*Noise.* `zhou-fang` modulates the threshold too: `pick` is asked for v - d instead of v, clipped
to the same bounds; error stays v less the entry's value. With a random r in 0..127 for the pixel,

    on an axis       d = floor((step between the two levels) * r * percent / 25500)
    between colors   d = floor((x - (value of the entry that `pick` chooses for x)) * r / 256)

On an axis that is the article's: a threshold somewhere from the middle up to `percent` of the way
to the upper level. Between colors the distance to the nearest entry stands for the tone, as
percent nearly does; half of it, since inks of other hues are nearer than black and white are.
Either way a color of the palette is not disturbed. Here r is the upper seven
bits of h, a hash of the pixel's column x and row y, modulo 2^32:

    h = x * 2654435769 + y * 2246822519
    h = (h ^ h >> 15) * 739982445
    h = (h ^ h >> 12) * 695872825
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.color import luminance, to_linear
from pipeline.diffusion_kernel import Kernel
from pipeline.dithers import DitherOptions, Pinned
from pipeline.dithers.compiled import Diffusion
from pipeline.dithers.compiled import diffuse as diffuse_compiled
from pipeline.dithers.pick import Axis, Ints, Pick, axes, picker, planes
from pipeline.dithers.weights import REACH, TONES, VARIABLE, Weights, fixed, variable
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


class _Line(NamedTuple):
    """One row in scan order.

    Attributes:
        sums: (channels, w): all of v's numerator but for the errors of this row.
        ahead: (w,): what each pixel's error counts in the next three numerators.
        shifts: (channels, w): what is taken off before the pick.
        free: (w,): whether the pixel is not pinned.
    """

    sums: list[list[int]]
    ahead: list[tuple[int, int, int]]
    shifts: list[list[int]]
    free: list[bool]


_Row = Callable[[_Line], tuple[Ints, Ints]]
"""A row in scan order, to what is chosen (w,) and errors (channels, w)."""

_Look = Callable[[Ints, int], tuple[Ints | None, Ints | None]]
"""Values (channels, w) of a row of the picture and its number, to tones and shifts."""


class _Rules(NamedTuple):
    """How a kind of palette chooses, and what variable coefficients go by."""

    row: _Row
    look: _Look


def diffuse(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None
) -> NDArray[np.uint16]:
    """Error diffusion; see the module's docstring for the arithmetic.

    Args:
        image: The picture. Alpha is ignored.
        palette: The colors; its transparent entry is never chosen.
        options: The method, its `kernel` if that is `custom`, `strength` and `serpentine`.
        pinned: Settled entries.

    Returns:
        uint16 (h, w) indices, each in `palette.opaque`; where pinned, any.

    Raises:
        ValueError: The kernel is missing or would not work.
    """
    asked = Diffusion(image, palette, options, _weights(options), pinned)
    native = kernels.load()
    return _diffuse(asked) if native is None else diffuse_compiled(native, asked)


def _weights(options: DitherOptions) -> Weights:
    if options.method in VARIABLE:
        return variable(options.method)
    kernel = KERNELS.get(options.method, options.kernel)
    if kernel is None:
        raise ValueError("dither custom needs a kernel: its divisor and its rows of weights")
    return fixed(kernel)


def _diffuse(asked: Diffusion) -> NDArray[np.uint16]:
    separate = axes(asked.palette)
    if not separate:
        return _scan(_inside(asked), _color_rules(asked), asked).astype(np.uint16)
    indices = np.zeros((asked.image.height, asked.image.width), np.int64)
    for plane, axis in zip(planes(asked.image.linear, len(separate)), separate, strict=True):
        values = plane[None].clip(axis.levels[0], axis.levels[-1])
        indices += _scan(values, _axis_rules(axis, asked), asked)
    return indices.astype(np.uint16)


def _bounds(palette: Palette) -> tuple[Ints, Ints]:
    """The least and the greatest linear value of each channel, (3,) each."""
    linear = to_linear(palette.seen[palette.opaque]).astype(np.int64)
    return linear.min(axis=0), linear.max(axis=0)


def _inside(asked: Diffusion) -> Ints:
    low, high = _bounds(asked.palette)
    return planes(asked.image.linear, 3).clip(low[:, None, None], high[:, None, None])


def _scan(values: Ints, rules: _Rules, asked: Diffusion) -> Ints:
    """Choose for each row from the top, and carry errors to the rows below.

    Args:
        values: int64 (channels, h, w) linear light.
        rules: How to choose.
        asked: The options.

    Returns:
        int64 (h, w): what was chosen.
    """
    channels, height, width = values.shape
    # For this row and the next three, by y modulo 4; taps reach three pixels past either side.
    carry = np.zeros((REACH + 1, channels, width + 2 * REACH), np.int64)
    chosen = np.empty((height, width), np.int64)
    for y in range(height):
        turn = -1 if asked.options.serpentine and y % 2 else 1
        here = carry[y % len(carry)]
        tones, shifts = rules.look(values[:, y], y)
        sums = _numerators(values[:, y], here[:, REACH:-REACH], asked)
        here[:] = 0
        free = _free(asked.pinned, y, width)
        row = (sums, _ahead(asked, tones), np.zeros_like(sums) if shifts is None else shifts, free)
        choice, error = rules.row(_Line(*(part[..., ::turn].tolist() for part in row)))
        chosen[y] = choice[::turn]
        _pass_down(asked.weights, tones, error[:, ::turn], carry, (y, turn))
    return chosen


def _numerators(values: Ints, carried: Ints, asked: Diffusion) -> Ints:
    divisor = asked.weights.divisor
    return values * divisor * 256 + carried * asked.options.strength + divisor * 128


def _free(pinned: Pinned | None, y: int, width: int) -> NDArray[np.bool_]:
    return np.ones(width, np.bool_) if pinned is None else pinned[y] < 0


def _ahead(asked: Diffusion, tones: Ints | None) -> Ints:
    """int64 (3, w)."""
    weights, width = asked.weights, asked.image.width
    if weights.tones is None or tones is None:
        near = np.broadcast_to(weights.fixed[:REACH, None], (REACH, width)).astype(np.int64)
    else:
        near = np.zeros((REACH, width), np.int64)
        near[0] = weights.tones[tones, 0]
    return near * asked.options.strength


def _pass_down(
    weights: Weights, tones: Ints | None, error: Ints, carry: Ints, place: tuple[int, int]
) -> None:
    """Add a row's errors to the carries of those below; `place` is its number and direction."""
    y, turn = place
    for down, along, weight in _taps(weights, tones):
        start = REACH + along * turn
        carry[(y + down) % len(carry), :, start : start + error.shape[1]] += weight * error


def _taps(weights: Weights, tones: Ints | None) -> Iterator[tuple[int, int, Ints | int]]:
    """How far down, how far along, and the weight, of the row or of each of its pixels."""
    if weights.tones is None or tones is None:
        across = 2 * REACH + 1
        for place, weight in enumerate(weights.fixed[REACH:].tolist()):
            if weight:
                yield place // across + 1, place % across - REACH, weight
    else:
        own = weights.tones[tones].astype(np.int64)
        yield 1, -1, own[:, 1]
        yield 1, 0, own[:, 2]


def _fraction(part: Ints, whole: Ints | int) -> Ints:
    """Tones of parts of a whole: 0..127, for the lighter half from the other end."""
    most = np.maximum(whole, 1)
    tone = (part.clip(0, most) * 255 + most // 2) // most
    darker: Ints = np.where(tone < TONES, tone, 255 - tone)
    return darker


def _noise(width: int, y: int) -> Ints:
    """int64 (w,): 0..127 for each pixel of a row."""
    mask = 0xFFFFFFFF
    mixed = np.arange(width, dtype=np.uint64) * 2654435769 + (y * 2246822519 & mask) & mask
    mixed = (mixed ^ mixed >> 15) * 739982445 & mask
    mixed = (mixed ^ mixed >> 12) * 695872825 & mask
    return (mixed >> 25).astype(np.int64)


# --- one channel of its own ---


def _axis_rules(axis: Axis, asked: Diffusion) -> _Rules:
    weights = asked.weights
    last = len(axis.levels) - 1

    def look(values: Ints, y: int) -> tuple[Ints | None, Ints | None]:
        if weights.tones is None:
            return None, None
        under = np.searchsorted(axis.levels, values[0], side="right") - 1
        under = under.clip(0, max(last - 1, 0))
        low, high = axis.levels[under], axis.levels[np.minimum(under + 1, last)]
        tones = _fraction(values[0] - low, high - low)
        random = _noise(values.shape[1], y) * weights.tones[tones, 3]
        return tones, ((high - low) * random // (255 * 100))[None] if weights.noisy else None

    return _Rules(_axis_row(axis, weights.divisor * 256), look)


def _axis_row(axis: Axis, divisor: int) -> _Row:
    levels, edges = axis.levels.tolist(), axis.edges.tolist()
    reach = (levels[-1] - levels[0] + 1) // 2
    least, most = levels[0] - reach, levels[-1] + reach

    def row(line: _Line) -> tuple[Ints, Ints]:
        places, errors = [], []
        owed = second = third = 0
        pixels = zip(line.sums[0], line.shifts[0], *line.ahead, line.free, strict=True)
        for value, shift, near, middle, far, free in pixels:
            place = error = 0
            if free:
                v = (value + owed) // divisor
                v = least if v < least else min(v, most)
                place = bisect_left(edges, v - shift)
                error = v - levels[place]
            owed, second, third = second + error * near, third + error * middle, error * far
            places.append(place)
            errors.append(error)
        return axis.shares[places], np.array([errors])

    return row


# --- colors whose channels are chosen together ---


def _color_rules(asked: Diffusion) -> _Rules:
    pick, weights, palette = picker(asked.palette), asked.weights, asked.palette
    shown = to_linear(palette.seen).astype(np.int64)
    lit = luminance(to_linear(palette.seen[palette.opaque]))
    dark, wide = int(lit.min()), int(lit.max() - lit.min())

    def look(values: Ints, y: int) -> tuple[Ints | None, Ints | None]:
        if weights.tones is None:
            return None, None
        tones = _fraction(luminance(values.T.astype(np.uint16)) - dark, wide)
        if not weights.noisy:
            return tones, None
        own = [pick(red, green, blue) for red, green, blue in values.T.tolist()]
        return tones, (values - shown[own].T) * _noise(values.shape[1], y) >> 8

    return _Rules(_color_row(palette, pick, weights.divisor * 256), look)


def _color_row(palette: Palette, pick: Pick, divisor: int) -> _Row:
    low, high = _bounds(palette)
    reach = (high - low + 1) // 2
    least_r, least_g, least_b = least = (low - reach).tolist()
    most_r, most_g, most_b = most = (high + reach).tolist()
    shown = to_linear(palette.seen).tolist()

    def inside(*color: int) -> Iterator[int]:
        return map(max, map(min, color, most), least)

    def row(line: _Line) -> tuple[Ints, Ints]:
        choice, errors = [], []
        r1 = g1 = b1 = r2 = g2 = b2 = r3 = g3 = b3 = 0  # owed to this pixel and the next two
        pixels = zip(*line.sums, *line.shifts, *line.ahead, line.free, strict=True)
        for red, green, blue, off_r, off_g, off_b, near, middle, far, free in pixels:
            index = er = eg = eb = 0
            if free:
                r, g, b = (red + r1) // divisor, (green + g1) // divisor, (blue + b1) // divisor
                if not least_r <= r <= most_r:
                    r = least_r if r < least_r else most_r
                if not least_g <= g <= most_g:
                    g = least_g if g < least_g else most_g
                if not least_b <= b <= most_b:
                    b = least_b if b < least_b else most_b
                noisy = off_r or off_g or off_b
                index = pick(*inside(r - off_r, g - off_g, b - off_b)) if noisy else pick(r, g, b)
                got_r, got_g, got_b = shown[index]
                er, eg, eb = r - got_r, g - got_g, b - got_b
            r1, r2, r3 = r2 + er * near, r3 + er * middle, er * far
            g1, g2, g3 = g2 + eg * near, g3 + eg * middle, eg * far
            b1, b2, b3 = b2 + eb * near, b3 + eb * middle, eb * far
            choice.append(index)
            errors.append((er, eg, eb))
        return np.array(choice), np.array(errors).T

    return row
