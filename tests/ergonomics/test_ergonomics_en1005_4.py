"""EN 1005-4: zones by how often they are taken, and what is not observed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.job import TaskFacts
from ergomesh.ergonomics.core.angles import Angles, joint_angles
from ergomesh.ergonomics.core.en1005_4 import (
    En1005Result,
    EnItemResult,
    assess_en1005_4,
)
from ergomesh.ergonomics.core.en1005_4_items import en_items
from ergomesh.ergonomics.core.en1005_4_tables import EN_SEVERITY, EnRow, en_tables
from ergomesh.ergonomics.core.facts import resolve_facts
from ergomesh.ergonomics.core.holding_rates import rate_of
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    BUSY,
    flexed_arm,
    mirror_motion,
    motion_of,
    with_gap,
    without,
)

DIGEST = "1c63fb7e74f68eb42af103d1b253204edd5dcdc26227a3b6a306f23c8db358ef"
RATE_HZ = 10

WORDS = {
    "A": "acceptable",
    "CA": "conditionally_acceptable",
    "NA": "not_acceptable",
}

EXAMPLES = [
    ("trunk_forward", "trunk_flexion", 15, 5, "A"),
    ("trunk_forward", "trunk_flexion", 70, 1, "CA"),
    ("trunk_forward", "trunk_flexion", 70, 3, "NA"),
    (
        "left_upper_arm_elevation",
        "left_upper_arm_elevation_gravity",
        40,
        1,
        "A",
    ),
    (
        "left_upper_arm_elevation",
        "left_upper_arm_elevation_gravity",
        40,
        5,
        "CA",
    ),
    (
        "left_upper_arm_elevation",
        "left_upper_arm_elevation_gravity",
        40,
        12,
        "NA",
    ),
]
"""The points of the specification: item, angle, degrees, per minute, verdict."""

PRINTED = {
    "trunk_forward": "CA CA NA|A A A|CA A NA|NA CA NA",
    "trunk_side_bend": "NA CA NA|A A A|NA CA NA",
    "trunk_twist": "NA CA NA|A A A|NA CA NA",
    "line_of_sight": "NA CA NA|A A A|NA CA NA",
    "neck_side_bend": "NA CA NA|A A A|NA CA NA",
    "neck_twist": "NA CA NA|A A A|NA CA NA",
    "left_upper_arm_elevation": "A A A|CA A CA|NA CA NA",
    "left_upper_arm_backward": "A A A|NA CA NA",
    "right_upper_arm_across": "A A A|NA CA NA",
    "right_wrist_flexion_end_of_range": "NA CA NA|A A A|NA CA NA",
    "left_knee_flexion_end_of_range": "A A A|NA CA NA",
}
"""The table of the specification: zones from below; static, low, high."""


def moving(angle: str, peak_deg: float, per_min: float) -> tuple[Motion, Angles]:
    """Return two minutes of quick movements from 0° to a peak and back."""
    time_s = np.arange(120 * RATE_HZ) / RATE_HZ
    phase = (time_s * per_min / 60 + 0.5) % 1
    reach = np.clip(1 - np.abs(phase - 0.5) * 60 / per_min / 1.0, 0, 1)
    return standing(120, **{angle: np.where(reach > 0, peak_deg, 0.0)})


def standing(seconds: float, **values_deg: float | FloatArray) -> tuple[Motion, Angles]:
    """Return a motion that stands still, with some angles replaced."""
    motion = motion_of([ARMS_DOWN] * round(RATE_HZ * seconds), rate_hz=RATE_HZ)
    angles = joint_angles(motion)
    values = angles.values_deg.copy()
    for name, value in values_deg.items():
        values[:, angles.names.index(name)] = value
    sds = np.where(np.isfinite(values), 0.0, np.nan)
    return motion, Angles(angles.names, values, sds)


def judged(motion: Motion, angles: Angles, **task: object) -> En1005Result:
    """Return the result with some facts told."""
    facts, _ = resolve_facts(TaskFacts(**task))  # type: ignore[arg-type]
    return assess_en1005_4(motion, angles, facts, DEFAULT_THRESHOLDS)


def item(result: En1005Result, name: str) -> EnItemResult:
    """Return an item by name."""
    return next(found for found in result.items if found.name == name)


# ---- the table


def test_the_table_is_frozen() -> None:
    """The file is the specification's."""
    assert en_tables().sha256 == DIGEST
    assert en_tables().limit_per_min == 2


