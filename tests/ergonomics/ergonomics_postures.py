"""Bodies in known postures, by forward kinematics of a plain skeleton.

Axes x left, y up, z forward; rest pose: T, palms down, as SMPL-X. Its trunk line
leans back a little on purpose: the angles have to take the rest pose as upright.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from ergomesh.contract.arrays import PACKED_COVARIANCE, TANGENTS, FloatArray, Motion
from ergomesh.contract.clip import ClipInfo, TimeRange
from ergomesh.contract.job import TaskFacts
from ergomesh.contract.skeleton import (
    BODY_JOINTS,
    JOINT,
    PARENTS,
    SIDES,
    SMPLX_JOINTS,
    mirrored,
)
from ergomesh.ergonomics.core.angles import (
    ANGLE_NAMES,
    INTERNAL_ANGLES,
    Angles,
    joint_angles,
)
from ergomesh.ergonomics.core.scores import Scores, score_motion
from ergomesh.ergonomics.core.series import Posture
from ergomesh.ergonomics.core.support import FootLift

MOVED = len(BODY_JOINTS)

Rotvec = tuple[float, float, float]
Pose = dict[str, Rotvec]
"""Joint name → axis-angle in degrees, in the parent's axes."""

_MIDDLE: dict[str, Rotvec] = {
    "pelvis": (0, 0, 0),
    "spine1": (0, 0.11, -0.02),
    "spine2": (0, 0.13, 0.01),
    "spine3": (0, 0.06, 0.02),
    "neck": (0, 0.21, -0.04),
    "head": (0, 0.08, 0.03),
    "jaw": (0, 0.02, 0.03),
}
_LEFT: dict[str, Rotvec] = {
    "hip": (0.06, -0.09, -0.01),
    "knee": (0, -0.39, 0),
    "ankle": (0, -0.42, 0),
    "foot": (0.03, -0.06, 0.12),
    "collar": (0.05, 0.12, -0.02),
    "shoulder": (0.12, 0.03, -0.01),
    "elbow": (0.26, 0, 0),
    "wrist": (0.25, 0, 0),
    "eye": (0.03, 0.06, 0.07),
}
_FINGERS = {"index": 0.03, "middle": 0.01, "ring": -0.01, "pinky": -0.03}


def rest_offsets_m() -> FloatArray:
    """Return (55, 3) each joint from its parent in the rest pose."""
    offsets = dict(_MIDDLE)
    for sign, side in zip((1, -1), SIDES, strict=True):
        bones = dict(_LEFT)
        for finger, ahead in _FINGERS.items():
            bones |= {f"{finger}1": (0.09, 0, ahead)}
            bones |= {f"{finger}{k}": (0.03, 0, 0) for k in (2, 3)}
        bones |= {f"thumb{k}": (0.03, 0, 0.02) for k in (1, 2, 3)}
        offsets |= {f"{side}_{n}": (sign * x, y, z) for n, (x, y, z) in bones.items()}
    return np.array([offsets[name] for name in SMPLX_JOINTS])


def rotmat(rotvec_deg: Sequence[float]) -> FloatArray:
    """Return the rotation of an axis-angle in degrees, the schoolbook way."""
    rotvec = np.radians(np.asarray(rotvec_deg, dtype=np.float64))
    angle = float(np.linalg.norm(rotvec))
    if angle == 0:
        return np.eye(3)
    x, y, z = rotvec / angle
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turned: FloatArray = np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew
    return np.eye(3) + turned


def joints_of(pose: Pose) -> FloatArray:
    """Return (55, 3) joints of a pose, the pelvis at (0, 1, 0)."""
    offsets = rest_offsets_m()
    turned: list[FloatArray] = []
    points: list[FloatArray] = []
    for j, name in enumerate(SMPLX_JOINTS):
        parent = PARENTS[j]
        local = rotmat(pose.get(name, (0.0, 0.0, 0.0)))
        if parent < 0:
            turned.append(local)
            points.append(np.array([0.0, 1.0, 0.0]))
        else:
            points.append(points[parent] + turned[parent] @ offsets[j])
            turned.append(turned[parent] @ local)
    return np.array(points)


