"""Conflicts: options of one asset that do not go together, or not with the target."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from pipeline.decoders import refusal
from pipeline.diffusion_kernel import kernel_of
from pipeline.grid import GRIDS
from pipeline.layout import MAX_INDEXED, MAX_LINES, TILED, size_unit, too_high
from pipeline.plan import outputs_for
from pipeline.recipe import DitherChoice, Recipe, layout_of
from pipeline.registry import CODECS
from pipeline.report import Problem, did_you_mean
from pipeline.target import Target

Conflict = tuple[str, Problem]
"""The option to blame, of `emit` also which, and what is wrong."""


def conflicts(recipe: Recipe, target: Target) -> list[Conflict]:
    """All that is wrong in a recipe for a target."""
    return [fault for check in _CHECKS for fault in check(recipe, target)]


def _dithers(recipe: Recipe, target: Target) -> Iterator[Conflict]:
    colors = _most_colors(recipe, target)
    for option, dither in _all_dithers(recipe):
        if recipe.palette.kind == "keep" and dither.method != "none":
            words = "`palette: keep` keeps the indices, so nothing is dithered"
            yield option, Problem(words, hint="remove `dither`, or set it to none")
        if dither.method == "threshold" and colors not in (None, 2):
            words = f"`threshold` needs a palette of two colors, and this one has {colors}"
            hint = "use none, or an error diffusion such as floyd-steinberg"
            yield option, Problem(words, hint=hint)
        yield from ((option, fault) for fault in _kernel(dither))


def _all_dithers(recipe: Recipe) -> Iterator[tuple[str, DitherChoice]]:
    yield "dither", recipe.dither
    for region in recipe.regions:
        if region.dither is not None:
            yield "regions", region.dither


def _kernel(dither: DitherChoice) -> Iterator[Problem]:
    if (dither.method == "custom") != (dither.kernel is not None):
        if dither.kernel is None:
            hint = "like `{method: custom, kernel: {divisor: 16, rows: [[7], [3, 5, 1]]}}`"
            yield Problem("`custom` needs a `kernel`", hint=hint)
        else:
            yield Problem("only `custom` takes a `kernel`", hint="write `method: custom`")
    elif dither.kernel is not None:
        try:
            kernel_of(*dither.kernel)
        except ValueError as error:
            yield Problem(str(error))


def _sizes(recipe: Recipe, target: Target) -> Iterator[Conflict]:
    colors = _most_colors(recipe, target)
    layout, holds = layout_of(recipe.format, colors or 1, target)
    if holds == "index" and colors is not None and colors > 1 << layout.bits:
        words = f"{colors} colors do not fit {layout.bits}-bit indices"
        hint = "use `format: native`, or a `palette` of fewer colors"
        yield "format", Problem(words, hint=hint)
    if recipe.size and too_high(layout.scan, recipe.size[1]):
        words = f"`{layout.scan}` numbers {MAX_LINES} rows, not {recipe.size[1]}"
        yield "size", Problem(words, hint=f"make it at most {MAX_LINES} high")
    unit = size_unit(layout.scan)
    if recipe.size and any(side % step for side, step in zip(recipe.size, unit, strict=True)):
        width, height = (
            -(-side // step) * step for side, step in zip(recipe.size, unit, strict=True)
        )
        made = "8x8 tiles" if layout.scan in TILED else "two equal halves"
        words = f"{recipe.size[0]}x{recipe.size[1]} is not made of {made}"
        yield "size", Problem(words, hint=f"set it to {width}x{height}")


_HOLD_PALETTE = {
    *("c", "c-header", "c-progmem", "c-aligned", "c-incbin", "c-embed", "bin", "bin-split"),
    *("lvgl", "lvgl-bin", "lvgl8", "lvgl8-bin", "lvgl8-swap-bin", "eve", "eve-bin", "eve-zlib"),
    *("xbm", "u8g2", "gfx", "tft-espi", "micropython", "rust", "ti-appvar", "bmp"),
}
_TWO_COLORS = {"xbm", "u8g2", "gfx"}


def _emitters(recipe: Recipe, target: Target) -> Iterator[Conflict]:
    colors = _most_colors(recipe, target)
    yield from (("emit", fault) for fault in _shared_files(recipe))
    if "template" in recipe.emit and not recipe.template:
        words = "`template` needs a file to fill in"
        yield "emit", Problem(words, hint="name it, like `template: panel.inc`")
    for emitter in sorted({"bmp", "palette-png", "ti-appvar"} & set(recipe.emit)):
        if (colors or 0) <= MAX_INDEXED:
            continue
        words = f"`{emitter}` cannot show {colors} colors"
        yield f"emit {emitter}", Problem(words, hint="remove it, or choose a `palette`")
    for emitter in sorted(_TWO_COLORS & set(recipe.emit)):
        if (colors or 0) > 2:
            words = f"`{emitter}` holds two colors, and this palette has {colors}"
            hint = "remove it, or choose a `palette` of 2 colors"
            yield f"emit {emitter}", Problem(words, hint=hint)
    _, holds = layout_of(recipe.format, colors or 1, target)
    if "raw" in recipe.emit and holds == "index" and not _HOLD_PALETTE & set(recipe.emit):
        words = "`raw` holds indices without their palette"
        yield "emit raw", Problem(words, hint="add `c` or `bin-split`, which hold the palette")


def _shared_files(recipe: Recipe) -> list[Problem]:
    """Emitters that would write the same file."""
    first: dict[str, str] = {}
    faults, emit = [], recipe.emit
    for emitter in emit:
        for name in outputs_for(recipe._replace(emit=(emitter,)), "NAME", ""):
            other = first.setdefault(name, emitter)
            if other != emitter or emit.count(emitter) > 1:
                words = f"`{other}` and `{emitter}` both write {name}"
                if other == emitter:
                    words = f"`{emitter}` is named twice"
                faults.append(Problem(words, hint="keep one of them"))
    return faults


STREAMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("c", "c-header", "c-progmem", "c-aligned", "c-incbin", "c-embed", "bin", "bin-split"),
            tuple(CODECS),
        ),
        **dict.fromkeys(("lvgl", "lvgl-bin", "lvgl-alpha", "lvgl-alpha-bin"), ("rle", "lz4")),
    }
)
"""Emitters whose files can hold compressed pixels, and the codecs that they know."""


def _compress(recipe: Recipe, target: Target) -> Iterator[Conflict]:
    codec = recipe.compress.codec
    known = {name for emitter in recipe.emit for name in STREAMS.get(emitter, ())}
    if codec in known:
        yield from (("compress", fault) for fault in _decoder(recipe, target))
    if codec == "none" or codec in known or (codec == "smallest" and known):
        return
    emitters = ", ".join(f"`{emitter}`" for emitter in recipe.emit)
    what = "compressed pixels" if codec == "smallest" or not known else f"pixels of `{codec}`"
    words = f"{emitters} cannot hold {what}"
    hint = "set `compress: none` where nothing else is emitted, or add `c` or `bin`, which can"
    yield "compress", Problem(words, hint=hint)


def _decoder(recipe: Recipe, target: Target) -> Iterator[Problem]:
    """What a codec cannot do in a layout, if that is known before the picture is."""
    listed = recipe.palette.kind == "list"
    layout, _ = layout_of(recipe.format, len(recipe.palette.listed) if listed else 1, target)
    found = refusal(*recipe.compress, layout, recipe.size)
    if found is not None:
        yield Problem(found.words, hint=found.hint)


def _inks(recipe: Recipe, target: Target) -> Iterator[Conflict]:
    names = [ink.name for ink in target.inks]
    for _, ink in recipe.map:
        if not isinstance(ink, str) or ink in names:
            continue
        words = f"the target has no ink '{ink}'"
        hint = did_you_mean(ink, names) if names else "name a color, or set it under `on:`"
        yield "map", Problem(words, hint=hint)
    sets = [measured.name for measured in target.measured]
    if recipe.seen and sets and recipe.seen not in sets:
        words = f"the target has no measured set '{recipe.seen}'"
        yield "seen", Problem(words, hint=did_you_mean(recipe.seen, sets))


def _regions(recipe: Recipe, target: Target) -> Iterator[Conflict]:
    del target
    for region in recipe.regions:
        if (region.box is None) == (region.mask == ""):
            hint = "give it a `box` or a `mask`, and not both"
            yield "regions", Problem("a region is a box or a mask", hint=hint)
        if region.box is not None and recipe.size is not None:
            left, top, width, height = region.box
            if left + width > recipe.size[0] or top + height > recipe.size[1]:
                words = f"{width}x{height}+{left}+{top} is not within the picture"
                hint = f"the picture is {recipe.size[0]}x{recipe.size[1]}"
                yield "regions", Problem(words, hint=hint)


_CHECKS = (_dithers, _sizes, _emitters, _compress, _inks, _regions)


def _most_colors(recipe: Recipe, target: Target) -> int | None:
    """Drawn colors of the palette, or None when only the build can tell."""
    palette = recipe.palette
    if palette.kind == "target":
        return len(target.inks) or GRIDS[target.grid].size
    if palette.kind == "list":
        return len(palette.listed) - (palette.transparent is not None)
    if palette.kind == "learn":
        return palette.colors - (palette.transparent is not None)
    return None
