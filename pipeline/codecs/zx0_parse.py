"""The shortest ZX0 stream for some data: which bytes to copy from where.

A stream is blocks: literals, then a match, in turn; a match may also follow a match. The costs in
bits are those of the format (`zx0`). For every count of bytes coded so far and every offset, two
costs are followed: that of the cheapest blocks that end with a match at that offset, and with
literals after one, since a match at the offset of the last one is cheap then. What they came from
is kept as nodes, each some literals and the match after them.

A few cuts keep this quick: literals are followed from one match at each offset, matches longer than
`EXACT` end at their end or at powers of two, what is dearer by `SLACK` bits than a match at a new
offset is dropped, and nodes are limited, which noise notices by some bits in ten thousand. Short
texts come out shortest of all ways (a test tries these).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import kernels

EXACT = 256
SLACK = 18
NEVER = 1 << 30
MOST = 1 << 26
"""More bytes are not parsed; their costs might not fit."""

NONE, OWN = -1, -2
"""In place of a node: it is not written yet; it is the one that literals of this offset follow."""

_SPARE = 8
"""Nodes for each byte, beside the one of the cheapest blocks that end there."""

Ints = NDArray[np.int32]


class Match(NamedTuple):
    """Literals, then a match, which has length 0 at the end."""

    literals: int
    offset: int
    length: int


class Work(NamedTuple):
    """What the search works on.

    Attributes:
        data: uint8 (n,), n at least 1.
        bits: uint8 (m,), bits of a number in Elias' gamma code, of more numbers than are needed.
        costs: int32 (n + 1,), bits of the cheapest blocks for so many bytes.
        nodes: int32 (n + 1 + spare, 4): the node before; where its literals end and where its match
            ends; and the offset of that. Of the first n + 1, one ends at each byte; offset 0 says
            that literals follow up to there.
        reach: int32 (9, window + 1), for each offset, of the bytes up to here: how many match; what
            literals may follow (its node or `NONE`, its bits, where it ends, the node before and
            where the literals of that end); the cheapest blocks that end with a match (bits, the
            node before or `OWN`, and where its literals end).
    """

    data: NDArray[np.uint8]
    bits: NDArray[np.uint8]
    costs: Ints
    nodes: Ints
    reach: Ints


class _Reach(NamedTuple):
    """The rows of `Work.reach`, for the offsets that there are so far, and bits of these."""

    run: Ints
    node: Ints
    paid: Ints
    end: Ints
    node_before: Ints
    node_start: Ints
    cost: Ints
    before: Ints
    start: Ints
    new: Ints


def parse(data: bytes, window: int) -> list[Match]:
    """The blocks of a short stream for some bytes, at least one.

    Raises:
        ValueError: There are more than `MOST` bytes.
    """
    if len(data) > MOST:
        raise ValueError(f"`zx0` takes at most {MOST} bytes")
    work = _work(data, min(window, max(1, len(data) - 1)))
    native = kernels.load()
    if native is not None:
        native.parse_zx0(*work)
    else:
        search(work)
    return _back(work.nodes, len(data))


def _work(data: bytes, window: int) -> Work:
    n = len(data)
    reach = np.zeros((9, window + 1), np.int32)
    nodes = np.zeros((n + 1 + _SPARE * n, 4), np.int32)
    costs = np.full(n + 1, -1, np.int32)  # the first block has no bit that says what it is
    reach[2] = reach[6] = NEVER
    reach[2, 1] = -1
    nodes[0] = -1, 0, 0, 1
    bits = gamma_bits(max(n, window // 128 + 1) + 1)
    return Work(np.frombuffer(data, np.uint8), bits, costs, nodes, reach)


def gamma_bits(count: int) -> NDArray[np.uint8]:
    """uint8 (count,): bits of each number in Elias' gamma code; that of 0 is never used."""
    bits = np.ones(count, np.uint8)
    for power in range(1, count.bit_length()):
        bits[1 << power :] += 2
    return bits


