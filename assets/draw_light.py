"""Light: ramps and mixtures of linear light, and its way to sRGB."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]
"""Numbers of a picture or of points; float32 unless a docstring says otherwise."""


def smoothstep(low: float, high: float, x: Field) -> Field:
    """0 at and before `low`, 1 from `high` on, a smooth S between; `low` may be the larger."""
    t: Field = np.clip((x - low) * (1 / (high - low)), 0, 1)
    return t * t * (3 - 2 * t)


def color(red: float, green: float, blue: float) -> Field:
    """One color of linear light."""
    return np.array([red, green, blue], np.float32)


def mix(a: Field, b: Field, share: Field) -> Field:
    """From `a` to `b` by a share of any shape; colors stand in the last axis."""
    return a + share[..., None] * (b - a)


def film(light: Field, gain: float, saturation: float, black: float) -> Field:
    """Linear light as a film shows it; what is darker than `black` is lost.

    The curve is that of Krzysztof Narkowicz, "ACES Filmic Tone Mapping Curve" (2015).
    """
    gray = (light * color(0.2126, 0.7152, 0.0722)).sum(-1, keepdims=True)
    x: Field = gain * np.maximum(gray + saturation * (light - gray) - black, 0)
    return x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)


def halved(picture: Field) -> Field:
    """The mean of every 2 x 2 pixels."""
    height, width, channels = picture.shape
    out: Field = picture.reshape(height // 2, 2, width // 2, 2, channels).mean((1, 3))
    return out


def to_srgb(linear: Field, grain: Field) -> NDArray[np.uint8]:
    """Linear light 0..1 to 8-bit sRGB (IEC 61966-2-1), with the grain added to its codes."""
    curve = 1.055 * np.maximum(linear, 1e-6) ** (1 / 2.4) - 0.055
    codes: Field = np.where(linear <= 0.0031308, 12.92 * linear, curve) * 255 + grain
    return np.rint(np.clip(codes, 0, 255)).astype(np.uint8)
