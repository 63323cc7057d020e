"""`bitplane decode`: turn a built file back into a PNG."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import files
from pipeline.cli import FAILED, FINE
from pipeline.commands.common import same_file, say
from pipeline.disk import RealDisk
from pipeline.report import did_you_mean, fail
from pipeline.symbol import symbol_for

if TYPE_CHECKING:  # numpy, which a wrong call should not wait for
    from pipeline.palette import Indexed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `decode`."""
    parser.add_argument(
        "file",
        metavar="FILE",
        help="a .c, .h, .bin, .pack, .mmap, .png, .raw or another file of ours",
    )
    parser.add_argument("-o", "--output", metavar="PNG", help="default FILE with .decoded.png")
    some = parser.add_mutually_exclusive_group()
    some.add_argument("--asset", metavar="NAME", help="for a .pack or .mmap: which picture of it")
    some.add_argument(
        "--all",
        action="store_true",
        help="for a .pack or .mmap: all, into the folder that -o names",
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
    indexed = _one(path, args.asset) if args.asset else read(path, args.target, args.size)
    _write(output, png.encode(indexed))
    say(f"{output}: {indexed.width}x{indexed.height}, {len(indexed.palette)} colors")
    return FINE


def _write(output: Path, data: bytes) -> None:
    try:
        files.write(output, data)
    except OSError as error:
        raise fail(f"cannot write {output}: {error.strerror}", status=FAILED) from None


def _bundled(path: Path) -> "dict[str, Callable[[], Indexed]]":
    from pipeline.decode import bundled

    return bundled(path.name, files.read(path, str(path)))


def _one(path: Path, name: str) -> "Indexed":
    """One picture of a bundle."""
    try:
        found = _bundled(path)
        if name in found:
            return found[name]()
    except ValueError as error:
        raise fail(f"{path}: {error}", status=FAILED) from None
    hint = did_you_mean(name, list(found))
    raise fail(f"{path}: there is no picture '{name}' in it", None, hint, status=FAILED)


def _all(path: Path, folder: str | None) -> int:
    """Write every picture of a bundle, under names that are safe whatever the bundle says."""
    from pipeline.emitters import png

    if folder is None:
        raise fail("--all needs a folder for the pictures", None, "name it with -o")
    try:
        found = _bundled(path)
        for name, file_name in zip(found, _file_names(list(found)), strict=True):
            indexed, output = found[name](), Path(folder, file_name)
            _write(output, png.encode(indexed))
            say(f"{output}: {name}, {indexed.width}x{indexed.height}")
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
