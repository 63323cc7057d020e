"""LZ codecs: nothing is smaller, others read it, and C finds what Python finds."""

import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lz_cases import BLOCKS, peer, samples

from pipeline import kernels
from pipeline.codecs import Parameters, codec, lz4
from pipeline.codecs.matches import Matches, find, find_plain
from pipeline.codecs.parse import Prices, Way, parse, parse_plain

TEXTS = BLOCKS.filter(bool).map(lambda data: np.frombuffer(data[:1500], np.uint8))
WINDOWS = st.sampled_from((1, 3, 256, 65535))
LZ = ("lz4", "heatshrink", "deflate")


@pytest.fixture
def native() -> kernels.Native:
    found = kernels.load()
    if found is None:
        pytest.skip("the kernels are not compiled")
    return found


@given(text=TEXTS, window=WINDOWS, longest=st.sampled_from((2, 16, 258)), most=st.integers(1, 4))
@settings(deadline=None)
def test_matches_are_the_nearest_of_their_length(
    text: np.ndarray, window: int, longest: int, most: int
) -> None:
    found = find(text, window, longest, most)
    plain = find_plain(text, window, longest, most)
    np.testing.assert_array_equal(found.lengths, plain.lengths)
    np.testing.assert_array_equal(found.distances, plain.distances)


def test_matches_by_hand() -> None:
    text = np.frombuffer(b"abcdabxabcab", np.uint8)
    found = find(text, 20, 16, 3)
    assert found.lengths[7].tolist() == [2, 3, 0]
    assert found.distances[7].tolist() == [3, 7, 0]
    assert find(text, 6, 16, 3).lengths[7].tolist() == [2, 0, 0]
    assert find(text, 20, 2, 3).distances[7].tolist() == [3, 0, 0]
    assert find(text, 20, 16, 1).distances[7].tolist() == [7]


def _prices(seed: int, longest: int, window: int) -> Prices:
    random = np.random.default_rng(seed)
    literals, lengths, distances = (
        random.integers(1, 30, count).astype(np.uint32) for count in (256, longest + 1, window + 1)
    )
    tried = np.unique(random.integers(1, longest + 1, 1 + seed % 40)).astype(np.uint16)
    return Prices(literals, lengths, np.sort(distances), tried)


def _cost(text: np.ndarray, way: Way, prices: Prices) -> int:
    matched = prices.lengths[way.lengths] + prices.distances[way.distances]
    return int(np.where(way.lengths > 0, matched, prices.literals[text[way.places]]).sum())


def _least_cost(text: np.ndarray, window: int, longest: int, prices: Prices) -> int:
    """By trying every length at every distance."""
    costs = [0] * (len(text) + 1)
    for place in range(len(text) - 1, -1, -1):
        costs[place] = costs[place + 1] + int(prices.literals[text[place]])
        for distance in range(1, min(window, place) + 1):
            for length in range(1, min(longest, len(text) - place) + 1):
                if text[place + length - 1] != text[place + length - 1 - distance]:
                    break
                price = int(prices.lengths[length] + prices.distances[distance])
                if length >= prices.tried[0]:
                    costs[place] = min(costs[place], costs[place + length] + price)
    return costs[0]


@given(text=TEXTS, seed=st.integers(0, 99), most=st.integers(1, 4))
@settings(deadline=None)
def test_both_parsers_go_the_same_way(text: np.ndarray, seed: int, most: int) -> None:
    found, prices = find(text, 300, 40, most), _prices(seed, 40, 300)
    way, plain = parse(text, found, prices), parse_plain(text, found, prices)
    np.testing.assert_array_equal(way.lengths, plain.lengths)
    np.testing.assert_array_equal(way.distances, plain.distances)


@given(data=st.binary(min_size=1, max_size=6), seed=st.integers(0, 99))
@settings(deadline=None)
def test_no_way_is_cheaper(data: bytes, seed: int) -> None:
    text = np.random.default_rng(seed).choice(np.frombuffer(data, np.uint8), 40)
    prices = _prices(seed, 9, 20)._replace(tried=np.arange(2, 10, dtype=np.uint16))
    way = parse(text, find(text, 20, 9, 8), prices)
    assert _cost(text, way, prices) == _least_cost(text, 20, 9, prices)


