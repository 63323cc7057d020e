"""UI: the screen of a small room controller, in eight flat colors without soft edges."""

import numpy as np
from draw_font import Bitmap, text
from numpy.typing import NDArray

SIZE = 240

PALETTE = ("000000", "ffffff", "ff0000", "141c2b", "3a4a63", "00b4e6", "ffc400", "18b45c")
"""The colors in RGB hex; the names below are their indices."""

_BLACK, _WHITE, _RED, _PANEL, _LINE, _CYAN, _AMBER, _GREEN = range(8)

Canvas = NDArray[np.uint8]

# The day's temperatures hour by hour, in third parts of a degree above 12.
_DAY = bytes.fromhex("12 11 11 10 10 11 13 17 1b 1d 1e 1e 1f 21 24 26 27 25 22 23 21 1c 18 15 15")

# Where the gauge's value stands and where its scale turns warm: (right, down) from the middle.
_VALUE, _WARM = (7, -5), (2, -3)


def _box(canvas: Canvas, x: int, y: int, width: int, height: int, color: int) -> None:
    canvas[y : y + height, x : x + width] = color


def _card(canvas: Canvas, x: int, y: int, width: int, height: int, color: int) -> None:
    """A box with rounded corners."""
    for inset, rows in ((3, 0), (2, 1), (1, 2), (0, 4)):
        _box(canvas, x + inset, y + rows, width - 2 * inset, height - 2 * rows, color)


def _frame(canvas: Canvas, x: int, y: int, width: int, height: int, color: int) -> None:
    """The outline of a card on black."""
    _card(canvas, x, y, width, height, color)
    _card(canvas, x + 1, y + 1, width - 2, height - 2, _BLACK)


def _stamp(canvas: Canvas, x: int, y: int, bitmap: Bitmap, color: int) -> None:
    height, width = bitmap.shape
    canvas[y : y + height, x : x + width][bitmap] = color


def _write(canvas: Canvas, x: int, y: int, line: str, color: int, doublings: int = 0) -> None:
    _stamp(canvas, x, y, text(line, doublings), color)


def _write_right(canvas: Canvas, x: int, y: int, line: str, color: int, doublings: int = 0) -> None:
    """Text that ends at x."""
    bitmap = text(line, doublings)
    _stamp(canvas, x - bitmap.shape[1], y, bitmap, color)


