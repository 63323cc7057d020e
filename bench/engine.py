"""CPU, wall time and memory of builds of 100, 1,000 and 10,000 assets, beside ninja's no-op.

Run as `python bench/engine.py [--quick | --large] [--write]` on Linux or macOS, with the
`bitplane` command installed beside this interpreter and, for comparison, with ninja (Debian
package `ninja-build`). `--quick` stops at 1,000 assets, `--large` adds 100,000 (some minutes and
3 GB of disk). The tables are Markdown; `--write` also puts them into docs/benchmarks-engine.md.

CPU is user and system time of the whole process tree. Peak memory is that of its largest process.
All commands of a table row are run in turn, so that other work on the machine hits them alike.
"""

import argparse
import datetime as dt
import hashlib
import itertools
import os
import platform
import shutil
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

QUICK, USUAL, LARGE = (100, 1_000), (100, 1_000, 10_000), (100, 1_000, 10_000, 100_000)
RUNS, FEWEST, ENOUGH_S = 7, 3, 20.0  # no more than FEWEST once so many seconds have gone
ONCE_FROM = 10_000  # so many assets are built from nothing only once
PICTURES = 5  # different contents
GRAIN_S = 2.1  # a younger file is read again by every build: it might change unseen
HOUR_S = 3600
STRANGE = ("MAKEFLAGS", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")  # change what is measured
PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks-engine.md"

# A process's peak memory counts from the process that started it: a small one has to do that.
STARTER = """\
import os, resource, sys, time
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
begin = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - begin
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss)
"""


class Cost(NamedTuple):
    """What one command took: seconds of CPU, seconds by the clock, bytes of its largest process."""

    cpu: float
    wall: float
    peak: float


Costs = dict[str, list[Cost]]


class Goal(NamedTuple):
    """What a no-op may cost, given its own cost and the bare interpreter's."""

    words: str
    is_met: Callable[[Cost, Cost], bool]


GOALS = {
    100: Goal("CPU at most 4 x bare", lambda cost, bare: cost.cpu <= 4 * bare.cpu),
    10_000: Goal("CPU at most 0.6 s", lambda cost, _: cost.cpu <= 0.6),
    100_000: Goal(
        "CPU at most 3 s, 300 MB", lambda cost, _: cost.cpu <= 3 and cost.peak <= 300_000_000
    ),
}


class Project(NamedTuple):
    """A folder with so many pictures and a manifest."""

    folder: Path
    assets: int

    @property
    def cache(self) -> Path:
        """The content cache of this project alone."""
        return self.folder / "cache"

    @property
    def names(self) -> list[str]:
        """The assets."""
        return [f"a{number:05}" for number in range(self.assets)]

    def source(self, name: str) -> Path:
        """The picture of an asset."""
        return self.folder / "icons" / f"{name}.png"


def picture(number: int) -> bytes:
    """An 8 by 8 gray PNG, another one for each number."""
    gray = hashlib.shake_128(str(number).encode()).digest(64)
    rows = b"".join(b"\0" + gray[start : start + 8] for start in range(0, 64, 8))
    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def create(project: Project) -> None:
    """Write the pictures, an hour old, and the build.ninja for them."""
    contents = [picture(number) for number in range(PICTURES)]
    then = time.time() - HOUR_S
    (project.folder / "icons").mkdir()
    for number, name in enumerate(project.names):
        path = project.source(name)
        path.write_bytes(contents[number % PICTURES])
        os.utime(path, (then, then))
    # The outputs are bitplane's, which leaves equal ones alone: hence restat. A rule that does
    # nothing is enough for ninja's log.
    edges = [
        f"build build/assets/{name}.h build/assets/{name}.c: pack icons/{name}.png\n"
        for name in project.names
    ]
    rule = "rule pack\n  command = : $in $out\n  restat = 1\n"
    (project.folder / "build.ninja").write_text(rule + "".join(edges))


def write_manifest(project: Project, form: str) -> None:
    """Name the pictures by a glob or one by one; the assets are called alike in both."""
    listed = "".join(f"  {name}: icons/{name}.png\n" for name in project.names)
    globbed = '  icons:\n    source: icons/*.png\n    name: "{stem}"\n'
    assets = globbed if form == "glob" else listed
    (project.folder / "build.yaml").write_text(f"target: ssd1306-128x64\nassets:\n{assets}")


def spend(project: Project, command: Sequence[str], says: str = "") -> Cost:
    """Run a command, which has to succeed and to say something on standard error."""
    environ = {name: text for name, text in os.environ.items() if name not in STRANGE}
    environ |= {"BITPLANE_CACHE": str(project.cache), "BITPLANE_CACHE_SIZE": "8 GiB"}
    starter = [sys.executable, "-I", "-S", "-c", STARTER, *command]
    ran = subprocess.run(
        starter, cwd=project.folder, env=environ, capture_output=True, text=True, check=True
    )
    status, cpu, wall, peak = map(float, ran.stdout.split())
    if status or says not in ran.stderr:
        sys.exit(f"{' '.join(command)}: status {status:.0f}, not '{says}':\n{ran.stderr}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(cpu, wall, peak * unit)


def bitplane(project: Project, *options: str, says: str = "") -> Cost:
    """Run `bitplane build`."""
    command = Path(sys.executable).with_name("bitplane")
    return spend(project, [str(command), "build", *options], says)


def cold(project: Project, *, keep_cache: bool) -> Cost:
    """Build when there are no outputs and, unless it is kept, no content cache."""
    shutil.rmtree(project.folder / "build", ignore_errors=True)
    if not keep_cache:
        shutil.rmtree(project.cache, ignore_errors=True)
    return bitplane(project, says=f"built {project.assets} asset")


def settle(project: Project, ninja: str | None) -> None:
    """Build, and again when the outputs are old enough to be known by their looks."""
    for _ in range(2):
        time.sleep(GRAIN_S)
        bitplane(project)
    if ninja:
        spend(project, [ninja])
        said = subprocess.run([ninja], cwd=project.folder, capture_output=True, check=True).stdout
        if b"no work to do" not in said:
            sys.exit("ninja does not come to rest")


def in_turn(steps: Mapping[str, Callable[[], Cost]], most: int = RUNS) -> Costs:
    """Take the steps in turn, several times."""
    costs: Costs = {name: [] for name in steps}
    begin = time.monotonic()
    for done in range(most):
        if done >= FEWEST and time.monotonic() - begin > ENOUGH_S:
            break
        for name, step in steps.items():
            costs[name].append(step())
    return costs


def idle(project: Project, ninja: str | None) -> Costs:
    """Everything that can be asked when nothing changed."""
    whole = f"{project.assets} assets up to date"
    steps = {
        "bare": lambda: spend(project, [sys.executable, "-c", "pass"]),
        "no-op": lambda: bitplane(project, says=whole),
        "`--check`": lambda: bitplane(project, "--check"),
        "`--list-outputs`": lambda: bitplane(project, "--list-outputs"),
    }
    return in_turn(steps | ({"ninja": lambda: spend(project, [ninja])} if ninja else {}))


def edited(project: Project, fresh: Iterator[int]) -> Costs:
    """Builds after one picture got a content that was never seen."""

    def edit() -> Cost:
        project.source(project.names[0]).write_bytes(picture(next(fresh)))
        return bitplane(project, says="built 1 asset,")

    return in_turn({"one picture edited": edit})


def from_nothing(project: Project) -> Costs:
    """Cold builds; the content cache of the second kind is what the first kind left."""
    steps = {
        "cold": lambda: cold(project, keep_cache=False),
        "cold, warm cache": lambda: cold(project, keep_cache=True),
    }
    return in_turn(steps, 1 if project.assets >= ONCE_FROM else RUNS)


def measure(project: Project, ninja: str | None) -> dict[str, Costs]:
    """All costs of a project, by the form of its manifest."""
    create(project)
    fresh = itertools.count(PICTURES)
    found: dict[str, Costs] = {}
    for form in ("glob", "listed"):
        write_manifest(project, form)
        time.sleep(GRAIN_S)
        # Both forms name the same assets, so only the first has something to build.
        first = from_nothing(project) if form == "glob" else {}
        settle(project, ninja)
        found[form] = idle(project, ninja) | edited(project, fresh) | first
    return found


def warm_up() -> None:
    """Build once unmeasured: the first run after an install compiles Python's bytecode."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), 1)
        create(project)
        write_manifest(project, "glob")
        cold(project, keep_cache=False)


def middle(costs: Sequence[Cost]) -> Cost:
    """The medians."""
    return Cost(*map(median, zip(*costs, strict=True)))


def least(costs: Sequence[Cost]) -> Cost:
    """The minima."""
    return Cost(*map(min, zip(*costs, strict=True)))


def table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first row is its head."""
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|" + " --- |" * len(rows[0]), *body])


def _both(costs: Sequence[Cost], of: Callable[[Cost], float], scale: float) -> str:
    """Median, and the minimum in brackets."""
    return f"{of(middle(costs)) * scale:,.0f} ({of(least(costs)) * scale:,.0f})"


def _three(costs: Sequence[Cost]) -> list[str]:
    """The cells of CPU and wall time in ms and peak memory in MB."""
    times = [_both(costs, lambda cost: cost.cpu, 1e3), _both(costs, lambda cost: cost.wall, 1e3)]
    return [*times, f"{middle(costs).peak / 1e6:,.0f}"]


def _times(costs: Costs, name: str, other: str) -> str:
    if other not in costs:
        return "-"
    return f"{middle(costs[name]).cpu / middle(costs[other]).cpu:,.1f}"


def _noop_row(count: int, form: str, costs: Costs) -> list[str]:
    cells = [f"{count:,}", form, _both(costs["bare"], lambda cost: cost.cpu, 1e3)]
    cells += [*_three(costs["no-op"]), _times(costs, "no-op", "bare")]
    ninja = _both(costs["ninja"], lambda cost: cost.cpu, 1e3) if "ninja" in costs else "-"
    cells += [ninja, _times(costs, "no-op", "ninja")]
    goal = GOALS.get(count)
    if goal is None:
        return [*cells, "", ""]
    met = goal.is_met(middle(costs["no-op"]), middle(costs["bare"]))
    return [*cells, goal.words, "met" if met else "**missed**"]


def _other_rows(count: int, form: str, costs: Costs) -> list[list[str]]:
    names = [name for name in costs if name not in ("bare", "no-op", "ninja")]
    return [
        [f"{count:,}", form, name, *_three(costs[name]), _times(costs, name, "bare")]
        for name in names
    ]


def page(found: Mapping[tuple[int, str], Costs], machine: str) -> str:
    """The text of docs/benchmarks-engine.md."""
    noop = ["assets", "manifest", "bare ms", "CPU ms", "wall ms", "peak MB", "x bare"]
    noop += ["ninja CPU ms", "x ninja", "goal", ""]
    other = ["assets", "manifest", "run", "CPU ms", "wall ms", "peak MB", "x bare"]
    noops = [noop, *(_noop_row(*key, costs) for key, costs in found.items())]
    others = [other, *(row for key, costs in found.items() for row in _other_rows(*key, costs))]
    return f"""\
# Benchmarks of the build engine

Measured with `python bench/engine.py --write`: {machine}
Other work on the machine makes figures larger, so the ratios within a line are what counts.

Each asset is an 8 by 8 PNG for an SSD1306 and becomes a `.c` and a `.h` file; the manifest names
the pictures by a glob, or lists them one by one. Figures are medians of at most {RUNS} runs, the
least in brackets; CPU is that of the whole process tree, peak memory that of its largest process.
*Bare* is `python -c pass`. ninja looks at the same sources and outputs, one edge an asset.

## Nothing to do, the second time in a row

{table(noops)}

## Other runs

`cold` has no outputs and no content cache, and runs once from {ONCE_FROM:,} assets up. After an
edit the build looks at every file, plans and writes its state anew.

{table(others)}
"""


def machine_words(ninja: str | None) -> str:
    """When, on what and with what, in a sentence."""
    load = f"load average {os.getloadavg()[0]:.1f} at the start"
    kind = f"{os.cpu_count()} processors{_model()}, {platform.system()} {platform.machine()}"
    version = ["no ninja to compare with"]
    if ninja:
        said = subprocess.run([ninja, "--version"], capture_output=True, text=True, check=True)
        version = [f"ninja {said.stdout.strip()}"]
    tools = [f"Python {platform.python_version()}{_hooks()}", *version]
    today = dt.datetime.now(dt.UTC).date()
    return f"{today}; {kind}; {', '.join(tools)}; {load}."


def _model() -> str:
    """The processor's name, where Linux tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f" ({names[0]})" if names else ""


def _hooks() -> str:
    """A remark where every start, the bare one too, pays for an editable install."""
    hooks = list(Path(sysconfig.get_path("purelib")).glob("__editable__*.pth"))
    return " with the import hook of an editable install" if hooks else ""


def main() -> None:
    """Measure, and print the page."""
    parser = argparse.ArgumentParser(description="Cost of builds beside ninja's no-op.")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="only to 1,000 assets")
    size.add_argument("--large", action="store_true", help="also 100,000 assets")
    parser.add_argument("--write", action="store_true", help=f"also write docs/{PAGE.name}")
    args = parser.parse_args()
    beside = str(Path(sys.executable).parent)
    ninja = shutil.which("ninja") or shutil.which("ninja", path=beside)
    machine = machine_words(ninja)
    found: dict[tuple[int, str], Costs] = {}
    warm_up()
    for count in QUICK if args.quick else LARGE if args.large else USUAL:
        with tempfile.TemporaryDirectory() as folder:
            for form, costs in measure(Project(Path(folder), count), ninja).items():
                found[count, form] = costs
    text = page(found, machine)
    print(text, end="")
    if args.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
