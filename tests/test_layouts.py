"""Layouts: every variant inverts itself and agrees with a reference written bit by bit."""

from collections.abc import Iterator
from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline import layouts, registry
from pipeline.layout import SCAN_BITS, TILED, Layout
from pipeline.layouts import Values

WHOLE_BYTES = (16, 24, 32)


def _variants() -> Iterator[Layout]:
    """Each layout that means something of its own."""
    for scan, possible in SCAN_BITS.items():
        aligns = (1,) if scan in TILED else (1, 2, 4, 7)
        for bits, align, invert in product(possible, aligns, (False, True)):
            if bits in WHOLE_BYTES:
                for order in ("big", "little"):
                    yield Layout(scan, bits, "msb", order, align, invert)
            else:
                orders = ("big", "little") if scan == "packed-tiles" else ("big",)
                for first, order in product(("msb", "lsb"), orders):
                    yield Layout(scan, bits, first, order, align, invert)


VARIANTS = tuple(_variants())


def _stride(used: int, align: int) -> int:
    while used % align:
        used += 1
    return used


def _bit_in_line(layout: Layout, pixel: int, k: int) -> tuple[int, int]:
    """Byte and bit number inside a line for bit `k` (0 is the lowest) of a pixel."""
    if layout.bits in WHOLE_BYTES:
        count = layout.bits // 8
        place = k // 8 if layout.byte_order == "little" else count - 1 - k // 8
        return pixel * count + place, k % 8
    if layout.first == "lsb":
        return divmod(pixel * layout.bits + k, 8)
    byte, from_top = divmod(pixel * layout.bits + layout.bits - 1 - k, 8)
    return byte, 7 - from_top


@cache
def _line_used(layout: Layout, pixels: int) -> int:
    return 1 + max(_bit_in_line(layout, pixels - 1, k)[0] for k in range(layout.bits))


def _rows(layout: Layout, x: int, y: int, k: int, size: tuple[int, int]) -> tuple[int, int]:
    byte, bit = _bit_in_line(layout, x, k)
    return y * _stride(_line_used(layout, size[0]), layout.align) + byte, bit


def _columns(layout: Layout, x: int, y: int, k: int, size: tuple[int, int]) -> tuple[int, int]:
    return _rows(layout, y, x, k, size[::-1])


def _pages(layout: Layout, x: int, y: int, k: int, size: tuple[int, int]) -> tuple[int, int]:
    assert k == 0
    bit = y % 8 if layout.first == "lsb" else 7 - y % 8
    return y // 8 * _stride(size[0], layout.align) + x, bit


def _planes(layout: Layout, x: int, y: int, k: int, size: tuple[int, int]) -> tuple[int, int]:
    mono = layout._replace(bits=1)
    byte, bit = _rows(mono, x, y, 0, size)
    one_plane = _stride(_line_used(mono, size[0]), layout.align) * size[1]
    return (layout.bits - 1 - k) * one_plane + byte, bit


def _tiles(layout: Layout, x: int, y: int, k: int, size: tuple[int, int]) -> tuple[int, int]:
    tile = y // 8 * (size[0] // 8) + x // 8
    bit = x % 8 if layout.first == "lsb" else 7 - x % 8
    return (tile * 8 + y % 8) * layout.bits + k, bit


def _packed_tiles(layout: Layout, x: int, y: int, k: int, size: tuple[int, int]) -> tuple[int, int]:
    tile = y // 8 * (size[0] // 8) + x // 8
    byte, bit = _bit_in_line(layout, x % 8, k)
    if layout.byte_order == "little":
        byte = layout.bits - 1 - byte
    return (tile * 8 + y % 8) * layout.bits + byte, bit


def _paired_tiles(layout: Layout, x: int, y: int, k: int, size: tuple[int, int]) -> tuple[int, int]:
    tile = y // 8 * (size[0] // 8) + x // 8
    bit = x % 8 if layout.first == "lsb" else 7 - x % 8
    return tile * 8 * layout.bits + k // 2 * 16 + y % 8 * 2 + k % 2, bit


