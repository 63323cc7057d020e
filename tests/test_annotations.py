"""Problems as GitHub Actions shows them: escaped, at the right file, and nothing else obeyed."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli import main
from pipeline.report import Problem, Span, annotation, inert

COMMAND = re.compile(r"::(\w+)(?: ([^:\r\n]*))?::([^\r\n]*)")
"""What the runner takes for a command: properties end at the next `::`, the rest is the message."""


def obey(line: str) -> tuple[str, dict[str, str], str]:
    """Severity, properties and message as the runner reads them."""
    found = COMMAND.fullmatch(line)
    assert found, line
    pairs = [pair.partition("=") for pair in (found[2] or "").split(",") if pair]
    return found[1], {key: unescape(value) for key, _, value in pairs}, unescape(found[3])


def unescape(text: str) -> str:
    for escaped, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escaped, char)
    return text


@pytest.mark.parametrize(
    ("message", "escaped"),
    [
        ("100% sure", "100%25 sure"),
        ("a%0Ab", "a%250Ab"),
        ("a: b, c", "a: b, c"),
        ("two\r\nlines", r"two\r\nlines"),
        ("::error::x", "::error::x"),
        ("\x1b[31mred", r"\x1b[31mred"),
    ],
)
def test_a_message_is_escaped(message: str, escaped: str) -> None:
    assert annotation(Problem(message, severity="warning")) == f"::warning::{escaped}"


@pytest.mark.parametrize(
    ("file", "escaped"),
    [
        ("art/50%.yaml", "art/50%25.yaml"),
        ("C:/x.yaml", "C%3A/x.yaml"),
        ("a,line=9.yaml", "a%2Cline=9.yaml"),
        ("a::error::b", "a%3A%3Aerror%3A%3Ab"),
        ("a\nb\r.yaml", r"a\nb\r.yaml"),
    ],
)
def test_a_file_name_is_escaped(file: str, escaped: str) -> None:
    told = annotation(Problem("wrong", Span(file, 3, 7)))
    assert told == f"::error file={escaped},line=3,col=7::wrong"


def test_the_hint_is_part_of_the_message() -> None:
    assert annotation(Problem("wrong", hint="100% so")) == "::error::wrong (100%25 so)"


printed = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1)


@given(message=printed, file=printed)
def test_the_runner_reads_back_what_was_meant(message: str, file: str) -> None:
    told = annotation(Problem(message, Span(file, 1, 2)))
    properties = {"file": file, "line": "1", "col": "2"}
    assert "\n" not in told
    assert obey(told)[0] == "error"
    # Spaces other than U+0020 are escaped for terminals, or not, but never break the line.
    if all(char.isprintable() for char in message + file):
        assert obey(told)[1:] == (properties, message)


@given(st.text(alphabet=":#[ \n\tae", max_size=30))
def test_nothing_that_is_shown_is_a_command(text: str) -> None:
    for line in inert(text).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


@pytest.fixture
def actions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in GitHub Actions, whose manifest lies in the folder `sub`."""
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("call", [["-C", "sub"], ["-f", "sub/build.yaml"]])
def test_a_place_is_named_from_the_top_of_the_checkout(
    actions: Path, capsys: pytest.CaptureFixture[str], call: list[str]
) -> None:
    (actions / "sub/build.yaml").write_text("target: nothing\nassets: {a: 'art/*.png'}\n")
    assert main(["build", *call]) == 2
    assert "::error file=sub/build.yaml,line=1,col=9::unknown target" in capsys.readouterr().err


def test_a_place_outside_of_the_checkout_keeps_its_name(
    actions: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(actions / "elsewhere"))
    (actions / "sub/build.yaml").write_text("target: nothing\nassets: {a: 'art/*.png'}\n")
    assert main(["check", "-C", "sub"]) == 2
    assert "::error file=build.yaml,line=1,col=9::" in capsys.readouterr().err


def test_a_line_of_the_manifest_is_no_command(
    actions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "target: ssd1306-128x64\n? ::add-mask::secret\n: x\n::stop-commands::t: 1\n"
    (actions / "sub/build.yaml").write_text(text + "assets: {a: '##[add-mask]'}\n")
    assert main(["check", "-C", "sub"]) == 2
    lines = capsys.readouterr().err.splitlines()
    obeyed = [line for line in lines if line.lstrip().startswith("::")]
    assert {obey(line)[0] for line in obeyed} == {"error"}
    assert any(r"\::stop-commands" in line for line in lines)
    assert not any("##[" in line for line in lines if line not in obeyed)


def test_elsewhere_there_are_no_annotations(
    actions: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    (actions / "sub/build.yaml").write_text("target: nothing\nassets: {a: 'art/*.png'}\n")
    assert main(["check", "-C", "sub"]) == 2
    assert "::" not in capsys.readouterr().err
