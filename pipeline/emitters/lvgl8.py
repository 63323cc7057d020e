"""LVGL 8: images as C sources and binary files, and their reader.

Format: `lv_img_header_t`, one little-endian word of five fields, and the color formats of LVGL 8
`src/draw/lv_img_buf.h`. Behind it stands what LVGL 9 has behind its own header, but no row is
padded, there is no L8, and RGB565 is TRUE_COLOR: its byte order is that of `LV_COLOR_16_SWAP`.
"""

import re
import struct

from pipeline.emitters import Picture, ctext
from pipeline.emitters.lvgl import AS_CPP, INCLUDE, Image, colors, mask, restore
from pipeline.palette import Indexed

HEADER = struct.Struct("<I")
MAX_SIDE = 2047
SWAPPED = ".lvgl8-swap.bin"
"""Ending of files whose words stand high byte first, which nothing in them tells."""

# Formats of LVGL 9 as `lv_img_cf_t` counts and names them.
_NUMBERS = {
    "RGB565": 4,
    **{f"I{bits}": 7 + place for place, bits in enumerate((1, 2, 4, 8))},
    **{f"A{bits}": 11 + place for place, bits in enumerate((1, 2, 4, 8))},
}
_FORMATS = {number: name for name, number in _NUMBERS.items()}


def source(picture: Picture) -> tuple[bytes]:
    """NAME.lvgl8.c with `NAME_image`, indexed or TRUE_COLOR."""
    return (_source(picture, _checked(colors(picture.indexed, l8=False))),)


def alpha_source(picture: Picture) -> tuple[bytes]:
    """NAME.lvgl8.c with `NAME_image`, a mask."""
    return (_source(picture, _checked(mask(picture.indexed))),)


def binary(picture: Picture) -> tuple[bytes]:
    """NAME.lvgl8.bin; for over 256 colors RGB565 as `LV_COLOR_16_SWAP` 0 has it."""
    return (_file(_checked(colors(picture.indexed, l8=False))),)


def swapped_binary(picture: Picture) -> tuple[bytes]:
    """NAME.lvgl8-swap.bin; for over 256 colors RGB565 as `LV_COLOR_16_SWAP` 1 has it."""
    return (_file(_swapped(_checked(colors(picture.indexed, l8=False)))),)


def alpha_binary(picture: Picture) -> tuple[bytes]:
    """NAME.lvgl8.bin, a mask."""
    return (_file(_checked(mask(picture.indexed))),)


def _checked(image: Image) -> Image:
    if max(image.width, image.height) > MAX_SIDE:
        raise ValueError(
            f"LVGL 8 has no images over {MAX_SIDE} pixels wide or high, and this one is"
            f" {image.width}x{image.height}; make it smaller, or use `lvgl` with LVGL 9"
        )
    return image


def _swapped(image: Image) -> Image:
    if image.format != "RGB565":
        return image
    data = bytearray(image.data)
    data[::2], data[1::2] = image.data[1::2], image.data[::2]
    return image._replace(data=bytes(data))


def _file(image: Image) -> bytes:
    return HEADER.pack(_NUMBERS[image.format] | image.width << 10 | image.height << 21) + image.data


def _constant(format_: str) -> str:
    if format_ == "RGB565":
        return "LV_IMG_CF_TRUE_COLOR"
    kind = "INDEXED" if format_.startswith("I") else "ALPHA"
    return f"LV_IMG_CF_{kind}_{format_[1:]}BIT"


# C++ before 20 has no names in initializers.
_VALUE = """#ifdef __cplusplus
  {{{cf}, 0, 0, {width}, {height}}},
  sizeof({symbol}_map), {symbol}_map,
#else
  .header = {{
    .cf = {cf},
    .always_zero = 0,
    .reserved = 0,
    .w = {width},
    .h = {height},
  }},
  .data_size = sizeof({symbol}_map),
  .data = {symbol}_map,
#endif"""


