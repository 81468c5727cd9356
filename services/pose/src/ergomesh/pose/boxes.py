"""Boxes on the picture: left, top, right, bottom (pure)."""

import numpy as np

from ergomesh.contract.arrays import FloatArray


def overlap(box: FloatArray, others: FloatArray) -> FloatArray:
    """Return (N,) intersection over union of a (4,) box with (N, 4) others."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(np.maximum(others[:, 2:] - others[:, :2], 0), axis=1)
    union = np.prod(np.maximum(box[2:] - box[:2], 0)) + areas - shared
    share = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return np.asarray(share)
