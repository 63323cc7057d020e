"""The LCD controllers PL110 and PL111, which QEMU emulates, show what the preview shows."""

from pathlib import Path

import numpy as np
import pytest
from glass import Facts, Glass, Machine, Screen, arm, build, check, preview, true_colors
from qemu import Board

from pipeline.emitters.binary import read_part
from pipeline.grid import RGB

SIZE = "160x112"
WIDTH, HEIGHT = 160, 112
EIGHT_BITS, FIVE_BITS, RGB444 = (0xFF, 0xFF, 0xFF), (0xF8, 0xF8, 0xF8), (0xF0, 0xF0, 0xF0)
RGB565 = (0xF8, 0xFC, 0xF8)
"""What QEMU keeps of a color; it does not repeat the bits below."""

BEPO, BGR = 0x400, 0x100
MODES = {1: 0x0, 2: 0x2, 4: 0x4, 8: 0x6, 24: 0xA}
"""Bits of the control register for so many bits a pixel."""


def indexed(bits: int, first: str = "msb") -> Facts:
    """A display with a palette of 15-bit words, red in the low bits."""
    layout = {"scan": "rows", "bits": bits, "first": first}
    return {"size": SIZE, "grid": "bgr555", "pixels": "index", "layout": layout}


def direct(grid: str) -> Facts:
    """A display that takes color words of 16 bits, low byte first."""
    layout = {"scan": "rows", "bits": 16, "byte-order": "little"}
    return {"size": SIZE, "grid": grid, "palette": "whole", "layout": layout}


def true_color() -> Facts:
    """A display that takes color words of 32 bits, low byte first."""
    layout = {"scan": "rows", "bits": 32, "byte-order": "little"}
    return {"size": SIZE, "palette": true_colors(), "layout": layout}


LSB: Facts = {"layout": {"first": "lsb"}}
MSB: Facts = {"layout": {"first": "msb"}}
HIGH_FIRST: Facts = {"layout": {"byte-order": "big"}}
RED_HIGH: Facts = {"grid": "rgb555"}
"""In the palette's words, where the controller wants it in the low bits."""


def vexpress(target: Facts, wrong: Facts, flags: int, kept: RGB, emit: str = "c-aligned") -> Glass:
    """A PL111."""
    machine = Machine("vexpress-a9", arm("cortex-a9", 0x60010000), 0x10009000)
    defines = ("CLCD=0x10020000u", "CONTROL=0x18u", f"FLAGS={flags:#x}u")
    return Glass(machine, "pl11x", target, wrong, emit, defines, kept=kept)


def versatile(target: Facts, wrong: Facts, flags: int, kept: RGB) -> Glass:
    """A PL110 whose registers were moved, with a switch for the wiring of its colors."""
    machine = Machine("versatilepb", arm("arm926ej-s", 0x10000), 0x101F1000)
    defines = ("CLCD=0x10120000u", "CONTROL=0x18u", "MUX=0x10000050u", f"FLAGS={flags:#x}u")
    return Glass(machine, "pl11x", target, wrong, "c-aligned", defines, kept=kept)


def integrator(target: Facts, wrong: Facts, flags: int, kept: RGB) -> Glass:
    """A PL110 as its manual has it."""
    machine = Machine("integratorcp", arm("arm926ej-s", 0x10000), 0x16000000)
    defines = ("CLCD=0xC0000000u", "CONTROL=0x1Cu", f"FLAGS={flags:#x}u")
    return Glass(machine, "pl11x", target, wrong, "c-aligned", defines, kept=kept)


PANELS = {
    "1 bit": (1, "msb", LSB),
    "2 bits": (2, "msb", LSB),
    "4 bits": (4, "msb", LSB),
    "8 bits": (8, "msb", RED_HIGH),
    "1 bit, low first": (1, "lsb", MSB),
    "2 bits, low first": (2, "lsb", MSB),
    "4 bits, low first": (4, "lsb", MSB),
}

GLASSES = {
    "PL111, 1 bit": vexpress(indexed(1), LSB, BEPO | MODES[1], FIVE_BITS),
    "PL111, 2 bits": vexpress(indexed(2), LSB, BEPO | MODES[2], FIVE_BITS, "c-incbin"),
    "PL111, 4 bits": vexpress(indexed(4), LSB, BEPO | MODES[4], FIVE_BITS),
    "PL111, 8 bits": vexpress(indexed(8), RED_HIGH, BEPO | MODES[8], FIVE_BITS),
    "PL111, 4 bits, low first": vexpress(indexed(4, "lsb"), MSB, MODES[4], FIVE_BITS),
    "PL111, 444": vexpress(direct("rgb444"), HIGH_FIRST, BGR | 0xE, RGB444),
    "PL111, 565": vexpress(direct("rgb565"), HIGH_FIRST, BGR | 0xC, RGB565),
    "PL111, 565, blue high": vexpress(direct("bgr565"), {"grid": "rgb565"}, 0xC, RGB565),
    "PL111, 888": vexpress(true_color(), HIGH_FIRST, BGR | MODES[24], EIGHT_BITS),
    "PL110 of versatilepb, 565": versatile(direct("rgb565"), HIGH_FIRST, BGR | 0x8, RGB565),
    "PL110, 8 bits": integrator(indexed(8), RED_HIGH, BEPO | MODES[8], FIVE_BITS),
}


def shown(folder: Path, bits: int, first: str) -> Screen:
    """A PL110 without a processor shows card.bin: QEMU's loader fills memory and registers."""
    file, clcd, pixels = folder / "card.bin", 0x10120000, 0x1000000
    part = read_part(file.read_bytes())
    assert part.block is not None
    assert part.data is not None
    memory = pixels - (file.stat().st_size - len(part.data))
    words = np.frombuffer(part.block, "<u4")
    registers = {0x200 + 4 * place: word for place, word in enumerate(words.tolist())}
    registers |= {0: (WIDTH // 16 - 1) << 2, 4: HEIGHT - 1, 0x10: pixels}
    registers[0x18] = 0x821 | MODES[bits] | (BEPO if first == "msb" else 0)
    options = ["-device", f"loader,file={file},addr={memory:#x},force-raw=on"]
    for offset, value in registers.items():
        options += ["-device", f"loader,addr={clcd + offset:#x},data={value:#x},data-len=4"]
    with Board("versatilepb", None, folder, options) as board:
        return board.screen()


@pytest.mark.parametrize("name", PANELS)
def test_a_file_alone_is_on_the_screen_as_it_is_previewed(name: str, tmp_path: Path) -> None:
    bits, first, wrong = PANELS[name]
    build(tmp_path, indexed(bits, first), wrong, ["bin"])
    expected = preview(tmp_path, "card.bin", FIVE_BITS)
    np.testing.assert_array_equal(shown(tmp_path / "right", bits, first), expected)
    assert (shown(tmp_path / "wrong", bits, first) != expected).any(-1).mean() > 0.1


@pytest.mark.parametrize("name", GLASSES)
def test_the_screen_is_the_preview_and_with_a_wrong_setting_it_is_not(
    name: str, tmp_path: Path
) -> None:
    check(GLASSES[name], tmp_path)
