"""Scalar types of manifest and target files: text in, typed values out, JSON Schema beside."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field
from pydantic_core import PydanticCustomError

from pipeline.grid import GRIDS, RGB
from pipeline.layout import MAX_AREA
from pipeline.registry import BUNDLES, CODECS, DITHERS, EMITTERS, LAYOUTS
from pipeline.target import KINDS

MAX_SIDE = 16384
"""Longest side of a picture in pixels."""


def wrong(message: str, hint: str = "") -> PydanticCustomError:
    """An error whose words and hint reach the user as they are."""
    return PydanticCustomError("bitplane", "{words}", {"words": message, "hint": hint})


def one_of(what: str, choices: list[str]) -> Callable[[Any], Any]:
    """A validator for names out of a registry."""

    def check(value: Any) -> Any:
        if value not in choices:
            context = {
                "words": f"unknown {what} '{value}'",
                "choices": choices,
                "value": str(value),
            }
            raise PydanticCustomError("choice", "{words}", context)
        return value

    return check


def _whole(value: Any) -> Any:
    """Decimal, 0x or 0b; a leading zero is decimal, as people mean it."""
    if isinstance(value, str):
        text = value.strip().replace("_", "")
        match = re.fullmatch(r"0x([0-9a-fA-F]{1,15})|0b([01]{1,60})|([+-]?\d{1,18})", text)
        if not match:
            raise wrong(f"expected a whole number, got '{value}'")
        digits, base = next((g, b) for g, b in zip(match.groups(), (16, 2, 10), strict=True) if g)
        return int(digits, base)
    return value


def parse_size(text: str) -> tuple[int, int]:
    """`320x240` to (320, 240); raises a pydantic error."""
    match = re.fullmatch(r"\s*(\d{1,5})\s*x\s*(\d{1,5})\s*", text)
    if not match:
        raise wrong(f"expected a size like 320x240, got '{text}'")
    width, height = int(match[1]), int(match[2])
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise wrong(f"a size is 1x1 to {MAX_SIDE}x{MAX_SIDE}, not {width}x{height}")
    if width * height > MAX_AREA:
        raise wrong(f"{width}x{height} is more than {MAX_AREA} pixels")
    return width, height


def _size(value: Any) -> Any:
    return parse_size(value) if isinstance(value, str) else value


def parse_color(text: str) -> RGB:
    """`#rrggbb` or `#rgb` to (r, g, b); raises a pydantic error."""
    match = re.fullmatch(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})", text.strip())
    if not match:
        bare = re.fullmatch(r"[0-9a-fA-F]{6}", text.strip())
        hint = (
            f'write "#{text.strip()}", with the quotes'
            if bare
            else 'colors are written like "#ff8000", without alpha'
        )
        raise wrong(f"expected a color, got '{text}'", hint)
    digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _folder(value: Any) -> Any:
    """A path in words: no control characters, and not empty."""
    if isinstance(value, str):
        value = value.replace("\\", "/")
        if not value.strip() or any(ord(char) < 32 for char in value):
            raise wrong(f"'{value}' cannot be a folder")
        if re.search(r"[{}]", value.replace("{target}", "")):
            raise wrong(f"unknown '{{...}}' in '{value}'", "a folder may use {target}")
    return value


def _size_or_screen(value: Any) -> Any:
    return value if value == "screen" else _size(value)


def _size_option(value: Any) -> Any:
    return value if value == "none" else _size_or_screen(value)


def _rotation(value: Any) -> Any:
    degrees = _whole(value)
    if degrees not in (0, 90, 180, 270):
        raise wrong(f"expected a rotation of 0, 90, 180 or 270 degrees, got '{value}'")
    return degrees


def _color(value: Any) -> Any:
    return parse_color(value) if isinstance(value, str) else value


def _transparent_or_color(value: Any) -> Any:
    return value if value == "transparent" else _color(value)


_UNITS = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "kb": 1000, "mb": 1_000_000}


def _bytes(value: Any) -> Any:
    """`512 KiB`, `4 MB` or plain bytes to a number of bytes."""
    if not isinstance(value, str):
        return value
    if value.strip().startswith("0x"):
        return _whole(value)
    match = re.fullmatch(r"\s*(\d{1,12})\s*([a-zA-Z]*)\s*", value)
    unit = _UNITS.get(match[2].lower()) if match else None
    if not match or unit is None:
        raise wrong(
            f"expected a size in bytes like 512 KiB, got '{value}'", "units are B, KiB, MiB, kB, MB"
        )
    return int(match[1]) * unit


def _share(value: Any) -> Any:
    """`0.85` or `85%` to 0..256."""
    text = str(value).strip()
    match = re.fullmatch(r"(\d{0,3})(?:\.(\d{1,6}))?(%?)", text)
    if not match or not (match[1] or match[2]):
        raise wrong(f"expected a share from 0 to 1 or a percentage, got '{value}'")
    digits = int((match[1] or "0") + (match[2] or ""))
    whole = 10 ** len(match[2] or "") * (100 if match[3] else 1)
    if digits > whole:
        raise wrong(f"a share is 0 to 1 (or 0% to 100%), not {text}")
    return (digits * 512 + whole) // (2 * whole)


def decimal(low: str, high: str) -> Callable[[Any], Any]:
    """A validator for decimals or percentages within a range, given in thousandths."""
    least, most = (_thousandths(bound) or 0 for bound in (low, high))

    def check(value: Any) -> Any:
        number = _thousandths(str(value))
        if number is None:
            raise wrong(f"expected a number like 0.5 or a percentage, got '{value}'")
        if not least <= number <= most:
            raise wrong(f"expected a number from {low} to {high}, got '{value}'")
        return number

    return check


def _thousandths(text: str) -> int | None:
    """`-0.25` or `120%` as thousandths; None for anything else, or finer than that."""
    match = re.fullmatch(r"\s*([+-]?)(\d{0,4})(?:\.(\d{1,3}))?(%?)\s*", text)
    if not match or not (match[2] or match[3]):
        return None
    whole = int((match[2] or "0") + (match[3] or "").ljust(3, "0"))
    if match[4] and whole % 100:
        return None
    return (-1 if match[1] == "-" else 1) * (whole // 100 if match[4] else whole)


def parse_box(text: str) -> tuple[int, int, int, int]:
    """`40x20+10+5` to (left 10, top 5, width 40, height 20); raises a pydantic error."""
    match = re.fullmatch(r"\s*(\d{1,5}x\d{1,5})\+(\d{1,5})\+(\d{1,5})\s*", text)
    if not match:
        raise wrong(f"expected a box like 40x20+10+5, got '{text}'", "WIDTHxHEIGHT+LEFT+TOP")
    return int(match[2]), int(match[3]), *parse_size(match[1])


def _box(value: Any) -> Any:
    return parse_box(value) if isinstance(value, str) else value


def _point(value: Any) -> Any:
    """`10,20` or [10, 20] to (10, 20)."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or len(parts) != 2:
        raise wrong(f"expected a place like [10, 20], got '{value}'", "pixels from left and top")
    x, y = map(_whole, parts)
    if not (isinstance(x, int) and isinstance(y, int) and min(x, y) >= 0 and max(x, y) < MAX_SIDE):
        raise wrong(f"a place is [0, 0] to [{MAX_SIDE - 1}, {MAX_SIDE - 1}], not [{x}, {y}]")
    return x, y


