"""What bitplane packs for a controller is what luma's driver for it sends."""

import json
from collections.abc import Callable
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from glass import Facts, Screen, build, preview
from PIL import Image

from pipeline.disk import RealDisk
from pipeline.emitters.binary import read_part
from pipeline.target import Target, builtin_names
from pipeline.target_file import load

# Pillow warns of a method that luma still calls.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Driver(NamedTuple):
    """A driver of luma.

    Attributes:
        device: Its class.
        facts: Where it sets the controller up otherwise than the target says.
        window: Bytes of addresses that it sends as data before the pixels.
        channels: It sends three bytes a pixel, of which the controller takes the upper six bits.
    """

    device: str
    facts: Facts = {}  # noqa: RUF012 (never written to)
    window: int = 0
    channels: bool = False


LOW_NIBBLE_LEFT: Facts = {"layout": {"first": "lsb"}}  # remap 0x53
LANDSCAPE: Facts = {"size": "160x128"}  # rows and columns exchanged by MADCTL
LONGER: Facts = {"size": "128x64"}  # luma knows no glass of 102 columns

DRIVERS = {
    "ssd1305-128x32": Driver("oled.ssd1305"),
    "ssd1305-128x64": Driver("oled.ssd1305"),
    "ssd1306-128x32": Driver("oled.ssd1306"),
    "ssd1306-128x64": Driver("oled.ssd1306"),
    "ssd1306-64x32": Driver("oled.ssd1306"),
    "ssd1306-64x48": Driver("oled.ssd1306"),
    "ssd1306-96x16": Driver("oled.ssd1306"),
    "ssd1309-128x64": Driver("oled.ssd1309"),
    "sh1106-128x64": Driver("oled.sh1106"),
    "sh1107-64x128": Driver("oled.sh1107"),
    "sh1107-128x128": Driver("oled.sh1107"),
    "ssd1322-256x64": Driver("oled.ssd1322", window=4),
    "ssd1325-128x64": Driver("oled.ssd1325"),
    "ssd1327-128x128": Driver("oled.ssd1327", LOW_NIBBLE_LEFT),
    "ssd1331-96x64": Driver("oled.ssd1331"),
    "ssd1351-128x96": Driver("oled.ssd1351", window=4),
    "ssd1351-128x128": Driver("oled.ssd1351", window=4),
    "pcd8544": Driver("lcd.pcd8544"),
    "st7567-128x64": Driver("lcd.st7567"),
    "uc1701-102x64": Driver("lcd.uc1701x", LONGER),
    "st7735-128x128": Driver("lcd.st7735", window=8, channels=True),
    "st7735-128x160": Driver("lcd.st7735", LANDSCAPE, window=8, channels=True),
    "st7735-80x160": Driver("lcd.st7735", {"size": "160x80"}, window=8, channels=True),
    "st7789-135x240": Driver("lcd.st7789", window=8, channels=True),
    "st7789-170x320": Driver("lcd.st7789", window=8, channels=True),
    "st7789-172x320": Driver("lcd.st7789", window=8, channels=True),
    "st7789-240x280": Driver("lcd.st7789", window=8, channels=True),
    "st7789-240x320": Driver("lcd.st7789", window=8, channels=True),
    "st7789-240x240": Driver("lcd.st7789", window=8, channels=True),
    "ili9341-320x240": Driver("lcd.ili9341", window=8, channels=True),
}

APART = {
    "ili9341-240x320": "luma drives it in landscape only: the bytes of ili9341-320x240",
    "ili9488-320x480": "luma has no parallel bus",
    "ili9488-spi-320x480": "pixels are indices: a test of its own",
    "ssd1306-72x40": "luma knows no glass of this size",
    "ssd1331-96x64-332": "luma has no mode of 256 colors",
    "st7567-132x64": "luma knows no glass of this size",
    "st7789-240x320-444": "luma has no mode of 12 bits",
    "ssd1327-96x96": "luma knows no glass of this size",
    "ssd1327-128x96": "luma knows no glass of this size",
}


class Wire:
    """A bus that writes down what a driver sends as data."""

    def __init__(self) -> None:
        self.sent = bytearray()

    def command(self, *_: int) -> None:
        """Commands are not compared."""

    def data(self, data: list[int]) -> None:
        self.sent += bytes(data)

    def cleanup(self) -> None:
        """Nothing was opened."""


