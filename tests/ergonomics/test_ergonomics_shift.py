"""A shift by decree 361/2007: worked examples C1-C7, limits from both sides, laws."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.ergonomics.core.nv361_result import Nv361Result, Span
from ergomesh.ergonomics.core.nv361_table import nv361_table
from ergomesh.ergonomics.core.shift import Operation, assess_shift
from ergomesh.ergonomics.core.shift_export import encode_pp_results, pp_results
from ergomesh.ergonomics.core.shift_limits import (
    ShiftLengthError,
    half_up,
    mean_min,
    shift_limits,
)
from ergomesh.ergonomics.core.shift_result import Minutes, ShiftPosture, ShiftResult
from ergonomics.ergonomics_nv361 import assessed, held, of_angles

EMPTY = assessed(of_angles(trunk_flexion=held(0.0, 50)))
"""A clip in which no posture of the decree occurs."""
ARM_60 = "arm_elevation_60_often"
ARM_40 = "arm_elevation_40_often"


def sure(value: float) -> Span:
    """Return a number without doubt."""
    return Span(low=value, likely=value, high=value)


def clip_of(
    shift_min: float, minutes: dict[tuple[str, str], float | Span | None]
) -> Nv361Result:
    """Return a clip with postures' shares as of minutes of a shift.

    Args:
        shift_min: How long the shift is.
        minutes: Part and key → minutes; ``None`` is not assessed.
    """
    items = []
    for row in EMPTY.items:
        if (row.part, row.key) not in minutes:
            items.append(row)
            continue
        told = minutes[row.part, row.key]
        if told is None:
            changes: dict[str, Any] = {"share": None, "status": "not_assessed"}
        else:
            span = told if isinstance(told, Span) else sure(told)
            parts = (span.low, span.likely, span.high)
            low, likely, high = (value / shift_min for value in parts)
            changes = {"share": Span(low=low, likely=likely, high=high)}
        items.append(msgspec.structs.replace(row, **changes))
    return msgspec.structs.replace(EMPTY, items=tuple(items))


def shift_of(
    *workers: dict[tuple[str, str], Any], shift_min: int = 480, parts: int = 1
) -> ShiftResult:
    """Assess a shift of equal operations with the workers' minutes in the whole."""
    clips = tuple(clip_of(shift_min, minutes) for minutes in workers)
    each = Operation("work", shift_min / parts, clips)
    return assess_shift([each] * parts, shift_min)


def posture(result: ShiftResult, part: str, key: str) -> ShiftPosture:
    """Return one row."""
    (found,) = (p for p in result.postures if (p.part, p.key) == (part, key))
    return found


def likely(minutes: Minutes | None) -> int | None:
    """Return the likely minutes."""
    return None if minutes is None else minutes.likely


# ---- the worked examples of standards.md, section 6


@pytest.mark.parametrize(
    ("part", "key", "minutes", "mean", "cls", "category"),
    [
        ("right_arm", ARM_60, (25, 36), 31, "N", 3),
        ("left_arm", ARM_60, (25, 51), 38, "N", 3),
        ("right_arm", ARM_40, (49, 28), 39, "PP", 1),
    ],
    ids=["C1", "C2", "C3"],
)
def test_examples_of_two_workers(
    part: str, key: str, minutes: tuple[int, int], mean: int, cls: str, category: int
) -> None:
    """C1-C3: the mean of two workers, half a minute up, decides the category."""
    result = shift_of(*({(part, key): value} for value in minutes))
    row = posture(result, part, key)
    assert [likely(worker) for worker in row.workers] == list(minutes)
    assert (likely(row.minutes), row.cls, row.category) == (mean, cls, category)
    assert result.category == category


def test_example_c4_the_worst_posture_decides() -> None:
    """C4: short postures are category 1 each; the job is the worst of all, 3."""
    short = {
        ("head_neck", "head_flexion_25_often"): 15,
        ("trunk", "trunk_flexion_60_rare"): 4,
        ("other", "ground_static"): 3,
    }
    result = shift_of(short)
    for key, cls in zip(short, ("N", "N", "PP"), strict=True):
        row = posture(result, *key)
        assert (row.cls, row.category) == (cls, 1)
    assert posture(result, "trunk", "trunk_flexion_60_rare").printed_cls == "PP"
    assert result.category == 1
    arms = {("right_arm", ARM_60): 31, ("left_arm", ARM_60): 38}
    assert shift_of(short | arms).category == 3


