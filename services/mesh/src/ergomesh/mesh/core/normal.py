"""The cost of a state and its Gauss-Newton equations.

Steps between frames are compared as ``log(R_{k+1} R_kᵀ)``. With both rotations
turned in their own frames its derivative is ``J_l⁻¹ R_{k+1} (v_{k+1} - v_k)``;
``J_l⁻¹`` is the identity up to θ²/12, and dropping that from the Hessian (never
from the gradient) makes the coupling of frames diagonal, as ``blocktri`` wants.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from ergomesh.mesh.core.blocks import Blocks, Room, summed
from ergomesh.mesh.core.body import TURNS, UNKNOWNS, Rig, State, place, shape_jacobian
from ergomesh.mesh.core.chunks import Chunk
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.inertia import Axes, Sighting, site_blocks
from ergomesh.mesh.core.posture import LIMIT_SD_RAD, PosturePrior, step_variance
from ergomesh.mesh.core.residuals import (
    pixel_residual,
    pixel_rows,
    robust_cost,
    world_residual,
    world_rows,
)
from ergomesh.mesh.core.rotations import rotmat_to_rotvec
from ergomesh.mesh.core.settings import FitSettings
from ergomesh.mesh.core.shape import SHARED, shared_precision
from ergomesh.mesh.core.slabs import in_threads, slabs

RIDGE: Final = 1e-4
"""Precision added to every unknown, so that a frame nothing speaks about still
has a solution: a standard deviation of 100 rad or 100 m."""


POSED: Final = slice(TURNS.start + 3, TURNS.stop)
"""Unknowns that the posture prior speaks about: all turns but the root's."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """Everything that stays while a state is sought."""

    rig: Rig
    evidence: Evidence
    posture: PosturePrior
    step_rate: Tensor
    """(T - 1,) one over the time between frames, zero where they are not coupled."""
    step_unit: Tensor
    """(N,) standard deviation of each unknown's change within one second."""
    shared_precision: Tensor
    """(G,) of the whole sequence."""
    robust_scale: float
    """Geman-McClure width, in standard deviations."""

    @classmethod
    def of(
        cls, rig: Rig, evidence: Evidence, settings: FitSettings, robust_scale: float
    ) -> "Problem":
        """Return the problem that settings pose at one robust width."""
        return cls(
            rig=rig,
            evidence=evidence,
            posture=PosturePrior.of(evidence.points_px),
            step_rate=evidence.linked / evidence.step_s,
            step_unit=step_unit(evidence.points_px, settings),
            shared_precision=shared_precision(evidence, settings),
            robust_scale=robust_scale,
        )

    @property
    def count(self) -> int:
        """Frames."""
        return len(self.evidence.points_px)

    @property
    def step_precision(self) -> Tensor:
        """(T - 1, N) of the changes between frames."""
        return self.step_rate[:, None] / self.step_unit**2


def step_unit(like: Tensor, settings: FitSettings) -> Tensor:
    """Return (N,) standard deviation of each unknown's change within one second."""
    return step_variance(like).sqrt() * settings.step_scale


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Normal:
    """Gauss-Newton equations: block-tridiagonal frames, bordered by the shared."""

    blocks: Blocks
    """All terms, but what ``own`` adds."""
    own: Tensor
    """(T, N) added to the diagonal of the frames' blocks: steps and ridge."""
    rate: Tensor
    """(T - 1,) coupling of frames, see ``blocktri``."""
    unit: Tensor
    """(N,) that it is counted in."""
    inner: slice
    """Frames that count; the others are overlap with other chunks."""

    @property
    def coupling(self) -> Tensor:
        """(T - 1, N): minus the diagonals of the blocks between frames."""
        return self.rate[:, None] / self.unit**2


def cost_of(problem: Problem, state: State, threads: int = 1) -> float:
    """Return half the sum of squares, in standard deviations, of a state.

    Args:
        problem: What is minimised.
        state: Where.
        threads: Threads that may share the work.
    """
    rows = slabs(problem.count, state.rotmats.device)
    costs = in_threads(lambda some: _slab_cost(problem, state, some), rows, threads)
    costs.append((problem.step_precision * steps(state).square()).sum())
    costs.append((problem.shared_precision * state.shared.square()).sum())
    return 0.5 * float(torch.stack(costs).sum())


def _slab_cost(problem: Problem, state: State, rows: slice) -> Tensor:
    """Return () twice the cost of some frames by themselves."""
    state, evidence = state.rows(rows), problem.evidence.rows(rows)
    placed, scale = place(problem.rig, state), problem.robust_scale
    pixels = robust_cost(pixel_residual(placed, state, evidence), scale)
    world = robust_cost(world_residual(placed, state, evidence), scale)
    seen = evidence.points_weight * pixels + evidence.world_weight * world
    unusual, beyond = problem.posture.deviations(state.rotmats)
    return seen.sum() + (unusual**2 + beyond**2).sum()


