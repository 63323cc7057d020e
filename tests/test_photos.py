"""Learned palettes of real photographs, against Pillow and plain scikit-learn."""

import hashlib
import os
import subprocess
import sys
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.datasets import load_sample_images

from pipeline.cells import METRICS, features
from pipeline.color import to_linear
from pipeline.dithers import DitherOptions, dither
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.kmeans import nearest, squared
from pipeline.metrics import mean_ciede2000
from pipeline.quantize import EFFORTS, LearnOptions, learn

Srgb = NDArray[np.uint8]

PHOTOS = ("china", "flower")
COUNTS = (16, 64, 256)


@cache
def whole(name: str) -> Srgb:
    """640 by 427 pixels."""
    return np.ascontiguousarray(load_sample_images().images[PHOTOS.index(name)])


@cache
def photo(name: str) -> Srgb:
    """Every fourth pixel of every fourth row: 160 by 107, for runs that are repeated."""
    return np.ascontiguousarray(whole(name)[::4, ::4])


def bitplane(srgb: Srgb, count: int) -> Srgb:
    image = Image(to_linear(srgb), np.full(srgb.shape[:2], 255, np.uint8))
    palette = learn([image], GRIDS["rgb888"], LearnOptions(count))
    return palette.seen[dither(image, palette, DitherOptions())]


def error(srgb: Srgb, count: int, metric: str, effort: str) -> float:
    """What a metric counts: the mean distance to the nearest entry, squared for `mse`."""
    image = Image(to_linear(srgb), np.full(srgb.shape[:2], 255, np.uint8))
    palette = learn([image], GRIDS["rgb888"], LearnOptions(count, metric, effort=effort))
    sites = features(palette.seen, metric).astype(np.int32)
    points = features(srgb.reshape(-1, 3), metric).astype(np.int32)
    apart = squared(points - sites[nearest(points, sites)])
    return float((apart if metric == "mse" else np.sqrt(apart)).mean())


def median_cut(srgb: Srgb, count: int) -> Srgb:
    cut = PIL.Image.fromarray(srgb).quantize(count, method=PIL.Image.Quantize.MEDIANCUT)
    return np.asarray(cut.convert("RGB"))


def plain_kmeans(srgb: Srgb, count: int) -> Srgb:
    model = KMeans(n_clusters=count, n_init=1, random_state=0).fit(srgb.reshape(-1, 3))
    colors = np.rint(model.cluster_centers_).astype(np.uint8)
    shown: Srgb = colors[model.labels_].reshape(srgb.shape)
    return shown


LONGEST = ("flower", 256)
"""For plain KMeans alone takes some ten seconds there."""


@pytest.mark.parametrize(
    ("name", "count"),
    [
        pytest.param(name, count, marks=[pytest.mark.soak] * ((name, count) == LONGEST))
        for name in PHOTOS
        for count in COUNTS
    ],
)
def test_photos_come_closer_than_with_median_cut_or_plain_kmeans(name: str, count: int) -> None:
    srgb = whole(name)
    ours = mean_ciede2000(srgb, bitplane(srgb, count))
    assert ours <= 0.8 * mean_ciede2000(srgb, median_cut(srgb, count))
    assert ours <= 0.93 * mean_ciede2000(srgb, plain_kmeans(srgb, count))


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", PHOTOS)
def test_the_metric_mse_comes_closer_in_srgb_than_plain_kmeans(name: str, count: int) -> None:
    srgb = photo(name)
    plain = float(squared(srgb.astype(np.int64) - plain_kmeans(srgb, count)).mean())
    assert error(srgb, count, "mse", "normal") / 256 <= plain


def test_more_effort_lowers_the_error() -> None:
    cases = list(product(PHOTOS, COUNTS, METRICS))
    fast, normal, best = (
        np.array([error(photo(name), count, metric, effort) for name, count, metric in cases])
        for effort in EFFORTS
    )
    assert (best <= normal).all()
    assert float(np.log(best / normal).mean()) < -0.003
    assert float(np.log(normal / fast).mean()) < -0.005


@cache
def digest() -> str:
    """One hash over the palettes of both photos at every size, in both metrics."""
    total = hashlib.sha256()
    for name in PHOTOS:
        srgb = photo(name)
        image = Image(to_linear(srgb), np.full(srgb.shape[:2], 255, np.uint8))
        for count in COUNTS:
            for metric in ("perceptual", "mse"):
                palette = learn([image], GRIDS["rgb565"], LearnOptions(count, metric))
                total.update(palette.codes.tobytes())
    return total.hexdigest()


@pytest.mark.parametrize(
    ("threads", "processor"), [("1", "Haswell"), ("2", "Nehalem"), ("4", "Prescott")]
)
def test_palettes_are_the_same_on_every_thread_count_and_processor(
    threads: str, processor: str
) -> None:
    env = os.environ | {
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "OPENBLAS_CORETYPE": processor,
    }
    code = "import test_photos; print(test_photos.digest())"
    here = Path(__file__).parent
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=here, env=env, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == digest()
