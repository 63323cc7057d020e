"""Trial: one dither of a picture and its figures, to be held against others."""

import time
import zlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import metrics
from pipeline.canvas import Canvas, draw
from pipeline.palette import Indexed
from pipeline.recipe import DitherChoice, Recipe


class Trial(NamedTuple):
    """What one dither gave.

    Attributes:
        method: Its name.
        indexed: The picture in palette entries.
        blurred: Mean CIEDE2000 at a distance at which single pixels blur.
        plain: Mean CIEDE2000 of single pixels.
        seconds: How long the dither took; the palette was there before.
        packed: Bytes of its indices, deflated.
    """

    method: str
    indexed: Indexed
    blurred: float
    plain: float
    seconds: float
    packed: int


def warm_up(ready: Canvas, recipe: Recipe) -> None:
    """Load what all dithers need, so that the first one is not charged with it."""
    draw(ready, recipe._replace(dither=DitherChoice(), regions=()), ())


def trial(method: str, ready: Canvas, recipe: Recipe) -> Trial:
    """Dither a picture by one method.

    Raises:
        ValueError: The palette does not suit the method.
    """
    alone = recipe._replace(dither=DitherChoice(method), regions=())
    start = time.perf_counter()
    indexed = draw(ready, alone, ())
    seconds = time.perf_counter() - start
    reference, got = ready.image.srgb, shown(ready, indexed)
    drawn = ready.image.alpha > 0
    return Trial(
        method=method,
        indexed=indexed,
        blurred=metrics.blurred_ciede2000(reference, got),
        plain=metrics.mean_ciede2000(reference, got, drawn),
        seconds=seconds,
        packed=_packed(indexed),
    )


def _packed(indexed: Indexed) -> int:
    kind = np.uint8 if len(indexed.palette) <= 256 else np.uint16
    return len(zlib.compress(indexed.indices.astype(kind).tobytes(), 9))


def shown(ready: Canvas, indexed: Indexed) -> NDArray[np.uint8]:
    """uint8 (h, w, 3) sRGB: what the panel shows; as in the picture where nothing is drawn."""
    return np.where(ready.image.alpha[..., None] > 0, indexed.seen, ready.image.srgb)
