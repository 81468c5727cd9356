"""scene.glb in the hands of others: the Khronos validator and three.js in Chromium."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ergomesh.contract.arrays import Motion
from ergomesh.contract.skeleton import BODY_JOINTS, SMPLX_JOINTS
from ergomesh.mesh.body_file import load_skin
from ergomesh.mesh.core.scene import scene_glb
from ergomesh.mesh.core.skin import Skin
from mesh.mesh_gltf import Glb
from mesh.mesh_official import official_arrays, write_npz
from mesh.mesh_scenes import (
    free_body_path,
    made_up_motion,
    repeated,
    skinned,
    with_gaps,
)
from mesh.mesh_viewers import seen_in_three, validator_report

pytestmark = [pytest.mark.slow]

SEEN = (0, 13, 29, 45, 59)
HIDDEN = (20, 27)
VERTICES = list(range(0, 13_000, 97))
CLOSE_M = 1e-3


@dataclass(frozen=True)
class Case:
    """A motion, its body and its scene on disk."""

    skin: Skin
    motion: Motion
    path: Path


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A motion of the free body with a gap in its middle."""
    skin = load_skin(free_body_path())
    motion = with_gaps(made_up_motion(), slice(20, 28))
    path = tmp_path_factory.mktemp("scene") / "scene.glb"
    path.write_bytes(scene_glb(skin, motion, generator="test"))
    return Case(skin=skin, motion=motion, path=path)


@pytest.fixture(scope="module")
def view(case: Case) -> dict[str, Any]:
    """What three.js makes of the scene."""
    times = case.motion.time_s.astype(np.float32)  # as the file has them
    asked = [float(times[frame]) for frame in (*SEEN, *HIDDEN)]
    return seen_in_three(case.path, times_s=asked, vertices=VERTICES)


def assert_clean(raw: bytes, path: Path) -> None:
    """Show a file to the validator, which has nothing to say."""
    path.write_bytes(raw)
    issues = validator_report(path)["issues"]
    assert issues["messages"] == []
    assert issues["numErrors"] == issues["numWarnings"] == 0


def test_the_validator_has_nothing_to_say(case: Case, tmp_path: Path) -> None:
    """Scenes with gaps, without, of one frame and of nobody get not even a hint."""
    whole = made_up_motion()
    motions = (case.motion, whole, repeated(whole, 1), with_gaps(whole, slice(None)))

    for motion in motions:
        glb = scene_glb(case.skin, motion, generator="test")
        assert_clean(glb, tmp_path / "scene.glb")


def test_a_licensed_layout_is_valid_too(case: Case, tmp_path: Path) -> None:
    """A body in SMPL-X's own layout makes a valid scene."""
    skin = load_skin(write_npz(tmp_path / "SMPLX_NEUTRAL.npz", official_arrays()))

    glb = scene_glb(skin, case.motion, generator="test")

    assert_clean(glb, tmp_path / "scene.glb")


def test_the_validator_sees_faults(case: Case, tmp_path: Path) -> None:
    """A scene whose weights sum to something else is not valid."""
    glb = Glb.of(case.path.read_bytes())
    (primitive,) = glb.document["meshes"][0]["primitives"]
    number = primitive["attributes"]["WEIGHTS_0"]
    view = glb.document["bufferViews"][number]
    raw = bytearray(case.path.read_bytes())
    start = len(raw) - len(glb.binary) + view["byteOffset"]
    raw[start : start + 2] = b"\x01\x00"
    path = tmp_path / "broken.glb"
    path.write_bytes(raw)

    assert validator_report(path)["issues"]["numErrors"] > 0


def test_three_opens_it_without_complaint(view: dict[str, Any], case: Case) -> None:
    """The page loads with one animation as long as the clip, and no warning."""
    assert view["troubles"] == []
    assert view["animations"] == 1
    assert view["duration_s"] == pytest.approx(case.motion.time_s[-1], abs=1e-5)


def test_three_skins_as_we_do(view: dict[str, Any], case: Case) -> None:
    """In three.js each vertex is within a millimetre of linear blend skinning."""
    for frame, moment in zip(SEEN, view["moments"], strict=False):
        expected = skinned(case.skin, case.motion, frame, bones=4)[VERTICES]
        assert np.abs(np.array(moment["vertices"]) - expected).max() < CLOSE_M


def test_three_finds_the_joints(view: dict[str, Any], case: Case) -> None:
    """Bones of the names of SMPL-X stand where the motion has its joints."""
    for frame, moment in zip(SEEN, view["moments"], strict=False):
        assert set(moment["bones"]) == set(SMPLX_JOINTS)
        found = np.array([moment["bones"][name] for name in SMPLX_JOINTS])
        assert np.abs(found - case.motion.joints_world_m[frame]).max() < CLOSE_M


def test_three_draws_the_body_only_where_it_was_seen(view: dict[str, Any]) -> None:
    """Through the clip's camera there is a body in seen frames, nothing in gaps."""
    drawn = [moment["drawn_pixels"] for moment in view["moments"]]

    assert min(drawn[: len(SEEN)]) > 1000
    assert drawn[len(SEEN) :] == [0] * len(HIDDEN)


def test_the_reader_of_the_fast_tests_agrees(view: dict[str, Any], case: Case) -> None:
    """Our slow reader of the format and three.js see the same."""
    glb = Glb.of(case.path.read_bytes())

    for moment in view["moments"]:
        ours = glb.skinned(moment["time_s"])[VERTICES]
        assert np.abs(ours - np.array(moment["vertices"])).max() < CLOSE_M / 10
    assert len(glb.tracks(BODY_JOINTS[-1], "rotation")) == 1
