"""simavr's SSD1306 shows what the preview shows of a picture in an AVR's flash."""

from pathlib import Path

import numpy as np
import pytest
from compilers import run
from glass import FIRMWARE, STRICT, Facts, Screen, build, preview
from PIL import Image

from pipeline.cli import main
from pipeline.codecs import CODEC_NUMBERS

TARGET: Facts = {"extends": "ssd1306-128x64"}
SIMAVR = Path("/usr/include/simavr/parts/ssd1306_virt.h")
LIBRARIES = ["-lsimavrparts", "-lsimavr", "-lelf"]
AVR = ["avr-gcc", "-mmcu=atmega328p", "-DF_CPU=16000000UL", *STRICT, "-Werror"]

BIT_ORDER: Facts = {"layout": {"first": "msb"}}
POLARITY: Facts = {"layout": {"invert": "true"}}

# How the OLED is connected, how the picture is compressed, one false setting.
WAYS = [("twi", "none", BIT_ORDER), ("spi", "none", POLARITY), ("spi", "rle", BIT_ORDER)]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not SIMAVR.exists():
        pytest.skip("simavr is not installed: no libsimavr-dev")
    folder = tmp_path_factory.mktemp("simavr")
    source = str(FIRMWARE / "simavr_oled.c")
    # Its headers lie in /usr/include/simavr and include each other from there.
    run(["gcc", "-O1", "-I/usr/include/simavr", source, "-o", "simulator", *LIBRARIES], folder)
    return folder / "simulator"


def decoder(codec: str, folder: Path) -> list[str]:
    """What compiles the decoder of one codec, which reads from flash, and leaves out the others."""
    if codec == "none":
        return []
    assert main(["runtime", "unpack", "-o", str(folder)]) == 0
    others = [f"-DBITPLANE_NO_{name.upper()}" for name in CODEC_NUMBERS if name != codec]
    sources = [str(folder / f"bitplane_{name}.c") for name in ("unpack", codec)]
    flash = "-DBITPLANE_PROGMEM=__attribute__((__progmem__))"
    return [flash, *others, f"-I{folder}", *sources]


def shown(simulator: Path, bus: str, more: list[str], folder: Path) -> Screen:
    sources = [str(FIRMWARE / "avr_oled.c"), "card.c"]
    run([*AVR, f"-DBUS_{bus.upper()}", "-I.", *sources, *more, "-o", "program.elf"], folder)
    run([str(simulator), "program.elf", bus, "screen.pgm"], folder)
    with Image.open(folder / "screen.pgm") as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize(("bus", "codec", "wrong"), WAYS)
def test_the_screen_is_the_preview_and_with_a_wrong_setting_it_is_not(
    bus: str, codec: str, wrong: Facts, simulator: Path, tmp_path: Path
) -> None:
    build(tmp_path, TARGET, wrong, ["c-progmem"], codec)
    more = decoder(codec, tmp_path / "runtime")
    expected = preview(tmp_path, "card.c")
    np.testing.assert_array_equal(shown(simulator, bus, more, tmp_path / "right"), expected)
    assert (shown(simulator, bus, more, tmp_path / "wrong") != expected).any(-1).mean() > 0.1
