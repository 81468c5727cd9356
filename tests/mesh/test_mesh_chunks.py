"""Laws of long clips solved in chunks, of coarse looks, and of progress."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.skeleton import BODY_JOINTS, LANDMARK, SIDES
from ergomesh.mesh.core.body import BodyModel, State
from ergomesh.mesh.core.chunks import OVERLAP_REACHES, OVERLAP_S, Chunk, plan_chunks
from ergomesh.mesh.core.coarse import (
    COARSE_STEP_S,
    coarse_rows,
    refined,
    seen_at,
    time_of,
)
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.normal import linearise
from ergomesh.mesh.core.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from ergomesh.mesh.core.settings import FitSettings
from mesh.mesh_synthetic import make_scene
from mesh.mesh_twin import problem_near

WHOLE = FitSettings(chunk_frames=10**6)
MOVED = len(BODY_JOINTS)


def timeline(step_s: float, links: list[int]) -> Evidence:
    """Return evidence of frames at even times, of which only the times matter."""
    nothing, count = torch.zeros(0), len(links) + 1
    return Evidence(
        points_px=torch.zeros(count, 1, 2),
        points_weight=torch.zeros(count, 1),
        points_sd_px=torch.zeros(count, 1),
        world_m=torch.zeros(count, 1, 3),
        world_weight=torch.zeros(count, 1),
        world_sd_m=nothing,
        rotmat_cam_crop=torch.zeros(count, 3, 3),
        step_s=torch.full((len(links),), step_s, dtype=torch.float64),
        linked=torch.tensor(links, dtype=torch.float64),
        centre_px=nothing,
        focal_px=nothing,
        log_focal_sd=0.1,
    )


@pytest.mark.parametrize("rate_hz", [5, 30, 240])
@pytest.mark.parametrize("count", [1, 2, 100, 101, 3456])
def test_chunks_cover_all_frames_once(count: int, rate_hz: int) -> None:
    """Every frame is answered for once, by a chunk that also sees what is around."""
    chunks = plan_chunks(timeline(1 / rate_hz, [1] * (count - 1)), 100, 10.0)

    frames = [k for chunk in chunks for k in range(count)[chunk.own]]
    assert frames == list(range(count))
    for chunk in chunks:
        own, span = chunk.own, chunk.span
        assert own.stop - own.start <= 100
        wanted = max(OVERLAP_REACHES * 10, OVERLAP_S * rate_hz)
        before, after = own.start - span.start, span.stop - own.stop
        assert span.start == 0 or wanted <= before <= wanted + 1
        assert span.stop == count or wanted <= after <= wanted + 1


def test_a_clip_that_fits_is_one_chunk() -> None:
    """Up to the size of a chunk nothing is cut."""
    assert plan_chunks(timeline(0.1, [1] * 899), 900, 9.0) == (Chunk.whole(900),)


def test_gaps_are_borders() -> None:
    """A chunk ends where frames are not coupled, and does not look beyond."""
    links = [1] * 999
    links[480] = 0

    first, second = plan_chunks(timeline(1 / 30, links), 500, 9.0)

    assert first.own == first.span == slice(0, 481)
    assert second.own == second.span == slice(481, 1000)


def test_equations_of_chunks_add_up_to_those_of_the_whole(body: BodyModel) -> None:
    """Own frames have the same equations in a chunk, and the corners sum up."""
    scene = make_scene(body, frames=90)
    problem, state = problem_near(scene, 90, WHOLE)
    whole = linearise(problem, state)

    chunks = plan_chunks(problem.evidence, 40, 3.0)
    parts = [linearise(problem, state, chunk=chunk) for chunk in chunks]

    corner = sum(part.blocks.corner for part in parts)
    assert len(chunks) == 3
    assert torch.allclose(torch.as_tensor(corner), whole.blocks.corner)
    for chunk, part in zip(chunks, parts, strict=True):
        assert torch.allclose(part.blocks.right, whole.blocks.right[chunk.span])
        assert torch.equal(part.own, whole.own[chunk.span])
        found, expected = part.blocks.diagonal.triu(), whole.blocks.diagonal.triu()
        assert torch.allclose(found, expected[chunk.span])


def apart_deg(one: Motion, other: Motion) -> float:
    """Return the largest angle between rotations of joints in two motions."""
    turns = [
        rotvec_to_rotmat(torch.from_numpy(each.poses.reshape(-1, 55, 3)[:, :MOVED]))
        for each in (one, other)
    ]
    between = rotmat_to_rotvec(turns[0].mT @ turns[1]).norm(dim=-1)
    return float(between[between.isfinite()].rad2deg().max())


def hidden_legs(landmarks: Landmarks) -> Landmarks:
    """Return landmarks of somebody behind a desk."""
    names = ("knee", "ankle", "heel", "foot_index")
    legs = [LANDMARK[f"{side}_{name}"] for side in SIDES for name in names]
    visibility = landmarks.visibility.copy()
    world = landmarks.points_world_m.copy()
    visibility[:, legs], world[:, legs] = 0, np.nan
    return replace(landmarks, visibility=visibility, points_world_m=world)


def with_gap(landmarks: Landmarks) -> Landmarks:
    """Return landmarks without a person for a while."""
    detected = landmarks.detected.copy()
    detected[90:120] = False
    return replace(landmarks, detected=detected)


def as_they_are(landmarks: Landmarks) -> Landmarks:
    """Return the same landmarks."""
    return landmarks


@pytest.mark.parametrize(
    ("rate_hz", "change"),
    [(15.0, as_they_are), (15.0, with_gap), (30.0, hidden_legs)],
)
def test_chunked_is_unchunked(
    body: BodyModel, rate_hz: float, change: Callable[[Landmarks], Landmarks]
) -> None:
    """Three chunks give what one gives: no seam, the same shape, equally sure."""
    landmarks = change(make_scene(body, seed=1, frames=200, rate_hz=rate_hz).landmarks)

    one = fit(landmarks, body, WHOLE)
    three = fit(landmarks, body, replace(WHOLE, chunk_frames=80))

    assert apart_deg(one.motion, three.motion) < 0.05
    assert np.allclose(one.motion.trans, three.motion.trans, atol=1e-3, equal_nan=True)
    assert np.allclose(one.motion.betas, three.motion.betas, atol=1e-3)
    assert three.report.focal_px == pytest.approx(one.report.focal_px, rel=1e-4)
    for name in ("pose_sd_rad", "joint_sd_m", "pose_covariance_rad2"):
        sure = getattr(one.motion, name), getattr(three.motion, name)
        assert np.allclose(*sure, rtol=1e-2, atol=1e-5, equal_nan=True)


def test_progress_rises_from_nothing_to_all(body: BodyModel) -> None:
    """Shares run from 0 to 1, never fall, and come for every chunk of every solve."""
    landmarks = make_scene(body, frames=150).landmarks
    shares: list[float] = []

    result = fit(landmarks, body, replace(WHOLE, chunk_frames=50), watch=shares.append)

    coarse, fine = (stage.solves for stage in result.report.stages)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(shares)
    assert len(set(shares)) > coarse + 3 * fine


class StopError(Exception):
    """What a caller raises to end a fit."""


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_a_fit_is_ended_by_its_watch(body: BodyModel, share: float) -> None:
    """What the watch raises comes out untouched, and the next fit is as the first."""
    landmarks = make_scene(body, frames=40).landmarks
    stop, threads = StopError(), torch.get_num_threads()

    def watch(done: float) -> None:
        if done >= share:
            raise stop

    before = fit(landmarks, body, WHOLE).motion
    with pytest.raises(StopError) as caught:
        fit(landmarks, body, WHOLE, watch=watch)
    after = fit(landmarks, body, WHOLE).motion

    assert caught.value is stop
    assert torch.get_num_threads() == threads
    assert np.array_equal(before.poses, after.poses)


@pytest.mark.parametrize("rate_hz", [4, 10, 15, 30, 120])
def test_a_coarse_look_misses_no_more_than_it_says(rate_hz: int) -> None:
    """Coarse frames are as near as stated, if there are so many, and keep the ends."""
    links = [1] * 500
    links[100] = links[101] = links[333] = 0
    evidence = timeline(1 / rate_hz, links)

    rows = coarse_rows(evidence)

    ends = {0, 100, 101, 102, 333, 334, 500}
    assert ends <= set(rows.tolist())
    assert (rows.diff() > 0).all()
    assert float(rows.diff().max()) < COARSE_STEP_S * rate_hz + 1
    assert len(rows) * max(COARSE_STEP_S * rate_hz, 1) < 501 * 2.1
    few = seen_at(evidence, rows)
    assert torch.allclose(time_of(few), time_of(evidence)[rows])
    assert int((few.linked == 0).sum()) == 3


@pytest.mark.parametrize("count", [1, 2, 3, 10, 59, 60])
def test_a_coarse_look_is_the_same_backwards(count: int) -> None:
    """Played backwards, a clip is looked at in the same frames."""
    links = [1] * (count - 1)
    rows = coarse_rows(timeline(0.03, links)).tolist()

    assert sorted(count - 1 - row for row in rows) == rows


def test_refining_keeps_steady_turns(body: BodyModel) -> None:
    """Joints that turn at a steady pace are found in every frame between."""
    count = 60
    speed = torch.tensor((0.3, -0.4, 0.2), dtype=torch.float64)
    evidence = timeline(1 / 30, [1] * (count - 1))
    time_s = time_of(evidence)
    turn = rotvec_to_rotmat(time_s[:, None, None] * speed).expand(count, MOVED, 3, 3)
    state = State(
        rotmats=turn,
        root_cam_m=time_s[:, None] * speed,
        shared=torch.zeros(12, dtype=torch.float64),
    )
    rows = coarse_rows(evidence)

    found = refined(state.rows(rows), rows, time_s)

    assert len(rows) < count / 2
    assert torch.allclose(found.rotmats, state.rotmats)
    assert torch.allclose(found.root_cam_m, state.root_cam_m)
