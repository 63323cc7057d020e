"""Numbers: the constants that firmware calls assets of a bundle by."""

from pipeline.bundles import Bundle
from pipeline.emitters import ctext


def enum(bundle: Bundle) -> str:
    """An enum with the number of each asset; several headers of a bundle may have it."""
    upper = bundle.symbol.upper()
    guard = f"BITPLANE_{upper}_NUMBERS"
    numbers = [f"  {constant(bundle, place)} = {place}," for place in range(len(bundle.objects))]
    count = f"  {upper}_COUNT = {len(bundle.objects)}"
    lines = [f"enum {bundle.symbol}_number {{", *numbers, count, "};"]
    return "\n".join([f"#ifndef {guard}", f"#define {guard}", *lines, "#endif"])


def constant(bundle: Bundle, place: int) -> str:
    """The name of an asset's number in C."""
    return f"{bundle.symbol}_{bundle.objects[place].symbol}".upper()


def header(bundle: Bundle, form: str, sentences: list[str], parts: list[str]) -> bytes:
    """A header file: what it is, include guard, the numbers, and what else it has."""
    # Guards of assets' headers end in _H, so none of them is this one.
    guard = f"BITPLANE_{bundle.symbol}_{form}_INCLUDED".upper()
    head = [ctext.comment([*sentences, ctext.NOTICE]), f"#ifndef {guard}\n#define {guard}"]
    return ctext.text([*head, enum(bundle), *parts, "#endif"])
