"""Builder: what `bitplane build` does when it has to look closely."""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline import (
    cache,
    engine,
    entry,
    jobserver,
    kernels,
    locked,
    look,
    palette_lock,
    plan,
    planner,
    pool,
    quick,
    summary,
    tool,
    work,
)
from pipeline.cli import FAILED, FINE, os_problem, show
from pipeline.commands.common import counted, manifest, say
from pipeline.depfile import check_names, depfile
from pipeline.disk import Disk, RealDisk
from pipeline.lock import held
from pipeline.manifest import Manifest
from pipeline.plan import AssetRule, Plan
from pipeline.report import Failure, Problem, fail, printable
from pipeline.store import CacheStore
from pipeline.teller import Look, Teller, Wishes, is_live, named
from pipeline.world import Execute, Outcome, World


def run(args: argparse.Namespace) -> int:
    """Build; the report goes to standard output."""
    if args.json and args.list_outputs:
        raise fail("--list-outputs prints no events", hint="leave out --json")
    live = is_live(sys.stderr, os.environ.get)
    wishes = Wishes(args.quiet, args.verbose, args.explain, args.json, live)
    teller = Teller(wishes, sys.stdout, sys.stderr)
    try:
        return _run(args, teller)
    except BrokenPipeError:
        raise
    except (Failure, OSError) as error:
        teller.give_up(error.problems if isinstance(error, Failure) else [os_problem(error)])
        raise


def _run(args: argparse.Namespace, teller: Teller) -> int:
    start, start_ns = Path.cwd(), time.time_ns()
    read = manifest(args)
    disk = RealDisk(str(read.folder))
    whole = planner.make(read, disk)
    chosen = plan.select(whole, args.names, args.target)
    if args.list_outputs:
        prefix = _prefix(args, read)
        _print(_joined(prefix, path) for path in chosen.outputs)
        return FINE
    if args.dry_run or args.check:
        found = _look(args, chosen, disk)
        teller.see(found)
        _show_look(args, found)
        return FAILED if found.failed else FINE
    traces = _traces(args, read, chosen, start)
    outcome = build(args, read, chosen, teller)
    if not outcome.failed:
        _leave(args, start, traces)
        if _is_whole(args):
            facts = _facts(args, read, start, outcome)
            _index(args, read, chosen, facts, start_ns)
    teller.end(failed=outcome.failed)
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


def _look(args: argparse.Namespace, chosen: Plan, disk: Disk) -> Look:
    """What a build would do: `-n` says it, `--check` also fails when there is something."""
    palettes = locked.read(disk, args.file)
    found = look.look(chosen, disk, tool.version_digest(), palettes)
    stale = [reason for reason in found.stale if isinstance(reason.rule, AssetRule)]
    rest = len(chosen.assets) - len(stale)
    if not args.check:
        return Look(found.stale, (), (), rest, failed=False)
    whole = _is_whole(args)
    left = tuple(output.path for output in found.orphans) if whole else ()
    problems = () if found.stale else found.over
    if whole and palettes:
        problems += tuple(map(Problem, locked.faults_of(chosen, disk, palettes, args.file)))
    return Look(found.stale, left, problems, rest, failed=bool(found.stale or left or problems))


def _show_look(args: argparse.Namespace, found: Look) -> None:
    if not args.json:
        say_why = args.explain or args.check
        _print(
            f"{named(rule)}: {text if say_why else ' '.join(rule.outputs)}"
            for rule, text in found.reasons
        )
        _print(f"{path}: no asset names it any more" for path in found.left)
    show(found.problems)


def build(args: argparse.Namespace, read: Manifest, chosen: Plan, teller: Teller) -> Outcome:
    """Build what is stale of a plan, with the options of `build`, and say what came of it."""
    outcome = built(args, read, chosen, teller)
    teller.hear(outcome)
    if not (args.quiet or args.json):
        _conclude(outcome, chosen, verbose=args.verbose)
    show(outcome.problems)
    return outcome


def built(args: argparse.Namespace, read: Manifest, chosen: Plan, teller: Teller) -> Outcome:
    """Build what is stale of a plan, with the options of `build`."""
    disk = RealDisk(str(read.folder))
    store = CacheStore(cache.OFF if args.no_cache else cache.open_default())
    lock = held(read.folder / chosen.output, wait=not args.no_wait, say=say)
    with lock, execute(args, len(chosen.assets)) as run_jobs:
        palettes = locked.read(disk, read.document.file)
        work_here = _saying_what_is_missing(run_jobs, teller)
        world = World(disk, tool.version_digest(), work_here, store, teller.tell, palettes)
        try:
            outcome = engine.run(chosen, world, whole=_is_whole(args))
        finally:
            teller.finish()
    told = (*chosen.warnings, *outcome.problems, *store.problems)
    return outcome._replace(problems=told)