@pytest.mark.parametrize("name", LZ)
@given(data=BLOCKS, window=st.sampled_from((256, 2048)))
@settings(max_examples=20, deadline=None)
def test_a_stream_is_the_same_without_the_kernels(name: str, data: bytes, window: int) -> None:
    parameters = Parameters(1, window)
    data = data[:2000]
    stream = codec(name).compress(data, parameters)
    with mock.patch.dict(os.environ, {kernels.SWITCH: "0"}):
        assert codec(name).compress(data, parameters) == stream


def _beside(number: int, few: int) -> int:
    return 0 if number < few else 1 + (number - few) // 255


def _least_lz4(data: bytes, window: int) -> int:
    """Bytes of the smallest block, by trying every sequence at every place."""
    size = len(data)
    rest = [1 + _beside(size - place, 15) + size - place for place in range(size + 1)]
    for place in range(size, -1, -1):
        for start in range(place, size - 11):
            run = start - place + _beside(start - place, 15)
            for distance in range(1, min(window, start) + 1):
                for length in range(1, size - 5 - start + 1):
                    if data[start + length - 1] != data[start + length - 1 - distance]:
                        break
                    if length >= 4:
                        cost = 3 + run + _beside(length - 4, 15) + rest[start + length]
                        rest[place] = min(rest[place], cost)
    return rest[0]


@given(parts=st.lists(st.tuples(st.binary(min_size=1, max_size=3), st.integers(1, 25)), max_size=4))
@settings(max_examples=40, deadline=None)
def test_no_lz4_block_is_smaller(parts: list[tuple[bytes, int]]) -> None:
    data = b"".join(part * times for part, times in parts)[:55]
    for window in (4, 256):
        assert len(lz4.compress(data, Parameters(1, window))) == _least_lz4(data, window)


@pytest.mark.parametrize("size", [0, 1, 12, 13, 18, 19, 20, 273, 274, 528, 529, 70000, 200_000])
def test_runs_of_any_length_make_sound_lz4(size: int) -> None:
    for data in (bytes(size), os.urandom(min(size, 600)) + bytes(size)):
        stream = lz4.compress(data, Parameters(1, 256))
        assert lz4.decompress(stream, len(data), Parameters(1, 256)) == data
        assert peer("lz4").read(stream, len(data), 256) == data


@pytest.mark.parametrize("name", LZ)
@given(data=BLOCKS, window=st.sampled_from((256, 2048)))
@settings(max_examples=40, deadline=None)
def test_others_read_it(name: str, data: bytes, window: int) -> None:
    stream = codec(name).compress(data, Parameters(1, window))
    assert peer(name).read(stream, len(data), window) == data


@pytest.mark.parametrize("name", LZ)
def test_no_other_makes_it_smaller(name: str) -> None:
    other = peer(name)
    for data in samples():
        for window in other.windows:
            ours = codec(name).compress(data, Parameters(1, window))
            assert len(ours) <= len(other.write(data, window))


