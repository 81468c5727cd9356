"""A clip seen less often: enough to warm up on, and the way back to all frames.

Bodies move little within a tenth of a second, so while the solver is still finding
the posture it need not look at every frame (coarse to fine, in time).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from ergomesh.mesh.core.body import State
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.rotations import rotmat_to_rotvec, rotvec_to_rotmat

COARSE_STEP_S: Final = 0.14
"""About the time between frames of a coarse look, where there are more: two steps at
15 Hz."""


def coarse_rows(evidence: Evidence) -> Tensor:
    """Return (K,) ascending frames that are about evenly spread in time.

    Every stretch of linked frames keeps its first and its last. Played backwards,
    a clip keeps the same frames.
    """
    linked, step_s = evidence.linked.tolist(), evidence.step_s.tolist()
    rows = [
        row
        for first, last in _stretches(linked)
        for row in _spread(first, last, sum(step_s[first:last]))
    ]
    return torch.tensor(rows, device=evidence.linked.device)


def _stretches(linked: list[float]) -> Iterator[tuple[int, int]]:
    """Yield the first and last frame of every stretch of linked frames."""
    first = 0
    for frame, link in enumerate([*linked, 0.0]):
        if not link:
            yield first, frame
            first = frame + 1


def _spread(first: int, last: int, duration_s: float) -> list[int]:
    """Return both ends and enough frames between, the same from either end."""
    steps = min(int(duration_s / COARSE_STEP_S) + 1, last - first)
    if steps < 1:
        return [first]
    span = last - first
    early = [k * span // steps for k in range(steps // 2 + 1)]
    return sorted({first + k for k in early} | {last - k for k in early})


def seen_at(evidence: Evidence, rows: Tensor) -> Evidence:
    """Return the evidence of some frames, linked where all between them are.

    Args:
        evidence: Of all frames.
        rows: (K,) ascending.
    """
    time_s = time_of(evidence)[rows]
    stretch = evidence.stretch[rows]
    same = stretch[1:] == stretch[:-1]
    return replace(
        evidence.rows(rows), step_s=time_s.diff(), linked=same.to(evidence.linked)
    )


def time_of(evidence: Evidence) -> Tensor:
    """Return (T,) seconds since the first frame."""
    return torch.nn.functional.pad(evidence.step_s.cumsum(0), (1, 0))


def refined(state: State, rows: Tensor, time_s: Tensor) -> State:
    """Return a state for all frames, halfway where they lie halfway.

    Args:
        state: Of the frames ``rows``.
        rows: (K,) ascending; of frames before the first or after the last nothing
            is known.
        time_s: (T,).
    """
    frames = torch.arange(len(time_s), device=rows.device)
    before = (torch.searchsorted(rows, frames, right=True) - 1).clamp_min(0)
    after = (before + 1).clamp_max(len(rows) - 1)
    start_s, end_s = time_s[rows[before]], time_s[rows[after]]
    part = ((time_s - start_s) / (end_s - start_s).clamp_min(1e-9)).clamp(0, 1)
    start, end = state.rows(before), state.rows(after)
    turn = rotmat_to_rotvec(start.rotmats.mT @ end.rotmats)
    slide = end.root_cam_m - start.root_cam_m
    return replace(
        state,
        rotmats=start.rotmats @ rotvec_to_rotmat(part[:, None, None] * turn),
        root_cam_m=start.root_cam_m + part[:, None] * slide,
    )
