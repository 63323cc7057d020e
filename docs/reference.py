"""Write docs/reference.md: every key, name, target and command, read from the code.

Run as `python docs/reference.py`. With `--check` nothing is written, and the exit status is 1
when the file is out of date.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

from pydantic.fields import FieldInfo

from pipeline import cli, events, registry, template
from pipeline import target as targets
from pipeline.commands.convert import SUFFIXES
from pipeline.commands.schema import schema
from pipeline.grid import GRIDS
from pipeline.layout import SCAN_BITS
from pipeline.lock import BUSY
from pipeline.manifest import (
    AdjustModel,
    AssetModel,
    BundleModel,
    CompressModel,
    Defaults,
    DitherModel,
    KernelModel,
    ManifestModel,
    Options,
    PaletteModel,
    PlacedModel,
    RegionModel,
    SceneModel,
)
from pipeline.planner import SOURCE_SUFFIXES
from pipeline.recipe import Recipe
from pipeline.target_file import InkFile, LayoutFile, MeasuredFile, TargetFile, shipped
from pipeline.validate import Record

FILE = Path(__file__).parent / "reference.md"
HELP_WIDTH = 98

INTRODUCTION = """\
# Reference

Made from the code by `python docs/reference.py`. The [guide](guide.md) says how to use it.

