"""Changes: two pictures of one asset compared, in figures and as a picture."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import ciede2000

Bytes = NDArray[np.uint8]

_FULL = 50.0
"""Delta E that is drawn as the strongest change."""


class Change(NamedTuple):
    """How two pictures differ.

    Attributes:
        pixels: How many pixels differ; of pictures of different sizes all of the later one.
        total: Pixels of the later one.
        delta_e: Mean CIEDE2000 over all pixels, None for different sizes.
        largest: The largest of a pixel, None for different sizes.
        drawn: uint8 (h, w, 3), None for different sizes.
    """

    pixels: int
    total: int
    delta_e: float | None
    largest: float | None
    drawn: Bytes | None


def compare(before: Bytes, after: Bytes) -> Change:
    """Compare two pictures, uint8 (h, w, 3) each."""
    total = after.shape[0] * after.shape[1]
    if before.shape != after.shape:
        return Change(total, total, None, None, None)
    different = (before != after).any(-1)
    error = np.zeros(different.shape)
    error[different] = ciede2000(before[different], after[different])
    return Change(
        int(different.sum()),
        total,
        float(error.mean()),
        float(error.max()),
        _draw(after, different, error),
    )


def _draw(after: Bytes, different: NDArray[np.bool_], error: NDArray[np.float64]) -> Bytes:
    """The picture in pale gray; on it what changed, from yellow for little to red for much."""
    gray = 160 + after.astype(np.uint16).sum(-1) // 9
    out = np.repeat(gray[..., np.newaxis], 3, -1).astype(np.uint8)
    share = np.minimum(error[different] / _FULL, 1)
    out[different] = np.stack(
        [np.full(share.shape, 220), 200 * (1 - share), np.zeros(share.shape)], -1
    ).astype(np.uint8)
    return out
