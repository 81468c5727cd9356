"""Laws of reading body model files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ergomesh.mesh.body_file import BodyFileError, load_body
from ergomesh.mesh.core.settings import MeshError
from mesh.mesh_synthetic import body_arrays, npz_bytes, write_body


def refusal(path: Path) -> str:
    """Return the sentence with which a file is refused; it is one sentence."""
    with pytest.raises(BodyFileError) as error:
        load_body(path)
    message = str(error.value)
    assert isinstance(error.value, MeshError)
    assert message.endswith(".")
    assert "\n" not in message
    assert str(path) in message
    return message


def test_joints_are_regressed_from_the_shaped_vertices(tmp_path: Path) -> None:
    """Joints of a shape are the regressor applied to the shaped vertices."""
    arrays = {key: array.astype(np.float64) for key, array in body_arrays().items()}
    betas = np.linspace(-2, 2, 10)
    vertices = arrays["v_template"] + arrays["shapedirs"] @ betas

    body = load_body(write_body(tmp_path / "body.npz"))

    joints = body.rest_joints_m(torch.from_numpy(betas)).numpy()
    assert np.allclose(joints, arrays["J_regressor"] @ vertices)


def test_more_shape_components_than_ten_are_left(tmp_path: Path) -> None:
    """Files with more components, as SMPL-X's own, give the same ten."""
    arrays = body_arrays()
    more = np.concatenate([arrays["shapedirs"], arrays["shapedirs"][..., :5] + 1], -1)
    path = tmp_path / "more.npz"
    path.write_bytes(npz_bytes(arrays | {"shapedirs": more.astype(np.float32)}))

    few = load_body(write_body(tmp_path / "few.npz"))

    assert torch.allclose(load_body(path).joint_dirs_m, few.joint_dirs_m, atol=1e-6)


def test_names_carry_file_and_content(tmp_path: Path) -> None:
    """A body's name is its file's with a digest that changes with the content."""
    one = load_body(write_body(tmp_path / "SMPLX_FEMALE.npz"))
    arrays = body_arrays()
    other_path = tmp_path / "other.npz"
    other_path.write_bytes(npz_bytes(arrays | {"v_template": arrays["v_template"] * 2}))
    other = load_body(other_path)

    assert one.name.startswith("SMPLX_FEMALE.npz sha256:")
    assert one.name.split(":")[1] != other.name.split(":")[1]
    assert (one.gender, other.gender) == ("female", "neutral")


def test_a_missing_file_says_how_to_get_it(tmp_path: Path) -> None:
    """A file that is not there points to `make setup`."""
    assert "make setup" in refusal(tmp_path / "nothing.npz")


@pytest.mark.parametrize("raw", [b"", b"hello", b"PK\x03\x04 not a zip at all"])
def test_other_files_are_refused(tmp_path: Path, raw: bytes) -> None:
    """Bytes that are no npz are refused."""
    path = tmp_path / "body.npz"
    path.write_bytes(raw)

    assert "not a plain npz" in refusal(path)


def test_a_lone_array_is_refused(tmp_path: Path) -> None:
    """An npy file is not a body."""
    path = tmp_path / "body.npy"
    np.save(path, np.zeros(3))

    assert "not a plain npz" in refusal(path)


def test_pickled_arrays_are_never_read(tmp_path: Path) -> None:
    """An object array would run code when read, so the file is refused."""
    path = tmp_path / "body.npz"
    objects = np.array([{"a": 1}], dtype=object)
    np.savez(path, **body_arrays() | {"v_template": objects})

    assert "pickled" in refusal(path)


def test_pickles_beside_the_body_do_no_harm(tmp_path: Path) -> None:
    """SMPL-X's own files hold pickled extras; they are left unread."""
    path = tmp_path / "body.npz"
    objects = np.array([{"a": 1}], dtype=object)
    np.savez(path, **body_arrays() | {"part2num": objects})

    assert load_body(path).joints_m.shape == (55, 3)


@pytest.mark.parametrize("key", ["v_template", "shapedirs", "J_regressor"])
def test_missing_keys_are_named(tmp_path: Path, key: str) -> None:
    """A file without one of the arrays is refused by its name."""
    arrays = body_arrays()
    del arrays[key]
    path = tmp_path / "body.npz"
    path.write_bytes(npz_bytes(arrays))

    assert key in refusal(path)


@pytest.mark.parametrize(
    ("key", "array"),
    [
        ("v_template", np.zeros((10475, 2))),
        ("v_template", np.zeros(())),
        ("v_template", np.full((10475, 3), np.nan)),
        ("v_template", np.full((10475, 3), "x")),
        ("shapedirs", np.zeros((10475, 3, 4))),
        ("shapedirs", np.zeros((10475, 30))),
        ("J_regressor", np.zeros((24, 10475))),
        ("kintree_table", np.zeros((2, 24), dtype=np.uint32)),
    ],
)
def test_wrong_arrays_are_named(tmp_path: Path, key: str, array: NDArray[Any]) -> None:
    """Arrays of another shape or type are refused by their name."""
    path = tmp_path / "body.npz"
    path.write_bytes(npz_bytes(body_arrays() | {key: array}))

    assert key in refusal(path)


def test_smpl_sized_bodies_are_refused(tmp_path: Path) -> None:
    """A body with too few vertices for the special ones is refused."""
    arrays = {key: array.copy() for key, array in body_arrays().items()}
    arrays["v_template"] = arrays["v_template"][:6890]
    arrays["shapedirs"] = arrays["shapedirs"][:6890]
    arrays["J_regressor"] = arrays["J_regressor"][:, :6890]
    path = tmp_path / "body.npz"
    path.write_bytes(npz_bytes(arrays))

    assert "v_template" in refusal(path)


def test_other_trees_are_refused(tmp_path: Path) -> None:
    """A body whose joints hang together otherwise is refused."""
    path = tmp_path / "body.npz"
    for row, joint in ((0, 5), (1, 54)):
        tree = body_arrays()["kintree_table"].copy()
        tree[row, joint] = 0
        path.write_bytes(npz_bytes(body_arrays() | {"kintree_table": tree}))

        assert "kinematic tree" in refusal(path)
