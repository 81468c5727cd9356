"""From landmarks to a body in motion: the order of things.

1. Put exchanged sides right (``swaps``), keep the frames with a person and the
   short gaps between them.
2. Start from the 3D landmarks (``init``), then fit all frames, the shape and the
   focal length together (``solver``), once per robust width.
3. Find the vertical, place the world on the floor, and say how sure it all is.
"""

from typing import Final

import numpy as np
import torch
from torch import Tensor

from ergomesh.contract.arrays import BoolArray, Landmarks
from ergomesh.contract.skeleton import BODY_JOINTS, LANDMARK, SIDES
from ergomesh.mesh.core import shape
from ergomesh.mesh.core.blocks import Workspace
from ergomesh.mesh.core.body import BodyModel, Rig, State, place
from ergomesh.mesh.core.camera import focal_from_view
from ergomesh.mesh.core.evidence import Evidence, gather
from ergomesh.mesh.core.flips import with_depths_in_order
from ergomesh.mesh.core.gravity import gravity_from
from ergomesh.mesh.core.init import NEAREST_M, start_state
from ergomesh.mesh.core.normal import Problem
from ergomesh.mesh.core.observability import (
    detected_frames,
    kept_frames,
    observed_joints,
    seen_landmarks,
)
from ergomesh.mesh.core.outcome import Solution, motion_of
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
from ergomesh.mesh.core.solver import minimise
from ergomesh.mesh.core.swaps import with_sides_in_order
from ergomesh.mesh.core.uncertainty import spread_of

WARM_UP: Final = 40.0
"""How much coarser the stages before the last may end: at a fifth of the cost they
have done their part, and more solves there change no angle by 0.1°."""


def fit(landmarks: Landmarks, body: BodyModel, settings: FitSettings) -> FitResult:
    """Fit one body to the landmarks of a clip.

    Args:
        landmarks: Of all analysed frames; holes are fine.
        body: The body model.
        settings: How to fit.

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
    landmarks = with_sides_in_order(landmarks, settings.max_gap_s)
    landmarks = with_depths_in_order(landmarks, settings.max_gap_s)
    kept = kept_frames(detected, landmarks.time_s, settings.max_gap_s)
    with own_threads(settings.device) as threads:
        return _fitted(landmarks, body, settings, kept, detected, threads)


def _fitted(
    landmarks: Landmarks,
    body: BodyModel,
    settings: FitSettings,
    kept: BoolArray,
    detected: BoolArray,
    threads: int,
) -> FitResult:
    seen = seen_landmarks(landmarks, settings.visible_from)
    here = body.to(settings.device)
    evidence = _evidence(landmarks, kept, detected, settings)
    solution, traces = _solve(here, evidence, _legs_seen(seen[kept]), settings, threads)
    motion = motion_of(
        solution,
        here,
        landmarks,
        kept=kept,
        observed=observed_joints(seen),
        sd_inflation=settings.sd_inflation,
    )
    report = _report(here, solution, traces, seen=seen, kept=kept)
    return FitResult(motion=motion, report=report)


def _evidence(
    landmarks: Landmarks, kept: BoolArray, detected: BoolArray, settings: FitSettings
) -> Evidence:
    size = torch.from_numpy(landmarks.size_px)
    expected = focal_from_view(size, settings.field_of_view_deg)
    focal = settings.focal_px or expected
    return gather(landmarks, kept, detected, settings, focal)


def _legs_seen(seen: BoolArray) -> BoolArray:
    """Return (T,) whether both knees and ankles are seen."""
    rows = [LANDMARK[f"{side}_{n}"] for side in SIDES for n in ("knee", "ankle")]
    return np.asarray(seen[:, rows].all(-1))


def _solve(
    body: BodyModel,
    evidence: Evidence,
    legs_seen: BoolArray,
    settings: FitSettings,
    threads: int,
) -> tuple[Solution, tuple[StageTrace, ...]]:
    rig = Rig.of(body, evidence.points_px)
    evidence = evidence.aimed(evidence.focal_px)
    state = start_state(rig, evidence)
    evidence = evidence.without_jumps(state.root_cam_m)
    space = Workspace.of(len(evidence.points_px), evidence.points_px, threads)
    traces = []
    *warm_up, _ = settings.robust_scales
    tolerances = [WARM_UP * settings.tolerance for _ in warm_up] + [settings.tolerance]
    for scale, tolerance in zip(settings.robust_scales, tolerances, strict=True):
        evidence = _aimed(evidence, state, rig, settings)
        problem = Problem.of(rig, evidence, settings, scale)
        state, normal, trace = minimise(
            problem,
            state,
            space,
            max_iterations=settings.max_iterations,
            tolerance=tolerance,
        )
        traces.append(trace)
    placed = place(rig, state)
    legs = torch.from_numpy(legs_seen).to(evidence.points_px.device)
    solution = Solution(
        state=state,
        placed=placed,
        evidence=evidence,
        gravity=gravity_from(placed, legs, settings.gravity),
        spread=spread_of(normal, placed, rig.moves_joint, space.elimination),
    )
    return solution, tuple(traces)


def _aimed(
    evidence: Evidence, state: State, rig: Rig, settings: FitSettings
) -> Evidence:
    """Return the evidence seen with a state's focal length and depth."""
    focal = shape.focal_px(evidence, state.shared)
    depth = state.root_cam_m[:, 2].clamp_min(NEAREST_M)
    sd_px = settings.pixel_sd_m * rig.spread * (focal / depth)[:, None]
    return evidence.aimed(focal).with_noise(sd_px)


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
        focal_px=float(shape.focal_px(evidence, state.shared)),
        world_scale=float(state.shared[shape.LOG_SCALE].exp()),
        bones_m=_bones_m(body, state.betas),
        gravity_source=solution.gravity.source,
        frames_fitted=fitted,
        frames_bridged=int(kept.sum()) - fitted,
        frames_empty=int((~kept).sum()),
    )


def _residual_px(solution: Solution, seen: BoolArray) -> float:
    """Return the median distance of seen landmarks from their sites."""
    whitened = pixel_residual(solution.placed, solution.state, solution.evidence)
    distance = (whitened * solution.evidence.points_sd_px[..., None]).norm(dim=-1)
    mask = torch.from_numpy(seen[:, [LANDMARK[site.landmark] for site in SITES]])
    chosen = distance[mask.to(distance.device)]
    return float(chosen.median()) if len(chosen) else 0.0


def _bones_m(body: BodyModel, betas: Tensor) -> dict[str, float]:
    rig = Rig.of(body, betas)
    lengths = (rig.bone_m + rig.bone_dirs_m @ betas).norm(dim=-1).tolist()
    return dict(zip(BODY_JOINTS[1:], lengths[1:], strict=True))
