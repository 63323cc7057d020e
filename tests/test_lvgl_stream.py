"""Compressed LVGL 9 images: decoders that are not ours give back what LVGL draws plain."""

import re
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import lz4.block
import numpy as np
import pytest
from compilers import LANGUAGES, run_program
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import checker, pictures, tiny, whole
from PIL import Image
from test_lvgl import EXACT, MASKS, PAGE, STUB, sample

from pipeline.cli import main
from pipeline.decode import decode
from pipeline.emitters import Picture, emit, lvgl, lvgl_stream, picture
from pipeline.inspection.examine import inspect
from pipeline.layout import Layout
from pipeline.palette import Indexed
from pipeline.recipe import CompressChoice

KINDS = {**EXACT, **MASKS, "RGB565": whole("rgb565", "code", "rgb565")}
METHODS = {"rle": 1, "lz4": 2}


def _flat(name: str, symbol: str = "a") -> Picture:
    """A picture with long runs."""
    made = sample(KINDS[name], symbol)
    indices = np.repeat(np.arange(13) % len(made.indexed.palette), 45).reshape(13, 45)
    indexed = Indexed(indices.astype(np.uint16), made.indexed.palette)
    return picture(symbol, "p", indexed, Layout(bits=32), made.holds, made.grid)


def _file(made: Picture, codec: str = "none", *, name: str = "I4", c: bool = False) -> bytes:
    emitter = f"lvgl{'-alpha' * (name in MASKS)}{'-bin' * (not c)}"
    (artifact,) = emit(emitter, replace(made, compress=CompressChoice(codec)))
    return artifact.data


def _runs(stream: bytes, unit: int) -> bytes:
    """What LVGL's own decoder does with run lengths."""
    out, at = b"", 0
    while at < len(stream):
        count = stream[at] & 0x7F
        whole_ = count if stream[at] & 0x80 else 1
        part = stream[at + 1 : at + 1 + whole_ * unit]
        out += part if stream[at] & 0x80 else part * count
        at += 1 + whole_ * unit
    return out


def _unpacked(behind: bytes, format_: int) -> bytes:
    """Palette and rows of compressed data, without any code of ours."""
    method, packed, plain = struct.unpack_from("<3I", behind)
    stream = behind[12:]
    assert len(stream) == packed
    unit = 2 if format_ == 18 else 1
    read: dict[int, Callable[[], bytes]] = {
        1: lambda: _runs(stream, unit),
        2: lambda: lz4.block.decompress(stream, uncompressed_size=plain),
    }
    data = read[method]()
    assert len(data) == plain
    return data


@pytest.mark.parametrize("codec", METHODS)
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("flat", [True, False])
def test_other_decoders_give_back_the_plain_image(name: str, codec: str, flat: bool) -> None:  # noqa: FBT001  # a parameter of the test
    made = _flat(name) if flat else sample(KINDS[name])
    plain, packed = _file(made, name=name), _file(made, codec, name=name)
    assert packed[:2] + packed[4:12] == plain[:2] + plain[4:12]
    assert (plain[2:4], packed[2:4]) == (b"\0\0", b"\x08\0")
    assert int.from_bytes(packed[12:16], "little") == METHODS[codec]
    assert _unpacked(packed[12:], packed[1]) == plain[12:]
    if flat and name != "I1":
        assert len(packed) < len(plain)


def test_the_smallest_is_chosen_and_nothing_where_that_saves_nothing() -> None:
    flat, noisy = _flat("I8"), sample(KINDS["I8"])
    each = [len(_file(flat, codec)) for codec in ("none", *METHODS)]
    assert len(_file(flat, "smallest")) == min(each)
    noise = np.random.default_rng(1).integers(0, 250, (30, 30)).astype(np.uint16)
    raw = picture(
        "a", "p", Indexed(noise, noisy.indexed.palette), Layout(bits=8), "index", "rgb888"
    )
    assert _file(raw, "smallest") == _file(raw)


def test_codecs_that_lvgl_has_not_leave_the_image_plain() -> None:
    assert _file(_flat("I4"), "heatshrink") == _file(_flat("I4"))


def test_the_page_has_the_bytes_of_its_example() -> None:
    (told,) = re.findall(r"```lvgl-rle\n(.*?)```", PAGE, re.DOTALL)
    assert _file(tiny(), "rle") == bytes.fromhex(told)


@given(made=pictures(), codec=st.sampled_from(["rle", "lz4", "smallest"]))
@settings(max_examples=40, deadline=None)
def test_every_image_turns_back_as_its_plain_one_does(made: Picture, codec: str) -> None:
    palette = made.indexed.palette
    if len(palette) > 256 and palette.transparent is not None:
        return
    for c, name in ((False, "a.lvgl.bin"), (True, "a.lvgl.c")):
        plain = decode({name: _file(made, c=c)}, name)
        back = decode({name: _file(made, codec, c=c)}, name)
        np.testing.assert_array_equal(back.indices, plain.indices)
        np.testing.assert_array_equal(back.seen, plain.seen)
        assert back.palette.transparent == plain.palette.transparent