class Pins:
    """Pins that nothing hangs on: of a backlight."""

    OUT, LOW, HIGH = 0, 0, 1

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_, **__: None


def _module(package: str) -> Any:
    return pytest.importorskip(f"luma.{package}.device", reason=f"luma.{package} is not installed")


def _device(driver: Driver, wire: Wire, width: int, height: int) -> Any:
    package, name = driver.device.split(".")
    make = getattr(_module(package), name)
    whole = import_module("luma.core.framebuffer").full_frame()
    given = {"width": width, "height": height, "framebuffer": whole}
    taken = {key: given[key] for key in given if key in signature(make).parameters}
    return make(wire, **taken, **({"gpio": Pins()} if package == "lcd" else {}))


def _sent(driver: Driver, picture: Image.Image) -> bytes:
    """The bytes of the pixels that the driver sends for a picture."""
    wire = Wire()
    device = _device(driver, wire, picture.width, picture.height)
    assert device.size == picture.size
    wire.sent.clear()
    device.display(picture.convert(device.mode, dither=Image.Dither.NONE))
    return bytes(wire.sent[driver.window :])


def _drawn(panel: Target, seen: Screen) -> Image.Image:
    """The picture as luma's users draw it: on LCDs, too, white is what is switched on."""
    return Image.fromarray(255 - seen if panel.kind == "lcd" else seen)


def _wrong(panel: Target) -> Facts:
    """Another order of bytes, nibbles or bits."""
    layout = panel.layout
    if layout.bits == 16:
        return {"layout": {"byte-order": "little"}}
    return {"layout": {"first": "msb" if layout.first == "lsb" else "lsb"}}


def _words(channels: bytes) -> bytes:
    """RGB565 words, high byte first, of three bytes a pixel."""
    red, green, blue = np.frombuffer(channels, np.uint8).reshape(-1, 3).T.astype(np.uint16) >> 3
    low = np.frombuffer(channels, np.uint8)[1::3].astype(np.uint16) >> 2
    assert (low >> 1 == green).all()
    words: bytes = (red << 11 | low << 5 | blue).astype(">u2").tobytes()
    return words


@pytest.mark.parametrize("target", DRIVERS)
def test_the_bytes_are_those_that_luma_sends(target: str, tmp_path: Path) -> None:
    driver = DRIVERS[target]
    facts = {"extends": target, **driver.facts}
    (tmp_path / "panel.yaml").write_text(json.dumps(facts))
    panel = load(str(tmp_path / "panel.yaml"), RealDisk("."))
    build(tmp_path, facts, _wrong(panel), ["raw", "bin"])
    sent = _sent(driver, _drawn(panel, preview(tmp_path, "card.bin")))
    packed = _words(sent) if driver.channels else sent
    assert packed == (tmp_path / "right" / "card.raw").read_bytes()
    assert packed != (tmp_path / "wrong" / "card.raw").read_bytes()
    assert len(set(packed)) > 2


def test_indices_and_palette_of_the_18_bit_panel_make_what_luma_sends(tmp_path: Path) -> None:
    """The driver sends the three bytes of a word, high byte first, for each index."""
    facts = {"extends": "ili9488-spi-320x480", "size": "480x320"}
    build(tmp_path, facts, {"grid": "bgr888"}, ["raw", "bin"])
    sent = _sent(Driver("lcd.ili9488", window=8), Image.fromarray(preview(tmp_path, "card.bin")))
    taken = np.frombuffer(sent, np.uint8).reshape(-1, 3) & 0xFC  # by the controller
    for setting, same in {"right": True, "wrong": False}.items():
        folder = tmp_path / setting
        block = read_part((folder / "card.bin").read_bytes()).block
        assert block is not None
        words = np.frombuffer(block, "<u4").astype(">u4").view(np.uint8).reshape(-1, 4)[:, 1:]
        indices = np.frombuffer((folder / "card.raw").read_bytes(), np.uint8)
        assert np.array_equal(words[indices], taken) == same


def test_no_controller_that_both_know_is_left_out() -> None:
    known = [name for package in ("oled", "lcd") for name in _module(package).__all__]
    names = {
        name for name in builtin_names() if name.split("-")[0].replace("uc1701", "uc1701x") in known
    }
    assert names - {*DRIVERS, *APART} == set()
