"""Light: how previews may look at a panel: in which lights, how closely, from how far."""

from collections.abc import Mapping
from types import MappingProxyType

MAX_SCALE = 64
"""Picture pixels on the shorter side of a panel's pixel, at most."""

MAX_MM = 10_000
"""From so far at most a panel is looked at."""

LIGHTS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {
        "day": (1000, 1000, 1000),
        "warm": (1000, 724, 563),
        "cool": (906, 940, 1000),
        "dark": (0, 0, 0),
    }
)
"""Light around the panel, linear red, green and blue in thousandths of daylight.

`warm` is incandescent (CIE illuminant A, x 0.44758, y 0.40745) and `cool` is CIE D75 (x 0.29903,
y 0.31488) in linear sRGB with the largest channel 1, each halfway to daylight: the eye adapts.
"""

_REFLECTING = ("e-paper", "reflective-lcd", "lcd")
_LIT_IN_THE_DARK = "lcd"


def shown_share(kind: str, light: str) -> tuple[int, int, int]:
    """How much of each channel a kind of panel shows in a light, in thousandths."""
    if kind not in _REFLECTING or (kind == _LIT_IN_THE_DARK and light == "dark"):
        return LIGHTS["day"]
    return LIGHTS[light]


def lights_of(kind: str) -> list[str]:
    """The lights in which a kind of panel looks each other than by day, and day."""
    day = LIGHTS["day"]
    return [name for name in LIGHTS if name == "day" or shown_share(kind, name) != day]
