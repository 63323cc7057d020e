"""File types: what the bytes of a file seem to be, and the size that their header declares."""

import re
import struct

_READABLE = {
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "JPEG": rb"\xff\xd8\xff",
    "GIF": rb"GIF8[79]a",
    "BMP": rb"BM",
    "WEBP": rb"RIFF.{4}WEBP",
}

_FOREIGN = {
    rb"II\*\0|MM\0\*|II\+\0|MM\0\+": "a TIFF file",
    rb"8BPS": "a Photoshop file",
    rb"%!PS|\xc5\xd0\xd3\xc6": "an EPS or PostScript file",
    rb"%PDF": "a PDF file",
    rb"\0\0[\1\2]\0": "a Windows icon or cursor",
    rb".{4}ftypavi[fs]": "an AVIF file",
    rb".{4}ftyp(hei|hev|mif|msf)": "a HEIF file",
    rb"\xff\x0a|\0\0\0\x0cJXL ": "a JPEG XL file",
    rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  ": "a JPEG 2000 file",
    rb"qoif": "a QOI file",
    rb"P[1-7]\s": "a Netpbm file",
    rb"gimp xcf": "a GIMP project",
    rb".{4}\xe0\xa5": "an Aseprite project",
    rb"PK\x03\x04": "a ZIP archive",
    rb"SIMPLE  =": "a FITS file",
    rb"(\xef\xbb\xbf)?\s*(<\?xml.{,1000}|<!--.{,1000})?(<!DOCTYPE svg|<svg)": "an SVG file",
}

_GIT_LFS = b"version https://git-lfs.github.com/spec/"


def picture_type(data: bytes) -> str:
    """`PNG`, `JPEG`, `GIF`, `BMP` or `WEBP`, by content; empty when it is none of them."""
    return next((name for name, magic in _READABLE.items() if re.match(magic, data, re.DOTALL)), "")


def describe_foreign(data: bytes) -> str:
    """What a file of no readable type seems to be and what to do about it, as an error message."""
    if not data:
        return "the file is empty"
    if data.startswith(_GIT_LFS):
        return "this is a Git LFS pointer, not the picture itself; run `git lfs pull`"
    for magic, name in _FOREIGN.items():
        if re.match(magic, data, re.DOTALL):
            return f"this is {name}; convert it to PNG"
    what = "an unknown type of file" if b"\0" in data[:512] else "text, not a picture"
    return f"this is {what}; PNG, JPEG, GIF, BMP and WebP are read"


def declared_size(data: bytes, name: str) -> tuple[int, int]:
    """(width, height) from the first header of a picture of type `name`.

    It is (1, 1) where only a decoder finds the size: in a JPEG, or in a header cut short.
    """
    try:
        if name == "WEBP":
            return _declared_webp_size(data)
        if name == "BMP" and data[14:18] == b"\x0c\0\0\0":  # the oldest header, of 12 bytes
            form, offset = "<HH", 18
        else:
            form, offset = {"PNG": (">II", 16), "GIF": ("<HH", 6), "BMP": ("<ii", 18)}[name]
        width, height = struct.unpack_from(form, data, offset)
    except (KeyError, struct.error):
        return 1, 1
    return abs(width), abs(height)


def _declared_webp_size(data: bytes) -> tuple[int, int]:
    """Canvas size from the first chunk (RFC 9649): the decoder allocates when it opens."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        low_width, high_width, low_height, high_height = struct.unpack_from("<HBHB", data, 24)
        return (high_width << 16 | low_width) + 1, (high_height << 16 | low_height) + 1
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF
