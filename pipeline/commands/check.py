"""`bitplane check`: validate a manifest and its targets."""

import argparse

from pipeline.cli import FINE, show
from pipeline.commands.common import add_manifest_arguments, counted, planned, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `check`."""
    add_manifest_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Plan the build; every fault is raised on the way."""
    made = planned(args)
    show(made.warnings)
    assets, targets = counted(len(made.assets), "asset"), counted(len(made.targets), "target")
    say(f"{args.file} is fine: {assets}, {targets}")
    return FINE
