"""`bitplane new`: write a starter manifest."""

import argparse
from pathlib import Path

from pipeline.cli import FAILED, FINE
from pipeline.commands.common import say
from pipeline.disk import RealDisk
from pipeline.manifest import DEFAULT_FILE
from pipeline.planner import SOURCE_SUFFIXES
from pipeline.report import fail
from pipeline.target_file import load as load_target

DEFAULT_TARGET = "ssd1306-128x64"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `new`."""
    parser.add_argument(
        "file", nargs="?", default=DEFAULT_FILE, metavar="FILE", help=f"default {DEFAULT_FILE}"
    )
    parser.add_argument(
        "--target",
        default=DEFAULT_TARGET,
        metavar="NAME",
        help=f"the display (default {DEFAULT_TARGET})",
    )


def run(args: argparse.Namespace) -> int:
    """Write the file; an existing one is never replaced."""
    path = Path(args.file)
    load_target(args.target, RealDisk(str(path.parent)))
    try:
        with path.open("x", encoding="utf-8", newline="\n") as out:
            out.write(starter(args.target, path.parent))
    except FileExistsError:
        raise fail(
            f"{path} exists already", None, "name another file, or edit this one", FAILED
        ) from None
    except OSError as error:
        raise fail(f"cannot write {path}: {error.strerror}", status=FAILED) from None
    say(f"wrote {path}; `bitplane build` builds it, `bitplane targets` lists other displays")
    return FINE


def starter(target: str, folder: Path) -> str:
    """The starter manifest, with the images that lie beside it or in assets/ as a start."""
    template = (Path(__file__).resolve().parent.parent / "share" / "starter.yaml").read_text(
        "utf-8"
    )
    return template.replace("TARGET", target).replace("  ASSETS\n", "".join(_asset_lines(folder)))


def _asset_lines(folder: Path) -> list[str]:
    found = [path for place in (folder / "assets", folder) for path in sorted(place.glob("*"))]
    images = [path.relative_to(folder) for path in found if path.suffix.lower() in SOURCE_SUFFIXES]
    names = dict.fromkeys(path.stem for path in images)
    if not images:
        return ["  logo: assets/logo.png\n"]
    first = {name: next(path for path in images if path.stem == name) for name in names}
    return [f"  {_quoted(name)}: {_quoted(path.as_posix())}\n" for name, path in first.items()]


def _quoted(text: str) -> str:
    """Text as a YAML scalar: plain where that is safe, else single-quoted."""
    plain = (
        text.isascii()
        and text.replace("/", "").replace("_", "").replace("-", "").replace(".", "").isalnum()
    )
    return text if plain and text[0].isalpha() else "'" + text.replace("'", "''") + "'"
