"""Every file of ours turns back into its picture, and damaged ones into one clear error."""

import json
import re
import struct
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pictures import assert_same, checker, inks, pictures, tiny

from pipeline import chunks
from pipeline.decode import companion, decode, decode_raw
from pipeline.emitters import Picture, binary, emit, picture
from pipeline.grid import GRIDS
from pipeline.layout import Layout
from pipeline.palette import Indexed, from_colors, whole_grid

COMPLETE = ("c", "c-header", "c-aligned", "bin", "bin-split")


def _files(emitter: str, made: Picture) -> dict[str, bytes]:
    return {artifact.name: artifact.data for artifact in emit(emitter, made)}


@pytest.mark.parametrize("name", COMPLETE)
@given(made=pictures())
@example(made=tiny())
@settings(max_examples=60, deadline=None)
def test_every_file_turns_back_into_its_picture(name: str, made: Picture) -> None:
    files = _files(name, made)
    for file in files:
        assert_same(decode(files, file), made.indexed)


@given(made=pictures())
@settings(max_examples=60, deadline=None)
def test_raw_turns_back_with_what_its_maker_knows(made: Picture) -> None:
    (raw,) = emit("raw", made)
    width, height, palette = made.indexed.width, made.indexed.height, made.indexed.palette
    back = decode_raw(raw.data, made.layout, width, height, palette, made.holds)
    assert_same(back, made.indexed)


@given(made=pictures())
@settings(max_examples=60, deadline=None)
def test_png_turns_back_into_what_is_seen(made: Picture) -> None:
    back = decode(_files("png", made), "sample.png")
    np.testing.assert_array_equal(back.seen, made.indexed.seen)
    if len(made.indexed.palette) <= 256:
        np.testing.assert_array_equal(back.indices, made.indexed.indices)
        np.testing.assert_array_equal(back.palette.seen, made.indexed.palette.seen)
        assert back.palette.transparent == made.indexed.palette.transparent


def test_a_pair_names_each_other() -> None:
    assert companion("build/a.pal.bin") == "build/a.pix.bin"
    assert companion("a.pix.bin") == "a.pal.bin"
    assert companion("a.h") == "a.c"
    assert companion("a.bin") is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("tiny.pix.bin", "the palette is in the other file"),
        ("tiny.pal.bin", "the pixels are in the other file"),
    ],
)
def test_half_a_pair_asks_for_the_other(name: str, problem: str) -> None:
    files = _files("bin-split", tiny())
    with pytest.raises(ValueError, match=problem):
        decode({name: files[name]}, name)


def test_a_pair_of_two_pictures_is_refused() -> None:
    ours = _files("bin-split", tiny())
    theirs = _files("bin-split", tiny(transparent=None))
    mixed = {"tiny.pix.bin": ours["tiny.pix.bin"], "tiny.pal.bin": theirs["tiny.pal.bin"]}
    with pytest.raises(ValueError, match="not of the same picture"):
        decode(mixed, "tiny.pix.bin")


