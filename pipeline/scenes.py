"""Scenes: from `scenes:` in a manifest to what lies where on which screen."""

from collections.abc import Iterator, Sequence

from pipeline.document import Path as Place
from pipeline.manifest import Manifest, PlacedModel, SceneModel
from pipeline.options import names_target
from pipeline.plan import AssetRule, Placed, SceneRule
from pipeline.report import Failure, Problem, did_you_mean, fail
from pipeline.target import Target


def plan_scenes(
    manifest: Manifest, targets: Sequence[Target], assets: Sequence[AssetRule]
) -> tuple[tuple[SceneRule, ...], list[Problem]]:
    """One rule for each scene and screen, and what is wrong in them."""
    rules: list[SceneRule] = []
    problems = list(_unknown_assets(manifest, assets))
    by_target = {(rule.target, rule.name): rule for rule in assets}
    for name, scene in manifest.model.scenes.items():
        try:
            for target in _targets(manifest, name, scene, targets):
                rules.append(_rule(manifest, name, scene, target))
                problems += _outside(rules[-1], target, by_target)
        except Failure as failure:
            problems += failure.problems
    return tuple(rules), list(dict.fromkeys(problems))


def _unknown_assets(manifest: Manifest, assets: Sequence[AssetRule]) -> Iterator[Problem]:
    names = {rule.name for rule in assets}
    globs = {rule.entry for rule in assets} - names
    faulty = set(manifest.model.assets) - names - globs  # which has been said already
    for scene, model in manifest.model.scenes.items():
        for place, part in enumerate(model.place):
            if part.asset in names | faulty:
                continue
            span = manifest.document.value_span(("scenes", scene, "place", place, "asset"))
            one = next((rule.name for rule in assets if rule.entry == part.asset), "")
            hint = f"it is a glob; name one picture, like '{one}'" if one else ""
            hint = hint or did_you_mean(part.asset, sorted(names))
            yield Problem(f"no asset named '{part.asset}'", span, hint)


def _targets(
    manifest: Manifest, name: str, scene: SceneModel, targets: Sequence[Target]
) -> list[Target]:
    """The targets whose screen a scene shows; raises Failure when one has no screen."""
    meant = [t for t in targets if scene.target is None or names_target(scene.target, t.name)]
    place: Place = ("scenes", name)
    document = manifest.document
    span = document.value_span((*place, "target")) if scene.target else document.key_span(place)
    if not meant and len(targets) == len(manifest.model.target):
        hint = did_you_mean(scene.target or "", [target.name for target in targets])
        raise fail(f"'{scene.target}' is none of the targets", span, hint)
    for target in meant:
        if target.size is None:
            words = f"the target '{target.name}' has no size of its own, so it has no screen"
            raise fail(words, span, "let the scene's `target` name one that has")
    return meant


def _rule(manifest: Manifest, name: str, scene: SceneModel, target: Target) -> SceneRule:
    background = scene.background or target.background
    parts = (_placed(manifest, name, *pair) for pair in enumerate(scene.place))
    return SceneRule(name, target.name, background, tuple(parts))


def _placed(manifest: Manifest, name: str, place: int, part: PlacedModel) -> Placed:
    path: Place = ("scenes", name, "place", place)
    path = (*path, "at") if "at" in part.model_fields_set else path
    return Placed(part.asset, part.at, manifest.document.value_span(path))


def _outside(
    rule: SceneRule, target: Target, assets: dict[tuple[str, str], AssetRule]
) -> Iterator[Problem]:
    """Parts that are not wholly on the screen, as far as their size is known."""
    for part in rule.parts:
        asset = assets.get((rule.target, part.asset))
        size = asset.recipe.size if asset else None
        if not fits(part.at, size or (1, 1), target):
            yield outside(part, size, target)


def fits(at: tuple[int, int], size: tuple[int, int], target: Target) -> bool:
    """Whether a picture lies wholly on a target's screen."""
    width, height = target.size or (0, 0)
    return at[0] + size[0] <= width and at[1] + size[1] <= height


def outside(part: Placed, size: tuple[int, int] | None, target: Target) -> Problem:
    """What is wrong with a part that does not lie wholly on the screen."""
    what = f"'{part.asset}'" + (f" of {size[0]}x{size[1]}" if size else "")
    words = f"{what} at {part.at[0]},{part.at[1]} is not within the screen of '{target.name}'"
    screen = "x".join(map(str, target.size or ()))
    return Problem(words, part.span, f"the screen is {screen}")
