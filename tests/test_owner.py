"""An output folder is one manifest's, and is inherited."""

from pathlib import Path

import pytest

from pipeline.cli import main

INPUTS = Path(__file__).parent / "corpus" / "inputs"
TEXT = "target: ssd1306-128x64\nassets: {{{name}: ramp.png}}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "ramp.png").write_bytes((INPUTS / "ramp.png").read_bytes())
    (folder / "build.yaml").write_text(TEXT.format(name="a"))
    monkeypatch.chdir(folder)
    assert main(["build", "-q"]) == 0
    return folder


def test_a_renamed_manifest_keeps_its_folder(project: Path) -> None:
    (project / "build.yaml").rename(project / "art.yaml")
    (project / "art.yaml").write_text(TEXT.format(name="b"))
    assert main(["build", "-q", "-f", "art.yaml"]) == 0
    built = {path.name for path in (project / "build" / "assets").glob("[!.]*")}
    assert built == {"b.c", "b.h"}


def test_a_moved_project_is_up_to_date(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = project.rename(tmp_path / "two")
    monkeypatch.chdir(moved)
    assert main(["build", "--check"]) == 0
    assert main(["build", "--check", "-f", str(moved / "build.yaml")]) == 0


def test_files_of_another_manifest_are_left_alone(project: Path) -> None:
    (project / "other.yaml").write_text(TEXT.format(name="b"))
    for command in (["build", "-q"], ["clean"]):
        assert main([*command, "-f", "other.yaml"]) == 2
    assert (project / "build" / "assets" / "a.c").is_file()
    assert main(["build", "--check"]) == 0
