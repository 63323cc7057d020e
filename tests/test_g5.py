"""Group5: its codes are those of the format, and rows come out that other writers put in."""

import random

import numpy as np
import pytest
from group4 import translated
from hypothesis import given, settings
from hypothesis import strategies as st
from runtime_lab import Library

from pipeline.codecs import Parameters, codec

WHITE = 0xFF


def codes_of(text: str) -> bytes:
    """Bytes of the codes in a text, and zeros up to the last one's end."""
    code = "".join(char for char in text if char in "01")
    return int(code.ljust(-(-len(code) // 8) * 8, "0"), 2).to_bytes(-(-len(code) // 8), "big")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("runtime"))


def check(library: Library, rows: list[str], codes: str, *, ours: bool = True) -> None:
    """Rows of `#` and `.` are what codes say, and with `ours` the codes are those we write."""
    width = len(rows[0])
    data = b"".join(
        int("".join("01"[pixel == "."] for pixel in row), 2).to_bytes(width // 8, "big")
        for row in rows
    )
    parameters, stream = Parameters(width=width), codes_of(codes)
    if ours:
        assert codec("g5").compress(data, parameters) == stream
    for read in (stream, stream + b"\x00"):  # the library writes a byte more
        assert codec("g5").decompress(read, len(data), parameters) == data
        assert library.at_once("g5", read, len(data), width) == data
        assert library.by_parts("g5", read, len(data), width, lambda: 1) == data


def test_white_rows_are_one_bit_each(library: Library) -> None:
    check(library, ["." * 16] * 9, "1 1 1 1 1 1 1 1 1")


def test_runs_of_up_to_seven_take_three_bits_and_long_ones_those_of_the_width(
    library: Library,
) -> None:
    """The width, 24, has 5 bits. Behind the two runs of 001 the row's end is its next change."""
    check(library, ["." * 7 + "#" * 7 + "." * 10], "001 00 111 111  1")
    check(library, ["." * 8 + "#" * 7 + "." * 9], "001 10 01000 111  1")
    check(library, ["." * 7 + "#" * 8 + "." * 9], "001 01 111 01000  1")
    check(library, ["." * 8 + "#" * 16], "001 11 01000 10000")
    check(library, ["#" * 24], "001 01 000 11000")


def test_changes_near_those_above_are_vertical_codes(library: Library) -> None:
    first = "001 11 01000 01000"
    above = "." * 8 + "#" * 8 + "." * 8
    for by, code in enumerate(("0000010", "000010", "010", "1", "011", "000011", "0000011")):
        row = "." * (5 + by) + "#" * 8 + "." * (11 - by)
        check(library, [above, row], f"{first} 1  {code} {code} 1")


def test_what_is_only_above_is_passed(library: Library) -> None:
    check(library, ["." * 8 + "##" + "." * 6, "." * 16], "001 10 01000 010 1  0001 1")


def test_other_writers_may_choose_other_codes(library: Library) -> None:
    """Runs where vertical codes are shorter; a run of no pixels."""
    rows = ["." * 8 + "#" * 8, "." * 8 + "#" * 8]
    check(library, rows, "001 11 01000 01000  001 11 01000 01000", ours=False)
    check(library, ["." * 8 + "#" * 8], "001 00 100 000  001 01 100 01000", ours=False)


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ("0000000 1", "damaged"),
        ("001 11 01111 00011", "damaged"),
        ("000010 0000010 1111", "damaged"),
        ("001 11 0", "cut short"),
        ("1" + "0" * 16, "longer"),
    ],
)
def test_what_cannot_be_is_refused(library: Library, codes: str, words: str) -> None:
    stream = codes_of(codes)
    with pytest.raises(ValueError, match=words):
        codec("g5").decompress(stream, 2, Parameters(width=16))
    assert library.at_once("g5", stream, 4, 16) in (b"", b"\xff\xff")


@pytest.mark.parametrize("width", [0, 4, 65536, -8])
def test_only_rows_of_bits_are_taken(width: int) -> None:
    words = "is none for `g5`"
    with pytest.raises(ValueError, match=words):
        codec("g5").compress(b"ab", Parameters(width=width))
    with pytest.raises(ValueError, match=words):
        codec("g5").decompress(b"ab", 2, Parameters(width=width))


@given(st.integers(1, 300), st.integers(1, 12), st.integers(0, 1 << 32))
@settings(deadline=None)
def test_lines_and_noise_come_back(
    library: Library, row_bytes: int, height: int, seed: int
) -> None:
    made = np.random.default_rng(seed)
    rows = made.integers(0, 256, (height, row_bytes), np.uint8)
    rows[made.random(rows.shape) < 0.8] = made.choice([0, WHITE])
    steady = made.random(height) < 0.5
    for place in np.flatnonzero(steady[1:]).tolist():
        shifted = np.roll(np.unpackbits(rows[place]), int(made.integers(-4, 5)))
        rows[place + 1] = np.packbits(shifted.astype(bool))
    data, parameters = rows.tobytes(), Parameters(width=8 * row_bytes)
    stream = codec("g5").compress(data, parameters)
    assert codec("g5").decompress(stream, len(data), parameters) == data
    assert library.at_once("g5", stream, len(data), parameters.width) == data
    sizes = random.Random(seed)  # noqa: S311 - no secret
    parts = library.by_parts(
        "g5", stream, len(data), parameters.width, lambda: sizes.randint(1, 2 * row_bytes)
    )
    assert parts == data


@pytest.mark.parametrize("width", [8, 40, 120])
@pytest.mark.parametrize("noise", [0.02, 0.1, 0.5])
def test_the_codes_are_those_of_group_4_but_for_runs(width: int, noise: float) -> None:
    """Against libtiff, whose Group 4 is that of fax machines."""
    made = np.random.default_rng(width)
    black = np.zeros((60, width), bool)
    for y, x, size in made.integers(0, 60, (12, 3)):
        black[y : y + size, x : x + size] ^= True
    black ^= made.random(black.shape) < noise
    data = np.packbits(~black, axis=1).tobytes()
    stream = codec("g5").compress(data, Parameters(width=width))
    assert stream == codes_of(translated(black))
