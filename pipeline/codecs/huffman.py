"""Huffman codes with a longest length, as deflate has them (RFC 1951, section 3.2.2)."""

from collections.abc import Sequence
from heapq import heapify, heappop, heapreplace

import numpy as np
from numpy.typing import NDArray

Tree = tuple[int, tuple[int, ...]]
"""How often the symbols below occur, and the symbols."""


def code_lengths(counts: Sequence[int], most: int) -> list[int]:
    """Bits of each symbol's code, so that the whole takes the fewest.

    Args:
        counts: How often each symbol occurs, two symbols at least.
        most: The longest code.

    Returns:
        0 for symbols that do not occur; two have a code in any case, since a code of one is not
        understood by every decoder.
    """
    used = [symbol for symbol, count in enumerate(counts) if count]
    used += [symbol for symbol, count in enumerate(counts) if not count][: max(0, 2 - len(used))]
    leaves = sorted((max(counts[symbol], 1), symbol) for symbol in used)
    lengths = _free_lengths(leaves, len(counts))
    return lengths if max(lengths) <= most else _limited_lengths(leaves, len(counts), most)


def _free_lengths(leaves: list[tuple[int, int]], size: int) -> list[int]:
    """Huffman's own: the two rarest become one, until one is left."""
    heap = [(count, place) for place, (count, _) in enumerate(leaves)]
    parents = [0] * (2 * len(leaves) - 1)
    heapify(heap)
    for node in range(len(leaves), len(parents)):
        count, first = heappop(heap)
        parents[first] = parents[heap[0][1]] = node
        heapreplace(heap, (count + heap[0][0], node))
    depths = [0] * len(parents)
    for node in range(len(parents) - 2, -1, -1):
        depths[node] = depths[parents[node]] + 1
    lengths = [0] * size
    for place, (_, symbol) in enumerate(leaves):
        lengths[symbol] = depths[place]
    return lengths


def _limited_lengths(leaves: list[tuple[int, int]], size: int, most: int) -> list[int]:
    """Package-merge (Larmore and Hirschberg, 1990)."""
    row: list[Tree] = []
    singles: list[Tree] = [(count, (symbol,)) for count, symbol in leaves]
    for _ in range(most):
        pairs = zip(row[::2], row[1::2], strict=False)
        row = sorted([*singles, *((a[0] + b[0], a[1] + b[1]) for a, b in pairs)])
    lengths = [0] * size
    for _, symbols in row[: 2 * len(leaves) - 2]:
        for symbol in symbols:
            lengths[symbol] += 1
    return lengths


def codes(lengths: Sequence[int]) -> NDArray[np.uint32]:
    """uint32 (n,): each symbol's code as it stands in a stream whose low bits come first."""
    out = np.zeros(len(lengths), np.uint32)
    code = 0
    for length in range(1, max(lengths) + 1):
        for symbol, own in enumerate(lengths):
            if own == length:
                out[symbol] = int(f"{code:0{length}b}"[::-1], 2)
                code += 1
        code <<= 1
    return out
