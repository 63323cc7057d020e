"""KMeans: which center is nearest to each point, by scikit-learn or by numpy, with the same answer.

Points and centers are integers below 2^15. scikit-learn's `predict` and `nearest` below find the
least |c|^2 - 2 p c in float64, where each product and sum is an integer below 2^33 and so exact:
the labels depend neither on the processor, its BLAS nor the number of threads. Both take the
first of equally near centers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]

Assign = Callable[[Ints, Ints, Ints, NDArray[np.bool_]], Ints]
"""From points (n, 3), centers (k, 3), the labels (n,) from before and which centers moved since
then (k,) to each point's nearest center (n,)."""

_CHUNK = 1 << 20  # distances that are held in memory at a time


def sklearn_assign() -> Assign:
    """The search of scikit-learn's KMeans, on one thread; it defines the result.

    `predict` needs a fitted KMeans; it is fitted to a placeholder and then given centers.
    One thread, because pictures are built in parallel: a second one gained a tenth on an idle
    machine, and waiting for each other made four builds on two processors twice as slow.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="openmp"):
        model: Any = KMeans(1, init=np.zeros((1, 3)), n_init=1).fit(np.zeros((1, 3)))

    def assign(points: Ints, centers: Ints, labels: Ints, moved: NDArray[np.bool_]) -> Ints:
        del labels, moved  # everything is looked for afresh
        model.cluster_centers_ = centers.astype(np.float64)
        return np.asarray(model.predict(points.astype(np.float64)), np.int32)

    return assign


def plain_assign(points: Ints, centers: Ints, labels: Ints, moved: NDArray[np.bool_]) -> Ints:
    """The same in numpy, with few comparisons.

    A member at squared distance d of its center c cannot be nearer to a center m with
    |cm|^2 > 4 d: then |pm| >= |cm| - |cp| > |cp|, so neither is it a tie. Centers that did not
    move need no comparison for members whose own center stayed.
    """
    rivals = _rivals(points, centers, labels)
    rivals &= np.logical_or.outer(moved, moved)
    rivaled = np.asarray(rivals.any(axis=1))
    out, left = labels.copy(), np.flatnonzero(rivaled[labels])
    left = left[np.argsort(labels[left], kind="stable")]
    np.fill_diagonal(rivals, val=True)
    names, starts = np.unique(labels[left], return_index=True)
    for name, members in zip(names.tolist(), np.split(left, starts[1:]), strict=False):
        near = np.flatnonzero(rivals[name])
        out[members] = near[nearest(points[members], centers[near])]
    return out


def _rivals(points: Ints, centers: Ints, labels: Ints) -> NDArray[np.bool_]:
    """The other centers, bool (k, k), that may be nearer to a member of each center."""
    reach = np.zeros(len(centers), np.int64)
    np.maximum.at(reach, labels, squared(points - centers[labels]))
    rivals = squared(centers[:, None] - centers) <= 4 * reach[:, None]
    np.fill_diagonal(rivals, val=False)
    return np.asarray(rivals, np.bool_)


def nearest(points: Ints, centers: Ints) -> Ints:
    """Each point's nearest center, the first of equally near ones.

    Args:
        points: int32 (n, 3), within -2^15..2^15.
        centers: int32 (k, 3), within -2^15..2^15, at least one.

    Returns:
        int32 (n,).
    """
    sites = centers.astype(np.float64)
    norms, turned = (sites * sites).sum(axis=1), np.ascontiguousarray(-2 * sites.T)
    out = np.empty(len(points), np.int32)
    step = max(_CHUNK // len(centers), 1)
    for first in range(0, len(points), step):
        part = slice(first, first + step)
        out[part] = (points[part].astype(np.float64) @ turned + norms).argmin(axis=1)
    return out


def squared(gap: NDArray[Any]) -> NDArray[np.int64]:
    """Squared lengths: integers (..., 3) to int64 (...)."""
    wide = gap.astype(np.int64)
    return np.asarray(np.einsum("...i,...i->...", wide, wide), np.int64)
