"""Template: anyone else's format, by a text file with places for a picture's values."""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from pipeline.emitters import Picture, pixel_value, pixel_values
from pipeline.emitters.describe import mark, stride
from pipeline.emitters.names import constants
from pipeline.layout import MAX_INDEXED
from pipeline.template import Each, Hole

_PER_LINE = 16


def filled(picture: Picture) -> tuple[bytes]:
    """NAME with the template's ending: the template with all its values.

    Raises:
        ValueError: The picture came without a template.
    """
    if picture.template is None:
        raise ValueError("`template` needs a template file; name one with `template:`")
    text = "".join(_part(picture, part) for part in picture.template.parts)
    return (text.encode("utf-8"),)


def _part(picture: Picture, part: str | Hole | Each) -> str:
    if isinstance(part, Each):
        items = [_item(picture, part.parts, values) for values in _ITEMS[part.of](picture)]
        return "".join(_joined(items, part.between))
    return _text(picture, part, {})


def _item(picture: Picture, parts: tuple[str | Hole, ...], values: dict[str, str]) -> str:
    return "".join(_text(picture, part, values) for part in parts)


def _text(picture: Picture, part: str | Hole, values: dict[str, str]) -> str:
    if isinstance(part, str):
        return part
    found = values.get(part.name)
    return _FIELDS[part.name](picture, part.indent) if found is None else found


def _joined(items: list[str], between: str) -> Iterator[str]:
    """Items with a text between them, which stands before the end of a line."""
    for item in items[:-1]:
        line = item.removesuffix("\n")
        yield line + between + item[len(line) :]
    yield items[-1]


def _listed(items: list[str], indent: str) -> str:
    lines = (items[start : start + _PER_LINE] for start in range(0, len(items), _PER_LINE))
    return f",\n{indent}".join(", ".join(line) for line in lines)


def _hex_codes(picture: Picture, indent: str) -> str:
    return _listed([f"0x{code:x}" for code in picture.indexed.palette.codes.tolist()], indent)


def _dec_codes(picture: Picture, indent: str) -> str:
    return _listed([str(code) for code in picture.indexed.palette.codes.tolist()], indent)


def _transparent(picture: Picture) -> str:
    index = picture.indexed.palette.transparent
    return str(-1 if index is None else index)


def _stride(picture: Picture) -> str:
    return str(stride(picture.layout, picture.indexed.width, picture.indexed.height))


def _plain(value: Callable[[Picture], object]) -> Callable[[Picture, str], str]:
    def text(picture: Picture, indent: str) -> str:
        del indent
        return str(value(picture))

    return text


_FIELDS: Mapping[str, Callable[[Picture, str], str]] = MappingProxyType(
    {
        "symbol": _plain(lambda picture: picture.symbol),
        "SYMBOL": _plain(lambda picture: picture.symbol.upper()),
        "target": _plain(lambda picture: picture.target),
        "width": _plain(lambda picture: picture.indexed.width),
        "height": _plain(lambda picture: picture.indexed.height),
        "bits": _plain(lambda picture: picture.layout.bits),
        "scan": _plain(lambda picture: picture.layout.scan),
        "first": _plain(lambda picture: picture.layout.first),
        "byte-order": _plain(lambda picture: picture.layout.byte_order),
        "stride": _plain(_stride),
        "holds": _plain(lambda picture: picture.holds),
        "bytes": _plain(lambda picture: len(picture.data)),
        "colors": _plain(lambda picture: len(picture.indexed.palette)),
        "transparent": _plain(_transparent),
        "pixels.hex": lambda picture, indent: _listed([f"0x{b:02x}" for b in picture.data], indent),
        "pixels.dec": lambda picture, indent: _listed([str(b) for b in picture.data], indent),
        "pixels.digits": _plain(lambda picture: picture.data.hex()),
        "pixels.base64": _plain(lambda picture: base64.b64encode(picture.data).decode("ascii")),
        "codes.hex": _hex_codes,
        "codes.dec": _dec_codes,
        "mark": _plain(lambda picture: mark(replace(picture, codec="none"))),
    }
)


def _colors(picture: Picture) -> Iterator[dict[str, str]]:
    palette = picture.indexed.palette
    few = len(palette) <= MAX_INDEXED
    known = constants(picture) if few else [f"COLOR_{index}" for index in range(len(palette))]
    names = [*picture.names, *[""] * (len(palette) - len(picture.names))]
    for index, (red, green, blue) in enumerate(palette.nominal.tolist()):
        yield {
            "color.index": str(index),
            "color.rgb": f"{red:02x}{green:02x}{blue:02x}",
            "color.red": str(red),
            "color.green": str(green),
            "color.blue": str(blue),
            "color.code": str(palette.codes[index]),
            "color.value": str(pixel_value(picture, index)),
            "color.constant": known[index],
            "color.name": re.sub(r"[^A-Za-z0-9 ._-]", "_", names[index]),
            "color.json": json.dumps(names[index]),
        }


def _rows(picture: Picture) -> Iterator[dict[str, str]]:
    for index, row in enumerate(pixel_values(picture.indexed, picture.holds).tolist()):
        yield {
            "row.index": str(index),
            "row.hex": ", ".join(f"0x{value:x}" for value in row),
            "row.dec": ", ".join(map(str, row)),
        }


_ITEMS: Mapping[str, Callable[[Picture], Iterator[dict[str, str]]]] = MappingProxyType(
    {"color": _colors, "row": _rows}
)
