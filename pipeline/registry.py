"""The tables of what can be named in a manifest; plain data, no numpy.

A row is a name, where its function lives (`module:attribute`, loaded when used), and one
sentence that says when to use it. Adding a member is adding its file and its row.
"""

from importlib import import_module
from typing import Any, NamedTuple


class Row(NamedTuple):
    """One registered member of a kind.

    Attributes:
        where: `module:attribute`.
        sentence: When to use it.
        files: For emitters, the names of the files it writes, with `{symbol}`.
        magic: For palette files, how their content begins; empty where only the suffix tells.
        stable: For dithers, a pixel depends on its color and place alone, so that what does not
            change in a picture keeps its pixels.
        reads: For bundles, emitters of which each member needs one; the first is added to a member
            that has none. Empty where the bundle's `files` says it.
        takes: For bundles, which of a member's files are read, with `{symbol}`.
        large: For emitters of C arrays, the emitters to take instead for large pictures.
    """

    where: str
    sentence: str
    files: tuple[str, ...] = ()
    magic: bytes = b""
    stable: bool = False
    reads: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    large: tuple[str, ...] = ()

    def load(self) -> Any:
        """The object that `where` names."""
        module, attribute = self.where.split(":")
        return getattr(import_module(module), attribute)


def _diffusion(sentence: str) -> Row:
    return Row("pipeline.dithers.diffusion:diffuse", sentence)


def _ordered(sentence: str) -> Row:
    return _stable("pipeline.dithers.pattern:mapped", sentence)


def _stable(where: str, sentence: str) -> Row:
    return Row(where, sentence, stable=True)


# name -> function (Image, Palette, DitherOptions, Pinned | None) -> indices
DITHERS: dict[str, Row] = {
    "none": _stable(
        "pipeline.dithers.nearest:nearest",
        "each pixel takes its nearest color: flat art, UI, pixel art",
    ),
    "threshold": _stable(
        "pipeline.dithers.nearest:threshold", "two colors split at a lightness: text and line art"
    ),
    "floyd-steinberg": _diffusion("the all-round choice for photographs"),
    "atkinson": _diffusion(
        "crisper and more contrasty than Floyd-Steinberg; drops a quarter of the error"
    ),
    "jarvis-judice-ninke": _diffusion("wide kernel: smooth gradients, softer edges"),
    "stucki": _diffusion("wide kernel, a little sharper than Jarvis-Judice-Ninke"),
    "burkes": _diffusion("two rows of Stucki: nearly as smooth, faster"),
    "sierra": _diffusion("three rows, close to Jarvis-Judice-Ninke with less noise"),
    "sierra-two-row": _diffusion("two rows of Sierra: a good middle between speed and smoothness"),
    "sierra-lite": _diffusion("the smallest kernel: fast, close to Floyd-Steinberg"),
    "ostromoukhov": _diffusion(
        "weights that change with the tone: fewest worms in flat grays of 1-bit pictures"
    ),
    "zhou-fang": _diffusion(
        "the same with noise in the mid-tones: no patterns at half and third tones"
    ),
    "custom": _diffusion("error diffusion by weights of your own, given as `kernel`"),
    "riemersma": Row(
        "pipeline.dithers.riemersma:riemersma",
        "error along a curve: no rows or worms to see, a lively grain for small photographs",
    ),
    "bayer-2": _ordered("coarse 2x2 pattern: a retro look, compresses best"),
    "bayer-4": _ordered("4x4 pattern: stable between frames, compresses well"),
    "bayer-8": _ordered("8x8 pattern: the usual one, stable between frames, compresses well"),
    "bayer-16": _ordered("16x16 pattern: smoother gradients on two to four grays"),
    "bayer-32": _ordered("32x32 pattern: gradients on two colors without steps"),
    "bayer-64": _ordered("64x64 pattern: the finest steps of all regular patterns"),
    "clustered-4": _ordered("small round dots at 45 degrees: panels on which lone pixels smear"),
    "clustered-6": _ordered("dots of up to 18 pixels at 45 degrees: dot gain, slow pixels"),
    "clustered-8": _ordered("dots of up to 32 pixels at 45 degrees: the look of newsprint"),
    "blue-noise": _ordered(
        "even grain without a pattern, stable between frames: animation, partial refresh"
    ),
    "knoll": _stable(
        "pipeline.dithers.pattern:knoll",
        "blue noise that mixes more than two entries also of learned palettes: stable photographs",
    ),
    "yliluoma": _stable(
        "pipeline.dithers.pattern:yliluoma",
        "as many inks as a color needs in an 8x8 pattern: the truest of all stable dithers",
    ),
    "dbs": Row(
        "pipeline.dithers.dbs:dbs",
        "direct binary search: the best picture for the viewer's distance, and the slowest",
    ),
    "auto": Row(
        "pipeline.dithers.auto:automatic",
        "lets the palette and the picture decide: flat art stays flat, photographs are dithered",
    ),
}

