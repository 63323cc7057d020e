"""`bitplane decode`: turn a built file back into a PNG."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import files
from pipeline.cli import FAILED, FINE
from pipeline.commands.common import same_file, say
from pipeline.disk import RealDisk
from pipeline.report import fail

if TYPE_CHECKING:  # numpy, which a wrong call should not wait for
    from pipeline.palette import Indexed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `decode`."""
    parser.add_argument(
        "file", metavar="FILE", help="a .c, .h, .bin, .pal.bin, .pix.bin, .png or .raw"
    )
    parser.add_argument("-o", "--output", metavar="PNG", help="default FILE with .decoded.png")
    parser.add_argument("--target", metavar="T", help="for .raw: the target it was built for")
    parser.add_argument("--size", metavar="WxH", help="for .raw: default the target's own size")


def run(args: argparse.Namespace) -> int:
    """Decode and write the PNG."""
    from pipeline.emitters import png

    path = Path(args.file)
    output = Path(args.output) if args.output else Path(f"{path}.decoded.png")
    if same_file(str(output), str(path)):
        raise fail(f"'{output}' would overwrite the file itself", None, "name another with -o")
    indexed = read(path, args.target, args.size)
    try:
        files.write(output, png.encode(indexed))
    except OSError as error:
        raise fail(f"cannot write {output}: {error.strerror}", status=FAILED) from None
    say(f"{output}: {indexed.width}x{indexed.height}, {len(indexed.palette)} colors")
    return FINE


def read(path: Path, target: str | None, size: str | None) -> "Indexed":
    """The picture in a built file.

    Args:
        path: Any of our files.
        target: For `.raw` the target that it was built for; None for all others.
        size: For `.raw` WIDTHxHEIGHT, or None for the target's own.

    Raises:
        Failure: It cannot be read, or holds no picture.
    """
    try:
        return _raw(path, target, size) if target else decoded(path)
    except ValueError as error:
        raise fail(f"{path}: {error}", status=FAILED) from None


def decoded(path: Path) -> "Indexed":
    """The picture of a built file, with the file beside it that it needs."""
    from pipeline import decode

    contents = {str(path): files.read(path, str(path))}
    other = decode.companion(str(path))
    if other is not None and Path(other).is_file():
        contents[other] = files.read(Path(other), other)
    return decode.decode(contents, str(path))


def _raw(path: Path, name: str, size_text: str | None) -> "Indexed":
    from pipeline import decode
    from pipeline.commands.convert import size_argument
    from pipeline.palette import of_target
    from pipeline.target_file import load

    target = load(name, RealDisk("."))
    if not target.inks and not target.whole:
        hint = "build `bin` instead, which carries its palette"
        raise fail(f"a .raw file of '{target.name}' does not hold its palette", None, hint)
    size = size_argument(size_text or "screen", target)
    data = files.read(path, str(path))
    return decode.decode_raw(data, target.layout, *size, of_target(target), target.holds)
