"""`bitplane preview`: a page that shows what the panels will show."""

import argparse
import os
import secrets
import sys
import tempfile
import webbrowser
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import plan, quick
from pipeline.cli import FAILED, FINE, show
from pipeline.commands.common import add_manifest_arguments, counted, manifest, number, say
from pipeline.disk import RealDisk
from pipeline.manifest import Manifest, load
from pipeline.planner import make
from pipeline.preview import album, gallery
from pipeline.preview.gallery import Gallery
from pipeline.report import fail
from pipeline.teller import Teller, Wishes, is_live
from pipeline.world import Outcome

if TYPE_CHECKING:  # numpy, which a page of what is known does not need
    from pipeline.preview import diff

DEFAULT_FOLDER = "build/preview"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `preview`."""
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="assets to show (default all)")
    add_manifest_arguments(parser)
    where = f"folder, or one .html file (default {DEFAULT_FOLDER} beside the manifest)"
    add("-o", "--output", metavar="WHERE", help=where)
    add("--target", metavar="NAME", help="only for this target of the manifest")
    jobs = "worker processes (default: make's jobserver, else one a processor)"
    add("-j", "--jobs", type=number(1, quick.MOST_JOBS), metavar="N", help=jobs)
    what = "show only what changed since a git revision, a folder of outputs or a preview"
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--diff", metavar="THEN", help=what)
    ways.add_argument(
        "--live", action="store_true", help="serve it, follow every edit, and try options"
    )
    add(
        "--port",
        type=number(1, 65535),
        default=0,
        metavar="N",
        help="where --live serves (default a free one)",
    )
    add("--no-open", action="store_true", help="with --live: open no browser")
    add("--no-cache", action="store_true", help="use and fill no content cache")
    parser.set_defaults(timeout=None, no_wait=False, quiet=True, json=False, verbose=False)


def run(args: argparse.Namespace) -> int:
    """Build, then write the preview."""
    if args.live:
        return _live(args)
    if args.diff is not None:
        return _diff(args)
    from pipeline import builder

    read = manifest(args)
    path = _place(args, read, DEFAULT_FOLDER)
    earlier = album.load(path)
    chosen = plan.select(make(read, RealDisk(str(read.folder))), args.names, args.target)
    outcome = builder.build(args, read, chosen, _teller())
    with builder.execute(args, len(chosen.assets)) as execute:
        made = gallery.gather(read, chosen, outcome, execute, earlier)
    album.write(path, made.data, made.pictures, earlier)
    taken = [one for one in made.data["problems"] if one["severity"] == "error"]
    _say(path, made.data)
    return FAILED if outcome.failed or taken else FINE


def _place(args: argparse.Namespace, read: Manifest, usual: str) -> Path:
    """Where the preview lies: beside the manifest, as what a build writes, unless it is named."""
    return Path(args.output) if args.output else read.folder / usual


def _teller() -> Teller:
    live = is_live(sys.stderr, os.environ.get)
    return Teller(Wishes(quiet=not live, live=live), sys.stdout, sys.stderr)


def _diff(args: argparse.Namespace) -> int:
    """Show what changed since an earlier build; that something did is no failure."""
    from pipeline.preview import diff

    read = manifest(args)
    path = _place(args, read, f"{DEFAULT_FOLDER}-diff")
    standing = album.load(path)
    chosen = plan.select(make(read, RealDisk(str(read.folder))), args.names, args.target)
    with tempfile.TemporaryDirectory(prefix="bitplane-") as folder:
        baseline = _baseline(args, read, chosen, Path(folder))
    made, outcome = _shown(args, read, chosen)
    show(outcome.problems)
    lines, pictures = diff.diff(made, baseline)
    shown = diff.page(made, lines, args.diff)
    needed = album.names_in(shown)
    album.write(path, shown, {name: pictures[name] for name in needed}, standing)
    if lines:
        print(diff.table(lines))
    say(f"{page_of(path)}: {_changes([line.kind for line in lines])}")
    return FAILED if outcome.failed else FINE


def _changes(kinds: list[str]) -> str:
    counts = ((kinds.count(kind), kind) for kind in ("changed", "new", "gone"))
    return ", ".join(f"{count} {kind}" for count, kind in counts if count) or "nothing changed"


def _baseline(
    args: argparse.Namespace, read: Manifest, chosen: plan.Plan, folder: Path
) -> "diff.Baseline":
    """What was shown at the time that `--diff` names."""
    from pipeline.preview import diff, revision

    then = Path(args.diff)
    if args.diff and then.exists():
        kept = diff.earlier_preview(then) or diff.of_outputs(chosen, then)
        if not kept.assets:
            hint = "give --diff a revision, a folder of outputs, or an earlier preview"
            raise fail(f"'{args.diff}' holds no output of this manifest", None, hint)
        return kept
    file = revision.check_out(read.folder, Path(args.file).name, args.diff, folder)
    old = load(file)
    whole = make(old, RealDisk(str(old.folder)))
    names = [name for name in args.names if name in _names(whole)]
    target = args.target if args.target in whole.targets else None
    made, _ = _shown(args, old, plan.select(whole, names, target))
    return diff.of_gallery(made)


def _names(whole: plan.Plan) -> set[str]:
    return {name for rule in whole.assets for name in (rule.name, rule.entry)}


def _shown(args: argparse.Namespace, read: Manifest, chosen: plan.Plan) -> tuple[Gallery, Outcome]:
    """A build as a gallery, and what came of it."""
    from pipeline import builder

    outcome = builder.built(args, read, chosen, _teller())
    with builder.execute(args, len(chosen.assets)) as execute:
        made = gallery.gather(read, chosen, outcome, execute, None)
    return made, outcome


def _live(args: argparse.Namespace) -> int:
    """Serve the preview until Ctrl-C."""
    from pipeline import pool

    for name in pool.ONE_THREAD:  # for small pictures more threads wait longer than they work
        os.environ.setdefault(name, "1")
    try:
        from pipeline.preview import server, studio
    except ModuleNotFoundError as error:
        hint = 'install it with pip install "bitplane[preview]"'
        raise fail(f"--live needs the package {error.name}", None, hint, FAILED) from None
    # What is wrong with the call is told here; what is wrong later, in the page.
    place = _place(args, manifest(args), DEFAULT_FOLDER)
    quiet = partial(Teller, Wishes(quiet=True), sys.stdout, sys.stderr)
    project = studio.Studio(args, quiet, secrets.token_urlsafe(32), studio.kept(place))
    try:
        server.serve(project, args.port, partial(_opened, show=not args.no_open))
    except KeyboardInterrupt:
        return FINE
    except OSError as error:
        raise fail(f"cannot serve on port {args.port}: {error.strerror}", status=FAILED) from None
    return FINE


def _opened(address: str, *, show: bool) -> None:
    print(address, flush=True)
    if show:
        webbrowser.open(address)


def _say(path: Path, data: dict[str, Any]) -> None:
    """What was written, in a sentence."""
    kinds = [asset["change"] for asset in data["assets"]]
    counts = [(kinds.count(kind), kind) for kind in ("new", "changed") if kind in kinds]
    news = "".join(f", {count} {kind}" for count, kind in counts)
    flagged = sum(bool(asset["badges"]) for asset in data["assets"])
    noted = f", {flagged} with a warning" if flagged else ""
    say(f"{page_of(path)}: {counted(len(kinds), 'picture')}{news}{noted}")


def page_of(path: Path) -> Path:
    """The file to open."""
    return path if album.is_file(path) else path / album.INDEX