def motion_of(
    poses: Sequence[Pose],
    *,
    rate_hz: float = 10.0,
    joint_sd_m: float = 0.0,
    pose_sd_rad: float = 0.0,
    gravity_sd_deg: float = 0.0,
) -> Motion:
    """Return a motion with one frame per pose, everything observed."""
    n, joints = len(poses), len(SMPLX_JOINTS)
    rotvec = np.zeros((n, joints, 3))
    for t, pose in enumerate(poses):
        for name, value in pose.items():
            rotvec[t, JOINT[name]] = np.radians(value)
    points = np.array([joints_of(pose) for pose in poses]).reshape(n, joints, 3)
    return Motion(
        poses=rotvec.reshape(n, 3 * joints),
        betas=np.zeros(10),
        trans=np.zeros((n, 3)),
        gender="neutral",
        mocap_frame_rate=rate_hz,
        frame=np.arange(n),
        time_s=np.arange(n) / rate_hz,
        joints_world_m=points,
        joint_names=SMPLX_JOINTS,
        rotmat_cam_world=np.diag([1.0, -1.0, -1.0]),
        trans_cam_world_m=np.array([0.0, 1.0, 4.0]),
        intrinsics=np.array([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]),
        joint_sd_m=np.full((n, joints), joint_sd_m),
        joint_observed=np.ones((n, joints), dtype=bool),
        pose_sd_rad=np.full((n, joints), pose_sd_rad),
        covariance_frame=np.zeros(0, dtype=np.int64),
        pose_covariance_rad2=np.zeros((0, PACKED_COVARIANCE)),
        gravity_sd_deg=gravity_sd_deg,
        points_px=320 + 100 * points[..., :2] * [1, -1],
        body_model="plain skeleton",
    )


def changed(motion: Motion, **arrays: object) -> Motion:
    """Return a motion with some fields replaced."""
    fields = {name: getattr(motion, name) for name in Motion.__dataclass_fields__}
    return Motion(**(fields | arrays))


def mirror_motion(motion: Motion) -> Motion:
    """Return the motion of the worker's mirror image (x negated, sides swapped)."""
    swap = [JOINT[mirrored(name)] for name in SMPLX_JOINTS]
    n = len(motion.time_s)
    rotvec = motion.poses.reshape(n, -1, 3)[:, swap] * [1, -1, -1]
    knots = len(motion.covariance_frame)
    blocks = unpacked(motion).reshape(knots, MOVED, 3, MOVED, 3)
    blocks = blocks[:, swap[:MOVED]][:, :, :, swap[:MOVED]]
    blocks = blocks * np.array([1, -1, -1])[:, None, None] * [1, -1, -1]
    return changed(
        motion,
        pose_covariance_rad2=packed(blocks.reshape(knots, TANGENTS, TANGENTS)),
        poses=rotvec.reshape(n, -1),
        joints_world_m=motion.joints_world_m[:, swap] * [-1, 1, 1],
        joint_sd_m=motion.joint_sd_m[:, swap],
        joint_observed=motion.joint_observed[:, swap],
        pose_sd_rad=motion.pose_sd_rad[:, swap],
    )


def packed(covariance: FloatArray) -> FloatArray:
    """Return the lower triangles (K, 2211) of (K, 66, 66), row by row."""
    rows = [covariance[:, k, : k + 1] for k in range(TANGENTS)]
    return np.concatenate(rows, axis=1)


def unpacked(motion: Motion) -> FloatArray:
    """Return the covariance (K, 66, 66) of a motion, entry by entry."""
    full = np.zeros((len(motion.covariance_frame), TANGENTS, TANGENTS))
    entry = 0
    for i in range(TANGENTS):
        for j in range(i + 1):
            full[:, i, j] = full[:, j, i] = motion.pose_covariance_rad2[:, entry]
            entry += 1
    return full


def unsure(motion: Motion, covariance: FloatArray) -> Motion:
    """Return the motion with the same covariance (66, 66) at every frame."""
    n = len(motion.time_s)
    every = np.tile(covariance, (n, 1, 1))
    return changed(
        motion, covariance_frame=np.arange(n), pose_covariance_rad2=packed(every)
    )


