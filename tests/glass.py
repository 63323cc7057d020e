"""Displays that QEMU emulates: a project is built for one, booted, and its screen is read back."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from compilers import run
from numpy.typing import NDArray
from PIL import Image
from qemu import Board

from pipeline.cli import main
from pipeline.decode import companion, decode
from pipeline.disk import RealDisk
from pipeline.grid import GRIDS, RGB, shown
from pipeline.panel import look
from pipeline.target import Target
from pipeline.target_file import load

FIRMWARE = Path(__file__).with_name("firmware")
STRICT = ["-std=c99", "-Os", "-Wall", "-Wextra", "-Wconversion", "-Wmissing-declarations"]
BARE = [*STRICT, "-Werror", "-ffreestanding", "-nostdlib"]
RUNTIME = "runtime"
"""Folder of a project with the decoders of compressed pictures, compiled, where it has any."""

DECODED = {"c-header": "card.h", "c-incbin": "card.pixels", "bin": "card.bin"}
"""Which of an emitter's files is decoded; of the others it is card.c."""

Screen = NDArray[np.uint8]
Facts = dict[str, Any]


class Machine(NamedTuple):
    """A board and what programs for it need.

    Attributes:
        name: As QEMU knows it.
        compiler: With the flags of its processor and of where programs lie.
        serial: Address of its serial line's data register.
        emulator: Which QEMU.
    """

    name: str
    compiler: tuple[str, ...]
    serial: int
    emulator: str = "qemu-system-arm"


class Glass(NamedTuple):
    """A display.

    Attributes:
        machine: The board.
        firmware: What drives it, a file in `FIRMWARE`.
        target: Its target file.
        wrong: One false setting, over the target file.
        emit: The emitter whose files are compiled.
        defines: Macros of the firmware.
        zoom: Pixels on a side that QEMU draws for one.
        kept: Bits of red, green and blue that QEMU shows of a color.
        options: Further options of QEMU.
    """

    machine: Machine
    firmware: str
    target: Facts
    wrong: Facts
    emit: str = "c"
    defines: tuple[str, ...] = ()
    zoom: int = 1
    kept: RGB = (255, 255, 255)
    options: tuple[str, ...] = ()


def arm(cpu: str, text: int) -> tuple[str, ...]:
    """The compiler for a processor that begins at a program's entry, somewhere in its memory."""
    where = f"-Wl,-Ttext={text:#x},--no-warn-rwx-segments"
    return "arm-none-eabi-gcc", f"-mcpu={cpu}", "-marm", "-mfloat-abi=soft", where


def cortex_m(cpu: str) -> tuple[str, ...]:
    """The compiler for a microcontroller: flash at 0 that begins with vectors, and RAM."""
    where = "-Wl,--section-start=.vectors=0,-Ttext=0x100,-Tbss=0x20000000"
    return "arm-none-eabi-gcc", f"-mcpu={cpu}", "-mthumb", where


def colors_of(target: Target) -> list[RGB]:
    """Colors for a target's card: all that it has, or as many as tell every bit apart."""
    if target.inks:
        return [ink.nominal for ink in target.inks]
    grid = GRIDS[target.grid]
    if grid.gray:
        return [shown(grid, code) for code in range(grid.size)]
    return spread(min(256, 1 << target.layout.bits))


def spread(count: int) -> list[RGB]:
    """Different colors, far apart in each channel."""
    return [((i * 37 + 11) % 256, (i * 91 + 200) % 256, (255 - i * 53) % 256) for i in range(count)]


def true_colors() -> list[Facts]:
    """256 entries of a target's palette whose codes are their colors, red in the high byte."""
    words = [bytes(color).hex() for color in spread(256)]
    return [{"name": f"c{word}", "nominal": f"#{word}", "code": int(word, 16)} for word in words]


