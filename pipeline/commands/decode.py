"""`bitplane decode`: turn a built file back into a PNG."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import files
from pipeline.cli import FAILED, FINE
from pipeline.commands.common import same_file, say
from pipeline.disk import RealDisk
from pipeline.report import fail
from pipeline.symbol import symbol_for

if TYPE_CHECKING:  # numpy, which a wrong call should not wait for
    from pipeline.palette import Indexed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `decode`."""
    parser.add_argument(
        "file", metavar="FILE", help="a .c, .h, .bin, .pal.bin, .pix.bin, .pack, .png or .raw"
    )
    parser.add_argument("-o", "--output", metavar="PNG", help="default FILE with .decoded.png")
    some = parser.add_mutually_exclusive_group()
    some.add_argument("--asset", metavar="NAME", help="for a .pack: which picture of it")
    some.add_argument(
        "--all", action="store_true", help="for a .pack: every picture, into the folder -o names"
    )
    parser.add_argument("--target", metavar="T", help="for .raw: the target it was built for")
    parser.add_argument("--size", metavar="WxH", help="for .raw: default the target's own size")


def run(args: argparse.Namespace) -> int:
    """Decode and write the PNG."""
    from pipeline.emitters import png

    path = Path(args.file)
    if args.all:
        return _all(path, args.output)
    output = Path(args.output) if args.output else Path(f"{path}.decoded.png")
    if same_file(str(output), str(path)):
        raise fail(f"'{output}' would overwrite the file itself", None, "name another with -o")
    indexed = _of_pack(path, args.asset) if args.asset else read(path, args.target, args.size)
    _write(output, png.encode(indexed))
    say(f"{output}: {indexed.width}x{indexed.height}, {len(indexed.palette)} colors")
    return FINE


def _write(output: Path, data: bytes) -> None:
    try:
        files.write(output, data)
    except OSError as error:
        raise fail(f"cannot write {output}: {error.strerror}", status=FAILED) from None


def _of_pack(path: Path, name: str) -> "Indexed":
    from pipeline.decode import decode_packed

    data = files.read(path, str(path))
    try:
        return decode_packed(data, name)
    except ValueError as error:
        raise fail(f"{path}: {error}", status=FAILED) from None


def _all(path: Path, folder: str | None) -> int:
    """Write every picture of a pack, under names that are safe whatever the pack says."""
    from pipeline.bundles import pack
    from pipeline.emitters import binary, png

    if folder is None:
        raise fail("--all needs a folder for the pictures", None, "name it with -o")
    data = files.read(path, str(path))
    try:
        found = pack.contents(data)
        names = _file_names([name for name, _ in found])
        for file_name, (name, entry) in zip(names, found, strict=True):
            output = Path(folder, file_name)
            _write(output, png.encode(binary.read(pack.extract(data, entry))))
            say(f"{output}: {name}, {entry.width}x{entry.height}")
    except ValueError as error:
        raise fail(f"{path}: {error}", status=FAILED) from None
    return FINE


def _file_names(names: list[str]) -> list[str]:
    """A file name for each picture; ValueError when two would be the same."""
    files = [f"{symbol_for(name)}.png" for name in names]
    if len({name.casefold() for name in files}) < len(files):
        raise ValueError("two of its pictures would be called the same; name one with --asset")
    return files


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
