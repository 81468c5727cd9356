"""Before and after: what differs, how surely, and what cannot be compared."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ergomesh.contract.arrays import Motion
from ergomesh.contract.job import TaskFacts
from ergomesh.ergonomics.core.compare import (
    Assessed,
    CompareError,
    Comparison,
    Difference,
    Estimate,
    Verdict,
    encode_comparison,
    verdict_of,
)
from ergomesh.ergonomics.core.compare_read import read_assessed
from ergomesh.ergonomics.core.compare_results import compare
from ergomesh.ergonomics.core.neutral_zone import neutral_zone_deg, outer_borders_deg
from ergomesh.ergonomics.core.zones import SOURCES, borders_deg
from ergonomics.ergonomics_folders import drawn_motion, files_of, raised
from ergonomics.ergonomics_postures import BUSY, mirror_motion, motion_of, without

seeds = st.integers(0, 5)
few = settings(deadline=None, max_examples=15)


def assessed(
    motion: Motion, label: str = "A", task: TaskFacts | None = None
) -> Assessed:
    """Write a result and read it again."""
    return read_assessed(label, files_of(motion, task))


@cache
def drawn(seed: int) -> Assessed:
    """Return the result of a drawn motion."""
    return assessed(drawn_motion(seed))


@cache
def drawn_mirrored(seed: int) -> Assessed:
    """Return the result of its mirror image."""
    return assessed(mirror_motion(drawn_motion(seed)))


def by_name(comparison: Comparison) -> dict[tuple[str, ...], Difference]:
    """Return the differences by what they are of."""
    return {(d.method, d.side, d.part, d.measure): d for d in comparison.differences}


def negated(change: Estimate) -> Estimate:
    """Return the change of the opposite direction."""
    return Estimate(low=-change.high, value=-change.value, high=-change.low)


@few
@given(seeds)
def test_a_result_does_not_differ_from_itself(seed: int) -> None:
    """compare(A, A) changes nothing, certainly nothing, and lists no input."""
    one = drawn(seed)
    found = compare(one, one)
    assert found.differences
    assert all(d.change.value == 0 for d in found.differences)
    assert all(d.verdict is Verdict.OPEN for d in found.differences)
    assert found.facts == found.choices == ()


@few
@given(seeds, seeds)
def test_swapping_turns_the_sign(first: int, second: int) -> None:
    """compare(A, B) is compare(B, A) with every change negated and verdict swapped."""
    a, b = drawn(first), drawn(second)
    there, back = compare(a, b), by_name(compare(b, a))
    swap = {
        Verdict.LOWER: Verdict.HIGHER,
        Verdict.HIGHER: Verdict.LOWER,
        Verdict.OPEN: Verdict.OPEN,
    }
    assert len(there.differences) == len(back)
    for key, each in by_name(there).items():
        assert back[key].change == negated(each.change)
        assert back[key].verdict is swap[each.verdict]


@few
@given(seeds, seeds)
def test_mirrored_clips_swap_left_and_right(first: int, second: int) -> None:
    """Two mirrored workers differ on the right as the others do on the left."""
    found = compare(drawn(first), drawn(second))
    mirrored = by_name(compare(drawn_mirrored(first), drawn_mirrored(second)))
    other = {"left": "right", "right": "left", "middle": "middle"}
    for (method, side, part, measure), each in by_name(found).items():
        twin = mirrored[method, other[side], part, measure]
        for end in ("low", "value", "high"):
            assert getattr(twin.change, end) == pytest.approx(
                getattr(each.change, end), abs=2e-4
            )


@few
@given(seeds, seeds)
def test_estimates_hold_their_value_and_changes_theirs(first: int, second: int) -> None:
    """Every value lies within its bounds, and a change is what the ends allow."""
    assume(first != second)
    a, b = drawn(first), drawn(second)
    for each in compare(a, b).differences:
        for estimate in (each.before, each.after, each.change):
            assert estimate.low <= estimate.value <= estimate.high
        assert each.change.low == each.after.low - each.before.high
        assert each.change.high == each.after.high - each.before.low


@few
@given(seeds)
def test_without_the_frames_the_bounds_are_wider(seed: int) -> None:
    """result.json alone gives bounds that hold those of the per-frame files."""
    files = files_of(drawn_motion(seed))
    full = by_name(compare(*[read_assessed("A", files)] * 2))
    alone = {"result.json": files["result.json"]}
    coarse = by_name(compare(*[read_assessed("A", alone)] * 2))
    assert coarse.keys() < full.keys()
    gone = [key for key in full if key not in coarse]
    assert {key[0] for key in gone} == {"rula", "reba"}
    assert not any(key[3].startswith("level_at_least_") for key in gone)
    for key, each in coarse.items():
        assert each.before.low <= full[key].before.low + 1e-3
        assert full[key].before.high <= each.before.high + 1e-3


def test_a_certain_improvement_is_called_one() -> None:
    """A raised arm that hangs afterwards: less time beyond every border, for sure."""
    before, after = assessed(raised([120.0] * 8)), assessed(raised([0.0] * 8))
    found = by_name(compare(before, after))
    beyond = found["rula", "left", "upper_arm", "upper_arm_elevation_beyond_90"]
    assert (beyond.before.value, beyond.after.value) == (1, 0)
    assert beyond.verdict is Verdict.LOWER
    right = found["rula", "right", "upper_arm", "upper_arm_elevation_beyond_90"]
    assert right.verdict is Verdict.OPEN
    back = by_name(compare(after, before))
    assert (
        back["rula", "left", "upper_arm", "upper_arm_elevation_beyond_90"].verdict
        is Verdict.HIGHER
    )


def test_an_unsure_difference_is_not_called_certain() -> None:
    """The same change with angles known to ±20° leaves the ranges overlapping."""
    unsure_pair = [assessed(drawn_motion(seed, sd_rad=0.35)) for seed in (3, 4)]
    found = compare(*unsure_pair).differences
    shares = [d for d in found if d.unit == "share"]
    assert any(d.change.value != 0 for d in shares)
    assert all(d.verdict is Verdict.OPEN for d in shares)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.0, 1.0, Verdict.OPEN),
        (np.nextafter(0, 1), 1.0, Verdict.HIGHER),
        (-1.0, 0.0, Verdict.OPEN),
        (-1.0, -np.nextafter(0, 1), Verdict.LOWER),
    ],
)
def test_ranges_that_touch_overlap(low: float, high: float, verdict: Verdict) -> None:
    """A change is certain only when zero is outside its range."""
    assert verdict_of(Estimate(low=low, value=(low + high) / 2, high=high)) is verdict


def test_an_angle_never_seen_is_left_out() -> None:
    """What only one of the two observed is not compared, and nothing is made up."""
    motion = raised([40.0] * 5)
    found = compare(assessed(motion), assessed(without(motion, "left_elbow")))
    sides = {d.side for d in found.differences if d.part == "elbow"}
    assert sides == {"right"}


def test_every_method_is_compared() -> None:
    """A result of all methods is compared by all, unseen time widening the bounds."""
    motion = motion_of([BUSY] * 80)
    full = by_name(compare(assessed(motion), assessed(motion)))
    assert {key[0] for key in full} == {
        *("rula", "reba", "owas", "iso11226", "en1005_4", "nv361"),
    }
    hidden = assessed(without(motion, "left_elbow", "left_wrist"))
    less = by_name(compare(assessed(motion), hidden))
    arm = less["iso11226", "left", "arm", "upper_arm_elevation_held"]
    assert arm.after.high == 1
    assert arm.verdict is Verdict.OPEN
    held = full["iso11226", "middle", "trunk", "trunk_inclination_held"]
    assert held.before.low <= held.before.value == 1


def test_owas_categories_are_nested() -> None:
    """The time at a category or above falls with the category, bounds and all."""
    found = compare(drawn(1), drawn(2)).differences
    shares = [d.before for d in found if d.method == "owas"]
    assert len(shares) == 3
    for more, less in pairwise(shares):
        for end in ("low", "value", "high"):
            assert getattr(less, end) <= getattr(more, end) + 1e-4


def test_changed_inputs_are_listed() -> None:
    """Facts and choices that differ are named with both values."""
    motion = raised([40.0] * 3)
    before = assessed(motion, "A", TaskFacts(load_kg=12.0))
    after = assessed(motion, "B", TaskFacts(load_kg=4.0))
    (load,) = compare(before, after).facts
    assert (load.name, load.before, load.after) == ("load_kg", "12", "4")
    made = msgspec.structs.replace(
        after.result.provenance,
        thresholds=after.result.provenance.thresholds | {"abducted_deg": 45.0},
    )
    other = replace(
        after, result=msgspec.structs.replace(after.result, provenance=made)
    )
    (choice,) = compare(after, other).choices
    assert (choice.name, choice.after) == ("abducted_deg", "45.0")


def test_the_file_reads_back() -> None:
    """comparison.json decodes to the same comparison, and the same comes twice."""
    one = assessed(drawn_motion(5))
    found = compare(one, assessed(drawn_motion(6)))
    raw = encode_comparison(found)
    assert msgspec.json.decode(raw, type=Comparison) == found
    assert raw == encode_comparison(found)


def test_other_methods_cannot_be_compared() -> None:
    """Results of other methods end in one sentence that names them."""
    one = assessed(raised([10.0]), "monday")
    fewer = msgspec.structs.replace(
        one.result, methods={"rula": one.result.methods["rula"]}
    )
    with pytest.raises(CompareError, match=r"monday has reba, rula, .* has rula;"):
        compare(one, replace(one, result=fewer))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "monday has no result.json"),
        ({"result.json": b"\xff"}, "result.json of monday cannot be read"),
        ({"result.json": b"{}"}, "has no version"),
        ({"result.json": b'{"schema_version": "7"}'}, "has version 7"),
        ({"result.json": b'{"schema_version": "1"}'}, "does not follow its schema"),
    ],
)
def test_what_is_no_result_is_said(files: dict[str, bytes], said: str) -> None:
    """A folder without a readable result is one sentence that names it."""
    with pytest.raises(CompareError, match=said):
        read_assessed("monday", files)


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("scores.csv", b"frame,time_s\n1,x\n", "scores.csv of monday is not a table"),
        ("angles.csv", b"frame,time_s\n1\n", "angles.csv of monday is not a table"),
        ("angles.csv", b"frame,time_s\n0,0\n", "not of the same analysis"),
    ],
)
def test_a_foreign_table_is_said(name: str, raw: bytes, said: str) -> None:
    """A per-frame file that is no table of ours is one sentence that names it."""
    files = files_of(raised([10.0] * 3)) | {name: raw}
    with pytest.raises(CompareError, match=said):
        read_assessed("monday", files)


@pytest.mark.parametrize("name", list(SOURCES))
def test_the_neutral_range_lies_between_printed_borders(name: str) -> None:
    """Both its ends are borders, and the outer borders are the others beyond."""
    low, high = neutral_zone_deg(name)
    borders = borders_deg(name)
    assert low < high
    assert {low, high} <= set(borders)
    outer = outer_borders_deg(name)
    assert set(outer) == {b for b in borders if not low <= b <= high}


def test_neutral_ranges_are_the_printed_ones() -> None:
    """The ranges are those that RULA and REBA print with their lowest scores."""
    assert neutral_zone_deg("trunk_flexion") == (-20, 20)
    assert neutral_zone_deg("neck_flexion") == (0, 10)
    assert neutral_zone_deg("left_upper_arm_elevation") == (-20, 20)
    assert neutral_zone_deg("right_elbow_flexion") == (60, 100)
    assert neutral_zone_deg("right_wrist_flexion") == (-15, 15)
    assert outer_borders_deg("trunk_flexion") == (60,)
    assert outer_borders_deg("neck_flexion") == (20,)
