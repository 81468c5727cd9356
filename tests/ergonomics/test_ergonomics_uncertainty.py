"""Bounds of the scores, against drawn angles and against obvious twins."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.job import TaskFacts
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import ANGLE_NAMES, INTERNAL_ANGLES, Angles
from ergomesh.ergonomics.core.bands import Steps, normal_cdf
from ergomesh.ergonomics.core.belief import Belief, look_up
from ergomesh.ergonomics.core.facts import resolve_facts
from ergomesh.ergonomics.core.reba import reba_tables, score_reba
from ergomesh.ergonomics.core.rula import rula_tables, score_rula
from ergomesh.ergonomics.core.series import MethodScores, Posture
from ergomesh.ergonomics.core.support import FootLift
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS
from ergonomics.ergonomics_postures import posture_of

FACTS = resolve_facts(TaskFacts())[0]
NAMES = (*ANGLE_NAMES, *INTERNAL_ANGLES)
GUESSED = [name for name in NAMES if not name.endswith("forearm_rotation")]
"""Angles of which nothing else is assumed where they are hidden."""
SCORERS = [score_rula, score_reba]
seeds = st.integers(0, 2**32 - 1)


def scored(posture: Posture) -> list[MethodScores]:
    """Score by both methods with the default choices."""
    return [score(posture, FACTS, DEFAULT_THRESHOLDS) for score in SCORERS]


def drawn_posture(rng: np.random.Generator, frames: int, sd_deg: float) -> Posture:
    """Draw plausible angles, all of them over the edges of the bands."""
    values = rng.uniform(-70, 110, (frames, len(NAMES)))
    for k, name in enumerate(NAMES):
        if name.endswith(("elevation", "elbow_flexion", "knee_flexion")):
            values[:, k] = np.abs(values[:, k])
        if name.endswith(("side_bend", "twist", "deviation")):
            values[:, k] /= 4
    sds = rng.uniform(0.2, 1, values.shape) * sd_deg
    lift = FootLift(rng.normal(0, 0.2, frames), np.full(frames, 0.01 * sd_deg))
    return Posture(Angles(NAMES, values, sds), lift)


def hidden(posture: Posture, *names: str) -> Posture:
    """Make some angles unobservable."""
    values, sds = posture.angles.values_deg.copy(), posture.angles.sd_deg.copy()
    columns = [NAMES.index(name) for name in names]
    values[:, columns] = sds[:, columns] = np.nan
    return Posture(Angles(NAMES, values, sds), posture.foot_lift)


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_certain_angles_give_certain_scores(seed: int) -> None:
    """With no uncertainty low, high and score are the same."""
    posture = drawn_posture(np.random.default_rng(seed), 20, 0.0)
    for found in scored(posture):
        for series in found.sides.values():
            assert np.array_equal(series.low, series.value)
            assert np.array_equal(series.high, series.value)


def test_certain_angles_on_an_edge_are_certain() -> None:
    """An angle exactly on an edge, without uncertainty, has one score."""
    edges = {"trunk_flexion": 20.0, "neck_flexion": 20.0, "left_knee_flexion": 60.0}
    sided = {f"{side}_upper_arm_elevation": 45.0 for side in SIDES}
    sided |= {f"{side}_wrist_flexion": 15.0 for side in SIDES}
    for found in scored(posture_of(**edges | sided)):
        for series in found.sides.values():
            assert series.low == series.value == series.high


@settings(deadline=None, max_examples=30)
@given(seeds, st.floats(0, 40))
def test_bounds_hold_the_score(seed: int, sd_deg: float) -> None:
    """The score always lies between its bounds, and within the method's range."""
    posture = drawn_posture(np.random.default_rng(seed), 20, sd_deg)
    for found in scored(posture):
        for series in found.sides.values():
            assert (series.low <= series.value).all()
            assert (series.value <= series.high).all()
            assert (series.low >= 1).all()
            assert (series.high <= found.highest()).all()


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_scores_are_those_of_the_tables(seed: int) -> None:
    """The final score is what the tables say of the part scores."""
    posture = drawn_posture(np.random.default_rng(seed), 50, 5.0)
    rula, reba = scored(posture)
    for side in SIDES:
        arm = ("upper_arm", "lower_arm", "wrist", "wrist_twist")
        parts = {name: f"{side}_{name}" for name in arm}
        parts |= {name: name for name in ("neck", "trunk", "legs")}
        by_name = {n: rula.parts[f"rula_{p}"].astype(int) for n, p in parts.items()}
        assert np.array_equal(rula_tables(**by_name).grand, rula.sides[side].value)
        del parts["wrist_twist"]
        by_name = {n: reba.parts[f"reba_{p}"].astype(int) for n, p in parts.items()}
        assert np.array_equal(reba_tables(**by_name).final, reba.sides[side].value)


