"""Transports: what carries bytes to a device and back."""

from typing import Protocol


class Transport(Protocol):
    """A line to a device. Whatever goes wrong with it is raised as OSError or UploadError."""

    def read(self, most: int, timeout_s: float) -> bytes:
        """Up to `most` bytes as soon as some have come; b"" when none came in time."""

    def write(self, data: bytes) -> None:
        """Send all of `data`."""

    def close(self) -> None:
        """Give the line back; may be called twice."""
