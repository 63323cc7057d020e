"""Symbols compile, shadow nothing, and are good file names."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest
from compilers import COMMON, run
from hypothesis import example, given
from hypothesis import strategies as st
from pictures import tiny

from pipeline.emitters import Artifact, emit
from pipeline.symbol import MAX_LENGTH, symbol_for

_HOSTILE = """
    1 1.png 2x-logo 007 _ignored __FILE__ _Bool __x a-b a.b a+b c++ a*b a/b a\\b "quoted" */int
    //x a??/ %:include #define x;y x(y) café naïve 日本1 Straße İx ﬁn e\u0301 \u202ex
    if If IF int class new delete template this operator namespace and or not xor compl bitand
    bool true false nullptr constexpr alignas typeof restrict inline auto register co_await
    requires concept char8_t wchar_t thread_local static_assert asm export
    errno NULL EOF main unix linux i386 assert offsetof stdin setjmp va_list
    int8_t uint8_t uint32_t int_fast8_t uint_least16_t intptr_t size_t ptrdiff_t
    size uint long intmax sig_atomic int8 uint64 int_least32 uint_fast16 wchar bitint ullong
    stdint stdio string time math signal limits float search values memory unistd
    con NUL Aux prn com1 LPT9
"""
HOSTILE = _HOSTILE.split()

_DECORATIONS = (
    *("{}", "{}*/", "/*{}", "//{}", "{}??/", "??={}", "{}\\\n", '"{}"', "'{}'", "<{}.h>", "#{}"),
    *("../{}", "../../{}.h", "C:\\{}", "/etc/{}", "~/{}", "{};", "{}()", "${{{}}}", "%{}%", "{}\0"),
    *("{}\N{COMBINING ACUTE ACCENT}", "\N{RIGHT-TO-LEFT OVERRIDE}{}", "{}\N{SNOWMAN}{}"),
)
"""What stands around a word in a name that no C, file or shell should ever take as it is."""

_HEADERS = """
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
    stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time
    uchar wchar wctype
