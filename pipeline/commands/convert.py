"""`bitplane convert`: one image, without a manifest."""

import argparse
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline import files
from pipeline.cli import FAILED, FINE, show
from pipeline.commands.common import same_file, say
from pipeline.conflicts import STREAMS, conflicts
from pipeline.disk import RealDisk
from pipeline.layout import MAX_INDEXED
from pipeline.manifest import PaletteModel
from pipeline.options import choose_format, choose_palette
from pipeline.plan import AssetRule, Job, beside, outputs_of
from pipeline.recipe import CompressChoice, DitherChoice, PaletteChoice, Recipe
from pipeline.registry import CODECS, DITHERS, EMITTERS
from pipeline.report import Failure, Problem, did_you_mean, fail
from pipeline.scalars import Share, SizeOrScreen
from pipeline.summary import Row
from pipeline.symbol import symbol_for
from pipeline.target import Target
from pipeline.target_file import load as load_target

DEFAULT_TARGET = "generic"
SUFFIXES = {
    ".png": "png",
    ".c": "c",
    ".h": "c-header",
    ".bin": "bin",
    ".raw": "raw",
    ".xbm": "xbm",
    ".bmp": "bmp",
}
_HOLD_STREAMS = f"endings that can are {', '.join(s for s in SUFFIXES if SUFFIXES[s] in STREAMS)}"
_NAMED = ("c", "c-header", "xbm")
"""The emitters whose files hold the symbol."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `convert`."""
    add_picture_arguments(parser)
    endings = ", ".join(
        f"{suffix} ({EMITTERS[name].sentence.split(':')[0]})" for suffix, name in SUFFIXES.items()
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT", help=f"the ending decides: {endings}"
    )
    parser.add_argument(
        "--dither", default="none", metavar="D", help=f"one of {', '.join(DITHERS)} (default none)"
    )
    parser.add_argument("--strength", metavar="S", help="how much dither, 0 to 1")
    parser.add_argument(
        "--compress",
        default="none",
        choices=("none", *CODECS, "smallest"),
        help="how .c, .h and .bin store the pixels (default none)",
    )


def add_picture_arguments(parser: argparse.ArgumentParser) -> None:
    """What image, how large, in which colors."""
    add = parser.add_argument
    add("image", metavar="IN", help="PNG, JPEG, GIF, BMP or WebP")
    add("--target", default=DEFAULT_TARGET, metavar="T", help="profile or path (default generic)")
    learned = f"entries of a learned palette, 1 to {MAX_INDEXED}"
    add("--colors", type=_colors, metavar="N", help=learned)
    add("--palette", metavar="FILE", help="palette file instead of a learned one")
    metrics = ("perceptual", "mse")
    add("--metric", choices=metrics, default="perceptual", help="(default perceptual)")
    add("--size", metavar="WxH", help="final size, or `screen` for the target's")
    add("--fit", choices=("contain", "cover", "stretch", "none"), default="contain")
    add("--rotate", type=int, choices=(0, 90, 180, 270), default=0, help="degrees clockwise")
    add("--frame", type=_frame, metavar="N", help="which frame of an animated file")


def _frame(text: str) -> int:
    if not text.isdigit() or len(text) > 6:
        raise argparse.ArgumentTypeError(f"expected a frame's number from 0, got '{text}'")
    return int(text)


