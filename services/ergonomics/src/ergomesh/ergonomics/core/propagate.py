"""First-order propagation of standard deviations through any vector function.

For ``y = f(x)`` with independent components of x,
``sd_y² = Σ (∂y/∂x_i)² sd_i²`` (JCGM 100:2008, GUM, 5.1.2). The derivatives are
forward differences of :data:`STEP`, all components at once on one extra axis.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray

STEP: Final = 1e-6
"""Step of the differences: metres for points, radians for rotations."""

CHUNK: Final = 256
"""Frames handled at once, so that the work stays in the processor's cache."""

Vectors = Mapping[str, FloatArray]
Measure = Callable[[Vectors], FloatArray]


def propagate(
    measure: Measure, vectors: Vectors, sds: Mapping[str, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Return angles and their standard deviations.

    Args:
        measure: Vectors ``(3, ...)`` by name → angles ``(A, ...)`` in degrees.
        vectors: Name → (3, T).
        sds: Name → (T,) standard deviation per axis; a vector without one is
            taken as exact.

    Returns:
        Values and standard deviations, each (A, T), degrees.
    """
    frames = next(iter(vectors.values())).shape[-1]
    starts = range(0, frames, CHUNK) or (0,)
    chunks = [
        _propagate(
            measure,
            {name: v[:, start : start + CHUNK] for name, v in vectors.items()},
            {name: sd[start : start + CHUNK] for name, sd in sds.items()},
        )
        for start in starts
    ]
    values, deviations = zip(*chunks, strict=True)
    return np.concatenate(values, axis=1), np.concatenate(deviations, axis=1)


def _propagate(
    measure: Measure, vectors: Vectors, sds: Mapping[str, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    angles = measure(_perturbed(vectors, tuple(sds)))
    value, moved = angles[:, 0], angles[:, 1:]
    change = moved - value[:, None]
    slope = (change - 360 * np.round(change / 360)) / STEP
    scale = np.repeat(np.stack(list(sds.values())), 3, axis=0)
    return value, np.sqrt(np.sum((slope * scale) ** 2, axis=1))


def _perturbed(vectors: Vectors, noisy: tuple[str, ...]) -> dict[str, FloatArray]:
    """Return each vector as (3, 1 + 3N, T): as it is, then each component moved."""
    steps = 1 + 3 * len(noisy)
    moved = {
        name: np.repeat(vector[:, None], steps if name in noisy else 1, axis=1)
        for name, vector in vectors.items()
    }
    for i, name in enumerate(noisy):
        for axis in range(3):
            moved[name][axis, 1 + 3 * i + axis] += STEP
    return moved