@pytest.mark.parametrize("name", PRINTED)
def test_every_zone_is_the_printed_one(name: str) -> None:
    """An item's zones have the three printed verdicts, from below upwards."""
    _, angles = standing(1)
    here = np.ones(RATE_HZ, dtype=bool)
    found = next(
        i for i in en_items(angles, here, DEFAULT_THRESHOLDS) if i.name == name
    )
    cells = [f"{row.static} {row.low} {row.high}" for row in found.rows]

    assert "|".join(cells) == PRINTED[name]


@pytest.mark.parametrize(("name", "angle", "degrees", "per_min", "verdict"), EXAMPLES)
def test_the_specified_points(
    name: str, angle: str, degrees: float, per_min: float, verdict: str
) -> None:
    """Movements of so many degrees at such a frequency get the printed verdict."""
    result = judged(*moving(angle, degrees, per_min))
    zones = [z for z in item(result, name).zones if z.moving.seconds > 0]

    assert zones[-1].movement_verdict == WORDS[verdict]


def rows() -> list[EnRow]:
    """Return every printed zone."""
    return [row for found in en_tables().rows.values() for row in found]


@pytest.mark.parametrize("row", rows())
def test_frequency_limits_from_both_sides(row: EnRow) -> None:
    """Just below 2/min the column "low" counts, at 2/min "high"."""
    below, at = (row.moved(often, 2, long_use=False) for often in (1.999, 2.0))

    assert below == WORDS[row.low]
    assert at == WORDS[row.high]


@pytest.mark.parametrize("row", rows())
def test_long_use_takes_the_condition_away(row: EnRow) -> None:
    """What is conditional at a low frequency is not acceptable in long use."""
    verdict = row.moved(1.0, 2, long_use=True)

    assert verdict == {"CA": "not_acceptable"}.get(row.low, WORDS[row.low])


@pytest.mark.parametrize(
    ("often", "verdict"), [(9.99, "conditionally_acceptable"), (10, "not_acceptable")]
)
def test_raised_arms_have_a_second_limit(often: float, verdict: str) -> None:
    """20…60° of the upper arm are not acceptable from 10/min."""
    row = en_tables().ascending("upper_arm_elevation")[1]

    assert row.moved(often, 2, long_use=False) == verdict


@given(st.floats(0, 30), st.floats(0, 30), st.booleans())
def test_more_often_is_never_better(
    often: float,
    more: float,
    long_use: bool,  # noqa: FBT001
) -> None:
    """In every zone the verdict never improves with the frequency."""
    for row in rows():
        if long_use and row.low == "CA" and row.high != "NA":
            continue
        less, greater = (
            EN_SEVERITY[row.moved(f, 2, long_use=long_use)]
            for f in (often, often + more)
        )
        assert less <= greater


# ---- static


@pytest.mark.parametrize(
    ("degrees", "support", "met"),
    [
        (40.0, None, True),
        (40.0, "trunk_supported", True),
        (-20.0, None, False),
        (-20.0, "trunk_supported", True),
        (-20.0, "arms_supported", False),
    ],
)
def test_conditions_on_holding_the_trunk(
    degrees: float, support: str | None, *, met: bool
) -> None:
    """Forward needs support or a short hold, backward always support."""
    told: dict[str, object] = {support: True} if support else {}
    motion, angles = standing(10, trunk_flexion=degrees)
    result = judged(motion, angles, **told)
    (held,) = (z for z in item(result, "trunk_forward").zones if z.static.seconds)

    assert held.static_verdict == "conditionally_acceptable"
    assert held.condition_met == met
    assert (held.verdict == "not_acceptable") == (not met)


@pytest.mark.parametrize(("seconds", "met"), [(58, True), (62, False)])
def test_a_hold_must_keep_to_its_time(seconds: float, *, met: bool) -> None:
    """An arm at 60° may be held for a minute, as ISO 11226 says."""
    result = judged(*standing(seconds, left_upper_arm_elevation_gravity=60.0))
    held = item(result, "left_upper_arm_elevation").zones[1]

    assert held.condition_met == met
    assert held.longest_hold_s == pytest.approx(seconds)


def test_line_of_sight_is_below_the_head() -> None:
    """A head inclined by 25° looks 40° down, the last acceptable line of sight."""
    fine, off = (
        item(judged(*standing(10, head_inclination=deg)), "line_of_sight").verdict
        for deg in (25.0, 25.1)
    )

    assert (fine, off) == ("acceptable", "not_acceptable")