def _alignment(value: Any) -> Any:
    """A power of two from 4 to 4096."""
    number = _bytes(value)
    if number not in tuple(4 << place for place in range(11)):
        raise wrong(f"expected a power of two from 4 to 4096 bytes, got '{value}'")
    return number


def _file_name(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(_FILE_NAME, value):
        raise wrong(f"'{value}' cannot be a name here", "letters, digits, '-' and '_', up to 64")
    return value


def _color_or_name(value: Any) -> Any:
    """A color, or the name of an ink."""
    if isinstance(value, str) and not re.fullmatch(r"[a-z][a-z0-9-]*", value):
        return parse_color(value)
    return value


def color_keys(value: Any) -> Any:
    """A mapping whose keys are colors, as pairs in its order."""
    if not isinstance(value, dict):
        return value
    pairs: dict[RGB, Any] = {}
    for key, entry in value.items():
        color = parse_color(str(key))
        if color in pairs:
            raise wrong(f"the color '{key}' stands here twice")
        pairs[color] = entry
    return tuple(pairs.items())


def as_list(value: Any) -> Any:
    """One text stands for a list of one."""
    return [value] if isinstance(value, str) else value


def _number(key: str) -> int:
    """The index that a key means, or -1: other checks refuse what is no number."""
    try:
        return int(key, 0 if key[:2] in ("0x", "0b") else 10)
    except ValueError:
        return -1


def different_numbers(value: Any) -> Any:
    """`0` and `0x0` are one index; YAML cannot see that such a key stands there twice."""
    numbers: dict[int, str] = {}
    for key in value if isinstance(value, dict) else ():
        first = numbers.setdefault(_number(str(key)), key)
        if first != key and _number(str(key)) >= 0:
            raise wrong(f"the entry {first} stands here twice, also as '{key}'")
    return value


def short(key: str, both: Any) -> BeforeValidator:
    """One text stands for a mapping with that text at `key`; `both` is what editors accept."""

    def expand(value: Any) -> Any:
        return {key: value} if isinstance(value, str) else value

    return BeforeValidator(expand, json_schema_input_type=both)


def as_forms(value: Any) -> Any:
    """A name or a list of names stands for a bundle of all assets in these forms."""
    return {"emit": value} if isinstance(value, str | list) else value


_FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"


def _pattern(pattern: str, example: str) -> Any:
    return Annotated[str, Field(pattern=pattern, examples=[example])]


_COLOR_SCHEMA = _pattern(r"^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$", "#ff8000")


def _bounded(low: str, high: str) -> Any:
    return Annotated[int, BeforeValidator(decimal(low, high), json_schema_input_type=float | str)]


Stops = _bounded("-4", "4")
Factor = _bounded("0", "4")
Lean = _bounded("-1", "1")
Gap = _bounded("0", "0.9")
DeltaE = _bounded("0", "100")
Whole = Annotated[int, BeforeValidator(_whole)]
Size = Annotated[
    tuple[int, int],
    BeforeValidator(_size, json_schema_input_type=_pattern(r"^\d+x\d+$", "320x240")),
]
SizeOrScreen = Annotated[
    tuple[int, int] | Literal["screen"],
    BeforeValidator(
        _size_or_screen, json_schema_input_type=_pattern(r"^(\d+x\d+|screen)$", "320x240")
    ),
]
SizeOption = Annotated[
    tuple[int, int] | Literal["screen", "none"],
    BeforeValidator(
        _size_option, json_schema_input_type=_pattern(r"^(\d+x\d+|screen|none)$", "320x240")
    ),
]
Folder = Annotated[str, BeforeValidator(_folder)]
Rotation = Annotated[
    int, BeforeValidator(_rotation, json_schema_input_type=Literal[0, 90, 180, 270])
]
Color = Annotated[RGB, BeforeValidator(_color, json_schema_input_type=_COLOR_SCHEMA)]
FixedEntry = Annotated[
    RGB | Literal["transparent"],
    BeforeValidator(
        _transparent_or_color, json_schema_input_type=_COLOR_SCHEMA | Literal["transparent"]
    ),
]
Bytes = Annotated[int, BeforeValidator(_bytes, json_schema_input_type=int | str)]
Alignment = Annotated[int, BeforeValidator(_alignment, json_schema_input_type=int | str)]
Share = Annotated[int, BeforeValidator(_share, json_schema_input_type=float | str)]

Box = Annotated[
    tuple[int, int, int, int],
    BeforeValidator(_box, json_schema_input_type=_pattern(r"^\d+x\d+\+\d+\+\d+$", "40x20+10+5")),
]
FileName = Annotated[
    str, BeforeValidator(_file_name, json_schema_input_type=_pattern(_FILE_NAME, "home"))
]
Point = Annotated[
    tuple[int, int],
    BeforeValidator(
        _point, json_schema_input_type=tuple[int, int] | _pattern(r"^\d+,\s*\d+$", "10,20")
    ),
]
ColorMap = Annotated[
    tuple[tuple[RGB, Annotated[RGB | str, BeforeValidator(_color_or_name)]], ...],
    BeforeValidator(color_keys, json_schema_input_type=dict[str, str]),
]


def _named(what: str, names: list[str]) -> Any:
    return Annotated[
        str, BeforeValidator(one_of(what, names), json_schema_input_type=Literal[tuple(names)])
    ]


DitherName = _named("dither", list(DITHERS))
EmitterName = _named("emitter", list(EMITTERS))
BundleForm = _named("form of a bundle", list(BUNDLES))
CodecName = _named("codec", ["none", *CODECS, "smallest"])
ScanName = _named("scan", list(LAYOUTS))
GridName = _named("grid", list(GRIDS))
FITS = ("contain", "cover", "stretch", "none")
Fit = _named("fit", list(FITS))
Resampling = _named("resampling", ["smooth", "nearest"])
Flip = _named("flip", ["none", "horizontal", "vertical", "both"])
Format = _named("format", ["native", "indexed", "i1", "i2", "i4", "i8", "auto"])
Metric = _named("metric", ["perceptual", "mse"])
Effort = _named("effort", ["fast", "normal", "best"])
Engine = _named("engine", ["native", "scikit-learn"])
Tone = _named("tone", ["auto", "compress", "none"])
Shape = _named("shape", ["rectangle", "round"])
Kind = _named("kind", list(KINDS))
BitOrder = _named("end", ["msb", "lsb"])
ByteOrder = _named("byte order", ["big", "little"])
PixelValue = _named("pixel value", ["code", "index"])


def _kind(value: Any) -> str:
    return "text" if isinstance(value, str) else "value"


TEXT_OR_VALUE = Discriminator(_kind)
"""For unions of a text (`Tag("text")`) and something else (`Tag("value")`)."""
