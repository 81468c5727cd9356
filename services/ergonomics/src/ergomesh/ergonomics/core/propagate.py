"""Derivatives of any vector function by its vectors, and what follows for its spread.

For ``y = f(x)`` and small errors of x with covariance Σ, ``var y = g Σ gᵀ`` with
``g = ∂y/∂x`` (JCGM 100:2008, GUM, 5.2.2). The derivatives are forward differences of
:data:`STEP`, all components at once on one extra axis.

**Folds.** The angle θ between two directions has no sign: at 0° (a straight elbow) and
at 180° every error opens it, and ∂θ/∂x is undefined. What is smooth there is how one
direction turns against the other, about two axes: the normal of their plane, by e₁,
which is θ's own change, and the axis in the plane across the first, by e₂, which tilts
the plane. On the fold θ is off by ``√(e₁² + e₂²)``, far from it by e₁ alone, for the
rest is ``½ e₂² cot θ``. With s₁ and s₂ their standard deviations, the root of the mean
square is ``√(s₁² + s₂²)`` and s₁; :func:`folded_sd` joins the two.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.ergonomics.core.geometry import EPSILON, cross, dot, norm, unit

STEP: Final = 1e-6
"""Step of the differences: metres for points, one for unit vectors."""

FOLD_DECAY: Final = 3.0
"""How fast the second turn stops counting, by θ over its standard deviation. Against
the length of a normal vector in the plane (Rice 1945, Bell Syst Tech J 24:46-156) the
result is right at 0 and within 8 % everywhere."""

Vectors = Mapping[str, FloatArray]
Measure = Callable[[Vectors], FloatArray]
Pair = Callable[[Vectors], tuple[FloatArray, FloatArray]]


def slopes(measure: Measure, vectors: Vectors, names: tuple[str, ...]) -> FloatArray:
    """Return how angles change with vectors.

    Args:
        measure: Vectors ``(3, ...)`` by name → angles ``(A, ...)`` in degrees.
        vectors: Name → (3, T).
        names: Of the V vectors that may move.

    Returns:
        (A, V, 3, T) degrees per unit.
    """
    angles = measure(_perturbed(vectors, names))
    change = angles[:, 1:] - angles[:, :1]
    slope = (change - 360 * np.round(change / 360)) / STEP
    return slope.reshape(len(slope), len(names), 3, *slope.shape[2:])


@dataclass(frozen=True, slots=True)
class Opening:
    """How the angle between two directions opens."""

    inside: FloatArray
    """(V, 3, T) by e₁, degrees per unit of the vectors."""
    tilt: FloatArray
    """(V, 3, T) by e₂ cos θ, likewise."""
    first: FloatArray
    """(3, T) the first direction: turning about it opens nothing, though it moves the
    second one."""
    sine: FloatArray
    """(T,) of the angle."""


def opening(pair: Pair, vectors: Vectors, names: tuple[str, ...]) -> Opening:
    """Return how the angle between two directions opens.

    Args:
        pair: Vectors by name → the two directions, each ``(3, ...)``.
        vectors: As :func:`slopes`.
        names: As :func:`slopes`.
    """
    a, b = (unit(vector) for vector in pair(_perturbed(vectors, names)))
    product, cosine = cross(a, b), dot(a, b)
    sine, here = norm(product[:, 0]), cosine[0]
    normal = _normal(product[:, 0], a[:, 0])[:, None]
    turned, moved_a, moved_b = (
        dot((v[:, 1:] - v[:, :1]) / STEP, normal) for v in (product, a, b)
    )
    closed = (cosine[1:] - cosine[:1]) / STEP
    both = np.degrees([here * turned - sine * closed, moved_b - here * moved_a])
    inside, tilt = both.reshape(2, len(names), 3, *both.shape[2:])
    return Opening(inside, tilt, a[:, 0], sine)


def _normal(product: FloatArray, along: FloatArray) -> FloatArray:
    """Return (3, T) the unit normal of a plane; any across ``along`` if there is none.

    Args:
        product: (3, T) cross product of two directions.
        along: (3, T) the first of them.
    """
    axes = np.eye(3)[np.argmin(np.abs(along), axis=0)].T
    flat = norm(product) > EPSILON
    return unit(np.where(flat, product, cross(along, axes)))


def folded_sd(inside: FloatArray, tilt: FloatArray, sine: FloatArray) -> FloatArray:
    """Return the standard deviation of an unsigned angle, degrees; see the module.

    Args:
        inside: (T,) standard deviation by e₁, degrees.
        tilt: (T,) by e₂ cos θ, degrees.
        sine: (T,) of the angle.
    """
    reach = np.degrees(sine) / np.maximum(tilt, EPSILON)
    sd: FloatArray = np.sqrt(inside**2 + np.exp(-FOLD_DECAY * reach) * tilt**2)
    return sd


def _perturbed(vectors: Vectors, noisy: tuple[str, ...]) -> dict[str, FloatArray]:
    """Return each vector as (3, 1 + 3V, T): as it is, then each component moved."""
    count = 1 + 3 * len(noisy)
    moved = {
        name: np.repeat(vector[:, None], count if name in noisy else 1, axis=1)
        for name, vector in vectors.items()
    }
    for i, name in enumerate(noisy):
        for axis in range(3):
            moved[name][axis, 1 + 3 * i + axis] += STEP
    return moved
