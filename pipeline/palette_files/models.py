"""Color models of swatch files: gray, HSB and Lab to sRGB codes, in exact fractions."""

from fractions import Fraction

from pipeline.grid import LINEAR_MAX, RGB, linear_of

ONE = Fraction(1)

D50 = (Fraction(9642, 10000), ONE, Fraction(8249, 10000))
"""X, Y, Z of the white that Lab is relative to: ICC.1:2022, 7.2.16 (profile connection space)."""

# Bruce Lindbloom, "RGB/XYZ Matrices", sRGB adapted to D50 by Bradford, XYZ to RGB, in 1e-7.
_FROM_XYZ = (
    (31338561, -16168667, -4906146),
    (-9787684, 19161415, 334540),
    (719453, -2289914, 14052427),
)


def code(share: Fraction) -> int:
    """0..1 as 0..255, rounded to nearest, half upward."""
    return int(255 * share + Fraction(1, 2))


def gray(share: Fraction) -> RGB:
    """A gray of 0 (black) to 1 (white), taken as an sRGB code."""
    return code(share), code(share), code(share)


def hsb(hue: Fraction, saturation: Fraction, brightness: Fraction) -> RGB:
    """Hue in turns, saturation and brightness 0..1.

    Alvy Ray Smith, "Color gamut transform pairs", SIGGRAPH 1978 (its HSV).
    """
    sixth = hue % 1 * 6
    red, green, blue = (
        brightness
        * (1 - saturation * max(Fraction(0), min((n + sixth) % 6, 4 - (n + sixth) % 6, ONE)))
        for n in (5, 3, 1)
    )
    return code(red), code(green), code(blue)


def lab(lightness: Fraction, a: Fraction, b: Fraction) -> RGB:
    """CIE L*a*b* relative to D50 to the nearest sRGB color; what sRGB cannot show is clipped.

    The rows of the matrix are divided by what they give for white, so that a = b = 0 is gray.

    Args:
        lightness: 0..100.
        a: Green to red, about -128..127.
        b: Blue to yellow, about -128..127.
    """
    y = (lightness + 16) / 116
    ratios = [_cube(y + a / 500), _cube(y), _cube(y - b / 200)]
    red, green, blue = (_channel(row, ratios) for row in _FROM_XYZ)
    return red, green, blue


def _cube(root: Fraction) -> Fraction:
    """The inverse of Lab's f: ISO/CIE 11664-4."""
    low = Fraction(6, 29)
    return root**3 if root > low else 3 * low**2 * (root - Fraction(4, 29))


def _channel(row: tuple[int, int, int], ratios: list[Fraction]) -> int:
    """One sRGB code from X/Xn, Y/Yn and Z/Zn."""
    weights = [weight * white for weight, white in zip(row, D50, strict=True)]
    linear = sum(w * r for w, r in zip(weights, ratios, strict=True)) / sum(weights)
    level = max(Fraction(0), min(linear, ONE)) * LINEAR_MAX
    return min(range(256), key=lambda value: (abs(linear_of(value) - level), value))
