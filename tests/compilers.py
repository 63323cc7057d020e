"""The C and C++ compilers of this machine, as strict as they can be."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

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
_STRICT_C = ["-Wstrict-prototypes", "-Wmissing-prototypes", "-Wold-style-definition"]


class Compiler(NamedTuple):
    """A compiler that makes an object of one unit.

    Attributes:
        command: With all flags but for the unit and `-I.`; writes into the folder it runs in.
        gnu: It takes flags and C as GCC does.
    """

    command: list[str]
    gnu: bool = True


def _gcc(command: str, *flags: str) -> Compiler:
    return Compiler([command, *flags, *COMMON, "-c"])


def _sdcc(machine: str) -> Compiler:
    return Compiler(["sdcc", f"-m{machine}", "--std-c99", "--Werror", "-c"], gnu=False)


_CPP = ["-x", "c++", "-Wold-style-cast"]
# What it would say of the standard headers, of C before 1999, and of names that C reserves.
_QUIET = ["-Wno-declaration-after-statement", "-Wno-reserved-macro-identifier"]
_CLANG = ["-Weverything", *_QUIET]

COMPILERS: dict[str, Compiler] = {
    "gcc-c90": _gcc("gcc", "-std=c90", *_STRICT_C),
    "gcc-c99": _gcc("gcc", "-std=c99", *_STRICT_C),
    "gcc-c11": _gcc("gcc", "-std=c11", *_STRICT_C),
    "gcc-c23": _gcc("gcc", "-std=c2x", *_STRICT_C),
    "g++-98": _gcc("g++", "-std=c++98", "-Wno-long-long", "-Wuseless-cast", *_CPP),
    "g++-11": _gcc("g++", "-std=c++11", "-Wuseless-cast", *_CPP),
    "g++-20": _gcc("g++", "-std=c++20", "-Wuseless-cast", *_CPP),
    "clang": _gcc("clang", "-std=c99", *_CLANG),
    "clang++": _gcc("clang", "-std=c++11", *_CPP),
    "arm": _gcc("arm-none-eabi-gcc", "-std=c99", "-ffreestanding", "-mcpu=cortex-m0", *_STRICT_C),
    "avr": _gcc("avr-gcc", "-std=gnu99", "-mmcu=atmega328p", *_STRICT_C),
    "riscv": _gcc("riscv64-unknown-elf-gcc", "-std=c99", "-ffreestanding", *_STRICT_C),
    "sdcc-z80": _sdcc("z80"),
    "sdcc-sm83": _sdcc("sm83"),
    "sdcc-mcs51": _sdcc("mcs51"),
    "sdcc-stm8": _sdcc("stm8"),
    "cc65": Compiler(["cc65", "-t", "none", "--standard", "c99", "-W", "error"], gnu=False),
}


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


def compile_unit(name: str, unit: str, folder: Path) -> None:
    """Make an object of a unit with a compiler of `COMPILERS`, which must say nothing at all."""
    command = [*COMPILERS[name].command, "-I.", unit]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    assert (done.returncode, told) == (0, ""), told[-3000:]


def run_program(language: str, sources: list[str], folder: Path) -> str:
    """Compile sources of one language into a program and give what it prints."""
    run([*LANGUAGES[language], *COMMON, *sources, "-o", "program"], folder)
    return run([str(folder / "program")], folder)
