"""Compressed pictures, unpacked by emulated processors, are on the screen as they are previewed."""

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import test_glass_lcd
import test_glass_oled
from compilers import run
from glass import BARE, RUNTIME, Machine, build, check, preview, screen

from pipeline.cli import main
from pipeline.registry import CODECS

# This one takes row after row, so that RAM holds one at a time; the other one is of two colors and
# shows a frame buffer.
ROWS = test_glass_oled.GLASSES["ssd0323"]
BITS = test_glass_lcd.GLASSES["PL111, 1 bit"]
OF_BITS = ("g5",)
"""Codecs of pictures of two colors."""


PLACE = 0x20000
"""Of a pack in the board's flash, which begins at 0."""

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


def test_a_picture_in_a_pack_is_found_by_its_name(decoders: Decoders, tmp_path: Path) -> None:
    """The pack lies in flash behind the program, as if it had been written there by itself."""
    shutil.copytree(decoders(ROWS.machine), tmp_path / RUNTIME)
    build(tmp_path, ROWS.target, ROWS.wrong, ["c"], "lz4")
    manifest = json.loads((tmp_path / "build.yaml").read_text())
    manifest["assets"]["another"] = {**manifest["assets"]["card"], "rotate": "180"}
    manifest["bundles"] = {"all": "pack"}
    (tmp_path / "build.yaml").write_text(json.dumps(manifest))
    assert main(["build", "-q", "-C", str(tmp_path)]) == 0
    expected = preview(tmp_path, "card.c")
    for setting, same in {"right": True, "wrong": False}.items():
        pack = tmp_path / setting / "all.pack"
        defines = (f"PACK={PLACE:#x}u", f"PACK_BYTES={pack.stat().st_size}u")
        loaded = ("-device", f"loader,file={pack},addr={PLACE:#x},force-raw=on")
        glass = ROWS._replace(defines=defines, options=loaded)
        assert np.array_equal(screen(glass, tmp_path / setting), expected) == same
