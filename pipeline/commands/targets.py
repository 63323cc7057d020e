"""`bitplane targets`: list the display profiles, show one, or check a file."""

import argparse
from pathlib import Path

from pipeline.cli import FINE
from pipeline.commands.common import say
from pipeline.disk import RealDisk
from pipeline.grid import GRIDS, RGB
from pipeline.report import fail, printable
from pipeline.target import KINDS, Ink, Target, builtin_folder, builtin_names, is_path
from pipeline.target_file import load, shipped


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `targets`."""
    parser.add_argument(
        "--yaml", action="store_true", help="print the profile's file, to copy and change"
    )
    parser.add_argument(
        "--check", metavar="FILE", help="check a target file of your own, and name all its faults"
    )
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="a profile's name, or a path to one"
    )


def run(args: argparse.Namespace) -> int:
    """Print the list, or one profile with its palette."""
    if args.check is not None:
        return _check(args)
    if not args.name:
        print(listing())
        return FINE
    target = load(args.name, RealDisk("."))
    if args.yaml:
        path = Path(args.name) if is_path(args.name) else builtin_folder() / f"{args.name}.yaml"
        print(path.read_text("utf-8"), end="")
    else:
        print("\n".join(map(printable, one(target).splitlines())))
    return FINE


def _check(args: argparse.Namespace) -> int:
    """Load a file as a build would; its faults are raised on the way."""
    if args.name or args.yaml:
        raise fail("--check takes one file and nothing else")
    path = args.check if is_path(args.check) else f"./{args.check}"
    target = load(path, RealDisk("."))
    say(f"{args.check} is fine: {_size(target)}, {target.colors_text}, {target.layout.describe()}")
    return FINE


def listing() -> str:
    """All shipped profiles, a line each."""
    loaded = [shipped(name) for name in builtin_names()]
    name = max(len(target.name) for target in loaded)
    colors = max(len(target.colors_text) for target in loaded)
    return "\n".join(
        f"{target.name:{name}}  {_size(target):>8}  {target.colors_text:{colors}}  {target.title}"
        for target in loaded
    )


def _size(target: Target) -> str:
    return "x".join(map(str, target.size)) if target.size else "any"


def one(target: Target) -> str:
    """One profile in words."""
    facts = {
        "title": target.title,
        "kind": f"{target.kind}: {KINDS[target.kind]}" if target.kind else "",
        "size": _size(target) + (", round" if target.shape == "round" else ""),
        "pitch": " x ".join(f"{mm:g}" for mm in target.pitch_mm) + " mm" if target.pitch_mm else "",
        "gap": f"{target.gap / 10:g}% of the pitch" if target.gap else "",
        "corner": f"radius of {target.corner} pixels" if target.corner else "",
        "tint": _hex(target.tint) if target.tint else "",
        "colors": target.colors_text,
        "grid": f"{target.grid}, {GRIDS[target.grid].word_bits}-bit words" if target.grid else "",
        "pixels": f"{target.layout.describe()}, each the {_holds(target)}",
        "background": _hex(target.background),
        "bus": ", ".join(target.bus),
    }
    lines = [target.name, *(f"  {key.ljust(10)}  {value}" for key, value in facts.items() if value)]
    lines += [*_palette(target), *_measured(target)]
    lines += _paragraph("notes", target.notes.splitlines())
    return "\n".join([*lines, *_paragraph("sources", list(target.sources))])


def _holds(target: Target) -> str:
    if target.holds == "index":
        return "palette index"
    return "ink's code" if target.inks else "color word"


def _palette(target: Target) -> list[str]:
    if not target.inks:
        return []
    width = max(len(ink.name) for ink in target.inks)
    source = f" (seen: {target.seen})" if target.seen else ""
    return [f"  palette{source}", *(_ink_line(i, ink, width) for i, ink in enumerate(target.inks))]


def _ink_line(index: int, ink: Ink, width: int) -> str:
    seen, nominal = _hex(ink.seen), _hex(ink.nominal)
    return f"    {index}  {ink.name:{width}}  seen {seen}  nominal {nominal}  code {ink.code}"


def _measured(target: Target) -> list[str]:
    if not target.measured:
        return []
    width = max(len(measured.name) for measured in target.measured)
    return [
        "  measured palettes",
        *(f"    {m.name.ljust(width)}  {m.source}" for m in target.measured),
    ]


def _paragraph(title: str, lines: list[str]) -> list[str]:
    return [f"  {title}", *(f"    {line}" for line in lines)] if lines else []


def _hex(color: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
