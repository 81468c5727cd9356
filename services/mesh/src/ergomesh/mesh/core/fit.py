"""From landmarks to a body in motion: the order of things.

1. Put exchanged sides right (``swaps``), keep the frames with a person and the
   short gaps between them.
2. Start from the 3D landmarks (``init``), then fit all frames, the shape and the
   focal length together (``solver``), once per robust width.
3. Find the vertical, place the world on the floor, and say how sure it all is.
"""

from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from ergomesh.contract.arrays import BoolArray, Landmarks
from ergomesh.contract.skeleton import BODY_JOINTS, LANDMARK, SIDES
from ergomesh.mesh.core import shape
from ergomesh.mesh.core.body import BodyModel, Rig, place
from ergomesh.mesh.core.camera import Lens
from ergomesh.mesh.core.evidence import Evidence, gather
from ergomesh.mesh.core.flips import with_depths_in_order
from ergomesh.mesh.core.gravity import (
    expected_lens,
    gravity_from,
    lens_from,
    measured_gravity,
    solved_lens,
)
from ergomesh.mesh.core.horizon import Sightlines
from ergomesh.mesh.core.init import start_state
from ergomesh.mesh.core.observability import (
    detected_frames,
    kept_frames,
    observed_joints,
    seen_landmarks,
)
from ergomesh.mesh.core.outcome import Solution, motion_of
from ergomesh.mesh.core.progress import Watch, part_of, unwatched
from ergomesh.mesh.core.residuals import pixel_residual
from ergomesh.mesh.core.settings import (
    FitReport,
    FitResult,
    FitSettings,
    NoPersonError,
    StageTrace,
)
from ergomesh.mesh.core.sites import SITES
from ergomesh.mesh.core.slabs import own_threads
from ergomesh.mesh.core.smoothing import smoothed
from ergomesh.mesh.core.stages import Solved, solve
from ergomesh.mesh.core.swaps import with_sides_in_order
from ergomesh.mesh.core.uncertainty import spread_of

PREPARED: Final = 0.05
"""Share of the work done when the landmarks are put in order."""

SOLVED: Final = 0.9
"""Share of the work done when the solver has ended."""


def fit(
    landmarks: Landmarks,
    body: BodyModel,
    settings: FitSettings,
    *,
    watch: Watch | None = None,
) -> FitResult:
    """Fit one body to the landmarks of a clip.

    Args:
        landmarks: Of all analysed frames; holes are fine.
        body: The body model.
        settings: How to fit.
        watch: Called with the share done, from 0 to 1, several times per iteration
            of the solver. What it raises ends the fit and passes through.

    Returns:
        The motion, NaN in gaps longer than ``settings.max_gap_s``, and a report
        that says whether the solver converged.

    Raises:
        NoPersonError: When no frame has a person.
    """
    detected = detected_frames(landmarks)
    if not detected.any():
        msg = "No frame has a person, so there is no body to fit; check the clip."
        raise NoPersonError(msg)
    if settings.stature_m is not None:
        standing = body.of_stature(settings.stature_m)
        alike = replace(settings, stature_m=None)
        found = fit(landmarks, standing.body, alike, watch=watch)
        betas = standing.betas_of(found.motion.betas)
        return replace(found, motion=replace(found.motion, betas=betas))
    watch = watch or unwatched
    watch(0.0)
    landmarks = with_sides_in_order(landmarks, settings.max_gap_s)
    landmarks = with_depths_in_order(landmarks, settings.max_gap_s)
    kept = kept_frames(detected, landmarks.time_s, settings.max_gap_s)
    with own_threads(settings.device) as threads:
        task = part_of(watch, PREPARED, SOLVED)
        result = _fitted(landmarks, body, settings, kept, detected, threads, task)
    watch(1.0)
    return result


def _fitted(
    landmarks: Landmarks,
    body: BodyModel,
    settings: FitSettings,
    kept: BoolArray,
    detected: BoolArray,
    threads: int,
    watch: Watch,
) -> FitResult:
    seen = seen_landmarks(landmarks, settings.visible_from)
    here = body.to(settings.device)
    evidence = _evidence(landmarks, kept, detected, settings)
    rig = Rig.of(here, evidence.points_px)
    room = Sightlines.of(landmarks.background_lines_px, landmarks.size_px)
    legs = _legs_seen(seen[kept], rig)
    lens = _lens(rig, evidence, legs, room, settings, _expected(landmarks, settings))
    evidence = evidence.through(lens)
    solved = solve(rig, evidence, settings, threads=threads, watch=watch)
    solution = _solution(rig, solved, legs, room, lens, settings)
    motion = motion_of(
        solution,
        here,
        landmarks,
        kept=kept,
        observed=observed_joints(seen),
    )
    report = _report(here, solution, solved.traces, seen=seen, kept=kept)
    return FitResult(motion=motion, report=report)


