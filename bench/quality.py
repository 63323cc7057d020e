"""Quality and speed of palettes and dithers beside other tools, in one run.

Run as `python bench/quality.py [--quick] [--write]`. Peers are measured where they are installed:
`pip install -r bench/requirements.txt`, and the Debian packages `imagemagick` and `pngquant`. The
tables are Markdown; `--write` also puts them into docs/benchmarks.md. Quality figures do not
depend on the machine; of times only the ratios within one table mean something.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import geometric_mean, mean, median
from typing import NamedTuple

import numpy as np
import peers
import PIL.Image
from machine import machine_words
from numpy.typing import NDArray
from samples import photographs, sized

from pipeline import gamut, metrics
from pipeline.adjust import automatic_amount, compress_tone
from pipeline.color import to_linear
from pipeline.dithers import DitherOptions, dither
from pipeline.grid import GRIDS
from pipeline.image import Image
from pipeline.palette import Palette
from pipeline.quantize import LearnOptions, learn
from pipeline.recipe import LEARNED_STRENGTH

Srgb = NDArray[np.uint8]
Pictures = Mapping[str, Srgb]
PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
COUNTS = (16, 64, 256)
RUNS = 5
GOALS = (
    "Of times only the ratios within one table mean something. Goals were: CIEDE2000 at "
    "most 0.90 of imagequant's, squared error at most 0.93, 0.92 and 0.93; fixed palettes "
    "at or below epaper-dithering's DBS with the default dither, and 10 % better with "
    "`dbs`; times at most 0.5, 0.6 and 0.8 of imagequant's, `effort: fast` at most 0.3, "
    "0.35 and 0.5; a whole `convert` no longer than Python with imagequant."
)
PACKAGES = ("numpy", "pillow", "scikit-learn", "imagequant", "patolette", "epaper-dithering")

Errors = tuple[list[float], list[float]]
"""CIEDE2000 and mean squared error of each picture."""

PALETTES = {
    "7 colors": "000000 ffffff ffff00 ff0000 0000ff 00ff00 ff8000",
    "Spectra 6, measured": "1f1829 a8b4b6 b4ad00 711813 24468b 32543c",
    "black, white, red": "000000 ffffff ff0000",
    "4 grays": "000000 555555 aaaaaa ffffff",
    "mono": "000000 ffffff",
}
"""In the order in which epaper-dithering lists them; Spectra 6 is its SPECTRA_7_3_6COLOR_V2."""


def inks(colors: str) -> Srgb:
    """uint8 (n, 3) of hex numbers."""
    return np.array([list(bytes.fromhex(color)) for color in colors.split()], np.uint8)


def picture(srgb: Srgb) -> Image:
    """An opaque picture."""
    return Image(to_linear(srgb), np.full(srgb.shape[:2], 255, np.uint8))


def ours(srgb: Srgb, count: int, options: LearnOptions, method: str = "none") -> Srgb:
    """Learned and mapped by bitplane."""
    image = picture(srgb)
    palette = learn([image], GRIDS["rgb888"], options._replace(colors=count))
    if options.metric == "mse":
        return nearest_srgb(srgb, palette.seen)
    return palette.seen[dither(image, palette, DitherOptions(method, LEARNED_STRENGTH))]


def nearest_srgb(srgb: Srgb, colors: Srgb) -> Srgb:
    """Mapped by sRGB distance, in which the metric `mse` counts error."""
    unique, place = np.unique(srgb.reshape(-1, 3), axis=0, return_inverse=True)
    wide = colors.astype(np.float64)
    far = (wide**2).sum(axis=1) - 2 * (unique.astype(np.float64) @ wide.T)
    return np.asarray(colors[far.argmin(axis=1)][place.reshape(srgb.shape[:2])])


LEARN = {
    "bitplane, effort best": LearnOptions(2, effort="best"),
    "bitplane": LearnOptions(2),
    "bitplane, effort fast": LearnOptions(2, effort="fast"),
}


def without_dither(pictures: Pictures) -> Iterator[str]:
    """Learned palettes: mean error over all pictures."""
    tools: dict[str, peers.Quantize] = {
        name: partial(ours, options=options) for name, options in LEARN.items()
    }
    mse = LearnOptions(2, metric="mse")
    tools["bitplane, metric mse"] = partial(ours, options=mse)
    tools |= peers.learned(dithered=False)
    errors = {name: _errors(tool, pictures) for name, tool in tools.items()}
    yield "Mean CIEDE2000, no dither:"
    yield _ratios(errors, 0, "bitplane")
    yield (
        "Mean squared error, no dither; in brackets the geometric mean of the ratios of single "
        "pictures, in which no picture outweighs the others:"
    )
    yield _ratios(errors, 1, "bitplane, metric mse")


def _ratios(errors: Mapping[str, list[Errors]], place: int, base: str) -> str:
    """Mean errors, and what share of each a tool of ours has."""
    head = [f"K={count}" for count in COUNTS]
    rows = [["tool", *head, *(f"{base} / it, {n}" for n in head)]]
    for name, found in errors.items():
        cells = [f"{mean(each[place]):.3f}" for each in found]
        pairs = [(errors[base][at][place], each[place]) for at, each in enumerate(found)]
        rows.append([name, *cells, *(_ratio(*pair) for pair in pairs)])
    return table(rows)


def _ratio(ours: list[float], theirs: list[float]) -> str:
    each = geometric_mean(a / b for a, b in zip(ours, theirs, strict=True))
    return f"{mean(ours) / mean(theirs):.3f} ({each:.3f})"


def _errors(tool: peers.Quantize, pictures: Pictures) -> list[Errors]:
    """The errors for each palette size."""
    out = []
    for count in COUNTS:
        pairs = [(srgb, tool(srgb, count)) for srgb in pictures.values()]
        far = [metrics.mean_ciede2000(*pair) for pair in pairs]
        out.append((far, [metrics.mse(*pair) for pair in pairs]))
    return out


def with_dither(pictures: Pictures) -> Iterator[str]:
    """Learned palettes, dithered, seen from afar."""
    tools: dict[str, peers.Quantize] = {
        f"bitplane, {name}": partial(ours, options=LearnOptions(2), method=name)
        for name in ("floyd-steinberg", "blue-noise", "dbs")
    }
    tools |= peers.learned(dithered=True)
    rows = [["tool", *(f"K={count}" for count in COUNTS)]]
    for name, tool in tools.items():
        cells = [_from_afar(partial(_with_count, tool, count), pictures)[0] for count in COUNTS]
        rows.append([name, *cells])
    yield "Learned palette and dither: mean CIEDE2000 after a blur of 1.5 pixels / S-CIELAB:"
    yield table(rows)


def _with_count(tool: peers.Quantize, count: int, srgb: Srgb) -> Srgb:
    return tool(srgb, count)


def _from_afar(tool: Callable[[Srgb], Srgb], pictures: Pictures) -> tuple[str, float]:
    """Both figures as a cell of a table, and the median of the seconds that a picture took."""
    blurred, cielab, seconds = [], [], []
    for srgb in pictures.values():
        begin = time.perf_counter()
        shown = tool(srgb)
        seconds.append(time.perf_counter() - begin)
        blurred.append(metrics.blurred_ciede2000(srgb, shown))
        cielab.append(metrics.scielab(srgb, shown))
    return f"{mean(blurred):.2f} / {mean(cielab):.2f}", median(seconds)


def fixed(pictures: Pictures) -> Iterator[str]:
    """Fixed palettes, seen from afar, and what they take."""
    yield (
        "Fixed palettes, 800x480: mean CIEDE2000 after a blur of 1.5 pixels / S-CIELAB, and "
        "seconds. `tone` compresses the picture to the panel's black and white first, which "
        "bitplane does on measured inks unless told not to; the figures count that as error."
    )
    screens = {name: sized(srgb, 800, 480) for name, srgb in pictures.items()}
    for name, colors in PALETTES.items():
        seen = inks(colors)
        rows = [[f"tool, {name}", "dE / S-CIELAB", "seconds"]]
        for tool, run in {**_own_dithers(seen), **peers.fixed(seen)}.items():
            cell, seconds = _from_afar(run, screens)
            rows.append([tool, cell, f"{seconds:.2f}"])
        yield table(rows)


def _own_dithers(seen: Srgb) -> dict[str, Callable[[Srgb], Srgb]]:
    palette = Palette(seen, seen, np.arange(len(seen), dtype=np.uint32))
    gamut.project(picture(np.zeros((1, 1, 3), np.uint8)), palette)  # its table is made once
    names = ("auto", "floyd-steinberg", "blue-noise", "knoll", "dbs")
    found: dict[str, Callable[[Srgb], Srgb]] = {
        f"bitplane, {name}": partial(_panel, palette=palette, method=name) for name in names
    }
    if automatic_amount(palette):
        found["bitplane, auto, tone"] = partial(_panel, palette=palette, method="auto", tone=True)
    return found


def _panel(srgb: Srgb, palette: Palette, method: str, *, tone: bool = False) -> Srgb:
    image = picture(srgb)
    image = compress_tone(image, palette, automatic_amount(palette)) if tone else image
    return palette.seen[dither(gamut.project(image, palette), palette, DitherOptions(method))]


def speed(pictures: Pictures) -> Iterator[str]:
    """Seconds from a picture in memory to what it would show, in one warm process."""
    screens = {name: sized(srgb, 768, 512) for name, srgb in pictures.items()}
    tools: dict[str, peers.Quantize] = {
        name: partial(ours, options=options) for name, options in LEARN.items()
    }
    found = peers.learned(dithered=False)
    tools |= {name: found[name] for name in ("imagequant", "patolette", "Pillow") if name in found}
    base = "imagequant" if "imagequant" in tools else "Pillow"
    rows = [["tool", *(f"K={n}, s" for n in COUNTS), *(f"it / {base}, K={n}" for n in COUNTS)]]
    times = [_times(tools, screens, count) for count in COUNTS]
    for name in tools:
        cells = [f"{each[name]:.3f}" for each in times]
        rows.append([name, *cells, *(f"{each[name] / each[base]:.2f}" for each in times)])
    yield "Palette and mapping of 768x512, no dither, median over the pictures:"
    yield table(rows)


def _times(tools: Mapping[str, peers.Quantize], screens: Pictures, count: int) -> dict[str, float]:
    """The least of several runs each, taken in turn; the median over the pictures."""
    least: dict[str, list[float]] = {name: [] for name in tools}
    for srgb in screens.values():
        rounds = [_round(tools, srgb, count) for _ in range(RUNS)]
        for name in tools:
            least[name].append(min(times[name] for times in rounds))
    return {name: median(times) for name, times in least.items()}


def _round(tools: Mapping[str, peers.Quantize], srgb: Srgb, count: int) -> dict[str, float]:
    return {name: _seconds(tool, srgb, count) for name, tool in tools.items()}


def _seconds(tool: peers.Quantize, srgb: Srgb, count: int) -> float:
    begin = time.perf_counter()
    tool(srgb, count)
    return time.perf_counter() - begin


def kernels(pictures: Pictures) -> Iterator[str]:
    """Milliseconds of Floyd-Steinberg alone beside Pillow's."""
    srgb = sized(next(iter(pictures.values())), 800, 480)
    image = picture(srgb)
    learned = learn([image], GRIDS["rgb888"], LearnOptions(256))
    seen = inks(PALETTES["7 colors"])
    few = Palette(seen, seen, np.arange(len(seen), dtype=np.uint32))
    options = DitherOptions("floyd-steinberg")
    rows = [["colors", "bitplane ms", "Pillow ms", "ratio"]]
    for palette in (few, learned):
        both = _least_of(
            partial(dither, image, palette, options),
            partial(peers.to_colors, srgb, palette.seen),
        )
        times = [f"{1e3 * seconds:.1f}" for seconds in both]
        rows.append([str(len(palette)), *times, f"{both[0] / both[1]:.2f}"])
    yield "Floyd-Steinberg, 800x480, in memory:"
    yield table(rows)


