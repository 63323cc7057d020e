"""Plan: what will be built from what; plain values that can be written down and read back."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from pipeline.grid import RGB
from pipeline.recipe import PaletteChoice, Recipe
from pipeline.registry import EMITTERS, Row
from pipeline.report import Failure, Problem, Span, did_you_mean, fail
from pipeline.target import Target
from pipeline.template import suffix_of


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

    @property
    def reads(self) -> tuple[str, ...]:
        """Every file that its files are made from: the source, masks of regions, a template."""
        template = (self.recipe.template,) if "template" in self.recipe.emit else ()
        return self.source, *self.masks, *template

    @property
    def masks(self) -> tuple[str, ...]:
        """The masks of its regions."""
        return tuple(region.mask for region in self.recipe.regions if region.mask)

    def place_of(self, option: str) -> Span | None:
        """Where to point for a fault in an option; for `emit NAME` at that emitter."""
        return self.places.get(option) or self.places.get(option.partition(" ")[0], self.place)


class PaletteRule(NamedTuple):
    """One palette learned from all assets that share it, for one target."""

    choice: PaletteChoice
    target: str
    members: tuple[AssetRule, ...]


class Member(NamedTuple):
    """An asset in a bundle.

    Attributes:
        name: As the user calls it.
        symbol: C identifier and stem of its files.
        files: Its files that the bundle reads, relative to the manifest.
    """

    name: str
    symbol: str
    files: tuple[str, ...]


class BundleRule(NamedTuple):
    """Files that span assets of one target, made of the assets' finished files.

    Attributes:
        name: As the user calls it.
        symbol: C identifier and stem of its files.
        target: Name of the target.
        emit: Its forms, names in `registry.BUNDLES`.
        align: Bytes; payloads of a pack begin at multiples of it.
        files: The emitter whose files an image of `esp-mmap` takes.
        name_length: Bytes for the name of a file in such an image.
        members: In plan order, which gives their numbers.
        outputs: Files it writes, relative to the manifest.
        place: Where the bundle stands in the manifest.
    """

    name: str
    symbol: str
    target: str
    emit: tuple[str, ...]
    align: int
    files: str
    name_length: int
    members: tuple[Member, ...]
    outputs: tuple[str, ...]
    place: Span | None

    @property
    def reads(self) -> tuple[str, ...]:
        """Every file that it is made of."""
        return tuple(dict.fromkeys(file for member in self.members for file in member.files))


class Placed(NamedTuple):
    """An asset on a screen: its name and where its left upper corner lies."""

    asset: str
    at: tuple[int, int]
    span: Span


class SceneRule(NamedTuple):
    """A mock of one target's whole screen.

    Attributes:
        name: As the user calls it; letters, digits, `-` and `_`.
        target: Name of a target that has a size.
        background: What shows where no asset is, sRGB.
        parts: The last one lies on top.
    """

    name: str
    target: str
    background: RGB
    parts: tuple[Placed, ...]


class Job(NamedTuple):
    """One asset to build, with all that a worker needs.

    Attributes:
        rule: What to build.
        target: For which display.
        folder: Where the rule's paths start.
        palette: The shared palette, as `palette.to_plain` writes it; None without one. Several,
            as `steps.learn` writes them, for an asset that came after they were locked.
        loss: Color error with a palette of its own and with the shared one, or ().
    """

    rule: AssetRule
    target: Target
    folder: str
    palette: dict[str, Any] | None = None
    loss: tuple[float, ...] = ()


class PaletteJob(NamedTuple):
    """One shared palette to learn."""

    rule: PaletteRule
    target: Target
    folder: str


class LinkJob(NamedTuple):
    """One bundle to put together; `folder` is where the rule's paths start."""

    rule: BundleRule
    folder: str


class Plan(NamedTuple):
    """Everything a build will do. All paths are relative to the manifest.

    Attributes:
        output: The output folder without the target's part.
        targets: The targets by name.
        palettes: Shared palettes, before the assets that use them.
        assets: In manifest order, target by target.
        budget: Bytes of flash per target, or None.
        budget_place: Where the budget stands.
        inputs: Files that made the plan: the manifest, target files, palette files.
        folders: Folders whose listings made the plan: those that globs looked into.
        scenes: Whole screens that can be shown; a build does nothing with them.
        bundles: What is made of finished assets, after them.
        warnings: What the manifest says to no effect.
        manifest: The manifest's own name; "" for a plan without one.
    """

    output: str
    targets: dict[str, Target]
    palettes: tuple[PaletteRule, ...]
    assets: tuple[AssetRule, ...]
    budget: int | None
    budget_place: Span | None
    inputs: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    scenes: tuple[SceneRule, ...] = ()
    bundles: tuple[BundleRule, ...] = ()
    warnings: tuple[Problem, ...] = ()
    manifest: str = ""

    @property
    def rules(self) -> "tuple[AssetRule | BundleRule, ...]":
        """All that writes files for the user, in the order of the build."""
        return (*self.assets, *self.bundles)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Every file that a build writes for its user."""
        return tuple(path for rule in self.rules for path in rule.outputs)


def output_folder(template: str, target: str, *, several: bool) -> str:
    """The folder of a target's files: `{target}` filled in, or a folder for each of several."""
    if "{target}" in template:
        return template.replace("{target}", target)
    return f"{template}/{target}" if several else template


