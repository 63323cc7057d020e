"""The C that we write compiles without a warning, and a program reads our bytes from it."""

from pathlib import Path

import numpy as np
import pytest
from compilers import COMMON, LANGUAGES, run, run_program
from pictures import Kind, inks, listed, tiny, whole

from pipeline.emitters import Picture, emit, picture
from pipeline.layout import TILED, Layout
from pipeline.palette import Indexed

KINDS: dict[str, tuple[Kind, Layout]] = {
    "mono": (inks([0, 1]), Layout("pages", 1, "lsb")),
    "seven_inks": (inks([0, 1, 2, 3, 5, 6, 200], transparent=6), Layout(bits=8)),
    "words_8": (listed("rgb332", 16, 1, holds="index", clear=True, learned=True), Layout(bits=4)),
    "words_12": (listed("rgb444", 40, 2, holds="index", clear=False, learned=True), Layout(bits=8)),
    "words_16": (listed("rgb565", 256, 3, holds="index", clear=True, learned=True), Layout(bits=8)),
    "words_24": (listed("bgr888", 4, 4, holds="index", clear=True, learned=True), Layout(bits=2)),
    "codes_24": (listed("rgb888", 9, 5, holds="code", clear=True, learned=True), Layout(bits=32)),
    "direct": (whole("rgb565", "code", "rgb565"), Layout(bits=16, byte_order="little")),
    "grays": (whole("gray4", "code", ""), Layout(bits=4, invert=True)),
    "table": (whole("argb2222", "index", "argb2222"), Layout(bits=8)),
    "tiles": (inks([0, 1, 2, 3]), Layout("tiles", 2)),
    "Planes": (inks([0, 1, 2, 3]), Layout("planes", 2, align=4)),
    "img_if": (inks([0, 1]), Layout("columns", 1)),
}


def made_pictures() -> list[Picture]:
    """One of each kind."""
    rng = np.random.default_rng(7)
    made = []
    for symbol, (kind, layout) in KINDS.items():
        shape = (16, 24) if layout.scan in TILED else (5, 19)
        indices = rng.integers(0, len(kind.palette), shape).astype(np.uint16)
        indexed = Indexed(indices, kind.palette)
        made.append(picture(symbol, "test-panel", indexed, layout, kind.holds, kind.grid))
    return made


def _write(emitter: str, folder: Path) -> None:
    for made in made_pictures():
        for artifact in emit(emitter, made):
            (folder / artifact.name).write_bytes(artifact.data)


def _expected() -> list[str]:
    lines = []
    for made in made_pictures():
        lines.append(f"{made.indexed.width} {made.indexed.height} {made.layout.bits}")
        lines.append(made.data.hex())
        if made.has_table:
            lines.append(" ".join(f"{word:x}" for word in made.indexed.palette.codes.tolist()))
    return lines


DUMP = """
    printf("%d %d %d\\n", {0}_WIDTH, {0}_HEIGHT, {0}_BITS);
    for (unsigned i = 0; i < sizeof {1}_pixels; i++)
        printf("%02x", {1}_pixels[i]);
    printf("\\n");
"""
DUMP_TABLE = """
    for (unsigned i = 0; i < {0}_COLORS; i++)
        printf(i ? " %lx" : "%lx", static_cast_ul({1}_palette[i]));
    printf("\\n");
"""


def _main(signature: str) -> str:
    """A program that prints all macros and arrays."""
    lines = ["#include <stdio.h>", *(f'#include "{made.symbol}.h"' for made in made_pictures())]
    lines += ["#ifdef __cplusplus", "#define static_cast_ul(x) static_cast<unsigned long>(x)"]
    lines += ["#else", "#define static_cast_ul(x) (unsigned long)(x)", "#endif"]
    lines += [f"{signature};", signature, "{"]
    for made in made_pictures():
        dump = DUMP + DUMP_TABLE * made.has_table
        lines.append(dump.format(made.symbol.upper(), made.symbol))
    return "\n".join([*lines, "return 0;", "}", ""])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("emitter", ["c", "c-progmem", "c-aligned"])
def test_source_and_header_hold_our_bytes(emitter: str, language: str, tmp_path: Path) -> None:
    _write(emitter, tmp_path)
    (tmp_path / "main.c").write_text(_main("int main(void)"))
    sources = [f"{made.symbol}.c" for made in made_pictures()]
    told = run_program(language, ["main.c", *sources], tmp_path)
    assert told.splitlines() == _expected()


@pytest.mark.parametrize("language", LANGUAGES)
def test_header_alone_can_be_included_from_two_files(language: str, tmp_path: Path) -> None:
    _write("c-header", tmp_path)
    (tmp_path / "other.c").write_text(_main("int other(void)"))
    text = _main("int other(void)").split("{")[0]
    includes = "\n".join(line for line in text.splitlines() if line.startswith("#include"))
    call = "int other(void);\nint main(void)\n{\n    return other();\n}\n"
    (tmp_path / "main.c").write_text(f"{includes}\n{includes}\n{call}")
    told = run_program(language, ["main.c", "other.c"], tmp_path)
    assert told.splitlines() == _expected()


def test_arrays_compiled_as_c_link_into_a_cpp_program(tmp_path: Path) -> None:
    _write("c", tmp_path)
    (tmp_path / "main.cpp").write_text(_main("int main(void)"))
    sources = [f"{made.symbol}.c" for made in made_pictures()]
    run([*LANGUAGES["c99"], *COMMON, "-c", *sources], tmp_path)
    objects = [f"{made.symbol}.o" for made in made_pictures()]
    run(["g++", "-std=c++11", *COMMON, "main.cpp", *objects, "-o", "program"], tmp_path)
    assert run([str(tmp_path / "program")], tmp_path).splitlines() == _expected()


def test_arrays_are_read_only(tmp_path: Path) -> None:
    (tmp_path / "unit.c").write_bytes(
        b'#include "tiny.h"\nvoid touch(void);\nvoid touch(void) { tiny_pixels[0] = 0; }\n'
    )
    for artifact in emit("c", tiny()):
        (tmp_path / artifact.name).write_bytes(artifact.data)
    with pytest.raises(AssertionError, match="read-only"):
        run([*LANGUAGES["c99"], "-c", "unit.c"], tmp_path)
