"""Compressed pictures: how they are chosen, what files hold of them, and that all come back."""

import re
import struct
import zlib
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import assert_same, checker, fitting, pictures, tiny

from pipeline import keys
from pipeline.codecs import Codec, Parameters, codec, fitted
from pipeline.conflicts import STREAMS
from pipeline.decode import decode
from pipeline.decoders import DECODERS, WINDOWS, Decoder, line_bits, refusal
from pipeline.emitters import Picture, binary, emit, picture
from pipeline.emitters.describe import flash_bytes, stride
from pipeline.emitters.stored import compressed, note, parameters_of
from pipeline.layout import Layout
from pipeline.palette import Indexed
from pipeline.recipe import CompressChoice, Recipe
from pipeline.registry import CODECS, EMITTERS

MUCH = 1 << 20
COMPLETE = ("c", "c-header", "c-aligned", "c-incbin", "c-embed", "bin", "bin-split")


def _flat(bits: int = 8) -> Picture:
    """A dark picture with a light edge."""
    indexed = checker(64, 32, 4)
    indices = np.zeros_like(indexed.indices)
    indices[:, -1] = 3
    made = Indexed(indices, indexed.palette)
    return picture("flat", "p", made, Layout(bits=bits), "index", "rgb565")


def _files(emitter: str, made: Picture) -> dict[str, bytes]:
    return {artifact.name: artifact.data for artifact in emit(emitter, made)}


@pytest.mark.parametrize("name", CODECS)
@given(made=pictures(), emitter=st.sampled_from(COMPLETE), ram=st.sampled_from((2000, MUCH)))
@settings(max_examples=40, deadline=None)
def test_every_file_turns_back(name: str, made: Picture, emitter: str, ram: int) -> None:
    with suppress(ValueError):  # some codecs are for lines of bits alone
        made = compressed(made, CompressChoice(name, ram))
    files = _files(emitter, made)
    for file in {"sample.pixels"} & set(files) or files:
        assert_same(decode(files, file), made.indexed)


@given(made=pictures())
@settings(max_examples=40, deadline=None)
def test_smallest_is_as_small_as_any_and_never_larger_than_plain(made: Picture) -> None:
    sizes = [len(made.data)]
    for name in CODECS:
        with suppress(ValueError):
            sizes.append(len(compressed(made, CompressChoice(name)).stored))
    assert len(compressed(made, CompressChoice("smallest")).stored) == min(sizes)


def test_of_equals_the_plain_one_wins() -> None:
    one = tiny()
    assert compressed(one, CompressChoice("smallest")).codec == "none"
    assert compressed(one, CompressChoice("rle")).codec == "rle"


@pytest.mark.parametrize("emitter", sorted(set(EMITTERS) - set(STREAMS)))
def test_formats_without_a_place_for_a_codec_hold_plain_pixels(emitter: str) -> None:
    plain = fitting(emitter)
    packed = replace(compressed(plain, CompressChoice("rle")), compress=CompressChoice())
    assert emit(emitter, packed) == emit(emitter, plain)


def test_flash_is_what_is_stored() -> None:
    plain = _flat()
    packed = compressed(plain, CompressChoice("rle"))
    saved = len(packed.data) - len(packed.stored)
    assert saved > 1000
    assert flash_bytes(packed) == flash_bytes(plain) - saved


def test_the_report_says_codec_and_share() -> None:
    assert note(_flat()) == ""
    packed = compressed(_flat(), CompressChoice("packbits"))
    assert note(packed) == f"packbits, {round(len(packed.stored) / 20.48)} % of 2,048 bytes"
    assert note(compressed(tiny(), CompressChoice("smallest"))) == (
        "not compressed: no codec makes it smaller"
    )
    assert note(compressed(_flat(), CompressChoice("smallest", 3))) == (
        "not compressed: no codec within its `ram` makes it smaller"
    )


def test_a_decoder_that_needs_more_ram_is_refused() -> None:
    with pytest.raises(ValueError, match="`rle` takes 16 bytes of RAM at least, and `ram` is 5"):
        compressed(_flat(), CompressChoice("rle", 5))
    assert compressed(_flat(), CompressChoice("smallest", 5)).codec == "none"


LOOKING_BACK = Codec(
    lambda data, _: data, lambda data, _size, _parameters: data, Decoder(100, looks_back=True)
)


@given(size=st.integers(0, 100_000), ram=st.integers(0, 40_000))
def test_windows_are_those_that_fit_and_are_of_use(size: int, ram: int) -> None:
    found = [each.window for each in fitted(LOOKING_BACK, Parameters(2), size, ram)]
    assert found == [each for each in WINDOWS if each + 100 <= ram and each < 2 * max(size, 256)]


def test_units_and_lines_follow_the_layout() -> None:
    assert parameters_of(Layout(bits=16), 10, 4) == Parameters(2, 0, 0)
    assert parameters_of(Layout(bits=12), 10, 4) == Parameters(3, 0, 0)
    assert parameters_of(Layout(bits=1, align=4), 33, 4) == Parameters(1, 0, 64)
    assert parameters_of(Layout("columns", 1), 10, 12) == Parameters(1, 0, 16)
    assert parameters_of(Layout("planes", 2), 10, 12) == Parameters(1, 0, 16)
    assert parameters_of(Layout("pages", 1), 10, 12) == Parameters(1, 0, 0)


