"""Consoles, emulated: their tiles are on the screen as they are previewed."""

import platform
import sys
from collections.abc import Callable
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from compilers import run
from glass import BARE, FIRMWARE, Facts, Screen, arm, build, preview
from PIL import Image

from pipeline.emitters.binary import read_part
from pipeline.grid import RGB

SCREEN = Path(__file__).with_name("libretro_screen.py")
UNPACKED = SCREEN.parent.parent / "build" / "cores"
FRAMES = 60
CORES = {
    "mgba": "Debian's libretro-mgba",
    "bsnes_mercury_performance": "Debian's libretro-bsnes-mercury-performance",
    "mednafen_pce_fast": "Debian's libretro-beetle-pce-fast",
    "mednafen_wswan": "Debian's libretro-beetle-wswan",
    "genesis_plus_gx": "PyPI's stable-retro, of which only the cores are needed",
}
"""Emulators, and where each is to be had."""

THREE_BITS = (0xE0, 0xE0, 0xE0)


class Console(NamedTuple):
    """A console.

    Attributes:
        core: The libretro core that emulates it.
        game: Makes its cartridge from the folder of a built card.
        target: Its target file.
        wrong: One false setting.
        top: Lines that the core draws above the screen.
        suffix: Ending of the game's name, by which some cores tell consoles.
        kept: Bits of red, green and blue that are compared.
    """

    core: str
    game: Callable[[Path], bytes]
    target: Facts
    wrong: Facts
    top: int = 0
    kept: RGB = (0xF8, 0xF8, 0xF8)
    suffix: str = "rom"


def by_sdcc(folder: Path, source: str, flags: list[str], code: str) -> bytearray:
    """32 KiB of a program and the card's C, for 8-bit processors with their RAM at 0xC000."""
    for file in (str(FIRMWARE / f"{source}.c"), "card.c"):
        run(["sdcc", *flags, "-I.", "-c", file], folder)
    places = ["--no-std-crt0", "--code-loc", code, "--data-loc", "0xC000"]
    objects = [f"{source}.rel", "card.rel"]
    run(["sdcc", *flags, *places, *objects, "-o", "game.ihx"], folder)
    run(["makebin", "-s", "32768", "game.ihx", "game.bin"], folder)
    return bytearray((folder / "game.bin").read_bytes())


def gameboy(folder: Path, *defines: str) -> bytes:
    """A cartridge whose header is as short as emulators accept."""
    rom = by_sdcc(folder, "gameboy", ["-msm83", *defines], "0x150")
    rom[0x100:0x108] = bytes.fromhex("00 c3 50 01 ce ed 66 66")  # a jump; what marks a cartridge
    rom[0x143] = 0x80 if defines else 0  # made for color
    return bytes(rom)


def gameboy_color(folder: Path) -> bytes:
    """The same for the color model."""
    return gameboy(folder, "-DCOLOR")


def gba(folder: Path) -> bytes:
    """A header, and what the compiler makes of our C."""
    machine, *flags = arm("arm7tdmi", 0x080000C0)
    sources = [str(FIRMWARE / "start.c"), str(FIRMWARE / "gba.c"), "card.c"]
    where = ["-Wl,-Tbss=0x03000000", "-DUART=0x02000000u", "-I.", f"-I{FIRMWARE}", "-lgcc"]
    run([machine, *BARE, *flags, *sources, *where, "-o", "game.elf"], folder)
    run(["arm-none-eabi-objcopy", "-O", "binary", "game.elf", "game.bin"], folder)
    header = bytearray(0xC0)
    header[:4] = bytes.fromhex("2e 00 00 ea")  # a branch behind the header
    header[0xB2] = 0x96
    return bytes(header) + (folder / "game.bin").read_bytes()


def sms(folder: Path, *defines: str) -> bytes:
    return bytes(by_sdcc(folder, "sms", ["-mz80", *defines], "0"))


def gamegear(folder: Path) -> bytes:
    return sms(folder, "-DGAME_GEAR")


def megadrive(folder: Path) -> bytes:
    """Vectors, a header, and what the compiler makes of our C."""
    flags = ["-mcpu=68000", "-static", "-fno-pic", "-no-pie", "-Wl,--build-id=none"]
    flags += ["-Wl,-Ttext=0x200,-Tbss=0xFF0000,--no-warn-rwx-segments", "-DUART=0xFF8000u"]
    sources = [str(FIRMWARE / "start.c"), str(FIRMWARE / "megadrive.c"), "card.c"]
    where = ["-I.", f"-I{FIRMWARE}", "-o", "game.elf", "-lgcc"]
    run(["m68k-linux-gnu-gcc", *BARE, *flags, *sources, *where], folder)
    run(["m68k-linux-gnu-objcopy", "-O", "binary", "game.elf", "game.bin"], folder)
    vectors = (0xFFFF00).to_bytes(4, "big") + 63 * (0x200).to_bytes(4, "big")
    header = b"SEGA MEGA DRIVE ".ljust(0x100)
    return vectors + header + (folder / "game.bin").read_bytes()


def _write_palette(folder: Path) -> None:
    """The words of the palette alone, low byte first."""
    block = read_part((folder / "card.bin").read_bytes()).block
    assert block is not None
    (folder / "palette.raw").write_bytes(block)


