"""Make the pictures of dithering.md from docs/dithering/build.yaml, and the part about them.

Run as `python docs/draw_dithers.py`; it writes docs/dithering/*.png and what stands between the
two marks in docs/dithering.md. Each picture has a dither's results side by side, enlarged by two.
"""

from pathlib import Path
from textwrap import fill
from typing import NamedTuple

import PIL.Image
from draw_pictures import GROUND, build

from pipeline.registry import DITHERS

FOLDER = Path(__file__).parent / "dithering"
PAGE = Path(__file__).parent / "dithering.md"
BEGIN, END = "<!-- begin: python docs/draw_dithers.py -->\n", "<!-- end -->\n"
GAP = 8
WIDTH = 118


class Family(NamedTuple):
    """Dithers that work alike."""

    title: str
    words: str
    methods: tuple[str, ...]


FAMILIES = (
    Family(
        "No mixing",
        "Each pixel on its own; what lies between two colors becomes an edge. `threshold` is shown "
        "on black and white, and on two learned colors.",
        ("none", "threshold"),
    ),
    Family(
        "Error diffusion",
        "What a pixel's color misses is passed on to the pixels that follow, so that the mean of "
        "an area is right. These are the sharpest and truest of the fast dithers. A change in one "
        "place changes pixels far below it. `custom` is shown with the kernel "
        "`{divisor: 2, rows: [[1], [1]]}`.",
        (
            *("floyd-steinberg", "atkinson", "jarvis-judice-ninke", "stucki", "burkes"),
            *("sierra", "sierra-two-row", "sierra-lite", "ostromoukhov", "zhou-fang", "custom"),
            "riemersma",
        ),
    ),
    Family(
        "Stable dithers",
        "A pixel depends on its color and its place alone. What does not change in a picture keeps "
        "its pixels, which is what animation and partial refresh need.",
        (
            *("bayer-2", "bayer-4", "bayer-8", "bayer-16", "bayer-32", "bayer-64"),
            *("clustered-4", "clustered-6", "clustered-8", "blue-noise", "knoll", "yliluoma"),
        ),
    ),
    Family(
        "Search",
        "Pixels are changed and swapped until a model of the eye sees no gain.",
        ("dbs",),
    ),
    Family("Automatic", "One of the others, see [below](#what-auto-chooses).", ("auto",)),
)


def pictures(without: str = "") -> dict[str, PIL.Image.Image]:
    """What the manifest gives, by dither; a display on which it is another one is left out.

    Args:
        without: A dither that is not wanted.
    """
    found: dict[str, list[PIL.Image.Image]] = {}
    manifest = (FOLDER / "build.yaml").read_text("utf-8")
    for cell in build(manifest, FOLDER, without):
        found.setdefault(cell.name, []).append(cell.picture.convert("RGB"))
    found["threshold"] = [found["threshold"][0], found["threshold"][2]]
    return {name: beside(cells) for name, cells in found.items()}


def beside(cells: list[PIL.Image.Image]) -> PIL.Image.Image:
    """Pictures of one size from left to right."""
    width, height = cells[0].size
    out = PIL.Image.new("RGB", (len(cells) * (width + GAP) - GAP, height), GROUND)
    for place, cell in enumerate(cells):
        out.paste(cell, (place * (width + GAP), 0))
    return out


def text() -> str:
    """The part of the page between the marks."""
    return "\n".join(f"{_family(family)}\n" for family in FAMILIES)


def _family(family: Family) -> str:
    words = fill(family.words, WIDTH, break_long_words=False, break_on_hyphens=False)
    parts = [f"### {family.title}", words]
    for method in family.methods:
        sentence = DITHERS[method].sentence
        parts += [f"#### `{method}`", f"{sentence[0].upper()}{sentence[1:]}."]
        parts.append(f"![{method}](dithering/{method}.png)")
    return "\n\n".join(parts)


def page(old: str) -> str:
    """The page with that part renewed."""
    head, _, rest = old.partition(BEGIN)
    return f"{head}{BEGIN}\n{text()}\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Write the pictures and the page."""
    for name, picture in pictures().items():
        small = picture.convert("P", palette=PIL.Image.Palette.ADAPTIVE, colors=256)
        small.save(FOLDER / f"{name}.png", optimize=True)
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
