"""The engine on a fake disk: a manifest goes in, the rules that ran come out."""

import os

import pytest
from fakes import SECOND, Project

from pipeline import stale, state
from pipeline.plan import Job
from pipeline.report import Failure, Problem
from pipeline.steps import Built

TWO = "target: ssd1306-128x64\nassets: {a: a.png, b: b.png}\n"
SHARED = (
    "target: ili9341-240x320\npalettes: {ui: {colors: 4}}\n"
    "assets: {a: {source: a.png, palette: ui}, b: {source: b.png, palette: ui}, c: c.png}\n"
)


@pytest.fixture
def two() -> Project:
    project = Project(TWO, a="A", b="B")
    assert project.build() == ["a", "b"]
    return project


@pytest.fixture
def shared() -> Project:
    project = Project(SHARED, a="A1", b="B1", c="C1")
    assert project.build() == ["a", "b", "c"]
    return project


def test_a_second_build_runs_nothing(two: Project) -> None:
    assert two.build() == []
    assert two.reasons() == {}


def test_a_touched_source_with_the_same_bytes_runs_nothing(two: Project) -> None:
    two.disk.touch("a.png")
    assert two.build() == []


def test_a_changed_source_runs_its_own_rule(two: Project) -> None:
    two.disk.create("a.png", "A2")
    assert two.reasons() == {"a": "a.png changed"}
    assert two.build() == ["a"]
    assert two.build() == []


def test_a_source_that_is_changed_back_runs_its_rule_once_each_way(two: Project) -> None:
    two.disk.create("a.png", "A2")
    assert two.build() == ["a"]
    two.disk.create("a.png", "A")
    assert two.build() == ["a"]
    assert two.build() == []


def test_a_deleted_output_is_made_again(two: Project) -> None:
    two.disk.remove("build/assets/a.c")
    assert two.reasons() == {"a": "build/assets/a.c is missing"}
    assert two.build() == ["a"]
    assert two.disk.is_file("build/assets/a.c")


def test_an_edited_output_is_made_again(two: Project) -> None:
    good = two.outputs()
    two.disk.create("build/assets/b.h", "edited")
    assert two.reasons() == {"b": "build/assets/b.h was changed since"}
    assert two.build() == ["b"]
    assert two.outputs() == good


def test_an_output_with_the_same_bytes_is_not_touched(two: Project) -> None:
    before = two.disk.stamp("build/assets/a.h")
    two.disk.remove("build/assets/a.c")
    assert two.build() == ["a"]
    assert two.disk.stamp("build/assets/a.h") == before


def test_a_changed_option_runs_the_rules_that_it_reaches(two: Project) -> None:
    two.manifest = TWO.replace("a: a.png", "a: {source: a.png, rotate: 90}")
    assert two.reasons() == {"a": "its options changed"}
    assert two.build() == ["a"]


def test_a_manifest_that_says_the_same_in_other_words_runs_nothing(two: Project) -> None:
    two.manifest = (
        "# the same\nassets:\n  b: {source: b.png, fit: contain}\n  a: a.png\n"
        "target: [ssd1306-128x64]\ndefaults: {emit: c, rotate: 0}\n"
    )
    assert two.build() == []


def test_another_tool_runs_everything(two: Project) -> None:
    two.tool = "tool 2"
    assert two.reasons() == dict.fromkeys("ab", "bitplane or one of its libraries changed")
    assert two.build() == ["a", "b"]


def target_file(notes: str, background: str) -> str:
    return (
        f"title: mine\nsize: 8x8\nbackground: '{background}'\nnotes: {notes}\n"
        "palette:\n- {name: black, nominal: '#000', code: 0}\n"
        "- {name: white, nominal: '#fff', code: 1}\n"
        "layout: {scan: rows, bits: 1}\nsources: [myself]\n"
    )


