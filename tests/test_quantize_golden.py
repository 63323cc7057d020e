"""Palettes of our own pictures, beside what they were: `tests/golden_palettes.txt`.

A change there changes everybody's bytes: it belongs into CHANGELOG.md. BITPLANE_UPDATE=1 writes it.
"""

import os
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from pipeline import kernels
from pipeline.color import to_linear
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.quantize import LearnOptions, learn

HERE = Path(__file__).parent
GOLDEN = HERE / "golden_palettes.txt"

CASES = (
    ("landscape", "rgb888", LearnOptions(16)),
    ("landscape", "rgb565", LearnOptions(64, "mse")),
    ("portrait", "rgb888", LearnOptions(24, "mse", ((0, (255, 255, 255)),), 1, "fast")),
    ("portrait", "rgb444", LearnOptions(32, effort="best")),
    ("portrait", "gray4", LearnOptions(6)),
    ("sprites", "rgb555", LearnOptions(12, transparent=0)),
)


def image(name: str) -> Image:
    """Every third pixel of every third row."""
    with PIL.Image.open(HERE.parent / "assets" / f"{name}.png") as opened:
        rgba = np.asarray(opened.convert("RGBA"))[::3, ::3]
    return Image(to_linear(rgba[..., :3]), np.ascontiguousarray(rgba[..., 3]))


def lines() -> list[str]:
    """One line a case: the picture, the grid, the options and the color words."""
    found = []
    for name, grid, options in CASES:
        palette = learn([image(name)], GRIDS[grid], options)
        words = " ".join(f"{code:x}" for code in palette.codes.tolist())
        what = f"{options.colors} {options.metric} {options.effort}"
        found.append(f"{name} {grid} {what}: {words}")
    return found


@pytest.mark.parametrize("native", ["1", "0"])
def test_palettes_are_what_they_were(native: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kernels.SWITCH, native)
    found = "\n".join(lines()) + "\n"
    if os.environ.get("BITPLANE_UPDATE") == "1":
        GOLDEN.write_text(found, "utf-8")
    assert found == GOLDEN.read_text("utf-8")