# scan -> layouts.Packer: pack(values) -> bytes, and unpack
LAYOUTS: dict[str, Row] = {
    "rows": Row(
        "pipeline.layouts.rows:PACKER", "pixels of a row side by side, rows from top to bottom"
    ),
    "pages": Row(
        "pipeline.layouts.pages:PACKER", "bytes hold 8 vertical pixels, bands of 8 rows (SSD1306)"
    ),
    "columns": Row(
        "pipeline.layouts.columns:PACKER",
        "pixels of a column side by side, columns from the left",
    ),
    "planes": Row(
        "pipeline.layouts.planes:PACKER",
        "one 1-bit picture after another, one for each bit of the value",
    ),
    "tiles": Row(
        "pipeline.layouts.tiles:PACKER",
        "8x8 tiles, each row one byte a plane, low plane first (Game Boy)",
    ),
    "packed-tiles": Row(
        "pipeline.layouts.packed_tiles:PACKER",
        "8x8 tiles, the pixels of a tile's row side by side (Game Boy Advance, Mega Drive)",
    ),
    "paired-tiles": Row(
        "pipeline.layouts.paired_tiles:PACKER",
        "8x8 tiles, planes two by two, a tile of each pair after another (Super Nintendo)",
    ),
    "halves": Row(
        "pipeline.layouts.halves:PACKER",
        "the left half as rows, then the right half (panels of two controllers)",
    ),
    "folded": Row(
        "pipeline.layouts.row_pairs:FOLDED",
        "a row of the upper half, then its partner of the lower half (ST7920)",
    ),
    "interleaved": Row(
        "pipeline.layouts.row_pairs:INTERLEAVED",
        "the same pair of rows, their pixels by turns (HUB75 LED panels)",
    ),
    "blocks": Row(
        "pipeline.layouts.blocks:PACKER",
        "bytes hold 4x2 pixels, bands of 2 rows (ST7305, ST7302)",
    ),
    "sharp-lines": Row(
        "pipeline.layouts.lines:SHARP",
        "rows with their number before them, its low bit first, and a zero byte (Sharp)",
    ),
    "jdi-lines": Row(
        "pipeline.layouts.lines:JDI",
        "the same with the number's high bit first (JDI memory LCDs)",
    ),
}