def test_a_target_runs_its_rules_only_when_it_changes_what_is_built() -> None:
    project = Project("target: mine.yaml\nassets: {a: a.png}\n", a="A")
    project.disk.create("mine.yaml", target_file("one", "#000000"))
    assert project.build() == ["a"]
    project.disk.create("mine.yaml", target_file("two", "#000000"))
    assert project.build() == []
    project.disk.create("mine.yaml", target_file("two", "#ffffff"))
    assert project.reasons() == {"a": "its options changed"}
    assert project.build() == ["a"]


def test_a_palette_file_is_an_input() -> None:
    project = Project(
        "target: ili9341-240x320\nassets: {a: {source: a.png, palette: p.hex}}\n", a="A"
    )
    project.disk.create("p.hex", "000000")
    assert project.build() == ["a"]
    project.disk.create("p.hex", "ffffff")
    assert project.reasons() == {"a": "its palette changed"}
    assert project.build() == ["a"]


def test_a_member_that_changes_a_shared_palette_runs_all_members(shared: Project) -> None:
    shared.disk.create("b.png", "X1")
    assert shared.build() == ["a", "b"]
    assert shared.build() == []


def test_a_shared_palette_that_comes_out_the_same_stops_the_ripple(shared: Project) -> None:
    shared.disk.create("b.png", "B2")
    assert set(shared.reasons()) == {"a", "b"}  # before it is learned nobody can know
    assert shared.build() == ["b"]
    assert shared.build() == []


def test_a_new_member_of_a_palette_runs_the_others_only_if_it_changes(shared: Project) -> None:
    shared.disk.create("d.png", "D")
    shared.manifest = SHARED.replace("c: c.png", "c: c.png, d: {source: d.png, palette: ui}")
    assert shared.build() == ["a", "b", "d"]


def test_a_dither_of_one_member_does_not_learn_the_palette_again(shared: Project) -> None:
    shared.manifest = SHARED.replace("{source: a.png,", "{source: a.png, dither: bayer-2,")
    assert shared.build() == ["a"]


def test_an_asset_that_left_takes_its_files_with_it(two: Project) -> None:
    two.manifest = TWO.replace(", b: b.png", "")
    assert two.build() == []
    assert sorted(two.outputs()) == ["build/assets/a.c", "build/assets/a.h"]


def test_files_of_a_lost_asset_stay_while_another_one_fails(two: Project) -> None:
    two.manifest = TWO.replace(", b: b.png", "")
    two.disk.create("a.png", "broken")
    assert two.run().failed
    assert "build/assets/b.c" in two.outputs()
    two.disk.create("a.png", "A")
    assert two.build() == []
    assert "build/assets/b.c" not in two.outputs()


def test_a_partial_build_removes_nothing(two: Project) -> None:
    two.manifest = TWO.replace(", b: b.png", "")
    two.build("a")
    assert "build/assets/b.c" in two.outputs()


def test_files_that_a_partial_build_left_go_with_the_next_whole_one(two: Project) -> None:
    two.manifest = TWO + "defaults: {emit: [c-header]}\n"
    two.build("a")
    assert "build/assets/a.c" in two.outputs()
    assert two.run().removed == ("build/assets/a.c", "build/assets/b.c")


def test_a_file_that_cannot_be_removed_is_an_error_until_it_can(two: Project) -> None:
    two.manifest = TWO.replace(", b: b.png", "")
    two.disk.refuse["build/assets/b.c"] = PermissionError(13, "Permission denied")
    for _ in range(2):
        problems = two.run().problems
        words = "cannot remove build/assets/b.c: Permission denied"
        assert [(each.message, each.severity) for each in problems] == [(words, "error")]
    two.disk.refuse.clear()
    assert not two.run().failed
    assert sorted(two.outputs()) == ["build/assets/a.c", "build/assets/a.h"]


