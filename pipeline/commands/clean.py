"""`bitplane clean`: remove what builds made."""

import argparse

from pipeline import engine, plan
from pipeline.cli import FAILED, FINE
from pipeline.commands.common import add_manifest_arguments, counted, manifest, say
from pipeline.report import fail


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `clean`."""
    add_manifest_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Remove the files; those that were edited since stay and are named."""
    read = manifest(args)
    folder = read.folder / plan.output_root(read.model.output)
    try:
        removed, kept = engine.clean(folder)
    except OSError as error:
        raise fail(f"cannot remove {error.filename}: {error.strerror}", status=FAILED) from None
    for name in kept:
        say(f"kept {folder / name}: it was changed since it was built")
    say(f"removed {counted(len(removed), 'file')}")
    return FINE
