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
from pipeline.canvas import canvas, draw
from pipeline.disk import RealDisk
from pipeline.manifest import read_manifest
from pipeline.plan import AssetRule, Job, Plan
from pipeline.planner import make
from pipeline.prepare import prepare
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

FITS = """\
target: generic
defaults: {size: 96x72, background: "#5a3d8a", emit: [png]}
assets:
  contain: {source: assets/portrait.png, fit: contain}
  cover: {source: assets/portrait.png, fit: cover}
  stretch: {source: assets/portrait.png, fit: stretch}
  none: {source: assets/portrait.png, fit: none}
"""

LIGHT = """\
target: waveshare-7in3e
defaults: {size: 144x172, fit: cover, dither: floyd-steinberg}
assets:
  plain: {source: assets/portrait.png, adjust: {tone: none}}
  whole: {source: assets/portrait.png}
"""

TEXT_AND_PHOTO = """\
target: waveshare-7in3e
defaults: {dither: floyd-steinberg, emit: [png]}
assets:
  plain: {source: screen.png}
  region: {source: screen.png, regions: [{box: 144x24+0+0, dither: none}]}
  map: {source: screen.png, map: {"#e4dcc8": white, "#404850": black, "#c0392b": red}}
"""


class Shown(NamedTuple):
    """A built picture, enlarged, with its name and two lines about it."""

    name: str
    picture: PIL.Image.Image
    title: str
    note: str


def build(manifest: str, folder: Path = ROOT, without: str = "") -> list[Shown]:
    """What a manifest in a folder gives, one for each asset but one and each target."""
    manifest_file = read_manifest(manifest.encode(), folder / "build.yaml")
    made = make(manifest_file, RealDisk(str(folder)))
    return [_built(rule, made, folder) for rule in made.assets if rule.name != without]


def _built(rule: AssetRule, made: Plan, folder: Path) -> Shown:
    built = steps.build(Job(rule, made.targets[rule.target], str(folder)))
    if built.row is None:
        raise RuntimeError(built.problems)
    image = PIL.Image.open(io.BytesIO(built.artifacts[0].data))
    return Shown(rule.name, _large(image), rule.target, f"{built.row.flash_bytes:,} bytes")


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


def light() -> PIL.Image.Image:
    """A photograph on Spectra 6: as it is, with colors moved into reach, with tones as well."""
    made = make(read_manifest(LIGHT.encode(), ROOT / "build.yaml"), RealDisk(str(ROOT)))
    plain, whole = (Job(rule, made.targets[rule.target], str(ROOT)) for rule in made.assets)
    bare = canvas(plain, prepare(plain.rule, plain.folder))
    source = bare._replace(toned=bare.image)
    both = canvas(whole, prepare(whole.rule, whole.folder))
    drawn = [draw(ready, plain.rule.recipe, ()).seen for ready in (source, bare, both)]
    pictures = [PIL.Image.fromarray(pixels) for pixels in (source.image.srgb, *drawn)]
    titles = ("the source", "dithered as it is", "colors moved into reach", "and tones")
    return sheet([Shown("", _large(p), t, "") for p, t in zip(pictures, titles, strict=True)], 4)


def screens() -> PIL.Image.Image:
    """A screen with a bar of text over a photograph: all dithered, and the bar kept crisp."""
    with tempfile.TemporaryDirectory() as folder:
        source = _screen()
        source.save(Path(folder) / "screen.png")
        cells = build(TEXT_AND_PHOTO, Path(folder))
    titles = ("the source", "all dithered", "bar: dither none", "bar: mapped to inks")
    pictures = [_large(source), *(cell.picture for cell in cells)]
    return sheet([Shown("", p, t, "") for p, t in zip(pictures, titles, strict=True)], 4)


def _screen() -> PIL.Image.Image:
    """A photograph below a bar of text in the colors of a design; 144 by 112 pixels."""
    photo = PIL.Image.open(ROOT / "assets" / "landscape.png").convert("RGB")
    out = PIL.Image.new("RGB", (144, 112), "#e4dcc8")
    out.paste(PIL.ImageOps.fit(photo, (144, 88), PIL.Image.Resampling.LANCZOS), (0, 24))
    pen = PIL.ImageDraw.Draw(out)
    pen.fontmode = "1"  # no soft edges: every pixel of a letter is in its color
    pen.text((4, 3), "Lake", "#404850", PIL.ImageFont.load_default(16))
    pen.text((80, 3), "21.5 C", "#c0392b", PIL.ImageFont.load_default(16))
    pen.text((6, 92), "wind 3 m/s", "#ffffff", PIL.ImageFont.load_default(13))
    return out


def _large(picture: PIL.Image.Image) -> PIL.Image.Image:
    size = (picture.width * ZOOM, picture.height * ZOOM)
    return picture.resize(size, PIL.Image.Resampling.NEAREST)


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
    light().save(IMAGES / "light.png", optimize=True)
    screens().save(IMAGES / "text.png", optimize=True)


if __name__ == "__main__":
    main()
