"""The shortcut: that nothing changed is seen without the manifest, and any change is seen too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import disk, entry, manifest, quick
from pipeline.cli import main, parser_for
from pipeline.report import Failure

INPUTS = Path(__file__).parent / "corpus" / "inputs"
MANIFEST = (
    "target: mine.yaml\noutput: out/{target}/x  # here\n"
    "assets: {a: a.png, icon: {source: 'icons/*.png', palette: p.hex}}\n"
    "bundles: {ui: pack}\n"
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
        "out/mine/x/ui.pack",
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
    [
        ["a"],
        ["--target", "mine"],
        ["-n"],
        ["--check", "-n"],
        ["--list-outputs"],
        ["-v"],
        ["--json"],
    ],
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
    index, facts = str(tmp_path / "index"), quick.Facts("m")
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
        (b"assets:\r\noutput: last", "last"),
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


PLAIN = [
    [],
    ["-q"],
    ["--quiet", "-q"],
    ["--check"],
    ["-q", "--check"],
    ["-C", "some dir", "-f", "other.yaml"],
    ["--directory", "d", "--file", "a/b.yaml"],
    ["--directory=d", "--file=a=b.yaml"],
    ["-j", "4"],
    ["-j4", "-q"],
    ["--jobs", "1024"],
    ["--jobs=1"],
    ["--timeout", "10", "--no-cache", "--no-wait"],
    ["--stamp", "s", "--depfile", "d", "--depfile-target", "t"],
    ["--stamp=s", "--depfile=d", "--depfile-target=t"],
    ["--stamp", "one", "--stamp", "two"],
]

NOT_PLAIN = [
    ["name"],
    ["--"],
    ["-h"],
    ["-v"],
    ["-qv"],
    ["-n"],
    ["--check", "a"],
    ["--check", "-n"],
    ["--json"],
    ["--explain"],
    ["--list-outputs"],
    ["--target", "t"],
    ["-C"],
    ["-C", ""],
    ["-C", "-q"],
    ["-Cdir"],
    ["--quiet=yes"],
    ["--depf", "d"],
    ["-j", "0"],
    ["-j", "1025"],
    ["-j=4"],
    ["-j", "x"],
    ["--timeout", "0"],
]


def read_by_argparse(arguments: list[str]) -> quick.Call:
    return entry.call_of(parser_for("build").parse_args(arguments))


@pytest.mark.parametrize("arguments", PLAIN, ids=" ".join)
def test_a_plain_call_means_the_same_to_the_entry_and_to_argparse(arguments: list[str]) -> None:
    call = entry.plain(["build", *arguments])
    assert call is not None
    assert vars(call) == vars(read_by_argparse(arguments))


@pytest.mark.parametrize("arguments", NOT_PLAIN, ids=" ".join)
def test_every_other_call_is_left_to_argparse(arguments: list[str]) -> None:
    assert entry.plain(["build", *arguments]) is None


@pytest.mark.parametrize("arguments", [[], ["check"], ["-q", "build"], ["--version"], ["help"]])
def test_other_commands_are_left_to_argparse(arguments: list[str]) -> None:
    assert entry.plain(arguments) is None


WORDS = sorted({word for arguments in PLAIN + NOT_PLAIN for word in arguments})


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=5))
def test_whatever_the_entry_understands_argparse_understands_alike(arguments: list[str]) -> None:
    call = entry.plain(["build", *arguments])
    if call is not None:
        args = parser_for("build").parse_args(arguments)
        assert vars(call) == vars(entry.call_of(args))
        others = (args.names, args.target, args.dry_run, args.list_outputs)
        assert not any((*others, args.json, args.explain, args.verbose))


def test_every_option_of_a_call_is_one_of_build_and_has_its_default() -> None:
    assert vars(quick.Call()) == vars(read_by_argparse([]))
    assert manifest.DEFAULT_FILE == quick.DEFAULT_FILE
    assert manifest.DEFAULT_OUTPUT == quick.DEFAULT_OUTPUT


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "1_0", "", "\N{SUPERSCRIPT TWO}", "9" * 5000])
def test_a_number_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Failure, match="expected a number from 1 to 86400"):
        parser_for("build").parse_args([f"--timeout={text}"])


def run_entry(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The console script in a process of its own; its last line of output names all modules."""
    code = (
        "import sys, atexit; from pipeline.entry import entry; "
        "atexit.register(lambda: print(*sys.modules)); sys.exit(entry())"
    )
    call = [sys.executable, "-c", code, *arguments]
    return subprocess.run(call, cwd=folder, capture_output=True, text=True, check=False)