def test_a_file_in_the_way_keeps_all_files_of_its_asset_from_being_written(two: Project) -> None:
    two.manifest = TWO.replace("b: b.png", "b: b.png, c: b.png")
    for end in ("c", "h"):
        two.disk.create(f"build/assets/c.{end}", "by hand")
        assert two.run().failed
        assert set(two.outputs()) - {f"build/assets/{name}" for name in ("a.c", "a.h")} == {
            "build/assets/b.c",
            "build/assets/b.h",
            f"build/assets/c.{end}",
        }
        two.disk.remove(f"build/assets/c.{end}")


def test_a_state_that_cannot_be_read_stops_the_build_and_is_not_replaced(two: Project) -> None:
    path = stale.state_path(two.plan())
    before = dict(two.disk.files)
    two.disk.unreadable[path] = OSError(5, "Input/output error")
    with pytest.raises(Failure) as caught:
        two.run()
    assert caught.value.status == 1
    words = f"cannot read {path}: Input/output error"
    assert [problem.message for problem in caught.value.problems] == [words]
    assert two.disk.files == before


def test_a_file_that_was_edited_is_kept_when_its_asset_leaves(two: Project) -> None:
    two.disk.create("build/assets/b.c", "mine now")
    two.disk.tick()
    two.manifest = TWO.replace(", b: b.png", "")
    outcome = two.run()
    assert [problem.severity for problem in outcome.problems] == ["warning"]
    assert two.outputs()["build/assets/b.c"] == b"mine now"
    assert not two.run().problems


def test_an_emitter_that_left_takes_its_files_with_it(two: Project) -> None:
    two.manifest = TWO + "defaults: {emit: [c-header]}\n"
    assert two.build() == ["a", "b"]
    assert sorted(two.outputs()) == ["build/assets/a.h", "build/assets/b.h"]


def test_an_asset_renamed_in_case_only_keeps_its_files(two: Project) -> None:
    """On a disk that folds case the old and the new name are one file."""
    two.manifest = TWO.replace("b: b.png", "B: b.png")
    outcome = two.run()
    assert outcome.removed == ()


@pytest.mark.parametrize("content", ["broken", "crash"])
def test_a_failed_rule_keeps_its_old_output_and_is_tried_again(two: Project, content: str) -> None:
    good = two.outputs()
    two.disk.create("a.png", content)
    two.disk.create("b.png", "B2")
    outcome = two.run()
    assert outcome.failed
    assert [row.name for row in outcome.rows] == ["b"]
    assert two.outputs()["build/assets/a.c"] == good["build/assets/a.c"]
    assert two.outputs()["build/assets/b.c"] != good["build/assets/b.c"]
    two.disk.tick()
    assert two.build() == ["a"]


def test_a_crash_is_blamed_on_the_asset_and_its_place(two: Project) -> None:
    two.disk.create("b.png", "crash")
    (problem,) = two.run().problems
    assert problem.message == "the worker was killed by SIGSEGV"
    assert problem.span is not None
    assert (problem.span.line, problem.span.column) == (2, 23)


def test_a_broken_member_stops_the_palette_and_its_members_only(shared: Project) -> None:
    shared.disk.create("b.png", "broken")
    outcome = shared.run()
    assert outcome.failed
    assert [row.name for row in outcome.rows] == ["c"]


@pytest.mark.parametrize("moment", [0, SECOND, -5 * SECOND, 10**6 * SECOND, -(10**6) * SECOND])
def test_a_change_within_the_grain_of_the_clock_is_seen(two: Project, moment: int) -> None:
    """Same size, same mtime, same inode: only the bytes tell, so young files are read again."""
    two.disk.time += moment
    two.disk.create("a.png", "1")
    frozen = two.disk.files["a.png"].stamp
    two.build()
    two.disk.time = max(two.disk.time - 10 * SECOND, frozen.mtime_ns)
    two.disk.create("a.png", "2")
    two.disk.files["a.png"] = two.disk.files["a.png"]._replace(stamp=frozen)
    assert two.build() == ["a"]


