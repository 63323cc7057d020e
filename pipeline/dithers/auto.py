"""Auto: which dither suits a palette and a picture, and why."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.color import luminance, oklab, to_linear
from pipeline.dithers import DitherOptions, Pinned, dither
from pipeline.dithers.pick import axes, exact, whole_grid
from pipeline.image import Image
from pipeline.palette import Palette

OWN = 90
"""Percent of the pixels that are in the palette's own colors in art that was drawn for it."""

FEW, FLAT = 16, 40
"""Flat art: so many colors, beside the commonest, hold so many percent of all other pixels.

Scaling blurs edges into many colors but leaves areas alone: our icons and screens keep 37 % and
more at three quarters of their size. Photographs have 0 to 17 %, gray ones up to 32 %.
"""

NEAR = 3600
"""Mean squared OKLab distance, in steps of `color.oklab`, below which error is hardly seen.

A photograph on all colors of RGB565 has 2300 to 2900, on RGB444 17,000 and more.
"""

_LOOKED_AT = 1 << 14
"""Pixels from which content is judged: every so many rows and columns of a larger picture."""


class Choice(NamedTuple):
    """A dither and why.

    Attributes:
        method: Name in `registry.DITHERS`, never `auto`.
        reason: One sentence for the user.
    """

    method: str
    reason: str


class Content(NamedTuple):
    """What is measured of a picture; whole percents but for `error`.

    Attributes:
        own: Pixels of exactly an entry's color.
        few: Pixels of the `FEW` commonest colors, of those that do not have the commonest one.
        error: Mean squared OKLab distance from the nearest entries.
    """

    own: int
    few: int
    error: int


def choose(image: Image, palette: Palette, *, stable: bool = False) -> Choice:
    """Choose a dither.

    Args:
        image: The picture. Alpha is ignored.
        palette: The colors.
        stable: What does not change between pictures has to keep its pixels: animation, partial
            refresh. Only dithers with `registry.Row.stable` are chosen then.

    Returns:
        The method and the reason, of integer statistics alone: the same on every machine.
    """
    content, colors = measure(image, palette), _colors(palette)
    if len(palette.opaque) == 1:
        return Choice("none", "the palette has one color: none")
    if content.own >= OWN:
        return Choice("none", f"a picture in the palette's own colors, {colors}: none")
    if content.few >= FLAT:
        method = "threshold" if _two_tones(palette) else "none"
        return Choice(method, f"flat art or text on {colors}: {method}")
    if content.error <= NEAR:
        return Choice("none", f"every color of the picture has one near enough in {colors}: none")
    if stable:
        method = "blue-noise" if axes(palette) else "knoll"
        return Choice(method, f"a photograph on {colors} that must stay stable: {method}")
    return Choice("floyd-steinberg", f"a photograph on {colors}: floyd-steinberg")


def automatic(
    image: Image, palette: Palette, options: DitherOptions, pinned: Pinned | None
) -> NDArray[np.uint16]:
    """Dither as `choose` says.

    Args:
        image: The picture. Alpha is ignored.
        palette: The colors; its transparent entry is never chosen.
        options: All but `method` goes to the chosen one.
        pinned: Settled entries.

    Returns:
        uint16 (h, w) indices, each pinned or in `palette.opaque`.
    """
    chosen = choose(image, palette).method
    return dither(image, palette, options._replace(method=chosen), pinned)


def measure(image: Image, palette: Palette) -> Content:
    """The figures from which `choose` judges."""
    step = 1
    while image.alpha[::step, ::step].size > _LOOKED_AT:
        step += 1
    part = Image(image.linear[::step, ::step].copy(), image.alpha[::step, ::step].copy())
    own, _ = exact(part.linear, palette)
    shown = to_linear(palette.seen[dither(part, palette, DitherOptions("none"))])
    apart = (oklab(part.linear) - oklab(shown)).astype(np.int64)
    return Content(
        own=int(own.sum()) * 100 // own.size,
        few=_few(part.srgb),
        error=int((apart * apart).sum()) // own.size,
    )


def _few(srgb: NDArray[np.uint8]) -> int:
    wide = srgb.astype(np.int64).reshape(-1, 3)
    _, counts = np.unique(wide @ np.array([1 << 16, 1 << 8, 1]), return_counts=True)
    counts = np.sort(counts)[::-1]
    others = len(wide) - int(counts[0])
    return int(counts[1 : FEW + 1].sum()) * 100 // others if others else 100


def _two_tones(palette: Palette) -> bool:
    light = luminance(to_linear(palette.seen[palette.opaque])).tolist()
    return len(light) == 2 and light[0] != light[1]


def _colors(palette: Palette) -> str:
    """The palette in words: `6 inks`."""
    count = f"{len(palette.opaque):,}"
    if whole_grid(palette) is not None:
        return f"a grid of {count} colors"
    if palette.learned:
        return f"{count} learned colors"
    return f"{count} grays" if axes(palette) else f"{count} inks"
