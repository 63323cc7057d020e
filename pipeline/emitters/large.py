"""Large pictures for C: pixels in a file of their own, which an assembler or `#embed` takes in.

A compiler takes seconds and hundreds of megabytes for arrays of a megabyte in hex; these take none.
"""

from pipeline.emitters import Picture, c, ctext
from pipeline.emitters.describe import (
    describe,
    from_marked,
    marked,
    palette_block,
)
from pipeline.emitters.stored import restored
from pipeline.palette import Indexed

# The subtraction is 1 where the prefix is empty: `0 - - 1`. Pasting nothing is no C90.
_LABELS = """#ifdef __USER_LABEL_PREFIX__
#if 0 - __USER_LABEL_PREFIX__ - 1 != 1
#define BITPLANE_JOIN(a, b) a##b
#define BITPLANE_PASTE(a, b) BITPLANE_JOIN(a, b)
#define BITPLANE_LABEL(name) BITPLANE_PASTE(__USER_LABEL_PREFIX__, name)
#endif
#endif
#ifndef BITPLANE_LABEL
#define BITPLANE_LABEL(name) name
#endif"""

# Without this note GNU ld takes the object for one that needs an executable stack.
_NO_STACK = """#if defined(__linux__) && defined(__ELF__)
  .section .note.GNU-stack,"",%progbits
#endif"""

_NEEDS_EMBED = """#ifndef __has_embed
#error "this compiler has no #embed (C23: gcc 15, clang 19); build `c-incbin` or `c` instead"
#endif"""

_WORDS_PER_LINE = 8


def incbin(picture: Picture) -> tuple[bytes, bytes, bytes]:
    """NAME.h, NAME.S for the GNU assembler and ELF, and NAME.pixels."""
    tables = c.tables(picture)
    symbol = picture.symbol
    about = f"{symbol}: the arrays that {symbol}.h declares. GNU assembler, ELF; -I its folder."
    parts = [ctext.comment([about, ctext.NOTICE]), _LABELS]
    for name, data, size in tables:
        array = name.split()[1].split("[")[0]
        file = f'  .incbin "{symbol}.pixels", 0, {len(data)}'
        is_palette = array.endswith("_palette")
        parts.append(_labeled(array, _words(data, size) if is_palette else file))
    return _header(picture), ctext.text([*parts, _NO_STACK]), picture.stored


def embed(picture: Picture) -> tuple[bytes, bytes, bytes]:
    """NAME.h, NAME.c with C23's `#embed`, and NAME.pixels."""
    symbol = picture.symbol
    about = f"{symbol}: the arrays that {symbol}.h declares. C23; NAME.pixels lies beside it."
    parts = [
        ctext.comment([about.replace("NAME", symbol), ctext.NOTICE]),
        _NEEDS_EMBED,
        f'#include "{symbol}.h"',
    ]
    *tables, (pixels, _, _) = c.tables(picture)
    for name, data, size in tables:
        parts.append(f"const {name} = {{\n{ctext.elements(data, size)}\n}};")
    parts.append(f'const {pixels} = {{\n#embed "{symbol}.pixels"\n}};')
    return _header(picture), ctext.text(parts), picture.stored


def _header(picture: Picture) -> bytes:
    """The header of `c` with the picture's comment, which nothing else here has room for."""
    ctext.check_symbol(picture.symbol)
    description = describe(picture)
    block = palette_block(picture.indexed.palette, description)
    mark = marked(description, picture.target, block)
    return c.guarded(picture, [mark, *c.declarations(picture)])


def _labeled(array: str, body: str) -> str:
    label = f"BITPLANE_LABEL({array})"
    return f"""  .section .rodata.{array},"a",%progbits
  .balign 4
  .globl {label}
  .type {label}, %object
{label}:
{body}
  .size {label}, . - {label}"""


def _words(data: bytes, size: int) -> str:
    """Numbers of `size` bytes in the CPU's own byte order."""
    words = [data[at : at + size].hex() for at in range(0, len(data), size)]
    lines = (words[at : at + _WORDS_PER_LINE] for at in range(0, len(words), _WORDS_PER_LINE))
    kind = "byte" if size == 1 else f"{size}byte"
    return "\n".join(f"  .{kind} 0x{', 0x'.join(line)}" for line in lines)


def read(header: bytes, pixels: bytes) -> Indexed:
    """The picture in NAME.h and NAME.pixels of `incbin` or `embed`.

    Raises:
        ValueError: They are damaged, or do not fit each other.
    """
    description, block = from_marked(ctext.decoded(header))
    return restored(description, block, pixels)
