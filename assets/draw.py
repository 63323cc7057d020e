"""Draws the sample pictures: `python assets/draw.py [FOLDER]` writes them as PNG files."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import draw_icons
import draw_landscape
import draw_logo
import draw_portrait
import draw_sprites
import draw_ui
import numpy as np
from numpy.typing import NDArray
from PIL import Image


def _indexed(indices: NDArray[np.uint8], palette: NDArray[np.uint8]) -> Image.Image:
    height, width = indices.shape
    image = Image.frombytes("P", (width, height), indices.tobytes())
    image.putpalette(palette.tobytes())
    image.info["transparency"] = 0
    return image


def _screen() -> Image.Image:
    indices, palette = draw_ui.screen()
    return Image.fromarray(palette[indices])


def pictures() -> Iterator[tuple[str, Image.Image]]:
    """Each picture's path in the folder, and the picture; drawn when asked for."""
    yield "ui.png", _screen()
    yield "sprites.png", _indexed(*draw_sprites.sheet())
    yield "logo.png", Image.fromarray(draw_logo.logo())
    for name, icon in draw_icons.icons().items():
        yield f"icons/{name}.png", Image.fromarray(icon)
    yield "portrait.png", Image.fromarray(draw_portrait.portrait())
    yield "landscape.png", Image.fromarray(draw_landscape.landscape())


def draw(folder: Path) -> None:
    """Write all pictures into a folder, which is made where it is missing."""
    (folder / "icons").mkdir(parents=True, exist_ok=True)
    for name, image in pictures():
        image.save(folder / name, optimize=True)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Draw the sample pictures.")
    beside = Path(__file__).parent
    parser.add_argument("folder", nargs="?", type=Path, default=beside, metavar="FOLDER")
    folder: Path = parser.parse_args().folder
    if folder.exists() and not folder.is_dir():
        parser.error(f"{folder} is not a folder: name one, or leave it out to write beside draw.py")
    draw(folder)


if __name__ == "__main__":
    main()
