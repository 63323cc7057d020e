"""Globs: the same matches on every system, and the folders that decide them."""

from pathlib import Path

import pytest

from pipeline.disk import RealDisk, expand

FILES = [
    "a.png",
    "b.PNG",
    ".hidden.png",
    "sub/c.png",
    "sub/deep/d.png",
    "sub/.git/e.png",
    "x[1].png",
]


@pytest.fixture
def disk(tmp_path: Path) -> RealDisk:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return RealDisk(str(tmp_path))


@pytest.mark.parametrize(
    ("pattern", "files", "folders"),
    [
        ("*.png", ["a.png", "x[1].png"], ["."]),
        ("?.*", ["a.png", "b.PNG"], ["."]),
        ("[ab].*", ["a.png", "b.PNG"], ["."]),
        (".*.png", [".hidden.png"], ["."]),
        ("sub/*.png", ["sub/c.png"], ["sub"]),
        ("*/c.png", ["sub/c.png"], ["."]),
        (
            "**/*.png",
            ["a.png", "sub/c.png", "sub/deep/d.png", "x[1].png"],
            [".", "sub", "sub/deep"],
        ),
        ("./sub/**/*.png", ["sub/c.png", "sub/deep/d.png"], ["sub", "sub/deep"]),
        ("nowhere/*.png", [], ["nowhere"]),
        ("a.png/*", [], ["a.png"]),
    ],
)
def test_a_pattern_matches(
    disk: RealDisk, pattern: str, files: list[str], folders: list[str]
) -> None:
    assert expand(disk, pattern) == (files, folders)


def test_an_absolute_pattern_matches_absolute_paths(disk: RealDisk) -> None:
    found, folders = expand(disk, f"{disk.root}/sub/*.png")
    assert found == [f"{disk.root}/sub/c.png"]
    assert folders == [f"{disk.root}/sub"]


def test_links_do_not_lead_round_in_circles(disk: RealDisk, tmp_path: Path) -> None:
    try:
        (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    except OSError:
        pytest.skip("this system lets us make no links")
    found, _ = expand(disk, "**/c.png")
    assert found == ["sub/c.png"]


def test_removing_a_file_removes_the_folders_it_leaves_empty(
    disk: RealDisk, tmp_path: Path
) -> None:
    disk.write("out/x/y.bin", b"1")
    disk.remove("out/x/y.bin")
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "a.png").exists()
