"""The shortcut: that nothing changed is seen without the manifest, and any change is seen too."""

import os
import sys
from pathlib import Path

import pytest

from pipeline import quick
from pipeline.cli import main

INPUTS = Path(__file__).parent / "corpus" / "inputs"
MANIFEST = (
    "target: mine.yaml\noutput: out/{target}/x  # here\n"
    "assets: {a: a.png, icon: {source: 'icons/*.png', palette: p.hex}}\n"
)
TARGET = (
    "title: mine\nsize: 16x16\nbackground: '#000000'\ngrid: rgb565\npalette: whole\n"
    "layout: {scan: rows, bits: 16}\nsources: [myself]\n"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built project whose files all count as old."""
    monkeypatch.setattr(quick, "GRAIN_NS", -(10**15))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "icons").mkdir()
    for name in ("a.png", "icons/b.png"):
        (tmp_path / name).write_bytes((INPUTS / "ramp.png").read_bytes())
    (tmp_path / "build.yaml").write_text(MANIFEST)
    (tmp_path / "mine.yaml").write_text(TARGET)
    (tmp_path / "p.hex").write_text("000000\nffffff\n")
    assert main(["build", "-q"]) == 0
    return tmp_path


def looked_closely(monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a build now does more than compare looks."""
    from pipeline import builder

    monkeypatch.setattr(builder, "run", lambda _: 77)
    return main(["build"]) == 77


def test_an_unchanged_project_is_seen_at_a_glance(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (project / "out" / quick.FILE_NAME).is_file()
    assert not looked_closely(monkeypatch)
    assert capsys.readouterr().err == "2 assets up to date\n"


@pytest.mark.parametrize(
    "name",
    [
        "a.png",
        "icons/b.png",
        "build.yaml",
        "mine.yaml",
        "p.hex",
        "out/mine/x/a.c",
        "out/mine/x/icon_b.h",
    ],
)
@pytest.mark.parametrize("edit", ["touch", "grow", "remove", "replace"])
def test_a_change_to_any_file_is_looked_at(
    project: Path, name: str, edit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project / name
    data = path.read_bytes()
    old = path.stat()
    if edit == "touch":
        os.utime(path, (1, 1))
    elif edit == "grow":
        path.write_bytes(data + b"\n")
    else:
        path.unlink()
    if edit == "replace":
        path.write_bytes(data)
        os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))
    if (name, edit) == ("build.yaml", "remove"):
        assert main(["build"]) == 2
    else:
        assert looked_closely(monkeypatch)


@pytest.mark.parametrize("edit", ["gain", "lose"])
def test_a_folder_of_a_glob_that_gains_or_loses_a_file_is_looked_at(
    project: Path, edit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if edit == "gain":
        (project / "icons" / "new.png").write_bytes(b"")
    else:
        (project / "icons" / "b.png").rename(project / "elsewhere.png")
    assert looked_closely(monkeypatch)


@pytest.mark.parametrize(
    "arguments",
    [["a"], ["--target", "mine"], ["-n"], ["--check"], ["--list-outputs"], ["-v"], ["--json"]],
)
@pytest.mark.usefixtures("project")
def test_other_questions_are_never_answered_from_the_index(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline import builder

    monkeypatch.setattr(builder, "run", lambda _: 77)
    assert main(["build", *arguments]) == 77


def test_an_index_of_another_manifest_or_python_does_not_count(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(project / "out" / quick.FILE_NAME)
    assert quick.is_current(str(project), path, "build.yaml")
    assert not quick.is_current(str(project), path, "other.yaml")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version", "another")
        assert not quick.is_current(str(project), path, "build.yaml")
    monkeypatch.setattr(quick, "__file__", "/another/venv/pipeline/quick.py")
    assert not quick.is_current(str(project), path, "build.yaml")


def test_a_damaged_index_does_not_count(project: Path) -> None:
    path = project / "out" / quick.FILE_NAME
    good = path.read_bytes()
    for place in range(0, len(good), 3):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert not quick.is_current(str(project), str(path), "build.yaml")
    for length in range(0, len(good), 5):
        path.write_bytes(good[:length])
        assert not quick.is_current(str(project), str(path), "build.yaml")


def test_young_files_are_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    now = (tmp_path / "a").stat().st_ctime_ns
    index, facts = str(tmp_path / "index"), {"manifest": "m"}
    assert not quick.save(str(tmp_path), index, facts, ["a"], now + quick.GRAIN_NS)
    assert quick.save(str(tmp_path), index, facts, ["a"], now + quick.GRAIN_NS + 1)
    assert quick.is_current(str(tmp_path), index, "m")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        (b"target: x\n", "build/assets"),
        (b"output: out\n", "out"),
        (b"output: 'out put' # x\r\n", "out put"),
        (b'output: "a/{target}/b"\n', "a"),
        (b"output: a-{target}\n", "."),
        (b"  output: nested\n", "build/assets"),
    ],
)
def test_the_output_folder_is_guessed_from_its_line(text: bytes, root: str) -> None:
    assert quick.guess_root(text, "build/assets") == root


def test_a_failed_or_partial_build_leaves_no_index(project: Path) -> None:
    index = project / "out" / quick.FILE_NAME
    index.unlink()
    assert main(["build", "-q", "a"]) == 0
    assert not index.exists()
    (project / "a.png").write_bytes(b"broken")
    assert main(["build", "-q"]) == 1
    assert not index.exists()


def test_clean_leaves_nothing_of_ours(project: Path) -> None:
    assert main(["clean"]) == 0
    assert not (project / "out").exists()


def test_the_stamp_is_touched_and_the_depfile_left_alone_at_a_glance(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline import builder

    call = ["build", "-q", "--depfile", "d.d", "--stamp", "s"]
    assert main(call) == 0
    os.utime("s", (1, 1))
    real = builder.run
    monkeypatch.setattr(builder, "run", lambda _: 77)
    assert main(call) == 0
    assert (project / "s").stat().st_mtime > 1
    assert main([*call, "--depfile-target", "other"]) == 77
    (project / "d.d").write_text("edited")
    assert main(call) == 77
    monkeypatch.setattr(builder, "run", real)
    assert main(call) == 0
    (project / "s").unlink()
    assert main(call) == 0
    assert (project / "s").is_file()
