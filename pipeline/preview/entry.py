"""Entry: an asset's lines in build.yaml with other options, as text to paste."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.document import parse
from pipeline.manifest import AssetModel, Manifest
from pipeline.options import levels
from pipeline.target import Target
from pipeline.validate import read

_PLAIN = re.compile(r"(?!(?:null|Null|NULL)$)[A-Za-z0-9_./][A-Za-z0-9_./*%-]*")
_WIDTH = 76


class Changes(NamedTuple):
    """What is tried instead; None leaves it as it is.

    Attributes:
        dither: Name of a method.
        strength: Percent.
        colors: Entries of a learned palette.
        fit: How the picture fills its size.
    """

    dither: str | None = None
    strength: int | None = None
    colors: int | None = None
    fit: str | None = None


def changed(manifest: Manifest, name: str, target: Target, changes: Changes) -> dict[str, Any]:
    """The data of an asset with changes for one target.

    They stand under `on:` where the manifest has several targets or the asset has an `on:`,
    for only there they win over everything.
    """
    data: Any = manifest.document.data
    entry = _mapping(data["assets"][name])
    options = _options(_in_force(manifest, name, target), changes)
    if len(manifest.model.target) == 1 and "on" not in entry:
        return {**entry, **options}
    tables = dict(entry.get("on", {}))
    tables[target.name] = {**tables.get(target.name, {}), **options}
    return {**entry, "on": tables}


def _mapping(entry: Any) -> dict[str, Any]:
    """An asset's data; a plain text names its source."""
    return {"source": entry} if isinstance(entry, str) else dict(entry)


def _in_force(manifest: Manifest, name: str, target: Target) -> dict[str, Any]:
    """The options as they stand where the most specific place says them, defaults among them."""
    out: dict[str, Any] = {}
    for level in levels(manifest, name, target):
        found: Any = manifest.document.data
        for step in level.path:
            found = found.get(step, {})
        out |= _mapping(found)
    return out


def _options(given: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """The changed options of a mapping that may have them already."""
    out: dict[str, Any] = {}
    if changes.dither is not None or changes.strength is not None:
        out["dither"] = _dither(given.get("dither", "none"), changes)
    if changes.colors is not None:
        old = given.get("palette")
        out["palette"] = {**(old if isinstance(old, dict) else {}), "colors": str(changes.colors)}
    if changes.fit is not None:
        out["fit"] = changes.fit
    return out


def _dither(old: Any, changes: Changes) -> Any:
    before: dict[str, Any] = {"method": old} if isinstance(old, str) else dict(old)
    method = changes.dither or before["method"]
    made = before if before["method"] == method else {"method": method}
    if changes.strength is not None:
        made["strength"] = f"{changes.strength}%"
    return made["method"] if len(made) == 1 else made


def text(name: str, data: Mapping[str, Any]) -> str:
    """An asset's lines, as they stand under `assets:`."""
    return "\n".join([f"  {_scalar(name)}:", *_lines(data, 4)]) + "\n"


def _lines(data: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, value in data.items():
        flow = f"{' ' * indent}{_scalar(key)}: {_flow(value)}"
        if isinstance(value, dict) and value and (key == "on" or len(flow) > _WIDTH):
            yield f"{' ' * indent}{_scalar(key)}:"
            yield from _lines(value, indent + 2)
        else:
            yield flow


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_scalar(k)}: {_flow(v)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return _scalar(value)


def _scalar(value: str) -> str:
    """Plain where no reader of YAML could take it for anything else, or in double quotes."""
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)


def with_entry(manifest: Manifest, name: str, lines: str) -> Manifest:
    """The manifest with the asset that the lines say.

    Raises:
        Failure: They are faulty.
    """
    document = parse(f"assets:\n{lines}".encode(), manifest.document.file)
    data: Any = document.data
    entry = data["assets"][name]
    model = read(AssetModel, document._replace(data=entry, values={}, keys={}))
    assets = {**manifest.model.assets, name: model}
    return manifest._replace(model=manifest.model.model_copy(update={"assets": assets}))