def test_a_pair_with_two_palettes_is_refused() -> None:
    made = tiny()
    other = from_colors([(9, 9, 9), (99, 9, 9), (9, 99, 9), (9, 9, 99)], GRIDS["rgb565"], 3)
    twin = picture(
        "tiny", "x", Indexed(made.indexed.indices, other), made.layout, "index", "rgb565"
    )
    mixed = _files("bin-split", made)
    mixed["tiny.pal.bin"] = _files("bin-split", twin)["tiny.pal.bin"]
    with pytest.raises(ValueError, match="not of the same picture"):
        decode(mixed, "tiny.pix.bin")


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.raw", b"\x00\x01", "size, layout and palette have to be given"),
        ("a.h", b"#include <stdint.h>", "the .c file is needed beside it"),
        ("a.txt", b"", "not a file that bitplane writes"),
    ],
)
def test_other_files_are_named_as_such(name: str, data: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        decode({name: data}, name)


def test_raw_of_a_wrong_length_is_refused() -> None:
    palette = tiny().indexed.palette
    with pytest.raises(ValueError, match="4x2 as rows bits=2 is 2 bytes, not 3"):
        decode_raw(b"\x1b\xe4\x00", Layout(bits=2), 4, 2, palette, "index")


def test_a_value_past_the_palette_is_refused_even_where_it_would_wrap() -> None:
    palette = tiny().indexed.palette
    with pytest.raises(ValueError, match="pixel value 65537 in a palette of 4"):
        decode_raw(b"\x00\x01\x00\x01", Layout(bits=32), 1, 1, palette, "index")


def test_a_code_that_no_ink_has_is_refused() -> None:
    kind = inks([0, 3, 7])
    with pytest.raises(ValueError, match="pixel value 5 is no code"):
        decode_raw(b"\x05", Layout(bits=8), 1, 1, kind.palette, "code")


def _source_text() -> str:
    made = picture("a", "p", checker(9, 5, 4), Layout(bits=4), "index", "rgb565")
    return _files("c", made)["a.c"].decode()


@pytest.mark.parametrize(
    "reformat",
    [
        lambda text: text.replace("/*bitplane", "/*\n * bitplane").replace("}*/", "}\n */"),
        lambda text: text.replace(", ", ",").replace("\n  ", ""),
        lambda text: text.replace(", ", ",\n        "),
        lambda text: re.sub(r"0x(\w\w)\b", lambda found: str(int(found[1], 16)), text),
        lambda text: re.sub(r"0x(\w+)", lambda found: f"0X{found[1].upper()}U", text),
        lambda text: text.replace(",\n};", "};").replace(" = {", "=\n{ /* [0] = {1} */ // 2"),
        lambda text: text.replace("\n", "\r\n"),
    ],
    ids=["comment", "dense", "one-a-line", "decimal", "upper", "braces", "crlf"],
)
def test_reformatted_c_still_decodes(reformat: Any) -> None:
    text = reformat(_source_text())
    assert text != _source_text()
    assert_same(decode({"a.c": text.encode()}, "a.c"), checker(9, 5, 4))


def test_c_decodes_from_its_arrays_and_not_from_its_comment() -> None:
    text = _source_text().replace("0x0000, 0x0841", "0xf800, 0x0841")
    back = decode({"a.c": text.encode()}, "a.c")
    assert back.palette.seen[0].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("0x0841,", "", "4 palette entries are 8 bytes, not 6"),
        ("0x0841", "0x10841", "an element over 16 bits"),
        ("0x0841", "08", "an element that is no number"),
        ("0x0841", "", "an element that is no number"),
        ("uint16_t a_palette", "uint32_t a_palette", "does not fit its description"),
        ("uint8_t a_pixels", "uint16_t a_pixels", "no uint8_t array"),
        ("a_pixels", "a_image", "no uint8_t array"),
        ("a_palette", "a_pixels", "two arrays whose names end in _pixels"),
        ('"width":9', '"width":8', "8x5 as rows bits=4 is 20 bytes, not 25"),
        ('"width":9', '"width":"9"', "width cannot be '9'"),
        ('"width":9', '"width":0', "1 to 65535 pixels"),
        ('"bits":4,', '"bits":4', "no JSON"),
        pytest.param('"width":9', '"width":' + "9" * 5000, "no JSON", id="huge-number"),
        ('"align":1,', "", "lacks or should not have: align"),
        ('"version":1', '"version":3', "not of a version"),
        ('"version":1', '"version":2', "should not have: codec, window"),
        ('"scan":"rows"', '"scan":"knit"', "no layout 'knit' with 4 bits"),
        ('"first":"msb"', '"first":"top"', "no bit or byte order 'top'"),
        ('"holds":"index"', '"holds":"x"', "pixels cannot hold 'x'"),
        ('"grid":"rgb565"', '"grid":"rgb"', "no grid 'rgb'"),
        ('"whole":false', '"whole":true', "all of rgb565 is not 4 colors"),
        ('"transparent":null', '"transparent":4', "no palette entry 4 to be transparent"),
        ("bitplane-picture:{", "bitplane-picture:[{", "0 comments"),
        ("const", "\u00e9", "beyond ASCII"),
    ],
)
def test_damaged_c_says_what_is_wrong(old: str, new: str, problem: str) -> None:
    text = _source_text()
    assert old in text
    with pytest.raises(ValueError, match=re.escape(problem)):
        decode({"a.c": text.replace(old, new, 1).encode()}, "a.c")


