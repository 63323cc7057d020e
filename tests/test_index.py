"""The index of a bundle: a table that compiles everywhere and says what the pictures are."""

import re
from pathlib import Path

import pytest
from compilers import COMPILERS, LANGUAGES, compile_unit, run, run_program
from runtime_lab import parameter
from test_c_compiles import made_pictures

from pipeline import registry
from pipeline.bundles import Bundle, Object, emit
from pipeline.codecs import CODEC_NUMBERS
from pipeline.emitters import Picture
from pipeline.emitters import emit as emit_asset
from pipeline.emitters.stored import compressed
from pipeline.recipe import CompressChoice

HOSTILE = ['a"b\\', "*/ }; //", "??/", "line\nline", "é\udcff", "%s 1", "\x012"]
FORMS = registry.BUNDLES["index"].reads

PRINT = """
#include <stdio.h>
#include "ui.h"
int main(void)
{
    int i;
    for (i = 0; i < UI_COUNT; i++) {
        const struct bitplane_picture *p = &ui_assets[i];
        uint32_t at;
        const char *c;
        for (c = p->name; *c; c++) printf("%02x", *c & 255);
        printf(" %u %u %u %lu %lu %u %u", p->width, p->height, p->bits, 0ul + p->stride,
               0ul + p->plain_bytes, p->window, p->parameter);
        printf(" %u %u %u %lu %lx ", p->entry_bytes, p->codec, p->unit, 0ul + p->colors,
               0ul + p->transparent);
        for (at = 0; at < p->pixels_bytes; at++) printf("%02x", p->pixels[at]);
        printf(" %d\\n", p->palette != 0);
    }
    return 0;
}
"""


def _pictures() -> list[Picture]:
    """One of each kind, plain and compressed in turns."""
    choices = [CompressChoice(name) for name in ("none", "rle", "smallest", "heatshrink")]
    return [
        compressed(made, choices[place % len(choices)])
        for place, made in enumerate(made_pictures())
    ]


def _write(folder: Path, *forms: str) -> list[str]:
    """The files of a bundle and of its assets, each in one of the forms in turns; the C files."""
    objects = []
    for place, made in enumerate(_pictures()):
        files = {each.name: each.data for each in emit_asset(forms[place % len(forms)], made)}
        for name, data in files.items():
            (folder / name).write_bytes(data)
        name = HOSTILE[place % len(HOSTILE)] + made.symbol
        objects.append(Object(name, made.symbol, files))
    header, source = emit("index", Bundle("ui", "test-panel", 4, tuple(objects)))
    (folder / "ui.h").write_bytes(header)
    (folder / "ui.c").write_bytes(source)
    return [path.name for path in sorted(folder.glob("*.c"))]


def _expected() -> list[str]:
    lines = []
    for place, made in enumerate(_pictures()):
        name = (HOSTILE[place % len(HOSTILE)] + made.symbol).encode("utf-8", "surrogateescape")
        indexed, palette = made.indexed, made.indexed.palette
        headers = emit_asset("c", made)[0].data.decode()
        step = re.search(r"_STRIDE (\d+)", headers)
        word = re.search(r"uint(\d+)_t \w+_palette", headers)
        clear = re.search(r"_TRANSPARENT (\d+)", headers)
        is_packed = made.codec != "none"
        facts = [indexed.width, indexed.height, made.layout.bits, int(step[1]) if step else 0]
        facts += [len(made.data), made.parameters.window if is_packed else 0]
        facts += [parameter(made.codec, made.parameters) if is_packed else 0]
        facts += [int(word[1]) // 8 if word else 0, CODEC_NUMBERS.get(made.codec, 0)]
        facts += [made.parameters.unit if made.codec == "rle" else 0, len(palette)]
        transparent = f"{int(clear[1]) if clear else 0xFFFFFFFF:x}"
        table = str(int(made.has_table))
        texts = [name.hex(), *map(str, facts), transparent, made.stored.hex(), table]
        lines.append(" ".join(texts))
    return lines


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("forms", [("c",), ("c-header",), ("c", "c-aligned", "c-progmem")])
def test_a_program_reads_every_picture_from_the_table(
    language: str, forms: tuple[str, ...], tmp_path: Path
) -> None:
    sources = _write(tmp_path, *forms)
    (tmp_path / "main.c").write_text(PRINT)
    told = run_program(language, ["main.c", *sources], tmp_path)
    assert told.splitlines() == _expected()


@pytest.mark.parametrize("compiler", COMPILERS)
def test_no_compiler_has_a_word_to_say(compiler: str, tmp_path: Path) -> None:
    _write(tmp_path, "c", "c-aligned", "c-progmem")
    compile_unit(compiler, "ui.c", tmp_path)


def test_the_table_is_the_one_symbol_that_is_new(tmp_path: Path) -> None:
    _write(tmp_path, *FORMS)
    run(["gcc", "-fno-pic", "-c", "ui.c"], tmp_path)
    told = run(["nm", "--defined-only", "-g", "ui.o"], tmp_path)
    assert [line.split()[1:] for line in told.splitlines()] == [["R", "ui_assets"]]


def test_headers_of_all_forms_go_together(tmp_path: Path) -> None:
    _write(tmp_path, "c")
    objects = tuple(
        Object(each.symbol, each.symbol, {f"{each.symbol}.bin": emit_asset("bin", each)[0].data})
        for each in _pictures()
    )
    (tmp_path / "ui.pack.h").write_bytes(emit("pack", Bundle("ui", "test-panel", 4, objects))[1])
    text = '#include "ui.pack.h"\n#include "ui.h"\n#include "ui.pack.h"\n'
    (tmp_path / "all.c").write_text(text + "int all[UI_COUNT];\n")
    for language in LANGUAGES.values():
        run([*language, "-Wall", "-Wextra", "-Werror", "-c", "all.c"], tmp_path)


def test_a_header_of_somebody_else_is_refused() -> None:
    theirs = Object("a", "a", {"a.h": b"#define A_WIDTH 3\n"})
    with pytest.raises(ValueError, match=r"a\.h is not a header that bitplane wrote"):
        emit("index", Bundle("ui", "test-panel", 4, (theirs,)))