# name -> function (Picture) -> contents of `files`
EMITTERS: dict[str, Row] = {
    "c": Row(
        "pipeline.emitters.c:source",
        "C source and header: NAME.c, NAME.h",
        (
            "{symbol}.h",
            "{symbol}.c",
        ),
        large=("c-incbin", "c-embed"),
    ),
    "c-header": Row(
        "pipeline.emitters.c:header",
        "header only, static const arrays: NAME.h",
        ("{symbol}.h",),
        large=("c-incbin", "c-embed"),
    ),
    "c-progmem": Row(
        "pipeline.emitters.c:progmem",
        "the same in the flash of AVR, by the macro BITPLANE_PROGMEM: NAME.c, NAME.h",
        (
            "{symbol}.h",
            "{symbol}.c",
        ),
    ),
    "c-aligned": Row(
        "pipeline.emitters.c:aligned",
        "the same at multiples of 4 bytes, or what BITPLANE_ALIGN says: NAME.c, NAME.h",
        (
            "{symbol}.h",
            "{symbol}.c",
        ),
        large=("c-incbin", "c-embed"),
    ),
    "c-incbin": Row(
        "pipeline.emitters.large:incbin",
        "large pictures: the assembler takes in the pixels: NAME.h, NAME.S, NAME.pixels",
        (
            "{symbol}.h",
            "{symbol}.S",
            "{symbol}.pixels",
        ),
    ),
    "c-embed": Row(
        "pipeline.emitters.large:embed",
        "large pictures by #embed of C23: NAME.h, NAME.c, NAME.pixels",
        (
            "{symbol}.h",
            "{symbol}.c",
            "{symbol}.pixels",
        ),
    ),
    "c-palette": Row(
        "pipeline.emitters.names:header",
        "names of the colors as constants, with what pixels hold: NAME.palette.h",
        ("{symbol}.palette.h",),
    ),
    "bin": Row(
        "pipeline.emitters.binary:single",
        "one binary with header, palette and pixels: NAME.bin",
        ("{symbol}.bin",),
    ),
    "bin-split": Row(
        "pipeline.emitters.binary:split",
        "palette and pixels apart: NAME.pal.bin, NAME.pix.bin",
        (
            "{symbol}.pal.bin",
            "{symbol}.pix.bin",
        ),
    ),
    "raw": Row(
        "pipeline.emitters.binary:raw",
        "just the bytes that the panel reads, no header: NAME.raw",
        ("{symbol}.raw",),
    ),
    "png": Row(
        "pipeline.emitters.png:picture",
        "indexed PNG in the colors that the panel shows: NAME.png",
        ("{symbol}.png",),
    ),
    "palette-png": Row(
        "pipeline.emitters.png:swatches",
        "the palette as a small image: NAME.palette.png",
        ("{symbol}.palette.png",),
    ),
    "lvgl": Row(
        "pipeline.emitters.lvgl:source",
        "LVGL 9 image as C source, I1 to I8, L8 or RGB565: NAME.lvgl.c",
        ("{symbol}.lvgl.c",),
        large=("lvgl-bin",),
    ),
    "lvgl-bin": Row(
        "pipeline.emitters.lvgl:binary",
        "LVGL 9 image file, I1 to I8, L8 or RGB565: NAME.lvgl.bin",
        ("{symbol}.lvgl.bin",),
    ),
    "lvgl-alpha": Row(
        "pipeline.emitters.lvgl:alpha_source",
        "LVGL 9 mask as C source, A1 to A8, grays as opacity: NAME.lvgl.c",
        ("{symbol}.lvgl.c",),
        large=("lvgl-alpha-bin",),
    ),
    "lvgl-alpha-bin": Row(
        "pipeline.emitters.lvgl:alpha_binary",
        "LVGL 9 mask as a file, A1 to A8, grays as opacity: NAME.lvgl.bin",
        ("{symbol}.lvgl.bin",),
    ),
    "lvgl8": Row(
        "pipeline.emitters.lvgl8:source",
        "LVGL 8 image as C source, indexed or TRUE_COLOR of 16 bits: NAME.lvgl8.c",
        ("{symbol}.lvgl8.c",),
        large=("lvgl8-bin",),
    ),
    "lvgl8-bin": Row(
        "pipeline.emitters.lvgl8:binary",
        "LVGL 8 image file for LV_COLOR_16_SWAP 0: NAME.lvgl8.bin",
        ("{symbol}.lvgl8.bin",),
    ),
    "lvgl8-swap-bin": Row(
        "pipeline.emitters.lvgl8:swapped_binary",
        "LVGL 8 image file for LV_COLOR_16_SWAP 1: NAME.lvgl8-swap.bin",
        ("{symbol}.lvgl8-swap.bin",),
    ),
    "lvgl8-alpha": Row(
        "pipeline.emitters.lvgl8:alpha_source",
        "LVGL 8 mask as C source, 1 to 8 bits, grays as opacity: NAME.lvgl8.c",
        ("{symbol}.lvgl8.c",),
        large=("lvgl8-alpha-bin",),
    ),
    "lvgl8-alpha-bin": Row(
        "pipeline.emitters.lvgl8:alpha_binary",
        "LVGL 8 mask as a file, 1 to 8 bits, grays as opacity: NAME.lvgl8.bin",
        ("{symbol}.lvgl8.bin",),
    ),
    "xbm": Row(
        "pipeline.emitters.bitmap:xbm", "X bitmap of two colors: NAME.xbm", ("{symbol}.xbm",)
    ),
    "u8g2": Row(
        "pipeline.emitters.bitmap:u8g2",
        "header for u8g2's drawXBMP, two colors: NAME.u8g2.h",
        ("{symbol}.u8g2.h",),
    ),
    "gfx": Row(
        "pipeline.emitters.bitmap:gfx",
        "header for Adafruit GFX's drawBitmap, two colors: NAME.gfx.h",
        ("{symbol}.gfx.h",),
    ),
    "tft-espi": Row(
        "pipeline.emitters.tft:header",
        "header for TFT_eSPI's pushImage, 1 to 16 bits a pixel: NAME.tft.h",
        ("{symbol}.tft.h",),
    ),
    "eve": Row(
        "pipeline.emitters.eve:header",
        "header for FT81x and BT81x, bitmap and palette as an array: NAME.eve.h",
        ("{symbol}.eve.h",),
        large=("eve-bin",),
    ),
    "eve-alpha": Row(
        "pipeline.emitters.eve:alpha",
        "header for FT81x and BT81x, L1 to L8, grays as opacity: NAME.eve.h",
        ("{symbol}.eve.h",),
    ),
    "eve-bin": Row(
        "pipeline.emitters.eve:binary",
        "bitmap and palette for FT81x and BT81x, and their constants: NAME.eve.h, NAME.eve.bin",
        (
            "{symbol}.eve.h",
            "{symbol}.eve.bin",
        ),
    ),
    "eve-zlib": Row(
        "pipeline.emitters.eve:inflatable",
        "the same compressed for CMD_INFLATE: NAME.eve.h, NAME.eve.zlib",
        (
            "{symbol}.eve.h",
            "{symbol}.eve.zlib",
        ),
    ),
    "rust": Row(
        "pipeline.emitters.rust:module",
        "Rust module for embedded-graphics: NAME.rs",
        ("{symbol}.rs",),
    ),
    "micropython": Row(
        "pipeline.emitters.micropython:module",
        "MicroPython module for framebuf: NAME_fb.py",
        ("{symbol}_fb.py",),
    ),
    "template": Row(
        "pipeline.emitters.template:filled",
        "a text of your own with the picture's values: NAME with the ending of `template`",
        ("{symbol}{suffix}",),
    ),
    "ti-appvar": Row(
        "pipeline.emitters.appvar:variable",
        "AppVar of the TI-84 Plus CE, palette and sprite as convimg orders them: NAME.8xv",
        ("{symbol}.8xv",),
    ),
    "bmp": Row(
        "pipeline.emitters.bmp:indexed",
        "indexed BMP as CircuitPython reads it: NAME.bmp",
        ("{symbol}.bmp",),
    ),
}

