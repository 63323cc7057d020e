"""`bitplane build`: build the assets of a manifest."""

import argparse
import os
import sys

from pipeline import quick
from pipeline.cli import FINE

DEFAULT_FILE = "build.yaml"
DEFAULT_OUTPUT = "build/assets"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `build`."""
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="assets to build (default all)")
    add(
        "-f",
        "--file",
        default=DEFAULT_FILE,
        metavar="FILE",
        help=f"manifest (default {DEFAULT_FILE})",
    )
    add("-C", "--directory", metavar="DIR", help="change to this folder first")
    jobs = "worker processes (default: make's jobserver, else one a processor)"
    add("-j", "--jobs", type=_jobs, metavar="N", help=jobs)
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


def _jobs(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to 1024, got '{text}'")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Build; the report goes to standard output."""
    if _nothing_to_do(args):
        return FINE
    from pipeline import builder

    return builder.run(args)


def _nothing_to_do(args: argparse.Namespace) -> bool:
    """A plain build of all, and everything looks as after the last one."""
    special = args.names or args.target or args.dry_run or args.check or args.list_outputs
    if special or args.json or args.explain or args.verbose:
        return False
    manifest = os.path.join(args.directory or "", args.file)  # noqa: PTH118 (pathlib takes long)
    try:
        with open(manifest, "rb") as file:  # noqa: PTH123 (as above)
            root = quick.guess_root(file.read(1 << 26), DEFAULT_OUTPUT)
    except (OSError, ValueError):
        return False
    folder = os.path.dirname(manifest)  # noqa: PTH120 (as above)
    index = os.path.join(folder, root, quick.FILE_NAME)  # noqa: PTH118 (as above)
    name = os.path.basename(manifest)  # noqa: PTH119 (as above)
    facts = quick.is_current(folder, index, name)
    if facts is None or not _leave_traces(args, facts):
        return False
    if not args.quiet:
        sys.stderr.write(f"{facts['summary']}\n")
    return True


def _leave_traces(args: argparse.Namespace, facts: dict[str, object]) -> bool:
    """Touch the stamp, if the depfile is still as this very call would write it."""
    if args.depfile and facts.get("traces") != quick.traces(args.depfile, args, os.getcwd()):  # noqa: PTH109 (as above)
        return False
    try:
        if args.stamp:
            os.utime(args.stamp)
    except OSError:
        return False  # it is not there yet: the long way makes it
    return True
