"""File systems that are full or read-only: what cannot be written stays as it was, and is named."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import crash_lab
import pytest
from crash_lab import CLEAN, EDITED, Lab, Ran, Scenario

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the mounts are of Linux")


def mounted(script: str, words: list[str], project: Path, env: dict[str, str]) -> Ran:
    """A command, run where a script has mounted something; the mounts are gone afterwards."""
    start = ["unshare", "--map-root-user", "--mount", "sh", "-ec"]
    if subprocess.run([*start, "mount -t tmpfs none /mnt"], check=False).returncode:
        pytest.skip("nothing may be mounted here")
    return crash_lab.run([*start, script, "sh", *words], project, env)


FULL = """\
cp -a out saved
mount -t tmpfs -o size=1m none out
cp -a saved/. out/
status=0
"$@" || status=$?
rm -r saved
cp -a out saved
exit $status
"""


def test_a_disk_that_runs_full_keeps_old_outputs(tmp_path: Path) -> None:
    project, cache = tmp_path / "project", tmp_path / "cache"
    project.mkdir()
    names = ("one", "two", "three")
    lines = [f"  {name}: {name}.png\n" for name in names]
    head = "target: st7789-240x240\noutput: out\ndefaults: {emit: [bin, c]}\nassets:\n"
    (project / "build.yaml").write_text(head + "".join(lines))
    for name in names:
        (project / f"{name}.png").write_bytes(crash_lab.draw(1))
    assert crash_lab.here(project, cache) == (0, "")
    for scale, name in enumerate(names, 2):
        (project / f"{name}.png").write_bytes(crash_lab.draw(scale, size=(240, 240)))
    shutil.copytree(project, tmp_path / "golden")
    assert crash_lab.here(tmp_path / "golden", tmp_path / "other cache") == (0, "")
    old, new = crash_lab.tree(project), crash_lab.tree(tmp_path / "golden")
    ran = mounted(FULL, crash_lab.command(), project, crash_lab.environment(cache))
    assert ran.status == 1
    assert re.search(r"error: cannot write out/\w+\.c: No space left on device", ran.errors)
    assert "Traceback" not in ran.errors
    shutil.rmtree(project / "out")
    (project / "saved").rename(project / "out")
    assert crash_lab.torn(crash_lab.tree(project), old, new) == []
    assert crash_lab.temporaries(crash_lab.tree(project)) == []
    assert crash_lab.repaired(project, cache, new) == []


TRUSTING = f"""\
import pipeline.quick, pipeline.state
pipeline.quick.GRAIN_NS = pipeline.state.GRAIN_NS = {crash_lab.GRAIN_NS}
"""
READ_ONLY = """\
mount --bind "{0}" "{0}"
{1}
mount -o remount,ro,bind "{0}"
cd "$PWD"
exec "$@"
"""


def test_a_read_only_source_tree_can_be_built(lab: Lab) -> None:
    folder = lab.ready(EDITED)
    project, cache = folder / "project", folder / "cache"
    writable = f'mount --bind "{project}/out" "{project}/out"'
    script = READ_ONLY.format(project, writable)
    assert mounted(script, crash_lab.command(), project, crash_lab.environment(cache)) == (0, "")
    assert crash_lab.finished(project) == crash_lab.contents(lab.golden["edited"])


def test_a_read_only_tree_where_all_is_up_to_date_is_fine(lab: Lab, tmp_path: Path) -> None:
    shutil.copytree(lab.root / "built", tmp_path / "copy")  # the looks of its files are new
    (tmp_path / "sitecustomize.py").write_text(TRUSTING)
    project, env = tmp_path / "copy/project", crash_lab.environment(tmp_path / "cache", tmp_path)
    assert mounted(READ_ONLY.format(project, ""), crash_lab.command(), project, env) == (0, "")


def test_read_only_outputs_stay_as_they_are(lab: Lab) -> None:
    folder = lab.ready(EDITED)
    project, cache = folder / "project", folder / "cache"
    before, script = crash_lab.tree(project), READ_ONLY.format(project / "out", "")
    ran = mounted(script, crash_lab.command(), project, crash_lab.environment(cache))
    assert ran.status == 1
    assert "error: cannot write out/st7789-240x240/a.h: Read-only file system" in ran.errors
    assert "Traceback" not in ran.errors
    assert crash_lab.tree(project) == before
    assert crash_lab.repaired(project, cache, lab.golden["edited"]) == []


@pytest.mark.parametrize("scenario", [crash_lab.CACHED, CLEAN], ids=["filled", "empty"])
def test_a_read_only_cache_serves_and_is_not_filled(lab: Lab, scenario: Scenario) -> None:
    folder = lab.ready(scenario)
    project, cache = folder / "project", folder / "cache"
    ran = mounted(
        READ_ONLY.format(cache, ""), crash_lab.command(), project, crash_lab.environment(cache)
    )
    warning = f"warning: cannot write to the cache {cache}: Read-only file system\n"
    assert ran == (0, "" if scenario.cached else warning)
    assert crash_lab.finished(project) == crash_lab.contents(lab.golden["clean"])
