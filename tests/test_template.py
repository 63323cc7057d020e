"""Templates: values at their places, faults at theirs, and a build that sees them change."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from compilers import LANGUAGES, run_program
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pictures import assert_same, inks, pictures, tiny
from PIL import Image

from pipeline.cli import main
from pipeline.decode import decode
from pipeline.emitters import Picture, emit, picture
from pipeline.emitters import template as filling
from pipeline.emitters.stored import compressed
from pipeline.layout import Layout
from pipeline.palette import Indexed
from pipeline.recipe import CompressChoice
from pipeline.report import Failure
from pipeline.template import FIELDS, ITEMS, MAX_BYTES, parse, suffix_of

GUIDE = (Path(__file__).parent.parent / "docs" / "guide.md").read_text(encoding="utf-8")


def _filled(text: str, made: Picture | None = None, path: str = "t.txt") -> str:
    made = replace(made or tiny(), template=parse(text.encode(), path))
    (file,) = emit("template", made)
    return file.data.decode()


def _faults(text: str) -> list[str]:
    with pytest.raises(Failure) as caught:
        parse(text.encode(), "art/t.inc")
    return [
        f"{p.span.line}:{p.span.column} {p.message}; {p.hint}"
        for p in caught.value.problems
        if p.span
    ]


def test_values_stand_at_their_places() -> None:
    text = (
        "@symbol@ @SYMBOL@ @width@x@height@ @bits@ @stride@ @bytes@ @colors@ @transparent@ @holds@"
    )
    assert _filled(text) == "tiny TINY 4x2 2 1 2 4 3 index"
    assert _filled("@scan@ @first@ @byte-order@ @target@ a@@b") == "rows msb big test-panel a@b"


def test_lists_stand_in_every_form() -> None:
    assert _filled("{@pixels.hex@}{@pixels.dec@}") == "{0x1b, 0xe4}{27, 228}"
    assert _filled("@pixels.digits@ @pixels.base64@") == "1be4 G+Q="
    assert _filled("@codes.hex@; @codes.dec@") == "0x0, 0xffff, 0xf800, 0x1f; 0, 65535, 63488, 31"


def test_long_lists_keep_their_indent() -> None:
    made = picture(
        "a",
        "p",
        Indexed(np.zeros((1, 20), np.uint16), tiny().indexed.palette),
        Layout(bits=8),
        "index",
        "rgb565",
    )
    lines = _filled("x = {\n\t @pixels.dec@\n}\n", made).splitlines()
    assert lines == ["x = {", "\t " + "0, " * 15 + "0,", "\t 0, 0, 0, 0", "}"]


def test_each_color_and_each_row_get_their_own_text() -> None:
    made = replace(tiny(), names=("black", 'a "b" */', "", "ü"))
    text = '@each color ","@\n  [@color.index@, "#@color.rgb@", @color.json@]\n@end@\n'
    assert json.loads(f"[{_filled(text, made)}]") == [
        [0, "#000000", "black"],
        [1, "#ffffff", 'a "b" */'],
        [2, "#ff0000", ""],
        [3, "#0000ff", "ü"],
    ]
    assert _filled("@each color@@color.name@|@end@", made) == "black|a _b_ __||_|"
    assert _filled("@each color ' '@@color.constant@@end@".replace("'", '"'), made) == (
        "INK_BLACK INK_A_B COLOR_2 COLOR_3"
    )
    assert _filled("@each row@@row.index@: @row.dec@ @row.hex@;@end@") == (
        "0: 0, 1, 2, 3 0x0, 0x1, 0x2, 0x3;1: 3, 2, 1, 0 0x3, 0x2, 0x1, 0x0;"
    )
    assert _filled("@each color@@color.red@ @color.green@ @color.blue@ @end@") == (
        "0 0 0 255 255 255 255 0 0 0 0 255 "
    )


def test_pixels_that_hold_codes_have_the_values_of_the_display() -> None:
    kind = inks([0, 1, 5])
    indexed = Indexed(np.array([[2, 0]], np.uint16), kind.palette)
    made = picture("a", "p", indexed, Layout(bits=8), "code", "")
    assert (
        _filled(
            "@each row@@row.dec@@end@ @each color ','@@color.value@@end@".replace("'", '"'), made
        )
        == "5, 0 0,1,5"
    )


def test_lines_that_only_open_or_close_vanish() -> None:
    assert _filled("a\n  @each row@  \nb\n\t@end@\nc\n") == "a\nb\nb\nc\n"
    assert _filled("a\r\n@each row@\r\nb\r\n@end@\r\nc") == "a\r\nb\r\nb\r\nc"
    assert _filled("@each row@\nb\n@end@") == "b\nb\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\n@widht@\n", "2:1 unknown `@widht@`; did you mean 'width'?"),
        ("@color.red@", "1:1 unknown `@color.red@`; it has a value between `@each color@`"),
        ("@each pixel@@end@", "1:1 unknown `@each pixel@`; like `@each color@`"),
        ("x @end@", "1:3 `@end@` without an `@each@`"),
        ("\n @each row@", "2:2 `@each@` has no `@end@`"),
        ("@each row@@each color@@end@", "1:11 an `@each@` within another"),
        ("mail a@b.c", "1:7 a lone at sign; write `@@`"),
        ("@each row@@color.red@@end@", "1:11 unknown `@color.red@`"),
    ],
)
def test_faults_are_told_at_their_places(text: str, told: str) -> None:
    assert any(fault.startswith(told) for fault in _faults(text)), _faults(text)


def test_all_faults_are_told_at_once() -> None:
    assert len(_faults("@a@ @b@\n@end@\n@c@")) == 4


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(Failure, match="no UTF-8 text"):
        parse(b"\xff", "a.txt")
    with pytest.raises(Failure, match="larger than 1 MiB"):
        parse(b" " * (MAX_BYTES + 1), "a.txt")


@pytest.mark.parametrize(
    ("path", "suffix"),
    [
        ("a.txt", ".txt"),
        ("art/panel.tab.h", ".tab.h"),
        ("art.d/panel.h.template", ".h"),
        ("..\\panel.inc", ".inc"),
        (".hidden.s", ".s"),
    ],
)
def test_the_ending_is_that_of_the_template(path: str, suffix: str) -> None:
    assert suffix_of(path) == suffix


@pytest.mark.parametrize("path", ["panel", "panel.template", ".hidden", "a.b c", "a.", "a..b", ""])
def test_a_template_without_a_fit_ending_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="no ending to name files by"):
        suffix_of(path)


def test_every_value_that_is_documented_has_a_value() -> None:
    assert filling._FIELDS.keys() == FIELDS.keys()
    assert filling._ITEMS.keys() == ITEMS.keys()
    for kind, names in ITEMS.items():
        assert next(filling._ITEMS[kind](tiny())).keys() == names.keys()


@given(made=pictures())
@settings(max_examples=40, deadline=None)
def test_pixels_are_those_of_the_picture_whatever_it_is(made: Picture) -> None:
    every = "".join(f"@{name}@\n" for name in FIELDS if not name.startswith(("pixels", "mark")))
    assert "@" not in _filled(every, made)
    assert base64.b64decode(_filled("@pixels.base64@", made)) == made.data
    assert bytes(int(byte) for byte in _filled("@pixels.dec@", made).split(",")) == made.data
    rows = _filled('@each row "|"@@row.dec@@end@', made).split("|")
    assert len(rows) == made.indexed.height


C = """@mark@
#include <stdint.h>
static const uint8_t @symbol@_pixels[] = {
    @pixels.hex@
};
"""


@given(made=pictures())
@settings(max_examples=40, deadline=None)
def test_a_file_with_the_mark_and_an_array_turns_back(made: Picture) -> None:
    assert_same(decode({"a.h": _filled(C, made).encode()}, "a.h"), made.indexed)
    packed = compressed(made, CompressChoice("packbits"))
    assert _filled(C, packed) == _filled(C, made)


NAMES = st.lists(st.text(max_size=12), min_size=4, max_size=4)


@given(names=NAMES)
@example(names=['"; system("id"); "', "*/ int x; /*", "??/\n", "\\"])
@settings(max_examples=50, deadline=None)
def test_names_stay_within_their_places(names: list[str]) -> None:
    made = replace(tiny(), names=tuple(names))
    plain = _filled("@each color@[@color.name@]@end@", made)
    assert re.fullmatch(r"(\[[A-Za-z0-9 ._-]*\]){4}", plain)
    quoted = _filled('@each color ","@@color.json@@end@', made)
    assert json.loads(f"[{quoted}]") == names
    assert quoted.isascii()
    assert quoted.isprintable()


@given(text=st.text(alphabet='@ach endrowcolr.i\n\r"x,', max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_filled_in_or_refused(text: str) -> None:
    try:
        filled = _filled(text)
    except Failure as failure:
        assert all(problem.span and problem.message for problem in failure.problems)
        return
    if "@" not in text:
        assert filled == text


def test_time_is_linear_in_a_hostile_template() -> None:
    for text in ("@" * 100_000, "@each row@" * 2_000, "@x" * 10_000, "@each " * 20_000):
        try:
            _filled(text)
        except Failure as failure:
            assert failure.problems


def _example() -> str:
    """The template that the guide shows."""
    (found,) = re.findall(r"```text\n(// @symbol@.*?)```", GUIDE, re.DOTALL)
    return str(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_of_the_guide_compiles(language: str, tmp_path: Path) -> None:
    made = replace(tiny(), names=("black", "white", "red", "blue"))
    text = _filled(_example(), made).replace("// ", "/* ", 1).replace("\n", " */\n", 1)
    (tmp_path / "tiny.tile.h").write_text(text)
    program = '#include <stdio.h>\n#include "tiny.tile.h"\nint main(void) {{ {} return 0; }}\n'
    (tmp_path / "main.c").write_text(
        program.format('printf("%d %d %u", TINY_INK_RED, tiny_tile[4], tiny_colors[2].red);')
    )
    assert run_program(language, ["main.c"], tmp_path) == "2 27 255"


Project = Callable[[str, str], Path]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Writes a manifest and a template beside a picture, and goes there."""

    def write(manifest: str, template: str) -> Path:
        (tmp_path / "build.yaml").write_text(manifest)
        (tmp_path / "size.txt").write_text(template)
        Image.new("RGB", (8, 6), "white").save(tmp_path / "a.png")
        monkeypatch.chdir(tmp_path)
        return tmp_path

    return write


