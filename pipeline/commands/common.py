"""What several commands share: finding the manifest and saying things."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import files
from pipeline.cli import FAILED
from pipeline.disk import RealDisk
from pipeline.light import LIGHTS, MAX_MM, MAX_SCALE
from pipeline.manifest import DEFAULT_FILE, Manifest, load
from pipeline.plan import Plan
from pipeline.planner import make
from pipeline.report import fail, printable
from pipeline.target import Target

if TYPE_CHECKING:  # numpy, which most commands do without
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.palette import Indexed

MARK = b"/* bitplane "
"""How every C file begins that we give away."""

OUTSIDE = (0, 0, 0)
"""What previews show where a panel has no glass."""


def add_manifest_arguments(parser: argparse.ArgumentParser) -> None:
    """`-f` and `-C`, with the meanings that make gives them."""
    parser.add_argument(
        "-f",
        "--file",
        default=DEFAULT_FILE,
        metavar="FILE",
        help=f"manifest (default {DEFAULT_FILE})",
    )
    parser.add_argument("-C", "--directory", metavar="DIR", help="change to this folder first")


def enter(args: argparse.Namespace) -> None:
    """Change to the folder that `-C` names."""
    if args.directory:
        try:
            os.chdir(args.directory)
        except OSError as error:
            raise fail(f"cannot change to {args.directory}: {error.strerror}") from None


def number(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers of a range, for arguments."""

    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) <= 12 and least <= int(text) <= most:
            return int(text)
        words = f"expected a number from {least} to {most}, got '{printable(text)}'"
        raise argparse.ArgumentTypeError(words)

    return read


def add_view_arguments(parser: argparse.ArgumentParser) -> None:
    """How the panel is looked at."""
    add = parser.add_argument_group("the panel").add_argument
    scale = "picture pixels for each of the panel's"
    add("--scale", type=number(1, MAX_SCALE), metavar="N", help=scale)
    add("--light", choices=list(LIGHTS), default="day", help="the light around (default day)")
    add("--gap", action="store_true", help="show the lines between pixels, where they are known")
    away = "blur as the eye does from so far"
    add("--away", type=number(0, MAX_MM), default=0, metavar="MM", help=away)


def panel_picture(
    indexed: "Indexed", target: Target, args: argparse.Namespace, scale: int
) -> "NDArray[np.uint8]":
    """What the arguments of `add_view_arguments` show of a picture: uint8 (h, w, 3) sRGB.

    Raises:
        Failure: The view is out of range.
    """
    from pipeline import panel

    view = panel.View(scale, args.light, args.gap, args.away)
    try:
        shown = panel.look(indexed, target, view)
    except ValueError as error:
        raise fail(str(error)) from None
    return panel.framed(shown, panel.glass(indexed, target, view), OUTSIDE)


def manifest(args: argparse.Namespace) -> Manifest:
    """The manifest that the arguments name."""
    enter(args)
    return load(Path(args.file))


def planned(args: argparse.Namespace) -> Plan:
    """The plan of the manifest that the arguments name."""
    read = manifest(args)
    return make(read, RealDisk(str(read.folder)))


def counted(number: int, noun: str) -> str:
    """`1 asset`, `2 assets`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def say(text: str) -> None:
    """Talk: to standard error."""
    print(printable(text), file=sys.stderr)


def same_file(one: str, other: str) -> bool:
    """Whether two paths lead to one file."""
    return RealDisk(".").real(one) == RealDisk(".").real(other)


def write_ours(folder: Path, ours: Mapping[str, bytes]) -> None:
    """Write C files of ours, and say of each what became of it.

    Raises:
        Failure: A file of that name is there and not from us; then nothing was written.
    """
    for name in ours:
        path = folder / name
        if path.is_file() and not files.read(path, str(path)).startswith(MARK):
            raise fail(f"{path} is not from bitplane", hint="name another folder with -o")
    for name, data in ours.items():
        write_and_say(folder / name, data)


def write_and_say(path: Path, data: bytes) -> None:
    """Write a file, and say whether it was there before."""
    there = path.exists()
    try:
        changed = files.write(path, data)
    except OSError as error:
        raise fail(f"cannot write {path}: {error.strerror}", status=FAILED) from None
    said = "written over what was changed, or of another version" if there else "written"
    say(f"{path}: {said if changed else 'as it was'}")
