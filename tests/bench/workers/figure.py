"""The figure: the free body of one shape, as the benchmark animates and paints it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.workers.rotations import apply
from ergomesh.contract.arrays import FloatArray, IntArray
from ergomesh.contract.skeleton import JOINT, PARENTS, SIDES

BODY_FILE: Final = Path("body/ergomesh_free_body.npz")
"""The free body, below the models folder."""

BETAS: Final = 10

SOLE_M: Final = 0.012
"""Thickness of a work shoe's sole below the bare foot."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodyData:
    """The free body's file, read once."""

    template_m: FloatArray
    """(V, 3) skin of the mean shape in T-pose."""
    dirs_m: FloatArray
    """(V, 3, 10) change by one unit of each shape component."""
    regressor: FloatArray
    """(55, V) joints from skin."""
    weights: FloatArray
    """(V, 55) skin weights."""
    faces: IntArray
    """(F, 3) triangles."""
    face_marks: IntArray
    """(51,) a vertex of each of SMPL-X's static face landmarks."""
    name: str
    """File name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figure:
    """One person at rest: T-pose, pelvis near the origin, y up, z ahead."""

    betas: FloatArray
    """(10,)."""
    skin_m: FloatArray
    """(V, 3)."""
    joints_m: FloatArray
    """(55, 3)."""
    scale: float
    """Leg length against the mean body's: authored places are multiplied by it."""
    sole_m: float
    """Height of the floor at rest: below the lowest vertex by the shoe's sole."""

    def bone_m(self, joint: str) -> FloatArray:
        """Return (3,) from a joint's parent to the joint at rest."""
        index = JOINT[joint]
        bone: FloatArray = self.joints_m[index] - self.joints_m[PARENTS[index]]
        return bone

    def above_floor_m(self, joint: str) -> float:
        """Return a joint's height over the floor at rest."""
        return float(self.joints_m[JOINT[joint], 1] - self.sole_m)


def read_body(models_dir: Path) -> BodyData:
    """Read the free body below the models folder.

    Raises:
        FileNotFoundError: When it was not built: run ``make setup``.
    """
    path = models_dir / BODY_FILE
    if not path.is_file():
        msg = f"There is no free body at {path}: run `make setup` to build it."
        raise FileNotFoundError(msg)
    with np.load(path, allow_pickle=False) as data:
        faces = data["f"].astype(np.int64)
        corner = data["lmk_bary_coords"].argmax(axis=1)
        return BodyData(
            template_m=data["v_template"].astype(np.float64),
            dirs_m=data["shapedirs"][..., :BETAS].astype(np.float64),
            regressor=data["J_regressor"].astype(np.float64),
            weights=data["weights"].astype(np.float64),
            faces=faces,
            face_marks=faces[data["lmk_faces_idx"], corner],
            name=path.name,
        )


def figure_of(body: BodyData, betas: FloatArray) -> Figure:
    """Return the body of a shape (10,)."""
    skin = body.template_m + body.dirs_m @ betas
    joints = body.regressor @ skin
    mean = body.regressor @ body.template_m
    return Figure(
        betas=betas,
        skin_m=skin,
        joints_m=joints,
        scale=_leg_m(joints) / _leg_m(mean),
        sole_m=float(skin[:, 1].min()) - SOLE_M,
    )


def _leg_m(joints_m: FloatArray) -> float:
    """Return the mean length from hip to ankle."""
    ends = [joints_m[[JOINT[f"{side}_hip"], JOINT[f"{side}_ankle"]]] for side in SIDES]
    return float(np.mean([np.linalg.norm(hip - ankle) for hip, ankle in ends]))


def walk_tree(
    locals_rotmat: FloatArray, figure: Figure, root_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Walk the kinematic tree from the pelvis out.

    Args:
        locals_rotmat: (T, 55, 3, 3) parent from joint; the root's is world from root.
        figure: The person.
        root_m: (T, 3) the pelvis joint in the world.

    Returns:
        (T, 55, 3, 3) world from joint, and (T, 55, 3) joints in the world.
    """
    rotmats = np.empty_like(locals_rotmat)
    places = np.empty(locals_rotmat.shape[:-1])
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            rotmats[:, joint], places[:, joint] = locals_rotmat[:, joint], root_m
            continue
        bone = figure.joints_m[joint] - figure.joints_m[parent]
        rotmats[:, joint] = rotmats[:, parent] @ locals_rotmat[:, joint]
        places[:, joint] = places[:, parent] + apply(rotmats[:, parent], bone)
    return rotmats, places
