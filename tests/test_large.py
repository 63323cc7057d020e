"""Large pictures for C: assembled or embedded, they are the arrays that `c` writes."""

import subprocess
from pathlib import Path

import pytest
from compilers import COMMON, LANGUAGES, run
from hypothesis import given, settings
from pictures import Kind, assert_same, checker, inks, listed, pictures, tiny

from pipeline.decode import companion, decode
from pipeline.emitters import Picture, emit, picture
from pipeline.layout import Layout
from pipeline.palette import Indexed

KINDS: dict[str, Kind] = {
    "inks": inks([0, 1, 2, 3, 5, 6, 200]),
    "words_8": listed("rgb332", 16, 1, holds="index", clear=False, learned=True),
    "words_16": listed("rgb565", 100, 3, holds="index", clear=True, learned=True),
    "words_24": listed("bgr888", 4, 4, holds="index", clear=True, learned=True),
}


def _made(symbol: str) -> Picture:
    kind = KINDS[symbol]
    indices = checker(301, 200, len(kind.palette)).indices
    indexed = Indexed(indices, kind.palette)
    return picture(symbol, "p", indexed, Layout(bits=8), kind.holds, kind.grid)


def _write(emitter: str, made: Picture, folder: Path) -> None:
    for artifact in emit(emitter, made):
        (folder / artifact.name).write_bytes(artifact.data)


def _main(made: Picture) -> str:
    words = f"""
    for (i = 0; i < {made.symbol.upper()}_COLORS; i++)
        printf(" %lx", 0ul + {made.symbol}_palette[i]);"""
    return f"""
#include <stdio.h>
#include "{made.symbol}.h"
int main(void)
{{
    unsigned i;
    for (i = 0; i < sizeof {made.symbol}_pixels; i++)
        printf("%02x", {made.symbol}_pixels[i]);{words if made.has_table else ""}
    return 0;
}}
"""


def _expected(made: Picture) -> str:
    words = made.indexed.palette.codes.tolist() if made.has_table else []
    return made.data.hex() + "".join(f" {word:x}" for word in words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("symbol", KINDS)
def test_an_assembled_picture_is_the_same_array(symbol: str, language: str, tmp_path: Path) -> None:
    made, folder = _made(symbol), tmp_path / "art"
    folder.mkdir()
    _write("c-incbin", made, folder)
    (tmp_path / "main.c").write_text(_main(made))
    run(["gcc", "-Iart", "-c", f"art/{symbol}.S"], tmp_path)
    run([*LANGUAGES[language], *COMMON, "-Iart", "-c", "main.c"], tmp_path)
    compiler = "gcc" if language == "c99" else "g++"
    run([compiler, "-Wl,--fatal-warnings", "main.o", f"{symbol}.o", "-o", "program"], tmp_path)
    assert run([str(tmp_path / "program")], tmp_path) == _expected(made)


def test_an_assembled_picture_is_read_only_and_aligned(tmp_path: Path) -> None:
    _write("c-incbin", _made("words_16"), tmp_path)
    run(["gcc", "-I.", "-c", "words_16.S"], tmp_path)
    rows = [line.split() for line in run(["objdump", "-h", "words_16.o"], tmp_path).splitlines()]
    at = next(
        i for i, row in enumerate(rows) if len(row) > 1 and row[1] == ".rodata.words_16_pixels"
    )
    assert rows[at][-1] == "2**2"
    assert {"READONLY,", "ALLOC,"} <= set(rows[at + 1])


def test_pixels_cut_short_do_not_assemble(tmp_path: Path) -> None:
    _write("c-incbin", tiny(), tmp_path)
    (tmp_path / "tiny.pixels").write_bytes(b"\x1b")
    with pytest.raises(AssertionError, match=r"tiny\.pixels|file size"):
        run(["gcc", "-I.", "-c", "tiny.S"], tmp_path)


@pytest.mark.parametrize("symbol", KINDS)
def test_an_embedded_picture_is_the_same_array(symbol: str, tmp_path: Path) -> None:
    made = _made(symbol)
    _write("c-embed", made, tmp_path)
    (tmp_path / "main.c").write_text(_main(made))
    source = (tmp_path / f"{symbol}.c").read_text()
    command = ["gcc", "-std=c99", *COMMON, "main.c", f"{symbol}.c", "-o", "program"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    if done.returncode and "has no #embed" in done.stderr:
        # What a compiler with #embed makes of the line.
        numbers = ", ".join(map(str, made.data))
        (tmp_path / f"{symbol}.c").write_text(
            source.replace(f'#embed "{symbol}.pixels"', numbers).replace("__has_embed", "__FILE__")
        )
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert run([str(tmp_path / "program")], tmp_path) == _expected(made)


@pytest.mark.parametrize("emitter", ["c-incbin", "c-embed"])
@given(made=pictures())
@settings(max_examples=40, deadline=None)
def test_every_picture_turns_back(emitter: str, made: Picture) -> None:
    files = {artifact.name: artifact.data for artifact in emit(emitter, made)}
    assert companion("sample.pixels") == "sample.h"
    assert_same(decode(files, "sample.pixels"), made.indexed)


def test_pixels_alone_ask_for_their_header() -> None:
    with pytest.raises(ValueError, match=r"the \.h file is needed beside it"):
        decode({"a.pixels": b"\x1b\xe4"}, "a.pixels")


def test_pixels_of_another_picture_are_refused() -> None:
    files = {artifact.name: artifact.data for artifact in emit("c-embed", tiny())}
    with pytest.raises(ValueError, match="is 2 bytes, not 1"):
        decode({**files, "tiny.pixels": b"\x1b"}, "tiny.pixels")


@pytest.mark.parametrize("emitter", ["c-incbin", "c-embed"])
def test_a_symbol_that_is_none_is_refused(emitter: str) -> None:
    made = picture('a"', "p", checker(2, 2, 2), Layout(), "index", "rgb565")
    with pytest.raises(ValueError, match="is no C symbol"):
        emit(emitter, made)
