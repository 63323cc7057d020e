"""Time and color error of learned palettes beside plain scikit-learn and Pillow's median cut.

Run as `python bench/quantize.py [--quick]`. The pictures are the two photographs that
scikit-learn ships, 640 by 427. Each method learns a palette and maps every pixel to it, without
dither; `learn` is the time to the palette, `all` includes the mapping. Times are the least of
several runs in one warm process, so they hold no import. `dE` is the mean CIEDE2000 difference,
`MSE` the mean squared sRGB error summed over the channels; the row of the metric `mse` shows the
error of a mapping by sRGB distance, as papers count it. The last column says how many times
faster than plain KMeans a method is. `--quick` takes every fourth pixel of every fourth row.
"""

import argparse
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.datasets import load_sample_images

from pipeline.color import to_linear
from pipeline.dithers import DitherOptions, dither
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.metrics import mean_ciede2000, mse
from pipeline.quantize import LearnOptions, learn

Srgb = NDArray[np.uint8]

COUNTS = (16, 64, 256)
RUNS, ENOUGH = 7, 10.0  # so many runs at most, and no more after so many seconds of KMeans


class Run(NamedTuple):
    """What one method did: seconds to the palette, seconds in all, the picture it shows."""

    learn: float
    total: float
    shown: Srgb


def bitplane(srgb: Srgb, count: int, metric: str) -> Run:
    """Learn and map with bitplane."""
    begin = time.perf_counter()
    image = Image(to_linear(srgb), np.full(srgb.shape[:2], 255, np.uint8))
    palette = learn([image], GRIDS["rgb888"], LearnOptions(count, metric))
    learned = time.perf_counter() - begin
    shown = palette.seen[dither(image, palette, DitherOptions())]
    total = time.perf_counter() - begin
    return Run(learned, total, _nearest_srgb(srgb, palette.seen) if metric == "mse" else shown)


def _nearest_srgb(srgb: Srgb, colors: Srgb) -> Srgb:
    """Map by sRGB distance, in which the metric `mse` and the papers count error."""
    unique, place = np.unique(srgb.reshape(-1, 3), axis=0, return_inverse=True)
    scaled = colors.astype(np.float64)
    far = (scaled**2).sum(axis=1) - 2 * (unique.astype(np.float64) @ scaled.T)
    nearest = colors[far.argmin(axis=1)]
    return np.asarray(nearest[place.reshape(srgb.shape[:2])])


def median_cut(srgb: Srgb, count: int) -> Run:
    """Learn and map with Pillow."""
    begin = time.perf_counter()
    cut = PIL.Image.fromarray(srgb).quantize(count, method=PIL.Image.Quantize.MEDIANCUT)
    shown = np.asarray(cut.convert("RGB"))
    spent = time.perf_counter() - begin
    return Run(spent, spent, shown)


def plain_kmeans(srgb: Srgb, count: int) -> Run:
    """KMeans on all pixels, as a short script would do it."""
    begin = time.perf_counter()
    model = KMeans(n_clusters=count, n_init=1, random_state=0).fit(srgb.reshape(-1, 3))
    colors = np.rint(model.cluster_centers_).astype(np.uint8)
    shown = colors[model.labels_].reshape(srgb.shape)
    spent = time.perf_counter() - begin
    return Run(spent, spent, shown)


def compare(srgb: Srgb, count: int) -> dict[str, Run]:
    """The least times of every method on one picture, taken in turn, plain KMeans last."""
    methods: dict[str, Callable[[], Run]] = {
        "bitplane": lambda: bitplane(srgb, count, "perceptual"),
        "bitplane, metric mse": lambda: bitplane(srgb, count, "mse"),
        "Pillow median cut": lambda: median_cut(srgb, count),
        "plain KMeans": lambda: plain_kmeans(srgb, count),
    }
    bitplane(srgb, count, "perceptual")  # warms tables and imports
    rounds = [{name: method() for name, method in methods.items()}]
    while len(rounds) < RUNS and sum(r["plain KMeans"].total for r in rounds) < ENOUGH:
        rounds.append({name: method() for name, method in methods.items()})
    return {name: _least([runs[name] for runs in rounds]) for name in methods}


def _least(runs: list[Run]) -> Run:
    return Run(min(run.learn for run in runs), min(run.total for run in runs), runs[0].shown)


def report(name: str, srgb: Srgb, count: int) -> None:
    """Print the rows of one picture and palette size."""
    runs = compare(srgb, count)
    plain = runs["plain KMeans"].total
    for method, run in runs.items():
        error, square = mean_ciede2000(srgb, run.shown), mse(srgb, run.shown)
        times = f"{run.learn:8.3f} {run.total:8.3f}"
        print(
            f"{name:7} {count:4} {method:21} {times} {error:7.3f} {square:8.2f} "
            f"{plain / run.total:7.1f}x"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Time and error of learned palettes.")
    parser.add_argument("--quick", action="store_true", help="small pictures, some seconds")
    step = 4 if parser.parse_args().quick else 1
    print(f"{'picture':7} {'K':>4} {'method':21} {'learn s':>8} {'all s':>8} {'dE':>7} {'MSE':>8}")
    pictures = load_sample_images()
    for path, srgb in zip(pictures.filenames, pictures.images, strict=True):
        for count in COUNTS:
            small = np.ascontiguousarray(srgb[::step, ::step])
            report(path.rsplit("/", 1)[-1].removesuffix(".jpg"), small, count)


if __name__ == "__main__":
    main()
