"""Landmarks and motion as npz: round trips, shapes, and what is refused."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from typing_extensions import override

from ergomesh.contract.arrays import (
    PACKED_COVARIANCE,
    POSE_VALUES,
    Landmarks,
    Motion,
)
from ergomesh.contract.errors import ContractError, UndecodableError
from ergomesh.contract.skeleton import LANDMARKS, SMPLX_JOINTS

L = len(LANDMARKS)
J = len(SMPLX_JOINTS)


def some_landmarks(frames: int = 3, seed: int = 0) -> Landmarks:
    """Return landmarks of random numbers; a frame without a person is NaN."""
    rng = np.random.default_rng(seed)
    detected = rng.random(frames) > 0.3
    points_px = rng.normal(size=(frames, L, 2))
    points_px[~detected] = np.nan
    return Landmarks(
        frame=np.arange(frames),
        time_s=np.arange(frames) / 15.0,
        points_px=points_px,
        depth_px=rng.normal(size=(frames, L)),
        points_world_m=rng.normal(size=(frames, L, 3)),
        visibility=rng.random((frames, L)),
        presence=rng.random((frames, L)),
        detected=detected,
        size_px=np.array([1280, 720]),
        background_lines_px=rng.normal(size=(frames + 2, 4)),
        model="pose_landmarker_full",
    )


def some_motion(frames: int = 3, seed: int = 0) -> Motion:
    """Return a motion of random numbers."""
    rng = np.random.default_rng(seed)
    return Motion(
        poses=rng.normal(size=(frames, POSE_VALUES)),
        betas=rng.normal(size=10),
        trans=rng.normal(size=(frames, 3)),
        gender="neutral",
        mocap_frame_rate=15.0,
        frame=np.arange(frames),
        time_s=np.arange(frames) / 15.0,
        joints_world_m=rng.normal(size=(frames, J, 3)),
        joint_names=SMPLX_JOINTS,
        rotmat_cam_world=np.eye(3),
        trans_cam_world_m=rng.normal(size=3),
        intrinsics=np.eye(3),
        joint_sd_m=rng.random((frames, J)),
        joint_observed=rng.random((frames, J)) > 0.5,
        pose_sd_rad=rng.random((frames, J)),
        covariance_frame=np.arange(0, frames, 2),
        pose_covariance_rad2=rng.normal(size=((frames + 1) // 2, PACKED_COVARIANCE)),
        gravity_sd_deg=1.5,
        points_px=rng.normal(size=(frames, J, 2)),
        body_model="free-body sha256:ab",
    )


MAKERS: list[Callable[..., Any]] = [some_landmarks, some_motion]
TYPES: dict[object, type[Landmarks | Motion]] = {
    some_landmarks: Landmarks,
    some_motion: Motion,
}
both = pytest.mark.parametrize("make", MAKERS)


def _same(one: object, other: object) -> None:
    for field in fields(one):  # type: ignore[arg-type]  # a dataclass
        left, right = getattr(one, field.name), getattr(other, field.name)
        assert type(left) is type(right), field.name
        if isinstance(left, np.ndarray):
            assert left.dtype == right.dtype, field.name
            np.testing.assert_array_equal(left, right)
        else:
            assert left == right


@both
@given(frames=st.integers(0, 5), seed=st.integers(0, 9))
def test_arrays_come_back_as_they_were(
    make: Callable[..., Any], frames: int, seed: int
) -> None:
    """An npz round trip keeps every value, NaN, dtype and name."""
    value = make(frames, seed)
    _same(type(value).from_npz(value.to_npz()), value)


@both
def test_anyone_with_numpy_can_read_it(make: Callable[..., Any]) -> None:
    """The file opens with plain ``np.load`` without pickle and holds all fields."""
    value = make()
    with np.load(io.BytesIO(value.to_npz()), allow_pickle=False) as data:
        assert set(data.files) == {field.name for field in fields(value)}
        assert all(data[name].dtype.kind in "fibU" for name in data.files)


def _array_fields(make: Callable[..., Any]) -> list[str]:
    value = make()
    names = [field.name for field in fields(value)]
    return [name for name in names if isinstance(getattr(value, name), np.ndarray)]


SHAPED = [(make, name) for make in MAKERS for name in _array_fields(make)]


@pytest.mark.parametrize(("make", "name"), SHAPED)
@pytest.mark.parametrize("how", ["longer", "shorter", "flat", "deeper"])
def test_a_wrong_shape_is_refused(
    make: Callable[..., Any], name: str, how: str
) -> None:
    """An array one too long, too short or of other rank is refused and named."""
    value = make()
    array = getattr(value, name)
    last = array.ndim - 1
    wrong = {
        "longer": np.concatenate([array, array.take([0], axis=last)], axis=last),
        "shorter": array.take(range(array.shape[last] - 1), axis=last),
        "flat": array.reshape(-1)[:1][0],
        "deeper": array[None],
    }[how]
    with pytest.raises(ContractError, match=rf"{type(value).__name__}\.\w+ has shape"):
        replace(value, **{name: wrong})


def _npz(arrays: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, **arrays)
    return buffer.getvalue()


def _arrays(value: Any) -> dict[str, Any]:
    return {f.name: np.asarray(getattr(value, f.name)) for f in fields(value)}


@pytest.mark.parametrize(("make", "name"), SHAPED)
def test_a_file_with_a_wrong_shape_is_refused(
    make: Callable[..., Any], name: str
) -> None:
    """A wrong shape in a file is undecodable, as wrong bytes are."""
    arrays = _arrays(make())
    with pytest.raises(UndecodableError):
        TYPES[make].from_npz(_npz({**arrays, name: arrays[name][None]}))


@both
def test_a_file_without_one_array_is_refused(make: Callable[..., Any]) -> None:
    """Every field has to be in the file, but those that came later with a default."""
    arrays = _arrays(make())
    needed = {f.name for f in fields(TYPES[make]) if f.default is MISSING}
    assert len(arrays) - len(needed) <= 1
    for name in needed:
        rest = {other: array for other, array in arrays.items() if other != name}
        with pytest.raises(UndecodableError):
            TYPES[make].from_npz(_npz(rest))


@both
def test_a_field_from_the_future_is_ignored(make: Callable[..., Any]) -> None:
    """A file of a later version with one more array still reads."""
    value = make()
    back = TYPES[make].from_npz(_npz({**_arrays(value), "later": np.zeros(2)}))
    _same(back, value)


class _Bomb:
    @override
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (pytest.fail, ("a pickle was run",))


@pytest.mark.parametrize(("make", "name"), SHAPED)
def test_a_pickle_is_refused_and_never_run(make: Callable[..., Any], name: str) -> None:
    """An array of pickled objects is refused, and its code does not run."""
    arrays = _arrays(make())
    bomb = np.full(arrays[name].shape, _Bomb(), dtype=object)
    with pytest.raises(UndecodableError):
        TYPES[make].from_npz(_npz({**arrays, name: bomb}))


@pytest.mark.parametrize(("make", "name"), SHAPED)
def test_words_in_the_place_of_numbers_are_refused(
    make: Callable[..., Any], name: str
) -> None:
    """An array of the right shape but of strings is refused."""
    arrays = _arrays(make())
    words = np.full(arrays[name].shape, "one")
    with pytest.raises(UndecodableError):
        TYPES[make].from_npz(_npz({**arrays, name: words}))


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (some_landmarks, "model"),
        (some_motion, "gender"),
        (some_motion, "body_model"),
        (some_motion, "joint_names"),
        (some_motion, "mocap_frame_rate"),
    ],
)
def test_an_array_in_the_place_of_a_word_is_refused(
    make: Callable[..., Any], name: str
) -> None:
    """A field that is no array of numbers is not filled with one."""
    arrays = _arrays(make())
    with pytest.raises(UndecodableError):
        TYPES[make].from_npz(_npz({**arrays, name: np.zeros((2, 2))}))


def test_joints_in_another_order_are_refused() -> None:
    """A motion whose joints are not SMPL-X' in SMPL-X' order is refused."""
    arrays = _arrays(some_motion())
    with pytest.raises(UndecodableError):
        Motion.from_npz(_npz({**arrays, "joint_names": np.array(SMPLX_JOINTS[::-1])}))


def _decodes_or_refuses(kind: type[Landmarks | Motion], raw: bytes) -> None:
    try:
        kind.from_npz(raw)
    except UndecodableError as error:
        assert str(error)  # noqa: PT017  # success is as good


@both
@given(st.data())
def test_a_cut_file_is_refused(make: Callable[..., Any], data: st.DataObject) -> None:
    """Every proper prefix of a file is refused."""
    raw = make().to_npz()
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(UndecodableError):
        TYPES[make].from_npz(raw[:cut])


@both
@given(raw=st.binary(max_size=300))
def test_random_bytes_are_no_npz(make: Callable[..., Any], raw: bytes) -> None:
    """Random bytes never raise anything but UndecodableError."""
    with pytest.raises(UndecodableError):
        TYPES[make].from_npz(raw)


def _interesting(raw: bytes) -> st.SearchStrategy[int]:
    """Return positions; every other one in a zip or npy header, not in numbers."""
    marks = [raw.find(b"PK\x01\x02"), raw.rfind(b"PK\x05\x06"), 0]
    heads = [i + k for i in marks for k in range(64) if i + k < len(raw)]
    return st.one_of(
        st.sampled_from(heads),
        st.integers(raw.find(b"PK\x01\x02"), len(raw) - 1),
        st.integers(0, len(raw) - 1),
    )


@both
@tuned(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_flipped_byte_in_a_file_is_refused_or_harmless(
    make: Callable[..., Any], data: st.DataObject
) -> None:
    """One wrong byte anywhere gives a value or UndecodableError."""
    raw = bytearray(make().to_npz())
    raw[data.draw(_interesting(bytes(raw)))] = data.draw(st.integers(0, 255))
    _decodes_or_refuses(TYPES[make], bytes(raw))


@both
@tuned(max_examples=200)
@given(header=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80))
def test_a_wild_header_is_refused(make: Callable[..., Any], header: str) -> None:
    """An array whose npy header is any text is refused."""
    body = io.BytesIO(make().to_npz())
    with zipfile.ZipFile(body, "a") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    text = header.encode() + b"\n"
    members["time_s.npy"] = (
        b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + b"\0" * 64
    )
    wild = io.BytesIO()
    with zipfile.ZipFile(wild, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    with pytest.raises(UndecodableError):
        TYPES[make].from_npz(wild.getvalue())


@both
def test_a_single_array_is_no_npz(make: Callable[..., Any]) -> None:
    """An npy file, though numpy reads it, is refused."""
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    with pytest.raises(UndecodableError):
        TYPES[make].from_npz(buffer.getvalue())
