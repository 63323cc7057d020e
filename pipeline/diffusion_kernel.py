"""Kernel: where error diffusion passes error, as a manifest may set it."""

from collections.abc import Sequence
from typing import NamedTuple

MAX_DIVISOR = 65536
"""With it a sum of weighted errors stays far below 2^63."""


class Kernel(NamedTuple):
    """Where error diffusion passes error; `kernel_of` makes one that is sure to be sound.

    Attributes:
        divisor: What one whole error is, 1..65536.
        ahead: Weights of up to three pixels that follow in scan direction.
        below: For each of up to three following rows its weights: 1, 3, 5 or 7, of which the
            middle one belongs to the pixel's own column.
    """

    divisor: int
    ahead: tuple[int, ...]
    below: tuple[tuple[int, ...], ...]


def kernel_of(divisor: int, rows: Sequence[Sequence[int]]) -> Kernel:
    """A kernel as a manifest writes it.

    Args:
        divisor: What one whole error is, 1..65536.
        rows: First the weights of the pixels ahead, then those of each row below, centered
            below the pixel: Floyd-Steinberg is 16 and [[7], [3, 5, 1]].

    Raises:
        ValueError: It would not work; the message says why.
    """
    if not rows:
        raise ValueError("a kernel needs rows: first the weights ahead, then those of rows below")
    return checked(Kernel(divisor, tuple(rows[0]), tuple(tuple(row) for row in rows[1:])))


def checked(kernel: Kernel) -> Kernel:
    """The same kernel, or ValueError: its message names what is wrong."""
    if not 1 <= kernel.divisor <= MAX_DIVISOR:
        raise ValueError(f"a kernel's divisor is 1 to {MAX_DIVISOR}, not {kernel.divisor}")
    if len(kernel.ahead) > 3:
        raise ValueError(f"a kernel has at most 3 weights ahead, not {len(kernel.ahead)}")
    if len(kernel.below) > 3:
        raise ValueError(f"a kernel has at most 3 rows below, not {len(kernel.below)}")
    for row in kernel.below:
        if len(row) not in {1, 3, 5, 7}:
            raise ValueError(f"a row below has 1, 3, 5 or 7 weights, not {len(row)}")
    weights = [*kernel.ahead, *(weight for row in kernel.below for weight in row)]
    if min(weights, default=0) < 0:
        raise ValueError(f"a kernel's weights are not negative, and one is {min(weights)}")
    if not any(weights):
        raise ValueError("a kernel needs a weight above 0: otherwise no error is passed on")
    if sum(weights) > kernel.divisor:
        words = "passes on more error than there is"
        raise ValueError(f"the weights sum to {sum(weights)}: over {kernel.divisor}, it {words}")
    return kernel
