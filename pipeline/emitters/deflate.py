"""Deflate: a zlib stream that is the same on every machine.

zlib promises that its stream can be undone, not its bytes: they differ between zlib, its
versions and zlib-ng. This encoder knows runs and the fixed Huffman code only; it is for
pictures, where that takes most of the air out, and its output is a function of its input.
Formats: RFC 1950 (zlib) and RFC 1951 (deflate).
"""

import zlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

LONGEST_RUN = 258
SHORTEST_RUN = 3
MAX_RATIO = 160
"""The longest run takes 13 bits: no stream of ours becomes more than 159 times as long."""

_BLOCK = 1 << 16
_LONGEST_CODE = 18
_END_OF_BLOCK = 256

Ints = NDArray[np.int32]


def compress(data: bytes, step: int) -> bytes:
    """A zlib stream of `data`.

    Args:
        data: Any bytes.
        step: Bytes of a pixel, 1 to 4: a run is a stretch that equals itself so far back.

    Returns:
        What any zlib decompressor turns back into `data`.
    """
    blocks = (data[start : start + _BLOCK] for start in range(0, len(data), _BLOCK))
    body = b"".join(_block(np.frombuffer(block, np.uint8), step) for block in blocks)
    end = b"\x01\x00\x00\xff\xff"  # a last block, stored and empty
    return b"\x78\x01" + body + end + zlib.adler32(data).to_bytes(4, "big")


def _block(data: NDArray[np.uint8], step: int) -> bytes:
    """One block in the fixed code, filled up to a byte by an empty stored block."""
    run = _runs(data, step)
    drawn = run >= 0
    codes, lengths = _tables(step)
    symbols = np.where(run > 0, run + _END_OF_BLOCK, data)[drawn]
    bits = _bits(codes[symbols], lengths[symbols])
    start = np.array([0, 1, 0], np.uint8)  # not the last block; fixed code, low bit first
    stop = np.zeros(7 + 3, np.uint8)  # code of the block's end; then not last, stored
    return np.packbits(np.concatenate([start, bits, stop]), bitorder="little").tobytes() + (
        b"\x00\x00\xff\xff"
    )


def _runs(data: NDArray[np.uint8], step: int) -> Ints:
    """For each byte: 0 where it is written, n where a run of n starts, -1 inside a run."""
    place = np.arange(len(data), dtype=np.int32)
    same = np.zeros(len(data), bool)
    same[step:] = data[step:] == data[:-step]
    first = np.maximum.accumulate(np.where(same, 0, place + 1))
    end = np.minimum.accumulate(np.where(same, len(data), place)[::-1])[::-1]
    inside = (place - first) % LONGEST_RUN
    length = np.minimum(LONGEST_RUN, end - (place - inside))
    run = np.where(inside == 0, length, -1)
    return np.where(same & (length >= SHORTEST_RUN), run, 0).astype(np.int32)


def _bits(codes: Ints, lengths: Ints) -> NDArray[np.uint8]:
    """The codes one after another, low bit first, one array element a bit."""
    ends = np.cumsum(lengths)
    out = np.zeros(int(ends[-1]), np.uint8)
    for bit in range(_LONGEST_CODE):
        have = lengths > bit
        out[(ends - lengths)[have] + bit] = codes[have] >> bit & 1
    return out


@cache
def _tables(step: int) -> tuple[Ints, Ints]:
    """Codes, low bit first, and their lengths: literals 0..255, then 256 + n for a run of n."""
    pairs = [_literal(value) for value in range(_END_OF_BLOCK + 1)]
    pairs += [_run_code(length, step) for length in range(1, LONGEST_RUN + 1)]
    codes, lengths = np.array(pairs, np.int32).T
    return codes, lengths


def _reversed(code: int, length: int) -> int:
    return int(f"{code:0{length}b}"[::-1], 2)


def _literal(symbol: int) -> tuple[int, int]:
    """The fixed code of a symbol, RFC 1951 section 3.2.6."""
    if symbol < 144:
        return _reversed(0x30 + symbol, 8), 8
    if symbol < 256:
        return _reversed(0x190 + symbol - 144, 9), 9
    if symbol < 280:
        return _reversed(symbol - 256, 7), 7
    return _reversed(0xC0 + symbol - 280, 8), 8


def _run_code(length: int, step: int) -> tuple[int, int]:
    """Length symbol, extra bits and distance symbol, RFC 1951 section 3.2.5."""
    if length == LONGEST_RUN:
        symbol, extra, rest = 285, 0, 0
    else:
        extra = max(0, (length - SHORTEST_RUN).bit_length() - 3)
        rest = length - SHORTEST_RUN & (1 << extra) - 1
        symbol = 257 + 4 * extra + (length - SHORTEST_RUN >> extra)
    code, bits = _literal(symbol)
    distance = _reversed(step - 1, 5)  # distances 1 to 4 have no extra bits
    return code | rest << bits | distance << bits + extra, bits + extra + 5
