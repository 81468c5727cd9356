"""OWAS: the printed table, the codes of postures, and what is not observed."""

import json
from itertools import product
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.arrays import Motion
from ergomesh.contract.job import TaskFacts
from ergomesh.contract.skeleton import JOINT
from ergomesh.ergonomics.core.angles import joint_angles
from ergomesh.ergonomics.core.facts import resolve_facts
from ergomesh.ergonomics.core.owas import (
    OwasResult,
    OwasSeries,
    assess_owas,
    owas_series,
)
from ergomesh.ergonomics.core.owas_codes import code_sets, legs_code
from ergomesh.ergonomics.core.owas_tables import owas_category, owas_tables
from ergomesh.ergonomics.core.tables import PartScoreError
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS, Thresholds
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    BUSY,
    Pose,
    changed,
    drawn_covariance,
    flexed_arm,
    mirror_motion,
    motion_of,
    unsure,
    with_gap,
    without,
)

DIGEST = "c33fc07c6a954ad92c3ba062f7ac09518fd65319a919dbc81f5554122d2d8354"

PRINTED = """
111 111 111 222 222 111 111
111 111 111 222 222 111 111
111 111 111 223 223 111 112
223 223 223 333 333 222 233
223 223 233 344 344 334 234
334 223 333 344 444 444 234
111 111 112 333 444 111 111
223 111 112 444 444 333 111
223 111 233 444 444 444 111
233 223 223 444 444 444 234
334 234 334 444 444 444 234
444 234 334 444 444 444 234
"""
"""The table of the specification: rows back and arms, columns legs, digits load."""

EXAMPLES = [
    "1121→1",
    "1141→2",
    "1343→3",
    "2121→2",
    "2123→3",
    "2141→3",
    "2352→4",
    "2361→4",
    "3111→1",
    "3151→4",
    "3211→2",
    "4141→4",
    "4353→4",
    "4271→2",
    "4272→3",
    "4273→4",
]

DOWN = dict(ARMS_DOWN)
SEATED: Pose = DOWN | {f"{s}_hip": (-90, 0, 0) for s in ("left", "right")}
SEATED |= {f"{s}_knee": (90, 0, 0) for s in ("left", "right")}
SQUAT: Pose = DOWN | {"pelvis": (40, 0, 0)}
SQUAT |= {f"{s}_hip": (-125, 0, 0) for s in ("left", "right")}
SQUAT |= {f"{s}_knee": (120, 0, 0) for s in ("left", "right")}
KNEELS: Pose = DOWN | {f"{s}_knee": (90, 0, 0) for s in ("left", "right")}
ONE_KNEE: Pose = DOWN | {"left_knee": (90, 0, 0), "right_hip": (-90, 0, 0)}
ONE_KNEE |= {"right_knee": (90, 0, 0)}

BY_LEGS: dict[int, Pose] = {
    1: SEATED,
    2: DOWN,
    3: DOWN | {"left_hip": (-60, 0, 0), "left_knee": (60, 0, 0)},
    4: SQUAT,
    5: DOWN | {"left_hip": (-25, 0, 0), "left_knee": (45, 0, 0)},
    6: KNEELS,
}


def series(motion: Motion, **task: object) -> OwasSeries:
    """Return OWAS's series with some facts told."""
    facts, _ = resolve_facts(msgspec.convert(task, TaskFacts))
    return owas_series(motion, joint_angles(motion), facts, DEFAULT_THRESHOLDS)


def assessed(
    motion: Motion, thresholds: Thresholds = DEFAULT_THRESHOLDS, **task: object
) -> OwasResult:
    """Return OWAS's result with some facts told."""
    facts, _ = resolve_facts(msgspec.convert(task, TaskFacts))
    return assess_owas(motion, joint_angles(motion), facts, thresholds)


def codes(pose: Pose) -> list[int]:
    """Return the codes of back, arms and legs in a posture that is known exactly."""
    found: list[int] = series(motion_of([pose] * 3)).codes[1].astype(int).tolist()
    return found


# ---- the table


