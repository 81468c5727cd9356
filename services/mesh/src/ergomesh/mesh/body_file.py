"""Body model files: find one, read it, refuse what cannot be used.

The format is SMPL-X's npz. Pickled arrays are refused: reading them would run
code from the file.

::

    MeshError (ergomesh.mesh.core.settings)
    └── BodyFileError      missing, not an npz, or of another format
"""

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from ergomesh.contract.skeleton import PARENTS, SMPLX_JOINTS
from ergomesh.mesh.core.body import BETAS, BodyModel
from ergomesh.mesh.core.settings import MeshError
from ergomesh.mesh.core.sites import SPECIAL_VERTICES

FREE_BODY: Final = Path("body/ergomesh_free_body.npz")
"""The free body, below the models folder."""

GENDERS: Final = ("neutral", "male", "female")

LICENSED: Final = tuple(Path(f"smplx/SMPLX_{g.upper()}.npz") for g in GENDERS)
"""The files a licensee may put below the models folder, in order of preference."""

_KEYS: Final = ("v_template", "shapedirs", "J_regressor", "kintree_table")
_DIGEST_DIGITS: Final = 12


class BodyFileError(MeshError):
    """A body model file that is missing or unusable."""


def find_body(models_dir: Path) -> Path:
    """Return the body model file to use: SMPL-X if there is one, else the free one.

    Args:
        models_dir: The models folder.

    Raises:
        BodyFileError: When there is neither.
    """
    for name in (*LICENSED, FREE_BODY):
        if (models_dir / name).is_file():
            return models_dir / name
    msg = (
        f"There is no body model in {models_dir}: run `make setup` to build the "
        f"free one, or put SMPLX_NEUTRAL.npz into {models_dir / 'smplx'}."
    )
    raise BodyFileError(msg)


def load_body(path: Path) -> BodyModel:
    """Read a body model in SMPL-X npz format.

    Args:
        path: The file.

    Raises:
        BodyFileError: With one sentence, when the file cannot be used.
    """
    raw = _bytes(path)
    return _body(_arrays(raw, path), _name(raw, path), _gender(path), path)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"The body model {path} cannot be read: run `make setup` to build it."
        raise BodyFileError(msg) from error


def _arrays(raw: bytes, path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as data:
            missing = [key for key in _KEYS if key not in data]
            arrays = {} if missing else {key: data[key] for key in _KEYS}
    except (ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        msg = (
            f"The body model {path} is not a plain npz file (damaged, another "
            "format, or pickled): use the npz download of SMPL-X, or run `make setup`."
        )
        raise BodyFileError(msg) from error
    if missing:
        msg = f"The body model {path} has no {', '.join(missing)}: it is not SMPL-X."
        raise BodyFileError(msg)
    return arrays


def _body(
    arrays: dict[str, NDArray[Any]], name: str, gender: str, path: Path
) -> BodyModel:
    _check(arrays, path)
    template = arrays["v_template"].astype(np.float64)
    dirs = arrays["shapedirs"][..., :BETAS].astype(np.float64)
    regressor = arrays["J_regressor"].astype(np.float64)
    special = list(SPECIAL_VERTICES.values())
    joint_dirs = np.tensordot(regressor, dirs, axes=1)
    return BodyModel(
        joints_m=torch.from_numpy(regressor @ template),
        joint_dirs_m=torch.from_numpy(joint_dirs),
        vertices_m=torch.from_numpy(template[special]),
        vertex_dirs_m=torch.from_numpy(dirs[special]),
        gender=gender,
        name=name,
    )


def _check(arrays: dict[str, NDArray[Any]], path: Path) -> None:
    """Refuse arrays of another shape, type or tree than SMPL-X's."""
    shapes = {key: array.shape for key, array in arrays.items()}
    count = shapes["v_template"][0] if shapes["v_template"] else 0
    wanted = {
        "v_template": (count, 3),
        "J_regressor": (len(SMPLX_JOINTS), count),
        "kintree_table": (2, len(SMPLX_JOINTS)),
    }
    wrong = [key for key, shape in wanted.items() if shapes[key] != shape]
    dirs = shapes["shapedirs"]
    if dirs[:2] != (count, 3) or len(dirs) != 3 or dirs[2] < BETAS:  # noqa: PLR2004  # vertices, axes, components
        wrong.append("shapedirs")
    if count <= max(SPECIAL_VERTICES.values()):
        wrong.append("v_template")
    wrong += [key for key, array in arrays.items() if not _is_finite(array)]
    if wrong:
        names = ", ".join(sorted(set(wrong)))
        msg = f"The body model {path} is not SMPL-X: {names} has another shape or type."
        raise BodyFileError(msg)
    if tuple(arrays["kintree_table"][0, 1:].tolist()) != PARENTS[1:]:
        msg = f"The body model {path} has another kinematic tree than SMPL-X."
        raise BodyFileError(msg)


def _is_finite(array: NDArray[Any]) -> bool:
    """Return whether an array holds nothing but finite numbers."""
    return array.dtype.kind in "fiu" and bool(np.isfinite(array).all())


def _name(raw: bytes, path: Path) -> str:
    digest = hashlib.sha256(raw).hexdigest()
    return f"{path.name} sha256:{digest[:_DIGEST_DIGITS]}"


def _gender(path: Path) -> str:
    named = (g for g in GENDERS if path.stem.lower() == f"smplx_{g}")
    return next(named, GENDERS[0])
