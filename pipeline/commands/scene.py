"""`bitplane scene`: write the scenes of a manifest as PNG files, as the panel shows them."""

import argparse
from pathlib import PurePosixPath

from pipeline import planner
from pipeline.cli import FAILED, FINE
from pipeline.commands.common import (
    add_manifest_arguments,
    add_view_arguments,
    manifest,
    panel_picture,
    say,
)
from pipeline.commands.show import pictures
from pipeline.disk import RealDisk
from pipeline.plan import Plan, SceneRule
from pipeline.report import did_you_mean, fail

FOLDER = "scenes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `scene`."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="which (default all)")
    add_manifest_arguments(parser)
    parser.add_argument("--target", metavar="T", help="only on this target's screen")
    parser.add_argument(
        "-o",
        "--output",
        default=FOLDER,
        metavar="FOLDER",
        help=f"where to, beside the manifest (default {FOLDER})",
    )
    add_view_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Write NAME.png for each scene, in a folder for each target where there are several."""
    from pipeline.emitters.png import truecolor

    read = manifest(args)
    disk = RealDisk(str(read.folder))
    plan = planner.make(read, disk)
    chosen = _chosen(args, plan)
    every = pictures(read, plan)
    for scene in chosen:
        indexed = every.scene(scene).indexed
        scale = 1 if args.scale is None else args.scale
        srgb = panel_picture(indexed, plan.targets[scene.target], args, scale)
        name = _path(args.output, scene, several=len(plan.targets) > 1)
        path = (read.folder / name).as_posix()
        try:
            changed = disk.write(name, truecolor(srgb))
        except OSError as error:
            raise fail(f"cannot write {path}: {error.strerror}", status=FAILED) from None
        say(f"{path}: {srgb.shape[1]}x{srgb.shape[0]}{'' if changed else ', unchanged'}")
    return FINE


def _path(folder: str, scene: SceneRule, *, several: bool) -> str:
    parts = [scene.target] if several else []
    return PurePosixPath(folder.replace("\\", "/"), *parts, f"{scene.name}.png").as_posix()


def _chosen(args: argparse.Namespace, plan: Plan) -> list[SceneRule]:
    names = list(dict.fromkeys(scene.name for scene in plan.scenes))
    if not names:
        raise fail(f"{args.file} has no scenes", None, "put some under `scenes`")
    for name in args.names:
        if name not in names:
            raise fail(f"no scene named '{name}'", None, did_you_mean(name, names))
    if args.target is not None and args.target not in plan.targets:
        hint = did_you_mean(args.target, plan.targets)
        raise fail(f"the manifest has no target '{args.target}'", None, hint)
    return [
        scene
        for scene in plan.scenes
        if args.target in (None, scene.target) and (not args.names or scene.name in args.names)
    ]
