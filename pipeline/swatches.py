"""Swatches: palettes put in order, made unique, and compared color by color."""

from collections.abc import Callable
from functools import cmp_to_key
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.color import OKLAB_SCALE, oklab, to_linear
from pipeline.grid import RGB
from pipeline.metrics import ciede2000
from pipeline.palette_files import PaletteFile

_GRAY = OKLAB_SCALE // 50
"""A color of less chroma has no hue to sort by."""

Lab = tuple[int, int, int]


class Nearest(NamedTuple):
    """The color of another list that looks most alike.

    Attributes:
        place: Its index in that list, the lowest of several.
        distance: CIEDE2000.
    """

    place: int
    distance: float


def lightness(colors: tuple[RGB, ...]) -> list[float]:
    """OKLab lightness of sRGB colors, 0 to 1."""
    return [light / OKLAB_SCALE for light, _, _ in _labs(colors)]


def _labs(colors: tuple[RGB, ...]) -> list[Lab]:
    """OKLab in 1/4096: integers, so that an order is the same on every machine."""
    table = oklab(to_linear(np.array(colors, np.uint8)), (1, 1)).tolist()
    return [(light, a, b) for light, a, b in table]


def in_order(palette: PaletteFile, by: str) -> PaletteFile:
    """The palette sorted; equal entries keep their order.

    Args:
        palette: Any.
        by: One of `ORDERS`.
    """
    labs = _labs(palette.colors)
    keys = ORDERS[by](palette, labs)
    return taken(palette, sorted(range(len(keys)), key=lambda place: (keys[place], place)))


def _by_lightness(palette: PaletteFile, labs: list[Lab]) -> list[object]:
    return [(lab[0], color) for lab, color in zip(labs, palette.colors, strict=True)]


def _by_chroma(palette: PaletteFile, labs: list[Lab]) -> list[object]:
    del palette
    return [(_squared(lab), lab[0]) for lab in labs]


def _by_hue(palette: PaletteFile, labs: list[Lab]) -> list[object]:
    """Grays from dark to light, then round the circle from pink and red."""
    del palette
    angle = cmp_to_key(_turn)
    grays = [_squared(lab) < _GRAY**2 for lab in labs]
    return [
        (0, angle((0, 1, 0)), lab[0]) if gray else (1, angle(lab), lab[0])
        for gray, lab in zip(grays, labs, strict=True)
    ]


def _by_name(palette: PaletteFile, labs: list[Lab]) -> list[object]:
    del labs
    return [name.casefold() for name in palette.names]


ORDERS: dict[str, Callable[[PaletteFile, list[Lab]], list[object]]] = {
    "lightness": _by_lightness,
    "hue": _by_hue,
    "chroma": _by_chroma,
    "name": _by_name,
}


def _squared(lab: Lab) -> int:
    return lab[1] ** 2 + lab[2] ** 2


def _turn(one: Lab, other: Lab) -> int:
    """Negative when the angle of (a, b) from +a is smaller: by half, then by cross product."""
    halves = [lab[2] < 0 or (lab[2] == 0 and lab[1] < 0) for lab in (one, other)]
    if halves[0] != halves[1]:
        return halves[0] - halves[1]
    return one[2] * other[1] - one[1] * other[2]


def taken(palette: PaletteFile, places: list[int]) -> PaletteFile:
    """The entries at some places, in that order."""
    hidden = palette.transparent
    return palette._replace(
        colors=tuple(palette.colors[place] for place in places),
        names=tuple(palette.names[place] for place in places),
        transparent=places.index(hidden) if hidden in places else None,
    )


def unique(palette: PaletteFile) -> PaletteFile:
    """The first of equal colors; a transparent entry equals none."""
    first: dict[object, int] = {}
    for place, color in enumerate(palette.colors):
        first.setdefault(None if place == palette.transparent else color, place)
    return taken(palette, list(first.values()))


def drawn(palette: PaletteFile) -> PaletteFile:
    """The entries that are drawn: all but the transparent one."""
    count = range(len(palette.colors))
    return taken(palette, [place for place in count if place != palette.transparent])


def nearest(colors: tuple[RGB, ...], others: tuple[RGB, ...]) -> list[Nearest]:
    """For each color the one of `others`, of which there is at least one, that looks most alike."""
    return _least(_distances(colors, others))


def neighbors(palette: PaletteFile) -> list[Nearest | None]:
    """For each entry the other drawn one that looks most alike; None where there is none."""
    table = _distances(palette.colors, palette.colors)
    np.fill_diagonal(table, np.inf)
    if palette.transparent is not None:
        table[palette.transparent] = table[:, palette.transparent] = np.inf
    return [None if found.distance == np.inf else found for found in _least(table)]


def _distances(colors: tuple[RGB, ...], others: tuple[RGB, ...]) -> NDArray[np.float64]:
    one, other = np.array(colors, np.uint8), np.array(others, np.uint8)
    return ciede2000(one[:, np.newaxis], other[np.newaxis])


def _least(table: NDArray[np.float64]) -> list[Nearest]:
    places = table.argmin(axis=1).tolist()
    return [Nearest(place, float(row[place])) for place, row in zip(places, table, strict=True)]
