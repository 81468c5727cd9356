"""Body model files: find one, read it, refuse what cannot be used.

The format is SMPL-X's npz. Pickled arrays are refused: reading them would run
code from the file. Other arrays of the file are left unread, so it does not matter
that SMPL-X's own files hold pickles beside what is needed here.

torch is imported by :func:`load_body` alone: a worker that sends its fits elsewhere
needs only the surface.

::

    MeshError (ergomesh.mesh.core.settings)
    └── BodyFileError      missing, not an npz, or of another format
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from ergomesh.contract.skeleton import PARENTS, SMPLX_JOINTS
from ergomesh.mesh.core.settings import MeshError
from ergomesh.mesh.core.sites import SPECIAL_VERTICES
from ergomesh.mesh.core.skin import BETAS, Skin

if TYPE_CHECKING:
    from ergomesh.mesh.core.body import BodyModel

FREE_BODY: Final = Path("body/ergomesh_free_body.npz")
"""The free body, below the models folder."""

GENDERS: Final = ("neutral", "male", "female")
"""Bodies of SMPL-X, in order of preference."""

PLACES: Final = tuple(
    map(
        Path,
        (
            "smplx",
            ".",
            "models/smplx",
            "models",
            "body_models/smplx",
            "body_models",
            "models_smplx_v1_1/models/smplx",
        ),
    )
)
"""Where a licensee may have put SMPL-X, below the models folder, in order of
preference: where we say, where other programs want it, and as it comes unpacked."""

_PREFIX: Final = "smplx_"
_BODY_KEYS: Final = ("v_template", "shapedirs", "J_regressor", "kintree_table")
_SKIN_KEYS: Final = (*_BODY_KEYS, "weights", "f")
_INTEGERS: Final = ("kintree_table", "f")
_DIGEST_DIGITS: Final = 12
_WEIGHT_SUM_TOLERANCE: Final = 1e-3
"""Weights are written in single precision, by various programs."""

_NO_ZIP: Final = (OSError, EOFError, ValueError, TypeError, zipfile.BadZipFile)
"""What numpy raises for files that are no npz, and for damaged ones."""

Arrays = Mapping[str, NDArray[Any]]


class BodyFileError(MeshError):
    """A body model file that is missing or unusable."""


def find_body(place: Path) -> Path:
    """Return the body model file to use: SMPL-X if there is one, else the free one.

    Args:
        place: The models folder (or any folder of :data:`PLACES` in it, or above
            it), or the file itself.

    Raises:
        BodyFileError: When there is neither, or SMPL-X in a format that is not read.
    """
    if place.is_file():
        return place
    licensed = _licensed(place, ".npz")
    if licensed:
        return licensed[0]
    if pickled := _licensed(place, ".pkl"):
        msg = (
            f"{pickled[0]} is pickled, and reading it would run code from it: put the "
            "npz file of the same download there, or take it away to use the free body."
        )
        raise BodyFileError(msg)
    if (place / FREE_BODY).is_file():
        return place / FREE_BODY
    raise BodyFileError(_nothing_in(place))


def _licensed(folder: Path, ending: str) -> list[Path]:
    """Return SMPL-X files in the usual places, the preferred one first."""
    found = [
        path
        for place in PLACES
        for path in sorted(_files(folder / place))
        if path.suffix.lower() == ending and _named_gender(path) is not None
    ]
    return sorted(found, key=lambda path: GENDERS.index(_gender(path)))


def _files(folder: Path) -> Iterable[Path]:
    return (p for p in folder.iterdir() if p.is_file()) if folder.is_dir() else ()


def _named_gender(path: Path) -> str | None:
    """Return the gender in a name such as ``SMPLX_NEUTRAL_2020.npz``."""
    stem = path.stem.lower()
    return next((g for g in GENDERS if stem.startswith(f"{_PREFIX}{g}")), None)


def _gender(path: Path) -> str:
    return _named_gender(path) or GENDERS[0]


def _nothing_in(place: Path) -> str:
    names = ", ".join(f"SMPLX_{gender.upper()}.npz" for gender in GENDERS)
    folders = ", ".join(str(folder) for folder in PLACES)
    return (
        f"There is no body model in {place}: run `make setup` to build the free one "
        f"({FREE_BODY}), or put SMPL-X there ({names}, looked for in {folders})."
    )


def load_body(path: Path) -> "BodyModel":
    """Read what a fit needs of a body model in SMPL-X npz format.

    Args:
        path: The file.

    Raises:
        BodyFileError: With one sentence, when the file cannot be used.
    """
    import torch

    from ergomesh.mesh.core.body import BodyModel

    raw = _bytes(path)
    arrays = _arrays(raw, _BODY_KEYS, path)
    template, dirs, regressor = _shape(arrays)
    special = list(SPECIAL_VERTICES.values())
    crown, sole = template[:, 1].argmax(), template[:, 1].argmin()
    return BodyModel(
        joints_m=torch.from_numpy(regressor @ template),
        joint_dirs_m=torch.from_numpy(np.tensordot(regressor, dirs, axes=1)),
        vertices_m=torch.from_numpy(template[special]),
        vertex_dirs_m=torch.from_numpy(dirs[special]),
        stature_m=torch.tensor(template[crown, 1] - template[sole, 1]),
        stature_dirs_m=torch.from_numpy(dirs[crown, 1] - dirs[sole, 1]),
        gender=_gender(path),
        name=_name(raw, path),
    )


def load_skin(path: Path) -> Skin:
    """Read what a picture needs of a body model in SMPL-X npz format.

    Args:
        path: The file.

    Raises:
        BodyFileError: With one sentence, when the file cannot be used.
    """
    raw = _bytes(path)
    arrays = _arrays(raw, _SKIN_KEYS, path)
    template, dirs, regressor = _shape(arrays)
    return Skin(
        template_m=template,
        dirs_m=dirs,
        joints_m=regressor @ template,
        joint_dirs_m=np.tensordot(regressor, dirs, axes=1),
        triangles=arrays["f"].astype(np.int64),
        weights=arrays["weights"].astype(np.float64),
        name=_name(raw, path),
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"The body model {path} cannot be read: run `make setup` to build it."
        raise BodyFileError(msg) from error


def _arrays(raw: bytes, keys: tuple[str, ...], path: Path) -> Arrays:
    """Return the arrays of the keys, checked; other arrays are not touched."""
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as data:
            missing = [key for key in keys if key not in data]
            arrays = {} if missing else {key: _read(data, key, path) for key in keys}
    except _NO_ZIP as error:
        msg = (
            f"The body model {path} is not a plain npz file (damaged, another "
            "format, or pickled): use the npz download of SMPL-X, or run `make setup`."
        )
        raise BodyFileError(msg) from error
    if missing:
        msg = f"The body model {path} has no {', '.join(missing)}: it is not SMPL-X."
        raise BodyFileError(msg)
    _check(arrays, path)
    return arrays


def _read(data: NpzFile, key: str, path: Path) -> NDArray[Any]:
    try:
        return np.asarray(data[key])
    except _NO_ZIP as error:
        msg = (
            f"The {key} of the body model {path} is damaged, or pickled as a Python "
            "object, which is never read: use a file with plain arrays, such as the "
            "npz download of SMPL-X v1.1, or run `make setup` for the free body."
        )
        raise BodyFileError(msg) from error


def _shape(arrays: Arrays) -> tuple[NDArray[np.float64], ...]:
    """Return template, shape directions and joint regressor."""
    return (
        arrays["v_template"].astype(np.float64),
        arrays["shapedirs"][..., :BETAS].astype(np.float64),
        arrays["J_regressor"].astype(np.float64),
    )


def _check(arrays: Arrays, path: Path) -> None:
    """Refuse arrays of another shape, type, tree or sum than SMPL-X's."""
    wrong = [*_misshapen(arrays), *(k for k, a in arrays.items() if not _fits(k, a))]
    if wrong:
        names = ", ".join(sorted(set(wrong)))
        msg = f"The body model {path} is not SMPL-X: {names} has another shape or type."
        raise BodyFileError(msg)
    parents, joints = arrays["kintree_table"].tolist()
    if tuple(parents[1:]) != PARENTS[1:] or joints != list(range(len(SMPLX_JOINTS))):
        msg = f"The body model {path} has another kinematic tree than SMPL-X."
        raise BodyFileError(msg)
    for wrongly in _wrong_surface(arrays):
        msg = f"The body model {path} is damaged: {wrongly}."
        raise BodyFileError(msg)


