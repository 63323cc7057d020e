"""Depfiles, read by the real GNU make and the real ninja; the recipes that use them are shown."""

import os
import shutil
import string
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.depfile import check_names, depfile

DOC = Path(__file__).parent.parent / "docs" / "build-systems.md"
RECIPES = Path(__file__).parent / "build_systems"

MAKE_RULE = """\
all: {i}.stamp
{i}.stamp: ; @echo {i} >> runs; cp {i}.next {i}.dep; : > $@
-include {i}.dep
"""
NINJA_RULE = """\
rule read{i}
  command = echo {i} >> runs; cp {i}.next {i}.dep; : > {i}.stamp
  depfile = {i}.dep
build {i}.stamp: read{i}
"""
NINJA_DEPS_RULE = NINJA_RULE.replace("build ", "  deps = gcc\nbuild ")
TOOLS = {
    "make": ("make", "Makefile", MAKE_RULE),
    "ninja": ("ninja", "build.ninja", NINJA_RULE),
    "ninja-deps": ("ninja", "build.ninja", NINJA_DEPS_RULE),  # reads a depfile once, not each time
}

MARKS = "#$\\()[]~,+@!{}-_."
"""The ASCII characters that names may have, beside letters, digits, `/` and the space."""

ENDLESS = "\"&'*;<>?^`|"
"""ninja takes these for the end of a name and builds for ever; make stops at `;` and `|` too."""


