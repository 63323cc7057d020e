"""CircuitPython's own readers find the indices and the palette of our BMP files."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from glass import card, spread
from PIL import Image

from pipeline.cli import main

READER = Path(__file__).with_name("circuitpython_reads.py")
SIZES = {"wide": (45, 20), "icon": (8, 8), "dot": (1, 1)}
COLORS = (2, 3, 5, 16, 17, 256)
PICTURES = {f"{name}_{count}": (SIZES[name], count) for name in SIZES for count in COLORS}


def _build(folder: Path) -> None:
    """One BMP for each of `PICTURES`."""
    for name, (size, count) in PICTURES.items():
        card(*size, spread(count)).save(folder / f"{name}.png")
    assets = {name: f"{name}.png" for name in PICTURES}
    defaults = {"palette": "keep", "emit": "bmp"}
    manifest = {"target": "generic", "output": "out", "defaults": defaults, "assets": assets}
    (folder / "build.yaml").write_text(json.dumps(manifest))
    assert main(["build", "-q", "-C", str(folder)]) == 0


def _read(files: list[Path]) -> list[dict[str, Any]]:
    """What CircuitPython finds in each file."""
    for module in ("displayio", "adafruit_imageload"):
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    command = [sys.executable, str(READER), *map(str, files)]
    surroundings = {**os.environ, "BLINKA_OS_AGNOSTIC": "1"}  # it does not look for a board
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=surroundings)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def _upside_down(data: bytes) -> bytes:
    """The file of `wide_16` with its rows from the top, which is the wrong way round."""
    start = int.from_bytes(data[10:14], "little")
    rows = np.frombuffer(data[start:], np.uint8).reshape(SIZES["wide"][1], -1)
    return data[:start] + rows[::-1].tobytes()


def test_both_readers_find_indices_and_palette(tmp_path: Path) -> None:
    _build(tmp_path)
    files = [tmp_path / "out" / f"{name}.bmp" for name in PICTURES]
    wrong = tmp_path / "wrong.bmp"
    wrong.write_bytes(_upside_down((tmp_path / "out" / "wide_16.bmp").read_bytes()))
    *found, turned = _read([*files, wrong])
    for name, told in zip(PICTURES, found, strict=True):
        with Image.open(tmp_path / f"{name}.png") as source:
            indices = np.asarray(source).tolist()
        colors = [int(bytes(color).hex(), 16) for color in spread(PICTURES[name][1])]
        assert told == {"OnDiskBitmap": indices, "imageload": indices, "palettes": [colors] * 2}
    for reader in ("OnDiskBitmap", "imageload"):
        assert turned[reader] == found[list(PICTURES).index("wide_16")][reader][::-1]
        assert turned[reader] != turned[reader][::-1]
