"""Projects that builds are disturbed in, and what has to come out of them in the end."""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from PIL import Image as Pillow

from pipeline import lock, quick, state
from pipeline.cli import main

GRAIN_NS = -(10**18)
"""Of a clock so fine that every file counts as old: builds trust the looks of all files."""

OWN = (state.FILE_NAME, quick.FILE_NAME)
"""What builds keep for themselves beside the outputs."""

MANIFEST = """\
target: st7789-240x240
output: out/{target}
palettes: {icons: {colors: 8}}
defaults: {emit: [c, bin]}
bundles: {all: pack}
assets:
"""
ASSETS = {"a": ", palette: icons", "b": ", palette: icons", "c": "", "d": "", "e": "", "f": ""}
COLORS = ((0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))

Tree = dict[str, bytes]


class Scenario(NamedTuple):
    """What lies there when the build to be disturbed starts.

    Attributes:
        name: For messages.
        built: A build has been made before.
        cached: The cache holds what will be built.
        edits: Files that were changed since.
    """

    name: str
    built: bool = False
    cached: bool = False
    edits: tuple[tuple[str, bytes], ...] = ()


class Ran(NamedTuple):
    """How a build ended; a negative status is a signal."""

    status: int
    errors: str


def draw(
    scale: int,
    colors: Sequence[tuple[int, int, int]] = COLORS[:4],
    size: tuple[int, int] = (16, 8),
) -> bytes:
    """A PNG with slanted stripes of few colors, which a palette holds exactly."""
    image = Pillow.new("RGB", size)
    width, height = size
    places = ((x, y) for y in range(height) for x in range(width))
    image.putdata([colors[(x * scale + y) // 3 % len(colors)] for x, y in places])
    out = io.BytesIO()
    image.save(out, "png")
    return out.getvalue()


def manifest(names: Iterable[str]) -> bytes:
    """A manifest of some of the six assets."""
    lines = (f"  {name}: {{source: {name}.png{ASSETS[name]}}}\n" for name in names)
    return (MANIFEST + "".join(lines)).encode()


CLEAN = Scenario("clean")
EDITED = Scenario(
    "edited",
    built=True,
    edits=(
        ("build.yaml", manifest("abcde")),
        ("a.png", draw(9, COLORS)),
        ("d.png", draw(8)),
    ),
)
CACHED = Scenario("cached", cached=True)
SCENARIOS = (CLEAN, EDITED, CACHED)


def create(folder: Path) -> None:
    """The project before any edit."""
    folder.mkdir(parents=True)
    (folder / "build.yaml").write_bytes(manifest(ASSETS))
    for scale, name in enumerate(ASSETS, 1):
        (folder / f"{name}.png").write_bytes(draw(scale))


def tree(folder: Path) -> Tree:
    """All files but those that builds keep for themselves."""
    paths = sorted(path for path in folder.rglob("*") if not path.is_dir() and path.name not in OWN)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def temporaries(files: Tree) -> list[str]:
    """What is there only while a build runs."""
    return [name for name in files if Path(name).name.startswith(".")]


def contents(files: Tree) -> Tree:
    """What is to stay."""
    return {name: data for name, data in files.items() if name not in temporaries(files)}


def finished(folder: Path) -> Tree:
    """What a build has made, which must have tidied up."""
    files = tree(folder)
    assert temporaries(files) == []
    return contents(files)


def looks(folder: Path) -> dict[Path, tuple[int, int]]:
    """Inode and time of each file: a file that was written again has others."""
    seen = {path: path.stat() for path in folder.rglob("*") if not path.is_dir()}
    return {path: (look.st_ino, look.st_mtime_ns) for path, look in seen.items()}


def torn(now: Tree, old: Tree, new: Tree) -> list[str]:
    """What is wrong with outputs while a build runs: each must be whole, old or new."""
    made = contents(now).items()
    wrong = [f"{n} is torn" for n, data in made if data not in (old.get(n), new.get(n))]
    wrong += [f"{name} is gone" for name in old.keys() & new.keys() - now.keys()]
    early = old.keys() - new.keys() - now.keys()
    complete = all(now.get(name) == data for name, data in contents(new).items())
    return wrong + [f"{name} was removed too early" for name in early if not complete]


def environment(cache: Path, hooks: Path | None = None) -> dict[str, str]:
    """What a build is started with: its own cache, no make above it, and hooks of a test."""
    env = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    paths = [str(hooks)] if hooks else []
    paths += [env["PYTHONPATH"]] if "PYTHONPATH" in env else []
    return {**env, "BITPLANE_CACHE": str(cache), "PYTHONPATH": os.pathsep.join(paths)}


def command(*arguments: str, jobs: int = 1) -> list[str]:
    """The build as a command."""
    return [sys.executable, "-P", "-m", "pipeline", "build", "-q", f"-j{jobs}", *arguments]


def run(words: Sequence[str], folder: Path, env: dict[str, str]) -> Ran:
    """Start a build in its folder and wait for its end."""
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout + done.stderr)


def here(folder: Path, cache: Path, jobs: int = 1) -> Ran:
    """A build in this process, which has everything loaded already."""
    with ExitStack() as stack:
        for module in (quick, state):
            stack.enter_context(patch.object(module, "GRAIN_NS", GRAIN_NS))
        stack.enter_context(patch.dict(os.environ, BITPLANE_CACHE=str(cache)))
        stack.enter_context(chdir(folder))
        nowhere = stack.enter_context(Path(os.devnull).open("w"))  # `main` wants a descriptor
        stack.enter_context(redirect_stdout(nowhere))
        errors = stack.enter_context(redirect_stderr(io.StringIO()))
        return Ran(main(["build", "-q", f"-j{jobs}"]), errors.getvalue())


class Lab:
    """Folders that disturbed builds start from, and what has to come out of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        create(root / "new/project")
        (root / "new/cache").mkdir()
        self.build("new", "built")
        shutil.copytree(root / "new", root / "filled")
        shutil.rmtree(root / "filled/cache")
        shutil.copytree(root / "built/cache", root / "filled/cache")
        self.golden = {scenario.name: self._golden(scenario) for scenario in SCENARIOS}

    def build(self, start: str, name: str, edits: Iterable[tuple[str, bytes]] = ()) -> Tree:
        """Copy a folder and build there, undisturbed."""
        shutil.copytree(self.root / start, self.root / name)
        for path, data in edits:
            (self.root / name / "project" / path).write_bytes(data)
        env = environment(self.root / name / "cache")
        assert run(command(), self.root / name / "project", env) == (0, "")
        return tree(self.root / name / "project")

    def _golden(self, scenario: Scenario) -> Tree:
        return self.build("new", f"golden-{scenario.name}", scenario.edits)

    def ready(self, scenario: Scenario) -> Path:
        """A fresh folder in which a build of a scenario can start."""
        start = "built" if scenario.built else "filled" if scenario.cached else "new"
        folder = Path(tempfile.mkdtemp(dir=self.root), "x")
        shutil.copytree(self.root / start, folder)
        if scenario.built:  # the looks of files are those of the copies
            assert here(folder / "project", folder / "cache") == (0, "")
        for path, data in scenario.edits:
            (folder / "project" / path).write_bytes(data)
        return folder


def _only_waited(errors: str) -> bool:
    """Nothing is said but, at most, that a worker of the killed build was not gone yet."""
    return re.fullmatch(r"(waiting for another build: process \d+\n)?", errors) is not None


def repaired(project: Path, cache: Path, new: Tree) -> list[str]:
    """What is wrong after one more build, and whether yet another finds something to do.

    A lock that could not be removed may stay: nobody holds it.
    """
    again = here(project, cache)
    wrong = (
        []
        if again.status == 0 and _only_waited(again.errors)
        else [f"the next build ended with {again}"]
    )
    now = tree(project)
    names = sorted(name for name in now.keys() | new.keys() if now.get(name) != new.get(name))
    names = [name for name in names if Path(name).name != lock.FILE_NAME]
    wrong += [f"{name} is not as a clean build makes it" for name in names]
    before = looks(project)
    third = here(project, cache)
    if third != (0, "") or looks(project) != before:
        wrong.append(f"the build after the next did something: {third}")
    return wrong
