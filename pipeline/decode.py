"""Decode: any file of ours back to a picture, by its content."""

from collections.abc import Callable, Mapping
from functools import partial

from pipeline import chunks
from pipeline.bundles import esp_mmap, pack
from pipeline.emitters import appvar, bmp, c, eve, large, lvgl, lvgl8, micropython, png, rust
from pipeline.emitters.binary import MAGIC, read
from pipeline.emitters.describe import MARK, check_layout, check_size, unpacked
from pipeline.layout import Layout
from pipeline.palette import Indexed, Palette

_MOST_NAMED = 40
"""Pictures of a bundle that a message names."""

_WITH_HEADER = (".pixels", eve.BINARY, eve.DEFLATED)
_COMPANIONS = {
    ".pal.bin": ".pix.bin",
    ".pix.bin": ".pal.bin",
    ".h": ".c",
    ".pixels": ".h",
    eve.BINARY: ".eve.h",
    eve.DEFLATED: ".eve.h",
}

_READERS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], Indexed]], ...] = (
    (lambda data: data.startswith(chunks.SIGNATURE), png.read),
    (lambda data: data.startswith(bmp.MAGIC), bmp.read),
    (lambda data: data.startswith(appvar.MAGIC), appvar.read),
    (lvgl.is_file, lvgl.read),
    (lambda data: b"lv_image_dsc_t" in data, lvgl.read_source),
    (lambda data: b"lv_img_dsc_t" in data, lvgl8.read_source),
    (lambda data: micropython.IMPORT in data, micropython.read),
    (lambda data: rust.MARK in data, rust.read),
    (lambda data: eve.MARK in data, eve.read_header),
    (lambda data: MARK.encode() in data, c.read),
    (lvgl8.is_file, lvgl8.read),
)
"""How files of one kind are told, and their reader."""


def companion(name: str) -> str | None:
    """The file that may be needed beside `name` to decode it, or None.

    Args:
        name: A file name, with or without folders; the companion is in the same one.
    """
    for suffix, other in _COMPANIONS.items():
        if name.endswith(suffix):
            return name.removesuffix(suffix) + other
    return None


def decode(files: Mapping[str, bytes], name: str) -> Indexed:
    """The picture that a generated file holds.

    Args:
        files: Contents by file name: at least of `name`, and of its `companion` if that exists.
        name: The file to decode.

    Returns:
        The picture with the palette it was made with. Files in the formats of others have no
        codes and one reading of a color only: there the codes are the indices (in LVGL's RGB565,
        L8 and A1 to A8 the words) and `nominal` is `seen`.

    Raises:
        ValueError: The file is damaged, is not bitplane's, or needs another one.
    """
    if is_bundle(name, files[name]):
        found = bundled(name, files[name])
        if len(found) == 1:
            return next(iter(found.values()))()
        first = ", ".join(list(found)[:_MOST_NAMED]) + " and more" * (len(found) > _MOST_NAMED)
        raise ValueError(f"{len(found)} pictures are in it; name one: {first}")
    return _decode(files, name)


def is_bundle(name: str, data: bytes) -> bool:
    """Whether a file holds many pictures: a pack, or an image of `esp-mmap`."""
    return data.startswith(pack.MAGIC) or name.endswith(".mmap")


def bundled(name: str, data: bytes) -> dict[str, Callable[[], Indexed]]:
    """The pictures of a bundle by name, each to be decoded by a call; it may raise ValueError.

    Args:
        name: The bundle's file name.
        data: Its content.

    Raises:
        ValueError: It is no bundle, or its index is damaged.
    """
    if data.startswith(pack.MAGIC):
        found = pack.contents(data)
        return {packed.name: partial(_packed, data, packed.entry) for packed in found}
    if name.endswith(".mmap"):
        files = esp_mmap.read(data)
        return {file: partial(_decode, files, file) for file in files}
    raise ValueError("it is not a bundle of pictures")


def _packed(data: bytes, entry: pack.Entry) -> Indexed:
    return read(pack.extract(data, entry))


def _decode(files: Mapping[str, bytes], name: str) -> Indexed:
    """The picture in a file that holds one."""
    data = files[name]
    other = companion(name)
    beside = files.get(other) if other else None
    if name.endswith(_WITH_HEADER):
        return _with_header(name, data, beside)
    if name.endswith(lvgl8.SWAPPED):
        return lvgl8.read(data, swapped=True)
    if data.startswith(MAGIC):
        return read(data) if beside is None else read(data, beside)
    for is_theirs, reader in _READERS:
        if is_theirs(data):
            return reader(data)
    if beside is not None and MARK.encode() in beside:
        return c.read(beside)
    raise ValueError(_unknown(name))


def _with_header(name: str, data: bytes, header: bytes | None) -> Indexed:
    """The picture in a file that only its header explains."""
    if header is None:
        ending = next(ending for ending in _WITH_HEADER if name.endswith(ending))
        raise ValueError(f"a {ending} file is pixels only: the .h file is needed beside it")
    if name.endswith(".pixels"):
        return large.read(header, data)
    return eve.read(header, data, deflated=name.endswith(eve.DEFLATED))


def _unknown(name: str) -> str:
    if name.endswith(".raw"):
        return "a .raw file is pixels only: its size, layout and palette have to be given"
    if name.endswith(".palette.h"):
        return "a .palette.h file names colors and holds no picture"
    if name.endswith(".h"):
        return "the arrays are not in this header: the .c file is needed beside it"
    return "not a file that bitplane writes: no known header and no picture comment"


def decode_raw(
    data: bytes, layout: Layout, width: int, height: int, palette: Palette, holds: str
) -> Indexed:
    """The picture in a `.raw` file, which is the packed pixels alone.

    Args:
        data: The file.
        layout: How it is packed.
        width: Pixels in a row.
        height: Number of rows.
        palette: What the pixel values stand for.
        holds: What a pixel value is: `index` or `code`.

    Raises:
        ValueError: The file is not as long as the layout needs, or a value has no palette entry.
    """
    check_size(width, height)
    check_layout(layout)
    return unpacked(data, layout, (width, height), palette, holds)