def _least_of(*runs: Callable[[], object]) -> list[float]:
    least = [float("inf")] * len(runs)
    for _ in range(2 * RUNS):
        for place, run in enumerate(runs):
            begin = time.perf_counter()
            run()
            least[place] = min(least[place], time.perf_counter() - begin)
    return least


class Command(NamedTuple):
    """One whole process."""

    name: str
    words: list[str]


_PEER = """\
import sys, imagequant, PIL.Image
source, out, colors = sys.argv[1:]
image = PIL.Image.open(source).convert("RGBA")
imagequant.quantize_pil_image(image, dithering_level=0.0, max_colors=int(colors)).save(out)
"""


def processes(pictures: Pictures) -> Iterator[str]:
    """CPU seconds of whole processes that convert one photograph."""
    rows = [["tool", *(f"K={n}, CPU s" for n in (16, 256)), *(f"K={n}, s" for n in (16, 256))]]
    with tempfile.TemporaryDirectory() as folder:
        source, out = f"{folder}/in.png", f"{folder}/out.png"
        PIL.Image.fromarray(sized(next(iter(pictures.values())), 800, 480)).save(source)
        ours = [sys.executable, "-P", "-m", "pipeline", "convert", source, "-o", out, "--colors"]
        commands = [Command("bitplane convert", ours)]
        if "imagequant" in peers.learned(dithered=False):
            peer = [sys.executable, "-c", _PEER, source, out]
            commands.append(Command("Python and imagequant", peer))
        cost = {(c.name, n): _process([*c.words, str(n)]) for c in commands for n in (16, 256)}
    for command in commands:
        cells = [f"{cost[command.name, n][kind]:.2f}" for kind in (0, 1) for n in (16, 256)]
        rows.append([command.name, *cells])
    yield "Whole process, one photograph of 800x480 from PNG to PNG, no dither:"
    yield table(rows)


