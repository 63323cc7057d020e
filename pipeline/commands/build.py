"""`bitplane build`: build the assets of a manifest."""

import argparse
from collections.abc import Callable

from pipeline import entry, quick
from pipeline.cli import FINE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `build`."""
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="assets or bundles to build (default all)")
    add(
        "-f",
        "--file",
        default=quick.DEFAULT_FILE,
        metavar="FILE",
        help=f"manifest (default {quick.DEFAULT_FILE})",
    )
    add("-C", "--directory", metavar="DIR", help="change to this folder first")
    jobs = "worker processes (default: make's jobserver, else one a processor)"
    add("-j", "--jobs", type=number(quick.MOST_JOBS), metavar="N", help=jobs)
    slow = "give up an asset or a palette that takes longer (default 300)"
    add("--timeout", type=number(quick.MOST_TIMEOUT_S), metavar="SECONDS", help=slow)
    add("-n", "--dry-run", action="store_true", help="say what would be built, build nothing")
    add("--target", metavar="NAME", help="only for this target of the manifest")
    add("--check", action="store_true", help="build nothing; fail when an output is out of date")
    add("--explain", action="store_true", help="say why each asset is built")
    add("--no-cache", action="store_true", help="use and fill no content cache")
    add("--no-wait", action="store_true", help="fail when another build is at work here")
    _add_build_system_arguments(parser)
    add("--json", action="store_true", help="print one JSON object for each event, nothing else")
    talk = parser.add_mutually_exclusive_group()
    talk.add_argument(
        "-v", "--verbose", action="store_true", help="name each file, and always report"
    )
    talk.add_argument("-q", "--quiet", action="store_true", help="say nothing but problems")


def _add_build_system_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("for make, ninja and CMake").add_argument
    add("--list-outputs", action="store_true", help="print the files that a build gives, and stop")
    add("--depfile", metavar="FILE", help="write what was read, for make and ninja")
    add("--depfile-target", metavar="T", help="its target (default the stamp, else an output)")
    add("--stamp", metavar="FILE", help="touch this file when the build is done")


def number(most: int) -> Callable[[str], int]:
    """A reader of whole numbers from 1 to `most`, for arguments."""

    def read(text: str) -> int:
        if not quick.is_number(text, most):
            raise argparse.ArgumentTypeError(f"expected a number from 1 to {most}, got '{text}'")
        return int(text)

    return read


def run(args: argparse.Namespace) -> int:
    """Build; the report goes to standard output."""
    if _is_plain(args) and quick.nothing_to_do(entry.call_of(args)):
        return FINE
    from pipeline import builder

    return builder.run(args)


def _is_plain(args: argparse.Namespace) -> bool:
    """It asks for no more than that everything is built or checked."""
    special = args.names or args.target or args.dry_run or args.list_outputs
    return not (special or args.json or args.explain or args.verbose)
