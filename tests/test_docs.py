"""The documentation: its examples run and print what is shown, and nothing is left out.

`BITPLANE_UPDATE=1` writes what the commands print into the pages.
"""

import os
import re
import runpy
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml
from compilers import run as run_tool
from PIL import Image
from talk import without_note

from pipeline import kernels, registry
from pipeline.cli import COMMANDS, main, parser_for
from pipeline.disk import RealDisk
from pipeline.grid import GRIDS
from pipeline.manifest import (
    AdjustModel,
    AssetModel,
    DitherModel,
    ManifestModel,
    PaletteModel,
    RegionModel,
    load,
)
from pipeline.planner import make
from pipeline.target import builtin_names
from pipeline.target_file import TargetFile
from pipeline.validate import Record

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
INPUTS = Path(__file__).parent / "corpus" / "inputs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
TUTORIALS = [ROOT / "README.md", DOCS / "guide.md", DOCS / "dithering.md"]
UPDATE = os.environ.get("BITPLANE_UPDATE") == "1"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]


class Block(NamedTuple):
    """A fenced block: its language, its text, and where it starts in the page."""

    kind: str
    text: str
    start: int


def ids(path: Path) -> str:
    return path.name


def blocks(page: str) -> list[Block]:
    found = re.finditer(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return [Block(match[1], match[2], match.start(2)) for match in found]


def prose(page: str) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^```\w*\n.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)


def file_of(text: str) -> str:
    """Where a YAML block belongs: a path may stand in a comment of its first line."""
    named = re.match(r"# (\S+\.yaml)\n", text)
    return named[1] if named else "build.yaml"


def manifests(page: str) -> list[str]:
    """YAML blocks that are a whole build.yaml."""
    return [b.text for b in blocks(page) if b.kind == "yaml" and file_of(b.text) == "build.yaml"]


def write(folder: Path, text: str) -> None:
    path = folder / file_of(text)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")


def write_yaml(page: str, folder: Path) -> None:
    """All YAML blocks of a page; where several are the same file, the last one stays."""
    for block in blocks(page):
        if block.kind == "yaml":
            write(folder, block.text)


def provide(folder: Path, manifest: str) -> None:
    """Stand-ins for the pictures that a manifest names and the repository does not have."""
    for asset in yaml.safe_load(manifest)["assets"].values():
        source = asset if isinstance(asset, str) else asset["source"]
        if not list(folder.glob(source)):
            path = folder / source.replace("*", "some")
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(INPUTS / "four.png", path)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the sample pictures, which is the current one."""
    ignored = shutil.ignore_patterns("*.py", "__pycache__")
    shutil.copytree(ROOT / "assets", tmp_path / "assets", ignore=ignored)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Shell:
    """Runs the few commands that the pages show, in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.status = 0

    def run(self, command: str) -> str:
        if command == "echo $?":
            return f"{self.status}\n"
        program, *arguments = shlex.split(command)
        if program == "cat":
            return Path(arguments[0]).read_text("utf-8")
        assert program == "bitplane"
        self.status = main(arguments)
        out, err = self.capsys.readouterr()
        assert ("error: " in err) == (self.status != 0)
        return out + without_note(err)

    def transcript(self, text: str) -> str:
        lines = [line for line in text.splitlines() if line.startswith("$ ")]
        return "".join(f"{line}\n{self.run(line[2:])}" for line in lines)


@pytest.mark.parametrize("path", TUTORIALS, ids=ids)
def test_commands_print_what_is_shown(
    path: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = path.read_text("utf-8")
    shell = Shell(capsys)
    done = []
    for block in blocks(page):
        if block.kind == "yaml":
            write(work, block.text)
            shutil.rmtree(work / "build", ignore_errors=True)  # each manifest is a new project
        if block.kind == "console":
            done.append((block, shell.transcript(block.text)))
    if UPDATE:
        for block, printed in reversed(done):
            end = block.start + len(block.text)
            page = page[: block.start] + printed + page[end:]
        path.write_text(page, "utf-8", newline="\n")
    else:
        assert [printed for _, printed in done] == [block.text for block, _ in done]


MANIFESTS = [
    pytest.param(path, text, id=f"{path.name}-{place}")
    for path in TUTORIALS
    for place, text in enumerate(manifests(path.read_text("utf-8")), 1)
]


@pytest.mark.parametrize(("path", "manifest"), MANIFESTS)
def test_manifests_pass_check(path: Path, manifest: str, work: Path) -> None:
    write_yaml(path.read_text("utf-8"), work)
    write(work, manifest)
    provide(work, manifest)
    assert main(["check"]) == 0


def test_every_yaml_block_is_a_manifest_or_a_file_that_the_page_uses() -> None:
    for path in TUTORIALS:
        page = path.read_text("utf-8")
        for text in (block.text for block in blocks(page) if block.kind == "yaml"):
            if file_of(text) == "build.yaml":
                assert {"target", "assets"} <= set(yaml.safe_load(text))
            else:
                assert page.count(file_of(text)) > 1


@pytest.mark.parametrize("path", [ROOT / "README.md", DOCS / "guide.md"], ids=ids)
@pytest.mark.parametrize("compiler", [["gcc", "-std=c99"], ["g++", "-std=c++11", "-x", "c++"]])
def test_c_compiles(path: Path, compiler: list[str], work: Path) -> None:
    page = path.read_text("utf-8")
    snippets = [block.text for block in blocks(page) if block.kind == "c"]
    assert snippets
    write_yaml(page, work)
    for snippet in snippets:
        (symbol,) = re.findall(r'#include "(\w+)\.h"', snippet)
        build_the_manifest_that_has(symbol, page, work)
        (work / "snippet.c").write_text(snippet)
        folders = ["-Ibuild/assets", f"-I{ROOT / 'pipeline' / 'share' / 'runtime'}"]
        command = [*compiler, *STRICT, *folders, "-fsyntax-only", "snippet.c"]
        run_tool(command, work)


def build_the_manifest_that_has(symbol: str, page: str, work: Path) -> None:
    for manifest in manifests(page):
        write(work, manifest)
        rules = make(load(Path("build.yaml")), RealDisk(".")).rules
        if symbol in {rule.symbol for rule in rules}:
            assert main(["build", "-q"]) == 0
            return
    pytest.fail(f"no manifest of the page makes {symbol}")


def test_the_makefile_compiles_again_only_what_changed(work: Path) -> None:
    (block,) = (b for b in blocks((DOCS / "guide.md").read_text("utf-8")) if b.kind == "make")
    readme = (ROOT / "README.md").read_text("utf-8")
    (snippet,) = (b.text for b in blocks(readme) if b.kind == "c")
    (work / "build.yaml").write_text(manifests(readme)[0])
    called = block.text.replace("\tbitplane", f"\t{sys.executable} -m pipeline")
    (work / "Makefile").write_text(called)
    driver = "void oled_write(const uint8_t *d, int n) { (void)d; (void)n; }\n"
    (work / "main.c").write_text(f"{snippet}{driver}int main(void) {{ show_splash(); return 0; }}")
    tool = ["make", "--no-print-directory"]
    assert " -c " in run_tool(tool, work)
    (work / "assets" / "logo.png").touch()
    assert " -c " not in run_tool(tool, work)


def test_the_reference_is_up_to_date() -> None:
    made = runpy.run_path(str(DOCS / "reference.py"))["text"]()
    assert (DOCS / "reference.md").read_text("utf-8") == made, "run `python docs/reference.py`"


def test_the_reference_explains_only_keys_that_exist() -> None:
    made = runpy.run_path(str(DOCS / "reference.py"))
    models: dict[str, type[Record]] = {
        name: model
        for name, model in made.items()
        if isinstance(model, type) and issubclass(model, Record)
    }
    for entry in (*made["WORDS"], *made["DEFAULTS"]):
        model, key = entry.split(".")
        assert key.replace("-", "_") in models[model].model_fields


def keys(*models: type[Record]) -> set[str]:
    fields = (item for model in models for item in model.model_fields.items())
    return {field.alias or name for name, field in fields}


NAMES = {
    *COMMANDS,
    *keys(ManifestModel, AssetModel, PaletteModel, DitherModel, AdjustModel, RegionModel),
    *keys(TargetFile) - {"shape", "pitch", "bus", "notes"},
    *registry.EMITTERS,
}


def test_the_guide_names_every_command_key_and_emitter() -> None:
    assert missing(NAMES, DOCS / "guide.md") == set()


def test_the_reference_names_everything() -> None:
    kinds = (registry.DITHERS, registry.EMITTERS, registry.LAYOUTS, GRIDS)
    names = {
        *NAMES,
        *keys(TargetFile),
        *builtin_names(),
        *(name for kind in kinds for name in kind),
    }
    assert missing(names, DOCS / "reference.md") == set()


def missing(names: set[str], path: Path) -> set[str]:
    """Names that are nowhere in the code of a page, be it a span, a block or a link's text."""
    page = path.read_text("utf-8")
    code = [*(b.text for b in blocks(page)), *re.findall(r"`[^`\n]+`|\[[^]\n]+\]", prose(page))]
    words = set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", "\n".join(code)))
    return names - words


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_commands_in_the_text_can_be_called(path: Path) -> None:
    for command in re.findall(r"`(bitplane [a-z][^`]*)`", prose(path.read_text("utf-8"))):
        _, name, *arguments = shlex.split(command)
        required = ["-o", "out.png", "in.png"] if name == "convert" and not arguments else []
        required += (
            ["FILE"] if name in ("compare", "decode", "inspect", "show") and not arguments else []
        )
        required += ["show", "FILE"] if name == "palette" and not arguments else []
        needs_target = name in {"receiver", "simulate"} and "--target" not in arguments
        required += ["--target", "T"] if needs_target else []
        parser_for(name).parse_args([*arguments, *required])


def test_commands_for_make_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    shown = re.findall(r"^make (\w+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert shown == ["assets", "test"]
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in shown)


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(path.read_text("utf-8"))):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        found = path.parent / file if file else path
        assert found.exists(), link
        assert not anchor or anchor in anchors(found.read_text("utf-8")), link


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_pages_speak_of_the_project_only(path: Path) -> None:
    page = path.read_text("utf-8")
    assert not re.findall(r"(?:^|[\s`\"'(])(?:/(?:home|root|tmp|work|Users|opt)/|[A-Z]:\\)", page)
    assert not re.findall(r"\b(?:TODO|FIXME|XXX|TBD|WIP|coming soon|roadmap)\b", page)