def linearise(
    problem: Problem,
    state: State,
    room: Room | None = None,
    chunk: Chunk | None = None,
) -> Normal:
    """Return the Gauss-Newton equations at a state.

    Args:
        problem: What is minimised.
        state: Where.
        room: Memory to use; what it held is lost.
        chunk: Frames whose equations are wanted; all, if not given. The equations
            of all chunks add up to those of the sequence.
    """
    chunk = chunk or Chunk.whole(problem.count)
    room = room or Room.of(chunk.frames, state.rotmats)
    own, overlap = chunk.slabs(state.rotmats.device)
    corners = in_threads(
        lambda rows: _slab(problem, state, rows, room.rows(chunk.local(rows))),
        [*own, *overlap],
        room.threads,
    )
    corner = summed(corners[: len(own)])
    share = (chunk.own.stop - chunk.own.start) / problem.count
    corner.diagonal()[:SHARED].add_(share * problem.shared_precision)
    corner[:SHARED, SHARED].add_(share * problem.shared_precision * state.shared)
    return Normal(
        blocks=Blocks(diagonal=room.diagonal, right=room.right, corner=corner),
        own=_add_steps(problem, state, chunk.span, room.right),
        rate=problem.step_rate[chunk.span.start : chunk.span.stop - 1],
        unit=problem.step_unit,
        inner=chunk.inner,
    )


def _add_steps(problem: Problem, state: State, rows: slice, right: Tensor) -> Tensor:
    """Add the steps' gradient to some frames; return (t, N) their diagonal.

    Steps from and to the frames beside count too, which stand still meanwhile.
    """
    first, stop = max(rows.start - 1, 0), min(rows.stop + 1, problem.count)
    rate = problem.step_rate[first : stop - 1, None]
    change = steps(state.rows(slice(first, stop)))
    missing = (0, 0, int(first == rows.start), int(stop == rows.stop))
    precision = torch.nn.functional.pad(rate / problem.step_unit**2, missing)
    pull = precision * torch.nn.functional.pad(change, missing)
    right[..., SHARED].add_(pull[:-1]).sub_(pull[1:])
    return precision[:-1] + precision[1:] + RIDGE


def steps(state: State) -> Tensor:
    """Return (T - 1, N): how frames differ, as the unknowns are counted."""
    turned = state.rotmats[:-1].mT @ state.rotmats[1:]
    moved = state.root_cam_m[1:] - state.root_cam_m[:-1]
    return torch.cat((moved, rotmat_to_rotvec(turned).flatten(1)), -1)


def _slab(problem: Problem, state: State, rows: slice, room: Room) -> Tensor:
    """Write the blocks of some frames by themselves; return the corner."""
    rig, evidence = problem.rig, problem.evidence.rows(rows)
    state = state.rows(rows)
    placed = place(rig, state)
    by_betas_m = shape_jacobian(rig, placed)
    root, hips = Axes.about_root(placed), Axes.about_hips(placed)
    sightings = [
        Sighting(
            axes=root,
            rows=pixel_rows(placed, state, evidence, by_betas_m, root.origin_m),
            weight=evidence.points_weight,
        ),
        Sighting(
            axes=hips,
            rows=world_rows(placed, state, evidence, by_betas_m, hips.origin_m),
            weight=evidence.world_weight,
        ),
    ]
    blocks = site_blocks(rig, sightings, problem.robust_scale, room)
    _add_posture(problem.posture, state, blocks)
    return blocks.corner


def _add_posture(prior: PosturePrior, state: State, blocks: Blocks) -> None:
    """Add prior and limits to the joints' turns."""
    unusual, beyond, jac = prior.residuals(state.rotmats)
    precision = prior.sd**-2 + (beyond != 0) * LIMIT_SD_RAD**-2
    pull = unusual / prior.sd + beyond / LIMIT_SD_RAD
    gradient = (jac.mT @ pull[..., None])[..., 0]
    blocks.right[:, POSED, SHARED].add_(gradient.flatten(1))
    hessian = jac.mT @ (precision[..., None] * jac)
    grid = blocks.diagonal.view(-1, UNKNOWNS // 3, 3, UNKNOWNS // 3, 3)
    own = grid.diagonal(dim1=1, dim2=3)[..., -hessian.shape[1] :]
    own.add_(hessian.permute(0, 2, 3, 1))
