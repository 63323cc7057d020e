"""Manifest cases as files: each folder of tests/corpus holds a build.yaml and a transcript.

`transcript.txt` is a list of commands and exactly what they print; `expect/`, where there is one,
holds files that the build must write, byte for byte. `BITPLANE_UPDATE=1` accepts what is printed.
"""

import os
import shlex
import shutil
from pathlib import Path

import pytest
from talk import without_note

from pipeline.cli import main

CORPUS = Path(__file__).parent / "corpus"
INPUTS = CORPUS / "inputs"
CASES = sorted(path.parent.name for path in CORPUS.glob("*/transcript.txt"))
UPDATE = os.environ.get("BITPLANE_UPDATE") == "1"


def commands(transcript: str) -> list[str]:
    return [line[2:] for line in transcript.splitlines() if line.startswith("$ ")]


def run(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    program, *arguments = shlex.split(command)
    assert program == "bitplane"
    status = main(arguments)
    out, err = capsys.readouterr()
    end = f"[exit {status}]\n" if status else ""
    return f"$ {command}\n{out}{without_note(err)}{end}"


@pytest.mark.parametrize("case", CASES)
def test_case_prints_and_writes_exactly_what_is_expected(
    case: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    work = tmp_path / "work"
    shutil.copytree(CORPUS / case, work, ignore=shutil.ignore_patterns("expect", "transcript.txt"))
    shutil.copytree(INPUTS, work / "assets", dirs_exist_ok=True)
    monkeypatch.chdir(work)
    expected = (CORPUS / case / "transcript.txt").read_text("utf-8")
    got = "".join(run(command, capsys) for command in commands(expected))
    if UPDATE:
        (CORPUS / case / "transcript.txt").write_text(got, "utf-8", newline="\n")
    else:
        assert got == expected
    compare_files(CORPUS / case / "expect", work)


def compare_files(expect: Path, work: Path) -> None:
    for path in sorted(expect.rglob("*")):
        made = work / path.relative_to(expect)
        if path.is_dir():
            continue
        if UPDATE:
            path.write_bytes(made.read_bytes())
        assert made.read_bytes() == path.read_bytes(), f"{made.name} differs"


def test_at_least_half_of_the_cases_are_failures() -> None:
    failures = [
        case for case in CASES if "[exit " in (CORPUS / case / "transcript.txt").read_text("utf-8")
    ]
    assert len(CASES) >= 40
    assert len(failures) * 2 >= len(CASES)
