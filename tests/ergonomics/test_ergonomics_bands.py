"""From angles to part scores: every edge from both sides, every adjustment."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.job import Coupling, LoadPattern, TaskFacts
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.facts import Facts, resolve_facts
from ergomesh.ergonomics.core.reba import score_reba
from ergomesh.ergonomics.core.rula import score_rula
from ergomesh.ergonomics.core.series import Posture
from ergomesh.ergonomics.core.support import FootLift
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS, Thresholds
from ergonomics.ergonomics_postures import posture_of

STANDING = resolve_facts(TaskFacts())[0]
SITTING = resolve_facts(TaskFacts(seated=True))[0]
BIT = 0.001


def part(
    name: str,
    posture: Posture,
    facts: Facts = STANDING,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> FloatArray:
    """Return one part score column, by its CSV name."""
    score = score_rula if name.startswith("rula") else score_reba
    return score(posture, facts, thresholds).parts[name]


def assert_steps(
    column: str, angle: str, steps: dict[float, tuple[int, int]], **other: Any
) -> None:
    """Check the score just below, at and just above each edge.

    Args:
        column: Part score.
        angle: Angle that is moved.
        steps: Edge → score below and above; the edge itself gets the lower.
        other: Further angles, facts or thresholds.
    """
    facts = other.pop("facts", STANDING)
    thresholds = other.pop("thresholds", DEFAULT_THRESHOLDS)
    edges = np.array(list(steps))
    angles = np.concatenate([edges - BIT, edges, edges + BIT])
    posture = posture_of(**{angle: angles}, **other)
    below, at, above = part(column, posture, facts, thresholds).reshape(3, -1)
    assert below.tolist() == [pair[0] for pair in steps.values()]
    assert at.tolist() == [min(pair) for pair in steps.values()]
    assert above.tolist() == [pair[1] for pair in steps.values()]


FORWARD = {20.0: (1, 2), 45.0: (2, 3), 90.0: (3, 4)}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("method", ["rula", "reba"])
def test_upper_arm_edges(method: str, side: str) -> None:
    """A forward raised arm changes its score at 20, 45 and 90°."""
    column, angle = f"{method}_{side}_upper_arm", f"{side}_upper_arm_elevation"
    assert_steps(column, angle, FORWARD)


@pytest.mark.parametrize("method", ["rula", "reba"])
def test_upper_arm_backward_edges(method: str) -> None:
    """An arm behind the body scores 2 beyond 20°, however far."""
    plane = {"left_upper_arm_plane": 180.0}
    edges = {20.0: (1, 2), 45.0: (2, 2), 90.0: (2, 2)}
    column = f"{method}_left_upper_arm"
    assert_steps(column, "left_upper_arm_elevation", edges, **plane)


@pytest.mark.parametrize("method", ["rula", "reba"])
def test_upper_arm_is_behind_beyond_its_sector(method: str) -> None:
    """An arm counts as behind the body beyond 135° from straight ahead."""
    planes = np.array([-180.0, -135.1, -134.9, 0.0, 90.0, 134.9, 135.1, 180.0])
    posture = posture_of(left_upper_arm_elevation=60.0, left_upper_arm_plane=planes)
    found = part(f"{method}_left_upper_arm", posture)
    assert found.tolist() == [2, 2, 3, 3, 3, 3, 2, 2]


@pytest.mark.parametrize("method", ["rula", "reba"])
def test_upper_arm_by_flexion_alone(method: str) -> None:
    """With the flexion setting the sagittal angle picks the band."""
    choice = Thresholds(upper_arm_band_angle="flexion")
    edges = {-20.0: (2, 1)} | FORWARD
    column = f"{method}_left_upper_arm"
    assert_steps(column, "left_upper_arm_flexion", edges, thresholds=choice)


@pytest.mark.parametrize("method", ["rula", "reba"])
def test_abducted_adds_one(method: str) -> None:
    """Abduction beyond 30° adds 1, adduction nothing."""
    edges = {-30.0: (1, 1), 30.0: (1, 2)}
    assert_steps(f"{method}_right_upper_arm", "right_upper_arm_abduction", edges)


@pytest.mark.parametrize("method", ["rula", "reba"])
def test_supported_arm_loses_one(method: str) -> None:
    """A supported arm scores 1 less, and never below 1."""
    facts = resolve_facts(TaskFacts(arms_supported=True))[0]
    posture = posture_of(left_upper_arm_elevation=np.array([0.0, 60.0]))
    assert part(f"{method}_left_upper_arm", posture, facts).tolist() == [1, 2]


@pytest.mark.parametrize("method", ["rula", "reba"])
def test_raised_shoulder_adds_one(method: str) -> None:
    """A raised shoulder adds 1 to the upper arm."""
    facts = Facts(
        **{name: getattr(STANDING, name) for name in Facts.__dataclass_fields__}
        | {"shoulder_raised": True}
    )
    assert part(f"{method}_left_upper_arm", posture_of(), facts).tolist() == [2]


@pytest.mark.parametrize("method", ["rula", "reba"])
def test_elbow_edges(method: str) -> None:
    """The elbow is best between 60 and 100°."""
    edges = {60.0: (2, 1), 100.0: (1, 2)}
    assert_steps(f"{method}_left_lower_arm", "left_elbow_flexion", edges)


def test_rula_hand_across_or_out_adds_one_point() -> None:
    """Across the midline or out to the side adds one point, not two."""
    column = "rula_left_lower_arm"
    assert_steps(column, "left_hand_midline", {-5.0: (2, 1)})
    assert_steps(column, "left_hand_side", {30.0: (1, 2)})
    both = posture_of(left_hand_midline=-20.0, left_hand_side=60.0)
    assert part(column, both).tolist() == [2]


def test_rula_wrist_edges() -> None:
    """RULA's wrist scores 1 near neutral, 2 to 15° either way, then 3."""
    edges = {-15.0: (3, 2), -5.0: (2, 1), 5.0: (1, 2), 15.0: (2, 3)}
    assert_steps("rula_left_wrist", "left_wrist_flexion", edges)


