"""Kill -9 and Ctrl-C at any system call: outputs stay whole, and the next build mends the rest."""

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import crash_lab
import pytest
from crash_lab import Lab
from sweep import INTERRUPT, Point, Sweeper, spread, sweeping

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace is of Linux")


@pytest.fixture(scope="module")
def sweeper(lab: Lab) -> Iterator[Sweeper]:
    with sweeping(lab) as made:
        yield made


def test_a_killed_build_leaves_whole_outputs_and_the_next_one_mends_the_rest(
    sweeper: Sweeper,
) -> None:
    alone = spread([Point(*place) for place in sweeper.places], 138)
    parallel = spread([Point(*place, jobs=2) for place in sweeper.places], 12)
    assert len(alone + parallel) == 150
    assert sweeper.wrong(alone + parallel) == []


@pytest.mark.soak
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_build_can_be_killed_at_any_call(sweeper: Sweeper, jobs: int) -> None:
    assert sweeper.wrong([Point(*place, jobs=jobs) for place in sweeper.places]) == []


@pytest.mark.soak
def test_the_build_that_mends_can_be_killed_too(sweeper: Sweeper) -> None:
    random, places = Random(1), sweeper.places  # noqa: S311 - a seeded test
    pairs = [(random.choice(places), random.choice(places)[1]) for _ in range(300)]
    assert sweeper.wrong([Point(*place, then=call) for place, call in pairs]) == []


def interrupts(sweeper: Sweeper) -> list[Point]:
    return [Point(*place, INTERRUPT) for place in sweeper.places]


def test_ctrl_c_leaves_nothing_half_made(sweeper: Sweeper) -> None:
    assert sweeper.wrong(spread(interrupts(sweeper), 15)) == []


@pytest.mark.soak
def test_ctrl_c_may_come_at_any_call(sweeper: Sweeper) -> None:
    assert sweeper.wrong(interrupts(sweeper)) == []


def test_a_target_that_left_takes_the_remains_of_a_killed_build_with_it(tmp_path: Path) -> None:
    project, cache = tmp_path / "project", tmp_path / "cache"
    crash_lab.create(project)
    both = crash_lab.manifest("ab").replace(b"st7789-240x240", b"[st7789-240x240, ssd1306-128x64]")
    (project / "build.yaml").write_bytes(both)
    assert crash_lab.here(project, cache) == (0, "")
    (project / "out/ssd1306-128x64/.a.bin.4711.tmp").write_bytes(b"BPLN")
    (project / "build.yaml").write_bytes(crash_lab.manifest("ab"))
    assert crash_lab.here(project, cache) == (0, "")
    assert {path.name for path in (project / "out").iterdir()} == {*crash_lab.OWN, "st7789-240x240"}