def drawn_covariance(seed: int, sd_rad: float) -> FloatArray:
    """Draw a covariance (66, 66) whose rotations go together in odd ways."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(TANGENTS, 2 * TANGENTS))
    plain = mixed @ mixed.T
    sd = np.sqrt(np.diag(plain))
    covariance: FloatArray = plain / np.outer(sd, sd) * sd_rad**2
    return covariance


def turned(motion: Motion, rotvecs: FloatArray) -> Motion:
    """Return the first frame's pose, turned a little in as many ways.

    Args:
        motion: Its first frame counts.
        rotvecs: (N, 66) rotations in the parents' frames, the contract's order.
    """
    n, count = len(rotvecs), len(motion.joint_names)
    local = _rotmats(motion.poses[0].reshape(count, 3))
    small = _rotmats(rotvecs.reshape(n, MOVED, 3))
    offsets = rest_offsets_m()
    poses = np.zeros((n, count, 3))
    rotmats: list[FloatArray] = []
    points: list[FloatArray] = []
    for j, parent in enumerate(PARENTS):
        own = np.tile(local[j], (n, 1, 1))
        own = small[:, j] @ own if j < MOVED else own
        poses[:, j] = _rotvecs(own)
        if parent < 0:
            rotmats.append(own)
            points.append(np.tile([0.0, 1.0, 0.0], (n, 1)))
        else:
            points.append(points[parent] + rotmats[parent] @ offsets[j])
            rotmats.append(rotmats[parent] @ own)
    still = motion_of([{}] * n)
    joints = np.stack(points, axis=1)
    return changed(still, poses=poses.reshape(n, -1), joints_world_m=joints)


def _rotmats(rotvecs: FloatArray) -> FloatArray:
    """Return (..., 3, 3) rotations of small or zero axis-angles, radians."""
    x, y, z = np.moveaxis(rotvecs, -1, 0)
    o = np.zeros_like(x)
    rows = np.stack([o, -z, y, z, o, -x, -y, x, o], axis=-1)
    skew = rows.reshape(*x.shape, 3, 3)
    angle = np.linalg.norm(rotvecs, axis=-1)[..., None, None]
    first = np.sinc(angle / np.pi)
    second = 0.5 * np.sinc(angle / 2 / np.pi) ** 2
    matrices: FloatArray = np.eye(3) + first * skew + second * skew @ skew
    return matrices


def _rotvecs(matrices: FloatArray) -> FloatArray:
    """Return (..., 3) radians of rotations below a half turn."""
    cosine = (np.trace(matrices, axis1=-2, axis2=-1) - 1) / 2
    angle = np.arccos(np.clip(cosine, -1, 1))[..., None]
    apart = matrices - np.swapaxes(matrices, -1, -2)
    doubled = np.stack([apart[..., 2, 1], apart[..., 0, 2], apart[..., 1, 0]], axis=-1)
    rotvecs: FloatArray = doubled / 2 / np.sinc(angle / np.pi)
    return rotvecs


def without(motion: Motion, *names: str) -> Motion:
    """Return the motion with some joints not observed."""
    seen = motion.joint_observed.copy()
    seen[:, [JOINT[name] for name in names]] = False
    return changed(motion, joint_observed=seen)


def with_gap(motion: Motion, first: int, last: int) -> Motion:
    """Return the motion without a person from frame ``first`` to before ``last``."""
    holes = {}
    for name in ("poses", "trans", "joints_world_m", "joint_sd_m", "points_px"):
        holes[name] = getattr(motion, name).copy()
        holes[name][first:last] = np.nan
    seen = motion.joint_observed.copy()
    seen[first:last] = False
    return changed(motion, joint_observed=seen, **holes)


def posture_of(**values_deg: float | FloatArray) -> Posture:
    """Return certain angles of a neutral posture (elbows at 80°), some replaced.

    There are as many frames as the longest array has values.
    """
    names = (*ANGLE_NAMES, *INTERNAL_ANGLES)
    frames = max((np.size(value) for value in values_deg.values()), default=1)
    values = np.zeros((frames, len(names)))
    values[:, [names.index(f"{side}_elbow_flexion") for side in SIDES]] = 80.0
    for name, value in values_deg.items():
        values[:, names.index(name)] = value
    sds = np.where(np.isfinite(values), 0.0, np.nan)
    still = FootLift(np.zeros(frames), np.zeros(frames))
    return Posture(Angles(names, values, sds), still)


def clip_of(motion: Motion, **facts: object) -> ClipInfo:
    """Return a clip whose pictures are the motion's frames."""
    step = float(np.median(np.diff(motion.time_s))) if len(motion.time_s) > 1 else 0.1
    duration = float(motion.time_s[-1]) + step
    span = TimeRange(index=0, start_s=0.0, end_s=duration, warmup_start_s=0.0)
    known: dict[str, object] = {
        "sha256": "0" * 64,
        "size": 1000,
        "container": "mp4",
        "codec": "h264",
        "pixel_format": "yuv420p",
        "width_px": 640,
        "height_px": 480,
        "rotation_deg": 0,
        "duration_s": duration,
        "frame_rate_hz": len(motion.time_s) / duration,
        "variable_frame_rate": False,
        "first_pts_s": 0.0,
        "frame_times_s": motion.time_s.tolist(),
        "ranges": [span],
    }
    return msgspec.convert(known | facts, ClipInfo, from_attributes=True)