def test_example_c5_of_the_form() -> None:
    """C5: the postures of the laboratory's form have its categories."""
    expected = {
        ("trunk", "trunk_flexion_60_static"): (24, 2),
        ("head_neck", "head_flexion_25_static"): (32, 3),
        ("right_arm", "arm_elevation_60_static"): (21, 2),
        ("left_arm", "arm_elevation_60_static"): (8, 1),
        ("other", "ground_static"): (32, 1),
    }
    result = shift_of({key: minutes for key, (minutes, _) in expected.items()})
    for key, (minutes, category) in expected.items():
        row = posture(result, *key)
        assert (likely(row.minutes), row.category) == (minutes, category)
    assert result.category == 3


@pytest.mark.parametrize(
    ("shift_min", "coefficient", "pp", "n"),
    [
        (510, 1.05, (105, 168), (21, 32)),
        (450, 0.975, (97.5, 156), (19.5, 29)),
        (479, 0.975, (97.5, 156), (19.5, 29)),
        (630, 1.15, (115, 184), (23, 35)),
        (659, 1.15, (115, 184), (23, 35)),
        (660, 1.175, (117.5, 188), (23.5, 35)),
        (690, 1.2, (120, 192), (24, 36)),
        (1440, 1.2, (120, 192), (24, 36)),
    ],
)
def test_examples_of_other_shifts(
    shift_min: int,
    coefficient: float,
    pp: tuple[float, int],
    n: tuple[float, int],
) -> None:
    """C6, C7: limits follow the coefficient; the upper ones are rounded half up."""
    limits = shift_limits(shift_min)
    assert limits.coefficient == pytest.approx(coefficient)
    assert (limits.pp_first, limits.pp_second) == pytest.approx(pp)
    assert (limits.n_first, limits.n_second) == pytest.approx(n)


PRINTED = """
240 0.8 128 24
270 0.825 132 25
300 0.85 136 26
330 0.875 140 26
360 0.9 144 27
390 0.925 148 28
420 0.95 152 29
450 0.975 156 29
480 1.0 160 30
481 1.025 164 31
510 1.05 168 32
540 1.075 172 32
570 1.1 176 33
600 1.125 180 34
630 1.15 184 35
660 1.175 188 35
690 1.2 192 36
"""
"""standards.md, section 6: first minute, coefficient, limits of PP and of N."""


def test_the_printed_table_of_shifts() -> None:
    """Each row of the decree's table 8 holds from its first minute to its last."""
    rows = [line.split() for line in PRINTED.split("\n") if line]
    firsts = [int(row[0]) for row in rows] + [721]
    for (first, coefficient, pp, n), after in zip(rows, firsts[1:], strict=True):
        for shift_min in (int(first), after - 1):
            limits = shift_limits(shift_min)
            assert limits.coefficient == pytest.approx(float(coefficient))
            assert (limits.pp_second, limits.n_second) == (int(pp), int(n))


def test_a_shift_that_the_table_does_not_know_is_refused() -> None:
    """Below 240 min there are no limits."""
    with pytest.raises(ShiftLengthError, match="shorter than 240 min"):
        shift_limits(239)


# ---- limits and rounding


@pytest.mark.parametrize(
    ("minutes", "n", "pp"),
    [
        *[(20, 1, 1), (21, 2, 1), (30, 2, 1), (31, 3, 1)],
        *[(100, 3, 1), (101, 3, 2), (160, 3, 2), (161, 3, 3)],
    ],
)
def test_categories_from_both_sides(minutes: int, n: int, pp: int) -> None:
    """Categories change beyond 20 and 30 min, and beyond 100 and 160 min."""
    limits = shift_limits(480)
    assert (limits.category("N", minutes), limits.category("PP", minutes)) == (n, pp)
    result = shift_of({("trunk", "trunk_flexion_60_static"): minutes})
    row = posture(result, "trunk", "trunk_flexion_60_static")
    assert (row.category, row.exceeded) == (n, minutes > 30)


@given(
    st.integers(240, 900),
    st.sampled_from(["N", "PP"]),
    st.integers(0, 900),
    st.integers(0, 900),
)
def test_more_minutes_are_never_a_better_category(
    shift_min: int, cls: Any, minutes: int, more: int
) -> None:
    """The category rises with the minutes, and falls with the length of the shift."""
    limits, longer = shift_limits(shift_min), shift_limits(shift_min + 30)
    category = limits.category(cls, minutes)
    assert category <= limits.category(cls, minutes + more)
    assert longer.category(cls, minutes) <= category
    assert limits.first(cls) < limits.second(cls)