@settings(deadline=None, max_examples=8)
@given(seeds, st.floats(2, 25))
def test_bounds_against_a_monte_carlo_twin(seed: int, sd_deg: float) -> None:
    """Between the bounds lie 90 % of the scores of drawn angles."""
    rng = np.random.default_rng(seed)
    posture = drawn_posture(rng, 1, sd_deg)
    n, slack = 4000, 0.018
    noise = rng.normal(size=(n, len(NAMES))) * posture.angles.sd_deg
    values = posture.angles.values_deg + noise
    lift = posture.foot_lift
    heights = lift.height_m + rng.normal(size=n) * lift.sd_m
    feet = FootLift(heights, np.zeros(n))
    many = Posture(Angles(NAMES, values, np.zeros_like(values)), feet)
    for one, all_drawn in zip(scored(posture), scored(many), strict=True):
        for side in SIDES:
            series, drawn = one.sides[side], all_drawn.sides[side].value
            low, high, point = series.low[0], series.high[0], series.value[0]
            assert np.mean(drawn <= low) >= 0.05 - slack or low == point
            assert np.mean(drawn < low) <= 0.05 + slack
            assert np.mean(drawn >= high) >= 0.05 - slack or high == point
            assert np.mean(drawn > high) <= 0.05 + slack


@settings(deadline=None, max_examples=30)
@given(seeds, st.sets(st.sampled_from(NAMES), min_size=1), st.floats(0, 15))
def test_hiding_angles_never_moves_a_score(
    seed: int, names: set[str], sd_deg: float
) -> None:
    """Without an angle a score stays or becomes empty, and its bounds widen."""
    assume(not any("forearm_rotation" in name for name in names))
    posture = drawn_posture(np.random.default_rng(seed), 10, sd_deg)
    for whole, part in zip(
        scored(posture), scored(hidden(posture, *names)), strict=True
    ):
        for name, column in part.parts.items():
            assert _same_or_empty(column, whole.parts[name])
        for side in SIDES:
            assert _same_or_empty(part.sides[side].value, whole.sides[side].value)
            assert (part.sides[side].low <= whole.sides[side].low).all()
            assert (part.sides[side].high >= whole.sides[side].high).all()


def _same_or_empty(found: FloatArray, before: FloatArray) -> bool:
    return bool((np.isnan(found) | (found == before)).all())


@settings(deadline=None, max_examples=30)
@given(seeds, st.floats(0, 40), st.sets(st.sampled_from(GUESSED)))
def test_hiding_angles_leaves_the_likely_score(
    seed: int, sd_deg: float, names: set[str]
) -> None:
    """The likely score is that of all angles, seen or not, and within the bounds."""
    whole = drawn_posture(np.random.default_rng(seed), 20, sd_deg)
    dim = hidden(whole, *names)
    guessed = replace(
        dim, angles=replace(dim.angles, guess_deg=whole.angles.values_deg)
    )
    for before, after in zip(scored(whole), scored(guessed), strict=True):
        for side, series in after.sides.items():
            assert np.array_equal(series.likely, before.sides[side].value)
            assert (series.low <= series.likely).all()
            assert (series.likely <= series.high).all()


def test_nothing_observed_means_every_score() -> None:
    """Without any angle the bounds are the whole range that the facts leave.

    RULA's standing trunk is at least 2; REBA's A and B reach 9 without a load.
    """
    posture = hidden(posture_of(), *NAMES)
    nothing = np.full(1, np.nan)
    unknown = Posture(posture.angles, FootLift(nothing, nothing))
    rula, reba = scored(unknown)
    for side in SIDES:
        assert np.isnan(rula.sides[side].value).all()
        assert (rula.sides[side].low[0], rula.sides[side].high[0]) == (2, 7)
        assert (reba.sides[side].low[0], reba.sides[side].high[0]) == (1, 11)
    assert all(np.isnan(column).all() for column in rula.parts.values())
    assert all(np.isnan(column).all() for column in reba.parts.values())


