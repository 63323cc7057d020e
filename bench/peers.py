"""Other tools under one shape: from a picture to what they would show, or None when not here."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

Srgb = NDArray[np.uint8]
Quantize = Callable[[Srgb, int], Srgb]


def learned(*, dithered: bool) -> dict[str, Quantize]:
    """Tools that learn a palette of so many colors, without or with their own dither."""
    pillow = PIL.Image.Dither.FLOYDSTEINBERG if dithered else PIL.Image.Dither.NONE
    found: dict[str, Quantize] = {}
    if find_spec("imagequant"):
        found["imagequant"] = lambda srgb, count: _imagequant(srgb, count, float(dithered))
    if find_spec("patolette"):
        found["patolette"] = lambda srgb, count: _patolette(srgb, count, dithered=dithered)
    found["Pillow"] = lambda srgb, count: _pillow(srgb, count, pillow)
    magick = shutil.which("magick") or shutil.which("convert")
    if magick:
        dither = "FloydSteinberg" if dithered else "None"
        words = [magick, "IN", "-dither", dither, "-colors", "COUNT", "png24:OUT"]
        found["ImageMagick"] = lambda srgb, count: _command(words, srgb, count)
    if shutil.which("pngquant"):
        floyd = [] if dithered else ["--nofs"]
        quant = ["pngquant", "--force", *floyd, "--output", "OUT", "COUNT", "IN"]
        found["pngquant"] = lambda srgb, count: _command(quant, srgb, count)
    return found


def _imagequant(srgb: Srgb, count: int, dither: float) -> Srgb:
    import imagequant

    image = PIL.Image.fromarray(srgb).convert("RGBA")
    made = imagequant.quantize_pil_image(image, dithering_level=dither, max_colors=count)
    return np.asarray(made.convert("RGB"))


def _patolette(srgb: Srgb, count: int, *, dithered: bool) -> Srgb:
    import patolette

    height, width, _ = srgb.shape
    colors = srgb.reshape(-1, 3).astype(np.float64) / 255
    done = patolette.quantize(width, height, colors, count, dither=dithered)
    palette, indices = np.asarray(done[1]), np.asarray(done[2])
    shown = np.rint(palette * 255).clip(0, 255).astype(np.uint8)
    return np.asarray(shown[indices].reshape(srgb.shape))


def _pillow(srgb: Srgb, count: int, dither: PIL.Image.Dither) -> Srgb:
    image = PIL.Image.fromarray(srgb)
    palette = image.quantize(count, method=PIL.Image.Quantize.MEDIANCUT, kmeans=1)
    return np.asarray(image.quantize(palette=palette, dither=dither).convert("RGB"))


def _command(words: list[str], srgb: Srgb, count: int) -> Srgb:
    with tempfile.TemporaryDirectory() as folder:
        names = {"IN": f"{folder}/in.png", "OUT": f"{folder}/out.png", "COUNT": str(count)}
        PIL.Image.fromarray(srgb).save(names["IN"], compress_level=1)
        line = [names.get(word, word) for word in words]
        line = [word.replace("OUT", names["OUT"]) if ":" in word else word for word in line]
        subprocess.run(line, check=True, capture_output=True)
        with PIL.Image.open(names["OUT"]) as image:
            return np.asarray(image.convert("RGB"))


def fixed(colors: Srgb) -> dict[str, Callable[[Srgb], Srgb]]:
    """Tools that dither to given colors."""
    found: dict[str, Callable[[Srgb], Srgb]] = {"Pillow FS": lambda srgb: to_colors(srgb, colors)}
    if find_spec("epaper_dithering"):
        found["epaper-dithering FS"] = lambda srgb: _epaper(srgb, colors, search=False)
        found["epaper-dithering DBS"] = lambda srgb: _epaper(srgb, colors, search=True)
    return found


def to_colors(srgb: Srgb, colors: Srgb) -> Srgb:
    """Pillow's Floyd-Steinberg to given colors."""
    palette = PIL.Image.new("P", (1, 1))
    palette.putpalette(np.resize(colors, (256, 3)).tobytes())
    return np.asarray(PIL.Image.fromarray(srgb).quantize(palette=palette).convert("RGB"))


_SCHEMES = {2: "MONO", 3: "BWR", 4: "GRAYSCALE_4", 6: "BWGBRY", 7: "SEVEN_COLOR"}


def _epaper(srgb: Srgb, colors: Srgb, *, search: bool) -> Srgb:
    import epaper_dithering as peer

    scheme: Any = peer.ColorScheme[_SCHEMES[len(colors)]]
    order = list(scheme.palette.colors)
    measured = {name: tuple(map(int, rgb)) for name, rgb in zip(order, colors, strict=True)}
    palette = peer.ColorPalette(colors=measured, accent=scheme.palette.accent, scheme=scheme)
    image = PIL.Image.fromarray(srgb)
    mode = peer.DitherMode.FLOYD_STEINBERG
    done = peer.dither_image(image, palette, mode=mode, dbs=search or None)
    return np.asarray(done.convert("RGB"))