@given(made=pictures())
@settings(max_examples=60, deadline=None)
def test_lines_of_bits_are_as_long_as_files_say(made: Picture) -> None:
    size = made.indexed.width, made.indexed.height
    bits = line_bits(made.layout, size)
    assert bits in (0, 8 * stride(made.layout, *size))
    assert (bits > 0) == (line_bits(made.layout, None) > 0)


@given(made=pictures(), name=st.sampled_from(tuple(CODECS)), ram=st.integers(1, 1000))
@settings(max_examples=60, deadline=None)
def test_what_a_plan_refuses_cannot_be_built_and_the_rest_can(
    made: Picture, name: str, ram: int
) -> None:
    size = made.indexed.width, made.indexed.height
    if refusal(name, ram, made.layout, size) is None:
        assert refusal(name, ram, made.layout, None) is None
        assert compressed(made, CompressChoice(name, ram)).codec == name
    else:
        with pytest.raises(ValueError, match=f"`{name}`"):
            compressed(made, CompressChoice(name, ram))


def test_every_codec_has_a_decoder() -> None:
    assert {name: codec(name).decoder for name in CODECS} == dict(DECODERS)


def test_c_headers_name_what_a_decoder_needs() -> None:
    packed = compressed(_flat(16), CompressChoice("rle"))
    text = _files("c-header", packed)["flat.h"].decode()
    macros = dict(re.findall(r"#define FLAT_(\w+) (.+)", text))
    assert macros["BYTES"] == "4096"
    assert macros["PACKED"] == str(len(packed.stored))
    assert (macros["CODEC"], macros["UNIT"]) == ("1 /* rle */", "2")
    assert "static const uint8_t flat_packed[FLAT_PACKED] = {" in text
    assert "flat_pixels" not in text
    assert "bitplane runtime rle" in " ".join(text.replace("\n * ", " ").split())


def test_an_uncompressed_binary_is_of_version_1() -> None:
    data = _files("bin", _flat())["flat.bin"]
    assert struct.unpack_from("<2H", data, 4) == (1, 64)


@pytest.mark.parametrize("emitter", ["bin", "bin-split"])
def test_a_compressed_binary_says_how(emitter: str) -> None:
    packed = compressed(_flat(16), CompressChoice("rle"))
    for data in _files(emitter, packed).values():
        assert struct.unpack_from("<2H", data, 4) == (2, 76)
        assert struct.unpack_from("<2BH2I", data, 64) == (1, 2, 0, 0, 4096)
    assert data.endswith(packed.stored)


def _binary(**changes: int) -> bytes:
    """A compressed binary with other values in its header, and a checksum that says it is right."""
    data = _files("bin", compressed(_flat(), CompressChoice("rle")))["flat.bin"]
    head = list(struct.unpack_from("<2H", data, 4))
    fields = binary.Fields(*binary.HEADER.unpack_from(data)[4:])
    more = binary.Compression(*binary.COMPRESSION.unpack_from(data, 64))
    given = {k: v for k, v in changes.items() if k in binary.Fields._fields}
    other = {k: v for k, v in changes.items() if k in binary.Compression._fields}
    start = binary.HEADER.pack(b"BPLN", *head, 0, *fields._replace(**given))
    checked = start[12:] + binary.COMPRESSION.pack(*more._replace(**other)) + data[76:]
    return start[:8] + struct.pack("<I", zlib.crc32(checked)) + checked


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"codec": 0}, "no codec ''"),
        ({"codec": 99}, "no codec ''"),
        ({"window": 300}, "no codec looks back 300 bytes"),
        ({"unit": 2}, "not of the size that its header says"),
        ({"zero": 1}, "not of the size that its header says"),
        ({"plain_bytes": 2047}, "not of the size that its header says"),
        ({"height": 31, "plain_bytes": 1984}, "longer than its picture"),
        ({"height": 33, "plain_bytes": 2112}, "cut short or damaged"),
        ({"width": 65535, "height": 65535}, "more than 16777216 pixels"),
        ({"pixels_offset": 70}, "at 70"),
    ],
)
def test_a_header_that_lies_is_refused(changes: dict[str, int], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        decode({"a.bin": _binary(**changes)}, "a.bin")


def test_a_binary_that_ends_in_its_header_is_refused() -> None:
    data = _binary()[:70]
    data = data[:12] + struct.pack("<I", 70) + data[16:]
    data = data[:8] + struct.pack("<I", zlib.crc32(data[12:])) + data[12:]
    with pytest.raises(ValueError, match="shorter than its header"):
        decode({"a.bin": data}, "a.bin")


@given(edits=st.lists(st.tuples(st.integers(64, 400), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_streams_never_crash(edits: list[tuple[int, int]]) -> None:
    data = bytearray(_binary())
    for place, value in edits:
        data[place % len(data)] = value
    data[8:12] = struct.pack("<I", zlib.crc32(data[12:]))
    with suppress(ValueError):
        assert decode({"a.bin": bytes(data)}, "a.bin").indices.size


@pytest.mark.parametrize("name", CODECS)
def test_a_tiny_stream_of_a_huge_picture_ends_at_once(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - every codec has its own words
        codec(name).decompress(b"\x81\x00", 1 << 40, Parameters(1, 256, 64))


def test_compression_does_not_make_a_shared_palette_stale() -> None:
    plain, packed = Recipe(), Recipe(compress=CompressChoice("lz4"))
    assert keys.geometry(plain) == keys.geometry(packed)
    assert keys.digest(plain) != keys.digest(packed)
