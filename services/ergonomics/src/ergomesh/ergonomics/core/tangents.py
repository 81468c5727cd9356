"""How uncertain the pose is, and how its small rotations move points of the body.

The contract's covariance is of small rotations ``w`` of the 22 body joints, each in its
parent's frame. A rotation of joint j, ``ω = R w`` in the world, moves a point x that
hangs on it by ``cross(ω, x - p)``, p being the joint's position. So if an angle
changes with the point by the gradient g, it does with w by ``Rᵀ cross(x - p, g)``.

A motion without a covariance has the standard deviations of its rotations
(``pose_sd_rad``) and of its vertical, as if they were independent; a constructed
motion, whose are all 0, is exact.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, Self

import numpy as np

from ergomesh.contract.arrays import TANGENTS, FloatArray, IntArray, Motion
from ergomesh.contract.skeleton import BODY_JOINTS, JOINT, PARENTS
from ergomesh.ergonomics.core.body import (
    HEAD_AXES,
    chain,
    person_present,
    world_rotmats,
)
from ergomesh.ergonomics.core.geometry import across, cross, seen_from
from ergomesh.ergonomics.core.propagate import Vectors

CHUNK: Final = 128
"""Knots handled at once, so that the work stays in the processor's cache: more, where
only some joints are asked after."""

UNKNOWN_RAD: Final = 1.8
"""Standard deviation of a direction of which nothing is known: 104°."""

_EVERY_JOINT: Final = tuple(range(len(BODY_JOINTS)))

_BOTH: Final = np.sort(np.indices((TANGENTS, TANGENTS)).reshape(2, -1), axis=0)
_PLACES: Final = (_BOTH[1] * (_BOTH[1] + 1) // 2 + _BOTH[0]).reshape(TANGENTS, -1)
"""Where each entry of a covariance is in its lower triangle."""


@dataclass(frozen=True, slots=True)
class Tangents:
    """Small rotations of J of the body's joints at K knots."""

    hosts: tuple[int, ...]
    """The joints, ascending, each with all those it hangs on."""
    rows: IntArray
    """(K,) ascending rows of the motion."""
    covariance: FloatArray
    """(K, 3J, 3J)."""
    rotmats: FloatArray
    """(3, 3, J, K) world from the joint's parent."""
    joints: FloatArray
    """(3, J, K) metres."""

    def spreads(self, gradients: FloatArray) -> FloatArray:
        """Return (A, K) standard deviations.

        Args:
            gradients: (A, 3J, K) of :meth:`pulled_back`.
        """
        rows = np.ascontiguousarray(gradients.transpose(2, 0, 1))
        variance = np.sum((rows @ self.covariance) * rows, axis=-1).T
        sd: FloatArray = np.sqrt(np.maximum(variance, 0.0))
        return sd

    def pulled_back(
        self,
        slope: FloatArray,
        names: tuple[str, ...],
        vectors: Vectors,
        idle: FloatArray | None = None,
    ) -> FloatArray:
        """Return (A, 3J, K): derivatives by the small rotations.

        Args:
            slope: (A, V, 3, K) derivatives by vectors.
            names: Of the V vectors: joints, or axes of the head; none but the J joints
                may move them.
            vectors: Name → (3, K).
            idle: (3, K) axis in the world about which no rotation counts.
        """
        force = np.moveaxis(slope, 2, 0)
        at = np.stack([vectors[name] for name in names], axis=1)[:, None]
        joints, moved = moved_by(names)
        joints = [self.hosts.index(joint) for joint in joints]
        free = np.array([name not in HEAD_AXES for name in names])
        # Sums over the vectors that a joint moves, each (3, A, joints, K).
        torque, pull = moved @ cross(at, force), (moved * free) @ force
        about = torque - cross(self.joints[:, None, joints], pull)
        if idle is not None:
            about = across(about, idle[:, None, None])
        turned = np.zeros((len(slope), len(self.hosts), 3, len(self.rows)))
        local = seen_from(self.rotmats[:, :, None, joints], about)
        turned[:, joints] = np.moveaxis(local, 0, 2)
        return turned.reshape(len(slope), 3 * len(self.hosts), -1)

    @classmethod
    def of(
        cls,
        motion: Motion,
        rows: IntArray,
        covariance: FloatArray,
        hosts: tuple[int, ...],
    ) -> Self:
        """Build from some rows of a motion and their covariance (K, 3J, 3J)."""
        world = world_rotmats(motion.poses[rows], hosts)
        eye = np.broadcast_to(np.eye(3)[..., None], (3, 3, len(rows)))
        parents = [int(PARENTS[host]) for host in hosts]
        outer = [eye if parent < 0 else world[parent] for parent in parents]
        joints = motion.joints_world_m[rows][:, hosts].transpose(2, 1, 0)
        return cls(hosts, rows, covariance, np.stack(outer, axis=2), joints)