def test_rula_wrist_printed_zero() -> None:
    """Without a tolerance only exactly 0° is a neutral wrist, as printed."""
    choice = Thresholds(wrist_neutral_tolerance_deg=0.0)
    posture = posture_of(left_wrist_flexion=np.array([-BIT, 0.0, BIT]))
    found = part("rula_left_wrist", posture, STANDING, choice)
    assert found.tolist() == [2, 1, 2]


def test_reba_wrist_edges() -> None:
    """REBA's wrist scores 1 to 15° either way, then 2."""
    edges = {-15.0: (2, 1), 15.0: (1, 2)}
    assert_steps("reba_left_wrist", "left_wrist_flexion", edges)


@pytest.mark.parametrize("method", ["rula", "reba"])
def test_wrist_deviation_adds_one(method: str) -> None:
    """Deviation beyond 20° to either side adds 1."""
    edges = {-20.0: (2, 1), 20.0: (1, 2)}
    assert_steps(f"{method}_left_wrist", "left_wrist_deviation", edges)


def test_forearm_rotation_is_wrist_twist() -> None:
    """Near the end of rotation RULA's twist is 2, and REBA's wrist gets 1 more."""
    edges = {-60.0: (2, 1), 60.0: (1, 2)}
    assert_steps("rula_left_wrist_twist", "left_forearm_rotation", edges)
    assert_steps("reba_left_wrist", "left_forearm_rotation", edges)
    both = posture_of(left_forearm_rotation=80.0, left_wrist_deviation=30.0)
    assert part("reba_left_wrist", both).tolist() == [2]


def test_rula_neck_edges() -> None:
    """RULA's neck scores 4 in extension, then 1, 2 and 3."""
    edges = {-5.0: (4, 1), 10.0: (1, 2), 20.0: (2, 3)}
    assert_steps("rula_neck", "neck_flexion", edges)


def test_reba_neck_edges() -> None:
    """REBA's neck scores 2 in extension and beyond 20°."""
    assert_steps("reba_neck", "neck_flexion", {-5.0: (2, 1), 20.0: (1, 2)})


@pytest.mark.parametrize("segment", ["neck", "trunk"])
def test_asymmetry_adds_twice_in_rula_and_once_in_reba(segment: str) -> None:
    """Twist and side bend add 1 each in RULA, and 1 together in REBA."""
    limits = {f"{segment}_twist": 20.0, f"{segment}_side_bend": 10.0}
    rula, reba = f"rula_{segment}", f"reba_{segment}"
    base = int(part(rula, posture_of())[0])
    for angle, limit in limits.items():
        for edge, pair in ((-limit, (1, 0)), (limit, (0, 1))):
            below, above = pair
            assert_steps(rula, angle, {edge: (base + below, base + above)})
            assert_steps(reba, angle, {edge: (1 + below, 1 + above)})
    both = posture_of(**dict.fromkeys(limits, 40.0))
    assert part(rula, both).tolist() == [base + 2]
    assert part(reba, both).tolist() == [2]


def test_rula_trunk_edges_standing() -> None:
    """RULA's standing trunk scores 2 (backward, too), then 3 and 4."""
    edges = {-5.0: (2, 2), 5.0: (2, 2), 20.0: (2, 3), 60.0: (3, 4)}
    assert_steps("rula_trunk", "trunk_flexion", edges)


def test_rula_trunk_edges_of_the_worksheet() -> None:
    """With the worksheets' rule an upright standing trunk scores 1."""
    choice = Thresholds(rula_upright_trunk_score=1, rula_trunk_extension_score=3)
    edges = {-5.0: (3, 1), 5.0: (1, 2), 20.0: (2, 3), 60.0: (3, 4)}
    assert_steps("rula_trunk", "trunk_flexion", edges, thresholds=choice)


def test_rula_trunk_edges_seated() -> None:
    """A seated trunk scores 1 unless it leans forward."""
    edges = {-40.0: (1, 1), 5.0: (1, 2), 20.0: (2, 3), 60.0: (3, 4)}
    assert_steps("rula_trunk", "trunk_flexion", edges, facts=SITTING)


