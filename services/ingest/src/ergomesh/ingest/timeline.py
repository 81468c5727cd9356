"""When the pictures of a clip are shown, and how it is cut into ranges."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from ergomesh.contract.clip import TimeRange

VARIABLE_SHARE: Final = 0.10
"""An interval this far from the median makes the rate variable (our choice)."""
SMALLEST_LAST_SHARE: Final = 0.25
"""A last range shorter than this share of a range joins the one before it."""


def frame_interval_s(frame_times_s: Sequence[float]) -> float:
    """Return the median time between neighbouring pictures.

    The median, because one long pause must not stretch the last picture.

    Args:
        frame_times_s: Ascending times of at least two pictures.
    """
    return median(b - a for a, b in pairwise(frame_times_s))


def is_variable_rate(frame_times_s: Sequence[float], tick_s: float) -> bool:
    """Whether any interval is off the median by more than a tenth and a tick.

    The tick is there for containers that round: at 120 Hz the milliseconds of
    a WebM make intervals of 8 and 9.

    Args:
        frame_times_s: Ascending times of at least two pictures.
        tick_s: Length of a unit of the container's clock.
    """
    usual_s = frame_interval_s(frame_times_s)
    allowed_s = VARIABLE_SHARE * usual_s + tick_s * (1 + 1e-6)
    return any(abs(b - a - usual_s) > allowed_s for a, b in pairwise(frame_times_s))


def cut_ranges(duration_s: float, range_s: float, overlap_s: float) -> list[TimeRange]:
    """Cut a clip into ranges that cover it without gap or double.

    Args:
        duration_s: Length of the clip.
        range_s: Length of a range; the last is 0.25 to 1.25 times as long, or
            the whole clip when that is shorter.
        overlap_s: How long before its range a worker begins to decode.

    Raises:
        ValueError: When a length isn't positive or the overlap is negative.
    """
    if not (duration_s > 0 and range_s > 0 and overlap_s >= 0):
        msg = f"can't cut {duration_s} s into {range_s} s with {overlap_s} s overlap"
        raise ValueError(msg)
    whole = int(duration_s // range_s)
    rest_s = duration_s - whole * range_s
    count = max(1, whole + (rest_s >= SMALLEST_LAST_SHARE * range_s))
    bounds_s = [*(index * range_s for index in range(count)), duration_s]
    return [
        TimeRange(
            index=index,
            start_s=start_s,
            end_s=end_s,
            warmup_start_s=max(0.0, start_s - overlap_s),
        )
        for index, (start_s, end_s) in enumerate(pairwise(bounds_s))
    ]
