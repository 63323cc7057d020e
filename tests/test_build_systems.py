"""The recipes of docs/build-systems.md: real build systems build a firmware that shows pictures."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

CHECKOUT = Path(__file__).parent.parent
RECIPES = Path(__file__).parent / "build_systems"
ASSETS = {"logo", "icon_sun", "icon_wifi"}
LOGO = "assets/logo.png"
BLACK, WHITE = 1, 0
"""What the firmware returns for a logo of that color."""

PROGRAM = """\
#!/bin/sh
echo "{name} $*" >> "$RUNS"
exec {command} "$@"
"""
HOOK = """\
import importlib.util
import os
import sys
import time


def logged(build):
    def run(job):
        with open(os.environ["WORK"], "ab", 0) as log:
            log.write(f"{os.getpid()} {job.rule.symbol}\\n".encode())
        meet()
        return build(job)

    return run


deadline = time.monotonic() + 15


def meet():
    # Until as many workers are there as the test expects; else the first may do all the work.
    while time.monotonic() < deadline:
        with open(os.environ["WORK"], "rb") as log:
            if len({line.split()[0] for line in log}) >= int(os.environ["WORKERS"]):
                return


class Finder:
    def find_spec(self, name, path, target=None):
        if name != "pipeline.steps":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            module.build = logged(module.build)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Finder())
