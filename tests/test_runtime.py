"""The decoders in C: small, for every compiler, equal to Python's, and safe with any stream."""

import random
import re
import runpy
import shutil
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from compilers import COMMON, run
from hypothesis import given, settings
from hypothesis import strategies as st
from lz_cases import BLOCKS
from runtime_lab import (
    HOST,
    INCLUDE,
    NUMBERS,
    RUNTIME,
    SOURCES,
    Library,
    deflated,
    parameter,
    picture,
    seeds,
)

from pipeline.cli import main
from pipeline.codecs import Parameters, codec
from pipeline.commands.runtime import files_of, parts
from pipeline.registry import CODECS

C99 = ["-std=c99", "-Wstrict-prototypes", "-Wmissing-prototypes", *COMMON]
CPP = ["-std=c++11", "-x", "c++", *COMMON]
COMPILERS = {
    "gcc": ["gcc", *C99],
    "g++": ["g++", *CPP],
    "clang": ["clang", *C99],
    "avr": ["avr-gcc", "-mmcu=atmega328p", *C99],
    "avr in flash": ["avr-gcc", "-mmcu=atmega328p", "-DBITPLANE_PROGMEM", *C99],
}
ARM = ["arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb", "-ffreestanding", *C99]
SANITIZED = ["-std=gnu99", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
PAGE = (RUNTIME.parents[2] / "docs" / "runtime.md").read_text("utf-8")
BENCH = runpy.run_path(str(RUNTIME.parents[2] / "bench" / "decode.py"))
DRIVER = """
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#ifdef __cplusplus
extern "C" void panel_write(const uint8_t *bytes, size_t count);
#else
extern void panel_write(const uint8_t *bytes, size_t count);
#endif
void panel_write(const uint8_t *bytes, size_t count)
{
    static FILE *file = NULL;
    if (file == NULL) file = fopen("panel", "wb");
    if (file != NULL) fwrite(bytes, 1, count, file);
}
"""
SIZES = st.integers(1, 40) | st.integers(1, 5000)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("runtime"))


def test_every_codec_has_a_decoder_and_its_number() -> None:
    assert set(CODECS) <= set(parts())
    header = (RUNTIME / "bitplane_unpack.h").read_text()
    block = header.split("enum bitplane_codec {")[1].split("}")[0]
    assert {name.lower(): i for i, name in enumerate(re.findall(r"BITPLANE_(\w+)", block))} == (
        NUMBERS
    )


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_decoders_compile_without_a_word(tmp_path: Path, compiler: str) -> None:
    for level in ("-Os", "-O3") if compiler == "gcc" else ("-Os",):
        run([*COMPILERS[compiler], level, "-c", *SOURCES], tmp_path)


def test_the_headers_suit_the_strictest_cpp(tmp_path: Path) -> None:
    (tmp_path / "x.cpp").write_text('#include "bitplane_unpack.h"\n')
    run(["g++", "-std=c++11", *COMMON, "-Wold-style-cast", INCLUDE, "-c", "x.cpp"], tmp_path)


def test_nothing_of_a_c_library_is_needed_and_no_memory_is_kept(tmp_path: Path) -> None:
    own = {Path(source).stem for source in SOURCES}
    run([*ARM, "-Os", "-c", *SOURCES], tmp_path)
    for source in own:
        names = run(["arm-none-eabi-nm", f"{source}.o"], tmp_path)
        needed = re.findall(r" U ([a-z]\w+)", names)
        assert all(name.rsplit("_", 1)[0] in own for name in needed), needed
        assert not re.search(r" [bBdD] ", names)


@pytest.mark.parametrize("left", sorted(CODECS))
def test_codecs_that_are_not_wanted_are_left_out(tmp_path: Path, left: str) -> None:
    other = NUMBERS["rle" if left == "g5" else "g5"]
    without = [f"-DBITPLANE_NO_{name.upper()}" for name in NUMBERS if name not in (left, "none")]
    (tmp_path / "main.c").write_text(
        '#include "bitplane_unpack.h"\n'
        "int main(void) {\n"
        "    struct bitplane_unpack u;\n"
        f"    int wrong = bitplane_unpack_init(&u, {other}, NULL, 0, 0, NULL, 0);\n"
        f"    return wrong + !bitplane_unpack_init(&u, {NUMBERS[left]}, NULL, 0, 0, NULL, 0);\n"
        "}\n"
    )
    sources = [str(RUNTIME / f"bitplane_{name}.c") for name in ("unpack", left)]
    run(["gcc", *C99, *without, INCLUDE, "main.c", *sources, "-o", "program"], tmp_path)
    run([str(tmp_path / "program")], tmp_path)


