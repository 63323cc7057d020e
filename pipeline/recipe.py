"""Recipe: all options of one asset for one target, resolved; plain values for the plan."""

from typing import NamedTuple

from pipeline.grid import RGB
from pipeline.layout import MAX_INDEXED, Layout, indexed_layout
from pipeline.target import Target

MAX_PIXELS = 64_000_000
"""Sources with more pixels are refused before decoding, unless the manifest says otherwise."""

FULL_STRENGTH = 256
LEARNED_STRENGTH = 218
"""0.85 of 256: full error diffusion is needlessly noisy on a palette made for the picture."""


class PaletteChoice(NamedTuple):
    """Which palette a picture gets.

    Attributes:
        kind: `target`, `learn`, `file` or `keep`.
        name: Name in the manifest's `palettes` when it is shared, else "".
        colors: Most entries it may have.
        metric: `perceptual` or `mse`, for `learn`.
        fixed: (index, color) pairs that are not learned.
        transparent: Index of the transparent entry, or None.
        file: Path relative to the manifest, for `file`.
    """

    kind: str
    name: str = ""
    colors: int = MAX_INDEXED
    metric: str = "perceptual"
    fixed: tuple[tuple[int, RGB], ...] = ()
    transparent: int | None = None
    file: str = ""

    @property
    def shared(self) -> bool:
        """It is learned from all assets that name it."""
        return self.kind == "learn" and self.name != ""


class DitherChoice(NamedTuple):
    """Which dither, and how; `strength` is in 1/256, None means the palette decides."""

    method: str = "none"
    strength: int | None = None
    serpentine: bool = True
    threshold: int = 128


class Recipe(NamedTuple):
    """All options of one asset for one target; the fields are those of `manifest.Options`."""

    size: tuple[int, int] | None = None
    fit: str = "contain"
    resample: str = "smooth"
    rotate: int = 0
    flip: str = "none"
    background: RGB = (0, 0, 0)
    alpha_threshold: int = 128
    frame: int | None = None
    max_pixels: int = MAX_PIXELS
    palette: PaletteChoice = PaletteChoice("target")
    dither: DitherChoice = DitherChoice()
    format: str = "native"
    emit: tuple[str, ...] = ("c",)


def layout_of(format_: str, colors: int, target: Target) -> tuple[Layout, str]:
    """How pixels are packed, and what they hold (`code` or `index`).

    Args:
        format_: `native`; `indexed`, which takes as few bits as `colors` needs; or `i1` to `i8`.
        colors: Entries of the palette.
        target: The display.
    """
    if format_ == "native":
        return target.layout, target.holds
    if format_ == "indexed":
        return indexed_layout(min(colors, MAX_INDEXED)), "index"
    return Layout("rows", int(format_[1:])), "index"
