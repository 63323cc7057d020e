"""Every form of C that we write, under every compiler that firmware is built with."""

from dataclasses import replace
from pathlib import Path

import pytest
from compilers import COMPILERS, compile_unit, run
from pictures import checker, fitting
from test_c_compiles import made_pictures
from test_lvgl import STUB as V9
from test_lvgl8 import STUB as V8

from pipeline.emitters import Artifact, Picture, emit, picture
from pipeline.layout import MAX_INDEXED, Layout

ANY_PICTURE = ("c", "c-header", "c-progmem", "c-aligned", "c-palette")
TWO_COLORS = ("xbm", "u8g2", "gfx")
LIBRARIES = ("eve", "tft-espi")
LVGL = ("lvgl", "lvgl8")
ASSEMBLERS = ("gcc-c99", "clang", "arm", "avr", "riscv")


def _renamed(made: Picture, emitter: str) -> Picture:
    return replace(made, symbol=f"{emitter.replace('-', '_')}_{made.symbol}")


def _files() -> list[Artifact]:
    """Each form's files, under symbols of their own."""
    files: list[Artifact] = []
    for emitter in ANY_PICTURE:
        for made in made_pictures():
            if emitter != "c-palette" or len(made.indexed.palette) <= MAX_INDEXED:
                files += emit(emitter, _renamed(made, emitter))
    for emitter in TWO_COLORS:
        files += emit(emitter, _renamed(fitting(emitter), emitter))
    for emitter in LIBRARIES:
        files += [file for made in _small() for file in emit(emitter, _renamed(made, emitter))]
    return files


def _small() -> list[Picture]:
    """Pictures whose palettes a controller of bitmaps can hold."""
    return [made for made in made_pictures() if len(made.indexed.palette) <= MAX_INDEXED]


def _unit(files: list[Artifact]) -> str:
    """A unit of all sources and headers that reads what is static in them."""
    names = [file.name for file in files if not file.name.endswith(".h")]
    sources = {name.removesuffix(".c") for name in names}
    names += [f.name for f in files if f.name.endswith(".h") and f.name[:-2] not in sources]
    arrays = [f"c_header_{made.symbol}_pixels" for made in made_pictures()]
    arrays += [f"c_header_{made.symbol}_palette" for made in made_pictures() if made.has_table]
    arrays += [f"xbm_{fitting('xbm').symbol}_bits"]
    arrays += ["u8g2_tiny_bits", "gfx_tiny_bitmap"]
    arrays += [f"eve_{made.symbol}_eve" for made in _small()]
    arrays += [f"tft_espi_{made.symbol}_tft" for made in _small()]
    mapped = (made for made in _small() if 2 < len(made.indexed.palette) <= 16)
    arrays += [f"tft_espi_{made.symbol}_tft_map" for made in mapped]
    cases = "".join(f"    sum += {array}[i] != 0;\n" for array in arrays)
    includes = "".join(f'#include "{name}"\n' for name in names)
    head = "unsigned read_all(unsigned i);\nunsigned read_all(unsigned i)"
    return f"{includes}{head}\n{{\n    unsigned sum = 0;\n{cases}    return sum;\n}}\n"


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all files and the unit that includes them."""
    folder, files = tmp_path_factory.mktemp("forms"), _files()
    for file in files:
        (folder / file.name).write_bytes(file.data)
    (folder / "unit.c").write_text(_unit(files))
    return folder


@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_form_compiles_without_a_word(compiler: str, forms: Path) -> None:
    compile_unit(compiler, "unit.c", forms)


# Its names in initializers are C99, and clang with -Weverything says how it lies in memory.
FOR_LVGL = [
    name for name, each in COMPILERS.items() if each.gnu and name not in ("gcc-c90", "clang")
]


@pytest.mark.parametrize("compiler", FOR_LVGL)
def test_lvgl_images_compile_without_a_word(compiler: str, tmp_path: Path) -> None:
    (tmp_path / "lvgl").mkdir()
    (tmp_path / "lvgl/lvgl.h").write_text(f"#ifndef LVGL_H\n#define LVGL_H\n{V9}{V8}#endif\n")
    names = []
    for emitter in LVGL:
        for made in _small():
            (file,) = emit(emitter, _renamed(made, emitter))
            (tmp_path / file.name).write_bytes(file.data)
            names.append(file.name)
    (tmp_path / "unit.c").write_text("".join(f'#include "{name}"\n' for name in names))
    compile_unit(compiler, "unit.c", tmp_path)


@pytest.mark.parametrize("compiler", ASSEMBLERS)
def test_every_gnu_assembler_takes_in_pixels(compiler: str, tmp_path: Path) -> None:
    for file in emit("c-incbin", fitting("c-incbin")):
        (tmp_path / file.name).write_bytes(file.data)
    compile_unit(compiler, "tiny.S", tmp_path)


def test_assembled_names_follow_the_labels_of_the_system(tmp_path: Path) -> None:
    for file in emit("c-incbin", fitting("c-incbin")):
        (tmp_path / file.name).write_bytes(file.data)
    for flag, before in (("-fno-leading-underscore", ""), ("-fleading-underscore", "_")):
        run(["gcc", flag, "-Wundef", "-I.", "-c", "tiny.S"], tmp_path)
        told = run(["nm", "tiny.o"], tmp_path).split()
        assert told[2::3] == [f"{before}tiny_palette", f"{before}tiny_pixels"]


def _large(size: int, folder: Path) -> None:
    made = picture("large", "p", checker(256, size // 256, 4), Layout(bits=8), "index", "rgb565")
    for file in emit("c", made):
        (folder / file.name).write_bytes(file.data)


@pytest.mark.parametrize(("compiler", "size"), [("cc65", 0x7F00), ("sdcc-z80", 0xFF00)])
def test_8_bit_compilers_take_large_arrays(compiler: str, size: int, tmp_path: Path) -> None:
    _large(size, tmp_path)
    compile_unit(compiler, "large.c", tmp_path)


@pytest.mark.parametrize(("size", "told"), [(0x8000, "Constant is long"), (0x10000, "is invalid")])
def test_cc65_itself_refuses_arrays_over_its_int(size: int, told: str, tmp_path: Path) -> None:
    _large(size, tmp_path)
    with pytest.raises(AssertionError, match=told):
        compile_unit("cc65", "large.c", tmp_path)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_compiler_would_tell_of_a_fault(compiler: str, tmp_path: Path) -> None:
    (tmp_path / "unit.c").write_text(
        "static const unsigned char unused[] = {256};\n"
        "unsigned char fault(void);\nunsigned char fault(void) { return unused[0] = 1; }\n"
    )
    with pytest.raises(AssertionError, match="unit"):
        compile_unit(compiler, "unit.c", tmp_path)
