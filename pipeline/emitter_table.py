"""The table of emitters; plain data, no numpy."""

from pipeline.member import Row

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
