"""`bitplane inspect`: every file of ours is covered by ranges that are right, any other is told."""

import json
import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import checker, fitting, pictures, tiny

from pipeline import layouts, palette_files, registry
from pipeline.cli import main
from pipeline.emitters import Picture, binary, emit, picture
from pipeline.emitters.stored import compressed
from pipeline.grid import GRIDS
from pipeline.inspection import Inspection, Part
from pipeline.inspection.examine import inspect, inspect_raw
from pipeline.layout import Layout, size_unit
from pipeline.palette import Indexed, Palette, from_colors, of_target
from pipeline.placement import NOBODY, place
from pipeline.recipe import CompressChoice
from pipeline.target import Target, builtin_names
from pipeline.target_file import shipped

INPUTS = Path(__file__).parent / "corpus" / "inputs"
PLAIN = palette_files.PaletteFile(
    tuple((i * 8, 255 - i, i) for i in range(30)), tuple(f"shade {i}" for i in range(30))
)


def files_of(emitter: str, made: Picture) -> dict[str, bytes]:
    return {artifact.name: artifact.data for artifact in emit(emitter, made)}


def assert_covered(found: Inspection) -> None:
    """Ranges follow each other from the first byte to the last."""
    for section in found.sections:
        ends = [0, *(part.end for part in section.parts)]
        assert [part.start for part in section.parts] == ends[:-1]
        assert ends[-1] == len(section.data)
        assert all(part.start < part.end for part in section.parts)


def assert_fine(found: Inspection) -> None:
    assert_covered(found)
    assert not found.broken, (
        found.problems,
        [p for s in found.sections for p in s.parts if p.fault],
    )


def parts(found: Inspection) -> dict[str, Part]:
    return {part.field: part for section in found.sections for part in section.parts}


def kinds_of_targets() -> Iterator[str]:
    """One target of each way to pack: more would show nothing new."""
    seen = set()
    for name in builtin_names():
        target = shipped(name)
        kind = (target.layout, target.holds, target.grid, target.inks, target.max_colors)
        if kind not in seen:
            seen.add(kind)
            yield name