# ---- movements


def test_passing_a_zone_counts_in_it() -> None:
    """A movement to 70° enters the zone from 20° as often as that from 60°."""
    swing = 35 - 35 * np.cos(np.arange(600) / 600 * 2 * np.pi * 6)
    result = judged(*standing(60, trunk_flexion=swing))
    rates = [z.rate.count for z in item(result, "trunk_forward").zones[2:] if z.rate]

    assert rates == [6, 6]


def test_the_frequency_of_a_short_clip_is_uncertain() -> None:
    """One bend in ten seconds is 6/min, but may be below 2/min as well."""
    bend = np.where(np.abs(np.arange(100) - 50) < 10, 70.0, 0.0)
    zone = item(judged(*standing(10, trunk_flexion=bend)), "trunk_forward").zones[3]

    assert zone.rate is not None
    assert zone.rate.per_min == pytest.approx(6)
    assert zone.rate.low_per_min < 2 < zone.rate.high_per_min
    assert not zone.movement_certain


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0, 2.996), (1, 0.0513, 4.744), (10, 5.425, 16.962), (100, 84.14, 118.1)],
)
def test_bounds_of_a_frequency(count: int, low: float, high: float) -> None:
    """Bounds are within 6 % of the exact ones of a Poisson count (Garwood 1936)."""
    rate = rate_of(count, 60.0, 0.9)

    assert rate.low_per_min == pytest.approx(low, rel=0.06, abs=0.05)
    assert rate.high_per_min == pytest.approx(high, rel=0.06)


# ---- the unobserved, sides, times


def test_what_is_not_observed_is_its_own_time() -> None:
    """A hidden arm has no verdict, and its part's time is not acceptable time."""
    motion = without(motion_of([flexed_arm(30)] * 60), "left_elbow")
    result = judged(motion, joint_angles(motion))
    hidden = item(result, "left_upper_arm_elevation")
    arm = next(part for part in result.parts if part.part == "left_arm")

    assert hidden.verdict is None
    assert hidden.unobserved_share == pytest.approx(1)
    assert arm.acceptable_s == 0
    assert arm.not_observed_s == pytest.approx(6)


def test_times_add_up() -> None:
    """Zones make the observed time; a part's verdicts make the person's."""
    motion = with_gap(motion_of([BUSY, ARMS_DOWN, flexed_arm(70)] * 40), 30, 40)
    result = judged(motion, joint_angles(motion))

    assert result.person_s == pytest.approx(11)
    for found in result.items:
        both = [z.static.seconds + z.moving.seconds for z in found.zones]
        assert sum(both) == pytest.approx(found.observed_s)
        assert found.observed_s + found.unobserved_s == pytest.approx(11)
    for part in result.parts:
        assert (
            part.acceptable_s
            + part.conditionally_acceptable_s
            + part.not_acceptable_s
            + part.not_observed_s
        ) == pytest.approx(11)


def test_mirror_image_swaps_the_sides() -> None:
    """The mirrored worker's left side is judged as the worker's right."""
    motion = motion_of([BUSY, ARMS_DOWN, flexed_arm(70)] * 20)
    mirrored = mirror_motion(motion)
    here = judged(motion, joint_angles(motion))
    there = judged(mirrored, joint_angles(mirrored))
    names = {"left": ("left", "right"), "right": ("right", "left")}
    for found in here.items:
        swapped = found.name.replace(*names.get(found.side, ("", "")))
        assert item(there, swapped).verdict == found.verdict


def test_an_uncertain_angle_widens_the_times() -> None:
    """Near a limit the bounds of the time in a zone lie around it."""
    motion, angles = standing(10, trunk_flexion=21.0)
    vague = Angles(angles.names, angles.values_deg, np.full(angles.sd_deg.shape, 2.0))
    zones = item(judged(motion, vague), "trunk_forward").zones

    assert zones[2].static.low_s == 0
    assert zones[2].static.seconds == pytest.approx(10)
    assert zones[1].static.high_s == pytest.approx(10)


def test_nobody_has_no_verdict() -> None:
    """A clip without a person has neither time nor verdict."""
    motion = with_gap(motion_of([ARMS_DOWN] * 20), 0, 20)
    result = judged(motion, joint_angles(motion))

    assert result.verdict is None
    assert result.person_s == 0