Keys are written with hyphens. Values are read as the type that the key declares: `no`, `012` and
`12:30` are never taken for something else. A whole number may be written `0x10` or `0b11`. Colors
are written `"#rrggbb"` or `"#rgb"`, in quotes, since `#` starts a comment in YAML."""

EVENTS = """\
`bitplane build --json` prints one JSON object a line on standard output as things happen, and
nothing else there. Its key `event` names the kind; the other keys are those below, all of them in
every object. Outputs are named relative to the folder of the manifest. Characters other than ASCII
are escaped; a name that is not UTF-8 has lone surrogates for its bytes, as Python writes them.
Assets that are up to date have no event. A call that cannot be understood prints none at all."""

# Words for keys whose type the schema tells too broadly, by model and key.
WORDS = {
    "ManifestModel.target": "name or path, or a list of them",
    "ManifestModel.output": "folder",
    "ManifestModel.defaults": "[options](#options), and `on`",
    "ManifestModel.budget": "bytes, like `512 KiB`",
    "ManifestModel.palettes": "name: [palette](#palettes), palette file or list of colors",
    "ManifestModel.assets": "name: [asset](#assets), or name: image file",
    "ManifestModel.bundles": "name: [bundle](#bundles), or name: its forms",
    "ManifestModel.scenes": "name: [scene](#scenes)",
    "BundleModel.emit": "name of a [form](#bundles), or a list of them",
    "BundleModel.assets": "name or glob, or a list of them",
    "BundleModel.align": "bytes",
    "BundleModel.files": "name of an [emitter](#emitters)",
    "SceneModel.background": 'color like `"#ff8000"`',
    "SceneModel.place": "list of [assets on it](#scenes)",
    "PlacedModel.at": "`[x, y]`, or text like `10,20`",
    "TargetFile.gap": "share, like `0.1` or `10%`",
    "TargetFile.tint": 'color like `"#ff8000"`',
    "Options.size": "size like `320x240`, `screen` or `none`",
    "Options.palette": "name, file, list of colors or [palette](#palettes)",
    "Options.dither": "name of a [dither](#dithers), or [its options](#dither)",
    "Options.format": "`native`, `indexed`, `i1`, `i2`, `i4`, `i8` or `auto`, or `{auto: NUMBER}`",
    "Options.emit": "name of an [emitter](#emitters), or a list of them",
    "Options.background": 'color like `"#ff8000"`',
    "Options.adjust": "[adjustments](#adjustments)",
    "Options.compress": "[codec](#codecs), `smallest`, `none`, or [options](#compression)",
    "CompressModel.codec": "name of a [codec](#codecs), `smallest` or `none`",
    "CompressModel.ram": "bytes, like `4 KiB`",
    "Options.template": "[template](#templates)",
    "Options.map": "color: ink, or color: color",
    "Options.regions": "list of [regions](#regions)",
    "RegionModel.box": "box like `40x20+10+5`",
    "RegionModel.dither": "name of a [dither](#dithers), or [its options](#dither)",
    "AdjustModel.exposure": "number, -4 to 4",
    "AdjustModel.contrast": "number, 0 to 4",
    "AdjustModel.saturation": "number, 0 to 4",
    "AdjustModel.shadows": "number, -1 to 1",
    "AdjustModel.highlights": "number, -1 to 1",
    "DitherModel.kernel": "[kernel](#kernel)",
    "KernelModel.rows": "lists of whole numbers",
    "AssetModel.source": "file or glob",
    "AssetModel.name": "text with `{asset}` and `{stem}`",
    "AssetModel.on": "target: [options](#options)",
    "Defaults.on": "target: [options](#options)",
    "DitherModel.method": "name of a [dither](#dithers)",
    "DitherModel.strength": "share, like `0.5` or `50%`",
    "PaletteModel.fixed": 'index: color like `"#ff8000"`, or `transparent`',
    "PaletteModel.file": "file",
    "PaletteModel.list": 'list of colors like `"#ff8000"`, or `transparent`',
    "TargetFile.size": "size like `320x240`",
    "TargetFile.pitch": "number, or `[x, y]`",
    "TargetFile.background": 'color like `"#ff8000"`',
    "TargetFile.grid": "name of a [grid](#grids)",
    "TargetFile.palette": "`whole`, or a list of [entries](#entries-of-a-palette)",
    "TargetFile.measured": "name: [set](#measured-sets)",
    "TargetFile.seen": "name of a measured set",
    "TargetFile.layout": "[layout](#layout)",
    "TargetFile.bus": "text, or a list of texts",
    "TargetFile.sources": "list of texts",
    "InkFile.name": "name of small letters, digits and `-`",
    "InkFile.nominal": 'color like `"#ff8000"`',
    "MeasuredFile.colors": 'entry: color like `"#ff8000"`',
    "LayoutFile.scan": "name of a [scan](#scans)",
}

# Defaults that are no plain value.
DEFAULTS = {
    "AssetModel.name": "`{asset}`, for a glob `{asset}_{stem}`",
    "Options.size": "`none`",
    "Options.background": "the target's own",
    "Options.frame": "the only one",
    "Options.palette": "`target`",
    "Options.format": "`native`, or `indexed` for a chosen palette",
    "Options.seen": "the target's `seen`",
    "Options.adjust": "none",
    "Options.compress": "`none`",
    "CompressModel.ram": "`4 KiB`",
    "Options.map": "none",
    "Options.regions": "none",
    "AdjustModel.contrast": "`1`",
    "AdjustModel.saturation": "`1`",
    "BundleModel.assets": "all",
    "BundleModel.files": "`bin`",
    "BundleModel.name_length": "`16`",
    "SceneModel.target": "every target",
    "SceneModel.background": "the target's own",
    "PlacedModel.at": "`[0, 0]`",
    "DitherModel.ppi": "the target's pitch",
    "DitherModel.strength": "1, or 0.85 on a learned palette",
    "PaletteModel.colors": "as many as fit",
}

STATUSES = {
    cli.FINE: "all is well",
    cli.FAILED: "something could not be built, read or written, or the budget is exceeded",
    cli.USAGE: "the manifest, a target file or the call is wrong; nothing was built",
    cli.DEVICE: "the device, or the line to it, failed",
    BUSY: "another build is at work in the output folder, and `--no-wait` was given",
    cli.INTERRUPTED: "interrupted from the keyboard",
}


def text() -> str:
    """The whole page."""
    return "\n\n".join([INTRODUCTION, *_manifest(), *_names(), *_target_files(), *_rest()]) + "\n"


def _manifest() -> Iterator[str]:
    """The sections about build.yaml."""
    yield "## The manifest"
    yield keys(ManifestModel)
    yield "### Assets"
    yield (
        "An asset has these keys and all [options](#options). `NAME: FILE` is short for "
        "`NAME: {source: FILE}`. Images are "
        f"{_listed(SOURCE_SUFFIXES)} files; what counts is their content."
    )
    yield keys(AssetModel, Options)
    yield "### Options"
    yield (
        "They can stand at an asset, in `defaults` for all assets, and under `on` at both. The "
        "most specific one wins: `on` of the asset, the asset, `on` of the defaults, the defaults."
    )
    yield keys(Options)
    yield f"In `defaults` there is one key more: {_sentence(keys_of(Defaults, Options)[0])}"
    yield "### Palettes"
    yield keys(PaletteModel)
    yield "### Palette files"
    yield (
        "They are told apart by content first, then by their ending. Of a picture that is not "
        "indexed each pixel is one entry, at most 256. Swatches in CMYK, and the grays of "
        "`.aco`, are refused, because the files do not say which color they are."
    )
    yield table(("ending", "what it is"), _registry(registry.PALETTE_FILES))
    yield "### Dither"
    yield keys(DitherModel)
    yield "### Kernel"
    yield (
        "`dither: {method: custom, kernel: {divisor: 16, rows: [[7], [3, 5, 1]]}}` is "
        "Floyd-Steinberg. A pixel's error, times the weight, through the divisor, goes to the "
        "pixel there."
    )
    yield keys(KernelModel)
    yield "### Adjustments"
    yield keys(AdjustModel)
    yield "### Compression"
    yield keys(CompressModel)
    yield "### Regions"
    yield "Where regions overlap, the last one counts."
    yield keys(RegionModel)
    yield "### Bundles"
    yield (
        "`NAME: FORM` is short for `NAME: {emit: FORM}`. A bundle is made for each target, of the "
        "finished files of its assets; an asset that lacks an emitter which the form needs gets it."
    )
    yield keys(BundleModel)
    forms = [(_code(n), row.sentence, needs(row)) for n, row in registry.BUNDLES.items()]
    yield table(("form", "writes", "needs"), forms)
    yield "### Scenes"
    yield keys(SceneModel)
    yield "Each entry of `place` has these keys:"
    yield keys(PlacedModel)


def _names() -> Iterator[str]:
    """The registries."""
    yield "## Dithers"
    yield table(("dither", "when to use it"), _registry(registry.DITHERS))
    yield "## Emitters"
    endings = {emitter: suffix for suffix, emitter in SUFFIXES.items()}
    rows = [
        (_code(name), row.sentence, _code(endings[name]) if name in endings else "")
        for name, row in registry.EMITTERS.items()
    ]
    yield table(("emitter", "writes", "ending for `convert`"), rows)
    yield "### Templates"
    yield (
        "A template is a UTF-8 text. `@width@` is a value, `@@` an at sign; what stands between "
        "`@each color@` and `@end@` is there once for each entry of the palette, and with `row` "
        'for each row of pixels. In `@each color ","@` a comma goes between the items. A line with '
        "nothing but one of these two vanishes."
    )
    every = [template.FIELDS, *template.ITEMS.values()]
    values = [(_code(f"@{name}@"), words) for each in every for name, words in each.items()]
    yield table(("value", "what it is"), values)
    yield "## Codecs"
    yield table(("codec", "when to use it"), _registry(registry.CODECS))


def needs(row: registry.Row) -> str:
    """The emitters that a form of a bundle can read."""
    return " or ".join(map(_code, row.reads)) or "what `files` says"


def _registry(rows: dict[str, registry.Row]) -> list[tuple[str, str]]:
    return [(_code(name), row.sentence) for name, row in rows.items()]


def _target_files() -> Iterator[str]:
    """The sections about target files."""
    yield "## Target files"
    yield keys(TargetFile)
    yield "Only previews look at `shape`, `corner`, `gap`, `tint` and `kind`, which is one of:"
    kinds = [(_code(kind), words) for kind, words in targets.KINDS.items()]
    yield table(("kind", "what makes its picture"), kinds)
    yield "### Entries of a palette"
    yield keys(InkFile)
    yield "### Measured sets"
    yield keys(MeasuredFile)
    yield "### Layout"
    yield f"[formats.md](formats.md) shows each of them bit by bit.\n\n{keys(LayoutFile)}"
    yield "### Scans"
    scans = [
        (_code(name), _spans(SCAN_BITS[name]), row.sentence)
        for name, row in registry.LAYOUTS.items()
    ]
    yield table(("scan", "bits", "order of the pixels"), scans)
    yield "### Grids"
    grids = [(_code(grid.name), f"{grid.size:,}", str(grid.word_bits)) for grid in GRIDS.values()]
    yield table(("grid", "colors", "bits of a word"), grids)
    yield "## Targets"
    yield table(("target", "display", "size", "colors", "layout"), _target_rows())


def _target_rows() -> Iterator[tuple[str, ...]]:
    for name in targets.builtin_names():
        target = shipped(name)
        size = "x".join(map(str, target.size)) if target.size else "any"
        layout = _code(target.layout.describe())
        link = f"[{name}](../targets/{name}.yaml)"
        yield link, target.title, size, target.colors_text, layout


def _rest() -> Iterator[str]:
    """Commands and exit statuses."""
    yield "## Commands"
    for command in cli.COMMANDS:
        yield f"### bitplane {command}"
        yield f"```text\n{help_text(command)}```"
    yield "## Events"
    yield EVENTS
    for name, kind in events.KINDS.items():
        yield f"### Event {_code(name)}"
        yield kind.__doc__ or ""
        yield table(("key", "value", "meaning"), _event_rows(kind))
    yield "## Exit status"
    yield table(("status", "meaning"), [(str(code), words) for code, words in STATUSES.items()])


def _event_rows(kind: type[events.Event]) -> Iterator[tuple[str, str, str]]:
    for key, hint in get_type_hints(kind, include_extras=True).items():
        value, meaning = get_args(hint)
        yield _code(key), event_type(value), meaning


def event_type(value: Any) -> str:
    """What JSON has for a Python type.

    Raises:
        KeyError: A type that no event has yet.
    """
    names = {str: "text", int: "whole number", bool: "`true` or `false`", list[str]: "list of text"}
    if value in names:
        return names[value]
    (kind,) = set(get_args(value)) - {NoneType}
    return f"{names[kind]} or `null`"


class _HelpFormatter(argparse.HelpFormatter):
    """Of fixed width, and with options written alike by every Python: `-f, --file FILE`."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=HELP_WIDTH)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"