def _expected(landmarks: Landmarks, settings: FitSettings) -> Lens:
    size_px = torch.from_numpy(landmarks.size_px)
    return expected_lens(size_px, settings, landmarks.lens_focal_px)


def _evidence(
    landmarks: Landmarks, kept: BoolArray, detected: BoolArray, settings: FitSettings
) -> Evidence:
    """Return the evidence as the expected lens would show it."""
    lens = _expected(landmarks, settings)
    return gather(landmarks, kept, detected, settings, lens)


def _legs_seen(seen: BoolArray, rig: Rig) -> Tensor:
    """Return (T,) whether both knees and ankles are seen."""
    rows = [LANDMARK[f"{side}_{n}"] for side in SIDES for n in ("knee", "ankle")]
    return torch.from_numpy(seen[:, rows].all(-1)).to(rig.spread.device)


def _lens(
    rig: Rig,
    evidence: Evidence,
    legs_seen: Tensor,
    room: Sightlines,
    settings: FitSettings,
    expected: Lens,
) -> Lens:
    """Return the lens that the room shows, judged by the first guess of the body."""
    if not len(room.points):
        return expected
    start = place(rig, start_state(rig, evidence.aimed(evidence.focal_px)))
    return lens_from(start, legs_seen, room, settings.view, expected)


def _solution(
    rig: Rig,
    solved: Solved,
    legs_seen: Tensor,
    room: Sightlines,
    lens: Lens,
    settings: FitSettings,
) -> Solution:
    """Return what a solved state means: where the body is, what is up, how sure."""
    state = smoothed(solved.state, solved.evidence, settings.smooth_sd_s)
    placed = place(rig, state)
    focal = float(shape.focal_px(solved.evidence, state.shared))
    lens = solved_lens(lens, focal)
    hint = settings.gravity
    return Solution(
        state=state,
        placed=placed,
        evidence=solved.evidence,
        lens=lens,
        gravity=gravity_from(placed, legs_seen, room, settings.view, lens)
        if hint is None
        else measured_gravity(hint, placed.joints_cam_m),
        spread=spread_of(rig, solved.evidence, state, settings),
    )


def _report(
    body: BodyModel,
    solution: Solution,
    traces: tuple[StageTrace, ...],
    *,
    seen: BoolArray,
    kept: BoolArray,
) -> FitReport:
    state, evidence = solution.state, solution.evidence
    fitted = int((evidence.world_weight > 0).any(-1).sum())
    return FitReport(
        stages=traces,
        residual_px_median=_residual_px(solution, seen[kept]),
        focal_px=solution.lens.focal_px,
        focal_log_sd=solution.lens.log_focal_sd,
        focal_source=solution.lens.source,
        world_scale=float(state.shared[shape.LOG_SCALE].exp()),
        bones_m=_bones_m(body, state.betas),
        gravity_source=solution.gravity.source,
        frames_fitted=fitted,
        frames_bridged=int(kept.sum()) - fitted,
        frames_empty=int((~kept).sum()),
    )


def _residual_px(solution: Solution, seen: BoolArray) -> float:
    """Return the median distance of seen landmarks from their sites, 0 without any."""
    whitened = pixel_residual(solution.placed, solution.state, solution.evidence)
    distance = (whitened * solution.evidence.points_sd_px[..., None]).norm(dim=-1)
    mask = torch.from_numpy(seen[:, [LANDMARK[site.landmark] for site in SITES]])
    chosen = torch.where(mask.to(distance.device), distance, torch.nan)
    return float(chosen.nanmedian().nan_to_num())


def _bones_m(body: BodyModel, betas: Tensor) -> dict[str, float]:
    rig = Rig.of(body, betas)
    lengths = (rig.bone_m + rig.bone_dirs_m @ betas).norm(dim=-1).tolist()
    return dict(zip(BODY_JOINTS[1:], lengths[1:], strict=True))
