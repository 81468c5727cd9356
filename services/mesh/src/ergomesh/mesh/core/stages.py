"""From the first guess to the solution: one run of the solver per robust width.

The wide ones only warm up: they look at the clip coarsely (``coarse``), and end
early.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ergomesh.mesh.core import shape
from ergomesh.mesh.core.blocks import Workspace
from ergomesh.mesh.core.body import Rig, State
from ergomesh.mesh.core.chunks import Chunk, plan_chunks
from ergomesh.mesh.core.coarse import coarse_rows, refined, seen_at, time_of
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.init import NEAREST_M, start_state
from ergomesh.mesh.core.normal import POSED, Problem, step_unit
from ergomesh.mesh.core.posture import PosturePrior
from ergomesh.mesh.core.progress import Watch, part_of, unwatched
from ergomesh.mesh.core.settings import FitSettings, StageTrace
from ergomesh.mesh.core.solver import minimise

WARM_UP: Final = 100.0
"""How much coarser the stages before the last may end: at a fifth of the cost they
have done their part, and more solves there change no angle by 0.1°."""

STARTED: Final = 0.05
"""Share of the work done when the first guess is there."""

WARM: Final = 0.4
"""Share of the work done when the stages before the last are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solved:
    """Where the solver ended, or stands."""

    state: State
    evidence: Evidence
    """As the last stage saw it."""
    traces: tuple[StageTrace, ...] = ()
    """One per robust width."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    """What all stages share."""

    rig: Rig
    settings: FitSettings
    threads: int


def solve(
    rig: Rig,
    evidence: Evidence,
    settings: FitSettings,
    *,
    threads: int = 1,
    watch: Watch = unwatched,
) -> Solved:
    """Return the state that explains the evidence best.

    Args:
        rig: The body.
        evidence: The landmarks of the frames to fit.
        settings: How to fit.
        threads: Threads that may share the work.
        watch: Told of the progress.
    """
    evidence = evidence.aimed(evidence.focal_px)
    state = start_state(rig, evidence)
    evidence = evidence.without_jumps(state.root_cam_m)
    task = _Task(rig=rig, settings=settings, threads=threads)
    *wide, width = settings.robust_scales
    warm = _warmed_up(task, evidence, state, wide, part_of(watch, STARTED, WARM))
    last = part_of(watch, WARM, 1.0)
    return _stages(task, warm, (width,), settings.tolerance, last)


def _warmed_up(
    task: _Task,
    evidence: Evidence,
    state: State,
    widths: Sequence[float],
    watch: Watch,
) -> Solved:
    """Return a state fitted to a coarse look, with the evidence of all frames."""
    if not widths:
        return Solved(state=state, evidence=evidence)
    rows = coarse_rows(evidence)
    start = Solved(state=state.rows(rows), evidence=seen_at(evidence, rows))
    coarse = _stages(task, start, widths, WARM_UP * task.settings.tolerance, watch)
    fine = refined(coarse.state, rows, time_of(evidence))
    return replace(coarse, state=fine, evidence=evidence)


def _stages(
    task: _Task,
    start: Solved,
    widths: Sequence[float],
    tolerance: float,
    watch: Watch,
) -> Solved:
    """Return where the solver ends, one width after the other."""
    solved, settings = start, task.settings
    chunks = plan_chunks(
        start.evidence, settings.chunk_frames, _reach_frames(start.evidence, settings)
    )
    space = _space(chunks, start.evidence, task.threads)
    for k, width in enumerate(widths):
        evidence = aimed(solved.evidence, solved.state, task.rig, settings)
        state, trace = minimise(
            Problem.of(task.rig, evidence, settings, width),
            solved.state,
            space,
            max_iterations=settings.max_iterations,
            tolerance=tolerance,
            chunks=chunks,
            watch=part_of(watch, k / len(widths), (k + 1) / len(widths)),
        )
        traces = (*solved.traces, trace)
        solved = Solved(state=state, evidence=evidence, traces=traces)
    return solved


def _reach_frames(evidence: Evidence, settings: FitSettings) -> float:
    """Return over how many frames the smoothing carries at most, falling by e.

    Where no landmark holds a joint against its neighbours, the prior does: the steps'
    variance of so many frames is the prior's over as many.
    """
    prior = PosturePrior.of(evidence.points_px)
    held = prior.sd.flatten() / step_unit(evidence.points_px, settings)[POSED]
    return float(held.max() / evidence.step_s.median().sqrt().nan_to_num(1.0))


def _space(chunks: Sequence[Chunk], evidence: Evidence, threads: int) -> Workspace:
    longest = max(chunk.frames for chunk in chunks)
    return Workspace.of(longest, evidence.points_px, threads)


def aimed(
    evidence: Evidence, state: State, rig: Rig, settings: FitSettings
) -> Evidence:
    """Return the evidence seen with a state's focal length and depth."""
    focal = shape.focal_px(evidence, state.shared)
    depth = state.root_cam_m[:, 2].clamp_min(NEAREST_M)
    sd_px = settings.pixel_sd_m * rig.spread * (focal / depth)[:, None]
    return evidence.aimed(focal).with_noise(sd_px)