def test_every_file_names_its_license() -> None:
    for path in RUNTIME.iterdir():
        text = path.read_text("ascii")
        assert "0BSD" in text, path
        assert len(text.splitlines()) < 400


# --- they give what Python gives ---


def check(library: Library, name: str, data: bytes, stream: bytes, value: int, part: int) -> None:
    sizes = random.Random(part)  # noqa: S311 - no secret
    found = library.by_parts(name, stream, len(data), value, lambda: sizes.randint(1, part))
    assert found == data
    assert library.at_once(name, stream, len(data), value) == data


@pytest.mark.parametrize("name", CODECS)
@given(data=BLOCKS, unit=st.integers(1, 4), window=st.integers(8, 15), part=SIZES)
@settings(deadline=None, max_examples=40)
def test_data_comes_back(
    library: Library, name: str, data: bytes, unit: int, window: int, part: int
) -> None:
    parameters = Parameters(unit, 1 << window, 8)
    stream = codec(name).compress(data, parameters)
    check(library, name, data, stream, parameter(name, parameters), part)


@pytest.mark.parametrize("name", CODECS)
@given(seed=st.integers(0, 1 << 32), width=st.integers(1, 60), part=SIZES)
@settings(deadline=None, max_examples=30)
def test_pictures_come_back(library: Library, name: str, seed: int, width: int, part: int) -> None:
    parameters = Parameters(1, 256 << seed % 8, 8 * width)
    data = picture(seed, width)
    stream = codec(name).compress(data, parameters)
    check(library, name, data, stream, parameter(name, parameters), part)


@given(data=BLOCKS, bits=st.integers(9, 15), level=st.integers(0, 9), part=SIZES)
@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY])
@settings(deadline=None, max_examples=40)
def test_streams_of_zlib_come_back(
    library: Library, data: bytes, bits: int, level: int, part: int, strategy: int
) -> None:
    stream = deflated(data, bits, level, strategy)
    check(library, "deflate", data, stream, 1 << bits, part)


@pytest.mark.parametrize(("strategy", "level"), [(zlib.Z_FIXED, 9), (zlib.Z_DEFAULT_STRATEGY, 9)])
def test_long_streams_of_zlib_come_back(library: Library, strategy: int, level: int) -> None:
    """Every length and distance code, blocks of several codes."""
    made = random.Random(7)  # noqa: S311 - no secret
    data = bytearray(made.randbytes(300))
    while len(data) < 200_000:
        start = made.randrange(max(0, len(data) - 32768), len(data))
        data += data[start : start + made.randint(3, 300)]
        data += bytes(made.choices(b"abcdefgh\xff", k=made.randint(0, 40)))
    check(library, "deflate", bytes(data), deflated(bytes(data), 15, level, strategy), 32768, 3000)


# --- any other stream does no harm ---


@pytest.mark.parametrize("name", NUMBERS)
@given(stream=st.binary(max_size=200), value=st.integers(0, 70), part=SIZES)
@settings(deadline=None)
def test_any_bytes_end(library: Library, name: str, stream: bytes, value: int, part: int) -> None:
    window = 1 << value % 16 if name not in ("rle", "g5") else value
    some = library.by_parts(name, stream, 3000, window, lambda: part)
    every = library.at_once(name, stream, 3000, window)
    assert len(some) <= 3000
    assert some.startswith(every) or every.startswith(some)


def test_the_sanitizers_find_nothing_in_the_decoders(tmp_path: Path) -> None:
    if sys.platform != "linux" or shutil.which("gcc") is None:
        pytest.skip("the sanitizers need gcc on Linux")
    build = ["gcc", *SANITIZED, "-O1", "-DHOST_OWN", INCLUDE, HOST, *SOURCES, "-o", "fuzz"]
    run(build, tmp_path)
    inputs = seeds(tmp_path / "seeds")
    said = run([str(tmp_path / "fuzz"), "300", *inputs], tmp_path)
    assert said == f"{len(inputs)} inputs, 300 times\n"


@pytest.mark.soak
def test_the_sanitizers_find_nothing_in_a_million_streams(tmp_path: Path) -> None:
    build = ["gcc", *SANITIZED, "-O1", "-DHOST_OWN", INCLUDE, HOST, *SOURCES, "-o", "fuzz"]
    run(build, tmp_path)
    run([str(tmp_path / "fuzz"), "50000", *seeds(tmp_path / "seeds")], tmp_path)


def test_the_mutations_find_their_way_to_every_line(tmp_path: Path) -> None:
    build = ["gcc", "-std=gnu99", "--coverage", "-O0", "-DHOST_OWN", INCLUDE, HOST, *SOURCES]
    run([*build, "-o", "fuzz"], tmp_path)
    run([str(tmp_path / "fuzz"), "400", *seeds(tmp_path / "seeds")], tmp_path)
    for name in CODECS:
        source = f"bitplane_{name}"
        said = run(["gcov", "-o", f"fuzz-{source}.gcda", f"{RUNTIME / source}.c"], tmp_path)
        first = said.split("\n\n")[0]
        assert "Lines executed:100.00%" in first, first