def _write_mid(canvas: Canvas, x: int, y: int, line: str, color: int, doublings: int = 0) -> None:
    """Text whose middle is x."""
    bitmap = text(line, doublings)
    _stamp(canvas, x - bitmap.shape[1] // 2, y, bitmap, color)


def _offsets(radius: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Twice the distance right and down of each pixel from the middle of a square."""
    steps = np.arange(-2 * radius + 1, 2 * radius, 2, dtype=np.int64)
    right, down = np.meshgrid(steps, steps)
    return right, down


def _ring(outer: int, inner: int) -> Bitmap:
    right, down = _offsets(outer)
    square = right * right + down * down
    return (square <= 4 * outer * outer) & (square >= 4 * inner * inner)


def _gauge(canvas: Canvas, x: int, y: int, radius: int) -> None:
    """Three quarters of a ring, open below, filled up to the value's direction."""
    right, down = _offsets(radius)

    def before(direction: tuple[int, int]) -> Bitmap:
        return (right < 0) | (direction[0] * down < direction[1] * right)

    corner, scale = (x - radius, y - radius), down < np.abs(right)
    bar = np.pad(_ring(radius - 1, radius - 7), 1) & scale & before(_VALUE)
    _stamp(canvas, *corner, _ring(radius, radius - 8) & scale, _LINE)
    _stamp(canvas, *corner, bar, _AMBER)
    _stamp(canvas, *corner, bar & before(_WARM), _CYAN)


def _status(canvas: Canvas) -> None:
    _write(canvas, 6, 6, "12:45", _WHITE)
    _write_mid(canvas, 120, 6, "LIVING ROOM", _WHITE)
    for bar in range(4):
        _box(canvas, 186 + 5 * bar, 11 - 2 * bar, 3, 2 + 2 * bar, _WHITE if bar < 3 else _LINE)
    _frame(canvas, 211, 4, 22, 11, _WHITE)
    _box(canvas, 233, 7, 2, 5, _WHITE)
    _box(canvas, 214, 7, 12, 5, _GREEN)
    _box(canvas, 0, 19, SIZE, 1, _LINE)


def _climate(canvas: Canvas) -> None:
    _card(canvas, 4, 24, 124, 122, _PANEL)
    _gauge(canvas, 66, 88, 57)
    _write_mid(canvas, 66, 54, "INSIDE", _CYAN)
    _write_mid(canvas, 66, 70, "21.5", _WHITE, 2)
    _write_mid(canvas, 66, 107, "°C", _WHITE, 1)
    _write_mid(canvas, 66, 131, "SET 23.0", _AMBER)
    _write(canvas, 12, 131, "10", _WHITE)
    _write_right(canvas, 120, 131, "30", _WHITE)


def _tile(canvas: Canvas, y: int, label: str, value: str, color: int, share: int) -> None:
    """A reading with a bar that is `share` of 88 pixels long."""
    _card(canvas, 132, y, 104, 38, _PANEL)
    _write(canvas, 140, y + 6, label, _CYAN)
    _write_right(canvas, 229, y + 14, value, _WHITE, 1)
    _box(canvas, 140, y + 32, 88, 2, _LINE)
    _box(canvas, 140, y + 31, share, 4, color)


def _alert(canvas: Canvas, y: int) -> None:
    _card(canvas, 132, y, 104, 38, _RED)
    for row in range(12):
        _box(canvas, 150 - row, y + 7 + 2 * row, 2 * row + 2, 2, _WHITE)
    _box(canvas, 150, y + 14, 2, 9, _RED)
    _box(canvas, 150, y + 25, 2, 3, _RED)
    _write(canvas, 170, y + 8, "WINDOW", _WHITE)
    _write(canvas, 170, y + 21, "OPEN", _WHITE)


def _day_top(column: int) -> int:
    """Row of the day's curve in one of the chart's 198 columns."""
    hour, rest = divmod(column * 24, 198)
    return 193 - (_DAY[hour] * (198 - rest) + _DAY[hour + 1] * rest) * 9 // 1980


def _grid(canvas: Canvas) -> None:
    for row, label in enumerate(("24°", "20°", "16°", "12°")):
        _box(canvas, 30, 157 + 12 * row, 199, 1, _LINE)
        _write_right(canvas, 28, 154 + 12 * row, label, _WHITE)
    for column in range(7):
        _box(canvas, 30 + 33 * column, 157, 1, 37, _LINE)
        _write_mid(canvas, 30 + 33 * column, 197, str(4 * column), _WHITE)


def _chart(canvas: Canvas) -> None:
    """Temperature over a day: a filled line over a grid of thin lines."""
    _card(canvas, 4, 150, 232, 57, _PANEL)
    _grid(canvas)
    tops = [_day_top(column) for column in range(198)]
    for column in range(1, 198, 2):
        canvas[tops[column] + 3 + tops[column] % 2 : 193 : 2, 30 + column] = _GREEN
    for x, (top, last) in enumerate(zip(tops, tops[:1] + tops, strict=False), 30):
        low, high = sorted((top, last))
        _box(canvas, x, low, 1, high - low + 2, _GREEN)
    _box(canvas, 225, tops[-1] - 2, 5, 5, _WHITE)


def _buttons(canvas: Canvas) -> None:
    _frame(canvas, 4, 211, 74, 25, _WHITE)
    _card(canvas, 83, 211, 74, 25, _CYAN)
    _card(canvas, 162, 211, 74, 25, _WHITE)
    for x, label, color in ((41, "MENU", _WHITE), (120, "HEAT", _BLACK), (199, "OFF", _RED)):
        _write_mid(canvas, x, 220, label, color)


def screen() -> tuple[Canvas, NDArray[np.uint8]]:
    """The screen as uint8 (240, 240) indices, and its palette as uint8 (8, 3)."""
    canvas = np.zeros((SIZE, SIZE), np.uint8)
    _status(canvas)
    _climate(canvas)
    _tile(canvas, 24, "HUMIDITY", "48%", _GREEN, 42)
    _tile(canvas, 66, "CO2 PPM", "912", _AMBER, 67)
    _alert(canvas, 108)
    _chart(canvas)
    _buttons(canvas)
    return canvas, np.array([list(bytes.fromhex(color)) for color in PALETTE], np.uint8)
