"""Angles between bones, the slow and obvious way, for judging fits."""

import numpy as np

from ergomesh.contract.arrays import Motion
from ergomesh.contract.skeleton import JOINT, LANDMARK, SIDES
from mesh.mesh_synthetic import Array, Scene

BENDS = {
    "elbow": ("shoulder", "elbow", "wrist"),
    "knee": ("hip", "knee", "ankle"),
}


def angle_deg(a: Array, b: Array) -> Array:
    """Return (...) angles between vectors (..., 3)."""
    cosine = (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def bends_deg(points: Array, index: dict[str, int]) -> dict[str, Array]:
    """Return flexion (2, T) of elbows and knees of (T, K, 3) points."""

    def bend(side: str, names: tuple[str, str, str]) -> Array:
        a, b, c = (points[:, index[f"{side}_{name}"]] for name in names)
        return angle_deg(b - a, c - b)

    return {
        joint: np.stack([bend(side, names) for side in SIDES])
        for joint, names in BENDS.items()
    }


def trunk(points: Array, index: dict[str, int]) -> Array:
    """Return (T, 3) from the middle of the hips to that of the shoulders."""
    hips, shoulders = (
        np.mean([points[:, index[f"{side}_{name}"]] for side in SIDES], axis=0)
        for name in ("hip", "shoulder")
    )
    return np.asarray(shoulders - hips)


def joints_cam_m(motion: Motion) -> Array:
    """Return (T, 55, 3) joints of a motion in the camera frame."""
    turned = motion.joints_world_m @ motion.rotmat_cam_world.T
    return np.asarray(turned + motion.trans_cam_world_m)


def errors_deg(points: Array, index: dict[str, int], scene: Scene) -> dict[str, float]:
    """Return mean absolute errors of elbow, knee and trunk against the truth."""
    truth = scene.placed.joints_cam_m.numpy()
    found, true = bends_deg(points, index), bends_deg(truth, JOINT)
    errors = {name: float(np.abs(found[name] - true[name]).mean()) for name in true}
    lean = angle_deg(trunk(points, index), trunk(truth, JOINT))
    return errors | {"trunk": float(lean.mean())}


def fit_errors_deg(motion: Motion, scene: Scene) -> dict[str, float]:
    """Return the errors of a fitted motion."""
    return errors_deg(joints_cam_m(motion), JOINT, scene)


def raw_errors_deg(scene: Scene) -> dict[str, float]:
    """Return the errors of the 3D landmarks as they come."""
    return errors_deg(scene.landmarks.points_world_m, LANDMARK, scene)
