import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.clip import TimeRange
from ergomesh.ingest.timeline import (
    SMALLEST_LAST_SHARE,
    cut_ranges,
    frame_interval_s,
    is_variable_rate,
)

DURATIONS_S = st.floats(0.01, 5000)
RANGES_S = st.floats(0.5, 60)
OVERLAPS_S = st.floats(0, 5)


def keepers(ranges: list[TimeRange], time_s: float) -> list[int]:
    """Return the ranges that keep a time, looked up one by one."""
    return [r.index for r in ranges if r.start_s <= time_s < r.end_s]


@given(DURATIONS_S, RANGES_S, OVERLAPS_S)
def test_ranges_cover_the_clip_without_gap_or_double(
    duration_s: float, range_s: float, overlap_s: float
) -> None:
    """Ranges begin at 0, end with the clip, and each starts where one ended."""
    ranges = cut_ranges(duration_s, range_s, overlap_s)
    assert ranges[0].start_s == 0
    assert ranges[-1].end_s == duration_s
    assert all(a.end_s == b.start_s for a, b in pairwise(ranges))
    assert [r.index for r in ranges] == list(range(len(ranges)))


@given(DURATIONS_S, RANGES_S, st.floats(0, 1, exclude_max=True))
def test_every_moment_is_kept_by_one_range(
    duration_s: float, range_s: float, share: float
) -> None:
    """Each moment of the clip is kept by exactly one range."""
    ranges = cut_ranges(duration_s, range_s, 1.0)
    time_s = math.nextafter(share * duration_s, 0)
    assert len(keepers(ranges, time_s)) == 1


@given(DURATIONS_S, RANGES_S)
def test_no_range_is_tiny_or_much_too_long(duration_s: float, range_s: float) -> None:
    """Only a clip shorter than a range makes one shorter than a quarter."""
    lengths_s = [r.end_s - r.start_s for r in cut_ranges(duration_s, range_s, 1.0)]
    least_s = min(SMALLEST_LAST_SHARE * range_s, duration_s)
    most_s = (1 + SMALLEST_LAST_SHARE) * range_s
    assert min(lengths_s) >= least_s * (1 - 1e-9)
    assert max(lengths_s) <= most_s * (1 + 1e-9)


@given(DURATIONS_S, RANGES_S, OVERLAPS_S)
def test_warm_up_begins_earlier_but_within_the_clip(
    duration_s: float, range_s: float, overlap_s: float
) -> None:
    """The warm-up takes the overlap before a range, as far as there is a clip."""
    for part in cut_ranges(duration_s, range_s, overlap_s):
        assert part.warmup_start_s == max(0.0, part.start_s - overlap_s)


@pytest.mark.parametrize(
    "lengths", [(0.0, 20, 1), (10, 0, 1), (10, 20, -1), (math.nan, 20, 1)]
)
def test_senseless_lengths_are_refused(lengths: tuple[float, float, float]) -> None:
    """A clip or range without length can't be cut."""
    with pytest.raises(ValueError, match="can't cut"):
        cut_ranges(*lengths)


@given(
    st.sampled_from([15, 24, 25, 30, 50, 60, 120, 240]),
    st.sampled_from([1e-3, 1 / 600, 1 / 90_000]),
    st.integers(2, 400),
)
def test_rounding_to_ticks_does_not_make_a_rate_variable(
    rate_hz: int, tick_s: float, count: int
) -> None:
    """Constant rates stay constant in a container with a coarse clock."""
    times_s = [round(k / rate_hz / tick_s) * tick_s for k in range(count)]
    assert not is_variable_rate(times_s, tick_s)


@given(st.integers(3, 200), st.floats(0.2, 3), st.data())
def test_one_odd_interval_makes_a_rate_variable(
    count: int, extra: float, data: st.DataObject
) -> None:
    """A single interval that is off by more than a tenth and a tick is seen."""
    late_from = data.draw(st.integers(1, count - 1))
    times_s = [k / 30 + (extra / 30 if k >= late_from else 0) for k in range(count + 1)]
    assert is_variable_rate(times_s, 1 / 90_000)


def test_a_long_pause_does_not_stretch_the_frame_interval() -> None:
    """The interval of a clip with one pause is that of its other pictures."""
    assert frame_interval_s([0, 0.1, 0.2, 5.0, 5.1, 5.2]) == pytest.approx(0.1)
