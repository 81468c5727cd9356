"""``workbook.xlsx``: its formulas compute, its numbers are the result's own."""

import io
import re
import time
import zipfile
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest
from openpyxl import load_workbook

from ergomesh.contract.arrays import Motion
from ergomesh.contract.job import Language, TaskFacts
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import ANGLE_NAMES, joint_angles
from ergomesh.ergonomics.core.result import Result
from ergomesh.ergonomics.core.scores import Scores, score_motion
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS
from ergomesh.ergonomics.workbook.book import workbook_sheets, workbook_xlsx
from ergomesh.ergonomics.workbook.classes import classes_of, is_neutral
from ergomesh.ergonomics.workbook.frames import frames_of
from ergomesh.ergonomics.workbook.sheet_holds import holds_of
from ergomesh.ergonomics.workbook.sheet_nv361 import PARTS
from ergomesh.ergonomics.workbook.words import (
    own_texts,
    score_title,
    sided,
    spoken,
    workbook_words,
)
from ergonomics.ergonomics_folders import drawn_motion, raised, result_of
from ergonomics.ergonomics_formulas import Calculator, Value
from ergonomics.ergonomics_postures import mirror_motion, motion_of, with_gap, without

PLACE = re.compile(r"\{\w+\}")
A4 = 9
HEAD_ROW = 3
FIRST_ROW = 4


def scores_of(motion: Motion) -> Scores:
    """Score a motion."""
    return score_motion(motion, joint_angles(motion), TaskFacts())


def made(motion: Motion, language: Language = Language.ENGLISH) -> bytes:
    """Write the workbook of a motion."""
    angles, scores = joint_angles(motion), scores_of(motion)
    return workbook_xlsx(result_of(motion), motion, angles, scores, language=language)


@cache
def broken_motion() -> Motion:
    """Return a drawn work with a gap and a hidden wrist."""
    motion = with_gap(drawn_motion(11, frames=40), 10, 14)
    return without(motion, "left_wrist")


@cache
def calculator(language: Language = Language.ENGLISH) -> Calculator:
    """Return the calculator of that work's workbook."""
    return Calculator(made(broken_motion(), language))


@pytest.mark.parametrize("language", list(Language))
def test_formulas_come_to_what_stands_beside_them(language: Language) -> None:
    """Every formula, worked out over the cells, gives the value that is shown."""
    checked = 0
    for sheet, formula, computed, shown in calculator(language).every_formula():
        assert agree(computed, shown), (sheet, formula, computed, shown)
        checked += 1
    assert checked > 100


def agree(computed: Value, shown: Value) -> bool:
    """Whether two values are one: the same text, or the same number."""
    if isinstance(computed, str):
        return computed == (shown or "")
    return computed == pytest.approx(shown, abs=1e-9)


def test_class_times_are_those_of_the_result() -> None:
    """Seconds and shares per class agree with the zones of result.json."""
    motion = broken_motion()
    result = result_of(motion)
    frames = frames_of(
        motion, joint_angles(motion), scores_of(motion), result.clip.duration_s
    )
    for summary in result.angles:
        classes = classes_of(summary, frames)
        total_s = sum(frames.seconds(each.inside) for each in classes)
        shares = {(z.from_deg, z.to_deg): z.share for z in summary.zones}
        for each in classes:
            share = frames.seconds(each.inside) / total_s if total_s else 0.0
            assert share == pytest.approx(
                shares[each.zone.from_deg, each.zone.to_deg], abs=1e-4
            )


def test_classes_share_out_the_observed_time() -> None:
    """Each observed frame is in one class, also exactly on a border."""
    motion = raised([0.0, 20.0, 45.0, 90.0, 100.0])
    result = result_of(motion)
    frames = frames_of(motion, joint_angles(motion), scores_of(motion), 0.5)
    for summary in result.angles:
        if summary.zones:
            counted = sum(each.inside for each in classes_of(summary, frames))
            observed = np.isfinite(frames.angles_deg[summary.name])
            np.testing.assert_array_equal(counted, observed)


def test_formulas_put_a_border_where_the_result_does() -> None:
    """Angles exactly on a border count in the class nearer to zero, by formula too."""
    motion = raised([0.0] * 6)
    own = joint_angles(motion)
    values = own.values_deg.copy()
    values[:, own.names.index("trunk_flexion")] = [-20.001, -20, 0, 20, 60, 60.001]
    angles = replace(own, values_deg=values)
    result = result_of(motion, angles=angles)
    scores = score_motion(motion, angles, TaskFacts())
    book = Calculator(workbook_xlsx(result, motion, angles, scores))
    page = book.formulas["Angle classes"]
    rows = [r for r in page.iter_rows() if r[2].value == "Trunk flexion"][:5]
    seconds = [book.value(page.title, row[5].value) for row in rows]
    assert seconds == pytest.approx([0.05, 0.2, 0.1, 0.1, 0.15])
    trunk = next(s for s in result.angles if s.name == "trunk_flexion")
    assert [z.share * 0.6 for z in trunk.zones] == pytest.approx(seconds)
    for _, formula, computed, shown in book.every_formula():
        assert agree(computed, shown), (formula, computed, shown)


