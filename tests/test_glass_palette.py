"""Palettes of 24 bits: boards that QEMU emulates show exactly what the preview shows."""

from pathlib import Path

import pytest
from glass import Facts, Glass, Machine, arm, check, true_colors

SMDKC210 = Machine("smdkc210", arm("cortex-a9", 0x40010000), 0x13800020)
RASPI = Machine("raspi0", arm("arm1176jzf-s", 0x10000), 0x20201000)
M68K = ("m68k-linux-gnu-gcc", "-mcpu=68040", "-static", "-fno-pic", "-no-pie")
QUADRA = Machine(
    "q800",
    (*M68K, "-Wl,--build-id=none,-Ttext=0x10000,--no-warn-rwx-segments"),
    0x5000C026,
    "qemu-system-m68k",
)


# QEMU's FIMD draws 64 pixels of 1 bit at a time, also past the end of a row.
def indexed(bits: int, grid: str = "rgb888", size: str = "192x112") -> Facts:
    """A display with a palette of 24-bit words."""
    return {"size": size, "grid": grid, "pixels": "index", "layout": {"scan": "rows", "bits": bits}}


LSB: Facts = {"layout": {"first": "lsb"}}
RED_HIGH: Facts = {"grid": "rgb888"}
BLUE_HIGH: Facts = {"grid": "bgr888"}
RGB565: Facts = {
    "size": "160x112",
    "grid": "rgb565",
    "palette": "whole",
    "layout": {"scan": "rows", "bits": 16, "byte-order": "little"},
}


def channels(order: str) -> Facts:
    """A display that takes three bytes a pixel, in the order of a word's bytes."""
    layout = {"scan": "rows", "bits": 24, "byte-order": order}
    return {"size": "160x112", "palette": true_colors(), "layout": layout}


def fimd(bits: int, wrong: Facts) -> Glass:
    """Exynos: the first byte of a word is its left one, red in the high byte of the palette."""
    return Glass(SMDKC210, "fimd", indexed(bits), wrong, "c-aligned")


def quadra(bits: int, wrong: Facts, emit: str = "c") -> Glass:
    """Palette words and pixels of our C on a big-endian processor."""
    target = indexed(bits, size="640x480")
    return Glass(QUADRA, "macfb", target, wrong, emit, options=("-g", f"640x480x{bits}"))


GLASSES = {
    "FIMD, 1 bit": fimd(1, LSB),
    "FIMD, 2 bits": fimd(2, LSB),
    "FIMD, 4 bits": fimd(4, LSB),
    "FIMD, 8 bits": fimd(8, BLUE_HIGH),
    "VideoCore, 8 bits": Glass(RASPI, "videocore", indexed(8, "bgr888"), RED_HIGH),
    "VideoCore, 565": Glass(
        RASPI, "videocore", RGB565, {"layout": {"byte-order": "big"}}, kept=(0xF8, 0xFC, 0xF8)
    ),
    "VideoCore, 888": Glass(RASPI, "videocore", channels("big"), channels("little")),
    "Quadra 800, 1 bit": quadra(1, LSB),
    "Quadra 800, 4 bits": quadra(4, LSB),
    "Quadra 800, 8 bits": quadra(8, BLUE_HIGH, "c-incbin"),
}


@pytest.mark.parametrize("name", GLASSES)
def test_the_screen_is_the_preview_and_with_a_wrong_setting_it_is_not(
    name: str, tmp_path: Path
) -> None:
    check(GLASSES[name], tmp_path)