@pytest.mark.parametrize(
    ("stream", "problem"),
    [
        (b"", "cut short"),
        (b"\xf0", "cut short"),
        (b"\x10a\x00\x00\x00", "damaged"),
        (b"\x10a\x02\x00\x00", "damaged"),
        (b"\x1fa\x01\x00" + b"\xff" * 90 + b"\x00\x00", "damaged"),
        (b"\x40abcd", "does not give the size"),
    ],
)
def test_what_is_no_lz4_is_refused(stream: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        lz4.decompress(stream, 100, Parameters(1, 256))


def test_a_match_beyond_the_window_is_refused() -> None:
    data = os.urandom(300) * 2
    stream = lz4.compress(data, Parameters(1, 512))
    assert len(stream) < 400
    with pytest.raises(ValueError, match="damaged"):
        lz4.decompress(stream, 600, Parameters(1, 256))


# --- every wrapper refuses what its kernel could not bear ---

Arguments = dict[str, Any]
SIZE = 9


def _found() -> Arguments:
    found = find_plain(np.zeros(SIZE, np.uint8), 4, 6, 1)
    return {"lengths": found.lengths, "distances": found.distances}


def _matches_arguments() -> Arguments:
    scratch = np.empty(65536 + 2 * SIZE, np.int32)
    numbers = {"data": np.zeros(SIZE, np.uint8), "window": 4, "longest": 6, "scratch": scratch}
    return {**numbers, **_found()}


def _parse_arguments() -> Arguments:
    prices = _prices(1, 6, 4)
    names = ("literals", "lengths", "distances")
    priced = {f"{name}_prices": value for name, value in zip(names, prices[:3], strict=True)}
    start = {"data": np.zeros(SIZE, np.uint8), **priced, "next": prices.following}
    found = _found()
    out = {"chosen": np.zeros(SIZE, np.uint16), "back": np.zeros(SIZE, np.uint16)}
    return {**start, **found, "costs": np.zeros(SIZE + 1, np.uint32), **out}


def _lz4_arguments() -> Arguments:
    arrays = {"scratch": 6, "runs": 1, "chosen": 1}
    out = {name: np.zeros((SIZE + 1) * times, np.uint32) for name, times in arrays.items()}
    return {"data": np.zeros(SIZE, np.uint8), "longest": 6, **_found(), **out}


CALLS = {"matches": _matches_arguments, "parse": _parse_arguments, "parse_lz4": _lz4_arguments}


def _broken() -> Iterator[tuple[str, str, Any]]:
    for name, made in CALLS.items():
        for key, value in made().items():
            if isinstance(value, np.ndarray) and not key.endswith("s_prices"):
                yield name, key, np.append(value.ravel(), value.ravel()[:1])
                yield name, key, value.ravel()[:0]
            if isinstance(value, np.ndarray):
                yield name, key, value.astype(np.float64)
    yield "parse", "literals_prices", np.zeros(255, np.uint32)
    yield "parse", "literals_prices", np.full(256, 1 << 30, np.uint32)
    yield "parse", "lengths_prices", np.zeros(5, np.uint32)
    yield "parse", "lengths_prices", np.full(7, 65537, np.uint32)
    yield "parse", "distances_prices", np.zeros(1, np.uint32)
    yield "parse", "next", np.array([1, 1, 3, 4, 5, 6, 7], np.uint16)
    yield "parse", "lengths", np.full((SIZE, 1), 6, np.uint16)
    yield "parse_lz4", "lengths", np.full((SIZE, 1), 2, np.uint16)
    yield "parse_lz4", "distances", np.full((SIZE, 1), 4, np.uint16)
    for name, key in (("matches", "window"), ("matches", "longest"), ("parse_lz4", "longest")):
        for number in (-1, 0, 65536):
            yield name, key, number


@pytest.mark.parametrize("name", CALLS)
def test_sound_arguments_are_taken(native: kernels.Native, name: str) -> None:
    getattr(native, name)(*CALLS[name]().values())


@pytest.mark.parametrize(("name", "key", "value"), list(_broken()))
def test_other_arguments_are_refused(
    native: kernels.Native, name: str, key: str, value: Any
) -> None:
    with pytest.raises(ValueError, match="do not fit each other"):
        getattr(native, name)(*{**CALLS[name](), key: value}.values())


@pytest.mark.parametrize("name", CALLS)
def test_a_frozen_array_is_not_written_to(native: kernels.Native, name: str) -> None:
    arguments = CALLS[name]()
    list(arguments.values())[-1].flags.writeable = False
    with pytest.raises((ValueError, BufferError)):
        getattr(native, name)(*arguments.values())


def test_matches_are_plain_values() -> None:
    assert Matches(*find(np.zeros(1, np.uint8), 1, 2, 1)).lengths.tolist() == [[0]]
