"""Compressed pictures, unpacked by emulated processors, are on the screen as they are previewed."""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import test_glass_lcd
import test_glass_oled
from compilers import run
from glass import BARE, RUNTIME, Machine, check

from pipeline.cli import main
from pipeline.registry import CODECS

# This one takes row after row, so that RAM holds one at a time; the other one is of two colors and
# shows a frame buffer.
ROWS = test_glass_oled.GLASSES["ssd0323"]
BITS = test_glass_lcd.GLASSES["PL111, 1 bit"]
OF_BITS = ("g5",)
"""Codecs of pictures of two colors."""


Decoders = Callable[[Machine], Path]


@pytest.fixture(scope="module")
def decoders(tmp_path_factory: pytest.TempPathFactory) -> Decoders:
    """What `bitplane runtime` writes, compiled for a machine."""

    @cache
    def compiled(machine: Machine) -> Path:
        folder = tmp_path_factory.mktemp(machine.name)
        assert main(["runtime", "-o", str(folder)]) == 0
        compiler, *flags = machine.compiler
        processor = [flag for flag in flags if flag.startswith("-m")]
        sources = sorted(path.name for path in folder.glob("*.c"))
        run([compiler, *BARE, *processor, "-c", *sources], folder)
        return folder

    return compiled


@pytest.mark.parametrize("codec", CODECS)
def test_the_screen_is_the_preview_and_with_a_wrong_setting_it_is_not(
    codec: str, decoders: Decoders, tmp_path: Path
) -> None:
    glass = BITS if codec in OF_BITS else ROWS
    shutil.copytree(decoders(glass.machine), tmp_path / RUNTIME)
    check(glass, tmp_path, codec)
