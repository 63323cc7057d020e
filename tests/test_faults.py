"""System calls that fail: exit status, a message that names file and cause, and no torn output."""

import os
import re
import sys
from collections.abc import Iterator

import crash_lab
import pytest
from crash_lab import CLEAN, EDITED, Lab, Ran, Scenario
from sweep import Point, Sweeper, faults, spread, sweeping

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace and prlimit are of Linux")


@pytest.fixture(scope="module")
def sweeper(lab: Lab) -> Iterator[Sweeper]:
    with sweeping(lab) as made:
        yield made


def test_a_build_whose_call_fails_is_right_or_says_what_failed(sweeper: Sweeper) -> None:
    points = [
        Point(*place, possible[number % len(possible)])
        for number, place in enumerate(sweeper.places)
        if (possible := faults(place[1]))
    ]
    assert sweeper.wrong(spread(points, 80)) == []


@pytest.mark.soak
def test_any_call_may_fail_in_any_way(sweeper: Sweeper) -> None:
    points = [Point(*place, fault) for place in sweeper.places for fault in faults(place[1])]
    assert len(points) >= 300
    assert sweeper.wrong(points) == []


@pytest.mark.usefixtures("sweeper")  # which skips without strace
@pytest.mark.parametrize("fault", ["EIO", "EACCES", "EMFILE"])
def test_a_source_that_cannot_be_read_costs_its_own_asset_and_bundle(lab: Lab, fault: str) -> None:
    folder = lab.ready(CLEAN)
    project, cache = folder / "project", folder / "cache"
    inject = ["-P", str(project / "d.png"), "-e", f"inject=openat:error={fault}"]
    words = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=openat", *inject]
    ran = crash_lab.run([*words, *crash_lab.command()], project, crash_lab.environment(cache))
    assert ran.status == 1
    cause = {"EIO": "Input/output error", "EACCES": "Permission denied"}
    assert f"cannot read d.png: {cause.get(fault, 'Too many open files')}" in ran.errors
    golden = lab.golden["clean"]
    lost = re.compile(r"out/.*/(d|all)\.[\w.]+")
    others = {name: golden[name] for name in golden if not lost.fullmatch(name)}
    assert crash_lab.finished(project) == others
    assert crash_lab.repaired(project, cache, golden) == []


# Limits of the system


def limited(lab: Lab, scenario: Scenario, *limits: str) -> Ran:
    """A build with fewer resources; it must leave nothing that the next one cannot mend."""
    folder = lab.ready(scenario)
    project, cache = folder / "project", folder / "cache"
    old, new = crash_lab.tree(project), lab.golden[scenario.name]
    words = ["prlimit", *limits, *crash_lab.command(jobs=2)]
    ran = crash_lab.run(words, project, crash_lab.environment(cache))
    now = crash_lab.tree(project)
    assert crash_lab.torn(now, old, new) + crash_lab.temporaries(now) == []
    assert crash_lab.repaired(project, cache, new) == []
    return ran


@pytest.mark.parametrize("handles", [7, 9, 11])
def test_a_build_without_enough_handles_says_so(lab: Lab, handles: int) -> None:
    ran = limited(lab, EDITED, f"--nofile={handles}")
    assert ran.status == 0 or "Too many open files" in ran.errors
    assert "Traceback" not in ran.errors


def test_a_file_that_grows_too_large_is_not_left_in_part(lab: Lab) -> None:
    ran = limited(lab, EDITED, "--fsize=1000")
    assert ran.status == 1
    assert "error: cannot write out/st7789-240x240/d.c: File too large" in ran.errors
