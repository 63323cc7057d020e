"""Extends: a target file on top of another, each value with its place in the file that gives it."""

from pathlib import PurePosixPath
from typing import Any, NamedTuple

from pipeline.disk import Disk
from pipeline.document import Document, Path, parse
from pipeline.report import Failure, Problem, Span, did_you_mean, fail
from pipeline.target import builtin_folder, builtin_names, family_folder, family_names, is_path

KEY = "extends"
MAX_CHAIN = 8

_ADDED = ("sources",)
_JOINED = ("notes",)
_OF_THE_GLASS = ("pitch", "gap", "corner")


class Whole(NamedTuple):
    """A target file with all that it extends.

    Attributes:
        document: The merged file, without `extends`; places are those of the files that say it.
        files: Paths of one's own files that it was made of, as the disk knows them.
    """

    document: Document
    files: tuple[str, ...]


class _Base(NamedTuple):
    """A file that is extended: what tells it from others, its path for the disk or "", its text."""

    key: str
    path: str
    document: Document


def extended(document: Document, path: str, disk: Disk) -> Whole:
    """A target file merged onto its bases.

    A value takes the place of the base's. In mappings this holds key by key, `sources` are
    added to the base's, and `notes` follow the base's. A file with a `size` of its own is another
    glass: it does not take over `pitch`, `gap` and `corner`.

    Args:
        document: The file.
        path: Where the disk has it; "" for a shipped file.
        disk: Where files of one's own are.

    Raises:
        Failure: A base is not there, cannot be read, or extends itself.
    """
    chain = [_Base(disk.real(path) if path else document.file, path, document)]
    while (base := _base(chain[-1], disk)) is not None:
        span = chain[-1].document.value_span((KEY,))
        if any(base.key == other.key for other in chain):
            raise fail("the file extends itself", span, "remove one `extends` of the circle")
        if len(chain) == MAX_CHAIN:
            raise fail(f"more than {MAX_CHAIN} files extend each other", span)
        chain.append(base)
    merged = chain[-1].document
    for above in chain[-2::-1]:
        merged = merge(merged, above.document)
    return Whole(merged, tuple(base.path for base in chain if base.path))


def _base(file: _Base, disk: Disk) -> _Base | None:
    data = file.document.data
    name = data.get(KEY) if isinstance(data, dict) else None
    if not isinstance(name, str):  # what is no text is a fault that validation finds
        return None
    span = file.document.value_span((KEY,))
    return _own(file, name, disk, span) if is_path(name) else _shipped(name, span)


def _own(file: _Base, name: str, disk: Disk, span: Span) -> _Base:
    if not file.path:
        raise fail("a shipped file extends shipped files only", span)
    plain = name.replace("\\", "/")
    path = PurePosixPath(PurePosixPath(file.path.replace("\\", "/")).parent, plain).as_posix()
    if not disk.is_file(path):
        raise fail(f"no target file '{name}'", span, "paths are relative to the file that extends")
    try:
        raw = disk.read(path)
    except OSError as error:
        raise fail(f"cannot read {path}: {error.strerror}", span) from None
    return _Base(disk.real(path), path, parse(raw, path))


def _shipped(name: str, span: Span) -> _Base:
    families = family_names()
    folder = family_folder() if name in families else builtin_folder()
    names = [*families, *builtin_names()]
    if name not in names:
        hint = did_you_mean(name, names, f"families are {', '.join(families)}")
        raise Failure([Problem(f"unknown target or family '{name}'", span, hint)])
    path = folder / f"{name}.yaml"
    return _Base(str(path), "", parse(path.read_bytes(), str(path)))


def merge(base: Document, above: Document) -> Document:
    """One file on top of another; see `extended`."""
    if not isinstance(base.data, dict) or not isinstance(above.data, dict):
        return above
    data: dict[str, Any] = {key: value for key, value in base.data.items() if key != KEY}
    values = {path: span for path, span in base.values.items() if path[:1] != (KEY,)}
    keys = {path: span for path, span in base.keys.items() if path[:1] != (KEY,)}
    values[()] = above.value_span(())
    for key in _OF_THE_GLASS if "size" in above.data else ():
        data.pop(key, None)
    for key, value in above.data.items():
        if key == KEY and isinstance(value, str):
            continue
        old = data.get(key)
        if not _kept(key, old, value):
            _forget((key,), values)
            _forget((key,), keys)
        shift = len(old) if key in _ADDED and isinstance(old, list) else 0
        data[key] = _joined(key, old, value)
        _place(above.values, key, shift, values)
        _place(above.keys, key, shift, keys)
    return Document(above.file, data, values, keys)


def _kept(key: str, old: Any, value: Any) -> bool:
    """Whether parts of the base's value stay."""
    both_lists = isinstance(old, list) and isinstance(value, list)
    return (isinstance(old, dict) and isinstance(value, dict)) or (key in _ADDED and both_lists)


def _joined(key: str, old: Any, value: Any) -> Any:
    if isinstance(old, dict) and isinstance(value, dict):
        return {**old, **value}
    if key in _ADDED and isinstance(old, list) and isinstance(value, list):
        return [*old, *value]
    if key in _JOINED and isinstance(old, str) and isinstance(value, str):
        return f"{old.rstrip()}\n{value}"
    return value


def _forget(prefix: Path, places: dict[Path, Span]) -> None:
    for path in [path for path in places if path[: len(prefix)] == prefix]:
        del places[path]


def _place(source: dict[Path, Span], key: str, shift: int, places: dict[Path, Span]) -> None:
    """Copy the places below a key; items of a list that was added to count on."""
    for path, span in source.items():
        if path[:1] == (key,):
            places[_shifted(path, shift)] = span


def _shifted(path: Path, shift: int) -> Path:
    head, *rest = path
    if rest and isinstance(rest[0], int):
        rest[0] += shift
    return (head, *rest)
