"""Showing: the picture of an asset or a scene as it is built, or as a build would make it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import decode, fit, formats, keys, steps
from pipeline.disk import Disk
from pipeline.known import Known
from pipeline.palette import Indexed
from pipeline.palette_lock import Locked
from pipeline.plan import AssetRule, Job, PaletteJob, Plan, SceneRule, share_of
from pipeline.prepare import prepare
from pipeline.report import Failure
from pipeline.scenes import fits, outside
from pipeline.screen import Layer, compose, seen_as
from pipeline.stale import inputs_of, pair, rule_id, survey, why
from pipeline.world import NoStore


class Shown(NamedTuple):
    """A picture, and whether it is read from files that are up to date."""

    indexed: Indexed
    built: bool


class Pictures:
    """The pictures of a plan; each palette is learned at most once."""

    def __init__(self, plan: Plan, disk: Disk, tool: str, locked: Mapping[str, Locked]) -> None:
        self.plan = plan
        self.disk = disk
        self.tool = tool
        self.found = survey(plan, disk)
        self.known = Known(plan, self.found, tool, locked, NoStore())
        self.palettes: dict[tuple[str, Any], dict[str, Any]] = {}

    def asset(self, rule: AssetRule) -> Shown:
        """An asset's picture.

        Raises:
            Failure: It cannot be built.
        """
        job = self.job(rule)
        palette = job.palette
        digest = keys.digest(palette) if palette else ""
        inputs = inputs_of(rule, self.found, self.tool, digest)
        record = self.found.state.records.get(rule_id(rule))
        if not why(rule, inputs, record, self.found.look):
            indexed = self._decoded(rule)
            if indexed is not None:
                return Shown(indexed, built=True)
        return Shown(formats.index(job, prepare(rule, job.folder)).indexed, built=False)

    def job(self, rule: AssetRule) -> Job:
        """An asset with the palette that it does not learn for itself.

        Raises:
            Failure: A shared palette cannot be learned.
        """
        palette = self._palette(rule)
        return Job(rule, self.plan.targets[rule.target], self.disk.real("."), palette)

    def source(self, rule: AssetRule) -> NDArray[np.uint8]:
        """What an asset is made from, in its final size: uint8 (h, w, 3) sRGB."""
        image = prepare(rule, self.disk.real(".")).image
        return fit.flatten(image, rule.recipe.background).srgb

    def scene(self, scene: SceneRule) -> Shown:
        """A whole screen.

        Raises:
            Failure: One of its assets cannot be built, or does not fit.
        """
        target = self.plan.targets[scene.target]
        rules = {rule.name: rule for rule in self.plan.assets if rule.target == scene.target}
        shown = {part.asset: self.asset(rules[part.asset]) for part in scene.parts}
        layers = []
        for part in scene.parts:
            indexed = shown[part.asset].indexed
            size = indexed.width, indexed.height
            if not fits(part.at, size, target):
                raise Failure([outside(part, size, target)], status=1)
            layers.append(Layer(indexed, *part.at))
        background = seen_as(scene.background, target)
        screen = compose(target.size or (1, 1), background, layers)
        return Shown(screen, all(each.built for each in shown.values()))

    def _palette(self, rule: AssetRule) -> dict[str, Any] | None:
        """The palette that an asset does not learn for itself; None when it does."""
        for shared in self.plan.palettes:
            if pair(shared) != pair(rule):
                continue
            if pair(rule) not in self.palettes:
                self.palettes[pair(rule)] = self.known.shared(shared) or self._learn(
                    PaletteJob(shared, self.plan.targets[rule.target], self.disk.real("."))
                )
            return share_of(self.palettes[pair(rule)], rule).palette
        return self.known.own(rule)

    def _learn(self, job: PaletteJob) -> dict[str, Any]:
        learned = steps.learn(job)
        if learned.palette is None:
            raise Failure(learned.problems, status=1)
        return learned.palette

    def _decoded(self, rule: AssetRule) -> Indexed | None:
        """The picture in the first output that holds one and needs nothing else."""
        for name in rule.outputs:
            if name.endswith((".raw", ".palette.png")):
                continue
            try:
                names = [name, decode.companion(name)]
                files = {n: self.disk.read(n) for n in names if n in rule.outputs}
                return decode.decode(files, name)
            except (OSError, ValueError):
                continue
        return None