def _process(words: list[str]) -> tuple[float, float]:
    """The least CPU and wall seconds of several runs."""
    found = []
    for _ in range(RUNS):
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(words, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found.append((cpu, time.perf_counter() - begin))
    return min(cpu for cpu, _ in found), min(wall for _, wall in found)


_MEMORY = """\
import resource, sys
import numpy as np
from pipeline import fit, source
from pipeline.color import to_linear
from pipeline.dithers import DitherOptions, dither
from pipeline.grid import GRIDS
from pipeline.quantize import LearnOptions, learn
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
image = source.decode(open(sys.argv[1], "rb").read(), source.SourceOptions()).image
before = peak()
palette = learn([image], GRIDS["rgb888"], LearnOptions(256))
learned = peak()
dither(image, palette, DitherOptions(sys.argv[2], 218))
print(before, learned, peak())
"""


def memory(pictures: Pictures) -> Iterator[str]:
    """Peak memory above the decoder's for a photograph of 4096x4096."""
    rows = [["step", "bytes a pixel above the decoder's peak"]]
    with tempfile.TemporaryDirectory() as folder:
        path, side = f"{folder}/in.png", 4096
        PIL.Image.fromarray(sized(next(iter(pictures.values())), side, side)).save(path)
        for method in ("none", "floyd-steinberg"):
            words = [sys.executable, "-c", _MEMORY, path, method]
            said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
            decoded, learned, dithered = map(int, said.split())
            if method == "none":
                rows.append(["palette of 256", f"{(learned - decoded) / side**2:.1f}"])
            rows.append([f"and dither {method}", f"{(dithered - decoded) / side**2:.1f}"])
    yield "Memory, 4096x4096 from a PNG file:"
    yield table(rows)


def table(rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head, *body = (list(row) for row in rows)
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


SECTIONS = (without_dither, with_dither, fixed, speed, kernels, processes, memory)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Quality and speed beside other tools.")
    parser.add_argument("--quick", action="store_true", help="two small pictures")
    parser.add_argument("--write", action="store_true", help=f"also write docs/{PAGE.name}")
    parser.add_argument("--only", metavar="SECTION", help="one of them")
    args = parser.parse_args()
    pictures = photographs(quick=args.quick)
    names = ", ".join(pictures)
    parts = ["# Benchmarks", f"{machine_words(PACKAGES)} Pictures: {names}.", GOALS]
    print("\n\n".join(parts))
    for section in SECTIONS:
        if args.only in (None, section.__name__):
            for part in section(pictures):
                print(f"\n{part}", flush=True)
                parts.append(part)
    if args.write:
        PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
