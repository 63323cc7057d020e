"""Group 4 as libtiff writes it, with other codes for runs: what Group5 has to be."""

import io
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import PIL.Image
from numpy.typing import NDArray

Rows = NDArray[np.bool_]
"""bool (h, w): which pixels are black."""

PASS, HORIZONTAL = "0001", "001"
VERTICAL = ("1", "011", "010", "000011", "000010", "0000011", "0000010")
WHITE_0, WHITE_1, BLACK_0, BLACK_1 = "00110101", "000111", "0000110111", "010"


def saved(black: Rows, compression: str) -> str:
    """The bits that libtiff makes of a picture; to its codes a set bit is black."""
    file = io.BytesIO()
    PIL.Image.fromarray(black).save(
        file, "TIFF", compression=compression, tiffinfo={278: len(black)}
    )
    with PIL.Image.open(file) as made:
        tags = made.getexif()
        start, size = tags[273], tags[279]
    part = file.getvalue()[start : start + size]
    return f"{int.from_bytes(part, 'big'):0{8 * len(part)}b}"


@cache
def run_codes(*, white: bool, most: int) -> dict[str, int]:
    """The runs up to a length, by the code that libtiff has for each."""
    found = {} if white else {BLACK_0: 0}
    for length in range(int(not white), most + 1):
        row = np.zeros((1, length + 1), bool)
        row[0, length if white else slice(length)] = True
        text = saved(row, "tiff_ccitt").rstrip("0")
        text = text.removesuffix(BLACK_1.rstrip("0") if white else WHITE_1)
        found[text if white else text.removeprefix(WHITE_0)] = length
    return found


def translated(black: Rows) -> str:
    """The Group 4 codes of a picture, with the runs as Group5 writes them."""
    text, width, out = saved(black, "group4"), black.shape[1], []

    def take(codes: Iterable[str]) -> str:
        nonlocal text
        (code,) = (code for code in codes if text.startswith(code))
        text = text.removeprefix(code)
        return code

    for row in black:
        changes = [*np.flatnonzero(np.diff(row, prepend=False)).tolist(), width, width]
        done = 0
        while done == 0 or changes[done - 1] < width:
            out.append(take((PASS, HORIZONTAL, *VERTICAL)))
            done += {PASS: 0, HORIZONTAL: 2}.get(out[-1], 1)
            if out[-1] == HORIZONTAL:
                colors = [run_codes(white=done % 2 == turn, most=width) for turn in (0, 1)]
                out.append(runs([codes[take(codes)] for codes in colors], width))
    return "".join(out)


def runs(lengths: Sequence[int], width: int) -> str:
    """Two runs in Group5: whether each is long, then each."""
    bits = [width.bit_length() if length > 7 else 3 for length in lengths]
    kinds = "".join("01"[each > 3] for each in bits)
    return kinds + "".join(f"{n:0{b}b}" for n, b in zip(lengths, bits, strict=True))
