"""`bitplane calibrate`: measure a panel's inks from a photograph of its test card."""

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import files
from pipeline.cli import FAILED, FINE
from pipeline.commands.common import same_file, say
from pipeline.disk import RealDisk
from pipeline.report import fail, printable
from pipeline.target import Target
from pipeline.target_file import load

if TYPE_CHECKING:  # numpy, which a wrong call should not wait for
    from pipeline.calibrate import Measurement
    from pipeline.card import Card

DEFAULT_NAME = "calibrated"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `calibrate`."""
    parser.add_argument(
        "photo",
        nargs="?",
        metavar="PHOTO",
        help="photograph of the panel that shows the test card, on white paper",
    )
    parser.add_argument("--target", required=True, metavar="T", help="profile or path")
    parser.add_argument(
        "--card", metavar="PNG", help="instead of a photograph: write the test card to show"
    )
    parser.add_argument("--size", metavar="WxH", help="of the card; default the target's own")
    parser.add_argument(
        "-o", "--output", metavar="YAML", help="where the measured set goes; default: print it"
    )
    parser.add_argument(
        "--name",
        default=DEFAULT_NAME,
        metavar="NAME",
        help=f"name of the measured set (default {DEFAULT_NAME})",
    )


def run(args: argparse.Namespace) -> int:
    """Write the card, or read a photograph of it."""
    if (args.photo is None) == (args.card is None):
        raise fail("give either a photograph or --card", None, "`bitplane calibrate --help`")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", args.name):
        raise fail(f"a set cannot be called '{args.name}'", None, "small letters, digits and -")
    target = load(args.target, RealDisk("."))
    if not target.inks:
        hint = "only panels of fixed inks or grays have patches to measure"
        raise fail(f"'{target.name}' has no inks of its own", None, hint)
    if args.card is not None:
        return _write_card(args, target)
    return _read_photo(args, target)


def _card(args: argparse.Namespace, target: Target) -> "Card":
    from pipeline.card import plan
    from pipeline.commands.convert import size_argument

    size = size_argument(args.size or "screen", target)
    try:
        return plan(*size, len(target.inks))
    except ValueError as error:
        raise fail(str(error)) from None


def _write_card(args: argparse.Namespace, target: Target) -> int:
    from pipeline.card import draw
    from pipeline.emitters import png
    from pipeline.palette import of_target

    if Path(args.card).suffix.lower() != ".png":
        raise fail(f"the card is a PNG file, not '{args.card}'", None, "end its name with .png")
    card = _card(args, target)
    try:
        drawn = draw(card, of_target(target))
    except ValueError as error:
        raise fail(str(error)) from None
    _write(Path(args.card), png.encode(drawn))
    say(f"{args.card}: {card.width}x{card.height}, {len(target.inks)} patches")
    say(f"show it on the panel: build it for {target.name} with `dither: none`")
    return FINE


def _read_photo(args: argparse.Namespace, target: Target) -> int:
    from pipeline.calibrate import measure
    from pipeline.source import SourceOptions, decode

    card = _card(args, target)
    names = tuple(ink.name for ink in target.inks)
    data = files.read(Path(args.photo), args.photo)
    try:
        photo = decode(data, SourceOptions())
        measured = measure(photo.image, card, names)
    except ValueError as error:
        raise fail(f"{args.photo}: {error}", status=FAILED) from None
    for warning in photo.warnings:
        say(f"warning: {args.photo}: {warning}")
    _give(args, as_yaml(args.name, Path(args.photo).name, names, measured))
    say(f"{len(names)} inks read; the light differs by {measured.uneven:.2f} over the panel")
    return FINE


def as_yaml(name: str, photo: str, names: tuple[str, ...], measured: "Measurement") -> str:
    """The measured set as the lines of a target file.

    Args:
        name: Of the set.
        photo: The photograph's file name.
        names: The inks.
        measured: Their colors, in the same order.
    """
    source = f"bitplane calibrate, photograph {photo}, as a share of white paper beside the panel"
    pairs = zip(names, measured.colors, strict=True)
    colors = ", ".join(f'{ink}: "#{r:02x}{g:02x}{b:02x}"' for ink, (r, g, b) in pairs)
    return (
        "measured:\n"
        f"  {name}:\n"
        f"    source: {json.dumps(printable(source), ensure_ascii=False)}\n"
        f"    colors: {{{colors}}}\n"
        f"seen: {name}\n"
    )


def _give(args: argparse.Namespace, text: str) -> None:
    if args.output is None:
        print(text, end="")
        return
    if any(same_file(args.output, other) for other in (args.photo, args.target)):
        raise fail(f"'{args.output}' would be overwritten", None, "name another file")
    _write(Path(args.output), text.encode())
    say(f"{args.output}: to be pasted into a copy of the target's file")


def _write(path: Path, data: bytes) -> None:
    try:
        files.write(path, data)
    except OSError as error:
        raise fail(f"cannot write {path}: {error.strerror}", status=FAILED) from None
