"""Source: from the bytes of a picture file to linear light; the only door to Pillow's decoders.

The file type is taken from the content, never from the name, and only the allowed types
reach a decoder. Sizes are checked from the header. Whatever a decoder raises on damaged
bytes leaves here as a ValueError.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import NamedTuple

import numpy as np
import PIL.Image
import PIL.ImageCms
from numpy.typing import NDArray

from pipeline.color import to_linear
from pipeline.filetype import declared_size, describe_foreign, picture_type
from pipeline.fit import MAX_SIDE
from pipeline.image import Image, Scalar, freeze

_ORIENTATION_TAG = 0x0112  # EXIF 2.32, table 4

_BAND_PIXELS = 1 << 20

_SAME_AS_SRGB = 2
"""A profile that moves no probed color by more codes than this is taken for sRGB."""

_PROFILE_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}


class SourceOptions(NamedTuple):
    """What a manifest can say about reading a picture.

    Attributes:
        frame: Which frame of an animated file, from 0; None: the file must have just one.
        max_pixels: Most pixels that a file may declare. Pillow itself stops at 178956970.
    """

    frame: int | None = None
    max_pixels: int = 64_000_000


@dataclass(frozen=True, slots=True, eq=False)
class StoredIndices:
    """The pixel values of a file whose pixels are indices, in the file's own order.

    Attributes:
        indices: uint8 (h, w), each below n, upright as the picture is.
        colors: uint8 (n, 3) sRGB, after the file's color profile.
        transparent: The first wholly transparent entry, or None.
        listed: The file lists its colors; False for gray samples, whose index is their level.
    """

    indices: NDArray[np.uint8]
    colors: NDArray[np.uint8]
    transparent: int | None
    listed: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "indices", freeze(self.indices))
        object.__setattr__(self, "colors", freeze(self.colors))


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A decoded picture.

    Attributes:
        image: The picture, upright, in linear light with sRGB primaries.
        indexed: The stored indices of an indexed PNG, GIF or BMP, or of one with gray
            samples of at most 8 bits; None for others and for the later frames of a GIF.
        warnings: What the user should know about the file.
    """

    image: Image
    indexed: StoredIndices | None
    warnings: tuple[str, ...]


class _Table(NamedTuple):
    """One channel of pixels and what each of its values means."""

    indices: NDArray[np.uint8]
    colors: NDArray[np.uint8]
    alphas: NDArray[np.uint8]
    listed: bool
    missing: int = 0  # colors that pixels use but the file does not list


class _Conversion(NamedTuple):
    """How samples become sRGB codes: through a color transform, or Pillow's plain way."""

    transform: PIL.ImageCms.ImageCmsTransform | None = None

    def codes(self, image: PIL.Image.Image) -> NDArray[np.uint8]:
        """uint8 (h, w, 3) sRGB of a picture in L, RGB or CMYK."""
        if self.transform is None:
            return np.asarray(image.convert("RGB"))
        source = image.convert(self.transform.input_mode)
        return np.asarray(self.transform.apply(source))


def decode(data: bytes, options: SourceOptions) -> Source:
    """Decode a PNG, JPEG, GIF, BMP or WebP file.

    EXIF orientation is applied, an ICC profile is converted to sRGB (relative colorimetric
    with black point compensation), 16-bit samples keep their high byte. gAMA and cHRM
    chunks are ignored, as browsers ignore them beside sRGB content. While it runs, Python's
    warning filters are replaced: call it from one thread of a process at a time.

    Args:
        data: The whole file.
        options: Which frame, and how large a picture may be.

    Raises:
        ValueError: The file is of another type, damaged, too large, or animated and no
            frame was chosen.
    """
    kind = picture_type(data)
    if not kind:
        raise ValueError(describe_foreign(data))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        picture = _load(data, kind, options)
        source = _convert(picture, kind, data[24] if kind == "PNG" else 8)
    notes = [str(one.message) for one in caught if "Bomb" not in one.category.__name__]
    return Source(source.image, source.indexed, (*dict.fromkeys(notes), *source.warnings))


@contextmanager
def _decoding(kind: str) -> Iterator[None]:
    """Turn whatever Pillow raises into a ValueError that names the file type."""
    try:
        yield
    except PIL.Image.DecompressionBombError as error:
        raise ValueError(f"this {kind} file has more pixels than can be decoded") from error
    # Decoders of hostile bytes raise anything: OSError, SyntaxError, struct.error, KeyError.
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise ValueError(f"this {kind} file cannot be decoded: {reason}") from error


