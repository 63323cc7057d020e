"""Every codec gives back what it was given, and refuses what it did not make."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lz_cases import BLOCKS

from pipeline.codecs import Parameters, codec
from pipeline.registry import CODECS

UNITS = st.integers(1, 4)


@pytest.mark.parametrize("name", CODECS)
@given(data=BLOCKS, unit=UNITS)
@example(data=b"", unit=1)
@example(data=bytes(130) + bytes(range(130)) + b"\x01\x01\x02", unit=1)
@settings(deadline=None, max_examples=50)
def test_data_comes_back(name: str, data: bytes, unit: int) -> None:
    parameters = Parameters(unit, width=8 * unit)
    stream = codec(name).compress(data, parameters)
    assert codec(name).decompress(stream, len(data), parameters) == data


@pytest.mark.parametrize("name", CODECS)
@given(data=BLOCKS, unit=UNITS, share=st.integers(0, 99))
@settings(deadline=None, max_examples=50)
def test_a_stream_that_is_cut_is_refused(name: str, data: bytes, unit: int, share: int) -> None:
    parameters = Parameters(unit, width=8 * unit)
    stream = codec(name).compress(data, parameters)
    if not stream:
        return
    with pytest.raises(ValueError):  # noqa: PT011 - every codec has its own words
        codec(name).decompress(stream[: len(stream) * share // 100], len(data), parameters)


@pytest.mark.parametrize("name", CODECS)
@given(stream=st.binary(max_size=200), size=st.integers(0, 3000), unit=UNITS)
@settings(deadline=None)
def test_any_bytes_give_data_of_that_size_or_are_refused(
    name: str, stream: bytes, size: int, unit: int
) -> None:
    try:
        data = codec(name).decompress(stream, size, Parameters(unit, width=8 * unit))
    except ValueError:
        return
    assert len(data) == size


def test_run_lengths_are_those_of_lvgl() -> None:
    stream = codec("rle").compress(b"\x07" * 5 + b"\x01\x02\x03", Parameters())
    assert stream == b"\x05\x07\x83\x01\x02\x03"
    pixels = codec("rle").compress(b"ab" * 130 + b"cd", Parameters(unit=2))
    assert pixels == b"\x7fab\x03ab\x81cd"


def test_packbits_are_those_of_the_tiff_specification() -> None:
    """The example of Apple's Technical Note TN1023."""
    stream = bytes.fromhex("FE AA 02 80 00 2A FD AA 03 80 00 2A 22 F7 AA")
    data = bytes.fromhex("AA AA AA 80 00 2A AA AA AA AA 80 00 2A 22" + " AA" * 10)
    assert codec("packbits").decompress(stream, len(data), Parameters()) == data
    assert codec("packbits").compress(data, Parameters()) == stream
