"""The reader of packs in C: gives what Python gives, and nothing from outside of the file."""

import re
import shutil
import sys
from pathlib import Path

import pytest
from compilers import COMMON, LANGUAGES, run
from hypothesis import given, settings
from pictures import assert_same, checker, tiny
from test_inspect import kinds_of_targets, sample
from test_packs import packed, some

from pipeline import registry
from pipeline.bundles import pack
from pipeline.codecs import CODEC_NUMBERS
from pipeline.decode import bundled
from pipeline.decoders import line_bits
from pipeline.emitters import Picture, picture
from pipeline.emitters.stored import compressed
from pipeline.layout import SCAN_BITS, Layout
from pipeline.recipe import CompressChoice
from pipeline.target_file import shipped

HERE = Path(__file__).parent
RUNTIME = HERE.parent / "pipeline" / "share" / "runtime"
INCLUDE = f"-I{RUNTIME}"
HOST, READER = str(HERE / "pack_host.c"), str(RUNTIME / "bitplane_pack.c")
SANITIZED = ["-std=gnu99", "-g", "-fno-sanitize-recover=all"]
CORTEX = ["arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb", "-ffreestanding", "-std=c99"]


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that prints what is in a pack."""
    folder = tmp_path_factory.mktemp("reader")
    sources = [HOST, *map(str, RUNTIME.glob("*.c"))]
    run([*LANGUAGES["c99"], *COMMON, INCLUDE, "-DHOST_MAIN", *sources, "-o", "reader"], folder)
    return folder / "reader"


def _facts(named: dict[str, Picture]) -> tuple[bytes, list[str]]:
    """A pack, and what the program has to print of it."""
    data, lines = packed(named), []
    plain = {name: made.data for name, made in named.items()}
    for name, e in pack.contents(data):
        facts = [e.codec, e.unit, e.window, e.width, e.height, e.scan, e.bits, e.align, e.flags]
        facts += [e.holds, e.grid, e.entry_bytes, e.colors, e.transparent, e.stride, e.plain_bytes]
        texts = [
            name.encode("utf-8", "surrogateescape"),
            data[e.palette_offset :][: e.palette_bytes],
            data[e.pixels_offset :][: e.pixels_bytes],
            plain[name],
        ]
        lines.append(" ".join([*map(str, facts), *(text.hex() or "-" for text in texts)]))
    return data, lines


def _told(reader: Path, data: bytes, *absent: str) -> list[str]:
    file = reader.parent / "some.pack"
    file.write_bytes(data)
    return run([str(reader), str(file), *absent], reader.parent).splitlines()


@settings(max_examples=15, deadline=None)
@given(some)
def test_c_reads_what_python_reads(reader: Path, named: dict[str, Picture]) -> None:
    data, facts = _facts(named)
    assert _told(reader, data) == facts


def test_one_pack_holds_a_picture_for_every_kind_of_target(reader: Path) -> None:
    named = {name: sample(shipped(name)) for name in kinds_of_targets()}
    data, facts = _facts(named)
    assert _told(reader, data) == facts
    for name, decode in bundled("all.pack", data).items():
        assert_same(decode(), named[name].indexed)


@pytest.mark.parametrize("codec", registry.CODECS)
def test_c_unpacks_what_each_codec_packed(reader: Path, codec: str) -> None:
    made = picture("a", "p", checker(50, 40, 2), Layout(bits=1), "index", "rgb565")
    data, facts = _facts({"a": compressed(made, CompressChoice(codec, 1 << 16))})
    assert pack.contents(data)[0].entry.codec == CODEC_NUMBERS[codec]
    assert _told(reader, data) == facts


def test_c_knows_how_long_the_lines_of_g5_are_in_every_layout(reader: Path) -> None:
    layouts = [Layout(scan, 1) for scan in SCAN_BITS if line_bits(Layout(scan), (50, 40))]
    layouts += [Layout(align=4), Layout(invert=True), Layout("planes", 2)]
    named = {
        layout.describe(): compressed(
            picture("a", "p", checker(50, 40, 2), layout, "index", "rgb565"), CompressChoice("g5")
        )
        for layout in layouts
    }
    assert len(named) == len(layouts) == 10
    data, facts = _facts(named)
    assert _told(reader, data) == facts


def test_c_finds_each_of_many_names_and_no_other(reader: Path) -> None:
    many = {f"icon {place}": tiny() for place in range(500)} | {"": tiny(), "é" * 300: tiny()}
    data, facts = _facts(many)
    assert _told(reader, data, "icon", "icon 500", "Icon 1", "é" * 299, "x") == facts


def test_c_tells_names_apart_whose_checksums_are_equal(reader: Path) -> None:
    """CRC-32 of `plumless` and `buckeroo` are equal."""
    data, facts = _facts({"plumless": tiny(), "other": tiny(), "buckeroo": tiny("code")})
    assert _told(reader, data) == facts


def test_the_reader_compiles_as_strictly_for_every_language_and_processor(tmp_path: Path) -> None:
    for command in (
        [*LANGUAGES["c99"], *COMMON],
        ["clang", "-std=c99", *COMMON],
        [*CORTEX, "-Os", *COMMON],
        ["avr-gcc", "-mmcu=atmega328p", "-std=c99", "-Os", *COMMON],
        [
            "riscv64-unknown-elf-gcc",
            "-march=rv32imc",
            "-mabi=ilp32",
            "-ffreestanding",
            "-Os",
            *COMMON,
        ],
    ):
        if shutil.which(command[0]):
            run([*command, INCLUDE, "-c", READER, "-o", "reader.o"], tmp_path)
    (tmp_path / "a.cpp").write_text('#include "bitplane_pack.h"\n')
    run([*LANGUAGES["c++11"], *COMMON, INCLUDE, "-c", "a.cpp", "-o", "a.o"], tmp_path)


def test_the_reader_is_small_and_has_no_variables(tmp_path: Path) -> None:
    run([*CORTEX, "-Os", INCLUDE, "-c", READER, "-o", "reader.o"], tmp_path)
    text, data, bss = run(["arm-none-eabi-size", "reader.o"], tmp_path).splitlines()[1].split()[:3]
    assert (data, bss) == ("0", "0")
    assert int(text) < 1000
    needed = run(["arm-none-eabi-nm", "-u", "reader.o"], tmp_path)
    assert not re.search(r"malloc|memcpy|strcmp|printf", needed)


def _samples(folder: Path) -> list[str]:
    """Packs of one, some and no palette, with names that share a checksum."""
    large = picture("a", "p", checker(40, 30, 200), Layout(bits=8), "index", "rgb565")
    named = [
        {"splash": tiny()},
        {"plumless": tiny(), "buckeroo": tiny("code"), "large": large, "again": large},
    ]
    files = []
    for place, pictures in enumerate(named):
        (folder / f"{place}.pack").write_bytes(packed(pictures))
        files.append(f"{place}.pack")
    return files


def _fuzz(folder: Path, rounds: int) -> None:
    if sys.platform != "linux" or shutil.which("gcc") is None:
        pytest.skip("the sanitizers need gcc on Linux")
    flags = [*SANITIZED, "-fsanitize=address,undefined", "-O1", "-DHOST_FUZZ_OWN", INCLUDE]
    run(["gcc", *flags, HOST, READER, "-o", "fuzz"], folder)
    opened = int(run([str(folder / "fuzz"), str(rounds), *_samples(folder)], folder).split()[0])
    assert rounds // 4 < opened < 2 * rounds, "most inputs should come past the header"


def test_damaged_packs_never_lead_the_reader_outside(tmp_path: Path) -> None:
    _fuzz(tmp_path, 5000)


@pytest.mark.soak
def test_very_many_damaged_packs_never_lead_the_reader_outside(tmp_path: Path) -> None:
    _fuzz(tmp_path, 1_000_000)


def test_damage_reaches_every_line_of_the_reader(tmp_path: Path) -> None:
    flags = [*SANITIZED[:2], "--coverage", "-O0", "-DHOST_FUZZ_OWN", INCLUDE]
    run(["gcc", *flags, HOST, READER, "-o", "fuzz"], tmp_path)
    run([str(tmp_path / "fuzz"), "3000", *_samples(tmp_path)], tmp_path)
    said = run(["gcov", "-o", "fuzz-bitplane_pack.gcda", READER], tmp_path)
    assert "Lines executed:100.00%" in said


def test_the_example_of_the_page_compiles_and_shows(tmp_path: Path) -> None:
    page = (HERE.parent / "docs" / "pack.md").read_text(encoding="utf-8")
    example = page.split("```c\n")[1].split("```")[0]
    header = "int show_splash(const void *flash, size_t size);\n"
    body = """
    #include <stdio.h>
    void draw(const uint8_t *pixels, uint32_t width, uint32_t height)
    {
        printf("%02x%02x %lux%lu\\n", pixels[0], pixels[1], (unsigned long)width,
               (unsigned long)height);
    }
    int main(int count, char **arguments)
    {
        static uint8_t room[4096];
        FILE *file = fopen(arguments[count - 1], "rb");
        size_t size = fread(room, 1, sizeof room, file);
        return fclose(file) + !show_splash(room, size);
    }
    """
    (tmp_path / "ui.pack.h").write_text("enum { UI_SPLASH = 1 };\n")
    (tmp_path / "a.c").write_text(f'#include "bitplane_pack.h"\n{header}{example}{body}')
    (tmp_path / "a.pack").write_bytes(packed({"other": tiny("code"), "splash": tiny()}))
    sources = [INCLUDE, "-I.", "a.c", READER]
    run([*LANGUAGES["c99"], *COMMON, *sources, "-o", "a"], tmp_path)
    assert run([str(tmp_path / "a"), "a.pack"], tmp_path) == "1be4 4x2\n"
