"""The C and C++ compilers of this machine, as strict as they can be."""

import shutil
import subprocess
from pathlib import Path

import pytest

COMMON = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wundef",
    "-Wmissing-declarations",
    "-Werror",
]
LANGUAGES = {
    "c99": ["gcc", "-std=c99", "-Wstrict-prototypes", "-Wmissing-prototypes"],
    "c++11": ["g++", "-std=c++11", "-x", "c++", "-Wold-style-cast"],
}


def run(command: list[str], folder: Path) -> str:
    """What a program prints; skips the test where it is not installed, fails where it fails."""
    if "/" not in command[0] and shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def run_program(language: str, sources: list[str], folder: Path) -> str:
    """Compile sources of one language into a program and give what it prints."""
    run([*LANGUAGES[language], *COMMON, *sources, "-o", "program"], folder)
    return run([str(folder / "program")], folder)
