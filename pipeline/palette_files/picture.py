"""Pictures as palettes: what an indexed one lists, the pixels of a strip, the colors that occur."""

import numpy as np

from pipeline.emitters import png
from pipeline.grid import RGB
from pipeline.palette import Indexed, Palette
from pipeline.palette_files import MAX_ENTRIES, Format, PaletteFile, plain
from pipeline.source import Source, SourceOptions, decode


def read(data: bytes, name: str) -> PaletteFile:
    """The palette of an indexed picture, or an entry for each pixel of any other."""
    source = _decoded(data, name)
    listed = _listed(source)
    if listed is not None:
        return listed
    image = source.image
    if image.width * image.height > MAX_ENTRIES:
        raise ValueError(
            f"{name}: {image.width}x{image.height} pixels; a strip has one pixel for each color, "
            f"at most {MAX_ENTRIES}; an indexed picture may have any size"
        )
    return _strip(source)


def _strip(source: Source) -> PaletteFile:
    clear = np.flatnonzero(source.image.alpha == 0)
    return plain(_colors(source.image.srgb), int(clear[0]) if len(clear) else None)


def extract(data: bytes, name: str) -> PaletteFile:
    """The palette of a picture as `read` has it, or of one too large the colors that occur.

    Their order is that of their first pixels. Pixels of alpha 0 are one transparent entry, the
    last.

    Raises:
        ValueError: It cannot be decoded, or has more than 256 colors.
    """
    source = _decoded(data, name)
    listed = _listed(source)
    if listed is not None or source.image.width * source.image.height <= MAX_ENTRIES:
        return listed or _strip(source)
    drawn = source.image.srgb.reshape(-1, 3)[source.image.alpha.ravel() > 0]
    keys = drawn.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    _, places = np.unique(keys, return_index=True)
    clear = len(drawn) < source.image.width * source.image.height
    if len(places) + clear > MAX_ENTRIES:
        hint = "reduce it first, with `bitplane convert --colors`"
        raise ValueError(f"{name}: {len(places):,} colors, more than {MAX_ENTRIES}; {hint}")
    colors = _colors(drawn[np.sort(places)])
    return plain([*colors, (0, 0, 0)], len(colors)) if clear else plain(colors)


def _decoded(data: bytes, name: str) -> Source:
    try:
        return decode(data, SourceOptions(frame=0))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _listed(source: Source) -> PaletteFile | None:
    stored = source.indexed
    if stored is None or not stored.listed:
        return None
    return plain(_colors(stored.colors), stored.transparent)


def _colors(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> list[RGB]:
    return [(int(red), int(green), int(blue)) for red, green, blue in pixels.reshape(-1, 3)]


def write(palette: PaletteFile) -> bytes:
    """An indexed PNG, one pixel high, with a pixel for each color in its order."""
    colors = np.array(palette.colors, np.uint8)
    count = np.arange(len(colors), dtype=np.uint32)
    whole = Palette(colors, colors, count, palette.transparent)
    return png.encode(Indexed(count.astype(np.uint16)[np.newaxis], whole))


FORMAT = Format(read, write, transparent=True)
READ_ONLY = Format(read, None)
