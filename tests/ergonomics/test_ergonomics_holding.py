"""How long postures are held, and how often they are taken."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.ergonomics.core.holding import (
    entries,
    frame_seconds,
    per_minute,
    runs,
    static_frames,
)

MASKS = st.lists(st.booleans(), min_size=2, max_size=60).map(np.array)


def at_10_hz(frames: int) -> np.ndarray:
    """Return frame times."""
    return np.arange(frames) / 10


def test_a_run_lasts_as_long_as_its_frames_stand_for() -> None:
    """A posture over five frames at 10 Hz is held for half a second."""
    inside = np.array([False, True, True, True, True, True, False])

    (run,) = runs(inside, at_10_hz(7), bridge_s=0.0)

    assert (run.first, run.last) == (1, 5)
    assert pytest.approx(run.duration_s) == 0.5
    assert pytest.approx(run.from_s) == 0.05


@given(MASKS)
def test_unbridged_runs_are_the_posture(inside: np.ndarray) -> None:
    """Without bridges the runs hold the posture's frames, all of its time, no other."""
    time_s = at_10_hz(len(inside))
    within = np.zeros(len(inside), dtype=bool)

    found = runs(inside, time_s, bridge_s=0.0)
    for run in found:
        within[run.rows] = True

    assert inside.tolist() == within.tolist()
    held = sum(run.duration_s for run in found)
    assert frame_seconds(time_s)[inside].sum() == pytest.approx(held)


@pytest.mark.parametrize(("break_frames", "count"), [(3, 1), (4, 2)])
def test_a_break_ends_a_run_when_longer_than_the_bridge(
    break_frames: int, count: int
) -> None:
    """A break of 0.3 s is bridged by 0.3 s, one of 0.4 s is not."""
    inside = np.array([True] * 5 + [False] * break_frames + [True] * 5)

    assert count == len(runs(inside, at_10_hz(len(inside)), bridge_s=0.3 + 1e-9))


@pytest.mark.parametrize(("frames", "static"), [(32, 0), (33, 33)])
def test_static_is_longer_than_its_limit(frames: int, static: int) -> None:
    """A hold of exactly 4 s is not static; one frame more is, as a whole."""
    inside = np.array([False] + [True] * frames + [False])
    time_s = np.arange(frames + 2) / 8

    held = static_frames(inside, time_s, static_s=4.0, bridge_s=0.0)

    assert held.sum() == static


def test_a_bridged_frame_is_not_in_the_posture() -> None:
    """The frames of a break stay outside, however long the run around it."""
    inside = np.array([True] * 30 + [False] + [True] * 30)

    held = static_frames(inside, at_10_hz(61), static_s=4.0, bridge_s=0.3)

    assert inside.tolist() == held.tolist()


def test_a_posture_already_there_was_not_taken() -> None:
    """Neither the clip's beginning nor coming into view counts as taking it."""
    inside = np.array([1, 1, 0, 1, 0, 0, 1, 1], dtype=bool)
    observed = np.array([1, 1, 1, 1, 1, 0, 1, 1], dtype=bool)

    assert entries(inside, at_10_hz(8), bridge_s=0.0, observed=observed) == 1
    assert entries(inside, at_10_hz(8), bridge_s=0.0) == 2


@pytest.mark.parametrize("rate_hz", [10, 25, 60])
def test_frequency_does_not_depend_on_the_frame_rate(rate_hz: int) -> None:
    """Five bends in a minute are 5/min at any frame rate."""
    time_s = np.arange(60 * rate_hz) / rate_hz
    inside = (time_s % 12 > 5) & (time_s % 12 < 8)

    assert pytest.approx(per_minute(inside, time_s, bridge_s=0.3)) == 5


def test_nothing_observed_is_no_frequency() -> None:
    """Without observed time a posture is taken zero times a minute."""
    nowhere = np.zeros(4, dtype=bool)

    assert per_minute(nowhere, at_10_hz(4), bridge_s=0.3, observed=nowhere) == 0
    assert frame_seconds(at_10_hz(1)).tolist() == [0]