def test_every_picture_is_shown() -> None:
    shown = {
        (path.parent / link).resolve()
        for path in [*PAGES, *DOCS.glob("targets/*.md")]
        for link in re.findall(r"!\[[^]]*\]\(([^)\s]+)\)", path.read_text("utf-8"))
    }
    assert {path.resolve() for path in DOCS.glob("*/*.png")} == shown


@pytest.fixture
def draw_dithers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.syspath_prepend(str(DOCS))
    return runpy.run_path(str(DOCS / "draw_dithers.py"))


def test_every_dither_has_its_picture_and_it_is_what_is_built(
    draw_dithers: dict[str, Any],
) -> None:
    slow = "" if kernels.load() else "dbs"  # a minute in plain Python, of the same bytes
    made = draw_dithers["pictures"](slow)
    assert {*made, slow} - {""} == set(registry.DITHERS)
    assert {path.stem for path in (DOCS / "dithering").glob("*.png")} == set(registry.DITHERS)
    for method, picture in made.items():
        shown = Image.open(DOCS / "dithering" / f"{method}.png").convert("RGB")
        same = np.array_equal(np.asarray(shown), np.asarray(picture))
        assert same, f"{method}: run `python docs/draw_dithers.py`"


def test_the_page_of_dithers_has_all_of_them_in_the_words_of_the_registry(
    draw_dithers: dict[str, Any],
) -> None:
    page = (DOCS / "dithering.md").read_text("utf-8")
    assert draw_dithers["page"](page) == page, "run `python docs/draw_dithers.py`"
    methods = [name for family in draw_dithers["FAMILIES"] for name in family.methods]
    assert sorted(methods) == sorted(registry.DITHERS)
    for row in registry.DITHERS.values():
        assert f"{row.sentence[1:]}.\n" in page


def test_stable_dithers_are_one_family(draw_dithers: dict[str, Any]) -> None:
    stable = {name for name, row in registry.DITHERS.items() if row.stable}
    families = {family.title: set(family.methods) for family in draw_dithers["FAMILIES"]}
    assert families["Stable dithers"] | families["No mixing"] == stable


def test_numbers_in_the_text_are_right() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert re.findall(r"(\d+) display profiles", readme) == [str(len(builtin_names()))]
