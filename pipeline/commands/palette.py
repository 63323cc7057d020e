"""`bitplane palette`: show, convert, sort and compare palettes."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, TextIO

from pipeline import files
from pipeline.cli import FAILED, FINE
from pipeline.commands.common import counted, same_file, say
from pipeline.disk import RealDisk
from pipeline.filetype import picture_type
from pipeline.grid import GRIDS, RGB
from pipeline.layout import MAX_INDEXED
from pipeline.registry import PALETTE_FILES
from pipeline.report import did_you_mean, fail, printable
from pipeline.target import Target, builtin_names
from pipeline.target_file import load as load_target

if TYPE_CHECKING:  # numpy and Pillow, which a wrong call should not wait for
    from pipeline.palette_files import PaletteFile

BUILT = (".bin", ".c", ".h")
SORT_KEYS = ("lightness", "hue", "chroma", "name")
_MAX_LISTED = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `palette`."""
    parser.add_argument(
        "what",
        choices=list(_ACTIONS),
        help="show: list the colors of IN; convert: write IN as OUT; sort: the same in another "
        "order; compare: find for each color of IN the nearest in OUT, and the reverse",
    )
    endings = ", ".join(PALETTE_FILES)
    parser.add_argument(
        "input",
        metavar="IN",
        help=f"palette file ({endings}), image of few colors, built .c or .bin, or a target",
    )
    parser.add_argument(
        "output",
        nargs="?",
        metavar="OUT",
        help="the ending decides the format; for compare another palette",
    )
    add = parser.add_argument
    add("--by", choices=SORT_KEYS, help="what sort goes by (default lightness)")
    add("--unique", action="store_true", help="convert, sort: drop repeated colors")
    add("--opaque", action="store_true", help="convert, sort: the transparent entry is a color")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    _check(args)
    return _ACTIONS[args.what](args)


def _check(args: argparse.Namespace) -> None:
    """Arguments that an action needs or cannot have."""
    if args.what == "show" and args.output:
        raise fail("`show` takes one palette", None, "to see two, use `bitplane palette compare`")
    if args.what != "show" and not args.output:
        other = "a second palette" if args.what == "compare" else "a file to write"
        raise fail(f"`{args.what}` needs {other}", None, f"bitplane palette {args.what} IN OUT")
    if args.by and args.what != "sort":
        raise fail("--by is for `sort`", None, f"bitplane palette sort IN OUT --by {args.by}")
    for option in ("unique", "opaque"):
        if getattr(args, option) and args.what not in ("convert", "sort"):
            raise fail(f"--{option} is for `convert` and `sort`", None, "leave it out")


def load(name: str) -> "PaletteFile":
    """The palette that an argument names: a file, else a shipped target.

    Raises:
        Failure: There is neither, or it holds no palette.
    """
    if PurePath(name).suffix.lower() in (".yaml", ".yml"):
        return _of_target(load_target(name, RealDisk(".")))
    if not Path(name).exists() and name in builtin_names():
        return _of_target(load_target(name, RealDisk(".")))
    if not Path(name).exists():
        hint = did_you_mean(name, builtin_names(), "`bitplane targets` lists the targets")
        raise fail(f"there is no file and no target '{name}'", None, hint, FAILED)
    try:
        return _of_file(Path(name), name)
    except ValueError as error:
        raise fail(str(error), status=FAILED) from None


def _of_file(path: Path, name: str) -> "PaletteFile":
    from pipeline import palette_files
    from pipeline.palette_files.picture import extract

    if path.suffix.lower() in BUILT:
        return _built(path, name)
    data = files.read(path, name)
    if picture_type(data) in ("PNG", "GIF", "BMP"):
        return extract(data, name)
    return palette_files.read(data, name)


def _built(path: Path, name: str) -> "PaletteFile":
    from pipeline.commands.decode import decoded
    from pipeline.palette_files import plain

    try:
        palette = decoded(path).palette
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if len(palette) > MAX_INDEXED:
        raise ValueError(f"{name}: color words, and no palette of at most {MAX_INDEXED} colors")
    colors = [(int(red), int(green), int(blue)) for red, green, blue in palette.seen]
    return plain(colors, palette.transparent)


def _of_target(target: Target) -> "PaletteFile":
    """The inks of a target as they look, or all colors of a small grid."""
    from pipeline.palette import whole_grid
    from pipeline.palette_files import PaletteFile, plain

    if target.inks:
        colors = tuple(ink.seen for ink in target.inks)
        return PaletteFile(colors, tuple(ink.name for ink in target.inks), title=target.title)
    grid = GRIDS[target.grid]
    if grid.size > MAX_INDEXED:
        words = f"'{target.name}' shows {grid.size:,} colors, and a palette has {MAX_INDEXED}"
        raise fail(words, None, "name a palette file, or an image", FAILED)
    seen = whole_grid(grid).seen.tolist()
    return plain([(red, green, blue) for red, green, blue in seen])._replace(title=target.title)


