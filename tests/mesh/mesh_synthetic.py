"""A made-up person, camera and landmark detector, so that the truth is known.

The body is an SMPL-X-format file with 10475 vertices of which only joints and
special vertices mean anything. Segment lengths follow Drillis and Contini's
ratios (Winter, "Biomechanics and Motor Control of Human Movement", 2009, fig.
4.1) for 1.72 m; it is symmetric.
"""

import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.skeleton import (
    BODY_JOINTS,
    JOINT,
    LANDMARK,
    LANDMARKS,
    PARENTS,
    SIDES,
    SMPLX_JOINTS,
    mirrored,
)
from ergomesh.mesh.body_file import load_body
from ergomesh.mesh.core.body import BodyModel, Placed, Rig, State, place
from ergomesh.mesh.core.camera import view_rotmats
from ergomesh.mesh.core.posture import PosturePrior
from ergomesh.mesh.core.rotations import rotvec_to_rotmat
from ergomesh.mesh.core.shape import SHARED
from ergomesh.mesh.core.sites import HIP_SITES, SITES, SPECIAL_VERTICES

Array = NDArray[np.float64]

VERTICES = 10475
FIRST_JOINT_VERTEX = 1000
WIDTH_PX, HEIGHT_PX = 1280, 720
FOCAL_PX = 1150.0

_CENTRE_M: dict[str, tuple[float, float, float]] = {
    "pelvis": (0.0, 0.96, 0.0),
    "spine1": (0.0, 1.06, -0.02),
    "spine2": (0.0, 1.18, 0.0),
    "spine3": (0.0, 1.25, 0.0),
    "neck": (0.0, 1.42, -0.02),
    "head": (0.0, 1.52, 0.0),
    "jaw": (0.0, 1.5, 0.02),
    "nose": (0.0, 1.54, 0.11),
}
_LEFT_M: dict[str, tuple[float, float, float]] = {
    "hip": (0.065, 0.9, 0.0),
    "knee": (0.085, 0.49, 0.0),
    "ankle": (0.09, 0.075, -0.02),
    "foot": (0.1, 0.03, 0.1),
    "collar": (0.06, 1.36, -0.01),
    "shoulder": (0.175, 1.38, -0.02),
    "elbow": (0.44, 1.36, -0.03),
    "wrist": (0.69, 1.37, -0.02),
    "eye": (0.03, 1.57, 0.085),
    "ear": (0.07, 1.55, 0.01),
    "heel": (0.09, 0.02, -0.07),
    "big_toe": (0.1, 0.02, 0.19),
}
_FINGERS_Z_M = {"index": 0.03, "middle": 0.0, "ring": -0.02, "pinky": -0.045}


def _points() -> dict[str, Array]:
    """Return rest positions of joints and special vertices by name."""
    left = dict(_LEFT_M)
    for finger, z in _FINGERS_Z_M.items():
        for k in (1, 2, 3):
            left[f"{finger}{k}"] = (0.76 + 0.03 * k, 1.37, -0.02 + z)
    for k in (1, 2, 3):
        left[f"thumb{k}"] = (0.7 + 0.03 * k, 1.36, 0.01 + 0.02 * k)
    points = {name: np.array(xyz) for name, xyz in _CENTRE_M.items()}
    for name, xyz in left.items():
        points[f"left_{name}"] = np.array(xyz)
        points[f"right_{name}"] = np.array(xyz) * (-1, 1, 1)
    return points


def _shape_dirs(p: Array) -> Array:
    """Return (3, 10): symmetric, continuous ways in which people differ."""
    x, y, z = p
    out = np.sign(x) * max(abs(x) - 0.175, 0.0)
    near = np.clip(x, -0.175, 0.175)
    trunk = float(np.clip(y - 0.96, 0.0, 0.46))
    leg, shank = min(y - 0.96, 0.0), min(y - 0.49, 0.0)
    head = max(y - 1.42, 0.0)
    zero = 0.0
    columns = [
        (0.04 * x, 0.04 * (y - 0.96), 0.04 * z),
        (zero, 0.04 * leg, zero),
        (0.05 * near, zero, zero),
        (0.05 * out, zero, zero),
        (zero, 0.05 * trunk, zero),
        (zero, 0.05 * head, zero),
        (zero, zero, 0.05 * z),
        (zero, 0.04 * shank, zero),
        (0.05 * near if y < 1.0 else zero, zero, zero),
        (0.02 * out, zero, 0.02 * z),
    ]
    return np.array(columns).T


