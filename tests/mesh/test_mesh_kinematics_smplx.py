"""The smplx package as the oracle: our kinematics, and what motion.npz means."""

import shutil
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ergomesh.contract.skeleton import JOINT, SMPLX_JOINTS
from ergomesh.mesh.body_file import load_body, load_skin
from ergomesh.mesh.core.body import forward_kinematics
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.settings import FitSettings
from ergomesh.mesh.core.sites import SPECIAL_VERTICES
from mesh.mesh_official import official_arrays, write_npz
from mesh.mesh_scenes import free_body_path, made_up_motion, skinned, with_gaps
from mesh.mesh_synthetic import make_scene

smplx = pytest.importorskip(
    "smplx", reason="the oracle is not installed: pip install ergomesh-mesh[smplx]"
)

PARTS: Final = {
    "global_orient": slice(JOINT["pelvis"], JOINT["left_hip"]),
    "body_pose": slice(JOINT["left_hip"], JOINT["jaw"]),
    "jaw_pose": slice(JOINT["jaw"], JOINT["left_eye"]),
    "leye_pose": slice(JOINT["left_eye"], JOINT["right_eye"]),
    "reye_pose": slice(JOINT["right_eye"], JOINT["left_index1"]),
    "left_hand_pose": slice(JOINT["left_index1"], JOINT["right_index1"]),
    "right_hand_pose": slice(JOINT["right_index1"], len(SMPLX_JOINTS)),
}
"""Where the smplx package's arguments lie in AMASS's 165 values."""

CLOSE_M = 1e-5
COUNT = 40


IN_FOLDER: Final = Path("smplx/SMPLX_NEUTRAL.npz")
"""Where the smplx package looks for a body."""


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the free body, as a user of the smplx package has it."""
    folder = tmp_path_factory.mktemp("free")
    (folder / IN_FOLDER).parent.mkdir()
    shutil.copy(free_body_path(), folder / IN_FOLDER)
    return folder


@pytest.fixture(scope="module", params=["free", 20, 400])
def folder(
    request: pytest.FixtureRequest, free: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The free body, and bodies in SMPL-X's own layouts."""
    if request.param == "free":
        return free
    folder = tmp_path_factory.mktemp("official")
    write_npz(folder / IN_FOLDER, official_arrays(request.param))
    return folder


def oracle_output(
    path: Path, poses: NDArray[Any], betas: NDArray[Any], trans: NDArray[Any]
) -> Any:
    """Return what the smplx package makes of AMASS-style parameters.

    Args:
        path: A folder with the body where the smplx package wants it.
        poses: (T, 165).
        betas: (10,) or (T, 10).
        trans: (T, 3).
    """
    count, dtype = len(poses), torch.float64
    model = smplx.create(
        path,
        model_type="smplx",
        ext="npz",
        use_pca=False,
        flat_hand_mean=True,
        num_betas=10,
        batch_size=count,
        dtype=dtype,
    )
    turns = torch.from_numpy(poses).reshape(count, -1, 3)
    given = {name: turns[:, rows].flatten(1) for name, rows in PARTS.items()}
    shape = torch.from_numpy(np.broadcast_to(betas, (count, 10)).copy())
    with torch.no_grad():
        return model(betas=shape, transl=torch.from_numpy(trans), **given)


def test_kinematics_are_those_of_the_smplx_package(folder: Path) -> None:
    """In random poses and shapes all 55 joints are smplx's to 1e-5 m."""
    rng = np.random.default_rng(0)
    poses = rng.normal(0, 0.8, (COUNT, 165))
    betas = rng.normal(0, 1.5, (COUNT, 10))
    trans = rng.normal(0, 2, (COUNT, 3))
    expected = oracle_output(folder, poses, betas, trans).joints[:, :55].numpy()
    body = load_body(folder / IN_FOLDER)

    for frame in range(COUNT):
        (found,) = forward_kinematics(
            body,
            torch.from_numpy(poses[[frame]]).reshape(1, -1, 3),
            torch.from_numpy(betas[frame]),
            torch.from_numpy(trans[[frame]]),
        )
        assert np.abs(found.numpy() - expected[frame]).max() < CLOSE_M


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A motion.npz of the free body with a gap, as the mesh service writes it."""
    body = load_body(free_body_path())
    motion = fit(make_scene(body, seed=3).landmarks, body, FitSettings()).motion
    path = tmp_path_factory.mktemp("motion") / "motion.npz"
    path.write_bytes(with_gaps(motion, slice(20, 28)).to_npz())
    return path


def test_motion_npz_is_amass_style_smplx(saved: Path, free: Path) -> None:
    """Its poses, betas and trans in the smplx package give its own joints to 1e-5 m."""
    with np.load(saved, allow_pickle=False) as motion:
        seen = np.isfinite(motion["poses"]).all(axis=1)
        poses, trans = motion["poses"][seen], motion["trans"][seen]
        betas, joints = motion["betas"], motion["joints_world_m"][seen]
        assert str(motion["gender"]) in {"neutral", "male", "female"}
        assert float(motion["mocap_frame_rate"]) == pytest.approx(15.0)
    assert seen.sum() == 52

    found = oracle_output(free, poses, betas, trans).joints[:, :55]

    assert np.abs(found.numpy() - joints).max() < CLOSE_M


def test_the_skin_is_that_of_the_smplx_package(free: Path) -> None:
    """The surface that scene.glb is compared with is smplx's own, vertex by vertex."""
    motion, frames = made_up_motion(), [0, 40]
    poses, trans = motion.poses[frames], motion.trans[frames]
    output = oracle_output(free, poses, motion.betas, trans)
    skin = load_skin(free_body_path())

    for vertices, frame in zip(output.vertices.numpy(), frames, strict=True):
        assert np.abs(skinned(skin, motion, frame) - vertices).max() < CLOSE_M


def test_special_vertices_are_smplx_own() -> None:
    """Nose, eyes, ears, heels and toes are the smplx package's vertices, sides too."""
    theirs: dict[str, int] = smplx.vertex_ids.vertex_ids["smplx"]
    short = {"eye": "eye", "ear": "ear", "heel": "Heel", "big_toe": "BigToe"}

    for name, vertex in SPECIAL_VERTICES.items():
        side, _, part = name.partition("_")
        if not part:
            assert theirs[name] == vertex
            continue
        first = side[0] if part in {"eye", "ear"} else side[0].upper()
        assert theirs[first + short[part]] == vertex
    assert len(SPECIAL_VERTICES) == 9
