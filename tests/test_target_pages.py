"""docs/targets: what is committed is what the profiles and packers give, and the C on it runs."""

import re
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from compilers import run as run_tool

from pipeline import layouts, testcard
from pipeline.emitters import emit, picture
from pipeline.grid import GRIDS, word
from pipeline.layout import Layout
from pipeline.target import Target, builtin_names
from pipeline.target_file import shipped

DOCS = Path(__file__).parent.parent / "docs"
FOLDER = DOCS / "targets"
STRICT = ["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-I."]


@pytest.fixture(scope="module")
def drawn() -> Any:
    """The script, with its helper importable."""
    sys.path.insert(0, str(DOCS))
    try:
        return SimpleNamespace(**runpy.run_path(str(DOCS / "draw_targets.py")))
    finally:
        sys.path.remove(str(DOCS))


def test_pages_and_pictures_are_up_to_date(drawn: Any) -> None:
    made = drawn.pages()
    hint = "run `python docs/draw_targets.py`"
    assert {path.name for path in FOLDER.iterdir()} == set(made), hint
    for name, data in made.items():
        committed = (FOLDER / name).read_bytes()
        assert committed.replace(b"\r\n", b"\n") == data or committed == data, f"{name}: {hint}"


def test_the_table_of_scans_is_up_to_date(drawn: Any) -> None:
    page = (DOCS / "formats.md").read_text("utf-8")
    targets = [shipped(name) for name in builtin_names()]
    assert drawn.with_scans(page, targets) == page, "run `python docs/draw_targets.py`"


def test_pages_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 3 << 20


def test_links_of_the_pages_lead_somewhere() -> None:
    for path in FOLDER.glob("*.md"):
        for link in re.findall(r"\]\(([^)\s#]+)[^)\s]*\)", path.read_text("utf-8")):
            assert link.startswith("https://") or (path.parent / link).exists(), (path, link)


@pytest.mark.parametrize(
    ("layout", "size"),
    [
        (Layout("pages", 1, "lsb"), (128, 64)),
        (Layout("rows", 4), (800, 480)),
        (Layout("rows", 12), (240, 320)),
        (Layout("rows", 16, byte_order="little"), (240, 320)),
        (Layout("columns", 1), (296, 128)),
        (Layout("halves", 4), (1200, 160)),
        (Layout("planes", 3), (600, 448)),
        (Layout("folded", 1), (512, 256)),
        (Layout("interleaved", 8), (512, 256)),
        (Layout("packed-tiles", 4, "lsb"), (240, 160)),
        (Layout("paired-tiles", 4), (256, 224)),
        (Layout("blocks", 1, align=3), (300, 400)),
        (Layout("sharp-lines", 1), (400, 240)),
    ],
)
def test_a_diagram_names_the_pixel_of_each_bit(
    layout: Layout, size: tuple[int, int], drawn: Any
) -> None:
    lines = drawn.diagram(layout, *size).splitlines()[1:]
    rows = [line[6:].split() for line in lines]
    pixels, bits = (rows[::2], rows[1::2]) if layout.bits > 1 else (rows, [["0"] * 8] * 4)
    for byte, (cells, numbers) in enumerate(zip(pixels, bits, strict=True)):
        places = iter(numbers)
        for column, cell in enumerate(cells):
            if cell != ".":
                x, y = map(int, cell.split(","))
                values = np.zeros((size[1], size[0]), np.uint32)
                empty = layouts.pack(values, layout)
                values[y, x] = 1 << int(next(places))
                changed = layouts.pack(values, layout)[byte] ^ empty[byte]
                assert changed == 0x80 >> column


@pytest.mark.parametrize("name", GRIDS)
def test_the_bits_of_a_word_are_those_of_its_channels(name: str, drawn: Any) -> None:
    text = drawn.word_text(GRIDS[name]).replace(" ", "")[::-1]
    black = word(GRIDS[name], (0, 0, 0))
    full = {"r": (255, 0, 0), "g": (0, 255, 0), "b": (0, 0, 255)}
    if GRIDS[name].gray:
        full = {"v": (255, 255, 255)}
    for letter, color in full.items():
        told = sum(1 << place for place, found in enumerate(text) if found == letter)
        assert told == word(GRIDS[name], color) ^ black


