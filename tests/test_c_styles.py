"""C arrays for AVR and for DMA: where compilers put them, and macros that firmware may define."""

import re
from pathlib import Path

import numpy as np
import pytest
from compilers import COMMON, LANGUAGES, run
from pictures import assert_same, checker, tiny, whole

from pipeline.decode import decode
from pipeline.emitters import Picture, emit, picture
from pipeline.layout import Layout
from pipeline.palette import Indexed

AVR = ["avr-gcc", "-mmcu=atmega328p", "-std=c99", *(f for f in COMMON if f != "-Wuseless-cast")]


def _write(emitter: str, made: Picture, folder: Path) -> None:
    for artifact in emit(emitter, made):
        (folder / artifact.name).write_bytes(artifact.data)


def _big(size: int) -> Picture:
    """A picture of so many bytes."""
    return picture("big", "p", checker(size, 1, 4), Layout(bits=8), "index", "rgb565")


def _ram(folder: Path, unit: str) -> int:
    """Bytes of an object file that an AVR copies into its RAM: what is not progmem."""
    rows = [line.split() for line in run(["avr-objdump", "-h", unit], folder).splitlines()]
    kept = [row for row in rows if len(row) > 2 and row[1].startswith((".data", ".rodata", ".bss"))]
    return sum(int(row[2], 16) for row in kept)


def test_avr_keeps_the_arrays_in_flash(tmp_path: Path) -> None:
    for emitter, ram in (("c", 1008), ("c-progmem", 0)):
        _write(emitter, _big(1000), tmp_path)
        run([*AVR, "-c", "big.c"], tmp_path)
        assert _ram(tmp_path, "big.o") == ram


@pytest.mark.parametrize("emitter", ["u8g2", "gfx"])
def test_avr_keeps_bitmaps_in_flash(emitter: str, tmp_path: Path) -> None:
    made = picture("a", "p", checker(64, 64, 2), Layout(), "index", "rgb565")
    _write(emitter, made, tmp_path)
    array = {"u8g2": "a_bits", "gfx": "a_bitmap"}[emitter]
    get = (
        f"uint8_t get(unsigned i);\nuint8_t get(unsigned i) {{ return pgm_read_byte({array}+i); }}"
    )
    (tmp_path / "main.c").write_text(f'#include "a.{emitter}.h"\n{get}\n')
    run(["avr-gcc", "-mmcu=atmega328p", "-std=gnu99", "-Wall", "-Werror", "-c", "main.c"], tmp_path)
    assert _ram(tmp_path, "main.o") == 0


def test_the_largest_array_for_avr_compiles_and_a_larger_one_is_refused(tmp_path: Path) -> None:
    _write("c-progmem", _big(32767), tmp_path)
    with pytest.raises(ValueError, match=r"big_pixels is 32,768 bytes.*32,767 at most; make the"):
        emit("c-progmem", _big(32768))
    run([*AVR, "-c", "big.c"], tmp_path)


def test_avr_itself_refuses_a_larger_array(tmp_path: Path) -> None:
    _write("c", _big(32768), tmp_path)
    with pytest.raises(AssertionError, match="too large"):
        run([*AVR, "-c", "big.c"], tmp_path)


def test_a_palette_too_large_for_avr_is_refused() -> None:
    kind = whole("rgb565", "index", "rgb565")
    indexed = Indexed(np.zeros((1, 1), np.uint16), kind.palette)
    made = picture("a", "p", indexed, Layout(bits=16), "index", "rgb565")
    with pytest.raises(ValueError, match="a_palette is 131,072 bytes"):
        emit("c-progmem", made)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("emitter", "define", "told"),
    [
        ("c-aligned", "", "4"),
        ("c-aligned", "-DBITPLANE_ALIGN=__attribute__((aligned(64)))", "64"),
        ("c-progmem", "-DBITPLANE_PROGMEM=__attribute__((aligned(32)))", "32"),
    ],
)
def test_arrays_lie_where_the_macro_says(
    language: str, emitter: str, define: str, told: str, tmp_path: Path
) -> None:
    made = picture("odd", "p", checker(3, 1, 2), Layout(bits=8), "index", "rgb565")
    _write(emitter, made, tmp_path)
    command = [*LANGUAGES[language], *COMMON, *filter(None, [define]), "-S", "odd.c", "-o", "odd.s"]
    run(command, tmp_path)
    aligned = re.findall(r"\.(?:align|p2align|balign) (\d+)", (tmp_path / "odd.s").read_text())
    assert aligned == [told, told]  # palette and pixels


@pytest.mark.parametrize("emitter", ["c-progmem", "c-aligned"])
def test_each_style_turns_back_into_its_picture(emitter: str) -> None:
    made = tiny()
    files = {artifact.name: artifact.data for artifact in emit(emitter, made)}
    for name in files:
        assert_same(decode(files, name), made.indexed)