def test_a_table_that_is_not_the_whole_grid_is_refused() -> None:
    indexed = Indexed(checker(2, 2, 4).indices, whole_grid(GRIDS["gray4"]))
    made = picture("a", "p", indexed, Layout(bits=4), "index", "gray4")
    text = _files("c", made)["a.c"].replace(b"0x0e, 0x0f", b"0x0f, 0x0f")
    with pytest.raises(ValueError, match="not all of gray4"):
        decode({"a.c": text}, "a.c")


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("width", 0, "1 to 65535 pixels"),
        ("height", 70000, "1 to 65535 pixels"),
        ("width", 65535, "is 32768 bytes, not 2"),
        ("scan", 99, "a scan, grid or pixel value that this bitplane lacks"),
        ("grid", 200, "a scan, grid or pixel value that this bitplane lacks"),
        ("bits", 3, "no layout 'rows' with 3 bits"),
        ("align", 0, "cannot be aligned to 0 bytes"),
        ("colors", 70000, "cannot have 70000 colors"),
        ("entry_bytes", 4, "palette entries of 4 bytes do not fit"),
        ("entry_bytes", 0, "all of rgb565 is not 4 colors"),
        ("transparent", 4, "no palette entry 4"),
        ("palette_offset", 60, "no 8 bytes at 60"),
        ("palette_bytes", 6, "the palette's checksum is wrong"),
        ("pixels_offset", 73, "no 2 bytes at 73"),
        ("pixels_bytes", 0xFFFFFFFF, "no 4294967295 bytes at 72"),
        ("file_bytes", 75, "is 74 bytes, and should be 75"),
    ],
)
def test_a_binary_with_a_false_field_says_so(field: str, value: int, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        decode({"a.bin": _patched(_tiny_binary(), field, value)}, "a.bin")


def _tiny_binary() -> bytes:
    return _files("bin", tiny())["tiny.bin"]


def _patched(data: bytes, field: str, value: int) -> bytes:
    """A binary with another value in its header, and a checksum that says it is right."""
    fields = binary.Fields(*binary.HEADER.unpack_from(data)[4:])._replace(**{field: value})
    body = data[binary.HEADER.size :]
    packed = binary.HEADER.pack(b"BPLN", 1, 64, 0, *fields)[12:] + body
    return data[:8] + struct.pack("<I", zlib.crc32(packed)) + packed


def test_every_flipped_byte_of_a_binary_is_noticed() -> None:
    data = _tiny_binary()
    for place in range(len(data)):
        damaged = data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]
        with pytest.raises(ValueError, match=r"\w"):
            decode({"a.bin": damaged}, "a.bin")


def test_every_flipped_byte_of_a_png_is_noticed() -> None:
    data = _files("png", tiny())["tiny.png"]
    for place in range(len(data)):
        damaged = data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]
        with pytest.raises(ValueError, match=r"\w"):
            decode({"a.png": damaged}, "a.png")


@pytest.mark.parametrize("name", [*COMPLETE, "png"])
def test_every_cut_file_is_noticed(name: str) -> None:
    files = _files(name, tiny())
    files.pop("tiny.h" if name in ("c", "c-aligned") else "", None)  # its picture is all in tiny.c
    for file, data in files.items():
        end = data.rfind(b"}") if file.endswith((".c", ".h")) else len(data)
        for length in range(end):
            with pytest.raises(ValueError, match=r"\w"):
                decode({**files, file: data[:length]}, file)


def _picture_or_refusal(files: dict[str, bytes], name: str) -> None:
    """Damage either leaves a picture or gives a ValueError; anything else fails the test."""
    with suppress(ValueError):
        assert decode(files, name).indices.size