@contextmanager
def execute(args: argparse.Namespace, most: int) -> Iterator[Execute]:
    """How jobs are run: in workers, within what make or `-j` allows."""
    with jobserver.from_make(os.environ) as lent:
        if lent.warning and args.jobs is None:
            say(f"warning: {lent.warning}")
        jobs = min(args.jobs or work.jobs_default(), max(most, 1))
        borrowed = args.jobs is None and lent.slots
        slots = borrowed or jobserver.Fixed(jobs)
        limits = pool.Limits(max(most, 1) if borrowed else jobs, args.timeout or pool.TIMEOUT_S)
        yield work.in_workers(slots, limits, apart=args.timeout is not None)


def _saying_what_is_missing(execute: Execute, teller: Teller) -> Execute:
    """The same, with one note before the first work if it will be slow for want of kernels."""
    absence = kernels.absence()
    unsaid = [absence] if absence else []

    def run(function: str, arguments: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        while unsaid:
            teller.note(unsaid.pop())
        return execute(function, arguments)

    return run


def _conclude(outcome: Outcome, chosen: Plan, *, verbose: bool) -> None:
    if outcome.rows and (outcome.ran or outcome.failed or verbose):
        print(summary.table(outcome.rows))
    for path in outcome.removed:
        say(f"removed {path}")
    done = _done(outcome, len(chosen.assets) - len(outcome.rows))
    rest = _up_to_date(outcome.idle)
    say("; ".join([*([done] if done else []), *([rest] if outcome.idle else [])]))


def _done(outcome: Outcome, failed: int) -> str:
    """What was built, when anything was; `failed` is the number of assets that were not."""
    built = len(outcome.rows) - outcome.idle
    some = f"{built} of " if failed else ""
    kinds = [f"{some}{counted(built + failed, 'asset')}"] if built + failed else []
    kinds += [counted(outcome.bundled, "bundle")] if outcome.bundled else []
    changed = counted(outcome.changed, "file")
    return f"built {' and '.join(kinds)}, {changed} changed" if kinds else ""


def _up_to_date(number: int) -> str:
    return f"{counted(number, 'asset')} up to date"


def _facts(args: argparse.Namespace, read: Manifest, start: Path, outcome: Outcome) -> quick.Facts:
    """What an index knows of a build beside the files."""
    lock = palette_lock.file_name(read.document.file)
    has_lock = RealDisk(str(read.folder)).is_file(lock)
    return quick.Facts(
        manifest=Path(args.file).name,
        absent="" if has_lock else lock,
        traces=_known_traces(args, start),
        summary=_up_to_date(len(outcome.rows)),
    )


def _index(
    args: argparse.Namespace, read: Manifest, chosen: Plan, facts: quick.Facts, start_ns: int
) -> None:
    """Let the next build see at a glance that nothing changed."""
    rules = chosen.assets
    names = [Path(args.file).name, *chosen.inputs, *chosen.folders]
    names += [path for rule in rules for path in rule.reads]
    names += chosen.outputs
    names += tool.watched()
    names += [] if facts.absent else [palette_lock.file_name(read.document.file)]
    folder = str(read.folder)
    path = os.path.join(folder, chosen.output, quick.FILE_NAME)  # noqa: PTH118 (as quick does)
    quick.save(folder, path, facts, names, start_ns)


def _known_traces(args: argparse.Namespace, start: Path) -> str:
    if not args.depfile:
        return ""
    return quick.traces(str(start / args.depfile), entry.call_of(args), str(start))


def _traces(args: argparse.Namespace, read: Manifest, chosen: Plan, start: Path) -> str:
    """The text of the depfile, or ""; made before the build, so that bad names stop it."""
    if not args.depfile:
        return ""
    prefix = _prefix(args, read)
    sources = [path for rule in chosen.assets for path in rule.reads]
    folders = [f"{folder}/" for folder in chosen.folders]
    lock = palette_lock.file_name(read.document.file)
    if RealDisk(str(read.folder)).is_file(lock):
        sources.append(lock)
    names = [_joined(prefix, name) for name in [*chosen.inputs, *sources, *folders]]
    names.append(_joined(args.directory or "", Path(args.file).as_posix()))
    disk = RealDisk(str(start))
    if disk.real(args.depfile) in map(disk.real, names):
        raise fail(f"'{args.depfile}' is read by the build", None, "name another depfile")
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
