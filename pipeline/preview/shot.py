"""Shot: one asset as a preview shows it, pictures and figures. Runs inside workers."""

import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import decode, drawing, files, fit, formats, keys, metrics, panel
from pipeline.canvas import recolored
from pipeline.emitters.describe import flash_bytes
from pipeline.formats import index
from pipeline.layout import MAX_INDEXED
from pipeline.palette import Indexed
from pipeline.plan import Job
from pipeline.prepare import Prepared, prepare
from pipeline.preview import raster
from pipeline.report import Failure, Problem
from pipeline.target import Target

_HOLD_ALL = (".c", ".h", ".bin")
"""Endings of files that hold a picture with all readings of its palette."""

_SPREAD = 0x9E3779
"""An odd number: its multiples are as many different colors as there are indices."""


class Shot(NamedTuple):
    """What a worker gives back.

    Attributes:
        facts: Figures and palette as plain values, and the digests of the pictures by kind.
        pictures: PNG files by digest.
        problems: What went wrong; then there is no more.
    """

    facts: dict[str, Any] | None = None
    pictures: dict[str, bytes] | None = None
    problems: tuple[Problem, ...] = ()


def take(job: Job) -> Shot:
    """An asset that is built: what its files hold beside its source."""
    return _taken(job, afar=True)


def glance(job: Job) -> Shot:
    """The same at once, without the error from afar, which takes as long as all the rest."""
    return _taken(job, afar=False)


def _taken(job: Job, *, afar: bool) -> Shot:
    try:
        prepared = prepare(job.rule, job.folder)
        indexed = emitted(job)
        if indexed is None:
            indexed = index(job, prepared)[0]
        return develop(job, indexed, prepared, afar=afar)
    except Failure as failure:
        return Shot(problems=failure.problems)


def emitted(job: Job) -> Indexed | None:
    """The picture that the asset's files hold; None when none of them holds all of it."""
    for name in job.rule.outputs:
        if name.endswith(_HOLD_ALL):
            with suppress(ValueError, Failure):
                return decoded(Path(job.folder), name)
    return None


def decoded(folder: Path, name: str) -> Indexed:
    """The picture in a file that a build wrote.

    Raises:
        ValueError: It is damaged or not ours.
        Failure: It cannot be read.
    """
    contents = {name: files.read(folder / name, name)}
    other = decode.companion(name)
    if other is not None and (folder / other).is_file():
        contents[other] = files.read(folder / other, other)
    return decode.decode(contents, name)


def develop(job: Job, indexed: Indexed, prepared: Prepared, *, afar: bool) -> Shot:
    """Pictures and figures of one asset.

    Args:
        job: The asset.
        indexed: What it became.
        prepared: What it was made from.
        afar: Also the error at a distance.
    """
    before = original(job, prepared)
    if before.shape[:2] != indexed.indices.shape:  # `keep` of a source that has another size
        before = indexed.seen
    views = {
        "seen": panel.look(indexed, job.target),
        "index": index_view(indexed),
        "before": before,
    }
    kinds = {kind: raster.encode(view) for kind, view in views.items()}
    names = {kind: keys.content(data)[:32] for kind, data in kinds.items()}
    facts = {
        **figures(job, indexed),
        "afar": round(metrics.blurred_ciede2000(before, indexed.seen), 2) if afar else None,
        "palette": palette_rows(indexed, job.target),
        "pictures": names,
    }
    return Shot(facts, {names[kind]: data for kind, data in kinds.items()})


def original(job: Job, prepared: Prepared) -> NDArray[np.uint8]:
    """uint8 (h, w, 3): the source in its final size, over the background."""
    recipe = job.rule.recipe
    return fit.flatten(recolored(prepared.image, recipe), recipe.background).srgb


def figures(job: Job, indexed: Indexed) -> dict[str, Any]:
    """What an asset costs."""
    packed = drawing.packed(job, indexed, formats.settled(job, indexed))
    return {
        "size": [indexed.width, indexed.height],
        "bytes": flash_bytes(packed),
        "pixel_bytes": len(packed.data),
        "stored": [packed.codec, len(packed.stored)],
        "deflated": len(zlib.compress(packed.data)),
        "layout": packed.layout.describe(),
        "entries": len(indexed.palette),
        "used": len(np.unique(indexed.indices)),
        "transparent": indexed.palette.transparent,
    }


def index_view(indexed: Indexed) -> NDArray[np.uint8]:
    """uint8 (h, w, 3): one color for each index, whatever the panel shows there."""
    return index_colors(len(indexed.palette))[indexed.indices]


def index_colors(count: int) -> NDArray[np.uint8]:
    """uint8 (count, 3): colors that all differ; neighbors differ much."""
    words = (np.arange(count, dtype=np.uint32) * np.uint32(_SPREAD) + np.uint32(0x30_60_C0)) % (
        np.uint32(1 << 24)
    )
    return np.stack([words >> 16, words >> 8 & 255, words & 255], -1).astype(np.uint8)


def palette_rows(indexed: Indexed, target: Target) -> list[list[Any]]:
    """Index, nominal, seen, code, pixels, color in the index view, and name of each entry.

    Of more than 256 entries those that most pixels have.
    """
    palette = indexed.palette
    counts = np.bincount(indexed.indices.ravel(), minlength=len(palette))
    chosen = np.arange(len(palette))
    if len(palette) > MAX_INDEXED:
        chosen = np.argsort(-counts, kind="stable")[:MAX_INDEXED]
        chosen = np.sort(chosen[counts[chosen] > 0])
    plain = index_colors(len(palette))
    names = [ink.name for ink in target.inks] if len(target.inks) == len(palette) else []
    return [
        [
            int(i),
            _hex(palette.nominal[i]),
            _hex(palette.seen[i]),
            int(palette.codes[i]),
            int(counts[i]),
            _hex(plain[i]),
            names[i] if names else "",
        ]
        for i in chosen
    ]


def _hex(color: NDArray[np.uint8]) -> str:
    return "#" + color.tobytes().hex()
