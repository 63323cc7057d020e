"""LVGL 9: images as binary files and as C sources, and their reader.

Format: `lv_image_header_t` (12 bytes, little-endian: magic 0x19, color format, flags, width,
height, stride, reserved) and its color formats, LVGL 9 `src/draw/lv_image_dsc.h` and
`src/misc/lv_color.h`. Indexed pixels stand behind a full palette of B, G, R, A entries.
"""

import re
import struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import layouts
from pipeline.emitters import Picture, ctext, lvgl_stream
from pipeline.emitters.describe import check_area, check_size
from pipeline.emitters.direct import is_gray, opacity
from pipeline.grid import GRIDS
from pipeline.layout import INDEXED_BITS, MAX_INDEXED, Layout, indexed_layout
from pipeline.palette import Indexed, Palette, grid_colors, grid_words

MAGIC = 0x19
HEADER = struct.Struct("<2B5H")
MAX_STRIDE = 0xFFFF
ENTRY_BYTES = 4

# Numbers of `lv_color_format_t`.
FORMATS = {
    "L8": 6,
    "I1": 7,
    "I2": 8,
    "I4": 9,
    "I8": 10,
    "A1": 11,
    "A2": 12,
    "A4": 13,
    "A8": 14,
    "RGB565": 18,
}
NAMES = {number: name for name, number in FORMATS.items()}


class Header(NamedTuple):
    """What `HEADER` holds."""

    magic: int
    format: int
    flags: int
    width: int
    height: int
    stride: int
    reserved: int


