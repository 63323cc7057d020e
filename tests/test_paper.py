"""What bitplane packs for e-paper and memory LCDs is what drivers from PyPI send to them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from glass import Facts, build
from numpy.typing import NDArray

from pipeline.decode import decode
from pipeline.disk import RealDisk
from pipeline.target_file import load

Indices = NDArray[np.uint16]


class Driver(NamedTuple):
    """A driver.

    Attributes:
        name: Its module and class; the class of Pimoroni's modules is always `Inky`.
        commands: After which commands the pixels go, in the order of the target's bytes.
        facts: Where it sends otherwise than the target says.
        turned: It takes landscape pictures for glass that stands upright.
    """

    name: str
    commands: tuple[int, ...] = (0x10,)
    facts: Facts = {}  # noqa: RUF012 (never written to)
    turned: bool = False


BITS = {"layout": {"first": "lsb"}}
SMALL: Facts = {"size": "48x24"}
ODD: Facts = {"size": "42x24"}

PIMORONI = {
    "waveshare-7in3e": Driver("inky_e673"),
    "inky-impression-4-spectra": Driver("inky_e640", turned=True),
    "inky-impression-7": Driver("inky_ac073tc1a"),
    "uc8159-600x448": Driver("inky_uc8159"),
    "uc8159-640x400": Driver("inky_uc8159"),
    "epd-bwry-400x300": Driver("inky_jd79668"),
    "epd-bwry-122x250": Driver("inky_jd79661", facts={"layout": {"align": "32"}}, turned=True),
    "ssd1683-bwr-400x300": Driver("inky_ssd1683", (0x24, 0x26)),
    "el133uf1-1200x1600": Driver("inky_el133uf1", turned=True),
}
ADAFRUIT = {
    "ssd1680-122x250": Driver("ssd1680.Adafruit_SSD1680", (0x24,), ODD),
    "ssd1680-bwr-122x250": Driver("ssd1680.Adafruit_SSD1680", (0x24, 0x26), ODD),
    "ssd1681-200x200": Driver("ssd1681.Adafruit_SSD1681", (0x24,), SMALL),
    "ssd1681-bwr-200x200": Driver("ssd1681.Adafruit_SSD1681", (0x24, 0x26), SMALL),
    "ssd1683-400x300": Driver("ssd1683.Adafruit_SSD1683", (0x24,), SMALL),
    "ssd1683-bwr-400x300": Driver("ssd1683.Adafruit_SSD1683", (0x24, 0x26), SMALL),
    "uc8253-240x416": Driver("uc8253.Adafruit_UC8253_Mono", (0x13,), SMALL),
    "epd-bwry-122x250": Driver("jd79661.Adafruit_JD79661", (0x10,), SMALL),
}


@pytest.fixture(autouse=True)
def no_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adafruit's libraries do not look for a board, and nothing waits for a display."""
    monkeypatch.setenv("BLINKA_OS_AGNOSTIC", "1")
    monkeypatch.setattr("time.sleep", lambda _: None)


def _module(name: str) -> Any:
    package = name.partition(".")[0]
    return pytest.importorskip(name, reason=f"{package} is not installed")


def _built(folder: Path, target: str, facts: Facts, wrong: Facts) -> tuple[Indices, list[str]]:
    """A card's indices and the names of its inks."""
    build(folder, {"extends": target, **facts}, wrong, ["raw", "bin"])
    panel = load(str(folder / "right.yaml"), RealDisk("."))
    picture = decode({"card.bin": (folder / "right" / "card.bin").read_bytes()}, "card.bin")
    return picture.indices, [ink.name for ink in panel.inks]


def _compare(sent: bytes, folder: Path) -> None:
    assert len(set(sent)) > 2
    assert sent == (folder / "right" / "card.raw").read_bytes()
    assert sent != (folder / "wrong" / "card.raw").read_bytes()


class Absent:
    """A bus at which nothing answers."""

    def write_i2c_block_data(self, *_: object) -> None:
        raise OSError


