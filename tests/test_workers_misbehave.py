"""Workers that crash, hang or take all memory, and Ctrl-C while they are busy."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import crash_lab
import misbehave
import pytest
from crash_lab import finished
from misbehave import ENDS

from pipeline.cli import INTERRUPTED

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and signals are of Linux")


def test_a_worker_that_misbehaves_costs_its_own_asset_only(tmp_path: Path) -> None:
    project, cache = tmp_path / "project", tmp_path / "cache"
    words = dict(zip((3, 11, 17, 23, 31, 38), ENDS, strict=True))
    names = [f"p{n}_{words[n]}" if n in words else f"p{n}" for n in range(40)]
    misbehave.make_project(project, names)
    env = crash_lab.environment(cache, misbehave.hooks(tmp_path / "hooks"))
    ran = crash_lab.run(crash_lab.command(jobs=4), project, env)
    assert ran.status == 1
    for number, word in words.items():
        place = f"build.yaml:{4 + number}:{len(names[number]) + 5}: error: "
        assert f"{place}the worker {ENDS[word]}" in ran.errors
    assert ran.errors.count("error: ") == len(words)
    assert "hint: please report this fault of bitplane, at sitecustomize.py, line " in ran.errors
    assert "Traceback" not in ran.errors
    made = {Path(name).stem for name in finished(project / "out")}
    assert made == {name for number, name in enumerate(names) if number not in words}
    assert explained(project, cache) == {names[number] for number in words}


def explained(project: Path, cache: Path) -> set[str]:
    """What the next build makes, because no build has before."""
    words = [*crash_lab.command(), "--explain"]
    again = crash_lab.run(words, project, crash_lab.environment(cache))
    assert again.status == 0
    lines = [line.split(": ") for line in again.errors.splitlines()]
    assert {words for _, _, words in lines} == {"it has not been built before"}
    return {name for _, name, _ in lines}


def test_ctrl_c_while_workers_are_busy_keeps_what_is_finished(tmp_path: Path) -> None:
    project, cache = tmp_path / "project", tmp_path / "cache"
    names = ["one", "two", "three", "four_hang", "five_hang", "six"]
    misbehave.make_project(project, names)
    os.mkfifo(project / "begun")
    begun = os.open(project / "begun", os.O_RDWR)  # so that no writer finds it without a reader
    env = crash_lab.environment(cache, misbehave.hooks(tmp_path / "hooks"))
    pipe = subprocess.PIPE
    words = crash_lab.command(jobs=2)
    # A session of its own, because a terminal sends Ctrl-C to workers too.
    with subprocess.Popen(
        words, cwd=project, env=env, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as build:
        said = b""
        while said != b"now" * 2:
            said += os.read(begun, 6)
        os.killpg(build.pid, signal.SIGINT)
        ends = build.communicate(timeout=60)  # until no worker holds the pipes open
    assert (build.returncode, *ends) == (INTERRUPTED, "", "interrupted\n")
    os.close(begun)
    (project / "begun").unlink()
    assert {Path(name).stem for name in finished(project / "out")} <= {"one", "two", "three"}
    lost = explained(project, cache)
    assert lost >= {"four_hang", "five_hang", "six"}
    assert len(lost) <= 4  # one may have ended when the second hung, but not been written yet
    assert {Path(name).stem for name in finished(project / "out")} == {*names}