def help_text(command: str) -> str:
    """What `bitplane COMMAND --help` prints."""
    parser = cli.parser_for(command)
    parser.formatter_class = _HelpFormatter
    return parser.format_help()


def keys(model: type[Record], inherited: type[Record] | None = None) -> str:
    """A table of the keys of a model, without those that it inherits from another."""
    return table(("key", "value", "default", "meaning"), keys_of(model, inherited))


def keys_of(
    model: type[Record], inherited: type[Record] | None = None
) -> list[tuple[str, str, str, str]]:
    """Key, type, default and meaning of each key."""
    known = inherited.model_fields if inherited else {}
    return [_row(model, name) for name in model.model_fields if name not in known]


def _row(model: type[Record], name: str) -> tuple[str, str, str, str]:
    field = model.model_fields[name]
    key = field.alias or name
    kind = WORDS.get(f"{model.__name__}.{key}") or _words(schema(model)["properties"][key], field)
    default = "required" if field.is_required() else _default(model, name)
    meaning = (field.description or "").partition("; default ")[0]
    return _code(key), kind, default, meaning.replace(" (default)", "")


def _default(model: type[Record], name: str) -> str:
    """The default as the code has it, where it is a plain value."""
    known = DEFAULTS.get(f"{model.__name__}.{name}")
    if known:
        return known
    value: Any = model.model_fields[name].default
    if model is Options:
        value = getattr(Recipe(), name)
        value = ", ".join(value) if name == "emit" else getattr(value, "method", value)
    if isinstance(value, bool):
        value = str(value).lower()
    return _code(f"{value}") if isinstance(value, str | int) and value != "" else ""