@pytest.mark.parametrize("side", SIDES)
def test_rotation_of_a_straight_arm_is_assumed_and_stays_in_the_bound(
    side: str,
) -> None:
    """Where the hand is seen, an unknown rotation is mid-range with a wide bound."""
    posture = hidden(posture_of(), f"{side}_forearm_rotation")
    rula, reba = scored(posture)
    assert rula.parts[f"rula_{side}_wrist_twist"].tolist() == [1]
    assert reba.parts[f"reba_{side}_wrist"].tolist() == [1]
    raised = hidden(
        posture_of(**{f"{side}_upper_arm_elevation": 70.0}), f"{side}_forearm_rotation"
    )
    series = scored(raised)[1].sides[side]
    assert series.low[0] == series.value[0] < series.high[0]
    no_hand = hidden(posture, f"{side}_wrist_flexion")
    assert np.isnan(scored(no_hand)[0].parts[f"rula_{side}_wrist_twist"]).all()


@settings(deadline=None)
@given(st.floats(-8, 8))
def test_normal_distribution_function(z: float) -> None:
    """The distribution function agrees with erf to 1e-6."""
    exact = 0.5 * (1 + math.erf(z / math.sqrt(2)))
    assert normal_cdf(np.array([z], np.float32))[0] == pytest.approx(exact, abs=1e-6)


@settings(deadline=None)
@given(st.floats(-200, 200), st.floats(0.01, 90))
def test_step_probabilities_against_erf(angle: float, sd: float) -> None:
    """Each step's probability is the normal mass between its edges."""
    edges = [-20.0, 20.0, 45.0]
    steps = Steps(np.array(edges), np.array([2, 1, 2, 3]))
    found = steps.probabilities(np.array([angle]), np.array([sd]))[:, 0]
    below = [0.5 * (1 + math.erf((e - angle) / sd / math.sqrt(2))) for e in edges]
    assert found == pytest.approx(np.diff([0, *below, 1]), abs=1e-6)


@st.composite
def beliefs(draw: st.DrawFn, size: int) -> Belief:
    """Draw a belief about 1…size of one frame."""
    weights = draw(st.lists(st.floats(0.01, 1), min_size=size, max_size=size))
    pmf = np.array(weights) / sum(weights)
    point = draw(st.integers(1, size))
    return Belief(np.full((2, 1), point), pmf[None, :, None].astype(np.float32), 1)


@settings(deadline=None)
@given(beliefs(3), beliefs(4))
def test_arithmetic_of_beliefs_against_enumeration(a: Belief, b: Belief) -> None:
    """Sum, larger and table of two beliefs are those of all their pairs."""
    table = np.arange(12).reshape(3, 4) % 5 + 2
    results: dict[str, tuple[Belief, Callable[[int, int], int]]] = {
        "plus": (a.plus(b), lambda x, y: x + y),
        "larger": (a.larger(b), max),
        "table": (look_up(table, (a, b)), lambda x, y: int(table[x - 1, y - 1])),
        "clipped": (a.plus(b).clipped(3, 5), lambda x, y: min(max(x + y, 3), 5)),
    }
    for name, (found, twin) in results.items():
        expected: dict[int, float] = {}
        for i, j in product(range(3), range(4)):
            score = int(twin(i + 1, j + 1))
            share = float(a.pmf[0, i, 0]) * float(b.pmf[0, j, 0])
            expected[score] = expected.get(score, 0.0) + share
        for k, share in enumerate(found.pmf[0, :, 0]):
            exact = expected.get(found.first + k, 0)
            assert share == pytest.approx(exact, abs=1e-6), name
        assert found.point[0, 0] == twin(int(a.point[0, 0]), int(b.point[0, 0]))


@settings(deadline=None)
@given(beliefs(5), st.floats(0.1, 0.99))
def test_bounds_hold_the_asked_probability(belief: Belief, probability: float) -> None:
    """The bounds hold at least the asked share, and would not without their ends."""
    low, high = (int(bound[0]) for bound in belief.quantiles(probability))
    pmf, point = belief.pmf[0, :, 0], int(belief.point[0, 0])
    assert pmf[low - 1 : high].sum() >= probability - 1e-4
    tail = (1 - probability) / 2
    assert pmf[:low].sum() >= tail - 1e-4 or low == point
    assert pmf[high - 1 :].sum() >= tail - 1e-4 or high == point