@cache
def moved_by(names: tuple[str, ...]) -> tuple[list[int], FloatArray]:
    """Return the joints whose rotation moves vectors, and (joints, V) which ones."""
    chains = [set(chain("head" if name in HEAD_AXES else name)) for name in names]
    joints = [joint for joint in _EVERY_JOINT if any(joint in c for c in chains)]
    moved = [[float(joint in hosts) for hosts in chains] for joint in joints]
    return joints, np.array(moved)


def tangents_of(
    motion: Motion, names: tuple[str, ...] | None = None
) -> Iterator[Tangents]:
    """Return the knots of a motion, a chunk at a time.

    Args:
        motion: T frames; NaN in gaps.
        names: Of the vectors that are asked after; any, by default.
    """
    hosts = _EVERY_JOINT if names is None else tuple(moved_by(names)[0])
    given = len(motion.covariance_frame) > 0
    rows = motion.covariance_frame if given else np.flatnonzero(person_present(motion))
    chunk = CHUNK * len(_EVERY_JOINT) ** 2 // len(hosts) ** 2
    for start in range(0, len(rows), chunk):
        some = slice(start, start + chunk)
        if given:
            covariance = _unpacked(motion.pose_covariance_rad2[some], hosts)
        else:
            covariance = _independent(motion, rows[some], hosts)
        yield Tangents.of(motion, rows[some], covariance, hosts)


def _unpacked(packed: FloatArray, hosts: tuple[int, ...]) -> FloatArray:
    """Return (K, 3J, 3J) of lower triangles (K, 2211) over all joints."""
    dims = (3 * np.array(hosts)[:, None] + np.arange(3)).ravel()
    full: FloatArray = np.take(packed, _PLACES[np.ix_(dims, dims)].ravel(), axis=1)
    return full.reshape(-1, len(dims), len(dims))


def _independent(motion: Motion, rows: IntArray, hosts: tuple[int, ...]) -> FloatArray:
    """Return (K, 3J, 3J) of rotations that err independently of each other."""
    sd = np.minimum(motion.pose_sd_rad[rows][:, hosts], UNKNOWN_RAD).repeat(3, axis=1)
    covariance = np.eye(3 * len(hosts)) * np.square(sd)[:, None]
    level = 3 * hosts.index(JOINT["pelvis"]) + np.array([0, 2])
    covariance[:, level, level] += np.radians(motion.gravity_sd_deg) ** 2
    return covariance


def interpolated(
    knots: Iterable[tuple[IntArray, FloatArray]], frames: int, count: int
) -> FloatArray:
    """Return (A, T) values of all frames, linear between knots; NaN without any.

    Gaps hold no body, so what is between the knots at their borders does not matter.

    Args:
        knots: Rows (K,) and values (A, K), ascending.
        frames: T.
        count: A.
    """
    every = list(knots)
    if not every:
        return np.full((count, frames), np.nan)
    rows = np.concatenate([rows for rows, _ in every])
    values = np.concatenate([values for _, values in every], axis=1)
    return np.stack([np.interp(np.arange(frames), rows, row) for row in values])
