"""`bitplane check`: validate a manifest and its targets."""

import argparse

from pipeline import plan
from pipeline.cli import FINE
from pipeline.commands.common import add_manifest_arguments, counted, manifest, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `check`."""
    add_manifest_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Plan the build; every fault is raised on the way."""
    made = plan.make(manifest(args))
    assets, targets = counted(len(made.assets), "asset"), counted(len(made.targets), "target")
    say(f"{args.file} is fine: {assets}, {targets}")
    return FINE