"""
STANDARD_HEADERS = _HEADERS.split()
OF_BOTH = sorted(set(STANDARD_HEADERS) - {"stdatomic", "stdnoreturn", "tgmath", "threads"})


@pytest.fixture(scope="module")
def symbols() -> list[str]:
    """One for each that differs in more than case: two that do not cannot stand in one folder."""
    return sorted({symbol.lower(): symbol for symbol in map(symbol_for, HOSTILE)}.values())


@pytest.fixture(scope="module")
def many() -> list[str]:
    """More than 500 symbols of hostile names; of those that differ in case alone the last."""
    around = itertools.cycle(_DECORATIONS)
    names = [next(around).format(word, word) for _ in range(7) for word in HOSTILE]
    made = {symbol_for(name).lower(): symbol_for(name) for name in names if re.search(r"\w", name)}
    return sorted(made.values())


@pytest.mark.parametrize("command", [["gcc", "-std=gnu17"], ["g++", "-std=gnu++17", "-x", "c++"]])
def test_500_hostile_names_make_exactly_their_symbols(
    command: list[str], many: list[str], tmp_path: Path
) -> None:
    assert len(many) >= 500
    for symbol in many:
        for artifact in emit("c", replace(tiny(), symbol=symbol)):
            (tmp_path / artifact.name).write_bytes(artifact.data)
    headers = STANDARD_HEADERS if command[0] == "gcc" else OF_BOTH
    lines = [f"#include <{header}.h>" for header in headers]
    lines += [f'#include "{symbol}.c"' for symbol in many]
    (tmp_path / "unit.c").write_text("\n".join(lines) + "\n")
    run([*command, *COMMON, "-I.", "-c", "unit.c"], tmp_path)
    told = run(["nm", "--defined-only", "unit.o"], tmp_path).split()
    assert told[2::3] == sorted(f"{s}_{array}" for s in many for array in ("palette", "pixels"))
    assert set(told[1::3]) == {"R"}


@pytest.mark.parametrize(
    ("compiler", "suffix", "headers"),
    [
        (["gcc", "-std=gnu2x"], "c", STANDARD_HEADERS),
        (["gcc", "-std=gnu17"], "c", STANDARD_HEADERS),
        (["g++", "-std=gnu++20"], "cpp", OF_BOTH),
    ],
    ids=["c23", "c17", "c++20"],
)
def test_hostile_names_compile_in_one_unit(
    compiler: list[str], suffix: str, headers: list[str], symbols: list[str], tmp_path: Path
) -> None:
    assert len(HOSTILE) >= 60
    for symbol in symbols:
        (artifact,) = _header(symbol)
        (tmp_path / artifact.name).write_bytes(artifact.data)
    lines = [f"#include <{header}.h>" for header in headers]
    lines += [f'#include "{symbol}.h"' for symbol in symbols]
    lines += ["int every_symbol(void);", "int every_symbol(void)", "{", "int sum = 0;"]
    lines += [f"{{ int {s} = {s}_pixels[0]; sum += {s} + {s.upper()}_WIDTH; }}" for s in symbols]
    lines += ["return sum;", "}"]
    (tmp_path / f"unit.{suffix}").write_text("\n".join(lines) + "\n")
    run([*compiler, *COMMON, "-I.", "-c", f"unit.{suffix}"], tmp_path)


def _header(symbol: str) -> tuple[Artifact, ...]:
    return emit("c-header", replace(tiny(), symbol=symbol))


def test_no_macro_of_the_standard_headers_is_one_of_ours(tmp_path: Path) -> None:
    unit = "".join(f"#include <{header}.h>\n" for header in STANDARD_HEADERS)
    (tmp_path / "unit.c").write_text(unit)
    text = run(["gcc", "-std=gnu2x", "-D_GNU_SOURCE", "-dM", "-E", "unit.c"], tmp_path)
    ends = re.findall(
        r"#define (\w+?)_(?:WIDTH|HEIGHT|BITS|STRIDE|BYTES|COLORS|TRANSPARENT)\b", text
    )
    stems = {stem.lower() for stem in ends if stem.strip("_")}
    assert {"int", "uint_fast32", "size"} <= stems
    assert [stem for stem in stems if symbol_for(stem) == stem] == []


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("splash", "splash"),
        ("Icon_2", "Icon_2"),
        ("icon-wifi.on", "icon_wifi_on"),
        ("1", "img_1"),
        ("_x", "img__x"),
        ("if", "img_if"),
        ("INT", "img_INT"),
        ("int16", "img_int16"),
        ("signal", "img_signal"),
        ("nul", "img_nul"),
        ("com1", "img_com1"),
        ("café", "caf_"),
        ("*/ int evil=1; /*", "img____int_evil_1____"),
    ],
)
def test_what_a_name_becomes(name: str, symbol: str) -> None:
    assert symbol_for(name) == symbol


@pytest.mark.parametrize("name", ["", " ", "_", "---", "日本", "\N{WAVING HAND SIGN}", "\n"])
def test_a_name_without_letters_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no letter a-z or digit"):
        symbol_for(name)


def test_a_name_too_long_for_a_file_is_refused() -> None:
    assert symbol_for("a" * MAX_LENGTH) == "a" * MAX_LENGTH
    with pytest.raises(ValueError, match="over 200 letters"):
        symbol_for("a" * (MAX_LENGTH + 1))
    with pytest.raises(ValueError, match="over 200 letters"):
        symbol_for("1" * MAX_LENGTH)


@given(st.text(max_size=20) | st.sampled_from(HOSTILE))
@example("\udc80a")
def test_a_symbol_is_an_identifier_and_its_own_symbol(name: str) -> None:
    try:
        symbol = symbol_for(name)
    except ValueError:
        assert not re.search(r"[A-Za-z0-9]", name)
        return
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", symbol)
    assert symbol_for(symbol) == symbol