def own_palette(target: Target) -> Palette:
    if target.inks or target.whole:
        return of_target(target)
    colors = [(i, 255 - i, i // 2) for i in range(target.max_colors)]
    return from_colors(colors, GRIDS[target.grid])


def sample(target: Target) -> Picture:
    palette = own_palette(target)
    wide, high = size_unit(target.layout.scan)
    size = -(-20 // wide) * wide, -(-9 // high) * high
    indices = np.arange(size[0] * size[1]).reshape(size[1], -1) * 7 % min(len(palette), 256)
    indexed = Indexed(indices.astype(np.uint16), palette)
    return picture("a", target.name, indexed, target.layout, target.holds, target.grid)


@pytest.mark.parametrize("name", list(kinds_of_targets()))
def test_every_file_for_every_kind_of_target_is_told_without_a_fault(name: str) -> None:
    made = sample(shipped(name))
    done = 0
    for emitter in registry.EMITTERS:
        with suppress(ValueError):  # it cannot hold this picture
            files = files_of(emitter, made)
            done += 1
            for file in files:
                if emitter != "raw":
                    assert_fine(inspect(files, file))
    assert done > 5


@pytest.mark.parametrize(
    "emitter", [name for name in registry.EMITTERS if name not in ("raw", "template")]
)
def test_every_emitter_has_files_that_are_known(emitter: str) -> None:
    files = files_of(emitter, fitting(emitter))
    for file in files:
        found = inspect(files, file)
        assert_fine(found)
        assert found.kind != "unknown"


@given(made=pictures())
@settings(max_examples=60, deadline=None)
def test_a_binary_of_any_picture_is_told_row_by_row(made: Picture) -> None:
    found = inspect(files_of("bin", made), "sample.bin", every=True)
    assert_fine(found)
    fields = [part.field for part in found.sections[0].parts]
    assert len([name for name in fields if name.startswith("color ")]) == (
        0 if made.indexed.palette.grid else len(made.indexed.palette)
    )


@given(made=pictures())
@settings(max_examples=40, deadline=None)
def test_fields_are_those_that_the_reader_reads(made: Picture) -> None:
    (data,) = files_of("bin", made).values()
    told = parts(inspect({"a.bin": data}, "a.bin"))
    fields = binary.Fields(*binary.HEADER.unpack_from(data)[4:])
    for name, value in fields._asdict().items():
        part = told[name]
        assert int.from_bytes(data[part.start : part.end], "little") == value


def test_rows_have_the_values_of_their_pixels() -> None:
    rows = parts(inspect(files_of("bin", tiny()), "tiny.bin"))
    assert rows["row 0"].meaning == "0 1 2 3"
    assert rows["row 1"].meaning == "3 2 1 0"
    assert rows["color 3"].meaning == "#0000ff, rgb565 001f, transparent"


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        (Layout("pages", 1), ("rows 0 to 7", "0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 ...")),
        (Layout("columns", 2), ("rows 0 to 15, column 0", "0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1")),
        (Layout("planes", 2), ("row 0, bit 1", "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 ...")),
        (
            Layout("tiles", 2),
            ("rows 0 to 7, columns 0 to 7", "0 1 0 1 0 1 0 1 1 0 1 0 1 0 1 0 ..."),
        ),
        (Layout("halves", 4), ("row 0, columns 0 to 11", "0 1 0 1 0 1 0 1 0 1 0 1")),
        (Layout("rows", 16), ("row 0", " ".join(["0000 0001"] * 8) + " ...")),
    ],
)
def test_lines_say_where_their_pixels_are(layout: Layout, expected: tuple[str, str]) -> None:
    made = picture("a", "p", checker(24, 16, 2), layout, "index", "rgb565")
    found = inspect(files_of("bin", made), "a.bin")
    assert (expected[0], expected[1]) in [(p.field, p.meaning) for p in parts(found).values()]


def test_rows_beyond_the_first_are_one_part_unless_all_are_asked_for() -> None:
    made = picture("a", "p", checker(8, 20, 2), Layout(), "index", "rgb565")
    files = files_of("bin", made)
    few, every = inspect(files, "a.bin"), inspect(files, "a.bin", every=True)
    assert parts(few)["pixels"].meaning == "16 more alike"
    assert "row 19" in parts(every)
    assert "row 19" not in parts(few)


@pytest.mark.parametrize("suffix", [s for s in palette_files.writable() if s != ".png"])
def test_palette_files_are_told_color_by_color(suffix: str) -> None:
    data = palette_files.write(PLAIN, suffix)
    found = inspect({"a" + suffix: data}, "a" + suffix, every=True)
    assert_fine(found)
    assert found.facts["colors"] == "30"
    if suffix != ".json":
        assert parts(found)["color 29"].meaning.startswith("#e8e21d")
        assert "color 29" not in parts(inspect({"a" + suffix: data}, "a" + suffix))


@pytest.mark.parametrize("codec", registry.CODECS)
@pytest.mark.parametrize("emitter", ["bin", "bin-split", "c", "c-embed"])
def test_compressed_pixels_are_told_as_what_they_stand_for(codec: str, emitter: str) -> None:
    plain = picture("a", "p", checker(16, 20, 2), Layout(), "index", "rgb565")
    made = compressed(plain, CompressChoice(codec, 1 << 16))
    files = files_of(emitter, made)
    told = [inspect(files, name) for name in files]
    for found in told:
        assert_fine(found)
    inside = [s for found in told for s in found.sections if s.title == "pixels, decompressed"]
    assert [section.data for section in inside] == [made.data]
    assert inside[0].parts[0].field == "row 0"


def test_a_damaged_stream_is_named_as_such() -> None:
    plain = picture("a", "p", checker(16, 20, 2), Layout(), "index", "rgb565")
    (data,) = files_of("bin", compressed(plain, CompressChoice("packbits"))).values()
    found = inspect({"a.bin": data[:-1]}, "a.bin")
    assert_covered(found)
    assert parts(found)["pixels"].fault


def test_a_pack_is_told_entry_by_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("dot.png", "four.png"):
        shutil.copy(INPUTS / name, tmp_path)
    text = "target: ssd1306-128x64\nbundles: {ui: pack}\nassets: {dot: dot.png, four: four.png}\n"
    Path("build.yaml").write_text(text)
    assert main(["build", "-q"]) == 0
    data = Path("build/assets/ui.pack").read_bytes()
    found = inspect({"ui.pack": data}, "ui.pack")
    assert_fine(found)
    names = [p.meaning for p in found.sections[0].parts if p.field.startswith("name ")]
    assert sorted(names) == ["dot", "four"]
    header = inspect({"ui.pack.h": Path("build/assets/ui.pack.h").read_bytes()}, "ui.pack.h")
    assert_fine(header)
    damaged = bytearray(data)
    damaged[-1] ^= 1
    spoiled = inspect({"ui.pack": bytes(damaged)}, "ui.pack")
    assert_covered(spoiled)
    assert [p.field for p in spoiled.sections[0].parts if p.fault] == ["pixels"]
    for place_ in range(0, len(data), 7):
        damaged = bytearray(data)
        damaged[place_] ^= 0x11
        assert_covered(inspect({"ui.pack": bytes(damaged)}, "ui.pack"))


def test_a_pack_of_too_many_pixels_is_told_without_unpacking_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("dot.png", "ramp.png"):
        shutil.copy(INPUTS / name, tmp_path)
    text = "target: ssd1306-128x64\ndefaults: {size: 8x8, dither: bayer-4}\nbundles: {ui: pack}\n"
    Path("build.yaml").write_text(f"{text}assets: {{dot: dot.png, ramp: ramp.png}}\n")
    assert main(["build", "-q"]) == 0
    monkeypatch.setattr("pipeline.inspection.pack.MOST_PIXELS", 64)
    found = inspect({"ui.pack": Path("build/assets/ui.pack").read_bytes()}, "ui.pack")
    assert_fine(found)
    told = [part.meaning for part in found.sections[0].parts if part.field == "pixels"]
    assert ["not tried" in words for words in told] == [False, True]


def test_an_image_of_esp_mmap_assets_is_told_file_by_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("dot.png", "four.png"):
        shutil.copy(INPUTS / name, tmp_path)
    text = (
        "target: st7789-240x240\nbundles: {ui: esp-mmap}\nassets: {dot: dot.png, four: four.png}\n"
    )
    Path("build.yaml").write_text(text)
    assert main(["build", "-q"]) == 0
    data = Path("build/assets/ui.mmap").read_bytes()
    found = inspect({"ui.mmap": data}, "ui.mmap")
    assert_fine(found)
    told = [p for p in found.sections[0].parts if p.field == "file"]
    assert [p.meaning.split(".")[0] for p in told] == ["dot", "four"]
    for part in told:
        assert_fine(inspect({part.meaning: data[part.start : part.end]}, part.meaning))
    for place_ in range(0, len(data), 5):
        damaged = bytearray(data)
        damaged[place_] ^= 0x11
        spoiled = inspect({"ui.mmap": bytes(damaged)}, "ui.mmap")
        assert_covered(spoiled)
        assert spoiled.broken


def test_raw_is_told_with_the_layout_of_its_target() -> None:
    target = shipped("epd-bwry-400x300")
    found = inspect_raw(b"\x1b\xe4", target, (4, 2))
    assert_fine(found)
    assert parts(found)["row 1"].meaning == "3 2 1 0"
    assert found.facts["pixels"].startswith("4 values; 0 #000000 25.0 %")
    assert inspect_raw(b"\x1b", target, (4, 2)).broken


def test_raw_without_a_target_asks_for_it() -> None:
    found = inspect({"a.raw": b"\x1b"}, "a.raw")
    assert_covered(found)
    assert "--target" in found.problems[0]


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("width", 65535, "is 32768 bytes, not 2"),
        ("scan", 99, "no such number"),
        ("grid", 200, "no such number"),
        ("palette_offset", 60, "no 8 bytes there"),
        ("pixels_offset", 73, "no 2 bytes there"),
        ("palette_crc32", 1, "of the palette it is 0x3d0f9fdf"),
        ("file_bytes", 75, "the file is 74 bytes"),
    ],
)
def test_a_false_field_is_named_where_it_is(field: str, value: int, fault: str) -> None:
    found = inspect({"a.bin": patched(field, value)}, "a.bin")
    assert_covered(found)
    assert any(fault in part.fault for part in found.sections[0].parts)
    assert found.problems


