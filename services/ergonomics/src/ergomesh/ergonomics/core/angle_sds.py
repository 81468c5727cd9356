"""Standard deviations of the angles: the pose's covariance through their slopes."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.ergonomics.core.body import Body
from ergomesh.ergonomics.core.propagate import folded_sd
from ergomesh.ergonomics.core.sided import GROUPS, Slopes
from ergomesh.ergonomics.core.tangents import Tangents, interpolated, tangents_of

MAX_SD_DEG: Final = 180 / np.sqrt(3)
"""Of an angle of which nothing is known: uniform over ±180°."""


def angle_sds_deg(motion: Motion, body: Body) -> FloatArray:
    """Return (A, T): every angle's standard deviation, in the order of the groups.

    Args:
        motion: T frames; NaN in gaps.
        body: Of the same frames.
    """
    knots = [(knot.rows, _sds(knot, body)) for knot in tangents_of(motion)]
    return interpolated(knots, len(motion.time_s), sum(len(g.names) for g in GROUPS))


def _sds(knots: Tangents, body: Body) -> FloatArray:
    """Return (A, K) at some knots."""
    vectors = body.vectors(knots.rows)
    found = [group.slopes(vectors, body.rest) for group in GROUPS]
    pairs = list(zip(GROUPS, found, strict=True))
    pulled = [
        knots.pulled_back(slopes.by_vector, group.vectors, vectors)
        for group, slopes in pairs
    ]
    tilts = [
        knots.pulled_back(s.opened.tilt[None], group.vectors, vectors, s.opened.first)
        for group, s in pairs
        if s.opened
    ]
    spreads = knots.spreads(np.concatenate([*pulled, *tilts]))
    sds, tilt_sds = np.split(spreads, [-len(tilts)])
    for (row, sine), tilt_sd in zip(_folds(found), tilt_sds, strict=True):
        sds[row] = folded_sd(sds[row], tilt_sd, sine)
    return np.asarray(np.minimum(np.nan_to_num(sds, nan=MAX_SD_DEG), MAX_SD_DEG))


def _folds(found: list[Slopes]) -> Iterator[tuple[int, FloatArray]]:
    """Return the row of each angle that folds, and its sine (K,)."""
    row = 0
    for slopes in found:
        if slopes.opened:
            yield row, slopes.opened.sine
        row += len(slopes.by_vector)