def _load(data: bytes, kind: str, options: SourceOptions) -> PIL.Image.Image:
    """The decoded frame, after all checks that come before decoding."""
    _check_size(declared_size(data, kind), options)
    with _decoding(kind):
        picture = _opened(data, kind)
    _check_size(picture.size, options)
    with _decoding(kind):
        # An MPO file is a JPEG with previews or gain maps behind it: a still picture.
        still = picture.format == "MPO"
        skipped = int(getattr(picture, "default_image", False))
        count = 1 if still else getattr(picture, "n_frames", 1) - skipped
    frame = _checked_frame(count, options)
    for number in range(1, skipped + frame + 1):
        with _decoding(kind):
            picture.seek(number)
        _check_size(picture.size, options)  # a GIF frame may enlarge the picture
    with _decoding(kind):
        picture.load()
    return picture


def _opened(data: bytes, kind: str) -> PIL.Image.Image:
    try:
        return PIL.Image.open(BytesIO(data), formats=[kind])
    except PIL.UnidentifiedImageError as error:
        width, height = declared_size(data, kind)
        names = [name for name, side in (("width", width), ("height", height)) if side == 0]
        reason = f"its {names[0]} is 0" if names else "its header is damaged"
        raise ValueError(reason) from error


def _check_size(size: tuple[int, int], options: SourceOptions) -> None:
    width, height = size
    if width * height > options.max_pixels:
        raise ValueError(
            f"the picture has {width}x{height} = {width * height} pixels; "
            f"at most {options.max_pixels} are read"
        )
    if max(width, height) > MAX_SIDE:
        raise ValueError(f"the picture has {width}x{height} pixels; a side has at most {MAX_SIDE}")


def _checked_frame(count: int, options: SourceOptions) -> int:
    if options.frame is None:
        if count > 1:
            raise ValueError(
                f"the file has {count} frames; choose one with `frame:`, 0 to {count - 1}"
            )
        return 0
    if not 0 <= options.frame < count:
        have = "one frame, 0" if count == 1 else f"{count} frames, 0 to {count - 1}"
        raise ValueError(f"there is no frame {options.frame}: the file has {have}")
    return options.frame


def _convert(picture: PIL.Image.Image, kind: str, depth: int) -> Source:
    """From Pillow's modes to linear light; `depth` is the file's bits a sample."""
    conversion, notes = _conversion(picture)
    orientation, more = _orientation(picture)
    notes += more
    if picture.mode not in {"1", "L", "P"}:
        image = _direct(picture, conversion, _hidden_color(picture, depth))
        return Source(_upright_image(image, orientation), None, notes)
    with _decoding(kind):
        table = _listed(picture) if picture.mode == "P" else _gray(picture, depth)
    if table.missing:
        notes += (f"its pixels use {table.missing} colors beyond its palette: drawn black",)
    table = table._replace(colors=_table_colors(table, conversion))
    image = Image(to_linear(table.colors)[table.indices], table.alphas[table.indices])
    stored = None if kind == "JPEG" else _stored(table, orientation)
    return Source(_upright_image(image, orientation), stored, notes)


