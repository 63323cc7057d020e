"""`bitplane show`: an asset, a scene or a built file in the terminal, as the panel shows it."""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline import locked, planner, tool
from pipeline.cli import FINE
from pipeline.commands import decode
from pipeline.commands.common import (
    add_manifest_arguments,
    add_view_arguments,
    manifest,
    panel_picture,
)
from pipeline.disk import RealDisk
from pipeline.manifest import Manifest
from pipeline.plan import AssetRule, Plan, select
from pipeline.report import Failure, did_you_mean, fail, printable
from pipeline.target import Target, with_seen
from pipeline.target_file import load as load_target
from pipeline.terminal.detect import PROTOCOLS, Terminal, detect

if TYPE_CHECKING:  # numpy, which a wrong call should not wait for
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.palette import Indexed
    from pipeline.showing import Pictures

SCENE = "scene:"
"""What stands before the name of a scene."""

PLAIN = "generic"
"""The target whose panel adds nothing: for files, which do not say where they are shown."""

_LARGEST = 4  # times that a small picture is enlarged unasked
_BETWEEN = 4  # panel pixels between source and result


class Item(NamedTuple):
    """One picture to show.

    Attributes:
        title: What it is.
        indexed: The picture.
        target: Its panel.
        source: What it was made from, uint8 (h, w, 3) sRGB of its size, or None.
    """

    title: str
    indexed: "Indexed"
    target: Target
    source: "NDArray[np.uint8] | None" = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `show`."""
    parser.add_argument(
        "name", metavar="NAME|FILE", help="an asset, `scene:NAME`, or a file that was built"
    )
    add_manifest_arguments(parser)
    parser.add_argument("--target", metavar="T", help="only for this target; a file's panel")
    parser.add_argument("--size", metavar="WxH", help="for .raw: default the target's own size")
    parser.add_argument("--before", action="store_true", help="with the source beside it")
    parser.add_argument(
        "--protocol", choices=PROTOCOLS, help="how pictures reach the terminal (default: asked)"
    )
    add_view_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Show one picture, for each of its targets."""
    terminal = detect(sys.stdout, os.environ, args.protocol or "")
    models: dict[str, None] = {}
    for item in _items(args):
        _text(_line(item))
        if terminal.protocol != "none":
            _draw(item, terminal, args)
        models[_model(item)] = None
    for model in models:
        _text(model)
    return FINE


def _text(line: str) -> None:
    print(printable(line), flush=True)


def _line(item: Item) -> str:
    import numpy as np

    colors = len(np.unique(item.indexed.indices))
    some = f"{colors} color{'' if colors == 1 else 's'}"
    size = f"{item.indexed.width}x{item.indexed.height}"
    return f"{item.title}: {size}, {some}"


def _model(item: Item) -> str:
    from pipeline.panel import describe

    return f"{item.target.name}: {describe(item.target)}"


def _draw(item: Item, terminal: Terminal, args: argparse.Namespace) -> None:
    from pipeline.terminal import encode, fitted

    scale = _scale(item, terminal) if args.scale is None else args.scale
    picture = fitted(_side_by_side(item, args, scale), terminal)
    _write(encode(picture, terminal))


def _scale(item: Item, terminal: Terminal) -> int:
    """The largest whole number, up to a few, at which a picture fits beside its source."""
    from pipeline.panel import cell
    from pipeline.terminal import room

    width = item.indexed.width + (0 if item.source is None else item.indexed.width + _BETWEEN)
    most = 1 if terminal.protocol == "blocks" else _LARGEST
    fitting = (n for n in range(most, 1, -1) if width * cell(item.target, n)[0] <= room(terminal))
    return next(fitting, 1)


def _side_by_side(item: Item, args: argparse.Namespace, scale: int) -> "NDArray[np.uint8]":
    import numpy as np

    from pipeline.panel import cell

    shown = panel_picture(item.indexed, item.target, args, scale)
    if item.source is None:
        return shown
    width, height = cell(item.target, scale)
    source = item.source.repeat(height, 0).repeat(width, 1)
    return np.hstack([source, np.zeros((len(shown), _BETWEEN * width, 3), np.uint8), shown])


def _write(data: bytes) -> None:
    """Bytes for the terminal, in order with what was printed."""
    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:  # replaced by something that takes text only
        sys.stdout.write(data.decode("utf-8"))
        return
    stream.write(data)
    stream.flush()


def _items(args: argparse.Namespace) -> Iterator[Item]:
    if not args.name.startswith(SCENE) and Path(args.name).is_file():
        yield _file(args)
        return
    read = manifest(args)
    plan = planner.make(read, RealDisk(str(read.folder)))
    if args.name.startswith(SCENE):
        yield from _scenes(args, read, plan)
    else:
        yield from _assets(args, read, plan)


def _file(args: argparse.Namespace) -> Item:
    if args.before:
        raise fail("a built file does not say what it was made from", None, "leave out --before")
    path = Path(args.name)
    raw = args.target if path.suffix == ".raw" else None
    indexed = decode.read(path, raw, args.size)
    return Item(path.name, indexed, load_target(args.target or PLAIN, RealDisk(".")))


def pictures(read: Manifest, plan: Plan) -> "Pictures":
    """The pictures of a whole plan."""
    from pipeline.showing import Pictures

    disk = RealDisk(str(read.folder))
    palettes = locked.read(disk, read.document.file)
    return Pictures(plan, disk, tool.version_digest(), palettes)


def _assets(args: argparse.Namespace, read: Manifest, plan: Plan) -> Iterator[Item]:
    try:
        chosen = select(plan, [args.name], args.target)
    except Failure as failure:
        hint = "for a file give its path, for a scene `scene:NAME`"
        raise Failure([p._replace(hint=p.hint or hint) for p in failure.problems]) from None
    every = pictures(read, plan)
    for rule in chosen.assets:
        shown = every.asset(rule)
        target = with_seen(plan.targets[rule.target], rule.recipe.seen)
        source = every.source(rule) if args.before else None
        title = f"{rule.name} for {rule.target}{_when(built=shown.built)}"
        yield Item(title, shown.indexed, target, _of_size(source, shown.indexed, rule))


def _of_size(
    source: "NDArray[np.uint8] | None", indexed: "Indexed", rule: AssetRule
) -> "NDArray[np.uint8] | None":
    if source is not None and source.shape[:2] != (indexed.height, indexed.width):
        raise fail(f"{rule.source} changed while it was read", rule.place, "try again", 1)
    return source


def _scenes(args: argparse.Namespace, read: Manifest, plan: Plan) -> Iterator[Item]:
    name = args.name.removeprefix(SCENE)
    names = sorted({scene.name for scene in plan.scenes})
    if name not in names:
        raise fail(f"no scene named '{name}'", None, did_you_mean(name, names))
    if args.before:
        raise fail("a scene has no source", None, "leave out --before")
    found = [s for s in plan.scenes if s.name == name and args.target in (None, s.target)]
    if not found:
        raise fail(f"the scene '{name}' is not of the target '{args.target}'")
    every = pictures(read, plan)
    for scene in found:
        shown = every.scene(scene)
        title = f"scene {name} on {scene.target}{_when(built=shown.built)}"
        yield Item(title, shown.indexed, plan.targets[scene.target])


def _when(*, built: bool) -> str:
    return "" if built else " (as a build would make it)"
