"""The exact motion of a scene, as the contract's ``Motion``."""

import numpy as np

from bench.workers.cameras import Camera
from bench.workers.perform import Performance
from bench.workers.rotations import rotvec
from ergomesh.contract.arrays import PACKED_COVARIANCE, Motion
from ergomesh.contract.skeleton import JOINT, SMPLX_JOINTS


def truth_of(performed: Performance, camera: Camera, body_model: str) -> Motion:
    """Return what really happened, with no uncertainty.

    Args:
        performed: The body in motion.
        camera: Who looked.
        body_model: Name of the body's file.
    """
    frames, joints = performed.joints_m.shape[:2]
    pelvis = performed.joints_m[:, JOINT["pelvis"]]
    origin = pelvis[0] * [1.0, 0.0, 1.0]
    rate = 1.0 / float(np.diff(performed.times_s).mean())
    return Motion(
        poses=rotvec(performed.local).reshape(frames, 3 * joints),
        betas=performed.figure.betas,
        trans=pelvis - origin - performed.figure.joints_m[JOINT["pelvis"]],
        gender="neutral",
        mocap_frame_rate=rate,
        frame=np.arange(frames),
        time_s=performed.times_s,
        joints_world_m=performed.joints_m - origin,
        joint_names=SMPLX_JOINTS,
        rotmat_cam_world=camera.rotmat,
        trans_cam_world_m=camera.trans_m + camera.rotmat @ origin,
        intrinsics=camera.intrinsics,
        joint_sd_m=np.zeros((frames, joints)),
        joint_observed=np.ones((frames, joints), dtype=bool),
        pose_sd_rad=np.zeros((frames, joints)),
        covariance_frame=np.zeros(0, dtype=np.int64),
        pose_covariance_rad2=np.zeros((0, PACKED_COVARIANCE)),
        gravity_sd_deg=0.0,
        points_px=camera.project(performed.joints_m),
        body_model=body_model,
    )
