"""`bitplane lock`: write the learned palettes to a file to commit."""

import argparse

from pipeline import engine, jobserver, locked, palette_lock, planner, pool, work
from pipeline.cli import FAILED, FINE, show
from pipeline.commands.common import add_manifest_arguments, counted, manifest, say
from pipeline.disk import RealDisk
from pipeline.palette_lock import Locked
from pipeline.plan import PaletteJob
from pipeline.report import Problem, fail


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `lock`."""
    add_manifest_arguments(parser)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail when the lock is out of date"
    )


def run(args: argparse.Namespace) -> int:
    """Learn every palette anew and write the lock, or say what in it is out of date."""
    read = manifest(args)
    disk = RealDisk(str(read.folder))
    plan = planner.make(read, disk)
    file = read.document.file
    if args.check:
        faults = locked.faults_of(plan, disk, locked.read(disk, file), file)
        show([Problem(fault) for fault in faults])
        return FAILED if faults else FINE
    rules = palette_lock.names(plan)
    jobs = [PaletteJob(rule, plan.targets[rule.target], disk.real(".")) for rule in rules.values()]
    slots, limits = jobserver.Fixed(work.jobs_default()), pool.Limits(len(jobs) or 1)
    execute = work.in_workers(slots, limits, apart=False)
    made: dict[str, Locked] = {}
    problems: list[Problem] = []
    for place, result in execute(engine.LEARN, jobs) if jobs else ():
        key, rule = list(rules.items())[place]
        problems += [result] if isinstance(result, Problem) else result.problems
        if not isinstance(result, Problem) and not result.problems:
            options, learned_from = locked.digests(rule, list(result.sources), plan)
            made[key] = Locked(result.palette, options, learned_from)
    if problems:
        show(problems)
        return FAILED
    path = palette_lock.path(file)
    try:
        disk.write(palette_lock.file_name(file), palette_lock.render(made).encode())
    except OSError as error:
        raise fail(f"cannot write {path}: {error.strerror}", status=FAILED) from None
    say(f"wrote {path}: {counted(len(made), 'palette')}")
    return FINE