def _misshapen(arrays: Arrays) -> Iterable[str]:
    """Yield the keys of arrays that have another shape than SMPL-X's."""
    shapes = {key: array.shape for key, array in arrays.items()}
    count = shapes["v_template"][0] if shapes["v_template"] else 0
    faces = shapes["f"][0] if shapes.get("f") else 0
    wanted = {
        "v_template": (count, 3),
        "J_regressor": (len(SMPLX_JOINTS), count),
        "kintree_table": (2, len(SMPLX_JOINTS)),
        "weights": (count, len(SMPLX_JOINTS)),
        "f": (faces, 3),
    }
    yield from (key for key in wanted.keys() & shapes if shapes[key] != wanted[key])
    dirs = shapes["shapedirs"]
    if dirs[:2] != (count, 3) or len(dirs) != 3 or dirs[2] < BETAS:  # noqa: PLR2004  # vertices, axes, components
        yield "shapedirs"
    if count <= max(SPECIAL_VERTICES.values()):
        yield "v_template"


def _fits(key: str, array: NDArray[Any]) -> bool:
    """Return whether an array holds finite numbers of its key's kind."""
    kinds = "iu" if key in _INTEGERS else "fiu"
    return array.dtype.kind in kinds and bool(np.isfinite(array).all())


def _wrong_surface(arrays: Arrays) -> Iterable[str]:
    """Yield what is wrong with skin weights and triangles, where they are read."""
    if "weights" in arrays:
        weights = arrays["weights"].astype(np.float64)
        off = np.abs(weights.sum(axis=1) - 1).max()
        if weights.min() < 0 or off > _WEIGHT_SUM_TOLERANCE:
            yield "the skin weights of a vertex are not shares that sum to 1"
    if "f" in arrays:
        corners, count = arrays["f"], len(arrays["v_template"])
        if corners.size == 0 or corners.min() < 0 or corners.max() >= count:
            yield "its triangles name vertices that are not there"


def _name(raw: bytes, path: Path) -> str:
    digest = hashlib.sha256(raw).hexdigest()
    return f"{path.name} sha256:{digest[:_DIGEST_DIGITS]}"