def test_reba_trunk_edges() -> None:
    """REBA's trunk scores 1 upright, more with flexion and with extension."""
    edges = {-20.0: (3, 2), -5.0: (2, 1), 5.0: (1, 2), 20.0: (2, 3), 60.0: (3, 4)}
    assert_steps("reba_trunk", "trunk_flexion", edges)


def test_reba_knee_edges() -> None:
    """A bent knee adds 1 beyond 30° and 2 beyond 60°, on either side, once."""
    edges = {30.0: (1, 2), 60.0: (2, 3)}
    assert_steps("reba_legs", "left_knee_flexion", edges)
    assert_steps("reba_legs", "right_knee_flexion", edges, left_knee_flexion=10.0)
    assert_steps(
        "reba_legs", "right_knee_flexion", {60.0: (3, 3)}, left_knee_flexion=90
    )


def test_seated_legs_are_supported() -> None:
    """A seated worker's knees add nothing, and RULA's legs are balanced."""
    posture = posture_of(left_knee_flexion=90.0, right_knee_flexion=np.nan)
    nothing = np.full(1, np.nan)
    unseen = Posture(posture.angles, FootLift(nothing, nothing))
    assert part("reba_legs", unseen, SITTING).tolist() == [1]
    assert part("rula_legs", unseen, SITTING).tolist() == [1]


def test_lifted_foot_edges() -> None:
    """Either foot more than 15 cm above the other puts the weight on one leg."""
    heights = np.array([-0.5, -0.151, -0.149, 0.0, 0.149, 0.151, 0.5])
    still = posture_of(left_elbow_flexion=np.full(7, 80.0))
    posture = Posture(still.angles, FootLift(heights, np.zeros(7)))
    for method in ("rula", "reba"):
        assert part(f"{method}_legs", posture).tolist() == [2, 2, 1, 1, 1, 2, 2]


def test_shared_end_points_can_go_up() -> None:
    """With the other setting every shared end point gets the higher score."""
    choice = Thresholds(shared_end_point="upper")
    at = posture_of(
        left_upper_arm_elevation=20.0,
        left_elbow_flexion=100.0,
        left_wrist_flexion=15.0,
        neck_flexion=20.0,
        trunk_flexion=60.0,
        left_knee_flexion=30.0,
    )
    names = ("left_upper_arm", "left_lower_arm", "left_wrist", "neck", "trunk", "legs")
    found = [part(f"reba_{n}", at, STANDING, choice)[0] for n in names]
    lower = [part(f"reba_{n}", at)[0] for n in names]
    assert found == [2, 2, 2, 2, 4, 2]
    assert lower == [1, 1, 1, 1, 3, 1]


def test_facts_reach_the_final_scores() -> None:
    """Load, grip and repetition raise the final scores as the tables say."""
    posture = posture_of()
    facts, listed = resolve_facts(
        TaskFacts(
            load_kg=12,
            load_pattern=LoadPattern.STATIC_OR_REPEATED,
            coupling=Coupling.POOR,
        )
    )
    reba = score_reba(posture, facts, DEFAULT_THRESHOLDS).sides["left"].value
    rula = score_rula(posture, facts, DEFAULT_THRESHOLDS).sides["left"].value
    # REBA: A 1 + 2, B 1 + 2 → C 3, activity 1. RULA: A 1 + 1 + 3, B 2 + 1 + 3.
    assert (reba[0], rula[0]) == (4, 7)
    given_names = {entry.name for entry in listed if entry.origin == "given"}
    assert given_names == {
        "load_kg",
        "load_pattern",
        "coupling",
        "static_or_repeated",
    }


def test_everything_not_told_is_listed_as_assumed() -> None:
    """Without facts each input is listed, as assumed, with a sentence."""
    _, listed = resolve_facts(TaskFacts())
    names = [entry.name for entry in listed]
    assert set(TaskFacts.__struct_fields__) <= set(names)
    assert len(names) == len(set(names))
    assert all(entry.origin == "assumed" and entry.sentence for entry in listed)


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 180), st.floats(0, 180))
def test_scores_rise_with_the_arm(first: float, second: float) -> None:
    """Raising the arm forward never lowers a score."""
    low, high = sorted((first, second))
    posture = posture_of(left_upper_arm_elevation=np.array([low, high]))
    for score in (score_rula, score_reba):
        values = score(posture, STANDING, DEFAULT_THRESHOLDS).sides["left"].value
        assert values[0] <= values[1]


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 120), st.floats(0, 120), st.sampled_from(["trunk", "neck"]))
def test_scores_rise_with_flexion(first: float, second: float, segment: str) -> None:
    """Bending trunk or neck farther forward never lowers a score."""
    low, high = sorted((first, second))
    posture = posture_of(**{f"{segment}_flexion": np.array([low, high])})
    for score in (score_rula, score_reba):
        for series in score(posture, STANDING, DEFAULT_THRESHOLDS).sides.values():
            assert series.value[0] <= series.value[1]
