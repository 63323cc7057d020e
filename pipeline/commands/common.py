"""What several commands share: finding the manifest and saying things."""

import argparse
import os
import sys
from pathlib import Path

from pipeline.disk import RealDisk
from pipeline.manifest import DEFAULT_FILE, Manifest, load
from pipeline.plan import Plan
from pipeline.planner import make
from pipeline.report import fail, printable


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


def manifest(args: argparse.Namespace) -> Manifest:
    """The manifest that the arguments name."""
    if args.directory:
        try:
            os.chdir(args.directory)
        except OSError as error:
            raise fail(f"cannot change to {args.directory}: {error.strerror}") from None
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
