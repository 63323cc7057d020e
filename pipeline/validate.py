"""Plain data with places to typed models, reporting every fault at its place."""

import types
import typing
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_snake

from pipeline.document import Document, Path
from pipeline.report import Failure, Problem, Span, did_you_mean, in_order

Model = TypeVar("Model", bound="Record")

MAX_CUTS = 4
"""Cutting a value out can leave its parent faulty, and so on upward; assets lie four deep."""


class Record(BaseModel):
    """Base of all models: kebab-case keys, nothing unknown, immutable."""

    model_config = ConfigDict(
        alias_generator=lambda name: name.replace("_", "-"),
        extra="forbid",
        frozen=True,
        # Values come as text; whole numbers may stand where text is meant, as YAML users expect.
        coerce_numbers_to_str=True,
    )


def read(model: type[Model], document: Document) -> Model:
    """Validate a document.

    Raises:
        Failure: With one problem for each fault, in file order.
    """
    result, problems = read_rest(model, document)
    if result is None or problems:
        raise Failure(in_order(problems))
    return result


def read_rest(model: type[Model], document: Document) -> tuple[Model | None, list[Problem]]:
    """Validate a document, and once more without its faulty parts.

    So that later stages can look for their faults too, and one run reports all.

    Returns:
        The model of what is left (None when that is not enough), and the problems.
    """
    problems = _empty_values(document)
    result, faults = _validated(model, document.data)
    problems += [_problem(fault, model, document) for fault in faults if fault["input"] is not None]
    rest = document
    for _ in range(MAX_CUTS):
        if result is not None:
            break
        paths = {_known_path(fault["loc"], rest)[0] for fault in faults}
        rest = rest._replace(data=_without(rest.data, (), paths))
        result, faults = _validated(model, rest.data)
    return result, problems


def _validated(model: type[Model], data: Any) -> tuple[Model | None, list[Any]]:
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        faults = error.errors(include_url=False)
        return None, [fault for fault in faults if not _is_consequence(fault, faults)]


def _is_consequence(fault: Any, faults: Sequence[Any]) -> bool:
    """Pydantic does not count faulty items, so a list of them is too short as well."""
    place = fault["loc"]
    return fault["type"] == "too_short" and any(
        other["loc"][: len(place)] == place and len(other["loc"]) > len(place) for other in faults
    )


def _without(data: Any, path: Path, faulty: set[Path]) -> Any:
    """The data without the keys whose values are faulty."""
    if not isinstance(data, dict):
        return data
    return {
        key: _without(value, (*path, key), faulty)
        for key, value in data.items()
        if (*path, key) not in faulty and not _in_list(value, (*path, key), faulty)
    }


def _in_list(value: Any, path: Path, faulty: set[Path]) -> bool:
    """A list goes as a whole when one of its items is faulty."""
    return isinstance(value, list) and any(bad[: len(path)] == path for bad in faulty)


def _empty_values(document: Document) -> list[Problem]:
    found: list[tuple[Path, Any]] = [((), document.data)]
    problems = []
    while found:
        path, data = found.pop()
        if data is None:
            problems.append(_empty(document, path))
        elif isinstance(data, dict):
            found += [((*path, key), value) for key, value in data.items()]
        elif isinstance(data, list):
            found += [((*path, place), value) for place, value in enumerate(data)]
    return problems


def _empty(document: Document, path: Path) -> Problem:
    if not path:
        return Problem("the file is empty", Span(document.file, 1, 1))
    span = document.key_span(path)
    comment = "#" in span.text[span.column - 1 :]
    hint = (
        "'#' starts a comment in YAML; put a color in quotes"
        if comment
        else "give a value or remove the key"
    )
    name = f"'{path[-1]}'" if isinstance(path[-1], str) else f"item {path[-1] + 1}"
    return Problem(f"{name} has no value", span, hint)


def _problem(fault: Any, model: type[BaseModel], document: Document) -> Problem:
    path, rest = _known_path(fault["loc"], document)
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        hint = did_you_mean(str(fault["loc"][-1]), keys_at(model, path[:-1]))
        return Problem(f"unknown key '{fault['loc'][-1]}'", document.key_span(path), hint)
    if kind == "missing":
        return Problem(f"the key '{rest[-1]}' is missing", document.key_span(path))
    span = document.key_span(path) if rest[-1:] == ("[key]",) else document.value_span(path)
    if kind == "choice":
        return Problem(context["words"], span, did_you_mean(context["value"], context["choices"]))
    if kind == "bitplane":
        return Problem(context["words"], span, context["hint"])
    return Problem(_words(kind, context, fault), span)


def _known_path(loc: tuple[str | int, ...], document: Document) -> tuple[Path, Path]:
    """The part of a pydantic location that exists in the file, and what follows it.

    Pydantic also puts the tags of unions into a location; they name nothing in the file.
    """
    data: Any = document.data
    path: Path = ()
    rest: Path = ()
    for part in loc:
        if _has(data, part):
            data, path, rest = data[part], (*path, part), ()
        else:
            rest = (*rest, part)
    return path, rest


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


_LIMITS = {
    "greater_than_equal": "expected at least {ge}, got {got}",
    "less_than_equal": "expected at most {le}, got {got}",
    "greater_than": "expected more than {gt}, got {got}",
    "less_than": "expected less than {lt}, got {got}",
    "too_short": "expected at least {min_length} entry, got {actual_length}",
    "too_long": "expected at most {max_length}, got {actual_length}",
    "literal_error": "expected {expected}, got {got}",
}
_EXPECTED = {
    "bool": "expected true or false",
    "int": "expected a whole number",
    "string": "expected text",
    "list": "expected a list",
    "tuple": "expected a list",
    "dict": "expected keys and values",
    "model": "expected keys and values",
}


def _words(kind: str, context: dict[str, Any], fault: Any) -> str:
    got = _shown(fault["input"])
    if kind in _LIMITS:
        return _LIMITS[kind].format(**context, got=got)
    expected = _EXPECTED.get(kind.split("_", maxsplit=1)[0], fault["msg"].lower())
    return f"{expected}, got {got}"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "keys and values"
    if isinstance(value, list):
        return "a list"
    return f"'{value}'"


def keys_at(model: Any, path: Path) -> list[str]:
    """The keys that a model allows at a path, for suggestions."""
    for part in path:
        model = _step(_bare(model), part)
    bare = _bare(model)
    return (
        [field.alias or name for name, field in bare.model_fields.items()]
        if _is_model(bare)
        else []
    )


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _step(kind: Any, part: str | int) -> Any:
    if _is_model(kind):
        field = kind.model_fields.get(to_snake(str(part)))
        return field.annotation if field else None
    return get_args(kind)[-1] if get_args(kind) else None


def _bare(kind: Any) -> Any:
    """Without Annotated, and without the None of an optional."""
    while get_origin(kind) in (Annotated, Union, types.UnionType):
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
            continue
        members = [member for member in typing.get_args(kind) if member is not type(None)]
        kind = next((member for member in members if _is_model(_bare(member))), members[0])
    return kind
