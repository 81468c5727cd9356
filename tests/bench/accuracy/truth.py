"""The exact motion of a clip, at the frames that were analysed."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench.accuracy.measured import rows_of
from ergomesh.contract.arrays import IntArray, Motion

_PER_FRAME: Final = (
    "poses",
    "trans",
    "frame",
    "time_s",
    "joints_world_m",
    "joint_sd_m",
    "joint_observed",
    "pose_sd_rad",
    "points_px",
)


def read_truth(path: Path) -> Motion:
    """Read ``<scene>.truth.npz``: a motion with one row per source frame."""
    return Motion.from_npz(path.read_bytes())


def at_frames(motion: Motion, frames: IntArray) -> Motion:
    """Return some frames of a motion, without covariances.

    Args:
        motion: One row per source frame.
        frames: Ascending source frames.

    Raises:
        LookupError: When a frame is missing.
    """
    rows = rows_of(motion.frame, frames)
    picked: dict[str, Any] = {name: getattr(motion, name)[rows] for name in _PER_FRAME}
    return replace(
        motion,
        **picked,
        covariance_frame=motion.covariance_frame[:0],
        pose_covariance_rad2=motion.pose_covariance_rad2[:0],
    )
