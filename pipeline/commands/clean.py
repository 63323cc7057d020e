"""`bitplane clean`: remove what builds made."""

import argparse
from pathlib import Path

from pipeline import quick, state, sweep
from pipeline.cli import FAILED, FINE
from pipeline.commands.common import add_manifest_arguments, counted, manifest, say
from pipeline.disk import RealDisk
from pipeline.owner import check_owner
from pipeline.report import fail


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `clean`."""
    add_manifest_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Remove the files; those that were edited since stay and are named."""
    read = manifest(args)
    root = quick.output_root(read.model.output)
    try:
        disk = RealDisk(str(read.folder))
        before = state.load(disk, f"{root}/{state.FILE_NAME}")
        check_owner(disk, Path(args.file).name, root, before)
        disk.remove(f"{root}/{quick.FILE_NAME}")
        removed, kept = sweep.clean(disk, f"{root}/{state.FILE_NAME}")
    except OSError as error:
        raise fail(f"cannot remove {error.filename}: {error.strerror}", status=FAILED) from None
    for name in kept:
        say(f"kept {name}: it was changed since it was built")
    say(f"removed {counted(len(removed), 'file')}")
    return FINE
