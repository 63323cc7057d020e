"""Planner: from a manifest to a plan, with every fault that shows before a picture is opened."""

import re
from pathlib import PurePath, PurePosixPath
from typing import NamedTuple

from pipeline.bundling import plan_bundles
from pipeline.disk import Disk, expand
from pipeline.document import Path as Place
from pipeline.manifest import AssetModel, Manifest, Options
from pipeline.options import Resolved, names_target, resolve, unused_palettes
from pipeline.plan import (
    AssetRule,
    BundleRule,
    Plan,
    beside,
    output_folder,
    outputs_for,
    shared_palettes,
)
from pipeline.quick import output_root
from pipeline.report import Failure, Problem, Span, did_you_mean, fail, in_order
from pipeline.scenes import plan_scenes
from pipeline.symbol import symbol_for
from pipeline.target import Target, is_path
from pipeline.target_file import load as load_target
from pipeline.template import parse

SOURCE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")


class _File(NamedTuple):
    """One source file of an asset entry, with its name before it becomes a symbol."""

    entry: str
    name: str
    source: str


def make(manifest: Manifest, disk: Disk) -> Plan:
    """Plan a build. Paths of `disk` start at the manifest's folder.

    Raises:
        Failure: With every fault that can be seen without opening an image.
    """
    loaded, faults = _targets(manifest, disk)
    problems = [*manifest.faults, *faults]
    problems += [*_unknown_targets(manifest, loaded), *_reserved_palettes(manifest)]
    found, faults = _all_files(manifest, disk)
    problems += faults
    assets, faults = _assets(manifest, loaded, found.files, disk)
    problems += faults
    inputs = _inputs(manifest, loaded, assets)
    read = [PurePath(manifest.document.file).name, *inputs]
    (bundled, bundles), faults = plan_bundles(manifest, loaded, assets)
    problems += [
        *_clashes(assets),
        *_templates(assets, disk),
        *faults,
        *_overwrites([*bundled, *bundles], read, disk),
    ]
    scenes, faults = plan_scenes(manifest, loaded, assets)
    problems += faults
    if problems:
        raise Failure(in_order(problems))
    return Plan(
        output=output_root(manifest.model.output),
        targets={target.name: target for target in loaded},
        palettes=shared_palettes(bundled),
        assets=bundled,
        budget=manifest.model.budget,
        budget_place=manifest.document.value_span(("budget",)),
        inputs=inputs,
        folders=found.folders,
        scenes=scenes,
        bundles=bundles,
        warnings=tuple(in_order(unused_palettes(manifest, loaded))),
        manifest=PurePath(manifest.document.file).name,
    )


def _inputs(manifest: Manifest, targets: list[Target], assets: list[AssetRule]) -> tuple[str, ...]:
    """The files that made the plan, beside the manifest: targets of one's own, palette files."""
    own = [name for name in manifest.model.target if is_path(name)]
    own += [path for target in targets for path in target.files]
    palettes = [rule.recipe.palette.file for rule in assets if rule.recipe.palette.file]
    return tuple(dict.fromkeys([*own, *palettes]))


def _targets(manifest: Manifest, disk: Disk) -> tuple[list[Target], list[Problem]]:
    """The targets that the manifest names, and those that are unknown, faulty or named twice."""
    loaded: list[Target] = []
    problems: list[Problem] = []
    for place, name in enumerate(manifest.model.target):
        span = _item_span(manifest, ("target",), place)
        try:
            target = load_target(name, disk, span)
        except Failure as failure:
            problems += failure.problems
            continue
        if any(target.name == other.name for other in loaded):
            problems.append(
                Problem(f"the target '{target.name}' is named twice", span, "remove one")
            )
            continue
        loaded.append(target)
    return loaded, problems


def _item_span(manifest: Manifest, path: Place, place: int) -> Span:
    return manifest.document.value_span((*path, place))


def _unknown_targets(manifest: Manifest, loaded: list[Target]) -> list[Problem]:
    """Keys under `on:` that mean none of the targets."""
    model = manifest.model
    tables: list[tuple[Place, dict[str, Options]]] = [(("defaults", "on"), model.defaults.on)]
    tables += [(("assets", name, "on"), asset.on) for name, asset in model.assets.items()]
    names = [target.name for target in loaded]
    if len(names) < len(manifest.model.target):
        return []  # one could not be loaded, and the key may mean it
    return [
        Problem(
            f"'{key}' is none of the targets",
            manifest.document.key_span((*path, key)),
            did_you_mean(key, names),
        )
        for path, table in tables
        for key in table
        if not any(names_target(key, name) for name in names)
    ]


