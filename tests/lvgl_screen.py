"""LVGL draws image files: their hex in, one a line; the hex of each screen (RGB) out.

A program of its own, because LVGL is one for a whole process and ends it where it is misused.
"""

import sys

import lvgl as lv

WIDTH, HEIGHT, SHOWN = 64, 32, 4


def screens(images: list[bytes]) -> list[bytes]:
    """What LVGL shows of each image, in the corner of a screen of 64 x 32 pixels on white."""
    lv.init()
    display = lv.display_create(WIDTH, HEIGHT)
    frame = bytearray(WIDTH * HEIGHT * SHOWN)
    display.set_color_format(lv.COLOR_FORMAT.XRGB8888)
    display.set_buffers(frame, None, len(frame), lv.DISPLAY_RENDER_MODE.DIRECT)
    display.set_flush_cb(lambda _display, _area, _pixels: display.flush_ready())
    return [drawn(display, frame, data) for data in images]


def drawn(display: "lv.display_t", frame: bytearray, data: bytes) -> bytes:
    """The screen with one image, R, G and B of each pixel."""
    pixels, image = bytearray(data[12:]), lv.image_dsc_t()
    names = ("w", "h", "stride")
    image.header.magic, image.header.cf = data[0], data[1]
    image.header.flags = int.from_bytes(data[2:4], "little")
    for place, name in enumerate(names):
        start = 4 + 2 * place
        setattr(image.header, name, int.from_bytes(data[start : start + 2], "little"))
    image.data_size, image.data = len(pixels), pixels
    screen = lv.screen_active()
    screen.clean()
    shown = lv.image(screen)
    shown.set_src(image)
    shown.set_pos(0, 0)
    screen.set_style_bg_color(lv.color_make(255, 255, 255), 0)
    screen.set_style_bg_opa(255, 0)
    shown.set_style_image_recolor(lv.color_make(0, 0, 0), 0)
    screen.invalidate()
    lv.refr_now(display)
    return b"".join(bytes(frame[at : at + 3][::-1]) for at in range(0, len(frame), SHOWN))


if __name__ == "__main__":
    for screen in screens([bytes.fromhex(line) for line in sys.stdin.read().split()]):
        sys.stdout.write(f"{screen.hex()}\n")