def beside(folder: str) -> str:
    """What stands before a name in a folder, in the one spelling that paths to it have."""
    plain = PurePosixPath(folder).as_posix()
    return "" if plain == "." else f"{plain.rstrip('/')}/"


def outputs_of(
    emit: Iterable[str],
    symbol: str,
    prefix: str,
    table: Mapping[str, Row] = EMITTERS,
    suffix: str = "",
) -> tuple[str, ...]:
    """The files that emitters write for a symbol.

    Args:
        emit: Names in `table`.
        symbol: Of the asset or bundle.
        prefix: What `beside` gives.
        table: The emitters, or the forms of bundles.
        suffix: Ending of what a template becomes.
    """
    names = [name for emitter in emit for name in table[emitter].files]
    return tuple(prefix + name.format(symbol=symbol, suffix=suffix) for name in names)


def outputs_for(recipe: Recipe, symbol: str, prefix: str) -> tuple[str, ...]:
    """The files of an asset; `prefix` is what `beside` gives. A faulty template gives no ending."""
    suffix = ""
    with suppress(ValueError):
        suffix = suffix_of(recipe.template)
    return outputs_of(recipe.emit, symbol, prefix, suffix=suffix)


def shared_palettes(assets: Iterable[AssetRule]) -> tuple[PaletteRule, ...]:
    """The palettes that several assets learn together, one for each target and name."""
    groups: dict[tuple[str, PaletteChoice], list[AssetRule]] = {}
    for rule in assets:
        choice = rule.recipe.palette
        if choice.shared:
            groups.setdefault((rule.target, choice), []).append(rule)
    return tuple(
        PaletteRule(choice, target, tuple(members)) for (target, choice), members in groups.items()
    )


class Share(NamedTuple):
    """What of a shared palette concerns one asset: see `Job`."""

    palette: dict[str, Any]
    loss: tuple[float, ...]


def share_of(learned: dict[str, Any], rule: AssetRule) -> Share:
    """An asset's part of what `steps.learn` has learned for all who share it."""
    loss = tuple(learned.get("losses", {}).get(rule.symbol, ()))
    groups = learned.get("groups")
    if groups is None:
        return Share({key: learned[key] for key in learned if key != "losses"}, loss)
    if rule.symbol in groups:
        return Share(learned["palettes"][groups[rule.symbol]], loss)
    return Share({"palettes": learned["palettes"]}, loss)


def _wanted(plan: Plan, names: list[str]) -> set[str]:
    """The names of assets that names of assets and bundles mean."""
    entries = {name for rule in plan.assets for name in (rule.name, rule.entry)}
    bundles: dict[str, set[str]] = {}
    for rule in plan.bundles:
        bundles.setdefault(rule.name, set()).update(member.name for member in rule.members)
    what = "asset or bundle" if bundles else "asset"
    problems = [
        Problem(f"no {what} named '{name}'", hint=did_you_mean(name, sorted({*entries, *bundles})))
        for name in names
        if name not in entries and name not in bundles
    ]
    if problems:
        raise Failure(problems)
    return set(names).union(*(bundles.get(name, ()) for name in names))


def select(plan: Plan, names: list[str], target: str | None) -> Plan:
    """The part of a plan that builds the named assets, for one target or all.

    The name of a bundle means all its assets.
    Shared palettes keep all their members: what a palette learns never depends on what is built.
    A bundle is built with the last of its members only: of a part it would not be up to date.

    Raises:
        Failure: A name is no asset or target of the manifest.
    """
    if target is not None and target not in plan.targets:
        raise fail(
            f"the manifest has no target '{target}'", None, did_you_mean(target, plan.targets)
        )
    wanted = _wanted(plan, names)
    chosen = tuple(
        rule
        for rule in plan.assets
        if target in (None, rule.target) and (not names or {rule.name, rule.entry} & wanted)
    )
    used = {(rule.target, rule.recipe.palette) for rule in chosen}
    palettes = tuple(rule for rule in plan.palettes if (rule.target, rule.choice) in used)
    built = {(rule.target, rule.symbol) for rule in chosen}
    bundles = tuple(
        rule
        for rule in plan.bundles
        if all((rule.target, member.symbol) in built for member in rule.members)
    )
    budget = None if names else plan.budget  # a part says nothing about the whole
    return plan._replace(assets=chosen, palettes=palettes, bundles=bundles, budget=budget)
