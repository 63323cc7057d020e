"""Write docs/targets: a page and a picture for each display profile, and the table of all.

Run as `python docs/draw_targets.py`. It also writes the table of scans in docs/formats.md. Where
pixels sit is asked of the packers, never written down here.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import show_targets
from numpy.typing import NDArray

from pipeline import layouts, panel, testcard
from pipeline.emitters import png
from pipeline.emitters.describe import word_bytes
from pipeline.grid import GRIDS, RGB, Grid
from pipeline.layout import SCAN_BITS, Layout, size_unit
from pipeline.palette import Indexed, Palette
from pipeline.placement import NOBODY, Placement, place
from pipeline.registry import LAYOUTS
from pipeline.target import KINDS, Target, builtin_names
from pipeline.target_file import shipped

DOCS = Path(__file__).parent
FOLDER = DOCS / "targets"
INDEX = "README.md"
FORMATS = DOCS / "formats.md"
BEGIN, END = "<!-- begin: python docs/draw_targets.py -->\n", "<!-- end -->\n"

SIDE = 256
"""Longest side of a picture, in pixels; larger panels are shown by a smaller card."""

ANY_SIZE = (160, 120)
"""What stands for a screen where the target has no size."""

_SWATCH = 24
_GAP = 4
_BYTES = 4
"""Bytes of a picture that are drawn bit by bit."""

_ALL_ROWS = 60_000
"""Pixels of a picture that is packed whole to draw its first bytes; of others the first rows."""


def size_of(target: Target) -> tuple[int, int]:
    """Width and height of its screen."""
    return target.size or ANY_SIZE


def picture(target: Target) -> bytes:
    """PNG of the test card as the panel shows it, and of fixed inks under it: nominal, seen."""
    width, height = size_of(target)
    step = -(-max(width, height) // SIDE)
    card = _card(target, width // step, height // step)
    view = panel.View(2 if 2 * max(width, height) <= SIDE else 1)
    shown = panel.framed(panel.look(card, target, view), panel.glass(card, target, view), (0, 0, 0))
    parts = [shown, *_swatches(target, shown.shape[1])]
    return png.encode(_indexed(np.vstack(parts)))


def _card(target: Target, width: int, height: int) -> Indexed:
    palette = testcard.colors_for(target)
    return testcard.draw(width, height, palette, is_round=target.shape == "round")


def _swatches(target: Target, width: int) -> Iterator[NDArray[np.uint8]]:
    """A gap and a strip: each ink as it is called above, as it looks below."""
    if not target.inks:
        return
    yield np.full((_GAP, width, 3), 255, np.uint8)
    place_of = np.arange(width) * len(target.inks) // width
    for colors in ([ink.nominal for ink in target.inks], [ink.seen for ink in target.inks]):
        yield np.array(colors, np.uint8)[place_of][np.newaxis].repeat(_SWATCH // 2, 0)


def _indexed(srgb: NDArray[np.uint8]) -> Indexed:
    """A picture with the colors that occur as its palette."""
    words = srgb.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    found, indices = np.unique(words, return_inverse=True)
    colors = np.stack([found >> 16, found >> 8 & 255, found & 255], -1).astype(np.uint8)
    palette = Palette(colors, colors, np.arange(len(found), dtype=np.uint32))
    return Indexed(indices.reshape(words.shape).astype(np.uint16), palette)


def page(target: Target) -> str:
    """The page of a target."""
    parts = [
        f"# {target.name}",
        f"{target.title}. Made by `python docs/draw_targets.py`; [all targets](README.md).",
        f"![The test card on {target.name}]({target.name}.png)",
        _table([("", ""), *_facts(target)]),
        *_colors(target),
        *_bytes(target),
        *_show(target),
        *(["## Notes", target.notes.strip()] if target.notes.strip() else []),
        "## Sources",
        "\n".join(f"- {source}" for source in target.sources),
    ]
    return "\n\n".join(parts) + "\n"


def _table(rows: list[tuple[str, ...]]) -> str:
    """A table whose first row is its head."""
    head, *body = [
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in r)} |" for r in rows
    ]
    return "\n".join([head, "|" + " --- |" * len(rows[0]), *body])


def _facts(target: Target) -> Iterator[tuple[str, str]]:
    width, height = size_of(target)
    yield "size", f"{width}x{height}" if target.size else "any"
    if target.shape == "round":
        yield "glass", "round"
    if target.kind:
        yield "kind", f"{target.kind}: {KINDS[target.kind]}"
    yield "colors", target.colors_text
    yield "layout", f"`{target.layout.describe()}`: {LAYOUTS[target.layout.scan].sentence}"
    yield "a pixel is", _pixel(target)
    if target.size:
        yield "a screen", f"{layouts.size(target.layout, width, height):,} bytes"
    if target.pitch_mm:
        yield "pitch", " x ".join(f"{mm:g}" for mm in target.pitch_mm) + " mm"
    if target.gap:
        yield "dark gap", f"{target.gap / 10:g} % of the pitch"
    if target.corner:
        yield "corners", f"radius of {target.corner} pixels"
    if target.bus:
        yield "bus", ", ".join(target.bus)


def _pixel(target: Target) -> str:
    if target.holds == "index":
        return "an index into the palette"
    return "the ink's code" if target.inks else f"a color word, {target.grid}"


def _colors(target: Target) -> Iterator[str]:
    yield "## Colors"
    if target.inks:
        rows = [
            (str(i), ink.name, _hex(ink.nominal), _hex(ink.seen), str(ink.code))
            for i, ink in enumerate(target.inks)
        ]
        yield _table([("index", "name", "nominal", "seen", "code"), *rows])
        seen = f"`seen` is the measured set `{target.seen}`. " if target.seen else ""
        yield f"{seen}The strip under the card has the nominal colors above, the seen ones below."
        for measured in target.measured:
            yield f"- `{measured.name}`: {measured.source}"
        return
    grid = GRIDS[target.grid]
    many = f"{grid.size:,} {'grays' if grid.gray else 'colors'}"
    few = "" if target.whole else f", of which a picture has {target.max_colors} at most"
    yield f"Any of {many}{few}. A word of `{grid.name}`, from its highest bit:"
    yield f"```text\n{word_text(grid)}\n```"


def _hex(color: RGB) -> str:
    return f"`#{bytes(color).hex()}`"


def word_text(grid: Grid) -> str:
    """The bits of a color word: r, g, b or v (gray), 1 where always set, a dot where unused."""
    letters = []
    for bit in reversed(range(-(-grid.word_bits // 8) * 8)):
        letter = "1" if grid.fixed >> bit & 1 else "."
        for name, field in (("b", grid.blue), ("g", grid.green), ("r", grid.red)):
            low = grid.split_green >= 0 and name == "g"
            if field.shift <= bit < field.shift + field.bits - low:
                letter = "v" if grid.gray else name
        letters.append("g" if bit == grid.split_green else letter)
    return " ".join("".join(letters[i : i + 8]) for i in range(0, len(letters), 8))


def _bytes(target: Target) -> Iterator[str]:
    width, height = size_of(target)
    yield "## Bytes"
    yield (
        f"Which pixel sits where, in a picture of {width}x{height}: `x,y`, and under it the bit of"
        " its value where it has several. A dot is padding."
    )
    yield f"```text\n{diagram(target.layout, width, height)}\n```"
    yield _table([("pixel", "first byte", "bits"), *_landmarks(target.layout, width, height)])


@cache
def diagram(layout: Layout, width: int, height: int) -> str:
    """The first bytes, bit by bit."""
    rows = height
    if width * height > _ALL_ROWS and layout.scan not in ("columns", "folded", "interleaved"):
        rows = size_unit(layout.scan)[1] * 8
    placed = place(layout, width, rows, _BYTES)
    several = layout.bits > 1
    cells = [[_cell(placed, byte, column, width) for column in range(8)] for byte in range(_BYTES)]
    wide = max(3, *(len(pixel) for row in cells for pixel, _ in row))
    lines = ["byte  " + " ".join(f"{bit:>{wide}}" for bit in reversed(range(8)))]
    for byte, row in enumerate(cells):
        lines.append(f"{byte:4}  " + " ".join(f"{pixel:>{wide}}" for pixel, _ in row))
        if several:
            lines.append("      " + " ".join(f"{bit:>{wide}}" for _, bit in row))
    return "\n".join(line.rstrip() for line in lines)


def _cell(placed: Placement, byte: int, column: int, width: int) -> tuple[str, str]:
    if byte >= len(placed.pixel) or placed.pixel[byte, column] == NOBODY:
        return ".", ""
    y, x = divmod(int(placed.pixel[byte, column]), width)
    return f"{x},{y}", str(placed.bit[byte, column])


@cache
def _landmarks(layout: Layout, width: int, height: int) -> list[tuple[str, str, str]]:
    """Where neighbors of the first pixel and the corners are: its bits in the packed picture."""
    empty = np.frombuffer(layouts.pack(np.zeros((height, width), np.uint32), layout), np.uint8)
    names = {
        (0, 0): "the first",
        (1, 0): "its right neighbor",
        (0, 1): "the one below it",
        (width - 1, 0): "upper right corner",
        (0, height - 1): "lower left corner",
        (width - 1, height - 1): "the last",
    }
    return [
        (f"{name}: {x},{y}", *_bits_of(layout, (x, y), (width, height), empty))
        for (x, y), name in names.items()
    ]


def _bits_of(
    layout: Layout, place_: tuple[int, int], size: tuple[int, int], empty: NDArray[np.uint8]
) -> tuple[str, str]:
    """The first byte of a pixel and its bits in words."""
    values = np.zeros((size[1], size[0]), np.uint32)
    values[place_[1], place_[0]] = (1 << layout.bits) - 1
    changed = np.frombuffer(layouts.pack(values, layout), np.uint8) ^ empty
    (found,) = (np.flatnonzero(changed),)
    masks = [int(changed[byte]) for byte in found]
    texts = [_mask_text(mask) for mask in masks]
    if len(found) == 1:
        return f"{found[0]:,}", texts[0]
    if len(set(texts)) == 1 and len(found) * 8 == layout.bits:
        return f"{found[0]:,}", f"all, of {len(found)} bytes"
    return f"{found[0]:,}", "; ".join(
        f"{text} of {b:,}" for text, b in zip(texts, found, strict=True)
    )


def _mask_text(mask: int) -> str:
    bits = [bit for bit in range(8) if mask >> bit & 1]
    if len(bits) == 8:
        return "all"
    return f"{bits[-1]}" if len(bits) == 1 else f"{bits[-1]} to {bits[0]}"


def _show(target: Target) -> Iterator[str]:
    yield "## Showing it in C"
    snippet = show_targets.snippet_of(target.name)
    if snippet is None:
        yield show_targets.reason(target.name)
        return
    card = f"`bitplane testcard --target {target.name} -o card.c` makes the card, and a build any"
    made = f"{card} other picture" if target.size else "A build makes the picture"
    yield f"{made}; [these functions](README.md#c) and those above `show_card` are your driver's."
    yield f"```c\n{show_targets.code(snippet, target, palette_bits(target))}```"


def palette_bits(target: Target) -> int:
    """Bits of an element of the palette that C sources have beside indices."""
    return 8 * word_bytes(GRIDS[target.grid]) if target.grid else 8


_INTRODUCTION = """\
Each page shows the test card (`bitplane testcard`) as the panel shows it, its colors, where each
pixel sits in the bytes, and the lines of C that send them. All of it is made from the profiles and
the packers by `python docs/draw_targets.py`. The [guide](../guide.md) tells how to write a profile
of your own."""

_CARD = """\
`card.h` is what `bitplane testcard --target NAME -o card.c` writes. Setting the controller up
(clocks, voltages, waveforms) is the driver's business and not shown."""


