"""Payload: one picture as it travels."""

from typing import NamedTuple


class Payload(NamedTuple):
    """One picture for one device.

    Attributes:
        name: C symbol of the asset: letters, digits and underscores of ASCII.
        target: Name of the display profile.
        width, height: Pixels.
        layout: How pixels are packed, as `Layout.describe` says it.
        data: The bytes that the panel reads, without any header.
    """

    name: str
    target: str
    width: int
    height: int
    layout: str
    data: bytes

    @property
    def file_name(self) -> str:
        """What it is called where a protocol stores files."""
        return f"{self.name}.raw"
