"""Emitters: from a packed picture to files, and back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import layouts, registry
from pipeline.codecs import Parameters
from pipeline.layout import Layout
from pipeline.palette import Indexed, Palette
from pipeline.recipe import CompressChoice
from pipeline.template import Template


class Artifact(NamedTuple):
    """A generated file: a bare file name (no folder) and its bytes."""

    name: str
    data: bytes


_NOT_ASKED, _NO_PARAMETERS = CompressChoice(), Parameters()


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A finished picture with all that an emitter may need.

    Attributes:
        symbol: C identifier, also the stem of the file names.
        target: Name of the target it was built for, `[A-Za-z0-9._-]` only.
        indexed: The picture.
        layout: How `data` is packed.
        holds: What a pixel value is: `index` (into the palette) or `code` (of the entry).
        grid: Name in `grid.GRIDS` of the palette's color words, or "" where the palette is
            fixed inks or grays whose codes mean nothing but themselves.
        data: `layouts.pack` of the pixel values.
        names: Names of the palette's entries, as people wrote them; empty where they have none.
        compress: How the pixels were asked to be stored. Emitters in formats that know codecs of
            their own follow it as far as these go.
        codec: How `stored` came of `data`: a name in `registry.CODECS`, or `none`.
        parameters: What the codec's decoder has to know.
        stream: What the codec made of `data`; nothing for `none`.
        template: What the emitter `template` fills in, where the manifest names one.
    """

    symbol: str
    target: str
    indexed: Indexed
    layout: Layout
    holds: str
    grid: str
    data: bytes
    names: tuple[str, ...] = ()
    compress: CompressChoice = _NOT_ASKED
    codec: str = "none"
    parameters: Parameters = _NO_PARAMETERS
    stream: bytes = b""
    template: Template | None = None

    @property
    def stored(self) -> bytes:
        """The pixels as files that can hold a codec's stream have them."""
        return self.data if self.codec == "none" else self.stream

    @property
    def has_table(self) -> bool:
        """A palette table has to go with the pixels: they are indices into color words."""
        return self.holds == "index" and self.grid != ""


Emitter = Callable[[Picture], tuple[bytes, ...]]
"""Gives the contents of its row's `files`, in that order; the same picture gives the same bytes."""


def emit(name: str, picture: Picture) -> tuple[Artifact, ...]:
    """The files of one emitter.

    Raises:
        ValueError: The emitter cannot hold this picture; the message says what to do.
    """
    row = registry.EMITTERS[name]
    write: Emitter = row.load()
    suffix = picture.template.suffix if picture.template else ""
    names = (file.format(symbol=picture.symbol, suffix=suffix) for file in row.files)
    return tuple(Artifact(*pair) for pair in zip(names, write(picture), strict=True))


def pixel_values(indexed: Indexed, holds: str) -> NDArray[np.uint32]:
    """uint32 (h, w): what is packed for each pixel, the index itself or the entry's code."""
    if holds == "index":
        return indexed.indices.astype(np.uint32)
    return indexed.palette.codes[indexed.indices]


def pixel_value(picture: Picture, index: int) -> int:
    """What a pixel of one palette entry holds."""
    return index if picture.holds == "index" else int(picture.indexed.palette.codes[index])


def from_values(values: NDArray[np.uint32], palette: Palette, holds: str) -> Indexed:
    """The reverse of `pixel_values`.

    Raises:
        ValueError: A value stands for no palette entry.
    """
    if holds == "index":
        if int(values.max()) >= len(palette):
            raise ValueError(f"pixel value {values.max()} in a palette of {len(palette)} colors")
        return Indexed(values.astype(np.uint16), palette)
    order = np.argsort(palette.codes, kind="stable")
    place = np.minimum(np.searchsorted(palette.codes[order], values), len(order) - 1)
    indices = order[place]
    wrong = palette.codes[indices] != values
    if wrong.any():
        raise ValueError(f"pixel value {values[wrong][0]} is no code of the palette")
    return Indexed(indices.astype(np.uint16), palette)


def picture(
    symbol: str, target: str, indexed: Indexed, layout: Layout, holds: str, grid: str
) -> Picture:
    """Pack an indexed picture and keep all that emitters need beside the bytes."""
    data = layouts.pack(pixel_values(indexed, holds), layout)
    return Picture(symbol, target, indexed, layout, holds, grid, data)
