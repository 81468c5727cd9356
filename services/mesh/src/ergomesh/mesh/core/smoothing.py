"""Bodies have mass: the solved motion without what no muscle could do.

The solver ties frames by their steps alone, which keeps its equations block-tridiagonal
but lets joints tremble: a random walk may turn round at every frame. So its solution is
smoothed once more, by local quadratic regression over time with Gaussian weights
(Savitzky and Golay 1964, Anal Chem 36:1627-1639; Cleveland 1979, JASA 74:829-836): of
every rotation, as a quaternion, and of the root's place, with one kernel for all of
them, so that what the joints do together stays together. It has no lag, keeps peaks to
third order, and stays within stretches of linked frames.
"""

import math
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from ergomesh.mesh.core.body import State
from ergomesh.mesh.core.coarse import time_of
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.rotations import quat_to_rotmat, rotmat_to_quat
from ergomesh.mesh.core.slabs import slabs

REACH: Final = 3.0
"""Half-width of the kernel in its standard deviations."""
RIDGE: Final = 1e-6
"""Keeps slope and curvature at zero where too few frames show them."""


def smoothed(state: State, evidence: Evidence, sd_s: float) -> State:
    """Return a motion without trembling.

    Args:
        state: As solved.
        evidence: Of the same frames: when they are, and which are linked.
        sd_s: Standard deviation of the kernel, seconds; 0 leaves the state.
    """
    if sd_s <= 0 or len(state.root_cam_m) == 1:
        return state
    quats, stretch, time_s = (
        rotmat_to_quat(state.rotmats),
        evidence.stretch,
        time_of(evidence),
    )
    step_s = float(evidence.step_s.median())
    reach = min(math.ceil(REACH * sd_s / step_s), len(quats) - 1)
    parts = []
    for some in slabs(len(quats), quats.device):
        rows, weights = _kernel(time_s / sd_s, stretch, some, reach)
        around = quats[rows]
        same = (around * quats[some, None]).sum(-1, keepdim=True) >= 0
        turned = torch.where(same, around, -around)
        mean = (weights[..., None, None] * turned).sum(1)
        place = (weights[..., None] * state.root_cam_m[rows]).sum(1)
        parts.append((quat_to_rotmat(mean), place))
    rotmats, root = (torch.cat(part) for part in zip(*parts, strict=True))
    return replace(state, rotmats=rotmats, root_cam_m=root)


def _kernel(
    time: Tensor, stretch: Tensor, some: slice, reach: int
) -> tuple[Tensor, Tensor]:
    """Return (t, K) frames around each of some, and what they count in the middle.

    Args:
        time: (T,) in standard deviations of the kernel.
        stretch: (T,) of :attr:`Evidence.stretch`: other stretches count nothing.
        some: The frames.
        reach: Frames to either side.
    """
    count = len(time)
    here = torch.arange(count, device=time.device)[some, None]
    rows = here + torch.arange(-reach, reach + 1, device=time.device)
    inside = (rows >= 0) & (rows < count)
    rows = rows.clamp(0, count - 1)
    away = time[rows] - time[here]
    counts = torch.exp(-0.5 * away**2) * inside * (stretch[rows] == stretch[here])
    powers = torch.stack((torch.ones_like(away), away, away**2), -1)
    weighted = counts[..., None] * powers
    ridge = torch.diag(away.new_tensor((0.0, RIDGE, RIDGE)))
    first = powers.new_zeros(3)
    first[0] = 1
    middle = torch.linalg.solve(
        powers.mT @ weighted + ridge, first.expand(len(away), 3)
    )
    return rows, (weighted @ middle[..., None])[..., 0]
