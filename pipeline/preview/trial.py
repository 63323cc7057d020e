"""Trial: one asset with other options, made from what is warm in memory; nothing is written."""

from typing import Any, NamedTuple

from pipeline import formats, metrics, panel, steps
from pipeline.canvas import Canvas, canvas, draw
from pipeline.image import Image
from pipeline.keys import content
from pipeline.manifest import Manifest
from pipeline.options import resolve
from pipeline.palette import Indexed
from pipeline.plan import Job
from pipeline.prepare import Prepared, at, prepare
from pipeline.preview import facts, raster, shot
from pipeline.preview.entry import Changes, changed, text, with_entry
from pipeline.recipe import AUTO, Recipe
from pipeline.report import Failure

_MOST = 8
"""Pictures that stay warm."""


class Tried(NamedTuple):
    """What came of a trial.

    Attributes:
        asset: What the page shows of it.
        pictures: PNG files by digest.
        lines: The asset's entry in the manifest.
    """

    asset: dict[str, Any]
    pictures: dict[str, bytes]
    lines: str


class _Views(NamedTuple):
    """Figures of a picture, and its PNG files by digest."""

    facts: dict[str, Any]
    pictures: dict[str, bytes]


class _Result(NamedTuple):
    """The last trial; `seen` is the digest of its picture."""

    seen: str
    job: Job
    indexed: Indexed
    image: Image
    prepared: Prepared


class Warm:
    """Pictures that were looked at last, arranged and with their palettes."""

    def __init__(self) -> None:
        self.prepared: dict[Any, Prepared] = {}
        self.canvases: dict[Any, Canvas] = {}
        self.before: dict[Any, tuple[str, bytes]] = {}
        self.last: _Result | None = None
        self.built: tuple[Job, Indexed] | None = None

    def attempt(self, manifest: Manifest, job: Job, changes: Changes) -> Tried:
        """One asset with changes.

        Raises:
            Failure: They do not go together, or the files are faulty.
        """
        name = job.rule.entry
        lines = text(name, changed(manifest, name, job.target, changes))
        resolved = resolve(with_entry(manifest, name, lines), name, job.target)
        if resolved.problems:
            raise Failure(resolved.problems)
        same = resolved.recipe.palette == job.rule.recipe.palette
        rule = job.rule._replace(recipe=resolved.recipe)
        asked = job._replace(rule=rule, palette=job.palette if same else None)
        prepared = self._prepared(asked)
        indexed, image = self._indexed(asked, prepared)
        found = self._views(asked, indexed, prepared)
        self.last = _Result(found.facts["pictures"]["seen"], asked, indexed, image, prepared)
        asset = facts.asset(rule, job.target, found.facts, "")
        return Tried(asset, found.pictures, lines)

    def errors(self) -> dict[str, float]:
        """How far the last trial is from its source; takes longer than the trial itself."""
        if self.last is None:
            return {}
        _, job, indexed, image, prepared = self.last
        afar = metrics.blurred_ciede2000(shot.original(job, prepared), indexed.seen)
        return {
            "delta_e": round(steps.color_error(image, indexed), 2),
            "afar": round(afar, 2),
        }

    def look(
        self, job: Job, seen: str, view: panel.View, *, built: bool
    ) -> tuple[str, bytes] | None:
        """A picture of an asset, looked at in some way.

        Args:
            job: The asset.
            seen: Digest of its plain picture.
            view: How it is looked at.
            built: That is the picture of its files.

        Returns:
            Digest and PNG; None when the plain picture is not that of the last trial either.

        Raises:
            Failure: The asset cannot be built.
            ValueError: The view is too large.
        """
        if not built and (self.last is None or self.last.seen != seen):
            return None
        indexed = self._built(job) if built or self.last is None else self.last.indexed
        png = raster.encode(panel.look(indexed, job.target, view))
        return content(png)[:32], png

    def _built(self, job: Job) -> Indexed:
        if self.built is None or self.built[0] != job:
            indexed = shot.emitted(job)
            self.built = job, indexed or formats.index(job, prepare(job.rule, job.folder)).indexed
        return self.built[1]

    def _prepared(self, job: Job) -> Prepared:
        key = _picture_key(job)
        if key not in self.prepared:
            _make_room(self.prepared)
            self.prepared[key] = prepare(job.rule, job.folder)
        return self.prepared[key]

    def _indexed(self, job: Job, prepared: Prepared) -> tuple[Indexed, Image]:
        recipe = job.rule.recipe
        if recipe.palette.kind == "keep" or recipe.format == AUTO:
            kept = formats.index(job, prepared)
            return kept.indexed, kept.image
        key = (*_picture_key(job), recipe.palette)
        if key not in self.canvases:
            _make_room(self.canvases)
            self.canvases[key] = canvas(job, prepared)
        ready = self.canvases[key]
        place = job.rule.place_of("dither")
        return at(place, lambda: draw(ready, recipe, prepared.regions)), ready.image

    def _views(self, job: Job, indexed: Indexed, prepared: Prepared) -> "_Views":
        views = {
            "seen": raster.encode(panel.look(indexed, job.target)),
            "index": raster.encode(shot.index_view(indexed)),
        }
        names = {kind: content(data)[:32] for kind, data in views.items()}
        before, png = self._before(job, prepared)
        found = {
            **shot.figures(job, indexed),
            "delta_e": None,
            "afar": None,
            "palette": shot.palette_rows(indexed, job.target),
            "pictures": {**names, "before": before},
        }
        return _Views(found, {**{names[kind]: data for kind, data in views.items()}, before: png})

    def _before(self, job: Job, prepared: Prepared) -> tuple[str, bytes]:
        key = _picture_key(job)
        if key not in self.before:
            _make_room(self.before)
            png = raster.encode(shot.original(job, prepared))
            self.before[key] = content(png)[:32], png
        return self.before[key]


def _picture_key(job: Job) -> tuple[Any, ...]:
    """All that decides a picture before its dither and palette."""
    plain = job.rule.recipe._replace(dither=Recipe().dither, palette=Recipe().palette)
    return job.rule.symbol, job.rule.target, plain


def _make_room(table: dict[Any, Any]) -> None:
    while len(table) >= _MOST:
        del table[next(iter(table))]
