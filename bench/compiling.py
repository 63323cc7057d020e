"""What each form of C costs the compiler: seconds and memory for 64 KiB, 1 MiB and 8 MiB of pixels.

Run as `python bench/compiling.py [--write]`. The table is Markdown; `--write` also puts it into
docs/benchmarks-compiling.md. `#embed` needs clang 19, which the Python package ziglang brings.
"""

import argparse
import importlib.util
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from machine import machine_words

from pipeline.emitters import Picture, emit, picture
from pipeline.grid import GRIDS
from pipeline.layout import Layout
from pipeline.palette import Indexed, whole_grid

SIZES = {"64 KiB": 1 << 16, "1 MiB": 1 << 20, "8 MiB": 1 << 23}
FORMS = {"c": ".c", "c-incbin": ".S", "c-embed": ".c"}
WIDTH, RUNS = 512, 3
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks-compiling.md"
TEXT = """# Benchmarks of generated C

Measured with `python bench/compiling.py --write`: {machine}
Other work on the machine makes seconds larger; memory stays.

Pixels of noise, 8 bits each, in the forms that `emit` can give them. *Source* is the size of the
file that is compiled; seconds are the least of {runs} runs, memory is that of the largest process.

{table}

The build warns from 512 KiB on: there `c` takes half a second at each change of a picture.
"""


class Cost(NamedTuple):
    """Of one compilation."""

    seconds: float
    peak_mib: float


def compilers() -> dict[str, list[str]]:
    """The command of each compiler that is here."""
    known = {name: [name, "-O2"] for name in ("gcc", "arm-none-eabi-gcc") if shutil.which(name)}
    if importlib.util.find_spec("ziglang"):
        zig = [sys.executable, "-m", "ziglang", "cc", "-target", "thumb-freestanding-eabi"]
        known["clang (zig)"] = [*zig, "-O2", "-std=c2x", "-fno-sanitize=all"]
    return known


def noise(size: int) -> Picture:
    """A picture that nothing can shorten; the same in each run."""
    data = random.Random(size).randbytes(size)  # noqa: S311 - pixels, not secrets
    indices = np.frombuffer(data, np.uint8).reshape(-1, WIDTH).astype(np.uint16)
    indexed = Indexed(indices, whole_grid(GRIDS["gray8"]))
    return picture("art", "bench", indexed, Layout("rows", 8), "index", "gray8")


STARTER = """
import os, sys, time
start = time.perf_counter()
out = os.open(os.devnull, os.O_WRONLY)
quiet = [(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, out, 2)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, usage = os.wait4(child, 0)
print(status, time.perf_counter() - start, usage.ru_maxrss)
"""
"""A small process that starts the compiler: a child's peak begins with that of its parent."""


def compiled(command: list[str], source: Path) -> Cost | None:
    """What it takes, or None where the compiler refuses the form."""
    full = [sys.executable, "-I", "-S", "-c", STARTER, *command]
    full += ["-I.", "-c", source.name, "-o", "art.o"]
    done = subprocess.run(full, cwd=source.parent, capture_output=True, text=True, check=True)
    status, seconds, kib = done.stdout.split()
    return None if status != "0" else Cost(float(seconds), int(kib) / 1024)


def measured(form: str, size: int) -> Iterator[tuple[str, ...]]:
    """A line of the table for each compiler."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for artifact in emit(form, noise(size)):
            (folder / artifact.name).write_bytes(artifact.data)
        source = folder / f"art{FORMS[form]}"
        length = f"{source.stat().st_size / 1024:,.1f} KiB"
        for compiler, command in compilers().items():
            yield compiler, length, *_words([_fresh(command, source) for _ in range(RUNS)])


def _fresh(command: list[str], source: Path) -> Cost | None:
    """One compilation with nothing remembered from an earlier one."""
    with tempfile.TemporaryDirectory() as cache:
        caches = [f"ZIG_LOCAL_CACHE_DIR={cache}", f"ZIG_GLOBAL_CACHE_DIR={cache}"]
        return compiled(["env", *caches, *command], source)


def _words(costs: list[Cost | None]) -> tuple[str, str]:
    known = [cost for cost in costs if cost]
    if not known:
        return "refused", ""
    return f"{min(known).seconds:.2f}", f"{max(cost.peak_mib for cost in known):,.0f}"


def table() -> str:
    """Markdown."""
    lines = [
        "| pixels | form | compiler | source | seconds | MiB |",
        "|---|---|---|---:|---:|---:|",
    ]
    for words, size in SIZES.items():
        for form in FORMS:
            for cells in measured(form, size):
                lines.append(f"| {words} | `{form}` | {' | '.join(cells)} |")
                print(lines[-1], file=sys.stderr)
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"also write docs/{PAGE.name}")
    write = parser.parse_args().write
    machine = machine_words(["ziglang"])
    text = TEXT.format(machine=machine, runs=RUNS, table=table())
    print(text, end="")
    if write:
        PAGE.write_text(text)


if __name__ == "__main__":
    main()