HEAD = "target: ssd1306-128x64\ndefaults: {template: size.txt}\nassets:\n"


def test_a_build_writes_what_the_template_says_and_again_when_it_changes(project: Project) -> None:
    folder = project(HEAD + "  a: {source: a.png, emit: [c, template]}\n", "@width@x@height@")
    made = folder / "build/assets/a.txt"
    assert main(["build", "-q", "--depfile", "d"]) == 0
    assert made.read_text() == "8x6"
    assert "size.txt" in (folder / "d").read_text()
    assert main(["build", "-q", "--check"]) == 0
    (folder / "size.txt").write_text("@height@")
    assert main(["build", "-q", "--check"]) == 1
    assert main(["build", "-q"]) == 0
    assert made.read_text() == "6"


def test_a_template_that_nobody_emits_is_not_read(project: Project) -> None:
    project(HEAD.replace("size", "none") + "  a: {source: a.png, emit: [c]}\n", "")
    assert main(["build", "-q"]) == 0


@pytest.mark.parametrize(
    ("asset", "template", "told"),
    [
        ("emit: template", "\n @widht@", "size.txt:2:2: error: unknown `@widht@`"),
        ("emit: template, template: ''", "", "`template` needs a file to fill in"),
        ("emit: template, template: siez.txt", "", "there is no file 'siez.txt'"),
        ("emit: template, template: a.png", "", "a.png:1:1: error: the template is no UTF-8"),
        ("emit: template, template: build.yaml", "", "lone at sign"),
        ("emit: [png, template], template: x.png", "", "both write NAME.png"),
    ],
)
def test_a_build_says_what_is_wrong_with_a_template(
    asset: str, template: str, told: str, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project(HEAD + f"  a: {{source: a.png, {asset}}}  # @\n", template)
    assert main(["build"]) == 2
    assert told in capsys.readouterr().err


def test_a_fault_in_a_template_is_told_once(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project(
        HEAD + "  a: {source: a.png, emit: template}\n  b: {source: a.png, emit: template}\n", "@x@"
    )
    assert main(["build"]) == 2
    assert capsys.readouterr().err.count("unknown `@x@`") == 1


def test_an_output_never_replaces_its_template(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project(
        "target: ssd1306-128x64\noutput: .\nassets:\n"
        "  page: {source: a.png, emit: template, template: page.txt}\n",
        "",
    )
    Path("page.txt").write_text("@width@")
    assert main(["build"]) == 2
    assert "would overwrite a file that is read" in capsys.readouterr().err
