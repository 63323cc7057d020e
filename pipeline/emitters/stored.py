"""Stored: packed pixels as they lie in flash, compressed where that was asked for."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from pipeline import layouts
from pipeline.codecs import Parameters, codec, fitted
from pipeline.decoders import line_bits, refusal
from pipeline.emitters import Picture
from pipeline.emitters.describe import Description, check, restore
from pipeline.layout import Layout
from pipeline.palette import Indexed
from pipeline.recipe import CompressChoice
from pipeline.registry import CODECS

_UNITS = {12: 3, 16: 2, 24: 3, 32: 4}
"""Bytes after which whole pixels begin anew, by bits a pixel."""


def parameters_of(layout: Layout, width: int, height: int, window: int = 0) -> Parameters:
    """What a codec has to know of the packed pixels of a picture."""
    return Parameters(_UNITS.get(layout.bits, 1), window, line_bits(layout, (width, height)))


def compressed(picture: Picture, choice: CompressChoice) -> Picture:
    """The picture with its pixels stored as was asked.

    Raises:
        ValueError: The codec's decoder takes more RAM than it may, or the codec cannot hold
            pixels in this layout.
    """
    picture = replace(picture, compress=choice)
    if choice.codec == "none":
        return picture
    if choice.codec != "smallest":
        return min(_tried(picture, choice.codec, choice.ram), key=_size)
    return min(_all_tried(picture, choice.ram), key=_size)


def _size(picture: Picture) -> int:
    return len(picture.stored)


def _all_tried(picture: Picture, ram: int) -> Iterator[Picture]:
    """Uncompressed, then in each codec that can do it; so of equals the simplest comes first."""
    yield picture
    for name in CODECS:
        with suppress(ValueError):
            yield from _tried(picture, name, ram)


def _tried(picture: Picture, name: str, ram: int) -> list[Picture]:
    """The picture in one codec, with each window that is worth trying."""
    member, indexed = codec(name), picture.indexed
    size = indexed.width, indexed.height
    refused = refusal(name, ram, picture.layout, size)
    if refused is not None:
        raise ValueError("; ".join(refused))
    choices = fitted(member, parameters_of(picture.layout, *size), len(picture.data), ram)
    return [
        replace(picture, codec=name, parameters=each, stream=member.compress(picture.data, each))
        for each in (choices if member.narrow else choices[-1:])
    ]


def note(picture: Picture) -> str:
    """What became of the wish to compress, for the report; "" where there was none."""
    if picture.compress.codec == "none":
        return ""
    if picture.codec == "none":
        within = "" if picture.compress.ram == CompressChoice().ram else " within its `ram`"
        return f"not compressed: no codec{within} makes it smaller"
    share = round(100 * len(picture.stored) / len(picture.data))
    return f"{picture.codec}, {share} % of {len(picture.data):,} bytes"


def plain(description: Description, stored: bytes) -> bytes:
    """The packed pixels that a codec's stream stands for.

    Raises:
        ValueError: The description is impossible, or the stream is damaged.
    """
    check(description)
    if description.codec == "none":
        return stored
    layout, width, height = description.layout, description.width, description.height
    member = codec(description.codec)
    if member.decoder.looks_back != (description.window > 0):
        raise ValueError(f"a window of {description.window} bytes is none for {description.codec}")
    parameters = parameters_of(layout, width, height, description.window)
    return member.decompress(stored, layouts.size(layout, width, height), parameters)


def restored(description: Description, block: bytes, stored: bytes) -> Indexed:
    """The picture from all its parts, `restore` for pixels that may be compressed.

    Raises:
        ValueError: The parts are impossible or do not fit each other.
    """
    return restore(description, block, plain(description, stored))
