"""`bitplane compare --formats`: one picture in all formats, bytes against error."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import planner
from pipeline.cli import FINE
from pipeline.commands.common import manifest
from pipeline.commands.convert import palette_choice, recipe_of
from pipeline.disk import RealDisk
from pipeline.plan import AssetRule, Job, select
from pipeline.recipe import AUTO
from pipeline.report import Failure, fail, printable
from pipeline.target_file import load as load_target

if TYPE_CHECKING:  # numpy, which a wrong call should not wait for
    from pipeline.formats import Attempt

_HEAD = ("format", "colors", "codec", "bytes", "delta E", "")


def run(args: argparse.Namespace) -> int:
    """Print a table for an image, or for each target of an asset."""
    for option in ("output", "dithers", "costs"):
        if getattr(args, option):
            raise fail(f"--formats goes without --{option}", None, "it prints a table only")
    for job in _jobs(args):
        print("\n".join(_table(job)))
    return FINE


def _jobs(args: argparse.Namespace) -> Iterator[Job]:
    """The image itself, or the assets of that name; their format is searched for."""
    if Path(args.image).is_file():
        target = load_target(args.target, RealDisk("."))
        recipe = recipe_of(args, target, *palette_choice(args, target))._replace(format=AUTO)
        name = Path(args.image).name
        rule = AssetRule("image", name, "image", args.image, target.name, recipe, (), None, {})
        yield Job(rule, target, ".")
        return
    from pipeline.commands.show import pictures

    read = manifest(args)
    plan = planner.make(read, RealDisk(str(read.folder)))
    try:
        chosen = select(plan, [args.image], None)
    except Failure as failure:
        hint = "for an image give its path"
        raise Failure([p._replace(hint=p.hint or hint) for p in failure.problems]) from None
    every = pictures(read, plan)
    for rule in chosen.assets:
        yield every.job(rule._replace(recipe=rule.recipe._replace(format=AUTO)))


def _table(job: Job) -> Iterator[str]:
    from pipeline import formats
    from pipeline.prepare import prepare

    most = job.rule.recipe.most_error
    attempts = list(formats.attempts(job, prepare(job.rule, job.folder)))
    chosen = formats.best(attempts, most)
    yield f"{printable(job.rule.name)} for {job.target.name}, delta E {most / 1000:g} at most:"
    rows = [_HEAD, *(_cells(one, chosen=one is chosen) for one in attempts)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, colors, codec, *figures, mark in rows:
        left = f"{name:{widths[0]}}  {colors:>{widths[1]}}  {codec:{widths[2]}}"
        right = "  ".join(f"{f:>{w}}" for f, w in zip(figures, widths[3:5], strict=True))
        yield f"  {left}  {right}  {mark}".rstrip()


def _cells(one: "Attempt", *, chosen: bool) -> tuple[str, ...]:
    colors = str(len(one.drawn.indexed.palette))
    figures = one.packed.codec, f"{one.cost:,}", f"{one.error / 1000:.3f}"
    return one.name, colors, *figures, "chosen" if chosen else ""