def test_frames_are_numbers_or_empty() -> None:
    """Per-frame cells are the angles, rounded; what was not observed is empty."""
    motion = broken_motion()
    angles = joint_angles(motion)
    book = calculator()
    for name in ANGLE_NAMES:
        expected = [None if np.isnan(v) else v for v in angles.value_deg(name)]
        assert book.name(f"{name}_deg") == pytest.approx(expected, abs=6e-4)
    scores = scores_of(motion).columns()
    for name, column in scores.items():
        assert book.name(name) == [None if np.isnan(v) else v for v in column]
    assert None in book.name("left_wrist_flexion_deg")


def test_times_at_a_level_add_up_to_the_person() -> None:
    """The levels' seconds are those of the likely scores, and sum to the person's."""
    result = result_of(broken_motion())
    book = calculator()
    spans, person = (np.array(book.numbers(name)) for name in ("span_s", "person"))
    person_s = spans[person == 1].sum()
    assert person_s == pytest.approx(result.quality.person_s, abs=1e-4)
    for method, found in result.methods.items():
        for side in SIDES:
            for level in getattr(found, side).level_shares:
                likely = np.array(book.numbers(f"{method}_{side}_likely"))
                inside = (likely >= level.first_score) & (likely <= level.last_score)
                assert spans[inside].sum() / person_s == pytest.approx(
                    level.likely_share, abs=1e-4
                )


def test_the_same_result_gives_the_same_bytes() -> None:
    """Nothing of when, where or by whom the file was written is in it."""
    first = made(broken_motion())
    time.sleep(1.1)  # the zip format counts two seconds, the properties one
    assert made(broken_motion()) == first
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        assert {entry.date_time for entry in parts.infolist()} == {
            (1980, 1, 1, 0, 0, 0)
        }


@pytest.mark.parametrize("language", list(Language))
def test_sheets_are_set_up_to_be_read_and_printed(language: Language) -> None:
    """Every sheet is A4 with page numbers; tables keep their headers in sight."""
    book = load_workbook(io.BytesIO(made(raised([30.0] * 5), language)))
    assert len(book.sheetnames) == 7
    for page in book:
        assert page.page_setup.paperSize == A4
        footer: Any = page.oddFooter
        assert "&P" in footer.right.text
        assert all(d.width > 5 for d in page.column_dimensions.values())
    summary, *tables, _ = book
    assert summary.page_setup.fitToHeight is None  # the default: one page high
    assert tables[0].page_setup.fitToHeight == 0
    for page in tables:
        assert page.freeze_panes is not None
        assert page.print_title_rows is not None
    angles, scores = tables[3:]
    assert (angles.freeze_panes, angles.print_title_cols) == ("C4", "$A:$B")
    assert angles.conditional_formatting
    assert scores.conditional_formatting


def test_headers_name_their_units() -> None:
    """Every numeric column of the angles says degrees or seconds."""
    sheet = load_workbook(io.BytesIO(made(raised([30.0] * 3))))["Angles per frame"]
    titles = [str(cell.value) for cell in sheet[HEAD_ROW]]
    assert titles[:4] == ["Frame", "Time [s]", "Counts for [s]", titles[3]]
    assert all(title.endswith("[°]") for title in titles[4:])
    assert len(titles) == 4 + 2 * len(ANGLE_NAMES)
    assert sheet.cell(FIRST_ROW, 5).number_format == "0.0"


def test_mirrored_workers_have_mirrored_holds() -> None:
    """A mirrored worker holds on the right what the other holds on the left."""
    held = raised([70.0] * 60 + [0.0] * 10)
    other = {"left": "right", "right": "left", "": ""}

    def holds(motion: Motion) -> set[tuple[str, str, float | None, float]]:
        result = result_of(motion)
        frames = frames_of(motion, joint_angles(motion), scores_of(motion), 7.0)
        return {
            (*sided(h.of.angle), h.of.zone.from_deg, round(h.run.duration_s, 6))
            for h in holds_of(result, frames, DEFAULT_THRESHOLDS)
        }

    found = holds(held)
    assert ("left", "upper_arm_elevation", 45.0, 6.0) in found
    swapped = {(other[side], *rest) for side, *rest in holds(mirror_motion(held))}
    assert swapped == found


@pytest.mark.parametrize(("frames", "held"), [(40, False), (41, True)])
def test_a_hold_is_longer_than_static(frames: int, held: bool) -> None:  # noqa: FBT001
    """Four seconds are not yet a hold, a frame more is."""
    motion = raised([0.0] * 5 + [70.0] * frames + [0.0] * 5)
    result = result_of(motion)
    table = frames_of(motion, joint_angles(motion), scores_of(motion), 9.9)
    names = {h.of.angle for h in holds_of(result, table, DEFAULT_THRESHOLDS)}
    assert ("left_upper_arm_elevation" in names) is held