"""
"""A sitecustomize.py: each process that builds an asset writes down its number and the asset."""


class Ran(NamedTuple):
    """What a build did: whether it called bitplane, and what that and the compiler worked on."""

    bitplane: bool
    built: set[str]
    compiled: set[str]


ONLY_ASKED = Ran(bitplane=True, built=set(), compiled=set())
NOTHING = ONLY_ASKED._replace(bitplane=False)


class System(NamedTuple):
    """A recipe, and the programs that it needs.

    Attributes:
        recipe: Folder of its files.
        build: The command that builds.
        configure: What has to run once before.
        list_again: What has to run when there are other pictures than before.
        copies: It compiles copies of the outputs.
        by_hand: It names the files that there are; here those of `logo` and `icon_sun`.
        every_build: It calls bitplane at every build.
        forgets_nothing: CMake keeps the dependencies of Makefiles, with what the page says of it.
    """

    recipe: str
    build: str
    configure: str = ""
    list_again: str = ""
    copies: bool = False
    by_hand: bool = False
    every_build: bool = False
    forgets_nothing: bool = False

    @property
    def out(self) -> str:
        """Where the program lies."""
        return "out" if self.configure else "."

    @property
    def rest(self) -> Ran:
        """What runs when nothing changed."""
        return ONLY_ASKED if self.every_build else NOTHING


CMAKE, MAKEFILES = "cmake --build out -j2", "cmake -G Unix\0Makefiles -B out"
SYSTEMS = {
    "make": System("make", "make -j2"),
    "ninja": System("ninja", "ninja", by_hand=True),
    "cmake-ninja": System("cmake", CMAKE, "cmake -G Ninja -B out"),
    "cmake-make": System("cmake", CMAKE, MAKEFILES, forgets_nothing=True),
    "cmake-every-build": System("cmake", CMAKE, MAKEFILES, every_build=True),
    "meson": System(
        "meson", "ninja -C out", "meson setup out", "meson setup --reconfigure out", copies=True
    ),
}
SOAK = ("cmake-every-build", "meson")


class Firmware:
    """The example project in a folder, and programs before the real ones that write a log."""

    def __init__(self, root: Path, system: System) -> None:
        self.folder, self.system = root / "firmware", system
        self.runs, self.work, self.saved = root / "runs", root / "work", root / "saved"
        self.env = self._environment(root)
        for recipe in ("firmware", system.recipe):
            shutil.copytree(RECIPES / recipe, self.folder, dirs_exist_ok=True)
        for name in ("logo", "icons/sun", "icons/wifi"):
            self.draw(f"assets/{name}.png", 0)
        if system.every_build:
            self._call_every_time()

    def _environment(self, root: Path) -> dict[str, str]:
        (root / "bin").mkdir()
        (root / "hooks").mkdir()
        (root / "hooks" / "sitecustomize.py").write_text(HOOK)
        commands = {"bitplane": f"{sys.executable} -m pipeline", "cc": shutil.which("gcc")}
        for name, command in commands.items():
            program = root / "bin" / name
            program.write_text(PROGRAM.format(name=name, command=command))
            program.chmod(0o755)
        return {
            "PATH": f"{root / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": f"{root / 'hooks'}:{CHECKOUT}",
            "BITPLANE_CACHE": str(root / "cache"),
            "HOME": str(root),
            "RUNS": str(self.runs),
            "WORK": str(self.work),
            "WORKERS": "1",
        }

    def _call_every_time(self) -> None:
        """Take the page's other way to call bitplane from CMake."""
        file = self.folder / "CMakeLists.txt"
        text = file.read_text()
        command, target = text.index("add_custom_command("), text.index("add_custom_target(")
        rest = text[text.index("\n", target) + 1 :]
        other = (self.folder / "every-build.cmake").read_text()
        file.write_text(text[:command] + other + rest)

    def draw(self, name: str, gray: int) -> None:
        """Put a picture into a folder, which is never older than the picture then."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (16, 16), gray).save(self.folder / "new.png")
        (self.folder / "new.png").replace(path)

    def call(self, command: str) -> "subprocess.CompletedProcess[str]":
        self.runs.write_text("")
        self.work.write_text("")
        words = [word.replace("\0", " ") for word in command.split(" ")]
        return subprocess.run(  # noqa: PLW1510 - its callers look at the status
            words, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=60
        )

    def configure(self, command: str) -> None:
        done = self.call(command)
        assert done.returncode == 0, done.stdout + done.stderr

    def list_again(self) -> None:
        if self.system.list_again:
            self.configure(self.system.list_again)

    def build(self) -> Ran:
        done = self.call(self.system.build)
        assert done.returncode == 0, done.stdout + done.stderr
        calls = [line.split() for line in self.runs.read_text().splitlines()]
        compiled = [Path(word).name for call in calls if "-c" in call for word in call]
        return Ran(
            any(call[0] == "bitplane" and "--list-outputs" not in call for call in calls),
            {line.split()[1] for line in self.work.read_text().splitlines()},
            {name for name in compiled if name.endswith(".c")} - {"testfile.c"},  # Meson's trial
        )

    def failure(self) -> str:
        done = self.call(self.system.build)
        assert done.returncode != 0
        return done.stdout + done.stderr

    def later(self) -> None:
        """Wait until the file system's clock has moved on from the newest file."""
        newest = max(path.stat().st_mtime_ns for path in [self.folder, *self.folder.rglob("*")])
        probe = self.work
        while True:
            probe.write_text("")
            if probe.stat().st_mtime_ns > newest:
                return

    def save(self) -> None:
        shutil.copytree(self.folder, self.saved)

    def restore(self) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(self.saved, self.folder)

    def outputs(self) -> dict[str, tuple[int, bytes]]:
        files = (self.folder / "build" / "assets").glob("*.[ch]")
        return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    def shows(self) -> int:
        return subprocess.run([self.folder / self.system.out / "firmware"], check=False).returncode


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.soak if name in SOAK else ()) for name in SYSTEMS],
)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    """A firmware that was built once."""
    system = SYSTEMS[request.param]
    for program in {"gcc", system.build.split()[0], *system.configure.split()[:1]}:
        if os.name == "nt" or shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    firmware = Firmware(tmp_path_factory.mktemp(request.param), system)
    if system.configure:
        firmware.configure(system.configure)
    sources = {"main.c", "logo.c", "icon_sun.c"} | (set() if system.by_hand else {"icon_wifi.c"})
    assert firmware.build() == Ran(bitplane=True, built=ASSETS, compiled=sources)
    firmware.save()
    return firmware


@pytest.fixture
def firmware(built: Firmware) -> Iterator[Firmware]:
    """The same in each test, in a moment of its own."""
    built.later()
    yield built
    built.restore()


def test_a_second_build_does_nothing(firmware: Firmware) -> None:
    assert firmware.shows() == BLACK
    assert firmware.build() == firmware.system.rest


