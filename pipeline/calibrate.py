"""Calibration: what a panel's inks look like, read from a photograph of its test card.

The card's four markers give the perspective. White paper around the panel gives the light at
each place: a quadratic surface through the paper's brightness, channel by channel, also takes out
the light's color. An ink is what its patch reflects as a share of paper white, in linear light.

This is a measurement: it uses floats, and its result is rounded to sRGB codes.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import markers
from pipeline.card import MARKER, Card, marker
from pipeline.color import luminance, srgb_table
from pipeline.grid import LINEAR_MAX, RGB
from pipeline.image import Image
from pipeline.markers import Marker

Floats = NDArray[np.float64]

LONGEST = 1600
"""Larger photographs are scaled down to this, which also takes out noise."""

MOST_UNEVEN = 2.0
"""The paper's light may differ by this factor over the panel."""

_CLIPPED = 0.97  # of full scale in linear light, sRGB code 252
_DIM = 0.08
_BLOCKS = 96  # the longer side of the photograph in squares that may be paper
_NEAR, _FAR = 0.03, 0.4  # where paper is looked for: beyond the card, in its longer sides
_PAPER = 0.08  # relative distance from the surface at which a square is no paper
_AGREEING = 0.92  # share of the markers' modules that must be as they should
_POINTS = 24  # along the side of a patch
_INNER = 0.3  # of a patch's side is left out at either end


class Measurement(NamedTuple):
    """What a photograph says.

    Attributes:
        colors: sRGB of each ink as a share of paper white, in palette order.
        uneven: Brightest to darkest place of the light over the panel, at least 1.
    """

    colors: tuple[RGB, ...]
    uneven: float


def measure(photo: Image, card: Card, names: tuple[str, ...]) -> Measurement:
    """Read the inks from a photograph of the test card, with white paper around the panel.

    Args:
        photo: The photograph, turned by any angle; alpha is ignored.
        card: The layout that the panel shows.
        names: The inks in palette order, for messages.

    Raises:
        ValueError: The markers or the paper are not found, something is overexposed, or the
            light is too uneven; the message says what to do.
    """
    linear = _reduced(photo)
    view = _view(linear, card)
    paper = _paper(linear, view, card)
    uneven = _evenness(paper, card)
    shares = [
        _patch(linear, view, paper, box, name)
        for box, name in zip(card.patches, names, strict=True)
    ]
    return Measurement(tuple(_srgb(share) for share in shares), uneven)


def _srgb(share: Floats) -> RGB:
    codes = srgb_table()[np.rint(share.clip(0, 1) * LINEAR_MAX).astype(np.int64)]
    red, green, blue = codes.tolist()
    return red, green, blue


def _reduced(photo: Image) -> Floats:
    """float64 (h, w, 3), 0..1 linear light: means of squares of a whole number of pixels."""
    step = -(-max(photo.width, photo.height) // LONGEST)
    height, width = photo.height // step, photo.width // step
    if min(height, width) < 100:
        raise ValueError(f"a photograph of {photo.width}x{photo.height} is too small")
    total = np.zeros((height, width, 3))
    for y in range(step):
        for x in range(step):
            total += photo.linear[y : height * step : step, x : width * step : step]
    return total / (step * step * LINEAR_MAX)


class _View(NamedTuple):
    """The perspective: 3 x 3, from card pixels to photograph pixels."""

    matrix: Floats

    def to_photo(self, points: Floats) -> Floats:
        """(n, 2) card pixels to photograph pixels."""
        return _mapped(self.matrix, points)

    def to_card(self, points: Floats) -> Floats:
        """The reverse."""
        return _mapped(_inverse(self.matrix), points)


def _inverse(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.inv(matrix), np.float64)


def _mapped(matrix: Floats, points: Floats) -> Floats:
    out = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(out[:, :2] / out[:, 2:])


def _view(linear: Floats, card: Card) -> _View:
    """The perspective under which the markers look as they should."""
    gray = luminance(np.rint(linear * LINEAR_MAX).astype(np.uint16))
    light = srgb_table()[gray]
    best, agreeing, seen = None, 0.0, 0
    for found in markers.find(light):
        seen = max(seen, len(found))
        for view in _candidates(found, card):
            agree = _agreement(light, view, card)
            if agree > agreeing:
                best, agreeing = view, agree
        if agreeing >= _AGREEING and best is not None:
            return best
    some = f"{min(seen, 3)} of 4" if seen < 4 else "no four that belong together"
    raise ValueError(
        f"the card's corner markers were not found ({some}); the whole panel must be in the "
        "picture, sharp, at least 300 pixels high, and without reflections"
    )


def _candidates(found: list[Marker], card: Card) -> Iterator[_View]:
    """Perspectives from any four markers of similar size, turned all four ways."""
    for four in combinations(found, 4):
        modules = [each.module for each in four]
        corners = _around(np.array([(each.x, each.y) for each in four]))
        if max(modules) > 2.5 * min(modules) or corners is None:
            continue
        for turn in range(4):
            yield _View(_homography(np.array(card.markers), np.roll(corners, turn, 0)))


def _around(points: Floats) -> Floats | None:
    """Four points in clockwise order, or None when they are no convex quadrilateral."""
    middle = points - points.mean(0)
    ordered = points[np.argsort(np.arctan2(middle[:, 1], middle[:, 0]))]
    sides = np.roll(ordered, -1, 0) - ordered
    after = np.roll(sides, -1, 0)
    turns = sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0]
    least = 0.05 * np.sqrt((sides**2).sum(1) * (after**2).sum(1))
    return ordered if (turns > least).all() else None


