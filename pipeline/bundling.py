"""Bundling: from `bundles:` in a manifest to what is made of which assets' files."""

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from pipeline.depths import faults
from pipeline.manifest import BundleModel, Manifest
from pipeline.plan import AssetRule, BundleRule, Member, beside, outputs_for, outputs_of
from pipeline.registry import BUNDLES, EMITTERS
from pipeline.report import Failure, Problem, Span, did_you_mean, fail
from pipeline.symbol import symbol_for
from pipeline.target import Target

_FILES = "bin"
_NAME_LENGTH = 16
"""The component's own default."""

_ONLY_FOR = {
    "align": ("pack", "esp-mmap"),
    "files": ("esp-mmap",),
    "name_length": ("esp-mmap",),
}
"""Options that some forms alone have."""


class Bundled(NamedTuple):
    """The bundles, and the assets with the emitters that bundles need of them."""

    assets: tuple[AssetRule, ...]
    bundles: tuple[BundleRule, ...]


def plan_bundles(
    manifest: Manifest, targets: Sequence[Target], assets: Sequence[AssetRule]
) -> tuple[Bundled, list[Problem]]:
    """One rule for each bundle and target, and what is wrong in them."""
    bundles: list[BundleRule] = []
    problems = [*_unknown_assets(manifest, assets), *_odd_forms(manifest)]
    by_target = {target.name: [r for r in assets if r.target == target.name] for target in targets}
    for name, model in manifest.model.bundles.items():
        for target in targets:
            span = manifest.document.key_span(("bundles", name))
            try:
                task = _Task(name, model, target, span)
                rule, by_target[target.name] = _bundle(task, by_target[target.name])
                bundles += [rule] if rule else []
            except Failure as failure:
                problems += failure.problems
    changed = {(rule.target, rule.symbol): rule for rules in by_target.values() for rule in rules}
    again = tuple(changed.get((rule.target, rule.symbol), rule) for rule in assets)
    problems += [*_clashes(bundles, again), *_named_alike(bundles, again)]
    problems += _long_names(manifest, bundles)
    return Bundled(again, tuple(bundles)), list(dict.fromkeys(problems))


class _Task(NamedTuple):
    """One bundle for one target."""

    name: str
    model: BundleModel
    target: Target
    span: Span


def _is_meant(pattern: str, rule: AssetRule) -> bool:
    return fnmatchcase(rule.name, pattern) or pattern in (rule.entry, rule.name)


def _bundle(task: _Task, rules: list[AssetRule]) -> tuple[BundleRule | None, list[AssetRule]]:
    """The rule of a bundle, and all rules of its target, its members with the emitters it needs.

    Raises:
        Failure: A member cannot have an emitter, or the name makes no symbol.
    """
    model, patterns = task.model, task.model.assets
    meant = [any(_is_meant(pattern, rule) for pattern in patterns) for rule in rules]
    rules = [_extended(task, rule) if m else rule for rule, m in zip(rules, meant, strict=True)]
    members = [rule for rule, is_member in zip(rules, meant, strict=True) if is_member]
    if not members:
        return None, rules  # which assets there are not has been said
    try:
        symbol = symbol_for(task.name)
    except ValueError as error:
        raise fail(str(error), task.span) from None
    prefix = beside(members[0].outputs[0].rpartition("/")[0])
    return BundleRule(
        name=task.name,
        symbol=symbol,
        target=task.target.name,
        emit=tuple(model.emit),
        align=model.align,
        files=model.files or _FILES,
        name_length=model.name_length or _NAME_LENGTH,
        members=tuple(_member(task, rule, prefix) for rule in members),
        outputs=outputs_of(model.emit, symbol, prefix, BUNDLES),
        place=task.span,
    ), rules


def _member(task: _Task, rule: AssetRule, prefix: str) -> Member:
    taken = EMITTERS[task.model.files or _FILES].files
    names = [name for form in task.model.emit for name in BUNDLES[form].takes or taken]
    files = tuple(dict.fromkeys(prefix + name.format(symbol=rule.symbol) for name in names))
    return Member(rule.name, rule.symbol, files)


def _extended(task: _Task, rule: AssetRule) -> AssetRule:
    """An asset's rule with an emitter for each form of the bundle; Failure when it cannot be."""
    recipe = rule.recipe
    for form in task.model.emit:
        reads = BUNDLES[form].reads or (task.model.files or _FILES,)
        if not set(reads) & set(recipe.emit):
            recipe = recipe._replace(emit=(*recipe.emit, reads[0]))
    if recipe == rule.recipe:
        return rule
    old = faults(rule.recipe, task.target)
    new = [fault for key, fault in faults(recipe, task.target) if (key, fault) not in old]
    if new:
        words = f"'{rule.name}' cannot be in this bundle: "
        raise Failure([Problem(words + f.message, task.span, f.hint) for f in new])
    prefix = beside(rule.outputs[0].rpartition("/")[0])
    return rule._replace(recipe=recipe, outputs=outputs_for(recipe, rule.symbol, prefix))


def _unknown_assets(manifest: Manifest, assets: Sequence[AssetRule]) -> Iterator[Problem]:
    known = sorted({rule.name for rule in assets} | {rule.entry for rule in assets})
    faulty = set(manifest.model.assets) - set(known)  # which has been said already
    for name, model in manifest.model.bundles.items():
        if "assets" not in model.model_fields_set:
            continue
        for place, pattern in enumerate(model.assets):
            if pattern in faulty or any(_is_meant(pattern, rule) for rule in assets):
                continue
            path = ("bundles", name, "assets")
            given = manifest.document.value_span((*path, place))
            yield Problem(f"no asset named '{pattern}'", given, did_you_mean(pattern, known))


def _odd_forms(manifest: Manifest) -> Iterator[Problem]:
    """Forms that a bundle names twice, and options that none of its forms has."""
    for name, model in manifest.model.bundles.items():
        for option, forms in _ONLY_FOR.items():
            if option in model.model_fields_set and not set(forms) & set(model.emit):
                key = option.replace("_", "-")
                span = manifest.document.key_span(("bundles", name, key))
                hint = f"remove it, or add `{forms[0]}` to `emit`"
                yield Problem(f"`{key}` means nothing to this bundle", span, hint)
        for form in dict.fromkeys(model.emit):
            if model.emit.count(form) > 1:
                span = manifest.document.value_span(("bundles", name, "emit"))
                yield Problem(f"`{form}` is named twice", span, "keep one of them")


def _long_names(manifest: Manifest, bundles: Sequence[BundleRule]) -> Iterator[Problem]:
    """Files whose names do not fit an image's table with the zero byte that ends them."""
    for rule in bundles:
        if "esp-mmap" not in rule.emit:
            continue
        taken = EMITTERS[rule.files].files
        names = [name.format(symbol=m.symbol) for m in rule.members for name in taken]
        longest = max(names, key=len)
        if len(longest) >= rule.name_length:
            words = f"'{longest}' and a zero byte do not fit names of {rule.name_length} bytes"
            hint = (
                f"set `name-length: {len(longest) + 1}` or more here, and"
                " CONFIG_MMAP_FILE_NAME_LENGTH in the firmware to the same"
            )
            span = manifest.document.value_span(("bundles", rule.name, "name-length"))
            yield Problem(words, span, hint)


_MACROS = re.compile(
    r"WIDTH|HEIGHT|BITS|STRIDE|BYTES|PACKED|CODEC|UNIT|WINDOW|COLORS|TRANSPARENT|(INK|COLOR)_.*"
)
"""How the macros in headers of assets end."""


def _named_alike(bundles: Sequence[BundleRule], assets: Sequence[AssetRule]) -> Iterator[Problem]:
    """Numbers of assets whose names in C are those of something else."""
    symbols = {(rule.target, rule.symbol.upper()) for rule in assets}
    taken: set[tuple[str, str]] = set()
    for rule in bundles:
        upper = rule.symbol.upper()
        if (rule.target, f"{upper}_COUNT") in taken:
            continue  # two bundles of one name, which has been said
        names = [f"{upper}_{member.symbol.upper()}" for member in rule.members]
        for name in [f"{upper}_COUNT", *names]:
            places = [at.start() for at in re.finditer("_", name)]
            macro = any(
                (rule.target, name[:at]) in symbols and _MACROS.fullmatch(name[at + 1 :])
                for at in places
            )
            if macro or (rule.target, name) in taken:
                words = f"two things would be called {name} in C"
                yield Problem(words, rule.place, "give the bundle or an asset another name")
            taken.add((rule.target, name))


def _clashes(bundles: Sequence[BundleRule], assets: Sequence[AssetRule]) -> Iterator[Problem]:
    """Bundles whose files would have the names of an asset's, or of another bundle's."""
    first: dict[tuple[str, str], AssetRule | BundleRule] = {}
    rules: tuple[AssetRule | BundleRule, ...] = (*assets, *bundles)
    for rule in rules:
        other = first.setdefault((rule.target, rule.symbol.casefold()), rule)
        if other is rule or isinstance(rule, AssetRule):
            continue
        kind = "bundle" if isinstance(other, BundleRule) else "asset"
        words = f"the files of '{rule.name}' would have the names of those of the {kind}"
        also = (other.place, "the other one") if other.place else None
        yield Problem(f"{words} '{other.name}'", rule.place, "give it another name", also=also)