def _reserved_palettes(manifest: Manifest) -> list[Problem]:
    reserved = {"target", "keep"} & set(manifest.model.palettes)
    span = manifest.document.key_span
    return [
        Problem(f"a palette cannot be called '{name}'", span(("palettes", name)))
        for name in sorted(reserved)
    ]


class _Found(NamedTuple):
    """All source files, and the folders that were looked into for them."""

    files: list[_File]
    folders: tuple[str, ...]


def _all_files(manifest: Manifest, disk: Disk) -> tuple[_Found, list[Problem]]:
    files: list[_File] = []
    folders: dict[str, None] = {}
    problems: list[Problem] = []
    for entry, asset in manifest.model.assets.items():
        try:
            files += _files(manifest, disk, entry, asset, folders)
        except Failure as failure:
            problems += failure.problems
    return _Found(files, tuple(folders)), problems


def _files(
    manifest: Manifest, disk: Disk, entry: str, asset: AssetModel, folders: dict[str, None]
) -> list[_File]:
    """The source files of one asset entry, in the order of their names."""
    source = asset.source.replace("\\", "/")
    span = manifest.document.value_span(("assets", entry, "source"))
    template = asset.name or ("{asset}_{stem}" if _is_glob(source) else "{asset}")
    parts = _parts(template, manifest.document.value_span(("assets", entry, "name")))
    if disk.is_file(source):
        return [_File(entry, _fill(parts, entry, source), source)]
    if not _is_glob(source):
        raise fail(f"there is no file '{source}'", span, _near_file(disk, source))
    matched, looked = expand(disk, source)
    folders.update(dict.fromkeys(looked))
    own = output_root(manifest.model.output).removeprefix("./") + "/"
    names = [name for name in matched if name.lower().endswith(SOURCE_SUFFIXES)]
    names = [name for name in names if not name.startswith(own)]  # earlier results are no sources
    if not names:
        raise fail(f"no image matches '{source}'", span, f"images are {', '.join(SOURCE_SUFFIXES)}")
    return [_File(entry, _fill(parts, entry, name), name) for name in names]


def _is_glob(source: str) -> bool:
    return any(char in source for char in "*?[")


def _near_file(disk: Disk, source: str) -> str:
    if disk.stamp(source) is not None:
        return "that is a folder or no regular file; for all pictures in it write FOLDER/*.png"
    parent = PurePosixPath(source).parent.as_posix()
    if disk.stamp(parent) is None:
        return f"there is no folder '{parent}'; paths are relative to the manifest"
    names = sorted(entry.name for entry in disk.entries(parent) if not entry.is_folder)
    otherwise = "paths are relative to the manifest"
    return did_you_mean(PurePosixPath(source).name, names, otherwise)


def _parts(template: str, span: Span) -> list[str]:
    """A name's template in parts: fields, and what stands between them."""
    parts = re.split(r"(\{[^{}]*\})", template)
    unknown = [p for p in parts if p not in ("{asset}", "{stem}") and re.search(r"[{}]", p)]
    if unknown:
        raise fail(f"unknown '{unknown[0]}' in the name", span, "a name may use {stem} and {asset}")
    return parts


def _stem(source: str) -> str:
    """The last name without its suffix, as pathlib takes it, for ten thousands of files."""
    name = source.rpartition("/")[2]
    dot = name.rfind(".")
    return name[:dot] if 0 < dot < len(name) - 1 else name


def _fill(parts: list[str], entry: str, source: str) -> str:
    fields = {"{asset}": entry, "{stem}": _stem(source)}
    return "".join(fields.get(part, part) for part in parts)


class _Task(NamedTuple):
    """What all rules of one target come from."""

    manifest: Manifest
    target: Target
    disk: Disk


def _assets(
    manifest: Manifest, targets: list[Target], files: list[_File], disk: Disk
) -> tuple[list[AssetRule], list[Problem]]:
    """The rules of all targets."""
    assets: list[AssetRule] = []
    problems: list[Problem] = []
    for target in targets:
        rules, faults = _rules(_Task(manifest, target, disk), files, several=len(targets) > 1)
        assets += rules
        problems += faults
    return assets, problems


def _rules(
    task: _Task, files: list[_File], *, several: bool
) -> tuple[list[AssetRule], list[Problem]]:
    manifest, target, disk = task
    resolved = {entry: resolve(manifest, entry, target) for entry in manifest.model.assets}
    problems = [problem for entry in resolved.values() for problem in entry.problems]
    if several:
        name = f"for '{target.name}': "
        problems = [fault._replace(message=name + fault.message) for fault in problems]
    for entry in resolved.values():
        problems += [*_palette_file(manifest, disk, entry), *_masks(disk, entry)]
    prefix = beside(output_folder(manifest.model.output, target.name, several=several))
    rules: list[AssetRule] = []
    for file in files:
        try:
            rules.append(_rule(task, file, resolved[file.entry], prefix))
        except ValueError as error:
            span = manifest.document.key_span(("assets", file.entry))
            problems.append(Problem(str(error), span))
    return rules, problems


