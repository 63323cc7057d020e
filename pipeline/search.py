"""Search: the centers that serve weighted cells best, by Lloyd's rounds and by swaps.

A swap drops the center that would be missed least and splits the one that gains most by it, lets
what they touch settle for some steps, and is undone when the error did not fall. It finds
what Lloyd's rounds cannot: they never move a center past others. The idea is that of the
randomized swaps of Fränti and Kivijärvi ("Randomised local search algorithm for the clustering
problem", Pattern Analysis and Applications 3, 2000), here without chance.

All is integer arithmetic. A cell's weight times a squared distance is below 2^62, as is the sum
of these over all cells, whose weights add up to little over `histogram.TOTAL_WEIGHT`.

`refine_plain` and `start_plain` say what happens; the kernels `refine` and `start` do the same.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import kernels
from pipeline.cells import STEPS, Cells, mean
from pipeline.kmeans import Assign, Ints, plain_assign, sklearn_assign, squared

Bools = NDArray[np.bool_]
Wide = NDArray[np.int64]

ENGINES = ("native", "scikit-learn")
"""Who finds the nearest centers; both find the same."""


class Plan(NamedTuple):
    """How long to search.

    Attributes:
        rounds: Lloyd's rounds before the swaps.
        trials: Swaps that are tried.
        steps: Rounds in each trial, over the centers that the swap touches.
        finish: Lloyd's rounds after the swaps.
    """

    rounds: int = 0
    trials: int = 0
    steps: int = 0
    finish: int = 0


class Engine(NamedTuple):
    """Who does the work: the kernels, or plain numpy with somebody's search for the nearest."""

    native: kernels.Native | None
    assign: Assign


def engine(name: str) -> Engine:
    """The engine of a name in `ENGINES`; without compiled kernels `native` is numpy."""
    if name == "scikit-learn":
        return Engine(None, sklearn_assign())
    return Engine(kernels.load(), plain_assign)


def refine(
    group: Cells, centers: Ints, labels: Ints, plan: Plan, who: Engine, pinned: Ints | None = None
) -> tuple[Ints, Ints]:
    """Move centers so that the cells lie nearer to them.

    Args:
        group: The cells, any number.
        centers: int32 (k, 3) in 1/`STEPS`, at least one with the pinned ones.
        labels: int32 (n,): any center of each cell; near ones make the work shorter.
        plan: How long to search.
        who: The engine.
        pinned: int32 (p, 3): centers that never move and that come after the others.

    Returns:
        int32 (k, 3) the moved centers, and int32 (n,) the nearest center of each cell, the first of
        equally near ones, where the pinned ones count from k. A center without cells stays.
    """
    every = centers if pinned is None else np.concatenate([centers, pinned])
    if who.native is None:
        moved, found = refine_plain(group, every, labels, len(centers), plan, who.assign)
        return moved[: len(centers)], found
    every, labels = np.array(every, np.int32), np.array(labels, np.int32)
    _, points, weights, sums = group
    who.native.refine(points, weights, sums, every, labels, len(centers), *plan)
    return every[: len(centers)], labels


def start(group: Cells, count: int, who: Engine) -> tuple[Ints, Ints]:
    """First centers: split the center that gains most by it, again and again.

    Args:
        group: The cells, at least one.
        count: How many centers are wanted, at least 1.
        who: The engine.

    Returns:
        int32 (count, 3) in 1/`STEPS` and int32 (n,), a center of each cell. Where the cells lie
        at too few points, the last center repeats.
    """
    if who.native is None:
        centers, labels = start_plain(group, count)
        found = len(centers)
    else:
        centers, labels = np.zeros((count, 3), np.int32), np.zeros(len(group.weights), np.int32)
        _, points, weights, sums = group
        found = who.native.start(points, weights, sums, centers, labels)
    return centers[np.minimum(np.arange(count), found - 1)], labels


class _Halves(NamedTuple):
    """What it would gain to split centers.

    Attributes:
        gain: int64 (k,).
        lower: int32 (k, 3), the mean of the lower half; of a pinned center, of the better half.
        upper: int32 (k, 3).
    """

    gain: Wide
    lower: Ints
    upper: Ints


class _State(NamedTuple):
    """Centers and who belongs to them.

    Attributes:
        centers: int32 (k, 3).
        labels: int32 (n,).
        weights: int64 (k,) of the members.
        sums: int64 (k, 3) of the members.
    """

    centers: Ints
    labels: Ints
    weights: Wide
    sums: Wide


