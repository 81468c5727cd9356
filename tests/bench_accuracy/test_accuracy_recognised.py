import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.accuracy import recognised_compare as compare
from bench.accuracy import recognised_tables as tables
from bench.accuracy.recognised_compare import Beside, Recognised, recognised
from bench.accuracy.report import replaced
from ergomesh.contract.arrays import Motion
from ergomesh.contract.skeleton import JOINT
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    changed,
    motion_of,
    with_gap,
    without,
)

RATE_HZ = 20.0
REST_S = 1.0
HANDS = ("left_wrist", "right_wrist")
FEET = ("left_ankle", "right_ankle")
FLOOR = (0.3, 0.4)
BENCH = (1.0, 0.5)


def carried(*places: tuple[float, float], way_s: float = 1.0) -> Motion:
    """Return a standing body whose hands rest at places, with ways between them.

    Args:
        places: Hands' height above the ankles and how far ahead of them, metres.
        way_s: How long each way takes.
    """
    knots = np.repeat(np.arange(len(places)), 2)
    times = np.cumsum([0.0, *([REST_S, way_s] * len(places))])[:-1]
    frames = np.arange(0, times[-1], 1 / RATE_HZ)
    height, ahead = (
        np.interp(frames, times, np.array(part)[knots])
        for part in zip(*places, strict=True)
    )
    motion = motion_of([ARMS_DOWN] * len(frames), rate_hz=RATE_HZ)
    joints = motion.joints_world_m.copy()
    ankle = joints[0, JOINT["left_ankle"]]
    middle = np.stack([0 * height, ankle[1] + height, ankle[2] + ahead], axis=1)
    for side, left_m in (("left", 0.2), ("right", -0.2)):
        for name in ("wrist", "middle1"):
            joints[:, JOINT[f"{side}_{name}"]] = np.add(middle, (left_m, 0.0, 0.0))
    return changed(motion, joints_world_m=joints)


def doubtful(motion: Motion, sd_m: float, *names: str) -> Motion:
    """Return the motion with other standard deviations of some joints."""
    sds = motion.joint_sd_m.copy()
    sds[:, [JOINT[name] for name in names]] = sd_m
    return changed(motion, joint_sd_m=sds)


UP = carried(FLOOR, BENCH)
STILL = carried((0.8, 0.4), (0.8, 0.4))
TWICE = carried((0.2, 0.4), (0.7, 0.4), (1.2, 0.4))
"""The way of one lift, in two."""
ONCE = carried((0.2, 0.4), (1.2, 0.4), way_s=3.0)
"""The same way in as many frames, without a rest."""
QUESTIONS = (*compare.CODES, compare.CATEGORY)


def beside(found: Motion, exact: Motion, **facts: Any) -> Beside:
    """Return what is recognised in two motions of the same frames."""
    known: dict[str, Any] = {"motion": "any_work", "seated": False, "kept_out": True}
    return Beside(**known | facts, found=recognised(found), exact=recognised(exact))


def saying(clip: Beside, **answers: float) -> Beside:
    """Return a clip of which something else is found, the same in all frames."""
    frames = len(clip.found.present)
    said = {name: np.full(frames, value) for name, value in answers.items()}
    found = replace(clip.found, answers={**clip.found.answers, **said})
    return replace(clip, found=found)


def bounded(clip: Beside, low: float, high: float) -> Beside:
    """Return a clip whose OWAS category is found to lie between bounds."""
    least, most = (np.full(len(clip.found.present), end) for end in (low, high))
    return replace(clip, found=replace(clip.found, low=least, high=most))


def shares(tally: compare.Tally) -> tuple[float, float]:
    """Return which share is settled, and which of those right."""
    return tally.settled_share, tally.right_share


