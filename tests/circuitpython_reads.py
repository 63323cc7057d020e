"""CircuitPython's readers of BMP files: paths in, a line of JSON for each out.

A program of its own, because displayio starts a thread and leaves files open.
"""

import json
import sys
from typing import Any

import adafruit_imageload
import displayio


def read(path: str) -> dict[str, Any]:
    """Indices and palette, as each reader sees them."""
    on_disk = displayio.OnDiskBitmap(path)
    bitmap, palette = adafruit_imageload.load(
        path, bitmap=displayio.Bitmap, palette=displayio.Palette
    )
    width, height = on_disk.width, on_disk.height
    assert (bitmap.width, bitmap.height) == (width, height)
    return {
        "OnDiskBitmap": _rows(width, height, on_disk._get_pixel),
        "imageload": _rows(width, height, lambda x, y: bitmap[x, y]),
        "palettes": [_colors(on_disk.pixel_shader), _colors(palette)],
    }


def _rows(width: int, height: int, pixel: Any) -> list[list[int]]:
    return [[pixel(x, y) for x in range(width)] for y in range(height)]


def _colors(palette: Any) -> list[int]:
    return [palette[index] for index in range(len(palette))]


if __name__ == "__main__":
    for path in sys.argv[1:]:
        sys.stdout.write(json.dumps(read(path)) + "\n")