def patched(field: str, value: int) -> bytes:
    """A binary with another value in its header, and a checksum that says it is right."""
    data = files_of("bin", tiny())["tiny.bin"]
    fields = binary.Fields(*binary.HEADER.unpack_from(data)[4:])._replace(**{field: value})
    body = binary.HEADER.pack(b"BPLN", 1, 64, 0, *fields)[12:] + data[binary.HEADER.size :]
    return data[:8] + struct.pack("<I", zlib.crc32(body)) + body


@pytest.mark.parametrize("emitter", ["bin", "png"])
def test_every_flipped_byte_is_noticed(emitter: str) -> None:
    ((name, data),) = files_of(emitter, tiny()).items()
    for place_ in range(len(data)):
        damaged = data[:place_] + bytes([data[place_] ^ 0x10]) + data[place_ + 1 :]
        found = inspect({name: damaged}, name)
        assert_covered(found)
        assert found.broken


SUFFIXES = (
    ".eve.bin",
    ".eve.zlib",
    ".eve.h",
    ".pack",
    ".bin",
    ".png",
    ".c",
    ".h",
    ".pixels",
    ".raw",
    ".S",
    ".py",
    *registry.PALETTE_FILES,
)
STARTS = (
    *(b"**TI83F*\x1a\x0a", b"BPPK\x01\0\x28\0", b"#define A_EVE_FORMAT 1\n"),
    *(b"", b"BPLN\x01\0\x40\0", b"\x89PNG\r\n\x1a\n", b"BM", b"\x19\x08", b"/*bitplane-picture:{"),
    *(b"const lv_image_dsc_t", b"\nimport framebuf\n", b"GIMP Palette\n", b"ASEF\0\1\0\0", b"\0\1"),
)


