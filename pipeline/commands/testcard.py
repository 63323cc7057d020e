"""`bitplane testcard`: a picture that shows at a glance which setting of a display is wrong."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import files
from pipeline.cli import FAILED, FINE
from pipeline.commands.common import say
from pipeline.commands.convert import SUFFIXES, outputs_for, size_argument
from pipeline.disk import RealDisk
from pipeline.report import fail
from pipeline.target import Target
from pipeline.target_file import load

if TYPE_CHECKING:  # numpy, which a wrong call should not wait for
    from pipeline.palette import Indexed

DEFAULT_OUTPUT = "testcard.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `testcard`."""
    parser.add_argument("--target", required=True, metavar="T", help="profile or path")
    parser.add_argument("--size", metavar="WxH", help="of the card; default the target's own")
    parser.add_argument(
        "-o",
        "--output",
        nargs="+",
        default=[DEFAULT_OUTPUT],
        metavar="OUT",
        help=f"the ending decides: {', '.join(SUFFIXES)} (default {DEFAULT_OUTPUT})",
    )


def run(args: argparse.Namespace) -> int:
    """Draw the card and write it in all forms that were asked for."""
    target = load(args.target, RealDisk("."))
    size = size_argument(args.size or "screen", target)
    wanted = [outputs_for(Path(name)) for name in args.output]
    card = _card(target, size)
    for emitter, symbol, paths in wanted:
        for path, data in zip(paths, _emitted(emitter, symbol, card, target), strict=True):
            _write(Path(path), data)
            say(f"{path}: {size[0]}x{size[1]}, {len(data):,} bytes")
    return FINE


def _card(target: Target, size: tuple[int, int]) -> "Indexed":
    from pipeline import testcard

    try:
        palette = testcard.colors_for(target)
        return testcard.draw(*size, palette, is_round=target.shape == "round")
    except ValueError as error:
        raise fail(str(error)) from None


def _emitted(emitter: str, symbol: str, card: "Indexed", target: Target) -> list[bytes]:
    from pipeline.emitters import emit, picture

    try:
        made = picture(symbol, target.name, card, target.layout, target.holds, target.grid)
        return [artifact.data for artifact in emit(emitter, made)]
    except ValueError as error:
        raise fail(str(error)) from None


def _write(path: Path, data: bytes) -> None:
    try:
        files.write(path, data)
    except OSError as error:
        raise fail(f"cannot write {path}: {error.strerror}", status=FAILED) from None
