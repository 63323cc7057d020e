"""Light: the lights in which previews show a panel."""

from collections.abc import Mapping
from types import MappingProxyType

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