# name -> codecs.Codec
CODECS: dict[str, Row] = {
    "rle": Row(
        "pipeline.codecs.rle:CODEC",
        "runs of equal pixels, as LVGL reads them: flat art, next to no RAM",
    ),
    "packbits": Row(
        "pipeline.codecs.packbits:CODEC",
        "runs of equal bytes, as TIFF has them: flat art of few colors, next to no RAM",
    ),
    "lz4": Row(
        "pipeline.codecs.lz4:CODEC",
        "LZ4 block: decoded nearly as fast as copied, good for art with repeated parts",
    ),
    "heatshrink": Row(
        "pipeline.codecs.heatshrink:CODEC",
        "heatshrink with a lookahead of 4 bits: small windows, dithered pictures",
    ),
    "zx0": Row(
        "pipeline.codecs.zx0:CODEC",
        "the smallest decoder of those that find repeats, and short streams; slow to compress",
    ),
    "deflate": Row(
        "pipeline.codecs.deflate:CODEC",
        "raw deflate: the fewest bytes of all for most pictures, the largest decoder",
    ),
    "g5": Row(
        "pipeline.codecs.g5:CODEC",
        "rows of single bits against the row above: text, icons and line art, next to no RAM",
    ),
}

# name -> function (bundles.Bundle) -> contents of `files`
BUNDLES: dict[str, Row] = {
    "pack": Row(
        "pipeline.bundles.pack:write",
        "one binary of all, found by name or number: NAME.pack, and the numbers in NAME.pack.h",
        ("{symbol}.pack", "{symbol}.pack.h"),
        reads=("bin",),
        takes=("{symbol}.bin",),
    ),
    "index": Row(
        "pipeline.bundles.index:write",
        "a table in C over the arrays of all, with their facts: NAME.h, NAME.c",
        ("{symbol}.h", "{symbol}.c"),
        reads=("c", "c-header", "c-aligned", "c-progmem", "c-incbin", "c-embed"),
        takes=("{symbol}.h",),
    ),
    "esp-mmap": Row(
        "pipeline.bundles.esp_mmap:write",
        "a partition image for Espressif's esp_mmap_assets: NAME.mmap, NAME.mmap.h",
        ("{symbol}.mmap", "{symbol}.mmap.h"),
    ),
}

