import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from bench.accuracy import compare, report
from bench.accuracy.measured import measure_exact
from bench.accuracy.results import Part, Results, goals, worse_than_raw
from bench_accuracy.accuracy_scenes import beside, tilted
from ergomesh.contract.job import TaskFacts
from ergomesh.ergonomics.core.angles import Angles
from ergonomics.ergonomics_postures import ARMS_DOWN, BUSY, bent_elbow, motion_of

TASK = TaskFacts()
TRUTH = tilted(motion_of([BUSY, ARMS_DOWN, bent_elbow(80.0), bent_elbow(50.0)]), 20.0)
EXACT = measure_exact(TRUTH, TASK)


def off_by(error_deg: float, sd_deg: float = 1.0) -> compare.Comparison:
    """Return a comparison whose every angle is wrong by so much."""
    angles = Angles(
        EXACT.angles.names,
        EXACT.angles.values_deg + error_deg,
        np.full_like(EXACT.angles.sd_deg, sd_deg),
    )
    rng = np.random.default_rng(0)
    shaken = EXACT.joints_m + error_deg * 0.01 * rng.normal(size=EXACT.joints_m.shape)
    return beside(replace(EXACT, angles=angles, joints_m=shaken), EXACT)


def part(ours_deg: float, raw_deg: float) -> Part:
    """Return a part of one clip."""
    ours, raw = off_by(ours_deg), off_by(raw_deg)
    fits = {"nothing": [ours], "something": [raw]}
    return Part(
        ours=[ours], raw=[raw], raw_upright=[raw], left_out=fits, made_perfect=fits
    )


def reached(found: Part) -> dict[str, bool]:
    """Return goal → whether it is reached."""
    return {goal.what.split(",")[0]: goal.reached for goal in goals(found)}


def test_a_good_fit_reaches_the_goals_of_accuracy() -> None:
    """A tenth of a degree beside fifteen reaches every goal of error."""
    marks = reached(part(0.1, 15.0))

    assert marks["all angles"]
    assert marks["knee flexion"]
    assert marks["vertical"]
    assert marks["angles better than raw on the same frames"]
    assert marks["jitter against raw: error of joint accelerations"]


def test_a_bad_fit_is_said_to_miss_them() -> None:
    """Twenty degrees beside fifteen miss every goal of angles."""
    marks = reached(part(20.0, 15.0))

    assert not any(
        marks[name] for name in ("all angles", "knee flexion", "trunk inclination")
    )
    assert worse_than_raw(part(20.0, 15.0)) == list(compare.PUBLIC_ANGLES)


@pytest.mark.parametrize(("error_deg", "within"), [(0.5, False), (3.0, False)])
def test_cautious_and_bold_intervals_both_miss(
    error_deg: float, *, within: bool
) -> None:
    """Intervals that hold all, or none, of the exact angles are off by too much."""
    marks = reached(part(error_deg, 15.0))

    assert marks["68% intervals hold the exact angle"] is within


def test_the_section_has_every_table_and_goes_between_the_marks() -> None:
    """The report keeps what lies around its marks, and can be written again."""
    results = Results(preset="balanced", tuning=part(1, 9), held_out=part(2, 12))
    text = report.section(results)
    page = f"before\n{report.MARK}\nlast month\n{report.MARK}\nafter\n"

    once = report.replaced(page, text)

    assert once.startswith("before\n")
    assert once.endswith("\nafter\n")
    assert "last month" not in once
    assert report.replaced(once, text) == once
    for name in compare.PUBLIC_ANGLES:
        assert name.replace("_", " ") in text
    assert "| something |" in text


def test_every_row_of_a_table_has_as_many_cells() -> None:
    """All lines of a Markdown table have the same number of bars."""
    results = Results(preset="balanced", tuning=part(1, 9), held_out=part(2, 12))
    for block in report.section(results).split("\n\n"):
        bars = {line.count("|") for line in block.splitlines() if line.startswith("|")}
        assert len(bars) <= 1


def test_a_run_without_ablations_says_so() -> None:
    """What was not measured is not shown as measured."""
    bare = replace(part(2, 12), left_out={}, made_perfect={})
    text = report.section(Results(preset="fast", tuning=bare, held_out=bare))

    assert "Not measured in this run." in text


def test_a_refused_clip_is_named() -> None:
    """A clip that the pipeline refused is in the report, with the reason."""
    results = Results(
        preset="fast",
        tuning=part(1, 9),
        held_out=part(2, 12),
        failed={"dark_clip": "No person was found."},
    )

    assert "dark_clip: No person was found." in report.section(results)


def test_the_file_by_camera_has_a_row_for_each_angle() -> None:
    """Each part and kind of camera has the 16 angles, with the same errors."""
    results = Results(preset="balanced", tuning=part(1, 9), held_out=part(2, 12))
    rows = list(csv.DictReader(io.StringIO(report.camera_csv(results))))

    assert len(rows) == 2 * len(compare.PUBLIC_ANGLES)
    kept_out = [row for row in rows if row["part"] == "kept out"]
    assert {float(row["rmse_deg"]) for row in kept_out} == {2.0}
    assert {float(row["raw_rmse_deg"]) for row in kept_out} == {12.0}
