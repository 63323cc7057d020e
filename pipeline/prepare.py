"""Prepare: from an asset's files to the picture that its palette and dither see."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline import files, fit, keys, source
from pipeline.color import luminance
from pipeline.image import Image
from pipeline.plan import AssetRule
from pipeline.recipe import Recipe, Region
from pipeline.report import Failure, Problem, Span
from pipeline.template import Template, parse

Result = TypeVar("Result")


class Prepared(NamedTuple):
    """A decoded source, arranged to the final size.

    Attributes:
        decoded: The source.
        image: Its picture in its final size, with alpha.
        regions: For each region of the recipe its pixels, bool (h, w).
        digest: Of the bytes of all files that were read.
        template: What the emitter `template` fills in, or None.
    """

    decoded: source.Source
    image: Image
    regions: tuple[NDArray[np.bool_], ...]
    digest: str
    template: Template | None = None


def at(place: Span | None, work: Callable[[], Result], prefix: str = "") -> Result:
    """Run pixel code; what it refuses becomes a problem at a place in the manifest."""
    try:
        return work()
    except ValueError as error:
        raise Failure([Problem(f"{prefix}{error}", place)], status=1) from None
    except Failure as failure:
        problems = [problem._replace(span=problem.span or place) for problem in failure.problems]
        raise Failure(problems, status=1) from None


def prepare(rule: AssetRule, folder: str) -> Prepared:
    """Read, decode and arrange a source and its masks, and read a template.

    Raises:
        Failure: At the place of `source`, `size`, `regions` or `template`.
    """
    decoded, digest = _decoded(rule, folder, rule.source, "source")
    shape = geometry(rule.recipe)
    image = at(rule.place_of("size"), lambda: fit.arrange(decoded.image, shape))
    names = list(dict.fromkeys(rule.masks))
    masks = {name: _decoded(rule, folder, name, "regions") for name in names}

    def inside(region: Region) -> NDArray[np.bool_]:
        if region.mask:
            return _masked(masks[region.mask][0].image, decoded.image, shape)
        return _boxed(region, image)

    def every() -> tuple[NDArray[np.bool_], ...]:
        return tuple(inside(region) for region in rule.recipe.regions)

    digests = [digest, *(masks[name][1] for name in rule.masks)]
    template, own = _template(rule, folder)
    regions = at(rule.place_of("regions"), every)
    return Prepared(decoded, image, regions, keys.sources([*digests, *own]), template)


def _template(rule: AssetRule, folder: str) -> tuple[Template | None, list[str]]:
    """The template that the asset is filled into, and the digest of its bytes."""
    name, place = rule.recipe.template, rule.place_of("template")
    if "template" not in rule.recipe.emit:
        return None, []
    raw = at(place, lambda: files.read(Path(folder) / name, name))
    return at(place, lambda: parse(raw, name)), [keys.content(raw)]


def _decoded(rule: AssetRule, folder: str, name: str, option: str) -> tuple[source.Source, str]:
    place = rule.place_of(option)
    data = at(place, lambda: files.read(Path(folder) / name, name))
    options = source.SourceOptions(rule.recipe.frame, rule.recipe.max_pixels)
    decoded = at(place, lambda: source.decode(data, options), f"{name}: ")
    return decoded, keys.content(data)


def geometry(recipe: Recipe) -> fit.Geometry:
    """The geometric part of a recipe."""
    return fit.Geometry(recipe.rotate, recipe.flip, recipe.size, recipe.fit, recipe.resample)


_HALF = 14146
"""Linear light of sRGB 128: at least as light counts as white in a mask."""


def _masked(mask: Image, picture: Image, shape: fit.Geometry) -> NDArray[np.bool_]:
    if (mask.width, mask.height) != (picture.width, picture.height):
        sizes = f"{mask.width}x{mask.height}, the source {picture.width}x{picture.height}"
        raise ValueError(f"the mask is {sizes}; a mask has the size of its source")
    arranged = fit.arrange(mask, shape)
    return np.asarray((luminance(arranged.linear) >= _HALF) & (arranged.alpha >= 128))


def _boxed(region: Region, picture: Image) -> NDArray[np.bool_]:
    left, top, width, height = region.box or (0, 0, 0, 0)
    if left + width > picture.width or top + height > picture.height:
        size = f"{picture.width}x{picture.height}"
        raise ValueError(f"{width}x{height}+{left}+{top} is not within the picture of {size}")
    inside = np.zeros((picture.height, picture.width), bool)
    inside[top : top + height, left : left + width] = True
    return inside
