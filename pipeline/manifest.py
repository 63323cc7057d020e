"""The manifest: build.yaml as typed, immutable models."""

from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field, Tag

from pipeline.document import Document, parse
from pipeline.layout import MAX_INDEXED
from pipeline.recipe import MAX_PIXELS, MOST_ERROR
from pipeline.report import Failure, Problem, fail, in_order
from pipeline.scalars import (
    TEXT_OR_VALUE,
    Alignment,
    Box,
    BundleForm,
    Bytes,
    CodecName,
    Color,
    ColorMap,
    DeltaE,
    DitherName,
    Effort,
    EmitterName,
    Engine,
    Factor,
    FileName,
    Fit,
    FixedEntry,
    Flip,
    Folder,
    Format,
    Lean,
    Metric,
    Point,
    Resampling,
    Rotation,
    Share,
    SizeOption,
    Stops,
    Tone,
    Whole,
    as_forms,
    as_list,
    different_numbers,
    short,
)
from pipeline.validate import Record, read_rest

DEFAULT_FILE = "build.yaml"
DEFAULT_OUTPUT = "build/assets"


class KernelModel(Record):
    """Where error diffusion passes error: weights for the pixels around."""

    divisor: Whole = Field(ge=1, le=65536, description="what one whole error is")
    rows: list[Annotated[list[Annotated[Whole, Field(ge=0, le=65536)]], Field(max_length=7)]] = (
        Field(
            min_length=1,
            max_length=4,
            description="the pixels ahead in the same row, then each row below, centered",
        )
    )


class DitherModel(Record):
    """A dither with its options; `dither: NAME` is short for `{method: NAME}`."""

    method: DitherName = Field(description="which dither")
    strength: Share | None = Field(
        None, description="how much of it, 0 to 1; default 1, 0.85 on learned palettes"
    )
    serpentine: bool = Field(
        default=True, description="error diffusion turns round at each row's end"
    )
    threshold: Whole = Field(
        128, ge=0, le=255, description="gray at which `threshold` turns to the lighter color"
    )
    kernel: KernelModel | None = Field(None, description="where `custom` passes error")
    distance: Whole = Field(400, ge=50, le=100_000, description="mm from eye to panel, for `dbs`")
    ppi: Whole | None = Field(
        None,
        ge=10,
        le=2000,
        description="pixels per inch, for `dbs`; default by the target's pitch",
    )


class PaletteModel(Record):
    """How a palette is learned or where it is read from; a list is short for `{list: [COLORS]}`."""

    colors: Whole | None = Field(
        None, ge=1, le=MAX_INDEXED, description="entries in all, with fixed and transparent ones"
    )
    metric: Metric = Field(
        "perceptual",
        description="what is made small: the visible difference, or the mean squared error",
    )
    fixed: Annotated[
        dict[Annotated[Whole, Field(ge=0, lt=MAX_INDEXED)], FixedEntry],
        BeforeValidator(different_numbers),
    ] = Field(
        {},
        description="entries by index that are not learned: a color, or `transparent`",
        json_schema_extra={"propertyNames": {"pattern": "^[0-9]{1,3}$"}},
    )
    file: str | None = Field(None, description="palette file, or an image")
    effort: Effort = Field("normal", description="how long a better palette is looked for")
    engine: Engine = Field(
        "native", description="what finds nearest colors; both give the same palette"
    )
    groups: Whole | None = Field(
        None,
        ge=1,
        le=64,
        description="divide the assets that share it into so many palettes, each with `colors`",
    )
    # The last field: below it, `list` would mean this one.
    list: tuple[FixedEntry, ...] | None = Field(
        None,
        min_length=1,
        max_length=MAX_INDEXED,
        description="the colors themselves, in their order; an entry may be `transparent`",
    )


class AdjustModel(Record):
    """Changes of a picture's tones before its colors are reduced."""

    exposure: Stops = Field(0, description="stops: 1 doubles the light, -1 halves it")
    contrast: Factor = Field(1000, description="around middle gray; 1 leaves it")
    saturation: Factor = Field(1000, description="0 is gray, 1 leaves it")
    shadows: Lean = Field(0, description="above 0 lifts dark tones")
    highlights: Lean = Field(0, description="below 0 tames light tones")
    tone: Tone = Field(
        "auto",
        description="fit black and white to those of the panel: auto where its contrast is small",
    )


