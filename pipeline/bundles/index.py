"""Index: a table in C of what there is to know of each asset, over the arrays that they emit."""

import re

from pipeline.bundles import Bundle, Object
from pipeline.bundles.numbers import header
from pipeline.codecs import CODEC_NUMBERS
from pipeline.emitters import ctext

# The same in all of our headers; 44 bytes on 32-bit CPUs, without gaps.
_PICTURE = """#ifndef BITPLANE_PICTURE
#define BITPLANE_PICTURE
struct bitplane_picture {
  const char *name; /* as the manifest has it, UTF-8 */
  const uint8_t *pixels; /* NAME_pixels, or NAME_packed where codec is not 0 */
  const void *palette; /* NAME_palette, or NULL */
  uint32_t pixels_bytes; /* as they lie there */
  uint32_t plain_bytes; /* as the panel reads them: NAME_BYTES */
  uint32_t stride; /* 0 for tiles */
  uint32_t colors, transparent; /* 0xFFFFFFFF if nothing is transparent */
  uint16_t width, height;
  uint16_t parameter, window; /* what bitplane_unpack_init takes; bytes that it looks back */
  uint8_t bits, entry_bytes, codec, unit; /* entry_bytes: those of an entry of the palette */
};
#endif"""

_NONE = "0xFFFFFFFFu"
_DEFINED = re.compile(r"^#define (\w+) ", re.MULTILINE)


def write(bundle: Bundle) -> tuple[bytes, bytes]:
    """NAME.h and NAME.c.

    Raises:
        ValueError: A member's header is not as the C emitters write it.
    """
    symbol, count = bundle.symbol, f"{bundle.symbol.upper()}_COUNT"
    rows = [_row(each, each.files[f"{each.symbol}.h"]) for each in bundle.objects]
    declared = f"const struct bitplane_picture {symbol}_assets[{count}]"
    parts = [
        "#include <stdint.h>",
        _PICTURE,
        "\n".join([ctext.EXTERN_C, "", f"extern {declared};", "", ctext.END_EXTERN_C]),
    ]
    about = f"{symbol}: what {symbol}.h declares."
    includes = [f'#include "{each.symbol}.h"' for each in bundle.objects]
    source = [
        ctext.comment([about, ctext.NOTICE]),
        f'#include <stddef.h>\n\n#include "{symbol}.h"',
        "\n".join(includes),
        "\n".join([f"{declared} = {{", *rows, "};"]),
    ]
    return header(bundle, "index", _sentences(bundle), parts), ctext.text(source)


def _sentences(bundle: Bundle) -> list[str]:
    headers = [each.files[f"{each.symbol}.h"] for each in bundle.objects]
    lines = [f"{bundle.symbol}_assets for {bundle.target}: its pictures by number."]
    if any(b"BITPLANE_PROGMEM" in data for data in headers):
        lines.append("What `c-progmem` wrote lies in flash, also when it is reached from here.")
    return lines


def _row(each: Object, data: bytes) -> str:
    """One picture; its facts are the names that its header defines, so the compiler checks them."""
    symbol, upper = each.symbol, each.symbol.upper()
    text = ctext.decoded(data)
    names = set(_DEFINED.findall(text))
    palette = re.search(rf"\buint(8|16|32)_t {symbol}_palette\[", text)
    packed = "packed" if f"{upper}_PACKED" in names else "pixels"
    if f"uint8_t {symbol}_{packed}[" not in text or f"{upper}_WIDTH" not in names:
        raise ValueError(f"{symbol}.h is not a header that bitplane wrote")

    def fact(key: str, otherwise: str = "0") -> str:
        return f"{upper}_{key}" if f"{upper}_{key}" in names else otherwise

    facts = [
        _quoted(each.name),
        f"{symbol}_{packed}",
        f"{symbol}_palette" if palette else "NULL",
        fact("PACKED", f"{upper}_BYTES"),
        *map(fact, ("BYTES", "STRIDE", "COLORS")),
        fact("TRANSPARENT", _NONE),
        *map(fact, ("WIDTH", "HEIGHT")),
        _parameter(upper, text, fact("WINDOW")),
        *map(fact, ("WINDOW", "BITS")),
        str(int(palette[1]) // 8) if palette else "0",
        *map(fact, ("CODEC", "UNIT")),
    ]
    name, *rest = facts
    lines = [", ".join(rest[:2]), ", ".join(rest[2:8]), ", ".join(rest[8:])]
    return "\n".join([f"  {{{name},", *(f"   {line}," for line in lines)])[:-1] + "},"


def _parameter(upper: str, header: str, window: str) -> str:
    """What `bitplane_unpack_init` has to know beside the codec."""
    codec = re.search(rf"^#define {upper}_CODEC (\d+)", header, re.MULTILINE)
    number = int(codec[1]) if codec else 0
    if number == CODEC_NUMBERS["rle"]:
        return f"{upper}_UNIT"
    return f"{upper}_STRIDE * 8" if number == CODEC_NUMBERS["g5"] else window


_PLAIN = re.compile(rb"[A-Za-z0-9 ._-]")


def _quoted(name: str) -> str:
    """A string literal; every byte that could mean something to a compiler is in octal."""
    data = name.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(b) if _PLAIN.match(bytes([b])) else f"\\{b:03o}" for b in data) + '"'
