"""Documents say the same in both languages, and nothing is left untranslated."""

import re
import string
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest

from ergomesh.contract.fit import FitReport
from ergomesh.contract.job import Language, TaskFacts
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import ANGLE_NAMES
from ergomesh.ergonomics.core.facts import resolve_facts
from ergomesh.ergonomics.core.quality import fit_warnings
from ergomesh.ergonomics.core.thresholds import Thresholds
from ergomesh.ergonomics.documents.report_record import choice_reason
from ergomesh.ergonomics.documents.words import Words, words_of
from ergonomics.ergonomics_postures import (
    Pose,
    bent_elbow,
    changed,
    motion_of,
    with_gap,
    without,
)
from ergonomics.ergonomics_reports import GOOD, report_of

EN, CS = words_of(Language.ENGLISH), words_of(Language.CZECH)

SITTING: Pose = bent_elbow(80) | {
    f"{side}_{joint}": (sign * 90, 0, 0)
    for side in SIDES
    for joint, sign in (("hip", -1), ("knee", 1))
}


def places(text: str) -> set[str | None]:
    """Return the names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts() -> None:
    """Czech has every English text, and the other way round but for values."""
    spoken = {key for key in CS.texts if not key.startswith("value.")}
    assert spoken == {key for key in EN.texts if not key.startswith("value.")}


@pytest.mark.parametrize("key", sorted(EN.texts))
def test_both_languages_have_the_same_places(key: str) -> None:
    """A text has the same places for values in both languages."""
    assert places(EN.texts[key]) == places(CS.texts[key])


@pytest.mark.parametrize("pattern", CS.patterns, ids=lambda p: p.said[:30])
def test_sentences_only_name_what_they_found(pattern: object) -> None:
    """A translated sentence uses the values that its pattern takes out, all of them."""
    found = pattern.english.groupindex  # type: ignore[attr-defined]  # a Pattern
    assert places(pattern.said) == set(found)  # type: ignore[attr-defined]


def warnings() -> Iterator[str]:
    """Yield every kind of warning that a result can hold."""
    jumping = motion_of([GOOD] * 60)
    trans = jumping.trans.copy()
    trans[::10, 0] += 50.0
    hidden = without(
        motion_of([GOOD] * 5, joint_sd_m=0.06, pose_sd_rad=0.24),
        *(f"{s}_{j}" for s in SIDES for j in ("elbow", "wrist", "knee", "hip")),
        "head",
        "neck",
    )
    motions = (
        with_gap(motion_of([GOOD] * 6), 1, 5),
        changed(jumping, trans=trans),
        changed(jumping, trans=np.where(np.arange(60)[:, None] > 30, 9.0, trans * 0)),
        hidden,
        motion_of([SITTING] * 3, gravity_sd_deg=9.0),
    )
    for motion in motions:
        yield from report_of(motion)[0].quality.warnings
    yield from fit_warnings(
        FitReport(
            converged=False,
            iterations=1,
            residual_px_median=1.0,
            focal_px=1.0,
            gravity_source="",
            gravity_sd_deg=1.0,
            frames_fitted=1,
            frames_bridged=0,
            frames_empty=0,
            backend="local",
        )
    )


def test_every_warning_is_translated() -> None:
    """No warning of a result stays English in Czech."""
    said = {warning: CS.sentence(warning) for warning in warnings()}
    assert len(said) >= 12
    assert not [warning for warning, czech in said.items() if warning == czech]


def test_every_assumption_is_translated() -> None:
    """Every fact has a name, and its sentence a translation."""
    _, listed = resolve_facts(TaskFacts())
    for entry in listed:
        assert f"fact.{entry.name}" in EN.texts
        assert CS.sentence(entry.sentence) != entry.sentence


def test_every_choice_of_the_user_has_a_word() -> None:
    """A fact that is one of several words is said in Czech."""
    fields = msgspec.structs.fields(TaskFacts)
    options = [getattr(f.type, "__args__", (f.type,))[0] for f in fields]
    enums = [option for option in options if hasattr(option, "__members__")]
    assert len(enums) == 2
    for value in (value for enum in enums for value in enum):
        assert f"value.{value}" in CS.texts


def test_a_comma_within_a_name_parts_nothing() -> None:
    """A list of answers is said name by name, whatever the names are."""
    names = [key.removeprefix("value.") for key in CS.texts if key.startswith("value.")]
    names = [name for name in names if name not in {"yes", "no"}]
    told = ", ".join(f"{name} yes" for name in names)
    said = ", ".join(f"{CS.texts[f'value.{name}']} ano" for name in names)
    assert CS.value(told) == said


def test_no_value_of_an_assumption_stays_english() -> None:
    """No word of a value is left in Czech, and none is a name of the program."""
    result, _ = report_of(motion_of([GOOD] * 20))
    for entry in result.assumptions:
        english = set(re.findall(r"[a-z]+", entry.value))
        assert not english & set(re.findall(r"\w+", CS.value(entry.value)))
    for value in result.provenance.thresholds.values():
        assert "_" not in EN.value(EN.given(value)) + CS.value(CS.given(value))


def test_a_limit_stays_beside_its_sign() -> None:
    """No line ends between a comparison and its number, nor within a rate."""
    said = EN.unbroken("more than 60°, \N{GREATER-THAN OR EQUAL TO} 2/min")
    assert said.split(" ")[-1].startswith("\N{GREATER-THAN OR EQUAL TO}")
    assert said.endswith("2/\N{WORD JOINER}min")


def test_every_angle_has_a_name() -> None:
    """Every public angle is named without its side."""
    for name in ANGLE_NAMES:
        bare = name.removeprefix("left_").removeprefix("right_")
        assert f"angle.{bare}" in EN.texts


@pytest.mark.parametrize(
    ("value", "decimals", "english", "czech"),
    [
        (1.25, 1, "1.2", "1,2"),
        (-0.4, 0, "0", "0"),
        (-3.0, 0, "\N{MINUS SIGN}3", "\N{MINUS SIGN}3"),
        (None, 1, "\N{EN DASH}", "\N{EN DASH}"),
        (float("nan"), 1, "\N{EN DASH}", "\N{EN DASH}"),
    ],
)
def test_numbers_are_written_the_language_s_way(
    value: float | None, decimals: int, english: str, czech: str
) -> None:
    """Czech has a decimal comma; no zero is negative; nothing is a dash."""
    assert (EN.number(value, decimals), CS.number(value, decimals)) == (english, czech)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0%"),
        (0.001, "<1%"),
        (0.5, "50%"),
        (0.996, ">99%"),
        (1.0, "100%"),
        (None, "\N{EN DASH}"),
    ],
)
def test_only_nothing_is_none_and_only_everything_is_all(
    share: float | None, said: str
) -> None:
    """Little is not rounded to nothing, nor much to everything."""
    assert EN.percent(share) == said
    assert CS.percent(share).replace("\N{NO-BREAK SPACE}", "") == said


@pytest.mark.parametrize(
    ("time_s", "said"), [(0.0, "0:00.0"), (59.96, "1:00.0"), (3725.5, "62:05.5")]
)
def test_clock_never_shows_sixty_seconds(time_s: float, said: str) -> None:
    """A moment is minutes and seconds below sixty."""
    assert EN.clock(time_s) == said
    assert CS.clock(time_s) == said.replace(".", ",")


@pytest.mark.parametrize("words", [EN, CS], ids=["en", "cs"])
def test_ranges_name_the_unit_once(words: Words) -> None:
    """A range of shares has one percent sign, a range of one value is that value."""
    assert words.share_range(0.2, 0.4).count("%") == 1
    assert words.share_range(0.2, 0.2) == words.percent(0.2)


@pytest.mark.parametrize(
    "name", [n for n in Thresholds.__struct_fields__ if n != "version"]
)
def test_every_choice_has_its_reason_in_both_languages(name: str) -> None:
    """The report prints what each setting decides, whatever settings are added."""
    english, czech = choice_reason(name, EN), choice_reason(name, CS)
    assert english.endswith(".")
    assert czech.endswith(".")
    assert english != czech


def test_every_choice_between_words_can_be_said() -> None:
    """A setting that is one of several words has a Czech word for each."""
    for field in msgspec.structs.fields(Thresholds):
        for value in getattr(field.type, "__args__", ()):
            if isinstance(value, str):
                assert f"value.{value}" in CS.texts