def _show(args: argparse.Namespace) -> int:
    from pipeline.swatches import lightness, neighbors

    palette = load(args.input)
    paint = painter(sys.stdout, os.environ)
    author = f", by {palette.author}" if palette.author else ""
    count = counted(len(palette.colors), "color")
    print(printable(f"{palette.title or args.input}{author}: {count}"))
    print(f"{paint(None)}index  color    lightness  nearest  delta E  name")
    entries = zip(lightness(palette.colors), neighbors(palette), _names(palette), strict=True)
    for place, (light, near, name) in enumerate(entries):
        found = f"{near.place:7}  {near.distance:7.2f}" if near else f"{'-':>7}  {'-':>7}"
        color = palette.colors[place]
        print(f"{paint(color)}{place:5}  {_hex(color)}  {light:9.3f}  {found}  {name}".rstrip())
    return FINE


def _names(palette: "PaletteFile") -> Iterator[str]:
    for place, name in enumerate(palette.names):
        mark = "(transparent)" if place == palette.transparent else ""
        yield printable(f"{name} {mark}".strip())


def painter(stream: TextIO, environ: Mapping[str, str]) -> Callable[[RGB | None], str]:
    """What goes before a line of text: a patch of its color where the terminal shows 24 bits.

    NO_COLOR (no-color.org) turns it off; COLORTERM tells that it can be shown, as does Windows
    Terminal's WT_SESSION.
    """
    deep = environ.get("COLORTERM") in ("truecolor", "24bit") or "WT_SESSION" in environ
    if not stream.isatty() or environ.get("NO_COLOR") or environ.get("TERM") == "dumb" or not deep:
        return lambda _: ""
    return lambda color: "\x1b[48;2;{};{};{}m    \x1b[0m ".format(*color) if color else " " * 5


def _hex(color: RGB) -> str:
    return "#" + bytes(color).hex()


def _convert(args: argparse.Namespace) -> int:
    from pipeline import palette_files, swatches

    suffix = PurePath(args.output).suffix.lower()
    if suffix not in palette_files.writable():
        hint = f"endings are {', '.join(palette_files.writable())}"
        raise fail(f"cannot tell what to write from '{args.output}'", None, hint)
    palette = load(args.input)
    if same_file(args.input, args.output):
        raise fail(f"'{args.output}' is the palette itself", None, "name another file")
    if args.opaque:
        palette = palette._replace(transparent=None)
    if args.unique:
        palette = swatches.unique(palette)
    if args.what == "sort":
        palette = swatches.in_order(palette, args.by or "lightness")
    _write(palette, args.output, suffix)
    return FINE


def _write(palette: "PaletteFile", output: str, suffix: str) -> None:
    from pipeline import palette_files

    try:
        files.write(Path(output), palette_files.write(palette, suffix))
    except ValueError as error:
        hint = "--opaque makes it a color" if palette.transparent is not None else ""
        raise fail(f"{output}: {error}", None, hint, FAILED) from None
    except OSError as error:
        raise fail(f"cannot write {output}: {error.strerror}", status=FAILED) from None
    say(f"{output}: {counted(len(palette.colors), 'color')}")


def _compare(args: argparse.Namespace) -> int:
    from pipeline.swatches import drawn

    one, other = drawn(load(args.input)), drawn(load(args.output))
    if not one.colors or not other.colors:
        raise fail("a palette of nothing but a transparent entry", None, "name another", FAILED)
    for line in [
        *_nearest(args.input, one, args.output, other),
        *_nearest(args.output, other, args.input, one),
        _only(args.input, one.colors, other.colors),
        _only(args.output, other.colors, one.colors),
    ]:
        print(line)
    return FINE


def _nearest(name: str, one: "PaletteFile", second: str, other: "PaletteFile") -> Iterator[str]:
    """A line for each color of one palette with the nearest of another, and figures of all."""
    from pipeline.swatches import nearest

    paint = painter(sys.stdout, os.environ)
    found = nearest(one.colors, other.colors)
    yield printable(f"{name}, and the nearest in {second}")
    yield f"{paint(None)}index  color    {paint(None)}index  color    delta E  name"
    for place, (color, near) in enumerate(zip(one.colors, found, strict=True)):
        match = other.colors[near.place]
        left = f"{paint(color)}{place:5}  {_hex(color)}"
        right = f"{paint(match)}{near.place:5}  {_hex(match)}  {near.distance:7.2f}"
        yield f"{left}  {right}  {printable(one.names[place])}".rstrip()
    distances = [near.distance for near in found]
    yield f"mean delta E {sum(distances) / len(distances):.2f}, max {max(distances):.2f}"


def _only(name: str, one: Iterable[RGB], other: Iterable[RGB]) -> str:
    alone = list(dict.fromkeys(color for color in one if color not in set(other)))
    listed = ", ".join(map(_hex, alone[:_MAX_LISTED]))
    more = f" and {len(alone) - _MAX_LISTED} more" if len(alone) > _MAX_LISTED else ""
    return printable(f"only in {name}: {listed or 'none'}{more}")


_ACTIONS = {"show": _show, "convert": _convert, "sort": _convert, "compare": _compare}
