"""`bitplane build`: build the assets of a manifest."""

import argparse
from typing import TYPE_CHECKING

from pipeline import engine, plan, planner, summary
from pipeline.cli import FAILED, FINE, show
from pipeline.commands.common import add_manifest_arguments, counted, manifest, say
from pipeline.disk import RealDisk
from pipeline.plan import AssetRule, Plan
from pipeline.report import printable

if TYPE_CHECKING:  # steps imports numpy
    from pipeline.steps import Built


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `build`."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="assets to build (default all)")
    add_manifest_arguments(parser)
    parser.add_argument(
        "-j", "--jobs", type=_jobs, metavar="N", help="worker processes (default: one a processor)"
    )
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="say what would be built, build nothing"
    )
    parser.add_argument("--target", metavar="NAME", help="only for this target of the manifest")
    talk = parser.add_mutually_exclusive_group()
    talk.add_argument("-v", "--verbose", action="store_true", help="name each file")
    talk.add_argument("-q", "--quiet", action="store_true", help="say nothing but problems")


def _jobs(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to 1024, got '{text}'")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Build; the report goes to standard output."""
    read = manifest(args)
    disk = RealDisk(str(read.folder))
    work = plan.select(planner.make(read, disk), args.names, args.target)
    if args.dry_run:
        for rule in work.assets:
            print(printable(f"{rule.target}: {rule.name}: {' '.join(rule.outputs)}"))
        return FINE
    outcome = engine.run(work, read.folder, args.jobs, lambda rule, built: _tell(args, rule, built))
    if not args.quiet:
        _conclude(outcome, work)
    show(outcome.problems)
    return FAILED if outcome.failed else FINE


def _tell(args: argparse.Namespace, rule: AssetRule, built: "Built") -> None:
    if args.verbose and built.row:
        say(f"{rule.target}: {rule.source} -> {' '.join(rule.outputs)}")


def _conclude(outcome: engine.Outcome, work: Plan) -> None:
    if outcome.rows:
        print(summary.table(outcome.rows))
    total = len(work.assets)
    some = f"{len(outcome.rows)} of " if len(outcome.rows) < total else ""
    say(f"built {some}{counted(total, 'asset')}, {counted(outcome.written, 'file')} changed")
