"""The size report: a table of what each asset costs and how far it is from its source."""

from collections.abc import Iterable
from typing import NamedTuple

from pipeline.report import printable


class Row(NamedTuple):
    """One line of the report.

    Attributes:
        name: The asset.
        target: The target's name.
        width, height: Pixels.
        colors: How many palette entries are used.
        flash_bytes: Pixels and palette.
        delta_e: Mean CIEDE2000 between the picture and what the panel shows.
        note: What was chosen or lost on its behalf, or "".
    """

    name: str
    target: str
    width: int
    height: int
    colors: int
    flash_bytes: int
    delta_e: float
    note: str = ""


def table(rows: Iterable[Row]) -> str:
    """The report as text: assets in the given order, a total for each target."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.target, []).append(row)
    return "\n".join(
        _aligned([line for name, group in groups.items() for line in _lines(name, group)])
    )


def _lines(target: str, rows: list[Row]) -> list[tuple[str, ...]]:
    head = (target, "size", "colors", "bytes", "delta E", "")
    body = [_cells(row) for row in rows]
    total = ("  total", "", "", f"{sum(row.flash_bytes for row in rows):,}", "", "")
    return [head, *body, total]


def _cells(row: Row) -> tuple[str, ...]:
    size = f"{row.width}x{row.height}"
    return (
        f"  {printable(row.name)}",
        size,
        str(row.colors),
        f"{row.flash_bytes:,}",
        f"{row.delta_e:.2f}",
        printable(row.note),
    )


def _aligned(lines: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [_line(cells, widths) for cells in lines]


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    name, *figures, note = cells
    first, *rest, _ = widths
    right = [cell.rjust(width) for cell, width in zip(figures, rest, strict=True)]
    return "  ".join([name.ljust(first), *right, note]).rstrip()


def over_budget(rows: Iterable[Row], budget: int) -> dict[str, int]:
    """Bytes of flash of each target that needs more than `budget`."""
    totals: dict[str, int] = {}
    for row in rows:
        totals[row.target] = totals.get(row.target, 0) + row.flash_bytes
    return {target: total for target, total in totals.items() if total > budget}