def card(width: int, height: int, colors: Sequence[RGB]) -> Image.Image:
    """A lop-sided picture: no turn, mirror, shift or exchange of colors leaves it as it is."""
    y, x = np.indices((height, width))
    indices = (x * 7 + y * 13 + x * y // 11) % len(colors)
    indices[: height // 4, : width // 8] = 0
    indices[:, 0] = len(colors) - 1
    ruler = np.arange(min(len(colors), width - 1))
    indices[-1, 1 : 1 + len(ruler)] = ruler
    image = Image.fromarray(indices.astype(np.uint8), "P")
    image.putpalette([level for color in colors for level in color])
    return image


def build(
    folder: Path, target: Facts, wrong: Facts, emit: Sequence[str], compress: str = "none"
) -> None:
    """Build the card for a target into `right`, and with one false setting into `wrong`."""
    facts = {"background": "#000000", "title": "display of a test", "sources": ["QEMU"], **target}
    (folder / "right.yaml").write_text(json.dumps(facts))
    (folder / "wrong.yaml").write_text(json.dumps({"extends": "./right.yaml", **wrong}))
    panel = load(str(folder / "right.yaml"), RealDisk("."))
    assert panel.size is not None
    card(*panel.size, colors_of(panel)).save(folder / "card.png")
    chosen = "target" if panel.inks or panel.whole else "keep"
    asset = {"source": "card.png", "size": "screen", "format": "native", "palette": chosen}
    asset["compress"] = compress
    manifest = {
        "target": ["right.yaml", "wrong.yaml"],
        "output": "{target}",
        "assets": {"card": {**asset, "emit": list(emit)}},
    }
    (folder / "build.yaml").write_text(json.dumps(manifest))
    assert main(["build", "-q", "-C", str(folder)]) == 0


def preview(folder: Path, file: str, kept: RGB = (255, 255, 255)) -> Screen:
    """What the panel's model shows of a file built for the right target, uint8 (h, w, 3).

    A display that shows fewer bits of a color than the model shows the `kept` ones.
    """
    target = load(str(folder / "right.yaml"), RealDisk("."))
    names = [name for name in (file, companion(file)) if name]
    files = {name: folder / "right" / name for name in names}
    data = {name: path.read_bytes() for name, path in files.items() if path.exists()}
    return look(decode(data, file), target) & np.array(kept, np.uint8)


def compiled(glass: Glass, folder: Path) -> Path:
    """The firmware with the card in a folder."""
    machine, *flags = glass.machine.compiler
    sources = [FIRMWARE / "start.c", FIRMWARE / f"{glass.firmware}.c"]
    sources += [path for path in (folder / "card.c", folder / "card.S") if path.exists()]
    sources += sorted((folder.parent / RUNTIME).glob("*.o"))
    defines = [f"-D{name}" for name in (f"UART={glass.machine.serial:#x}u", *glass.defines)]
    program = folder / "program.elf"
    where = [
        "-I.",
        f"-I../{RUNTIME}",
        f"-I{FIRMWARE}",
        *map(str, sources),
        "-o",
        str(program),
        "-lgcc",
    ]
    run([machine, *BARE, *flags, *defines, *where], folder)
    return program


def screen(glass: Glass, folder: Path) -> Screen:
    """What the board shows of the card in a folder, one pixel for each of the display's."""
    program, machine = compiled(glass, folder), glass.machine
    with Board(machine.name, program, folder, glass.options, machine.emulator) as board:
        board.wait(b"DONE")
        return unzoomed(board.screen(), glass.zoom)


def unzoomed(large: Screen, zoom: int) -> Screen:
    """One pixel for each block of `zoom` x `zoom` equal ones."""
    small = large[::zoom, ::zoom]
    np.testing.assert_array_equal(small.repeat(zoom, 0).repeat(zoom, 1), large)
    return small


def check(glass: Glass, folder: Path, compress: str = "none") -> None:
    """The board's screen is the preview, pixel by pixel, and with the false setting it is not."""
    build(folder, glass.target, glass.wrong, [glass.emit], compress)
    expected = preview(folder, DECODED.get(glass.emit, "card.c"), glass.kept)
    assert len(np.unique(expected.reshape(-1, 3), axis=0)) >= 2
    np.testing.assert_array_equal(screen(glass, folder / "right"), expected)
    differs = (screen(glass, folder / "wrong") != expected).any(-1)
    assert differs.mean() > 0.1
