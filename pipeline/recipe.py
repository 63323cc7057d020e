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


AUTO = "auto"
"""The format that is searched for."""

MOST_ERROR = 1500
"""Most mean delta E, in thousandths, that a format which is searched for may have by default.

Photographs have 1.0 to 1.4 in 256 colors of their own and 2.9 and more in 16 (our pictures at
240x240 on RGB565, dithered or not), so they keep 256; flat art has what the panel's grid costs.
"""


class PaletteChoice(NamedTuple):
    """Which palette a picture gets.

    Attributes:
        kind: `target`, `learn`, `file`, `list` or `keep`.
        name: Name in the manifest's `palettes` when it is shared, else "".
        colors: Most entries it may have.
        metric: `perceptual` or `mse`, for `learn`.
        fixed: (index, color) pairs that are not learned.
        transparent: Index of the transparent entry, or None.
        file: Path relative to the manifest, for `file`.
        listed: The colors in their order, for `list`.
        effort: `fast`, `normal` or `best`, for `learn`.
        engine: `native` or `scikit-learn`, for `learn`; the result is the same.
        groups: Into how many palettes the assets that share it are divided; 0 for one palette.
    """

    kind: str
    name: str = ""
    colors: int = MAX_INDEXED
    metric: str = "perceptual"
    fixed: tuple[tuple[int, RGB], ...] = ()
    transparent: int | None = None
    file: str = ""
    listed: tuple[RGB, ...] = ()
    effort: str = "normal"
    engine: str = "native"
    groups: int = 0

    @property
    def shared(self) -> bool:
        """It is learned from all assets that name it."""
        return self.kind == "learn" and self.name != ""


class DitherChoice(NamedTuple):
    """Which dither, and how.

    Attributes:
        method: Name in `registry.DITHERS`.
        strength: In 1/256; None means the palette decides.
        serpentine: Error diffusion turns round at each row's end.
        threshold: Gray at which `threshold` turns to the lighter color.
        kernel: Divisor and rows of weights, for `custom`.
        distance: From eye to panel in mm, for methods with a model of the eye.
        ppi: Pixels per inch; None means the target's pitch.
    """

    method: str = "none"
    strength: int | None = None
    serpentine: bool = True
    threshold: int = 128
    kernel: tuple[int, tuple[tuple[int, ...], ...]] | None = None
    distance: int = 400
    ppi: int | None = None


class AdjustChoice(NamedTuple):
    """Changes of a picture's tones before its colors are reduced, in thousandths.

    Attributes:
        exposure: In stops, 1000 doubles the light.
        contrast: 1000 leaves it.
        saturation: 1000 leaves it.
        shadows: Above 0 lifts dark tones.
        highlights: Below 0 tames light tones.
        tone: Fit black and white to the panel's: `auto`, `compress` or `none`.
    """

    exposure: int = 0
    contrast: int = 1000
    saturation: int = 1000
    shadows: int = 0
    highlights: int = 0
    tone: str = "auto"


class Region(NamedTuple):
    """A part of a picture that is treated in its own way.

    Attributes:
        box: Left, top, width and height in the finished picture, or None.
        mask: Gray picture of the source's size, white inside; "" with a box.
        dither: Its own dither, or None for that of the asset.
        weight: How much its pixels count when a palette is learned, 1..16.
    """

    box: tuple[int, int, int, int] | None = None
    mask: str = ""
    dither: DitherChoice | None = None
    weight: int = 1


class CompressChoice(NamedTuple):
    """How packed pixels are stored.

    Attributes:
        codec: A name in `registry.CODECS`; `smallest`, whichever gives the fewest bytes; `none`.
        ram: Most bytes that the state and the window of its decoder in C may take.
    """

    codec: str = "none"
    ram: int = 4096


class Recipe(NamedTuple):
    """All options of one asset for one target; the fields are those of `manifest.Options`.

    `most_error` stands beside them: what `format` says where it is `AUTO`.
    """

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
    adjust: AdjustChoice = AdjustChoice()
    exact: bool = True
    map: tuple[tuple[RGB, RGB | str], ...] = ()
    seen: str = ""
    weight: int = 1
    regions: tuple[Region, ...] = ()
    compress: CompressChoice = CompressChoice()
    most_error: int = MOST_ERROR
    template: str = ""


def layout_of(format_: str, colors: int, target: Target) -> tuple[Layout, str]:
    """How pixels are packed, and what they hold (`code` or `index`).

    Indices keep the target's byte order: it is that of the words that they stand for.

    Args:
        format_: `native`; `indexed`, which takes as few bits as `colors` needs; or `i1` to `i8`.
        colors: Entries of the palette.
        target: The display.
    """
    if format_ == "native":
        return target.layout, target.holds
    order = target.layout.byte_order
    if format_ == "indexed":
        return indexed_layout(min(colors, MAX_INDEXED))._replace(byte_order=order), "index"
    return Layout("rows", int(format_[1:]), byte_order=order), "index"
