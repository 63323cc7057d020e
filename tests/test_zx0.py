"""ZX0: its bits are those of the format, and the search for short streams holds its promises."""

import os
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lz_cases import BLOCKS

from pipeline import kernels
from pipeline.codecs import Parameters, codec, zx0_parse
from pipeline.codecs.zx0 import gamma

SHORT = BLOCKS.filter(lambda data: 0 < len(data) < 700)


def test_a_stream_is_as_the_format_has_it() -> None:
    """Worked out by hand.

    011 (3 literals) abc 1 (a new offset) 1 (of the first 128) 1111101 (127 - 2), with the first
    bit of 0000001 (length 9: 8 is written) behind it, and 000001; 1 (a new offset) and 8 times 01,
    then 1 (256: the end). Bits in order: 01111000 00110101 01010101 01011000; the bytes abc and
    the offset's stand where the first bits behind them are needed.
    """
    stream = bytes.fromhex("78 616263 FA 35 55 58")
    assert codec("zx0").decompress(stream, 12, Parameters()) == b"abc" * 4
    assert codec("zx0").compress(b"abc" * 4, Parameters()) == stream


def test_the_last_offset_is_used_again_after_literals() -> None:
    data = b"Xabcdefgh" + b"Yabcdefgh" + b"Zabcdefgh"
    found = zx0_parse.parse(data, 256)
    assert found == [(10, 9, 8), (1, 9, 8)]
    stream = codec("zx0").compress(data, Parameters())
    assert codec("zx0").decompress(stream, len(data), Parameters()) == data


def test_numbers_are_in_gamma_code() -> None:
    assert [gamma(n) for n in (1, 2, 3, 4)] == [[1], [0, 0, 1], [0, 1, 1], [0, 0, 0, 0, 1]]
    assert gamma(5, 1) == [0, 1, 0, 0, 1]
    bits = zx0_parse.gamma_bits(300)
    assert bits[1:].tolist() == [len(gamma(n)) for n in range(1, 300)]


def bits_of(found: list[zx0_parse.Match]) -> int:
    """What the blocks cost, counted from the format alone."""
    total, last = -1, 1
    for literals, offset, length in found:
        if literals:
            total += 1 + len(gamma(literals)) + 8 * literals
        if length and literals and offset == last:
            total += 1 + len(gamma(length))
        elif length:
            total += 1 + len(gamma((offset - 1) // 128 + 1)) + 7 + len(gamma(length - 1))
            last = offset
    return total


@given(SHORT, st.integers(1, 300))
@example(b"a", 1)
@example(bytes(700), 256)
@settings(deadline=None, max_examples=30)
def test_the_kernel_and_the_reference_find_the_same(data: bytes, window: int) -> None:
    if kernels.load() is None:
        pytest.skip("the kernels are not compiled")
    found = zx0_parse.parse(data, window)
    with mock.patch.dict(os.environ, {kernels.SWITCH: "0"}):
        assert zx0_parse.parse(data, window) == found


@given(SHORT, st.integers(1, 300))
@settings(deadline=None, max_examples=30)
def test_blocks_cost_what_was_reckoned_and_stay_in_the_window(data: bytes, window: int) -> None:
    work = zx0_parse._work(data, min(window, max(1, len(data) - 1)))
    zx0_parse.search(work)
    found = zx0_parse._back(work.nodes, len(data))
    assert bits_of(found) == work.costs[-1]
    assert all(offset <= window for _, offset, _ in found)
    assert sum(literals + length for literals, _, length in found) == len(data)


def shortest(data: bytes) -> int:
    """Bits of the cheapest blocks, out of all that there are."""
    ways = {(0, 1, "match"): -1}
    for at in range(len(data)):
        for (place, last, kind), paid in [item for item in ways.items() if item[0][0] == at]:
            rest = len(data) - place
            steps = []
            if kind == "match":
                steps += [((n, last, "literals"), 1 + len(gamma(n)) + 8 * n) for n in span(rest)]
            for offset in range(1, place + 1):
                run = same(data, place, offset)
                if kind == "literals" and offset == last:
                    steps += [((n, last, "match"), 1 + len(gamma(n))) for n in span(run)]
                if place > 0:
                    steps += [((n, offset, "match"), 9 + len(gamma(n - 1))) for n in span(run)[1:]]
            for (length, offset, then), cost in steps:
                key = place + length, offset, then
                ways[key] = min(paid + cost, ways.get(key, 1 << 30))
    return min(paid for (place, _, _), paid in ways.items() if place == len(data))


def span(most: int) -> list[int]:
    return list(range(1, most + 1))


def same(data: bytes, place: int, offset: int) -> int:
    length = 0
    while place + length < len(data) and data[place + length] == data[place + length - offset]:
        length += 1
    return length


@given(st.text("ab", min_size=1, max_size=18) | st.text("abc", min_size=1, max_size=18))
@settings(deadline=None, max_examples=60)
def test_no_blocks_are_cheaper(text: str) -> None:
    data = text.encode()
    assert bits_of(zx0_parse.parse(data, 256)) == shortest(data)


WRONG: dict[str, Any] = {
    "data": np.zeros(0, np.uint8),
    "bits": np.full(20, 200, np.uint8),
    "costs": np.zeros(12, np.int32),
    "nodes": np.zeros((9, 4), np.int32),
    "reach": np.zeros((9, 5), np.int32),
}


@pytest.mark.parametrize("key", WRONG)
def test_the_kernel_refuses_what_it_could_not_bear(key: str) -> None:
    native = kernels.load()
    if native is None:
        pytest.skip("the kernels are not compiled")
    work = zx0_parse._work(b"abcabcabcabc", 11)
    native.parse_zx0(*zx0_parse._work(b"abcabcabcabc", 11))
    wrong = work._replace(**{key: WRONG[key]})
    with pytest.raises(ValueError, match=r"wrong size|out of range"):
        native.parse_zx0(*wrong)
    with pytest.raises(ValueError, match="wrong size"):
        native.parse_zx0(*work._replace(**{key: getattr(work, key).ravel()[:-1].copy()}))


def test_too_much_data_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zx0_parse, "MOST", 3)
    with pytest.raises(ValueError, match="at most 3 bytes"):
        codec("zx0").compress(b"abcd", Parameters())