def index(targets: list[Target]) -> str:
    """The table of all targets."""
    rows = [
        (
            f"[{target.name}]({target.name}.md)",
            target.title,
            "x".join(map(str, target.size)) if target.size else "any",
            target.colors_text,
            f"`{target.layout.describe()}`",
        )
        for target in targets
    ]
    parts = [
        "# Targets",
        _INTRODUCTION,
        f"{len(targets)} profiles:",
        _table([("target", "panel", "size", "colors", "layout"), *rows]),
        "## C",
        "The C of each page calls these functions of a driver, and says so where it needs others:",
        f"```c\n{show_targets.DRIVER}```",
        _CARD,
    ]
    return "\n\n".join(parts) + "\n"


def scans(targets: list[Target]) -> str:
    """The table of scans for formats.md."""
    rows = []
    for scan, bits in SCAN_BITS.items():
        used = [target.name for target in targets if target.layout.scan == scan]
        some = ", ".join(f"[{name}](targets/{name}.md)" for name in used[:3])
        more = f" and {len(used) - 3} more" if len(used) > 3 else ""
        unit = "x".join(map(str, size_unit(scan)))
        words = " ".join(map(str, bits))
        rows.append((f"`{scan}`", LAYOUTS[scan].sentence, words, unit, some + more))
    return _table([("scan", "pixels", "bits", "size in units of", "targets"), *rows])


def with_scans(text: str, targets: list[Target]) -> str:
    """formats.md with that table between its marks."""
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return text[:start] + scans(targets) + "\n" + text[end:]


def pages() -> dict[str, bytes]:
    """All files of docs/targets by name."""
    targets = [shipped(name) for name in builtin_names()]
    made = {INDEX: index(targets).encode()}
    for target in targets:
        made[f"{target.name}.md"] = page(target).encode()
        made[f"{target.name}.png"] = picture(target)
    return made


def main() -> None:
    """Write everything, and remove pages of targets that are gone."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for path in FOLDER.iterdir():
        if path.name not in made:
            path.unlink()
    for name, data in made.items():
        (FOLDER / name).write_bytes(data)
    targets = [shipped(name) for name in builtin_names()]
    FORMATS.write_text(with_scans(FORMATS.read_text("utf-8"), targets), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
