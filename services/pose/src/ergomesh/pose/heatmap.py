"""Sharpen landmarks by the network's heat maps (pure).

As MediaPipe does it: ``refine_landmarks_from_heatmap_calculator.cc``, with the
kernel of ``pose_landmarks_detector_graph.cc``.
"""

from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray

_REACH: Final = 3
"""Cells on each side of a landmark that count: a kernel of 7."""
_SURE: Final = 0.5
"""Heat from which the map is believed (``min_confidence_to_refine``)."""


def refined(points: FloatArray, heat: FloatArray) -> FloatArray:
    """Move each landmark to the middle of the heat around it.

    Args:
        points: (N, 2) shares of the window.
        heat: (H, W, N) logits, one map per landmark.

    Returns:
        (N, 2) points; where a map is cold or a point outside, as it was.
    """
    size = np.array(heat.shape[1::-1])
    cells = np.trunc(points * size).astype(np.int64)
    inside = np.all((cells >= 0) & (cells < size), axis=1)
    steps = np.arange(-_REACH, _REACH + 1)
    columns = cells[:, :1] + steps
    rows = cells[:, 1:] + steps
    known = _within(rows, size[1])[:, :, None] & _within(columns, size[0])[:, None, :]
    which = np.arange(len(points))[:, None, None]
    logits = heat[
        np.clip(rows, 0, size[1] - 1)[:, :, None],
        np.clip(columns, 0, size[0] - 1)[:, None, :],
        which,
    ].astype(np.float64)
    warm = np.where(known, 1 / (1 + np.exp(-logits)), 0.0)
    total = np.maximum(warm.sum(axis=(1, 2)), np.finfo(np.float64).tiny)
    means = np.stack(
        [
            np.einsum("nrc,nc->n", warm, columns) / total,
            np.einsum("nrc,nr->n", warm, rows) / total,
        ],
        axis=1,
    )
    moved = inside & (warm.max(axis=(1, 2)) >= _SURE)
    return np.where(moved[:, None], means / size, points)


def _within(cells: IntArray, size: int) -> BoolArray:
    return (cells >= 0) & (cells < size)