def _source(picture: Picture, image: Image) -> bytes:
    symbol, cf = picture.symbol, _constant(image.format)
    ctext.check_symbol(symbol)
    what = f"{image.width} x {image.height} pixels, {cf}"
    use = f"Declare it with LV_IMG_DECLARE({symbol}_image);"
    descriptor = f"const lv_img_dsc_t {symbol}_image"
    value = _VALUE.format(cf=cf, width=image.width, height=image.height, symbol=symbol)
    parts = [
        ctext.comment([f"{symbol} for LVGL 8: {what}.", use, ctext.NOTICE]),
        INCLUDE,
        AS_CPP,
        "\n".join([ctext.EXTERN_C, f"extern {descriptor};", ctext.END_EXTERN_C]),
        *_maps(image, symbol),
        f"{descriptor} = {{\n{value}\n}};",
    ]
    return ctext.text(parts)


_SWAP = "#if LV_COLOR_16_SWAP\n"


def _maps(image: Image, symbol: str) -> list[str]:
    """The array; two of them, of which the compiler sees one, where the byte order matters."""
    storage = "static const LV_ATTRIBUTE_MEM_ALIGN LV_ATTRIBUTE_LARGE_CONST uint8_t"

    def array(data: bytes) -> str:
        return f"{storage} {symbol}_map[] = {{\n{ctext.elements(data, 1)}\n}};"

    if image.format != "RGB565":
        return [array(image.data)]
    return [
        '#if LV_COLOR_DEPTH != 16\n#error "this image is RGB565: set LV_COLOR_DEPTH to 16"\n#endif',
        f"{_SWAP}{array(_swapped(image).data)}",
        f"#else\n{array(image.data)}\n#endif",
    ]


def is_file(data: bytes) -> bool:
    """Whether a file is an LVGL 8 image as we write them; its header has no magic number."""
    try:
        read(data)
    except ValueError:
        return False
    return True


def read(data: bytes, *, swapped: bool = False) -> Indexed:
    """The picture in a file of `binary` or `alpha_binary`; see `lvgl.read` for what is in it.

    Args:
        data: The file.
        swapped: It is one of `swapped_binary`.

    Raises:
        ValueError: The file is damaged, or no LVGL 8 image of a format that bitplane writes.
    """
    return restore(file_image(data, swapped=swapped))


def file_image(data: bytes, *, swapped: bool = False) -> Image:
    """The image in a file; its parts need not fit. See `read`."""
    word = HEADER.unpack_from(data)[0] if len(data) >= HEADER.size else 0
    name, reserved = _FORMATS.get(word & 0x1F, ""), word >> 5 & 0x1F
    if not name or reserved:
        raise ValueError("not an LVGL 8 image of a format that bitplane reads")
    image = _image(name, word >> 10 & MAX_SIDE, word >> 21, data[HEADER.size :])
    return _swapped(image) if swapped else image


def _image(name: str, width: int, height: int, data: bytes) -> Image:
    bits = 16 if name == "RGB565" else int(name[1:])
    return Image(name, width, height, -(-width * bits // 8), data)


_FIELD = re.compile(r"\.(cf|w|h)\s{0,9}=\s{0,9}(?:LV_IMG_CF_)?(\w{1,14})")


def read_source(data: bytes) -> Indexed:
    """The picture in a source file of `source` or `alpha_source`; see `read`.

    Raises:
        ValueError: The text is damaged, or no LVGL 8 image that bitplane writes.
    """
    return restore(source_image(data))


def source_image(data: bytes) -> Image:
    """The image in a source file; of two arrays that of which low bytes come first.

    Raises:
        ValueError: The text is damaged, or no LVGL 8 image that bitplane writes.
    """
    code, both, arrays = ctext.code_of(ctext.decoded(data)).partition(_SWAP)
    if both:
        code = arrays.partition("\n#else\n")[2]  # the one whose low bytes come first
    facts = dict(_FIELD.findall(code))
    formats = {_constant(name).removeprefix("LV_IMG_CF_"): name for name in _NUMBERS}
    size, elements = ctext.read_arrays(code).get("map", (0, []))
    sides = facts.get("w", ""), facts.get("h", "")
    if size != 1 or facts.get("cf") not in formats or not all(map(str.isdigit, sides)):
        raise ValueError("the C source is no LVGL 8 image of a format that bitplane reads")
    return _image(formats[facts["cf"]], int(sides[0]), int(sides[1]), bytes(elements))