def _colors(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MAX_INDEXED:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to {MAX_INDEXED}, got '{text}'")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Convert, write, and say what it costs."""
    from pipeline import steps

    target = load_target(args.target, RealDisk("."))
    rule = rule_of(args, target)
    if any(same_file(path, args.image) for path in rule.outputs):
        raise fail(f"'{args.output}' would overwrite the image itself", None, "name another file")
    built = steps.build(Job(rule, target, "."))
    show(built.problems)
    if built.row is None:
        return FAILED
    for path, artifact in zip(rule.outputs, built.artifacts, strict=True):
        _write(Path(path), artifact.data)
    say(_sentence(args.output, built.row))
    return FINE


def _write(path: Path, data: bytes) -> None:
    try:
        files.write(path, data)
    except OSError as error:
        raise fail(f"cannot write {path}: {error.strerror}", status=FAILED) from None


def _sentence(output: str, row: Row) -> str:
    cost = f"{row.flash_bytes:,} bytes in flash, mean delta E {row.delta_e:.2f}"
    note = f"; {row.note}" if row.note else ""
    return f"{output}: {row.width}x{row.height}, {row.colors} colors, {cost}{note}"


def rule_of(args: argparse.Namespace, target: Target) -> AssetRule:
    """The arguments as the rule that a manifest would give."""
    emitter, symbol, outputs = outputs_for(Path(args.output))
    if args.dither not in DITHERS:
        raise fail(f"unknown dither '{args.dither}'", None, did_you_mean(args.dither, DITHERS))
    strength = _read(Share, "--strength", args.strength) if args.strength else None
    recipe = recipe_of(args, target, *palette_choice(args, target))
    recipe = recipe._replace(
        dither=DitherChoice(args.dither, strength),
        emit=(emitter,),
        compress=CompressChoice(args.compress),
    )
    faults = [fault for option, fault in conflicts(recipe, target) if option == "compress"]
    if faults:
        raise Failure([fault._replace(hint=_HOLD_STREAMS) for fault in faults])
    return AssetRule(symbol, symbol, symbol, args.image, target.name, recipe, outputs, None, {})


def recipe_of(
    args: argparse.Namespace, target: Target, palette: PaletteChoice, format_: str
) -> Recipe:
    """The arguments of `add_picture_arguments` as a recipe."""
    return Recipe(
        size=size_argument(args.size, target) if args.size else None,
        fit=args.fit,
        rotate=args.rotate,
        background=target.background,
        frame=args.frame,
        palette=palette,
        format=format_,
    )


def palette_choice(args: argparse.Namespace, target: Target) -> tuple[PaletteChoice, str]:
    """The palette that the arguments mean, and the format that suits it."""
    use: Any = None
    if args.palette or args.colors or args.metric != "perceptual":
        use = PaletteModel(colors=args.colors, metric=args.metric, file=args.palette)
    if use is not None and target.inks:
        say(f"note: '{target.name}' shows its own colors; the palette options do not apply")
    palette, faults = choose_palette(use, None, {}, target)
    if faults:
        raise Failure(faults)
    return palette, choose_format(None, palette, target)


def outputs_for(path: Path) -> tuple[str, str, tuple[str, ...]]:
    """Emitter, symbol and files for an output path.

    Raises:
        Failure: The ending means no emitter, or the name is no C symbol.
    """
    emitter = SUFFIXES.get(path.suffix.lower())
    if emitter is None:
        hint = f"endings are {', '.join(SUFFIXES)}"
        raise fail(f"cannot tell what to write from '{path.name}'", None, hint)
    if emitter not in _NAMED:
        return emitter, "image", (str(path),)
    try:
        symbol = symbol_for(path.stem)
    except ValueError as error:
        raise fail(str(error)) from None
    if symbol != path.stem:
        hint = f"call it {symbol}{path.suffix}, so that file and symbol agree"
        raise fail(f"'{path.stem}' cannot be a C symbol", None, hint)
    return emitter, symbol, outputs_of([emitter], symbol, beside(path.parent.as_posix()))


def size_argument(text: str, target: Target) -> tuple[int, int]:
    """`--size`: WIDTHxHEIGHT, or `screen` for the target's own."""
    size: Any = _read(SizeOrScreen, "--size", text)
    if size != "screen":
        return (size[0], size[1])
    if target.size is None:
        hint = "give one, like --size 320x240"
        raise fail(f"the target '{target.name}' has no size of its own", None, hint)
    return target.size


def _read(kind: Any, option: str, text: str) -> Any:
    """A command-line value by the same rules as in a manifest."""
    try:
        return TypeAdapter(kind).validate_python(text)
    except ValidationError as error:
        context = error.errors()[0].get("ctx", {})
        raise Failure(
            [
                Problem(
                    f"{option}: {context.get('words', 'not valid')}", hint=context.get("hint", "")
                )
            ]
        ) from None
