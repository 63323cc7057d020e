"""Ports: the serial ports of this machine, and which of them is meant."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pipeline.upload.error import UploadError


class Port(NamedTuple):
    """A serial port.

    Attributes:
        name: What to open.
        ids: USB vendor and product as `10c4:ea60`; "" for ports that are not on USB.
        text: What the system calls the device; from outside, so not to be printed as it is.
    """

    name: str
    ids: str = ""
    text: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.name, self.ids, self.text) if part)


def listed() -> list[Port]:
    """All serial ports, those on USB first."""
    from serial.tools import list_ports

    found = [
        Port(
            each.device,
            "" if each.vid is None else f"{each.vid:04x}:{each.pid or 0:04x}",
            "" if each.description in (None, "n/a") else each.description,
        )
        for each in list_ports.comports()
    ]
    return sorted(found, key=lambda port: (not port.ids, port.name))


def chosen(ports: Sequence[Port], ask: Callable[[Sequence[Port]], Port | None] | None) -> str:
    """The port to use when none was named: the only one on USB, or the one that the user picks.

    Args:
        ports: All that there are.
        ask: Lets the user pick; gives None for none. None where nobody can be asked.

    Raises:
        UploadError: There is none, or several and nobody to choose.
    """
    boards = [port for port in ports if port.ids]
    if len(boards) == 1:
        return boards[0].name
    if not boards:
        words = "; ".join(map(str, ports))
        hint = f"name one with --port: {words}" if ports else "is the board plugged in?"
        raise UploadError("no board was found on USB", hint)
    picked = ask(boards) if ask else None
    if picked is None:
        listing = "; ".join(map(str, boards))
        raise UploadError(f"{len(boards)} boards are there", f"name one with --port: {listing}")
    return picked.name
