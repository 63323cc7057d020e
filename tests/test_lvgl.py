"""LVGL 9 images: LVGL itself draws them, C sources hold the same bytes, and all decode."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from compilers import run_program
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import Kind, checker, inks, listed, pictures, tiny, whole

from pipeline.decode import decode
from pipeline.emitters import Picture, emit, lvgl, picture
from pipeline.layout import Layout
from pipeline.palette import Indexed, Palette

SCREEN = Path(__file__).with_name("lvgl_screen.py")
PAGE = (SCREEN.parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
SHAPE = (13, 45)

# The fields of LVGL 9's lv_image_header_t and lv_image_dsc_t, in their order, for a machine
# that is little-endian.
STUB = """
#include <stdint.h>
#define LV_ATTRIBUTE_MEM_ALIGN __attribute__((aligned(4)))
#define LV_ATTRIBUTE_LARGE_CONST
#define LV_IMAGE_HEADER_MAGIC (0x19)
#define LV_IMAGE_FLAGS_COMPRESSED 0x08
typedef enum {
    LV_COLOR_FORMAT_L8 = 0x06, LV_COLOR_FORMAT_I1 = 0x07, LV_COLOR_FORMAT_I2 = 0x08,
    LV_COLOR_FORMAT_I4 = 0x09, LV_COLOR_FORMAT_I8 = 0x0A, LV_COLOR_FORMAT_A1 = 0x0B,
    LV_COLOR_FORMAT_A2 = 0x0C, LV_COLOR_FORMAT_A4 = 0x0D, LV_COLOR_FORMAT_A8 = 0x0E,
    LV_COLOR_FORMAT_RGB565 = 0x12
} lv_color_format_t;
typedef struct {
    uint32_t magic : 8;
    uint32_t cf : 8;
    uint32_t flags : 16;
    uint32_t w : 16;
    uint32_t h : 16;
    uint32_t stride : 16;
    uint32_t reserved_2 : 16;
} lv_image_header_t;
typedef struct {
    lv_image_header_t header;
    uint32_t data_size;
    const uint8_t * data;
    const void * reserved;
    const void * reserved_2;
} lv_image_dsc_t;
#define LV_IMAGE_DECLARE(var_name) extern const lv_image_dsc_t var_name
"""


def sample(kind: Kind, symbol: str = "a") -> Picture:
    rng = np.random.default_rng(len(kind.palette))
    indices = rng.integers(0, len(kind.palette), SHAPE).astype(np.uint16)
    indexed = Indexed(indices, kind.palette)
    return picture(symbol, "p", indexed, Layout(bits=32), kind.holds, kind.grid)


def _colors(count: int, name: str = "rgb888", *, clear: bool = False) -> Kind:
    return listed(name, count, 3, holds="index", clear=clear, learned=True)


EXACT = {
    "I1": _colors(2),
    "I2": _colors(4),
    "I4": _colors(13),
    "I8": _colors(250),
    "L8": whole("gray8", "code", ""),
    "inks": inks([0, 1, 2, 3, 5, 6]),
}
MASKS = {f"A{bits}": whole(f"gray{bits}", "code", "") for bits in (1, 2, 4, 8)}


def _file(emitter: str, made: Picture) -> bytes:
    (artifact,) = emit(emitter, made)
    return artifact.data


def _screens(files: list[bytes]) -> list[np.ndarray]:
    """What LVGL shows of each file, int (13, 45, 3) sRGB."""
    if find_spec("lvgl") is None:
        pytest.skip("LVGL is not installed: no pydevices-lvgl for this machine")
    lines = "\n".join(data.hex() for data in files)
    command = [sys.executable, str(SCREEN)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = [np.frombuffer(bytes.fromhex(line), np.uint8) for line in done.stdout.split()]
    assert len(told) == len(files)
    return [screen.reshape(32, 64, 3)[: SHAPE[0], : SHAPE[1]].astype(int) for screen in told]


def test_lvgl_draws_indexed_and_gray_pictures_exactly() -> None:
    made = [sample(kind) for kind in EXACT.values()]
    screens = _screens([_file("lvgl-bin", one) for one in made])
    for screen, one in zip(screens, made, strict=True):
        palette = one.indexed.palette
        np.testing.assert_array_equal(screen, palette.nominal[one.indexed.indices])


def test_lvgl_leaves_a_transparent_entry_undrawn() -> None:
    made = [sample(_colors(count, clear=True)) for count in (2, 4, 13, 250)]
    screens = _screens([_file("lvgl-bin", one) for one in made])
    for screen, one in zip(screens, made, strict=True):
        clear = one.indexed.indices == one.indexed.palette.transparent
        assert clear.any()
        assert (screen[clear] == 255).all()
        np.testing.assert_array_equal(screen[~clear], one.indexed.seen[~clear])


def test_lvgl_draws_direct_color_in_its_own_widening() -> None:
    made = sample(whole("rgb565", "code", "rgb565"))
    (screen,) = _screens([_file("lvgl-bin", made)])
    words = made.indexed.indices.astype(int)
    wide = [(words >> 11) * 2106, (words >> 5 & 63) * 1037, (words & 31) * 2106]
    np.testing.assert_array_equal(screen, np.stack(wide, -1) >> 8)


def test_lvgl_draws_masks_as_opacity() -> None:
    made = [sample(kind) for kind in MASKS.values()]
    screens = _screens([_file("lvgl-alpha-bin", one) for one in made])
    for screen, one in zip(screens, made, strict=True):
        # Black through the mask onto white; LVGL's blending is off by two levels at most.
        assert np.abs(screen - (255 - one.indexed.seen.astype(int))).max() <= 2


def test_lvgl_would_show_a_palette_in_another_order() -> None:
    data = _file("lvgl-bin", sample(EXACT["I4"]))
    swapped = data[:12] + data[16:20] + data[12:16] + data[20:]
    right, wrong = _screens([data, swapped])
    assert (right != wrong).any()


@pytest.mark.parametrize("name", [*EXACT, *MASKS])
def test_the_format_is_the_smallest_that_holds_the_picture(name: str) -> None:
    kind = {**EXACT, **MASKS}[name]
    data = _file("lvgl-alpha-bin" if name in MASKS else "lvgl-bin", sample(kind))
    assert data[0] == 0x19
    assert data[1] == lvgl.FORMATS["I4" if name == "inks" else name]


def test_the_page_has_the_bytes_of_its_example() -> None:
    (told,) = re.findall(r"```lvgl\n(.*?)```", PAGE, re.DOTALL)
    assert _file("lvgl-bin", tiny()) == bytes.fromhex(told)


@given(made=pictures())
@settings(max_examples=60, deadline=None)
def test_every_image_turns_back_into_what_lvgl_has(made: Picture) -> None:
    palette = made.indexed.palette
    if len(palette) > 256 and palette.transparent is not None:
        return
    for emitter, name in (("lvgl", "sample.lvgl.c"), ("lvgl-bin", "sample.lvgl.bin")):
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
    for emitter, file in (("lvgl-alpha", "a.lvgl.c"), ("lvgl-alpha-bin", "a.lvgl.bin")):
        back = decode({file: _file(emitter, made)}, file)
        np.testing.assert_array_equal(back.seen, made.indexed.seen)


def test_a_mask_of_colors_is_refused() -> None:
    with pytest.raises(ValueError, match="made of grays; use `lvgl` for colors"):
        emit("lvgl-alpha", tiny())


def test_a_transparent_entry_among_all_colors_is_refused() -> None:
    plain = whole("rgb565", "code", "rgb565").palette
    palette = Palette(plain.seen, plain.nominal, plain.codes, 7, grid=plain.grid)
    made = sample(Kind(palette, "code", "rgb565"))
    with pytest.raises(ValueError, match="RGB565 has no transparent color"):
        emit("lvgl-bin", made)


def test_a_row_too_long_for_the_header_is_refused() -> None:
    kind = whole("rgb565", "code", "rgb565")
    indexed = Indexed(np.zeros((1, 32768), np.uint16), kind.palette)
    made = picture("a", "p", indexed, Layout(bits=16), "code", "rgb565")
    with pytest.raises(ValueError, match="a row of 65536 bytes is too long for LVGL"):
        emit("lvgl", made)


def test_c_refuses_a_symbol_that_is_none() -> None:
    made = picture("a-b", "p", checker(2, 2, 2), Layout(), "index", "rgb565")
    with pytest.raises(ValueError, match="is no C symbol"):
        emit("lvgl", made)


@pytest.mark.parametrize("language", ["c99", "c++11"])
def test_c_sources_hold_what_the_files_hold(language: str, tmp_path: Path) -> None:
    made = {name: sample(kind, f"image_{name}") for name, kind in {**EXACT, **MASKS}.items()}
    expected = []
    lines = ["#include <stdio.h>", '#include "lvgl.h"', "#ifdef __cplusplus", 'extern "C" {']
    lines += ["#endif", *(f"LV_IMAGE_DECLARE({one.symbol}_image);" for one in made.values())]
    lines += ["#ifdef __cplusplus", "}", "#endif"]
    lines += ["static void show(const lv_image_dsc_t *image)", "{"]
    lines += ["    const lv_image_header_t h = image->header;"]
    lines += ["    uint32_t i;"]
    lines += ['    printf("%02x%02x%04x ", h.magic, h.cf, h.flags);']
    lines += ['    printf("%d %d %d ", h.w, h.h, h.stride);']
    lines += ["    for (i = 0; i < image->data_size; i++)"]
    lines += ['        printf("%02x", image->data[i]);', '    printf("\\n");', "}"]
    lines += ["int main(void)", "{"]
    for name, one in made.items():
        alpha = "-alpha" * (name in MASKS)
        (source,) = emit(f"lvgl{alpha}", one)
        (tmp_path / source.name).write_bytes(source.data)
        data = _file(f"lvgl{alpha}-bin", one)
        _, cf, _, width, height, stride, _ = lvgl.HEADER.unpack_from(data)
        expected.append(f"19{cf:02x}0000 {width} {height} {stride} {data[12:].hex()}")
        lines.append(f"    show(&{one.symbol}_image);")
    (tmp_path / "main.c").write_text("\n".join([*lines, "    return 0;", "}", ""]))
    (tmp_path / "lvgl").mkdir()
    for place in ("lvgl.h", "lvgl/lvgl.h"):
        (tmp_path / place).write_text(f"#ifndef LVGL_H\n#define LVGL_H\n{STUB}\n#endif\n")
    sources = [f"{one.symbol}.lvgl.c" for one in made.values()]
    told = run_program(language, ["-I.", "main.c", *sources], tmp_path)
    assert told.splitlines() == expected


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        (1, 0x14, "not a file that bitplane writes"),
        (2, 0x01, "flags 0x1, as premultiplied ones have"),
        (2, 0x08, "compressed by method 4278190080, which is not known"),
        (4, 9, "is not 18 bytes in rows of 1"),
        (8, 0, "is not 18 bytes in rows of 0"),
        (6, 0, "1 to 65535 pixels"),
    ],
)
def test_a_false_header_says_so(place: int, value: int, problem: str) -> None:
    data = bytearray(_file("lvgl-bin", tiny()))
    data[place] = value
    with pytest.raises(ValueError, match=problem):
        decode({"a.lvgl.bin": bytes(data)}, "a.lvgl.bin")


@given(
    made=pictures(),
    edits=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 255)), min_size=1, max_size=4),
)
@settings(max_examples=150, deadline=None)
def test_damage_never_crashes(made: Picture, edits: list[tuple[int, int]]) -> None:
    palette = made.indexed.palette
    if len(palette) > 256 and palette.transparent is not None:
        return
    for emitter in ("lvgl", "lvgl-bin"):
        data = bytearray(_file(emitter, made))
        for place, value in edits:
            data[-place % len(data) if emitter == "lvgl" else place % len(data)] = value
        try:
            assert decode({"a.lvgl.c": bytes(data)}, "a.lvgl.c").indices.size
        except ValueError:
            continue


@pytest.mark.parametrize("text", [".cf = ", ".w" + " " * 9, "uint8_t a_map[", "unsigned "])
def test_hostile_text_takes_no_more_than_linear_time(text: str) -> None:
    source = _file("lvgl", tiny())
    for hostile in (text.encode() * 100_000 + source, source + text.encode() * 100_000):
        try:
            decode({"a.c": hostile}, "a.c")
        except ValueError:
            continue
