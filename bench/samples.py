"""Public photographs for the bench: those of scikit-learn and scikit-image, and our own."""

from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

Srgb = NDArray[np.uint8]

SAMPLES = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
OWN = Path(__file__).resolve().parent.parent / "assets"
OWN_PHOTOS = ("landscape.png", "portrait.png")


def photographs(*, quick: bool) -> dict[str, Srgb]:
    """Name to uint8 (h, w, 3); `quick` takes two, a quarter as wide and high."""
    found = {**_scikit_learn(), **_scikit_image(), **_own()}
    if not quick:
        return found
    return {name: np.ascontiguousarray(found[name][::4, ::4]) for name in list(found)[:2]}


def _scikit_learn() -> dict[str, Srgb]:
    from sklearn.datasets import load_sample_images

    pictures = load_sample_images()
    names = [Path(name).stem for name in pictures.filenames]
    return dict(zip(names, pictures.images, strict=True))


def _scikit_image() -> dict[str, Srgb]:
    try:
        import skimage.data
    except ImportError:
        return {}
    folder = Path(skimage.data.__file__).parent
    return {Path(name).stem: _read(folder / name) for name in SAMPLES if (folder / name).is_file()}


def _own() -> dict[str, Srgb]:
    return {Path(name).stem: _read(OWN / name) for name in OWN_PHOTOS if (OWN / name).is_file()}


def _read(path: Path) -> Srgb:
    with PIL.Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def sized(srgb: Srgb, width: int, height: int) -> Srgb:
    """The middle of a picture, scaled to a size."""
    image = PIL.Image.fromarray(srgb)
    scale = max(width / image.width, height / image.height)
    grown = image.resize((round(image.width * scale), round(image.height * scale)))
    left, top = (grown.width - width) // 2, (grown.height - height) // 2
    return np.asarray(grown.crop((left, top, left + width, top + height)))