def test_old_files_are_not_read_again(two: Project) -> None:
    two.build()
    two.disk.read_paths.clear()
    assert two.build() == []
    assert two.disk.read_paths == ["build/assets/.bitplane.state"]


def test_looking_reads_nothing_but_the_state_and_that_once(two: Project) -> None:
    two.manifest += "budget: 1 B\n"
    two.run()
    two.disk.read_paths.clear()
    assert two.reasons() == {}
    assert two.disk.read_paths == ["build/assets/.bitplane.state"]


def test_outputs_that_came_out_the_same_are_not_read_again(two: Project) -> None:
    """With the state lost all rules run, but what they write stands there already."""
    two.disk.create(stale.state_path(two.plan()), "lost")
    assert two.build() == ["a", "b"]
    two.disk.read_paths.clear()
    assert two.build() == []
    assert two.disk.read_paths == ["build/assets/.bitplane.state"]


def test_young_outputs_that_came_out_the_same_are_read_again(two: Project) -> None:
    two.disk.remove("build/assets/a.c")
    two.disk.touch("build/assets/a.h")
    assert two.build() == ["a"]
    two.disk.read_paths.clear()
    assert two.build() == []
    assert {"build/assets/a.c", "build/assets/a.h"} <= set(two.disk.read_paths)


def damaged(content: bytes) -> list[bytes]:
    cuts = [content[:length] for length in range(0, len(content), 7)]
    flips = [
        content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :]
        for place in range(0, len(content), 5)
    ]
    return [*cuts, *flips, b"", b"\xff" * 40, b"bitplane 3 \n{}", b"[" * 100_000]


def test_a_damaged_state_means_a_rebuild_and_the_next_build_runs_nothing(two: Project) -> None:
    path = stale.state_path(two.plan())
    good_state, good = two.disk.files[path].data, two.outputs()
    for content in damaged(good_state):
        two.disk.create(path, content)
        two.disk.tick()
        assert two.build() == ["a", "b"]
        assert two.outputs() == good
        assert two.build() == []


def test_a_state_of_another_version_means_a_rebuild(two: Project) -> None:
    path = stale.state_path(two.plan())
    old = two.disk.files[path].data.replace(b"bitplane %d " % state.VERSION, b"bitplane 1 ")
    two.disk.create(path, old)
    assert two.build() == ["a", "b"]


def test_a_source_that_changes_while_it_is_built_is_built_again(two: Project) -> None:
    work = two.work
    two.disk.create("a.png", "A2")

    def edited_meanwhile(job: Job) -> Built | Problem:
        two.disk.create("a.png", "A3")
        return work(job)

    two.work = edited_meanwhile  # type: ignore[method-assign]
    assert two.build() == ["a"]
    assert b"A3" in two.outputs()["build/assets/a.c"]
    assert two.build() == []


def test_looking_changes_nothing(two: Project) -> None:
    two.disk.create("a.png", "A2")
    before = dict(two.disk.files)
    two.reasons()
    assert two.disk.files == before


@pytest.mark.parametrize("error", [28, 30, 5, 24])
def test_a_disk_that_refuses_costs_the_asset_and_names_the_cause(two: Project, error: int) -> None:
    two.disk.refuse["build/assets/a.c"] = OSError(error, os.strerror(error))
    good = two.outputs()
    two.disk.create("a.png", "A2")
    two.disk.create("b.png", "B2")
    outcome = two.run()
    assert [p.message for p in outcome.problems] == [
        f"cannot write build/assets/a.c: {os.strerror(error)}"
    ]
    assert two.outputs()["build/assets/a.c"] == good["build/assets/a.c"]
    two.disk.refuse.clear()
    two.disk.tick()
    assert two.build() == ["a"]


def test_the_budget_counts_what_is_up_to_date_too(two: Project) -> None:
    two.manifest = TWO + "budget: 1 B\n"
    assert two.run().failed
    assert two.build() == []
    assert two.run().failed