def _sent_by_pimoroni(driver: Driver, values: NDArray[np.uint8]) -> bytes:
    """Pixel data that its library sends for values of its own."""
    sent = bytearray()
    base = _module(f"inky.{driver.name}").Inky

    def note(_: object, command: int, *rest: Any) -> None:
        if command in driver.commands:
            sent.extend(rest[-1])

    def nothing(*_: object, **__: object) -> None:
        """Nothing is set up, and nothing is waited for."""

    changed: dict[str, Any] = dict.fromkeys(("setup", "_busy_wait", "_refresh_wait"), nothing)
    changed["_send_command"] = note
    buffer = np.rot90(values) if driver.turned else values
    colors = {"colour": "red"} if driver.name == "inky_ssd1683" else {}
    device = type("Recorder", (base,), changed)(buffer.shape[::-1], i2c_bus=Absent(), **colors)
    device.buf = buffer.copy()
    device.show()
    return bytes(sent)


# The largest takes as long as all others.
LARGE = pytest.param("el133uf1-1200x1600", marks=pytest.mark.soak)


@pytest.mark.parametrize(
    "target", [*(name for name in PIMORONI if name not in LARGE.values), LARGE]
)
def test_the_bytes_are_those_that_pimoroni_sends(target: str, tmp_path: Path) -> None:
    driver = PIMORONI[target]
    indices, names = _built(tmp_path, target, driver.facts, BITS)
    constants = _module(f"inky.{driver.name}")
    values = np.array([getattr(constants, name.upper()) for name in names], np.uint8)
    _compare(_sent_by_pimoroni(driver, values[indices]), tmp_path)


class Pin:
    """A pin; one that is read is high and low in turn, as if a display were soon ready."""

    direction: object = None

    def __init__(self) -> None:
        self._value = False

    @property
    def value(self) -> bool:
        self._value = not self._value
        return self._value

    def switch_to_output(self, **_: object) -> None:
        """Nothing hangs on it."""


class Select:
    """A pin that is only written."""

    direction: object = None
    value = False

    def switch_to_output(self, **_: object) -> None:
        """Nothing hangs on it."""


class Wire:
    """A bus that writes down the data after each command; `kind` tells the two apart."""

    def __init__(self) -> None:
        self.kind = Select()
        self.sent: list[tuple[int, bytearray]] = []

    def try_lock(self) -> bool:
        return True

    def unlock(self) -> None:
        """Nobody else wants it."""

    def configure(self, **_: object) -> None:
        """Any speed will do."""

    def write(self, data: Sequence[int], start: int = 0, end: int | None = None) -> None:
        if self.kind.value:
            self.sent[-1][1].extend(data[start:end])
        else:
            self.sent += [(command, bytearray()) for command in data[start:end]]

    def write_readinto(self, data: Sequence[int], _: object) -> None:
        self.write(data)


def _sent_by_adafruit(driver: Driver, indices: Indices, names: list[str]) -> bytes:
    """Pixel data that its library sends for a picture drawn pixel by pixel."""
    module, name = driver.name.split(".")
    wire, (height, width) = Wire(), indices.shape
    pins = {"cs_pin": Select(), "sramcs_pin": None, "rst_pin": None, "busy_pin": Pin()}
    make = getattr(_module(f"adafruit_epd.{module}"), name)
    device = make(width, height, wire, dc_pin=wire.kind, **pins)
    device.begin()
    colors = [getattr(device, name.upper()) for name in names]
    for (y, x), index in np.ndenumerate(indices):
        device.pixel(x, y, colors[index])
    wire.sent.clear()
    device.display()
    data = dict(wire.sent)
    return b"".join(data[command] for command in driver.commands)


@pytest.mark.parametrize("target", ADAFRUIT)
def test_the_bytes_are_those_that_adafruit_sends(target: str, tmp_path: Path) -> None:
    driver = ADAFRUIT[target]
    indices, names = _built(tmp_path, target, driver.facts, BITS)
    _compare(_sent_by_adafruit(driver, indices, names), tmp_path)


def test_the_lines_are_those_that_adafruit_sends_to_a_memory_lcd(tmp_path: Path) -> None:
    target, wire = "sharp-ls013b7dh03-lines", Wire()
    indices, names = _built(tmp_path, target, {}, {"extends": "sharp-ls013b7dh03"})
    make = _module("adafruit_sharpmemorydisplay").SharpMemoryDisplay
    device = make(wire, Select(), indices.shape[1], indices.shape[0])
    for (y, x), index in np.ndenumerate(indices):
        device.pixel(x, y, int(names[index] == "white"))
    device.show()
    command, *lines, end = bytes(command for command, _ in wire.sent)
    assert (command, end) == (0xC0, 0)
    _compare(bytes(lines), tmp_path)
