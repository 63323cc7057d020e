"""Deflate: every kind of block, codes within their limits, no distance beyond the window."""

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lz_cases import BLOCKS, peer

from pipeline.codecs import Parameters, codec
from pipeline.codecs.deflate_block import distance_buckets, length_buckets
from pipeline.codecs.huffman import code_lengths, codes

DEFLATE = codec("deflate")


def _kind(stream: bytes) -> int:
    return stream[0] >> 1 & 3


def _noise(size: int, seed: int = 0) -> bytes:
    return np.random.default_rng(seed).bytes(size)


def _letters(some: bytes, size: int) -> bytes:
    return np.random.default_rng(1).choice(np.frombuffer(some, np.uint8), size).tobytes()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (_noise(300), 0),
        (_noise(65535), 0),
        (_noise(65536), 0),
        (b"", 1),
        (b"a", 1),
        (b"abcabcabcabc", 1),
        (_letters(b"aaaabbc", 900), 2),
    ],
    ids=["noise", "one full block", "two stored blocks", "nothing", "one byte", "short", "usual"],
)
def test_each_kind_of_block_is_used_where_it_is_shortest(data: bytes, kind: int) -> None:
    stream = DEFLATE.compress(data, Parameters(1, 2048))
    assert _kind(stream) == kind
    assert zlib.decompress(stream, -15) == data
    assert len(stream) <= len(data) + 5 * max(1, -(-len(data) // 65535))


def test_blocks_follow_what_changes_in_a_text() -> None:
    """Letters, noise, then other letters: stored among compressed, at no whole byte."""
    letters, others = _letters(b"abcd", 20_000), _letters(b"WXYZ", 20_000)
    data = letters + _noise(20_000) + others
    stream = DEFLATE.compress(data, Parameters(1, 256))
    assert zlib.decompress(stream, -15) == data
    # with the block's end there are five symbols, so a letter takes 2 1/4 bits
    assert len(stream) < 20_000 + 2 * 20_000 * 9 // 32 + 200


def test_long_texts_are_cut_in_segments_that_know_what_was_before() -> None:
    part = _noise(2000)
    data = part * 200
    stream = DEFLATE.compress(data, Parameters(1, 32768))
    assert zlib.decompress(stream, -15) == data
    assert len(stream) < 5000


@given(data=BLOCKS)
@settings(max_examples=30, deadline=None)
def test_no_distance_is_beyond_the_window(data: bytes) -> None:
    data = (data * 3)[:3000]
    stream = DEFLATE.compress(data, Parameters(1, 512))
    assert peer("deflate").read(stream, len(data), 512) == data


@given(counts=st.lists(st.integers(0, 1000), min_size=2, max_size=60), most=st.integers(6, 15))
def test_a_code_is_complete_and_within_its_limit(counts: list[int], most: int) -> None:
    lengths = code_lengths(counts, most)
    assert max(lengths) <= most
    assert sum(1 << most - length for length in lengths if length) == 1 << most
    assert all(length for length, count in zip(lengths, counts, strict=True) if count)


def _cost(counts: list[int], lengths: list[int]) -> int:
    return sum(count * length for count, length in zip(counts, lengths, strict=True))


def _least(counts: list[int], most: int) -> int:
    """By trying every complete code."""
    counts = sorted(counts, reverse=True)

    def below(place: int, length: int, room: int) -> float:
        if place == len(counts):
            return 0 if room == 0 else float("inf")
        found = float("inf")
        for bits in range(length, most + 1):
            left = room - (1 << most - bits)
            if left >= 0:
                found = min(found, counts[place] * bits + below(place + 1, bits, left))
        return found

    return int(below(0, 1, 1 << most))


@given(counts=st.lists(st.integers(1, 300), min_size=2, max_size=7), most=st.integers(3, 6))
@settings(max_examples=60, deadline=None)
def test_no_code_within_the_limit_is_shorter(counts: list[int], most: int) -> None:
    assert _cost(counts, code_lengths(counts, most)) == _least(counts, most)


def test_rare_symbols_do_not_make_a_code_too_long() -> None:
    fibonacci = [1, 1]
    while len(fibonacci) < 30:
        fibonacci.append(sum(fibonacci[-2:]))
    assert max(code_lengths(fibonacci, 29)) == 29
    assert max(code_lengths(fibonacci, 15)) == 15


def test_one_symbol_gets_a_code_of_two() -> None:
    assert code_lengths([0, 0, 5], 15) == [1, 0, 1]
    assert code_lengths([0, 0, 0], 15) == [1, 1, 0]


def test_codes_are_those_of_the_specification() -> None:
    """The example of RFC 1951, section 3.2.2, read from its high bits."""
    lengths = [3, 3, 3, 3, 3, 2, 4, 4]
    told = [f"{code:0{n}b}"[::-1] for code, n in zip(codes(lengths), lengths, strict=True)]
    assert told == ["010", "011", "100", "101", "110", "00", "1110", "1111"]


def test_buckets_are_those_of_the_specification() -> None:
    """Rows of the tables of RFC 1951, section 3.2.5."""
    length, distance = length_buckets(), distance_buckets()
    rows = {3: (257, 0), 10: (264, 0), 11: (265, 1), 12: (265, 1), 13: (266, 1), 257: (284, 5)}
    for number, (symbol, bits) in {**rows, 258: (285, 0)}.items():
        assert (257 + length.symbols[number], length.bits[number]) == (symbol, bits)
    far = {1: (0, 0), 4: (3, 0), 5: (4, 1), 24577: (29, 13), 32768: (29, 13), 192: (14, 6)}
    for number, row in far.items():
        assert (distance.symbols[number], distance.bits[number]) == row
    assert distance.rests[32768] == 8191
    assert length.rests[257] == 30


def test_the_same_data_gives_the_same_bytes_everywhere() -> None:
    data = np.add.outer(np.arange(90) ** 2 // 50, np.arange(110) // 3).astype(np.uint8).tobytes()
    stream = DEFLATE.compress(data, Parameters(1, 2048))
    assert (len(stream), zlib.crc32(stream)) == (677, 3352635824)


@pytest.mark.parametrize("cut", [0, 1, 10, -1])
def test_what_is_no_deflate_is_refused(cut: int) -> None:
    stream = DEFLATE.compress(b"abcd" * 300, Parameters(1, 256))
    with pytest.raises(ValueError, match="deflate stream"):
        DEFLATE.decompress(stream[:cut], 1200, Parameters(1, 256))
    for wrong in (stream + b"a", b"\x06", b"\x07"):
        with pytest.raises(ValueError, match="deflate stream"):
            DEFLATE.decompress(wrong, 1200, Parameters(1, 256))
    with pytest.raises(ValueError, match="size of its picture"):
        DEFLATE.decompress(stream, 1199, Parameters(1, 256))
