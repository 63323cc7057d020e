"""`bitplane inspect`: what a file is, and what its bytes mean."""

import argparse
import json
import re
from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import files
from pipeline.cli import FAILED, FINE
from pipeline.disk import RealDisk
from pipeline.report import fail, printable

if TYPE_CHECKING:  # numpy, which a wrong call should not wait for
    from pipeline.inspection import Inspection, Part, Section

_BREAK = re.compile(rb"\n")

_SHOWN = 8
"""Bytes of a range that are shown."""

_TEXT = 24
"""Characters of a range of text that are shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `inspect`."""
    add = parser.add_argument
    add("file", metavar="FILE", help="a file that bitplane wrote, or a palette file")
    add(
        "--all", action="store_true", help="all palette entries, rows and texts, not the first ones"
    )
    add("--json", action="store_true", help="print one JSON object")
    add("--target", metavar="T", help="for .raw: the target it was built for")
    add("--size", metavar="WxH", help="for .raw: default the target's own size")


def run(args: argparse.Namespace) -> int:
    """Print what the file is; exit status 1 where something is wrong with it."""
    found = _inspected(args)
    if args.json:
        print(json.dumps(_plain(args.file, found), indent=2))
    else:
        print("\n".join(map(printable, _lines(args.file, found, every=args.all))))
    return FAILED if found.broken else FINE


def _inspected(args: argparse.Namespace) -> "Inspection":
    from pipeline import decode
    from pipeline.inspection.examine import inspect

    path = Path(args.file)
    contents = {str(path): files.read(path, str(path))}
    if args.target:
        return _raw(contents[str(path)], args)
    other = decode.companion(str(path))
    if other is not None and Path(other).is_file():
        contents[other] = files.read(Path(other), other)
    return inspect(contents, str(path), every=args.all)


def _raw(data: bytes, args: argparse.Namespace) -> "Inspection":
    from pipeline.commands.convert import size_argument
    from pipeline.inspection.examine import inspect_raw
    from pipeline.target_file import load

    target = load(args.target, RealDisk("."))
    size = size_argument(args.size or "screen", target)
    try:
        return inspect_raw(data, target, size, every=args.all)
    except ValueError as error:
        raise fail(f"{args.file}: {error}", status=FAILED) from None


def _lines(file: str, found: "Inspection", *, every: bool) -> list[str]:
    """The report for people: unescaped, a line each."""
    size = len(found.sections[0].data)
    lines = [f"{file}: {found.kind}, {size:,} bytes"]
    width = max(map(len, found.facts), default=0)
    lines += [f"  {name.ljust(width)}  {words}" for name, words in found.facts.items()]
    for each in found.sections:
        lines += ["", _heading(each), *_table(each, every=every)]
    if found.problems:
        lines += ["", *(f"problem: {words}" for words in found.problems)]
    return lines


def _heading(section: "Section") -> str:
    return f"{section.title}, by lines" if section.text else f"{section.title}, bytes in hex"


def _table(section: "Section", *, every: bool) -> list[str]:
    from pipeline.inspection import REST

    told = [p for p in section.parts if every or not (section.text and p.field == REST)]
    breaks = [found.start() for found in _BREAK.finditer(section.data)] if section.text else []
    rows = [_cells(section, part, breaks) for part in told]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    lines = []
    for (where, what, field, meaning), part in zip(rows, told, strict=True):
        line = f"  {where:>{widths[0]}}  {what:{widths[1]}}  {field:{widths[2]}}  {meaning}"
        lines.append(line.rstrip() + (f"  <-- {part.fault}" if part.fault else ""))
    return lines


def _cells(section: "Section", part: "Part", breaks: list[int]) -> tuple[str, str, str, str]:
    if section.text:
        return (
            _text_lines(section.data, part, breaks),
            _excerpt(section.data, part),
            part.field,
            part.meaning,
        )
    digits = max(2, len(f"{len(section.data):x}"))
    last = f"..{part.end - 1:0{digits}x}" if part.end > part.start + 1 else ""
    return f"{part.start:0{digits}x}{last}", _hex(section.data, part), part.field, part.meaning


def _hex(data: bytes, part: "Part") -> str:
    raw = data[part.start : min(part.end, part.start + _SHOWN)]
    return raw.hex(" ") + (" ..." if part.end - part.start > _SHOWN else "")


def _text_lines(data: bytes, part: "Part", breaks: list[int]) -> str:
    """The lines that a range of text begins and ends on, from 1; `breaks` is where lines end."""
    end = part.start + len(data[part.start : part.end].rstrip())
    first, last = (bisect_left(breaks, place) + 1 for place in (part.start, end))
    return str(first) if first == last else f"{first}..{last}"


def _excerpt(data: bytes, part: "Part") -> str:
    text = " ".join(data[part.start : part.end].decode("utf-8", "replace").split())
    shown = printable(text)
    return shown if len(shown) <= _TEXT else f"{shown[: _TEXT - 3]}..."


def _plain(file: str, found: "Inspection") -> dict[str, Any]:
    return {
        "file": file,
        "kind": found.kind,
        "bytes": len(found.sections[0].data),
        "facts": found.facts,
        "sections": [
            {
                "title": section.title,
                "bytes": len(section.data),
                "parts": [_plain_part(section, part) for part in section.parts],
            }
            for section in found.sections
        ],
        "problems": list(found.problems),
    }


def _plain_part(section: "Section", part: "Part") -> dict[str, Any]:
    if section.text:
        shown = {"text": section.data[part.start : part.end].decode("utf-8", "replace")}
    else:
        shown = {"hex": section.data[part.start : part.end].hex()}
    return {**part._asdict(), **shown}
