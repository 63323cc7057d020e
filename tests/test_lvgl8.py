"""LVGL 8 images: the pixels that LVGL 9 draws behind the older header, in sources and files."""

import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from compilers import run_program
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import checker, pictures, tiny, whole
from test_lvgl import EXACT, MASKS, PAGE, sample

from pipeline.decode import decode
from pipeline.emitters import Picture, emit, lvgl, picture
from pipeline.layout import Layout

# The fields of LVGL 8's lv_img_header_t and lv_img_dsc_t, in their order, for a machine that is
# little-endian.
STUB = """
#include <stdint.h>
#define LV_ATTRIBUTE_MEM_ALIGN __attribute__((aligned(4)))
#define LV_ATTRIBUTE_LARGE_CONST
#define LV_COLOR_DEPTH 16
#ifndef LV_COLOR_16_SWAP
#define LV_COLOR_16_SWAP 0
#endif
enum {
    LV_IMG_CF_UNKNOWN, LV_IMG_CF_RAW, LV_IMG_CF_RAW_ALPHA, LV_IMG_CF_RAW_CHROMA_KEYED,
    LV_IMG_CF_TRUE_COLOR, LV_IMG_CF_TRUE_COLOR_ALPHA, LV_IMG_CF_TRUE_COLOR_CHROMA_KEYED,
    LV_IMG_CF_INDEXED_1BIT, LV_IMG_CF_INDEXED_2BIT, LV_IMG_CF_INDEXED_4BIT,
    LV_IMG_CF_INDEXED_8BIT, LV_IMG_CF_ALPHA_1BIT, LV_IMG_CF_ALPHA_2BIT, LV_IMG_CF_ALPHA_4BIT,
    LV_IMG_CF_ALPHA_8BIT
};
typedef struct {
    uint32_t cf : 5;
    uint32_t always_zero : 3;
    uint32_t reserved : 2;
    uint32_t w : 11;
    uint32_t h : 11;
} lv_img_header_t;
typedef struct {
    lv_img_header_t header;
    uint32_t data_size;
    const uint8_t * data;
} lv_img_dsc_t;
#define LV_IMG_DECLARE(var_name) extern const lv_img_dsc_t var_name
"""
KINDS = {name: kind for name, kind in EXACT.items() if name != "L8"}
WORDS = whole("rgb565", "code", "rgb565")
FILES = {"lvgl8-bin": "a.lvgl8.bin", "lvgl8-swap-bin": "a.lvgl8-swap.bin", "lvgl8": "a.lvgl8.c"}


def _file(emitter: str, made: Picture) -> bytes:
    (artifact,) = emit(emitter, made)
    return artifact.data


@pytest.mark.parametrize("name", [*KINDS, *MASKS, "words"])
def test_behind_the_header_stands_what_lvgl_9_draws(name: str) -> None:
    made = sample({**KINDS, **MASKS, "words": WORDS}[name])
    alpha = "-alpha" * (name in MASKS)
    new, old = (_file(f"{version}{alpha}-bin", made) for version in ("lvgl", "lvgl8"))
    assert old[4:] == new[12:]
    word = int.from_bytes(old[:4], "little")
    size = word >> 10 & 2047, word >> 21
    assert size == (made.indexed.width, made.indexed.height)
    assert word & 31 == (4 if name == "words" else new[1])  # 7 to 14 in both


def test_grays_are_indexed_because_there_is_no_l8() -> None:
    data = _file("lvgl8-bin", sample(EXACT["L8"]))
    assert data[0] & 31 == lvgl.FORMATS["I8"]


def test_swapped_words_stand_high_byte_first() -> None:
    made = sample(WORDS)
    plain, swapped = _file("lvgl8-bin", made)[4:], _file("lvgl8-swap-bin", made)[4:]
    np.testing.assert_array_equal(np.frombuffer(plain, "<u2"), np.frombuffer(swapped, ">u2"))
    indexed = sample(EXACT["I4"])
    assert _file("lvgl8-bin", indexed) == _file("lvgl8-swap-bin", indexed)


def test_the_page_has_the_bytes_of_its_example() -> None:
    (told,) = re.findall(r"```lvgl8\n(.*?)```", PAGE, re.DOTALL)
    assert _file("lvgl8-bin", tiny()) == bytes.fromhex(told)


@given(made=pictures())
@settings(max_examples=40, deadline=None)
def test_every_image_turns_back_into_what_lvgl_has(made: Picture) -> None:
    palette = made.indexed.palette
    if len(palette) > 256 and palette.transparent is not None:
        return
    for emitter, name in FILES.items():
        back = decode({name: _file(emitter, made)}, name)
        kept = palette.nominal[made.indexed.indices].astype(int)
        slack = 8 if len(palette) > 256 else 0  # RGB565
        assert np.abs(back.seen.astype(int) - kept).max() <= slack
        if palette.transparent is not None:
            drawn = made.indexed.indices != palette.transparent
            np.testing.assert_array_equal(back.indices != back.palette.transparent, drawn)


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_turns_back_into_its_grays(name: str) -> None:
    made = sample(MASKS[name])
    for emitter, file in (("lvgl8-alpha", "a.lvgl8.c"), ("lvgl8-alpha-bin", "a.lvgl8.bin")):
        back = decode({file: _file(emitter, made)}, file)
        np.testing.assert_array_equal(back.seen, made.indexed.seen)