def test_a_no_op_loads_nothing_that_takes_long(project: Path) -> None:
    # What an interpreter has loaded before our first line is not ours.
    bare = subprocess.run(
        [sys.executable, "-c", "import sys, atexit; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    index = str(project / "out" / quick.FILE_NAME)
    names = quick.load(index)
    assert names is not None
    assert quick.save(str(project), index, names.facts, names.paths, 1 << 62)
    done = run_entry(project, "build", "-j4", "--stamp", "stamp")
    assert done.returncode == 0
    assert (project / "stamp").is_file(), "it was not there, so this went the long way"
    done = run_entry(project, "build", "-j4", "--stamp", "stamp")
    assert done.stderr == "2 assets up to date\n"
    loaded = set(done.stdout.split()) - set(bare.stdout.split())
    assert loaded <= {"pipeline", "pipeline.entry", "pipeline.quick", "zlib"}


def test_the_entry_leaves_the_rest_to_the_command_line(tmp_path: Path) -> None:
    done = run_entry(tmp_path, "build")
    assert done.returncode == 2
    assert "there is no build.yaml" in done.stderr
    assert run_entry(tmp_path, "nonsense").returncode == 2


def test_ctrl_c_during_the_look_ends_the_run(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: quick.Call) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(quick, "nothing_to_do", interrupt)
    monkeypatch.setattr(sys, "argv", ["bitplane", "build"])
    with pytest.raises(SystemExit) as caught:
        entry.entry()
    assert caught.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"
    assert project.is_dir()


def test_files_whose_looks_do_not_fit_a_signed_number_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems number their files up to 2^64 - 1."""
    (tmp_path / "a").write_bytes(b"1")
    real = os.stat

    def large(path: str) -> os.stat_result:
        seen = real(path)
        fields = [seen.st_mode, (1 << 64) - 1, *list(seen)[2:]]
        extra = {"st_mtime_ns": seen.st_mtime_ns, "st_ctime_ns": seen.st_ctime_ns}
        return os.stat_result(fields, extra)

    monkeypatch.setattr(os, "stat", large)
    index = str(tmp_path / "index")
    assert quick.save(str(tmp_path), index, quick.Facts("m"), ["a"], 1 << 62)
    assert quick.is_current(str(tmp_path), index, "m")


def checked_closely(monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a check now does more than compare looks."""
    from pipeline import builder

    with monkeypatch.context() as patch:
        patch.setattr(builder, "run", lambda _: 77)
        return main(["build", "--check"]) == 77


def test_a_check_that_would_find_nothing_is_answered_at_a_glance(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not checked_closely(monkeypatch)
    assert capsys.readouterr() == ("", "")
    os.utime(project / "a.png", (1, 1))
    assert checked_closely(monkeypatch)


@pytest.mark.usefixtures("project")
def test_with_a_palette_lock_a_check_looks_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["lock"]) == 0
    assert main(["build", "-q"]) == 0
    assert not looked_closely(monkeypatch)
    assert checked_closely(monkeypatch)


def test_with_a_file_that_could_not_go_the_next_build_looks_closely(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "build.yaml").write_text(MANIFEST.replace("a: a.png, ", ""))

    def refuse(_: disk.RealDisk, path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    with monkeypatch.context() as patch:
        patch.setattr(disk.RealDisk, "remove", refuse)
        assert main(["build", "-q"]) == 1
    assert (project / "out" / "mine" / "x" / "a.c").is_file()
    assert checked_closely(monkeypatch)
    assert main(["build", "--check"]) == 1
    assert main(["build", "-q"]) == 0
    assert not (project / "out" / "mine" / "x" / "a.c").exists()