def cells(text: str, row: str) -> list[str]:
    """Return the cells of a table's row that begins with some words."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {row} |")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_a_motion_is_recognised_in_itself() -> None:
    """Beside itself all is settled and right, each lift found without any error."""
    same = [beside(motion, motion) for motion in (UP, STILL, TWICE)]

    for name in QUESTIONS:
        assert shares(compare.answers(same, name)) == (1, 1)
    assert shares(compare.bounds(same, 1)) == (1, 1)
    assert shares(compare.sitting(same, seated=False)) == (1, 1)
    lifted = compare.lifts(same)
    assert (lifted.exact, len(lifted.pairs)) == (3, 3)
    assert (lifted.missed, lifted.extra) == ((), ())
    for measure in compare.MEASURES:
        assert compare.errors(lifted, measure) == compare.Range(3, 0.0, 0.0, 0.0)
    assert compare.limit_ratios(lifted) == compare.Range(3, 1.0, 1.0, 1.0)
    assert compare.limits_held(lifted) == 1


def test_a_lift_that_is_not_found_is_missed() -> None:
    """Hands that do not move, or are not seen, beside a lift: missed, and no error."""
    for blind in (carried((0.3, 0.4), (0.3, 0.4)), without(UP, *HANDS)):
        lifted = compare.lifts([beside(blind, UP)])

        assert (lifted.exact, len(lifted.missed)) == (1, 1)
        assert (lifted.pairs, lifted.extra) == ((), ())
        assert compare.errors(lifted, "H").count == 0
        assert math.isnan(compare.limits_held(lifted))


def test_a_lift_that_is_none_is_extra() -> None:
    """A lift found where there is none is one too many, told by its motion."""
    clips = [beside(UP, STILL, motion="painting"), beside(UP, UP)]

    lifted = compare.lifts(clips)

    assert (lifted.exact, len(lifted.pairs), len(lifted.extra)) == (1, 1, 1)
    assert compare.extra_clips(clips) == {"painting": 1}


def test_what_was_missed_is_extra_the_other_way_round() -> None:
    """Exchanged, missed lifts and extra ones exchange their places."""
    one = compare.matched(beside(STILL, UP))
    other = compare.matched(beside(UP, STILL))

    assert (one.missed, one.extra) == (other.extra, other.missed)


def test_a_lift_in_two_pieces_is_found_once() -> None:
    """Of two pieces the longer overlap is the lift, the other one is too many."""
    lifted = compare.matched(beside(TWICE, ONCE))

    assert (lifted.exact, len(lifted.pairs), len(lifted.extra)) == (1, 1, 1)
    ((found, exact),) = lifted.pairs
    (extra,) = lifted.extra
    assert compare._shared_s(found, exact) >= compare._shared_s(extra, exact)


def test_lifts_that_never_overlap_are_no_pair() -> None:
    """A lift before another one is not the same lift."""
    early = carried(FLOOR, BENCH, (1.0, 0.5))
    late = carried((0.3, 0.4), FLOOR, BENCH)

    lifted = compare.matched(beside(early, late))

    assert (len(lifted.pairs), len(lifted.missed), len(lifted.extra)) == (0, 1, 1)


def test_errors_are_found_minus_exact() -> None:
    """A hand's breadth farther out and higher up is so many centimetres of H and V."""
    off = carried((0.4, 0.55), (1.0, 0.55))

    lifted = compare.lifts([beside(off, UP)])

    errors = {name: compare.errors(lifted, name).median for name in compare.MEASURES}
    assert errors == pytest.approx({"H": 15, "V": 10, "D": -10, "A": 0}, abs=0.01)
    assert compare.limit_ratios(lifted).median < 1


@pytest.mark.parametrize("ahead_m", [0.35, 0.45])
def test_stated_doubt_decides_whether_the_limit_is_held(ahead_m: float) -> None:
    """A wrong limit, too high or too low, is held only with enough stated doubt."""
    off = carried((0.3, ahead_m), BENCH)

    certain, unsure = (
        compare.lifts([beside(doubtful(off, sd_m, *HANDS, *FEET), UP)])
        for sd_m in (0.0, 0.06)
    )

    assert compare.limits_held(certain) == 0
    assert compare.limits_held(unsure) == 1


def test_lifts_without_a_limit_enter_no_ratio() -> None:
    """Feet too uncertain leave the limit open: the lift is found, nothing compared."""
    lifted = compare.lifts([beside(doubtful(UP, 0.2, *FEET), UP)])

    assert len(lifted.pairs) == 1
    assert compare.errors(lifted, "V").count == 0
    assert compare.limit_ratios(lifted).count == 0


@pytest.mark.parametrize(
    ("said", "seated", "found"),
    [
        (1.0, True, (1, 1)),
        (0.0, True, (1, 0)),
        (1.0, False, (1, 0)),
        (0.0, False, (1, 1)),
    ],
)
def test_who_sits_is_known_from_the_work(
    said: float, *, seated: bool, found: tuple[float, float]
) -> None:
    """An answer is right where it is that of the work, whatever the motion shows."""
    clip = saying(beside(UP, UP, seated=seated), sitting=said)

    assert shares(compare.sitting([clip], seated=seated)) == found
    assert compare.sitting([clip], seated=not seated) == compare.Tally()


def test_the_rule_alone_is_asked_of_the_exact_motion() -> None:
    """What was found says nothing of what the rule says of the exact motion."""
    clip = saying(beside(UP, UP), sitting=1.0)

    assert shares(compare.sitting([clip], seated=False, exact=True)) == (1, 1)