def test_the_table_is_the_printed_one() -> None:
    """All 252 cells are those of the specification, and the file is frozen."""
    printed = np.array([[list(map(int, c)) for c in r.split()] for r in rows()])

    assert owas_tables().sha256 == DIGEST
    assert (owas_tables().category == printed.reshape(4, 3, 7, 3)).all()


def rows() -> list[str]:
    """Return the rows of the printed table."""
    return PRINTED.strip().splitlines()


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_worked_examples(example: str) -> None:
    """Every example of the specification has its category."""
    code, category = example.split("→")

    assert owas_category(*map(int, code)) == int(category)


def test_category_rises_with_load_and_arms() -> None:
    """More load, or one more raised arm, is never milder."""
    category = owas_tables().category

    assert (np.diff(category, axis=3) >= 0).all()
    assert (np.diff(category, axis=1) >= 0).all()


@pytest.mark.parametrize(
    "bad", [(0, 1, 1, 1), (5, 1, 1, 1), (1, 4, 1, 1), (1, 1, 8, 1)]
)
def test_a_code_outside_the_table_is_an_error(bad: tuple[int, ...]) -> None:
    """The table has no row for codes that do not exist, and wraps none around."""
    with pytest.raises(PartScoreError):
        owas_category(*bad)


@pytest.mark.parametrize(
    ("load_kg", "code"), [(0, 1), (10, 1), (10.01, 2), (20, 2), (20.01, 3), (99, 3)]
)
def test_load_code(load_kg: float, code: int) -> None:
    """10 kg still are the first code and 20 kg the second."""
    assert owas_tables().load_code(load_kg) == code


def test_disputed_cells_follow_their_setting() -> None:
    """Each reading takes one of a disputed cell's two categories, no other cell."""
    tables = owas_tables()
    mild, strict = (tables.settled(name) for name in ("milder", "stricter"))

    assert (tables.settled("most_programs") == tables.category).all()
    assert (mild <= tables.category).all()
    assert (tables.category <= strict).all()
    assert (mild != strict).sum() == len(tables.disputed) == 5


# ---- codes of postures


@pytest.mark.parametrize("code", BY_LEGS)
def test_legs(code: int) -> None:
    """Every way to carry the weight but walking is recognised.

    A clip of a moment leaves open whether bent legs have a seat: that is told.
    """
    seated = None if code == 1 else False
    found = series(motion_of([BY_LEGS[code]] * 3), seated=seated)
    assert (found.codes[:, 2] == code).all()


def test_kneeling_on_one_knee() -> None:
    """One knee on the floor is kneeling, whatever the other leg does."""
    assert codes(ONE_KNEE)[2] == 6


def test_walking() -> None:
    """A pelvis that travels at a walk makes code 7; told to sit, the worker sits."""
    motion = motion_of([DOWN] * 20)
    way = np.arange(20)[:, None, None] * [0.1, 0, 0]
    motion = changed(motion, joints_world_m=motion.joints_world_m + way)

    assert (series(motion).codes[:, 2] == 7).all()
    assert (series(motion, seated=True).codes[:, 2] == 1).all()


@pytest.mark.parametrize(
    ("spine", "back"),
    [
        ((19, 0, 0), 1),
        ((21, 0, 0), 2),
        ((-21, 0, 0), 2),
        ((0, 30, 0), 3),
        ((0, 0, 25), 3),
        ((30, 0, 25), 4),
    ],
)
def test_back(spine: tuple[float, float, float], back: int) -> None:
    """Bent to either side of 20°, twisted or side-bent, or both."""
    joint = "spine1" if spine[1] else "pelvis"

    assert codes(DOWN | {joint: spine})[0] == back


@pytest.mark.parametrize(("flexion_deg", "arms"), [(89, 1), (91, 2)])
@pytest.mark.parametrize("side", ["left", "right"])
def test_arms(flexion_deg: float, arms: int, side: str) -> None:
    """An arm counts from the horizontal, on either side; both count twice."""
    one = flexed_arm(flexion_deg, side)
    other = flexed_arm(flexion_deg, "right" if side == "left" else "left")
    both = one | {k: v for k, v in other.items() if not k.startswith(side)}

    assert codes(one)[1] == arms
    assert codes(both)[1] == 2 * arms - 1


