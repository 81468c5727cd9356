"""Laws of angles counted from a person's own neutral posture."""

import numpy as np
import pytest

from ergomesh.contract.job import JobSettings, ViewFacts, WorkerFacts
from ergomesh.ergonomics.core.angles import joint_angles
from ergomesh.ergonomics.core.facts import Origin
from ergomesh.ergonomics.core.neutral import ZEROED, NoNeutralError, from_neutral
from ergomesh.ergonomics.core.told import told_facts
from ergonomics.ergonomics_postures import motion_of

STOOP = [{"spine1": (angle, 0.0, 0.0)} for angle in (10.0, 10.0, 10.0, 40.0, 25.0)]


def test_the_neutral_posture_is_zero() -> None:
    """While the worker stands neutrally, trunk and head angles are zero."""
    motion = motion_of(STOOP)
    angles = from_neutral(joint_angles(motion), motion.time_s, (0.0, motion.time_s[2]))
    for name in (*ZEROED, "trunk_inclination"):
        assert np.allclose(angles.value_deg(name)[:3], 0, atol=1e-4), name


def test_differences_stay() -> None:
    """Counting from a neutral posture changes no difference between two frames."""
    motion = motion_of(STOOP)
    before = joint_angles(motion)
    after = from_neutral(before, motion.time_s, (0.0, motion.time_s[2]))
    for name in ZEROED:
        assert np.allclose(
            np.diff(after.value_deg(name)), np.diff(before.value_deg(name))
        )
    others = [n for n in before.names if n not in {*ZEROED, "trunk_inclination"}]
    for name in others:
        assert np.array_equal(
            after.value_deg(name), before.value_deg(name), equal_nan=True
        )


def test_an_unseen_neutral_posture_is_refused() -> None:
    """A time in which nothing is seen is refused in one sentence that names it."""
    motion = motion_of(STOOP)
    with pytest.raises(NoNeutralError, match="between 90 s and 91 s"):
        from_neutral(joint_angles(motion), motion.time_s, (90.0, 91.0))


def test_what_was_told_is_on_record() -> None:
    """Every fact of camera and worker that was typed in is listed as given."""
    told = JobSettings(
        view=ViewFacts(field_of_view_deg=70, tilt_deg=10, roll_deg=-2),
        worker=WorkerFacts(height_m=1.8, neutral_start_s=0, neutral_end_s=1),
    )
    facts = told_facts(told)
    assert {fact.name for fact in facts} == {
        *("field_of_view_deg", "tilt_deg", "roll_deg", "height_m", "neutral_posture")
    }
    assert {fact.origin for fact in facts} == {Origin.GIVEN}
    assert told_facts(JobSettings()) == ()
