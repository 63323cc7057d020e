"""Names: the entries of a palette as constants for C, with the values that pixels have."""

import re

from pipeline.emitters import Picture, ctext, pixel_value
from pipeline.layout import MAX_INDEXED


def header(picture: Picture) -> tuple[bytes]:
    """NAME.palette.h with `NAME_INK_BLACK` and its like; entries without a name have a number.

    Raises:
        ValueError: The palette has over 256 colors.
    """
    symbol, palette = picture.symbol, picture.indexed.palette
    ctext.check_symbol(symbol)
    if len(palette) > MAX_INDEXED:
        raise ValueError(f"{len(palette)} colors are too many to name, {MAX_INDEXED} at most")
    upper = symbol.upper()
    # No `c` header has this guard: those begin with BITPLANE_.
    guard = f"PALETTE_BITPLANE_{upper}_H"
    defines = [
        f"#define {upper}_{name} {pixel_value(picture, index)}u /* #{bytes(color).hex()} */"
        for index, (name, color) in enumerate(
            zip(constants(picture), palette.nominal.tolist(), strict=True)
        )
    ]
    words = f"{symbol} for {picture.target}: what pixels of each color hold."
    parts = [
        ctext.comment([words, ctext.NOTICE]),
        f"#ifndef {guard}\n#define {guard}",
        "\n".join(defines),
        "#endif",
    ]
    return (ctext.text(parts),)


def constants(picture: Picture) -> list[str]:
    """`INK_BLACK` for each entry; `COLOR_3` where it has no name or shares it with another."""
    count = len(picture.indexed.palette)
    plain = [re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") for name in picture.names]
    plain += [""] * (count - len(plain))
    return [
        f"INK_{name}" if name and plain.count(name) == 1 else f"COLOR_{index}"
        for index, name in enumerate(plain)
    ]