def test_a_raised_hand_counts_by_the_setting() -> None:
    """A hand above a low elbow is a raised arm only in the wider reading."""
    pose = flexed_arm(60) | {"left_elbow": (0, -90, 0)}
    motion = motion_of([pose] * 3)
    narrow = Thresholds(owas_arm_raised="elbow")
    facts, _ = resolve_facts(TaskFacts())
    found = owas_series(motion, joint_angles(motion), facts, narrow)

    assert (series(motion).codes[:, 1] == 2).all()
    assert (found.codes[:, 1] == 1).all()


def test_mirror_image_has_the_same_category() -> None:
    """OWAS knows no sides: the worker's mirror image is scored alike."""
    motion = motion_of([BUSY, SEATED, ONE_KNEE, flexed_arm(120), BY_LEGS[3]])
    here, there = series(motion), series(mirror_motion(motion))

    assert np.array_equal(here.codes, there.codes)
    assert np.array_equal(here.value, there.value)


# ---- uncertainty and the unobserved


@given(st.lists(st.booleans(), min_size=6, max_size=6), st.data())
def test_open_questions_leave_every_reachable_code(
    known: list[bool], data: st.DataObject
) -> None:
    """The set of codes holds just what the rule gives for some answer to the rest."""
    sizes = (2, 2, 2, 2, 2, 3)
    answers = [data.draw(st.integers(0, n - 1)) for n in sizes]
    sets, index = code_sets("legs", tuple(known))
    cell = tuple(a for a, k in zip(answers, known, strict=True) if k) or (0,)
    ranges = [
        [a] if k else range(n) for n, a, k in zip(sizes, answers, known, strict=True)
    ]

    assert sets[index[cell]] == {legs_code(*every) for every in product(*ranges)}


def test_hidden_legs_leave_an_interval() -> None:
    """With unseen legs the category is between the mildest and the strictest cell."""
    motion = without(
        motion_of([DOWN | {"pelvis": (30, 0, 0)}] * 3),
        *(f"{s}_{j}" for s in ("left", "right") for j in ("knee", "ankle")),
    )
    found = series(motion)
    column = owas_tables().category[1, 0, :, 0]

    assert np.isnan(found.value).all()
    assert np.isnan(found.codes[:, 2]).all()
    assert (found.low == column.min()).all()
    assert (found.high == column.max()).all()


def test_an_open_back_is_not_bounded_by_its_codes() -> None:
    """A twist that is not seen may make a bent back stricter, never milder."""
    motion = motion_of([DOWN | {"pelvis": (30, 0, 0)}] * 3)
    angles = joint_angles(motion)
    hidden = angles.values_deg.copy()
    hidden[:, angles.names.index("trunk_twist")] = np.nan
    facts, _ = resolve_facts(TaskFacts())
    angles = type(angles)(angles.names, hidden, angles.sd_deg)
    found = owas_series(motion, angles, facts, DEFAULT_THRESHOLDS)
    table = owas_tables().category[:, 0, 1, 0]

    assert (found.low == min(table[1], table[3])).all()
    assert (found.high == max(table[1], table[3])).all()


def test_bounds_hold_the_category_and_widen() -> None:
    """The bounds lie around the category, and a less certain body widens them."""
    motion = motion_of([BUSY, SQUAT, DOWN | {"pelvis": (21, 0, 0)}])
    tight = series(unsure(motion, drawn_covariance(3, 0.02)))
    wide = series(unsure(motion, drawn_covariance(3, 0.15)))

    assert (tight.low <= tight.high).all()
    assert (wide.low <= tight.low).all()
    assert (wide.high >= tight.high).all()


def test_chances_are_those_of_drawn_bodies() -> None:
    """A back near its limit is bent as often as the angle's spread says."""
    motion = unsure(
        motion_of([DOWN | {"pelvis": (24, 0, 0)}] * 2), drawn_covariance(5, 0.05)
    )
    sd = joint_angles(motion).sd_of_deg("trunk_flexion")[0]
    drawn = np.random.default_rng(1).normal(24, sd, 100_000)
    share = float((drawn > 20).mean())
    probability = 2 * share - 1
    facts, _ = resolve_facts(TaskFacts())
    bounds = [
        owas_series(
            motion,
            joint_angles(motion),
            facts,
            Thresholds(interval_probability=probability + d),
        ).low[0]
        for d in (-0.03, 0.03)
    ]

    assert bounds == [2, 1]


