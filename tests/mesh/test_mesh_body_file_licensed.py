"""Laws of licensed bodies: where they are looked for, and what of them is read."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ergomesh.mesh.body_file import (
    FREE_BODY,
    GENDERS,
    PLACES,
    BodyFileError,
    find_body,
    load_body,
    load_skin,
)
from ergomesh.mesh.settings import MeshSettings
from mesh.mesh_official import official_arrays, write_npz
from mesh.mesh_scenes import free_body_path


def touched(path: Path) -> Path:
    """Return an empty file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def sentence(error: pytest.ExceptionInfo[BodyFileError]) -> str:
    """Return a refusal, which is one sentence."""
    message = str(error.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert ". " not in message
    return message


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A body in SMPL-X's own layout."""
    path = tmp_path_factory.mktemp("official") / "SMPLX_FEMALE.npz"
    return write_npz(path, official_arrays())


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["SMPLX_NEUTRAL.npz", "smplx_male_2020.NPZ"])
def test_every_usual_place_is_looked_at(tmp_path: Path, place: Path, name: str) -> None:
    """SMPL-X is found wherever programs put it, and before the free body."""
    touched(tmp_path / FREE_BODY)
    path = touched(tmp_path / place / name)

    assert find_body(tmp_path) == path


@pytest.mark.parametrize("place", PLACES)
def test_any_parent_folder_and_the_file_itself_will_do(
    tmp_path: Path, place: Path
) -> None:
    """Whoever names the file, its folder or a folder above gets that file."""
    path = touched(tmp_path / place / "SMPLX_NEUTRAL.npz")

    assert find_body(path) == path
    assert find_body(path.parent) == path


@settings(deadline=None, max_examples=30)
@given(st.sets(st.sampled_from(GENDERS), min_size=1), st.data())
def test_neutral_comes_first_then_the_first_place(
    tmp_path_factory: pytest.TempPathFactory, genders: set[str], data: st.DataObject
) -> None:
    """Of several files the preferred gender wins, and of its places the first."""
    folder = tmp_path_factory.mktemp("models")
    places = st.sets(st.sampled_from(PLACES), min_size=1)
    chosen = {gender: data.draw(places) for gender in sorted(genders)}
    for gender, homes in chosen.items():
        for home in homes:
            touched(folder / home / f"SMPLX_{gender.upper()}.npz")

    best = min(genders, key=GENDERS.index)
    place = min(chosen[best], key=PLACES.index)
    assert find_body(folder) == folder / place / f"SMPLX_{best.upper()}.npz"


def test_the_free_body_is_used_without_a_licensed_one(tmp_path: Path) -> None:
    """Other programs' files are not taken for SMPL-X."""
    for name in ("SMPL_NEUTRAL.npz", "smplx/SMPLX_NEUTRAL.json", "smplx/notes.npz"):
        touched(tmp_path / name)
    path = touched(tmp_path / FREE_BODY)

    assert find_body(tmp_path) == path


def test_no_body_says_what_was_looked_for_where(tmp_path: Path) -> None:
    """A folder without a body is named with every file and place looked for."""
    with pytest.raises(BodyFileError) as error:
        find_body(tmp_path / "models")

    message = sentence(error).replace("make setup", "")
    for part in ("models", str(FREE_BODY), *map(str, PLACES)):
        assert part in message
    for gender in GENDERS:
        assert f"SMPLX_{gender.upper()}.npz" in message


def test_a_pickled_body_is_not_passed_over(tmp_path: Path) -> None:
    """A .pkl alone is refused, not replaced by the free body behind the user's back."""
    touched(tmp_path / FREE_BODY)
    pickled = touched(tmp_path / "smplx/SMPLX_NEUTRAL.pkl")

    with pytest.raises(BodyFileError) as error:
        find_body(tmp_path)

    message = sentence(error)
    assert str(pickled) in message
    assert "npz" in message
    path = touched(tmp_path / "smplx/SMPLX_MALE.npz")
    assert find_body(tmp_path) == path


