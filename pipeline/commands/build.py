"""`bitplane build`: build the assets of a manifest."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline import cache, engine, jobserver, plan, planner, pool, state, summary, tool, work
from pipeline.cli import FAILED, FINE, show
from pipeline.commands.common import add_manifest_arguments, counted, manifest, say
from pipeline.disk import Disk, RealDisk
from pipeline.engine import Event, Execute, World
from pipeline.plan import Plan
from pipeline.report import printable
from pipeline.store import CacheStore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `build`."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="assets to build (default all)")
    add_manifest_arguments(parser)
    parser.add_argument(
        "-j",
        "--jobs",
        type=_jobs,
        metavar="N",
        help="worker processes (default: make's jobserver, else one a processor)",
    )
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="say what would be built, build nothing"
    )
    parser.add_argument("--target", metavar="NAME", help="only for this target of the manifest")
    parser.add_argument(
        "--check", action="store_true", help="build nothing; fail when an output is out of date"
    )
    parser.add_argument("--explain", action="store_true", help="say why each asset is built")
    parser.add_argument(
        "--list-outputs", action="store_true", help="print the files that a build gives, and stop"
    )
    parser.add_argument("--no-cache", action="store_true", help="use and fill no content cache")
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
    whole = planner.make(read, disk)
    chosen = plan.select(whole, args.names, args.target)
    if args.list_outputs:
        _print(path for rule in chosen.assets for path in rule.outputs)
        return FINE
    if args.dry_run or args.check:
        return _look(args, chosen, disk, whole=chosen is whole)
    store = CacheStore(cache.OFF if args.no_cache else cache.open_default())
    with _execute(args, len(chosen.assets)) as execute:
        world = World(disk, tool.version_digest(), execute, store, _Teller(args).tell)
        outcome = engine.run(chosen, world, whole=not args.names and args.target is None)
    if not args.quiet:
        _conclude(outcome, chosen)
    show([*outcome.problems, *store.problems])
    return FAILED if outcome.failed else FINE


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        print(printable(line))


def _look(args: argparse.Namespace, chosen: Plan, disk: Disk, *, whole: bool) -> int:
    """What a build would do: `-n` says it, `--check` also fails when there is something."""
    reasons = engine.stale(chosen, disk, tool.version_digest())
    say_why = args.explain or args.check
    _print(
        f"{rule.target}: {rule.name}: {text if say_why else ' '.join(rule.outputs)}"
        for rule, text in reasons
    )
    if not args.check:
        return FINE
    left = engine.orphans(chosen, state.load(disk, engine.state_path(chosen))) if whole else []
    _print(f"{output.path}: no asset names it any more" for output in left)
    return FAILED if reasons or left else FINE


class _Teller:
    """Says what happens, as the options ask for."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args

    def tell(self, event: Event) -> None:
        """One event."""
        rule = event.rule
        if event.kind == "stale" and self.args.explain:
            say(f"{rule.target}: {rule.name}: {event.text}")
        if event.kind in ("built", "cached") and self.args.verbose:
            say(f"{rule.target}: {rule.source} -> {' '.join(rule.outputs)}")


@contextmanager
def _execute(args: argparse.Namespace, most: int) -> Iterator[Execute]:
    """How jobs are run: in workers where that pays, within what make or `-j` allows."""
    with jobserver.from_make(os.environ) as lent:
        if lent.warning and args.jobs is None:
            say(f"warning: {lent.warning}")
        jobs = min(args.jobs or work.jobs_default(), max(most, 1))
        made = lent.slots if args.jobs is None and lent.slots else jobserver.Fixed(jobs)
        yield work.in_workers(made, pool.Limits(jobs))


def _conclude(outcome: engine.Outcome, chosen: Plan) -> None:
    if outcome.rows:
        print(summary.table(outcome.rows))
    for path in outcome.removed:
        say(f"removed {path}")
    total = len(chosen.assets)
    failed = total - len(outcome.rows)
    idle = total - outcome.ran
    some = f"{outcome.ran - failed} of " if failed else ""
    done = (
        f"built {some}{counted(outcome.ran, 'asset')}, {counted(outcome.changed, 'file')} changed"
    )
    rest = f"{counted(idle, 'asset')} up to date"
    say("; ".join([*([done] if outcome.ran else []), *([rest] if idle else [])]))
