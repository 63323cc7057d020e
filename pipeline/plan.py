"""Plan: what will be built from what; decided before anything is written."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from pipeline import target as targets
from pipeline.document import Path as Place
from pipeline.manifest import AssetModel, Manifest, Options
from pipeline.recipe import PaletteChoice, Recipe, Resolved, names_target, resolve
from pipeline.registry import EMITTERS
from pipeline.report import Failure, Problem, Span, did_you_mean, fail, in_order
from pipeline.symbol import symbol_for
from pipeline.target import Target

SOURCE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")


class AssetRule(NamedTuple):
    """One picture for one target.

    Attributes:
        entry: Its key under `assets:`; a glob has many files under one key.
        name: As the user calls it.
        symbol: C identifier and stem of the files.
        source: Image file, relative to the manifest, with forward slashes.
        target: Name of the target.
        recipe: All options.
        outputs: Files it writes, relative to the manifest.
        place: Where the asset stands in the manifest; None for one without a manifest.
        places: Place of each option that was given, and of `source`.
    """

    entry: str
    name: str
    symbol: str
    source: str
    target: str
    recipe: Recipe
    outputs: tuple[str, ...]
    place: Span | None
    places: dict[str, Span]

    def place_of(self, option: str) -> Span | None:
        """Where to point for a fault in an option."""
        return self.places.get(option, self.place)


class PaletteRule(NamedTuple):
    """One palette learned from all assets that share it, for one target."""

    choice: PaletteChoice
    target: str
    members: tuple[AssetRule, ...]


class Plan(NamedTuple):
    """Everything a build will do.

    Attributes:
        folder: Where relative paths start.
        output: The output folder without the target's part, relative to `folder`.
        targets: The targets by name.
        palettes: Shared palettes, before the assets that use them.
        assets: In manifest order, target by target.
        budget: Bytes of flash per target, or None.
        budget_place: Where the budget stands.
    """

    folder: Path
    output: str
    targets: dict[str, Target]
    palettes: tuple[PaletteRule, ...]
    assets: tuple[AssetRule, ...]
    budget: int | None
    budget_place: Span | None


class _File(NamedTuple):
    """One source file of an asset entry, with its name before it becomes a symbol."""

    entry: str
    name: str
    source: str


def make(manifest: Manifest) -> Plan:
    """Plan a build.

    Raises:
        Failure: With every fault that can be seen without opening an image.
    """
    loaded, faults = load_targets(manifest)
    problems = [*manifest.faults, *faults]
    problems += [*_unknown_targets(manifest, loaded), *_reserved_palettes(manifest)]
    files, faults = _all_files(manifest)
    problems += faults
    assets: list[AssetRule] = []
    for target in loaded:
        rules, faults = _rules(manifest, target, files, several=len(loaded) > 1)
        assets += rules
        problems += faults
    problems += [*_clashes(assets), *_overwrites(assets, manifest.folder)]
    if problems:
        raise Failure(in_order(problems))
    return Plan(
        folder=manifest.folder,
        output=output_root(manifest.model.output),
        targets={target.name: target for target in loaded},
        palettes=shared_palettes(assets),
        assets=tuple(assets),
        budget=manifest.model.budget,
        budget_place=manifest.document.value_span(("budget",)),
    )


def load_targets(manifest: Manifest) -> tuple[list[Target], list[Problem]]:
    """The targets that the manifest names, and those that are unknown, faulty or named twice."""
    loaded: list[Target] = []
    problems: list[Problem] = []
    for place, name in enumerate(manifest.model.target):
        span = _item_span(manifest, ("target",), place)
        try:
            path = targets.find(name, manifest.folder, span)
            target = targets.load(path, name if path.parent != targets.builtin_folder() else None)
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


def _all_files(manifest: Manifest) -> tuple[list[_File], list[Problem]]:
    files: list[_File] = []
    problems: list[Problem] = []
    for entry, asset in manifest.model.assets.items():
        try:
            files += _files(manifest, entry, asset)
        except Failure as failure:
            problems += failure.problems
    return files, problems


def _files(manifest: Manifest, entry: str, asset: AssetModel) -> list[_File]:
    """The source files of one asset entry, in the order of their names."""
    folder, source = manifest.folder, asset.source.replace("\\", "/")
    span = manifest.document.value_span(("assets", entry, "source"))
    template = asset.name or ("{asset}_{stem}" if _is_glob(source) else "{asset}")
    place = manifest.document.value_span(("assets", entry, "name"))
    if _exists(folder / source, span):
        return [_File(entry, _fill(template, entry, source, place), source)]
    if not _is_glob(source):
        raise fail(f"there is no file '{source}'", span, _near_file(folder, source))
    found = _glob(folder, source, span)
    if not found:
        raise fail(f"no image matches '{source}'", span, f"images are {', '.join(SOURCE_SUFFIXES)}")
    return [_File(entry, _fill(template, entry, name, place), name) for name in found]


def _exists(path: Path, span: Span) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        raise fail("this cannot be a file name", span) from None


def _is_glob(source: str) -> bool:
    return any(char in source for char in "*?[")


def _glob(folder: Path, source: str, span: Span) -> list[str]:
    """Image files that match, sorted by name with forward slashes: the same on every system."""
    pattern = PurePosixPath(source)
    try:
        if pattern.is_absolute():
            root = Path(pattern.anchor)
            found = [
                path.as_posix() for path in root.glob(str(pattern.relative_to(pattern.anchor)))
            ]
        else:
            found = [path.relative_to(folder).as_posix() for path in folder.glob(source)]
    except (ValueError, NotImplementedError, OSError) as error:
        raise fail(f"'{source}' is no usable pattern: {error}", span) from None
    return sorted(name for name in found if name.lower().endswith(SOURCE_SUFFIXES))


def _near_file(folder: Path, source: str) -> str:
    parent = (folder / source).parent
    if not parent.is_dir():
        missing = PurePosixPath(source).parent
        return f"there is no folder '{missing}'; paths are relative to the manifest"
    names = sorted(path.name for path in parent.iterdir() if path.is_file())
    otherwise = "paths are relative to the manifest"
    return did_you_mean(PurePosixPath(source).name, names, otherwise)


def _fill(template: str, entry: str, source: str, span: Span) -> str:
    stem = PurePosixPath(source).stem
    parts = re.split(r"(\{[^{}]*\})", template)
    fields = {"{asset}": entry, "{stem}": stem}
    unknown = [part for part in parts if part not in fields and re.search(r"[{}]", part)]
    if unknown:
        raise fail(f"unknown '{unknown[0]}' in the name", span, "a name may use {stem} and {asset}")
    return "".join(fields.get(part, part) for part in parts)


def _rules(
    manifest: Manifest, target: Target, files: list[_File], *, several: bool
) -> tuple[list[AssetRule], list[Problem]]:
    rules: list[AssetRule] = []
    problems: list[Problem] = []
    output = output_folder(manifest.model.output, target.name, several=several)
    resolved = {entry: resolve(manifest, entry, target) for entry in manifest.model.assets}
    for entry in resolved.values():
        problems += [*entry.problems, *_palette_file(manifest, entry)]
    for file in files:
        recipe, places, _ = resolved[file.entry]
        span = manifest.document.key_span(("assets", file.entry))
        try:
            symbol = symbol_for(file.name)
        except ValueError as error:
            problems.append(Problem(str(error), span))
            continue
        source_place = manifest.document.value_span(("assets", file.entry, "source"))
        places = {**places, "source": source_place}
        outputs = outputs_of(recipe.emit, symbol, output)
        rules.append(
            AssetRule(
                file.entry,
                file.name,
                symbol,
                file.source,
                target.name,
                recipe,
                outputs,
                span,
                places,
            )
        )
    return rules, problems


def _palette_file(manifest: Manifest, resolved: Resolved) -> list[Problem]:
    """The palette file of an asset, when it is not there."""
    choice = resolved.recipe.palette
    if not choice.file or (manifest.folder / choice.file).is_file():
        return []
    place = ("palettes", choice.name, "file") if choice.name else ()
    span = manifest.document.value_span(place) if place else resolved.places["palette"]
    return [
        Problem(f"there is no file '{choice.file}'", span, _near_file(manifest.folder, choice.file))
    ]


def output_folder(template: str, target: str, *, several: bool) -> str:
    """The folder of a target's files: `{target}` filled in, or a folder for each of several."""
    if "{target}" in template:
        return template.replace("{target}", target)
    return f"{template}/{target}" if several else template


