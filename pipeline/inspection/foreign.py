"""Pictures in the formats of others: facts of what their reader gives."""

import numpy as np

from pipeline.inspection.pixels import hexed, summary
from pipeline.palette import Indexed


def about(indexed: Indexed) -> dict[str, str]:
    """Size, colors, and which occur."""
    palette = indexed.palette
    clear = {} if palette.transparent is None else {"transparent": str(palette.transparent)}
    return {
        "size": f"{indexed.width}x{indexed.height}",
        "colors": str(len(palette)),
        **clear,
        "pixels": summary(indexed.indices.astype(np.uint32), 8, "index", palette),
    }


def entry_words(color: bytes, alpha: int = 255) -> str:
    """A palette entry of three bytes red, green, blue."""
    return hexed(color) + (", transparent" if alpha == 0 else "")