@given(st.floats(0, 1000), st.floats(0, 1000))
def test_rounding_is_half_up_and_in_order(first: float, second: float) -> None:
    """Half a minute goes up, nothing is farther off, and order stays."""
    assert abs(half_up(first) - first) <= 0.5 + 1e-6
    low, high = sorted((first, second))
    assert half_up(low) <= half_up(high)
    assert half_up(int(first) + 0.5) == int(first) + 1
    assert half_up(int(first) + 0.49) == int(first)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_mean_lies_between_the_workers(a: int, b: int) -> None:
    """The mean is the same whoever is worker A, and between the two."""
    assert mean_min([a, b]) == mean_min([b, a])
    assert min(a, b) <= mean_min([a, b]) <= max(a, b)
    assert mean_min([a]) == mean_min([a, a]) == a


KEYS = [(row.part, row.key) for row in EMPTY.items]
a_worker = st.dictionaries(
    st.sampled_from(KEYS), st.one_of(st.none(), st.floats(0, 480)), max_size=6
)


@settings(deadline=None, max_examples=40)
@given(a_worker, st.integers(1, 5))
def test_two_equal_workers_are_one(
    minutes: dict[tuple[str, str], Any], parts: int
) -> None:
    """A shift of two equal workers is that of one, however it is cut in operations.

    But for postures that a long operation makes unacceptable (step 2): cutting it
    changes their class, not their minutes.
    """
    one, two = shift_of(minutes), shift_of(minutes, minutes, parts=parts)
    step2 = {(row.part, row.key) for row in EMPTY.items if row.step2}
    for alone, both in zip(one.postures, two.postures, strict=True):
        assert alone.minutes == both.minutes
        if parts == 1 or (alone.part, alone.key) not in step2:
            assert alone.category == both.category
    if parts == 1 or not step2 & set(minutes):
        assert one.category == two.category


@settings(deadline=None, max_examples=40)
@given(a_worker, a_worker)
def test_workers_are_equal(a: dict[Any, Any], b: dict[Any, Any]) -> None:
    """Exchanging the workers changes no mean and no category."""
    for seen, other in zip(
        shift_of(a, b).postures, shift_of(b, a).postures, strict=True
    ):
        assert seen.minutes == other.minutes
        assert seen.workers == other.workers[::-1]


# ---- operations, step 2, doubt


def test_minutes_are_shares_of_the_operations() -> None:
    """Minutes are the shares of time times the operations' minutes, summed up."""
    key = ("trunk", "trunk_flexion_60_static")
    half, tenth = clip_of(1, {key: 0.5}), clip_of(1, {key: 0.1})
    result = assess_shift(
        [Operation("a", 40, (half,)), Operation("b", 60, (tenth,))], 480
    )
    assert likely(posture(result, *key).minutes) == 26
    assert result.covered_min == 100
    assert any("100 of 480 min" in warning for warning in result.warnings_en)


@pytest.mark.parametrize(("minutes", "cls"), [(240, "PP"), (240.5, "N")])
def test_step_two_from_both_sides(minutes: float, cls: str) -> None:
    """Postures of step 2 are unacceptable in an operation beyond half the shift."""
    items = [item for item in nv361_table().items if item.step2]
    keys = [(part, item.key) for item in items for part in item.parts]
    clip = clip_of(1, dict.fromkeys(keys, 0.01))
    result = assess_shift([Operation("work", minutes, (clip,))], 480)
    raised = [p for p in result.postures if p.cls != p.printed_cls]
    assert [(p.part, p.key) for p in raised] == (keys if cls == "N" else [])
    assert result.operations[0].long_use == (cls == "N")


def test_doubt_that_straddles_a_limit_is_warned_of() -> None:
    """Bounds in different categories are warned of, in the same one they are not."""
    key = ("right_arm", ARM_60)
    for low, high, categories in ((21, 30, (2, 2)), (20, 30, (1, 2)), (21, 31, (2, 3))):
        span = Span(low=low, likely=(low + high) / 2, high=high)
        result = shift_of({key: span})
        row = posture(result, *key)
        assert (row.category_low, row.category_high) == categories
        assert (result.category_low, result.category_high) == categories
        said = [text for text in result.doubts_en if f"{low} to {high} min" in text]
        assert len(said) == len(result.doubts_en) == (categories[0] != categories[1])
        assert len(result.doubts_cs) == len(said)
        assert len(result.warnings_en) == len(result.warnings_cs)


def test_what_one_operation_does_not_tell_may_be_all_of_it() -> None:
    """A posture that one clip does not tell is between nothing and all its minutes."""
    key = ("trunk", "trunk_flexion_60_static")
    seen, hidden = clip_of(1, {key: 0.1}), clip_of(1, {key: None})
    operations = [Operation("a", 100, (seen,)), Operation("b", 50, (hidden,))]
    row = posture(assess_shift(operations, 480), *key)
    assert row.minutes == Minutes(low=10, likely=10, high=60)
    assert row.status == "not_assessed"
    blind = posture(assess_shift(operations[1:], 480), *key)
    assert (blind.minutes, blind.category) == (None, None)


