"""Palette lock: learned palettes in a text file that is committed beside the manifest.

With it every machine and every version of every library builds with the same palettes, and an
asset that is added to a group does not change the indices of the others.
"""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from pipeline.document import parse
from pipeline.grid import GRIDS, RGB, shown, word
from pipeline.plan import AssetRule, PaletteRule, Plan
from pipeline.recipe import AUTO
from pipeline.report import Failure, Problem
from pipeline.scalars import FixedEntry, GridName, Whole, wrong
from pipeline.validate import Record, read

HEAD = """\
# Learned palettes. Written by `bitplane lock`; commit this file. As long as it stands here, builds
# use these colors in this order, whatever the pictures have become since.
"""


class Locked(NamedTuple):
    """One palette of a lock file.

    Attributes:
        palette: As `plan.share_of` reads it.
        options: Digest of the options it was learned with; it serves no other.
        learned_from: Digest of the pictures it was learned from.
    """

    palette: dict[str, Any]
    options: str
    learned_from: str


Colors = Annotated[list[FixedEntry], Field(min_length=1, max_length=256)]


class EntryFile(Record):
    """One palette of a lock file, or the palettes of groups of assets."""

    options: str
    learned_from: str
    grid: GridName
    colors: Colors | None = None
    groups: dict[str, Annotated[Whole, Field(ge=0)]] | None = None
    palettes: Annotated[list[Colors], Field(min_length=1, max_length=64)] | None = None


def _version(value: Any) -> Any:
    if value == "1":
        return 1
    hint = "build with the bitplane that wrote it, or write it anew: `bitplane lock`"
    raise wrong(f"version {value} of the lock file is not one this bitplane reads", hint)


class LockFile(Record):
    """A lock file."""

    version: Annotated[Literal[1], BeforeValidator(_version)]
    palettes: dict[str, EntryFile] = Field({}, description="by name of the target and the palette")


def file_name(manifest: str) -> str:
    """The lock of a manifest: `build.lock` beside `build.yaml`."""
    return PurePath(manifest).with_suffix(".lock").name


def path(manifest: str) -> str:
    """The lock of a manifest, named from where the manifest is named from, as problems do."""
    return PurePath(manifest).with_suffix(".lock").as_posix()


def names(plan: Plan) -> dict[str, PaletteRule]:
    """Every palette that a plan learns, by its name in the lock; one of an asset has one member."""
    shared = {lock_name(rule.target, rule.choice.name): rule for rule in plan.palettes}
    own = {
        own_name(rule): PaletteRule(rule.recipe.palette, rule.target, (rule,))
        for rule in plan.assets
        if learns_alone(rule)
    }
    return {**shared, **own}


def learns_alone(rule: AssetRule) -> bool:
    """It learns a palette that nobody shares, and of a size that is not searched for."""
    recipe = rule.recipe
    return recipe.palette.kind == "learn" and not recipe.palette.shared and recipe.format != AUTO


def lock_name(target: str, palette: str) -> str:
    """The name of a shared palette."""
    return f"{target}/{palette}"


def own_name(rule: AssetRule) -> str:
    """The name of the palette that an asset has for itself."""
    return f"{rule.target}/asset:{rule.symbol}"


def load(raw: bytes, file: str) -> dict[str, Locked]:
    """The palettes of a lock file.

    Raises:
        Failure: The file has faults.
    """
    document = parse(raw, file)
    model = read(LockFile, document)
    for name, entry in model.palettes.items():
        if _is_odd(entry):
            words = f"the palette '{name}' has neither colors, nor groups of palettes"
            span = document.key_span(("palettes", name))
            raise Failure([Problem(words, span, "write the lock anew with `bitplane lock`")])
    return {name: _locked(entry) for name, entry in model.palettes.items()}


def _is_odd(entry: EntryFile) -> bool:
    if entry.palettes is None or entry.groups is None:
        return entry.colors is None
    return entry.colors is not None or max(entry.groups.values(), default=0) >= len(entry.palettes)


def _locked(entry: EntryFile) -> Locked:
    if entry.palettes is None:
        return Locked(_plain(entry.colors or [], entry.grid), entry.options, entry.learned_from)
    palettes = [_plain(colors, entry.grid) for colors in entry.palettes]
    plain = {"groups": dict(entry.groups or {}), "palettes": palettes}
    return Locked(plain, entry.options, entry.learned_from)


def _plain(colors: list[Any], grid: str) -> dict[str, Any]:
    clear = [place for place, color in enumerate(colors) if color == "transparent"]
    codes = [_code(color, grid) for color in colors]
    if clear:
        codes = _with_free_code(codes, clear[0], grid)
    transparent = clear[0] if clear else None
    return {"grid": grid, "codes": codes, "transparent": transparent, "learned": True}


def _code(color: RGB | str, grid: str) -> int:
    return word(GRIDS[grid], (0, 0, 0) if isinstance(color, str) else color)


def _with_free_code(codes: list[int], clear: int, grid: str) -> list[int]:
    """The transparent entry has a word of its own, chosen as `quantize` chooses it."""
    drawn = {code for place, code in enumerate(codes) if place != clear}
    usual = (word(GRIDS[grid], (0, 0, 0)), word(GRIDS[grid], (255, 0, 255)))
    every = (GRIDS[grid].fixed | number for number in range(GRIDS[grid].size))
    free = next((code for code in (*usual, *every) if code not in drawn), usual[0])
    return [free if place == clear else code for place, code in enumerate(codes)]


def render(palettes: Mapping[str, Locked]) -> str:
    """The text of a lock file; names sorted, one palette a paragraph, one color after another."""
    body = "".join(_paragraph(name, palettes[name]) for name in sorted(palettes))
    return f"{HEAD}version: 1\npalettes:{body or ' {}'}\n"


def _paragraph(name: str, locked: Locked) -> str:
    palette = locked.palette
    one = palette if "codes" in palette else palette["palettes"][0]
    head = (
        f'\n  "{name}":\n    options: "{locked.options}"\n    learned-from: "{locked.learned_from}"'
        f"\n    grid: {one['grid']}"
    )
    if one is palette:
        return f"{head}\n    colors: {_listed(palette, 6)}"
    groups = "".join(f'\n      "{key}": {group}' for key, group in palette["groups"].items())
    lists = "".join(f"\n      - {_listed(each, 8)}" for each in palette["palettes"])
    return f"{head}\n    groups:{groups}\n    palettes:{lists}"


def _listed(palette: dict[str, Any], indent: int) -> str:
    """The colors of one palette, eight in a row."""
    grid = GRIDS[palette["grid"]]
    colors = ["#{:02x}{:02x}{:02x}".format(*shown(grid, code)) for code in palette["codes"]]
    quoted = [f'"{color}"' for color in colors]
    if palette["transparent"] is not None:
        quoted[palette["transparent"]] = "transparent"
    rows = [", ".join(quoted[start : start + 8]) for start in range(0, len(quoted), 8)]
    start = "\n" + " " * indent
    return f"[{start}{(',' + start).join(rows)}]"
