"""MicroPython itself blits our modules: the pixels are those that the panel reads."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from glass import Facts, card, colors_of, spread

from pipeline.cli import main
from pipeline.decode import decode
from pipeline.disk import RealDisk
from pipeline.target_file import load

TESTS = Path(__file__).parent
SHOWS = TESTS / "framebuf_shows.mjs"
PACKAGE = "@micropython/micropython-webassembly-pyscript"
MICROPYTHON = TESTS.parent / "build" / "node" / "node_modules" / PACKAGE
SENTINEL = 0xBEEF
"""What was on the screen before."""


class Frame(NamedTuple):
    """A target, the format that its pictures have in `framebuf`, and a false one.

    Attributes:
        target: Its file.
        format: The module's `FORMAT`.
        wrong: What the pixels would be taken for by mistake; a format that needs no more bytes.
        colors: How many of a palette of its own, the last one transparent; 0 where the target has
            the colors.
    """

    target: Facts
    format: str
    wrong: str
    colors: int = 0


SIZE: Facts = {"size": "45x20"}
COLOR: Facts = {"extends": "st7789-240x240", **SIZE}
LITTLE: Facts = {**COLOR, "layout": {"byte-order": "little"}}
FRAMES = {
    "oled": Frame({"extends": "ssd1306", **SIZE}, "MONO_VLSB", "MONO_HLSB"),
    "paper": Frame({"extends": "ssd1680-122x250", **SIZE}, "MONO_HLSB", "MONO_HMSB"),
    "inks": Frame({"extends": "epd-bwry-128x296", **SIZE}, "GS2_HMSB", "MONO_HLSB"),
    "grays": Frame({"extends": "ssd1327-128x128", **SIZE}, "GS4_HMSB", "GS2_HMSB"),
    "watch": Frame({"extends": "pebble-time", **SIZE}, "GS8", "GS4_HMSB"),
    "words": Frame(COLOR, "RGB565", "GS8"),
    "low_first": Frame(LITTLE, "RGB565", "GS8"),
    "two": Frame(COLOR, "MONO_HLSB", "MONO_HMSB", 2),
    "four": Frame(COLOR, "GS2_HMSB", "MONO_HLSB", 4),
    "nine": Frame(LITTLE, "GS4_HMSB", "GS2_HMSB", 9),
    "many": Frame(COLOR, "GS8", "GS4_HMSB", 200),
}


def _build(folder: Path, name: str, frame: Frame) -> str:
    """The module of a frame; its picture for `_expected` lies beside it."""
    facts = {"title": "x", "background": "#000000", "sources": ["x"], **frame.target}
    (folder / f"{name}.yaml").write_text(json.dumps(facts))
    target = load(str(folder / f"{name}.yaml"), RealDisk("."))
    assert target.size is not None
    image = card(*target.size, spread(frame.colors) if frame.colors else colors_of(target))
    if frame.colors:
        image.info["transparency"] = frame.colors - 1
    image.save(folder / "picture.png")
    chosen = "keep" if frame.colors else "target"
    manifest = {
        "target": f"{name}.yaml",
        "output": name,
        "defaults": {"emit": ["micropython", "bin"], "palette": chosen},
        "assets": {"picture": "picture.png"},
    }
    (folder / "build.yaml").write_text(json.dumps(manifest))
    assert main(["build", "-q", "-C", str(folder)]) == 0
    return (folder / name / "picture_fb.py").read_text()


def _expected(folder: Path, name: str) -> list[list[int]]:
    """The panel's code of each pixel, as a frame buffer of a little-endian machine holds it."""
    picture = decode({"picture.bin": (folder / name / "picture.bin").read_bytes()}, "picture.bin")
    target = load(str(folder / f"{name}.yaml"), RealDisk("."))
    codes = picture.palette.codes.astype(np.uint16)
    if target.layout.bits == 16 and target.layout.byte_order == "big":
        codes = codes.byteswap()
    if picture.palette.transparent is not None:
        codes[picture.palette.transparent] = SENTINEL
    shown: list[list[int]] = codes[picture.indices].tolist()
    return shown


def _shown(modules: list[str]) -> list[list[list[int]]]:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not MICROPYTHON.exists():
        pytest.skip(f"MicroPython is not there: npm install --prefix build/node {PACKAGE}@1.27.0")
    command = ["node", str(SHOWS), str(MICROPYTHON)]
    done = subprocess.run(
        command, input=json.dumps(modules), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told: list[list[list[int]]] = json.loads(done.stdout)
    return told


def test_micropython_blits_what_the_panel_reads(tmp_path: Path) -> None:
    modules = {name: _build(tmp_path, name, frame) for name, frame in FRAMES.items()}
    false = []
    for name, frame in FRAMES.items():
        told = f"FORMAT = framebuf.{frame.format}\n"
        assert told in modules[name]
        assert ("PALETTE" in modules[name]) == bool(frame.colors)
        false.append(modules[name].replace(told, f"FORMAT = framebuf.{frame.wrong}\n"))
    shown = _shown([*modules.values(), *false])
    for place, name in enumerate(FRAMES):
        expected = _expected(tmp_path, name)
        assert shown[place] == expected, name
        assert shown[place + len(FRAMES)] != expected, name
