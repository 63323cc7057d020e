"""`bitplane simulate`: a device without hardware, to try uploads with."""

import argparse
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pipeline import files
from pipeline.cli import FAILED
from pipeline.commands.common import say
from pipeline.commands.receiver import count
from pipeline.disk import RealDisk
from pipeline.report import fail, printable
from pipeline.target import Target
from pipeline.target_file import load as load_target

if TYPE_CHECKING:
    from pipeline.upload.simulator import Board

FRAME, WINDOW = 1024, 8
MOST_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `simulate`."""
    parser.add_argument("--target", metavar="T", required=True, help="the display of the device")
    line = parser.add_mutually_exclusive_group()
    line.add_argument("--pty", action="store_true", help="at a pseudo terminal (the default)")
    line.add_argument(
        "--tcp", type=_port, metavar="PORT", help="at a port of this machine; 0 takes a free one"
    )
    parser.add_argument(
        "--slots", type=count, default=1, metavar="N", help="pictures that it keeps (default 1)"
    )
    parser.add_argument("--png", metavar="FILE", help="the panel (default T.panel.png)")


def _port(text: str) -> int:
    """0 to 65535."""
    if not text.isascii() or not text.isdigit() or int(text) > MOST_PORT:
        raise argparse.ArgumentTypeError(f"a port of 0 to {MOST_PORT}, not '{text}'")
    return int(text)


def run(args: argparse.Namespace) -> NoReturn:
    """Be a device until interrupted."""
    from pipeline.upload.panel import panel_of
    from pipeline.upload.simulator import Board

    target = load_target(args.target, RealDisk("."))
    if not target.inks and not target.whole:
        hint = "choose a target with inks, or with all colors of its grid"
        raise fail(f"the pixels of '{target.name}' alone do not say their colors", None, hint)
    try:
        panel = panel_of(target, args.slots, FRAME, WINDOW)
    except ValueError as error:
        raise fail(str(error)) from None
    path = Path(args.png or f"{target.name}.panel.png")
    board = Board(panel, lambda data: _show(data, target, path))
    say(f"{target.title}: the panel is {path}; Ctrl-C ends it")
    _serve(board, args.tcp)


def _show(data: bytes, target: Target, path: Path) -> None:
    """Write what the panel shows; raises OSError when that cannot be."""
    from pipeline.decode import decode_raw
    from pipeline.emitters import png
    from pipeline.palette import of_target

    width, height = target.size or (0, 0)
    try:
        shown = decode_raw(data, target.layout, width, height, of_target(target), target.holds)
        files.write(path, png.encode(shown))
    except (ValueError, OSError) as error:
        say(f"not shown: {error}")
        raise OSError(str(error)) from None
    say(f"{time.strftime('%H:%M:%S')} shown: {path}")


def _serve(board: "Board", port: int | None) -> NoReturn:
    """Answer for ever; the first line on standard output says where."""
    from pipeline.upload import simulator

    if port is None and hasattr(os, "openpty"):
        with simulator.terminal() as (ours, name):
            print(printable(name), flush=True)
            simulator.serve_terminal(ours, board.feed)
    try:
        listening = socket.create_server(("127.0.0.1", port or 0))
    except OSError as error:
        raise fail(f"cannot listen at port {port}: {error.strerror}", status=FAILED) from None
    with listening:
        print(f"socket://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        simulator.serve_tcp(listening, board.feed)
