"""The test card for bytes: lop-sided at every size, and a wrong setting spoils it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import layouts
from pipeline.cli import main
from pipeline.emitters import pixel_values
from pipeline.grid import GRIDS
from pipeline.layout import Layout
from pipeline.palette import Palette, of_target, whole_grid
from pipeline.target import builtin_names
from pipeline.target_file import shipped
from pipeline.testcard import SMALLEST, colors_for, draw

MONO = of_target(shipped("ssd1306-128x64"))
SEVEN = of_target(shipped("inky-impression-7"))
GRAYS = whole_grid(GRIDS["gray4"])


@settings(max_examples=40, deadline=None)
@given(
    st.integers(16, 120),
    st.integers(16, 120),
    st.sampled_from([MONO, SEVEN, GRAYS]),
    st.sampled_from(["rectangle", "round"]),
)
def test_no_turn_or_mirror_leaves_the_card_as_it_is(
    width: int, height: int, palette: Palette, shape: str
) -> None:
    is_round = shape == "round"
    if is_round:
        width, height = width + 8, height + 8
    card = draw(width, height, palette, is_round=is_round).indices
    assert card.shape == (height, width)
    others = [card[::-1], card[:, ::-1], card[::-1, ::-1]]
    if width == height:
        others += [card.T, np.rot90(card), np.rot90(card, -1), card[::-1, ::-1].T]
    assert all((card != other).any() for other in others)


@settings(max_examples=40, deadline=None)
@given(st.integers(16, 90), st.integers(16, 90), st.sampled_from([MONO, SEVEN, GRAYS]))
def test_every_color_of_a_small_palette_is_on_it(width: int, height: int, palette: Palette) -> None:
    assert set(np.unique(draw(width, height, palette).indices)) == set(range(len(palette)))


def test_the_border_touches_all_four_edges() -> None:
    card = draw(20, 16, MONO).indices
    for edge in (card[0], card[-1], card[:, 0], card[:, -1]):
        assert set(edge) == {0}


def test_on_round_glass_all_marks_lie_inside_the_circle() -> None:
    size = 240
    card = draw(size, size, MONO, is_round=True).indices[1:-1, 1:-1]
    away = np.hypot(*(np.indices(card.shape) - (size - 3) / 2))
    assert (card[away > size / 2] == 1).all()


WRONG = [
    ("ssd1306-128x64", {"first": "msb"}),
    ("ssd1306-128x64", {"invert": True}),
    ("ssd1306-128x64", {"scan": "rows"}),
    ("sharp-ls027b7dh01", {"first": "lsb"}),
    ("playdate", {"align": 1}),
    ("ssd1327-128x128", {"first": "lsb"}),
    ("waveshare-7in3e", {"first": "lsb"}),
    ("st7789-240x240", {"byte_order": "little"}),
    ("badger2040", {"scan": "rows"}),
    ("gba", {"first": "msb"}),
    ("snes", {"scan": "tiles"}),
    ("el133uf1-1200x1600", {"scan": "rows"}),
    ("st7305-168x384", {"first": "lsb"}),
    ("st7305-168x384", {"scan": "rows"}),
    ("st7305-200x200", {"align": 1}),
    ("sharp-ls027b7dh01-lines", {"scan": "rows"}),
    ("sharp-ls027b7dh01-lines", {"scan": "jdi-lines"}),
    ("jdi-lpm013m126", {"first": "lsb"}),
    ("st7920-gdram-128x64", {"scan": "rows"}),
    ("hub75-64x32", {"scan": "rows"}),
    ("hub75-64x32", {"scan": "folded"}),
    ("ngpc", {"byte_order": "big"}),
]


@pytest.mark.parametrize("name", builtin_names())
def test_each_setting_that_a_profile_has_can_be_told_on_its_card(name: str) -> None:
    target = shipped(name)
    width, height = target.size or (32, 24)
    width, height = min(width, 96), min(height, 96)
    values = pixel_values(draw(width, height, colors_for(target)), target.holds)
    layout = target.layout
    right = layouts.pack(values, layout)
    assert layouts.pack(values, layout._replace(invert=not layout.invert)) != right
    other = _other_order(layout)
    assert other == layout or layouts.pack(values, other) != right


def _other_order(layout: Layout) -> Layout:
    """The layout with its bits or bytes the other way round, if it has an order of them."""
    if layout.bits in {16, 24, 32}:
        return layout._replace(byte_order="big" if layout.byte_order == "little" else "little")
    if layout.bits == 8 and layout.scan in {"rows", "columns", "halves", "folded", "interleaved"}:
        return layout
    return layout._replace(first="msb" if layout.first == "lsb" else "lsb")


@pytest.mark.parametrize(("name", "change"), WRONG)
def test_a_wrong_setting_changes_what_is_seen(name: str, change: dict[str, object]) -> None:
    target = shipped(name)
    assert target.size is not None
    card = draw(*target.size, colors_for(target))
    wrong: Layout = target.layout._replace(**change)  # type: ignore[arg-type]
    values = pixel_values(card, target.holds)
    right = layouts.pack(values, target.layout)
    as_read = layouts.pack(values, wrong)
    assert right != as_read


def test_small_sizes_are_refused_with_what_is_needed() -> None:
    with pytest.raises(ValueError, match="needs 16x16 pixels, not 96x15"):
        draw(96, SMALLEST - 1, MONO)
    with pytest.raises(ValueError, match="needs 24x24 pixels, not 23x40"):
        draw(23, 40, MONO, is_round=True)
    one = Palette(MONO.seen[:1], MONO.nominal[:1], MONO.codes[:1])
    with pytest.raises(ValueError, match="a dark and a light color"):
        draw(16, 16, one)


@pytest.mark.parametrize("name", builtin_names())
def test_each_profile_has_its_card(name: str) -> None:
    target = shipped(name)
    width, height = target.size or (32, 24)
    is_round = target.shape == "round"
    width, height = min(width, 64), min(height, 64)
    card = draw(width, height, colors_for(target), is_round=is_round)
    data = layouts.pack(pixel_values(card, target.holds), target.layout)
    assert len(data) == layouts.size(target.layout, width, height)


def test_the_command_writes_every_form_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["testcard", "--target", "pcd8544", "-o", "a.raw", "card.c", "b.png"]) == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a.raw", "b.png", "card.c", "card.h"]
    assert len((tmp_path / "a.raw").read_bytes()) == 504
    assert main(["testcard", "--target", "generic"]) == 2
