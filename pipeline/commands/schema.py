"""`bitplane schema`: the JSON Schema of build.yaml."""

import argparse
import json
from typing import Any

from pipeline.cli import FINE
from pipeline.manifest import ManifestModel
from pipeline.target_file import TargetFile
from pipeline.validate import Record


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `schema`."""
    parser.add_argument("--target", action="store_true", help="the schema of a target file instead")


def run(args: argparse.Namespace) -> int:
    """Print the schema."""
    model = TargetFile if args.target else ManifestModel
    print(json.dumps(schema(model), indent=2))
    return FINE


def schema(model: type[Record]) -> dict[str, Any]:
    """The JSON Schema of a file, as editors should enforce it."""
    made = _strict(model.model_json_schema(mode="validation"))
    if model is TargetFile:
        made["anyOf"] = _with_or_without_base(made)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _with_or_without_base(made: dict[str, Any]) -> list[Any]:
    """What a target file needs: a file that it extends, or everything itself."""
    layout = {"required": made["$defs"]["LayoutFile"].pop("required")}
    alone = {"required": made.pop("required"), "properties": {"layout": layout}}
    return [{"required": ["extends"]}, alone]


_LIMITS = {"ge": "minimum", "le": "maximum"}


def _strict(node: Any) -> Any:
    """What pydantic leaves loose, made strict.

    A key that can be left out is no key that can be empty (YAML's null is an error here), and
    the limits of optional numbers get JSON Schema's names.
    """
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    items = ((_LIMITS.get(key, key), value) for key, value in node.items())
    out = {key: _strict(value) for key, value in items if (key, value) != ("default", None)}
    choices = [item for item in out.get("anyOf", []) if item != {"type": "null"}]
    if len(choices) == 1:
        del out["anyOf"]
        return {**choices[0], **out}
    return {**out, "anyOf": choices} if choices else out
