"""`bitplane runtime`: write the decoders of compressed pictures, in C."""

import argparse
import re
from pathlib import Path

from pipeline.cli import FINE
from pipeline.commands.common import say, write_ours
from pipeline.report import did_you_mean, fail

FOLDER = "runtime"
LICENSE = "License 0BSD: part of your firmware without conditions."
_NAME, _INCLUDE = "bitplane_", re.compile(rb'^#include "(bitplane_\w+\.h)"', re.MULTILINE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `runtime`."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="a codec or other part (default: all)"
    )
    parser.add_argument(
        "-o", "--output", metavar="FOLDER", default=FOLDER, help=f"default {FOLDER}"
    )
    parser.add_argument("--list", action="store_true", help="say which parts there are")


def run(args: argparse.Namespace) -> int:
    """Write the files of the parts that are named, with what they include."""
    known = parts()
    if args.list:
        for name in known:
            print(f"{name:10}  {_words(name)}")
        return FINE
    for name in args.names:
        if name not in known:
            hint = did_you_mean(name, known) or "`bitplane runtime --list` names them"
            raise fail(f"no part is called '{name}'", hint=hint)
    write_ours(Path(args.output), files_of(args.names or known))
    say(LICENSE)
    return FINE


def parts() -> list[str]:
    """The names of what can be written, in order."""
    return sorted(path.stem.removeprefix(_NAME) for path in shared().glob("*.c"))


def files_of(names: list[str]) -> dict[str, bytes]:
    """The files of some parts and of all that they include, by name."""
    found: dict[str, bytes] = {}
    wanted = [f"{_NAME}{name}.h" for name in names]
    for header in wanted:  # which grows
        for path in (shared() / header, (shared() / header).with_suffix(".c")):
            if path.name not in found and path.is_file():
                found[path.name] = path.read_bytes()
                wanted += [name.decode() for name in _INCLUDE.findall(found[path.name])]
    return dict(sorted(found.items()))


def shared() -> Path:
    """Where the decoders lie in this package."""
    return Path(__file__).parent.parent / "share" / "runtime"


def _words(name: str) -> str:
    """What a part is for, out of its first line."""
    first = (shared() / f"{_NAME}{name}.h").read_text("ascii").splitlines()[0]
    return first.split(": ", 1)[1]
