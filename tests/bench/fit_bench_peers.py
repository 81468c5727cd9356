"""The published fitters that ours is timed against, set up in their favour.

Both get what they are made for, exactly and without noise: the true joints, and
``smplfitter`` the vertices too, of the free body. Ours gets a detector's landmarks
of the same frames. Neither peer sees a camera, a sequence or a missing point.
"""

import os
import pickle
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from ergomesh.contract.arrays import Motion
from ergomesh.contract.skeleton import BODY_JOINTS

MOVED: Final = len(BODY_JOINTS)
PRIOR_SD_RAD: Final = 1.0
"""Of each axis-angle value in the pose prior that stands for the licensed one."""

SUBSET: Final = 1024
"""Vertices that smplfitter's README calls enough for a fit of high quality."""

BATCH: Final = 256
"""Frames that smplfitter is given at once: faster on two cores than 64 or 16."""


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Work in a folder: keypoints2body reads ``./data/models``."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


class Keypoints2Body:
    """PyPI ``keypoints2body``: LBFGS on 3D joints, one frame after the other."""

    def __init__(self, body_file: Path, folder: Path) -> None:
        models = folder / "data" / "models"
        (models / "smplx").mkdir(parents=True)
        (models / "smplx" / "SMPLX_NEUTRAL.npz").symlink_to(body_file)
        self._folder = folder
        self._write_prior(models / "gmm_08.pkl")
        self._write_mean(models / "neutral_smpl_mean_params.h5")
        with _inside(folder):
            self._model = import_module("smplx").create(
                "data/models", model_type="smplx", ext="npz", use_pca=False
            )

    @staticmethod
    def _write_prior(path: Path) -> None:
        """Write a wide mixture of our own: eight equal round Gaussians."""
        size = 3 * (MOVED - 1)
        mixture = {
            "means": np.zeros((8, size)),
            "covars": np.stack([PRIOR_SD_RAD**2 * np.eye(size)] * 8),
            "weights": np.full(8, 1 / 8),
        }
        path.write_bytes(pickle.dumps(mixture))

    @staticmethod
    def _write_mean(path: Path) -> None:
        with import_module("h5py").File(path, "w") as file:
            file["pose"] = np.zeros(3 * MOVED)
            file["shape"] = np.zeros(10)

    def seconds(self, joints_m: NDArray[np.float64]) -> float:
        """Return the time for the joints of some frames, (T, 22, 3).

        The shape is not sought, which saves most of the time before the first frame.
        """
        config = {"use_shape_optimization": False}
        fit = import_module("keypoints2body").optimize_params_sequence
        with _inside(self._folder):
            started_s = time.perf_counter()
            fit(joints_m, joint_layout="AMASS", model=self._model, config=config)
            return time.perf_counter() - started_s

    def frame_s(self, joints_m: NDArray[np.float64]) -> float:
        """Return the time of a frame after the first, which takes thrice the steps."""
        # The first call of all warms up: it takes longer than several frames.
        first = min(self.seconds(joints_m[:1]) for _ in range(2))
        return (self.seconds(joints_m) - first) / (len(joints_m) - 1)


@dataclass(frozen=True, kw_only=True)
class _Targets:
    """What smplfitter fits to."""

    vertices: torch.Tensor
    joints: torch.Tensor


class SmplFitter:
    """PyPI ``smplfitter``: rotations and shape in closed form from a mesh."""

    def __init__(self, body_file: Path, folder: Path, subset: int | None) -> None:
        root = folder / "smplx"
        root.mkdir(parents=True)
        (root / "SMPLX_NEUTRAL.npz").symlink_to(body_file)
        np.save(root / "kid_template.npy", np.zeros(1))
        library: Any = import_module("smplfitter.pt")
        options = self._vertices(body_file, subset)
        self._model = library.BodyModel(
            "smplx", "neutral", model_root=str(root), num_betas=10, **options
        )
        self._fitter = library.BodyFitter(self._model)

    @staticmethod
    def _vertices(body_file: Path, subset: int | None) -> dict[str, Any]:
        """Return the options that choose every so many-th vertex, and no faces."""
        if subset is None:
            return {}
        with np.load(body_file, allow_pickle=False) as body:
            count, regressor = len(body["v_template"]), body["J_regressor"]
        rows = np.linspace(0, count - 1, subset).astype(np.int64)
        return {
            "vertex_subset": rows,
            "faces": np.zeros((0, 3), dtype=np.int64),
            "joint_regressor_post_lbs": regressor[:, rows],
        }

    def targets(self, motion: Motion) -> _Targets:
        """Return the mesh and the joints of a motion's first batch."""
        poses, trans = motion.poses[:BATCH], motion.trans[:BATCH]
        with torch.inference_mode():
            mesh = self._model(
                torch.from_numpy(poses).float(),
                torch.from_numpy(motion.betas).float().expand(len(poses), -1),
                torch.from_numpy(trans).float(),
            )
        return _Targets(vertices=mesh["vertices"], joints=mesh["joints"])

    def seconds(self, targets: _Targets) -> float:
        """Return the time to fit a batch, with one iteration as is its default."""
        with torch.inference_mode():
            started_s = time.perf_counter()
            self._fitter.fit(
                targets.vertices, targets.joints, requested_keys=["pose_rotvecs"]
            )
            return time.perf_counter() - started_s