class _Task(NamedTuple):
    """What stays the same: cells, how many centers move, and the search for the nearest."""

    group: Cells
    open: int
    assign: Assign

    def follow(self, centers: Ints, labels: Ints, moved: Bools, touched: Bools) -> _State:
        """The state after centers moved; marks the ones whose members changed or that moved."""
        now = self.assign(self.group.points, centers, labels, moved)
        changed = now != labels
        for names in (labels[changed], now[changed], moved):
            touched[names] = True
        weights, sums = totals(self.group, now, len(centers))
        return _State(centers, now, weights, sums)

    def step(self, state: _State, may: Bools, touched: Bools) -> _State | None:
        """One round over the centers that may move; None when none does."""
        full = (state.weights > 0) & may
        full[self.open :] = False
        centers = state.centers.copy()
        centers[full] = _means(state.sums[full], state.weights[full])
        moved = (centers != state.centers).any(axis=1)
        return self.follow(centers, state.labels, moved, touched) if moved.any() else None

    def rounds(self, state: _State, count: int) -> _State:
        """So many rounds over all centers, or fewer."""
        every = np.ones(len(state.centers), bool)
        for _ in range(count):
            after = self.step(state, every, every.copy())
            if after is None:
                break
            state = after
        return state

    def error(self, state: _State) -> int:
        """What all cells weigh times their squared distances."""
        far = squared(self.group.points - state.centers[state.labels])
        return int((self.group.weights * far).sum())


def totals(group: Cells, labels: Ints, count: int) -> tuple[Wide, Wide]:
    """Weights (count,) and sums (count, 3) by label.

    `bincount` adds floats, but integers below 2^53, so the totals are exact.
    """
    columns = [np.bincount(labels, part, count) for part in (group.weights, *group.sums.T)]
    exact = np.stack(columns, axis=1).astype(np.int64)
    return exact[:, 0], exact[:, 1:]


def refine_plain(
    group: Cells, centers: Ints, labels: Ints, open_: int, plan: Plan, assign: Assign
) -> tuple[Ints, Ints]:
    """`refine` of the first `open_` centers in numpy: the reference of the kernel."""
    task = _Task(group, open_, assign)
    every = np.ones(len(centers), bool)
    state = task.follow(centers, labels, every, every.copy())
    state = _swaps(task, task.rounds(state, plan.rounds), plan)
    state = task.rounds(state, plan.finish)
    return state.centers, state.labels


def _swaps(task: _Task, state: _State, plan: Plan) -> _State:
    """Try swaps; what failed to be split or dropped is spared until something near changes."""
    count = len(state.centers)
    keep_whole, keep = np.zeros(count, bool), np.zeros(count, bool)
    least = task.error(state) if plan.trials else 0
    for _ in range(plan.trials):
        halves = _halves(task, state)
        pair = _choose(halves.gain, _losses(task, state), keep_whole, keep)
        if pair is None:
            break
        touched = np.zeros(count, bool)
        after = _swap(task, state, halves, pair, touched, plan.steps)
        error = task.error(after)
        if error < least:
            least, state = error, after
            keep_whole[touched] = keep[touched] = False
        else:
            keep_whole[pair[0]] = keep[pair[1]] = True
    return state


def _choose(gain: Wide, loss: Wide, keep_whole: Bools, keep: Bools) -> tuple[int, int] | None:
    """The center to split and the one to drop."""
    wanted = np.where(keep_whole, 0, gain)
    split = int(wanted.argmax())
    free = ~keep[: len(loss)]
    if split < len(loss):
        free[split] = False
    if wanted[split] == 0 or not free.any():
        return None
    places = np.flatnonzero(free)
    return split, int(places[loss[places].argmin()])


def _swap(
    task: _Task,
    state: _State,
    halves: _Halves,
    pair: tuple[int, int],
    touched: Bools,
    steps: int,
) -> _State:
    split, drop = pair
    centers, moved = state.centers.copy(), np.zeros(len(touched), bool)
    centers[drop] = halves.lower[split]
    moved[drop] = True
    if split < task.open:
        centers[split] = halves.upper[split]
        moved[split] = True
    state = task.follow(centers, state.labels, moved, touched)
    for _ in range(steps):
        after = task.step(state, touched.copy(), touched)
        if after is None:
            break
        state = after
    return state


