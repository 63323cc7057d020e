"""Panels from targets: what a device with a given display says of itself."""

from pipeline import layouts
from pipeline.target import Target
from pipeline.upload.protocol import MAX_TEXT, Panel


def panel_of(target: Target, slots: int, frame: int, window: int) -> Panel:
    """What a device with this display answers to HELLO.

    Raises:
        ValueError: The target has no size of its own, or its name cannot be sent.
    """
    if target.size is None:
        raise ValueError(f"the target '{target.name}' has no size")
    name = target.name
    if not (name.isascii() and name.isprintable() and len(name) <= MAX_TEXT):
        raise ValueError(f"a device can have a name of {MAX_TEXT} characters of ASCII, not {name}")
    width, height = target.size
    capacity = layouts.size(target.layout, width, height)
    return Panel(name, target.layout.describe(), width, height, capacity, frame, window, slots)
