"""Results of the same motion, of other models, and of another person in the clip."""

from dataclasses import replace
from statistics import fmean

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.job import Language, TaskFacts
from ergomesh.ergonomics.comparison.said import cautions, comparison_words, listed
from ergomesh.ergonomics.core.compare import (
    ROUNDED,
    Assessed,
    Comparison,
    Estimate,
    Quantity,
    Verdict,
    difference,
)
from ergomesh.ergonomics.core.compare_read import read_assessed
from ergomesh.ergonomics.core.compare_results import compare
from ergomesh.ergonomics.core.compare_same import same_motion
from ergomesh.ergonomics.core.result import PeopleFacts, SeenPerson
from ergonomics.ergonomics_folders import drawn_motion, files_of

few = settings(deadline=None, max_examples=4)
bounds = st.tuples(*[st.floats(0, 1)] * 3).map(sorted)


def assessed(seed: int, load_kg: float = 1.0) -> Assessed:
    """Return the result of a drawn motion, of which little is certain."""
    motion = drawn_motion(seed, sd_rad=0.3)
    return read_assessed("A", files_of(motion, TaskFacts(load_kg=load_kg)))


def rescored(seed: int) -> Comparison:
    """Compare a motion with itself, lifted with a heavier load."""
    return compare(assessed(seed), assessed(seed, 12.0))


def with_models(each: Assessed, **models: str) -> Assessed:
    """Return a result made by other models."""
    made = msgspec.structs.replace(each.result.provenance, **models)
    return replace(each, result=msgspec.structs.replace(each.result, provenance=made))


def person(number: int, from_s: float, to_s: float, height: float) -> SeenPerson:
    """Return somebody in a clip."""
    return SeenPerson(
        number=number, from_s=from_s, to_s=to_s, seen_share=0.5, height_share=height
    )


def with_people(each: Assessed, *persons: SeenPerson) -> Assessed:
    """Return a result with these people in the clip, the worker first."""
    people = PeopleFacts(chosen_by="x", others=len(persons) - 1, persons=persons)
    return replace(each, result=msgspec.structs.replace(each.result, people=people))


@few
@given(st.integers(0, 5))
def test_a_heavier_load_is_certain_whatever_the_doubt(seed: int) -> None:
    """The same doubt is in both results, so what the load adds is certain."""
    found = rescored(seed)
    assert found.same_motion
    assert found.warnings_en == ()
    rose = [d for d in found.differences if d.change.value > ROUNDED]
    assert {d.method for d in rose} >= {"rula", "reba"}
    assert all(d.verdict is Verdict.HIGHER for d in rose)
    scores = [d for d in found.differences if d.method in {"rula", "reba"}]
    assert not any(d.verdict is Verdict.LOWER for d in scores)
    # Read apart, the same ranges overlap.
    assert any(d.after.low < d.before.high for d in rose)


@few
@given(st.integers(0, 5))
def test_the_change_is_that_of_the_frames_one_by_one(seed: int) -> None:
    """A share's change is the mean of every frame's own change, reading by reading."""
    before, after = assessed(seed), assessed(seed, 12.0)
    assert before.frames is not None
    assert after.frames is not None
    (level,) = (
        d
        for d in compare(before, after).differences
        if (d.method, d.side, d.measure) == ("reba", "left", "level_at_least_3")
    )
    first = before.result.methods["reba"].left.level_shares[3].first_score
    steps: list[float] = []
    for end in ("low", "high"):
        pairs = zip(
            before.frames.columns[f"reba_left_{end}"],
            after.frames.columns[f"reba_left_{end}"],
            strict=True,
        )
        # The drawn frames all last equally long.
        steps.append(fmean(float(b >= first) - float(a >= first) for a, b in pairs))
    every = [*steps, level.change.value]
    assert level.change.low == pytest.approx(min(every), abs=ROUNDED)
    assert level.change.high == pytest.approx(max(every), abs=ROUNDED)


@given(bounds, bounds)
def test_a_paired_change_keeps_its_order_and_turns_its_sign(
    first: list[float], last: list[float]
) -> None:
    """Swapped, a paired change is negated; it never reaches beyond the one apart."""
    a, b = (Estimate(low=x[0], value=x[1], high=x[2]) for x in (first, last))
    what = Quantity("reba", "left", "whole", "median", "score")
    there = difference(what, a, b, same_motion=True)
    back = difference(what, b, a, same_motion=True).change
    apart = difference(what, a, b).change
    change = there.change
    assert change.low <= change.value <= change.high
    assert (back.low, back.high) == (-change.high, -change.low)
    assert apart.low - ROUNDED <= change.low
    assert change.high <= apart.high + ROUNDED
    if there.verdict is not Verdict.OPEN:
        assert change.low * change.high >= 0


def test_only_what_changed_is_listed() -> None:
    """Angles are no fact: their rows stay in the file and leave the table."""
    found = rescored(1)
    kept = {d.measure for d in listed(found)}
    assert any("elbow" in d.measure for d in found.differences)
    assert kept
    assert not any("elbow" in measure for measure in kept)
    one = assessed(1)
    assert listed(compare(one, one)) == ()


def test_the_same_motion_needs_clip_models_and_angles() -> None:
    """Another clip, model or angle, or no frames to look at: not the same motion."""
    one = assessed(1)
    assert one.frames is not None
    assert same_motion(one, assessed(1, 12.0))
    name = "trunk_flexion_deg"
    bent = dict(one.frames.columns) | {name: one.frames.columns[name] + 0.1}
    clip = msgspec.structs.replace(one.result.clip, sha256="f" * 64)
    others = (
        with_models(one, landmark_model="other"),
        replace(one, frames=replace(one.frames, columns=bent)),
        replace(one, frames=None),
        replace(one, result=msgspec.structs.replace(one.result, clip=clip)),
    )
    assert not any(same_motion(one, other) for other in others)


@pytest.mark.parametrize("language", list(Language))
def test_other_models_are_warned_of(language: Language) -> None:
    """Each model that differs gets a sentence with both names, in both languages."""
    one = assessed(1)
    other = with_models(one, landmark_model="lite", body_model="mine")
    said = cautions(comparison_words(language), compare(one, other))
    assert len(said) == 2
    assert one.result.provenance.landmark_model in said[0]
    assert "lite" in said[0]
    assert "mine" in said[1]
    assert cautions(comparison_words(language), compare(one, one)) == ()


def test_another_person_of_the_clip_is_warned_of() -> None:
    """Another worker of the same clip is said so; the same one, or a new clip, not."""
    one = assessed(1)
    tall, small = person(1, 0.0, 1.0, 0.8), person(2, 0.0, 1.0, 0.4)
    late = person(1, 1.1, 1.2, 0.8)
    before = with_people(one, tall, small)
    swapped = with_people(one, small, tall)
    nearly = with_people(one, person(1, 0.0, 0.9, 0.78), small)
    (said,) = compare(before, swapped).warnings_en
    assert "different people" in said
    assert compare(before, with_people(one, late)).warnings_en == (said,)
    assert compare(before, before).warnings_en == ()
    assert compare(before, nearly).warnings_en == ()
    assert compare(before, one).warnings_en == ()
    clip = msgspec.structs.replace(one.result.clip, sha256="f" * 64)
    moved = replace(swapped, result=msgspec.structs.replace(swapped.result, clip=clip))
    assert compare(before, moved).warnings_en == ()