def _words(node: dict[str, Any], field: FieldInfo) -> str:
    """The type of a field, whose JSON Schema is `node`.

    Raises:
        KeyError: It cannot be told without a row in `WORDS`.
    """
    if "enum" in node:
        return ", ".join(_code(f"{choice}") for choice in node["enum"])
    kinds = {"integer": "whole number", "string": "text", "boolean": "`true` or `false`"}
    return kinds[node["type"]] + _range(field)


def _range(field: FieldInfo) -> str:
    low, high = (
        next((getattr(part, end) for part in field.metadata if hasattr(part, end)), None)
        for end in ("ge", "le")
    )
    if low is None:
        return ""
    return f", {low} and up" if high is None else f", {low:,} to {high:,}"


def _spans(numbers: tuple[int, ...]) -> str:
    """`1 to 8` for a run of numbers, else all of them."""
    run = len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1
    return f"{numbers[0]} to {numbers[-1]}" if run else ", ".join(map(str, numbers))


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in lines)


def _sentence(row: tuple[str, str, str, str]) -> str:
    key, kind, _, meaning = row
    return f"{key} ({kind}), {meaning}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(_code, names))


def _code(name: str) -> str:
    return f"`{name}`"


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description="Write docs/reference.md.")
    parser.add_argument("--check", action="store_true", help="compare only")
    made = text()
    if not parser.parse_args().check:
        FILE.write_text(made, "utf-8", newline="\n")
        return 0
    if FILE.is_file() and FILE.read_text("utf-8") == made:
        return 0
    sys.stderr.write(f"{FILE.name} is out of date: run `python docs/reference.py`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
