"""A made-up body in the layout of SMPL-X's own files, pickles and all.

Keys, shapes and types are those of the npz files of SMPL-X v1.1 as smplx 0.1.28 reads
them; the numbers are ours (``mesh_synthetic``), for the real ones are not free.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesh.mesh_synthetic import VERTICES, body_arrays

FACES = 20_908
JOINTS = 55
FEWEST = 20
"""Components of the smaller files: 10 of shape, 10 of expression."""


def official_arrays(components: int = FEWEST) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file with so many components of shape and expression."""
    rng = np.random.default_rng(0)
    arrays: dict[str, NDArray[Any]] = dict(body_arrays())
    dirs = np.full((VERTICES, 3, components), 1e-3, np.float32)
    dirs[..., :10] = arrays["shapedirs"]
    # A cloud about the joints, so that triangles have an area.
    template = arrays["v_template"] + rng.normal(0, 1e-3, (VERTICES, 3))
    names = np.array([{"left": 1}], dtype=object)
    return {
        "v_template": template,
        "shapedirs": dirs,
        "J_regressor": arrays["J_regressor"].astype(np.float64),
        "kintree_table": arrays["kintree_table"],
        "weights": skin_weights(),
        "f": triangles(),
        "posedirs": np.zeros((VERTICES, 3, 9 * (JOINTS - 1)), np.float32),
        "hands_componentsl": np.eye(45),
        "hands_componentsr": np.eye(45),
        "hands_meanl": np.full(45, 0.1),
        "hands_meanr": np.full(45, -0.1),
        "lmk_faces_idx": np.zeros(51, np.int64),
        "lmk_bary_coords": np.full((51, 3), 1 / 3),
        "dynamic_lmk_faces_idx": np.zeros((79, 17), np.int64),
        "dynamic_lmk_bary_coords": np.full((79, 17, 3), 1 / 3),
        "part2num": names,
        "joint2num": names,
        "allow_nan": np.array(None, dtype=object),
    }


def triangles() -> NDArray[np.uint32]:
    """Return triangles of neighbours in the order of the vertices."""
    first = np.arange(FACES) % VERTICES
    step = 1 + np.arange(FACES) // VERTICES
    corners = np.stack((first, first + step, first + 2 * step + 1), axis=1) % VERTICES
    return corners.astype(np.uint32)


def skin_weights() -> NDArray[np.float64]:
    """Return weights of one to eight joints a vertex."""
    rng = np.random.default_rng(1)
    weights = rng.random((VERTICES, JOINTS))
    order = np.argsort(rng.random((VERTICES, JOINTS)), axis=1)
    weights[order >= rng.integers(1, 9, (VERTICES, 1))] = 0
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def write_npz(path: Path, arrays: dict[str, NDArray[Any]]) -> Path:
    """Write arrays as the programs of SMPL-X do, pickles allowed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]  # the stub's last keyword
    return path
