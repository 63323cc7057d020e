"""Kernels: the loops that numpy cannot express, in C where a compiler was found.

Each has a plain Python reference that gives the same values; whoever uses one asks `load` and
falls back on the reference.
"""

import os
from importlib import import_module
from typing import Any, Protocol

VERSION = 1
"""Raised with `VERSION` in module.c when a kernel changes: a stale extension is not used."""

SWITCH = "BITPLANE_NATIVE"
"""Set to 0, this variable keeps the extension out; for tests and for finding faults."""


class Native(Protocol):
    """The compiled kernels; arrays are C-contiguous, those named `out` are written to.

    All raise ValueError when sizes disagree.
    """

    def nearest(self, points: Any, centers: Any, out: Any) -> None:
        """Each point's nearest center, the first of equally near ones.

        Args:
            points: int64 (n, 3), within -2^24..2^24.
            centers: int64 (k, 3), within -2^24..2^24, at least one.
            out: int64 (n,), gets the places.
        """


def load() -> Native | None:
    """The compiled kernels, or None where there are none."""
    if os.environ.get(SWITCH) == "0":
        return None
    try:
        found: Native = import_module("pipeline.kernels._native")
    except ImportError:
        return None
    return found if getattr(found, "VERSION", 0) == VERSION else None
