"""Options: what defaults, an asset and its `on:` say, resolved to one recipe a target."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pipeline.depths import faults as faults_of
from pipeline.document import Path
from pipeline.manifest import DitherModel, FormatModel, Manifest, Options, PaletteModel, RegionModel
from pipeline.recipe import (
    AUTO,
    AdjustChoice,
    CompressChoice,
    DitherChoice,
    PaletteChoice,
    Recipe,
    Region,
)
from pipeline.registry import PALETTE_FILES
from pipeline.report import Problem, Span, did_you_mean
from pipeline.target import Target

PALETTE_SUFFIXES = tuple(PALETTE_FILES)


class Level(NamedTuple):
    """One place where options can stand, the most specific last."""

    path: Path
    options: Options


class Resolved(NamedTuple):
    """A recipe with the place of each option that was given."""

    recipe: Recipe
    places: dict[str, Span]
    problems: tuple[Problem, ...]


def levels(manifest: Manifest, asset: str, target: Target) -> list[Level]:
    """Where options for an asset on a target stand: defaults first, `on` of the asset last."""
    model = manifest.model
    out = [Level(("defaults",), model.defaults), *_on(("defaults",), model.defaults.on, target)]
    entry = model.assets[asset]
    return [*out, Level(("assets", asset), entry), *_on(("assets", asset), entry.on, target)]


def _on(path: Path, table: dict[str, Options], target: Target) -> list[Level]:
    """Overrides for the target's family (`ssd1306`) before those for the target itself."""
    keys = sorted((key for key in table if names_target(key, target.name)), key=len)
    return [Level((*path, "on", key), table[key]) for key in keys]


def names_target(key: str, target: str) -> bool:
    """Whether a key under `on:` means this target: its name, or the part before a hyphen."""
    return key == target or target.startswith(f"{key}-")


def unused_palettes(manifest: Manifest, targets: list[Target]) -> list[Problem]:
    """A warning for each palette that no target takes which it is for: all have fixed inks."""
    return [
        Problem(
            f"{_all_named(named)} shows its own inks, so this palette does not apply",
            manifest.document.value_span((*level.path, "palette")),
            "remove it, or set `palette: target`",
            "warning",
        )
        for level, named in _every_level(manifest, targets)
        if level.options.palette not in (None, "target", "keep")
        if named and all(target.inks for target in named)
    ]


def _every_level(manifest: Manifest, targets: list[Target]) -> Iterator[tuple[Level, list[Target]]]:
    """All places where options stand, each with the targets that it is for."""
    model = manifest.model
    tables: list[tuple[Path, Options, dict[str, Options]]] = [
        (("defaults",), model.defaults, model.defaults.on)
    ]
    tables += [(("assets", name), asset, asset.on) for name, asset in model.assets.items()]
    for path, options, on in tables:
        yield Level(path, options), targets
        for key, some in on.items():
            named = [target for target in targets if names_target(key, target.name)]
            yield Level((*path, "on", key), some), named


def _all_named(targets: list[Target]) -> str:
    return f"'{targets[0].name}'" if len(targets) == 1 else "each of the targets"


def resolve(manifest: Manifest, asset: str, target: Target) -> Resolved:
    """All options of an asset for a target, with defaults filled in."""
    given: dict[str, Any] = {}
    paths: dict[str, Path] = {}
    for level in levels(manifest, asset, target):
        for name in Options.model_fields:
            value = getattr(level.options, name)
            if value is not None:
                given[name] = value
                paths[name] = (*level.path, name.replace("_", "-"))
    if _lost_its_kernel(given.get("dither"), manifest, paths):
        given["dither"] = DitherModel(method="none")
    if _is_faulty(given.get("palette"), manifest):
        del given["palette"]
    if "emit" in given:
        paths |= _items(manifest, paths["emit"], given["emit"])
    places = {name: manifest.document.value_span(path) for name, path in paths.items()}
    return _resolved(given, places, manifest, target)


