"""Every kind of pixel that a file can store arrives right, and no file can do harm."""

import io
import struct
import warnings
import zlib
from functools import cache

import numpy as np
import PIL.Image
import PIL.ImageCms
import PIL.ImageFile
import PIL.ImageOps
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.source import Source, SourceOptions, StoredIndices, decode

KINDS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
Pixels = NDArray[np.uint8]


def saved(image: PIL.Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes, frame: int | None = None) -> Source:
    return decode(data, SourceOptions(frame=frame))


def chunk(name: bytes, body: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + checksum


def png(width: int, depth: int, color: int, rows: list[bytes], *extra: bytes) -> bytes:
    """A PNG of any bit depth and color type; `extra` chunks stand before the pixels."""
    header = struct.pack(">IIBBBBB", width, len(rows), depth, color, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", body), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def colorful(width: int = 7, height: int = 5, channels: int = 3) -> Pixels:
    rng = np.random.default_rng(1)
    return rng.integers(0, 256, (height, width, channels), dtype=np.uint8)


def stored(source: Source) -> StoredIndices:
    assert source.indexed is not None
    return source.indexed


# Pixels


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP"])
def test_colors_come_through_unchanged(kind: str) -> None:
    pixels = colorful()
    source = opened(saved(PIL.Image.fromarray(pixels), kind, lossless=True))
    assert np.array_equal(source.image.srgb, pixels)
    assert np.all(source.image.alpha == 255)
    assert source.indexed is None
    assert source.warnings == ()


def test_jpeg_is_read_in_color_and_in_gray() -> None:
    flat = opened(saved(PIL.Image.new("RGB", (9, 9), (200, 40, 90)), "JPEG", quality=100)).image
    assert np.abs(flat.srgb.astype(int) - [200, 40, 90]).max() <= 2
    gray = opened(saved(PIL.Image.new("L", (9, 9), 77), "JPEG", quality=100))
    assert np.all(gray.image.srgb == 77)
    assert gray.indexed is None


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_alpha_channel_is_kept_beside_the_colors(kind: str) -> None:
    pixels = colorful(channels=4)
    image = opened(saved(PIL.Image.fromarray(pixels), kind, lossless=True, exact=True)).image
    assert np.array_equal(image.srgb, pixels[..., :3])
    assert np.array_equal(image.alpha, pixels[..., 3])


def test_gray_with_alpha_in_8_and_16_bits() -> None:
    for depth, row in ((8, b"\x40\x80\xff\x00"), (16, b"\x40\1\x80\2\xff\3\x00\4")):
        image = opened(png(2, depth, 4, [row])).image
        assert image.srgb.tolist() == [[[64] * 3, [255] * 3]]
        assert image.alpha.tolist() == [[128, 0]]


def test_large_pictures_are_converted_without_seams() -> None:
    pixels = colorful(1500, 1500, 4)
    image = opened(saved(PIL.Image.fromarray(pixels), compress_level=0)).image
    assert np.array_equal(image.srgb, pixels[..., :3])
    assert np.array_equal(image.alpha, pixels[..., 3])


def test_a_palette_with_alphas_hides_what_it_hides() -> None:
    palette = chunk(b"PLTE", bytes([255, 0, 0, 0, 255, 0, 0, 0, 255]))
    source = opened(png(4, 8, 3, [b"\0\1\2\1"], palette, chunk(b"tRNS", b"\x80\x00")))
    assert source.image.alpha.tolist() == [[128, 0, 255, 0]]
    assert source.image.srgb[0, 2].tolist() == [0, 0, 255]
    assert stored(source).transparent == 1
    assert stored(source).indices.tolist() == [[0, 1, 2, 1]]
    assert stored(source).colors.tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    assert stored(source).listed


def test_a_gif_hides_its_transparent_index() -> None:
    image = PIL.Image.new("P", (2, 1))
    image.putpalette([9, 9, 9, 200, 100, 0, 1, 2, 3, 4, 5, 6])
    image.putpixel((1, 0), 2)
    source = opened(saved(image, "GIF", transparency=2, optimize=False))
    assert source.image.alpha.tolist() == [[255, 0]]
    assert stored(source).transparent == 2
    assert stored(source).colors[1].tolist() == [200, 100, 0]


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palette_indices_keep_their_order_at_each_depth(depth: int) -> None:
    colors = colorful(1 << depth, 1)[0]
    row = bytes([0b10010011, 0b00011011])
    data = png(16 // depth, depth, 3, [row], chunk(b"PLTE", colors.tobytes()))
    bits = np.unpackbits(np.frombuffer(row, np.uint8)).reshape(-1, depth)
    wanted = bits @ (1 << np.arange(depth)[::-1])
    source = opened(data)
    assert stored(source).indices[0].tolist() == wanted.tolist()
    assert np.array_equal(stored(source).colors, colors)
    assert np.array_equal(source.image.srgb[0], colors[wanted])


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_gray_levels_and_their_transparent_level_are_scaled(depth: int) -> None:
    level = (1 << depth) - 2 if depth > 1 else 0
    row = bytes([0b00011011])
    source = opened(png(8 // depth, depth, 0, [row], chunk(b"tRNS", struct.pack(">H", level))))
    bits = np.unpackbits(np.frombuffer(row, np.uint8)).reshape(-1, depth)
    wanted = bits @ (1 << np.arange(depth)[::-1])
    assert stored(source).indices[0].tolist() == wanted.tolist()
    assert len(stored(source).colors) == 1 << depth
    assert not stored(source).listed
    assert stored(source).transparent == level
    scaled = wanted * 255 // ((1 << depth) - 1)
    assert source.image.srgb[0, :, 0].tolist() == scaled.tolist()
    assert source.image.alpha[0].tolist() == np.where(wanted == level, 0, 255).tolist()


def test_a_transparent_color_of_rgb_in_8_and_16_bits() -> None:
    hidden = chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3))
    image = opened(png(3, 8, 2, [bytes([1, 2, 3, 1, 2, 4, 0, 2, 3])], hidden)).image
    assert image.alpha.tolist() == [[0, 255, 255]]
    hidden = chunk(b"tRNS", struct.pack(">HHH", 0x1234, 0x5678, 0x9ABC))
    row = struct.pack(">6H", 0x1234, 0x5678, 0x9ABC, 0x1334, 0x5678, 0x9ABC)
    image = opened(png(2, 16, 2, [row], hidden)).image
    assert image.alpha.tolist() == [[0, 255]]
    assert image.srgb[0, 0].tolist() == [0x12, 0x56, 0x9A]


def test_a_16_bit_gray_ramp_keeps_256_levels() -> None:
    rows = np.arange(65536, dtype=">u2").reshape(256, 256)
    hidden = chunk(b"tRNS", b"\x12\x34")
    image = opened(png(256, 16, 0, [row.tobytes() for row in rows], hidden)).image
    assert np.array_equal(image.srgb[..., 0], np.arange(256)[:, None].repeat(256, 1))
    assert np.argwhere(image.alpha == 0).tolist() == [[0x12, 0x34]]


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_one_bit_pictures_are_black_and_white(kind: str) -> None:
    pixels = np.array([[0, 255, 255], [255, 0, 0]], np.uint8)
    source = opened(saved(PIL.Image.fromarray(pixels).convert("1"), kind))
    assert np.array_equal(source.image.srgb[..., 1], pixels)
    assert stored(source).indices.tolist() == [[0, 1, 1], [1, 0, 0]]
    assert stored(source).colors.tolist() == [[0] * 3, [255] * 3]


def test_a_bmp_palette_keeps_its_order() -> None:
    image = PIL.Image.fromarray(np.array([[3, 0, 1]], np.uint8), "P")
    image.putpalette([1, 2, 3, 1, 2, 3, 0, 0, 0, 250, 251, 252])
    source = opened(saved(image, "BMP"))
    assert stored(source).indices.tolist() == [[3, 0, 1]]
    assert stored(source).colors[[0, 1, 3]].tolist() == [[1, 2, 3], [1, 2, 3], [250, 251, 252]]


def test_run_length_bmp_is_read() -> None:
    """Eight pixels as two runs: three of index 1, five of index 2."""
    runs = bytes([3, 1, 5, 2, 0, 1])
    table = bytes([0, 0, 0, 0, 10, 20, 30, 0, 40, 50, 60, 0])
    header = struct.pack("<IiiHHIIiiII", 40, 8, 1, 1, 8, 1, len(runs), 0, 0, 3, 0)
    start = 14 + len(header) + len(table)
    data = struct.pack("<2sIII", b"BM", start + len(runs), 0, start) + header + table + runs
    source = opened(data)
    assert stored(source).indices.tolist() == [[1, 1, 1, 2, 2, 2, 2, 2]]
    assert source.image.srgb[0, 0].tolist() == [30, 20, 10]


def test_pixels_beyond_the_palette_are_black_and_named() -> None:
    source = opened(png(2, 8, 3, [b"\0\4"], chunk(b"PLTE", b"\xff\xff\xff\1\2\3")))
    assert source.image.srgb.tolist() == [[[255] * 3, [0] * 3]]
    assert source.warnings == ("its pixels use 3 colors beyond its palette: drawn black",)


# Color profiles


def s15f16(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def profile(space: bytes, tags: dict[bytes, bytes], kind: bytes, connection: bytes) -> bytes:
    """An ICC profile, version 2.4 (ICC.1:2001-04)."""
    start = 128 + 4 + 12 * len(tags)
    table, body = b"", b""
    for name, tag in tags.items():
        table += name + struct.pack(">II", start + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"", 0x02400000, kind, space, connection)
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += s15f16(0.9642, 1, 0.8249)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + s15f16(*values)


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


NAME = b"desc\0\0\0\0\0\0\0\2x\0" + bytes(78)
WHITE = xyz(0.9642, 1, 0.8249)
GRAY_18 = profile(b"GRAY", {b"desc": NAME, b"wtpt": WHITE, b"kTRC": gamma(1.8)}, b"mntr", b"XYZ ")

# The columns of linear sRGB to XYZ, adapted to D50 (Bradford), as in the sRGB profile.
SRGB_COLUMNS = (
    (0.43607, 0.22249, 0.01392),
    (0.38515, 0.71687, 0.09708),
    (0.14307, 0.06061, 0.7141),
)


def rgb_profile(order: str, curve: bytes) -> bytes:
    """sRGB's primaries in another order and with another curve."""
    columns = [SRGB_COLUMNS["rgb".index(letter)] for letter in order]
    tags = {b"desc": NAME, b"wtpt": WHITE}
    for name, column in zip((b"r", b"g", b"b"), columns, strict=True):
        tags[name + b"XYZ"] = xyz(*column)
        tags[name + b"TRC"] = curve
    return profile(b"RGB ", tags, b"mntr", b"XYZ ")


def cmyk_profile(black_level: int = 0) -> bytes:
    """Inks as a table of Lab (8-bit `mft1`): L* falls with cyan, and to its end with black."""
    identity = bytes(range(256))
    cells = [
        bytes([black_level if black else 255 - 127 * cyan, 128, 128])
        for cyan in (0, 1)
        for _magenta in (0, 1)
        for _yellow in (0, 1)
        for black in (0, 1)
    ]
    unit = s15f16(1, 0, 0, 0, 1, 0, 0, 0, 1)
    lut = b"mft1\0\0\0\0\4\3\2\0" + unit + identity * 4 + b"".join(cells) + identity * 3
    tags = {b"desc": NAME, b"wtpt": WHITE, b"A2B0": lut, b"A2B1": lut}
    return profile(b"CMYK", tags, b"scnr", b"Lab ")


def encoded(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light 0..1 to sRGB codes, unrounded."""
    curve = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(curve * 255)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_rgb_profile_is_converted_to_srgb(kind: str) -> None:
    pixels = colorful(16, 16, 4)
    data = saved(
        PIL.Image.fromarray(pixels),
        kind,
        icc_profile=rgb_profile("bgr", gamma(1.8)),
        lossless=True,
        exact=True,
    )
    source = opened(data)
    wanted = encoded((pixels[..., 2::-1] / 255) ** 1.8)
    assert np.abs(source.image.srgb - wanted).max() <= 1.6
    assert np.array_equal(source.image.alpha, pixels[..., 3])
    assert source.warnings == ()


def test_a_palette_goes_through_the_profile_too() -> None:
    image = PIL.Image.new("P", (1, 1), 1)
    image.putpalette([0, 0, 0, 250, 10, 20])
    source = opened(saved(image, icc_profile=rgb_profile("gbr", gamma(2.2))))
    wanted = encoded((np.array([20, 250, 10]) / 255) ** 2.2)
    assert np.abs(source.image.srgb[0, 0] - wanted).max() <= 2
    assert np.array_equal(stored(source).colors[1], source.image.srgb[0, 0])


def test_a_gray_profile_is_converted_and_stays_neutral() -> None:
    ramp = np.arange(256, dtype=np.uint8)[None]
    wanted = encoded((ramp[0] / 255) ** 1.8)
    high_bytes = (ramp.astype(np.uint16) << 8).astype(">u2").tobytes()
    embedded = chunk(b"iCCP", b"x\0\0" + zlib.compress(GRAY_18))
    for data in (
        png(256, 16, 0, [high_bytes], embedded),
        saved(PIL.Image.fromarray(ramp), icc_profile=GRAY_18),
        saved(PIL.Image.fromarray(np.dstack([ramp, ramp]), "LA"), icc_profile=GRAY_18),
    ):
        srgb = opened(data).image.srgb[0]
        assert np.abs(srgb[:, 1] - wanted).max() <= 1.6
        assert np.all(srgb == srgb[:, :1])


def test_an_rgb_profile_on_gray_samples_is_used() -> None:
    data = saved(PIL.Image.new("L", (1, 1), 100), icc_profile=rgb_profile("rgb", gamma(1.8)))
    wanted = encoded(np.array(100 / 255) ** 1.8)
    assert np.abs(opened(data).image.srgb - wanted).max() <= 1.6


def test_an_srgb_profile_changes_no_code() -> None:
    srgb = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    pixels = colorful(64, 64)
    source = opened(saved(PIL.Image.fromarray(pixels), icc_profile=srgb))
    assert np.array_equal(source.image.srgb, pixels)


def test_a_coarse_srgb_profile_is_still_srgb() -> None:
    """A curve of 24 points bends some codes by one, which no author meant."""
    x = np.arange(24) / 23
    curve = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    points = np.rint(curve * 65535).astype(">u2")
    coarse = rgb_profile("rgb", b"curv\0\0\0\0" + struct.pack(">I", 24) + points.tobytes())
    pixels = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 256, 3)
    source = opened(saved(PIL.Image.fromarray(pixels), icc_profile=coarse))
    assert np.array_equal(source.image.srgb, pixels)


def test_broken_and_foreign_profiles_are_ignored_with_a_warning() -> None:
    pixels = colorful()
    for icc, reason in (
        (b"junk", "its color profile was ignored: "),
        (rgb_profile("bgr", gamma(1.8))[:200], "its color profile was ignored: "),
        (GRAY_18, "its color profile was ignored: it is for GRAY pixels, these are RGB"),
    ):
        source = opened(saved(PIL.Image.fromarray(pixels), icc_profile=icc))
        assert np.array_equal(source.image.srgb, pixels)
        assert len(source.warnings) == 1
        assert source.warnings[0].startswith(reason)


def test_gamma_and_chromaticity_chunks_are_ignored() -> None:
    extra = [
        chunk(b"gAMA", struct.pack(">I", 100000)),
        chunk(b"cHRM", struct.pack(">8I", *[9] * 8)),
    ]
    assert opened(png(1, 8, 2, [b"\x10\x20\x30"], *extra)).image.srgb.tolist() == [[[16, 32, 48]]]


def cmyk(*inks: int, **options: object) -> bytes:
    image = PIL.Image.new("CMYK", (8, 8), inks)
    return saved(image, "JPEG", quality=100, subsampling=0, **options)


def test_cmyk_without_a_profile_is_read_the_right_way_round_and_warned_of() -> None:
    source = opened(cmyk(0, 0, 0, 0))
    assert np.all(source.image.srgb >= 253)
    assert source.warnings == (
        "CMYK without a color profile: converted naively, colors will be off",
    )
    red = opened(cmyk(0, 255, 255, 0)).image.srgb[0, 0].astype(int)
    assert np.abs(red - [255, 0, 0]).max() <= 3
    assert np.all(opened(cmyk(0, 0, 0, 255)).image.srgb <= 2)


def test_ycck_is_read() -> None:
    """A CMYK file whose Adobe marker is changed to say YCCK: Y 200, no chroma, no black."""
    data = cmyk(55, 127, 127, 0)
    marker = data.index(b"Adobe")
    assert data[marker + 11] == 0
    source = opened(data[: marker + 11] + b"\2" + data[marker + 12 :])
    assert np.abs(source.image.srgb.astype(int) - 55).max() <= 3


def test_a_cmyk_profile_is_used() -> None:
    half = opened(cmyk(255, 0, 0, 0, icc_profile=cmyk_profile()))
    assert half.warnings == ()
    # L* 128/255 * 100 = 50.2 is a luminance of 0.1857.
    assert np.abs(half.image.srgb - encoded(np.array(0.1857))).max() <= 2
    assert np.all(opened(cmyk(0, 255, 255, 0, icc_profile=cmyk_profile())).image.srgb >= 253)
    for black_level in (0, 40):  # the blackest ink is the display's black
        icc = cmyk_profile(black_level)
        assert np.all(opened(cmyk(0, 0, 0, 255, icc_profile=icc)).image.srgb <= 3)


# Orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_every_orientation_is_undone(kind: str, orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    data = saved(PIL.Image.fromarray(colorful(channels=4)), kind, exif=exif, lossless=True)
    with PIL.Image.open(io.BytesIO(data)) as image:
        wanted = np.asarray(PIL.ImageOps.exif_transpose(image))
    source = opened(data)
    assert np.array_equal(source.image.alpha, wanted[..., 3])
    drawn = wanted[..., 3] > 0
    assert np.array_equal(source.image.srgb[drawn], wanted[..., :3][drawn])


def test_orientation_6_stands_a_picture_on_its_left_side() -> None:
    """Row 0 of the file is the right side of the scene (EXIF 2.32: "right-top")."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    image = PIL.Image.fromarray(np.array([[1, 2, 3], [4, 5, 6]], np.uint8), "P")
    image.putpalette(bytes(range(30)))
    source = opened(saved(image, exif=exif))
    assert stored(source).indices.tolist() == [[4, 1], [5, 2], [6, 3]]
    assert np.array_equal(source.image.srgb, stored(source).colors[stored(source).indices])


def test_jpeg_orientation_is_undone() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 8
    image = opened(saved(PIL.Image.new("RGB", (16, 8)), "JPEG", exif=exif)).image
    assert (image.width, image.height) == (8, 16)


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_unknown_orientations_mean_upright(value: int) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = value
    source = opened(saved(PIL.Image.new("RGB", (3, 2)), exif=exif))
    assert (source.image.width, source.warnings) == (3, ())


def test_damaged_exif_is_ignored_with_a_warning() -> None:
    source = opened(png(1, 8, 0, [b"\7"], chunk(b"eXIf", b"XX*\0junk")))
    assert source.image.srgb.tolist() == [[[7] * 3]]
    assert source.warnings == ("its EXIF data is damaged and was ignored",)


# Frames

FRAMES = [PIL.Image.new("RGB", (4, 3), color) for color in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]


def animated(kind: str, **options: object) -> bytes:
    first, *rest = FRAMES
    return saved(first, kind, save_all=True, append_images=rest, **options)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_each_frame_of_an_animation_can_be_chosen(kind: str) -> None:
    data = animated(kind, lossless=True)
    for number, frame in enumerate(FRAMES):
        assert np.array_equal(opened(data, number).image.srgb, np.asarray(frame))


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_an_animation_needs_a_choice_within_its_frames(kind: str) -> None:
    data = animated(kind)
    with pytest.raises(
        ValueError, match=r"the file has 3 frames; choose one with `frame:`, 0 to 2"
    ):
        opened(data)
    for frame in (-1, 3):
        message = f"there is no frame {frame}: the file has 3 frames, 0 to 2"
        with pytest.raises(ValueError, match=message):
            opened(data, frame)


def test_a_still_has_frame_0_only() -> None:
    data = saved(FRAMES[0])
    assert np.array_equal(opened(data, 0).image.srgb, np.asarray(FRAMES[0]))
    with pytest.raises(ValueError, match="there is no frame 1: the file has one frame, 0"):
        opened(data, 1)


def test_the_default_picture_of_an_apng_is_no_frame() -> None:
    data = animated("PNG", default_image=True)
    with pytest.raises(ValueError, match="2 frames"):
        opened(data)
    assert np.array_equal(opened(data, 0).image.srgb, np.asarray(FRAMES[1]))


def test_only_the_first_frame_of_a_gif_has_indices() -> None:
    data = animated("GIF")
    assert opened(data, 0).indexed is not None
    assert opened(data, 1).indexed is None


def test_previews_inside_a_jpeg_are_no_frames() -> None:
    source = opened(animated("MPO", quality=100))
    assert np.abs(source.image.srgb.astype(int) - [255, 0, 0]).max() <= 2


def test_a_missing_frame_is_a_damaged_file() -> None:
    data = animated("PNG")
    last = data.rindex(b"fcTL") - 4
    with pytest.raises(ValueError, match="this PNG file cannot be decoded: "):
        opened(data[:last] + chunk(b"IEND", b""), 2)


# Refusals


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"II*\0\x08\0\0\0", "this is a TIFF file; convert it to PNG"),
        (b"MM\0*\0\0\0\x08", "this is a TIFF file"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "this is an EPS or PostScript file"),
        (b"%PDF-1.7\n", "this is a PDF file"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">', "an SVG file"),
        (b"  <svg width='1'/>", "this is an SVG file; convert it to PNG"),
        (b"8BPS\0\1", "this is a Photoshop file"),
        (b"\0\0\1\0\1\0", "this is a Windows icon or cursor"),
        (b"\0\0\0\x1cftypavif", "this is an AVIF file"),
        (b"\0\0\0\x18ftypheic", "this is a HEIF file"),
        (b"qoif\0\0\0\1", "this is a QOI file"),
        (b"P6\n1 1\n255\nabc", "this is a Netpbm file"),
        (b"\x10\0\0\0\xe0\xa5", "this is an Aseprite project"),
        (b"PK\x03\x04", "this is a ZIP archive"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "run `git lfs pull`"),
        (b"hello\n", "this is text, not a picture; PNG, JPEG, GIF, BMP and WebP are read"),
        (b"\0\1\2\3", "this is an unknown type of file"),
    ],
)
def test_other_files_are_named(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("*", r"\*")):
        opened(data)


def empty_png(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def resized(data: bytes, offset: int, form: str, width: int, height: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(form, changed, offset, width, height)
    return bytes(changed)


@cache
def small(kind: str) -> bytes:
    image = PIL.Image.fromarray(colorful(12, 9))
    return saved(image.quantize(7) if kind == "GIF" else image, kind, lossless=True)


def declaring(kind: str, width: int, height: int) -> bytes:
    """A small file whose header says another size."""
    if kind == "PNG":
        return empty_png(width, height)
    if kind == "WEBP":
        body = b"VP8X\x0a\0\0\0" + bytes(4)
        body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
    if kind == "JPEG":
        return resized(small(kind), small(kind).index(b"\xff\xc0") + 5, ">HH", height, width)
    offset, form = {"GIF": (6, "<HH"), "BMP": (18, "<ii")}[kind]
    return resized(small(kind), offset, form, width, height)


@pytest.mark.parametrize("kind", KINDS)
def test_huge_pictures_are_refused_by_their_header(kind: str) -> None:
    """There are no pixels behind these headers: decoding would have said so first."""
    message = "the picture has 10000x9000 = 90000000 pixels; at most 64000000 are read"
    with pytest.raises(ValueError, match=message):
        opened(declaring(kind, 10000, 9000))
    with pytest.raises(ValueError, match=r"pixels; at most 64000000|has more pixels than"):
        opened(declaring(kind, 65000, 65000 if kind != "WEBP" else 16000))


@pytest.mark.parametrize("mode", ["lossy", "lossless"])
def test_simple_webp_headers_are_measured_too(mode: str) -> None:
    if mode == "lossy":
        body = b"VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 16000, 16000)
    else:
        body = b"VP8L\x05\0\0\0\x2f" + struct.pack("<I", 15999 | 15999 << 14)
    with pytest.raises(ValueError, match="16000x16000 = 256000000 pixels"):
        opened(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body)


def test_the_ceiling_is_exact_and_can_be_set() -> None:
    data = saved(PIL.Image.new("L", (10, 10)))
    assert decode(data, SourceOptions(max_pixels=100)).image.width == 10
    with pytest.raises(ValueError, match="10x10 = 100 pixels; at most 99"):
        decode(data, SourceOptions(max_pixels=99))


def test_pillows_own_ceiling_does_not_leak_a_warning() -> None:
    with pytest.raises(ValueError, match="cannot be decoded: image file is truncated"):
        decode(empty_png(10000, 9000), SourceOptions(max_pixels=100_000_000))
    with pytest.raises(ValueError, match="this PNG file has more pixels than can be decoded"):
        decode(empty_png(20000, 20000), SourceOptions(max_pixels=10**9))


def test_a_gif_frame_cannot_enlarge_the_picture_beyond_the_ceiling() -> None:
    data = animated("GIF")
    place = data.rindex(b"\x2c\0\0\0\0")
    with pytest.raises(ValueError, match="9000x9000 = 81000000 pixels; at most 64000000"):
        opened(resized(data, place + 5, "<HH", 9000, 9000), 2)
    with pytest.raises(ValueError, match="this GIF file has more pixels than can be decoded"):
        opened(resized(data, place + 5, "<HH", 65535, 65535), 2)


def test_sides_beyond_16_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="65536x1 pixels; a side has at most 65535"):
        opened(empty_png(65536, 1))


@pytest.mark.parametrize(
    ("data", "side"),
    [
        (empty_png(0, 5), "width"),
        (empty_png(5, 0), "height"),
        (declaring("BMP", 0, 9), "width"),
        (declaring("BMP", 12, 0), "height"),
    ],
)
def test_pictures_without_pixels_are_refused(data: bytes, side: str) -> None:
    with pytest.raises(ValueError, match=f"cannot be decoded: its {side} is 0"):
        opened(data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_is_refused_or_whole(kind: str) -> None:
    data = small(kind)
    whole = opened(data).image.srgb
    refused = 0
    for length in range(len(data)):
        try:
            assert np.array_equal(opened(data[:length]).image.srgb, whole)
        except ValueError:
            refused += 1
    assert refused >= len(data) - 24  # without its tail a PNG is whole


def test_truncated_files_are_never_loaded_in_part() -> None:
    assert PIL.ImageFile.LOAD_TRUNCATED_IMAGES is False
    with pytest.raises(
        ValueError, match="this JPEG file cannot be decoded: image file is truncated"
    ):
        opened(small("JPEG")[:-40])


# Nothing else gets out


def test_pillows_warnings_become_notes_and_its_settings_stay() -> None:
    before = (PIL.Image.MAX_IMAGE_PIXELS, list(warnings.filters))
    bad = chunk(b"acTL", struct.pack(">II", 0, 0))
    source = opened(png(1, 8, 0, [b"\7"], bad))
    assert source.warnings == ("Invalid APNG, will use default PNG image if possible",)
    assert (PIL.Image.MAX_IMAGE_PIXELS, list(warnings.filters)) == before


SEEDS: tuple[bytes, ...] = (
    *(small(kind) for kind in KINDS),
    *(animated(kind, lossless=True) for kind in ("PNG", "GIF", "WEBP")),
    cmyk(1, 2, 3, 4, icc_profile=cmyk_profile()),
    saved(PIL.Image.fromarray(colorful()), icc_profile=rgb_profile("bgr", gamma(1.8))),
    png(2, 16, 0, [b"\1\2\3\4"], chunk(b"tRNS", b"\1\2")),
    png(4, 2, 0, [b"\x1b"], chunk(b"tRNS", b"\0\1")),
    png(2, 8, 3, [b"\0\1"], chunk(b"PLTE", b"abcdef"), chunk(b"tRNS", b"\x80\0")),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(data) - 1))
        data[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=4))
        if not data:
            break
    return bytes(data)


def mended(data: bytes) -> bytes:
    """The same PNG with its checksums made right, so that damage gets past them."""
    out, place = data[:8], 8
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        out += chunk(data[place + 4 : place + 8], data[place + 8 : place + 8 + length])
        place += 12 + length
    return out


@given(mutated(), st.sampled_from([None, 0, 1, 2]))
@settings(max_examples=500, deadline=None)
def test_mutated_files_raise_nothing_but_value_errors(data: bytes, frame: int | None) -> None:
    for file in (data, mended(data)) if data.startswith(b"\x89PNG") else (data,):
        try:
            source = decode(file, SourceOptions(frame, max_pixels=1_000_000))
        except ValueError as error:
            assert str(error)
        else:
            assert source.image.alpha.size <= 1_000_000


@given(st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM"]), st.binary())
@settings(max_examples=200, deadline=None)
def test_noise_raises_value_errors(magic: bytes, noise: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        opened(magic + noise)