@given(
    made=pictures(),
    emitter=st.sampled_from(COMPLETE),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_damaged_bytes_never_crash(
    made: Picture, emitter: str, edits: list[tuple[float, int]]
) -> None:
    files = _files(emitter, made)
    name = min(files)
    data = bytearray(files[name])
    for where, value in edits:
        data[int(where * (len(data) - 1))] = value
    _picture_or_refusal({**files, name: bytes(data)}, name)


ODD_NUMBERS = st.one_of(
    st.integers(0, 300), st.sampled_from((65535, 65536, 0x7FFFFFFF, 0xFFFFFFFF))
)


@given(made=pictures(), data=st.data())
@settings(max_examples=300, deadline=None)
def test_headers_that_lie_never_crash(made: Picture, data: st.DataObject) -> None:
    file = _files("bin", made)["sample.bin"]
    for _ in range(data.draw(st.integers(1, 3))):
        field = data.draw(st.sampled_from(binary.Fields._fields[1:]))
        small = {"align": 0xFFFF, **dict.fromkeys(("width", "height", "colors"), 0xFFFFFFFF)}
        wide = field in {"transparent", "stride"} or field.endswith(("offset", "_bytes", "crc32"))
        top = 0xFFFFFFFF if wide and field != "entry_bytes" else small.get(field, 255)
        file = _patched(file, field, min(top, data.draw(ODD_NUMBERS)))
    _picture_or_refusal({"a.bin": file}, "a.bin")


ODD_FACTS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.just(10**4000)
)


@given(made=pictures(), data=st.data())
@settings(max_examples=200, deadline=None)
def test_comments_that_lie_never_crash(made: Picture, data: st.DataObject) -> None:
    text = _files("c-header", made)["sample.h"].decode()
    facts = json.loads(re.findall(r"picture:(.*)\*/", text)[0])
    for name in data.draw(st.lists(st.sampled_from(sorted(facts)), min_size=1, max_size=2)):
        facts[name] = data.draw(ODD_FACTS)
    line = json.dumps(facts, separators=(",", ":"))
    lied = re.sub(r"picture:(.*)\*/", lambda _: f"picture:{line}*/", text)
    _picture_or_refusal({"a.h": lied.encode()}, "a.h")


@given(made=pictures(), data=st.data())
@settings(max_examples=200, deadline=None)
def test_png_chunks_that_lie_never_crash(made: Picture, data: st.DataObject) -> None:
    parts = list(chunks.chunks_in(_files("png", made)["sample.png"]))
    index = data.draw(st.integers(0, len(parts) - 1))
    name, body = parts[index]
    place = data.draw(st.integers(0, max(0, len(body) - 1)))
    edit = data.draw(st.binary(max_size=2))
    parts[index] = name, body[:place] + edit + body[place + len(edit) :]
    every = b"".join(chunks.chunk(*part) for part in [*parts, (b"IEND", b"")])
    _picture_or_refusal({"a.png": chunks.SIGNATURE + every}, "a.png")


@pytest.mark.parametrize(
    "text",
    ["/*", "uint8_t a_pixels[", "uint8_t a_pixels[] = {", "{", "bitplane-picture:{", ","],
)
def test_hostile_text_takes_no_more_than_linear_time(text: str) -> None:
    text *= 100_000
    for hostile in (text + _source_text(), _source_text() + text):
        _picture_or_refusal({"a.c": hostile.encode()}, "a.c")


def test_a_png_bomb_is_refused_by_its_header() -> None:
    header = struct.pack(">2I5B", 60000, 60000, 8, 3, 0, 0, 0)
    parts = [(b"IHDR", header), (b"PLTE", b"\0\0\0"), (b"IDAT", bytes(50)), (b"IEND", b"")]
    bomb = chunks.SIGNATURE + b"".join(chunks.chunk(*part) for part in parts)
    with pytest.raises(ValueError, match="60000x60000 is not in 50 bytes"):
        decode({"a.png": bomb}, "a.png")


def test_a_png_of_another_program_is_sent_to_a_viewer() -> None:
    header = struct.pack(">2I5B", 1, 1, 8, 6, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", b""), (b"IEND", b"")]
    foreign = chunks.SIGNATURE + b"".join(chunks.chunk(*part) for part in parts)
    with pytest.raises(ValueError, match="open it with an image viewer"):
        decode({"a.png": foreign}, "a.png")
