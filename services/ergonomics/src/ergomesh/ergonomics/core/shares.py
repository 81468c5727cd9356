"""Distributions over a few answers, of thousands of frames at once.

Shares are held in single precision: they err by less than the distribution function
they come from (:func:`~ergomesh.ergonomics.core.bands.normal_cdf`, 1e-7), and take half
the time. Frames are the last axis.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import BoolArray, IntArray

ROUNDING: Final = 1e-6
"""Above the error of a sum of shares."""

ShareArray = NDArray[np.float32]
"""(…, K, T) the probability of each of K answers."""


def certain(answer: IntArray, first: int, last: int) -> ShareArray:
    """Return (…, K, T) distributions over ``first``…``last`` of certain answers.

    Args:
        answer: (…, T).
        first: The first of the K answers.
        last: The last one.
    """
    found: BoolArray = answer[..., None, :] == np.arange(first, last + 1)[:, None]
    return found.astype(np.float32)


def over_entries(
    entry: IntArray, entries: int, parts: Sequence[ShareArray]
) -> ShareArray:
    """Return (…, N, T) how probable each entry of a table is, of independent parts.

    The joint probabilities of all parts but the last are summed up for each answer of
    the last, and weighted by it: those of all parts at once would not fit in the cache.

    Args:
        entry: Which entry is in each cell, 0…N - 1; one axis per part.
        entries: N.
        parts: (…, K, T) each, K the length of its axis.
    """
    *others, last = parts
    joint = reduce(_outer, others) if others else np.ones((1, 1), np.float32)
    every = np.arange(entries)[:, None]
    groupings = np.moveaxis(entry, -1, 0).reshape(entry.shape[-1], 1, -1) == every
    by_answer = (
        _weighted(grouping @ joint, last[..., k, None, :])
        for k, grouping in enumerate(groupings.astype(np.float32))
    )
    return reduce(np.add, by_answer)


def _weighted(shares: ShareArray, weight: ShareArray) -> ShareArray:
    """Return shares times a weight; in their own memory, where that is enough."""
    if np.broadcast_shapes(shares.shape, weight.shape) == shares.shape:
        shares *= weight
        return shares
    return shares * weight


def up_to(shares: ShareArray) -> ShareArray:
    """Return (…, K, T) how probable each answer or one before it is."""
    found = shares.copy()
    for k in range(1, shares.shape[-2]):
        found[..., k, :] += found[..., k - 1, :]  # np.cumsum takes six times as long
    return found


def count_below(shares: ShareArray, probability: float) -> IntArray:
    """Return (T,) of how many answers, in their order, the sum is below a share.

    Args:
        shares: (K, T).
        probability: The share; sums as large as their error below it reach it.
    """
    below = np.zeros(shares.shape[-1], np.int8)
    for so_far in up_to(shares):
        below += so_far < probability - ROUNDING
    return below.astype(np.int64)


def _outer(a: ShareArray, b: ShareArray) -> ShareArray:
    """Return (…, A * B, T) the joint probabilities of two independent answers."""
    product = a[..., :, None, :] * b[..., None, :, :]
    return product.reshape(*product.shape[:-3], -1, product.shape[-1])
