"""`bitplane build --json` prints what docs/reference.md says, in every way a build can go."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.cli import main
from pipeline.lock import BUSY, held

INPUTS = Path(__file__).parent / "corpus" / "inputs"
REFERENCE = Path(__file__).parent.parent / "docs" / "reference.md"
SECTION = re.compile(r"^### Event `([\w-]+)`$(.*?)(?=^#)", re.MULTILINE | re.DOTALL)
KEY = re.compile(r"^\| `(\w+)` \| ([^|]+) \|", re.MULTILINE)
MANIFEST = """\
target: ili9341-240x320
palettes: {ui: {colors: 4}}
assets:
  a: {source: a.png, palette: ui}
  b: {source: b.png, palette: ui}
  wide: wide.png
"""

Fact = dict[str, Any]


def documented() -> dict[str, dict[str, str]]:
    """Kind of event to key to the type of its value, as the page says."""
    page = REFERENCE.read_text("utf-8")
    return {name: dict(KEY.findall(body)) for name, body in SECTION.findall(page)}


def is_a(value: object, kind: str) -> bool:
    """Whether a value is of a type as the page words it."""
    if kind.endswith(" or `null`") and value is None:
        return True
    match kind.removesuffix(" or `null`"):
        case "text":
            return isinstance(value, str)
        case "whole number":
            return isinstance(value, int) and not isinstance(value, bool)
        case "`true` or `false`":
            return isinstance(value, bool)
        case "list of text":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
    pytest.fail(f"the page has a type that this test does not know: {kind}")


def parsed(out: str) -> list[Fact]:
    """The events of a stream, each checked against the page; the last one ends it."""
    assert out.isascii()
    assert out.endswith("\n")
    facts = [json.loads(line) for line in out[:-1].split("\n")]
    page = documented()
    for fact in facts:
        keys = page[fact["event"]]
        assert list(fact) == ["event", *keys]
        assert all(is_a(fact[key], kind) for key, kind in keys.items()), fact
    assert [fact["event"] for fact in facts].count("end") == 1
    assert facts[-1]["event"] == "end"
    return facts


class Call:
    """Runs `bitplane build --json` here; what workers print on standard output counts too."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self.capfd = capfd
        self.seen: set[str] = set()

    def __call__(self, *arguments: str, status: int = 0) -> list[Fact]:
        self.capfd.readouterr()
        assert main(["build", "--json", *arguments]) == status
        facts = parsed(self.capfd.readouterr().out)
        assert facts[-1]["failed"] == (status != 0)
        self.seen |= {fact["event"] for fact in facts}
        return facts


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two assets that share a palette, and one that gives a warning."""
    (tmp_path / "build.yaml").write_text(MANIFEST)
    shutil.copy(INPUTS / "ramp.png", tmp_path / "a.png")
    shutil.copy(INPUTS / "dot.png", tmp_path / "b.png")
    Image.new("RGB", (400, 8)).save(tmp_path / "wide.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def build(project: Path, capfd: pytest.CaptureFixture[str]) -> Call:
    assert (project / "build.yaml").is_file()
    return Call(capfd)


def kinds(facts: list[Fact]) -> list[str]:
    return [fact["event"] for fact in facts]


def of(facts: list[Fact], kind: str) -> list[Fact]:
    return [fact for fact in facts if fact["event"] == kind]


def drop(project: Path, name: str) -> None:
    """Take an asset out of the manifest."""
    lines = MANIFEST.splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"  {name}:")]
    (project / "build.yaml").write_text("".join(kept))


def test_the_page_has_every_kind_and_a_story_meets_all(project: Path, build: Call) -> None:
    build("--check", status=1)
    build("-n")
    build()
    build()
    shutil.rmtree(project / "build")
    build()
    (project / "a.png").write_bytes(b"broken")
    build(status=1)
    shutil.copy(INPUTS / "ramp.png", project / "a.png")
    drop(project, "b")
    build("--check", status=1)
    build("-q")
    with (project / "build.yaml").open("a") as manifest:
        manifest.write("bundles: {ui: pack}\n")
    (project / "build/assets/ui.pack").write_bytes(b"not ours")
    build(status=1)
    (project / "build/assets/ui.pack").unlink()
    build()
    assert build.seen == set(documented())
    assert len(build.seen) == 11


def test_what_is_built_is_told_with_its_files_and_warnings(build: Call) -> None:
    facts = build()
    assert len(of(facts, "stale")) == 3
    told = {fact["asset"]: fact for fact in of(facts, "built")}
    assert told["a"]["outputs"] == ["build/assets/a.h", "build/assets/a.c"]
    assert {fact["changed"] for fact in told.values()} == {2}
    (warning,) = of(facts, "problem")
    assert (warning["severity"], warning["file"], warning["line"]) == ("warning", "build.yaml", 6)
    assert (facts[-1]["built"], facts[-1]["up_to_date"], facts[-1]["changed"]) == (3, 0, 6)
    assert facts[-1]["flash_bytes"] > 3 * 4


def test_what_is_up_to_date_is_only_counted(build: Call) -> None:
    flash_bytes = build()[-1]["flash_bytes"]
    for call in ([], ["--check"], ["-n"]):
        (end,) = build(*call)
        assert (end["built"], end["up_to_date"], end["changed"]) == (0, 3, 0)
        assert end["flash_bytes"] == (None if call else flash_bytes)


def test_what_the_cache_knows_is_told_as_cached(project: Path, build: Call) -> None:
    build()
    shutil.rmtree(project / "build")
    facts = build()
    # A warning should be heard again, so its asset is built.
    assert {fact["asset"] for fact in of(facts, "cached")} == {"a", "b"}
    assert {fact["asset"] for fact in of(facts, "built")} == {"wide"}
    assert facts[-1]["built"] == 3


def test_a_broken_source_fails_alone(project: Path, build: Call) -> None:
    build()
    (project / "wide.png").write_bytes(b"broken")
    facts = build(status=1)
    assert kinds(facts) == ["stale", "failed", "problem", "end"]
    assert of(facts, "failed")[0]["asset"] == "wide"
    assert "wide.png" in of(facts, "problem")[0]["message"]
    assert (facts[-1]["built"], facts[-1]["up_to_date"]) == (0, 2)


def test_all_assets_of_a_palette_that_cannot_be_learned_fail(project: Path, build: Call) -> None:
    (project / "a.png").write_bytes(b"broken")
    facts = build(status=1)
    assert {fact["asset"] for fact in of(facts, "failed")} == {"a", "b"}
    assert {fact["asset"] for fact in of(facts, "built")} == {"wide"}
    assert {fact["asset"] for fact in of(facts, "stale")} == {"wide"}


def test_files_of_an_asset_that_left_are_leftover_then_removed(project: Path, build: Call) -> None:
    build("--no-cache")
    drop(project, "wide")
    gone = ["build/assets/wide.c", "build/assets/wide.h"]
    facts = build("--check", status=1)
    assert sorted(fact["output"] for fact in of(facts, "leftover")) == gone
    facts = build()
    assert sorted(fact["output"] for fact in of(facts, "removed")) == gone
    assert facts[-1]["built"] == 0


def test_a_faulty_manifest_is_told_too(project: Path, build: Call) -> None:
    (project / "build.yaml").write_text("target: nothing\nassets: {a: none.png}\n")
    facts = build(status=2)
    assert kinds(facts) == ["problem", "problem", "end"]
    (project / "build.yaml").unlink()
    facts = build("--check", status=2)
    assert kinds(facts) == ["problem", "end"]
    assert facts[0]["file"] is None


def test_a_budget_that_is_exceeded_is_told(project: Path, build: Call) -> None:
    (project / "build.yaml").write_text(MANIFEST + "budget: 10 B\n")
    for call in ([], ["--check"]):
        facts = build(*call, status=1)
        assert "over budget" in of(facts, "problem")[-1]["message"]


def test_a_lock_of_palettes_that_is_old_is_told(project: Path, build: Call) -> None:
    assert main(["lock"]) == 0
    shutil.copy(INPUTS / "four.png", project / "b.png")
    build()
    facts = build("--check", status=1)
    assert kinds(facts) == ["problem", "end"]
    assert facts[0]["message"].startswith("build.lock: ")


def test_a_busy_output_folder_is_told(project: Path, build: Call) -> None:
    with held(project / "build/assets", wait=False, say=print):
        assert kinds(build("--no-wait", status=BUSY)) == ["problem", "end"]


def test_a_depfile_that_cannot_be_written_fails_a_build_that_was_done(
    project: Path, build: Call
) -> None:
    facts = build("--depfile", "a.png/x.d", status=1)
    assert "cannot write" in of(facts, "problem")[-1]["message"]
    assert facts[-1]["built"] == 3
    assert (project / "build/assets/a.c").is_file()


def test_names_are_escaped_to_ascii_and_come_back(project: Path, build: Call) -> None:
    name = 'ä"\x1b[31m\u2028名'
    quoted = json.dumps(name)
    (project / "build.yaml").write_text(f"target: ssd1306-128x64\nassets: {{{quoted}: a.png}}\n")
    facts = build()
    assert [fact["asset"] for fact in facts[:-1]] == [name, name]


@pytest.mark.usefixtures("project")
def test_a_list_of_outputs_has_no_events(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--json", "--list-outputs"]) == 2
    out, err = capfd.readouterr()
    assert not out
    assert "--list-outputs" in err


def test_the_real_command_prints_events_and_nothing_else(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pipeline", "build", "--json", "-v", "--explain"],
        cwd=project,
        env={**os.environ, "GITHUB_ACTIONS": "true", "PYTHONUNBUFFERED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"stale", "built", "problem", "end"} == set(kinds(parsed(done.stdout)))
    assert "::warning file=build.yaml" in done.stderr
