"""simavr's SSD1306 shows what the preview shows of a picture in an AVR's flash."""

from pathlib import Path

import numpy as np
import pytest
from compilers import run
from glass import FIRMWARE, STRICT, Facts, Screen, build, preview
from PIL import Image

TARGET: Facts = {"extends": "ssd1306-128x64"}
SIMAVR = Path("/usr/include/simavr/parts/ssd1306_virt.h")
LIBRARIES = ["-lsimavrparts", "-lsimavr", "-lelf"]
AVR = ["avr-gcc", "-mmcu=atmega328p", "-DF_CPU=16000000UL", *STRICT, "-Werror"]

BUSES = {
    "twi": ([], {"layout": {"first": "msb"}}),
    "spi": (["-DSPI_BUS"], {"layout": {"invert": "true"}}),
}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not SIMAVR.exists():
        pytest.skip("simavr is not installed: no libsimavr-dev")
    folder = tmp_path_factory.mktemp("simavr")
    source = str(FIRMWARE / "simavr_oled.c")
    # Its headers lie in /usr/include/simavr and include each other from there.
    run(["gcc", "-O1", "-I/usr/include/simavr", source, "-o", "simulator", *LIBRARIES], folder)
    return folder / "simulator"


def shown(simulator: Path, bus: str, defines: list[str], folder: Path) -> Screen:
    sources = [str(FIRMWARE / "avr_oled.c"), "card.c"]
    run([*AVR, *defines, "-I.", *sources, "-o", "program.elf"], folder)
    run([str(simulator), "program.elf", bus, "screen.pgm"], folder)
    with Image.open(folder / "screen.pgm") as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize("bus", BUSES)
def test_the_screen_is_the_preview_and_with_a_wrong_setting_it_is_not(
    bus: str, simulator: Path, tmp_path: Path
) -> None:
    defines, wrong = BUSES[bus]
    build(tmp_path, TARGET, wrong, ["c-progmem"])
    expected = preview(tmp_path, "card.c")
    np.testing.assert_array_equal(shown(simulator, bus, defines, tmp_path / "right"), expected)
    assert (shown(simulator, bus, defines, tmp_path / "wrong") != expected).any(-1).mean() > 0.1