def _lost_its_kernel(
    dither: DitherModel | None, manifest: Manifest, paths: dict[str, Path]
) -> bool:
    """Whether a dither has a kernel in the manifest that is faulty, which is told there."""
    if dither is None or dither.kernel is not None:
        return False
    return (*paths["dither"], "kernel") in manifest.document.values


def _is_faulty(palette: str | PaletteModel | None, manifest: Manifest) -> bool:
    """Whether a shared palette of that name is faulty as a whole, which is told where it stands."""
    if not isinstance(palette, str) or palette in manifest.model.palettes:
        return False
    return ("palettes", palette) in manifest.document.values


def _items(manifest: Manifest, path: Path, emit: list[str]) -> dict[str, Path]:
    """Where each emitter stands; the list itself when faulty names were taken out of it."""
    whole = (*path, len(emit)) not in manifest.document.values
    return {f"emit {name}": (*path, i) if whole else path for i, name in enumerate(emit)}


def _resolved(
    given: dict[str, Any], places: dict[str, Span], manifest: Manifest, target: Target
) -> Resolved:
    problems: list[Problem] = []
    size = given.pop("size", "none")
    if size == "screen" and target.size is None:
        words = f"the target '{target.name}' has no size of its own"
        problems.append(Problem(words, places["size"]))
    use, dither = given.pop("palette", None), given.pop("dither", None)
    form = given.pop("format", None)
    if isinstance(form, FormatModel):
        given["most_error"], form = form.auto, AUTO
    palette, faults = choose_palette(use, form, manifest.model.palettes, target)
    if faults:
        shared = palette.name and ("palettes", palette.name)
        span = manifest.document.key_span(shared) if shared else places["palette"]
        problems += [Problem(fault.message, span, fault.hint) for fault in faults]
    given.setdefault("background", target.background)
    given["emit"] = tuple(given.get("emit", ("c",)))
    if "adjust" in given:
        given["adjust"] = AdjustChoice(**given["adjust"].model_dump())
    if "compress" in given:
        given["compress"] = CompressChoice(**given["compress"].model_dump())
    given["regions"] = tuple(_region(model) for model in given.get("regions", ()))
    recipe = Recipe(
        size={"screen": target.size, "none": None}.get(size, size),
        palette=palette,
        dither=choose_dither(dither),
        format=choose_format(form, palette, target),
        **given,
    )
    problems += [
        Problem(fault.message, places.get(key) or places.get(key.partition(" ")[0]), fault.hint)
        for key, fault in faults_of(recipe, target)
    ]
    return Resolved(recipe, places, tuple(problems))


def choose_dither(model: DitherModel | None) -> DitherChoice:
    """The dither that `dither:` means."""
    if model is None:
        return DitherChoice()
    plain = model.model_dump(exclude={"kernel"})
    if model.kernel is None:
        return DitherChoice(**plain)
    rows = tuple(tuple(row) for row in model.kernel.rows)
    return DitherChoice(**plain, kernel=(model.kernel.divisor, rows))


def _region(model: RegionModel) -> Region:
    dither = choose_dither(model.dither) if model.dither else None
    return Region(model.box, model.mask or "", dither, model.weight)


def choose_palette(
    use: str | PaletteModel | None,
    form: str | None,
    shared: dict[str, PaletteModel],
    target: Target,
) -> tuple[PaletteChoice, list[Problem]]:
    """The palette that `palette:` means on a target.

    Panels with fixed inks always show their inks, so a palette that is learned or read
    from a file applies only to targets whose colors can be chosen.
    """
    if isinstance(use, PaletteModel):
        return _from_model(use, "", form, target)
    if use is None or use == "target":
        return _own(form, target), []
    if use == "keep":
        return PaletteChoice("keep", colors=target.max_colors), []
    if use in shared:
        return _from_model(shared[use], use, form, target)
    if use.lower().endswith(PALETTE_SUFFIXES):
        return _from_model(PaletteModel(file=use), "", form, target)
    return PaletteChoice("target"), [Problem(f"no palette named '{use}'", hint=_meant(use, shared))]


