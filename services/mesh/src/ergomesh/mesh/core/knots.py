"""Where in time uncertainty is worked out, and what is known there.

Uncertainty changes slowly, so it is worked out at some frames only, the *knots*,
and interpolated between them. A landmark that is hidden at a knot but was seen
shortly before or after still says something there: its variance has grown with the
way it may have moved since.
"""

from typing import Final

import numpy as np
import torch
from torch import Tensor

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.mesh.core.coarse import time_of
from ergomesh.mesh.core.evidence import Evidence

SPACING_S: Final = 0.4
"""Knots are at most this far apart: less than the time in which a worker turns to
or from the camera, which is what changes the uncertainty most."""

FEW: Final = 24
"""Clips of so many frames or fewer have a knot at each."""

LEAST_WEIGHT: Final = 1e-12
"""Stands for a weight of zero, so that its inverse is finite."""


def knot_rows(evidence: Evidence) -> IntArray:
    """Return (K,) ascending rows of the fitted frames that are knots.

    They are both ends of every stretch of linked frames, the frames next to a
    stretch without landmarks and its middle, and enough between.

    Args:
        evidence: Of the fitted frames.
    """
    seen = _seen(evidence)
    if len(seen) <= FEW:
        return np.arange(len(seen))
    time_s = time_of(evidence).cpu().numpy()
    linked = evidence.linked.cpu().numpy() > 0
    return _filled(_turning_points(seen, linked), time_s)


def _seen(evidence: Evidence) -> BoolArray:
    """Return (T,) whether a frame has landmarks: the others are bridged."""
    weight = evidence.world_weight + evidence.points_weight
    return np.asarray((weight > 0).any(-1).cpu().numpy())


def _turning_points(seen: BoolArray, linked: BoolArray) -> IntArray:
    """Return rows around each break and each change of ``seen``, and middles."""
    border = np.flatnonzero(np.diff(seen) | ~linked)
    starts = np.concatenate(([0], border + 1))
    stops = np.concatenate((border, [len(seen) - 1]))
    middles = ((starts + stops) // 2)[~seen[starts]]
    return np.unique(np.concatenate((starts, stops, middles)))


def _filled(rows: IntArray, time_s: FloatArray) -> IntArray:
    """Add rows wherever two are too far apart in time."""
    filled = [int(rows[0])]
    for row in rows[1:]:
        while time_s[row] - time_s[filled[-1]] > SPACING_S:
            reach = time_s[filled[-1]] + SPACING_S
            last = int(np.searchsorted(time_s, reach, side="right")) - 1
            filled.append(min(max(last, filled[-1] + 1), int(row)))
        if row > filled[-1]:
            filled.append(int(row))
    return np.array(filled, dtype=np.int64)


def lasting_weight(
    weight: Tensor,
    evidence: Evidence,
    knots: Tensor,
    slip_per_s: Tensor,
    reach_s: float,
) -> Tensor:
    """Return (K, P) how much landmarks say at the knots, hidden there or not.

    A landmark of weight w says as much as one with w⁻¹ times the variance. Taken
    over from ``t`` seconds away, it has ``w⁻¹ + (slip t)²`` times the variance; the
    best frame within reach counts.

    Args:
        weight: (T, P) of the landmarks in their frames.
        evidence: For the times, and for which frames belong together.
        knots: (K,) rows.
        slip_per_s: (P,) expected movement in a second over the standard deviation.
        reach_s: Time from which nothing is taken over.
    """
    time_s = time_of(evidence).to(weight)
    stretch = evidence.stretch
    rows = _within_reach(time_s, knots, reach_s)
    apart_s = (time_s[rows] - time_s[knots][:, None]).abs()
    same = (stretch[rows] == stretch[knots][:, None]) & (apart_s <= reach_s)
    variance = weight[rows].clamp_min(LEAST_WEIGHT).reciprocal()
    variance = variance + (slip_per_s * apart_s[..., None]) ** 2
    return torch.where(same[..., None], variance, torch.inf).amin(1).reciprocal()


def _within_reach(time_s: Tensor, knots: Tensor, reach_s: float) -> Tensor:
    """Return (K, W) rows around each knot that hold all within reach."""
    at_s = time_s[knots]
    first = torch.searchsorted(time_s, at_s - reach_s)
    stop = torch.searchsorted(time_s, at_s + reach_s, right=True)
    width = int((stop - first).max())
    offsets = torch.arange(width, device=knots.device)
    return (first[:, None] + offsets).clamp_max(len(time_s) - 1)