def test_every_target_has_its_lines_of_c_or_a_reason(drawn: Any) -> None:
    show = drawn.show_targets
    for name in builtin_names():
        assert (show.snippet_of(name) is None) == bool(show.reason(name)), name
    used = {id(show.snippet_of(name)) for name in builtin_names()}
    assert [s.names for s in show.SNIPPETS if id(s) not in used] == []
    assert {path.stem for path in show.FOLDER.iterdir()} == {s.file for s in show.SNIPPETS}
    exact = [name for s in show.SNIPPETS for t in (s.corner, s.more) for name in t]
    for pattern in exact:
        assert "*" in pattern or pattern in builtin_names(), pattern


STUBS = """
#include <stdio.h>
static unsigned char sent[CARD_BYTES];
void command(uint8_t code) { (void)code; }
void data(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes + i >= card_pixels && bytes + i < card_pixels + CARD_BYTES)
            sent[bytes + i - card_pixels]++;
}
void chip(unsigned mask) { (void)mask; }
void wait(void) {}
int main(void)
{
    size_t once = 0;
    show_card();
    for (size_t i = 0; i < CARD_BYTES; i++)
        once += sent[i] == 1;
    printf("%s", once == CARD_BYTES ? "all once" : "not so");
    return 0;
}
"""
HOST = """
void host_command(uint16_t code) { (void)code; }
void host_words(const uint16_t *words, size_t count) { (void)words; (void)count; }
"""


def card_of(target: Target, size: tuple[int, int]) -> tuple[str, str]:
    """card.h, and arrays without contents."""
    palette = testcard.colors_for(target)
    card = testcard.draw(*size, palette, is_round=target.shape == "round")
    made = picture("card", target.name, card, target.layout, target.holds, target.grid)
    header = emit("c", made)[0].data.decode()
    arrays = re.findall(r"^extern (const .*);$", header, re.MULTILINE)
    return header, "".join(f"{array} = {{0}};\n" for array in arrays)


def one_of_each(drawn: Any) -> list[str]:
    """The smallest target of every different text of C."""
    found: dict[str, str] = {}
    sizes = {name: drawn.size_of(shipped(name)) for name in builtin_names()}
    for name in sorted(sizes, key=lambda name: sizes[name][0] * sizes[name][1]):
        snippet = drawn.show_targets.snippet_of(name)
        if snippet is not None:
            found.setdefault(f"{snippet.names} {snippet.more.get(name)}", name)
    return list(found.values())


def test_the_c_compiles_without_a_word_and_sends_each_byte_once(drawn: Any, tmp_path: Path) -> None:
    show = drawn.show_targets
    for name in one_of_each(drawn):
        target, snippet = shipped(name), show.snippet_of(name)
        header, arrays = card_of(target, drawn.size_of(target))
        (tmp_path / "card.h").write_text(header)
        code = show.DRIVER + show.code(snippet, target, drawn.palette_bits(target))
        if not snippet.whole:
            (tmp_path / "main.c").write_text(code)
            run_tool([*STRICT, "-fsyntax-only", "main.c"], tmp_path)
            continue
        host = HOST if "host_command" in code else ""
        (tmp_path / "main.c").write_text(code + arrays + STUBS + host)
        run_tool([*STRICT, "main.c", "-o", "main"], tmp_path)
        assert run_tool(["./main"], tmp_path) == "all once", name


def test_windows_are_as_large_as_the_picture(drawn: Any) -> None:
    """Columns and rows that go as two bytes each."""
    show = drawn.show_targets
    for name in builtin_names():
        snippet, target = show.snippet_of(name), shipped(name)
        if snippet is None or "$left_high" not in snippet.text:
            continue
        code = show.code(snippet, target, drawn.palette_bits(target))
        found = re.findall(r"(?:columns|rows)\[\] = \{(\d+), (\d+), (\d+), (\d+)\}", code)
        sides = [256 * (int(c) - int(a)) + int(d) - int(b) + 1 for a, b, c, d in found]
        assert tuple(sides) == target.size
