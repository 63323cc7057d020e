"""`bitplane build`: build the assets of a manifest."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import cache, engine, jobserver, plan, planner, pool, state, summary, tool, work
from pipeline.cli import FAILED, FINE, show
from pipeline.commands.common import add_manifest_arguments, counted, manifest, say
from pipeline.depfile import check_names, depfile
from pipeline.disk import Disk, RealDisk
from pipeline.engine import Execute, World
from pipeline.lock import held
from pipeline.manifest import Manifest
from pipeline.plan import Plan
from pipeline.report import Failure, Problem, fail, printable
from pipeline.store import CacheStore
from pipeline.teller import Teller, Wishes, is_live


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `build`."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="assets to build (default all)")
    add_manifest_arguments(parser)
    add = parser.add_argument
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
    talk.add_argument("-v", "--verbose", action="store_true", help="name each file")
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
    start = Path.cwd()
    read = manifest(args)
    disk = RealDisk(str(read.folder))
    whole = planner.make(read, disk)
    chosen = plan.select(whole, args.names, args.target)
    if args.list_outputs:
        prefix = _prefix(args, read)
        _print(_joined(prefix, path) for rule in chosen.assets for path in rule.outputs)
        return FINE
    if args.dry_run or args.check:
        return _look(args, chosen, disk, whole=_is_whole(args))
    traces = _traces(args, read, chosen)
    outcome = _build(args, read, chosen, disk)
    if not outcome.failed:
        _leave(args, start, traces)
    return FAILED if outcome.failed else FINE


def _is_whole(args: argparse.Namespace) -> bool:
    return not args.names and args.target is None


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(printable(line))


def _prefix(args: argparse.Namespace, read: Manifest) -> str:
    """The manifest's folder as seen from where the command was given."""
    return _joined(args.directory or "", read.folder.as_posix())


def _joined(folder: str, path: str) -> str:
    if path.startswith("/") or folder in ("", "."):
        return path
    return folder if path == "." else f"{folder.rstrip('/')}/{path}"


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


def _build(args: argparse.Namespace, read: Manifest, chosen: Plan, disk: Disk) -> engine.Outcome:
    live = is_live(sys.stderr, os.environ.get)
    wishes = Wishes(args.quiet, args.verbose, args.explain, args.json, live)
    teller = Teller(wishes, sys.stdout, sys.stderr)
    store = CacheStore(cache.OFF if args.no_cache else cache.open_default())
    lock = held(read.folder / chosen.output, wait=not args.no_wait, say=say)
    with lock, _execute(args, len(chosen.assets)) as execute:
        world = World(disk, tool.version_digest(), execute, store, teller.tell)
        try:
            outcome = engine.run(chosen, world, whole=_is_whole(args))
        finally:
            teller.finish()
    outcome = outcome._replace(problems=(*outcome.problems, *store.problems))
    teller.end(outcome)
    if not (args.quiet or args.json):
        _conclude(outcome, chosen)
    show(outcome.problems)
    return outcome


@contextmanager
def _execute(args: argparse.Namespace, most: int) -> Iterator[Execute]:
    """How jobs are run: in workers, within what make or `-j` allows."""
    with jobserver.from_make(os.environ) as lent:
        if lent.warning and args.jobs is None:
            say(f"warning: {lent.warning}")
        jobs = min(args.jobs or work.jobs_default(), max(most, 1))
        if args.jobs is None and lent.slots:
            yield work.in_workers(lent.slots, pool.Limits(max(most, 1)))
        else:
            yield work.in_workers(jobserver.Fixed(jobs), pool.Limits(jobs))


def _conclude(outcome: engine.Outcome, chosen: Plan) -> None:
    if outcome.rows:
        print(summary.table(outcome.rows))
    for path in outcome.removed:
        say(f"removed {path}")
    total = len(chosen.assets)
    failed = total - len(outcome.rows)
    idle = total - outcome.ran
    some = f"{outcome.ran - failed} of " if failed else ""
    changed = counted(outcome.changed, "file")
    done = f"built {some}{counted(outcome.ran, 'asset')}, {changed} changed"
    rest = f"{counted(idle, 'asset')} up to date"
    say("; ".join([*([done] if outcome.ran else []), *([rest] if idle else [])]))


def _traces(args: argparse.Namespace, read: Manifest, chosen: Plan) -> str:
    """The text of the depfile, or ""; made before the build, so that bad names stop it."""
    if not args.depfile:
        return ""
    prefix = _prefix(args, read)
    sources = [rule.source for rule in chosen.assets]
    folders = [f"{folder}/" for folder in chosen.folders]
    names = [_joined(prefix, name) for name in [*chosen.inputs, *sources, *folders]]
    names.append(_joined(args.directory or "", Path(args.file).as_posix()))
    first = _joined(prefix, chosen.assets[0].outputs[0])
    target = args.depfile_target or args.stamp or first
    faults = check_names([target, *sorted(set(names))])
    if faults:
        raise Failure([Problem(fault) for fault in faults])
    return depfile(target, names)


def _leave(args: argparse.Namespace, start: Path, traces: str) -> None:
    """Write the depfile, then touch the stamp; their paths start where the command was given."""
    disk = RealDisk(str(start))
    try:
        if args.depfile:
            disk.write(args.depfile, traces.encode())
        if args.stamp:
            (start / args.stamp).parent.mkdir(parents=True, exist_ok=True)
            (start / args.stamp).touch()
    except OSError as error:
        raise fail(f"cannot write {error.filename}: {error.strerror}", status=FAILED) from None
