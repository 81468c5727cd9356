from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.clip import TimeRange
from ergomesh.pose.sampling import (
    NATIVE_RATE_SLACK,
    analysed_frames,
    frame_at,
    in_range,
)


@st.composite
def frame_times(draw: st.DrawFn) -> FloatArray:
    """Times of a clip with a rate of its own, jitter, and perhaps pauses."""
    gaps_ms = draw(st.lists(st.integers(4, 40), min_size=1, max_size=12))
    steps_s = np.tile(gaps_ms, draw(st.integers(1, 30))) / 1000
    pauses = draw(st.lists(st.integers(0, len(steps_s) - 1), max_size=3))
    steps_s[pauses] += 0.7
    return np.concatenate([[0.0], np.cumsum(steps_s)])


RATES_HZ = st.sampled_from([10.0, 15.0, 30.0]) | st.floats(1, 90)


def nearest_slowly(times_s: FloatArray, time_s: float) -> float:
    """Return the distance to the nearest frame, by looking at all of them."""
    return float(np.min(np.abs(times_s - time_s)))


@given(frame_times(), RATES_HZ)
def test_frames_are_picked_once_in_order_from_the_first(
    times_s: FloatArray, rate_hz: float
) -> None:
    """Picked frames ascend, none comes twice, the first is always in."""
    picked = analysed_frames(times_s, rate_hz)
    assert picked[0] == 0
    assert all(a < b for a, b in pairwise(picked.tolist()))
    assert picked[-1] < len(times_s)


@given(frame_times(), RATES_HZ)
def test_no_frame_is_nearer_to_a_grid_point_than_a_picked_one(
    times_s: FloatArray, rate_hz: float
) -> None:
    """Each point of the grid has a frame that is as near as any in the clip."""
    picked_s = times_s[analysed_frames(times_s, rate_hz)]
    for step in range(int(times_s[-1] * rate_hz) + 1):
        wanted = nearest_slowly(times_s, step / rate_hz)
        assert nearest_slowly(picked_s, step / rate_hz) == pytest.approx(wanted)


@given(frame_times(), RATES_HZ)
def test_no_more_frames_are_picked_than_asked_for(
    times_s: FloatArray, rate_hz: float
) -> None:
    """The rate is an upper bound, but for the slack and the frames at the ends."""
    count = len(analysed_frames(times_s, rate_hz))
    assert count <= times_s[-1] * rate_hz * (1 + NATIVE_RATE_SLACK) + 1.5


@given(st.integers(2, 400), st.sampled_from([(30, 10), (30, 15), (60, 15), (120, 30)]))
def test_a_divisor_of_the_rate_picks_every_nth(
    count: int, rates_hz: tuple[int, int]
) -> None:
    """At a constant rate, a whole fraction of it takes every n-th frame."""
    native_hz, rate_hz = rates_hz
    every = native_hz // rate_hz
    picked = analysed_frames(np.arange(count) / native_hz, rate_hz)
    assert picked.tolist()[: (count - 1) // every + 1] == list(range(0, count, every))


@given(st.integers(1, 300), st.floats(1, 31.4), st.floats(30, 90))
@example(300, 31.0, 30.0)
def test_a_slow_clip_is_taken_whole(
    count: int, native_hz: float, rate_hz: float
) -> None:
    """A clip that is no faster than asked, within the slack, loses no frame."""
    times_s = np.arange(count) / native_hz
    assert analysed_frames(times_s, rate_hz).tolist() == list(range(count))
    assert analysed_frames(times_s, None).tolist() == list(range(count))


@given(frame_times(), RATES_HZ, st.floats(0.2, 3), st.floats(0, 0.5))
def test_ranges_keep_each_analysed_frame_once(
    times_s: FloatArray, rate_hz: float, range_s: float, overlap_s: float
) -> None:
    """However a clip is cut, its ranges together keep what is analysed of it."""
    analysed = analysed_frames(times_s, rate_hz)
    bounds_s = [*np.arange(0, times_s[-1], range_s), times_s[-1]]
    kept = []
    for index, (start_s, end_s) in enumerate(pairwise(bounds_s)):
        part = TimeRange(
            index=index,
            start_s=start_s,
            end_s=end_s,
            warmup_start_s=max(0.0, start_s - overlap_s),
        )
        is_last = index == len(bounds_s) - 2
        frames = in_range(analysed, times_s, part, is_last=is_last)
        kept += frames.kept.tolist()
        warm_s = times_s[frames.warm_up]
        assert np.all((warm_s >= part.warmup_start_s) & (warm_s < start_s))
        due = (times_s[analysed] >= part.warmup_start_s) & (times_s[analysed] < start_s)
        assert len(warm_s) == np.count_nonzero(due)
    assert kept == analysed.tolist()


@given(frame_times(), st.data())
def test_a_time_near_a_frame_finds_it(times_s: FloatArray, data: st.DataObject) -> None:
    """A time off by less than half the way to any other frame finds its frame."""
    index = data.draw(st.integers(0, len(times_s) - 1))
    others = np.delete(times_s, index)
    share = data.draw(st.floats(-0.49, 0.49))
    off_s = share * nearest_slowly(others, times_s[index])
    assert frame_at(times_s.tolist(), times_s[index] + off_s) == index


@pytest.mark.parametrize("time_s", [-0.1, 0.02, 0.15, 0.28, 0.8, 9.0])
def test_a_time_between_frames_finds_none(time_s: float) -> None:
    """A picture that ingest didn't list is not mistaken for its neighbour."""
    assert frame_at([0.0, 0.04, 0.08, 0.5], time_s) is None


@pytest.mark.parametrize(("times_s", "rate_hz"), [([], 10), ([0, 1], 0), ([0, 1], -5)])
def test_senseless_requests_are_refused(times_s: list[float], rate_hz: float) -> None:
    """No frames, or no rate, is the caller's mistake."""
    with pytest.raises(ValueError, match="can't pick"):
        analysed_frames(times_s, rate_hz)