def _halves(layout: Layout, x: int, y: int, k: int, size: tuple[int, int]) -> tuple[int, int]:
    half = size[0] // 2
    byte, bit = _rows(layout, x % half, y, k, (half, size[1]))
    return x // half * size[1] * _stride(_line_used(layout, half), layout.align) + byte, bit


def _folded(layout: Layout, x: int, y: int, k: int, size: tuple[int, int]) -> tuple[int, int]:
    width, half = size[0], size[1] // 2
    return _rows(layout, y // half * width + x, y % half, k, (2 * width, half))


def _interleaved(layout: Layout, x: int, y: int, k: int, size: tuple[int, int]) -> tuple[int, int]:
    half = size[1] // 2
    return _rows(layout, 2 * x + y // half, y % half, k, (2 * size[0], half))


def _blocks(layout: Layout, x: int, y: int, k: int, size: tuple[int, int]) -> tuple[int, int]:
    assert k == 0
    place = x % 4 * 2 + y % 2
    stride = _stride((size[0] + 3) // 4, layout.align)
    return y // 2 * stride + x // 4, place if layout.first == "lsb" else 7 - place


def _lines(layout: Layout, x: int, y: int, k: int, size: tuple[int, int]) -> tuple[int, int]:
    byte, bit = _rows(layout, x, y, k, size)
    return byte + 2 * y + 1, bit


REFERENCE = {
    "rows": _rows,
    "columns": _columns,
    "pages": _pages,
    "planes": _planes,
    "tiles": _tiles,
    "packed-tiles": _packed_tiles,
    "paired-tiles": _paired_tiles,
    "halves": _halves,
    "folded": _folded,
    "interleaved": _interleaved,
    "blocks": _blocks,
    "sharp-lines": _lines,
    "jdi-lines": _lines,
}
LINES = ("sharp-lines", "jdi-lines")


def _reference_size(layout: Layout, width: int, height: int) -> int:
    if layout.scan in TILED:
        return width * height * layout.bits // 8
    used, lines = _reference_lines(layout, width, height)
    return (_stride(used, layout.align) + 2 * (layout.scan in LINES)) * lines


def _reference_lines(layout: Layout, width: int, height: int) -> tuple[int, int]:
    """Bytes of a line before padding, and how many lines there are."""
    mono = layout._replace(bits=1)
    return {
        "pages": lambda: (width, (height + 7) // 8),
        "columns": lambda: (_line_used(layout, height), width),
        "planes": lambda: (_line_used(mono, width), height * layout.bits),
        "halves": lambda: (_line_used(layout, width // 2), height * 2),
        "folded": lambda: (_line_used(layout, width * 2), height // 2),
        "interleaved": lambda: (_line_used(layout, width * 2), height // 2),
        "blocks": lambda: ((width + 3) // 4, (height + 1) // 2),
    }.get(layout.scan, lambda: (_line_used(layout, width), height))()


def _reference_pack(values: Values, layout: Layout) -> bytes:
    height, width = values.shape
    out = bytearray(_reference_size(layout, width, height))
    for y, x, k in product(range(height), range(width), range(layout.bits)):
        byte, bit = REFERENCE[layout.scan](layout, x, y, k, (width, height))
        out[byte] |= (int(values[y, x]) >> k & 1) << bit
    if layout.invert:
        out = bytearray(byte ^ 255 for byte in out)
    if layout.scan in LINES:
        _number(out, layout, height)
    return bytes(out)


def _number(out: bytearray, layout: Layout, height: int) -> None:
    """Number and zero byte of each line, however the pixels are turned."""
    stride = len(out) // height
    for y in range(height):
        bits = f"{y + 1:08b}"
        turned = (layout.scan == "sharp-lines") != (layout.first == "lsb")
        out[y * stride] = int(bits[::-1] if turned else bits, 2)
        out[(y + 1) * stride - 1] = 0


def _picture(layout: Layout, width: int, height: int) -> Values:
    top = (1 << layout.bits) - 1
    random = np.random.default_rng(width * 1000 + height)
    return random.integers(0, top, (height, width), dtype=np.uint32, endpoint=True)


def _sizes(layout: Layout) -> tuple[tuple[int, int], ...]:
    if layout.scan in ("folded", "interleaved"):
        return ((1, 2), (11, 6), (3, 16))
    if layout.scan == "halves":
        return ((2, 1), (22, 5), (6, 17))
    return ((8, 8), (24, 16)) if layout.scan in TILED else ((1, 1), (11, 5), (3, 17))


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Values, Layout]:
    layout = draw(st.sampled_from(VARIANTS))
    side = st.sampled_from([8, 16, 24]) if layout.scan in TILED else st.integers(1, 35)
    wide = draw(side) * (2 if layout.scan == "halves" else 1)
    elements = st.integers(0, (1 << layout.bits) - 1)
    high = draw(side) * (2 if layout.scan in ("folded", "interleaved") else 1)
    return draw(arrays(np.uint32, (high, wide), elements=elements)), layout


def test_reference_and_variants_cover_the_registry() -> None:
    assert set(REFERENCE) == set(registry.LAYOUTS) == set(SCAN_BITS)
    assert len(VARIANTS) == len(set(VARIANTS)) > 400


@settings(max_examples=300, deadline=None)
@given(_cases())
def test_unpack_inverts_pack_and_size_is_the_length(case: tuple[Values, Layout]) -> None:
    values, layout = case
    height, width = values.shape
    data = layouts.pack(values, layout)
    again = layouts.unpack(data, layout, width, height)
    assert again.dtype == np.uint32
    np.testing.assert_array_equal(again, values)
    assert layouts.size(layout, width, height) == len(data)


@pytest.mark.parametrize("scan", list(SCAN_BITS))
def test_each_variant_agrees_with_the_bit_by_bit_reference(scan: str) -> None:
    for layout in (variant for variant in VARIANTS if variant.scan == scan):
        for width, height in _sizes(layout):
            values = _picture(layout, width, height)
            assert layouts.pack(values, layout) == _reference_pack(values, layout), (layout, width)
            data = _reference_pack(values, layout)
            np.testing.assert_array_equal(layouts.unpack(data, layout, width, height), values)


def test_padding_is_zero_and_one_when_inverted() -> None:
    for layout in (variant for variant in VARIANTS if variant.scan not in LINES):
        width, height = _sizes(layout)[1]
        full = np.full((height, width), (1 << layout.bits) - 1, np.uint32)
        bits = np.unpackbits(np.frombuffer(layouts.pack(full, layout), np.uint8))
        # Every drawn bit is set (clear when inverted), so all others have to be the opposite.
        assert int((bits != layout.invert).sum()) == width * height * layout.bits, layout


def test_padding_is_not_looked_at() -> None:
    layout = Layout("rows", 1, align=2)
    assert layouts.unpack(b"\xff\xff", layout, 3, 1).tolist() == [[1, 1, 1]]
    assert layouts.unpack(b"\xe0\x00", layout, 3, 1).tolist() == [[1, 1, 1]]


@pytest.mark.parametrize(
    ("layout", "values", "data"),
    [
        # Leftmost pixel in the top bit, as on SSD1680 e-paper and in Adafruit_GFX drawBitmap.
        (Layout("rows", 1), [[1, 0, 0, 0, 0, 0, 1, 1, 1]], "83 80"),
        # XBM, u8g2.
        (Layout("rows", 1, "lsb"), [[1, 0, 0, 0, 0, 0, 1, 1, 1]], "c1 01"),
        (Layout("rows", 4), [[1, 2, 3]], "12 30"),
        (Layout("rows", 4, "lsb"), [[1, 2, 3]], "21 03"),
        (Layout("rows", 12), [[0xABC, 0xDEF, 0x123]], "ab cd ef 12 30"),
        (Layout("rows", 12, "lsb"), [[0xABC, 0xDEF, 0x123]], "bc fa de 23 01"),
        (Layout("rows", 16), [[0xF800, 0x001F]], "f8 00 00 1f"),
        (Layout("rows", 16, byte_order="little"), [[0xF800, 0x001F]], "00 f8 1f 00"),
        (Layout("rows", 24, byte_order="little"), [[0x123456]], "56 34 12"),
        (Layout("rows", 32), [[0xFFFFFFFF]], "ff ff ff ff"),
        (Layout("rows", 8, align=4), [[1], [2]], "01 00 00 00 02 00 00 00"),
        (Layout("rows", 1, invert=True, align=2), [[1, 1, 1]], "1f ff"),
        # SSD1306: bit 0 is the top row of a page.
        (Layout("pages", 1, "lsb"), [[1, 0], [1, 0], [0, 1]], "03 04"),
        (Layout("pages", 1, "msb"), [[1, 0], [1, 0], [0, 1]], "c0 20"),
        (Layout("pages", 1, "lsb"), [[0]] * 8 + [[1]], "00 01"),
        (Layout("columns", 1), [[1, 0], [1, 0], [0, 1]], "c0 20"),
        # SuperFamiconv, mode ngp: bits (7 - x) * 2 of a word that is stored low byte first.
        (
            Layout("packed-tiles", 2, byte_order="little"),
            [[0, 1, 2, 3, 3, 0, 0, 1]] + [[0] * 8] * 7,
            "c1 1b" + " 00" * 14,
        ),
        # osptek's st7305.cc: bit 7 - (x % 4 * 2 + y % 2) of byte y / 2 * stride + x / 4.
        (Layout("blocks", 1, align=3), [[1, 0, 0, 0, 1], [0, 0, 0, 0, 1]], "80 c0 00"),
        # CircuitPython's sharpdisplay: number, pixels, zero byte; reversed unless JDI.
        (Layout("sharp-lines"), [[1] * 8, [0] * 8], "80 ff 00 40 00 00"),
        (Layout("jdi-lines", 4), [[0xE, 0x8], [0x4, 0x2]], "01 e8 00 02 42 00"),
        # Pimoroni's hub75.cpp: ((y % half) * width + x) * 2, and one more for the lower half.
        (Layout("interleaved", 8), [[1, 2], [3, 4], [5, 6], [7, 8]], "01 05 02 06 03 07 04 08"),
        (Layout("folded", 8), [[1, 2], [3, 4], [5, 6], [7, 8]], "01 02 05 06 03 04 07 08"),
        # Two planes: 2 is (1, 0), 1 is (0, 1).
        (Layout("planes", 2), [[3, 2, 1, 0]], "c0 a0"),
        # Pan Docs, "VRAM Tile Data": 3C 7E is 0 2 3 3 3 3 2 0.
        (Layout("tiles", 2), [[0, 2, 3, 3, 3, 3, 2, 0]] + [[0] * 8] * 7, "3c 7e" + " 00" * 14),
        # GBATEK: the lower 4 bits are the left dot. Mega Drive: the upper ones.
        (
            Layout("packed-tiles", 4, "lsb"),
            [[1, 2, 3, 4, 5, 6, 7, 8]] + [[0] * 8] * 7,
            "21 43 65 87" + " 00" * 28,
        ),
        (
            Layout("packed-tiles", 4),
            [[1, 2, 3, 4, 5, 6, 7, 8]] + [[0] * 8] * 7,
            "12 34 56 78" + " 00" * 28,
        ),
        # SNES: 1 and 2 are in the first 16 bytes, 4 and 8 in the others.
        (
            Layout("paired-tiles", 4),
            [[1, 2, 4, 8, 0, 0, 0, 0]] + [[0] * 8] * 7,
            "80 40" + " 00" * 14 + " 20 10" + " 00" * 14,
        ),
        (Layout("halves", 4), [[1, 2, 3, 4], [5, 6, 7, 8]], "12 56 34 78"),
    ],
)
def test_worked_example(layout: Layout, values: list[list[int]], data: str) -> None:
    packed = layouts.pack(np.array(values, np.uint32), layout)
    assert packed.hex(" ") == data


def test_a_view_of_an_array_packs_like_a_copy() -> None:
    values = _picture(Layout(bits=4), 14, 12)[::2, ::-2]
    for layout in (Layout("rows", 4), Layout("columns", 4), Layout("planes", 4)):
        assert layouts.pack(values, layout) == layouts.pack(values.copy(), layout)


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        (Layout("rows", 3), "`rows` cannot hold 3 bits a pixel, only 1, 2, 4, 8, 12, 16, 24, 32$"),
        (Layout("pages", 2), "`pages` cannot hold 2 bits a pixel, only 1$"),
        (Layout("columns", 18), "`columns` cannot hold 18 bits a pixel"),
        (Layout("planes", 9), "`planes` cannot hold 9 bits a pixel, only 1, 2, 3, 4, 5, 6, 7, 8$"),
        (Layout("tiles", 16), "`tiles` cannot hold 16 bits a pixel"),
        (Layout("tiles", 2, align=2), "remove `align`"),
        (Layout("packed-tiles", 4, align=2), "`packed-tiles` has no rows to pad: remove `align`"),
        (Layout("paired-tiles", 3), "`paired-tiles` cannot hold 3 bits a pixel, only 2, 4, 6, 8$"),
    ],
)
def test_an_impossible_layout_is_named(layout: Layout, words: str) -> None:
    for call in (
        lambda: layouts.size(layout, 8, 8),
        lambda: layouts.pack(np.zeros((8, 8), np.uint32), layout),
        lambda: layouts.unpack(b"", layout, 8, 8),
    ):
        with pytest.raises(ValueError, match=words):
            call()


@pytest.mark.parametrize(("width", "height", "need"), [(9, 8, "16x8"), (160, 141, "160x144")])
def test_a_picture_of_broken_tiles_names_the_next_size(width: int, height: int, need: str) -> None:
    values = np.zeros((height, width), np.uint32)
    with pytest.raises(ValueError, match=f"set `size: {need}`"):
        layouts.pack(values, Layout("tiles", 2))
    with pytest.raises(ValueError, match=f"set `size: {need}`"):
        layouts.size(Layout("tiles", 2), width, height)


def test_an_odd_width_has_no_halves() -> None:
    with pytest.raises(ValueError, match="a width of 3 has no two halves: make it 4"):
        layouts.pack(np.zeros((2, 3), np.uint32), Layout("halves", 4))


@pytest.mark.parametrize("scan", ["folded", "interleaved"])
def test_an_odd_height_has_no_halves(scan: str) -> None:
    with pytest.raises(ValueError, match="a height of 3 has no two halves: make it 4"):
        layouts.pack(np.zeros((3, 2), np.uint32), Layout(scan, 4))


def test_more_rows_than_a_byte_numbers_are_refused() -> None:
    assert layouts.size(Layout("sharp-lines"), 8, 255) == 255 * 3
    with pytest.raises(ValueError, match="`sharp-lines` numbers 255 rows, and the picture has 256"):
        layouts.pack(np.zeros((256, 8), np.uint32), Layout("sharp-lines"))


def test_a_line_of_a_memory_lcd_is_told_by_its_number_whatever_its_pixels() -> None:
    for invert in (False, True):
        for value in (0, 1):
            values = np.full((3, 8), value, np.uint32)
            data = layouts.pack(values, Layout("sharp-lines", invert=invert))
            pixels = 255 * (value != invert)
            assert data == bytes([0x80, pixels, 0, 0x40, pixels, 0, 0xC0, pixels, 0])


def test_data_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"3x3 as rows bits=1 is 3 bytes, not 4"):
        layouts.unpack(bytes(4), Layout(), 3, 3)


def test_a_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="value 16 does not fit 4 bits"):
        layouts.pack(np.array([[3, 16]], np.uint32), Layout("rows", 4))