class CompressModel(Record):
    """How pixels are stored in flash; `compress: NAME` is short for `{codec: NAME}`."""

    codec: CodecName = Field(
        "smallest", description="a codec, `smallest` of all that fit `ram`, or none"
    )
    ram: Bytes = Field(
        4096, ge=1, description="bytes of RAM that the decoder's state and window may take"
    )


class FormatModel(Record):
    """A format that is searched for; `format: auto` is short for it with the usual limit."""

    auto: DeltaE = Field(MOST_ERROR, description="most mean delta E that it may have")


def _as_palette(value: Any) -> Any:
    """A list is short for a palette of these colors."""
    return {"list": value} if isinstance(value, list) else value


def _as_shared_palette(value: Any) -> Any:
    """`auto: 4` is also short for four palettes; any other text is a file."""
    if isinstance(value, str):
        return {"groups": value} if value.strip().isdigit() else {"file": value}
    return _as_palette(value)


Emit = Annotated[
    list[EmitterName],
    BeforeValidator(as_list, json_schema_input_type=EmitterName | list[EmitterName]),
]
Dither = Annotated[DitherModel, short("method", DitherName | DitherModel)]
Compress = Annotated[CompressModel, short("codec", CodecName | CompressModel)]
ListedColors = Annotated[list[FixedEntry], Field(min_length=1, max_length=MAX_INDEXED)]
PaletteUse = Annotated[
    Annotated[str, Tag("text")]
    | Annotated[
        PaletteModel,
        BeforeValidator(_as_palette, json_schema_input_type=ListedColors | PaletteModel),
        Tag("value"),
    ],
    TEXT_OR_VALUE,
]


FormatUse = Annotated[
    Annotated[Format, Tag("text")] | Annotated[FormatModel, Tag("value")],
    TEXT_OR_VALUE,
]


class RegionModel(Record):
    """A part of a picture that is treated in its own way."""

    box: Box | None = Field(None, description="WIDTHxHEIGHT+LEFT+TOP in the finished picture")
    mask: str | None = Field(None, description="gray image of the source's size, white inside")
    dither: Dither | None = Field(None, description="its own dither")
    weight: Whole = Field(
        1, ge=1, le=16, description="how much its pixels count when a palette is learned"
    )


class Options(Record):
    """What can be set for an asset, for all in `defaults`, and for one target in `on`."""

    size: SizeOption | None = Field(
        None,
        description="final WIDTHxHEIGHT; `screen`: the target's size; `none`: the picture's own",
    )
    fit: Fit | None = Field(None, description="how the picture fills `size`; default contain")
    resample: Resampling | None = Field(
        None, description="smooth: antialiased in linear light (default); nearest: hard pixels"
    )
    rotate: Rotation | None = Field(None, description="degrees clockwise")
    flip: Flip | None = Field(None, description="mirror, after the rotation")
    background: Color | None = Field(
        None, description="what shows through; default the target's own"
    )
    alpha_threshold: Whole | None = Field(
        None,
        ge=1,
        le=255,
        description="alpha below this is the transparent entry, where there is one; default 128",
    )
    frame: Whole | None = Field(None, ge=0, description="which frame of an animated file, from 0")
    max_pixels: Whole | None = Field(
        None,
        ge=1,
        le=178_956_970,
        description=f"refuse larger sources before decoding; default {MAX_PIXELS}",
    )
    palette: PaletteUse | None = Field(
        None,
        description="a name from `palettes`, options, a palette file, colors, `target` or `keep`",
    )
    dither: Dither | None = Field(None, description="a dither, or its options; default none")
    format: FormatUse | None = Field(
        None,
        description="native: as the panel reads it; indexed: indices and a color table;"
        " auto: whichever takes the fewest bytes within an error",
    )
    emit: Emit | None = Field(None, min_length=1, description="which files to write; default c")
    adjust: AdjustModel | None = Field(None, description="exposure, contrast and the like")
    exact: bool | None = Field(
        None,
        description="pixels in an ink's nominal color get that ink, undithered; default true",
    )
    map: ColorMap | None = Field(
        None, description="colors of the picture that become a certain ink or color"
    )
    seen: str | None = Field(
        None, description="which of the target's measured sets tells what its inks look like"
    )
    weight: Whole | None = Field(
        None, ge=1, le=100, description="how much the asset counts in a shared palette; default 1"
    )
    regions: list[RegionModel] | None = Field(
        None, max_length=64, description="parts with a dither or a weight of their own"
    )
    template: str | None = Field(
        None, description="text file that `emit: template` fills in with the picture's values"
    )
    compress: Compress | None = Field(
        None, description="a codec for the pixels in flash, or its options; default none"
    )


