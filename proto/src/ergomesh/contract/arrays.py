"""Landmarks and body motion as arrays, and as npz bytes (never pickle).

Missing values are NaN. Shapes are checked on construction, so a wrong array
fails where it is made and not three services later.
"""

import io
import struct
import tokenize
import zipfile
import zlib
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.errors import ContractError, UndecodableError
from ergomesh.contract.skeleton import BODY_JOINTS, LANDMARKS, SMPLX_JOINTS

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

_KINDS: Final[dict[object, tuple[str, type[np.generic]]]] = {
    FloatArray: ("fiu", np.float64),
    IntArray: ("iu", np.int64),
    BoolArray: ("b", np.bool_),
    float: ("fiu", np.float64),
    str: ("U", np.str_),
    tuple[str, ...]: ("U", np.str_),
}
"""Type of a field → kinds of numpy dtype that a file may hold, and what they become."""

_UNREADABLE: Final = (
    ValueError,
    TypeError,
    KeyError,
    OSError,
    EOFError,
    RuntimeError,
    MemoryError,
    OverflowError,
    SyntaxError,
    tokenize.TokenError,
    UserWarning,  # numpy on a header of Python 2, where warnings are errors
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
"""What numpy and zipfile raise on bytes that are no npz; tests hunt for more."""

POSE_VALUES: Final = 3 * len(SMPLX_JOINTS)
"""Axis-angle values of a frame: 165, as in AMASS SMPL-X files."""

TANGENTS: Final = 3 * len(BODY_JOINTS)
"""Small rotations of a frame's body joints: 66."""

PACKED_COVARIANCE: Final = TANGENTS * (TANGENTS + 1) // 2
"""Values of a covariance's lower triangle: 2211."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmarks:
    """Pose landmarks of one person over the analysed frames.

    ``L`` is 33 (:data:`ergomesh.contract.skeleton.LANDMARKS`).
    """

    frame: IntArray
    """(T,) index of the source frame."""
    time_s: FloatArray
    """(T,) time from the first picture."""
    points_px: FloatArray
    """(T, L, 2) in the upright picture, x right, y down; NaN without a person."""
    depth_px: FloatArray
    """(T, L) MediaPipe's z, hip-mid origin, smaller is nearer, scaled as x."""
    points_world_m: FloatArray
    """(T, L, 3) hip-centred, in the crop's own view direction; y down, z away."""
    visibility: FloatArray
    """(T, L) in 0…1."""
    presence: FloatArray
    """(T, L) in 0…1."""
    detected: BoolArray
    """(T,) whether a person was found."""
    size_px: IntArray
    """(2,) width and height of the upright picture."""
    background_lines_px: FloatArray
    """(M, 4) straight edges of the still background, ``x1 y1 x2 y2`` in the upright
    picture; none where the camera moves."""
    model: str
    """Name of the landmark model."""
    lens_focal_px: float = 0.0
    """The lens's focal length by the clip's metadata; 0 where they have none."""

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            ContractError: When an array has another shape.
        """
        t, n = np.size(self.time_s), len(LANDMARKS)
        _check(self, frame=(t,), time_s=(t,), detected=(t,), size_px=(2,))
        _check(self, points_px=(t, n, 2), points_world_m=(t, n, 3))
        _check(self, depth_px=(t, n), visibility=(t, n), presence=(t, n))
        lines = np.size(self.background_lines_px) // 4
        _check(self, background_lines_px=(lines, 4))

    def to_npz(self) -> bytes:
        """Encode as ``landmarks.npz``."""
        return _to_npz(self)

    @classmethod
    def from_npz(cls, raw: bytes) -> "Landmarks":
        """Decode ``landmarks.npz``.

        Raises:
            UndecodableError: When the bytes are not of the contract.
        """
        return _from_npz(cls, raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """An SMPL-X body in motion, ``motion.npz``, AMASS-like.

    World frame: y up, right-handed, origin on the floor under the pelvis at the
    first frame. ``x_cam = rotmat_cam_world @ x_world + trans_cam_world_m``.
    Frames in a gap hold NaN in every per-frame array.
    """

    poses: FloatArray
    """(T, 165) axis-angle, radians, SMPL-X joint order; root in world frame."""
    betas: FloatArray
    """(10,) shape components of the body model."""
    trans: FloatArray
    """(T, 3) SMPL-X translation, metres, world frame."""
    gender: str
    mocap_frame_rate: float
    """Hz, mean over the analysed frames."""
    frame: IntArray
    """(T,) index of the source frame."""
    time_s: FloatArray
    """(T,) time from the first picture."""
    joints_world_m: FloatArray
    """(T, 55, 3)."""
    joint_names: tuple[str, ...]
    rotmat_cam_world: FloatArray
    """(3, 3)."""
    trans_cam_world_m: FloatArray
    """(3,)."""
    intrinsics: FloatArray
    """(3, 3) pixels of the upright picture."""
    joint_sd_m: FloatArray
    """(T, 55) standard deviation of a joint's position per axis, about the body's
    centre: the distance to the camera is less certain, and no angle needs it."""
    joint_observed: BoolArray
    """(T, 55) whether landmarks of this frame pin the joint."""
    pose_sd_rad: FloatArray
    """(T, 55) standard deviation of a joint's rotation per axis."""
    covariance_frame: IntArray
    """(K,) ascending rows of the per-frame arrays that have a covariance: often
    enough to interpolate between."""
    pose_covariance_rad2: FloatArray
    """(K, 2211) covariance of those frames' small rotations, the lower triangle of
    (66, 66) row by row. Order: ``BODY_JOINTS``, x y z each; a joint turns by
    ``exp(w) R`` in its parent's frame, the root in the world's, whose vertical's
    own uncertainty is in it."""
    gravity_sd_deg: float
    """Standard deviation of the world's vertical."""
    points_px: FloatArray
    """(T, 55, 2) the fitted joints in the upright picture."""
    body_model: str
    """Name and digest of the body model file."""

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            ContractError: When an array has another shape.
        """
        t, j = np.size(self.time_s), len(SMPLX_JOINTS)
        _check(self, poses=(t, POSE_VALUES), betas=(10,), trans=(t, 3))
        _check(self, frame=(t,), time_s=(t,), joints_world_m=(t, j, 3))
        _check(self, rotmat_cam_world=(3, 3), trans_cam_world_m=(3,))
        _check(self, intrinsics=(3, 3), joint_sd_m=(t, j), joint_observed=(t, j))
        _check(self, pose_sd_rad=(t, j), points_px=(t, j, 2))
        k = np.size(self.covariance_frame)
        _check(self, covariance_frame=(k,))
        _check(self, pose_covariance_rad2=(k, PACKED_COVARIANCE))
        if self.joint_names != SMPLX_JOINTS:
            msg = "Motion.joint_names are not the SMPL-X joints in their order"
            raise ContractError(msg)

    def to_npz(self) -> bytes:
        """Encode as ``motion.npz``."""
        return _to_npz(self)

    @classmethod
    def from_npz(cls, raw: bytes) -> "Motion":
        """Decode ``motion.npz``.

        Raises:
            UndecodableError: When the bytes are not of the contract.
        """
        return _from_npz(cls, raw)


_T = TypeVar("_T", Landmarks, Motion)


def _check(value: object, **shapes: tuple[int, ...]) -> None:
    for name, shape in shapes.items():
        found = np.shape(getattr(value, name))
        if found != shape:
            msg = f"{type(value).__name__}.{name} has shape {found}, not {shape}"
            raise ContractError(msg)


def _to_npz(value: Landmarks | Motion) -> bytes:
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {
        f.name: np.asarray(getattr(value, f.name)) for f in fields(value)
    }
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _from_npz(cls: type[_T], raw: bytes) -> _T:
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as data:
            values: dict[str, Any] = {
                f.name: _read(data[f.name], f.type, name=f.name)
                for f in fields(cls)
                if f.default is MISSING or f.name in data
            }
            return cls(**values)
    except _UNREADABLE as error:
        msg = f"not a {cls.__name__} npz: {error}"
        raise UndecodableError(msg) from error


def _read(array: NDArray[Any], type_: object, *, name: str) -> object:
    """Return an array of a file as its field's type."""
    kinds, dtype = _KINDS[type_]
    if array.dtype.kind not in kinds:
        msg = f"{name} holds {array.dtype}"
        raise ContractError(msg)
    array = array.astype(dtype, copy=False)
    if type_ in {FloatArray, IntArray, BoolArray}:
        return array
    rank = 1 if type_ == tuple[str, ...] else 0
    if array.ndim != rank:
        msg = f"{name} has shape {array.shape}"
        raise ContractError(msg)
    value = array.tolist()
    return tuple(value) if rank else value
