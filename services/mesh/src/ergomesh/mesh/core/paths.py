"""The cheapest sequence of readings, by dynamic programming (Viterbi, 1967)."""

import numpy as np

from ergomesh.contract.arrays import FloatArray, IntArray


def cheapest_path(own: FloatArray, step: FloatArray) -> IntArray:
    """Return (..., T) the sequence of states of least total cost.

    Args:
        own: (..., T, S) cost of each state at each time.
        step: (..., T - 1, S, S) cost from one time's state to the next one's.
    """
    times = own.shape[-2]
    cost = own[..., 0, :]
    come_from = np.zeros(own.shape, dtype=np.int64)
    for k in range(1, times):
        total = cost[..., :, None] + step[..., k - 1, :, :]
        come_from[..., k, :] = total.argmin(-2)
        cost = total.min(-2) + own[..., k, :]
    states = np.zeros(own.shape[:-1], dtype=np.int64)
    states[..., -1] = cost.argmin(-1)
    for k in range(times - 1, 0, -1):
        after = states[..., k, None]
        states[..., k - 1] = np.take_along_axis(come_from[..., k, :], after, -1)[..., 0]
    return states