class Defaults(Options):
    """Options for all assets."""

    on: dict[str, Options] = Field({}, description="options for one target")


class AssetModel(Options):
    """One picture, or one glob of pictures; `NAME: FILE` is short for `{source: FILE}`."""

    source: str = Field(description="image file or glob, relative to the manifest")
    name: str | None = Field(
        None, description="name of each file of a glob; default {asset}_{stem}"
    )
    on: dict[str, Options] = Field({}, description="options for one target")


class PlacedModel(Record):
    """An asset on a screen."""

    asset: str = Field(description="name of an asset, or of one picture of a glob")
    at: Point = Field((0, 0), description="its left and top edge in pixels of the screen")


class SceneModel(Record):
    """A mock of a target's whole screen."""

    target: str | None = Field(
        None, description="the target or family whose screen it is; default every target"
    )
    background: Color | None = Field(
        None, description="what shows where no asset is; default the target's own"
    )
    place: list[PlacedModel] = Field(
        min_length=1, max_length=1024, description="what lies on it, the last one on top"
    )


class BundleModel(Record):
    """Files that span assets of one target; `NAME: FORM` is short for `{emit: FORM}`."""

    emit: Annotated[
        list[BundleForm],
        BeforeValidator(as_list, json_schema_input_type=BundleForm | list[BundleForm]),
    ] = Field(min_length=1, description="which forms")
    assets: Annotated[
        list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])
    ] = Field(
        ["*"], min_length=1, description="names of assets, or globs of names; default all of them"
    )
    align: Alignment = Field(
        4, description="palettes, pixels and files begin at multiples of this, 4 to 4096"
    )
    files: EmitterName | None = Field(
        None, description="`esp-mmap`: the emitter whose files are taken"
    )
    name_length: Whole | None = Field(
        None,
        ge=8,
        le=255,
        description="`esp-mmap`: CONFIG_MMAP_FILE_NAME_LENGTH of the firmware",
    )


class ManifestModel(Record):
    """build.yaml."""

    target: Annotated[
        list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])
    ] = Field(
        min_length=1,
        description="a profile's name, a path to one, or a list: assets are built for each",
    )
    output: Folder = Field(
        DEFAULT_OUTPUT, description="folder for the results; {target} stands for the target's name"
    )
    defaults: Defaults = Field(Defaults(), description="options for all assets")
    budget: Bytes | None = Field(
        None, description="bytes of flash per target; the build fails above it"
    )
    palettes: dict[
        str,
        Annotated[
            PaletteModel,
            BeforeValidator(
                _as_shared_palette,
                json_schema_input_type=str | int | ListedColors | PaletteModel,
            ),
        ],
    ] = Field({}, description="palettes shared by the assets that name them")
    assets: dict[str, Annotated[AssetModel, short("source", str | AssetModel)]] = Field(
        min_length=1, description="the pictures"
    )
    bundles: dict[
        FileName,
        Annotated[
            BundleModel,
            BeforeValidator(
                as_forms, json_schema_input_type=BundleForm | list[BundleForm] | BundleModel
            ),
        ],
    ] = Field({}, description="files that span several assets of a target")
    scenes: dict[FileName, SceneModel] = Field(
        {}, description="mocks of whole screens, for `bitplane scene` and `bitplane show`"
    )


class Manifest(NamedTuple):
    """A manifest as typed values.

    Attributes:
        model: What is right in it.
        document: Its text with the places of all values.
        folder: Where relative paths start.
        faults: What is wrong in it; the plan adds its own and raises them together.
    """

    model: ManifestModel
    document: Document
    folder: Path
    faults: tuple[Problem, ...] = ()


def load(path: Path) -> Manifest:
    """Read and validate a manifest.

    Raises:
        Failure: The file cannot be read, or is too faulty to go on.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        new = "bitplane new" if path.name == DEFAULT_FILE else f"bitplane new {path}"
        raise fail(f"there is no {path}", None, f"`{new}` writes a starter manifest") from None
    except OSError as error:
        raise fail(f"cannot read {path}: {error.strerror}") from None
    return read_manifest(raw, path)


def read_manifest(raw: bytes, path: Path) -> Manifest:
    """A manifest from its bytes; `path` names it in problems and gives its folder."""
    document = parse(raw, str(path))
    model, faults = read_rest(ManifestModel, document)
    if model is None:
        raise Failure(in_order(faults))
    return Manifest(model, document, path.parent, tuple(faults))