def body_arrays() -> dict[str, NDArray[np.generic]]:
    """Return the arrays of the body file."""
    points = _points()
    template, dirs = np.zeros((VERTICES, 3)), np.zeros((VERTICES, 3, 10))
    regressor = np.zeros((len(SMPLX_JOINTS), VERTICES))
    ids = {n: FIRST_JOINT_VERTEX + JOINT[n] for n in SMPLX_JOINTS} | SPECIAL_VERTICES
    for name, vertex in ids.items():
        template[vertex], dirs[vertex] = points[name], _shape_dirs(points[name])
    for joint in SMPLX_JOINTS:
        regressor[JOINT[joint], ids[joint]] = 1
    parents = np.array(PARENTS, dtype=np.int64) % 2**32
    tree = np.stack((parents, np.arange(len(PARENTS)))).astype(np.uint32)
    return {
        "v_template": template,
        "shapedirs": dirs,
        "J_regressor": regressor,
        "kintree_table": tree,
    }


def write_body(path: Path) -> Path:
    """Write the body file."""
    path.write_bytes(npz_bytes(body_arrays()))
    return path


def synthetic_body(folder: Path) -> BodyModel:
    """Return the body, read back from a file in a folder."""
    return load_body(write_body(folder / "synthetic.npz"))


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A true motion and what a detector made of it."""

    body: BodyModel
    state: State
    placed: Placed
    landmarks: Landmarks
    up_cam: Array


@dataclass(frozen=True, kw_only=True)
class Detector:
    """How landmarks err: MediaPipe-like by default (mesh.md §2.3)."""

    pixel_sd: float = 3.0
    outlier_share: float = 0.03
    outlier_px: float = 60.0
    world_scale: float = 0.95
    world_bias_m: tuple[float, float, float] = (0.015, 0.015, 0.05)
    world_noise_m: float = 0.01


PERFECT = Detector(
    pixel_sd=0.0,
    outlier_share=0.0,
    world_scale=1.0,
    world_bias_m=(0.0, 0.0, 0.0),
    world_noise_m=0.0,
)


def _waves(rng: np.random.Generator, time_s: Array, shape: tuple[int, ...]) -> Array:
    """Return (T, *shape) smooth noise of about unit size: 0.1-0.6 Hz."""
    total = np.zeros((len(time_s), *shape))
    for _ in range(3):
        hertz, phase = rng.uniform(0.1, 0.6, shape), rng.uniform(0, 2 * np.pi, shape)
        angle = 2 * np.pi * hertz * time_s.reshape(-1, *[1] * len(shape)) + phase
        total += rng.normal(0, 0.6, shape) * np.sin(angle)
    return total


def _poses(rng: np.random.Generator, time_s: Array) -> Tensor:
    """Return (T, J - 1, 3, 3) poses inside the limits."""
    like = torch.zeros((), dtype=torch.float64)
    prior = PosturePrior.of(like)
    joints = len(BODY_JOINTS) - 1
    wave = torch.from_numpy(_waves(rng, time_s, (joints, 3)))
    coords = prior.mean + 0.7 * prior.sd * wave
    coords = torch.clamp(coords, 0.8 * prior.low, 0.8 * prior.high)
    twist = (coords * prior.bone).sum(-1, keepdim=True) * prior.bone
    return rotvec_to_rotmat(coords - twist) @ rotvec_to_rotmat(twist)


def true_state(seed: int, time_s: Array, pitch_rad: float = 0.3) -> tuple[State, Array]:
    """Return a motion in front of a tilted camera, and the true vertical."""
    rng = np.random.default_rng(seed)
    count = len(time_s)
    turn = rng.uniform(-0.9, 0.9) + 0.4 * _waves(rng, time_s, (1,))
    yaw = torch.from_numpy(np.concatenate([0 * turn, turn, 0 * turn], -1))
    lean = torch.from_numpy(0.08 * _waves(rng, time_s, (3,)))
    facing = torch.diag(torch.tensor((1.0, -1.0, -1.0), dtype=torch.float64))
    tilt = rotvec_to_rotmat(torch.tensor((pitch_rad, 0.0, 0.0), dtype=torch.float64))
    root = tilt @ facing @ rotvec_to_rotmat(yaw) @ rotvec_to_rotmat(lean)
    rotmats = torch.cat((root[:, None], _poses(rng, time_s)), 1)
    walk = torch.from_numpy(_waves(rng, time_s, (3,)))
    place_m = walk * torch.tensor((0.25, 0.04, 0.25)) + torch.tensor((0.1, 0.1, 3.8))
    shared = torch.zeros(SHARED, dtype=torch.float64)
    shared[:10] = torch.from_numpy(rng.normal(0, 0.7, 10))
    up = tilt @ torch.tensor((0.0, -1.0, 0.0), dtype=torch.float64)
    assert len(rotmats) == count
    return State(rotmats=rotmats, root_cam_m=place_m, shared=shared), up.numpy()


def make_scene(
    body: BodyModel,
    seed: int = 0,
    frames: int = 60,
    rate_hz: float = 15.0,
    detector: Detector | None = None,
    aside_m: float = 0.0,
) -> Scene:
    """Return a random motion, some way to the right, seen by a detector."""
    time_s = np.arange(frames) / rate_hz
    state, up = true_state(seed, time_s)
    aside = torch.tensor((aside_m, 0.0, 0.0), dtype=torch.float64)
    state = replace(state, root_cam_m=state.root_cam_m + aside)
    placed = place(Rig.of(body, state.root_cam_m), state)
    rng = np.random.default_rng(seed + 1)
    landmarks = detect(placed, time_s, rng, detector or Detector())
    return Scene(body=body, state=state, placed=placed, landmarks=landmarks, up_cam=up)


def detect(
    placed: Placed, time_s: Array, rng: np.random.Generator, detector: Detector
) -> Landmarks:
    """Return landmarks as the detector sees a body."""
    count, rows = len(time_s), [LANDMARK[site.landmark] for site in SITES]
    centre = np.array((WIDTH_PX, HEIGHT_PX)) / 2
    cam = placed.sites_cam_m.numpy()
    pixels = centre + FOCAL_PX * cam[..., :2] / cam[..., 2:]
    hips = torch.from_numpy(pixels[:, HIP_SITES].mean(1))
    ray = view_rotmats(hips, torch.tensor(FOCAL_PX), torch.from_numpy(centre)).numpy()
    world = (cam - cam[:, HIP_SITES].mean(1, keepdims=True)) @ ray
    bias = np.array(detector.world_bias_m)
    slow = bias * (
        rng.normal(size=world.shape[1:]) + _waves(rng, time_s, world.shape[1:])
    )
    world = detector.world_scale * world + slow * 0.7
    world = world + rng.normal(0, 1, world.shape) * detector.world_noise_m
    world -= world[:, HIP_SITES].mean(1, keepdims=True)
    pixels = pixels + rng.normal(0, 1, pixels.shape) * detector.pixel_sd
    wild = rng.random(pixels.shape[:2]) < detector.outlier_share
    throw = rng.normal(0, 1, pixels.shape) * detector.outlier_px
    pixels = np.where(wild[..., None], pixels + throw, pixels)
    full_px = np.full((count, len(LANDMARKS), 2), np.nan)
    full_world = np.full((count, len(LANDMARKS), 3), np.nan)
    full_px[:, rows], full_world[:, rows] = pixels, world
    return Landmarks(
        frame=np.arange(count),
        time_s=time_s,
        points_px=full_px,
        depth_px=np.zeros((count, len(LANDMARKS))),
        points_world_m=full_world,
        visibility=np.ones((count, len(LANDMARKS))),
        presence=np.ones((count, len(LANDMARKS))),
        detected=np.ones(count, dtype=np.bool_),
        size_px=np.array((WIDTH_PX, HEIGHT_PX)),
        background_lines_px=np.zeros((0, 4)),
        model="synthetic",
    )


def mirror_landmarks(landmarks: Landmarks) -> Landmarks:
    """Return what a camera behind a mirror would see."""
    swap = [LANDMARK[mirrored(name)] for name in LANDMARKS]
    points = landmarks.points_px[:, swap] * (-1, 1) + (landmarks.size_px[0], 0)
    world = landmarks.points_world_m[:, swap] * (-1, 1, 1)
    return replace(landmarks, points_px=points, points_world_m=world)


def npz_bytes(arrays: dict[str, NDArray[np.generic]]) -> bytes:
    """Return arrays as npz bytes."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]  # the stub's last keyword
    return buffer.getvalue()


assert SIDES == ("left", "right")