# --- what they cost, and how the page calls them ---


@pytest.fixture(scope="module")
def costs() -> dict[str, Any]:
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    measured: dict[str, Any] = BENCH["sizes"]()
    return measured


def test_the_decoders_cost_what_is_stated(costs: dict[str, Any]) -> None:
    """Other versions of the compiler than that of the page may differ by a sixth."""
    table = PAGE.split("<!-- sizes -->")[1].split("<!-- end -->")[0]
    stated = {
        cells[0].strip("`"): [int(cell.replace(",", "")) for cell in cells if cell[0].isdigit()]
        for cells in (
            [cell.strip() for cell in line.split("|")[1:-1]] for line in table.split("\n")
        )
        if cells and cells[0].startswith("`")
    }
    assert set(stated) == set(CODECS)
    for name, cost in costs.items():
        assert stated[name] == pytest.approx(list(cost), rel=1 / 6), "run bench/decode.py --write"


@pytest.mark.parametrize("name", CODECS)
def test_the_ram_that_is_reckoned_with_is_that_of_the_state_and_window(
    costs: dict[str, Any], name: str
) -> None:
    windows = {"g5": 24, "rle": 0, "packbits": 0}
    given = Parameters(1, 1024, 192)
    assert codec(name).ram(given) == costs[name].state + windows.get(name, 1024)


def test_no_function_calls_itself() -> None:
    graph = 'sourcename: "x.c:a" targetname: "b" sourcename: "b" targetname: "x.c:a"'
    nodes = 'node: { title: "x.c:a" label: "8 bytes" } node: { title: "b" label: "8 bytes" }'
    with pytest.raises(ValueError, match="calls itself"):
        BENCH["_stacks"](nodes + graph)


@pytest.mark.parametrize("compiler", [["gcc", "-std=c99"], ["g++", "-std=c++11", "-x", "c++"]])
def test_the_examples_of_the_page_show_the_picture(tmp_path: Path, compiler: list[str]) -> None:
    source = str(RUNTIME.parents[2] / "assets" / "ui.png")
    call = ["convert", source, "--target", "ssd1322-256x64", "--size", "64x48", "-o"]
    assert main([*call, str(tmp_path / "splash.c"), "--compress", "zx0"]) == 0
    assert main([*call, str(tmp_path / "splash.raw")]) == 0
    snippets = re.findall(r"^```c\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert len(snippets) == 2
    for snippet in snippets:
        (shows,) = re.findall(r"^void (\w+)\(void\)", snippet, re.MULTILINE)
        (tmp_path / "main.c").write_text(f"{DRIVER}{snippet}\nint main(void) {{ {shows}(); }}\n")
        sources = ["main.c", "splash.c", *SOURCES]
        flags = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", INCLUDE]
        run([*compiler, *flags, *sources, "-o", "program"], tmp_path)
        run([str(tmp_path / "program")], tmp_path)
        assert (tmp_path / "panel").read_bytes() == (tmp_path / "splash.raw").read_bytes()


# --- the command ---


def test_the_command_writes_what_is_named_with_what_it_includes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runtime", "-o", str(tmp_path), "lz4"]) == 0
    expected = {"bitplane_lz4.c", "bitplane_lz4.h", "bitplane_stream.h", "bitplane_inner.h"}
    assert {path.name for path in tmp_path.iterdir()} == expected
    assert "0BSD" in capsys.readouterr().err
    run(["gcc", *C99, "-c", "bitplane_lz4.c", "-o", "x.o"], tmp_path)


def test_the_command_writes_all_that_belongs_to_it(tmp_path: Path) -> None:
    assert main(["runtime", "-o", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {p.name for p in RUNTIME.iterdir()}


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["runtime", "-o", str(tmp_path), "rle"]
    assert main(call) == 0
    changed = tmp_path / "bitplane_rle.h"
    changed.write_bytes(changed.read_bytes() + b"// mine\n")
    assert main(call) == 0
    said = capsys.readouterr().err
    assert f"{changed}: written over what was changed, or of another version" in said
    assert f"{tmp_path / 'bitplane_rle.c'}: as it was" in said
    assert changed.read_bytes() == files_of(["rle"])["bitplane_rle.h"]


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "bitplane_stream.h").write_text("mine")
    assert main(["runtime", "-o", str(tmp_path), "rle"]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["bitplane_stream.h"]


def test_the_parts_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runtime", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == parts()
    assert main(["runtime", "lz"]) == 2
    assert "did you mean 'lz4'" in capsys.readouterr().err