def output_root(template: str) -> str:
    """The part of the output folder that all targets share."""
    return template.split("{target}", 1)[0].rstrip("/") or "."


def outputs_of(emit: Iterable[str], symbol: str, folder: str) -> tuple[str, ...]:
    """The files that emitters write for a symbol."""
    names = [name.format(symbol=symbol) for emitter in emit for name in EMITTERS[emitter].files]
    return tuple((PurePosixPath(folder) / name).as_posix() for name in names)


def _clashes(assets: list[AssetRule]) -> list[Problem]:
    """Assets whose symbols, macros or files would be the same, also where case does not count."""
    first: dict[str, AssetRule] = {}
    problems = []
    for rule in assets:
        key = f"{PurePosixPath(rule.outputs[0]).parent}/{rule.symbol.casefold()}"
        other = first.setdefault(key, rule)
        if other is not rule:
            words = f"'{rule.source}' and '{other.source}' would both be called {rule.symbol}"
            also = (
                (other.place, "the other one")
                if other.place and other.place != rule.place
                else None
            )
            hint = "give one another `name:`"
            problems.append(Problem(words, rule.place, hint, also=also))
    return problems


def _overwrites(assets: list[AssetRule], folder: Path) -> list[Problem]:
    """Outputs that would replace a source."""
    sources = {(folder / rule.source).resolve(): rule for rule in assets}
    return [
        Problem(
            f"'{name}' would overwrite a source image", rule.place, "choose another `output` folder"
        )
        for rule in assets
        for name in rule.outputs
        if (folder / name).resolve() in sources
    ]