def search(work: Work) -> None:
    """Fill in `costs` and `nodes`; the kernel `parse_zx0` does the same."""
    window = work.reach.shape[1] - 1
    offsets = np.arange(1, window + 1)
    new = 8 + work.bits[(offsets - 1) // 128 + 1].astype(np.int32)
    used = len(work.costs)
    for count in range(1, len(work.costs)):
        far = min(window, max(1, count - 1))
        reach = _Reach._make([*work.reach[:, 1 : far + 1], new[:far]])
        used = _step(work, reach, count, used)


def _step(work: Work, reach: _Reach, count: int, used: int) -> int:
    """One byte more; how many nodes there are then."""
    same = np.zeros(len(reach.run), bool)
    if count > 1:
        before = work.data[max(0, count - 1 - len(same)) : count - 1][::-1]
        same = before == work.data[count - 1]
    ended = np.flatnonzero(~same & (reach.cost < NEVER))
    used = _begin(work, reach, count, ended, used)
    reach.run[~same], reach.cost[~same] = 0, NEVER
    after = _after_literals(work, reach, count)
    reach.paid[~same & (after > work.costs[count - 1] + SLACK + reach.new)] = NEVER
    _matches(work, reach, count, np.flatnonzero(same))
    costs = np.where(same, reach.cost, after)
    best = int(costs.argmin())
    work.costs[count] = costs[best]
    if same[best] and reach.before[best] != OWN:
        work.nodes[count] = reach.before[best], reach.start[best], count, best + 1
        return used
    used = _written(work, reach, best, used)
    node, start = reach.node[best], reach.start[best]
    work.nodes[count] = (node, start, count, best + 1) if same[best] else (node, count, count, 0)
    return used


def _after_literals(work: Work, reach: _Reach, count: int | Ints) -> Ints:
    """Bits with literals up to here, of each offset; at least `NEVER` where they follow nothing."""
    literals = count - reach.end
    return reach.paid + work.bits[literals] + (8 * literals + 1)


def _written(work: Work, reach: _Reach, place: int, used: int) -> int:
    """See to it that what literals follow has a node; how many there are then."""
    if reach.node[place] != NONE:
        return used
    before, start, end = reach.node_before[place], reach.node_start[place], reach.end[place]
    work.nodes[used] = before, start, end, place + 1
    reach.node[place] = used
    return used + 1


def _begin(work: Work, reach: _Reach, count: int, ended: NDArray[np.intp], used: int) -> int:
    """Where matches ended, literals begin if that is cheaper than those that could go on."""
    ways = _Reach._make(row[ended] for row in reach)
    better = ways.cost + 10 <= _after_literals(work, ways, count)
    cheap = ways.cost <= work.costs[count - 1] + SLACK + ways.new
    for place in ended[better & cheap].tolist():
        if reach.before[place] == OWN:
            # each byte that is left may need a node
            if reach.node[place] == NONE and len(work.nodes) - used <= len(work.costs) - count:
                continue
            used = _written(work, reach, place, used)
            reach.before[place] = reach.node[place]
        best = work.nodes[count - 1, 3] == place + 1
        reach.node[place], reach.paid[place] = count - 1 if best else NONE, reach.cost[place]
        reach.node_before[place], reach.node_start[place] = reach.before[place], reach.start[place]
        reach.end[place] = count - 1
    return used


def _matches(work: Work, reach: _Reach, count: int, places: NDArray[np.intp]) -> None:
    """Where the byte is the same, matches go on: at the last offset, or at a new one."""
    if len(places) == 0:
        return
    reach.run[places] += 1
    ways = _Reach._make(row[places] for row in reach)
    start = count - ways.run
    near = np.minimum(_after_literals(work, ways, start) + 1 + work.bits[ways.run], NEVER)
    far, length = _lengths(work, count, ways.run)
    far += ways.new
    better = (ways.run > 1) & (far < near)
    begin = count - length
    before = np.where(work.nodes[begin, 3] == 0, work.nodes[begin, 0], begin)
    reach.cost[places] = np.where(better, far, near)
    reach.before[places] = np.where(better, before, OWN)
    reach.start[places] = np.where(better, begin, start)


def _lengths(work: Work, count: int, run: Ints) -> tuple[Ints, Ints]:
    """The cheapest length up to each run, the longest of equals, and its bits with all before."""
    longest = int(run.max())
    exact = np.arange(2, max(2, min(EXACT, longest)) + 1)
    costs = work.costs[np.maximum(count - exact, 0)] + work.bits[exact - 1]
    least = np.minimum.accumulate(costs)
    which = np.maximum.accumulate(np.where(costs == least, exact, 0))
    place = np.clip(run, 2, EXACT) - 2
    cost, length = least[place].astype(np.int32), which[place].astype(np.int32)
    power = 2 * EXACT
    while power <= longest:
        _longer(work, count, (cost, length), np.where(run >= power, power, 0))
        power *= 2
    if longest > EXACT:
        _longer(work, count, (cost, length), np.where(run > EXACT, run, 0))
    return cost, length


def _longer(work: Work, count: int, best: tuple[Ints, Ints], lengths: Ints) -> None:
    """Take lengths, 0 for none, where they cost no more."""
    cost, length = best
    taken = np.where(lengths > 0, lengths, 2)
    bits = work.costs[count - taken] + work.bits[taken - 1]
    better = (lengths > 0) & (bits <= cost)
    cost[better], length[better] = bits[better], lengths[better]


def _back(nodes: Ints, count: int) -> list[Match]:
    """The blocks of the cheapest way, from its last node."""
    found = []
    node, end = count, count
    if nodes[node, 3] == 0:
        node = int(nodes[node, 0])
        found.append(Match(count - int(nodes[node, 2]), 0, 0))
    while node > 0:
        before, start, end, offset = nodes[node].tolist()
        found.append(Match(start - int(nodes[before, 2]), offset, end - start))
        node = before
    return found[::-1]
