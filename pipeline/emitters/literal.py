"""Literals of bytes in other languages' sources, and the picture that stands in one."""

import re

from pipeline.emitters import ctext
from pipeline.emitters.describe import from_marked, restore
from pipeline.palette import Indexed


def escaped(data: bytes) -> str:
    r"""Each byte as `\x` and two digits."""
    return "".join(f"\\x{byte:02x}" for byte in data)


def unescaped(text: str) -> bytes:
    """The bytes of the inside of a literal."""
    return bytes.fromhex("".join(re.findall(r"\\x([0-9a-f]{2})", text)))


def read(data: bytes, pattern: re.Pattern[str]) -> Indexed:
    """The picture in a source file: the marked comment says what it is, a literal holds it.

    Args:
        data: The file.
        pattern: Finds the literal, whose inside is its first group.

    Raises:
        ValueError: The text is damaged, or is not bitplane's.
    """
    text = ctext.decoded(data)
    description, block = from_marked(text)
    found = pattern.search(text)
    if found is None:
        raise ValueError("the module has no PIXELS")
    return restore(description, block, unescaped(found[1]))
