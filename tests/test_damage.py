"""State and index, cut or flipped at any byte, are as if not there: no error, nothing stale."""

import shutil
from pathlib import Path

import crash_lab
import pytest
from crash_lab import EDITED, Lab, manifest
from fakes import FakeDisk

from pipeline import quick, state
from pipeline.state import State


def damaged(good: bytes, count: int | None = None) -> list[bytes]:
    """Cut and flipped, a bit each, at every byte, or at so many of them."""
    places = range(0, len(good), len(good) // count if count else 1)
    cuts = [good[:place] for place in places]
    masks = {place: 1 << number % 8 for number, place in enumerate(places)}
    return cuts + [
        good[:place] + bytes([good[place] ^ mask]) + good[place + 1 :]
        for place, mask in masks.items()
    ]


def test_a_state_damaged_at_any_byte_is_an_empty_one(lab: Lab) -> None:
    good, disk = (lab.root / "built/project/out" / state.FILE_NAME).read_bytes(), FakeDisk()
    disk.create("state", good)
    assert state.load(disk, "state") != State()
    for content in damaged(good):
        disk.create("state", content)
        assert state.load(disk, "state") == State()


def test_a_damaged_index_is_none(lab: Lab, tmp_path: Path) -> None:
    folder, path = lab.ready(EDITED), tmp_path / "index"
    good = (folder / "project/out" / quick.FILE_NAME).read_bytes()
    path.write_bytes(good)
    assert quick.load(str(path)) is not None
    for content in [*damaged(good, 500), *damaged(good[:200])]:
        path.write_bytes(content)
        assert quick.load(str(path)) is None


def build_beside(lab: Lab, name: str, count: int | None) -> list[str]:
    """What goes wrong when sources were edited, and the state or the index is damaged too."""
    scenario = EDITED._replace(edits=(("build.yaml", manifest("abcdef")), *EDITED.edits[1:]))
    folder = lab.ready(scenario)
    project, cache = folder / "project", folder / "cache"
    shutil.copytree(project / "out", folder / "old")
    good = (folder / "old" / name).read_bytes()
    new = lab.build("new", f"golden-{name}-{count}", scenario.edits)
    wrong = []
    for number, content in enumerate(damaged(good, count)):
        shutil.rmtree(project / "out")
        shutil.copytree(folder / "old", project / "out")
        (project / "out" / name).write_bytes(content)
        ran = crash_lab.here(project, cache)
        if ran != (0, "") or crash_lab.tree(project) != new:
            wrong.append(f"{name}, damage {number}: {ran}")
    return wrong + crash_lab.repaired(project, cache, new)


@pytest.mark.parametrize("name", crash_lab.OWN)
def test_a_build_beside_a_damaged_file_is_right(lab: Lab, name: str) -> None:
    assert build_beside(lab, name, 30) == []


@pytest.mark.soak
@pytest.mark.parametrize("name", crash_lab.OWN)
def test_a_build_beside_a_file_damaged_at_any_byte_is_right(lab: Lab, name: str) -> None:
    assert build_beside(lab, name, None) == []