def test_gaps_have_no_category() -> None:
    """Frames without a person are empty and in no share."""
    motion = with_gap(motion_of([DOWN] * 10), 3, 6)
    found, result = series(motion), assessed(motion)

    assert np.isnan(found.value[3:6]).all()
    assert np.isfinite(found.value).sum() == 7
    assert result.person_s == pytest.approx(0.7)
    assert result.categories[0].time.share == pytest.approx(1)


# ---- over the clip


def test_shares_add_up() -> None:
    """Times of categories, of codes and of postures are the person's time."""
    result = assessed(motion_of([DOWN, SQUAT, SEATED, BUSY, KNEELS] * 4))

    assert sum(c.time.seconds for c in result.categories) == pytest.approx(2)
    assert sum(p.seconds for p in result.postures) == pytest.approx(2)
    for part in result.parts:
        seen = sum(code.seconds for code in part.codes)
        assert seen + part.unobserved_s == pytest.approx(result.person_s)
    for category in result.categories:
        assert category.time.low_s <= category.time.seconds <= category.time.high_s


def test_disputed_cells_and_choices_are_listed() -> None:
    """The result lists each disputed cell with its time, and each setting used."""
    twisted = {"spine1": (0.0, 40.0, 0.0)}
    both_up = flexed_arm(120) | {
        k: v for k, v in flexed_arm(120, "right").items() if k == "right_shoulder"
    }
    motion = motion_of([both_up | twisted] * 20)
    way = np.arange(20)[:, None, None] * [0.1, 0, 0]
    motion = changed(motion, joints_world_m=motion.joints_world_m + way)
    strict = Thresholds(owas_disputed_cells="stricter")
    result = assessed(motion, load_kg=25.0)
    used: dict[str, Any] = {d.code: d for d in result.disputed}

    assert used["3373"].seconds == pytest.approx(2)
    assert used["3373"].used == 1
    assert result.categories[0].time.share == pytest.approx(1)
    assert assessed(motion, strict, load_kg=25.0).categories[1].time.share == 1
    assert result.choices["owas_back_bent_deg"] == 20
    assert json.loads(msgspec.json.encode(result))["load_code"] == 3


def test_nobody_is_no_posture() -> None:
    """A clip without a person has a result without time."""
    motion = with_gap(motion_of([DOWN] * 4), 0, 4)
    result = assessed(motion)

    assert result.person_s == result.scored_share == 0
    assert not result.postures


def test_hidden_wrist_of_a_low_arm_is_low() -> None:
    """An unseen hand cannot be above the shoulder when the elbow hangs low."""
    low = without(motion_of([DOWN] * 2), "left_wrist", "left_index1", "left_pinky1")
    up = without(motion_of([flexed_arm(80)] * 2), "left_wrist")

    assert (series(low).codes[:, 1] == 1).all()
    assert np.isnan(series(up).codes[:, 1]).all()
    assert JOINT["left_wrist"] != JOINT["right_wrist"]


@pytest.mark.parametrize("hidden", [(), ("left_elbow", "right_elbow")])
def test_more_load_is_never_less_time_at_a_category(hidden: tuple[str, ...]) -> None:
    """What a load only makes less well known still counts as at the category."""
    motion = without(motion_of([BUSY, SQUAT, DOWN, SEATED, ONE_KNEE] * 3), *hidden)
    light, medium, heavy = (assessed(motion, load_kg=kg) for kg in (5, 15, 25))
    for less, more in ((light, medium), (medium, heavy)):
        for a, b in zip(less.categories, more.categories, strict=True):
            assert a.at_least is not None
            assert b.at_least is not None
            for name in ("low_share", "share", "high_share"):
                assert getattr(a.at_least, name) <= getattr(b.at_least, name)
