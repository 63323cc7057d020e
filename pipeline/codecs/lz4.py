"""LZ4 blocks, as lz4_Block_format.md of the LZ4 project describes them, of the fewest bytes.

A sequence is a token (high half: literals, low half: length of the match less 4), the rest of the
first number in bytes of up to 255, literals, the distance (2 bytes, low one first), the rest of the
second number. The last sequence ends with its literals. The last five bytes are literals, and no
match begins in the last twelve.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.codecs import Codec, Parameters
from pipeline.codecs.matches import Matches, find
from pipeline.decoders import DECODERS

_SHORTEST, _TAIL, _LAST_START = 4, 5, 12
_FEW, _MORE = 15, 255
_LONGEST = 65535
"""How far matches are looked for; where they go on they are followed to their end."""

_DEAR = 1 << 40


class Sequences(NamedTuple):
    """The cheapest way from every place on.

    Attributes:
        runs: uint32 (n + 1,): literals of the sequence that begins here.
        lengths: uint32 (n + 1,): of the match that begins here.
    """

    runs: NDArray[np.uint32]
    lengths: NDArray[np.uint32]


def compress(data: bytes, parameters: Parameters) -> bytes:
    """The block of the fewest bytes whose matches lie within the window."""
    if not data:
        return b"\x00"
    text = np.frombuffer(data, np.uint8)
    found = find(text, parameters.window, _LONGEST, 1)
    return b"".join(_written(data, _parsed(text, found), found))


def _parsed(text: NDArray[np.uint8], found: Matches) -> Sequences:
    native = kernels.load()
    if native is None:
        return parse_plain(text, found)
    room = len(text) + 1
    out = Sequences(np.empty(room, np.uint32), np.empty(room, np.uint32))
    scratch = np.empty(6 * room, np.uint32)
    native.parse_lz4(text, _LONGEST, *found, scratch, *out)
    return out


def _written(data: bytes, best: Sequences, found: Matches) -> Iterator[bytes]:
    place = 0
    while True:
        run = int(best.runs[place])
        start = place + run
        length = int(best.lengths[start]) if start < len(data) else 0
        more = length - _SHORTEST if length else 0
        yield bytes([min(run, _FEW) << 4 | min(more, _FEW)]) + _rest(run) + data[place:start]
        if not length:
            return
        yield int(found.distances[start, 0]).to_bytes(2, "little") + _rest(more)
        place = start + length


def _rest(number: int) -> bytes:
    if number < _FEW:
        return b""
    count, last = divmod(number - _FEW, _MORE)
    return b"\xff" * count + bytes([last])


def parse_plain(text: NDArray[np.uint8], found: Matches) -> Sequences:
    """The cheapest sequences in bytes; of equals those of fewer literals, then shorter matches."""
    size = len(text)
    out = Sequences(np.zeros(size + 1, np.uint32), np.zeros(size + 1, np.uint32))
    wholes = _wholes(text, found)
    rests, matches, fars = (np.full(size + 1, _DEAR, np.int64) for _ in range(3))
    far_runs, windows = np.zeros(size + 1, np.int64), np.zeros(size + 1, np.int64)
    for place in range(size, -1, -1):
        matches[place], out.lengths[place] = _match(place, size, wholes, rests, windows)
        fars[place], far_runs[place] = _literals(place, _MORE, matches, fars, far_runs)
        best, out.runs[place] = _literals(place, _FEW, matches, fars, far_runs)
        rests[place] = best + 1
        windows[place] = place + rests[place : place + _MORE].argmin()
    return out


def _wholes(text: NDArray[np.uint8], found: Matches) -> list[int]:
    """How long the match at each place is, also where it is longer than `find` looked."""
    wholes: list[int] = found.lengths[:, 0].tolist()
    distances = found.distances[:, 0].tolist()
    for place in range(len(text) - 1, -1, -1):
        if wholes[place] < _LONGEST:
            continue
        distance = distances[place]
        if found.lengths[place + 1, 0] == _LONGEST and distances[place + 1] == distance:
            wholes[place] = wholes[place + 1] + 1
        else:
            apart = np.flatnonzero(text[place:] != text[place - distance : len(text) - distance])
            wholes[place] = int(apart[0]) if apart.size else len(text) - place
    return wholes


def _match(
    place: int,
    size: int,
    wholes: list[int],
    rests: NDArray[np.int64],
    windows: NDArray[np.int64],
) -> tuple[int, int]:
    """Cost and length of the cheapest match at a place."""
    if place == size:
        return 0, 0
    most = min(wholes[place], size - _TAIL - place)
    if place + _LAST_START > size or most < _SHORTEST:
        return _DEAR, 0
    lengths = np.arange(_SHORTEST, most + 1)
    if most >= _SHORTEST + _FEW + _MORE:
        # where a length needs as many bytes, the one with the cheapest rest is enough
        steps = np.arange(_SHORTEST + _FEW, most + 2 - _MORE, _MORE)
        last = np.arange(steps[-1] + _MORE, most + 1)
        middle = windows[place + steps] - place
        lengths = np.concatenate([lengths[:_FEW], middle, last])
    beyond = lengths - (_SHORTEST + _FEW)
    cost = rests[place + lengths] + 2 + np.where(beyond < 0, 0, 1 + beyond // _MORE)
    least = int(cost.argmin())
    return int(cost[least]), int(lengths[least])


def _literals(
    place: int,
    count: int,
    matches: NDArray[np.int64],
    fars: NDArray[np.int64],
    far_runs: NDArray[np.int64],
) -> tuple[int, int]:
    """Cost of the cheapest rest from a place on, without its token, and its number of literals."""
    near = matches[place : place + count]
    cost = near + np.arange(len(near))
    run = int(cost.argmin())
    best = int(cost[run])
    if place + count < len(fars) and fars[place + count] + count + 1 < best:
        return int(fars[place + count]) + count + 1, int(far_runs[place + count]) + count
    return best, run


def decompress(stream: bytes, size: int, parameters: Parameters) -> bytes:
    """The data."""
    out, place = bytearray(), 0
    while True:
        token = _taken(stream, place, 1)[0]
        run, place = _number(stream, place + 1, token >> 4)
        out += _taken(stream, place, run)
        place += run
        if place == len(stream):
            break
        distance = int.from_bytes(_taken(stream, place, 2), "little")
        length, place = _number(stream, place + 2, token & _FEW)
        _repeat(out, distance, length + _SHORTEST, parameters.window, size)
    if len(out) != size:
        raise ValueError("the LZ4 block does not give the size of its picture")
    return bytes(out)


def _taken(stream: bytes, place: int, count: int) -> bytes:
    part = stream[place : place + count]
    if len(part) < count:
        raise ValueError("the LZ4 block is cut short")
    return part


def _number(stream: bytes, place: int, start: int) -> tuple[int, int]:
    """A number whose first four bits are known, and the place behind it."""
    total = start
    while start == _FEW:
        byte = _taken(stream, place, 1)[0]
        total, place = total + byte, place + 1
        if byte < _MORE:
            break
    return total, place


def _repeat(out: bytearray, distance: int, length: int, window: int, size: int) -> None:
    if not 1 <= distance <= min(window, len(out)) or len(out) + length > size:
        raise ValueError("the LZ4 block is damaged")
    start = len(out) - distance
    part = out[start:]
    out += (part * (length // distance + 1))[:length]


CODEC = Codec(compress, decompress, DECODERS["lz4"])