def shared_palettes(assets: Iterable[AssetRule]) -> tuple[PaletteRule, ...]:
    """The palettes that several assets learn together, one for each target and name."""
    groups: dict[tuple[str, PaletteChoice], list[AssetRule]] = {}
    for rule in assets:
        choice = rule.recipe.palette
        if choice.kind == "learn" and choice.name:
            groups.setdefault((rule.target, choice), []).append(rule)
    return tuple(
        PaletteRule(choice, target, tuple(members)) for (target, choice), members in groups.items()
    )


def select(plan: Plan, names: list[str], target: str | None) -> Plan:
    """The part of a plan that builds the named assets, for one target or all.

    Shared palettes keep all their members: what a palette learns never depends on what is built.

    Raises:
        Failure: A name is no asset or target of the manifest.
    """
    if target is not None and target not in plan.targets:
        raise fail(
            f"the manifest has no target '{target}'", None, did_you_mean(target, plan.targets)
        )
    entries = {rule.name for rule in plan.assets} | {rule.entry for rule in plan.assets}
    problems = [
        Problem(f"no asset named '{n}'", hint=did_you_mean(n, sorted(entries)))
        for n in names
        if n not in entries
    ]
    if problems:
        raise Failure(problems)
    chosen = tuple(
        rule
        for rule in plan.assets
        if target in (None, rule.target) and (not names or {rule.name, rule.entry} & set(names))
    )
    used = {(rule.target, rule.recipe.palette) for rule in chosen}
    palettes = tuple(rule for rule in plan.palettes if (rule.target, rule.choice) in used)
    return plan._replace(assets=chosen, palettes=palettes)
