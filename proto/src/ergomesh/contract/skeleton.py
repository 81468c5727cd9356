"""Joint and landmark names, and the only place where their indices are written.

Two trees meet here: the SMPL-X kinematic tree (55 joints, order of the SMPL-X
model files) and MediaPipe's 33 pose landmarks. Everything else in ergomesh asks
for a joint by name.

Left and right are the worker's own.
"""

from typing import Final

SMPLX_JOINTS: Final[tuple[str, ...]] = (
    "pelvis",
    "left_hip",
    "right_hip",
    "spine1",
    "left_knee",
    "right_knee",
    "spine2",
    "left_ankle",
    "right_ankle",
    "spine3",
    "left_foot",
    "right_foot",
    "neck",
    "left_collar",
    "right_collar",
    "head",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "jaw",
    "left_eye",
    "right_eye",
    "left_index1",
    "left_index2",
    "left_index3",
    "left_middle1",
    "left_middle2",
    "left_middle3",
    "left_pinky1",
    "left_pinky2",
    "left_pinky3",
    "left_ring1",
    "left_ring2",
    "left_ring3",
    "left_thumb1",
    "left_thumb2",
    "left_thumb3",
    "right_index1",
    "right_index2",
    "right_index3",
    "right_middle1",
    "right_middle2",
    "right_middle3",
    "right_pinky1",
    "right_pinky2",
    "right_pinky3",
    "right_ring1",
    "right_ring2",
    "right_ring3",
    "right_thumb1",
    "right_thumb2",
    "right_thumb3",
)
"""The 55 SMPL-X joints in model-file order (smplx/joint_names.py, first 55)."""

_PARENT_NAMES: Final[dict[str, str]] = {
    "left_hip": "pelvis",
    "right_hip": "pelvis",
    "spine1": "pelvis",
    "left_knee": "left_hip",
    "right_knee": "right_hip",
    "spine2": "spine1",
    "left_ankle": "left_knee",
    "right_ankle": "right_knee",
    "spine3": "spine2",
    "left_foot": "left_ankle",
    "right_foot": "right_ankle",
    "neck": "spine3",
    "left_collar": "spine3",
    "right_collar": "spine3",
    "head": "neck",
    "left_shoulder": "left_collar",
    "right_shoulder": "right_collar",
    "left_elbow": "left_shoulder",
    "right_elbow": "right_shoulder",
    "left_wrist": "left_elbow",
    "right_wrist": "right_elbow",
    "jaw": "head",
    "left_eye": "head",
    "right_eye": "head",
} | {
    f"{side}_{finger}{k}": f"{side}_wrist" if k == 1 else f"{side}_{finger}{k - 1}"
    for side in ("left", "right")
    for finger in ("index", "middle", "pinky", "ring", "thumb")
    for k in (1, 2, 3)
}

JOINT: Final[dict[str, int]] = {name: i for i, name in enumerate(SMPLX_JOINTS)}
"""Index of each SMPL-X joint by name."""

PARENTS: Final[tuple[int, ...]] = tuple(
    -1 if name == "pelvis" else JOINT[_PARENT_NAMES[name]] for name in SMPLX_JOINTS
)
"""Parent index of each SMPL-X joint; the pelvis has -1."""

BODY_JOINTS: Final[tuple[str, ...]] = SMPLX_JOINTS[: JOINT["right_wrist"] + 1]
"""The 22 body joints that a pose estimate can move."""

LANDMARKS: Final[tuple[str, ...]] = (
    "nose",
    "left_eye_inner",
    "left_eye",
    "left_eye_outer",
    "right_eye_inner",
    "right_eye",
    "right_eye_outer",
    "left_ear",
    "right_ear",
    "left_mouth",
    "right_mouth",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_pinky",
    "right_pinky",
    "left_index",
    "right_index",
    "left_thumb",
    "right_thumb",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_heel",
    "right_heel",
    "left_foot_index",
    "right_foot_index",
)
"""MediaPipe's 33 pose landmarks in its order (PoseLandmarker model card)."""

LANDMARK: Final[dict[str, int]] = {name: i for i, name in enumerate(LANDMARKS)}
"""Index of each MediaPipe landmark by name."""

LIMB_LINKS: Final[tuple[tuple[str, str], ...]] = (
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
    *(
        link
        for side in ("left", "right")
        for link in (
            (f"{side}_shoulder", f"{side}_hip"),
            (f"{side}_shoulder", f"{side}_elbow"),
            (f"{side}_elbow", f"{side}_wrist"),
            (f"{side}_hip", f"{side}_knee"),
            (f"{side}_knee", f"{side}_ankle"),
        )
    ),
)
"""Pairs to draw as a skeleton; the names exist as joints and as landmarks."""

SIDES: Final[tuple[str, str]] = ("left", "right")


def mirrored(name: str) -> str:
    """Return the name on the other side of the body, or the name itself.

    >>> mirrored("left_wrist"), mirrored("pelvis")
    ('right_wrist', 'pelvis')
    """
    left, right = SIDES
    if name.startswith(f"{left}_"):
        return right + name.removeprefix(left)
    if name.startswith(f"{right}_"):
        return left + name.removeprefix(right)
    return name
