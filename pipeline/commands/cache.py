"""`bitplane cache`: show, empty or verify the content cache."""

import argparse

from pipeline import cache
from pipeline.cli import FAILED, FINE
from pipeline.commands.common import counted, say
from pipeline.report import fail


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `cache`."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=list(_ACTIONS),
        default="size",
        help="size: show where it is and what it holds (the default); clear: empty it; "
        "verify: read every entry, remove the bad ones",
    )


def run(args: argparse.Namespace) -> int:
    """Do it to the cache that the environment names."""
    try:
        return _ACTIONS[args.what](cache.open_default())
    except OSError as error:
        raise fail(f"cannot remove {error.filename}: {error.strerror}", status=FAILED) from None


def _size(opened: cache.Cache) -> int:
    used = cache.usage(opened)
    print(f"folder   {opened.folder}")
    print(f"entries  {used.entries}")
    print(f"bytes    {used.bytes}")
    print(f"limit    {opened.limit_bytes}")
    return FINE


def _clear(opened: cache.Cache) -> int:
    removed = cache.clear(opened)
    say(f"removed {counted(removed.entries, 'file')}, {removed.bytes:,} bytes")
    return FINE


def _verify(opened: cache.Cache) -> int:
    entries = cache.usage(opened).entries
    bad = cache.verify(opened)
    for path in bad:
        print(path)
    say(f"read {counted(entries, 'file')}, removed {len(bad)}")
    return FAILED if bad else FINE


_ACTIONS = {"size": _size, "clear": _clear, "verify": _verify}
