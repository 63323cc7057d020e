"""What the build says to build systems, to people and to programs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline import pool
from pipeline.cli import main, parser_for
from pipeline.lock import BUSY, FILE_NAME, held
from pipeline.report import Failure

INPUTS = Path(__file__).parent / "corpus" / "inputs"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "art").mkdir()
    for name in ("ramp.png", "dot.png"):
        (tmp_path / "art" / name).write_bytes((INPUTS / name).read_bytes())
    text = "target: ssd1306-128x64\nassets: {a: 'art/*.png', b: art/ramp.png}\n"
    (tmp_path / "build.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_names_what_is_out_of_date_and_changes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "--check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"ssd1306-128x64: {name}: it has not been built before" for name in ("a_dot", "a_ramp", "b")
    ]
    assert not (project / "build").exists()
    assert main(["build", "-q"]) == 0
    assert main(["build", "--check"]) == 0
    (project / "build/assets/b.c").unlink()
    assert main(["build", "--check"]) == 1
    assert "b: build/assets/b.c is missing" in capsys.readouterr().out


def test_check_sees_files_that_no_asset_names_any_more(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "-q"]) == 0
    (project / "art" / "dot.png").unlink()
    assert main(["build", "--check"]) == 1
    assert "build/assets/a_dot.c: no asset names it any more" in capsys.readouterr().out
    assert (project / "build/assets/a_dot.c").is_file()


def test_check_fails_for_what_is_over_budget(project: Path) -> None:
    (project / "build.yaml").write_text((project / "build.yaml").read_text() + "budget: 10 B\n")
    assert main(["build", "-q"]) == 1
    assert main(["build", "--check"]) == 1


def test_outputs_are_listed_as_seen_from_where_the_command_was_given(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["build", "--list-outputs", "b"]) == 0
    assert capsys.readouterr().out == "build/assets/b.h\nbuild/assets/b.c\n"
    monkeypatch.chdir(project.parent)
    name = project.name
    assert main(["build", "--list-outputs", "b", "-f", f"{name}/build.yaml"]) == 0
    assert capsys.readouterr().out.startswith(f"{name}/build/assets/b.h\n")
    assert main(["build", "--list-outputs", "b", "-C", name]) == 0
    assert capsys.readouterr().out.startswith(f"{name}/build/assets/b.h\n")


def test_the_depfile_names_everything_that_was_read(project: Path) -> None:
    assert main(["build", "-q", "--depfile", "x/d.d", "--stamp", "x/s"]) == 0
    text = (project / "x/d.d").read_text()
    rule = text.split("\n\n")[0].replace("\\\n", "").splitlines()[0]
    target, _, names = rule.partition(":")
    assert target == "x/s"
    assert names.split() == ["art/", "art/dot.png", "art/ramp.png", "build.yaml"]
    assert "art/dot.png:\n" in text
    assert (project / "x/s").is_file()


def test_the_stamp_is_touched_by_every_build_that_succeeds(project: Path) -> None:
    assert main(["build", "-q", "--stamp", "s"]) == 0
    os.utime("s", (1, 1))
    assert main(["build", "-q", "--stamp", "s"]) == 0
    assert (project / "s").stat().st_mtime > 1
    os.utime("s", (1, 1))
    (project / "art/ramp.png").write_bytes(b"broken")
    assert main(["build", "-q", "--stamp", "s"]) == 1
    assert (project / "s").stat().st_mtime == 1


def test_a_name_that_make_cannot_carry_stops_the_build_before_it_begins(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "art/a=b.png").write_bytes((INPUTS / "dot.png").read_bytes())
    assert main(["build", "--depfile", "d.d"]) == 2
    assert "a depfile cannot carry" in capsys.readouterr().err
    assert not (project / "build/assets/b.c").exists()


def test_a_depfile_does_not_replace_what_is_read(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read = [project / "build.yaml", *project.glob("**/*.png")]
    assert len(read) > 1
    for path in read:
        before = path.read_bytes()
        assert main(["build", "-q", "--depfile", str(path.relative_to(project))]) == 2
        assert "is read by the build" in capsys.readouterr().err
        assert path.read_bytes() == before


def test_json_is_one_object_a_line_and_nothing_else(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "art/dot.png").write_bytes(b"broken")
    assert main(["build", "--json"]) == 1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [event["event"] for event in events]
    assert sorted(kinds) == [
        "built",
        "built",
        "end",
        "failed",
        "problem",
        "stale",
        "stale",
        "stale",
    ]
    problem = events[kinds.index("problem")]
    assert (problem["file"], problem["line"], problem["severity"]) == ("build.yaml", 2, "error")
    assert events[-1]["failed"] is True


def test_problems_are_annotations_in_github_actions(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    (project / "build.yaml").write_text("target: nothing\nassets: {a: 'art/*.png'}\n")
    assert main(["build"]) == 2
    assert (
        "::error file=build.yaml,line=1,col=9::unknown target 'nothing'" in capsys.readouterr().err
    )


def test_a_foreign_file_is_never_replaced(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "build/assets").mkdir(parents=True)
    (project / "build/assets/b.c").write_text("int mine;\n")
    assert main(["build", "-q"]) == 1
    assert "cannot write build/assets/b.c: bitplane did not make" in capsys.readouterr().err
    assert (project / "build/assets/b.c").read_text() == "int mine;\n"
    assert main(["clean"]) == 0
    assert (project / "build/assets/b.c").read_text() == "int mine;\n"


def test_our_own_files_are_replaced_when_the_state_is_lost(project: Path) -> None:
    assert main(["build", "-q"]) == 0
    (project / "build/assets/.bitplane.state").unlink()
    (project / "art/ramp.png").write_bytes((INPUTS / "dot.png").read_bytes())
    assert main(["build", "-q"]) == 0


def test_temporary_files_of_a_killed_build_are_swept(project: Path) -> None:
    assert main(["build", "-q"]) == 0
    left = project / "build/assets/.b.c.12345.tmp"
    mine = project / "build/assets/.mine.tmp"
    left.write_text("half")
    mine.write_text("mine")
    assert main(["build", "-q"]) == 0
    assert not left.exists()
    assert mine.exists()


HOLD = """
import sys
from pathlib import Path
from pipeline.lock import held
with held(Path(sys.argv[1]), wait=True, say=print):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(project: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends."""
    command = [sys.executable, "-c", HOLD, str(project / "build/assets")]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_build_can_fail_at_once_and_says_who_holds_the_lock(
    holder: "subprocess.Popen[str]", capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "--no-wait"]) == BUSY
    assert f"another build is at work here: process {holder.pid}" in capsys.readouterr().err


def test_a_second_build_waits_for_the_first(project: Path, holder: "subprocess.Popen[str]") -> None:
    command = [sys.executable, "-m", "pipeline", "build"]
    with subprocess.Popen(command, cwd=project, stderr=-1, stdout=-1, text=True) as second:
        assert second.stderr is not None
        line = second.stderr.readline()
        assert line == f"waiting for another build: process {holder.pid}\n"
        assert holder.stdin is not None
        holder.stdin.close()
        second.communicate(timeout=60)
        assert second.returncode == 0
    assert (project / "build/assets/b.c").is_file()
    assert not (project / "build/assets" / FILE_NAME).exists()


def test_the_kernel_frees_the_lock_of_a_killed_build(holder: "subprocess.Popen[str]") -> None:
    holder.kill()
    holder.wait()
    assert main(["build", "-q", "--no-wait"]) == 0


def test_the_lock_can_be_taken_again_and_leaves_no_file(tmp_path: Path) -> None:
    for _ in range(3):
        with (
            held(tmp_path, wait=False, say=print),
            pytest.raises(Failure),
            held(tmp_path, wait=False, say=print),
        ):
            pytest.fail("the lock was held twice")
        assert list(tmp_path.iterdir()) == []


def test_green_art_is_green_on_spectra(project: Path) -> None:
    """The nominal green looks more like the measured yellow than like the measured green."""
    from PIL import Image

    names = ["#000000", "#ffffff", "#ffff00", "#ff0000", "#0000ff", "#00ff00"]
    picture = Image.new("RGB", (6, 1))
    for place, name in enumerate(names):
        picture.putpixel((place, 0), tuple(bytes.fromhex(name[1:])))
    picture.save(project / "inks.png")
    assert main(["convert", "inks.png", "-o", "i.raw", "--target", "waveshare-7in3e"]) == 0
    assert (project / "i.raw").read_bytes().hex() == "012356"


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.usefixtures("project")
def test_a_timeout_is_set_to_every_worker_even_for_a_few_assets(
    start: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: list[float] = []

    def lose_all(
        _: str, arguments: Sequence[object], limits: pool.Limits, slots: object
    ) -> Iterator[pool.Lost]:
        del slots
        heard.append(limits.timeout_s)
        yield from (pool.Lost(task, "took too long") for task in range(len(arguments)))

    monkeypatch.setattr(pool, "run", lose_all)
    monkeypatch.setattr(pool, "start_method", lambda: start)
    assert main(["build", "--timeout", "7"]) == 1
    assert heard == [7]
    assert "error: the worker took too long" in capsys.readouterr().err


def test_the_help_names_the_timeout_that_holds_without_the_option() -> None:
    assert f"(default {pool.Limits(1).timeout_s:.0f})" in parser_for("build").format_help()


# --- what is said where the C kernels are missing ---


def test_a_build_without_kernels_says_so_once(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "target: generic\nassets: {a: {source: 'art/*.png', palette: {colors: 2}}}\n"
    (project / "build.yaml").write_text(text)
    monkeypatch.setenv("BITPLANE_NATIVE", "0")
    assert main(["build", "--no-cache", "-j2"]) == 0
    said = capsys.readouterr()
    (note,) = [line for line in said.err.splitlines() if line.startswith("note:")]
    assert note.startswith("note: BITPLANE_NATIVE=0 keeps the C kernels out")
    assert "kernels" not in said.out
    assert main(["build", "--no-cache"]) == 0
    assert "kernels" not in capsys.readouterr().err, "nothing was done, so nothing was slow"


@pytest.mark.usefixtures("project")
def test_a_quiet_build_says_nothing_of_kernels(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BITPLANE_NATIVE", "0")
    assert main(["build", "-q"]) == 0
    assert capsys.readouterr().err == ""


def test_kernels_that_are_not_built_are_a_reason_to_install_a_compiler(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline.kernels.VERSION", -1)  # as if they were of another version
    monkeypatch.delenv("BITPLANE_NATIVE", raising=False)
    assert main(["build", "--no-cache", "-j1"]) == 0
    assert "install a C compiler and reinstall bitplane" in capsys.readouterr().err
    assert (project / "build").is_dir()
