"""Two builds at once come out as one, and the second waits for the first."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import crash_lab
import misbehave
import pytest
from crash_lab import CACHED, CLEAN, Lab, Scenario, finished

from pipeline import lock

HALVES = (("a", "c", "e"), ("b", "d", "f"))


def start(project: Path, env: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    words = crash_lab.command(*arguments, jobs=2)
    pipe = subprocess.PIPE
    return subprocess.Popen(words, cwd=project, env=env, stdout=pipe, stderr=pipe, text=True)


def build_twice(lab: Lab, scenario: Scenario, wanted: tuple[tuple[str, ...], ...]) -> None:
    folder = lab.ready(scenario)
    project, cache = folder / "project", folder / "cache"
    env = crash_lab.environment(cache)
    builds = [start(project, env, *names) for names in wanted]
    ends = [build.communicate() for build in builds]
    assert [build.returncode for build in builds] == [0, 0], ends
    assert "".join(out for out, _ in ends) == ""
    if any(wanted):  # a build of some assets leaves the bundle of all to a whole one
        assert crash_lab.run(crash_lab.command(), project, env)[0] == 0
    assert finished(project) == crash_lab.contents(lab.golden["clean"])
    assert crash_lab.run([*crash_lab.command(), "--check"], project, env) == (0, "")
    assert crash_lab.repaired(project, cache, lab.golden["clean"]) == []


@pytest.mark.parametrize("wanted", [((), ()), HALVES], ids=["whole", "halves"])
@pytest.mark.parametrize("scenario", [CLEAN, CACHED], ids=["clean", "cached"])
def test_two_builds_at_once_come_out_as_one(
    lab: Lab, scenario: Scenario, wanted: tuple[tuple[str, ...], ...]
) -> None:
    build_twice(lab, scenario, wanted)


@pytest.mark.soak
@pytest.mark.parametrize("wanted", [((), ()), HALVES], ids=["whole", "halves"])
@pytest.mark.parametrize("scenario", [CLEAN, CACHED], ids=["clean", "cached"])
@pytest.mark.parametrize("_round", range(13))
def test_fifty_pairs_of_builds_come_out_as_one(
    lab: Lab, scenario: Scenario, wanted: tuple[tuple[str, ...], ...], _round: int
) -> None:
    build_twice(lab, scenario, wanted)


@pytest.mark.skipif(sys.platform == "win32", reason="needs fifos")
def test_a_second_build_waits_for_the_first_also_when_that_is_killed(tmp_path: Path) -> None:
    project, cache = tmp_path / "project", tmp_path / "cache"
    misbehave.make_project(project, ["one", "two_hang", "three"])
    os.mkfifo(project / "begun")
    holder = start(project, crash_lab.environment(cache, misbehave.hooks(tmp_path / "hooks")))
    assert (project / "begun").read_bytes() == b"now"
    env = crash_lab.environment(cache)
    refused = crash_lab.run([*crash_lab.command(), "--no-wait"], project, env)
    name = f"process {holder.pid}"
    assert refused == (lock.BUSY, f"error: another build is at work here: {name}\n")
    waiting = start(project, env)
    assert waiting.stderr is not None
    assert waiting.stderr.readline() == f"waiting for another build: {name}\n"
    holder.send_signal(signal.SIGKILL)
    assert waiting.communicate(timeout=60) == ("", "")
    assert waiting.returncode == 0
    holder.communicate()
    (project / "begun").unlink()
    made = {Path(name).stem for name in finished(project / "out")}
    assert made == {"one", "two_hang", "three"}
