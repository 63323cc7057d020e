"""Keys: digests of everything that decides what a rule writes."""

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from pipeline.plan import AssetRule, BundleRule, PaletteRule
from pipeline.recipe import Recipe
from pipeline.target import Target

SCHEMA = 2
"""Raised when the same inputs are to give other results, or results of another form."""


class Inputs(NamedTuple):
    """Digests of what decides an asset's files; the order is that in which reasons are given.

    Attributes:
        source: The source's bytes.
        options: The recipe, the names of the files, the palette's choice.
        palette: The shared palette or the palette file; "" where the recipe says it all.
        target: All of the target that can change a byte.
        tool: bitplane itself and the libraries that can change a byte.
    """

    source: str
    options: str
    palette: str
    target: str
    tool: str

    @property
    def key(self) -> str:
        """One digest of all, as 64 hex digits."""
        return digest(SCHEMA, *self)


def digest(*parts: Any) -> str:
    """SHA-256 of plain values in canonical JSON."""
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def content(data: bytes) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def sources(contents: list[str]) -> str:
    """One digest for a source and what belongs to it, from the digest of each file."""
    return contents[0] if len(contents) == 1 else digest(*contents)


def options(rule: AssetRule, known: dict[Recipe, str]) -> str:
    """What the manifest says of an asset; where it stands there does not matter.

    Args:
        rule: The asset.
        known: Digests of recipes, which many assets share; a new one is added.
    """
    recipe = known.get(rule.recipe)
    if recipe is None:
        recipe = known[rule.recipe] = digest(rule.recipe)
    # None of these texts holds a NUL: no name of a file can.
    return content("\0".join((recipe, rule.symbol, *rule.outputs)).encode("utf-8", "surrogatepass"))


def bundle(rule: BundleRule) -> str:
    """What the manifest says of a bundle; where it stands there does not matter."""
    return digest(rule._replace(place=None))


def target(value: Target) -> str:
    """What of a target can change a byte: not its title, nor what only previews show.

    The pitch can: `dbs` sees single pixels by it.
    """
    colors = tuple(measured._replace(source="") for measured in value.measured)
    said = value._replace(title="", measured=colors, bus=(), notes="", sources=())
    return digest(said._replace(shape="", kind="", corner=0, gap=0, tint=None, files=()))


_AFTER_THE_COLORS: Mapping[str, Any] = MappingProxyType(
    {
        "dither": Recipe().dither,
        "format": "",
        "emit": (),
        "compress": Recipe().compress,
        "most_error": 0,
        "template": "",
    }
)
"""What of a recipe matters only once a palette is there."""


def geometry(recipe: Recipe) -> str:
    """What of a recipe decides the picture that a shared palette learns from."""
    return digest(recipe._replace(**_AFTER_THE_COLORS))


def palette(rule: PaletteRule, sources: list[str], target_digest: str, tool: str) -> str:
    """What decides a shared palette: its options and its members' pictures."""
    members = [geometry(member.recipe) for member in rule.members]
    return digest(SCHEMA, rule.choice, sources, members, target_digest, tool)