ARMS_DOWN: Pose = {"left_shoulder": (0, 0, -90), "right_shoulder": (0, 0, 90)}
"""The T pose's arms turned down: they hang, palms to the thighs."""


def bent_elbow(flexion_deg: float) -> Pose:
    """Return hanging upper arms with the forearms raised forward."""
    return ARMS_DOWN | {
        "left_elbow": (0, -flexion_deg, 0),
        "right_elbow": (0, flexion_deg, 0),
    }


def flexed_arm(flexion_deg: float, side: str = "left") -> Pose:
    """Return one arm raised straight forward, the other hanging."""
    sign = 1 if side == "left" else -1
    raised = rotmat((-flexion_deg, 0, 0)) @ rotmat((0, 0, -90 * sign))
    return ARMS_DOWN | {f"{side}_shoulder": rotvec_deg(raised)}


def rotvec_deg(matrix: FloatArray) -> Rotvec:
    """Return the axis-angle in degrees of a rotation below 180°."""
    angle = np.arccos(np.clip((np.trace(matrix) - 1) / 2, -1, 1))
    axis = np.array(
        [
            matrix[2, 1] - matrix[1, 2],
            matrix[0, 2] - matrix[2, 0],
            matrix[1, 0] - matrix[0, 1],
        ]
    )
    size = np.linalg.norm(axis)
    if size == 0:
        return (0.0, 0.0, 0.0)
    x, y, z = np.degrees(angle) * axis / size
    return (float(x), float(y), float(z))


BUSY: Pose = {
    "pelvis": (35, 10, 8),
    "spine2": (10, 12, -6),
    "neck": (12, 15, 5),
    "head": (8, 10, -4),
    "left_shoulder": (20, -35, -40),
    "right_shoulder": (-10, 50, 60),
    "left_elbow": (0, -70, 0),
    "right_elbow": (0, 60, 10),
    "left_wrist": (10, 8, -25),
    "right_wrist": (-15, 5, 20),
    "left_hip": (-50, 0, 10),
    "right_hip": (-20, 0, -8),
    "left_knee": (60, 0, 0),
    "right_knee": (25, 0, 0),
}
"""Bent, turned and twisted everywhere; no angle is at a singular place."""


def scores_of(motion: Motion) -> Scores:
    """Score a motion."""
    return score_motion(motion, joint_angles(motion), TaskFacts())


def arm_raise(times_s: Sequence[float], size_px: tuple[int, int]) -> Motion:
    """Return a worker in the middle of a picture who raises an arm."""
    motion = motion_of([flexed_arm(6.0 * k) for k in range(len(times_s))])
    width, height = size_px
    joints = motion.joints_world_m[..., :2] * [-1, -1] + [0, 1]
    points = joints * height / 4 + [width / 2, height / 2]
    return changed(motion, time_s=np.array(times_s), points_px=points)