def test_a_touched_picture_compiles_nothing(firmware: Firmware) -> None:
    before = firmware.outputs()
    os.utime(firmware.folder / LOGO)
    assert firmware.build() == ONLY_ASKED
    assert firmware.outputs() == before
    assert firmware.build() == firmware.system.rest


def test_a_changed_picture_compiles_its_own_file(firmware: Firmware) -> None:
    firmware.draw(LOGO, 255)
    assert firmware.build() == Ran(bitplane=True, built={"logo"}, compiled={"logo.c"})
    assert firmware.shows() == WHITE
    assert firmware.build() == firmware.system.rest


def test_a_new_picture_in_a_globbed_folder_is_found(firmware: Firmware) -> None:
    firmware.draw("assets/icons/moon.png", 128)
    firmware.list_again()
    compiled = set() if firmware.system.by_hand else {"icon_moon.c"}
    assert firmware.build() == Ran(bitplane=True, built={"icon_moon"}, compiled=compiled)
    assert firmware.build() == firmware.system.rest


def test_a_deleted_picture_takes_its_files_along(firmware: Firmware) -> None:
    (firmware.folder / "assets/icons/wifi.png").unlink()
    firmware.list_again()
    assert firmware.build() == ONLY_ASKED
    assert set(firmware.outputs()) == {"logo.c", "logo.h", "icon_sun.c", "icon_sun.h"}
    rest = firmware.system.rest
    assert firmware.build() == (ONLY_ASKED if firmware.system.forgets_nothing else rest)


def test_a_deleted_output_is_made_again(firmware: Firmware) -> None:
    outputs = "out" if firmware.system.copies else "build/assets"
    (firmware.folder / outputs / "logo.c").unlink()
    if firmware.system.forgets_nothing:
        (firmware.folder / "out/images.stamp").unlink()
    assert firmware.build() == Ran(bitplane=True, built=set(), compiled={"logo.c"})
    assert firmware.shows() == BLACK
    assert firmware.build() == firmware.system.rest


@pytest.mark.parametrize(("name", "more"), [("build.yaml", b"  bad: nowhere.png"), (LOGO, None)])
def test_a_failed_build_leaves_all_as_it_was(
    firmware: Firmware, name: str, more: bytes | None
) -> None:
    before, path = firmware.outputs(), firmware.folder / name
    good = path.read_bytes()
    path.write_bytes(good + more if more else good[:40])
    message = "nowhere.png" if more else LOGO
    if more and firmware.system.list_again:
        message = "--list-outputs` failed"  # Meson shows no more
    for _ in range(2):
        assert message in firmware.failure()
        assert firmware.outputs() == before
    firmware.later()
    path.write_bytes(good)
    assert firmware.build() == ONLY_ASKED
    assert firmware.outputs() == before
    assert firmware.build() == firmware.system.rest


EXTRA = """\
include Makefile
hold: ; @timeout 30 cat gate
let-go: $(STAMP) ; @echo > gate
"""


def make(tmp_path: Path, command: str, workers: int) -> set[str]:
    """The workers that a first build by make has; none begins before there are so many."""
    if os.name == "nt" or shutil.which("make") is None:
        pytest.skip("make is not installed")
    firmware = Firmware(tmp_path, SYSTEMS["make"])
    for i in range(4):
        firmware.draw(f"assets/icons/more{i}.png", i)
    os.mkfifo(firmware.folder / "gate")
    (firmware.folder / "extra.mk").write_text(EXTRA)
    firmware.env["WORKERS"] = str(workers)
    done = firmware.call(command)
    assert (done.returncode, done.stderr) == (0, "")  # make tells of lost tokens there
    words = [line.split() for line in firmware.work.read_text().splitlines()]
    assert len(words) == 7
    return {process for process, _ in words}


@pytest.mark.parametrize("slots", [1, 2, 4])
def test_bitplane_works_with_all_slots_of_make_and_no_more(tmp_path: Path, slots: int) -> None:
    assert len(make(tmp_path, f"make -j{slots}", slots)) == slots


@pytest.mark.parametrize("slots", [2, 4])
def test_a_slot_that_another_recipe_holds_is_not_used(tmp_path: Path, slots: int) -> None:
    command = f"make -j{slots} -f extra.mk hold let-go firmware"
    assert len(make(tmp_path, command, slots - 1)) == slots - 1