def _halves(task: _Task, state: _State) -> _Halves:
    """The two halves of each center's members, cut at the center on their widest axis."""
    group, labels = task.group, state.labels
    gap = group.points.astype(np.int64) - state.centers[labels]
    spread = np.zeros((len(state.centers), 3), np.int64)
    for axis in range(3):
        np.add.at(spread[:, axis], labels, group.weights * gap[:, axis] ** 2)
    high = gap[np.arange(len(labels)), spread.argmax(axis=1)[labels]] > 0
    upper = Cells(group.keys[high], group.points[high], group.weights[high], group.sums[high])
    weights, sums = totals(upper, labels[high], len(state.centers))
    both = (state.weights - weights, weights), (state.sums - sums, sums)
    plain, beside = _gains(*both), _gains_beside(state.centers, *both)
    pinned = np.arange(len(weights)) >= task.open
    gain = np.where(pinned, beside.gain, plain.gain)
    return _Halves(gain, np.where(pinned[:, None], beside.lower, plain.lower), plain.upper)


def _gains(weights: tuple[Wide, Wide], sums: tuple[Wide, Wide]) -> _Halves:
    """By how much the error falls when each half has a center, the old one being dropped."""
    low, high = weights
    lower, upper = _means(sums[0], low), _means(sums[1], high)
    gain = low * high // np.maximum(low + high, 1) * squared(upper - lower)
    return _Halves(gain, lower, upper)


def _gains_beside(centers: Ints, weights: tuple[Wide, Wide], sums: tuple[Wide, Wide]) -> _Halves:
    """The same when the old center stays and only the better half gets one."""
    lower, upper = _means(sums[0], weights[0]), _means(sums[1], weights[1])
    low, high = weights[0] * squared(lower - centers), weights[1] * squared(upper - centers)
    better = np.where((high > low)[:, None], upper, lower)
    return _Halves(np.maximum(low, high), better, upper)


def _losses(task: _Task, state: _State) -> Wide:
    """int64 (open,): what is lost when the members of a center go to the best other one."""
    count, open_ = len(state.centers), task.open
    own, other = state.weights[:open_, None], state.weights[None]
    weights = own * other // np.maximum(own + other, 1)
    weights = np.where((np.arange(count) >= open_) | (other == 0), own, weights)
    loss = weights * squared(state.centers[:open_, None] - state.centers[None])
    loss[np.arange(open_), np.arange(open_)] = np.iinfo(np.int64).max
    return np.asarray(loss.min(axis=1, initial=np.iinfo(np.int64).max))


def _means(sums: Wide, weights: Wide) -> Ints:
    """Means in 1/`STEPS`; of nothing, anything."""
    return mean(sums * STEPS, np.maximum(weights, 1)).astype(np.int32)


def start_plain(group: Cells, count: int) -> tuple[Ints, Ints]:
    """`start` in numpy, without repeated centers: the reference of the kernel."""
    boxes = [np.arange(len(group.weights))]
    centers = _means(group.sums.sum(axis=0)[None], group.weights.sum()[None])
    cuts = [_cut(group, boxes[0], centers[0])]
    while len(boxes) < count:
        best = int(np.argmax([cut.gain for cut in cuts]))
        gain, lower, upper, high = cuts[best]
        if gain == 0:
            break
        members = boxes[best]
        boxes[best] = members[~high]
        boxes.append(members[high])
        centers = np.concatenate([centers, upper[None]])
        centers[best] = lower
        cuts[best] = _cut(group, boxes[best], lower)
        cuts.append(_cut(group, boxes[-1], upper))
    labels = np.empty(len(group.weights), np.int32)
    for place, members in enumerate(boxes):
        labels[members] = place
    return centers, labels


class _Cut(NamedTuple):
    """The halves of one box: their gain, their means, and who is in the upper one."""

    gain: int
    lower: Ints
    upper: Ints
    high: Bools


def _cut(group: Cells, members: NDArray[np.intp], center: Ints) -> _Cut:
    gap = group.points[members].astype(np.int64) - center
    weights, sums = group.weights[members], group.sums[members]
    axis = int((weights[:, None] * gap * gap).sum(axis=0).argmax())
    high = gap[:, axis] > 0
    parts = [(weights[side].sum()[None], sums[side].sum(axis=0)[None]) for side in (~high, high)]
    (low, low_sums), (up, up_sums) = parts
    gain, lower, upper = _gains((low, up), (low_sums, up_sums))
    return _Cut(int(gain[0]), lower[0], upper[0], high)