# suffix -> palette_files.Format: read(bytes, name), and write(palette) where that is possible
PALETTE_FILES: dict[str, Row] = {
    ".gpl": Row(
        "pipeline.palette_files.gpl:FORMAT",
        "GIMP palette, also of Inkscape, Krita and Aseprite: colors with names",
        magic=b"GIMP Palette",
    ),
    ".pal": Row(
        "pipeline.palette_files.jasc:FORMAT",
        "JASC palette of Paint Shop Pro: colors",
        magic=b"JASC-PAL",
    ),
    ".hex": Row("pipeline.palette_files.codes:FORMAT", "one RRGGBB a line, as Lospec exports it"),
    ".json": Row(
        "pipeline.palette_files.lospec:FORMAT",
        "Lospec palette: colors, the palette's name and author",
        magic=b"{",
    ),
    ".act": Row(
        "pipeline.palette_files.act:FORMAT", "Adobe color table: colors and a transparent entry"
    ),
    ".aco": Row(
        "pipeline.palette_files.aco:FORMAT",
        "Photoshop swatches, versions 1 and 2: colors with names",
    ),
    ".ase": Row(
        "pipeline.palette_files.ase:FORMAT",
        "Adobe Swatch Exchange: colors with names",
        magic=b"ASEF",
    ),
    ".png": Row(
        "pipeline.palette_files.picture:FORMAT",
        "indexed picture, or a strip of one pixel a color; holds a transparent entry",
        magic=b"\x89PNG",
    ),
    ".gif": Row(
        "pipeline.palette_files.picture:READ_ONLY", "picture as above; read only", magic=b"GIF8"
    ),
    ".bmp": Row(
        "pipeline.palette_files.picture:READ_ONLY", "picture as above; read only", magic=b"BM"
    ),
}