def test_neutral_classes_are_no_holds() -> None:
    """Standing upright for long is no sustained hold of the trunk."""
    motion = motion_of([raised_pose] * 60)
    result = result_of(motion)
    table = frames_of(motion, joint_angles(motion), scores_of(motion), 6.0)
    names = {h.of.angle for h in holds_of(result, table, DEFAULT_THRESHOLDS)}
    assert "trunk_flexion" not in names
    trunk = next(s for s in result.angles if s.name == "trunk_flexion")
    neutral = [z for z in trunk.zones if is_neutral("trunk_flexion", z)]
    assert [(z.from_deg, z.to_deg) for z in neutral] == [(-20, 0), (0, 20)]


raised_pose = {
    "left_shoulder": (0.0, 0.0, -90.0),
    "right_shoulder": (0.0, 0.0, 90.0),
}


@pytest.mark.parametrize("language", list(Language))
def test_every_name_has_its_words(language: Language) -> None:
    """Angles, scores, inputs and risks are said in the language, never as code."""
    words = workbook_words(language)
    motion = raised([30.0])
    result = result_of(motion)
    said = [spoken(words, "angle", name) for name in ANGLE_NAMES]
    said += [score_title(words, name) for name in scores_of(motion).columns()]
    assert not any("_" in each for each in said)
    assert len(set(said)) == len(said)
    for entry in result.assumptions:
        assert f"fact.{entry.name}" in words.texts


def test_both_languages_have_the_same_keys() -> None:
    """A text that exists in one language exists in the other, with its places."""
    english, czech = map(own_texts, Language)
    assert english.keys() == czech.keys()
    for key, text in english.items():
        assert set(PLACE.findall(text)) == set(PLACE.findall(czech[key])), key


def test_a_clip_without_a_worker_is_a_workbook_too() -> None:
    """Nothing was seen: cells are empty, sums are 0, and every formula computes."""
    motion = with_gap(raised([30.0] * 4), 0, 4)
    book = Calculator(made(motion))
    for _, formula, computed, shown in book.every_formula():
        assert agree(computed, shown), formula


def test_texts_are_never_formulas() -> None:
    """A text that begins like a formula stays a text."""
    motion = raised([30.0])
    result = result_of(motion)
    quality = msgspec.structs.replace(result.quality, warnings=("=1+1",))
    odd: Result = msgspec.structs.replace(result, quality=quality)
    raw = workbook_xlsx(odd, motion, joint_angles(motion), scores_of(motion))
    cells = [c for row in load_workbook(io.BytesIO(raw))["Summary"] for c in row]
    (cell,) = [c for c in cells if c.value == "=1+1"]
    assert cell.data_type == "s"


def test_sheets_are_plain_values() -> None:
    """What goes into the file can be looked at without it."""
    motion = raised([30.0] * 3)
    sheets = workbook_sheets(
        result_of(motion),
        motion,
        joint_angles(motion),
        scores_of(motion),
        language=Language.CZECH,
        thresholds=DEFAULT_THRESHOLDS,
    )
    assert [sheet.name for sheet in sheets][:2] == ["Souhrn", "Třídy úhlů"]
    assert all(len(sheet.name) <= 31 for sheet in sheets)


@pytest.mark.parametrize("language", list(Language))
def test_the_decree_is_in_the_form_s_order(language: Language) -> None:
    """Trunk, head, right arm, left arm, legs, other: every item, S or D, N or PP."""
    motion = broken_motion()
    found = result_of(motion).nv361
    assert found is not None
    words = workbook_words(language)
    page = load_workbook(io.BytesIO(made(motion, language)))[words("sheet.nv361")]
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    parts = [words(f"nv361_part.{part}") for part in PARTS]
    assert [row[0] for row in rows if row[0] in parts] == parts
    items = [row for row in rows if row[1] in {"S", "D"} and row[5] in {"N", "PP"}]
    assert len(items) == len(found.items)
    by_part = {p: [i for i in found.items if i.part == p] for p in PARTS}
    expected = [item for part in PARTS for item in by_part[part]]
    for row, item in zip(items, expected, strict=True):
        assert (row[1], row[5]) == (item.load, item.cls)
        assert row[6] == pytest.approx(item.share.likely if item.share else None)


def test_minutes_per_shift_follow_from_what_is_typed_in() -> None:
    """Without minutes nothing is claimed; with them, share times minutes, half up."""
    book = Calculator(made(broken_motion()))
    sheet = "NV 361-2007"
    page = book.formulas[sheet]
    row = next(
        r for r in page.iter_rows() if isinstance(r[6].value, float) and r[6].value > 0
    )
    assert book.value(sheet, row[2].value) == book.value(sheet, row[4].value) == ""
    page["C3"] = 300
    share = float(str(row[6].value))
    assert book.value(sheet, row[2].value) == pytest.approx(300 * share)
    assert book.value(sheet, row[4].value) == int(300 * share + 0.5)
    row[3].value = 300 * share + 21
    assert book.value(sheet, row[4].value) == int(300 * share + 10.5 + 0.5)