def test_one_setting_says_which_body(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ERGOMESH_BODY goes before ERGOMESH_MODELS_DIR."""
    monkeypatch.setenv("ERGOMESH_MODELS_DIR", str(tmp_path))
    assert MeshSettings.load().body_place == tmp_path

    monkeypatch.setenv("ERGOMESH_BODY", str(tmp_path / "SMPLX_FEMALE.npz"))
    assert MeshSettings.load().body_place == tmp_path / "SMPLX_FEMALE.npz"


@pytest.mark.parametrize("components", [10, 16, 20, 400])
def test_all_layouts_give_the_same_body(tmp_path: Path, components: int) -> None:
    """10, 16, 10 + 10 or 300 + 100 components: the first ten are the shape."""
    arrays = official_arrays(components)
    path = write_npz(tmp_path / "SMPLX_MALE.npz", arrays)
    betas = np.linspace(-2, 2, 10)
    vertices = arrays["v_template"] + arrays["shapedirs"][..., :10] @ betas

    body, skin = load_body(path), load_skin(path)

    assert body.gender == "male"
    assert skin.name == body.name
    assert np.allclose(skin.vertices_m(betas), vertices)
    joints = arrays["J_regressor"] @ vertices
    assert np.allclose(skin.rest_joints_m(betas), joints)
    assert np.allclose(body.rest_joints_m(torch.from_numpy(betas)).numpy(), joints)
    assert np.array_equal(skin.triangles, arrays["f"])


def test_the_free_body_has_a_skin(official: Path) -> None:
    """The free body and SMPL-X's layout are read by the same reader."""
    free, other = load_skin(free_body_path()), load_skin(official)

    for skin in (free, other):
        count = len(skin.template_m)
        assert skin.weights.shape == (count, 55)
        assert skin.dirs_m.shape == (count, 3, 10)
        assert skin.triangles.max() < count


def refusal(path: Path) -> str:
    """Return the sentence with which a surface is refused."""
    with pytest.raises(BodyFileError) as error:
        load_skin(path)
    message = str(error.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert str(path) in message
    return message


def pickled(value: object) -> NDArray[Any]:
    """Return an object array, as old SMPL-X files have sparse matrices."""
    return np.array(value, dtype=object)


@pytest.mark.parametrize(
    "key", ["v_template", "shapedirs", "J_regressor", "kintree_table", "weights", "f"]
)
def test_a_pickled_array_is_named(tmp_path: Path, key: str) -> None:
    """Each array that is needed is refused by its name where it is a pickle."""
    arrays = official_arrays() | {key: pickled({"data": 1})}

    message = refusal(write_npz(tmp_path / "SMPLX_NEUTRAL.npz", arrays))

    assert key in message
    assert "pickled" in message


def broken_surfaces() -> dict[str, tuple[str, NDArray[Any]]]:
    """Return wrong arrays of the surface by what is wrong with them."""
    arrays = official_arrays()
    weights, triangles = arrays["weights"], arrays["f"]
    beyond, negative = triangles.copy(), weights.copy()
    beyond[0, 0] = len(weights)
    negative[7, :2] = (-0.5, 1.5 - negative[7, 2:].sum())
    return {
        "too few joints": ("weights", weights[:, :52]),
        "of integers": ("f", triangles.astype(np.float64)),
        "squares": ("f", np.zeros((5, 4), np.int64)),
        "not shares": ("weights", 2 * weights),
        "negative": ("weights", negative),
        "nan": ("weights", np.full_like(weights, np.nan)),
        "no triangles": ("f", triangles[:0]),
        "beyond": ("f", beyond),
    }


@pytest.mark.parametrize("kind", broken_surfaces())
def test_a_broken_surface_is_refused(tmp_path: Path, kind: str) -> None:
    """Weights that are no shares, or triangles of no vertices, are said to be so."""
    key, array = broken_surfaces()[kind]

    message = refusal(write_npz(tmp_path / "b.npz", official_arrays() | {key: array}))

    words = {"weights": ("weights", "skin weights"), "f": ("f ", "triangles")}
    assert any(word in message for word in words[key])


def test_pickles_that_are_not_needed_are_not_touched(
    official: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading SMPL-X's layout never unpickles, whatever else is in the file."""

    def explode(*_: object, **__: object) -> None:
        pytest.fail("something was unpickled")

    monkeypatch.setattr("pickle.load", explode)
    monkeypatch.setattr("pickle.loads", explode)

    assert load_body(official).gender == "female"
    assert load_skin(official).name.startswith("SMPLX_FEMALE.npz sha256:")
