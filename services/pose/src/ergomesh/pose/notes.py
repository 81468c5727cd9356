"""What a lookout saw, as arrays (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.contract.skeleton import LANDMARKS
from ergomesh.pose.chase import Glimpse
from ergomesh.pose.colours import SIZE
from ergomesh.pose.detection import Look
from ergomesh.pose.range_view import RangeView
from ergomesh.pose.track import Seen, Track, head_box


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One person in one picture."""

    track: int
    step: int
    """Which of the pictures."""
    seen: Seen


def noted(
    sights: Sequence[Sight],
    tracks: Sequence[Track],
    glimpses: Sequence[Glimpse],
    *,
    frame: IntArray,
    time_s: FloatArray,
    kept: BoolArray,
    scanned: BoolArray,
    background_lines_px: FloatArray,
) -> RangeView:
    """Return what was seen of a range.

    Args:
        sights: Of everybody, in the order of the pictures.
        tracks: Everybody; a sight's track is its place here.
        glimpses: Of those whom nobody follows.
        frame: As in the result, like all that follow.
        time_s: See there.
        kept: See there.
        scanned: See there.
        background_lines_px: See there.
    """
    looks = [sight.seen.look for sight in sights if sight.seen.full]
    full = np.array([sight.seen.full for sight in sights], dtype=np.bool_)
    unknown = np.full(SIZE, np.nan)
    return RangeView(
        frame=frame,
        time_s=time_s,
        kept=kept,
        scanned=scanned,
        track=np.array([sight.track for sight in sights], dtype=np.int64),
        step=np.array([sight.step for sight in sights], dtype=np.int64),
        box_px=_rows([sight.seen.look.box_px for sight in sights], 4),
        head_px=_rows([head_box(sight.seen.look) for sight in sights], 4),
        checked=np.array([sight.seen.checked for sight in sights], dtype=np.bool_),
        look=np.where(full, np.cumsum(full) - 1, -1),
        **_look_arrays(looks),
        colours=_rows(
            [unknown if t.colours is None else t.colours for t in tracks], SIZE
        ),
        glimpse_track=np.array([each.track for each in glimpses], dtype=np.int64),
        glimpse_step=np.array([each.step for each in glimpses], dtype=np.int64),
        glimpse_box_px=_rows([each.look.box_px for each in glimpses], 4),
        glimpse_head_px=_rows([head_box(each.look) for each in glimpses], 4),
        background_lines_px=background_lines_px,
    )


def _look_arrays(looks: Sequence[Look]) -> dict[str, Any]:
    count = len(LANDMARKS)
    return {
        "points_px": _rows([look.points_px for look in looks], count, 2),
        "depth_px": _rows([look.depth_px for look in looks], count),
        "points_world_m": _rows([look.points_world_m for look in looks], count, 3),
        "visibility": _rows([look.visibility for look in looks], count),
        "presence": _rows([look.presence for look in looks], count),
    }


def _rows(values: Sequence[FloatArray], *shape: int) -> FloatArray:
    return np.asarray(values, dtype=np.float64).reshape(-1, *shape)
