"""The tables of what can be named in a manifest; plain data, no numpy.

A row is a name, where its function lives (`module:attribute`, loaded when used), and one
sentence that says when to use it. Adding a member is adding its file and its row;
those of emitters stand in `emitter_table`.
"""

from pipeline.emitter_table import EMITTERS
from pipeline.member import Row

__all__ = [
    "BUNDLES",
    "CODECS",
    "DITHERS",
    "EMITTERS",
    "LAYOUTS",
    "PALETTE_FILES",
    "Row",
]


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
