"""What codecs make of the sample pictures: bytes in flash and time, beside peers of two of them.

Run as `python bench/flash.py [--write]`. The tables are Markdown; `--write` also puts them into
docs/benchmarks-codecs.md. Times are the least of three runs.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import heatshrink2
import lz4.block
from machine import machine_words

from pipeline import drawing
from pipeline.codecs.heatshrink import LOOKAHEAD
from pipeline.disk import RealDisk
from pipeline.emitters import Picture
from pipeline.emitters.stored import compressed
from pipeline.manifest import read_manifest
from pipeline.plan import Job
from pipeline.planner import make
from pipeline.prepare import prepare
from pipeline.recipe import CompressChoice
from pipeline.registry import CODECS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks-codecs.md"
RAM = 4096
RUNS = 3
TEXT = """# Benchmarks of codecs

Measured with `python bench/flash.py --write`: {machine}
Other work on the machine makes times larger; bytes stay.

The sample pictures as displays want them. Each codec has the largest window with which its decoder
in C takes at most 4 KiB of RAM. *lz4hc* is level 12 of LZ4's own library, whose window is 64 KiB;
*heatshrink's own* is its encoder, with the window and lookahead that ours has.

## Bytes of pixels in flash

{sizes}

The fewest bytes of ours in each row are bold.

## Milliseconds to compress

{times}

A build does this once for each picture that changed, in several processes.
"""


MANIFEST = """
target: [st7789-240x240, waveshare-7in3e, sharp-ls027b7dh01, ssd1306-128x64, megadrive]
assets:
  ui-8-colors: {source: ui.png, size: 240x240, palette: {colors: 8}}
  ui-rgb565: {source: ui.png, size: 240x240}
  ui: {source: ui.png, size: screen}
  gear-16-colors: {source: icons/gear.png, palette: {colors: 16}}
  sprites: {source: sprites.png, size: 64x64}
  portrait-16-colors: {source: portrait.png, size: 240x240, fit: cover, palette: {colors: 16}}
  portrait-rgb565: {source: portrait.png, size: 240x240, fit: cover}
  portrait: {source: portrait.png, size: 480x480, fit: cover, dither: floyd-steinberg}
  landscape-rgb565: {source: landscape.png, size: 240x240, fit: cover}
  landscape: {source: landscape.png, size: screen, fit: cover, dither: bayer-4}
"""
SAMPLES = (
    ("ui-8-colors", "st7789-240x240"),
    ("ui-rgb565", "st7789-240x240"),
    ("gear-16-colors", "st7789-240x240"),
    ("sprites", "megadrive"),
    ("portrait-16-colors", "st7789-240x240"),
    ("portrait-rgb565", "st7789-240x240"),
    ("landscape-rgb565", "st7789-240x240"),
    ("portrait", "waveshare-7in3e"),
    ("landscape", "sharp-ls027b7dh01"),
    ("ui", "sharp-ls027b7dh01"),
    ("ui", "ssd1306-128x64"),
    ("landscape", "ssd1306-128x64"),
)
"""Asset and target of each row."""


class Packed(NamedTuple):
    """Of one picture in one codec."""

    size: int
    milliseconds: float


def pictures() -> Iterator[tuple[str, Picture]]:
    """What the rows are called, and their pictures."""
    plan = make(
        read_manifest(MANIFEST.encode(), ROOT / "assets" / "build.yaml"),
        RealDisk(str(ROOT / "assets")),
    )
    rules = {(rule.name, rule.target): rule for rule in plan.assets}
    for name, target in SAMPLES:
        rule = rules[name, target]
        job = Job(rule, plan.targets[target], str(ROOT / "assets"))
        drawn = drawing.drawn(job, prepare(rule, job.folder))
        made = drawing.packed(job, drawn.indexed, drawn.recipe)
        yield f"{name}, {target}, `{made.layout.describe()}`", made


def packed(made: Picture, name: str) -> Packed | None:
    """The picture in one codec, with the window that the report would choose; None if it cannot."""
    choice = CompressChoice(name, RAM)
    try:
        seconds, done = timed(lambda: compressed(made, choice))
    except ValueError:
        return None
    return Packed(len(done.stored), 1000 * seconds)


def timed(work: Callable[[], Picture]) -> tuple[float, Picture]:
    """The least time of some runs, and what the work gives."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        done = work()
        times.append(time.perf_counter() - start)
    return min(times), done


def peers(made: Picture) -> list[str]:
    """What others make of it."""
    hc = lz4.block.compress(made.data, mode="high_compression", compression=12, store_size=False)
    window = compressed(made, CompressChoice("heatshrink", RAM)).parameters.window
    theirs = heatshrink2.compress(
        made.data, window_sz2=window.bit_length() - 1, lookahead_sz2=LOOKAHEAD
    )
    return [f"{len(hc):,}", f"{len(theirs):,}"]


def tables() -> tuple[str, str]:
    """Markdown: bytes, and milliseconds."""
    sizes = [("picture", "plain", *CODECS, "lz4hc", "heatshrink's own")]
    times = [("picture", *CODECS)]
    for words, made in pictures():
        found = {name: packed(made, name) for name in CODECS}
        least = min(each.size for each in found.values() if each)
        cells = [_size(each, least) for each in found.values()]
        sizes.append((words, f"{len(made.data):,}", *cells, *peers(made)))
        times.append(
            (words, *(f"{each.milliseconds:.0f}" if each else "" for each in found.values()))
        )
        print(*sizes[-1], sep=" | ", file=sys.stderr)
    return _markdown(sizes), _markdown(times)


def _size(each: Packed | None, least: int) -> str:
    if each is None:
        return ""
    return f"**{each.size:,}**" if each.size == least else f"{each.size:,}"


def _markdown(rows: list[tuple[str, ...]]) -> str:
    head, *body = rows
    lines = [head, ("---", *["---:"] * (len(head) - 1)), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"also write docs/{PAGE.name}")
    write = parser.parse_args().write
    machine = machine_words(["lz4", "heatshrink2"])
    sizes, times = tables()
    text = TEXT.format(machine=machine, sizes=sizes, times=times)
    print(text, end="")
    if write:
        PAGE.write_text(text)


if __name__ == "__main__":
    main()
