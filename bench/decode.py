"""What the decoders in C cost: code, RAM and stack on a Cortex-M0, and instructions for each byte.

Run as `python bench/decode.py [--write]`; needs arm-none-eabi-gcc and qemu-system-arm. The tables
are Markdown; `--write` also puts them into docs/runtime.md. QEMU counts instructions, of code
for the Cortex-M0, each row unpacked into RAM; a Cortex-M0 takes one to two cycles for each.
"""

import argparse
import re
import subprocess
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pipeline.cli import main as bitplane
from pipeline.codecs import CODEC_NUMBERS, Parameters, codec
from pipeline.commands.runtime import shared
from pipeline.registry import CODECS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "runtime.md"
BOARD = Path(__file__).with_name("decode_board.c")
CPU = ["arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb", "-ffreestanding", "-std=c99", "-Os"]
QEMU = ["qemu-system-arm", "-M", "lm3s6965evb", "-display", "none", "-monitor", "none"]
QEMU += ["-serial", "none", "-icount", "shift=0"]
QEMU += ["-chardev", "stdio,id=out"]
QEMU += ["-semihosting-config", "enable=on,target=native,chardev=out", "-kernel"]
WINDOW = 1024


class Cost(NamedTuple):
    """Bytes on a Cortex-M0: of code, of a state, and of stack for `read` and for `all`."""

    code: int
    state: int
    read: int
    all: int


class Sample(NamedTuple):
    """A packed picture: what it is, its bytes, those of a row, those of a pixel."""

    words: str
    data: bytes
    row: int
    unit: int


def run(command: list[str], folder: Path) -> str:
    """What a program prints."""
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


# --- sizes ---


def sizes() -> dict[str, Cost]:
    """What each decoder takes, by codec."""
    with tempfile.TemporaryDirectory() as made:
        return {name: _cost(name, Path(made)) for name in CODECS}


def _cost(name: str, folder: Path) -> Cost:
    text = f'#include "bitplane_{name}.h"\nconst char of[sizeof(struct bitplane_{name})] = {{1}};\n'
    (folder / "state.c").write_text(text)
    source = str(shared() / f"bitplane_{name}.c")
    flags = ["-fcallgraph-info=su", f"-I{shared()}", "-c", source, "state.c"]
    run([*CPU, *flags], folder)
    code = run(["arm-none-eabi-size", f"bitplane_{name}.o"], folder).splitlines()[1].split()
    state = run(["arm-none-eabi-nm", "-S", "state.o"], folder).split()[1]
    deepest = _stacks((folder / f"bitplane_{name}.ci").read_text())
    stack = [deepest[f"bitplane_{name}_{entry}"] for entry in ("read", "all")]
    return Cost(int(code[0]), int(state, 16), *stack)


def _stacks(graph: str) -> dict[str, int]:
    """Bytes of stack at the deepest, by function, out of gcc's graph of calls.

    Raises:
        ValueError: A function calls itself.
    """
    nodes = re.findall(r'node: { title: "(?:[^"]*:)?(\w+)" label: "[^"]*?(\d+) bytes', graph)
    own = {name: int(size) for name, size in nodes}
    calls = re.findall(r'sourcename: "(?:[^"]*:)?(\w+)" targetname: "(?:[^"]*:)?(\w+)"', graph)

    def deepest(name: str, above: tuple[str, ...] = ()) -> int:
        if name in above:
            raise ValueError(f"{name} calls itself")
        below = {callee for caller, callee in calls if caller == name}
        return own.get(name, 0) + max((deepest(b, (*above, name)) for b in below), default=0)

    return {name: deepest(name) for name in own}


def sizes_table(costs: Mapping[str, Cost]) -> str:
    """The costs as Markdown."""
    rows = [
        f"| `{name}` | {cost.code:,} | {cost.state} | {_beside(name)} | {cost.read} | {cost.all} |"
        for name, cost in costs.items()
    ]
    head = "| codec | code | state | window | stack of `read` | stack of `all` |"
    return "\n".join([head, "|---|--:|--:|---|--:|--:|", *rows])


def _beside(name: str) -> str:
    general = Parameters(1, 0, 0)
    window = codec(name).ram(general._replace(window=256)) - codec(name).ram(general)
    return "as compressed" if window else "one row" if name == "g5" else "none"


# --- instructions ---