def _homography(start: Floats, end: Floats) -> Floats:
    """The 3 x 3 matrix that takes four points to four others."""
    rows = []
    for (x, y), (u, v) in zip(start.tolist(), end.tolist(), strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    solved = np.linalg.solve(np.array(rows), end.reshape(-1))
    return np.append(solved, 1).reshape(3, 3)


def _agreement(light: NDArray[np.uint8], view: _View, card: Card) -> float:
    """Which share of the markers' modules is dark or light as it should; 0 when upside down."""
    steps = (np.arange(MARKER) - MARKER // 2) * card.module
    local = np.stack(np.meshgrid(steps, steps), -1, dtype=np.float64).reshape(-1, 2)
    dark = marker().reshape(-1)
    agree, edges = [], []
    for center in card.markers:
        values = _sampled(light, view.to_photo(local + center))
        if values is None:
            return 0
        edges.append((np.median(values[dark]) + np.median(values[~dark])) / 2)
        agree.append(((values < edges[-1]) == dark).mean())
    left, top, right, bottom = card.up
    square = _sampled(light, view.to_photo(np.array([[(left + right) / 2, (top + bottom) / 2]])))
    return float(np.mean(agree)) if square is not None and square[0] < edges[0] else 0


def _sampled(values: NDArray[np.generic], points: Floats) -> Floats | None:
    """The pixels at (n, 2) places, or None when one is outside."""
    height, width = values.shape[:2]
    if not np.isfinite(points).all():
        return None
    x, y = np.floor(points).astype(np.int64).T
    if x.min() < 0 or y.min() < 0 or x.max() >= width or y.max() >= height:
        return None
    return np.asarray(values[y, x], np.float64)


class _Paper(NamedTuple):
    """The light on the paper: coefficients (6, 3) of a quadratic surface over the card."""

    coefficients: Floats
    card: Card

    def at(self, points: Floats) -> Floats:
        """(n, 2) card pixels to (n, 3), what white paper would give there."""
        return np.asarray(_terms(points, self.card) @ self.coefficients)


def _terms(points: Floats, card: Card) -> Floats:
    x, y = _centered(points, card).T
    return np.column_stack([np.ones(len(x)), x, y, x * x, x * y, y * y])


def _centered(points: Floats, card: Card) -> Floats:
    """Card pixels as distance from its center, in longer sides."""
    middle = np.array([card.width, card.height]) / 2
    return np.asarray((points - middle) / max(card.width, card.height))


def _paper(linear: Floats, view: _View, card: Card) -> _Paper:
    """The surface through the squares around the card that are white paper."""
    size = max(4, max(linear.shape[:2]) // _BLOCKS)
    blocks, places = _squares(linear, size)
    points = view.to_card(places)
    far = abs(_centered(points, card)) - np.array([card.width, card.height]) / (
        2 * max(card.width, card.height)
    )
    near = (far.max(1) > _NEAR) & (far.max(1) < _FAR) & _in_front(view, places)
    blocks, points, far = blocks[near], points[near], far[near]
    paper = _agreeing(blocks.mean(1), points, card)
    _check_paper(blocks[paper], points[paper], far[paper], card)
    return _Paper(_fitted(blocks[paper].mean(1), points[paper], card), card)


def _in_front(view: _View, places: Floats) -> NDArray[np.bool_]:
    """Places of the photograph that the card's plane can be seen at."""
    inverse = _inverse(view.matrix)
    depth = np.column_stack([places, np.ones(len(places))]) @ inverse[2]
    return np.asarray(depth * inverse[2, 2] > 0)


def _squares(linear: Floats, size: int) -> tuple[Floats, Floats]:
    """The photograph in squares: (n, size * size, 3), and their centers (n, 2)."""
    rows, columns = linear.shape[0] // size, linear.shape[1] // size
    cut = linear[: rows * size, : columns * size].reshape(rows, size, columns, size, 3)
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    centers = (np.column_stack([x.reshape(-1), y.reshape(-1)]) + 0.5) * size
    return cut.swapaxes(1, 2).reshape(-1, size * size, 3), centers


def _agreeing(means: Floats, points: Floats, card: Card) -> NDArray[np.intp]:
    """The squares that lie on one surface, beginning with the lightest."""
    if len(means) < 40:
        return np.empty(0, np.intp)
    light = means.sum(1)
    paper = np.flatnonzero(light > 0.6 * np.percentile(light, 95))
    for _ in range(8):
        if len(paper) < 40:
            break
        surface = _terms(points, card) @ _fitted(means[paper], points[paper], card)
        off = abs(means / np.maximum(surface, 1e-6) - 1).max(1)
        limit = max(_PAPER, 1.5 * float(np.median(off[paper])))
        paper = np.flatnonzero(off < limit)
    return paper


def _fitted(means: Floats, points: Floats, card: Card) -> Floats:
    solved = np.linalg.lstsq(_terms(points, card), means, rcond=None)[0]
    return np.asarray(solved, np.float64)


def _check_paper(blocks: Floats, points: Floats, far: Floats, card: Card) -> None:
    x, y = _centered(points, card).T
    wide, high = far[:, 0] > _NEAR, far[:, 1] > _NEAR
    sides = (wide & (x < 0), wide & (x > 0), high & (y < 0), high & (y > 0))
    if min(int(side.sum()) for side in sides) < 8:
        raise ValueError(
            "no white paper was found on all sides of the panel; lay the panel on a sheet that "
            "shows on each side by a third of its length"
        )
    if (blocks.max(2) > _CLIPPED).mean() > 0.02:
        raise ValueError("the paper is overexposed; take the picture one stop darker")
    if np.median(blocks) < _DIM:
        raise ValueError("the paper is too dark for a measurement; expose longer")


def _evenness(paper: _Paper, card: Card) -> float:
    """How much the light differs over the panel.

    Raises:
        ValueError: It differs by more than `MOST_UNEVEN`.
    """
    x, y = np.meshgrid(np.linspace(0, card.width, 9), np.linspace(0, card.height, 9))
    light = paper.at(np.column_stack([x.reshape(-1), y.reshape(-1)])).mean(1)
    uneven = float(light.max() / max(light.min(), 1e-6))
    if uneven > MOST_UNEVEN:
        raise ValueError(
            f"the light is too uneven: {uneven:.1f} times as much on one side of the panel as on "
            "the other; use daylight from a window farther away, or two lamps"
        )
    return uneven


def _patch(
    linear: Floats, view: _View, paper: _Paper, box: tuple[int, int, int, int], name: str
) -> Floats:
    """(3,): what a patch reflects as a share of paper white."""
    left, top, right, bottom = box
    inside = _INNER + (1 - 2 * _INNER) * (np.arange(_POINTS) + 0.5) / _POINTS
    x, y = np.meshgrid(left + inside * (right - left), top + inside * (bottom - top))
    points = np.column_stack([x.reshape(-1), y.reshape(-1)])
    values = _sampled(linear, view.to_photo(points))
    if values is None:
        raise ValueError(f"the patch of '{name}' is not in the picture")
    if (values.max(1) > _CLIPPED).mean() > 0.02:
        raise ValueError(f"the patch of '{name}' is overexposed, or reflects a light")
    shares = values / paper.at(points)
    _check_patch(shares, name)
    ordered = np.sort(shares, axis=0)
    quarter = len(ordered) // 4
    return np.asarray(ordered[quarter:-quarter].mean(0))


def _check_patch(shares: Floats, name: str) -> None:
    square = shares.mean(1).reshape(2, _POINTS // 2, 2, _POINTS // 2)
    parts = np.median(square, axis=(1, 3))
    if np.ptp(parts) > 0.1 * float(parts.max()) + 0.01:
        raise ValueError(f"the patch of '{name}' is uneven; keep reflections and shadows off it")
    if np.median(shares, axis=0).max() > 1.1:
        raise ValueError(
            f"the patch of '{name}' is lighter than the paper; use white paper, without shadows"
        )