def test_a_side_too_long_for_the_header_is_refused() -> None:
    fits = picture("a", "p", checker(2047, 1, 2), Layout(), "index", "rgb565")
    assert decode({"a.lvgl8.bin": _file("lvgl8-bin", fits)}, "a.lvgl8.bin").width == 2047
    made = picture("a", "p", checker(2048, 1, 2), Layout(), "index", "rgb565")
    for emitter in FILES:
        with pytest.raises(ValueError, match=r"over 2047 pixels wide or high.*2048x1"):
            emit(emitter, made)


def test_c_refuses_a_symbol_that_is_none() -> None:
    made = picture("a-b", "p", checker(2, 2, 2), Layout(), "index", "rgb565")
    with pytest.raises(ValueError, match="is no C symbol"):
        emit("lvgl8", made)


@pytest.mark.parametrize("swap", ["0", "1"])
@pytest.mark.parametrize("language", ["c99", "c++11"])
def test_c_sources_hold_what_the_files_hold(language: str, swap: str, tmp_path: Path) -> None:
    kinds = {**KINDS, **MASKS, "words": WORDS}
    made = {name: sample(kind, f"image_{name}") for name, kind in kinds.items()}
    expected = []
    lines = ["#include <stdio.h>", "#include <string.h>", '#include "lvgl.h"']
    lines += ["#ifdef __cplusplus", 'extern "C" {', "#endif"]
    lines += [f"LV_IMG_DECLARE({one.symbol}_image);" for one in made.values()]
    lines += ["#ifdef __cplusplus", "}", "#endif", SHOW, "int main(void)", "{"]
    for name, one in made.items():
        alpha = "-alpha" * (name in MASKS)
        (source,) = emit(f"lvgl8{alpha}", one)
        (tmp_path / source.name).write_bytes(source.data)
        binary = "lvgl8-alpha-bin" if alpha else ("lvgl8-bin", "lvgl8-swap-bin")[swap == "1"]
        expected.append(_file(binary, one).hex())
        lines.append(f"    show(&{one.symbol}_image);")
    (tmp_path / "main.c").write_text("\n".join([*lines, "    return 0;", "}", ""]))
    (tmp_path / "lvgl").mkdir()
    for place in ("lvgl.h", "lvgl/lvgl.h"):
        (tmp_path / place).write_text(f"#ifndef LVGL_H\n#define LVGL_H\n{STUB}\n#endif\n")
    sources = [f"{one.symbol}.lvgl8.c" for one in made.values()]
    told = run_program(
        language, ["-I.", f"-DLV_COLOR_16_SWAP={swap}", "main.c", *sources], tmp_path
    )
    assert told.split() == expected


SHOW = """
static void show(const lv_img_dsc_t * image)
{
    unsigned char header[4];
    uint32_t i;
    memcpy(header, &image->header, 4);
    for (i = 0; i < 4; i++)
        printf("%02x", header[i]);
    for (i = 0; i < image->data_size; i++)
        printf("%02x", image->data[i]);
    printf("\\n");
}
"""


@pytest.mark.parametrize("value", [0x21, 0x07 | 1 << 5, 0x07 | 1 << 9, 0x0F, 0])
def test_a_false_header_is_not_known(value: int) -> None:
    data = value.to_bytes(2, "little") + _file("lvgl8-bin", tiny())[2:]
    with pytest.raises(ValueError, match="not a file that bitplane writes"):
        decode({"a.bin": data}, "a.bin")


def test_a_file_cut_short_is_not_known() -> None:
    data = _file("lvgl8-bin", tiny())
    for size in range(len(data)):
        with pytest.raises(ValueError, match="not a file that bitplane writes"):
            decode({"a.bin": data[:size]}, "a.bin")


@given(
    made=pictures(),
    edits=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 255)), min_size=1, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_damage_never_crashes(made: Picture, edits: list[tuple[int, int]]) -> None:
    palette = made.indexed.palette
    if len(palette) > 256 and palette.transparent is not None:
        return
    for emitter, name in FILES.items():
        data = bytearray(_file(emitter, made))
        for place, value in edits:
            data[-place % len(data) if emitter == "lvgl8" else place % len(data)] = value
        with suppress(ValueError):
            assert decode({name: bytes(data)}, name).indices.size


@pytest.mark.parametrize("text", ["#if LV_COLOR_16_SWAP\n", ".cf = ", "uint8_t a_map["])
def test_hostile_text_takes_no_more_than_linear_time(text: str) -> None:
    source = _file("lvgl8", tiny())
    for hostile in (text.encode() * 100_000 + source, source + text.encode() * 100_000):
        with suppress(ValueError):
            decode({"a.c": hostile}, "a.c")
