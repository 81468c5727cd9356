"""The baseline: MediaPipe's 33 world landmarks taken at their word.

That is what most tools do: the landmarks are the joints, and the camera is level.
The baseline gets the same definitions of the angles as everybody, and some things
that a plain user does not have:

- the rest pose of the mean body, so that a head held level reads 0 and not the
  slope of the line from ears to eyes;
- which frames are a walk, so that steps are not scored as standing on one leg;
- in a second, more generous reading, the true vertical.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from bench.accuracy.measured import CENTRES, Measured, centred, levels_of
from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Landmarks
from ergomesh.contract.job import TaskFacts
from ergomesh.contract.skeleton import JOINT, LANDMARK, SIDES
from ergomesh.ergonomics.core.angles import Angles, body_angles
from ergomesh.ergonomics.core.body import SIDE_JOINTS, Body
from ergomesh.ergonomics.core.facts import Facts, resolve_facts
from ergomesh.ergonomics.core.geometry import frame, matmul, transpose
from ergomesh.ergonomics.core.reba import score_reba
from ergomesh.ergonomics.core.rula import score_rula
from ergomesh.ergonomics.core.series import MethodScores, Posture, spread
from ergomesh.ergonomics.core.support import FootLift
from ergomesh.ergonomics.core.tables import Method
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS, Thresholds
from ergomesh.mesh.core.body import BodyModel
from ergomesh.mesh.core.sites import SPECIAL_VERTICES

Scorer = Callable[[Posture, Facts, Thresholds], MethodScores]

LEVEL_UP_CAM: Final = (0.0, -1.0, 0.0)
"""Upwards for a level camera: against y of the picture."""

_HAND: Final = {"index1": "index", "pinky1": "pinky"}
"""The knuckles are landmarks under other names."""

_LANDMARK_OF: Final = {
    f"{side}_{name}": f"{side}_{_HAND.get(name, name)}"
    for side in SIDES
    for name in SIDE_JOINTS
}

_FACE: Final = ("nose", "left_eye", "right_eye")
_SCORERS: Final[dict[Method, Scorer]] = {"rula": score_rula, "reba": score_reba}


def rest_landmarks_m(body: BodyModel) -> dict[str, FloatArray]:
    """Return landmark name → (3,) where the mean body has it at rest."""
    joints = body.joints_m.cpu().numpy().astype(np.float64)
    vertices = body.vertices_m.cpu().numpy().astype(np.float64)
    rest = {
        landmark: joints[JOINT[joint]] - joints[JOINT["pelvis"]]
        for joint, landmark in _LANDMARK_OF.items()
    }
    return rest | {
        name: vertices[row] - joints[JOINT["pelvis"]]
        for row, name in enumerate(SPECIAL_VERTICES)
        if name in LANDMARK
    }


def measure_raw(
    landmarks: Landmarks,
    rest_m: Mapping[str, FloatArray],
    task: TaskFacts,
    *,
    walking: BoolArray,
    up_cam: FloatArray | None = None,
) -> Measured:
    """Take everything that is compared from raw world landmarks.

    Args:
        landmarks: As the landmark model gave them.
        rest_m: Of :func:`rest_landmarks_m`.
        task: Facts about the work.
        walking: (T,) frames that are truly a walk.
        up_cam: (3,) the true vertical; ``None`` takes the camera for level.
    """
    up = np.asarray(LEVEL_UP_CAM if up_cam is None else up_cam)
    rotmat_world_cam = _world_axes(up)
    world_m = landmarks.points_world_m @ rotmat_world_cam.T
    body = raw_body(world_m, rest_m)
    angles = body_angles(body)
    ankle = {side: body.points[f"{side}_ankle"][1] for side in SIDES}
    height = np.subtract(*(ankle[side] for side in SIDES))
    levels = _levels(angles, np.where(walking, 0.0, height), landmarks, task)
    return Measured(
        frame=landmarks.frame,
        time_s=landmarks.time_s,
        angles=angles,
        guessed_deg=angles.values_deg,
        levels=levels,
        guessed=levels,
        joints_m=centred(
            landmarks.points_world_m[:, [LANDMARK[name] for name in CENTRES]]
        ),
        up_cam=up if up_cam is None else None,
        focal_px=None,
    )


def _world_axes(up_cam: FloatArray) -> FloatArray:
    """Return (3, 3) world from camera, y up: only the vertical matters to angles."""
    y = up_cam / np.linalg.norm(up_cam)
    sideways = np.array([1.0, 0.0, 0.0]) - y[0] * y
    x = sideways / np.linalg.norm(sideways)
    return np.stack([x, y, np.cross(x, y)])


def raw_body(points_m: FloatArray, rest_m: Mapping[str, FloatArray]) -> Body:
    """Take landmarks for joints.

    Args:
        points_m: (T, 33, 3) in a world with y up.
        rest_m: Landmark name → (3,) at rest.
    """
    seen = {name: points_m[:, row].T for name, row in LANDMARK.items()}
    frames = len(points_m)
    turn = _head(rest_m)
    head = matmul(_head(seen), np.repeat(transpose(turn)[..., None], frames, axis=2))
    return Body(
        points={joint: seen[name] for joint, name in _LANDMARK_OF.items()},
        observed={joint: _known(seen[name]) for joint, name in _LANDMARK_OF.items()}
        | {"head": _known(seen["nose"])},
        rest={joint: rest_m[name] for joint, name in _LANDMARK_OF.items()},
        head_up=head[:, 1],
        head_left=head[:, 0],
    )


def _head(points: Mapping[str, FloatArray]) -> FloatArray:
    """Return (3, 3, ...) axes of the head: left by the ears, ahead to the face."""
    left_ear, right_ear = (points[f"{side}_ear"] for side in SIDES)
    face = np.mean([points[name] for name in _FACE], axis=0)
    left = left_ear - right_ear
    ahead = face - 0.5 * (left_ear + right_ear)
    return frame(np.cross(ahead, left, axis=0), left)


def _known(point: FloatArray) -> BoolArray:
    return np.asarray(np.isfinite(point).all(axis=0))


def _levels(
    angles: Angles, height_m: FloatArray, landmarks: Landmarks, task: TaskFacts
) -> dict[Method, IntArray]:
    """Return the action levels of every method, as :class:`Measured` holds them."""
    facts, _ = resolve_facts(task)
    present = landmarks.detected
    posture = Posture(
        Angles(angles.names, angles.values_deg[present], angles.sd_deg[present]),
        FootLift(height_m[present], np.zeros(int(present.sum()))),
    )
    return {
        method: levels_of(spread(score(posture, facts, DEFAULT_THRESHOLDS), present))
        for method, score in _SCORERS.items()
    }
