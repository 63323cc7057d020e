"""docs/formats.md: each example is what the code does, and none is missing."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from pipeline import layouts, registry
from pipeline.grid import GRIDS, expand, shown, word
from pipeline.layout import SCAN_BITS, Layout

PAGE = (Path(__file__).parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
NAMES = "abcdefghijklmnopqrstuvwxyz"
ORANGE = (255, 128, 0)


def _blocks(kind: str) -> list[list[str]]:
    return [text.splitlines() for text in re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)]


def _layout(text: str) -> Layout:
    fields = {key.replace("-", "_"): value for key, value in yaml.safe_load(text).items()}
    return Layout(**fields)


class Example(NamedTuple):
    """One example: the layout, the pixel values, the bytes, and the owner of each bit."""

    layout: Layout
    values: list[list[int]]
    data: str
    owners: str


def _examples() -> Iterator[Example]:
    for first, *lines in _blocks("layout"):
        place = next(i for i, line in enumerate(lines) if line.startswith("="))
        values = [[int(value, 16) for value in line.split()] for line in lines[:place]]
        owners = " ".join(lines[place + 1 :]).strip()
        yield Example(_layout(first), values, lines[place][1:].strip(), owners)


EXAMPLES = list(_examples())


def _owners(layout: Layout, width: int, height: int) -> str:
    """Who owns each bit, found by packing pictures of one pixel."""
    plain = layout._replace(invert=False)
    owners = np.full(layouts.size(plain, width, height) * 8, ".")
    empty = _bits(np.zeros((height, width), np.uint32), plain)
    for place, name in zip(range(width * height), NAMES, strict=False):
        picture = np.zeros(width * height, np.uint32)
        picture[place] = (1 << layout.bits) - 1
        owners[_bits(picture.reshape(height, width), plain) != empty] = name
    return " ".join("".join(byte) for byte in owners.reshape(-1, 8))


def _bits(values: NDArray[np.uint32], layout: Layout) -> NDArray[np.uint8]:
    return np.unpackbits(np.frombuffer(layouts.pack(values, layout), np.uint8))


def _id(example: Example) -> str:
    return example.layout.describe()


@pytest.mark.parametrize("example", EXAMPLES, ids=_id)
def test_the_bytes_are_what_pack_gives(example: Example) -> None:
    values = np.array(example.values, np.uint32)
    assert layouts.pack(values, example.layout).hex(" ") == example.data
    height, width = values.shape
    again = layouts.unpack(bytes.fromhex(example.data), example.layout, width, height)
    assert again.tolist() == example.values


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.owners], ids=_id)
def test_the_bits_belong_to_the_pixels_drawn(example: Example) -> None:
    height, width = np.array(example.values).shape
    owners = _owners(example.layout, width, height)
    if example.owners.endswith(" ..."):
        assert owners.startswith(example.owners.removesuffix("..."))
    else:
        assert owners == example.owners


def test_each_scan_and_each_choice_has_an_example() -> None:
    shown_layouts = {example.layout for example in EXAMPLES}
    assert {layout.scan for layout in shown_layouts} == set(registry.LAYOUTS)
    assert {layout.bits for layout in shown_layouts if layout.scan == "rows"} == set(
        SCAN_BITS["rows"]
    )
    for field in ("first", "byte_order", "align", "invert"):
        assert len({getattr(layout, field) for layout in shown_layouts}) > 1, field


def test_the_names_of_others_are_legal_layouts() -> None:
    rows = re.findall(r"\| `(\{scan.*?\})`", PAGE)
    assert len(rows) > 10
    for row in rows:
        layout = _layout(row)
        assert layout.bits in SCAN_BITS[layout.scan]


def _words() -> dict[str, tuple[str, str, str]]:
    (lines,) = _blocks("words")
    rows = [line.split() for line in lines]
    return {row[0]: ("".join(row[1:-2]), row[-2], row[-1]) for row in rows}


def test_the_words_of_all_grids_are_listed_in_their_order() -> None:
    assert list(_words()) == list(GRIDS)


@pytest.mark.parametrize("name", list(GRIDS))
def test_a_word_is_what_the_grid_gives(name: str) -> None:
    grid = GRIDS[name]
    pattern, code, color = _words()[name]
    assert len(pattern) == grid.word_bits
    assert int("".join("1" if letter == "1" else "0" for letter in pattern), 2) == grid.fixed
    assert int(code, 16) == word(grid, ORANGE)
    assert color == "#{:02x}{:02x}{:02x}".format(*shown(grid, int(code, 16)))


@pytest.mark.parametrize("name", list(GRIDS))
def test_each_bit_of_a_word_moves_the_channel_it_is_drawn_as(name: str) -> None:
    grid = GRIDS[name]
    pattern = _words()[name][0]
    black = shown(grid, grid.fixed)
    for place, letter in enumerate(reversed(pattern)):
        color = shown(grid, grid.fixed ^ 1 << place)
        moved = "".join(c for c, now, then in zip("rgb", color, black, strict=True) if now != then)
        assert moved == {"v": "rgb", "1": "", ".": ""}.get(letter, letter), (place, letter)


def test_the_widening_in_the_text_is_expand() -> None:
    narrow, wide = re.findall(r"5 bits `([01]{5})` show `([01]{8})`", PAGE)[0]
    assert expand(int(narrow, 2), 5) == int(wide, 2)
