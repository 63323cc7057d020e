"""Bundles: files that span assets of one target, made of the assets' own files."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pipeline import registry


class Object(NamedTuple):
    """A finished asset, as a linker sees it.

    Attributes:
        name: As the user calls it.
        symbol: C identifier, also the stem of its file names.
        files: Contents of its files by name, without folders: those that the forms take.
    """

    name: str
    symbol: str
    files: Mapping[str, bytes]


class Bundle(NamedTuple):
    """What is put together.

    Attributes:
        symbol: C identifier, also the stem of the bundle's file names.
        target: Name of the target.
        align: Bytes; payloads of a pack begin at multiples of it.
        objects: The assets; their places are their numbers.
        files: Names of the files, with `{symbol}`, that an image of `esp-mmap` takes of each.
        name_length: Bytes for the name of a file in such an image.
    """

    symbol: str
    target: str
    align: int
    objects: tuple[Object, ...]
    files: tuple[str, ...] = ()
    name_length: int = 16


Form = Callable[[Bundle], tuple[bytes, ...]]
"""Gives the contents of its row's `files`, in that order; the same bundle gives the same bytes.
Raises ValueError for what it cannot hold."""


def emit(name: str, bundle: Bundle) -> tuple[bytes, ...]:
    """The files of one form; raises ValueError when it cannot hold the bundle."""
    form: Form = registry.BUNDLES[name].load()
    return form(bundle)
