"""Laws of putting exchanged sides right."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.skeleton import LANDMARK, LANDMARKS, mirrored
from ergomesh.mesh.core.body import BodyModel, Rig, place
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.rotations import rotvec_to_rotmat
from ergomesh.mesh.core.settings import FitSettings
from ergomesh.mesh.core.swaps import (
    LIMB_PAIRS,
    exchanged_parts,
    with_sides_in_order,
)
from mesh.mesh_synthetic import Array, Detector, Scene, detect, make_scene

OTHER = [LANDMARK[mirrored(name)] for name in LANDMARKS]


def exchanged(landmarks: Landmarks, rows: slice) -> Landmarks:
    """Return landmarks as a detector sees them that takes the back for the front."""
    changed = {
        name: getattr(landmarks, name).copy()
        for name in ("points_px", "points_world_m", "visibility")
    }
    for values in changed.values():
        values[rows] = values[rows][:, OTHER]
    changed["points_world_m"][rows, :, 2] *= -1
    return replace(landmarks, **changed)


def turning(scene: Scene, turn_deg: Array) -> Landmarks:
    """Return the landmarks of the scene's person turning about the vertical."""
    yaw = torch.zeros(len(turn_deg), 3, dtype=torch.float64)
    yaw[:, 1] = torch.from_numpy(np.radians(turn_deg))
    rotmats = scene.state.rotmats.clone()
    rotmats[:, 0] = rotmats[:, 0] @ rotvec_to_rotmat(yaw)
    placed = place(
        Rig.of(scene.body, scene.state.root_cam_m),
        replace(scene.state, rotmats=rotmats),
    )
    return detect(placed, scene.landmarks.time_s, np.random.default_rng(0), Detector())


@pytest.mark.parametrize(
    "rows", [slice(20, 23), slice(10, 11), slice(0, 4), slice(57, 60), slice(30, 45)]
)
def test_exchanged_bursts_are_found(scene: Scene, rows: slice) -> None:
    """Exactly the frames in which the sides were exchanged are found."""
    found = exchanged_parts(exchanged(scene.landmarks, rows), 0.5)

    expected = np.zeros(60, dtype=bool)
    expected[rows] = True
    assert (found == expected).all()


def test_putting_right_undoes_the_exchange(scene: Scene) -> None:
    """Sides put right, the landmarks are what they were, depths included."""
    again = with_sides_in_order(exchanged(scene.landmarks, slice(20, 26)), 0.5)

    for name in ("points_px", "points_world_m", "visibility"):
        assert np.array_equal(
            getattr(again, name), getattr(scene.landmarks, name), equal_nan=True
        )


@pytest.mark.parametrize("pair", LIMB_PAIRS, ids=["arms", "legs"])
@pytest.mark.parametrize("rows", [slice(20, 26), slice(0, 4), slice(57, 60)])
def test_one_pair_of_limbs_is_put_right_alone(
    scene: Scene, pair: list[int], rows: slice
) -> None:
    """Arms or legs taken for each other come out as they were; nothing else moves."""
    names = ("points_px", "points_world_m", "visibility")
    seen = {name: getattr(scene.landmarks, name).copy() for name in names}
    others = [OTHER[row] for row in pair]
    for name, values in seen.items():
        values[rows, pair] = getattr(scene.landmarks, name)[rows][:, others]

    again = with_sides_in_order(replace(scene.landmarks, **seen), 0.5)

    assert not np.array_equal(seen["points_px"], scene.landmarks.points_px)
    for name in names:
        true = getattr(scene.landmarks, name)
        assert np.array_equal(getattr(again, name), true, equal_nan=True)


def test_a_fit_does_not_notice_a_burst(scene: Scene) -> None:
    """A burst of exchanged sides changes nothing in the motion."""
    burst = exchanged(scene.landmarks, slice(20, 23))

    clean, found = (
        fit(each, scene.body, FitSettings()).motion for each in (scene.landmarks, burst)
    )

    assert np.allclose(found.poses, clean.poses)


@pytest.mark.parametrize("seconds", [0.7, 1.5, 4.0])
def test_people_may_turn_about(body: BodyModel, seconds: float) -> None:
    """A true turn, even a quick one, exchanges nothing."""
    scene = make_scene(body, seed=6, frames=60)
    part = (scene.landmarks.time_s - 1.0) / seconds
    landmarks = turning(scene, 180 * part.clip(0, 1))

    assert not exchanged_parts(landmarks, 0.5).any()


def test_gaps_leave_the_person_free_to_turn(scene: Scene) -> None:
    """Across a long gap the sides may exchange: the detector is believed."""
    landmarks = exchanged(scene.landmarks, slice(30, 36))
    someone = scene.landmarks.detected & ~np.isin(np.arange(60), (28, 29))
    someone[36:] = False
    landmarks = replace(landmarks, detected=someone)

    assert not exchanged_parts(landmarks, 0.1).any()
    assert exchanged_parts(landmarks, 0.5)[:, 30:36].all()


def test_quiet_and_empty_clips_exchange_nothing(scene: Scene) -> None:
    """True landmarks, single frames and clips without a person stay as they are."""
    nobody = replace(scene.landmarks, detected=np.zeros(60, dtype=bool))

    assert not exchanged_parts(scene.landmarks, 0.5).any()
    assert not exchanged_parts(nobody, 0.5).any()
    assert with_sides_in_order(scene.landmarks, 0.5) is scene.landmarks
