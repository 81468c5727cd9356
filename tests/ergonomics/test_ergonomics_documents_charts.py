"""Charts draw what the scores say, and leave out what they do not."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.job import Language
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.look import LEVEL_COLOURS
from ergomesh.ergonomics.core.tables import METHODS, load_tables
from ergomesh.ergonomics.documents.blocks import Segment, Timeline
from ergomesh.ergonomics.documents.body_map import PARTS, body_map, mean_load
from ergomesh.ergonomics.documents.charts_shares import (
    level_bars,
    part_bars,
    part_highest,
    part_names,
    score_posts,
)
from ergomesh.ergonomics.documents.charts_time import (
    in_columns,
    score_timeline,
    steady,
    time_ticks,
    zone_strips,
)
from ergomesh.ergonomics.documents.paint import HATCH, level_paint, level_tint
from ergomesh.ergonomics.documents.plots import charts
from ergomesh.ergonomics.documents.report_series import ReportSeries, ZoneTrack
from ergomesh.ergonomics.documents.words import words_of
from ergonomics.ergonomics_postures import mirror_motion, motion_of, with_gap, without
from ergonomics.ergonomics_reports import BAD, GOOD, mixed_motion, report_of

EN = words_of(Language.ENGLISH)

some_scores = st.lists(
    st.sampled_from([1.0, 2.0, 5.0, float("nan")]), min_size=1, max_size=30
)


@settings(deadline=None)
@given(some_scores, st.integers(1, 40), st.booleans())
def test_columns_against_asking_every_frame(
    scores: list[float],
    columns: int,
    highest: bool,  # noqa: FBT001  # hypothesis fills it
) -> None:
    """A column shows the highest (or lowest) of the frames that reach into it."""
    values = np.array(scores)
    edges = np.linspace(0, 3.0, len(scores) + 1)
    found = in_columns(values, edges, columns, highest=highest)
    shown = {v for v in found if np.isfinite(v)}
    assert shown <= {v for v in scores if np.isfinite(v)}
    if columns <= len(scores):
        known = values[np.isfinite(values)]
        assert (max(shown, default=None) == max(known, default=None)) or not highest
        assert (min(shown, default=None) == min(known, default=None)) or highest
    if columns % len(scores) == 0:
        np.testing.assert_array_equal(found, np.repeat(values, columns // len(scores)))


@settings(deadline=None)
@given(some_scores)
def test_steady_stretches_rebuild_the_row(scores: list[float]) -> None:
    """Stretches follow each other, cover the row, and end only at a change."""
    row = np.array(scores)
    found = steady(row)
    rebuilt = [row[first] for first, last in found for _ in range(first, last + 1)]
    np.testing.assert_array_equal(rebuilt, row)
    for (_, last), (first, _) in pairwise(found):
        assert first == last + 1
        assert not np.array_equal(row[first], row[last], equal_nan=True)


@settings(deadline=None)
@given(st.floats(0.3, 8 * 3600))
def test_time_ticks_are_few_and_rise(duration_s: float) -> None:
    """At most eleven marks up to two hours, from zero, ascending, on the axis."""
    ticks = time_ticks(duration_s, EN)
    at = [tick.at for tick in ticks]
    assert at[0] == 0
    assert at == sorted(set(at))
    assert at[-1] <= 1 + 1e-9
    assert len(ticks) <= 11


def total(segments: tuple[Segment, ...]) -> float:
    """Return the length of a bar."""
    return sum(segment.share for segment in segments)


def timelines(series: ReportSeries) -> dict[str, Timeline]:
    """Return the timelines of all methods and sides."""
    return {
        f"{method}_{side}": score_timeline(found, side, series, EN)
        for method, found in series.methods.items()
        for side in SIDES
    }


def test_bars_stand_for_the_whole_time() -> None:
    """The parts of every bar and strip add up to its length, with gaps and holes."""
    motion = with_gap(without(mixed_motion(), "left_elbow"), 5, 12)
    result, series = report_of(motion)
    for bar in level_bars(result.methods, EN, title="").bars:
        assert total(bar.segments) == pytest.approx(1)
    for found in series.methods.values():
        for side in (*SIDES, ""):
            for bar in part_bars(found, side, series, EN).bars:
                assert total(bar.segments) == pytest.approx(1)
    for line in timelines(series).values():
        assert total(line.strip) == pytest.approx(1)


def test_bands_cover_the_chart_in_order() -> None:
    """The zones of a timeline lie below each other and leave nothing out."""
    _, series = report_of(mixed_motion())
    for line in timelines(series).values():
        tops = [(band.top, band.bottom) for band in reversed(line.bands)]
        assert tops[0][0] == pytest.approx(0)
        assert tops[-1][1] == pytest.approx(1)
        assert all(a[1] == pytest.approx(b[0]) for a, b in pairwise(tops))


def test_the_likely_line_is_within_its_range() -> None:
    """Line and range are drawn together, the line inside, nothing in a gap."""
    _, series = report_of(with_gap(mixed_motion(), 20, 30))
    for line in timelines(series).values():
        assert any(step.top is None for step in line.steps)
        for step in line.steps:
            if step.top is None or step.bottom is None or step.likely is None:
                assert (step.top, step.bottom, step.likely) == (None, None, None)
            else:
                assert 0 <= step.top < step.likely < step.bottom <= 1


def test_posts_add_up_to_the_worker_s_time() -> None:
    """Heights of both sides share one scale; the tallest fills the chart."""
    _, series = report_of(mixed_motion())
    for found in series.methods.values():
        posts = [score_posts(found, side, series, EN).posts for side in SIDES]
        heights = [[p.sure + p.likely for p in side] for side in posts]
        assert max(map(max, heights)) == pytest.approx(1)
        assert sum(heights[0]) == pytest.approx(sum(heights[1]))


def test_unseen_parts_are_hatched_never_light() -> None:
    """What cannot be scored is hatched: it must not look like the lowest score."""
    _, series = report_of(without(motion_of([GOOD] * 4), "left_elbow"))
    drawn = body_map(series, EN).parts
    assert drawn["left_lower_arm"].paint == HATCH
    assert drawn["right_lower_arm"].paint != HATCH
    for found in series.methods.values():
        bars = {bar.label: bar for bar in part_bars(found, "left", series, EN).bars}
        (only,) = bars[EN("part.lower_arm")].segments
        assert only.paint == HATCH
        assert only.share == pytest.approx(1)


def test_body_map_of_the_mirror_image_is_mirrored() -> None:
    """The mirrored worker has the same loads on the other side."""
    motion = motion_of([BAD] * 3 + [GOOD] * 3)
    _, series = report_of(motion)
    _, mirror = report_of(mirror_motion(motion))
    other = {"left": "right", "right": "left"}
    for part in PARTS:
        side, _, bare = part.partition("_")
        twin = f"{other[side]}_{bare}" if side in other else part
        assert mean_load(mirror, twin) == pytest.approx(mean_load(series, part))


@pytest.mark.parametrize("method", METHODS)
def test_every_part_has_a_name_and_a_scale(method: str) -> None:
    """No part score exceeds the scale its bar is drawn on."""
    _, series = report_of(motion_of([BAD] * 2))
    found = next(f for m, f in series.methods.items() if m == method)
    for column, part, _ in part_names(found):
        assert f"part.{part}" in EN.texts
        assert np.nanmax(found.parts[column]) <= part_highest(found.method, part)


def luminance(fill: str) -> float:
    """Return how light a shade is in greyscale, 0…255."""
    red, green, blue = (int(fill[k : k + 2], 16) for k in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_shades_read_in_greyscale() -> None:
    """Each level is clearly darker than the one before, and its ink stands out."""
    shades = [level_paint(level) for level in range(len(LEVEL_COLOURS))]
    light = [luminance(paint.fill) for paint in shades]
    assert all(a - b > 25 for a, b in pairwise(light))
    for paint in shades:
        assert abs(luminance(paint.fill) - luminance(paint.ink)) > 90
    tints = [luminance(level_tint(level).fill) for level in range(len(shades))]
    assert tints == sorted(tints, reverse=True)


def test_zone_strips_show_gaps_and_the_unknown() -> None:
    """A zone is shaded by its level, the undeterminable hatched, a gap white."""
    _, series = report_of(with_gap(motion_of([GOOD] * 8), 6, 8))
    track = ZoneTrack(
        method="test",
        part="trunk",
        zone=np.array([0, 0, 1, 1, -1, -1, 0, 0]),
        names=("yes", "no"),
        levels=(0, 4),
    )
    words = words_of(Language.ENGLISH)
    texts = {**words.texts, "zone.yes": "good", "zone.no": "bad"}
    named = type(words)(words.language, texts, words.patterns)
    (strip,) = zone_strips((track,), series, "", named).strips
    fills = [segment.paint.fill for segment in strip.segments]
    assert fills == [level_paint(0).fill, level_paint(4).fill, "hatch", "#ffffff"]
    assert [s.share for s in strip.segments] == pytest.approx(
        np.diff(series.edges_s[[0, 2, 4, 6, 8]]) / series.duration_s, abs=0.005
    )


def test_charts_are_files_of_their_kind() -> None:
    """Every chart is there as SVG and PNG, the same bytes each time."""
    result, series = report_of(mixed_motion(12))
    made = charts(result, series)
    assert {"levels.svg", "body_map.png", "timeline_reba_right.svg"} <= made.keys()
    for name, raw in made.items():
        head = b"<svg" if name.endswith(".svg") else b"\x89PNG"
        assert raw.startswith(head)
    assert charts(result, series) == made


def test_nobody_makes_no_charts() -> None:
    """Without a person there is nothing to draw."""
    result, series = report_of(with_gap(motion_of([GOOD] * 3), 0, 3))
    assert charts(result, series) == {}


def test_score_ticks_name_the_ends_of_the_scale() -> None:
    """The highest score is on the axis, and figures keep their distance."""
    _, series = report_of(mixed_motion(12))
    for name, line in timelines(series).items():
        method = METHODS[name.startswith("reba")]
        assert line.y_ticks[0].text == str(load_tables(method).levels[-1].last)
        gaps = [b.at - a.at for a, b in pairwise(line.y_ticks)]
        assert min(gaps) * line.height_mm > 2
