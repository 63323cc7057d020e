"""Target files: one YAML file a display profile, read into a `Target`."""

from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, Tag

from pipeline.disk import Disk, RealDisk
from pipeline.document import Document, parse
from pipeline.extends import extended
from pipeline.grid import GRIDS, has_gaps
from pipeline.layout import MAX_INDEXED, MAX_LINES, SCAN_BITS, Layout, size_unit, too_high
from pipeline.report import Failure, Problem, Span, did_you_mean, fail, in_order
from pipeline.scalars import (
    MAX_SIDE,
    TEXT_OR_VALUE,
    BitOrder,
    ByteOrder,
    Color,
    Gap,
    GridName,
    Kind,
    PixelValue,
    ScanName,
    Shape,
    Size,
    Whole,
    as_list,
)
from pipeline.target import Ink, Measured, Target, builtin_folder, builtin_names, is_path
from pipeline.validate import Record, read_rest


class InkFile(Record):
    """An entry of a fixed palette."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="what the ink is called")
    nominal: Color = Field(description="its plain sRGB name, what a PNG stores")
    code: Whole = Field(ge=0, description="what the driver wants for this color")


class MeasuredFile(Record):
    """What the inks of one panel look like, as somebody measured them."""

    source: str = Field(description="who measured, and how")
    colors: dict[str, Color] = Field(description="sRGB by the entry's name")


class LayoutFile(Record):
    """How pixel values become bytes."""

    scan: ScanName = Field(description="how pixels follow each other")
    bits: Whole = Field(ge=1, le=32, description="bits per pixel")
    first: BitOrder = Field("msb", description="the end of a byte that holds the first pixel")
    byte_order: ByteOrder = Field(
        "big", description="for pixels of 16 bits and more, and for rows of packed tiles"
    )
    align: Whole = Field(
        1, ge=1, le=256, description="rows are padded to a multiple of this many bytes"
    )
    invert: bool = Field(default=False, description="every bit is written as its complement")


WholeOrInks = Annotated[
    Annotated[Literal["whole"], Tag("text")] | Annotated[list[InkFile], Tag("value")],
    TEXT_OR_VALUE,
]


def _pitch(value: Any) -> Any:
    return [value, value] if isinstance(value, str | int | float) else value


class TargetFile(Record):
    """A display profile."""

    extends: str | None = Field(
        None, description="a family, a profile or a file that this one adds to and overrides"
    )
    title: str = Field(description="one line for people")
    size: Size | None = Field(None, description="width x height in pixels; absent: any size")
    shape: Shape = Field("rectangle", description="outline of the glass")
    pitch: (
        Annotated[
            tuple[Annotated[float, Field(gt=0, le=50)], Annotated[float, Field(gt=0, le=50)]],
            BeforeValidator(_pitch, json_schema_input_type=float | tuple[float, float]),
        ]
        | None
    ) = Field(None, description="mm between pixel centers, one number or [x, y]")
    kind: Kind | None = Field(None, description="what makes its picture")
    corner: Whole = Field(
        0, ge=0, le=MAX_SIDE, description="radius of the glass's corners in pixels"
    )
    gap: Gap = Field(0, description="lines between pixels, as a share of the pitch")
    tint: Color | None = Field(
        None, description="what white looks like, where its colors were not measured"
    )
    background: Color = Field(description="what a pixel that is not drawn looks like")
    grid: GridName | None = Field(
        None, description="color words of a panel with more than fixed inks"
    )
    palette: WholeOrInks | None = Field(
        None, description="`whole`: every color of the grid; or the fixed entries, in index order"
    )
    measured: dict[str, MeasuredFile] = Field(
        {}, description="measured colors of the entries, by name of the set"
    )
    seen: str | None = Field(None, description="the measured set that is used")
    layout: LayoutFile = Field(description="how pixels become bytes")
    pixels: PixelValue = Field("code", description="what a pixel value is")
    bus: Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])] = (
        Field([], description="how the panel is connected")
    )
    notes: str = Field("", description="what a driver author must know")
    sources: list[str] = Field(min_length=1, description="where the facts come from")


def load(name: str, disk: Disk, span: Span | None = None) -> Target:
    """The target that a manifest or a command names.

    Args:
        name: A shipped profile's name, or a path to a `.yaml` file.
        disk: Where such paths start.
        span: Where the name was given.

    Raises:
        Failure: There is no such profile, or it has faults.
    """
    if is_path(name):
        whole = extended(parse(_own(name, disk, span), name), name, disk)
        target = read_target(whole.document, PurePath(name).stem)
        return target._replace(files=whole.files)
    return shipped(name, span)


def _own(name: str, disk: Disk, span: Span | None) -> bytes:
    if not disk.is_file(name):
        raise fail(f"no target file '{name}'", span, "paths are relative to the manifest")
    try:
        return disk.read(name)
    except OSError as error:
        raise fail(f"cannot read {name}: {error.strerror}", span) from None


def shipped(name: str, span: Span | None = None) -> Target:
    """A profile that comes with bitplane.

    Raises:
        Failure: There is none of that name.
    """
    names = builtin_names()
    if name not in names:
        hint = did_you_mean(name, names, "`bitplane targets` lists them")
        raise fail(f"unknown target '{name}'", span, hint)
    path = builtin_folder() / f"{name}.yaml"
    document = parse(path.read_bytes(), str(path))
    return read_target(extended(document, "", RealDisk(".")).document, name)


def read_target(document: Document, name: str) -> Target:
    """A validated document as a Target."""
    model, problems = read_rest(TargetFile, document)
    problems += _faults(model, document) if model else []
    if model is None or problems:
        raise Failure(in_order(problems))
    inks = model.palette if isinstance(model.palette, list) else []
    seen = model.measured[model.seen].colors if model.seen else {}
    return Target(
        name=_safe_name(name, document),
        title=model.title,
        size=model.size,
        shape=model.shape,
        pitch_mm=model.pitch,
        background=model.background,
        grid=model.grid or "",
        inks=tuple(
            Ink(ink.name, seen.get(ink.name, ink.nominal), ink.nominal, ink.code) for ink in inks
        ),
        whole=model.palette == "whole",
        measured=tuple(
            Measured(key, value.source, tuple(value.colors.items()))
            for key, value in model.measured.items()
        ),
        seen=model.seen or "",
        layout=Layout(**model.layout.model_dump()),
        holds=model.pixels,
        bus=tuple(model.bus),
        notes=model.notes,
        sources=tuple(model.sources),
        kind=model.kind or "",
        corner=model.corner,
        gap=model.gap,
        tint=model.tint,
    )


def _safe_name(name: str, document: Document) -> str:
    """The stem goes into folders and generated files, so it is held to plain characters."""
    if name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        return name
    hint = "rename it to letters, digits, '-', '_' and '.'"
    raise fail(f"a target file cannot be called '{name}'", document.value_span(()), hint)


def _faults(model: TargetFile, document: Document) -> list[Problem]:
    """What no single field can see; fields that were faulty themselves are not in the model."""
    at, given = document.value_span, document.data
    faults = [*_layout_faults(model, at(("layout",))), *_size_faults(model, at(("size",)))]
    cut = isinstance(given, dict) and {"palette", "grid"} & (set(given) - model.model_fields_set)
    faults += [] if cut else _palette_faults(model, at(("palette",)))
    if isinstance(model.palette, list):
        faults += _ink_faults(model, document)
    if model.seen is not None and ("measured", model.seen) not in document.values:
        hint = did_you_mean(model.seen, model.measured)
        faults.append(Problem(f"no measured set '{model.seen}'", at(("seen",)), hint))
    return faults


def _palette_faults(model: TargetFile, span: Span) -> list[Problem]:
    faults = []
    if isinstance(model.palette, list):
        if model.grid is not None:
            faults.append(
                Problem("a list of entries and a grid exclude each other", span, "remove one")
            )
        if not 1 <= len(model.palette) <= MAX_INDEXED:
            faults.append(Problem(f"a palette has 1 to {MAX_INDEXED} entries", span))
        if model.pixels == "index":
            faults.append(Problem("fixed entries are written as codes", span, "use `pixels: code`"))
    elif model.grid is None:
        faults.append(Problem("a target needs a `grid` or a list of `palette` entries", span))
    elif model.palette == "whole" and GRIDS[model.grid].size > 1 << 16:
        faults.append(
            Problem(f"{model.grid} has too many colors to be a palette", span, "remove `palette`")
        )
    elif model.palette == "whole" and has_gaps(GRIDS[model.grid]):
        words = f"the words of {model.grid} have unused bits, so it cannot be a palette as a whole"
        faults.append(Problem(words, span, "remove `palette` and write `pixels: index`"))
    elif model.palette is None and model.pixels == "code":
        faults.append(
            Problem("pixels hold codes, but there is no palette", span, "add `palette: whole`")
        )
    return faults


def _layout_faults(model: TargetFile, span: Span) -> list[Problem]:
    layout = model.layout
    possible = SCAN_BITS[layout.scan]
    if layout.bits not in possible:
        text = ", ".join(map(str, possible))
        return [Problem(f"`{layout.scan}` has {text} bits a pixel, not {layout.bits}", span)]
    if model.grid and model.pixels == "code" and GRIDS[model.grid].word_used > layout.bits:
        need = GRIDS[model.grid].word_used
        return [Problem(f"a {model.grid} word needs {need} bits a pixel, not {layout.bits}", span)]
    return []


def _size_faults(model: TargetFile, span: Span) -> list[Problem]:
    unit = size_unit(model.layout.scan)
    if model.size and too_high(model.layout.scan, model.size[1]):
        words = f"`{model.layout.scan}` numbers {MAX_LINES} rows, not {model.size[1]}"
        return [Problem(words, span, "use `scan: rows`, and let the driver number them")]
    if not model.size or not any(side % step for side, step in zip(model.size, unit, strict=True)):
        return []
    steps, size = ("x".join(map(str, sides)) for sides in (unit, model.size))
    return [Problem(f"`{model.layout.scan}` needs a size in steps of {steps}, not {size}", span)]


def _ink_faults(model: TargetFile, document: Document) -> list[Problem]:
    faults = []
    inks = model.palette if isinstance(model.palette, list) else []
    for place, ink in enumerate(inks):
        span = document.value_span(("palette", place))
        if ink.code >> model.layout.bits:
            faults.append(Problem(f"code {ink.code} does not fit {model.layout.bits} bits", span))
        if any(ink.code == other.code for other in inks[:place]):
            faults.append(Problem(f"code {ink.code} is taken twice", span))
        if any(ink.name == other.name for other in inks[:place]):
            faults.append(Problem(f"the name '{ink.name}' is taken twice", span))
    return faults + _measured_faults(model, {ink.name for ink in inks}, document)


def _measured_faults(model: TargetFile, names: set[str], document: Document) -> list[Problem]:
    faults = []
    for key, measured in model.measured.items():
        span = document.value_span(("measured", key, "colors"))
        faults += [
            Problem(f"'{name}' is no palette entry", span)
            for name in measured.colors
            if name not in names
        ]
        missing = sorted(names - set(measured.colors))
        faults += [Problem(f"the color of '{name}' is missing", span) for name in missing]
    return faults
