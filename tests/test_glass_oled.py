"""OLEDs that QEMU emulates show what the preview shows."""

from pathlib import Path

import pytest
from glass import Glass, Machine, arm, check, cortex_m

LM3S = cortex_m("cortex-m3")

GLASSES = {
    "ssd0323": Glass(
        Machine("lm3s6965evb", LM3S, 0x4000C000),
        "ssd0323",
        {"extends": "ssd1325-128x64", "layout": {"first": "msb"}},
        {"layout": {"first": "lsb"}},  # nibbles
        zoom=4,
    ),
    "ssd0303": Glass(
        Machine("lm3s811evb", LM3S, 0x4000C000),
        "ssd0303",
        {"extends": "ssd1306", "size": "96x16"},
        {"layout": {"first": "msb"}},
        emit="c-header",
        zoom=4,
    ),
    "musicpal": Glass(
        Machine("musicpal", arm("arm926ej-s", 0x10000), 0x8000C840),
        "musicpal",
        {"extends": "ssd1306", "size": "128x64", "tint": "#e0e0ff"},
        {"layout": {"invert": "true"}},
        zoom=3,
    ),
}


@pytest.mark.parametrize("name", GLASSES)
def test_the_screen_is_the_preview_and_with_a_wrong_setting_it_is_not(
    name: str, tmp_path: Path
) -> None:
    check(GLASSES[name], tmp_path)
