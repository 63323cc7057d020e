"""`bitplane compare`: all dithers of one image side by side, or all formats, to choose."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import files
from pipeline.cli import FAILED, FINE
from pipeline.commands import compare_formats
from pipeline.commands.common import add_manifest_arguments, counted, same_file, say
from pipeline.commands.convert import add_picture_arguments, palette_choice, recipe_of
from pipeline.disk import RealDisk
from pipeline.plan import AssetRule, Job
from pipeline.recipe import DitherChoice, Recipe
from pipeline.registry import DITHERS
from pipeline.report import did_you_mean, fail
from pipeline.target import Target
from pipeline.target_file import load as load_target

if TYPE_CHECKING:
    from pipeline.canvas import Canvas
    from pipeline.sheet import Frame
    from pipeline.trial import Trial

NO_METHODS = ("custom", "auto")
"""Left out unless asked for: one needs a kernel, the other takes one of the rest."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `compare`."""
    add_picture_arguments(parser)
    add_manifest_arguments(parser)
    add = parser.add_argument
    add(
        "--formats",
        action="store_true",
        help="instead what every format costs, of an image or of an asset of the manifest",
    )
    add("-o", "--output", metavar="PNG", help="default IN with .compare.png")
    add("--dithers", metavar="A,B,...", help="which to compare (default all that suit the palette)")
    add(
        "--costs",
        action="store_true",
        help="also seconds and compressed bytes, which differ from machine to machine",
    )


def run(args: argparse.Namespace) -> int:
    """Dither with each method, write the sheet, print the figures."""
    if args.formats:
        return compare_formats.run(args)
    asked = _asked(args.dithers)
    output = _output(args)
    target = load_target(args.target, RealDisk("."))
    recipe = recipe_of(args, target, *palette_choice(args, target))
    ready = _canvas(args.image, target, recipe)
    _frame(len(asked or _methods()), ready)  # refused here, or never
    trials = _trials(asked, ready, recipe)
    _write(output, _sheet(ready, trials))
    print("\n".join(_table(trials, costs=args.costs)))
    say(f"auto: {_automatic(ready, recipe)}")
    say(f"{output}: {counted(len(trials), 'dither')}")
    return FINE


def _asked(text: str | None) -> list[str]:
    """The methods that were named, each once; none for all."""
    names = [name.strip() for name in text.split(",")] if text else []
    for name in names:
        if name not in DITHERS:
            raise fail(f"unknown dither '{name}'", None, did_you_mean(name, DITHERS))
    if "custom" in names:
        hint = "leave it out; `dither: {method: custom, ...}` in a manifest has one"
        raise fail("`custom` needs a kernel of its own", None, hint)
    return list(dict.fromkeys(names))


def _methods() -> list[str]:
    return [name for name in DITHERS if name not in NO_METHODS]


def _output(args: argparse.Namespace) -> Path:
    """Where the sheet goes: to no file that is read here."""
    image = Path(args.image)
    output = args.output or str(image.parent / f"{image.stem}.compare.png")
    if not output.lower().endswith(".png"):
        raise fail(f"'{output}' does not end in .png", None, "the sheet is a PNG")
    for source, what in ((args.image, "image"), (args.palette, "palette")):
        if source and same_file(output, source):
            hint = "name another file with -o"
            raise fail(f"'{output}' would overwrite the {what} itself", None, hint)
    return Path(output)


def _canvas(image: str, target: Target, recipe: Recipe) -> "Canvas":
    from pipeline.canvas import canvas
    from pipeline.prepare import prepare

    rule = AssetRule("image", "image", "image", image, target.name, recipe, (), None, {})
    return canvas(Job(rule, target, "."), prepare(rule, "."))


def _frame(methods: int, ready: "Canvas") -> "Frame":
    """The frame of the sheet, if it is not too large."""
    from pipeline.sheet import frame

    try:
        return frame(methods + 1, ready.image.width, ready.image.height)
    except ValueError as error:
        raise fail(str(error), status=FAILED) from None


def _trials(asked: list[str], ready: "Canvas", recipe: Recipe) -> "list[Trial]":
    """What each method gave, the nearest from afar first."""
    from pipeline.trial import trial, warm_up

    warm_up(ready, recipe)
    trials = []
    for method in asked or _methods():
        try:
            trials.append(trial(method, ready, recipe))
        except ValueError as error:
            if asked:
                raise fail(str(error)) from None
    return sorted(trials, key=lambda trial: trial.blurred)


def _sheet(ready: "Canvas", trials: "list[Trial]") -> bytes:
    from pipeline.sheet import Tile, sheet
    from pipeline.trial import shown

    def tiles() -> Iterator[Tile]:
        yield Tile(ready.image.srgb, "the picture", f"{ready.image.width}x{ready.image.height}")
        for trial in trials:
            figures = f"delta E {trial.blurred:.2f} from afar, {trial.plain:.2f} by pixel"
            yield Tile(shown(ready, trial.indexed), trial.method, figures)

    return sheet(_frame(len(trials), ready), tiles())


def _automatic(ready: "Canvas", recipe: Recipe) -> str:
    from pipeline.canvas import decided

    return decided(ready, recipe, DitherChoice("auto"))[1]


def _write(path: Path, data: bytes) -> None:
    try:
        files.write(path, data)
    except OSError as error:
        raise fail(f"cannot write {path}: {error.strerror}", status=FAILED) from None


def _table(trials: "list[Trial]", *, costs: bool) -> Iterator[str]:
    width = max(len(trial.method) for trial in trials)
    more = "  seconds  deflated" if costs else ""
    yield f"{'dither'.ljust(width)}  from afar  by pixel{more}  when"
    first: dict[bytes, str] = {}
    for trial in trials:
        figures = f"{trial.blurred:9.2f}  {trial.plain:8.2f}"
        if costs:
            figures += f"  {trial.seconds:7.2f}  {trial.packed:8,}"
        other = first.setdefault(trial.indexed.seen.tobytes(), trial.method)
        same = f"the same picture as by {other}"
        words = DITHERS[trial.method].sentence if other == trial.method else same
        yield f"{trial.method.ljust(width)}  {figures}  {words}"
