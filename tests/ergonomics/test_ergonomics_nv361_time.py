"""Static or dynamic, and how often: slow obvious twins, 4 s from both sides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.ergonomics.core.holding import entries, span_edges_s
from ergomesh.ergonomics.core.holding_still import ROUNDING_S, Windows
from ergomesh.ergonomics.core.nv361_time import still_frames, times_taken

STATIC_S = 4.0


def still(
    values: FloatArray, time_s: FloatArray, *, lenient: bool = False
) -> BoolArray:
    """Call with the decree's 4 s and 10°."""
    windows = Windows.of(time_s, STATIC_S)
    surely, possibly = still_frames(values, windows.ranges(values) <= 10.0, windows)
    return possibly if lenient else surely


def still_slowly(
    values: FloatArray, time_s: FloatArray, *, lenient: bool
) -> list[bool]:
    """Try every window of frames."""
    edges = span_edges_s(time_s)
    found = [False] * len(time_s)
    for i in range(len(time_s)):
        for j in range(i, len(time_s)):
            if edges[j + 1] - edges[i] <= STATIC_S + ROUNDING_S:
                continue
            window = values[:, i : j + 1]
            calm = True
            for row in window:
                known = row[np.isfinite(row)]
                calm &= lenient or len(known) == len(row)
                calm &= not len(known) or np.ptp(known) <= 10.0
            if calm:
                found[i : j + 1] = [True] * (j + 1 - i)
    return found


steps = st.lists(
    st.tuples(
        st.floats(0.2, 1.7),
        st.sampled_from([0.0, 6.0, 12.0, 18.0, 60.0, np.nan]),
        st.sampled_from([0.0, 3.0, 20.0]),
    ),
    min_size=1,
    max_size=40,
)


@settings(deadline=None, max_examples=80)
@given(rows=steps, lenient=st.booleans())
def test_still_frames_are_those_of_some_long_calm_window(
    rows: list[tuple[float, float, float]], *, lenient: bool
) -> None:
    """Trying every window finds the same frames."""
    gaps, first, second = (np.array(column) for column in zip(*rows, strict=True))
    time_s, values = np.cumsum(gaps), np.stack([first, second])
    found = still(values, time_s, lenient=lenient)
    assert found.tolist() == still_slowly(values, time_s, lenient=lenient)


@pytest.mark.parametrize(("frames", "held"), [(40, False), (41, True)])
def test_four_seconds_from_both_sides(frames: int, *, held: bool) -> None:
    """A hold of exactly 4 s is dynamic, one of a frame more is static."""
    values = np.concatenate([np.zeros(20), np.full(frames, 70.0), np.zeros(20)])
    found = still(values[None], np.arange(len(values)) / 10)
    assert found[20 : 20 + frames].all() == held
    assert found[20 : 20 + frames].any() == held


@pytest.mark.parametrize(("swing", "held"), [(10.0, True), (10.1, False)])
def test_little_variation_from_both_sides(swing: float, *, held: bool) -> None:
    """A part that sways by 10° is held, one that sways by more is not."""
    values = np.where(np.arange(100) % 2, 70.0 + swing, 70.0)
    assert still(values[None], np.arange(100) / 10).all() == held


def test_no_frames_are_no_time() -> None:
    """Neither no frame nor a single one is static or taken."""
    for frames in (0, 1):
        time_s = np.zeros(frames)
        assert not still(np.zeros((1, frames)), time_s).any()
        assert times(np.ones((2, frames), dtype=bool), time_s) == [0, 0]


def times(
    inside: BoolArray, time_s: FloatArray, observed: BoolArray | None = None
) -> list[int]:
    """Count with everything moving."""
    found = times_taken(
        inside,
        time_s,
        still=np.zeros(len(time_s), dtype=bool),
        observed=np.ones(len(time_s), dtype=bool) if observed is None else observed,
        bridge_s=0.3,
    )
    counts: list[int] = found.tolist()
    return counts


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.1, 0.2, 0.4]), st.booleans(), st.booleans()),
        min_size=1,
        max_size=60,
    )
)
def test_times_taken_are_the_entries_of_holding(
    rows: list[tuple[float, bool, bool]],
) -> None:
    """A part that always moves enters a posture as often as ``holding`` counts."""
    gaps, inside, seen = (np.array(column) for column in zip(*rows, strict=True))
    observed = seen | inside
    time_s = np.cumsum(gaps)
    expected = entries(inside, time_s, bridge_s=0.3, observed=observed)
    assert times(inside[None], time_s, observed) == [expected]


def test_a_held_part_at_a_border_makes_no_movements() -> None:
    """Flicker about a border while the part is still is not counted, a move is."""
    time_s = np.arange(200) / 10
    inside = (np.arange(200) // 5) % 2 == 0
    observed = np.ones(200, dtype=bool)
    for resting, expected in ((True, 0), (False, 19)):
        found = times_taken(
            inside[None],
            time_s,
            still=np.full(200, resting),
            observed=observed,
            bridge_s=0.3,
        )
        assert found.tolist() == [expected]
