"""`bitplane compare`: all dithers of one image side by side, to choose by eye."""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline import files
from pipeline.cli import FAILED, FINE
from pipeline.commands.common import same_file, say
from pipeline.commands.convert import add_picture_arguments, palette_choice, recipe_of
from pipeline.disk import RealDisk
from pipeline.plan import AssetRule, Job
from pipeline.recipe import DitherChoice, Recipe
from pipeline.registry import DITHERS
from pipeline.report import did_you_mean, fail, printable
from pipeline.target_file import load as load_target

if TYPE_CHECKING:
    from pipeline.canvas import Canvas
    from pipeline.image import Image
    from pipeline.palette import Indexed

NEED_MORE = ("custom", "auto")
"""Methods that are no method of their own, or need options."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `compare`."""
    add_picture_arguments(parser)
    parser.add_argument("-o", "--output", metavar="PNG", help="default IN with .compare.png")
    parser.add_argument(
        "--dithers", metavar="A,B,...", help="which to compare (default all that suit the palette)"
    )


class Trial(NamedTuple):
    """What one dither gave.

    Attributes:
        method: Its name.
        indexed: The picture in palette entries.
        seconds: How long it took.
        blurred: Mean CIEDE2000 at a distance at which single pixels blur.
        plain: Mean CIEDE2000 of single pixels.
        packed: Bytes of its pixels, deflated.
    """

    method: str
    indexed: "Indexed"
    seconds: float
    blurred: float
    plain: float
    packed: int


def run(args: argparse.Namespace) -> int:
    """Dither with each method, write the sheet, print the figures."""
    from pipeline.sheet import Tile, sheet

    output = Path(args.output or f"{Path(args.image).with_suffix('')}.compare.png")
    if same_file(str(output), args.image):
        raise fail(f"'{output}' would overwrite the image itself", None, "name another with -o")
    image, trials = _trials(args)
    tiles = [Tile(image.srgb, "the picture", f"{image.width}x{image.height}")]
    tiles += [Tile(trial.indexed.seen, trial.method, _figures(trial)) for trial in trials]
    try:
        files.write(output, sheet(tiles))
    except ValueError as error:
        raise fail(str(error), status=FAILED) from None
    except OSError as error:
        raise fail(f"cannot write {output}: {error.strerror}", status=FAILED) from None
    print("\n".join(_table(trials)))
    say(f"{output}: {len(trials)} dithers")
    return FINE


def _trials(args: argparse.Namespace) -> "tuple[Image, list[Trial]]":
    from pipeline.canvas import canvas
    from pipeline.prepare import prepare

    target = load_target(args.target, RealDisk("."))
    asked = _asked(args.dithers)
    recipe = recipe_of(args, target, *palette_choice(args, target))
    rule = AssetRule("image", "image", "image", args.image, target.name, recipe, (), None, {})
    ready = canvas(Job(rule, target, "."), prepare(rule, "."))
    trials = []
    for method in asked or [name for name in DITHERS if name not in NEED_MORE]:
        try:
            trials.append(_trial(method, ready, recipe))
        except ValueError as error:
            if asked:
                raise fail(str(error)) from None
    return ready.image, sorted(trials, key=lambda trial: trial.blurred)


def _asked(text: str | None) -> list[str]:
    names = [name.strip() for name in text.split(",")] if text else []
    for name in names:
        if name not in DITHERS:
            raise fail(f"unknown dither '{name}'", None, did_you_mean(name, DITHERS))
    return names


def _trial(method: str, ready: "Canvas", recipe: Recipe) -> Trial:
    import zlib

    from pipeline import metrics
    from pipeline.canvas import draw

    start = time.perf_counter()
    indexed = draw(ready, recipe._replace(dither=DitherChoice(method)), ())
    seconds = time.perf_counter() - start
    plain = metrics.mean_ciede2000(ready.image.srgb, indexed.seen)
    blurred = metrics.blurred_ciede2000(ready.image.srgb, indexed.seen)
    packed = len(zlib.compress(indexed.indices.tobytes(), 9))
    return Trial(method, indexed, seconds, blurred, plain, packed)


def _figures(trial: Trial) -> str:
    return f"delta E {trial.blurred:.2f} from afar, {trial.plain:.2f} by pixel"


def _table(trials: list[Trial]) -> Iterator[str]:
    width = max(len(trial.method) for trial in trials)
    yield f"{'dither'.ljust(width)}  from afar  by pixel  deflated  seconds  when"
    for trial in trials:
        figures = f"{trial.blurred:9.2f}  {trial.plain:8.2f}  {trial.packed:8,}"
        sentence = printable(DITHERS[trial.method].sentence)
        yield f"{trial.method.ljust(width)}  {figures}  {trial.seconds:7.2f}  {sentence}"