def test_warnings_of_clips_come_with_their_operation() -> None:
    """What limits a clip limits the shift, said once and with the operation's name."""
    clip = msgspec.structs.replace(EMPTY, warnings_en=("short.",), warnings_cs=("k.",))
    result = assess_shift([Operation("packing", 480, (clip, clip))], 480)
    assert result.warnings_en.count("packing: short.") == 1
    assert result.warnings_cs.count("packing: k.") == 1


def test_nothing_assessed_is_no_category() -> None:
    """Where nothing was assessed, the job has no category, least of all 1."""
    result = shift_of(dict.fromkeys(KEYS))
    assert result.category is result.category_high is None


@pytest.mark.parametrize(("together", "over"), [(240.0, False), (240.6, True)])
def test_all_postures_take_at_most_half_the_shift(
    *, together: float, over: bool
) -> None:
    """Time in any listed posture is limited by half the shift, from both sides."""
    clip = msgspec.structs.replace(EMPTY, burdened_share=sure(together / 480))
    result = assess_shift([Operation("work", 480, (clip,))], 480)
    assert result.together_exceeded == over
    wide = Span(low=0.4, likely=0.45, high=0.6)
    doubtful = msgspec.structs.replace(EMPTY, burdened_share=wide)
    warned = assess_shift([Operation("work", 480, (doubtful,))], 480)
    assert any("straddles" in text for text in warned.warnings_en)


@pytest.mark.parametrize(
    ("hold_s", "expected"),
    [(60.0, "within"), (60.1, "depends"), (480.0, "depends"), (480.1, "too_long")],
)
def test_holds_of_conditional_postures(hold_s: float, expected: str) -> None:
    """Up to 1 min a hold is within, beyond 8 min too long, between it depends."""
    items = tuple(
        msgspec.structs.replace(row, longest_hold_s=hold_s)
        if row.key in {"ground_static", "trunk_flexion_60_static"}
        else row
        for row in EMPTY.items
    )
    clip = msgspec.structs.replace(EMPTY, items=items)
    result = assess_shift([Operation("work", 480, (clip,))], 480)
    assert posture(result, "other", "ground_static").hold == expected
    assert posture(result, "trunk", "trunk_flexion_60_static").hold is None
    warned = any("at a time" in text for text in result.warnings_en)
    assert warned == (expected != "within")


# ---- the laboratory's file


def rows_of(section: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """Return the rows, checking that they are numbered from 1."""
    assert list(section) == [str(k) for k in range(1, len(section) + 1)]
    return list(section.values())


def test_the_export_has_the_laboratorys_form() -> None:
    """Keys, sections, numbers of rows and the words of their columns are its own."""
    key = ("right_arm", ARM_60)
    result = shift_of({key: 25}, {key: 36})
    found = msgspec.json.decode(encode_pp_results(result))
    assert found == pp_results(result)
    head = {"excel_type": "PP_CAS", "worker_count": 2, "what_is_evaluated": "cas"}
    assert {name: found.pop(name) for name in head} == head
    sizes = {"trup": 11, "hlava_krk": 10, "phk": 10, "lhk": 10, "dk": 7, "ostatni": 4}
    assert {name: len(rows_of(section)) for name, section in found.items()} == sizes
    assert list(found) == list(sizes)
    assert found["phk"]["4"] == {
        "nazev_polohy": "Vzpažení paže větší než 60° "
        "při frekvenci pohybů větší nebo rovné 2/min",
        "typ_svalove_prace": "Dynamická",
        "vyskyt_min_a": 25,
        "vyskyt_min_b": 36,
        "prumer_min": 31,
        "typ_pracovni_polohy": "N",
    }


def test_the_export_leaves_the_unassessed_empty() -> None:
    """What was not assessed, and a second worker who is not there, are null."""
    found = pp_results(shift_of({("trunk", "trunk_flexion_60_static"): 12}))
    assert found["worker_count"] == 1
    assert found["trup"]["1"]["vyskyt_min_a"] == found["trup"]["1"]["prumer_min"] == 12
    assert found["trup"]["1"]["vyskyt_min_b"] is None
    blind = found["ostatni"]["1"]
    assert {blind[k] for k in ("vyskyt_min_a", "vyskyt_min_b", "prumer_min")} == {None}
