"""Photographs that nobody took: a panel on paper, seen by a camera with all its faults."""

import io
from dataclasses import dataclass

import numpy as np
import PIL.Image
import PIL.ImageFilter
from numpy.typing import NDArray

from pipeline.color import to_linear, to_srgb
from pipeline.image import Image
from pipeline.source import SourceOptions, decode

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """How a photograph comes out.

    The corners are those of the panel, clockwise from upper left, in a picture 1200 wide.
    """

    size: tuple[int, int] = (800, 600)
    corners: tuple[tuple[float, float], ...] = ((300, 250), (900, 270), (880, 640), (320, 620))
    exposure: float = 0.7
    cast: tuple[float, float, float] = (1, 1, 1)
    fall_off: float = 0  # share of the light that is lost at the corner of the picture
    slope: float = 0  # the same from left to right
    noise: float = 0
    blur: float = 0
    jpeg: int | None = None
    bezel: float = 0.02  # of the panel's width, black plastic
    white: float = 1  # what the paper reflects
    paper: float = 0.35  # how far the paper reaches beyond the panel, of its width
    seed: int = 0


def take(card: NDArray[np.uint8], camera: Camera) -> Image:
    """Photograph a panel that shows `card`, uint8 (h, w, 3) in the colors that it reflects."""
    linear = _scene(card, camera) * _light(camera) * np.array(camera.cast) * camera.exposure
    grain = np.random.default_rng(camera.seed).normal(0, camera.noise, linear.shape)
    linear += grain * np.sqrt(linear)  # photons are counted
    srgb = to_srgb((linear.clip(0, 1) * 65535).round().astype(np.uint16))
    picture = PIL.Image.fromarray(srgb)
    if camera.blur:
        picture = picture.filter(PIL.ImageFilter.GaussianBlur(camera.blur))
    buffer = io.BytesIO()
    if camera.jpeg is None:
        picture.save(buffer, "PNG", compress_level=0)
    else:
        picture.save(buffer, "JPEG", quality=camera.jpeg)
    return decode(buffer.getvalue(), SourceOptions()).image


def jpeg(card: NDArray[np.uint8], camera: Camera) -> bytes:
    """The same as the bytes of a JPEG file."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(take(card, camera).srgb).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def _scene(card: NDArray[np.uint8], camera: Camera) -> Floats:
    """What each pixel of the camera sees under even light, each a mean of 2 x 2 rays."""
    height, width = card.shape[:2]
    shown = to_linear(card) / 65535
    out = np.zeros((camera.size[1], camera.size[0], 3))
    for dy in (-0.25, 0.25):
        for dx in (-0.25, 0.25):
            x, y = _where(card, camera, dx, dy)
            beyond = np.maximum(np.maximum(-x, x - width), np.maximum(-y, y - height)) / width
            inside = beyond < 0
            column, row = x.clip(0, width - 1).astype(int), y.clip(0, height - 1).astype(int)
            table = np.where(beyond < camera.paper, camera.white, 0.12)
            around = np.where(beyond < camera.bezel, 0.02, table)
            out += np.where(inside[..., None], shown[row, column], around[..., None])
    return out / 4


def _where(card: NDArray[np.uint8], camera: Camera, dx: float, dy: float) -> tuple[Floats, Floats]:
    height, width = card.shape[:2]
    ends = ((0, 0), (width, 0), (width, height), (0, height))
    rows, right = [], []
    corners = np.array(camera.corners) * camera.size[0] / 1200
    for (u, v), (x, y) in zip(corners.tolist(), ends, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -x * u, -x * v], [0, 0, 0, u, v, 1, -y * u, -y * v]]
        right += [x, y]
    a = [*np.linalg.solve(np.array(rows, float), np.array(right, float)).tolist(), 1.0]
    u, v = np.meshgrid(np.arange(camera.size[0]) + 0.5 + dx, np.arange(camera.size[1]) + 0.5 + dy)
    depth = a[6] * u + a[7] * v + a[8]
    return (a[0] * u + a[1] * v + a[2]) / depth, (a[3] * u + a[4] * v + a[5]) / depth


def _light(camera: Camera) -> Floats:
    width, height = camera.size
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    falling = 1 - camera.fall_off * (x * x + y * y) / 2
    return np.asarray((falling * (1 - camera.slope * (x + 1) / 2))[..., None])
