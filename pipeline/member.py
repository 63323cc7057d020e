"""Members: what can be named in a manifest, as rows of tables; plain data, no numpy."""

from importlib import import_module
from typing import Any, NamedTuple


class Row(NamedTuple):
    """One registered member of a kind.

    Attributes:
        where: `module:attribute`.
        sentence: When to use it.
        files: For emitters, the names of the files it writes, with `{symbol}`.
        magic: For palette files, how their content begins; empty where only the suffix tells.
        stable: For dithers, a pixel depends on its color and place alone, so that what does not
            change in a picture keeps its pixels.
        reads: For bundles, emitters of which each member needs one; the first is added to a member
            that has none. Empty where the bundle's `files` says it.
        takes: For bundles, which of a member's files are read, with `{symbol}`.
        large: For emitters of C arrays, the emitters to take instead for large pictures.
    """

    where: str
    sentence: str
    files: tuple[str, ...] = ()
    magic: bytes = b""
    stable: bool = False
    reads: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    large: tuple[str, ...] = ()

    def load(self) -> Any:
        """The object that `where` names."""
        module, attribute = self.where.split(":")
        return getattr(import_module(module), attribute)