def _listed(picture: PIL.Image.Image) -> _Table:
    """An indexed picture; alphas from a tRNS chunk or a GIF's transparent index."""
    indices = np.asarray(picture)
    colors = np.array(picture.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
    missing = max(0, int(indices.max()) + 1 - len(colors))
    colors = np.pad(colors, ((0, missing), (0, 0)))
    alphas = np.full(len(colors), 255, np.uint8)
    hidden = picture.info.get("transparency")
    if isinstance(hidden, bytes):
        given = np.frombuffer(hidden, np.uint8)[: len(alphas)]
        alphas[: len(given)] = given
    elif isinstance(hidden, int):
        alphas[hidden : hidden + 1] = 0
    return _Table(indices, colors, alphas, listed=True, missing=missing)


def _gray(picture: PIL.Image.Image, depth: int) -> _Table:
    """A picture of gray samples as levels and the gray of each level.

    Pillow widens the 2 and 4 bit samples of a PNG to codes, but not its tRNS value.
    """
    step = 255 if picture.mode == "1" else {2: 85, 4: 17}.get(depth, 1)
    levels = np.arange(0, 256, step).astype(np.uint8)
    samples = np.asarray(picture.convert("L"))
    alphas = np.full(len(levels), 255, np.uint8)
    hidden = picture.info.get("transparency")
    if isinstance(hidden, int):
        level = hidden // 255 if picture.mode == "1" else hidden
        alphas[level : level + 1] = 0
    return _Table(samples // np.uint8(step), np.stack([levels] * 3, -1), alphas, listed=False)


def _table_colors(table: _Table, conversion: _Conversion) -> NDArray[np.uint8]:
    """The table's colors as sRGB codes."""
    strip = table.colors[None] if table.listed else table.colors[None, :, 0]
    return conversion.codes(PIL.Image.fromarray(strip)).reshape(-1, 3)


def _stored(table: _Table, orientation: int) -> StoredIndices:
    clear = np.flatnonzero(table.alphas == 0)
    transparent = int(clear[0]) if len(clear) else None
    return StoredIndices(
        _upright(table.indices, orientation), table.colors, transparent, table.listed
    )


def _direct(
    picture: PIL.Image.Image, conversion: _Conversion, hidden: NDArray[np.int64] | None
) -> Image:
    """A picture whose pixels are colors, band by band to bound the memory."""
    linear = np.empty((picture.height, picture.width, 3), np.uint16)
    alpha = np.full((picture.height, picture.width), 255, np.uint8)
    rows = max(1, _BAND_PIXELS // picture.width)
    for top in range(0, picture.height, rows):
        bottom = min(top + rows, picture.height)
        band = picture.crop((0, top, picture.width, bottom))
        linear[top:bottom] = to_linear(conversion.codes(_without_alpha(band)))
        if "A" in band.getbands():
            alpha[top:bottom] = np.asarray(band.getchannel("A"))
        elif hidden is not None:
            samples = np.asarray(band).reshape(*alpha[top:bottom].shape, -1)
            alpha[top:bottom][(samples == hidden).all(axis=2)] = 0
    return Image(linear, alpha)


def _without_alpha(band: PIL.Image.Image) -> PIL.Image.Image:
    """The colors alone, in L, RGB or CMYK."""
    if band.mode.startswith("I"):
        high = np.clip(np.asarray(band), 0, 65535) >> 8
        return PIL.Image.fromarray(high.astype(np.uint8))
    return band.convert(_color_mode(band))


def _hidden_color(picture: PIL.Image.Image, depth: int) -> NDArray[np.int64] | None:
    """The samples of a tRNS chunk that are transparent.

    Of RGB with 16 bits Pillow keeps the high bytes, so that is all that can be compared.
    """
    hidden = picture.info.get("transparency")
    if not isinstance(hidden, int | tuple):
        return None
    samples = np.atleast_1d(np.array(hidden, np.int64))
    return samples >> 8 if depth == 16 and picture.mode == "RGB" else samples


def _color_mode(picture: PIL.Image.Image) -> str:
    """L, RGB or CMYK: what the colors are once alpha, palette and wide samples are gone."""
    if picture.mode in {"1", "L", "LA"} or picture.mode.startswith("I"):
        return "L"
    return "CMYK" if picture.mode == "CMYK" else "RGB"


def _conversion(picture: PIL.Image.Image) -> tuple[_Conversion, tuple[str, ...]]:
    """How the picture's colors become sRGB, and what the user should know about it."""
    mode = _color_mode(picture)
    profile = picture.info.get("icc_profile")
    notes: tuple[str, ...] = ()
    if profile:
        try:
            return _profiled(profile, mode), ()
        # The color engine reads hostile bytes too; without its profile the picture still has use.
        except Exception as error:  # noqa: BLE001
            notes = (f"its color profile was ignored: {error}",)
    if mode == "CMYK":
        notes += ("CMYK without a color profile: converted naively, colors will be off",)
    return _Conversion(), notes


def _profiled(profile: bytes, mode: str) -> _Conversion:
    """The transform from an ICC profile to sRGB; plain when it would hardly change a color."""
    source = PIL.ImageCms.ImageCmsProfile(BytesIO(profile))
    space = source.profile.xcolor_space.strip()
    if mode == "L" and space == "RGB":
        mode = "RGB"
    if space != _PROFILE_SPACES[mode]:
        raise ValueError(f"it is for {space} pixels, these are {_PROFILE_SPACES[mode]}")
    transform = PIL.ImageCms.ImageCmsTransform(
        source,
        PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")),
        mode,
        "RGB",
        PIL.ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=PIL.ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    conversion = _Conversion(transform)
    return _Conversion() if mode != "CMYK" and _changes_little(conversion, mode) else conversion


def _changes_little(conversion: _Conversion, mode: str) -> bool:
    ramp = np.arange(0, 256, 15).astype(np.uint8)
    cube = np.stack(np.meshgrid(ramp, ramp, ramp), -1).reshape(1, -1, 3)
    probe = PIL.Image.fromarray(ramp[None] if mode == "L" else cube)
    change = conversion.codes(probe).astype(np.int64) - _Conversion().codes(probe)
    return int(np.abs(change).max()) <= _SAME_AS_SRGB


def _orientation(picture: PIL.Image.Image) -> tuple[int, tuple[str, ...]]:
    """The EXIF orientation, 1 to 8; 1 is upright."""
    try:
        value = picture.getexif().get(_ORIENTATION_TAG, 1)
    # Pillow's EXIF reader raises anything on damaged bytes; the pixels are sound all the same.
    except Exception:  # noqa: BLE001
        return 1, ("its EXIF data is damaged and was ignored",)
    return (value if isinstance(value, int) and 1 <= value <= 8 else 1), ()


def _upright(pixels: NDArray[Scalar], orientation: int) -> NDArray[Scalar]:
    """Undo an EXIF orientation: 5 to 8 swap rows and columns, then the axes are mirrored."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    return pixels[::-1] if orientation in {3, 4, 7, 8} else pixels


def _upright_image(image: Image, orientation: int) -> Image:
    return Image(_upright(image.linear, orientation), _upright(image.alpha, orientation))