def samples(folder: Path) -> list[Sample]:
    """Our own pictures as panels take them."""
    asked = (
        ("photograph, 1 bit, dithered", "landscape", "playdate", "400x240", "floyd-steinberg", 52),
        ("screen, 1 bit", "ui", "playdate", "400x240", "none", 52),
        ("photograph, 4 bits, dithered", "landscape", "ssd1322-256x64", "160x120", "atkinson", 80),
        ("screen, 4 bits", "ui", "ssd1322-256x64", "160x120", "none", 80),
        ("photograph, RGB565", "landscape", "st7789-240x240", "96x64", "none", 192),
    )
    found = []
    for words, source, target, size, dither, row in asked:
        call = ["convert", str(ROOT / "assets" / f"{source}.png"), "-o", str(folder / "p.raw")]
        call += ["--target", target, "--size", size, "--fit", "cover", "--dither", dither]
        if bitplane(call) != 0:
            raise SystemExit(1)
        unit = 2 if target.startswith("st") else 1
        found.append(Sample(words, (folder / "p.raw").read_bytes(), row, unit))
    return found


def instructions(sample: Sample, folder: Path) -> dict[str, tuple[int, float]]:
    """Bytes of the stream, and instructions for each byte that comes out, by codec."""
    names = [name for name in CODECS if name != "g5" or "1 bit" in sample.words]
    given = Parameters(sample.unit, WINDOW, 8 * sample.row)
    streams = {"none": sample.data}
    streams |= {name: codec(name).compress(sample.data, given) for name in names}
    (folder / "streams.h").write_text(_header(sample, streams))
    sources = [*sorted(map(str, shared().glob("bitplane_*.c"))), str(BOARD)]
    link = ["-nostdlib", "-Wl,-Ttext=0x100,-Tdata=0x20000000,--section-start=.vectors=0"]
    link += ["-Wl,--no-warn-rwx-segments,--gc-sections,-u,vectors,-e,start", "-ffunction-sections"]
    run([*CPU, *link, f"-I{shared()}", f"-I{folder}", *sources, "-o", "d.elf", "-lgcc"], folder)
    lines = run([*QEMU, "d.elf"], folder).split()
    numbers = [int(word, 16) for word in lines]
    known, ticks, *results = numbers
    found = {}
    for place, (name, stream) in enumerate(streams.items()):
        if results[2 * place] != zlib.crc32(sample.data):
            raise SystemExit(f"{name} gives something else")
        each = results[2 * place + 1] * known / ticks / len(sample.data)
        found[name] = (len(stream), each)
    return found


def _header(sample: Sample, streams: Mapping[str, bytes]) -> str:
    arrays = [
        f"static const uint8_t s_{name}[] = {{{', '.join(map(str, data))}}};"
        for name, data in streams.items()
    ]
    parameters = {"rle": sample.unit, "g5": 8 * sample.row}
    rows = [
        f"    {{{CODEC_NUMBERS.get(name, 0)}, {parameters.get(name, WINDOW)}, s_{name},"
        f" sizeof s_{name}}},"
        for name in streams
    ]
    struct = (
        "struct stream { uint8_t codec; uint16_t parameter; const uint8_t *data; size_t size; };"
    )
    sized = f"#define BYTES {len(sample.data)}\n#define ROW {sample.row}"
    table = ["static const struct stream streams[] = {", *rows, "};"]
    return "\n".join([sized, struct, *arrays, *table, ""])


def instructions_table() -> str:
    """The instructions as Markdown, a column for each sample."""
    with tempfile.TemporaryDirectory() as made:
        asked = samples(Path(made))
        columns = [instructions(sample, Path(made)) for sample in asked]
    names = ["none", *CODECS]
    head = "".join(f" {sample.words}, {len(sample.data):,} bytes |" for sample in asked)
    lines = [f"| codec |{head}", "|---|" + "--:|" * len(asked)]
    for name in names:
        cells = [
            _cell(column.get(name), len(s.data)) for column, s in zip(columns, asked, strict=True)
        ]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(found: tuple[int, float] | None, whole: int) -> str:
    return "" if found is None else f"{100 * found[0] / whole:.0f} %, {found[1]:.0f}"


def main() -> None:
    """Print both tables, and write them where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into docs/runtime.md")
    args = parser.parse_args()
    tables = {"sizes": sizes_table(sizes()), "instructions": instructions_table()}
    page = PAGE.read_text("utf-8")
    for name, table in tables.items():
        print(table, end="\n\n")
        before, rest = page.split(f"<!-- {name} -->\n")
        _, after = rest.split("\n<!-- end -->", 1)
        page = f"{before}<!-- {name} -->\n{table}\n<!-- end -->{after}"
    if args.write:
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