@given(
    start=st.sampled_from(STARTS), rest=st.binary(max_size=200), suffix=st.sampled_from(SUFFIXES)
)
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_told_and_covered(start: bytes, rest: bytes, suffix: str) -> None:
    name = f"a{suffix}"
    assert_covered(inspect({name: start + rest}, name))


@given(
    made=pictures(),
    emitter=st.sampled_from(sorted(registry.EMITTERS)),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4),
    cut=st.floats(0, 1),
)
@settings(max_examples=200, deadline=None)
def test_damaged_files_are_told_and_covered(
    made: Picture, emitter: str, edits: list[tuple[float, int]], cut: float
) -> None:
    with suppress(ValueError):
        files = files_of(emitter, made)
        for name in files:
            data = bytearray(files[name])
            for where, value in edits:
                data[int(where * (len(data) - 1))] = value
            kept = bytes(data[: int(2 * cut * len(data))])
            assert_covered(told({**files, name: kept}, name))


def told(files: dict[str, bytes], name: str) -> Inspection:
    """As `inspect`; a ValueError fails the test, whatever surrounds it."""
    try:
        return inspect(files, name)
    except ValueError as error:
        raise AssertionError(name) from error


ODD = st.one_of(st.integers(0, 300), st.sampled_from((65535, 0x7FFFFFFF, 0xFFFFFFFF)))


@given(field=st.sampled_from(binary.Fields._fields), value=ODD)
@settings(max_examples=150, deadline=None)
def test_headers_that_lie_are_told_and_covered(field: str, value: int) -> None:
    with suppress(struct.error):  # it does not fit the field
        assert_covered(told({"a.bin": patched(field, value)}, "a.bin"))


@given(made=pictures())
@settings(max_examples=60, deadline=None)
def test_a_pixel_is_where_its_placement_says(made: Picture) -> None:
    """Turning over one owned bit turns over that bit of that pixel and nothing else."""
    layout, width = made.layout, made.indexed.width
    size = width, made.indexed.height
    placed = place(layout, *size)
    owned = np.argwhere(placed.pixel != NOBODY)
    assert len(owned) == size[0] * size[1] * layout.bits
    before = layouts.unpack(made.data, layout, *size).ravel()
    for byte, column in owned[:: max(1, len(owned) // 5)].tolist():
        turned = bytearray(made.data)
        turned[byte] ^= 0x80 >> column
        after = layouts.unpack(bytes(turned), layout, *size).ravel()
        (changed,) = np.flatnonzero(before != after)
        assert changed == placed.pixel[byte, column]
        assert before[changed] ^ after[changed] == 1 << int(placed.bit[byte, column])


def test_json_has_every_range_with_its_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data,) = files_of("bin", tiny()).values()
    (tmp_path / "tiny.bin").write_bytes(data)
    assert main(["inspect", "--json", str(tmp_path / "tiny.bin")]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["bytes"] == len(data)
    told = shown["sections"][0]["parts"]
    assert b"".join(bytes.fromhex(part["hex"]) for part in told) == data
    assert {"start", "end", "field", "meaning", "fault", "hex"} == set(told[0])


def test_text_is_told_by_its_lines_and_a_comment_without_an_end_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.h"
    path.write_text("#define A 1\n#define B 2\n\n" + "/* \n" * 50_000)
    assert main(["inspect", str(path)]) == 0
    told = [line.split() for line in capsys.readouterr().out.splitlines()[3:]]
    assert [(line[0], line[-2]) for line in told if line] == [
        ("1", "A"),
        ("2", "B"),
        ("4..50003", "..."),
    ]


def test_what_a_file_says_reaches_no_terminal_unescaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "\x1b]0;owned\x07\u202e"
    path = tmp_path / "evil.gpl"
    path.write_text(f"GIMP Palette\nName: {evil}\n1 2 3 {evil}\n", "utf-8")
    assert main(["inspect", "--all", str(path)]) == 0
    out = capsys.readouterr().out
    assert all(char.isprintable() or char == "\n" for char in out)
    source = tmp_path / "evil.c"
    source.write_bytes(f'#define A_{"X"} "{evil}"\n'.encode())
    assert main(["inspect", "--all", str(source)]) == 1
    assert all(char.isprintable() or char == "\n" for char in capsys.readouterr().out)
