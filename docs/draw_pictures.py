"""Make the pictures of the documentation from assets/, through bitplane itself.

Run as `python docs/draw_pictures.py`; it writes docs/images/. Pixels of a panel are enlarged by
whole numbers and never blended.
"""

import io
import tempfile
from pathlib import Path
from typing import NamedTuple

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import PIL.ImageOps

from pipeline import steps
from pipeline.disk import RealDisk
from pipeline.manifest import read_manifest
from pipeline.plan import AssetRule, Job, Plan
from pipeline.planner import make
from pipeline.target import builtin_folder

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
ZOOM = 2
GROUND, BRIGHT, DIM = "#15171c", "#f2f3f5", "#9aa0aa"
MARGIN, GAP, TEXT = 20, 14, 18

OVERVIEW = """\
target:
  - waveshare-7in3e
  - inky-impression-7
  - ili9341-240x320
  - pebble-time
  - {gameboy}
  - epd-4gray-400x300
  - ssd1306-128x64
defaults: {{size: 144x88, fit: cover, dither: floyd-steinberg, emit: [png]}}
assets:
  landscape:
    source: assets/landscape.png
    on: {{ili9341-240x320: {{palette: {{colors: 16}}}}}}
"""
PANELS = (
    "Spectra 6 e-paper, 6 inks",
    "ACeP e-paper, 7 inks",
    "TFT, 16 learned colors",
    "Pebble Time, 64 colors",
    "Game Boy, 4 shades",
    "e-paper, 4 grays",
    "OLED, 1 bit",
)

DITHERS = """\
target: gameboy
defaults: {{size: 120x144, fit: cover, emit: [png]}}
assets: {{portrait: {{source: assets/portrait.png, dither: {method}}}}}
"""
METHODS = (
    *("none", "floyd-steinberg", "atkinson"),
    *("jarvis-judice-ninke", "stucki", "sierra-lite"),
    *("bayer-2", "bayer-4", "bayer-8"),
)

FITS = """\
target: generic
defaults: {size: 96x72, background: "#5a3d8a", emit: [png]}
assets:
  contain: {source: assets/portrait.png, fit: contain}
  cover: {source: assets/portrait.png, fit: cover}
  stretch: {source: assets/portrait.png, fit: stretch}
  none: {source: assets/portrait.png, fit: none}
"""


class Shown(NamedTuple):
    """A built picture, enlarged, with its name and two lines about it."""

    name: str
    picture: PIL.Image.Image
    title: str
    note: str


def build(manifest: str) -> list[Shown]:
    """What a manifest in the root of the repository gives, one for each asset and target."""
    manifest_file = read_manifest(manifest.encode(), ROOT / "build.yaml")
    made = make(manifest_file, RealDisk(str(ROOT)))
    return [_built(rule, made) for rule in made.assets]


def _built(rule: AssetRule, made: Plan) -> Shown:
    built = steps.build(Job(rule, made.targets[rule.target], str(ROOT)))
    if built.row is None:
        raise RuntimeError(built.problems)
    image = PIL.Image.open(io.BytesIO(built.artifacts[0].data))
    large = image.resize((image.width * ZOOM, image.height * ZOOM), PIL.Image.Resampling.NEAREST)
    return Shown(rule.name, large, rule.target, f"{built.row.flash_bytes:,} bytes")


def overview() -> PIL.Image.Image:
    """The landscape as drawn, and on seven panels."""
    with tempfile.TemporaryDirectory() as folder:
        green = Path(folder) / "gameboy.yaml"
        profile = (builtin_folder() / "gameboy.yaml").read_text("utf-8")
        green.write_text(profile.replace("layout:", "seen: dmg-green\nlayout:"), "utf-8")
        panels = build(OVERVIEW.format(gameboy=green.as_posix()))
    source = PIL.Image.open(ROOT / "assets" / "landscape.png").convert("RGB")
    fitted = PIL.ImageOps.fit(source, panels[0].picture.size, PIL.Image.Resampling.LANCZOS)
    cells = [Shown("source", fitted, "the source, 24 bits a pixel", "assets/landscape.png")]
    for words, panel in zip(PANELS, panels, strict=True):
        cells.append(panel._replace(title=words, note=f"{panel.title}, {panel.note}"))
    return sheet(cells, 4)


def sheet(cells: list[Shown], columns: int) -> PIL.Image.Image:
    """Pictures of one size in rows, with their words below them."""
    width, height = cells[0].picture.size
    rows = -(-len(cells) // columns)
    caption = 3 * TEXT if any(cell.note for cell in cells) else 2 * TEXT
    step_x, step_y = width + GAP, height + caption + GAP
    size = (2 * MARGIN + columns * step_x - GAP, 2 * MARGIN + rows * step_y - GAP)
    out = PIL.Image.new("RGB", size, GROUND)
    draw = PIL.ImageDraw.Draw(out)
    for place, cell in enumerate(cells):
        x, y = MARGIN + place % columns * step_x, MARGIN + place // columns * step_y
        out.paste(cell.picture.convert("RGB"), (x, y))
        draw.text((x, y + height + 6), cell.title, BRIGHT, PIL.ImageFont.load_default(TEXT))
        draw.text((x, y + height + 30), cell.note, DIM, PIL.ImageFont.load_default(TEXT - 4))
    return out


def main() -> None:
    """Write docs/images/."""
    IMAGES.mkdir(exist_ok=True)
    overview().save(IMAGES / "overview.png", optimize=True)
    fits = [cell._replace(title=f"fit: {cell.name}", note="") for cell in build(FITS)]
    sheet(fits, 4).save(IMAGES / "fit.png", optimize=True)
    for method in METHODS:
        (cell,) = build(DITHERS.format(method=method))
        cell.picture.save(IMAGES / f"dither-{method}.png", optimize=True)


if __name__ == "__main__":
    main()
