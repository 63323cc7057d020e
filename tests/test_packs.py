"""Packs: what is written is what the page says, is read back, and never misleads a reader."""

import re
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import assert_same, pictures, tiny

from pipeline.bundles import Bundle, Object, pack
from pipeline.decode import bundled
from pipeline.emitters import Picture, binary
from pipeline.emitters.stored import compressed
from pipeline.recipe import CompressChoice

PAGE = (Path(__file__).parent.parent / "docs" / "pack.md").read_text(encoding="utf-8")
SIZES = {"B": 1, "H": 2, "I": 4}


def bundle(named: dict[str, Picture], align: int = 4) -> Bundle:
    """A bundle of pictures by name, with the binaries that a build would read."""
    objects = (
        Object(name, f"s{place}", {f"s{place}.bin": binary.single(made)[0]})
        for place, (name, made) in enumerate(named.items())
    )
    return Bundle("all", "test-panel", align, tuple(objects))


def packed(named: dict[str, Picture], align: int = 4) -> bytes:
    return pack.write(bundle(named, align))[0]


characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
names = st.text(characters, min_size=1, max_size=20)
choices = st.sampled_from(["none", "none", "rle", "lz4"])
stored = st.builds(lambda made, name: compressed(made, CompressChoice(name)), pictures(), choices)
some = st.dictionaries(names, stored, min_size=1, max_size=4)
aligns = st.sampled_from([4 << place for place in range(11)])


@settings(max_examples=30, deadline=None)
@given(some, aligns)
def test_every_picture_comes_back_and_is_the_binary_that_was_packed(
    named: dict[str, Picture], align: int
) -> None:
    data = packed(named, align)
    found = pack.contents(data)
    assert [name for name, _ in found] == list(named)
    for (name, entry), made in zip(found, named.values(), strict=True):
        assert pack.extract(data, entry) == binary.single(made)[0]
        assert_same(bundled("a.pack", data)[name](), made.indexed)
        offsets = [offset for offset in (entry.palette_offset, entry.pixels_offset) if offset]
        assert all(offset % align == 0 for offset in offsets)


def test_equal_palettes_and_pixels_stand_once() -> None:
    data = packed({"a": tiny(), "b": tiny()})
    first, second = (entry for _, entry in pack.contents(data))
    assert first.pixels_offset == second.pixels_offset
    assert first.palette_offset == second.palette_offset
    assert len(data) == first.pixels_offset + first.pixels_bytes


def test_names_are_sorted_by_their_checksum_for_binary_search() -> None:
    named = {name: tiny() for name in ["some", "names,", "each", "of", "which", "is", "a", "word"]}
    data = packed(named)
    head = pack.Head(*pack.HEADER.unpack_from(data)[4:])
    table = data[head.lookup_offset : head.entries_offset]
    found = list(pack.FOUND.iter_unpack(table))
    crcs = {zlib.crc32(name.encode()): place for place, name in enumerate(named)}
    assert found == sorted(crcs.items())


def test_a_name_that_is_no_utf8_keeps_its_bytes() -> None:
    data = packed({"a\udcff": tiny()})
    assert b"a\xff\0" in data
    assert pack.contents(data)[0].name == "a\udcff"


def test_a_member_that_is_no_binary_is_refused() -> None:
    with pytest.raises(ValueError, match="ends within its header"):
        pack.write(Bundle("all", "p", 4, (Object("a", "a", {"a.bin": b"BPLN"}),)))


@given(st.data())
def test_a_damaged_pack_is_refused_or_gives_the_same_pictures(data: st.DataObject) -> None:
    whole = packed({"a": tiny(), "b": tiny("code")})
    place = data.draw(st.integers(0, len(whole) - 1))
    cut = data.draw(st.booleans())
    flipped = bytearray(whole)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    damaged = whole[:place] if cut else bytes(flipped)
    try:
        found = [bundled("a.pack", damaged)[name]() for name in "ab"]
    except ValueError:
        return
    assert_same(found[0], tiny().indexed)
    assert_same(found[1], tiny("code").indexed)


@given(st.data())
def test_hostile_facts_under_a_right_checksum_are_a_value_error_at_most(
    data: st.DataObject,
) -> None:
    whole = bytearray(packed({"a": tiny(), "b": tiny("code")}))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(4, 180)) // 4 * 4
        value = data.draw(st.sampled_from([0, 1, len(whole), 0x7FFFFFFF, 0xFFFFFFFF]))
        struct.pack_into("<I", whole, at, value)
    end = min(struct.unpack_from("<I", whole, 36)[0], len(whole))
    struct.pack_into("<I", whole, 8, zlib.crc32(whole[12:end]))
    try:
        for _, entry in pack.contents(bytes(whole)):
            binary.read(pack.extract(bytes(whole), entry))
    except ValueError:
        pass


def test_names_that_share_bytes_are_refused_before_they_fill_the_memory() -> None:
    whole = bytearray(packed({"a": tiny(), "bcdef": tiny()}))
    entries, names = struct.unpack_from("<2I", whole, 28)
    struct.pack_into("<I", whole, entries, names + 2)  # the longer name, for both
    end = struct.unpack_from("<I", whole, 36)[0]
    struct.pack_into("<I", whole, 8, zlib.crc32(whole[12:end]))
    with pytest.raises(ValueError, match="names of the pack share bytes"):
        pack.contents(bytes(whole))


def _documented(title: str) -> list[tuple[int, int, str]]:
    section = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| (\d+) \| `(\w+)` \|", section, re.MULTILINE)
    return [(int(offset), int(size), name) for offset, size, name in rows]


def _laid_out(form: str, fields: list[str]) -> list[tuple[int, int, str]]:
    runs = re.findall(r"([0-9]*)([BHI])", form.replace("4s", "I"))
    sizes = [SIZES[letter] for count, letter in runs for _ in range(int(count or 1))]
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return list(zip(starts, sizes, fields, strict=True))


def test_the_tables_of_the_page_are_the_structs() -> None:
    start = ["magic", "version", "header_bytes", "crc32"]
    header = _laid_out(pack.HEADER.format, [*start, *pack.Head._fields])
    assert _documented("Header") == header
    assert _documented("Entries") == _laid_out(pack.ENTRY.format, list(pack.Entry._fields))


def test_the_example_of_the_page_is_what_is_written_and_can_be_read() -> None:
    lines = PAGE.split("```text\n")[1].split("```")[0].splitlines()
    data = bytes.fromhex("".join(line.split(":")[1] for line in lines))
    pair = {"tiny": tiny(), "same": tiny()}
    assert data == packed(pair, 16)
    assert_same(bundled("a.pack", data)["same"](), tiny().indexed)


def test_the_header_numbers_the_assets_once_however_many_headers_there_are() -> None:
    header = pack.write(bundle({"tiny": tiny(), "other one": tiny()}))[1].decode()
    assert "  ALL_S0 = 0,\n  ALL_S1 = 1,\n  ALL_COUNT = 2\n" in header
    assert header.count("BITPLANE_ALL_NUMBERS") == 2