class Image(NamedTuple):
    """An LVGL image: what its header says and the bytes behind it.

    Attributes:
        format: Key of `FORMATS`.
        width, height: Pixels.
        stride: Bytes from one row to the next.
        data: Palette, where there is one, and rows.
        stream: The same compressed, as `lvgl_stream` writes it; nothing where it is not.
    """

    format: str
    width: int
    height: int
    stride: int
    data: bytes
    stream: bytes = b""

    @property
    def flags(self) -> int:
        """What the header says of the bytes behind it."""
        return lvgl_stream.FLAG if self.stream else 0

    @property
    def unit(self) -> int:
        """Bytes of a pixel, at least 1."""
        return max(1, layout_of(self.format).bits // 8)

    def file(self) -> bytes:
        """What LVGL's decoder reads from a file whose name ends in `.bin`."""
        size = self.width, self.height, self.stride
        header = Header(MAGIC, FORMATS[self.format], self.flags, *size, 0)
        return HEADER.pack(*header) + (self.stream or self.data)


def source(picture: Picture) -> tuple[bytes]:
    """NAME.lvgl.c with `NAME_image`, in the format that `colors` chooses."""
    return (_source(picture, _stored(picture, colors(picture.indexed))),)


def binary(picture: Picture) -> tuple[bytes]:
    """NAME.lvgl.bin, in the format that `colors` chooses."""
    return (_stored(picture, colors(picture.indexed)).file(),)


def alpha_source(picture: Picture) -> tuple[bytes]:
    """NAME.lvgl.c with `NAME_image`, a mask."""
    return (_source(picture, _stored(picture, mask(picture.indexed))),)


def alpha_binary(picture: Picture) -> tuple[bytes]:
    """NAME.lvgl.bin, a mask."""
    return (_stored(picture, mask(picture.indexed)).file(),)


def _stored(picture: Picture, image: Image) -> Image:
    """The image compressed as was asked, where LVGL knows the codec."""
    stream = lvgl_stream.smallest(image.data, image.unit, picture.compress)
    return image._replace(stream=stream)


def colors(indexed: Indexed, *, l8: bool = True) -> Image:
    """The picture in nominal colors: RGB565 above 256, L8 for over 16 grays, I1 to I8 else.

    Args:
        indexed: The picture.
        l8: There is L8; LVGL 8 has none.

    Raises:
        ValueError: It is too wide for LVGL, or has a transparent entry among over 256.
    """
    palette = indexed.palette
    if len(palette) > MAX_INDEXED:
        if palette.transparent is not None:
            raise ValueError(
                f"LVGL's RGB565 has no transparent color; choose a `palette` of {MAX_INDEXED}"
                " colors at most"
            )
        words = grid_words(GRIDS["rgb565"], palette.nominal)
        return _image("RGB565", words[indexed.indices], layout_of("RGB565"))
    many = len(palette) > 1 << INDEXED_BITS[-2]
    if l8 and many and palette.transparent is None and is_gray(palette):
        gray = palette.nominal[:, 0].astype(np.uint32)
        return _image("L8", gray[indexed.indices], layout_of("L8"))
    layout = indexed_layout(len(palette))
    values = indexed.indices.astype(np.uint32)
    return _image(f"I{layout.bits}", values, layout, _entries(palette, layout.bits))


def mask(indexed: Indexed) -> Image:
    """The picture as opacity, A1 to A8: black is clear, white is opaque, and LVGL gives the color.

    Raises:
        ValueError: A color is not gray, or the picture is too wide for LVGL.
    """
    if not is_gray(indexed.palette):
        raise ValueError("an LVGL alpha image is made of grays; use `lvgl` for colors")
    bits, levels = opacity(indexed.palette)
    return _image(f"A{bits}", levels[indexed.indices], Layout(bits=bits))


def layout_of(name: str) -> Layout:
    """How the pixels of a format are packed."""
    bits = 16 if name == "RGB565" else int(name[1:])
    return Layout(bits=bits, byte_order="little")


def _entries(palette: Palette, bits: int) -> bytes:
    """Exactly 2**bits palette entries B, G, R, A; what the palette has not is all zero."""
    entries = np.zeros((1 << bits, ENTRY_BYTES), np.uint8)
    entries[: len(palette), :3] = palette.nominal[:, ::-1]
    entries[: len(palette), 3] = 255
    if palette.transparent is not None:
        entries[palette.transparent, 3] = 0
    return entries.tobytes()


def _image(name: str, values: NDArray[np.uint32], layout: Layout, table: bytes = b"") -> Image:
    height, width = values.shape
    stride = layouts.size(layout, width, 1)
    check_size(width, height)
    if stride > MAX_STRIDE:
        raise ValueError(f"a row of {stride} bytes is too long for LVGL, which allows {MAX_STRIDE}")
    return Image(name, width, height, stride, table + layouts.pack(values, layout))


INCLUDE = """#if defined(LV_LVGL_H_INCLUDE_SIMPLE)
#include "lvgl.h"
#else
#include "lvgl/lvgl.h"
#endif"""

# C++ before 20 has no names in initializers, and g++ then misses the reserved fields.
AS_CPP = """#ifdef __cplusplus
#if defined(LV_BIG_ENDIAN_SYSTEM) && LV_BIG_ENDIAN_SYSTEM
#error "compile this file as C: the order of the header's fields depends on the machine"
#endif
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
#endif"""


def _source(picture: Picture, image: Image) -> bytes:
    symbol = picture.symbol
    ctext.check_symbol(symbol)
    what = f"{image.width} x {image.height} pixels, LV_COLOR_FORMAT_{image.format}"
    use = f"Declare it with LV_IMAGE_DECLARE({symbol}_image);"
    if image.stream:
        use += " LVGL needs LV_BIN_DECODER_RAM_LOAD and LV_USE_RLE or LV_USE_LZ4 for it."
    descriptor = f"const lv_image_dsc_t {symbol}_image"
    storage = "static const LV_ATTRIBUTE_MEM_ALIGN LV_ATTRIBUTE_LARGE_CONST uint8_t"
    parts = [
        ctext.comment([f"{symbol} for LVGL 9: {what}.", use, ctext.NOTICE]),
        INCLUDE,
        AS_CPP,
        "\n".join([ctext.EXTERN_C, f"extern {descriptor};", ctext.END_EXTERN_C]),
        f"{storage} {symbol}_map[] = {{\n{ctext.elements(image.stream or image.data, 1)}\n}};",
        f"{descriptor} = {{\n{_value(image, symbol)}\n}};",
    ]
    return ctext.text(parts)


def _value(image: Image, symbol: str) -> str:
    """The descriptor's fields, in order for C++ and by name for C."""
    cpp, c = _places(image, symbol), _fields(image, symbol)
    return f"#ifdef __cplusplus\n{cpp}\n#else\n{c}\n#endif"


def _places(image: Image, symbol: str) -> str:
    format_ = f"LV_COLOR_FORMAT_{image.format}"
    size = f"{image.width}, {image.height}, {image.stride}"
    header = f"LV_IMAGE_HEADER_MAGIC, {format_}, {_flags(image)}, {size}"
    return f"  {{{header}, 0}},\n  sizeof({symbol}_map), {symbol}_map,"


def _flags(image: Image) -> str:
    return "LV_IMAGE_FLAGS_COMPRESSED" if image.stream else "0"


def _fields(image: Image, symbol: str) -> str:
    return f"""  .header = {{
    .magic = LV_IMAGE_HEADER_MAGIC,
    .cf = LV_COLOR_FORMAT_{image.format},
    .flags = {_flags(image)},
    .w = {image.width},
    .h = {image.height},
    .stride = {image.stride},
  }},
  .data_size = sizeof({symbol}_map),
  .data = {symbol}_map,"""


def is_file(data: bytes) -> bool:
    """The first bytes are those of an LVGL image of a format that `read` knows."""
    return len(data) > HEADER.size and data[0] == MAGIC and data[1] in NAMES


def read(data: bytes) -> Indexed:
    """The picture in a file of `binary` or `alpha_binary`.

    Returns:
        The picture with LVGL's reading of its colors, `nominal` and `seen` alike; a mask as
        grays. Codes are indices of a palette, words of RGB565, and levels of L8 and A1 to A8.

    Raises:
        ValueError: The file is damaged, or is of a kind that bitplane does not write.
    """
    return restore(file_image(data))


def file_image(data: bytes) -> Image:
    """The image in a file of `binary` or `alpha_binary`; its parts need not fit.

    Raises:
        ValueError: It is of a kind that bitplane does not write, or its stream is damaged.
    """
    if not is_file(data):
        raise ValueError("not an LVGL 9 image of a format that bitplane reads")
    header = Header(*HEADER.unpack_from(data))
    if header.flags & ~lvgl_stream.FLAG:
        raise ValueError(f"the LVGL image has flags {header.flags:#x}, as premultiplied ones have")
    size = header.width, header.height, header.stride
    return _image_of(NAMES[header.format], size, data[HEADER.size :], compressed=bool(header.flags))


def _image_of(
    format_: str, size: tuple[int, int, int], behind: bytes, *, compressed: bool
) -> Image:
    """An image from its header's facts (width, height, stride) and the bytes behind it."""
    image = Image(format_, *size, behind)
    if not compressed:
        return image
    check_area(max(image.width, image.stride // image.unit), image.height)
    length = _table(format_) + image.stride * image.height
    return image._replace(data=lvgl_stream.unpacked(behind, image.unit, length), stream=behind)


def _table(format_: str) -> int:
    """Bytes of a format's palette."""
    return ENTRY_BYTES << layout_of(format_).bits if format_.startswith("I") else 0


_FIELD = re.compile(
    r"\.(cf|w|h|stride|flags)\s{0,9}=\s{0,9}(?:LV_COLOR_FORMAT_|LV_IMAGE_FLAGS_)?(\w{1,10})"
)


def read_source(data: bytes) -> Indexed:
    """The picture in a source file of `source` or `alpha_source`; see `read`.

    Raises:
        ValueError: The text is damaged, or no LVGL 9 image that bitplane reads.
    """
    return restore(source_image(data))


def source_image(data: bytes) -> Image:
    """The image in a source file of `source` or `alpha_source`; its parts need not fit.

    Raises:
        ValueError: The text is damaged, or no LVGL 9 image that bitplane reads.
    """
    code = ctext.code_of(ctext.decoded(data))
    facts = dict(_FIELD.findall(code))
    size, elements = ctext.read_arrays(code).get("map", (0, []))
    numbers = [facts.get(name, "") for name in ("w", "h", "stride")]
    if size != 1 or facts.get("cf") not in FORMATS or not all(map(str.isdigit, numbers)):
        raise ValueError("the C source is no LVGL 9 image of a format that bitplane reads")
    flags = facts.get("flags", "0")
    if flags not in ("0", "COMPRESSED"):
        raise ValueError("the LVGL image has flags that bitplane does not set")
    width, height, stride = map(int, numbers)
    return _image_of(facts["cf"], (width, height, stride), bytes(elements), compressed=flags != "0")


def restore(image: Image) -> Indexed:
    """The picture of an image whose parts need not fit each other.

    Raises:
        ValueError: They do not.
    """
    check_size(image.width, image.height)
    layout = layout_of(image.format)
    table = _table(image.format)
    row = layouts.size(layout, image.width, 1)
    if image.stride < row or len(image.data) != table + image.stride * image.height:
        raise ValueError(
            f"an LVGL image of {image.width}x{image.height} in {image.format} is not"
            f" {len(image.data)} bytes in rows of {image.stride}"
        )
    rows = np.frombuffer(image.data[table:], np.uint8).reshape(image.height, -1)[:, :row]
    values = layouts.unpack(rows.tobytes(), layout, image.width, image.height)
    if table:
        return _indexed(values, image.data[:table])
    return _direct(values, image.format, layout.bits)


def _indexed(values: NDArray[np.uint32], table: bytes) -> Indexed:
    """Pixels and their palette, without the zeros that fill it up."""
    entries = np.frombuffer(table, np.uint8).reshape(-1, ENTRY_BYTES)
    filled = np.flatnonzero(entries.any(-1))
    count = 1 + max(int(values.max()), int(filled[-1]) if len(filled) else 0)
    nominal = entries[:count, 2::-1]
    clear = np.flatnonzero(entries[:count, 3] == 0)
    transparent = int(clear[0]) if len(clear) else None
    palette = Palette(nominal, nominal, np.arange(count, dtype=np.uint32), transparent)
    return Indexed(values.astype(np.uint16), palette)


def _direct(values: NDArray[np.uint32], name: str, bits: int) -> Indexed:
    """Pixels that are words or levels; the palette is those that occur, ascending."""
    words, indices = np.unique(values, return_inverse=True)
    grid = GRIDS["rgb565" if name == "RGB565" else f"gray{bits}"]
    seen = grid_colors(grid, words)
    return Indexed(indices.reshape(values.shape).astype(np.uint16), Palette(seen, seen, words))