def _meant(use: str, shared: dict[str, PaletteModel]) -> str:
    if use.isdecimal():
        return f"to learn so many colors write `palette: {{colors: {use}}}`"
    if shared:
        return did_you_mean(use, [*shared, "target", "keep"])
    return "define it under `palettes:`, or use `target` or `keep`"


def _own(form: str | None, target: Target) -> PaletteChoice:
    if target.inks or target.whole:
        return PaletteChoice("target", colors=target.max_colors)
    return PaletteChoice("learn", colors=_room(form, target))


def _room(form: str | None, target: Target) -> int:
    """Most entries that a format can index on a target."""
    bits = int(form[1:]) if form and form[1:].isdigit() else 8
    if form in (None, "native", AUTO) and target.holds == "index":
        bits = min(bits, target.layout.bits)
    return min(1 << bits, target.max_colors)


def _from_model(
    model: PaletteModel, name: str, form: str | None, target: Target
) -> tuple[PaletteChoice, list[Problem]]:
    if target.inks:
        return PaletteChoice("target", colors=target.max_colors), []
    # A shared palette is the same for all its members, whatever their formats.
    room = _room(None if name else form, target)
    given = model.fixed if model.list is None else dict(enumerate(model.list))
    transparent = next((index for index, color in given.items() if color == "transparent"), None)
    fixed = tuple(
        (i, color) for i, color in sorted(model.fixed.items()) if not isinstance(color, str)
    )
    choice = PaletteChoice(
        kind="list" if model.list else "file" if model.file else "learn",
        name=name,
        colors=min(model.colors or room, target.max_colors),
        metric=model.metric,
        fixed=fixed,
        transparent=transparent,
        file=model.file or "",
        listed=tuple(_UNSEEN if isinstance(c, str) else c for c in model.list or ()),
        effort=model.effort,
        engine=model.engine,
        groups=model.groups or 0,
    )
    return choice, _palette_faults(model, choice)


def _palette_faults(model: PaletteModel, choice: PaletteChoice) -> list[Problem]:
    faults = []
    if [*model.fixed.values(), *(model.list or ())].count("transparent") > 1:
        faults.append(Problem("two entries are transparent", hint="keep one"))
    if model.list:
        return [*faults, *_list_faults(model, choice)]
    if model.file:
        if model.colors or choice.fixed:
            hint = "remove `colors` and the fixed colors"
            faults.append(Problem("a palette from a file has its own colors", hint=hint))
        return faults
    top = max(model.fixed, default=-1)
    if top >= choice.colors:
        hint = f"indices are 0 to {choice.colors - 1}"
        faults.append(
            Problem(f"the fixed entry {top} is outside the {choice.colors} colors", hint=hint)
        )
    return faults


_UNSEEN = (0, 0, 0)
"""The color of a transparent entry, which nothing shows."""


def _list_faults(model: PaletteModel, choice: PaletteChoice) -> list[Problem]:
    faults = []
    if model.file or model.colors or model.fixed or model.groups:
        hint = "remove `file`, `colors`, `fixed` and `groups`"
        faults.append(Problem("a palette with a `list` takes its colors from there", hint=hint))
    elif len(choice.listed) > choice.colors:
        words = f"the list has {len(choice.listed)} colors, and only {choice.colors} fit"
        faults.append(Problem(words, hint="remove some, or choose another `format`"))
    return faults


def choose_format(form: str | None, palette: PaletteChoice, target: Target) -> str:
    """What `format:` means on a target; without it, what suits the palette.

    Inks have no color words, so a panel of fixed inks gets its own layout whatever is asked.
    """
    if target.inks:
        return "native"
    if form is None:
        return "native" if target.holds == "index" or palette.kind == "target" else "indexed"
    return form
