"""`bitplane receiver`: write the device's side of uploads, in C, for a target."""

import argparse
from pathlib import Path

from pipeline.cli import FINE
from pipeline.commands.common import say, write_and_say, write_ours
from pipeline.disk import RealDisk
from pipeline.report import fail
from pipeline.target_file import load as load_target

EXAMPLES = ("arduino", "bare-metal", "zephyr", "esp-idf")
FOLDER = "receiver"
MOST = 255
"""Slots and frames of a window: one byte each."""

PANEL = """\
/* bitplane panel {name}: what the device says of itself. */
#ifndef BITPLANE_PANEL_H
#define BITPLANE_PANEL_H

#include "bitplane_receiver.h"

#define BITPLANE_PANEL_WIDTH {width}
#define BITPLANE_PANEL_HEIGHT {height}
#define BITPLANE_PANEL_BYTES {capacity}u
#define BITPLANE_PANEL_SLOTS {slots}
#define BITPLANE_PANEL_WINDOW {window}u

static const bitplane_panel bitplane_panel_data = {{
    "{name}", "{layout}", BITPLANE_PANEL_WIDTH, BITPLANE_PANEL_HEIGHT,
    BITPLANE_PANEL_BYTES, {page}, BITPLANE_PANEL_SLOTS, BITPLANE_PANEL_WINDOW}};

#endif
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `receiver`."""
    parser.add_argument("--target", metavar="T", required=True, help="the display of the device")
    parser.add_argument(
        "-o", "--output", metavar="FOLDER", default=FOLDER, help=f"default {FOLDER}"
    )
    parser.add_argument("--example", choices=EXAMPLES, help="with a main program for it")
    parser.add_argument(
        "--slots", type=count, default=1, metavar="N", help="pictures to keep (default 1)"
    )
    parser.add_argument(
        "--window",
        type=count,
        default=2,
        metavar="N",
        help="frames that the line's buffer holds (default 2)",
    )


def count(text: str) -> int:
    """1 to 255."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"a number of 1 to {MOST}, not '{text}'")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Write the files; those of an example that exist are left alone."""
    from pipeline.upload.panel import panel_of
    from pipeline.upload.protocol import MIN_FRAME

    target = load_target(args.target, RealDisk("."))
    try:
        panel = panel_of(target, args.slots, MIN_FRAME, args.window)
    except ValueError as error:
        raise fail(str(error), hint="`bitplane targets` lists others") from None
    folder = Path(args.output)
    ours = {path.name: path.read_bytes() for path in sorted(shared().glob("*.[ch]"))}
    texts = {**panel._asdict(), "name": _quoted(panel.name), "layout": _quoted(panel.layout)}
    ours["bitplane_panel.h"] = PANEL.format(**texts).encode("ascii")
    write_ours(folder, ours)
    for name, data in _example(args.example, folder).items():
        _keep_or_write(folder / name, data)
    return FINE


def shared() -> Path:
    """Where the receiver lies in this package."""
    return Path(__file__).parent.parent / "share" / "receiver"


def _quoted(text: str) -> str:
    """Text for a C string."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")


def _example(example: str | None, folder: Path) -> dict[str, bytes]:
    """The files of an example; the Arduino IDE wants a sketch named as its folder."""
    found = sorted((shared() / example).iterdir()) if example else []
    sketch = f"{folder.resolve().name}.ino"
    return {sketch if p.suffix == ".ino" else p.name: p.read_bytes() for p in found}


def _keep_or_write(path: Path, data: bytes) -> None:
    """Examples belong to the user once they are written."""
    if path.exists() and path.read_bytes() != data:
        say(f"{path}: kept, since it was changed")
    else:
        write_and_say(path, data)