def assembled(folder: Path, source: str, cpu: str) -> bytes:
    """A cartridge of one of the programs for ca65, with the card's tiles and palette."""
    _write_palette(folder)
    program, places = (str(FIRMWARE / f"{source}.{end}") for end in ("s", "cfg"))
    run(["ca65", "--cpu", cpu, "--bin-include-dir", ".", program, "-o", "game.o"], folder)
    run(["ld65", "-C", places, "game.o", "-o", "game.bin"], folder)
    return (folder / "game.bin").read_bytes()


def wonderswan(folder: Path, mode: int = 0xC0) -> bytes:
    if platform.machine() not in {"x86_64", "AMD64"}:
        pytest.skip("the assembler of this machine is none for x86")
    _write_palette(folder)
    program = str(FIRMWARE / "wonderswan.s")
    run(["as", "--32", "--defsym", f"MODE={mode}", program, "-o", "game.o"], folder)
    run(["objcopy", "-O", "binary", "-j", ".text", "game.o", "game.bin"], folder)
    return (folder / "game.bin").read_bytes()


def wonderswan_packed(folder: Path) -> bytes:
    """In the mode in which pixels lie side by side."""
    return wonderswan(folder, 0xE0)


def snes(folder: Path) -> bytes:
    return assembled(folder, "snes", "65816")


def pce(folder: Path) -> bytes:
    return assembled(folder, "pce", "huc6280")


LSB: Facts = {"layout": {"first": "lsb"}}
MSB: Facts = {"layout": {"first": "msb"}}
CONSOLES = {
    "gameboy": Console("mgba", gameboy, {"extends": "gameboy"}, LSB),
    "gameboy-color": Console("mgba", gameboy_color, {"extends": "gameboy-color"}, LSB),
    "snes": Console("bsnes_mercury_performance", snes, {"extends": "snes"}, LSB),
    "pce": Console("mednafen_pce_fast", pce, {"extends": "pce"}, LSB, 8, THREE_BITS),
    "wonderswan-color": Console("mednafen_wswan", wonderswan, {"extends": "wonderswan-color"}, LSB),
    "wonderswan-color, packed": Console(
        "mednafen_wswan",
        wonderswan_packed,
        {"extends": "wonderswan-color", "layout": {"scan": "packed-tiles"}},
        LSB,
    ),
    "sms": Console(
        "genesis_plus_gx", sms, {"extends": "sms", "size": "160x144"}, LSB, suffix="sms"
    ),
    "gamegear": Console("genesis_plus_gx", gamegear, {"extends": "gamegear"}, LSB, suffix="gg"),
    "megadrive": Console(
        "genesis_plus_gx", megadrive, {"extends": "megadrive"}, LSB, kept=THREE_BITS, suffix="md"
    ),
    "gba": Console("mgba", gba, {"extends": "gba"}, MSB),
    "gba, 256 colors": Console(
        "mgba", gba, {"extends": "gba", "layout": {"bits": "8"}}, {"grid": "rgb555"}
    ),
}


def _core(name: str) -> str:
    """Where a core is: of the system, unpacked by `.ci/run`, or of a Python package."""
    file = f"{name}_libretro.so"
    places = [Path("/").glob(f"usr/lib/*/libretro/{file}")]
    places += [UNPACKED.glob(f"usr/lib/*/libretro/{file}")]
    places += [Path(where).glob(f"cores/{file}") for where in _folders("stable_retro")]
    found = next(chain(*places), None)
    if found is None:
        pytest.skip(f"the emulator {name} is not there: {CORES[name]}")
    return str(found)


def _folders(package: str) -> list[str]:
    """Where a package is that may not be there."""
    spec = find_spec(package)
    return list(spec.submodule_search_locations or []) if spec else []


def shown(console: Console, folder: Path) -> Screen:
    core = _core(console.core)
    game = f"game.{console.suffix}"
    (folder / game).write_bytes(console.game(folder))
    command = [sys.executable, str(SCREEN), core, game, str(FRAMES), "screen.ppm"]
    run(command, folder)
    with Image.open(folder / "screen.ppm") as picture:
        pixels: Screen = np.asarray(picture)
    return pixels & np.array(console.kept, np.uint8)


def _cost(name: str) -> list[pytest.MarkDecorator]:
    """The package of this core is 120 MB to download."""
    return [pytest.mark.soak] if CONSOLES[name].core == "genesis_plus_gx" else []


@pytest.mark.parametrize("name", [pytest.param(name, marks=_cost(name)) for name in CONSOLES])
def test_the_screen_is_the_preview_and_with_a_wrong_setting_it_is_not(
    name: str, tmp_path: Path
) -> None:
    console = CONSOLES[name]
    build(tmp_path, console.target, console.wrong, ["c", "raw", "bin"])
    expected = preview(tmp_path, "card.c", console.kept)
    height, width, _ = expected.shape
    part = slice(console.top, console.top + height), slice(width)
    np.testing.assert_array_equal(shown(console, tmp_path / "right")[part], expected)
    assert (shown(console, tmp_path / "wrong")[part] != expected).any(-1).mean() > 0.1