def test_open_answers_are_neither_right_nor_wrong() -> None:
    """What stays open lowers the settled share only."""
    clip = beside(UP, UP)
    clips = [saying(clip, category=math.nan), clip]

    assert shares(compare.answers(clips, compare.CATEGORY)) == (0.5, 1)
    open_ = compare.answers(clips[:1], compare.CATEGORY)
    assert open_.settled_share == 0
    assert math.isnan(open_.right_share)


def test_frames_without_a_person_do_not_count() -> None:
    """A gap is asked nothing, and everything else as before."""
    clip = beside(with_gap(STILL, 5, 25), STILL)

    tally = compare.answers([clip], "back")

    frames = len(STILL.time_s)
    assert tally == compare.Tally(frames - 20, frames - 20, frames - 20)
    assert compare.seen_share([clip]) == pytest.approx(1 - 20 / frames)


def test_wide_bounds_always_hold_and_say_nothing() -> None:
    """Bounds around all categories hold the exact one, but are not narrow ones."""
    clip = bounded(beside(UP, UP), 1, 4)

    assert shares(compare.bounds([clip], 4)) == (1, 1)
    assert compare.bounds([clip], 3).settled == 0


def test_bounds_beside_the_exact_category_are_wrong() -> None:
    """Narrow bounds that do not hold the exact category are settled, and wrong."""
    clip = beside(UP, UP)
    assert set(clip.exact.answers[compare.CATEGORY]) == {1}

    assert shares(compare.bounds([bounded(clip, 2, 3)], 3)) == (1, 0)
    assert shares(compare.bounds([bounded(clip, 1, 2)], 3)) == (1, 1)


def test_codes_are_those_of_owas() -> None:
    """Raised hands change the code of the arms and nothing about back and legs."""
    above = carried((1.8, 0.4), (1.8, 0.4))
    clip = beside(above, STILL)

    assert shares(compare.answers([clip], "arms")) == (1, 0)
    assert shares(compare.answers([clip], "back")) == (1, 1)
    assert shares(compare.answers([clip], "legs")) == (1, 1)


def test_a_bent_knee_changes_the_legs() -> None:
    """A knee pushed ahead does not keep its code of the legs."""
    joints = STILL.joints_world_m.copy()
    joints[:, JOINT["left_knee"], 2] += 0.3
    clip = beside(changed(STILL, joints_world_m=joints), STILL)

    assert compare.answers([clip], "legs").right == 0


def test_tables_say_what_was_counted() -> None:
    """Each column counts its own part, lifts are found, missed, or too many."""
    clips = [
        beside(STILL, UP, motion="low_lift", kept_out=False),
        beside(UP, UP, motion="low_lift"),
        beside(UP, STILL, motion="wall_painting"),
        beside(STILL, STILL, motion="standing"),
    ]

    text = tables.section(clips, stale=1)

    assert "of 4 rendered clips" in text
    assert "3 clips are kept out" in text
    assert "landmarks of 1 of 4 clips are of older pose code" in text
    assert cells(text, "exact lifts") == ["1", "2"]
    assert cells(text, "missed") == ["0", "1"]
    assert cells(text, "found, but no lift") == ["1; clips: wall painting (1)"] * 2
    assert cells(text, "low lift") == ["2", "2", "1", "1", "0"]
    assert cells(text, "wall painting") == ["1", "0", "0", "0", "1"]
    assert "No lift, and none found: standing." in text
    assert cells(text, "sitting, of seated work") == ["0", "", ""] * 2


def test_almost_all_is_not_all() -> None:
    """No share below one is written as 100 %."""
    assert tables._percent(0.999) == "> 99%"
    assert tables._percent(1.0) == "100%"
    assert tables._percent(math.nan) == ""


def test_the_section_replaces_itself() -> None:
    """Written twice, the report is the same, and nothing around the marks changes."""
    text = tables.section([beside(UP, UP)], stale=0)
    page = f"before\n{tables.MARK}\nold\n{tables.MARK}\nafter\n"

    once = replaced(page, text, tables.MARK)

    assert replaced(once, text, tables.MARK) == once
    assert once.startswith("before\n")
    assert once.endswith("\nafter\n")
    assert "All landmarks are of today's pose code." in once


def test_nothing_told_but_a_pace() -> None:
    """Only the pace is told: who sits is to be recognised."""
    assert compare.TASK.seated is None
    assert compare.TASK.lifts_per_min is not None
    assert isinstance(recognised(UP), Recognised)
