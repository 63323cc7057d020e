"""Targets: display profiles as plain values, and where the shipped ones are."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pipeline.grid import GRIDS, RGB
from pipeline.layout import MAX_INDEXED, Layout

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "e-paper": "ink that reflects the light around it",
        "reflective-lcd": "liquid crystal that reflects the light around it",
        "lcd": "liquid crystal that reflects, with a backlight for the dark",
        "tft": "liquid crystal that is lit from behind",
        "oled": "pixels that shine",
        "led": "separate lamps",
    }
)
"""What makes a panel's picture."""


class Ink(NamedTuple):
    """One fixed palette entry: its name, its three readings (design: seen, nominal, code)."""

    name: str
    seen: RGB
    nominal: RGB
    code: int


class Measured(NamedTuple):
    """One set of measured ink colors and where it comes from."""

    name: str
    source: str
    colors: tuple[tuple[str, RGB], ...]


class Target(NamedTuple):
    """A display profile.

    Attributes:
        name: File stem; names folders and appears in generated files.
        title: One line for people.
        size: Width and height in pixels, or None for any.
        shape: `rectangle` or `round`.
        pitch_mm: Distance of pixel centers in mm, (x, y), or None when unknown.
        background: What a pixel that is not drawn looks like, sRGB.
        grid: Name in `grid.GRIDS` of the color words, "" for inks.
        inks: The fixed entries; empty for panels whose palette is the grid or programmable.
        whole: The palette is every color of the grid.
        measured: All measured ink sets of the panel.
        seen: Name of the set that `inks` carry, "" for nominal colors.
        layout: How the panel wants its pixels.
        holds: What a pixel value is: `code` or `index`.
        bus, notes, sources: For people.
        kind: How it makes its picture, one of `KINDS`; "" when unknown.
        corner: Radius of the glass's corners, in pixels.
        gap: Dark lines between pixels, in thousandths of the pitch; 0 when unknown.
        tint: What white really looks like, where no set of inks was measured; None for white.
        files: Files of one's own that it was read from, as the disk knows them.
    """

    name: str
    title: str
    size: tuple[int, int] | None
    shape: str
    pitch_mm: tuple[float, float] | None
    background: RGB
    grid: str
    inks: tuple[Ink, ...]
    whole: bool
    measured: tuple[Measured, ...]
    seen: str
    layout: Layout
    holds: str
    bus: tuple[str, ...]
    notes: str
    sources: tuple[str, ...]
    kind: str = ""
    corner: int = 0
    gap: int = 0
    tint: RGB | None = None
    files: tuple[str, ...] = ()

    @property
    def max_colors(self) -> int:
        """Largest palette an asset may have: the inks, or what indices can name."""
        named = 1 << self.layout.bits if self.holds == "index" else MAX_INDEXED
        return len(self.inks) or min(MAX_INDEXED, named, GRIDS[self.grid].size)

    @property
    def colors_text(self) -> str:
        """The panel's colors in a few words, for lists."""
        if self.inks:
            return f"{len(self.inks)} colors"
        size = GRIDS[self.grid].size
        few = "" if self.whole else f"{self.max_colors} of "
        return f"{few}{size} {'grays' if GRIDS[self.grid].gray else 'colors'}"


def with_seen(target: Target, name: str) -> Target:
    """The target with the colors of another of its measured sets; without that set, as it is."""
    for measured in target.measured:
        if measured.name == name:
            colors = dict(measured.colors)
            inks = (ink._replace(seen=colors.get(ink.name, ink.nominal)) for ink in target.inks)
            return target._replace(inks=tuple(inks), seen=name)
    return target


def builtin_folder() -> Path:
    """The shipped profiles: inside an installed package, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "targets"
    return inside if inside.is_dir() else package.parent / "targets"


def builtin_names() -> list[str]:
    """Names of the shipped profiles, sorted."""
    return sorted(path.stem for path in builtin_folder().glob("*.yaml"))


def family_folder() -> Path:
    """The shipped files that profiles extend: facts of a controller, without a size."""
    return builtin_folder() / "families"


def family_names() -> list[str]:
    """Names of the shipped families, sorted."""
    return sorted(path.stem for path in family_folder().glob("*.yaml"))


def is_path(name: str) -> bool:
    """Whether a target is named by the path of its file."""
    return name.endswith((".yaml", ".yml")) or "/" in name or "\\" in name
