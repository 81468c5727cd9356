"""Laws of what is observed."""

from dataclasses import replace

import numpy as np
import pytest

from ergomesh.contract.skeleton import (
    BODY_JOINTS,
    JOINT,
    LANDMARK,
    SMPLX_JOINTS,
    mirrored,
)
from ergomesh.mesh.core.observability import (
    kept_frames,
    observed_joints,
    seen_landmarks,
)
from mesh.mesh_synthetic import Scene

MOVED = len(BODY_JOINTS)


def test_observed_joints_mirror(scene: Scene) -> None:
    """Exchanging the sides of the landmarks exchanges those of the joints."""
    rng = np.random.default_rng(0)
    seen = rng.random((200, len(LANDMARK))) < 0.7
    swap_seen = seen[:, [LANDMARK[mirrored(name)] for name in LANDMARK]]
    swap = [JOINT[mirrored(name)] for name in SMPLX_JOINTS]

    assert (observed_joints(swap_seen) == observed_joints(seen)[:, swap]).all()


def test_nothing_seen_is_nothing_observed() -> None:
    """Without landmarks no joint is observed; with all, all that landmarks show."""
    nothing = observed_joints(np.zeros((1, 33), dtype=np.bool_))
    everything = observed_joints(np.ones((1, 33), dtype=np.bool_))

    assert not nothing.any()
    assert everything[0, :MOVED].all()
    assert not everything[0, JOINT["jaw"]]


@pytest.mark.parametrize(
    ("landmark", "lost"),
    [
        ("left_knee", {"left_knee"}),
        ("right_hip", {"right_hip", "pelvis", "spine1", "spine2", "spine3"}),
        ("left_index", {"left_index1"}),
        ("nose", set()),
    ],
)
def test_a_lost_landmark_loses_its_joints(landmark: str, lost: set[str]) -> None:
    """Hiding one landmark unpins exactly the joints that need it."""
    seen = np.ones((1, 33), dtype=np.bool_)
    all_seen = observed_joints(seen)
    seen[0, LANDMARK[landmark]] = False

    changed = all_seen[0] & ~observed_joints(seen)[0]

    assert {SMPLX_JOINTS[k] for k in changed.nonzero()[0]} == lost


def test_seen_needs_picture_visibility_and_person(scene: Scene) -> None:
    """Points outside the picture, hidden, missing or of nobody are not seen."""
    landmarks = scene.landmarks
    points, visibility = landmarks.points_px.copy(), landmarks.visibility.copy()
    detected = landmarks.detected.copy()
    points[0, :, 0] = -1
    visibility[1] = 0.49
    points[2] = np.nan
    detected[3] = False
    visibility[4] = np.nan
    changed = replace(
        landmarks, points_px=points, visibility=visibility, detected=detected
    )

    seen = seen_landmarks(changed, 0.5)

    assert not seen[:5].any()
    assert seen[5:, LANDMARK["nose"]].all()


def test_gaps_count_from_person_to_person() -> None:
    """A gap is kept when the frames around it are at most the limit apart."""
    time_s = np.arange(10) / 10
    detected = np.ones(10, dtype=np.bool_)
    detected[[0, 3, 4, 9]] = False

    assert kept_frames(detected, time_s, 0.31).tolist() == [False] + 8 * [True] + [
        False
    ]
    assert kept_frames(detected, time_s, 0.29)[[3, 4]].tolist() == [False, False]
    assert not kept_frames(np.zeros(10, dtype=np.bool_), time_s, 0.5).any()
