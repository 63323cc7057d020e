"""Target files on top of others: what is merged, and where a fault is said to be."""

from pathlib import Path

import pytest

from pipeline.disk import RealDisk
from pipeline.manifest import read_manifest
from pipeline.planner import make
from pipeline.report import Failure, Problem
from pipeline.target import Target, builtin_folder, builtin_names, family_names
from pipeline.target_file import load, shipped

BASE = """\
title: base
size: 8x8
background: "#000000"
palette:
  - {name: black, nominal: "#000000", code: 0}
  - {name: white, nominal: "#ffffff", code: 1}
measured:
  one: {source: somebody, colors: {black: "#111111", white: "#eeeeee"}}
layout: {scan: rows, bits: 1, align: 2}
notes: first line
sources: [the base]
"""


def loaded(folder: Path, own: str, base: str = BASE) -> Target:
    (folder / "panels").mkdir(exist_ok=True)
    (folder / "panels" / "base.yaml").write_text(base)
    (folder / "panels" / "mine.yaml").write_text(own)
    return load("panels/mine.yaml", RealDisk(str(folder)))


def faults(folder: Path, own: str, base: str = BASE) -> list[tuple[str, str]]:
    with pytest.raises(Failure) as caught:
        loaded(folder, own, base)
    return [(str(problem.span), problem.message) for problem in caught.value.problems]


def test_values_replace_mappings_merge_and_sources_and_notes_add_up(tmp_path: Path) -> None:
    own = """\
extends: base.yaml
title: mine
layout: {bits: 4}
measured:
  two: {source: me, colors: {black: "#222222", white: "#dddddd"}}
seen: two
notes: second line
sources: [my own]
"""
    target = loaded(tmp_path, own)
    assert (target.title, target.size) == ("mine", (8, 8))
    assert (target.layout.bits, target.layout.align) == (4, 2)
    assert [measured.name for measured in target.measured] == ["one", "two"]
    assert [ink.seen for ink in target.inks] == [(0x22,) * 3, (0xDD,) * 3]
    assert target.notes == "first line\nsecond line"
    assert target.sources == ("the base", "my own")
    assert target.files == ("panels/mine.yaml", "panels/base.yaml")


def test_a_list_replaces_the_list_of_the_base(tmp_path: Path) -> None:
    own = 'extends: base.yaml\npalette: [{name: red, nominal: "#ff0000", code: 1}]\n'
    base = BASE[: BASE.index("measured")] + BASE[BASE.index("layout") :]
    assert [ink.name for ink in loaded(tmp_path, own, base).inks] == ["red"]


def test_another_size_is_another_glass(tmp_path: Path) -> None:
    base = BASE + "pitch: 0.2\ngap: 0.1\ncorner: 2\n"
    same = loaded(tmp_path, "extends: base.yaml\n", base)
    assert (same.pitch_mm, same.gap, same.corner) == ((0.2, 0.2), 100, 2)
    other = loaded(tmp_path, "extends: base.yaml\nsize: 9x9\ncorner: 3\n", base)
    assert (other.pitch_mm, other.gap, other.corner) == (None, 0, 3)


def test_a_fault_is_said_where_it_stands(tmp_path: Path) -> None:
    assert faults(tmp_path, "extends: base.yaml\nlayout: {bits: 3}\n") == [
        ("panels/mine.yaml:2:9", "`rows` has 1, 2, 4, 8, 12, 16, 24, 32 bits a pixel, not 3")
    ]
    assert (
        "panels/base.yaml:9:22",
        "unknown key 'bit'",
    ) in faults(tmp_path, "extends: base.yaml\n", BASE.replace("bits: 1", "bit: 1"))
    own = "extends: base.yaml\nsources: [good, [bad]]\n"
    assert faults(tmp_path, own) == [("panels/mine.yaml:2:17", "expected text, got a list")]


def test_a_base_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert faults(tmp_path, "extends: bass.yaml\n") == [
        ("panels/mine.yaml:1:10", "no target file 'bass.yaml'")
    ]
    with pytest.raises(Failure) as caught:
        loaded(tmp_path, "extends: st7798\n")
    (problem,) = caught.value.problems
    assert problem.message == "unknown target or family 'st7798'"
    assert "'st7789'" in problem.hint


def test_a_circle_is_refused(tmp_path: Path) -> None:
    message = "the file extends itself"
    own = "extends: ./mine.yaml\n"
    assert faults(tmp_path, own) == [("panels/mine.yaml:1:10", message)]
    base = "extends: ../panels/mine.yaml\n" + BASE
    assert faults(tmp_path, "extends: base.yaml\n", base) == [("panels/base.yaml:1:10", message)]


def test_a_long_chain_is_refused(tmp_path: Path) -> None:
    for i in range(12):
        (tmp_path / f"t{i}.yaml").write_text(f"extends: t{i + 1}.yaml\n")
    with pytest.raises(Failure, match="more than 8 files extend each other"):
        load("t0.yaml", RealDisk(str(tmp_path)))


def test_extends_is_text(tmp_path: Path) -> None:
    own = BASE + "extends: [base.yaml]\n"
    assert [words for _, words in faults(tmp_path, own)] == ["expected text, got a list"]


def test_a_shipped_profile_can_be_extended(tmp_path: Path) -> None:
    own = "extends: pcd8544\ntitle: my module\ntint: '#c0d0ff'\n"
    target = loaded(tmp_path, own)
    assert target.tint == (0xC0, 0xD0, 0xFF)
    assert target.layout == shipped("pcd8544").layout
    assert target.files == ("panels/mine.yaml",)


def test_each_family_is_extended_and_is_no_profile() -> None:
    texts = [(builtin_folder() / f"{name}.yaml").read_text("utf-8") for name in builtin_names()]
    unused = [name for name in family_names() if not any(f"extends: {name}\n" in t for t in texts)]
    assert unused == []
    assert not set(family_names()) & set(builtin_names())


def test_a_base_is_an_input_of_the_build(tmp_path: Path) -> None:
    loaded(tmp_path, "extends: base.yaml\n")
    (tmp_path / "a.png").write_bytes(b"")
    text = b"target: panels/mine.yaml\nassets: {a: a.png}\n"
    plan = make(read_manifest(text, tmp_path / "build.yaml"), RealDisk(str(tmp_path)))
    assert plan.inputs == ("panels/mine.yaml", "panels/base.yaml")


def test_problems_are_not_doubled(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        loaded(tmp_path, "extends: base.yaml\ncolour: 1\n")
    assert [type(problem) for problem in caught.value.problems] == [Problem]