@pytest.mark.parametrize("language", LANGUAGES)
def test_c_sources_hold_what_the_files_hold(language: str, tmp_path: Path) -> None:
    expected, calls = [], []
    lines = ["#include <stdio.h>", '#include "lvgl.h"', "#ifdef __cplusplus", 'extern "C" {']
    for codec in METHODS:
        made = _flat("I4", f"image_{codec}")
        (tmp_path / f"{codec}.c").write_bytes(_file(made, codec, c=True))
        data = _file(made, codec)
        expected.append(f"8 {data[12:].hex()}")
        lines += ["#endif"] * (codec == "rle") + [f"LV_IMAGE_DECLARE({made.symbol}_image);"]
        image = f"{made.symbol}_image"
        calls.append(f'printf("%d ", (int){image}.header.flags);')
        calls.append(f"for (i = 0; i < {image}.data_size; i++)")
        calls.append(f'    printf("%02x", {image}.data[i]);\nprintf("\\n");')
    lines += ["#ifdef __cplusplus", "}", "#endif", "int main(void)", "{", "unsigned i;"]
    text = "\n".join([*lines, *calls, "return 0;", "}", ""])
    if language != "c99":
        text = text.replace("(int)", "")
    (tmp_path / "main.c").write_text(text)
    (tmp_path / "lvgl").mkdir()
    for place in ("lvgl.h", "lvgl/lvgl.h"):
        (tmp_path / place).write_text(f"#ifndef LVGL_H\n#define LVGL_H\n{STUB}\n#endif\n")
    told = run_program(language, ["-I.", "main.c", "rle.c", "lz4.c"], tmp_path)
    assert told.splitlines() == expected


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        (12, 3, "method 3, which is not known"),
        (16, 0, "said to be 0 bytes"),
        (20, 1, "that become 257, and is"),
        (-1, None, "said to be"),
    ],
)
def test_a_false_head_says_so(place: int, value: int | None, problem: str) -> None:
    data = bytearray(_file(_flat("I4"), "rle"))
    if value is None:
        del data[place]
    else:
        data[place] = value
    with pytest.raises(ValueError, match=problem):
        decode({"a.lvgl.bin": bytes(data)}, "a.lvgl.bin")
    with pytest.raises(ValueError, match="ends too early"):
        decode({"a.lvgl.bin": bytes(data[:20])}, "a.lvgl.bin")


@pytest.mark.parametrize(
    ("format_", "width", "height", "stride"), [("A1", 65535, 65535, 8192), ("I1", 1, 65535, 65535)]
)
def test_a_stream_that_becomes_gigabytes_is_refused_before_it_is_read(
    format_: str, width: int, height: int, stride: int
) -> None:
    header = lvgl.Header(
        lvgl.MAGIC, lvgl.FORMATS[format_], lvgl_stream.FLAG, width, height, stride, 0
    )
    size = stride * height + (8 if format_ == "I1" else 0)
    stream = lvgl_stream.HEAD.pack(METHODS["rle"], 2, size) + b"\x7f\0"
    with pytest.raises(ValueError, match="too many for a compressed picture"):
        decode({"a.lvgl.bin": lvgl.HEADER.pack(*header) + stream}, "a.lvgl.bin")


@given(
    codec=st.sampled_from(["rle", "lz4"]),
    edits=st.lists(st.tuples(st.integers(0, 160), st.integers(0, 255)), min_size=1, max_size=4),
)
@settings(max_examples=100, deadline=None)
def test_damage_never_crashes(codec: str, edits: list[tuple[int, int]]) -> None:
    data = bytearray(_file(_flat("I4"), codec))
    for place, value in edits:
        data[place % len(data)] = value
    with suppress(ValueError):
        assert decode({"a.lvgl.bin": bytes(data)}, "a.lvgl.bin").indices.size


@pytest.mark.parametrize("c", [False, True])
def test_inspection_shows_the_stream_and_what_it_becomes(c: bool) -> None:  # noqa: FBT001  # a parameter of the test
    name = "a.lvgl.c" if c else "a.lvgl.bin"
    found = inspect({name: _file(_flat("I4"), "lz4", c=c)}, name)
    assert not found.broken
    parts = {part.field: part.meaning for s in found.sections for part in s.parts}
    assert parts["method"] == "2: lz4"
    assert parts["stream"] == "palette and rows"
    assert found.sections[-1].title == "unpacked"
    assert found.sections[-1].data == _file(_flat("I4"))[12:]


def test_a_build_compresses_for_lvgl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (40, 40), "red").save("a.png")
    emits = "emit: [lvgl-bin, lvgl], compress: rle"
    Path("build.yaml").write_text(f"target: generic\nassets: {{a: {{source: a.png, {emits}}}}}\n")
    assert main(["build", "-q"]) == 0
    (made,) = Path("build").rglob("a.lvgl.bin")
    assert made.read_bytes()[2] == lvgl_stream.FLAG
    assert "LV_IMAGE_FLAGS_COMPRESSED" in made.with_suffix(".c").read_text()


def test_a_build_says_that_lvgl_has_no_such_codec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8), "red").save("a.png")
    text = "target: generic\nassets: {a: {source: a.png, emit: lvgl, compress: heatshrink}}\n"
    Path("build.yaml").write_text(text)
    assert main(["build", "-q"]) == 2
    assert "`lvgl` cannot hold pixels of `heatshrink`" in capsys.readouterr().err


def test_a_picture_of_one_pixel_is_compressed_too() -> None:
    made = picture("a", "p", checker(1, 1, 2), Layout(), "index", "rgb565")
    for codec in METHODS:
        assert decode({"a.bin": _file(made, codec)}, "a.bin").indices.tolist() == [[0]]