def _rule(task: _Task, file: _File, resolved: Resolved, prefix: str) -> AssetRule:
    """The rule of one file; ValueError when its name makes no symbol."""
    document = task.manifest.document
    symbol = symbol_for(file.name)
    source = document.value_span(("assets", file.entry, "source"))
    return AssetRule(
        entry=file.entry,
        name=file.name,
        symbol=symbol,
        source=file.source,
        target=task.target.name,
        recipe=resolved.recipe,
        outputs=outputs_for(resolved.recipe, symbol, prefix),
        place=document.key_span(("assets", file.entry)),
        places={**resolved.places, "source": source},
    )


def _templates(assets: list[AssetRule], disk: Disk) -> list[Problem]:
    """What is wrong with the templates that assets are filled into, each told once."""
    users = {rule.recipe.template: rule for rule in assets if "template" in rule.recipe.emit}
    return [fault for name, rule in users.items() for fault in _template(name, rule, disk)]


def _template(name: str, rule: AssetRule, disk: Disk) -> tuple[Problem, ...]:
    place = rule.place_of("template")
    if not name:
        return ()  # `conflicts` has said so
    if not disk.is_file(name):
        return (Problem(f"there is no file '{name}'", place, _near_file(disk, name)),)
    try:
        parse(disk.read(name), name)
    except ValueError as error:
        return (Problem(str(error), place, "call it like `panel.inc` or `panel.h.template`"),)
    except OSError as error:
        return (Problem(f"cannot read {name}: {error.strerror}", place),)
    except Failure as failure:
        return failure.problems
    return ()


def _palette_file(manifest: Manifest, disk: Disk, resolved: Resolved) -> list[Problem]:
    """The palette file of an asset, when it is not there."""
    choice = resolved.recipe.palette
    if not choice.file or disk.is_file(choice.file):
        return []
    place = ("palettes", choice.name, "file") if choice.name else ()
    span = manifest.document.value_span(place) if place else resolved.places["palette"]
    words = f"there is no file '{choice.file}'"
    return [Problem(words, span, _near_file(disk, choice.file))]


def _masks(disk: Disk, resolved: Resolved) -> list[Problem]:
    """Masks of an asset that are not there."""
    names = [region.mask for region in resolved.recipe.regions if region.mask]
    return [
        Problem(f"there is no file '{name}'", resolved.places["regions"], _near_file(disk, name))
        for name in names
        if not disk.is_file(name)
    ]


def _clashes(assets: list[AssetRule]) -> list[Problem]:
    """Assets whose symbols, macros or files would be the same, also where case does not count."""
    first: dict[str, AssetRule] = {}
    problems = []
    for rule in assets:
        key = f"{rule.outputs[0].rpartition('/')[0]}/{rule.symbol}".casefold()
        other = first.setdefault(key, rule)
        if other is not rule:
            both = f"'{rule.name}' ({rule.source}) and '{other.name}' ({other.source})"
            words = f"{both} would both be called {rule.symbol}"
            also = (
                (other.place, "the other one")
                if other.place and other.place != rule.place
                else None
            )
            hint = "give one another `name:`"
            problems.append(Problem(words, rule.place, hint, also=also))
    return problems


def _overwrites(rules: list[AssetRule | BundleRule], read: list[str], disk: Disk) -> list[Problem]:
    """Outputs that would replace a file that is read."""
    sources = [path for rule in rules if isinstance(rule, AssetRule) for path in rule.reads]
    read = [*read, *sources]
    outputs = _like_one_of(read, rules, disk)
    taken = {disk.real(path) for path in read} if outputs else set()
    return [
        Problem(
            f"'{name}' would overwrite a file that is read", rule.place, "choose another `output`"
        )
        for rule, name in outputs
        if disk.real(name) in taken
    ]


def _like_one_of(
    read: list[str], rules: list[AssetRule | BundleRule], disk: Disk
) -> list[tuple[AssetRule | BundleRule, str]]:
    """Outputs that may be one of the files that are read.

    Following a path takes long, so of files that are no links only those are followed whose last
    name is that of a file that is read.
    """
    outputs = [(rule, name) for rule in rules for name in rule.outputs]
    if any(disk.is_link(path) for path in read):
        return outputs
    names = {_last(path) for path in read}
    return [(rule, name) for rule, name in outputs if _last(name) in names]


def _last(path: str) -> str:
    return path.rpartition("/")[2].casefold()
