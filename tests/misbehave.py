"""Assets that make their worker misbehave, in builds by the real command."""

from pathlib import Path

import crash_lab

TIMEOUT_S = 5
MISBEHAVE = f"""\
import ctypes, os, signal
from pathlib import Path
import pipeline.pool as pool
os.environ.update(dict.fromkeys(pool.ONE_THREAD, "1"))  # else no process of ours may fork
import pipeline.steps as steps

def hang():
    if os.path.exists("begun"):  # a pipe, at which the test waits
        Path("begun").write_bytes(b"now")
    while True:
        signal.pause()

def fail():
    raise ZeroDivisionError("of a test")

DEEDS = {{
    "segfault": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(7),
    "hang": hang,
    "eat": lambda: bytes(8 << 30),
    "raise": fail,
    "garbage": lambda: lambda: None,
}}
build, run = steps.build, pool.run

def misbehave(job):
    word = Path(job.rule.source).stem.partition("_")[2]
    return DEEDS[word]() if word else build(job)

def limited(function, arguments, limits, *rest):
    limits = limits._replace(timeout_s={TIMEOUT_S}, memory_bytes=1 << 31)
    return run(function, arguments, limits, *rest)

steps.build, pool.run = misbehave, limited
"""
"""A sitecustomize.py, which Python runs when it starts."""

ENDS = {
    "segfault": "was killed by SIGSEGV",
    "exit": "stopped with status 7",
    "hang": f"took longer than {TIMEOUT_S} s",
    "eat": "ran out of memory",
    "raise": "raised ZeroDivisionError: of a test",
    "garbage": "raised ",
}


def hooks(folder: Path) -> Path:
    """A folder of hooks by which an asset does what the second part of its name says."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(MISBEHAVE)
    return folder


def make_project(folder: Path, names: list[str]) -> None:
    folder.mkdir()
    lines = "".join(f"  {name}: {name}.png\n" for name in names)
    (folder / "build.yaml").write_text(f"target: ssd1306-128x64\noutput: out\nassets:\n{lines}")
    for scale, name in enumerate(names, 1):
        (folder / f"{name}.png").write_bytes(crash_lab.draw(scale))