class Project:
    """A rule for each name, whose only input the depfile names."""

    def __init__(self, folder: Path, tool: str, names: Iterable[str]) -> None:
        program, file, rule = TOOLS[tool]
        self.command = [program, *(["-s"] if program == "make" else [])]
        self.folder = folder
        self.names = list(names)
        count = len(self.names)
        (folder / file).write_text("".join(rule.format(i=i) for i in range(count)), "utf-8")
        for name in [*self.names, "always"]:
            self._create(name)
        for name in [*self.names, "always"]:
            os.utime(folder / name, (1e9, 1e9))
        for i, name in enumerate(self.names):
            self._will_read(i, [name, "always"])

    def _create(self, name: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.touch()

    def _will_read(self, i: int, names: list[str]) -> None:
        (self.folder / f"{i}.next").write_text(depfile(f"{i}.stamp", names), "utf-8")

    def build(self) -> Counter[str]:
        """How often each rule ran, by the name that it reads."""
        log = self.folder / "runs"
        log.write_text("")
        done = subprocess.run(self.command, cwd=self.folder, capture_output=True, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr)[-2000:].decode()
        return Counter(self.names[int(i)] for i in log.read_text().split())

    def touch(self, names: Iterable[str]) -> None:
        """Make files newer than all stamps, and older than whatever is written next."""
        now = self._clock_after(max(path.stat().st_mtime_ns for path in self.folder.glob("*.*")))
        for name in names:
            os.utime(self.folder / name, ns=(now, now))
        self._clock_after(now)

    def _clock_after(self, moment: int) -> int:
        """Wait until the file system's clock has moved on."""
        probe = self.folder / "clock"
        while True:
            probe.write_text("")
            if (now := probe.stat().st_mtime_ns) > moment:
                return now

    def delete(self) -> None:
        """Delete all inputs; what reads them next finds that they are gone."""
        for i, name in enumerate(self.names):
            path = self.folder / name
            path.rmdir() if name.endswith("/") else path.unlink()
            self._will_read(i, ["always"])


def in_all_places(char: str, n: int) -> list[str]:
    """Names with a character at the start, inside, twice and at the end, of files and folders."""
    start = [] if char == "~" else [f"{char}{n}.png", f"{char}{n}b/x"]
    inside = [f"a{n}{char}b.png", f"a{n}{char}{char}b", f"a{n}b/{char}x", f"d{n}{char}/x"]
    end = [] if char in "\\ " else [f"a{n}{char}", f"b{n}/{char}"] if char != "." else [f"a{n}."]
    return [*start, *inside, f"c{n}{char}/", *end]


COMBINED = (
    r"a\ b.png|a\\ b|\\a|a\(b|a\[b|a\b\c|a  b|d / x|$$|$(x).png|${x}|##|# a|a #b|a (1).png|(x)"
    "|(x|x)|a]b[|a[|[]|lib(x)/y|icons (old)/|.icons/|.1.png|.hid den|art/.c|..c|{a,b}|./here.png"
    "|include|export|-include|endif|define x|é.png|日本/語.png|😀|\u00a0|a\u2028b|a\u3000b|\u0085"
    "|d//e|../outside.png"
)
NAMES = [
    *(name for n, char in enumerate(f"{MARKS} é") for name in in_all_places(char, n)),
    *COMBINED.split("|"),
]


def prove(project: Project) -> None:
    names, nothing = Counter(project.names), Counter[str]()
    assert project.build() == names
    assert project.build() == nothing
    for part in (project.names[::2], project.names[1::2]):
        project.touch(part)
        assert project.build() == Counter(part)
        assert project.build() == nothing
    project.delete()
    assert project.build() == names
    assert project.build() == nothing


@pytest.fixture(scope="module", params=TOOLS)
def tool(request: pytest.FixtureRequest) -> str:
    program = TOOLS[request.param][0]
    if os.name == "nt":
        pytest.skip("Windows has no files with such names")
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    return str(request.param)


def test_a_touched_or_deleted_input_runs_its_rule_once(tool: str, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    absolute = str(tmp_path / "some where" / "absolute.png")
    prove(Project(tmp_path / "project", tool, [*NAMES, absolute]))


texts = st.text(f"{MARKS} aé", min_size=1, max_size=6).filter(lambda text: text not in {".", ".."})


@given(st.lists(texts, min_size=20, max_size=20, unique=True))
@settings(max_examples=3, deadline=None)
def test_any_accepted_name_works(
    tool: str, tmp_path_factory: pytest.TempPathFactory, found: list[str]
) -> None:
    names = [
        *found,
        *(f"in{i}/{text}" for i, text in enumerate(found)),
        *(f"d{i}{text}/x" for i, text in enumerate(found)),
        *(f"e{i}{text}/" for i, text in enumerate(found)),
    ]
    accepted = [name for name in names if not check_names([name])]
    prove(Project(tmp_path_factory.mktemp("any"), tool, accepted))


def test_every_ascii_character_is_judged() -> None:
    refused = {*string.punctuation, *map(chr, range(32)), chr(127)} - {*MARKS, "/"}
    assert refused == {*ENDLESS, *map(chr, range(32)), chr(127), *":=%"}
    for char in map(chr, range(128)):
        assert bool(check_names([f"a{char}b"])) == (char in refused)


# Each fails in one of the tools of the first column when it is written with gcc's escapes.
REFUSED = [
    *((f"a{char}b.png", char) for char in ENDLESS),  # ninja: builds for ever
    ("a\x7fb", "\\x7f"),  # ninja: builds for ever
    ("a\tb", "\\t"),  # both: the end of a name
    ("a\nb", "\\n"),  # both: the end of a rule
    ("a:b.png", ":"),  # make: "multiple target patterns"
    ("C:b.png", ":"),  # make: likewise; no path on Windows either
    ("CD:/b.png", ":"),
    ("a=b.png", "="),  # make: a variable, so that a deleted file breaks the build
    ("assets/50%.png", "%"),  # make: a pattern rule, so that a deleted file breaks the build
    ("a[1].png", "[1]"),  # make: where there is an a1.png, that one is watched
    ("a[]]", "[]]"),
    ("assets/old [ab]/x.png", "[ab]"),
    ("assets/icons (old)", "(old)"),  # make: builds for ever
    ("lib(x)", "(x)"),
    ("$(x)", "(x)"),
    ("~", "~"),  # make: somebody's home folder
    ("./~root/x.png", "./~"),
    ("-lm", "-l"),  # make: the library libm, once the file is deleted
    ("./-lm", "./-l"),
    (".PHONY", ".PHONY"),  # make: a special target
    ("./.SILENT", "./.SILENT"),
    (".c.o", ".c.o"),  # make: a suffix rule
    ("a ", " "),  # make: "no rule to make target 'a\'"
    ("a\\", "\\"),  # make: "multiple target patterns"; ninja: builds for ever
    ("a\\#b", "\\"),  # make: "missing separator"
    ("a\\$b", "\\"),  # ninja: builds for ever
    ("a\udc80", "\\udc80"),
]


@pytest.mark.parametrize(("name", "found"), REFUSED)
def test_a_name_that_a_tool_cannot_carry_is_refused(name: str, found: str) -> None:
    (message,) = check_names([name])
    assert f"'{found}'" in message
    assert message.isprintable()
    assert message.endswith("; rename it")
    for target, inputs in [(name, ["a"]), ("a", ["b", name])]:
        with pytest.raises(ValueError, match="a depfile cannot carry ") as raised:
            depfile(target, inputs)
        assert str(raised.value) == message


def test_an_empty_name_is_refused() -> None:
    assert check_names(["a", ""]) == ("a depfile cannot carry '': it is empty; rename it",)


def test_every_faulty_name_is_told_in_order() -> None:
    assert [message.split("'")[1] for message in check_names(["b:", "c", "a%"])] == ["b:", "a%"]


def test_a_drive_may_start_a_name() -> None:
    assert check_names(["C:/art/a.png", "d:/a b.png"]) == ()


def test_rules_are_wrapped_and_escaped_as_gcc_does() -> None:
    names = ["build.yaml", "art/a b.png", "art/$1 #2.png", "back\\slash", "back\\ space", "art/"]
    assert depfile("out dir/stamp", names) == (
        "out\\ dir/stamp: \\\n"
        "  art/ \\\n"
        "  art/$$1\\ \\#2.png \\\n"
        "  art/a\\ b.png \\\n"
        "  back\\\\\\ space \\\n"
        "  back\\slash \\\n"
        "  build.yaml\n"
        "art/:\n"
        "art/$$1\\ \\#2.png:\n"
        "art/a\\ b.png:\n"
        "back\\\\\\ space:\n"
        "back\\slash:\n"
        "build.yaml:\n"
    )


def test_without_inputs_there_is_one_rule() -> None:
    assert depfile("stamp", []) == "stamp:\n"


@given(st.permutations(["a", "b c", "d/e", "d/", "é", "a"]))
def test_the_order_of_inputs_does_not_matter(names: list[str]) -> None:
    assert depfile("t", names) == depfile("t", ["a", "b c", "d/", "d/e", "é"])


@pytest.mark.parametrize(
    "file", sorted(path for path in RECIPES.rglob("*") if path.is_file()), ids=lambda p: p.name
)
def test_recipes_are_shown_as_they_are_tested(file: Path) -> None:
    blocks = DOC.read_text("utf-8").split("```")[1::2]
    assert file.read_text("utf-8") in {block.partition("\n")[2] for block in blocks}
